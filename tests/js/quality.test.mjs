// SPDX-License-Identifier: GPL-3.0-or-later
// What became of a visit, and how good its connections were, in words and
// steps.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import './english.mjs';
import * as quality from '../../web/js/quality.js';
import * as time from '../../web/js/time.js';
import { happenedWords } from '../../web/js/words.js';

const point = (s, change = {}) => ({ s, loss_permille: 0, round_trip_ms: 40,
	received_kbps: 900, sent_kbps: 1100, limited: false, ...change });
const utc = (...local) => new Date(...local).toISOString();

test('what became of a visit', () => {
	const happened = { first: utc(2026, 0, 31, 14, 2),
		last: utc(2026, 0, 31, 14, 31), seconds: 1620 };
	const visit = { status: 'scheduled', happened, recorded: true };
	assert.match(happenedWords(visit, true),
		/2.*31.*, 27 minutes together, recorded$/);
	assert.match(happenedWords({ ...visit, recorded: false }, false),
		/together, not recorded$/);
	assert.equal(happenedWords({ ...visit, happened: null }, true),
		'Took place, recorded');
	const none = { status: 'scheduled', happened: null, recorded: false };
	assert.equal(happenedWords(none, true), 'Did not take place');
	assert.equal(happenedWords(none, false), '');
	assert.equal(happenedWords({ ...none, status: 'cancelled' }, true),
		'Cancelled');
	assert.equal(happenedWords({ status: 'scheduled' }, false), '',
		'a portal that does not tell');
});

test('how long something lasted', () => {
	for (const [seconds, words] of [[0, '0 seconds'], [1, '1 second'],
		[59.9, '59 seconds'], [60, '1 minute'], [1620, '27 minutes'],
		[3600, '1 hour'], [3900, '1 hour 5 minutes'],
		[7260, '2 hours 1 minute']])
		assert.equal(time.lasting(seconds), words);
	assert.match(time.range(utc(2026, 0, 31, 14, 2), utc(2026, 0, 31, 14, 31),
		'de'), /^14:02\s?–\s?14:31/);
});

test('a line is as good as the worst that is known of it', () => {
	for (const [change, grade] of [[{}, 'good'],
		[{ loss_permille: null, round_trip_ms: null, limited: null }, 'good'],
		[{ loss_permille: 29 }, 'good'], [{ loss_permille: 30 }, 'fair'],
		[{ round_trip_ms: 250 }, 'fair'], [{ limited: true }, 'fair'],
		[{ loss_permille: 100 }, 'poor'], [{ round_trip_ms: 500 }, 'poor']])
		assert.equal(quality.gradeOf(point(0, change)), grade,
			JSON.stringify(change));
});

test('times of the same grade are one, gaps stay gaps', () => {
	const spans = quality.spansOf([point(0), point(10, { loss_permille: 12 }),
		point(20, { loss_permille: 150, received_kbps: null }), point(60),
		point(70)], 10);
	assert.deepEqual(spans.map(({ from, to, grade }) => [from, to, grade]),
		[[0, 20, 'good'], [20, 30, 'poor'], [60, 80, 'good']]);
	assert.deepEqual(spans[0], { from: 0, to: 20, grade: 'good', loss: 1.2,
		delay: 40, kbps: 900, limited: false });
	assert.equal(spans[1].kbps, null);
	assert.deepEqual(quality.spansOf([], 10), []);
	const early = quality.spansOf([point(0),
		point(15, { limited: true })], 20);
	assert.deepEqual(early.map(({ from, to }) => [from, to]),
		[[0, 15], [15, 35]], 'they do not overlap');
});

test('a line in a sentence', () => {
	const of = (...points) => quality.lineWords('Pat',
		quality.spansOf(points, 10));
	assert.equal(of(), 'Pat: nothing is known.');
	assert.equal(of(point(0), point(10)), 'Pat: good all the time.');
	assert.equal(of(point(0), point(10, { loss_permille: 149,
		round_trip_ms: 548 })),
	'Pat: good for 10 seconds, poor for 10 seconds; at worst 15 % lost, 548 ms delay.');
	assert.equal(of(point(0, { limited: true, loss_permille: null,
		round_trip_ms: null })), 'Pat: fair for 10 seconds.');
});

test('figures that are not known are no zeros', () => {
	for (const words of [quality.lossWords, quality.delayWords,
		quality.rateWords])
		assert.equal(words(null), '–');
	assert.equal(quality.lossWords(1.2), '1 %');
	assert.equal(quality.rateWords(0), '0 kbit/s');
});

test('the chart is as long as the longer of both, its times are few', () => {
	assert.equal(quality.lengthOf({ from: null, step_s: 10, seats: [
		{ role: 'clinician', points: [] },
		{ role: 'patient', points: [point(0), point(90)] }] }), 100);
	assert.equal(quality.lengthOf({ from: null, step_s: 10, seats: [] }), 10);
	assert.deepEqual(quality.marksOf(100), [0, 30, 60, 90]);
	for (const length of [1, 59, 600, 1800, 14400, 86400])
		assert.ok(quality.marksOf(length).length <= 13, `${length}`);
});
