// SPDX-License-Identifier: GPL-3.0-or-later
// The real recorder with a feeder in the plugin's place: what it refuses, what
// it writes when all goes well, and what is left when something does not.
// The media is gray pictures and silence; what browsers send is tested with
// the whole (recording.test.mjs).
import './lib/node18.mjs';
import assert from 'node:assert/strict';
import {
	chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync,
	readFileSync, rmSync, statSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { inside, run } from './lib/netns.mjs';
import { BUILD, start, stopAll, until } from './lib/procs.mjs';
import { Recorder, startRecorder } from './lib/recorder.mjs';
import { Store, Watch } from './lib/store.mjs';

await inside();
after(stopAll);

const KILLS = Number(process.env.RTH_KILLS ?? 8);
const CUTS = Number(process.env.RTH_CUTS ?? 3);
const STALL_S = Number(process.env.RTH_STALL_S ?? 5);
const MOST_LOST_MS = 2000;
const MB = 1 << 20;
const NOBODY = 65534;
const KILLERS = 4;
// Visits take their time and little else, and each test has its own recorder.
const AT_ONCE = { concurrency: 4 };

/** A visit that is being played. */
class Visit {
	/**
	 * @param {Recorder} recorder
	 * @param {string} words of its command line, split at blanks
	 */
	constructor(recorder, words = '') {
		this.news = [];
		let rest = '';

		this.program = start('feeder', join(BUILD, 'tests/e2e/feeder'),
			['--socket', recorder.socket, ...words.split(' ').filter(Boolean)],
			{ hear: (text) => {
				const lines = (rest + text).split('\n');

				rest = lines.pop() ?? '';
				this.news.push(...lines.map((line) => JSON.parse(line)));
			} });
	}

	find(name) {
		return this.news.find((each) => each.news === name);
	}

	get id() {
		return this.find('made').recording;
	}

	/** Waits for a piece of news. */
	hears(name, ms = 60000) {
		return until(() => this.find(name), ms, `the feeder hears ${name}`, 10);
	}

	/** Ends it before its seconds are over. */
	enough() {
		this.program.kill('SIGUSR1');
	}

	/** How much it has sent, ms. */
	get sent() {
		return this.news.filter((each) => each.news === 'at').at(-1)?.ms ?? 0;
	}

	/** Its exit status. */
	async over() {
		return this.program.exited;
	}

	/** Waits for DONE. */
	async done() {
		assert.equal(await this.over(), 0, JSON.stringify(this.news));
		return this;
	}
}

/** What a store holds of a visit; everything is verified and exported. */
async function look(recorder, visit) {
	const store = new Store(recorder);

	await store.verify(visit.id);
	return store.export(visit.id);
}

/** The time in the recording up to which a lane can be played, ms. */
function endOf(exported, name) {
	return Math.max(0, ...exported.lane(name).map((path) => {
		const segment = exported.told(path);

		return segment.start_ms + segment.duration_ms;
	}));
}

function laneOf(manifest, name) {
	return manifest.lanes.find((lane) => lane.lane === name);
}

/** A recorder that must not start; what it says. */
async function refusal(recorder) {
	const program = start('refused', join(BUILD, 'rthealth-recorder'),
		['--config', recorder.conf]);

	assert.equal(await program.exited, 1, program.text);
	assert.equal(program.text.trim().split('\n').length, 1, program.text);
	assert.ok(program.text.startsWith(`${recorder.conf}: `), program.text);
	return program.text;
}

describe('it does not start', () => {
	const cases = {
		'without a public key': [(of) => {
			rmSync(of.keys.public, { recursive: true });
			mkdirSync(of.keys.public, { mode: 0o700 });
		}, /public_keys: /],
		'with a private key beside the public one': [(of) => {
			const [name] = readdirSync(of.keys.private).filter((each) =>
				each.endsWith('.key'));

			writeFileSync(join(of.keys.public, 'harmless.txt'),
				readFileSync(join(of.keys.private, name)));
		}, /public_keys: a private key lies there/],
		'with a folder that others can enter': [(of) =>
			chmodSync(of.folder, 0o755), /recordings: others have access/],
		'with somebody else\'s folder': [(of) =>
			chownSync(of.folder, 12345, 12345), /belongs to another user/],
		'without its folder': [(of) => rmSync(of.folder, { recursive: true }),
			/recordings: No such file/],
		'over something that is no socket': [(of) =>
			writeFileSync(of.socket, 'x'), /socket: something else/],
	};

	for (const [name, [spoil, words]] of Object.entries(cases))
		test(name, async () => {
			const recorder = new Recorder();

			spoil(recorder);
			assert.match(await refusal(recorder), words);
		});

	test('beside another one', async () => {
		const recorder = await startRecorder();

		assert.match(await refusal(recorder), /socket: another recorder/);
		assert.equal(await new Visit(recorder, '--seconds 1').over(), 0);
		await recorder.stop();
	});
});

describe('nothing is written', AT_ONCE, () => {
	test('before BEGIN, nor when it does not come', async () => {
		const recorder = await startRecorder();
		const watch = new Watch(recorder.folder);
		const visit = new Visit(recorder, '--no-begin --hold 5000');

		await visit.hears('ready');
		await until(() => recorder.children.length === 1, 60000, 'a child');
		assert.deepEqual(recorder.openFiles, []);
		assert.equal(await visit.over(), 0);
		await until(() => recorder.children.length === 0, 60000, 'no child');
		assert.deepEqual(watch.events, []);
		assert.deepEqual(readdirSync(recorder.folder), []);
		watch.close();
		await recorder.stop();
	});

	test('when BEGIN is not what all agreed to', async () => {
		const recorder = await startRecorder();
		const watch = new Watch(recorder.folder);

		for (const kind of ['people', 'answer', 'id', 'extra', 'media']) {
			const visit = new Visit(recorder, `--bad ${kind}`);

			assert.equal(await visit.over(), 4, kind);
			assert.equal(visit.find('failed').reason, 'malformed', kind);
		}
		assert.deepEqual(watch.events, []);
		assert.deepEqual(readdirSync(recorder.folder), []);
		watch.close();
		await recorder.stop();
	});

	test('when the disk has less than the reserve', async () => {
		const recorder = await startRecorder({ reserveMb: 1000000 });
		const visit = new Visit(recorder);

		assert.equal(await visit.over(), 3);
		assert.equal(visit.find('refused').reason, 'disk-full');
		assert.deepEqual(readdirSync(recorder.folder), []);
		await recorder.stop();
	});

	test('of one too many', async () => {
		const recorder = await startRecorder({ more: 'recordings_max = 1;' });
		const first = new Visit(recorder, '--seconds 600');

		await first.hears('begun');
		const second = new Visit(recorder);

		assert.equal(await second.over(), 3);
		assert.equal(second.find('refused').reason, 'busy');
		first.enough();
		await first.done();
		await until(() => recorder.children.length === 0, 60000, 'no child');
		await new Visit(recorder, '--seconds 1').done();
		await recorder.stop();
	});
});

describe('what is written', AT_ONCE, () => {
	test('is everything, and complete', async () => {
		const recorder = await startRecorder();
		const visit = new Visit(recorder,
			'--seconds 4 --chat secret-words --screen clinician');

		await visit.done();
		const found = await look(recorder, visit);
		const [manifest] = found.manifests;

		assert.equal(found.manifests.length, 1);
		assert.equal(manifest.recording, visit.id);
		assert.equal(manifest.people.length, 2);
		assert.equal(manifest.finished.how, 'complete');
		assert.equal(manifest.finished.reason, 'stopped');
		assert.equal(manifest.finished.parts, 1);
		assert.deepEqual(found.chat.map((line) => [line.at_ms, line.text]),
			[[0, 'secret-words']]);
		for (const name of ['clinician', 'patient', 'clinician-screen']) {
			const { counts } = laneOf(manifest, name);

			assert.ok(endOf(found, name) >= 3900, name);
			assert.ok(counts.packets > 100, name);
			assert.equal(counts.missing + counts.late + counts.malformed, 0);
		}
		assert.deepEqual(laneOf(manifest, 'patient-screen').segments, []);
		found.remove();
		await recorder.stop();
		assert.doesNotMatch(recorder.program.text, /secret-words|sub-[01]/);
	});

	test('has no picture of who agreed to voice', async () => {
		const recorder = await startRecorder();
		const visit = new Visit(recorder, '--seconds 2 --voice patient');

		await visit.done();
		const found = await look(recorder, visit);

		for (const path of found.lane('patient'))
			assert.equal(found.told(path).video, null);
		assert.ok(found.lane('clinician').some((path) =>
			found.told(path).video === 'vp8'));
		found.remove();
		await recorder.stop();
	});

	test('ends when such a picture comes all the same', async () => {
		const recorder = await startRecorder();
		const visit = new Visit(recorder,
			'--seconds 3 --voice patient --bad picture');

		assert.equal(await visit.over(), 4);
		const found = await look(recorder, visit);

		assert.equal(found.manifests[0].finished.how, 'incomplete');
		assert.equal(found.manifests[0].failed, 'malformed');
		for (const path of found.lane('patient'))
			assert.equal(found.told(path).video, null);
		found.remove();
		await recorder.stop();
	});

	test('has no picture from when it was taken out', async () => {
		const recorder = await startRecorder();
		const visit = new Visit(recorder, '--seconds 5 --voice-at 2');

		await visit.done();
		const found = await look(recorder, visit);
		const [manifest] = found.manifests;
		const note = manifest.notes.find((each) => each.event === 'consent');

		assert.equal(note.answer, 'voice');
		assert.equal(note.time_ms, 2000);
		for (const path of found.lane('patient').filter((each) =>
			found.told(each).video))
			assert.ok(found.told(path).start_ms <= 2000);
		assert.ok(endOf(found, 'patient') >= 4900);
		found.remove();
		await recorder.stop();
	});

	for (const codec of ['h264', 'vp9', 'av1'])
		test(`decodes: ${codec}`, async () => {
			const recorder = await startRecorder();
			const visit = new Visit(recorder, `--seconds 3 --clip ${codec}`);

			await visit.done();
			const found = await look(recorder, visit);

			for (const name of ['clinician', 'patient']) {
				const [path, ...more] = found.lane(name);
				const { video, frames, key_frames: keys } = found.told(path);

				assert.deepEqual(more, [], 'one file');
				assert.equal(video, codec);
				assert.equal(frames, 75);
				assert.ok(keys >= 1);
				assert.equal(run('sh', '-c',
					'ffmpeg -v error -i "$0" -f null - 2>&1', path), '');
				const { packets, ...bad } =
					laneOf(found.manifests[0], name).counts;

				assert.ok(packets > 75);
				assert.deepEqual(bad,
					{ missing: 0, late: 0, malformed: 0, undecodable: 0 });
			}
			found.remove();
			await recorder.stop();
			assert.doesNotMatch(recorder.program.text, /child-killed/);
		});

	test('says what the relay lost, and is incomplete then', async () => {
		const recorder = await startRecorder();
		const visit = new Visit(recorder, '--seconds 2 --lost 17');

		await visit.done();
		const found = await look(recorder, visit);

		assert.equal(found.manifests[0].finished.how, 'incomplete');
		assert.equal(found.manifests[0].loss.patient.lost, 17);
		found.remove();
		await recorder.stop();
	});

	test('is interrupted when the relay dies', async () => {
		const recorder = await startRecorder();
		const visit = new Visit(recorder, '--seconds 3 --no-end');

		await visit.done();
		const found = await new Store(recorder).exportFinished(visit.id);

		assert.equal(found.manifests[0].finished.how, 'interrupted');
		assert.equal(found.manifests[0].finished.reason, 'relay-gone');
		assert.ok(endOf(found, 'patient') >= 2900);
		found.remove();
		await recorder.stop();
	});

	test('of ten visits at once', async () => {
		const recorder = await startRecorder();
		const visits = Array.from({ length: 10 }, () =>
			new Visit(recorder, '--seconds 5 --kbit 300'));

		for (const visit of visits) {
			await visit.done();
			const found = await look(recorder, visit);

			assert.equal(found.manifests[0].finished.how, 'complete');
			assert.ok(endOf(found, 'clinician') >= 4900);
			found.remove();
		}
		await recorder.stop();
	});
});

describe('malformed records end their own recording only', AT_ONCE, () => {
	test('each kind of them', async () => {
		const recorder = await startRecorder();
		const good = new Visit(recorder, '--seconds 8 --kbit 200');
		const kinds = ['short', 'kind', 'role', 'long', 'begin', 'note', 'chat',
			'end'];

		await good.hears('begun');
		const bad = kinds.map((kind) =>
			new Visit(recorder, `--seconds 3 --kbit 100 --bad ${kind}`));

		for (const [i, visit] of bad.entries()) {
			assert.equal(await visit.over(), 4, kinds[i]);
			assert.equal(visit.find('failed').reason, 'malformed', kinds[i]);
			const found = await look(recorder, visit);

			assert.equal(found.manifests[0].finished.how, 'incomplete');
			assert.equal(found.manifests[0].finished.reason, 'malformed');
			assert.ok(endOf(found, 'patient') >= 900, kinds[i]);
			found.remove();
		}
		await good.done();
		await recorder.stop();
		assert.doesNotMatch(recorder.program.text, /child-killed/);
	});

	test('and hostile media not even that', async () => {
		const recorder = await startRecorder();
		const visits = [1, 2, 3].map((seed) =>
			new Visit(recorder, `--seconds 5 --kbit 200 --hostile --seed ${seed}`));

		for (const visit of visits) {
			await visit.done();
			(await look(recorder, visit)).remove();
		}
		await recorder.stop();
		assert.doesNotMatch(recorder.program.text, /child-killed/);
	});
});

describe('processes', AT_ONCE, () => {
	test(`a child that stands still for ${STALL_S} s loses none`, async () => {
		const recorder = await startRecorder();
		const visit = new Visit(recorder,
			`--seconds ${STALL_S + 3} --kbit 300`);

		await visit.hears('begun');
		const [child] = await until(() => recorder.children.length &&
			recorder.children, 60000, 'a child');

		await new Promise((done) => setTimeout(done, 1000));
		process.kill(child, 'SIGSTOP');
		await new Promise((done) => setTimeout(done, STALL_S * 1000));
		process.kill(child, 'SIGCONT');
		await visit.done();
		const found = await look(recorder, visit);
		const { counts } = laneOf(found.manifests[0], 'clinician');

		assert.equal(found.manifests[0].finished.how, 'complete');
		assert.equal(counts.missing + counts.late, 0);
		assert.ok(endOf(found, 'clinician') >= STALL_S * 1000 + 2900);
		found.remove();
		await recorder.stop();
	});

	test('give up what they can', async () => {
		const recorder = new Recorder({
			more: 'user = "nobody"; socket_group = "nogroup";' });

		for (const path of [recorder.home, recorder.keys.public])
			chmodSync(path, 0o755);
		chownSync(recorder.folder, NOBODY, NOBODY);
		await recorder.start();
		const visit = new Visit(recorder, '--seconds 600');

		await visit.hears('begun');
		const [child] = await until(() => recorder.children.length &&
			recorder.children, 60000, 'a child');
		// The second list comes with the recording's own folder.
		const status = await until(() => {
			const text = readFileSync(`/proc/${child}/status`, 'utf8');

			return /^Seccomp_filters:\t2$/m.test(text) && text;
		}, 60000, 'both lists of system calls', 10);
		const socket = statSync(recorder.socket);

		assert.match(status, new RegExp(`^Uid:(\t${NOBODY}){4}$`, 'm'));
		assert.match(status, new RegExp(`^Gid:(\t${NOBODY}){4}$`, 'm'));
		for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
			assert.match(status, new RegExp(`^${set}:\t0+$`, 'm'));
		assert.match(status, /^NoNewPrivs:\t1$/m);
		assert.match(status, /^Seccomp:\t2$/m);
		assert.equal(socket.mode & 0o777, 0o660);
		assert.equal(socket.gid, NOBODY);
		visit.enough();
		await visit.done();
		(await look(recorder, visit)).remove();
		await recorder.stop();
	});

	test('a killed parent leaves its children at work', async () => {
		const recorder = await startRecorder();
		const visit = new Visit(recorder, '--seconds 600 --kbit 300');

		await visit.hears('begun');
		recorder.kill(recorder.pid);
		await recorder.startAgain();
		await new Visit(recorder, '--seconds 1').done();
		visit.enough();
		await visit.done();
		const found = await look(recorder, visit);

		assert.equal(found.manifests[0].finished.how, 'complete');
		found.remove();
		await recorder.stop();
	});

	test('a restart goes on in a second part', async () => {
		const recorder = await startRecorder();
		const visit = new Visit(recorder,
			'--seconds 600 --kbit 300 --tell 100 --reconnect');

		await until(() => visit.sent > 2000, 60000, 'two seconds');
		const before = visit.sent;

		assert.equal(await recorder.program.stop(), 0);
		await recorder.start();
		await until(() => visit.news.some((each) => each.news === 'begun' &&
			each.part === 2), 60000, 'the second part');
		const again = visit.sent;

		await until(() => visit.sent > again + 1000, 60000, 'some of it');
		visit.enough();
		await visit.done();
		const found = await look(recorder, visit);
		const [first, second] = found.manifests;
		const gone = visit.find('gone');

		assert.equal(found.manifests.length, 2);
		assert.equal(first.finished.how, 'interrupted');
		assert.equal(first.finished.reason, 'recorder-stopping');
		assert.equal(second.finished.how, 'complete');
		assert.equal(second.part, 2);
		assert.equal(second.begun_ms, first.begun_ms);
		assert.ok(first.finished.duration_ms >= before - 100,
			'what was sent before is there');
		assert.ok(second.start_ms >= gone.ms - 100);
		assert.ok(endOf(found, 'patient') >= visit.sent - 100);
		found.remove();
		await recorder.stop();
	});

	/** Kills the child of so many visits, one after another. */
	async function killSome(n) {
		const recorder = await startRecorder();

		for (let i = 0; i < n; i++) {
			const visit = new Visit(recorder, '--seconds 30 --kbit 500');

			await visit.hears('begun');
			const [child] = await until(() => recorder.children.length &&
				recorder.children, 60000, 'a child');

			await new Promise((done) => setTimeout(done,
				500 + Math.random() * 3500));
			recorder.kill(child);
			assert.equal(await visit.over(), 5);
			await new Store(recorder).recover();
			const found = await look(recorder, visit);

			for (const name of ['clinician', 'patient']) {
				const lost = visit.find('gone').ms - endOf(found, name);

				assert.ok(lost < MOST_LOST_MS, `${name} lost ${lost} ms`);
			}
			assert.equal(found.manifests[0].finished.how, 'interrupted');
			found.remove();
		}
		await recorder.stop();
	}

	test(`${KILLS} killed children lose less than 2 s`, () =>
		Promise.all(Array.from({ length: KILLERS }, () =>
			killSome(Math.ceil(KILLS / KILLERS)))));

	test('a parent without descriptors sleeps; callers wait', async () => {
		const recorder = await startRecorder();
		const used = () => readFileSync(`/proc/${recorder.pid}/stat`, 'utf8')
			.match(/^.*\) (?:\S+ ){11}(\d+) (\d+) /s).slice(1)
			.reduce((sum, each) => sum + Number(each), 0);
		const limit = (n) => run('prlimit', '--pid', String(recorder.pid),
			`--nofile=${n}:`);

		limit(3);
		const visit = new Visit(recorder, '--seconds 1');

		// One that did not sleep would use most of each second.
		await until(async () => {
			const before = used();

			await new Promise((done) => setTimeout(done, 1000));
			return used() - before < 20;
		}, 60000, 'a second of sleep');
		assert.equal(visit.find('ready'), undefined);
		limit(64);
		await visit.done();
		(await look(recorder, visit)).remove();
		await recorder.stop();
	});
});

