// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings at the portal: listed, verified, exported, damaged in every way,
// interrupted and completed. The recorder is the real one; what stands in for
// Janus is tests/e2e/feeder.
//
// RTH_SEED repeats a run.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
	copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync,
	renameSync, rmSync, statSync, truncateSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ON_POSTGRES, databaseOf, sqlOf } from './lib/database.mjs';
import { startFeeder } from './lib/feeder.mjs';
import { secrets } from './lib/janus.mjs';
import { complaints, packetsOf } from './lib/lanes.mjs';
import { random } from './lib/losses.mjs';
import { inside } from './lib/netns.mjs';
import { Portal } from './lib/portal.mjs';
import { BUILD, start, stopAll, until } from './lib/procs.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { Exported, Store } from './lib/store.mjs';

await inside();

// Of what the database has no part in, less.
const KILLS = ON_POSTGRES ? 1 : 4;
const SEED = Number(process.env.RTH_SEED ?? Date.now() % 2 ** 31);
const next = random(SEED);
const MOST_LOST_MS = 2000;
const RECORD = 16448;
const BLOCK_0 = 4096 + 2 * RECORD;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** @type {import('./lib/recorder.mjs').Recorder} */
let recorder;
/** @type {Store} */
let store;

before(async () => {
	recorder = await startRecorder();
	store = new Store(recorder);
});
after(stopAll);

/** Runs a command; its status and what it said. */
function portal(...words) {
	const { status, stdout, stderr } = spawnSync(join(BUILD, 'rthealth-portal'),
		['--config', store.conf, 'recording', ...words], { encoding: 'utf8' });

	return { status, stdout, stderr };
}

/** The folder of a recording. */
function folderOf(id) {
	const name = store.files.find((path) => path.includes(id));

	return join(store.folder, dirname(name));
}

/** A visit that comes to its end; its id. */
async function record(seconds = 3, words = []) {
	const feeder = await startFeeder(recorder, { seconds, words });

	assert.equal(await feeder.program.exited, 0);
	await until(() => recorder.children.length === 0, 60000, 'all is done');
	return feeder.id;
}

/** A visit whose recorder is killed at a random moment. */
async function interrupted(leastMs, mostMs) {
	const feeder = await startFeeder(recorder, { seconds: 600,
		words: ['--chat', 'Hello', '--screen', 'clinician'] });

	await pause(leastMs + next() * (mostMs - leastMs));
	const killed = Date.now();

	for (const pid of recorder.children)
		recorder.kill(pid);
	await feeder.program.exited;
	await until(() => recorder.children.length === 0, 60000, 'all are dead');
	return { id: feeder.id, begun: feeder.begun, killed };
}

function audit() {
	return sqlOf(databaseOf(store.conf), 'SELECT subject, action, object, ' +
		'data FROM audit WHERE action LIKE \'recording-%\' ORDER BY n;')
		.split('\n');
}

describe('a recording that came to its end', () => {
	/** @type {string} */
	let id;

	before(async () => {
		id = await record(4, ['--chat', 'A word to remember',
			'--screen', 'clinician']);
	});

	test('is listed and good', () => {
		const { stdout } = portal('list');
		const line = stdout.split('\n').find((each) => each.startsWith(id));

		assert.match(line, /^\S{22}  2\d{3}-\d\d-\d\dT\S+Z  finished +1 +3 +[345]$/);
		const verified = portal('verify', id);

		assert.equal(verified.stderr, '');
		assert.match(verified.stdout, /^\S{22} good, 5 files, \d+ bytes\n$/);
		assert.equal(verified.status, 0);
		assert.ok(audit().includes(
			`uid-0|recording-verified|${id}|{"files":5,"wrong":0}`));
	});

	test('is exported to plain files that play', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'rth-export-'));
		const first = portal('export', id, folder);

		assert.equal(first.status, 0);
		assert.match(first.stderr, /NOT sealed/);
		const exported = new Exported(id, folder);

		assert.equal(exported.lanes.length, 3);
		assert.equal(exported.chat[0].text, 'A word to remember');
		for (const path of exported.lanes) {
			assert.equal(await complaints(path), '');
			assert.equal(statSync(path).mode & 0o777, 0o600);
		}
		assert.equal(portal('export', id, folder).status, 1);
		assert.equal(portal('export', id,
			join(folderOf(id), 'plain')).status, 1);
		assert.ok(audit().includes(`uid-0|recording-exported|${id}|`));
		assert.ok(!readdirSync(folderOf(id)).some((name) =>
			readFileSync(join(folderOf(id), name)).includes('A word')));
		exported.remove();
	});

	test('a command that is none tells how it goes', () => {
		for (const words of [[], ['verify'], ['show', id], ['export', id],
			['export', id, '/tmp/x', '--all'], ['list', id]]) {
			const { status, stderr } = portal(...words);

			assert.equal(status, 2, words.join(' '));
			assert.match(stderr, /usage/);
		}
		for (const wrong of ['../../etc', 'x', 'A'.repeat(22)])
			assert.equal(portal('verify', wrong).status, 1);
	});
});

