// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings and audit without a page: addresses, lists that come page by
// page, words.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import './english.mjs';
import { makeActions } from '../../web/js/actions.js';
import { ApiError } from '../../web/js/api.js';
import * as filters from '../../web/js/review/filters.js';
import * as pages from '../../web/js/review/pages.js';
import { isProblem, problemWords } from '../../web/js/review/problems.js';
import * as rows from '../../web/js/review/rows.js';
import { initial, step } from '../../web/js/state.js';
import { stylesheet } from '../../web/js/view/sheets.js';
import { notice } from '../../web/js/words.js';

const ID = 'AAAAAAAAAAAAAAAAAAAAAA';
const OTHER = 'BBBBBBBBBBBBBBBBBBBBB-';
const HOSTILE = '<img src=x onerror=alert(1)>';
const NOW = new Date(2026, 0, 31, 12).getTime();
const utc = (...local) => new Date(...local).toISOString()
	.replace(/\.\d+Z$/, 'Z');

const recording = (change = {}) => ({ id: ID, begun: utc(2026, 0, 31, 9, 30),
	seconds: 1800, state: 'finished', reason: 'stopped', lost_ms: 0,
	hold: false, delete_on: null, visit: { id: OTHER, title: 'Follow-up' },
	clinician: { id: ID, name: 'Dr. A' }, patient: { id: OTHER, name: 'P' },
	rights: ['list', 'play'], ...change });

test('an address says the filters, and the same filters give it again', () => {
	const address = `?from=2026-01-02&to=2026-01-31&clinician=${ID}`
		+ `&patient=${OTHER}&state=incomplete&hold=true&min_seconds=300`
		+ '&max_seconds=899&sort=seconds';
	const all = filters.fromSearch(address);
	assert.deepEqual(all, { from: '2026-01-02', to: '2026-01-31',
		clinician: ID, patient: OTHER, state: 'incomplete', hold: true,
		min_seconds: 300, max_seconds: 899, sort: 'seconds' });
	assert.equal(filters.toSearch(all), address);
	assert.equal(filters.toSearch({}), '');
	assert.equal(filters.toSearch({ sort: '-begun' }), '');
	assert.equal(filters.toSearch({ hold: false, from: '' }), '');
});

test('what an address says wrongly is as if it were not there', () => {
	for (const wrong of ['from=2026-13-40', 'from=x', 'to=0002-01-01',
		'clinician=short', `patient=${HOSTILE}`, 'state=gone', 'hold=1',
		'min_seconds=-1', 'min_seconds=0', 'max_seconds=1e9', 'sort=name',
		'cursor=x', 'limit=9999', 'constructor=1', '__proto__=1'])
		assert.deepEqual(filters.fromSearch(`?${wrong}`), {}, wrong);
	for (const wrong of ['subject=a%20b', `subject=${HOSTILE}`, `object=${ID}x`, 'action=Play it',
		`action=${'a'.repeat(65)}`])
		assert.deepEqual(filters.auditFromSearch(`?${wrong}`), {}, wrong);
});

test('the portal is asked for whole days of the viewer\'s zone', () => {
	const query = new URLSearchParams(filters.toQuery({ from: '2026-01-02',
		to: '2026-01-02' }, 'next page', 7));
	assert.equal(query.get('from'), utc(2026, 0, 2));
	assert.equal(query.get('to'), utc(2026, 0, 2, 23, 59, 59));
	assert.equal(query.get('cursor'), 'next page');
	assert.equal(query.get('limit'), '7');
	assert.equal(filters.toQuery({}), 'limit=50');
	assert.match(filters.toQuery({}, null, 900), /limit=200/);
	assert.equal(filters.auditToQuery({ action: 'play', object: ID }),
		`object=${ID}&action=play&limit=50`);
});

test('the audit\'s address', () => {
	const address = `?subject=${ID}&object=${OTHER}&action=plugin%3Ajoined`
		+ '&from=2026-01-02';
	assert.equal(filters.auditToSearch(filters.auditFromSearch(address)),
		address);
	assert.equal(filters.auditFromSearch(address).action, 'plugin:joined');
});

