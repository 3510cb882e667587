// SPDX-License-Identifier: GPL-3.0-or-later
// What people read and hear in the player.

import { t } from '../lang.js';
import * as time from '../time.js';

/**
 * @typedef {import('./api.js').Play} Play
 * @typedef {import('./api.js').Lane} Lane
 */

/** @param {string} role */
const roleWords = (role) => role === 'clinician' ? t('rec.clinician')
	: role === 'patient' ? t('rec.patient') : t('player.somebody');

/** @param {Play} play @param {string} role @returns {string} */
export const nameOf = ({ recording }, role) =>
	(role === 'clinician' ? recording.clinician?.name
		: recording.patient?.name) || roleWords(role);

/** @param {Play} play @param {Record<string, any>} note */
export const roleOf = ({ notes }, note) => note.role
	?? notes.find(({ event, participant }) => event !== 'state'
		&& participant === note.participant)?.role;

/** @param {Play} play @param {Lane} lane */
export const laneName = (play, { lane, role }) => lane.endsWith('-screen')
	? t('player.screen-of', { name: nameOf(play, role) }) : nameOf(play, role);

/** "1 hour 2 minutes 5 seconds" @param {number} ms */
export function spoken(ms) {
	const all = Math.max(0, Math.floor(ms / 1000));
	const parts = [[Math.floor(all / 3600), 'hour'],
		[Math.floor(all / 60) % 60, 'minute'], [all % 60, 'second']];
	const said = parts.filter(([n]) => n)
		.map(([n, unit]) => time.measure(Number(n), String(unit)));
	return said.join(' ') || time.measure(0, 'second');
}

/** What the bar says of itself. @param {number} ms @param {number} duration */
export const barWords = (ms, duration) =>
	t('player.of', { time: spoken(ms), all: spoken(duration) });

/** "1.25×" @param {number} rate */
export const rateWords = (rate) => t('player.rate', { rate });

/** @param {number} ms that could not be stored */
function lostWords(ms) {
	if (ms <= 0)
		return '';
	return ms < 1000 ? t('player.lost-moment')
		: t('player.lost-time', { time: spoken(ms) });
}

/**
 * What is to be known of the recording as a whole.
 * @param {Play} play
 * @returns {{ bad: boolean, words: string } | null}
 */
export function conditionWords({ running, how, lost_at_ms: lostAt, recording }) {
	const lost = lostWords(recording.lost_ms);
	const also = (/** @type {string} */ words) => lost ? `${words} ${lost}`
		: words;
	if (running)
		return { bad: false, words: also(t('player.running')) };
	if (how === 'interrupted' || lostAt !== null)
		return { bad: true, words: also(lostAt === null ? t('player.cut')
			: t('player.cut-at', { time: time.length(lostAt) })) };
	if (how === 'incomplete' || lost)
		return { bad: true, words: also(t('player.incomplete')) };
	return null;
}

/**
 * What stands in the place of a picture.
 * @param {'hole' | 'camera' | 'voice' | 'paused' | 'broken'} why
 */
export const plateWords = (why) => t(`player.plate-${why}`);

/**
 * Why nothing more is shown.
 * @param {string} code of an ApiError
 * @returns {{ title: string, text: string, signIn: boolean }}
 */
export const goneWords = (code) => code === 'signed-out' ? {
	title: t('player.signed-out-title'), signIn: true,
	text: t('player.signed-out'),
} : {
	title: t('player.gone-title'), signIn: false, text: t('player.gone'),
};

/** @returns {[string, string][]} key, what it does */
export const keys = () => [
	[t('player.key-space'), t('player.does-play')],
	['← →', t('player.does-five')],
	['J L', t('player.does-ten')],
	[t('player.key-digits'), t('player.does-tenths')],
	[', .', t('player.does-rate')],
	['M', t('player.does-sound')],
	['C', t('player.does-captions')],
	[t('player.key-ends'), t('player.does-ends')],
];