/** A small disk of its own. */
function smallDisk(mb) {
	const folder = mkdtempSync(join(tmpdir(), 'rth-disk-'));

	run('mount', '-t', 'tmpfs', '-o', `size=${mb}m,mode=700`, 'none', folder);
	return folder;
}

describe('disks', AT_ONCE, () => {
	test('that fill slowly end the recording in time to finish it', async () => {
		const recorder = await startRecorder({ folder: smallDisk(24),
			reserveMb: 16 });
		const visit = new Visit(recorder, '--seconds 60 --kbit 8000 --speed 4');

		assert.equal(await visit.over(), 4);
		assert.equal(visit.find('failed').reason, 'disk-full');
		const found = await look(recorder, visit);

		assert.equal(found.manifests[0].finished.how, 'incomplete');
		assert.equal(found.manifests[0].finished.reason, 'disk-full');
		found.remove();
		await recorder.stop();
	});

	test('that are full at once leave what there was', async () => {
		for (let i = 0; i < CUTS; i++) {
			const folder = smallDisk(16);
			const recorder = await startRecorder({ folder });
			const visit = new Visit(recorder, '--seconds 30 --kbit 1000');

			await visit.hears('begun');
			await new Promise((done) => setTimeout(done,
				1100 + Math.random() * 1500));
			const filler = join(recorder.folder, 'filler');

			assert.throws(() => writeFileSync(filler, Buffer.alloc(20 * MB)),
				/ENOSPC/);
			assert.equal(await visit.over(), 4);
			assert.equal(visit.find('failed').reason, 'disk-full');
			rmSync(filler);
			await new Store(recorder).recover();
			const found = await look(recorder, visit);

			for (const name of ['clinician', 'patient'])
				assert.ok(visit.find('failed').ms - endOf(found, name) <
					MOST_LOST_MS, name);
			found.remove();
			await recorder.stop();
		}
	});

	test('that cannot be written fail the recording', async () => {
		const folder = smallDisk(16);
		const recorder = await startRecorder({ folder });

		run('mount', '-o', 'remount,ro', folder);
		const visit = new Visit(recorder);

		assert.equal(await visit.over(), 4);
		assert.equal(visit.find('failed').reason, 'disk-failed');
		await recorder.stop();
	});
});