test('filters are counted; sorting is none, a length is one', () => {
	assert.equal(filters.active({ sort: 'begun' }), 0);
	assert.equal(filters.active({ min_seconds: 1, max_seconds: 9 }), 1);
	assert.equal(filters.active({ hold: true, from: '2026-01-01',
		max_seconds: 9 }), 3);
});

test('lengths to choose from, also that of a link', () => {
	for (const [value] of filters.lengthChoices({}))
		assert.equal(filters.lengthOf(filters.lengthFilter(value)), value);
	assert.deepEqual(filters.lengthChoices({}).map(([, words]) => words), [
		'Under 5 minutes', '5 to 15 minutes', '15 to 30 minutes',
		'30 to 60 minutes', 'An hour and more']);
	const own = filters.lengthChoices({ min_seconds: 120 });
	assert.deepEqual(own.at(-1), ['120-0', '2 minutes and more']);
	assert.equal(filters.lengthOf({ min_seconds: 120 }), '120-0');
	assert.deepEqual(filters.lengthFilter(''),
		{ min_seconds: undefined, max_seconds: undefined });
});

test('a column\'s head sorts downwards, then upwards', () => {
	assert.equal(filters.turned({}, 'begun'), 'begun');
	assert.equal(filters.turned({ sort: 'begun' }, 'begun'), '-begun');
	assert.equal(filters.turned({}, 'seconds'), '-seconds');
	assert.equal(filters.turned({ sort: '-seconds' }, 'seconds'), 'seconds');
	assert.deepEqual(['begun', 'seconds'].map((column) =>
		filters.sorted({}, column)), ['descending', 'none']);
	assert.equal(filters.sorted({ sort: 'seconds' }, 'seconds'), 'ascending');
});

test('pages are put together, no row twice', () => {
	const key = (row) => row.id;
	const first = pages.add(pages.none(), [{ id: 1 }, { id: 2 }], 'c', key);
	const both = pages.add(first, [{ id: 2 }, { id: 3 }, { id: 3 }], null,
		key);
	assert.deepEqual(both.rows.map(key), [1, 2, 3]);
	assert.deepEqual(first.rows.map(key), [1, 2], 'what was is not changed');
	assert.deepEqual([first.next, both.next], ['c', null]);
	assert.equal(pages.none().known, false);
	assert.equal(pages.add(pages.none(), [], null, key).known, true);
});

test('a row is replaced or taken out where it stands', () => {
	const list = pages.add(pages.none(), [{ id: 'a' }, { id: 'b', n: 1 }],
		null, (row) => row.id);
	assert.deepEqual(pages.replace(list, { id: 'b', n: 2 }).rows,
		[{ id: 'a' }, { id: 'b', n: 2 }]);
	assert.deepEqual(pages.replace(list, { id: 'z' }).rows, list.rows);
	assert.deepEqual(pages.without(list, 'a').rows, [{ id: 'b', n: 1 }]);
});

test('people to choose from are those met, by name, each once', () => {
	const who = (row) => row.who;
	const known = pages.people(new Map([['1', 'Zoe']]), [
		{ who: { id: '2', name: 'Änne' } }, { who: null },
		{ who: { id: '1', name: 'Zoë' } }, { who: { id: '3', name: '' } }], who);
	assert.deepEqual([...known], [['2', 'Änne'], ['3', 'Without a name'],
		['1', 'Zoë']]);
});

test('how many there are', () => {
	const words = (n, next) => pages.countWords({ rows: Array(n), next,
		known: true }, 'recording');
	assert.equal(words(0, null), 'No recordings');
	assert.equal(words(1, null), '1 recording');
	assert.equal(words(2, null), '2 recordings');
	assert.equal(words(50, 'c'), '50 recordings shown, there are more');
});

test('only the last of several questions is answered', () => {
	const asked = pages.latest();
	const first = asked.begin();
	assert.equal(first(), true);
	const second = asked.begin();
	assert.deepEqual([first(), second()], [false, true]);
});

