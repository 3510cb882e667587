// SPDX-License-Identifier: GPL-3.0-or-later
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initial, step } from '../../web/js/state.js';

const ID = 'AAAAAAAAAAAAAAAAAAAAAA';
const SIGNED_IN = { type: 'session', session: { signed_in: true,
	user: { id: 'u', name: 'A', email: 'a@example.org', role: 'patient' } } };
const PEER = { participant: 'p2', role: 'clinician', name: 'Dr. B',
	media: true, microphone: true, camera: false, screen: false };
const JOINED = { type: 'joined', now: 1000, seat_until: 9, peers: [] };

const run = (state, ...events) => events.reduce(step, state);
const lobby = () => run(initial(ID), SIGNED_IN);
const inCall = (...events) => run(lobby(), { type: 'join' }, JOINED, ...events);

test('an unknown event changes nothing, not even one named like a member', () => {
	const state = initial(null);
	for (const type of ['nonsense', 'toString', '__proto__', 'constructor'])
		assert.equal(step(state, { type }), state);
});

test('who is not signed in sees the sign-in, also on a visit\'s page', () => {
	for (const id of [null, ID])
		assert.equal(step(initial(id), { type: 'session',
			session: { signed_in: false } }).phase, 'signed-out');
});

test('who is signed in sees home, or the lobby of the address\'s visit', () => {
	assert.equal(step(initial(null), SIGNED_IN).phase, 'home');
	assert.equal(lobby().phase, 'lobby');
});

test('the state before is never changed', () => {
	const before = lobby();
	const copy = structuredClone(before);
	run(before, { type: 'join' }, JOINED, { type: 'chat-line',
		line: { mine: true, name: '', time: 1, text: 'x' } });
	assert.deepEqual(before, copy);
});

test('each phase is left only by the events that it hears', () => {
	const moves = [
		['lobby', 'join', 'joining'], ['joining', 'joined', 'in-call'],
		['joining', 'too-early', 'early'], ['joining', 'join-failed', 'lobby'],
		['early', 'join', 'joining'], ['early', 'stop-waiting', 'lobby'],
		['in-call', 'lost', 'lost'], ['lost', 'joined', 'in-call'],
		['lobby', 'ended', 'ended'], ['in-call', 'ended', 'ended'],
		['lost', 'ended', 'ended'], ['ended', 'join', 'joining'],
		['early', 'join-failed', 'lobby'], ['early', 'ended', 'ended'],
		['joining', 'ended', 'ended'], ['joining', 'waiting', 'waiting'],
		['lost', 'waiting', 'waiting'], ['waiting', 'waiting', 'waiting'],
		['waiting', 'joined', 'in-call'], ['waiting', 'stop-waiting', 'lobby'],
		['waiting', 'ended', 'ended'],
	];
	const types = [...new Set(moves.map(([, type]) => type))];
	const phases = ['loading', 'signed-out', 'home', 'lobby', 'early',
		'joining', 'waiting', 'in-call', 'lost', 'ended'];
	for (const phase of phases)
		for (const type of types) {
			const to = moves.find(([p, t]) => p === phase && t === type)?.[2];
			const event = { ...JOINED, type, reason: 'left', code: 'lost' };
			assert.equal(step({ ...lobby(), phase }, event).phase, to ?? phase,
				`${phase} ${type}`);
		}
});

test('who waits knows the place and the clinician\'s words, until let in', () => {
	const waiting = run(lobby(), { type: 'join' }, { type: 'waiting', place: 2,
		waiting: 3, clinician: true }, { type: 'note', text: 'Soon.', now: 7 });
	assert.deepEqual(waiting.place, { place: 2, waiting: 3, clinician: true });
	assert.deepEqual(waiting.notes, [{ time: 7, text: 'Soon.' }]);
	const ready = run(waiting, { type: 'chat-ready', ready: true }, JOINED);
	assert.equal(ready.phase, 'in-call');
	assert.deepEqual(ready.notes, []);
	assert.equal(ready.chat.ready, true);
});

test('the clinician sees since when somebody waits', () => {
	const state = inCall({ type: 'door', now: 5000, people: [
		{ participant: 'p3', name: 'P. B', waited_ms: 3000, check: null }] });
	assert.deepEqual(state.door, [{ participant: 'p3', name: 'P. B',
		since: 2000, check: null }]);
	assert.deepEqual(run(state, { type: 'door', now: 6000, people: [] }).door,
		[]);
});

test('the seat is kept through a loss and a return', () => {
	const state = inCall({ type: 'lost' }, { ...JOINED, now: 5000 });
	assert.equal(state.phase, 'in-call');
	assert.equal(state.since, 1000);
});

test('what the other sends is believed only of the other', () => {
	const here = inCall({ type: 'participant-joined', ...PEER });
	const wrong = step(here, { type: 'state', participant: 'p9', camera: true });
	assert.equal(wrong.peer.camera, false);
	const right = step(here, { type: 'state', participant: 'p2', camera: true,
		microphone: false, screen: true });
	assert.deepEqual([right.peer.camera, right.peer.microphone,
		right.peer.screen], [true, false, true]);
	assert.equal(step(here, { type: 'peer-media', participant: 'p2',
		up: false }).peer.media, false);
	for (const reason of ['lost', 'replaced'])
		assert.deepEqual(step(here, { type: 'participant-left', reason,
			participant: here.peer.participant }).peer,
		{ ...here.peer, media: false, met: true }, 'is waited for');
	assert.equal(step(here, { type: 'participant-left',
		participant: 'p9' }).peer.participant, 'p2');
	assert.equal(step(here, { type: 'participant-left',
		participant: 'p2' }).peer, null);
});

test('unread messages are counted while the drawer is closed', () => {
	const line = { mine: false, name: 'B', time: 1, text: 'x' };
	const two = inCall({ type: 'chat-line', line }, { type: 'chat-line', line },
		{ type: 'chat-line', line: { ...line, mine: true } });
	assert.equal(two.chat.unread, 2);
	const open = step(two, { type: 'chat-toggle' });
	assert.equal(open.chat.unread, 0);
	assert.equal(step(open, { type: 'chat-line', line }).chat.unread, 0);
	assert.equal(open.chat.lines.length, 3);
});

test('messages are bounded', () => {
	let state = inCall();
	for (let i = 0; i < 600; i++)
		state = step(state, { type: 'chat-line',
			line: { mine: true, name: '', time: i, text: `${i}` } });
	assert.equal(state.chat.lines.length, 500);
	assert.equal(state.chat.lines.at(-1).text, '599');
});

test('a new visit begins without the old one\'s words and people', () => {
	const state = inCall({ type: 'participant-joined', ...PEER },
		{ type: 'ended', reason: 'left', now: 61000 });
	assert.equal(state.lasted, 60000);
	const next = step(state, { type: 'go', visitId: ID });
	assert.equal(next.phase, 'lobby');
	assert.deepEqual([next.peer, next.chat.lines.length, next.reason],
		[null, 0, null]);
});

test('a device that fails in the visit is told at once, before it only beside the menus', () => {
	const failed = { type: 'captured', problems: { camera: 'busy' } };
	assert.equal(step(lobby(), failed).notice, null);
	const state = inCall(failed);
	assert.equal(state.notice, 'device:camera:busy');
	assert.equal(state.phase, 'in-call');
	assert.equal(inCall({ type: 'captured', problems: { camera: undefined } })
		.notice, null);
});
