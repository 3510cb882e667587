// SPDX-License-Identifier: GPL-3.0-or-later
// A thief has the disk, with everything that recorded visits have left on it,
// but not the private key. Nothing of what was said, written or shown is there.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
	mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { Clinic } from './lib/clinic.mjs';
import { inside } from './lib/netns.mjs';
import { stopAll, until } from './lib/procs.mjs';
import { endVisit, inVisit, record, stored } from './lib/recorded.mjs';
import { Recorder } from './lib/recorder.mjs';
import { Store } from './lib/store.mjs';

await inside();

const CRASHES = /** @type {NodeJS.Signals[]} */ (['SIGSEGV', 'SIGABRT']);
const NAME = 'Xaverine Quillfeather';
const SAID = 'The zolpidem does not help me any more';
const TITLE = 'Follow-up on zolpidem';
/** A core of a killed program would be made in its working folder. */
const WITH_CORES = ['sh', '-c', 'ulimit -c unlimited; cd "$0" && exec "$@"'];
/** What begins or is in every file of these kinds, were it not sealed. */
const PLAIN = {
	'chat': Buffer.from(SAID), 'a name': Buffer.from('Quillfeather'),
	'an e-mail address': Buffer.from('xaverine@'),
	'a title': Buffer.from('zolpidem'),
	'Matroska\'s first bytes': Buffer.from('1a45dfa3', 'hex'),
	'Matroska\'s name': Buffer.from('matroska'), 'WebM\'s': Buffer.from('webm'),
	'the muxer\'s name': Buffer.from('Lavf'),
	'the header of Opus': Buffer.from('OpusHead'),
	'the first box of MP4': Buffer.from('ftyp'),
	'MP4\'s index': Buffer.from('moov'),
	'a member of the manifest': Buffer.from('"begun_ms"'),
	'evidence of a consent': Buffer.from('"text_sha256"'),
};
const VP8_KEY_FRAME = Buffer.from('9d012a', 'hex');
const HEADER_BYTES = 4096;
/** @type {Clinic} */
let clinic;
/** @type {string} */
let home;
/** What the recorder and Janus would use for anything temporary. */
const temporary = () => join(home, 'tmp');
const working = () => join(home, 'cwd');

before(async () => {
	home = mkdtempSync(join(tmpdir(), 'rth-thief-'));
	for (const folder of [temporary(), working()])
		mkdirSync(folder);
	clinic = await Clinic.open({ env: { TMPDIR: temporary() }, recorder: {
		home: join(home, 'recorder'),
		prefix: [...WITH_CORES, working(), 'env', `TMPDIR=${temporary()}`] } });
});
after(async () => {
	await clinic?.close();
	await stopAll();
	rmSync(home, { recursive: true, force: true });
});

/** All files below a folder. */
const filesBelow = (folder) => readdirSync(folder, { recursive: true })
	.map((name) => join(folder, String(name)))
	.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());

/** The disk, without the private keys and without the pages' own programs. */
const disk = () => [clinic.recorder.home, clinic.portal.home, temporary(),
	working()].flatMap(filesBelow).filter((path) =>
	!path.startsWith(clinic.recorder.keys.private));

/** What is in a file; nothing, of one that the portal has just replaced. */
function bytesOf(path) {
	try {
		return readFileSync(path);
	} catch (error) {
		if (error.code === 'ENOENT')
			return Buffer.alloc(0);
		throw error;
	}
}

const inStore = (path) => path.startsWith(clinic.recorder.folder);
/** Accounts and visits are the portal's; what was recorded is not in there. */
const isDatabase = (path) => path.startsWith(clinic.portal.home);

/** What of the plain text is in these bytes. */
function plainIn(data, kinds = Object.keys(PLAIN)) {
	return kinds.filter((kind) => data.includes(PLAIN[kind]));
}

/** Four given bytes are among random ones by chance, once in 4 GiB. */
const SHORT = Object.keys(PLAIN).filter((kind) => PLAIN[kind].length < 6);
const LONG = Object.keys(PLAIN).filter((kind) => !SHORT.includes(kind));

function count(data, what) {
	let n = 0;

	for (let at = data.indexOf(what); at >= 0; at = data.indexOf(what, at + 1))
		n++;
	return n;
}

async function recordedVisit(act) {
	await inVisit(clinic, ['chromium', 'chromium'], async (visit) => {
		await record(visit);
		await visit.patient.write(SAID);
		await visit.clinician.reads(SAID);
		await visit.clinician.page.click('Share your screen');
		await visit.patient.flows((now, then) =>
			now.byMid.in2 > (then.byMid.in2 ?? 0) + 20, 'the screen');
		await act(visit);
	}, { patient: { name: NAME, email: 'xaverine@mail.example' }, title: TITLE });
}

/** Until a recording has some seconds of everything on the disk. */
const grown = (bytes) => until(() => clinic.store.bytes > bytes + 300000, 60000,
	'something was written');