describe('damage', { skip: ON_POSTGRES && 'of files' }, () => {
	/** @type {string} */
	let id, other, folder, kept;

	before(async () => {
		id = await record(3, ['--chat', 'Hello', '--kbit', '800']);
		other = await record(3, ['--chat', 'Hello', '--kbit', '800']);
		folder = folderOf(id);
		kept = mkdtempSync(join(tmpdir(), 'rth-kept-'));
		cpSync(folder, kept, { recursive: true });
	});

	/** Damages, verifies, and puts everything back. */
	function found(damage) {
		damage();
		const { status, stderr, stdout } = portal('verify', id);

		rmSync(folder, { recursive: true });
		cpSync(kept, folder, { recursive: true });
		assert.equal(status, 1, 'it is found');
		assert.match(stdout, /DAMAGED/);
		return stderr;
	}

	function change(name, work) {
		const path = join(folder, name);
		const bytes = readFileSync(path);

		work(bytes);
		writeFileSync(path, bytes);
	}

	const lane = '1-patient-1.webm';
	const files = ['1-chat.jsonl', '1-clinician-1.webm', '1-manifest.json',
		lane];

	test('a byte in each file, at its head, in its middle, at its end', () => {
		for (const name of files) {
			const size = statSync(join(folder, name)).size;

			for (const at of [0, 20, 300, 4000, BLOCK_0, BLOCK_0 + 50,
				Math.floor((BLOCK_0 + size) / 2), size - 1]) {
				const told = found(() => change(name, (bytes) => {
					bytes[at] ^= 1;
				}));

				assert.ok(told.startsWith(`${id} ${name}: `), `${at}: ${told}`);
			}
		}
	});

	test('the block is named', () => {
		const told = found(() => change(lane, (bytes) => {
			bytes[BLOCK_0 + 2 * RECORD + 1000] ^= 0x80;
		}));

		assert.equal(told, `${id} ${lane}: block 2 does not open\n`);
	});

	test('two blocks swapped', () => {
		const told = found(() => change(lane, (bytes) => {
			const first = Buffer.from(bytes.subarray(BLOCK_0, BLOCK_0 + RECORD));

			bytes.copy(bytes, BLOCK_0, BLOCK_0 + RECORD, BLOCK_0 + 2 * RECORD);
			first.copy(bytes, BLOCK_0 + RECORD);
		}));

		assert.equal(told, `${id} ${lane}: block 0 does not open\n`);
	});

	test('files swapped, within it and with another one', () => {
		const within = found(() => {
			renameSync(join(folder, lane), join(folder, 'x'));
			renameSync(join(folder, '1-clinician-1.webm'), join(folder, lane));
			renameSync(join(folder, 'x'), join(folder, '1-clinician-1.webm'));
		});

		for (const name of [lane, '1-clinician-1.webm'])
			assert.ok(within.includes(`${id} ${name}: has another length`) ||
				within.includes(`${id} ${name}: is another one`), within);
		assert.equal(found(() => copyFileSync(join(folderOf(other), lane),
			join(folder, lane))),
		`${id} ${lane}: is sealed with another recording's key\n`);
		assert.match(found(() => {
			for (const name of files)
				copyFileSync(join(folderOf(other), name), join(folder, name));
		}), /1-manifest\.json: its "recording" is wrong/);
	});

	test('files missing, cut, and too many', () => {
		for (const name of files)
			assert.match(found(() => rmSync(join(folder, name))),
				new RegExp(`${name.replaceAll('.', '\\.')}: is missing`));
		for (const by of [1, RECORD, 5 * RECORD])
			assert.equal(found(() => truncateSync(join(folder, lane),
				statSync(join(folder, lane)).size - by)),
			`${id} ${lane}: is cut\n`);
		assert.equal(found(() => copyFileSync(join(folder, lane),
			join(folder, '1-patient-2.webm'))),
		`${id} 1-patient-2.webm: is not in the manifest\n`);
		assert.equal(found(() => writeFileSync(join(folder, 'x.txt'), '')),
			`${id} x.txt: does not belong here\n`);
	});

	test('an older manifest is put back', async () => {
		const feeder = await startFeeder(recorder, { seconds: 4 });

		await until(() => store.files.some((path) =>
			path.endsWith(`${feeder.id}/${lane}`)), 60000, 'a lane');
		const at = folderOf(feeder.id);
		const older = readFileSync(join(at, '1-manifest.json'));

		await feeder.program.exited;
		await until(() => recorder.children.length === 0, 60000, 'all is done');
		assert.equal(portal('verify', feeder.id).status, 0);
		const newer = readFileSync(join(at, '1-manifest.json'));

		writeFileSync(join(at, '1-manifest.json'), older);
		const { status, stderr } = portal('verify', feeder.id);

		writeFileSync(join(at, '1-manifest.json'), newer);
		assert.equal(status, 1);
		assert.match(stderr, /1-manifest\.json: was interrupted/);
	});

	test('what is damaged is exported only when that is asked for', () => {
		const to = mkdtempSync(join(tmpdir(), 'rth-export-'));

		change(lane, (bytes) => { bytes[BLOCK_0 + RECORD + 99] ^= 1; });
		const refused = portal('export', id, to);

		assert.equal(refused.status, 1);
		assert.match(refused.stderr, /--damaged/);
		assert.deepEqual(readdirSync(to), []);
		const given = portal('export', id, to, '--damaged');

		assert.equal(given.status, 0);
		assert.match(given.stderr, /block 1 does not open/);
		assert.equal(readdirSync(to).length, files.length);
		rmSync(folder, { recursive: true });
		cpSync(kept, folder, { recursive: true });
		rmSync(to, { recursive: true });
	});

	test('a recording that was taken away is missed', () => {
		const away = mkdtempSync(join(tmpdir(), 'rth-away-'));

		assert.equal(portal('recover', other).status, 0);
		cpSync(folderOf(other), away, { recursive: true });
		const place = folderOf(other);

		rmSync(place, { recursive: true });
		const { status, stdout } = portal('verify', '--all');

		assert.equal(status, 1);
		assert.match(stdout, new RegExp(`^${other} MISSING`, 'm'));
		assert.match(stdout, new RegExp(`^${id} good`, 'm'));
		assert.match(portal('verify', other).stderr, /no such recording/);
		assert.match(portal('recover', other).stderr, /no such recording/);
		cpSync(away, place, { recursive: true });
		rmSync(away, { recursive: true });
	});

	test('what is not ours keeps nothing else from being looked at', () => {
		const place = join(dirname(folder), 'A'.repeat(21) + 'Q');

		mkdirSync(place);
		for (let i = 0; i <= 8192; i++)
			writeFileSync(join(place, String(i)), '');
		const { status, stdout, stderr } = portal('verify', '--all');

		assert.equal(status, 1);
		assert.match(stderr, /A{21}Q: limit/);
		assert.match(stdout, new RegExp(`^${id} good`, 'm'));
		const listed = portal('list');

		assert.equal(listed.status, 1);
		assert.match(listed.stderr, /A{21}Q: limit/);
		assert.match(listed.stdout, new RegExp(`^${id} `, 'm'));
		rmSync(place, { recursive: true });
	});

	test('in the end all is good again', () => {
		const { status, stdout } = portal('verify', '--all');

		assert.equal(status, 0, stdout);
	});
});

