// SPDX-License-Identifier: GPL-3.0-or-later
// How good the connections of a visit were: a small chart of each person's, in
// which height says what colour says, and the same as a table.

import * as api from '../api.js';
import { t } from '../lang.js';
import {
	GRADES, delayWords, lengthOf, lineWords, lossWords, marksOf, rateWords,
	spansOf,
} from '../quality.js';
import * as time from '../time.js';
import { notice } from '../words.js';
import { drawn, fill, h } from './dom.js';

/**
 * @typedef {import('../api.js').Visit} Visit
 * @typedef {import('../quality.js').Quality} Quality
 * @typedef {import('../quality.js').Span} Span
 */

const HIGH = 3;
/** @type {Record<import('../quality.js').Grade, number>} */
const HEIGHTS = { good: 3, fair: 2, poor: 1 };

/** @param {Span[]} spans @param {number} length s @param {string} words */
const steps = (spans, length, words) => drawn('svg', { class: 'line-chart',
	viewBox: `0 0 ${length} ${HIGH}`, preserveAspectRatio: 'none', role: 'img',
	'aria-label': words }, ...spans.flatMap(({ from, to, grade }) => {
	const y = HIGH - HEIGHTS[grade];
	return [drawn('rect', { class: `is-${grade}`, x: from, y,
		width: to - from, height: HEIGHTS[grade] }),
	drawn('path', { class: `is-${grade}`, d: `M${from} ${y}H${to}` })];
}));

/**
 * One person's line over time.
 * @param {string} name
 * @param {Span[]} spans
 * @param {number} length s
 */
function lineFigure(name, spans, length) {
	const words = lineWords(name, spans);
	return h('figure', { class: 'line-figure' },
		h('figcaption', {}, words),
		h('div', { class: 'line-plot' },
			h('div', { class: 'line-scale', 'aria-hidden': 'true' },
				...GRADES.map((grade) => h('span', {}, t(`quality.${grade}`)))),
			steps(spans, length, words)));
}

/** @param {string} from RFC 3339 @param {number} length s */
function timeScale(from, length) {
	const at = (/** @type {number} */ s) =>
		time.clock(Date.parse(from) + s * 1000);
	return h('div', { class: 'line-times', 'aria-hidden': 'true' },
		...marksOf(length).map((s) => {
			const mark = h('span', {}, at(s));
			mark.style.setProperty('--at', String(s / length));
			return mark;
		}));
}

/**
 * @param {string} from RFC 3339
 * @param {{name: string, spans: Span[]}[]} lines
 */
function table(from, lines) {
	const at = (/** @type {number} */ s) =>
		new Date(Date.parse(from) + s * 1000).toISOString();
	const rows = lines.flatMap(({ name, spans }) => spans.map((span) =>
		h('tr', {}, h('th', { scope: 'row' }, name),
			h('td', {}, time.range(at(span.from), at(span.to))),
			h('td', {}, span.limited ? t('quality.smaller', {
				grade: t(`quality.${span.grade}`) })
				: t(`quality.${span.grade}`)),
			h('td', {}, lossWords(span.loss)),
			h('td', {}, delayWords(span.delay)),
			h('td', {}, rateWords(span.kbps)))));
	return h('details', { class: 'line-table' },
		h('summary', {}, t('quality.as-table')),
		h('div', { class: 'line-scroll', tabindex: 0, role: 'region',
			'aria-label': t('quality.table') }, h('table', {},
			h('thead', {}, h('tr', {}, ...['quality.who', 'quality.when',
				'quality.connection', 'quality.lost-most',
				'quality.delay-most', 'quality.video']
				.map((head) => h('th', { scope: 'col' }, t(head))))),
			h('tbody', {}, ...rows))));
}

/** @param {Visit} visit @param {Quality} quality */
function chart(visit, quality) {
	const { from, seats, step_s: step } = quality;
	if (from === null || !seats.some(({ points }) => points.length))
		return [h('p', {}, t('quality.none'))];
	const length = lengthOf(quality);
	const lines = seats.map(({ role, points }) => ({
		name: role === 'clinician' ? t('visit.you')
			: visit.patient_name || visit.patient_email || t('visit.patient'),
		spans: spansOf(points, step) }));
	return [...lines.map(({ name, spans }) =>
		lineFigure(name, spans, length)), timeScale(from, length),
	h('p', { class: 'hint' }, t('quality.hint')),
	table(from, lines)];
}

/**
 * Opens it over the page.
 * @param {Visit} visit
 * @param {() => void} signedOut
 */
export async function showQuality(visit, signedOut) {
	const before = document.activeElement;
	const body = h('div', { class: 'stack' },
		h('p', { class: 'hint', role: 'status' }, t('page.loading')));
	const node = h('dialog', { id: 'quality-dialog',
		class: 'card dialog quality', 'aria-labelledby': 'quality-title' },
	h('h2', { id: 'quality-title', tabindex: -1, autofocus: true },
		t('home.connections')),
	h('p', { class: 'hint' }, `${visit.title || t('visit.untitled')} · ${
		time.dayAndClock(visit.happened?.first ?? visit.start, Date.now())}`),
	body, h('div', { class: 'row end' }, h('button', { type: 'button',
		id: 'quality-close', click: () => node.close() }, t('page.close'))));
	node.addEventListener('close', () => {
		node.remove();
		if (before instanceof HTMLElement && before.isConnected)
			before.focus();
	});
	document.querySelector('main')?.append(node);
	node.showModal();
	try {
		fill(body, ...chart(visit, await api.quality(visit.id)));
	} catch (error) {
		const code = error instanceof api.ApiError ? error.code : 'failed';
		fill(body, h('p', { class: 'alert', role: 'alert' }, notice(code)));
		if (code === 'signed-out')
			signedOut();
	}
}