describe('what is there', () => {
	test('of a finished visit', () => recordedVisit(async (visit) => {
		await grown(0);
		await endVisit(visit);
		const exported = await stored(clinic, []);

		assert.deepEqual(exported.chat.map((line) => line.text), [SAID]);
		// The test looks for what is really in the plain files.
		const plain = Buffer.concat(exported.files.map((path) =>
			readFileSync(path)));

		for (const kind of ['chat', 'Matroska\'s first bytes',
			'the header of Opus', 'evidence of a consent'])
			assert.ok(plain.includes(PLAIN[kind]), kind);
		assert.ok(count(plain, VP8_KEY_FRAME) > 0);
	}));

	for (const signal of CRASHES) {
		test(`of a recorder that dies of ${signal}`, () => recordedVisit(
			async (visit) => {
				await grown(clinic.store.bytes);
				const [child] = clinic.recorder.children;

				process.kill(child, signal);
				await until(() => !clinic.recorder.children.includes(child),
					60000, 'its end');
				await endVisit(visit);
			}));
	}

	test('of a killed recorder, recovered and not', () => recordedVisit(
		async (visit) => {
			await grown(clinic.store.bytes);
			for (const pid of [...clinic.recorder.children, clinic.recorder.pid])
				clinic.recorder.kill(pid);
			await endVisit(visit);
		}));
});

describe('what a thief finds', () => {
	test('a core of a program with nothing to hide would be there', async (t) => {
		const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8');

		if (/^[|/]/.test(pattern)) {
			t.skip(`cores go elsewhere: ${pattern.trim()}`);
			return;
		}
		const folder = mkdtempSync(join(home, 'core-'));
		const child = spawn(WITH_CORES[0], [...WITH_CORES.slice(1), folder,
			'sleep', '60']);

		await until(() => readFileSync(`/proc/${child.pid}/comm`, 'utf8')
			.startsWith('sleep'), 60000, 'it runs', 5);
		child.kill('SIGSEGV');
		await until(() => readdirSync(folder).length > 0, 60000, 'its core');
	});

	test('no core of the recorder', () => {
		assert.deepEqual(disk().filter((path) => /\/core[^/]*$/.test(path)), []);
		assert.deepEqual(readdirSync(working()), []);
	});

	test('no plain text, before and after what was killed is completed',
		async () => {
			for (const when of ['before', 'after']) {
				const paths = disk().filter((path) => !isDatabase(path));

				assert.ok(paths.filter(inStore).length > 10, 'there is a store');
				for (const path of paths)
					assert.deepEqual(plainIn(bytesOf(path), inStore(path)
						? LONG : undefined), [], `${path}, ${when}`);
				const all = Buffer.concat(paths.filter(inStore).map((path) =>
					bytesOf(path)));

				for (const kind of SHORT)
					assert.ok(count(all, PLAIN[kind]) < 2, `${kind}, ${when}`);
				if (when === 'before')
					await clinic.store.recover();
			}
		});

	test('no more key frames of VP8 than chance has it', () => {
		for (const path of disk().filter(inStore)) {
			const data = bytesOf(path);
			const chance = data.length / 2 ** 24;

			assert.ok(count(data, VP8_KEY_FRAME) < 5 + 10 * chance, path);
		}
	});

	test('nothing in which there is any order', () => {
		for (const path of disk().filter(inStore)) {
			const data = bytesOf(path).subarray(HEADER_BYTES);
			// Gaps between records are zeros.
			const full = data.filter((byte) => byte !== 0);

			if (full.length > HEADER_BYTES)
				assert.ok(deflateRawSync(full).length > 0.97 * full.length, path);
		}
	});

	test('in the database nothing of what was said or shown', () => {
		// Four letters of them are in so many random ids now and then.
		const kinds = LONG.filter((kind) => !['a name', 'an e-mail address',
			'a title', 'evidence of a consent'].includes(kind));

		for (const path of disk().filter(isDatabase))
			assert.deepEqual(plainIn(bytesOf(path), kinds), [], path);
	});

	test('of recordings and consents the database knows ids only', () => {
		const dump = execFileSync('sqlite3',
			[join(clinic.portal.home, 'rthealth.db'), '.dump'],
			{ encoding: 'utf8' }).split('\n').filter((line) =>
			/^INSERT INTO "?(recording|consent)/.test(line));

		assert.ok(dump.length > 0, 'there are rows');
		for (const line of dump)
			assert.deepEqual(plainIn(Buffer.from(line), ['a name',
				'an e-mail address', 'a title', 'chat']), [], line);
	});

	test('no paths that tell of somebody', () => {
		for (const name of clinic.store.files)
			assert.match(name, /^\d{4}\/\d\d\/[\w-]{22}\/\d+-[a-z0-9.-]+$/);
	});
});

describe('who can open it', () => {
	test('not the recorder: it has public keys only', () => {
		const conf = readFileSync(clinic.recorder.conf, 'utf8');

		assert.ok(!conf.includes(clinic.recorder.keys.private));
		for (const path of filesBelow(clinic.recorder.keys.public))
			assert.match(readFileSync(path, 'utf8'), /^rthealth-public-key-1 /);
	});

	test('not another clinic with keys of its own', async () => {
		const other = new Recorder({ folder: clinic.recorder.folder });
		const theirs = new Store(other);

		for (const id of clinic.store.ids)
			await assert.rejects(theirs.verify(id));
	});
});
