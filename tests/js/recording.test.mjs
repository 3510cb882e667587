// SPDX-License-Identifier: GPL-3.0-or-later
// What the page shows of a recording: each step by each word of the server and
// each thing that a person does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
	follow, none, recordedMs, seated, textFor, unseated,
} from '../../web/js/recording.js';
import { initial, step } from '../../web/js/state.js';

const TEXTS = [{ language: 'de', text: 'Darf' }, { language: 'en', text: 'May' },
	{ language: 'pt-BR', text: 'Pode' }];
const said = (state, more = {}) => ({ type: 'recording', recording: 'r1', state,
	now: 1000, ...more });
const ASKED = said('asked', { version: '7', answer_s: 60, texts: TEXTS,
	agreed: false });
const RUNNING = said('running', { voice_only: [], incomplete: false, lost_s: 0 });
const PAUSED = said('paused', { incomplete: false, lost_s: 0 });
const FINISHED = said('finished', { reason: 'stopped', incomplete: false,
	lost_s: 0 });
const YES = { type: 'record-answer', answer: 'yes', language: 'de' };
const run = (...events) => events.reduce(follow, none());

const STEPS = {
	off: run(), opening: run({ type: 'record-ask' }), asked: run(ASKED),
	answered: run(ASKED, YES), running: run(ASKED, YES, RUNNING),
	paused: run(ASKED, YES, RUNNING, PAUSED),
	declined: run(ASKED, said('declined')),
	refused: run({ type: 'record-ask' }, said('refused', { reason: 'busy' })),
	finished: run(ASKED, YES, RUNNING, FINISHED),
};

test('each step is reached, and named as it is', () => {
	for (const [name, recording] of Object.entries(STEPS))
		assert.equal(recording.step, name);
});

test('the server\'s word holds, whatever the page believed', () => {
	for (const [name, recording] of Object.entries(STEPS))
		for (const event of [said('declined'), RUNNING, PAUSED, FINISHED,
			said('refused', { reason: 'failed' })])
			assert.equal(follow(recording, event).step, event.state,
				`${name} ${event.state}`);
});

test('what a person does is heard only in the steps where it can be done', () => {
	const moves = [
		['off', 'record-ask', 'opening'], ['declined', 'record-ask', 'opening'],
		['refused', 'record-ask', 'opening'],
		['finished', 'record-ask', 'opening'],
		['opening', 'record-refused', 'refused'],
		['asked', 'record-answer', 'answered'],
		['answered', 'record-reconsider', 'asked'],
	];
	for (const [name, recording] of Object.entries(STEPS))
		for (const type of ['record-ask', 'record-refused', 'record-answer',
			'record-reconsider', 'record-noted']) {
			const to = moves.find(([f, t]) => f === name && t === type)?.[2];
			assert.equal(follow(recording, { ...YES, type, code: 'alone' }).step,
				to ?? name, `${name} ${type}`);
		}
});

test('an unknown word changes nothing, not even one named like a member', () => {
	for (const recording of Object.values(STEPS))
		for (const state of ['nonsense', 'toString', '__proto__', undefined])
			assert.equal(follow(recording, said(state)), recording);
});

test('nobody is asked twice for what they have answered', () => {
	assert.equal(follow(STEPS.answered, ASKED).step, 'answered');
	assert.equal(run({ ...ASKED, agreed: true }).step, 'answered');
	const thinking = follow(STEPS.answered, { type: 'record-reconsider' });
	assert.equal(follow(thinking, { ...ASKED, agreed: true }).step, 'asked');
	assert.equal(follow(STEPS.answered,
		{ ...ASKED, recording: 'r2' }).step, 'asked');
});

test('after a lost connection only the server knows what was answered', () => {
	const back = seated(STEPS.answered, false);
	assert.equal(back.step, 'off');
	assert.equal(follow(back, ASKED).step, 'asked');
	assert.equal(follow(back, { ...ASKED, agreed: true }).step, 'answered');
	assert.equal(seated(STEPS.running, false).step, 'off');
	assert.equal(seated(STEPS.refused, true).step, 'refused');
});

test('the last moment to answer, and the texts', () => {
	const { until, texts, version } = STEPS.asked;
	assert.equal(until, 61000);
	assert.deepEqual([texts, version], [TEXTS, '7']);
	assert.deepEqual(run({ ...ASKED, texts: 'x' }).texts, []);
});

