// SPDX-License-Identifier: GPL-3.0-or-later
// Style sheets that only some screens need.

import { h } from './dom.js';

/** @type {Map<string, Promise<void>>} */
const sheets = new Map();

/**
 * Loads a style sheet, once.
 * @param {string} href
 * @returns {Promise<void>} when it is in use; an error when it cannot be
 */
export function stylesheet(href) {
	const known = sheets.get(href);
	if (known)
		return known;
	const loading = new Promise((/** @type {(_: void) => void} */ done, failed) => {
		const link = h('link', { rel: 'stylesheet', href,
			load: () => done(), error: (/** @type {Event} */ event) => {
				// Whoever asks again loads it again.
				sheets.delete(href);
				link.remove();
				failed(event);
			} });
		document.head.append(link);
	});
	sheets.set(href, loading);
	return loading;
}

/**
 * @template T
 * @param {Promise<T>} module
 * @param {...string} names of style sheets that it needs
 * @returns {Promise<T>}
 */
export const dressed = async (module, ...names) => (await Promise.all([module,
	...names.map((name) => stylesheet(`/css/${name}.css`))]))[0];
