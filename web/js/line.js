// SPDX-License-Identifier: GPL-3.0-or-later
// How good this side's connection is just now, from the browser's own figures:
// what people would notice, not what a meter would show. No DOM in here.

import { gradeOf } from './quality.js';

/**
 * @typedef {import('./quality.js').Grade} Grade
 * @typedef {import('./stats.js').Digest} Digest
 *
 * @typedef {object} Line
 * @property {Grade} grade
 * @property {number} loss of what was sent to this side, in permille
 * @property {number} delay there and back, in ms
 */

const LOOK_MS = 2000;
/** Sound made up for what is missing, in permille: words are lost. */
const CONCEALED_FAIR = 30;
const CONCEALED_POOR = 100;
/** Looks in a row before a better, or a worse grade is believed. */
const BELIEVED = { better: 3, worse: 2 };
/** @type {Grade[]} */
const ORDER = ['good', 'fair', 'poor'];
/** With fewer packets between two looks nothing is known. */
const PACKETS_MIN = 20;

/** @param {number} part @param {number} whole */
const permille = (part, whole) =>
	whole > 0 ? Math.round(1000 * Math.max(0, part) / whole) : 0;

/**
 * The line between two looks at it.
 * @param {Digest} before
 * @param {Digest} now
 * @returns {Line | null} null: too little came to say
 */
export function lineBetween(before, now) {
	const slots = /** @type {const} */ (['microphone', 'camera', 'screen']);
	let lost = 0;
	let came = 0;
	for (const slot of slots) {
		lost += now[slot].lost - before[slot].lost;
		came += now[slot].packets_in - before[slot].packets_in;
	}
	// A connection that was made anew counts from zero again.
	if (came < PACKETS_MIN)
		return null;
	const concealed = permille(
		now.microphone.concealed - before.microphone.concealed,
		now.microphone.samples - before.microphone.samples);
	const line = { loss: permille(lost, lost + came),
		delay: now.round_trip_ms };
	const grade = gradeOf({ s: 0, received_kbps: null, sent_kbps: null,
		limited: concealed >= CONCEALED_FAIR, loss_permille: line.loss,
		round_trip_ms: line.delay });
	return { ...line, grade: concealed >= CONCEALED_POOR ? 'poor' : grade };
}

/** Grades that do not flicker. */
export class Steady {
	/** @type {Grade | null} */
	grade = null;
	#other = 0;

	/** @param {Grade} seen @returns {boolean} is it believed now */
	see(seen) {
		if (seen === this.grade) {
			this.#other = 0;
			return false;
		}
		const worse = this.grade !== null
			&& ORDER.indexOf(seen) > ORDER.indexOf(this.grade);
		this.#other += 1;
		if (this.grade !== null
			&& this.#other < BELIEVED[worse ? 'worse' : 'better'])
			return false;
		this.grade = seen;
		this.#other = 0;
		return true;
	}
}

export class LineWatch {
	#stats;
	#told;
	#steady = new Steady();
	/** @type {Digest | null} */
	#before = null;
	/** @type {ReturnType<typeof setInterval> | undefined} */
	#timer;

	/**
	 * @param {() => Promise<Digest>} stats
	 * @param {(line: Line, changed: boolean) => void} told of each look that
	 *   showed something; changed: it has another grade
	 */
	constructor(stats, told) {
		this.#stats = stats;
		this.#told = told;
	}

	start() {
		this.#timer ??= setInterval(() => void this.#look(), LOOK_MS);
	}

	stop() {
		clearInterval(this.#timer);
		this.#timer = undefined;
		this.#before = null;
	}

	async #look() {
		try {
			const now = await this.#stats();
			const line = this.#before && lineBetween(this.#before, now);
			this.#before = now;
			if (!line || this.#timer === undefined)
				return;
			const changed = this.#steady.see(line.grade);
			this.#told({ ...line, grade: this.#steady.grade ?? line.grade },
				changed);
		} catch {
			// The connection has just been closed.
		}
	}
}
