// SPDX-License-Identifier: GPL-3.0-or-later
// What a line that was tested is good for.

/** @typedef {'good' | 'fair' | 'poor' | 'none' | 'unknown'} Grade */
/** @typedef {Partial<import('./nettest.js').NetResult>} Line */

/** Worse than one of these is poor, or fair. */
const POOR = { loss_permille: 80, round_trip_ms: 600, kbps: 150 };
const FAIR = { loss_permille: 25, round_trip_ms: 300, kbps: 300 };

/**
 * @param {Line} result
 * @param {typeof POOR} limit worse than one of these is bad
 */
const worse = ({ loss_permille: loss, round_trip_ms: trip, up_kbps: up,
	down_kbps: down }, limit) =>
	(loss ?? 0) > limit.loss_permille || (trip ?? 0) > limit.round_trip_ms
	|| (up ?? Infinity) < limit.kbps || (down ?? Infinity) < limit.kbps;

/**
 * What a line is good for.
 * @param {Line} result
 * @returns {Grade}
 */
export function gradeOf(result) {
	if (!result.path)
		return 'unknown';
	if (result.path === 'none')
		return 'none';
	return worse(result, POOR) ? 'poor' : worse(result, FAIR) ? 'fair' : 'good';
}
