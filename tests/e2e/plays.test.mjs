// SPDX-License-Identifier: GPL-3.0-or-later
// What a play tells of real recordings: finished, running, interrupted,
// completed afterwards, and those that cannot be read.
import './lib/node18.mjs';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, renameSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { secrets } from './lib/janus.mjs';
import { inside } from './lib/netns.mjs';
import { CLINICIAN, OPERATOR, Portal, URL_OF_PORTAL } from './lib/portal.mjs';
import { BUILD, start, stopAll, until } from './lib/procs.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { Reviewed, segmentsOf, startPlay } from './lib/reviewed.mjs';

await inside();

const PATIENT = 'patient@people.example';

/** @type {import('./lib/recorder.mjs').Recorder} */
let recorder;
/** @type {Portal} */
let portal;
/** @type {Reviewed} */
let reviewed;
/** @type {import('./lib/portal.mjs').Account} */
let operator;

before(async () => {
	const keys = secrets();

	recorder = await startRecorder();
	portal = await Portal.start(keys, recorder);
	operator = await portal.signIn(OPERATOR, 'The operator');
	reviewed = new Reviewed(portal, keys, recorder,
		await portal.signIn(CLINICIAN, 'Dr. Example'));
});
after(stopAll);

/** The folder of a recording. */
function folderOf(id) {
	const found = readdirSync(recorder.folder, { recursive: true })
		.map(String).find((path) => path.includes(id));

	return join(recorder.folder, found.endsWith(id) ? found : dirname(found));
}

async function again(play) {
	return operator.get(`/api/plays/${play.id}`);
}

/** Bytes of a file of a play. */
async function bytesOf(src) {
	const answer = await fetch(URL_OF_PORTAL + src,
		{ headers: { Cookie: operator.cookie } });

	assert.equal(answer.status, 200, src);
	return Buffer.from(await answer.arrayBuffer());
}

/** The status and error of a play that cannot be. */
async function refused(recording) {
	const answer = await fetch(
		`${URL_OF_PORTAL}/api/recordings/${recording}/play`, {
			method: 'POST', body: '{"reason":"A complaint"}',
			headers: { Origin: URL_OF_PORTAL, Cookie: operator.cookie,
				'X-RTH-CSRF': operator.csrf,
				'Content-Type': 'application/json' } });

	return { status: answer.status, ...(await answer.json()).error };
}

describe('a recording that came to its end', () => {
	/** @type {any} */
	let play;

	before(async () => {
		const id = await reviewed.record(PATIENT, { seconds: 4,
			words: ['--chat', 'A word', '--screen', 'clinician'] });

		play = await startPlay(operator, id);
	});

	test('has its lanes, its length and its end', () => {
		assert.deepEqual(play.lanes.map(({ lane, role }) => [lane, role]), [
			['clinician', 'clinician'], ['clinician-screen', 'clinician'],
			['patient', 'patient'], ['patient-screen', 'patient']]);
		assert.ok(play.duration_ms >= 3500, String(play.duration_ms));
		// As long as what is in it, and no longer.
		assert.ok(play.duration_ms <= Math.max(...segmentsOf(play).map(
			({ start_ms, duration_ms }) => start_ms + duration_ms)) + 1000,
		JSON.stringify(play));
		assert.equal(play.running, false);
		assert.equal(play.how, 'complete');
		assert.equal(play.lost_at_ms, null);
		for (const segment of segmentsOf(play)) {
			assert.ok(segment.finished && segment.start_ms >= 0);
			assert.ok(segment.start_ms + segment.duration_ms
				<= play.duration_ms, JSON.stringify(segment));
		}
		assert.deepEqual(play.lanes.map(({ segments }) => segments.length > 0),
			[true, true, true, false]);
		assert.ok(play.lanes[0].segments[0].audio);
		assert.ok(play.lanes[1].segments[0].video);
	});

	test('has files at the addresses that it gives', async () => {
		for (const { src, container } of segmentsOf(play)) {
			const bytes = await bytesOf(src);

			assert.ok(bytes.length > 1000, src);
			if (container === 'webm')
				assert.equal(bytes.readUInt32BE(0), 0x1a45dfa3);
		}
		assert.match(String(await bytesOf(play.chat[0])), /"A word"/);
	});
});

