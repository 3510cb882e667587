// SPDX-License-Identifier: GPL-3.0-or-later
// Which pictures are shown, and which of them is the big one.

import { segmentAt } from './timeline.js';

/**
 * @typedef {import('./api.js').Lane} Lane
 * @typedef {object} Layout
 * @property {string[]} shown lanes, in their order
 * @property {string | null} stage the big one; null: all alike
 */

/** @param {Lane} lane */
const isScreen = ({ lane }) => lane.endsWith('-screen');

/** All alike, by hand. */
const NONE = '';

/**
 * @param {Lane[]} lanes
 * @param {number} ms
 * @param {string | null} chosen by hand, null: nothing was
 * @returns {Layout} a choice that is not shown now counts again when it is
 */
export function layoutAt(lanes, ms, chosen) {
	const shown = lanes.filter((lane) =>
		!isScreen(lane) || segmentAt(lane, ms) >= 0);
	const names = shown.map(({ lane }) => lane);
	const screen = shown.find(isScreen)?.lane ?? null;
	return { shown: names, stage: chosen === NONE ? null
		: chosen !== null && names.includes(chosen) ? chosen : screen };
}

/**
 * Somebody clicks a picture: the big one goes back, another one becomes it.
 * @param {string | null} chosen until now
 * @param {string} lane
 * @param {Lane[]} lanes
 * @param {number} ms
 * @returns {string | null}
 */
export function choose(chosen, lane, lanes, ms) {
	if (layoutAt(lanes, ms, chosen).stage !== lane)
		return lane;
	return layoutAt(lanes, ms, null).stage === lane ? NONE : null;
}
