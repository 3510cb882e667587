// SPDX-License-Identifier: GPL-3.0-or-later
// When the page calls somebody back to it, in a browser of this process.

import './english.mjs';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

const ID = 'a'.repeat(22);
const global = /** @type {any} */ (globalThis);
/** @type {string[]} */
let told = [];
let chimes = 0;
let focused = false;
/** @type {Function | null} */
let ringing = null;
const kept = new Map();
const real = { setInterval: global.setInterval,
	clearInterval: global.clearInterval };

class FakeNotification {
	static permission = 'granted';
	constructor(words) {
		told.push(words);
	}
	close() {}
}

class FakeAudio {
	constructor() {
		chimes += 1;
		throw new Error('no sound here');
	}
}

Object.assign(global, { Notification: FakeNotification,
	AudioContext: FakeAudio, window: { focus: () => {} },
	document: { hasFocus: () => focused },
	localStorage: { getItem: (key) => kept.get(key) ?? null,
		setItem: (key, value) => kept.set(key, value) } });

const { bell, isQuiet, setQuiet, waitingCount } = await import(
	'../../web/js/view/bell.js');
const { asReception } = await import('../../web/js/live.js');
const { initial } = await import('../../web/js/state.js');

const person = (more = {}) => ({ visit: ID, participant: 'p1', title: '',
	name: 'Somebody Secret', since: '2026-01-31T09:30:00Z', ...more });
const state = (people, more = {}) => ({ ...initial(null), phase: 'home',
	reception: people && asReception({ people }), ...more });

beforeEach(() => {
	told = [];
	chimes = 0;
	focused = false;
	kept.clear();
	FakeNotification.permission = 'granted';
	global.setInterval = (call) => {
		ringing = call;
		return 1;
	};
	global.clearInterval = () => {
		ringing = null;
	};
});
afterEach(() => Object.assign(global, real));

test('who comes is told by sound and notification, without a name', () => {
	const watch = bell();
	watch(state(null));
	watch(state([person()])); // the first that is known: nobody came now
	assert.equal(chimes, 0);
	watch(state([person(), person({ visit: 'b' })]));
	assert.equal(chimes, 1);
	assert.equal(told.length, 1);
	assert.doesNotMatch(told[0], /Secret/);
	watch(state([person({ participant: 'p2' }), person({ visit: 'b' })]));
	assert.equal(chimes, 1);
});

test('without leave or with the page in front there is no notification, '
	+ 'and no sound when it is off', () => {
	const watch = bell();
	watch(state([]));
	FakeNotification.permission = 'default';
	watch(state([person()]));
	FakeNotification.permission = 'granted';
	focused = true;
	watch(state([person(), person({ visit: 'b' })]));
	assert.deepEqual(told, []);
	assert.equal(chimes, 2);
	setQuiet(true);
	assert.equal(isQuiet(), true);
	watch(state([person({ visit: 'c' })]));
	assert.equal(chimes, 2);
});

test('in a visit only urgent calls ring, and there but once', () => {
	const watch = bell();
	const here = { phase: 'in-call', visitId: ID };
	watch(state([], here));
	watch(state([person({ visit: 'b' })], here));
	assert.equal(chimes, 0);
	watch(state([person({ visit: 'b' }), person({ visit: 'c',
		urgent: true })], here));
	assert.equal(chimes, 1);
	assert.equal(ringing, null);
	assert.equal(waitingCount(state([person(), person({ visit: 'b' })],
		here)), 1);
});

test('an urgent call rings until somebody has answered', () => {
	const watch = bell();
	watch(state([]));
	watch(state([person({ urgent: true })]));
	ringing?.();
	assert.equal(chimes, 2);
	watch(state([person({ urgent: true, taken_by: 'Dr. B' })]));
	assert.equal(ringing, null);
	assert.equal(waitingCount(state([person({ urgent: true,
		taken_by: 'Dr. B' })])), 0);
});

test('who waits hears of words, and of being let in when away', () => {
	const watch = bell();
	const waiting = (notes) => state(null, { phase: 'waiting', notes });
	watch(waiting([]));
	watch(waiting([{ time: 1, text: 'Soon.' }]));
	assert.equal(chimes, 1);
	assert.doesNotMatch(told[0], /Soon/);
	watch(state(null, { phase: 'in-call' }));
	assert.equal(chimes, 2);
});
