// SPDX-License-Identifier: GPL-3.0-or-later
// What is to be listed, as the page's address says it and as the portal is
// asked for it. No DOM here.
//
// The address holds days of the viewer's own zone ("from=2026-01-31"), the
// portal is asked for moments. What an address says wrongly is as if it were
// not there: somebody may have cut a link in two.

import { t } from '../lang.js';
import * as time from '../time.js';

/**
 * @typedef {'-begun' | 'begun' | '-seconds' | 'seconds'} Sort
 *
 * @typedef {object} Filters of the list; absent: not filtered by it
 * @property {string} [from] day
 * @property {string} [to] day, the last
 * @property {string} [clinician] id
 * @property {string} [patient] id
 * @property {string} [state]
 * @property {boolean} [hold]
 * @property {number} [min_seconds]
 * @property {number} [max_seconds]
 * @property {Sort} [sort] absent: the newest first
 *
 * @typedef {object} AuditFilters
 * @property {string} [subject] a person's id
 * @property {string} [object] a recording's id
 * @property {string} [action]
 * @property {string} [from] day
 * @property {string} [to] day, the last
 */

export const STATES = ['running', 'finished', 'incomplete', 'interrupted',
	'lost'];
const SORTS = ['-begun', 'begun', '-seconds', 'seconds'];
const USUAL_SORT = '-begun';

/** How many are asked for at once; the portal gives up to 200. */
export const PAGE = 50;
const PAGE_MAX = 200;

/** Lengths to choose from: [at least, at most] seconds. */
export const LENGTHS = [[0, 299], [300, 899], [900, 1799], [1800, 3599],
	[3600, 0]];

/** @param {string} value */
const day = (value) => /^[12]\d{3}-\d\d-\d\d$/.test(value)
	&& time.fromFields(value, '00:00') ? value : undefined;
/** @param {string} value */
const id = (value) => /^[\w-]{22}$/.test(value) ? value : undefined;
/** @param {string} value a person's id, "portal", "uid-0" */
const word = (value) => /^[\w-]{1,64}$/.test(value) ? value : undefined;
/** @param {string} value */
const action = (value) => /^[a-z][a-z:-]{0,63}$/.test(value) ? value : undefined;
/** @param {string} value */
const count = (value) => /^\d{1,7}$/.test(value) ? Number(value) || undefined
	: undefined;
/** @param {string[]} values @returns {(value: string) => string | undefined} */
const oneOf = (values) => (value) => values.includes(value) ? value : undefined;

/** @typedef {Record<string, (value: string) => any>} Fields */

/** @type {Fields} what may stand in the list's address, in its order */
const LIST = {
	from: day, to: day, clinician: id, patient: id, state: oneOf(STATES),
	hold: (value) => value === 'true' || undefined,
	min_seconds: count, max_seconds: count,
	sort: (value) => value === USUAL_SORT ? undefined : oneOf(SORTS)(value),
};

/** @type {Fields} the audit's */
const AUDIT = { subject: word, object: id, action, from: day, to: day };

/** @param {Fields} fields @param {string} search */
function read(fields, search) {
	const given = new URLSearchParams(search);
	/** @type {Record<string, any>} */
	const found = {};
	for (const [name, right] of Object.entries(fields)) {
		const value = right(given.get(name) ?? '');
		if (value !== undefined)
			found[name] = value;
	}
	return found;
}

/** @param {Fields} fields @param {Record<string, any>} filters */
function write(fields, filters) {
	const said = new URLSearchParams();
	for (const [name, right] of Object.entries(fields)) {
		const value = right(String(filters[name] ?? ''));
		if (value !== undefined)
			said.set(name, String(value));
	}
	return said;
}

/** @param {URLSearchParams} said @returns {string} with "?", or nothing */
const asSearch = (said) => `?${said}`.replace(/^\?$/, '');

/** @param {string} search of the address @returns {Filters} */
export const fromSearch = (search) => read(LIST, search);

