// SPDX-License-Identifier: GPL-3.0-or-later
// What keys and fingers want of the player.

/**
 * @typedef {{ do: 'toggle' } | { do: 'mute' } | { do: 'captions' }
 *   | { do: 'by', ms: number } | { do: 'part', of: number }
 *   | { do: 'rate', steps: number }} Wish
 * @typedef {object} Press of a key
 * @property {string} key
 * @property {boolean} [ctrlKey]
 * @property {boolean} [altKey]
 * @property {boolean} [metaKey]
 */

const ARROW_MS = 5000;
const JUMP_MS = 10000;
const PAGE_MS = 60000;
/** A second tap after more is another first one. */
const DOUBLE_MS = 320;
/** The part of a picture's width, at either side, in which two taps jump. */
const SIDE = 0.4;

/** @type {Record<string, Wish>} */
const WISHES = {
	' ': { do: 'toggle' }, k: { do: 'toggle' },
	ArrowLeft: { do: 'by', ms: -ARROW_MS },
	ArrowRight: { do: 'by', ms: ARROW_MS },
	j: { do: 'by', ms: -JUMP_MS }, l: { do: 'by', ms: JUMP_MS },
	m: { do: 'mute' }, c: { do: 'captions' },
	',': { do: 'rate', steps: -1 }, '.': { do: 'rate', steps: 1 },
	Home: { do: 'part', of: 0 }, End: { do: 'part', of: 1 },
};

/** On the bar, as of any slider. @type {Record<string, Wish>} */
const ON_BAR = {
	ArrowUp: { do: 'by', ms: ARROW_MS }, ArrowDown: { do: 'by', ms: -ARROW_MS },
	PageUp: { do: 'by', ms: PAGE_MS }, PageDown: { do: 'by', ms: -PAGE_MS },
};

/** Keys that the thing with the focus needs itself. @type {Record<string, RegExp>} */
const OWN = {
	text: /./,
	button: /^( |Enter)$/,
	list: /^( |Enter|Arrow.*|Home|End|Page.*|.)$/,
	marks: /^( |Enter|Arrow.*|Home|End)$/,
	scroll: /^( |Arrow(Up|Down)|Home|End|Page.*)$/,
};

/**
 * @param {Press} press
 * @param {'none' | 'bar' | 'button' | 'text' | 'list' | 'marks' | 'scroll'} on
 *   what has the focus
 * @returns {Wish | null}
 */
export function wishOf({ key, ctrlKey, altKey, metaKey }, on) {
	if (ctrlKey || altKey || metaKey || OWN[on]?.test(key))
		return null;
	if (/^\d$/.test(key))
		return { do: 'part', of: Number(key) / 10 };
	const name = key.length === 1 ? key.toLowerCase() : key;
	if (on === 'bar' && Object.hasOwn(ON_BAR, name))
		return ON_BAR[name];
	return Object.hasOwn(WISHES, name) ? WISHES[name] : null;
}

/**
 * @typedef {{ at: number, side: -1 | 0 | 1 } | null} Tap the last one
 */

/**
 * A finger taps a picture.
 * @param {Tap} before
 * @param {number} x from the left, 0 to 1
 * @param {number} now ms
 * @returns {{ last: Tap, wish: Wish | null }}
 */
export function tapped(before, x, now) {
	const side = x < SIDE ? -1 : x > 1 - SIDE ? 1 : 0;
	if (!before || !side || before.side !== side
		|| now - before.at > DOUBLE_MS)
		return { last: { at: now, side }, wish: null };
	// A third one goes on from here.
	return { last: { at: now, side }, wish: { do: 'by', ms: side * JUMP_MS } };
}

/** After so long a single tap was one. */
export const SINGLE_MS = DOUBLE_MS;
