// SPDX-License-Identifier: GPL-3.0-or-later
// What is made of the live stream, of a stream that ends, and of doors.

import './english.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';

const ID = 'a'.repeat(22);
const OTHER = 'b'.repeat(22);
const person = (more = {}) => ({ visit: ID, participant: 'p1', title: 'T',
	name: 'P. B', since: '2026-01-31T09:30:00Z', door: null, urgent: false,
	taken_by: null, check: null, place: 1, ...more });

const global = /** @type {any} */ (globalThis);
/** @type {Record<string, Function>} */
const windowHears = {};
global.addEventListener = (type, listener) => {
	windowHears[type] = listener;
};

/** @type {FakeSource[]} */
const sources = [];

class FakeSource {
	hears = {};
	closed = false;
	constructor(url) {
		this.url = url;
		sources.push(this);
	}
	addEventListener(type, listener) {
		this.hears[type] = listener;
	}
	close() {
		this.closed = true;
	}
}
global.EventSource = FakeSource;

const live = await import('../../web/js/live.js');
const { initial, step } = await import('../../web/js/state.js');
const { denial, doorRefusal } = await import('../../web/js/doorwords.js');
const { doorNameOf } = await import('../../web/js/view/doorcard.js');

const waiting = (...people) => live.asReception({ people }).people;

test('only what is expected of a person is taken from the stream', () => {
	assert.deepEqual(live.asReception({ people: [person({ name: null,
		evil: 1 })], door: null, on_call: 'yes' }), { door: null,
		onCall: false, people: [{ visit: ID, participant: 'p1', title: 'T',
			name: '', email: '', since: Date.parse('2026-01-31T09:30:00Z'), door: null,
			urgent: false, takenBy: null, check: null, place: 1 }] });
	assert.deepEqual(live.asReception({}).people, []);
	assert.deepEqual(live.asQueue({ visits: [{ visit: ID, place: 2, of: 3,
		urgent: true, taken_by: 'Dr. A', clinician_here: true }] }), [{
		visit: ID, place: 2, of: 3, door: null, urgent: true,
		takenBy: 'Dr. A', here: true }]);
});

test('the address of who waits is a word or nothing', () => {
	const [one, two] = waiting(person({ email: 'p@people.example' }),
		person({ email: { evil: 1 } }));
	assert.equal(one.email, 'p@people.example');
	assert.equal(two.email, '');
});

test('who loads the page again has not come anew, nor who is answered', () => {
	const before = waiting(person());
	assert.deepEqual(live.arrived(before, waiting(person(
		{ participant: 'p2' }))), []);
	const [come] = live.arrived(before, waiting(person(),
		person({ visit: OTHER })));
	assert.equal(come.visit, OTHER);
	assert.deepEqual(live.arrived([], waiting(person({ urgent: true,
		taken_by: 'Dr. A' }))), []);
});

test('a stream is for clinicians always, for patients until they are in', () => {
	const of = (role, phase) => live.wantsLive({ ...initial(null), phase,
		session: { signed_in: true, user: { role } } });
	assert.equal(of('clinician', 'in-call'), true);
	assert.equal(of('patient', 'waiting'), true);
	assert.equal(of('patient', 'in-call'), false);
	assert.equal(of('operator', 'home'), false);
	assert.equal(live.wantsLive(initial(null)), false);
});

test('who is let in at once is who was meant, or who waits there alone', () => {
	const state = (door, more = {}) => ({ ...initial(ID), phase: 'in-call',
		visit: { role: 'clinician' }, seeing: { visit: ID,
			participant: 'p1' }, door: door.map((participant) =>
			({ participant, name: '', since: 0, check: null })), ...more });
	assert.equal(live.toAdmit(state(['p2', 'p1'])), 'p1');
	assert.equal(live.toAdmit(state(['p2'])), 'p2');
	assert.equal(live.toAdmit(state(['p2', 'p3'])), null);
	assert.equal(live.toAdmit(state([])), null);
	assert.equal(live.toAdmit(state(['p1'], { seeing: null })), null);
	assert.equal(live.toAdmit(state(['p1'], { phase: 'lost' })), null);
	assert.equal(live.toAdmit(state(['p1'], { visitId: OTHER })), null);
	assert.equal(live.toAdmit(state(['p1'], { visit: { role: 'patient' } })),
		null);
});