/**
 * A disk whose power can be cut: ext4 in a file, which forgets everything that
 * was not synced (EXT4_IOC_SHUTDOWN, without flushing its log).
 */
class Disk {
	constructor() {
		this.image = join(mkdtempSync(join(tmpdir(), 'rth-power-')), 'image');
		this.folder = mkdtempSync(join(tmpdir(), 'rth-power-'));
		run('truncate', '-s', '128M', this.image);
		run('mkfs.ext4', '-q', '-F', this.image);
		this.mount();
	}

	mount() {
		run('mount', '-o', 'loop,commit=300', this.image, this.folder);
	}

	cut() {
		run('python3', '-c', 'import fcntl, os, struct, sys\n' +
			'at = os.open(sys.argv[1], os.O_RDONLY)\n' +
			'fcntl.ioctl(at, 0x8004587d, struct.pack("I", 2))', this.folder);
	}

	restore() {
		run('umount', this.folder);
		this.mount();
	}

	remove() {
		run('umount', this.folder);
		rmSync(this.image);
	}
}

describe('what takes long', AT_ONCE, () => {
	test('a power cut loses less than 2 s',
		{ skip: !existsSync('/dev/loop-control') }, async (t) => {
			let most = 0;

			for (let i = 0; i < CUTS; i++) {
				const disk = new Disk();
				const recorder = await startRecorder({
					folder: join(disk.folder, 'store') });
				const visit = new Visit(recorder,
					'--seconds 30 --kbit 1000 --chat words --screen patient');

				await visit.hears('begun');
				const begun = Date.now();

				await new Promise((done) => setTimeout(done,
					1000 + Math.random() * 4000));
				disk.cut();
				const cut = Date.now() - begun;

				assert.equal(await visit.over(), 4);
				assert.equal(visit.find('failed').reason, 'disk-failed');
				await recorder.stop();
				disk.restore();
				await new Store(recorder).recover();
				const found = await look(recorder, visit);

				for (const name of ['clinician', 'patient', 'patient-screen']) {
					const lost = cut - endOf(found, name);

					most = Math.max(most, lost);
					assert.ok(lost < MOST_LOST_MS, `${name} lost ${lost} ms`);
				}
				assert.equal(found.chat[0].text, 'words');
				assert.equal(found.manifests[0].finished.how, 'interrupted');
				found.remove();
				disk.remove();
			}
			t.diagnostic(`${CUTS} cuts lost at most ${most} ms`);
		});

	test('a visit at 1 Mbit/s each way costs little', async (t) => {
		const seconds = 10;
		const recorder = await startRecorder();
		const visit = new Visit(recorder, `--seconds ${seconds} --kbit 1000`);

		await visit.hears('begun');
		const [child] = await until(() => recorder.children.length &&
			recorder.children, 60000, 'a child');

		await new Promise((done) => setTimeout(done, (seconds - 1) * 1000));
		const status = readFileSync(`/proc/${child}/status`, 'utf8');
		const [, user, system] = readFileSync(`/proc/${child}/stat`, 'utf8')
			.match(/^.*\) (?:\S+ ){11}(\d+) (\d+) /s) ?? [];
		const peak = Number(status.match(/VmHWM:\s+(\d+)/)?.[1]) / 1024;
		const anonymous = Number(status.match(/RssAnon:\s+(\d+)/)?.[1]) / 1024;
		const percent = (Number(user) + Number(system)) / (seconds - 1);

		t.diagnostic(`peak ${peak.toFixed(1)} MB, own ${anonymous.toFixed(1)} MB, ` +
			`${percent.toFixed(2)} % of a core`);
		await visit.done();
		await recorder.stop();
		assert.ok(anonymous < 20, `${anonymous} MB`);
		assert.ok(percent < 3, `${percent} %`);
	});
});
