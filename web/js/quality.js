// SPDX-License-Identifier: GPL-3.0-or-later
// How good the connections of a visit were, from what the server measured: as
// steps of a chart and in words.

import { t } from './lang.js';
import * as time from './time.js';

/**
 * @typedef {object} Point of GET /api/visits/<id>/quality
 * @property {number} s after the beginning
 * @property {number | null} loss_permille of what was sent to this person
 * @property {number | null} round_trip_ms
 * @property {number | null} received_kbps video that came to this person
 * @property {number | null} sent_kbps video that came from this person
 * @property {boolean | null} limited the picture was made smaller for this line
 *
 * @typedef {object} Seat
 * @property {'clinician' | 'patient'} role
 * @property {Point[]} points
 *
 * @typedef {object} Quality
 * @property {string | null} from RFC 3339; null: nothing is known
 * @property {number} step_s
 * @property {Seat[]} seats
 *
 * @typedef {'good' | 'fair' | 'poor'} Grade
 *
 * @typedef {object} Span a time during which it was the same
 * @property {number} from s after the beginning
 * @property {number} to
 * @property {Grade} grade
 * @property {number | null} loss the worst, in percent
 * @property {number | null} delay the worst round trip, in ms
 * @property {number | null} kbps the mean of what came
 * @property {boolean} limited
 */

// From here on people notice: words are lost, or they talk at the same time.
const FAIR = { loss: 30, delay: 250 };
const POOR = { loss: 100, delay: 500 };

/** @type {Grade[]} */
export const GRADES = ['good', 'fair', 'poor'];

/** @param {Point} point @returns {Grade} */
export function gradeOf({ loss_permille: loss, round_trip_ms: delay, limited }) {
	if ((loss ?? 0) >= POOR.loss || (delay ?? 0) >= POOR.delay)
		return 'poor';
	return (loss ?? 0) >= FAIR.loss || (delay ?? 0) >= FAIR.delay || limited
		? 'fair' : 'good';
}

/** @param {(number | null)[]} values @returns {number | null} */
function most(values) {
	const known = values.filter((value) => value !== null);
	return known.length ? Math.max(...known.map(Number)) : null;
}

/** @param {(number | null)[]} values @returns {number | null} */
function mean(values) {
	const known = values.filter((value) => value !== null).map(Number);
	return known.length ? Math.round(known.reduce((sum, value) =>
		sum + value, 0) / known.length) : null;
}

/**
 * Times of the same grade; where there are no points nobody was there.
 * @param {Point[]} points
 * @param {number} step s that a point stands for
 * @returns {Span[]}
 */
export function spansOf(points, step) {
	/** @type {Point[][]} */
	const groups = [];
	for (const point of points) {
		const last = groups.at(-1);
		const before = last?.at(-1);
		if (last && before && point.s - before.s < 2 * step
			&& gradeOf(before) === gradeOf(point))
			last.push(point);
		else
			groups.push([point]);
	}
	return groups.map((group, n) => {
		const loss = most(group.map((each) => each.loss_permille));
		const end = group[group.length - 1].s + step;
		return { from: group[0].s,
			to: Math.min(end, groups[n + 1]?.[0].s ?? end),
			grade: gradeOf(group[0]), loss: loss === null ? null : loss / 10,
			delay: most(group.map((each) => each.round_trip_ms)),
			kbps: mean(group.map((each) => each.received_kbps)),
			limited: group.some((each) => each.limited) };
	});
}

/** How long it is from the first point to the last. @param {Quality} quality */
export const lengthOf = ({ seats, step_s: step }) => Math.max(step,
	...seats.flatMap(({ points }) => points.slice(-1)
		.map(({ s }) => s + step)));

/**
 * What a line was like, in a sentence.
 * @param {string} name whose it is
 * @param {Span[]} spans
 */
export function lineWords(name, spans) {
	const parts = GRADES.flatMap((grade) => {
		const seconds = spans.filter((span) => span.grade === grade)
			.reduce((sum, { from, to }) => sum + to - from, 0);
		return seconds ? [t(`quality.${grade}-for`,
			{ time: time.lasting(seconds) })] : [];
	});
	if (!parts.length)
		return t('quality.nothing', { name });
	if (spans.every(({ grade }) => grade === 'good'))
		return t('quality.all-good', { name });
	const loss = most(spans.map((span) => span.loss));
	const delay = most(spans.map((span) => span.delay));
	const worst = [loss && t('quality.lost', { loss: lossWords(loss) }),
		delay && t('quality.delay', { delay: delayWords(delay) })]
		.filter(Boolean).join(', ');
	const values = { name, parts: parts.join(', ') };
	return worst ? t('quality.line-worst', { ...values, worst })
		: t('quality.line', values);
}

/** @param {number | null} percent */
export const lossWords = (percent) => percent === null ? '–'
	: t('quality.percent', { n: Math.round(percent) });

/** Somebody waits for an answer so long. @param {number | null} ms */
export const delayWords = (ms) => ms === null ? '–'
	: t('quality.ms', { n: Math.round(ms) });

/** @param {number | null} kbps */
export const rateWords = (kbps) => kbps === null ? '–' : t('quality.kbps', { n: kbps });

/** Steps between marks of the time, in s. */
const MARKS_S = [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
const MARKS_MAX = 5;

/**
 * Where times stand under the chart.
 * @param {number} length s
 * @returns {number[]} s after the beginning
 */
export function marksOf(length) {
	const step = MARKS_S.find((each) => length / each <= MARKS_MAX)
		?? MARKS_S[MARKS_S.length - 1];
	return Array.from({ length: Math.floor(length / step) + 1 },
		(_, n) => n * step);
}
