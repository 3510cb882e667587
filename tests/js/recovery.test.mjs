// SPDX-License-Identifier: GPL-3.0-or-later
// What is done about a connection in trouble, in which order; what a page
// notices of silence; what a tab remembers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forget, missed, recall, remember } from '../../web/js/comeback.js';
import { Pulse, arrivedIn } from '../../web/js/pulse.js';
import { Recovery } from '../../web/js/recovery.js';
import { initial, step } from '../../web/js/state.js';

/** Timers that run when a test says so. */
function clock(t) {
	const { setTimeout: real, clearTimeout: realClear } = globalThis;
	const due = new Map();
	let last = 0;
	const global = /** @type {any} */ (globalThis);
	global.setTimeout = (call) => {
		due.set(last += 1, call);
		return last;
	};
	global.clearTimeout = (timer) => due.delete(timer);
	t.after(() => Object.assign(globalThis,
		{ setTimeout: real, clearTimeout: realClear }));
	return { due, run: async () => {
		const calls = [...due.values()];
		due.clear();
		calls.forEach((call) => call());
		for (let i = 0; i < 20; i += 1)
			await Promise.resolve();
	} };
}

/** @param {any} t @param {() => Promise<void>} [restart] */
function recovery(t, restart = async () => {}) {
	const heard = [];
	const time = clock(t);
	const it = new Recovery({ check: () => heard.push('check'),
		rejoin: () => heard.push('rejoin'),
		restart: () => {
			heard.push('restart');
			return restart();
		} });
	return { it, heard, time };
}

test('a connection that mends itself in time is left alone', async (t) => {
	const { it, heard, time } = recovery(t);
	it.link('up');
	it.link('shaky');
	it.link('up');
	await time.run();
	assert.deepEqual(heard, ['check']);
});

test('ICE is restarted on the same session, then the seat is taken anew', async (t) => {
	const { it, heard, time } = recovery(t);
	it.link('up');
	it.link('failed');
	for (let i = 0; i < 4; i += 1)
		await time.run();
	assert.deepEqual(heard, ['check', 'restart', 'restart', 'restart',
		'rejoin']);
});

test('without a line nothing is tried; with it, at once and anew', async (t) => {
	const { it, heard, time } = recovery(t);
	it.link('up');
	it.link('failed');
	it.line('lost');
	for (let i = 0; i < 9; i += 1)
		await time.run();
	assert.deepEqual(heard, ['check']);
	it.line('open');
	await time.run();
	assert.deepEqual(heard, ['check', 'restart']);
	it.link('up');
	await time.run();
	assert.deepEqual(heard, ['check', 'restart']);
});

test('a plugin that refuses, or knows no such seat: the seat anew', async (t) => {
	for (const [code, next] of [['wrong-state', 'rejoin'],
		['janus-459', 'rejoin'], ['timeout', undefined], ['lost', undefined]]) {
		const { it, heard, time } = recovery(t, async () => {
			throw Object.assign(new Error(code), { code });
		});
		it.link('up');
		it.link('failed');
		await time.run();
		assert.deepEqual(heard.slice(2), next ? [next] : [], code);
		it.stop();
	}
});

test('a change of network looks for another way, many at once for one', async (t) => {
	const { it, heard, time } = recovery(t);
	it.suspect();
	await time.run();
	assert.deepEqual(heard, ['check'], 'before there was a connection');
	it.link('up');
	for (let i = 0; i < 5; i += 1)
		it.suspect();
	await time.run();
	await time.run();
	assert.equal(heard.filter((what) => what === 'restart').length, 1);
	assert.ok(!heard.includes('rejoin'));
});

test('what was wanted without a line is done when it is back', async (t) => {
	const { it, heard, time } = recovery(t);
	it.link('up');
	it.suspect();
	it.line('lost');
	await time.run();
	it.line('open');
	await time.run();
	assert.deepEqual(heard, ['check', 'restart']);
});

test('a connection that hears nothing is in trouble, whatever it says', async (t) => {
	const { it, heard, time } = recovery(t);
	it.link('up');
	it.deaf(true);
	it.link('up');
	await time.run();
	assert.deepEqual(heard, ['check', 'restart']);
	it.deaf(false);
	await time.run();
	assert.deepEqual(heard, ['check', 'restart']);
	assert.equal(time.due.size, 0);
});

