// SPDX-License-Identifier: GPL-3.0-or-later
// Times in the viewer's zone and in words of the page's language.

import { locale as own, t } from './lang.js';

const MINUTE_MS = 60000;
const DAY_MS = 86400000;

/** @param {Date} a @param {Date} b @returns {number} whole days from b to a */
function daysBetween(a, b) {
	const start = (/** @type {Date} */ d) =>
		new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
	return Math.round((start(a) - start(b)) / DAY_MS);
}

/** @param {string | number} time RFC 3339 or ms @param {string} [locale] */
export function clock(time, locale = own()) {
	return new Intl.DateTimeFormat(locale, { hour: '2-digit',
		minute: '2-digit' }).format(new Date(time));
}

/**
 * "Today", "Tomorrow", "Yesterday", or the day by name.
 * @param {string} time RFC 3339
 * @param {number} now ms since 1970
 * @param {string} [locale]
 */
export function day(time, now, locale = own()) {
	const date = new Date(time);
	const today = new Date(now);
	const near = new Map([[0, t('time.today')],
		[1, t('time.tomorrow')], [-1, t('time.yesterday')]]);
	const year = date.getFullYear() === today.getFullYear()
		? undefined : 'numeric';
	return near.get(daysBetween(date, today))
		?? new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric',
			month: 'long', year }).format(date);
}

/**
 * Is it today, tomorrow or yesterday?
 * @param {string | number} time @param {number} now ms since 1970
 */
export const isNear = (time, now) =>
	Math.abs(daysBetween(new Date(time), new Date(now))) <= 1;

/**
 * "Today, 14:30"
 * @param {string} time RFC 3339
 * @param {number} now ms since 1970
 * @param {string} [locale]
 */
export const dayAndClock = (time, now, locale) =>
	t('time.day-and-clock', { day: day(time, now, locale),
		clock: clock(time, locale) });

/**
 * How long until: "now", "in 5 minutes", "in 3 hours", "in 2 days".
 * @param {number} ms
 */
export function until(ms) {
	const minutes = Math.ceil(ms / MINUTE_MS);
	if (minutes <= 0)
		return t('time.now');
	const words = new Intl.RelativeTimeFormat(own());
	if (minutes < 90)
		return words.format(minutes, 'minute');
	const hours = Math.round(minutes / 60);
	return hours < 36 ? words.format(hours, 'hour')
		: words.format(Math.round(hours / 24), 'day');
}

/**
 * The length of a visit: "0:07", "12:05", "1:02:05".
 * @param {number} ms
 */
export function length(ms) {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	const parts = [Math.floor(seconds / 3600),
		Math.floor(seconds / 60) % 60, seconds % 60];
	const [hours, minutes, rest] = parts;
	const one = new Intl.NumberFormat(own(), { useGrouping: false });
	const two = new Intl.NumberFormat(own(), { minimumIntegerDigits: 2 });
	return hours ? [one.format(hours), two.format(minutes), two.format(rest)]
		.join(':') : `${one.format(minutes)}:${two.format(rest)}`;
}

/**
 * From when to when, "14:02 – 14:31".
 * @param {string} first RFC 3339
 * @param {string} last
 * @param {string} [locale]
 */
export const range = (first, last, locale = own()) =>
	new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' })
		.formatRange(new Date(first), new Date(last));

/** "27 minutes" @param {number} value @param {string} unit of Intl */
export const measure = (value, unit) => new Intl.NumberFormat(own(),
	{ style: 'unit', unit, unitDisplay: 'long' }).format(value);

/** "45 seconds", "27 minutes", "1 hour 5 minutes" @param {number} seconds */
export function lasting(seconds) {
	if (seconds < 60)
		return measure(Math.max(0, Math.floor(seconds)), 'second');
	const minutes = Math.round(seconds / 60);
	const parts = [[Math.floor(minutes / 60), 'hour'], [minutes % 60, 'minute']];
	return parts.filter(([value]) => value).map(([value, unit]) =>
		measure(Number(value), String(unit))).join(' ');
}

/**
 * The value of date and time fields for a moment, in the viewer's zone.
 * @param {Date} date
 */
export function fields(date) {
	const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
	return {
		date: `${date.getFullYear()}-${two(date.getMonth() + 1)}`
			+ `-${two(date.getDate())}`,
		time: `${two(date.getHours())}:${two(date.getMinutes())}`,
	};
}

/**
 * The moment that date and time fields of the viewer's zone name, as RFC 3339
 * in UTC without fractions; null if they name none.
 * @param {string} date
 * @param {string} time
 */
export function fromFields(date, time) {
	const at = new Date(`${date}T${time}`);
	return Number.isNaN(at.getTime()) ? null
		: at.toISOString().replace(/\.\d+Z$/, 'Z');
}