/** What is missing of each lane before the kill, in ms. */
async function lossOf(exported, killed) {
	let most = 0;

	for (const path of exported.lanes) {
		const packets = await packetsOf(path);
		const last = Math.max(...packets.map((packet) => packet.s));
		const ended = exported.manifests[0].begun_ms +
			exported.told(path).start_ms + last * 1000;

		most = Math.max(most, killed - ended);
	}
	return most;
}

describe(`interrupted, seed ${SEED}`, () => {
	async function assertRecovered({ id, killed }) {
		const { status, stderr } = portal('verify', id);

		assert.equal(stderr, '');
		assert.equal(status, 0);
		const exported = await store.export(id);
		const [manifest] = exported.manifests;

		assert.equal(manifest.finished.how, 'interrupted');
		assert.equal(exported.lanes.length, 3);
		for (const path of exported.lanes)
			assert.equal(await complaints(path), '', basename(path));
		assert.ok(await lossOf(exported, killed) <= MOST_LOST_MS);
		assert.ok(Math.abs(manifest.begun_ms + manifest.finished.lost_at_ms -
			killed) <= MOST_LOST_MS);
		assert.ok(exported.chat.length >= 1);
		exported.remove();
	}

	for (let i = 1; i <= KILLS; i++) {
		test(`a recorder killed at a random moment: ${i}`, async () => {
			const one = await interrupted(2500, 5000);
			const before = portal('verify', one.id);

			assert.equal(before.status, 1);
			assert.match(before.stderr, /was interrupted and is not recovered/);
			assert.match(portal('list').stdout,
				new RegExp(`${one.id}  \\S+  unrecovered`));
			const { status, stdout, stderr } = portal('recover', one.id);

			assert.equal(stderr, '');
			assert.equal(stdout, `${one.id} finished, 1 parts recovered\n`);
			assert.equal(status, 0);
			await assertRecovered(one);
			assert.equal(portal('recover', one.id).stdout,
				`${one.id} finished, 0 parts recovered\n`);
			assert.match(portal('list').stdout,
				new RegExp(`${one.id}  \\S+  interrupted`));
		});
	}

	test('recover killed at random moments', async () => {
		for (let i = 0; i < KILLS; i++) {
			const one = await interrupted(2500, 4000);
			let kills = 0;

			for (let most = 20; most < 20000; most *= 1.3) {
				const program = start('recover', join(BUILD, 'rthealth-portal'),
					['--config', store.conf, 'recording', 'recover', one.id]);
				const ended = await Promise.race([program.exited,
					pause(next() * most)]);

				if (ended === 0)
					break;
				program.kill('SIGKILL');
				await program.exited;
				kills++;
			}
			assert.ok(kills > 0);
			assert.equal(portal('recover', one.id).status, 0);
			await assertRecovered(one);
		}
	});

	test('two recoveries at once', async () => {
		const one = await interrupted(2500, 4000);
		const answers = await Promise.all([store.command('recover', one.id),
			store.command('recover', one.id)]);

		assert.deepEqual(answers.map((text) => text.match(/(\d) parts/)[1])
			.sort(), ['0', '1']);
		await assertRecovered(one);
	});

	test('at the start of the portal; what runs is left alone', async () => {
		const one = await interrupted(2500, 4000);
		const feeder = await startFeeder(recorder, { seconds: 600 });
		const server = await Portal.start(secrets(), recorder);

		await until(() => server.program.text.includes('"event":"recovery"') ||
			server.program.text.includes('"event": "recovery"'), 60000,
		'the recovery is over');
		await assertRecovered(one);
		assert.match(portal('list').stdout,
			new RegExp(`${feeder.id}  \\S+  running`));
		assert.equal(portal('recover', feeder.id).stdout,
			`${feeder.id} running\n`);
		assert.equal(portal('export', feeder.id, '/tmp/never').status, 1);
		feeder.program.kill('SIGKILL');
		await feeder.program.exited;
		await server.program.stop();
	});

	test('the recorder is back: two parts', async () => {
		const feeder = await startFeeder(recorder, { seconds: 600,
			words: ['--reconnect'] });

		await pause(2500);
		for (const pid of recorder.children)
			recorder.kill(pid);
		await until(() => /"news":"begun".*"part":2/.test(feeder.program.text),
			60000, 'the second part');
		const again = feeder.sent();

		await until(() => feeder.sent() > again + 1000, 60000, 'some of it');
		feeder.enough();
		assert.equal(await feeder.program.exited, 0);
		await until(() => recorder.children.length === 0, 60000, 'all is done');
		assert.equal(portal('verify', feeder.id).status, 1);
		assert.equal(portal('recover', feeder.id).stdout,
			`${feeder.id} finished, 1 parts recovered\n`);
		assert.equal(portal('verify', feeder.id).status, 0);
		assert.match(portal('list').stdout,
			new RegExp(`${feeder.id}  \\S+  interrupted +2 `));
		const folder = folderOf(feeder.id);

		for (const name of readdirSync(folder).filter((each) =>
			each.startsWith('1-')))
			rmSync(join(folder, name));
		assert.match(portal('verify', feeder.id).stderr,
			/1-manifest\.json: is missing/);
		rmSync(folder, { recursive: true });
	});

	test('a damaged lane stays as it is, the others are completed', async () => {
		const one = await interrupted(3000, 4000);
		const path = join(folderOf(one.id), '1-patient-1.webm');
		const bytes = readFileSync(path);

		bytes[BLOCK_0 + 77] ^= 1;
		writeFileSync(path, bytes);
		const { status, stderr } = portal('recover', one.id);

		assert.equal(status, 1);
		assert.match(stderr, /1-patient-1\.webm: block 0 does not open/);
		assert.deepEqual(readFileSync(path), bytes);
		bytes[BLOCK_0 + 77] ^= 1;
		writeFileSync(path, bytes);
		assert.equal(portal('recover', one.id).status, 0);
		await assertRecovered(one);
	});
});