/** A pulse, and what it said. */
function pulse({ expected = true, answered = true } = {}) {
	const said = [];
	const is = { expected, answered };
	const it = new Pulse({ stats: async () => /** @type {any} */ (new Map()),
		expected: () => is.expected, answered: () => is.answered,
		silent: (silent) => said.push(`silent ${silent}`),
		deaf: (deaf) => said.push(`deaf ${deaf}`) });
	let now = 0, media = 0, bytes = 0;
	return { said, is, look: (packets, more, times = 1) => {
		for (let i = 0; i < times; i += 1)
			it.see({ media: media += packets, bytes: bytes += more },
				now += 500);
	} };
}

test('the other\'s silence is told, and its end', () => {
	const { said, look } = pulse();
	look(25, 5000, 4);
	look(0, 1500, 4);
	assert.deepEqual(said, []);
	look(0, 1500, 2);
	assert.deepEqual(said, ['silent true']);
	look(25, 5000);
	assert.deepEqual(said, ['silent true', 'silent false']);
});

test('who hears nothing at all is deaf, and blames nobody', () => {
	const { said, look } = pulse();
	look(25, 5000, 4);
	look(0, 0, 20);
	assert.deepEqual(said, ['deaf true']);
	look(25, 5000);
	assert.deepEqual(said, ['deaf true', 'deaf false']);
});

test('silence of who sends nothing, and before anything came, is none', () => {
	const off = pulse({ expected: false, answered: false });
	off.look(25, 5000, 4);
	off.look(0, 0, 40);
	assert.deepEqual(off.said, []);
	const early = pulse();
	early.look(0, 0, 40);
	assert.deepEqual(early.said, []);
});

test('where only reports come, a pause of theirs is none yet', () => {
	const { said, look } = pulse({ expected: false });
	look(0, 90, 6);
	look(0, 0, 8);
	assert.deepEqual(said, []);
	look(0, 0, 6);
	assert.deepEqual(said, ['deaf true']);
});

test('what has arrived is counted at the transport, or else at the pairs', () => {
	const report = (...entries) => /** @type {any} */ (new Map(
		entries.map((entry, i) => [i, entry])));
	const media = { type: 'inbound-rtp', packetsReceived: 7 };
	const pair = { type: 'candidate-pair', bytesReceived: 20 };
	assert.deepEqual(arrivedIn(report(media, media, pair,
		{ type: 'transport', bytesReceived: 30 })), { media: 14, bytes: 30 });
	assert.deepEqual(arrivedIn(report(media, pair)), { media: 7, bytes: 20 });
});

test('a tab remembers its visit for a while, and no other', (t) => {
	/** @type {Map<string, string>} */
	const kept = new Map();
	const { now } = Date;
	t.after(() => {
		Date.now = now;
	});
	Object.assign(globalThis, { sessionStorage: {
		getItem: (key) => kept.get(key) ?? null,
		setItem: (key, value) => kept.set(key, value),
		removeItem: (key) => kept.delete(key) } });
	const was = { visit: 'v', microphone: true, muted: true, camera: false };
	remember(was);
	assert.deepEqual(recall('v') && { ...recall('v'), at: 0 }, { ...was, at: 0 });
	assert.equal(recall('w'), null);
	Date.now = () => now() + 11 * 60000;
	assert.equal(recall('v'), null);
	Date.now = now;
	forget();
	assert.equal(recall('v'), null);
	kept.set('rth-in-visit', '{rubbish');
	assert.equal(recall('v'), null);
});

test('a page knows by the answer to `state` whether it missed something', () => {
	const seated = [{ type: 'session', session: { signed_in: true } },
		{ type: 'join' }, { type: 'joined', now: 1, seat_until: 9,
			participant: 'p1', peers: [{ participant: 'p2', name: 'B' }] }]
		.reduce(step, initial('a'.repeat(22)));
	const ok = { rthealth: 'ok', peer: 'p2', recording: null };
	assert.equal(missed(ok, seated), false);
	assert.equal(missed({ rthealth: 'ok' }, seated), false, 'an older server');
	assert.equal(missed({ ...ok, peer: 'p3' }, seated), true);
	assert.equal(missed({ ...ok, peer: null }, seated), true);
	assert.equal(missed({ ...ok, recording: 'running' }, seated), true);
	assert.equal(missed({ ...ok, recording: 'opening' }, seated), false);
	const asked = step(seated, { type: 'recording', recording: 'r', now: 1,
		state: 'asked', texts: [], answer_s: 60 });
	assert.equal(missed({ ...ok, recording: 'asked' }, asked), false);
	assert.equal(missed(ok, asked), true);
});
