// SPDX-License-Identifier: GPL-3.0-or-later
// What people read when the review interface refuses something.

import { ApiError } from '../api.js';
import { has, t } from '../lang.js';
import { notice } from '../words.js';

/** @param {unknown} error @returns {string} for people */
export function problemWords(error) {
	if (!(error instanceof ApiError))
		return notice('failed');
	if (error.code === 'bad-request')
		return notice(`said:${error.message}`);
	// words.js speaks of visits.
	const own = `rec.problem-${error.code}`;
	return has(own) ? t(own) : notice(error.code);
}

/** @param {unknown} error @param {string} code */
export const isProblem = (error, code) =>
	error instanceof ApiError && error.code === code;