test('each state has a word and a shape of its own', () => {
	const states = filters.STATES;
	assert.deepEqual(rows.stateChoices().map(([state]) => state), states);
	for (const of of [rows.stateWords, rows.stateShape])
		assert.equal(new Set(states.map(of)).size, states.length);
	assert.equal(rows.stateWords('constructor'), 'Unknown');
	assert.equal(rows.stateShape('constructor'), 'state-lost');
	assert.match(rows.stateMeaning(recording({ state: 'incomplete',
		lost_ms: 2100 })), /could not be stored. 3 s are missing/);
	assert.match(rows.stateMeaning(recording({ reason: 'disk-full' })),
		/no room left/);
});

test('when a recording goes, and that a hold keeps it', () => {
	const on = { delete_on: utc(2026, 2, 12, 9) };
	assert.equal(rows.deleteWords(recording(), NOW), '');
	assert.equal(rows.deleteWords(recording(on), NOW, 'en-GB'),
		'To be deleted on 12 Mar 2026');
	assert.equal(rows.deleteWords(recording({ ...on, hold: true }), NOW),
		'Kept by the hold');
	assert.equal(rows.deleteWords(recording({
		delete_on: utc(2026, 0, 1) }), NOW), 'To be deleted now');
});

test('days near today have a name, others are short', () => {
	assert.equal(rows.whenWords(utc(2026, 0, 30, 9, 5), NOW, 'en-GB'),
		'Yesterday, 09:05');
	assert.match(rows.whenWords(utc(2026, 0, 10, 9, 5), NOW, 'en-GB'),
		/^Sat,? 10 Jan, 09:05$/);
	assert.match(rows.whenWords(utc(2025, 11, 6, 9, 5), NOW, 'en-GB'),
		/^Sat,? 6 Dec 2025, 09:05$/);
});

test('what is not known of a recording is said, not shown as null', () => {
	const bare = recording({ visit: null, clinician: null, patient: null,
		seconds: null, state: 'running' });
	assert.match(rows.rowWords(bare, NOW),
		/^Visit, Today, .*, Unknown with Unknown$/);
	assert.equal(rows.lengthWords(bare.seconds), 'Not ended');
	assert.equal(rows.lengthWords(3725), '1:02:05');
	const facts = new Map(rows.recordingFacts(bare, NOW));
	assert.equal(facts.get('Recording'), ID);
	assert.equal(facts.has('Visit'), false);
	assert.doesNotMatch([...facts.values()].join(), /null|undefined/);
});

test('a certificate is told by what it holds', () => {
	const facts = new Map(rows.certificateFacts({ version: 1, recording: ID,
		deleted: utc(2026, 0, 31, 9), files: 5, verified: true,
		visit: null }));
	assert.equal(facts.get('Certificate of'), ID);
	assert.equal(facts.get('Files'), '5');
	assert.equal(facts.get('Nothing remains'), 'Verified');
	assert.deepEqual(rows.certificateFacts({}), []);
});

test('a reason\'s code is read as words', () => {
	assert.equal(rows.reasonWords('second-opinion'), 'Second opinion');
	assert.equal(rows.reasonWords(''), '');
});

const auditRow = (change = {}) => ({ n: 7, time: utc(2026, 0, 31, 9, 30),
	subject: { id: ID, name: 'Op Erator' }, role: 'operator', action: 'play',
	object: OTHER, visit: null, outcome: 'ok', reason: 'complaint',
	client: 'h', data: { ranges: 2 }, ...change });

test('a row of the audit reads as a sentence', () => {
	const sentence = (row) => {
		const { what, who, rest } = rows.auditParts(row);
		return `${what} by ${who}${rest}`;
	};
	assert.equal(sentence(auditRow()),
		'Played by Op Erator, operator, reason complaint');
	assert.equal(sentence(auditRow({ reason: null,
		outcome: 'not-allowed' })), 'Played (not allowed) by Op Erator, operator');
	assert.equal(sentence(auditRow({ subject: null, role: null,
		reason: null, action: 'plugin:media-up' })),
	'Media connected by the media server');
	assert.equal(sentence(auditRow({ subject: null, role: null,
		action: 'sign-in-refused', reason: null, outcome: null })),
	'Sign-in refused by somebody unknown');
	assert.equal(sentence(auditRow({ subject: { id: ID,
		name: HOSTILE }, role: null, reason: null, action: 'some-new_deed' })),
	`Some new deed by ${HOSTILE}`);
	for (const [id, words] of [['portal', 'the portal'],
		['uid-1000', 'system user 1000'], [ID, 'somebody without a name']])
		assert.equal(rows.doer(auditRow({ subject: { id, name: null } })),
			words);
	assert.equal(rows.auditParts(auditRow()).good, true);
	assert.equal(rows.auditParts(auditRow({ outcome: 'x' })).good, false);
});

