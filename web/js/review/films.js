// SPDX-License-Identifier: GPL-3.0-or-later
// Films and files of a recording in words. No DOM here.

import { ApiError } from '../api.js';
import { has, locale as own, t } from '../lang.js';
import { measure } from '../time.js';
import { problemWords } from './problems.js';
import { whenWithin } from './rows.js';

/**
 * @typedef {import('./api.js').Film} Film
 * @typedef {'waiting' | 'running' | 'done' | 'expired' | 'failed'
 *   | 'cancelled'} Step of a film, as it is shown
 */

const MINUTE_S = 60;
const HOUR_S = 3600;
const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
const STEP = 1000;
/** Progress is told when it has gone so far again. */
const TOLD = 0.25;

/** @returns {[import('./api.js').Container, string, string][]} to choose from */
export const containers = () => [
	['mp4', 'MP4', t('film.mp4-hint')],
	['webm', 'WebM', t('film.webm-hint')],
];

/** @returns {[import('./api.js').Layout, string, string][]} to choose from */
export const layouts = () => [
	['side-by-side', t('film.side-by-side'), t('film.side-by-side-hint')],
	['picture-in-picture', t('film.picture-in-picture'),
		t('film.picture-in-picture-hint')],
];

/** Why there will be no film. @param {unknown} error */
export const filmProblem = (error) => error instanceof ApiError
	&& has(`film.refused-${error.code}`) ? t(`film.refused-${error.code}`)
	: problemWords(error);

/** "312 MB" @param {number} bytes */
export function bytesWords(bytes) {
	const rank = bytes < 1 ? 0 : Math.min(UNITS.length - 1,
		Math.floor(Math.log10(bytes) / 3));
	const value = bytes / STEP ** rank;
	return new Intl.NumberFormat(own(), { style: 'unit', unit: UNITS[rank],
		unitDisplay: rank ? 'short' : 'long',
		maximumFractionDigits: value < 10 && rank ? 1 : 0 }).format(value);
}

/** "12 %" @param {number} part 0 to 1 */
export const percentWords = (part) => t('quality.percent', {
	n: Math.floor(Math.min(1, Math.max(0, part)) * 100) });

/** @param {number | null} seconds null: not known yet */
export function leftWords(seconds) {
	if (seconds === null)
		return '';
	if (seconds < MINUTE_S)
		return t('film.left-soon');
	if (seconds < HOUR_S)
		return t('film.left', {
			time: measure(Math.round(seconds / MINUTE_S), 'minute') });
	const minutes = Math.round(seconds / MINUTE_S);
	const rest = minutes % 60;
	const hours = measure(Math.floor(minutes / 60), 'hour');
	return t('film.left', {
		time: rest ? `${hours} ${measure(rest, 'minute')}` : hours });
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
	t('film.title', { format: container === 'mp4' ? 'MP4' : 'WebM' });

/** @param {Film} film */
export function filmHow({ layout: code, burn_in: burnIn }) {
	const layout = layouts().find(([is]) => is === code)?.[1] ?? code;
	return burnIn ? t('film.how-burnt', { layout }) : layout;
}

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
		return t('film.waiting');
	case 'running':
		return `${percentWords(film.progress)}${left && ` · ${left}`}`;
	case 'done':
		return [t('film.ready'),
			film.bytes !== null && bytesWords(film.bytes),
			film.expires !== null && t('film.kept-until', {
				time: whenWithin(film.expires, now) })]
			.filter(Boolean).join(' · ');
	case 'expired':
		return t('film.expired');
	case 'cancelled':
		return t('film.cancelled');
	default:
		return has(`film.failed-${film.error}`)
			? t(`film.failed-${film.error}`) : t('film.failed');
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
		const said = { film: filmTitle(film) };
		if (!was)
			return '';
		if (film.state === 'done' && was.state !== 'done')
			return t('film.news-done', said);
		if (film.state === 'failed' && was.state !== 'failed')
			return t('film.news-failed', said);
		if (film.state === 'cancelled' && was.state !== 'cancelled')
			return t('film.news-cancelled', said);
		if (film.state === 'running' && was.state === 'waiting')
			return t('film.news-running', said);
		return film.state === 'running' && Math.floor(film.progress / TOLD)
			> Math.floor(was.progress / TOLD) ? t('film.news-progress',
				{ ...said, part: percentWords(film.progress) }) : '';
	});
	return words.filter(Boolean).join(' ');
}

/** @param {string} language a tag of BCP 47 */
export function languageWords(language) {
	try {
		return new Intl.DisplayNames([own()], { type: 'language' })
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
	if (lane) {
		const named = { name: nameOf(lane[2]) };
		return lane[3] ? t('player.screen-of', named)
			: t('film.lane-of', named);
	}
	if (/^\d+-chat\.jsonl$/.test(name))
		return t('player.messages');
	const captions = /^captions-([\w-]+)\.vtt$/.exec(name);
	return captions ? t('film.captions', {
		language: languageWords(captions[1]) }) : name;
}
