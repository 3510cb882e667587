// SPDX-License-Identifier: GPL-3.0-or-later
// What went wrong, as a code of words.js, and which of it passes.

import { ApiError } from './api.js';
import { ProtocolError } from './protocol.js';

/** Portal and plugin codes after which trying again may help. */
export const PASSING = new Set(['no-network', 'server', 'lost', 'timeout', 'busy',
	'interrupted']);
/** And those that pass when one tries less often. */
export const RETRIED = new Set([...PASSING, 'too-many']);

/**
 * @template T
 * @param {number} ms
 * @param {Promise<T>} work
 * @returns {Promise<T>} rejected with `timeout` when it takes longer
 */
export function within(ms, work) {
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	let timer;
	const late = new Promise((_done, fail) => {
		timer = setTimeout(() => fail(new ProtocolError('timeout')), ms);
	});
	return /** @type {Promise<T>} */ (Promise.race([work, late])
		.finally(() => clearTimeout(timer)));
}

/** @param {unknown} error @returns {string} a code of words.js */
export function codeOf(error) {
	if (error instanceof ApiError)
		return error.code;
	if (error instanceof ProtocolError)
		return error.code.startsWith('janus-') ? 'lost' : error.code;
	return 'failed';
}
