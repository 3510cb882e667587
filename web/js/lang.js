// SPDX-License-Identifier: GPL-3.0-or-later
// What people read, in their language: t('area.key') and the choice of the
// language. The words are in web/lang/<language>.json, one flat object:
//
//     "door.closed": "The door is closed.",
//     "door.since": "Waiting since {time}",
//     "door.people": { "one": "{n} person waits", "other": "{n} people wait" }
//
// `{name}` is replaced by the value of that name (numbers are written as the
// language writes them); an object is chosen by the plural rule of the value
// `n`. English has every key and is what a missing one falls back to; it is
// also the only place to look for which keys exist.
//
// start.js asks for the words before any module is loaded, and this module
// ends loading only when they are here: whoever imports it can say t() at
// once. Do not keep what t() gave in a constant of a module: the language can
// change while the page lives. Unit tests import tests/js/english.mjs first.

/** @typedef {string | Record<string, string>} Phrase */
/** @typedef {Record<string, Phrase>} Catalogue */

/**
 * @typedef {object} Started what start.js leaves in `globalThis.rthLang`
 * @property {string} tag
 * @property {Promise<Catalogue[]>} words of `tag`, then English if that may
 *   lack some
 */

const KEPT_AS = 'rth.language';
/** Languages that lack nothing; the same in start.js. */
const OURS = ['en', 'es', 'th', 'ar'];
const RIGHT_TO_LEFT = /^(ar|ckb|dv|fa|he|ps|sd|ug|ur|yi)\b/;

/** @type {Started} */
const started = /** @type {any} */ (globalThis).rthLang ??
	{ tag: 'en', words: Promise.resolve([]) };
let tag = started.tag;
let catalogues = await started.words;
let numbers = new Intl.NumberFormat(tag);
let plurals = new Intl.PluralRules(tag);
/** @type {Set<() => void>} */
const listeners = new Set();

/** The language of the page, as for Intl and `lang`. */
export const language = () => tag;

/** For Intl: the browser's own edition of the language, such as en-GB. */
export const locale = () => (globalThis.navigator?.languages ?? []).find(
	(own) => own.split('-')[0] === tag.split('-')[0]) ?? tag;

/** @returns {'ltr' | 'rtl'} */
export const direction = () => RIGHT_TO_LEFT.test(tag) ? 'rtl' : 'ltr';

/** @param {string} key @param {Record<string, unknown>} values */
function phrase(key, values) {
	for (const words of catalogues) {
		if (!Object.hasOwn(words, key))
			continue;
		const found = words[key];
		return typeof found === 'string' ? found
			: found[plurals.select(Number(values.n))] ?? found.other;
	}
	return key;
}

/** Is there such a key? For words that a code chooses. @param {string} key */
export const has = (key) =>
	catalogues.some((words) => Object.hasOwn(words, key));

/** @param {unknown} value */
const written = (value) =>
	typeof value === 'number' ? numbers.format(value) : String(value);

/**
 * @param {string} key of en.json, written out (the test of keys looks for it)
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export const t = (key, values = {}) =>
	phrase(key, values).replace(/\{(\w+)\}/g, (whole, name) =>
		Object.hasOwn(values, name) ? written(values[name]) : whole);

/**
 * A sentence with elements in it: t() as the children of an element.
 * @param {string} key
 * @param {Record<string, string | number | Node>} values
 * @returns {(string | Node)[]}
 */
export const tParts = (key, values) =>
	phrase(key, values).split(/(\{\w+\})/).filter(Boolean).map((part) => {
		const name = /^\{(\w+)\}$/.exec(part)?.[1] ?? '';
		if (!Object.hasOwn(values, name))
			return part;
		const value = values[name];
		return typeof value === 'object' ? value : written(value);
	});

/**
 * Folders of web/lang whose words are in use, '' being itself.
 * @type {Set<string>}
 */
const parts = new Set(['']);

/** @param {string} name @returns {Promise<any>} */
async function load(name) {
	const response = await fetch(`/lang/${name}.json`);
	if (!response.ok)
		throw new Error(`no ${name}`);
	return response.json();
}

/** @returns {Promise<Record<string, string>>} tag -> its own name */
export const languages = () => load('index');

/**
 * English is asked for only beside what may lack something.
 * @param {string} of a language
 * @param {Iterable<string>} folders
 * @returns {Promise<Catalogue[]>}
 */
const wordsOf = (of, folders) => Promise.all(
	(OURS.includes(of) ? [of] : [of, 'en']).flatMap((one) =>
		[...folders].map((part) => load(part + one).catch((error) => {
			if (OURS.includes(one))
				throw error;
			return {};
		}))));

/**
 * Loads the words of pages that few people see, once.
 * @param {string} part a folder of web/lang, with its slash
 */
export async function more(part) {
	if (parts.has(part))
		return;
	catalogues = [...catalogues, ...await wordsOf(tag, [part])];
	parts.add(part);
}

/**
 * Changes the language of the page and keeps the choice.
 * @param {string} chosen of languages()
 */
export async function choose(chosen) {
	const loaded = await wordsOf(chosen, parts);
	tag = chosen;
	catalogues = loaded;
	numbers = new Intl.NumberFormat(tag);
	plurals = new Intl.PluralRules(tag);
	document.documentElement.lang = tag;
	document.documentElement.dir = direction();
	try {
		localStorage.setItem(KEPT_AS, tag);
	} catch { /* It is kept while this page lives. */ }
	for (const listener of listeners)
		listener();
}

/** @param {() => void} listener called when the language has changed */
export const onLanguage = (listener) => void listeners.add(listener);
