// SPDX-License-Identifier: GPL-3.0-or-later
// Fetching what was written during a recording.

import { fetchPlain } from './plain.js';
import { chatOf } from './playermarks.js';

/**
 * All lines of a play, in their order.
 * @param {string[]} files addresses of JSON lines
 * @returns {Promise<import('./playermarks.js').Said[]>}
 */
export async function fetchChat(files) {
	const texts = await Promise.all(files.map(async (src) =>
		(await fetchPlain(src)).text()));
	return texts.flatMap(chatOf).sort((a, b) => a.at_ms - b.at_ms);
}
