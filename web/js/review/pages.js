// SPDX-License-Identifier: GPL-3.0-or-later
// A list that comes page by page, as a value: each function gives a new one.
// What is gone on the server while somebody turns pages may come twice or not
// at all; here no row stands twice.

import { t } from '../lang.js';

/**
 * @template T
 * @typedef {object} Pages
 * @property {T[]} rows
 * @property {string | null} next the cursor of what follows
 * @property {boolean} known has anything been answered
 */

/** @returns {Pages<any>} */
export const none = () => ({ rows: [], next: null, known: false });

/**
 * @template T
 * @param {Pages<T>} pages
 * @param {T[]} rows that follow
 * @param {string | null} next
 * @param {(row: T) => string | number} key of a row
 * @returns {Pages<T>}
 */
export function add(pages, rows, next, key) {
	const seen = new Set(pages.rows.map(key));
	const fresh = rows.filter((row) => {
		const is = key(row);
		return !seen.has(is) && seen.add(is);
	});
	return { rows: [...pages.rows, ...fresh], next, known: true };
}

/**
 * @template {{id: string}} T
 * @param {Pages<T>} pages
 * @param {T} row in the place of the one with its id
 * @returns {Pages<T>}
 */
export const replace = (pages, row) => ({ ...pages,
	rows: pages.rows.map((old) => old.id === row.id ? row : old) });

/**
 * @template {{id: string}} T
 * @param {Pages<T>} pages
 * @param {string} id
 * @returns {Pages<T>}
 */
export const without = (pages, id) => ({ ...pages,
	rows: pages.rows.filter((row) => row.id !== id) });

/**
 * People to choose from: those known, and those of the rows, by name.
 * @template T
 * @param {Map<string, string>} known id -> name
 * @param {T[]} rows
 * @param {(row: T) => {id: string | null, name: string | null} | null} who
 * @returns {Map<string, string>}
 */
export function people(known, rows, who) {
	const found = new Map(known);
	for (const row of rows) {
		const person = who(row);
		if (person?.id)
			found.set(person.id, person.name || t('rec.no-name'));
	}
	return new Map([...found].sort(([, a], [, b]) => a.localeCompare(b)));
}

/**
 * How many there are, for eyes and ears.
 * @param {Pages<any>} pages
 * @param {'recording' | 'row'} what
 */
export function countWords({ rows, next }, what) {
	const n = rows.length;
	if (!n)
		return t(`rec.none-${what}`);
	return next ? t(`rec.some-${what}`, { n }) : t(`rec.count-${what}`, { n });
}

/**
 * Whose answer counts when several are under way: the last one asked for.
 * @returns {{begin: () => () => boolean}} begin gives "is it still the last"
 */
export function latest() {
	let number = 0;
	return { begin: () => {
		const mine = ++number;
		return () => mine === number;
	} };
}