test('the wish to see somebody does not outlive the visit it is for', () => {
	const see = { type: 'see', visit: ID, participant: 'p1' };
	const state = step(initial(null), see);
	assert.equal(step(state, { type: 'go', visitId: ID }).seeing?.visit, ID);
	assert.equal(step(state, { type: 'go', visitId: OTHER }).seeing, null);
	assert.equal(step({ ...state, phase: 'in-call' }, { type: 'ended',
		reason: 'left' }).seeing, null);
	assert.equal(step({ ...state, phase: 'joining' }, { type: 'join-failed',
		code: 'lost' }).seeing, null);
});

test('nothing of others is known after signing out', () => {
	const state = [{ type: 'session', session: { signed_in: true } },
		{ type: 'live-door', reception: live.asReception({
			people: [person()] }) },
		{ type: 'session', session: { signed_in: false } }]
		.reduce(step, initial(null));
	assert.equal(state.reception, null);
	assert.deepEqual(state.queue, []);
});

test('a stream that ends is asked for again, unless nobody is signed in',
	async (t) => {
		const heard = [];
		let signedIn = true;
		let gone = 0;
		let due = () => {};
		t.mock.method(global, 'fetch', async () => new Response(
			JSON.stringify({ signed_in: signedIn })));
		t.mock.method(global, 'setTimeout', (call) => {
			due = call;
			return 0;
		});
		const stream = new live.Live({ dispatch: (event) => heard.push(event),
			signedOut: () => {
				gone += 1;
			} });
		stream.want(true);
		stream.want(true);
		assert.equal(sources.length, 1);
		sources[0].hears.door({ data: JSON.stringify({ people: [] }) });
		sources[0].hears.door({ data: 'no JSON' });
		assert.deepEqual(heard.map(({ type }) => type), ['live-door']);
		sources[0].onerror();
		assert.equal(heard[1].type, 'live-down');
		assert.equal(sources[0].closed, true);
		await due();
		await new Promise(setImmediate);
		assert.equal(sources.length, 2);
		signedIn = false;
		sources[1].onerror();
		await due();
		await new Promise(setImmediate);
		assert.equal(sources.length, 2);
		assert.equal(gone, 1);
	});

test('one of many windows is quiet until it is looked at', () => {
	const stream = new live.Live({ dispatch: () => {}, signedOut: () => {} });
	stream.want(true);
	const before = sources.length;
	sources.at(-1)?.hears.replaced();
	assert.equal(sources.at(-1)?.closed, true);
	windowHears.focus();
	assert.equal(sources.length, before + 1);
	windowHears.focus();
	assert.equal(sources.length, before + 1);
	stream.want(false);
	assert.equal(sources.at(-1)?.closed, true);
	windowHears.online();
	assert.equal(sources.length, before + 1);
});

test('there are words for each reason and each refusal', () => {
	const reasons = ['not-now', 'wrong-time', 'wrong-visit', 'not-known',
		'other'].map((reason) => denial(`denied-${reason}`));
	assert.equal(new Set(reasons.map((each) => each?.title)).size, 5);
	for (const each of reasons)
		assert.doesNotMatch(`${each?.title} ${each?.text}`, /door\./);
	assert.equal(denial('denied-nonsense')?.title, reasons[4]?.title);
	assert.equal(denial('left'), null);
	const refusal = (code, detail = {}) => doorRefusal(/** @type {any} */ (
		{ code, detail }));
	assert.match(refusal('taken', { by: 'Dr. A' }), /Dr\. A has already/);
	assert.match(refusal('taken'), /address already/);
	for (const code of ['closed', 'own', 'nobody-on-call', 'not-waiting'])
		assert.ok(refusal(code).length > 10, code);
	assert.equal(refusal('server'), '');
});

test('a door\'s address is made of its clinician\'s name', () => {
	assert.equal(doorNameOf('Dr. Zoë Ångström-Lee'), 'dr-zoe-angstrom-lee');
	assert.equal(doorNameOf('สมชาย'), '');
	assert.ok(doorNameOf('x'.repeat(80)).length <= 40);
});
