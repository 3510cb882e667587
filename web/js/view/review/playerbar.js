// SPDX-License-Identifier: GPL-3.0-or-later
// The bar of a recording: where it is, what happened when, and the way there.

import { t } from '../../lang.js';
import * as time from '../../time.js';
import { clusters, pausesOf } from '../../review/playermarks.js';
import { barWords, nameOf } from '../../review/playerwords.js';
import { listed } from '../../review/rows.js';
import { outlineWords } from '../../review/outline.js';
import { fill, h, setAttribute, setText, show } from '../dom.js';
import { outlineShape } from './outline.js';

/**
 * @typedef {import('../../review/api.js').Play} Play
 * @typedef {import('../../review/playermarks.js').Mark} Mark
 */

/** Beside the bar, whose voice is above it and whose is below. */
const LEGEND = ['clinician', 'patient'];

/** As wide as a finger needs it. */
const MARK_PX = 26;

/** @param {Mark[]} marks */
function wordsOf(marks) {
	const said = listed(marks.map(({ ms, words }) =>
		t('player.at', { time: time.length(ms), words })));
	return marks.length > 1
		? t('player.together', { n: marks.length, said }) : said;
}

/** @param {HTMLElement} node @param {number} ms @param {number} duration */
const putAt = (node, ms, duration) => node.style.setProperty('--at',
	String(duration > 0 ? Math.min(1, Math.max(0, ms / duration)) : 0));

/** @param {(ms: number, held: boolean) => void} seek */
function slider(seek) {
	const done = h('div', { class: 'player-done' });
	const pauses = h('div', { class: 'player-pauses' });
	const knob = h('div', { class: 'player-knob' });
	const node = h('div', { class: 'player-slider', role: 'slider', tabindex: 0,
		id: 'player-slider', 'aria-label': t('player.position'), 'aria-valuemin': 0 },
	h('div', { class: 'player-track' }, pauses, done), knob);
	let duration = 0;
	let held = false;

	/** @param {PointerEvent} event */
	function at(event) {
		const box = node.getBoundingClientRect();
		return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width))
			* duration;
	}
	node.addEventListener('pointerdown', (event) => {
		if (event.button !== 0)
			return;
		held = true;
		node.setPointerCapture(event.pointerId);
		seek(at(event), true);
	});
	node.addEventListener('pointermove', (event) => held
		&& seek(at(event), true));
	for (const end of /** @type {const} */ (['pointerup', 'pointercancel']))
		node.addEventListener(end, (event) => {
			if (held)
				seek(at(event), held = false);
		});

	/** @param {number} ms @param {number} all */
	function update(ms, all) {
		duration = all;
		putAt(node, ms, all);
		const now = Math.floor(ms / 1000);
		const most = Math.floor(all / 1000);
		setAttribute(node, 'aria-valuemax', String(most));
		if (node.getAttribute('aria-valuenow') === String(now))
			return;
		setAttribute(node, 'aria-valuenow', String(now));
		setAttribute(node, 'aria-valuetext', barWords(now * 1000, all));
	}
	return { node, pauses, update };
}

