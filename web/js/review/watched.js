// SPDX-License-Identifier: GPL-3.0-or-later
// What of a recording was really shown, as ranges in its ms, until the portal
// has them.

/** @typedef {[number, number]} Range from, to (not itself) */

/** As many as the portal takes at once. */
const RANGES_MAX = 64;
/** A smaller gap is none: nobody can tell. */
const GAP_MS = 250;
/** More at once was a jump. */
const STEP_MS = 5000;

/**
 * Ranges without overlaps, in their order.
 * @param {Range[]} ranges
 * @returns {Range[]}
 */
export function merged(ranges) {
	/** @type {Range[]} */
	const all = [];
	for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
		const last = all.at(-1);
		if (last && from <= last[1] + GAP_MS)
			last[1] = Math.max(last[1], to);
		else
			all.push([from, to]);
	}
	return all;
}

export class Watched {
	/** @type {Range[]} */
	#ranges = [];
	#at = NaN;

	/**
	 * It plays and is here now.
	 * @param {number} ms
	 */
	plays(ms) {
		const from = this.#at;
		this.#at = ms;
		if (ms > from && ms - from <= STEP_MS)
			this.#ranges = merged([...this.#ranges,
				[Math.floor(from), Math.ceil(ms)]]);
	}

	/** It stands, or jumps: what comes next does not go on from here. */
	stands() {
		this.#at = NaN;
	}

	get any() {
		return this.#ranges.length > 0;
	}

	/** Some that are to be sent; they are the portal's then. */
	take() {
		return this.#ranges.splice(0, RANGES_MAX);
	}

	/**
	 * They could not be sent.
	 * @param {Range[]} ranges
	 */
	giveBack(ranges) {
		this.#ranges = merged([...ranges, ...this.#ranges]);
	}
}
