// SPDX-License-Identifier: GPL-3.0-or-later
// Beside the pictures: what was written, which goes along, and what happened.
// Messages are text nodes; an address in one is text as well.

import { t } from '../../lang.js';
import * as time from '../../time.js';
import { saidBy } from '../../review/playermarks.js';
import { nameOf } from '../../review/playerwords.js';
import { fill, h, setAttribute, show } from '../dom.js';

/**
 * @typedef {import('../../review/api.js').Play} Play
 * @typedef {import('../../review/playermarks.js').Mark} Mark
 * @typedef {import('../../review/playermarks.js').Said} Said
 */

/**
 * A list whose lines lead to their moment; the newest is kept in view.
 * @template {{ at_ms: number }} T
 * @param {string} id
 * @param {string} label
 * @param {string} none words when there are no lines
 * @param {(line: T) => import('../dom.js').Child[]} words
 * @param {(ms: number) => void} jump
 */
function lineList(id, label, none, words, jump) {
	const list = h('ol', { class: 'player-lines', id: `${id}-lines` });
	const empty = h('p', { class: 'hint' }, none);
	const node = h('div', { class: 'player-panel', id, role: 'tabpanel',
		'aria-label': label, tabindex: 0 }, empty, list);
	/** @type {T[]} */
	let lines = [];
	let current = -1;

	/** @param {T[]} all */
	function set(all) {
		lines = all;
		current = -1;
		show(empty, !all.length);
		fill(list, ...all.map((line) => h('li', {}, h('button', {
			type: 'button', class: 'player-line',
			click: () => jump(line.at_ms) }, ...words(line)))));
	}

	/** @param {HTMLElement} line */
	function inView(line) {
		if (node.matches(':hover') || node.contains(document.activeElement))
			return;
		const top = line.offsetTop - node.offsetTop;
		if (top < node.scrollTop
			|| top + line.offsetHeight > node.scrollTop + node.clientHeight)
			node.scrollTop = top - node.clientHeight / 2;
	}

	/** @param {number} ms */
	function update(ms) {
		const now = saidBy(/** @type {any} */ (lines), ms) - 1;
		if (now === current)
			return;
		current = now;
		[...list.children].forEach((item, i) => {
			item.classList.toggle('to-come', i > now);
			const line = /** @type {Element} */ (item.firstElementChild);
			if (i === now)
				setAttribute(line, 'aria-current', 'true');
			else
				line.removeAttribute('aria-current');
		});
		const item = list.children[now];
		if (item)
			inView(/** @type {HTMLElement} */ (item));
	}
	return { node, label, set, update };
}

/** @param {ReturnType<typeof lineList>[]} panels */
function tabs(panels) {
	const row = h('div', { role: 'tablist', class: 'player-tabs',
		'aria-label': t('player.beside') });
	const all = panels.map(({ node, label }) => h('button', { type: 'button',
		role: 'tab', id: `${node.id}-tab`, 'aria-controls': node.id }, label));

	/** @param {number} chosen */
	function choose(chosen) {
		all.forEach((tab, i) => {
			setAttribute(tab, 'aria-selected', String(i === chosen));
			tab.tabIndex = i === chosen ? 0 : -1;
			show(panels[i].node, i === chosen);
		});
	}
	all.forEach((tab, i) => tab.addEventListener('click', () => choose(i)));
	row.addEventListener('keydown', ({ key }) => {
		if (key !== 'ArrowLeft' && key !== 'ArrowRight')
			return;
		const to = (all.findIndex((tab) => tab.tabIndex === 0) + 1) % all.length;
		choose(to);
		all[to].focus();
	});
	row.append(...all);
	choose(0);
	return row;
}

/**
 * @param {Play} play
 * @param {(ms: number) => void} jump
 */
export function side(play, jump) {
	const said = lineList('player-chat', t('player.messages'),
		t('player.messages-none'),
		(/** @type {Said} */ line) => [
			h('span', { class: 'player-line-who' },
				h('strong', {}, nameOf(play, line.role)),
				h('time', {}, time.length(line.at_ms))),
			h('span', { class: 'player-line-text' }, line.text)], jump);
	const happened = lineList('player-events', t('player.events'),
		t('player.events-none'),
		(/** @type {Mark & { at_ms: number }} */ mark) => [
			h('span', { class: 'player-line-who' },
				h('span', { class: `player-dot is-${mark.kind}` }),
				h('span', { class: 'player-line-text' }, mark.words),
				h('time', {}, time.length(mark.ms)))], jump);
	const node = h('aside', { class: 'player-side',
		'aria-label': t('player.side') },
	tabs(/** @type {any} */ ([said, happened])), said.node, happened.node);
	return { node,
		/** @param {Said[]} lines @param {Mark[]} marks */
		set: (lines, marks) => {
			said.set(lines);
			happened.set(marks.map((mark) => ({ ...mark, at_ms: mark.ms })));
		},
		/** @param {number} ms */
		update: (ms) => {
			said.update(ms);
			happened.update(ms);
		} };
}
