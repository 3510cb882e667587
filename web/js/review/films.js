// SPDX-License-Identifier: GPL-3.0-or-later
// Films and files of a recording in words. No DOM here.

import { ApiError } from '../api.js';
import { plural } from '../time.js';
import { problemWords } from './problems.js';
import { whenWords } from './rows.js';

/**
 * @typedef {import('./api.js').Film} Film
 * @typedef {'waiting' | 'running' | 'done' | 'expired' | 'failed'
 *   | 'cancelled'} Step of a film, as it is shown
 */

/** Numbers stand in English sentences. */
const LANGUAGE = 'en';
const MINUTE_S = 60;
const HOUR_S = 3600;
const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
const STEP = 1000;
/** Progress is told when it has gone so far again. */
const TOLD = 0.25;

/** @type {[import('./api.js').Container, string, string][]} */
export const CONTAINERS = [
	['mp4', 'MP4', 'Plays on nearly every device.'],
	['webm', 'WebM', 'An open format; plays in browsers.'],
];

/** @type {[import('./api.js').Layout, string, string][]} */
export const LAYOUTS = [
	['side-by-side', 'Side by side', 'Both people are as large.'],
	['picture-in-picture', 'Picture in picture',
		'The patient fills the picture, the clinician is small.'],
];

/** @type {Record<string, string>} */
const FAILURES = {
	'unreadable': 'It could not be made: a file of this recording is damaged.',
	'disk-full': 'It could not be made: the server has no room left.',
	'too-long': 'It could not be made: the recording is too long for one film.',
};
const FAILURE = 'It could not be made. You can try again.';

/** @type {Record<string, string>} */
const REFUSALS = {
	'running': 'The visit is still being recorded. A film can be made when it has ended.',
	'too-many': 'Many films are waiting already. Please try again later.',
	'not-found': 'You may not download this recording any more.',
};

/** Why there will be no film. @param {unknown} error */
export const filmProblem = (error) => error instanceof ApiError
	&& Object.hasOwn(REFUSALS, error.code) ? REFUSALS[error.code]
	: problemWords(error);

/** "312 MB" @param {number} bytes */
export function bytesWords(bytes) {
	const rank = bytes < 1 ? 0 : Math.min(UNITS.length - 1,
		Math.floor(Math.log10(bytes) / 3));
	const value = bytes / STEP ** rank;
	return new Intl.NumberFormat(LANGUAGE, { style: 'unit', unit: UNITS[rank],
		unitDisplay: rank ? 'short' : 'long',
		maximumFractionDigits: value < 10 && rank ? 1 : 0 }).format(value);
}

/** "12 %" @param {number} part 0 to 1 */
export const percentWords = (part) => `${Math.floor(
	Math.min(1, Math.max(0, part)) * 100)} %`;

/** @param {number | null} seconds null: not known yet */
export function leftWords(seconds) {
	if (seconds === null)
		return '';
	if (seconds < MINUTE_S)
		return 'less than a minute left';
	if (seconds < HOUR_S)
		return `about ${plural(Math.round(seconds / MINUTE_S), 'minute')} left`;
	const minutes = Math.round(seconds / MINUTE_S);
	const rest = minutes % 60;
	return `about ${plural(Math.floor(minutes / 60), 'hour')}${
		rest ? ` ${plural(rest, 'minute')}` : ''} left`;
}

/** @param {Film} film @param {number} now @returns {Step} */
export const stepOf = ({ state, expires, href }, now) => state === 'done'
	&& (href === null || expires !== null && Date.parse(expires) <= now)
	? 'expired' : state;

/** Is there something to wait for? @param {Film} film */
export const isUnderWay = ({ state }) =>
	state === 'waiting' || state === 'running';

/** @param {Film} film */
export const filmTitle = ({ container }) =>
	`${container === 'mp4' ? 'MP4' : 'WebM'} film`;

/** @param {Film} film */
export const filmHow = ({ layout, burn_in: burnIn }) =>
	`${LAYOUTS.find(([is]) => is === layout)?.[1] ?? layout}${
		burnIn ? ', names and time in the picture' : ''}`;

/**
 * How it is with a film.
 * @param {Film} film
 * @param {number} now ms since 1970
 * @returns {string}
 */
export function filmWords(film, now) {
	const left = leftWords(film.remaining_s);
	switch (stepOf(film, now)) {
	case 'waiting':
		return 'Waits for its turn: films are made one after the other.';
	case 'running':
		return `${percentWords(film.progress)}${left && ` · ${left}`}`;
	case 'done':
		return `Ready${film.bytes === null ? ''
			: ` · ${bytesWords(film.bytes)}`}${film.expires === null ? ''
			: ` · kept until ${whenWords(film.expires, now)
				.replace(/^T/, 't')}`}`;
	case 'expired':
		return 'It was kept for its time and is gone. You can make it again.';
	case 'cancelled':
		return 'Cancelled.';
	default:
		return Object.hasOwn(FAILURES, film.error ?? '')
			? FAILURES[film.error ?? ''] : FAILURE;
	}
}

/**
 * What has happened with films since they were looked at, for who hears it.
 * @param {Film[]} before
 * @param {Film[]} after
 * @returns {string} empty: nothing worth a word
 */
export function filmNews(before, after) {
	const words = after.map((film) => {
		const was = before.find(({ id }) => id === film.id);
		const title = filmTitle(film);
		if (!was)
			return '';
		if (film.state === 'done' && was.state !== 'done')
			return `The ${title} is ready.`;
		if (film.state === 'failed' && was.state !== 'failed')
			return `The ${title} could not be made.`;
		if (film.state === 'cancelled' && was.state !== 'cancelled')
			return `The ${title} is cancelled.`;
		if (film.state === 'running' && was.state === 'waiting')
			return `The ${title} is being made.`;
		return film.state === 'running' && Math.floor(film.progress / TOLD)
			> Math.floor(was.progress / TOLD)
			? `The ${title}: ${percentWords(film.progress)}.` : '';
	});
	return words.filter(Boolean).join(' ');
}

/** @param {string} language a tag of BCP 47 */
export function languageWords(language) {
	try {
		return new Intl.DisplayNames([LANGUAGE], { type: 'language' })
			.of(language) ?? language;
	} catch {
		return language;
	}
}

/**
 * What is in a file of the store.
 * @param {string} name
 * @param {(role: string) => string} nameOf
 */
export function fileWords(name, nameOf) {
	const lane = /^(\d+)-(clinician|patient)(-screen)?-(\d+)\.\w+$/.exec(name);
	if (lane)
		return `${lane[3] ? 'Screen' : 'Camera and voice'} of ${
			nameOf(lane[2])}`;
	if (/^\d+-chat\.jsonl$/.test(name))
		return 'Messages';
	const captions = /^captions-([\w-]+)\.vtt$/.exec(name);
	return captions ? `Captions, ${languageWords(captions[1])}` : name;
}
