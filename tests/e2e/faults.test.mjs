// SPDX-License-Identifier: GPL-3.0-or-later
// Recorded visits when the recorder is killed, stalls, is away or has no room;
// and each codec.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Clinic } from './lib/clinic.mjs';
import { packetsOf, probe } from './lib/lanes.mjs';
import { inside } from './lib/netns.mjs';
import { Player } from './lib/player.mjs';
import { stopAll, until } from './lib/procs.mjs';
import {
	assertPlays, endVisit, inVisit, record, stored,
} from './lib/recorded.mjs';

await inside();
after(stopAll);

/** @type {[string, string]} */
const CHROMIUM = ['chromium', 'chromium'];
const LOST_S = 2;
const SMALLEST_RING = 1 << 20;

/** Runs `act` with a clinic of its own. */
async function inClinic(options, act) {
	const clinic = await Clinic.open(options);

	try {
		const browser = await clinic.browser('chromium');
		const player = await Player.open(await browser.page());

		await act(clinic, player);
		await player.close();
	} finally {
		await clinic.close();
	}
}

/** A disk of so many MB, as long as this test's namespace lives. */
function smallDisk(mb) {
	const folder = mkdtempSync(join(tmpdir(), 'rth-disk-'));

	execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mb}m,mode=700`, 'none',
		folder]);
	return folder;
}

/** Pictures and voices go on for these. */
const goesOn = async (both) => {
	for (const person of both)
		await person.seesAndHears();
};

describe('each codec', () => {
	for (const [codec, container] of [['h264', 'mp4'], ['vp9', 'webm'],
		['av1', 'webm']]) {
		test(`${codec} in ${container}`, () => inClinic({ recorder: true,
			more: `media = { video_codecs = [ "${codec}" ]; };` },
		(clinic, player) => inVisit(clinic, CHROMIUM, async (visit) => {
			await record(visit);
			await goesOn(visit.both);
			await endVisit(visit);
			const exported = await stored(clinic, []);

			for (const name of ['clinician', 'patient']) {
				const path = exported.lane(name).at(-1) ?? '';

				assert.ok(path.endsWith(`.${container}`), path);
				assert.deepEqual((await probe(path)).streams.map((each) =>
					each.codec_name).sort(), [codec, 'opus'].sort());
			}
			await assertPlays(clinic, player, exported);
		})));
	}
});

describe('the recorder is killed', () => {
	for (const who of ['child', 'both']) {
		test(`${who}: a new part, and the visit goes on`, () => inClinic(
			{ recorder: true }, (clinic, player) => inVisit(clinic, CHROMIUM,
				async (visit) => {
					const { recorder, store } = clinic;

					await record(visit);
					await goesOn(visit.both);
					const killed = Date.now();

					for (const pid of victims(recorder, who))
						recorder.kill(pid);
					if (who === 'both')
						await recorder.startAgain();
					await goesOn(visit.both);
					await until(() => store.files.some((name) =>
						/2-\w+-1\.webm$/.test(name)), 60000, 'part 2');
					await visit.clinician.recording('running');
					await goesOn(visit.both);
					await endVisit(visit);
					await until(() => recorder.children.length === 0, 60000,
						'the end of part 2');
					await store.recover();
					const exported = await store.export(store.ids[0]);

					assert.equal(exported.manifests.length, 2);
					for (const lane of ['clinician', 'patient'])
						await assertKept(exported, lane, killed);
					await assertPlays(clinic, player, exported);
				})));
	}

	test('the parent: what is being recorded goes on, and another can begin',
		() => inClinic({ recorder: true }, (clinic, player) => inVisit(clinic,
			CHROMIUM, async (visit) => {
				const { recorder } = clinic;

				await record(visit);
				recorder.kill(recorder.pid);
				await recorder.startAgain();
				await goesOn(visit.both);
				await visit.patient.stopRecording();
				await visit.clinician.recording('finished');
				const exported = await stored(clinic, []);

				assert.equal(exported.manifests.length, 1);
				await assertPlays(clinic, player, exported);
				await record(visit);
				await goesOn(visit.both);
				await endVisit(visit);
				await assertPlays(clinic, player,
					await stored(clinic, [exported.id]));
			})));
});

const victims = (recorder, who) => [...recorder.children,
	...(who === 'both' ? [recorder.pid] : [])];

/** Of a lane, no more is missing around a moment than may be. */
async function assertKept(exported, lane, at) {
	const times = [];

	for (const path of exported.lane(lane)) {
		const start = exported.begins(path);

		for (const packet of await packetsOf(path))
			times.push(start + packet.s * 1000);
	}
	// Of what had only just begun, no more than there was can be lost.
	const before = Math.max(exported.manifests[0].begun_ms,
		...times.filter((time) => time <= at));
	const after = Math.min(...times.filter((time) => time > at));

	assert.ok(at - before < LOST_S * 1000, `${at - before} ms lost of ${lane}`);
	assert.ok(after - at < LOST_S * 1000 + 1000,
		`nothing of ${lane} for ${after - at} ms after`);
}

describe('the recorder stalls', () => {
	test('a ring bridges it: nothing is lost, nobody notices', () => inClinic(
		{ recorder: true }, (clinic, player) => inVisit(clinic, CHROMIUM,
			async (visit) => {
				await record(visit);
				const [child] = clinic.recorder.children;

				process.kill(child, 'SIGSTOP');
				await pause(5000);
				await goesOn(visit.both);
				process.kill(child, 'SIGCONT');
				await goesOn(visit.both);
				await endVisit(visit);
				const exported = await stored(clinic, []);

				assert.equal(exported.manifests[0].finished.how, 'complete');
				assert.equal(missing(exported.manifests[0]), 0);
				await assertPlays(clinic, player, exported);
			})));

	test('a full ring is told, with the seconds, and the visit goes on',
		() => inClinic({ recorder: true,
			recording: `ring_bytes = ${SMALLEST_RING};` },
		(clinic, player) => inVisit(clinic, CHROMIUM, async (visit) => {
			await record(visit);
			const [child] = clinic.recorder.children;

			process.kill(child, 'SIGSTOP');
			await visit.clinician.page.sees('Recording incomplete', 60000);
			await goesOn(visit.both);
			process.kill(child, 'SIGCONT');
			await goesOn(visit.both);
			await visit.clinician.page.sees('could not be stored');
			await endVisit(visit);
			const exported = await stored(clinic, []);

			assert.equal(exported.manifests[0].finished.how, 'incomplete');
			await assertPlays(clinic, player, exported);
		})));
});

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Packets of a part that are in no file. */
const missing = ({ lanes, loss }) => lanes.map(({ counts }) => counts.missing)
	.concat(loss.clinician.lost, loss.patient.lost).reduce((a, b) => a + b, 0);

describe('nothing can be recorded', () => {
	test('the recorder is away: refused in words, and again possible after',
		() => inClinic({ recorder: true }, (clinic) => inVisit(clinic, CHROMIUM,
			async (visit) => {
				await clinic.recorder.stop();
				await visit.clinician.askToRecord();
				await visit.clinician.page.sees(
					'The clinic’s recorder cannot be reached.');
				await goesOn(visit.both);
				assert.deepEqual(clinic.store.files, []);
				await clinic.recorder.start();
				await record(visit);
				await endVisit(visit);
				await stored(clinic, []);
			})));

	test('the disk has less room than its reserve: refused', () => inClinic(
		{ recorder: { folder: smallDisk(8), reserveMb: 16 } },
		(clinic) => inVisit(clinic, CHROMIUM,
			async ({ clinician, patient, both }) => {
				await clinician.askToRecord();
				await clinician.page.sees('The server has no room');
				assert.equal(await patient.recordingSign(), null);
				await goesOn(both);
				assert.deepEqual(clinic.store.files, []);
			})));

	test('the disk fills up: it ends as incomplete, the visit goes on',
		() => inClinic({ recorder: { folder: smallDisk(12), reserveMb: 10 } },
			(clinic, player) => inVisit(clinic, CHROMIUM, async (visit) => {
				await record(visit);
				// What somebody else puts on the disk.
				execFileSync('fallocate', ['-l', '11M',
					join(clinic.recorder.folder, 'others')]);
				await Promise.all(visit.both.map((each) =>
					each.recording('finished', 60000)));
				await visit.patient.page.sees('no room left');
				await goesOn(visit.both);
				rmSync(join(clinic.recorder.folder, 'others'));
				const { store } = clinic;

				await until(() => clinic.recorder.children.length === 0, 60000,
					'the recorder\'s child is done');
				await store.recover();
				await assertPlays(clinic, player,
					await store.export(store.ids[0]));
			})));
});