/** Marks in a row: one stop of the Tab key, arrows go on from there. */
function markRow(/** @type {(ms: number) => void} */ jump) {
	const tip = h('p', { class: 'player-tip', dir: 'auto', hidden: true });
	const row = h('div', { class: 'player-marks', role: 'group',
		'aria-label': t('player.events') });
	const node = h('div', { class: 'player-mark-row' }, row, tip);
	/** Where one has jumped to. @type {Mark | null} */
	let last = null;

	/** @param {HTMLElement | null} mark */
	function tell(mark) {
		show(tip, mark);
		if (!mark)
			return;
		setText(tip, mark.getAttribute('aria-label') ?? '');
		tip.style.setProperty('--at', mark.style.getPropertyValue('--at'));
	}

	/** @param {KeyboardEvent} event */
	function walk(event) {
		const all = /** @type {HTMLElement[]} */ ([...row.children]);
		const here = all.indexOf(/** @type {HTMLElement} */ (event.target));
		const to = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0,
			End: all.length - 1 }[event.key];
		if (here < 0 || to === undefined || !all[to])
			return;
		event.preventDefault();
		all[here].tabIndex = -1;
		all[to].tabIndex = 0;
		all[to].focus();
	}
	row.addEventListener('keydown', walk);

	/** Press after press, one after the other. @param {Mark[]} marks */
	function walkOn(marks) {
		last = marks[(marks.indexOf(/** @type {Mark} */ (last)) + 1)
			% marks.length];
		jump(last.ms);
	}

	/** @param {Mark[]} marks of one place @param {number} duration */
	function markOf(marks, duration) {
		const [{ ms, kind }] = marks;
		const worst = marks.find((mark) => mark.kind === 'broken')?.kind ?? kind;
		const mark = h('button', { type: 'button', tabindex: -1,
			class: `player-mark is-${worst}`, 'aria-label': wordsOf(marks),
			click: () => walkOn(marks),
			pointerenter: () => tell(mark), pointerleave: () => tell(null),
			focus: () => tell(mark), blur: () => tell(null) },
		h('span', { 'aria-hidden': 'true' },
			marks.length > 1 ? String(marks.length) : ''));
		putAt(mark, ms, duration);
		return mark;
	}

	/** @param {Mark[]} marks @param {number} duration */
	function set(marks, duration) {
		const wide = Math.max(row.clientWidth, 10 * MARK_PX);
		const groups = clusters(marks, MARK_PX / wide * duration);
		const all = groups.map((group) => markOf(group, duration));
		if (all[0])
			all[0].tabIndex = 0;
		tell(null);
		fill(row, ...all);
	}
	return { node, row, set };
}

/**
 * @param {object} wishes
 * @param {(ms: number, held: boolean) => void} wishes.seek held: the finger is
 *   still on it
 * @param {(ms: number) => void} wishes.jump
 */
export function bar({ seek, jump }) {
	const line = slider(seek);
	const row = markRow(jump);
	const heard = h('p', { class: 'unseen', id: 'player-heard' });
	const legend = h('div', { class: 'player-legend', 'aria-hidden': 'true' });
	const node = h('div', { class: 'player-bar' }, legend, line.node, row.node,
		heard);
	/** @type {Mark[]} */
	let shown = [];
	let duration = 0;
	const watch = new ResizeObserver(() => {
		if (!row.row.contains(document.activeElement))
			row.set(shown, duration);
	});
	watch.observe(row.row);

	/** @param {Play} play */
	function pauses(play) {
		fill(line.pauses, ...pausesOf(play).map(({ from, to }) => {
			const pause = h('div', { class: 'player-pause' });
			putAt(pause, from, play.duration_ms);
			pause.style.setProperty('--to', String(to / play.duration_ms));
			return pause;
		}));
		if (play.lost_at_ms === null || play.lost_at_ms >= play.duration_ms)
			return;
		const lost = h('div', { class: 'player-pause is-lost' });
		putAt(lost, play.lost_at_ms, play.duration_ms);
		lost.style.setProperty('--to', '1');
		line.pauses.append(lost);
	}
	/**
	 * How loud the voices were, behind the line.
	 * @param {import('../../review/outline.js').Outline} outline
	 * @param {Play} play
	 */
	function sound(outline, play) {
		const name = (/** @type {string} */ role) => nameOf(play, role);
		const shapes = ['all', 'heard'].map((part) => h('div', {
			class: `player-outline is-${part}`, 'aria-hidden': 'true' },
		outlineShape(outline, play.duration_ms, name)));
		line.node.prepend(...shapes);
		setText(heard, outlineWords(outline, name));
		line.node.setAttribute('aria-describedby', heard.id);
		fill(legend, ...LEGEND.map((role) => h('span', {}, name(role))));
		node.classList.add('has-outline');
	}

	return { node, slider: line.node, update: line.update, sound,
		/** @param {Play} play @param {Mark[]} marks */
		set: (play, marks) => {
			shown = marks;
			duration = play.duration_ms;
			pauses(play);
			if (!row.row.contains(document.activeElement))
				row.set(marks, duration);
		},
		close: () => watch.disconnect() };
}
