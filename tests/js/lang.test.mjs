// SPDX-License-Identifier: GPL-3.0-or-later
// The catalogues: each word that the sources ask for is there, in each
// language, with the same values in it, and none that nobody asks for.
import './english.mjs';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { has, t, tParts } from '../../web/js/lang.js';
import { actionChoices, stateChoices } from '../../web/js/review/rows.js';

const WEB = new URL('../../web/', import.meta.url);
const OURS = ['en', 'es', 'th', 'ar'];
const PARTS = ['', 'review/'];

const read = (path) => readFileSync(new URL(path, WEB), 'utf8');
const catalogue = (part, tag) => JSON.parse(read(`lang/${part}${tag}.json`));

/** What belongs to a part of the catalogue is asked for only by these. */
const isReview = (path) => /^js\/(view\/)?(review\/|quality\.js)/.test(path);

/** Sources without their comments. */
const sources = readdirSync(new URL('js/', WEB), { recursive: true })
	.filter((name) => name.endsWith('.js') && name !== 'start.js')
	.map((name) => [`js/${name}`, read(`js/${name}`)
		.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')]);

const english = Object.fromEntries(PARTS.map((part) =>
	[part, catalogue(part, 'en')]));
const known = new Set(PARTS.flatMap((part) => Object.keys(english[part])));
const areas = new Set([...known].map((key) => key.split('.')[0]));

/** Keys that a source writes out, and beginnings that it makes keys of. */
function asked(text) {
	const literal = [...text.matchAll(/['"`]([a-z]+)\.([a-z0-9-]+)['"`]/g)]
		.filter(([, area]) => areas.has(area)).map(([, a, b]) => `${a}.${b}`);
	const said = [...text.matchAll(/\b(?:t|tParts|has)\(\s*['"]([^'"]+)['"]/g)]
		.map(([, key]) => key);
	const begun = [...text.matchAll(/`([a-z]+\.[a-z0-9-]*)\$\{/g)]
		.filter(([, start]) => areas.has(start.split('.')[0]))
		.map(([, start]) => start);
	return { keys: new Set([...literal, ...said]), begun };
}

const used = sources.map(([path, text]) => ({ path, ...asked(text) }));

test('each word that a source asks for is in the English catalogue', () => {
	const missing = used.flatMap(({ path, keys }) => [...keys]
		.filter((key) => !Object.hasOwn(english[''], key)
			&& !(isReview(path) && Object.hasOwn(english['review/'], key)))
		.map((key) => `${path}: ${key}`));
	assert.deepEqual(missing, []);
});

test('no catalogue has words that no source asks for', () => {
	const keys = new Set(used.flatMap((source) => [...source.keys]));
	const begun = used.flatMap((source) => source.begun);
	const unused = [...known].filter((key) => !keys.has(key)
		&& !begun.some((start) => key.startsWith(start)));
	assert.deepEqual(unused, []);
});

/** Keys that a code ends, without what they begin with. */
const ends = (start) => Object.keys(english['review/'])
	.filter((key) => key.startsWith(start))
	.map((key) => key.slice(start.length)).sort();

test('each action of the audit and each state has its words, no other', () => {
	assert.deepEqual(ends('audit.did-'), actionChoices([])
		.map(([action]) => action.replace(':', '-')).sort());
	assert.deepEqual(ends('rec.state-'), [...stateChoices()
		.map(([state]) => state), 'means'].sort());
});

test('no word is in two parts of the catalogue, or twice in one', () => {
	assert.deepEqual(Object.keys(english['review/'])
		.filter((key) => Object.hasOwn(english[''], key)), []);
	for (const part of PARTS)
		for (const tag of OURS) {
			const names = [...read(`lang/${part}${tag}.json`)
				.matchAll(/^\t"([^"]+)":/gm)].map(([, key]) => key);
			assert.equal(new Set(names).size, names.length, part + tag);
		}
});

test('the list has each language, by its own name', () => {
	const list = JSON.parse(read('lang/index.json'));
	assert.deepEqual(Object.keys(list), OURS);
	for (const tag of OURS)
		assert.ok(list[tag].length > 1, tag);
	for (const source of ['js/start.js', 'js/lang.js'])
		assert.ok(read(source).includes(
			`OURS = [${OURS.map((tag) => `'${tag}'`).join(', ')}]`), source);
});

/** The values that a phrase takes, in order. */
const valuesOf = (phrase) => [...new Set((typeof phrase === 'string'
	? phrase : Object.values(phrase).join(' ')).match(/\{\w+\}/g))].sort();

for (const tag of OURS)
	for (const part of PARTS)
		test(`${tag} lacks nothing of ${part || 'the visit'}`, () => {
			const words = catalogue(part, tag);
			assert.deepEqual(Object.keys(english[part]).filter((key) =>
				!Object.hasOwn(words, key)), [], 'missing');
			assert.deepEqual(Object.keys(words).filter((key) =>
				!Object.hasOwn(english[part], key)), [], 'too much');
			for (const [key, phrase] of Object.entries(words))
				checkPhrase(tag, key, phrase, english[part][key]);
		});

function checkPhrase(tag, key, phrase, original) {
	const where = `${tag} ${key}`;
	const forms = typeof phrase === 'string' ? { other: phrase } : phrase;
	const rules = new Intl.PluralRules(tag).resolvedOptions().pluralCategories;
	assert.ok(forms.other, where);
	for (const [form, text] of Object.entries(forms)) {
		assert.ok(rules.includes(form), `${where}: ${form}`);
		assert.equal(typeof text, 'string', where);
		assert.equal(text.trim(), text, where);
		assert.doesNotMatch(text, /[<>]|\{(?!\w+\})/, where);
	}
	// A form for one or two may say so in words.
	assert.deepEqual(valuesOf(phrase), valuesOf(original), where);
	for (const value of valuesOf(original))
		if (value !== '{n}')
			assert.ok(Object.values(forms).every((text) =>
				text.includes(value)), `${where}: ${value}`);
}

/** A word with a capital and another word: a sentence for people. */
const SENTENCE = /(['`])(?:[^'`\n\\]|\\.)*?\b[A-Z][a-z]+,? [a-z]+(?:[^'`\n\\]|\\.)*?\1/g;
/** Said to developers. */
const NOT_FOR_PEOPLE = /new (Type)?Error\(|console\./;

test('no source has sentences of its own', () => {
	const found = sources.flatMap(
		([path, text]) => text.split('\n').flatMap((line) =>
			NOT_FOR_PEOPLE.test(line) ? []
				: (line.match(SENTENCE) ?? []).map((words) =>
					`${path}: ${words}`)));
	// The questions of consent are in the language of the clinic's text.
	assert.deepEqual(found.filter((line) => !line.startsWith('js/asking.js')),
		[]);
});

test('values go in where they are named, numbers as the language writes', () => {
	assert.equal(t('visit.minutes', { n: 1 }), '1 minute');
	assert.equal(t('visit.minutes', { n: 1200 }), '1,200 minutes');
	assert.equal(t('visit.with', { name: '{name} $& <b>' }),
		'with {name} $& <b>');
	assert.equal(t('visit.with'), 'with {name}');
	assert.deepEqual(tParts('visit.with', { name: 'Ana' }), ['with ', 'Ana']);
	assert.equal(t('no.such-word'), 'no.such-word');
	assert.ok(has('visit.with') && !has('no.such-word')
		&& !has('constructor'));
});
