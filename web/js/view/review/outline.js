// SPDX-License-Identifier: GPL-3.0-or-later
// How loud the voices of a recording were, drawn: the clinician's above the
// middle, the patient's below it.

import {
	HIGH, WIDE, levelsOf, outlineWords, partOf, pathOf,
} from '../../review/outline.js';
import { drawn } from '../dom.js';

/** @typedef {import('../../review/outline.js').Outline} Outline */

/**
 * @param {Outline} outline
 * @param {number | null} durationMs of the recording; null: as long as it
 * @param {(role: string) => string} nameOf for who only hears of it
 */
export function outlineShape(outline, durationMs, nameOf) {
	const paths = ['clinician', 'patient'].map((role) => {
		const levels = levelsOf(outline.lanes[role]);
		return drawn('path', { class: `of-${role}`, d: pathOf(levels,
			partOf(outline, levels, durationMs), role === 'clinician') });
	});
	return drawn('svg', { class: 'outline', viewBox: `0 0 ${WIDE} ${2 * HIGH}`,
		preserveAspectRatio: 'none', role: 'img',
		'aria-label': outlineWords(outline, nameOf) }, ...paths,
	drawn('path', { class: 'middle', d: `M0 ${HIGH}H${WIDE}` }));
}