test('a row\'s details are its ids; what is absent is left out', () => {
	const facts = new Map(rows.auditFacts(auditRow()));
	assert.equal(facts.get('Row'), '7');
	assert.equal(facts.get('Person'), ID);
	assert.equal(facts.get('More'), '{"ranges":2}');
	assert.equal(facts.has('Visit'), false);
	assert.equal(rows.auditFacts(auditRow({ subject: null, data: null }))
		.some(([label]) => ['Person', 'More'].includes(label)), false);
});

test('an object is a recording only where the action is on one', () => {
	const labels = (action) => rows.auditFacts(auditRow({ action }))
		.map(([label]) => label);
	for (const action of ['play', 'watched', 'recording-held',
		'recording-deletion-begun', 'plugin:consent', 'plugin:recording'])
		assert.ok(labels(action).includes('Recording'), action);
	for (const action of ['join-granted', 'key-rotate', 'person-erased',
		'request-refused', 'plugin:joined', 'brand-new']) {
		assert.ok(labels(action).includes('Object'), action);
		assert.ok(!labels(action).includes('Recording'), action);
	}
});

/** Names in the first column of a page's table of actions. */
const documented = (page) => readFileSync(new URL(`../../docs/${page}.md`,
	import.meta.url), 'utf8').split(/^\| action \| /m).slice(1)
	.flatMap((table) => table.split('\n\n')[0].split('\n').slice(2))
	.flatMap((line) => line.split('|')[1].match(/`[a-z:-]+`/g) ?? [])
	.map((name) => name.slice(1, -1)).filter((name) => name !== 'ok'
		&& name !== 'refused' && name !== 'failed');

test('each documented action has words of its own', () => {
	const names = [...documented('audit'), ...documented('retention')];
	assert.ok(names.includes('play') && names.includes('person-erased'));
	const known = rows.actionChoices([]).map(([action]) => action);
	assert.deepEqual(names.filter((name) => !known.includes(name)), []);
	const said = known.map(rows.actionWords);
	assert.equal(new Set(said).size, said.length);
});

test('actions to choose from are those known and those met, each once', () => {
	const choices = rows.actionChoices(['play', 'brand-new']);
	const names = choices.map(([action]) => action);
	assert.equal(new Set(names).size, names.length);
	assert.ok(names.includes('brand-new') && names.includes('play'));
	assert.deepEqual(choices.map(([, words]) => words), [...choices.map(
		([, words]) => words)].sort((a, b) => a.localeCompare(b)));
	assert.equal(rows.actionWords('toString'), 'ToString');
});

test('each refusal of the review has words that do not speak of visits', () => {
	const refused = (code, words) => problemWords(new ApiError(code, 409,
		undefined, words));
	const all = ['held', 'running', 'missing', 'unreadable', 'not-found', 'busy']
		.map((code) => refused(code));
	assert.equal(new Set(all).size, all.length);
	for (const words of all)
		assert.notEqual(words, notice('failed'));
	assert.doesNotMatch(refused('not-found'), /visit/);
	assert.equal(refused('no-network'), notice('no-network'));
	assert.equal(refused('bad-request', 'The reason.'), 'The reason.');
	assert.equal(problemWords(new TypeError('x')), notice('failed'));
	assert.equal(isProblem(new ApiError('held', 409), 'held'), true);
	assert.equal(isProblem(new Error('held'), 'held'), false);
});

