// SPDX-License-Identifier: GPL-3.0-or-later
// Recorded visits through the real pages: nothing is stored without consent,
// and what is stored plays.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Clinic } from './lib/clinic.mjs';
import { isSilence, packetsOf, probe } from './lib/lanes.mjs';
import { inside } from './lib/netns.mjs';
import { Player } from './lib/player.mjs';
import { stopAll, until } from './lib/procs.mjs';
import {
	assertPlays, endVisit, inVisit, record, stored,
} from './lib/recorded.mjs';
import { filesOf } from './lib/recorder.mjs';
import { Watch } from './lib/store.mjs';

await inside();

/** @type {[string, string]} */
const CHROMIUM = ['chromium', 'chromium'];
const STORED_MS = 60000;
const ANSWER_S = 10; // the shortest that there is
const WITHDRAWN_MS = 1000;
const LONG_ENOUGH_MS = 1500;
/** @type {Clinic} */
let clinic;
/** @type {Player} */
let player;

before(async () => {
	clinic = await Clinic.open({ recorder: true,
		recording: `answer_s = ${ANSWER_S};` });
	player = await Player.open(await (await clinic.browser('chromium')).page());
});
after(async () => {
	await clinic?.close();
	await stopAll();
});

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** When the last packet of that kind was taken, in ms since 1970. */
async function lastPacket(exported, lanes, kind) {
	const ends = await Promise.all(lanes.map(async (path) =>
		(await packetsOf(path)).filter((packet) => !kind || packet.kind === kind)
			.map((packet) => exported.begins(path) + packet.s * 1000)));

	return Math.max(...ends.flat());
}

/** Nothing at all happened to the store, and nobody holds a file of it open. */
function assertUntouched(watch, bytes) {
	assert.deepEqual(watch.events, []);
	assert.equal(clinic.store.bytes, bytes);
	assert.deepEqual(clinic.recorder.openFiles, []);
	for (const pid of clinic.recorder.children) {
		// Its own folder is open, to make one in it when all have agreed.
		for (const path of filesOf(pid).values())
			assert.ok(path === clinic.recorder.folder ||
				/^(socket|pipe|anon_inode):|^\/dev\/null$/.test(path), path);
	}
}

async function untouched(act) {
	const watch = new Watch(clinic.store.folder);
	const bytes = clinic.store.bytes;

	try {
		await act(() => assertUntouched(watch, bytes));
		await pause(LONG_ENOUGH_MS);
		assertUntouched(watch, bytes);
	} finally {
		watch.close();
	}
}

describe('nothing is stored without consent', () => {
	test('not before the last yes', () => inVisit(clinic, CHROMIUM,
		async (visit) => {
			const { clinician, patient, both } = visit;
			const known = clinic.store.ids;

			await untouched(async (check) => {
				await clinician.askToRecord();
				await Promise.all(both.map((each) => each.recording('asked')));
				check();
				await clinician.answer('yes');
				check();
				await clinician.write('Nobody may store this.');
				await patient.reads('Nobody may store this.');
			});
			await patient.answer('yes');
			await Promise.all(both.map((each) => each.recording('running')));
			await until(() => clinic.recorder.openFiles.length > 0, STORED_MS,
				'the recorder writes');
			await endVisit(visit);
			const exported = await stored(clinic, known);

			assert.deepEqual(exported.chat, []);
			await assertPlays(clinic, player, exported);
		}));

	test('not after a no', () => inVisit(clinic, CHROMIUM,
		({ clinician, patient, both }) => untouched(async () => {
			await clinician.askToRecord();
			await clinician.answer('yes');
			await patient.answer('no');
			await Promise.all(both.map((each) => each.recording('declined')));
			for (const each of both)
				await each.seesAndHears();
		})));

	test('not after the clinician thought better of it', () => inVisit(
		clinic, CHROMIUM, ({ clinician, patient, both }) => untouched(
			async () => {
				await clinician.askToRecord();
				await patient.answer('yes');
				await clinician.answer('no');
				await Promise.all(both.map((each) =>
					each.recording('declined')));
			})));

	test('not without an answer in time', () => inVisit(clinic, CHROMIUM,
		({ clinician, both }) => untouched(async () => {
			await clinician.askToRecord();
			await clinician.answer('yes');
			await Promise.all(both.map((each) => each.recording('declined',
				2000 * ANSWER_S)));
			await clinician.page.sees('Not recorded.');
		})));

	test('not later than a second after a withdrawal', () => inVisit(
		clinic, CHROMIUM, async (visit) => {
			const { patient, both } = visit;
			const known = clinic.store.ids;

			await record(visit);
			await pause(LONG_ENOUGH_MS);
			const withdrawn = Date.now();

			await patient.stopRecording();
			await Promise.all(both.map((each) => each.recording('finished')));
			const exported = await stored(clinic, known);
			const { finished } = exported.manifests.at(-1);

			assert.equal(finished.reason, 'withdrawn');
			assert.equal(finished.by.role, 'patient');
			const watch = new Watch(clinic.store.folder);
			const { bytes } = clinic.store;

			for (const each of both)
				await each.seesAndHears();
			await pause(LONG_ENOUGH_MS);
			assertUntouched(watch, bytes);
			watch.close();
			const last = await lastPacket(exported, exported.lanes);

			assert.ok(last < withdrawn + WITHDRAWN_MS,
				`${last - withdrawn} ms after the withdrawal`);
			await assertPlays(clinic, player, exported);
		}));
});

