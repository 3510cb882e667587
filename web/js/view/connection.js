// SPDX-License-Identifier: GPL-3.0-or-later
// Who is here, and how good the connections of both are: a small sign, and
// behind it what that means and what helps.

import { t } from '../lang.js';
import { h, icon, setAttribute, setText, show } from './dom.js';
import { menu } from './menu.js';
import { otherName } from './stage.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../quality.js').Grade} Grade
 * @typedef {Grade | 'lost' | 'unknown'} Sign
 */

/** How many of the three bars are full. @type {Record<Sign, number>} */
const BARS = { good: 3, fair: 2, poor: 1, lost: 0, unknown: 0 };

/** Worst first: the sign shows the worse of the two. @type {Sign[]} */
const WORST = ['lost', 'poor', 'fair', 'unknown', 'good'];

/** @param {State} state @returns {Sign} of this side's connection */
function mySign({ phase, link, line }) {
	if (phase === 'lost' || link === 'shaky' || link === 'lost')
		return 'lost';
	return line?.grade ?? 'unknown';
}

/** @param {State} state @returns {Sign | null} null: nobody else is here */
function theirSign({ peer }) {
	if (!peer)
		return null;
	return !peer.media && peer.met ? 'lost' : peer.line ?? 'unknown';
}

/** @param {Sign} sign @returns {string} one word for it */
function word(sign) {
	const words = { good: t('line.good'), fair: t('line.fair'),
		poor: t('line.poor'), lost: t('line.lost'),
		unknown: t('line.unknown') };
	return words[sign];
}

/** @param {Sign} sign @returns {string} what it means for this person */
function mine(sign) {
	const words = { good: t('line.my-good'), fair: t('line.my-fair'),
		poor: t('line.my-poor'), lost: t('line.my-lost'),
		unknown: t('line.my-unknown') };
	return words[sign];
}

/** @param {Sign} sign @param {string} name @returns {string} */
function theirs(sign, name) {
	const words = { good: t('line.their-good', { name }),
		fair: t('line.their-fair', { name }),
		poor: t('line.their-poor', { name }),
		lost: t('line.their-lost', { name }),
		unknown: t('line.their-unknown', { name }) };
	return words[sign];
}

/** Three bars; the words beside them say the same. */
function bars() {
	const node = h('span', { class: 'bars', 'aria-hidden': 'true' },
		h('i'), h('i'), h('i'));
	return { node,
		/** @param {Sign} sign */
		update: (sign) => {
			setAttribute(node, 'data-line', sign);
			[...node.children].forEach((bar, n) =>
				bar.classList.toggle('full', n < BARS[sign]));
		} };
}

/** @param {string} id of one of the two in the panel */
function row(id) {
	const sign = bars();
	const name = h('strong');
	const how = h('span', { class: 'line-word' });
	const words = h('p', { class: 'hint' });
	const figures = h('p', { class: 'hint figures' });
	const node = h('li', { class: 'here', id }, sign.node,
		h('div', {}, h('p', { class: 'row between' }, name, how), words,
			figures));
	return { node,
		/** @param {Sign} is @param {string[]} says name, words, figures */
		update: (is, [who, meaning, measured = '']) => {
			sign.update(is);
			setText(name, who);
			setText(how, word(is));
			setText(words, meaning);
			setText(figures, measured);
			show(figures, measured);
		} };
}

/** @param {State} state @returns {string} what was measured, for the curious */
const measured = ({ line }) => line ? t('line.figures', {
	delay: line.delay, loss: Math.round(line.loss / 10) }) : '';

/** The sign in the head of the visit. */
export function connection() {
	const sign = bars();
	const count = h('span', { class: 'here-count' });
	const opener = h('button', { type: 'button', class: 'top-button',
		id: 'connection' }, icon('people'), count, sign.node);
	const rows = { mine: row('line-mine'), theirs: row('line-theirs') };
	const alone = h('p', { class: 'hint' });
	const panel = h('div', { class: 'pop-panel people', id: 'connection-panel',
		role: 'group', 'aria-label': t('line.title') },
	h('h2', {}, t('line.title')),
	h('ul', {}, rows.mine.node, rows.theirs.node), alone);
	const pop = menu(opener, panel);

	/** @param {State} state */
	function update(state) {
		const here = mySign(state);
		const there = theirSign(state);
		const name = otherName(state);
		const worst = WORST.find((each) => [here, there].includes(each))
			?? 'unknown';
		const people = state.peer ? 2 : 1;
		sign.update(worst);
		setAttribute(count, 'data-count', String(people));
		const says = t('line.sign', { n: people, line: word(worst) });
		setAttribute(opener, 'aria-label', says);
		setAttribute(opener, 'title', says);
		rows.mine.update(here, [t('visit.you'), mine(here), measured(state)]);
		show(rows.theirs.node, there);
		if (there)
			rows.theirs.update(there, [name, theirs(there, name)]);
		setText(alone, there ? '' : t('line.alone', { name }));
		show(alone, !there);
	}
	return { node: pop.node, update, close: pop.close };
}
