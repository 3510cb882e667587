// SPDX-License-Identifier: GPL-3.0-or-later
// Which browser on which system this is, for words that say where to press.
// Nothing else may depend on it.

/**
 * @typedef {'chrome' | 'edge' | 'firefox' | 'safari'} BrowserName chrome: also
 *   those made from it
 * @typedef {'windows' | 'macos' | 'ios' | 'android' | 'linux'} System
 * @typedef {{browser: BrowserName, system: System}} Platform
 */

/** @type {[RegExp, System][]} the first that fits */
const SYSTEMS = [
	[/iPhone|iPad|iPod/, 'ios'], [/Android/, 'android'],
	[/Windows/, 'windows'], [/Macintosh|Mac OS X/, 'macos'],
];

/** @type {[RegExp, BrowserName][]} */
const BROWSERS = [
	[/Edg(e|A|iOS)?\//, 'edge'], [/Firefox\/|FxiOS\//, 'firefox'],
	[/Chrom(e|ium)\/|CriOS\//, 'chrome'],
];

/**
 * @param {string} agent the browser's user agent text
 * @param {number} [touches] at once that the screen can tell: an iPad calls
 *   itself a Mac
 * @returns {Platform}
 */
export function platformOf(agent, touches = 0) {
	const system = SYSTEMS.find(([sign]) => sign.test(agent))?.[1] ?? 'linux';
	return {
		system: system === 'macos' && touches > 1 ? 'ios' : system,
		browser: BROWSERS.find(([sign]) => sign.test(agent))?.[1] ?? 'safari',
	};
}

/** @returns {Platform} of this page */
export const platform = () => platformOf(
	globalThis.navigator?.userAgent ?? '',
	globalThis.navigator?.maxTouchPoints ?? 0);