describe('voice only', () => {
	test('is no picture of that person, nor a screen', () => inVisit(
		clinic, CHROMIUM, async (visit) => {
			const { clinician, patient } = visit;
			const known = clinic.store.ids;

			await record(visit, 'voice');
			await patient.page.click('Share your screen');
			await clinician.flows((now, then) =>
				now.byMid.in2 > (then.byMid.in2 ?? 0) + 20, 'the screen');
			await endVisit(visit);
			const exported = await stored(clinic, known);

			assert.deepEqual(exported.lane('patient-screen'), []);
			assert.equal(exported.lane('patient').length, 1);
			for (const path of exported.lane('patient'))
				assert.deepEqual((await probe(path)).streams.map((each) =>
					each.codec_name), ['opus']);
			assert.ok((await Promise.all(exported.lane('clinician').map(probe)))
				.some(({ streams }) => streams.length === 2), 'a picture');
			await assertPlays(clinic, player, exported);
		}));

	test('in the middle takes the pictures out', () => inVisit(
		clinic, CHROMIUM, async (visit) => {
			const known = clinic.store.ids;

			await record(visit);
			await pause(LONG_ENOUGH_MS);
			const changed = Date.now();

			await visit.patient.voiceOnlyFromNow();
			await pause(2 * LONG_ENOUGH_MS);
			await endVisit(visit);
			const exported = await stored(clinic, known);
			const theirs = exported.lane('patient');
			const picture = await lastPacket(exported, theirs, 'video');
			const voice = await lastPacket(exported, theirs, 'audio');

			assert.ok(picture < changed + WITHDRAWN_MS,
				`a picture ${picture - changed} ms after`);
			assert.ok(voice > changed + LONG_ENOUGH_MS,
				`no voice after ${voice - changed} ms`);
			await assertPlays(clinic, player, exported);
		}));
});

describe('who records what', () => {
	for (const kinds of /** @type {[string, string][]} */ ([
		['chromium', 'chromium'], ['chromium', 'firefox'],
		['firefox', 'chromium']])) {
		test(`a clinician in ${kinds[0]}, a patient in ${kinds[1]}`, () =>
			inVisit(clinic, kinds, async (visit) => {
				const { clinician, patient } = visit;
				const known = clinic.store.ids;

				await record(visit);
				await clinician.write('What was said here.');
				await patient.reads('What was said here.');
				await patient.page.click('Share your screen');
				await clinician.flows((now, then) =>
					now.byMid.in2 > (then.byMid.in2 ?? 0) + 20, 'the screen');
				await endVisit(visit);
				const exported = await stored(clinic, known);

				assert.equal(exported.manifests.length, 1);
				assert.deepEqual(exported.chat.map((line) =>
					[line.role, line.text]),
				[['clinician', 'What was said here.']]);
				for (const lane of ['clinician', 'patient', 'patient-screen'])
					assert.ok(exported.lane(lane).length, lane);
				await assertPlays(clinic, player, exported);
			}));
	}

	test('a reload pauses it, and the same person resumes it', () => inVisit(
		clinic, CHROMIUM, async (visit) => {
			const { clinician, patient, both } = visit;
			const known = clinic.store.ids;

			await record(visit);
			await patient.page.goto('about:blank');
			await clinician.recording('paused');
			const away = Date.now();

			await pause(LONG_ENOUGH_MS);
			const back = Date.now();

			await patient.page.goto(`${patient.url}/visit/${visit.visit}`);
			await patient.phase('in-call');
			await Promise.all(both.map((each) => each.recording('running')));
			await clinician.seesAndHears();
			await endVisit(visit);
			const exported = await stored(clinic, known);
			const [path] = exported.lane('clinician');
			const start = exported.begins(path);
			const times = (await packetsOf(path)).filter((packet) =>
				!isSilence(packet)).map((packet) => start + packet.s * 1000);

			assert.deepEqual(times.filter((at) => at > away && at < back), [],
				'somebody was recorded while the other one was away');
			assert.ok(times.some((at) => at > back), 'nothing after the pause');
			await assertPlays(clinic, player, exported);
		}));
});
