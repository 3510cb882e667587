// SPDX-License-Identifier: GPL-3.0-or-later
// Outlines of sound, and asking for a few things of many.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import './english.mjs';
import { Few } from '../../web/js/review/few.js';
import * as outline from '../../web/js/review/outline.js';

const base64 = (...levels) => Buffer.from(levels).toString('base64');

test('a voice is a shape above or below the middle', () => {
	assert.equal(outline.pathOf([0, 255], 1, true), 'M0 50V50H500V0H1000V50Z');
	assert.equal(outline.pathOf([0, 255], 0.5, false),
		'M0 50V50H250V100H500V50Z');
	assert.equal(outline.pathOf([64], 1, true), 'M0 50V25H1000V50Z',
		'a quarter of the greatest looks half as loud');
	assert.equal(outline.pathOf([0, 0, 0], 1, true), '', 'silence is none');
	assert.equal(outline.pathOf([], 1, true), '');
});

test('a long one has fewer steps; what was loud stays', () => {
	assert.deepEqual(outline.coarse([1, 9, 2, 3, 4], 3), [9, 3, 4]);
	assert.deepEqual(outline.coarse([1, 2], 500), [1, 2]);
	const long = Array.from({ length: 14400 }, (_, n) => n === 7000 ? 255 : 1);
	const path = outline.pathOf(long, 1, true);
	assert.ok(path.length < 8000, `${path.length}`);
	assert.match(path, /V0H/);
});

test('what is no base64 is silence', () => {
	assert.deepEqual(outline.levelsOf('<img src=x>'), []);
	assert.deepEqual(outline.levelsOf(undefined), []);
	assert.deepEqual(outline.levelsOf(base64(0, 200)), [0, 200]);
});

test('an outline that ends before the recording covers a part of it', () => {
	const of = { step_ms: 500, lanes: {} };
	assert.equal(outline.partOf(of, [1, 2], 4000), 0.25);
	assert.equal(outline.partOf(of, [1, 2], 500), 1);
	assert.equal(outline.partOf(of, [1, 2], null), 1);
});

test('who is heard is said in words', () => {
	const nameOf = (role) => ({ clinician: 'Dr. A', patient: 'P' })[role];
	assert.equal(outline.outlineWords({ step_ms: 500, lanes: {
		clinician: base64(200, 0, 0, 0), patient: base64(0, 90, 90, 90) } },
	nameOf), 'Sound, of the time: Dr. A 25 %, P 75 %');
	assert.equal(outline.outlineWords({ step_ms: 500,
		lanes: { patient: base64(99) } }, nameOf),
	'Sound, of the time: P 100 %');
	assert.equal(outline.outlineWords({ step_ms: 500, lanes: {} }, nameOf),
		'Sound: nothing was heard');
});

/** Work that ends when it is told to. */
function held() {
	const under = new Map();
	const begun = [];
	return { begun, work: (key) => {
		begun.push(key);
		return new Promise((done, fail) => under.set(key, { done, fail }));
	}, end: async (key, error) => {
		const { done, fail } = under.get(key);
		if (error)
			fail(error);
		else
			done();
		await new Promise((later) => setImmediate(later));
	} };
}

test('a few are asked for at a time, in their order', async () => {
	const { begun, work, end } = held();
	const few = new Few(work, 2);
	for (const key of ['a', 'b', 'c', 'd', 'a', 'c'])
		few.want(key);
	assert.deepEqual(begun, ['a', 'b']);
	await end('b');
	assert.deepEqual(begun, ['a', 'b', 'c']);
	few.drop('d');
	await end('a', new Error('gone'));
	await end('c');
	assert.deepEqual(begun, ['a', 'b', 'c'],
		'what is not wanted any more is not asked for');
	few.want('b');
	assert.equal(begun.length, 4, 'what is over can be wanted again');
});

test('cleared, nothing more is asked for', async () => {
	const { begun, work, end } = held();
	const few = new Few(work, 1);
	few.want('a');
	few.want('b');
	few.clear();
	await end('a');
	assert.deepEqual(begun, ['a']);
});
