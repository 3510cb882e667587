// SPDX-License-Identifier: GPL-3.0-or-later
// When a microphone is silent and a camera black, with an AudioContext and a
// gauge of our own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hearing, Judge, LIGHT_FLOOR, SHUT, SOUND_FLOOR }
	from '../../web/js/hearing.js';

globalThis.navigator ??= /** @type {any} */ ({});

/** @param {Judge} judge @param {(number | null)[]} readings */
const told = (judge, readings) => readings.map((reading) =>
	judge.take(reading) ? judge.verdict : '.').join(' ');

test('something is well at once, nothing only after a while', () => {
	assert.equal(told(new Judge(1, 3, 5), [2]), 'ok');
	assert.equal(told(new Judge(1, 3, 5), [0, 1, 0]), '. . bad');
	assert.equal(told(new Judge(1, 3, 5), [0, 0, 9, 0]), '. . ok .');
});

test('who was heard before may pause for longer', () => {
	assert.equal(told(new Judge(1, 3, 5), [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0]),
		'ok . . . . . . . . . bad .');
	assert.equal(told(new Judge(1, 2, 4), [0, 0, 5, 0, 0, 0, 0]),
		'. bad ok . . . bad');
});

test('what cannot be told now counts for nothing', () => {
	assert.equal(told(new Judge(1, 3, 5), [0, 0, null, null, null, 0]),
		'. . . . . bad');
	assert.equal(new Judge(1, 3, 5).verdict, null);
});

test('what is held shut needs no long look', () => {
	assert.equal(told(new Judge(1, 8, 40), [SHUT, SHUT, SHUT]), '. . bad');
	assert.equal(told(new Judge(1, 8, 6), [2, SHUT, 2, SHUT, SHUT]),
		'ok . . . bad');
});

/** An AudioContext whose microphone gives `loud`, and what is left open. */
function sound(t) {
	const it = { loud: 0, state: 'running', open: 0 };
	const node = () => ({ connect: (to) => to, disconnect: () => {} });
	const old = globalThis.AudioContext;
	globalThis.AudioContext = /** @type {any} */ (class {
		constructor() {
			it.open += 1;
		}
		get state() {
			return it.state;
		}
		createMediaStreamSource() {
			return node();
		}
		createAnalyser() {
			return { ...node(), getFloatTimeDomainData: (samples) =>
				samples.fill(0).fill(-it.loud, 7, 8) };
		}
		async close() {
			it.open -= 1;
		}
		async resume() {
			it.state = 'running';
		}
	});
	globalThis.MediaStream ??= /** @type {any} */ (class {});
	const pending = [];
	const { setInterval, clearInterval } = globalThis;
	globalThis.setInterval = /** @type {any} */ ((call) =>
		pending.push(call) - 1);
	globalThis.clearInterval = /** @type {any} */ ((id) => {
		pending[id] = null;
	});
	t.after(() => {
		Object.assign(globalThis, { setInterval, clearInterval });
		globalThis.AudioContext = old;
	});
	/** So many readings of everything that is watched. */
	it.pass = (times) => {
		for (let i = 0; i < times; i += 1)
			pending.forEach((call) => call?.());
	};
	it.watched = () => pending.filter(Boolean).length;
	return it;
}

const track = (more) => /** @type {any} */ ({ enabled: true, muted: false,
	readyState: 'live', ...more });

/** A Hearing, and what it told. */
function hearing() {
	const it = { said: [], light: 255 };
	it.hearing = new Hearing({
		microphone: (verdict) => it.said.push(`microphone ${verdict}`),
		camera: (verdict) => it.said.push(`camera ${verdict}`),
		light: () => ({ read: () => it.light, stop: () => {} }),
	});
	return it;
}

test('a microphone without sound, until there is some', (t) => {
	const it = sound(t);
	const h = hearing();
	h.hearing.watch('microphone', track());
	it.loud = SOUND_FLOOR / 2;
	it.pass(30);
	it.loud = SOUND_FLOOR * 2;
	it.pass(30);
	assert.deepEqual(h.said, ['microphone bad', 'microphone ok']);
	h.hearing.close();
	assert.equal(it.watched(), 0);
	assert.equal(it.open, 0);
});

test('who has switched it off is told nothing', (t) => {
	const it = sound(t);
	const h = hearing();
	const microphone = track({ enabled: false });
	h.hearing.watch('microphone', microphone);
	it.pass(100);
	assert.deepEqual(h.said, []);
	microphone.enabled = true;
	microphone.muted = true;
	it.loud = 1;
	it.pass(100);
	assert.deepEqual(h.said, ['microphone bad'], 'the system has muted it');
});

test('without sound work nothing is claimed', (t) => {
	const it = sound(t);
	const h = hearing();
	it.state = 'suspended';
	h.hearing.watch('microphone', track());
	it.pass(100);
	globalThis.AudioContext = /** @type {any} */ (class {
		constructor() {
			throw new Error('no more of them');
		}
	});
	h.hearing.watch('microphone', track());
	it.pass(100);
	assert.deepEqual(h.said, []);
});

test('a black picture, another camera, and none', (t) => {
	const it = sound(t);
	const h = hearing();
	h.light = LIGHT_FLOOR;
	h.hearing.watch('camera', track());
	it.pass(10);
	h.hearing.watch('camera', track());
	h.light = LIGHT_FLOOR + 1;
	it.pass(1);
	h.hearing.watch('camera', null);
	it.pass(10);
	assert.deepEqual(h.said, ['camera bad', 'camera null', 'camera ok',
		'camera null']);
	h.hearing.close();
	assert.equal(it.watched(), 0);
});
