// SPDX-License-Identifier: GPL-3.0-or-later
// What people read and hear in the player.

import * as time from '../time.js';

/**
 * @typedef {import('./api.js').Play} Play
 * @typedef {import('./api.js').Lane} Lane
 */

/** @type {Record<string, string>} */
const ROLES = { clinician: 'Clinician', patient: 'Patient' };

/** @param {Play} play @param {string} role @returns {string} */
export const nameOf = ({ recording }, role) =>
	(role === 'clinician' ? recording.clinician?.name
		: recording.patient?.name) || ROLES[role] || 'Somebody';

/** @param {Play} play @param {Record<string, any>} note */
export const roleOf = ({ notes }, note) => note.role
	?? notes.find(({ event, participant }) => event !== 'state'
		&& participant === note.participant)?.role;

/** @param {Play} play @param {Lane} lane */
export const laneName = (play, { lane, role }) => lane.endsWith('-screen')
	? `Screen of ${nameOf(play, role)}` : nameOf(play, role);

/** @param {number} n @param {string} noun */
const plural = (n, noun) => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** "1 hour 2 minutes 5 seconds" @param {number} ms */
export function spoken(ms) {
	const all = Math.max(0, Math.floor(ms / 1000));
	const parts = [[Math.floor(all / 3600), 'hour'],
		[Math.floor(all / 60) % 60, 'minute'], [all % 60, 'second']];
	const said = parts.filter(([n]) => n)
		.map(([n, noun]) => plural(Number(n), String(noun)));
	return said.join(' ') || '0 seconds';
}

/** What the bar says of itself. @param {number} ms @param {number} duration */
export const barWords = (ms, duration) =>
	`${spoken(ms)} of ${spoken(duration)}`;

/** "1.25×" @param {number} rate */
export const rateWords = (rate) => `${rate}×`;

/**
 * What is to be known of the recording as a whole.
 * @param {Play} play
 * @returns {{ bad: boolean, words: string } | null}
 */
export function conditionWords({ running, how, lost_at_ms: lostAt, recording }) {
	const lost = recording.lost_ms > 0
		? ` ${recording.lost_ms < 1000 ? 'Less than a second'
			: spoken(recording.lost_ms)} could not be stored.` : '';
	if (running)
		return { bad: false, words: `This visit is still being recorded. What is shown here is some seconds late.${lost}` };
	if (how === 'interrupted' || lostAt !== null)
		return { bad: true, words: `This recording was interrupted${
			lostAt === null ? '' : ` at ${time.length(lostAt)}`}: what came after is not in it.${lost}` };
	if (how === 'incomplete' || lost)
		return { bad: true, words: `This recording is incomplete: not everything could be stored.${lost}` };
	return null;
}

/**
 * What stands in the place of a picture.
 * @param {'hole' | 'camera' | 'voice' | 'paused' | 'broken'} why
 */
export const plateWords = (why) => ({
	hole: 'Not in the visit',
	camera: 'Camera off',
	voice: 'Voice only',
	paused: 'Recording paused',
	broken: 'Cannot be played in this browser',
})[why];

/**
 * Why nothing more is shown.
 * @param {string} code of an ApiError
 * @returns {{ title: string, text: string, signIn: boolean }}
 */
export const goneWords = (code) => code === 'signed-out' ? {
	title: 'You have been signed out', signIn: true,
	text: 'Sign in again to go on watching this recording.',
} : {
	title: 'This recording can no longer be watched', signIn: false,
	text: 'It was deleted, or this account may not watch it any more, or you have signed in anew meanwhile.',
};

/** @type {[string, string][]} key, what it does */
export const KEYS = [
	['Space or K', 'Play or pause'],
	['← →', '5 seconds back or forward'],
	['J L', '10 seconds back or forward'],
	['0 to 9', 'To the tenths of the recording'],
	[', .', 'Slower, faster'],
	['M', 'Sound off or on'],
	['C', 'Captions off or on'],
	['Home End', 'To the beginning, to the end'],
];