test('who signs in with a provider comes back to the list as it was', (t) => {
	/** @type {string[]} */
	const went = [];
	globalThis.location = /** @type {any} */ ({ search: '?hold=true',
		assign: (to) => went.push(to) });
	t.after(() => Reflect.deleteProperty(globalThis, 'location'));
	for (const place of [{ visitId: null, desk: '/review' },
		{ visitId: ID, desk: null }, { visitId: null, desk: null }])
		makeActions(/** @type {any} */ ({ state: () => place }))
			.useProvider('p');
	assert.deepEqual(went.map((to) => new URL(to, 'http://x').searchParams
		.get('next')), ['/review?hold=true', `/visit/${ID}`, '/']);
});

test('who has been signed out begins with the address again', () => {
	const session = (signed_in) => ({ type: 'session',
		session: { signed_in } });
	const sent = step(step(initial(null, '/review'), session(false)),
		{ type: 'code-sent', email: 'a@mail.example' });
	assert.equal(step(sent, session(false)).signIn.step, 'code');
	assert.deepEqual(step(step(sent, session(true)), session(false)).signIn,
		{ step: 'email', email: '' });
});

test('who is signed in sees the desk at its address, and comes back to it', () => {
	const signedIn = { type: 'session', session: { signed_in: true } };
	const out = { type: 'session', session: { signed_in: false } };
	const desk = step(initial(null, '/audit'), signedIn);
	assert.equal(desk.phase, 'desk');
	const gone = step(desk, out);
	assert.deepEqual([gone.phase, gone.desk], ['signed-out', '/audit']);
	assert.equal(step(gone, signedIn).phase, 'desk');
	const home = step(desk, { type: 'go', visitId: null, desk: null });
	assert.deepEqual([home.phase, home.desk], ['home', null]);
	assert.equal(step(home, { type: 'go', visitId: null,
		desk: '/review' }).phase, 'desk');
	assert.equal(step(gone, { type: 'go', visitId: null,
		desk: '/review' }).phase, 'signed-out');
});

/** Takes the place of something global during a test. */
function instead(t, name, value) {
	const was = globalThis[name];
	globalThis[name] = value;
	t.after(() => {
		globalThis[name] = was;
	});
}

test('a session ends after the page has said what was watched', async (t) => {
	/** @type {string[]} */
	const done = [];
	instead(t, 'fetch', async (path) => {
		done.push(path);
		return new Response(null, { status: 204 });
	});
	let said = () => {};
	const leaving = new Promise((resolve) => {
		said = () => {
			done.push('watched');
			resolve(null);
		};
	});
	const ended = makeActions(/** @type {any} */ ({ dispatch: () => {},
		leave: () => leaving, reload: async () => done.push('reload') }))
		.signOut(false);
	await new Promise(setImmediate);
	assert.deepEqual(done, []);
	said();
	assert.equal(await ended, true);
	assert.deepEqual(done, ['watched', '/auth/sign-out', 'reload']);
});

test('a page that cannot say it keeps nobody signed in', async (t) => {
	/** @type {(string | number)[]} */
	const done = [];
	instead(t, 'fetch', async (path) => {
		done.push(path);
		return new Response(null, { status: 204 });
	});
	instead(t, 'setTimeout', (work, ms) => {
		done.push(ms);
		setImmediate(work);
	});
	for (const leave of [() => new Promise(() => {}),
		() => Promise.reject(new Error('x'))]) {
		done.length = 0;
		await makeActions(/** @type {any} */ ({ dispatch: () => {}, leave,
			reload: async () => {} })).signOut(true);
		assert.deepEqual(done, [2000, '/auth/sign-out-everywhere']);
	}
});

test('a style sheet that did not come is asked for again', async (t) => {
	/** @type {EventTarget[]} */
	const links = [];
	class Link extends EventTarget {
		setAttribute() {}
		remove() {
			links.splice(links.indexOf(this), 1);
		}
	}
	instead(t, 'document', { createElement: () => new Link(),
		head: { append: (link) => links.push(link) } });
	const first = stylesheet('/css/x.css');
	assert.equal(stylesheet('/css/x.css'), first);
	links[0].dispatchEvent(new Event('error'));
	await assert.rejects(first);
	assert.deepEqual(links, []);
	const second = stylesheet('/css/x.css');
	assert.equal(links.length, 1);
	links[0].dispatchEvent(new Event('load'));
	await second;
	assert.equal(stylesheet('/css/x.css'), second);
	assert.equal(links.length, 1);
});
