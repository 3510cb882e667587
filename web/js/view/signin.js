// SPDX-License-Identifier: GPL-3.0-or-later
// Signing in: providers as buttons, or a code by e-mail in two steps.

import { t, tParts } from '../lang.js';
import { notice } from '../words.js';
import { brand, button, field, fill, h, icon, setText, show } from './dom.js';
import { languageMenu } from './languagemenu.js';

/** How long until another code can be asked for. */
const RESEND_S = 30;

const PROMISES = [
	['shield', 'signin.promise-private'],
	['lock', 'signin.promise-server'],
	['screen', 'signin.promise-browser'],
];

/** @param {import('../actions.js').Actions} actions */
function emailForm(actions) {
	const email = h('input', { id: 'email', type: 'email', required: true,
		autocomplete: 'email', maxlength: 254, spellcheck: 'false',
		placeholder: 'name@example.org' });
	const send = h('button', { id: 'send-code', type: 'submit',
		class: 'primary wide' }, t('signin.send-code'));
	const node = h('form', { id: 'email-form', class: 'stack',
		submit: (/** @type {Event} */ event) => {
			event.preventDefault();
			actions.sendCode(email.value.trim());
		} },
	field(t('signin.email'), email, t('signin.email-hint')), send);
	return { node, email, send };
}

/** @param {import('../actions.js').Actions} actions */
function codeForm(actions) {
	const to = h('strong', { id: 'code-to' });
	const code = h('input', { id: 'code', required: true,
		inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: 7,
		pattern: '[0-9 ]{6,7}', class: 'code', placeholder: '000000' });
	const name = h('input', { id: 'name', autocomplete: 'name',
		maxlength: 64 });
	const resend = h('button', { id: 'resend', type: 'button', class: 'link',
		click: () => actions.sendCode(to.textContent ?? '') });
	const enter = h('button', { id: 'enter-code', type: 'submit',
		class: 'primary wide' }, t('signin.title'));
	const node = h('form', { id: 'code-form', class: 'stack',
		submit: (/** @type {Event} */ event) => {
			event.preventDefault();
			actions.verifyCode(to.textContent ?? '',
				code.value.replaceAll(' ', ''), name.value.trim());
		} },
	h('p', {}, ...tParts('signin.code-sent', { email: to })),
	field(t('signin.code'), code),
	field(t('signin.name'), name, t('signin.name-hint')),
	enter,
	h('p', { class: 'row between' }, resend,
		h('button', { id: 'other-email', type: 'button', class: 'link',
			click: () => actions.otherEmail() }, t('signin.other-email'))));
	return { node, to, code, enter, resend };
}

/** @param {HTMLButtonElement} resend counts down until it can be used */
function resendClock(resend) {
	let left = 0;
	const tick = () => {
		left = Math.max(0, left - 1);
		resend.disabled = left > 0;
		setText(resend, left ? t('signin.resend-in', { n: left })
			: t('signin.resend'));
	};
	const timer = setInterval(tick, 1000);
	return {
		start: () => {
			left = RESEND_S + 1;
			tick();
		},
		close: () => clearInterval(timer),
	};
}

/**
 * @param {import('../actions.js').Actions} actions
 * @returns {import('./dom.js').Page}
 */
export function signInPage(actions) {
	const mark = brand();
	const problem = h('p', { id: 'notice', class: 'alert', role: 'alert' });
	const trial = h('p', { id: 'trial', class: 'hint boxed' },
		t('signin.trial'));
	const providers = h('div', { class: 'stack', id: 'providers' });
	const or = h('p', { class: 'divider' }, h('span', {}, t('signin.or')));
	const first = emailForm(actions);
	const second = codeForm(actions);
	const clock = resendClock(second.resend);
	const node = h('main', { class: 'signin' },
		h('section', { class: 'welcome' },
			h('div', { class: 'row between' }, mark.node, languageMenu()),
			h('h1', {}, t('signin.headline')),
			h('ul', { class: 'promises' }, ...PROMISES.map(([name, words]) =>
				h('li', {}, icon(name), h('span', {}, t(words)))))),
		h('section', { class: 'card signin-card' },
			h('h2', { tabindex: -1 }, t('signin.title')), problem, providers, or,
			first.node, second.node, trial));
	let step = '';

	/** @param {import('../state.js').State} state */
	function update(state) {
		mark.update(state);
		const byCode = state.session?.email_code;
		const offered = state.session?.providers ?? [];
		const atCode = state.signIn.step === 'code';
		if (providers.childElementCount !== offered.length)
			fill(providers, ...offered.map((provider) => button('user',
				t('signin.continue-with', { provider: provider.name }), { class: 'wide provider',
					'data-provider': provider.id,
					click: () => actions.useProvider(provider.id) })));
		show(providers, !atCode && offered.length);
		show(or, !atCode && offered.length && byCode);
		show(first.node, byCode && !atCode);
		show(second.node, byCode && atCode);
		show(trial, state.session?.trial);
		show(problem, state.notice);
		setText(problem, state.notice ? notice(state.notice) : '');
		setText(second.to, state.signIn.email);
		first.send.disabled = second.enter.disabled = state.busy;
		if (state.signIn.step + state.busy !== step && !state.busy) {
			if (atCode && !state.notice)
				clock.start();
			(atCode ? second.code : first.email).focus();
		}
		step = state.signIn.step + state.busy;
	}
	return { node, update, close: clock.close };
}
