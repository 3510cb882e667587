// SPDX-License-Identifier: GPL-3.0-or-later
// A visit that is waited for or left, against a portal in this process. No
// media: the connection of the browser is one on which nothing happens.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initial, step } from '../../web/js/state.js';

const ID = 'a'.repeat(22);
/** The connections that are there and have not been closed. */
let connections = 0;

class QuietConnection {
	localDescription = { sdp: '' };
	iceGatheringState = 'complete';
	constructor() {
		connections += 1;
	}
	addTransceiver() {}
	createDataChannel() {
		return {};
	}
	getTransceivers() {
		return [0, 1, 2].map(() => ({ mid: null, receiver: { track: {} },
			sender: { replaceTrack: async () => {} } }));
	}
	async createOffer() {}
	async setLocalDescription() {}
	close() {
		connections -= 1;
	}
}

const global = /** @type {any} */ (globalThis);
global.RTCPeerConnection = QuietConnection;
global.addEventListener = global.removeEventListener = () => {};
global.navigator ??= {};
global.document ??= { addEventListener() {}, removeEventListener() {},
	visibilityState: 'visible' };
const { VisitControl } = await import('../../web/js/visit.js');

const reply = (status, code, more = {}) => () =>
	Promise.resolve(new Response(JSON.stringify({ error: { code, ...more } }),
		{ status }));
const tooEarly = () => reply(403, 'too-early',
	{ opens: new Date(Date.now() + 30000).toISOString() });
const turns = async () => {
	for (let i = 0; i < 50; i += 1)
		await Promise.resolve();
	await new Promise((done) => {
		setImmediate(done);
	});
};

/** What waits for its time; a test lets it come. @type {Map<number, Function>} */
const waiting = new Map();
let lastTimer = 0;

async function later() {
	const due = [...waiting.values()];
	waiting.clear();
	due.forEach((call) => call());
	await turns();
}

/** A visit in its lobby, and the portal's answers to each try to join it. */
function lobby(t, answers) {
	const it = { state: initial(ID), joins: 0 };
	const real = globalThis.fetch;
	globalThis.fetch = /** @type {any} */ ((path) => {
		it.joins += 1;
		return (answers.shift() ?? reply(503, 'busy'))(path);
	});
	const dispatch = (event) => {
		it.state = step(it.state, event);
	};
	dispatch({ type: 'session', session: { signed_in: true } });
	const visit = new VisitControl(ID, { dispatch, state: () => it.state,
		picture: () => {} });
	const { setTimeout, clearTimeout } = globalThis;
	global.setTimeout = (call) => {
		waiting.set(lastTimer += 1, call);
		return lastTimer;
	};
	global.clearTimeout = (timer) => waiting.delete(timer);
	t.after(() => {
		visit.close();
		Object.assign(globalThis, { setTimeout, clearTimeout, fetch: real });
	});
	return { it, visit };
}

test('who waits for the opening goes on waiting when the portal is away', async (t) => {
	const { it, visit } = lobby(t, [tooEarly(),
		() => Promise.reject(new TypeError('no network')),
		reply(429, 'too-many'), reply(403, 'ended')]);
	await visit.join('listen');
	assert.equal(it.state.phase, 'early');
	for (const joins of [2, 3]) {
		await later();
		assert.equal(it.joins, joins);
		assert.equal(it.state.phase, 'early');
	}
	await later();
	assert.deepEqual([it.state.phase, it.state.reason], ['ended', 'ended']);
});

test('a click on Join that fails is told and not repeated', async (t) => {
	const { it, visit } = lobby(t, [reply(503, 'busy')]);
	await visit.join('listen');
	assert.deepEqual([it.state.phase, it.state.notice], ['lobby', 'busy']);
	await later();
	assert.equal(it.joins, 1);
});

test('a word about the recording that does not arrive is told, not believed', async (t) => {
	const { it, visit } = lobby(t, []);
	const said = (state, more) => {
		it.state = step(it.state, { type: 'recording', recording: 'r', state,
			now: 1, ...more });
	};
	for (const event of [{ type: 'join' }, { type: 'joined', now: 1,
		seat_until: 9, peers: [], participant: 'p', record: true }])
		it.state = step(it.state, event);
	await visit.consenting.ask();
	assert.deepEqual([it.state.recording.step, it.state.recording.reason],
		['refused', 'lost']);
	said('asked', { texts: [], answer_s: 60 });
	await visit.consenting.answer('yes', 'en');
	assert.deepEqual([it.state.recording.step, it.state.notice],
		['asked', 'not-answered']);
	said('running', { voice_only: [] });
	await visit.consenting.stop();
	assert.deepEqual([it.state.recording.step, it.state.notice],
		['running', 'not-stopped']);
	await visit.consenting.answer('voice');
	assert.deepEqual([it.state.recording.step, it.state.notice],
		['running', 'not-answered']);
});

test('a patient who stops a recording withdraws, whatever the language was', async (t) => {
	const { Seat } = await import('../../web/js/seat.js');
	/** @type {any[]} */
	const asked = [];
	/** @type {string[]} */
	const refused = [];
	t.mock.method(Seat.prototype, 'ask', async (/** @type {any} */ body) => {
		asked.push(body);
		if (refused.includes(body.request))
			throw new Error('bad-request');
	});
	const { it, visit } = lobby(t, []);
	for (const event of [{ type: 'join' }, { type: 'joined', now: 1,
		seat_until: 9, peers: [], participant: 'p' },
	{ type: 'recording', recording: 'r', state: 'running', now: 1 }])
		it.state = step(it.state, event);
	const no = { request: 'consent', recording: 'r', answer: 'no',
		language: 'en' };
	const stop = { request: 'stop-recording', recording: 'r' };
	for (const [role, bad, expected] of /** @type {const} */ ([
		['patient', [], [no]], ['patient', ['consent'], [no, stop]],
		['clinician', [], [stop]]])) {
		it.state = { ...it.state, notice: null,
			visit: /** @type {any} */ ({ role }) };
		refused.splice(0, 9, ...bad);
		asked.splice(0);
		await visit.consenting.stop();
		assert.deepEqual(asked, expected);
		assert.equal(it.state.notice, null);
	}
	refused.push('consent', 'stop-recording');
	it.state = { ...it.state, visit: /** @type {any} */ ({ role: 'patient' }) };
	await visit.consenting.stop();
	assert.equal(it.state.notice, 'not-stopped');
});

test('who has gone away does not come in later', async (t) => {
	let answer = () => {};
	const { it, visit } = lobby(t, [() => new Promise((done) => {
		answer = () => done(tooEarly()());
	})]);
	const joining = visit.join('listen');
	await turns();
	visit.close();
	answer();
	await joining;
	await later();
	assert.equal(it.joins, 1);
	assert.equal(connections, 0, 'no connection is left behind');
});