describe('a recording that runs', () => {
	test('grows, and comes to its end', async () => {
		const begun = await reviewed.begin(PATIENT,
			{ seconds: 600, words: ['--chat', 'First'] });
		const play = await startPlay(operator, begun.id);

		assert.equal(play.recording.state, 'running');
		assert.equal(play.recording.seconds, null);
		assert.equal(play.running, true);
		assert.equal(play.how, null);
		const longer = await until(async () => {
			const now = await again(play);

			return now.running && now.duration_ms > play.duration_ms
				&& segmentsOf(now).length > 0 && now;
		}, 60000, 'it grows');

		assert.ok(segmentsOf(longer).some(({ finished }) => !finished));
		begun.feeder.enough();
		await reviewed.end(begun);
		const whole = await again(play);

		assert.equal(whole.running, false);
		assert.equal(whole.how, 'complete');
		assert.ok(segmentsOf(whole).every(({ finished }) => finished));
		assert.ok(whole.duration_ms >= longer.duration_ms - 1000,
			`${whole.duration_ms} ${longer.duration_ms}`);
		assert.equal(whole.recording.state, 'finished');
		assert.equal(whole.id, play.id);
	});
});

describe('a recording whose recorder was killed', () => {
	test('says so, and where, before and after it is completed', async () => {
		const begun = await reviewed.begin(PATIENT, { seconds: 600 });

		await until(() => begun.feeder.sent() > 2500, 60000, 'some is sent');
		for (const pid of recorder.children)
			recorder.kill(pid);
		await begun.feeder.program.exited;
		await until(() => recorder.children.length === 0, 60000, 'all are dead');
		const first = await startPlay(operator, begun.id);

		assert.equal(first.running, false);
		assert.equal(first.how, 'interrupted');
		assert.ok(first.lost_at_ms !== null);
		const { status, stderr } = spawnSync(join(BUILD, 'rthealth-portal'),
			['--config', portal.conf, 'recording', 'recover', begun.id],
			{ encoding: 'utf8' });

		assert.equal(status, 0, stderr);
		const second = await again(first);

		assert.equal(second.how, 'interrupted');
		assert.ok(second.lost_at_ms > 0
			&& second.lost_at_ms <= second.duration_ms,
		`${second.lost_at_ms} ${second.duration_ms}`);
		assert.ok(segmentsOf(second).length > 0);
		assert.ok(segmentsOf(second).every(({ finished }) => finished));
	});
});

describe('a recording that cannot be read', () => {
	/** @type {string} */
	let id;

	before(async () => {
		id = await reviewed.record(PATIENT, { seconds: 1 });
	});

	/** Another portal of the same home. */
	async function restart() {
		await portal.program.stop();
		portal.program = start('portal', join(BUILD, 'rthealth-portal'),
			['-c', portal.conf], { hear: () => {} });
		await until(async () => (await fetch(`${URL_OF_PORTAL}/readyz`)
			.catch(() => null))?.ok, 60000, 'the portal is ready');
	}

	test('without a private key; all else goes on', async () => {
		const path = recorder.keys.private;

		renameSync(path, `${path}.away`);
		await restart();
		const { status, code, what } = await refused(id);

		assert.deepEqual([status, code, what],
			[409, 'unreadable', 'no private key is open']);
		assert.ok((await operator.get('/api/recordings')).recordings
			.some((each) => each.id === id));
		renameSync(`${path}.away`, path);
		await restart();
		assert.equal((await startPlay(operator, id)).recording.id, id);
	});

	test('with a manifest that was cut', async () => {
		truncateSync(join(folderOf(id), '1-manifest.json'), 5000);
		const { status, code, what } = await refused(id);

		assert.deepEqual([status, code], [409, 'unreadable']);
		assert.match(what, /^1-manifest\.json /);
	});

	test('without its folder', async () => {
		const path = folderOf(id);

		renameSync(path, join(recorder.home, 'taken'));
		const { status, what } = await refused(id);

		assert.deepEqual([status, what], [409, 'its folder is missing']);
	});
});
