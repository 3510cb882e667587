// SPDX-License-Identifier: GPL-3.0-or-later
// What people read when the review interface refuses something.

import { ApiError } from '../api.js';
import { notice } from '../words.js';

/** @type {Record<string, string>} where words.js speaks of visits */
const PROBLEMS = {
	'held': 'This recording is on hold and cannot be deleted. Release the hold first.',
	'running': 'The visit is still being recorded. It can be deleted when it has ended.',
	'missing': 'The files of this recording are not in the store. Tell your administrator: it was not deleted.',
	'unreadable': 'The files of this recording cannot be read. Tell your administrator.',
	'not-found': 'This recording is not there any more, or you may not do this with it.',
	'busy': 'The clinic’s server is busy. Please try again in a moment.',
};

/** @param {unknown} error @returns {string} for people */
export function problemWords(error) {
	if (!(error instanceof ApiError))
		return notice('failed');
	if (error.code === 'bad-request')
		return notice(`said:${error.message}`);
	return PROBLEMS[error.code] ?? notice(error.code);
}

/** @param {unknown} error @param {string} code */
export const isProblem = (error, code) =>
	error instanceof ApiError && error.code === code;
