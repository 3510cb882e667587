// SPDX-License-Identifier: GPL-3.0-or-later
// Fetching what is no JSON: what was written, captions, small pictures.

import { ApiError } from '../api.js';

/** @type {Record<number, string>} */
const CODES = { 401: 'signed-out', 404: 'not-found', 429: 'too-many',
	503: 'busy' };

/** @param {string} src @returns {Promise<Response>} or an ApiError */
export async function fetchPlain(src) {
	const answer = await fetch(src, { credentials: 'same-origin',
		cache: 'no-store' }).catch(() => null);
	if (!answer)
		throw new ApiError('no-network', 0);
	if (!answer.ok)
		throw new ApiError(CODES[answer.status] ?? 'server', answer.status);
	return answer;
}
