// SPDX-License-Identifier: GPL-3.0-or-later
// After the visit, or instead of it: what happened, and the way on.

import { t } from '../lang.js';
import * as time from '../time.js';
import { ending, recordedWords } from '../words.js';
import { brand, button, h, icon, setIcon, setText, show } from './dom.js';
import { languageMenu } from './languagemenu.js';

/**
 * How to get back, while one can; or who has closed it.
 * @param {import('../state.js').State} state
 * @param {boolean} again may going in again help
 * @param {number} now
 * @returns {string}
 */
function wayBack({ visit, lasted, reason }, again, now) {
	const closes = Date.parse(visit?.closes ?? '');
	if (again && lasted && closes > now)
		return t('ended.back-until', { clock: time.clock(closes) });
	if (reason !== 'ended' || !lasted)
		return '';
	return visit?.role === 'clinician' ? t('ended.closed-by-you')
		: t('ended.closed', { name: visit?.clinician_name
			|| t('visit.clinician-first') });
}

/**
 * @param {import('../actions.js').Actions} actions
 * @returns {import('./dom.js').Page}
 */
export function endedPage(actions) {
	const mark = brand();
	const sign = icon('check');
	const badge = h('span', { class: 'ended-sign' }, sign);
	const title = h('h1', { tabindex: -1, id: 'ended-title' });
	const text = h('p', { id: 'ended-text' });
	const back = h('p', { id: 'ended-back' });
	const lasted = h('p', { class: 'hint' });
	const recorded = h('p', { id: 'ended-recorded' });
	const again = button('camera', t('ended.again'), { id: 'again',
		class: 'primary big', click: () => actions.again() });
	const other = h('button', { type: 'button', id: 'other-account',
		class: 'primary big', click: () => actions.signOut(false) },
	t('ended.other-account'));
	const node = h('div', { class: 'home' },
		h('header', { class: 'topbar' }, mark.node, languageMenu()),
		h('main', { class: 'ended card' }, badge, title, text,
			back, lasted, recorded,
			h('div', { class: 'row wrap center' }, again, other,
				h('button', { type: 'button', id: 'go-home', class: 'big',
					click: () => actions.go('/') }, t('home.your-visits')))));

	/** @param {import('../state.js').State} state */
	function update(state) {
		const words = ending(state.reason);
		mark.update(state);
		setIcon(sign, words.calm ? 'check' : 'warning');
		badge.classList.toggle('calm', Boolean(words.calm));
		node.dataset.reason = state.reason ?? '';
		setText(title, words.title);
		setText(text, words.text);
		setText(back, wayBack(state, Boolean(words.again), Date.now()));
		show(back, back.textContent);
		setText(lasted, state.lasted
			? t('ended.lasted', { length: time.length(state.lasted) }) : '');
		setText(recorded, state.lasted ? recordedWords(state.recording) : '');
		show(again, words.again);
		show(other, words.stranger);
	}
	return { node, update };
}