test('the time counts while it runs, not while it is paused', () => {
	const twice = [{ ...PAUSED, now: 4000 }, { ...RUNNING, now: 9000 },
		{ ...RUNNING, now: 9500, voice_only: ['p1'] }]
		.reduce(follow, STEPS.running);
	assert.equal(recordedMs(STEPS.running, 3500), 2500);
	assert.equal(recordedMs(follow(STEPS.running, { ...PAUSED, now: 4000 }),
		8000), 3000);
	assert.equal(recordedMs(twice, 11000), 5000);
	assert.deepEqual(twice.voiceOnly, ['p1']);
});

test('a lost connection stops the count until one is back', () => {
	const lost = unseated(STEPS.running, 6000);
	assert.equal(recordedMs(lost, 99000), 5000);
	const back = follow(seated(lost, false), { ...RUNNING, now: 20000 });
	assert.equal(recordedMs(back, 21000), 6000);
});

test('who comes into a recording does not know how long it runs', () => {
	for (const events of [[RUNNING], [PAUSED, RUNNING]]) {
		const recording = run(...events);
		assert.equal(recording.step, 'running');
		assert.equal(recordedMs(recording, 5000), null);
	}
});

test('that something was recorded is known to the end of the visit', () => {
	for (const name of ['running', 'paused', 'finished'])
		assert.equal(STEPS[name].recorded, true, name);
	for (const name of ['off', 'asked', 'answered', 'declined', 'refused'])
		assert.equal(STEPS[name].recorded, false, name);
	const again = [{ type: 'record-ask' }, { ...ASKED, recording: 'r2' },
		said('declined', { recording: 'r2' })].reduce(follow, STEPS.finished);
	assert.deepEqual([again.step, again.recorded], ['declined', true]);
	const late = run(said('finished', { reason: 'left' }));
	assert.equal(late.recorded, false, 'of which this page saw nothing');
});

test('seconds that are lost are told again only when that is new', () => {
	const lossy = follow(STEPS.running, { ...RUNNING, incomplete: true,
		lost_s: 2 });
	const read = follow(lossy, { type: 'record-noted' });
	const more = follow(read, { ...RUNNING, incomplete: true, lost_s: 5 });
	assert.deepEqual([lossy.noted, read.noted, more.noted, more.lostS],
		[false, true, true, 5]);
	assert.equal(follow(more, FINISHED).noted, false);
});

test('the text is in the person\'s language, or English, or the first', () => {
	const pick = (...languages) => textFor(TEXTS, languages)?.language;
	assert.equal(pick('de-AT', 'en'), 'de');
	assert.equal(pick('PT-br'), 'pt-BR');
	assert.equal(pick('pt'), 'pt-BR');
	assert.equal(pick('fr', 'en-US'), 'en');
	assert.equal(pick('fr'), 'en');
	assert.equal(textFor([TEXTS[0]], ['fr']), TEXTS[0]);
	assert.equal(textFor([], ['fr']), null);
});

const ID = 'A'.repeat(22);
const JOINED = { type: 'joined', now: 1000, seat_until: 9, peers: [],
	participant: 'p1', record: true };
const call = (...events) => [{ type: 'session', session: { signed_in: true } },
	{ type: 'join' }, JOINED, ...events].reduce(step, initial(ID));

test('in the page: who may ask is told with the seat', () => {
	assert.deepEqual([call().recording.may, call().self], [true, 'p1']);
	assert.equal(call({ type: 'lost', now: 2000 },
		{ ...JOINED, record: false }).recording.may, false);
});

test('in the page: nothing of a recording is heard before and after', () => {
	const lobby = step(initial(ID), { type: 'session',
		session: { signed_in: true } });
	assert.equal(step(lobby, RUNNING), lobby);
	const ended = call(RUNNING, { type: 'ended', reason: 'ended', now: 5 });
	assert.equal(ended.recording.recorded, true);
	assert.equal(step(ended, ASKED), ended);
});

test('in the page: going back in forgets the steps, not that it was', () => {
	const ended = call(RUNNING, { type: 'ended', reason: 'left', now: 5 });
	for (const event of [{ type: 'join' }, { type: 'go', visitId: ID }]) {
		const { recording } = step(ended, event);
		assert.deepEqual([recording.step, recording.recorded], ['off', true]);
	}
	assert.equal(step(ended, { type: 'go', visitId: null })
		.recording.recorded, false);
});

test('in the page: a connection that comes back finds it running or not', () => {
	const back = call(ASKED, YES, RUNNING, { type: 'lost', now: 3000 }, JOINED);
	assert.equal(back.recording.step, 'off');
	assert.equal(step(back, RUNNING).recording.step, 'running');
});
