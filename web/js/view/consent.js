// SPDX-License-Identifier: GPL-3.0-or-later
// The question whether one may be recorded: the clinic's text in the person's
// language and three answers of equal weight. The call goes on behind it, so
// that the two can talk about it.

import { language, t } from '../lang.js';
import { textFor } from '../recording.js';
import { asking } from '../asking.js';
import { fill, h, setAttribute, setText, show } from './dom.js';

/**
 * @typedef {import('../actions.js').Actions} Actions
 * @typedef {import('../recording.js').Text} Text
 */

/** A click meant for what was here before is no answer. */
const ARM_MS = 400;
const ANSWERS = /** @type {const} */ (['yes', 'voice', 'no']);

/**
 * Calm: whole tens of seconds, or minutes.
 * @param {number} ms left
 * @param {string} language
 */
function left(ms, language) {
	const tens = Math.ceil(Math.max(ms, 0) / 10000) * 10;
	const [unit, count] = tens >= 120 ? ['minute', Math.ceil(tens / 60)]
		: ['second', tens];
	return tens ? new Intl.NumberFormat(language, { style: 'unit', unit,
		unitDisplay: 'long' }).format(count) : '';
}

/** @param {string} language @returns {string} its own name for itself */
function nameOf(language) {
	try {
		return new Intl.DisplayNames([language], { type: 'language' })
			.of(language) ?? language;
	} catch {
		return language;
	}
}

/** @param {(language: string) => void} choose */
function languageMenu(choose) {
	const node = h('select', { id: 'consent-language', 'aria-label': t('lang.choose'),
		change: () => choose(node.value) });
	/** @param {Text[]} texts @param {string} language */
	const update = (texts, language) => {
		fill(node, ...texts.map((text) => h('option', { value: text.language,
			lang: text.language, selected: text.language === language },
		nameOf(text.language))));
		show(node, texts.length > 1);
	};
	return { node, update };
}

/** @param {(answer: import('../recording.js').Answer) => void} answer */
function consentParts(answer) {
	const title = h('h2', { id: 'consent-title', tabindex: -1 });
	const text = h('p', { id: 'consent-text', dir: 'auto' });
	const hint = h('p', { class: 'hint', dir: 'auto' });
	const buttons = ANSWERS.map((what) => h('button', { type: 'button',
		id: `consent-${what}`, click: () => answer(what) }));
	const version = h('span');
	const time = h('span', { id: 'consent-left' });
	const said = h('span', { class: 'unseen', 'aria-live': 'polite' });
	return { title, text, hint, buttons, version, time, said };
}

/** @param {Actions} actions */
export function consentDialog(actions) {
	/** @type {import('../recording.js').Recording | null} */
	let asked = null;
	/** @type {string | null} chosen in the menu */
	let chosen = null;
	/** @type {Text | null} */
	let text = null;
	/** @type {Element | null} where the person was before */
	let before = null;
	const part = consentParts((what) => actions.consent(what, text?.language));
	const menu = languageMenu((language) => {
		chosen = language;
		write();
	});
	const node = h('dialog', { id: 'consent-dialog', class: 'consent',
		'aria-labelledby': 'consent-title', 'aria-describedby': 'consent-text' },
	h('div', { class: 'row between' }, part.title, menu.node),
	h('div', { class: 'consent-text', tabindex: 0, role: 'region',
		'aria-labelledby': 'consent-title' }, part.text),
	part.hint, h('div', { class: 'consent-answers', role: 'group',
		'aria-labelledby': 'consent-title' }, ...part.buttons),
	h('p', { class: 'hint row between' }, part.version, part.time), part.said);

	function write() {
		if (!asked)
			return;
		text = textFor(asked.texts, chosen ? [chosen]
			: [language(), ...navigator.languages]);
		const used = text?.language ?? 'en';
		const words = asking(used);
		for (const [place, what] of /** @type {const} */ ([
			[part.title, words.title], [part.hint, words.hint],
			...part.buttons.map((button, i) =>
				/** @type {const} */ ([button, words[ANSWERS[i]]]))])) {
			setText(place, what);
			setAttribute(place, 'lang', words.language);
		}
		setText(part.text, text?.text ?? '');
		setAttribute(part.text, 'lang', used);
		setAttribute(node, 'dir', words.language === 'ar' ? 'rtl' : 'ltr');
		setText(part.version, asked.version);
		menu.update(asked.texts, used);
	}

	function open() {
		before = document.activeElement;
		for (const button of part.buttons)
			button.disabled = true;
		setTimeout(() => part.buttons.forEach((button) => {
			button.disabled = false;
		}), ARM_MS);
		node.show();
		part.title.focus();
	}

	function close() {
		node.close();
		if (before instanceof HTMLElement && before.isConnected)
			before.focus();
	}

	/** @param {import('../state.js').State} state */
	function update({ recording }) {
		const wanted = recording.step === 'asked';
		if (wanted && asked !== recording) {
			if (asked?.id !== recording.id)
				chosen = null;
			asked = recording;
			write();
		}
		if (wanted && !node.open)
			open();
		if (!wanted && node.open)
			close();
	}

	/** @param {number} now */
	function tick(now) {
		if (!node.open || !asked)
			return;
		const words = left(asked.until - now, text?.language ?? 'en');
		setText(part.time, words);
		if (asked.until - now < 30000)
			setText(part.said, asked.until - now < 10000 ? words
				: part.said.textContent || words);
	}
	return { node, update, tick };
}
