// SPDX-License-Identifier: GPL-3.0-or-later
// Fetching what was written during a recording.

import { ApiError } from '../api.js';
import { chatOf } from './playermarks.js';

/** @type {Record<number, string>} */
const CODES = { 401: 'signed-out', 404: 'not-found' };

/** @param {string} src @returns {Promise<string>} */
async function textOf(src) {
	const answer = await fetch(src, { credentials: 'same-origin',
		cache: 'no-store' }).catch(() => null);
	if (!answer)
		throw new ApiError('no-network', 0);
	if (!answer.ok)
		throw new ApiError(CODES[answer.status] ?? 'server', answer.status);
	return answer.text();
}

/**
 * All lines of a play, in their order.
 * @param {string[]} files addresses of JSON lines
 * @returns {Promise<import('./playermarks.js').Said[]>}
 */
export async function fetchChat(files) {
	const texts = await Promise.all(files.map(textOf));
	return texts.flatMap(chatOf).sort((a, b) => a.at_ms - b.at_ms);
}
