// SPDX-License-Identifier: GPL-3.0-or-later
// How loud the voices of a recording were: as shapes and in words.

import { t } from '../lang.js';
import { listed } from './rows.js';

/**
 * @typedef {object} Outline GET /api/recordings/<id>/outline
 * @property {number} step_ms
 * @property {Record<string, string>} lanes base64, a byte for each step: how
 *   loud its loudest moment was
 */

/** The shape is drawn in a box so wide, and so high to each side. */
export const WIDE = 1000;
export const HIGH = 50;
/** So many steps of it are seen at most. */
const STEPS_MAX = 500;
const LOUDEST = 255;
/** From here on, -27 dB, it is somebody speaking. */
const VOICE = 12;

/**
 * @param {string | undefined} base64
 * @returns {number[]} none when it is no base64
 */
export function levelsOf(base64) {
	try {
		return [...atob(base64 ?? '')].map((each) => each.charCodeAt(0));
	} catch {
		return [];
	}
}

/**
 * Fewer steps, each as loud as the loudest that it takes the place of.
 * @param {number[]} levels
 * @param {number} most
 */
export function coarse(levels, most) {
	const each = Math.max(1, Math.ceil(levels.length / most));
	return Array.from({ length: Math.ceil(levels.length / each) }, (_, i) =>
		Math.max(...levels.slice(i * each, (i + 1) * each)));
}

/** As high as it sounds loud: half of the greatest is not half as loud. */
const heightOf = (/** @type {number} */ level) =>
	Math.round(HIGH * Math.sqrt(level / LOUDEST));

/**
 * The path of one voice, above or below the middle.
 * @param {number[]} levels
 * @param {number} part of the recording that they are of, 0 to 1
 * @param {boolean} above
 * @returns {string} empty when nothing was heard
 */
export function pathOf(levels, part, above) {
	const steps = coarse(levels, STEPS_MAX);
	if (!steps.some(Boolean))
		return '';
	const wide = WIDE * part / steps.length;
	return `M0 ${HIGH}${steps.map((level, i) => {
		const high = heightOf(level);
		return `V${above ? HIGH - high : HIGH + high}H${
			Math.round((i + 1) * wide * 10) / 10}`;
	}).join('')}V${HIGH}Z`;
}

/**
 * What part of a recording they cover; it may have gone on after the last step.
 * @param {Outline} outline
 * @param {number[]} levels
 * @param {number | null} durationMs null: they are all of it
 */
export const partOf = ({ step_ms: step }, levels, durationMs) => durationMs
	? Math.min(1, levels.length * step / durationMs) : 1;

/** @param {number[]} levels @returns {number} percent of the time */
const spoke = (levels) => Math.round(100 * levels.filter((level) =>
	level >= VOICE).length / levels.length);

/**
 * Who is heard and how much, for those who do not see the shape.
 * @param {Outline} outline
 * @param {(role: string) => string} nameOf
 */
export function outlineWords({ lanes }, nameOf) {
	const said = ['clinician', 'patient'].map((role) =>
		({ role, levels: levelsOf(lanes[role]) }))
		.filter(({ levels }) => levels.length)
		.map(({ role, levels }) => t('rec.spoke', { name: nameOf(role),
			part: t('quality.percent', { n: spoke(levels) }) }));
	return said.length ? t('rec.sound', { said: listed(said) })
		: t('rec.silence');
}