/** @param {Filters} filters @returns {string} always the same for the same */
export const toSearch = (filters) => asSearch(write(LIST, filters));

/** @param {string} search of the address @returns {AuditFilters} */
export const auditFromSearch = (search) => read(AUDIT, search);

/** @param {AuditFilters} filters @returns {string} */
export const auditToSearch = (filters) => asSearch(write(AUDIT, filters));

/**
 * @param {URLSearchParams} said days become moments in it
 * @param {string | null} cursor
 * @param {number} limit
 */
function asQuery(said, cursor, limit) {
	const ends = { from: '00:00:00', to: '23:59:59' };
	for (const [name, clock] of Object.entries(ends)) {
		const at = time.fromFields(said.get(name) ?? '', clock);
		if (at)
			said.set(name, at);
	}
	said.set('limit', String(Math.min(PAGE_MAX, Math.max(1, limit))));
	if (cursor)
		said.set('cursor', cursor);
	return said.toString();
}

/**
 * What the portal is asked for.
 * @param {Filters} filters
 * @param {string | null} [cursor] of the page before
 * @param {number} [limit]
 */
export const toQuery = (filters, cursor = null, limit = PAGE) =>
	asQuery(write(LIST, filters), cursor, limit);

/**
 * @param {AuditFilters} filters
 * @param {string | null} [cursor]
 * @param {number} [limit]
 */
export const auditToQuery = (filters, cursor = null, limit = PAGE) =>
	asQuery(write(AUDIT, filters), cursor, limit);

/**
 * How many filters are set; sorting is none.
 * @param {Filters & AuditFilters} filters
 */
export function active({ sort: _sort, min_seconds, max_seconds, ...rest }) {
	const other = Object.values(rest).filter(Boolean).length;
	return other + (min_seconds || max_seconds ? 1 : 0);
}

/** @param {Filters} filters @returns {string} a value of lengthChoices() */
export const lengthOf = ({ min_seconds, max_seconds }) =>
	min_seconds || max_seconds
		? `${min_seconds ?? 0}-${max_seconds ?? 0}` : '';

/**
 * @param {string} value of lengthOf()
 * @returns {Pick<Filters, 'min_seconds' | 'max_seconds'>}
 */
export function lengthFilter(value) {
	const [least, most] = value.split('-').map(count);
	return { min_seconds: least, max_seconds: most };
}

/** @param {number} least @param {number} most seconds, 0: without an end */
function lengthWords(least, most) {
	const from = Math.round(least / 60);
	const to = Math.round(most / 60);
	if (!most)
		return from === 60 ? t('rec.an-hour')
			: t('rec.minutes-more', { n: from });
	return from ? t('rec.minutes-range', { from, n: to })
		: t('rec.minutes-under', { n: to });
}

/**
 * The lengths to choose from, and that of the address if it is another one.
 * @param {Filters} filters
 * @returns {[value: string, words: string][]}
 */
export function lengthChoices(filters) {
	const own = [filters.min_seconds ?? 0, filters.max_seconds ?? 0];
	const known = LENGTHS.some(([a, b]) => a === own[0] && b === own[1]);
	const all = known || !lengthOf(filters) ? LENGTHS : [...LENGTHS, own];
	return all.map(([least, most]) =>
		[`${least}-${most}`, lengthWords(least, most)]);
}

/**
 * What a click on a column's head means.
 * @param {Filters} filters
 * @param {'begun' | 'seconds'} column
 * @returns {Sort}
 */
export function turned({ sort = USUAL_SORT }, column) {
	return sort === `-${column}` ? column : `-${column}`;
}

/**
 * For `aria-sort` of a column's head.
 * @param {Filters} filters
 * @param {'begun' | 'seconds'} column
 */
export function sorted({ sort = USUAL_SORT }, column) {
	if (sort === column)
		return 'ascending';
	return sort === `-${column}` ? 'descending' : 'none';
}
