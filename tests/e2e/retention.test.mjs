// SPDX-License-Identifier: GPL-3.0-or-later
// Deleted means deleted: holds, deletions by hand and by rule on a real portal
// with recordings of the real recorder, and a search for known bytes in every
// file that either has made.
//
// RTH_SEED repeats a run.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
	chmodSync, closeSync, cpSync, existsSync, linkSync, openSync, readdirSync,
	readFileSync, readSync, rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ON_POSTGRES } from './lib/database.mjs';
import { secrets } from './lib/janus.mjs';
import { random } from './lib/losses.mjs';
import { inside } from './lib/netns.mjs';
import { CLINICIAN, Portal, URL_OF_PORTAL } from './lib/portal.mjs';
import { BUILD, ROOT, start, stopAll, until } from './lib/procs.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { Reviewed } from './lib/reviewed.mjs';
import { Store } from './lib/store.mjs';
import { temporaryFolder } from './lib/temporary.mjs';

await inside();

const SEED = Number(process.env.RTH_SEED ?? Date.now() % 2 ** 31);
const next = random(SEED);
const HEADER = 4096;
const BOX = 96;
const DAYS = 30;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// No random id holds these.
const CHAT = 'my+knee/hurts=again';
const HOLD = 'the+lawyer/called=today';
const PLAYED = 'a+look/at=the+knee';
const PATIENT = 'paul@home.example';
const RULES = `
review = { rules = (
	{ who = [ "role:admin" ]; of = [ "all" ];
	  rights = [ "list", "play", "download", "hold", "delete", "administer" ]; },
	{ who = [ "role:operator" ]; of = [ "all" ]; rights = [ "list", "play" ]; },
	{ who = [ "email:keeper@clinic.example" ]; of = [ "all" ];
	  rights = [ "list", "hold" ]; },
	{ who = [ "email:cleaner@clinic.example" ];
	  of = [ "email:${CLINICIAN}" ]; rights = [ "list", "delete" ]; },
	{ who = [ "role:clinician", "role:patient" ]; of = [ "own" ];
	  rights = [ "list", "play" ]; }
); };
retention = { days = 0;
	rules = ( { clinicians = [ "email:${CLINICIAN}" ]; days = ${DAYS}; } ); };
`;

// All that any program makes, temporary files too, is below this.
const backup = temporaryFolder('backup');
const root = temporaryFolder('retention');

process.env.TMPDIR = root;
chmodSync(root, 0o711); // a database server's user goes through it

/** @type {import('./lib/recorder.mjs').Recorder} */
let recorder;
/** @type {Store} */
let store;
/** @type {Portal} */
let portal;
/** @type {Reviewed} */
let reviewed;
/** @type {Record<string, import('./lib/portal.mjs').Account>} */
const people = {};

before(async () => {
	const keys = secrets();

	recorder = await startRecorder();
	portal = await Portal.start(keys, recorder, RULES);
	store = new Store(recorder, portal.conf);
	people.clinician = await portal.signIn(CLINICIAN, 'Clara');
	for (const [name, address] of Object.entries({
		patient: PATIENT, operator: 'operator@clinic.example',
		admin: 'admin@clinic.example', keeper: 'keeper@clinic.example',
		cleaner: 'cleaner@clinic.example', stranger: 'eve@home.example',
	}))
		people[name] = await portal.signIn(address, name);
	reviewed = new Reviewed(portal, keys, recorder, people.clinician);
});
after(stopAll);

/** A command of the portal; its status and what it said. */
function command(...words) {
	const { status, stdout, stderr } = spawnSync(join(BUILD, 'rthealth-portal'),
		['--config', portal.conf, ...words], { encoding: 'utf8' });

	return { status, stdout, stderr };
}

/** A request as it is; its status and its JSON. */
async function ask(account, method, path, body, csrf = account?.csrf) {
	const answer = await fetch(URL_OF_PORTAL + path, { method, headers: {
		Origin: URL_OF_PORTAL, Cookie: account?.cookie ?? '',
		...(csrf ? { 'X-RTH-CSRF': csrf } : {}),
		...(body ? { 'Content-Type': 'application/json' } : {}) },
	...(body ? { body: JSON.stringify(body) } : {}) });
	const text = await answer.text();

	return { status: answer.status, json: text ? JSON.parse(text) : null };
}

const hold = (who, id) => ask(people[who], 'PUT', `/api/recordings/${id}/hold`,
	{ reason: HOLD });
const release = (who, id) => ask(people[who], 'DELETE',
	`/api/recordings/${id}/hold`);
const erase = (who, id) => ask(people[who], 'DELETE', `/api/recordings/${id}`);

function record() {
	return reviewed.record(PATIENT, { seconds: 3, words: ['--chat', CHAT] });
}

/** The folder of a recording, or undefined. */
function folderOf(id) {
	const name = store.files.find((path) => path.includes(id));

	return name && join(store.folder, dirname(name));
}

/** Every file below the root, also those that have no name any more. */
function everyFile() {
	return readdirSync(root, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath ?? entry.path, entry.name))
		// PostgreSQL writes its log anew in its own time: docs/database.md.
		.filter((path) => !path.includes('/pg_wal/'));
}

/** The files with any of these bytes. */
function filesWith(...wanted) {
	if (ON_POSTGRES)
		reviewed.sql('CHECKPOINT;'); // what it has in memory, too
	return everyFile().filter((path) => {
		const bytes = readFileSync(path);

		return wanted.some((each) => bytes.includes(each));
	});
}

/** The sealed keys of a recording, and a piece of each of its blocks. */
function secretsOf(id) {
	const folder = folderOf(id);

	return readdirSync(folder).flatMap((name) => {
		const bytes = readFileSync(join(folder, name));

		return [bytes.subarray(32, 32 + BOX),
			bytes.subarray(bytes.length - 64, bytes.length - 32)];
	});
}

/** What must hold of one that is deleted. */
async function assertGone(id) {
	assert.equal(folderOf(id), undefined);
	assert.equal((await ask(people.admin, 'GET', `/api/recordings/${id}`))
		.status, 404);
	assert.equal((await erase('admin', id)).status, 404);
	assert.equal(reviewed.sql(
		`SELECT state, reason, hold, parts FROM recordings WHERE id='${id}'`),
	'deleted||0|0');
	assert.equal(reviewed.sql(
		`SELECT COUNT(*) FROM plays WHERE recording_id = '${id}'`), '0');
	const { status, stdout } = command('recording', 'certificate', id);

	assert.equal(status, 0);
	return JSON.parse(stdout);
}

/** Lets a recording be older by days. */
function age(id, days) {
	reviewed.sql(`UPDATE recordings SET begun_s = begun_s - ${days * 86400}, ` +
		`ended_s = ended_s - ${days * 86400} WHERE id = '${id}'`);
}

const rows = (id) => reviewed.sql('SELECT action, outcome, reason FROM audit ' +
	`WHERE object = '${id}' AND action LIKE 'recording-%' ORDER BY n`)
	.split('\n').filter(Boolean);

describe('a deletion by hand', () => {
	/** @type {string} */
	let id, kept, link, play;
	/** @type {Buffer[]} */
	let wanted;
	/** @type {number} */
	let open;
	/** @type {any} */
	let certificate;

	before(async () => {
		id = await record();
		kept = await record();
		assert.equal((await hold('keeper', id)).status, 200);
		const played = await ask(people.operator, 'POST',
			`/api/recordings/${id}/play`, { reason: PLAYED });

		assert.equal(played.status, 201);
		play = played.json.id;
		// That is what it would be worth.
		const exported = await store.export(id);

		assert.equal(exported.chat[0].text, CHAT);
		exported.remove();
		wanted = secretsOf(id);
		assert.ok(wanted.length >= 8);
		assert.ok(filesWith(...wanted).length >= 4);
		assert.ok(filesWith(HOLD).length > 0);
		assert.ok(filesWith(PLAYED).length > 0);
		const lane = join(folderOf(id), '1-patient-1.webm');

		link = join(root, 'a-second-name');
		linkSync(lane, link);
		open = openSync(lane, 'r');
	});
	after(() => closeSync(open));

	test('is refused while it is on hold', async () => {
		for (const who of ['admin', 'cleaner']) {
			const { status, json } = await erase(who, id);

			assert.equal(status, 409);
			assert.equal(json.error.code, 'held');
		}
		assert.match((await store.verify(id)), /good/);
		assert.equal((await ask(people.admin, 'GET', `/api/recordings/${id}`))
			.json.hold, true);
	});

	test('gives a certificate', async () => {
		assert.equal((await release('keeper', id)).status, 200);
		cpSync(folderOf(id), backup, { recursive: true });
		const { status, json } = await erase('cleaner', id);

		assert.equal(status, 200);
		certificate = json.certificate;
		assert.deepEqual(await assertGone(id), certificate);
		assert.equal(certificate.recording, id);
		assert.equal(certificate.rule, 'by-hand');
		assert.equal(certificate.files, 4);
	});

	test('leaves none of its bytes anywhere', () => {
		const blocks = wanted.filter((_, i) => i % 2);
		const keys = wanted.filter((_, i) => i % 2 === 0);

		assert.deepEqual(filesWith(HOLD), []);
		assert.deepEqual(filesWith(PLAYED), []);
		assert.deepEqual(filesWith(CHAT), []);
		assert.deepEqual(filesWith(...keys), []);
		// The second name has its blocks, and nothing to open them with.
		assert.deepEqual(filesWith(...blocks), [link]);
		assert.ok(!readdirSync(root, { recursive: true })
			.some((name) => String(name).includes(id)));
	});

	test('whoever had it open has no key', () => {
		for (const fd of [open, openSync(link, 'r')]) {
			const header = Buffer.alloc(HEADER, 1);

			assert.equal(readSync(fd, header, 0, HEADER, 0), HEADER);
			assert.ok(header.every((byte) => byte === 0));
		}
		rmSync(link);
	});

	test('ends its plays', async () => {
		assert.equal((await ask(people.operator, 'GET', `/api/plays/${play}`))
			.status, 404);
		assert.equal((await ask(people.operator, 'GET',
			`/api/plays/${play}/1-patient-1.webm`)).status, 404);
	});

	test('leaves the others as they were', async () => {
		assert.match(await store.verify(kept), /good/);
		const { json } = await ask(people.admin, 'GET', '/api/recordings');

		assert.deepEqual(json.recordings.map((each) => each.id), [kept]);
		const { status, stdout } = command('recording', 'verify', '--all');

		assert.equal(status, 0, stdout);
	});

	test('is proven without the database', () => {
		const key = command('audit', 'key').stdout.trim();
		const verify = (text, with_) => spawnSync('python3',
			[join(ROOT, 'tests/check/certificate_verify.py'), with_],
			{ input: text, encoding: 'utf8' });
		const { stdout } = command('recording', 'certificate', id);

		assert.equal(verify(stdout, key).stdout, 'good\n');
		for (const [member, value] of Object.entries({ recording: kept,
			files: 5, by: 'nobody', verified: false, more: 1 })) {
			const other = JSON.stringify({ ...certificate, [member]: value });

			assert.equal(verify(other, key).status, 1, member);
		}
		assert.equal(verify(stdout, `B${key.slice(1)}`).status, 1);
		assert.equal(command('recording', 'certificate', kept).status, 1);
	});

	test('is in the audit, with no words of anybody\'s', () => {
		assert.deepEqual(rows(id).filter((row) => !/export|verif/.test(row)), [
			'recording-held|ok|', 'recording-deleted|held|',
			'recording-deleted|held|', 'recording-released|ok|',
			'recording-deletion-begun|ok|by-hand', 'recording-deleted|ok|by-hand']);
		assert.equal(command('audit', 'verify').status, 0);
	});

	test('is done again when a backup brings it back', async () => {
		const place = join(dirname(folderOf(kept)), id);

		cpSync(backup, place, { recursive: true });
		assert.equal(command('retention', 'run', '--dry-run').stdout,
			`${id} back\n1 due, 0 deleted, 0 missing, 0 running, 0 failed\n`);
		assert.ok(existsSync(place));
		assert.equal(command('retention', 'run').stdout,
			`${id} deleted\n1 due, 1 deleted, 0 missing, 0 running, 0 failed\n`);
		assert.deepEqual(await assertGone(id), certificate);
		assert.equal(rows(id).at(-1), 'recording-deleted-again|ok|by-hand');
	});
});

describe('who may', () => {
	/** @type {string} */
	let id;

	before(async () => { id = await record(); });

	const may = { hold: ['admin', 'keeper'], delete: ['admin', 'cleaner'] };

	test('hold and delete: each role, and nobody', async () => {
		for (const who of Object.keys(people)) {
			const path = `/api/recordings/${id}`;
			const no = { delete: 404, hold: 404 };

			if (may.delete.includes(who))
				no.delete = 409;
			if (may.hold.includes(who))
				no.hold = 200;
			// It is held meanwhile, so that nobody's deletion is done.
			assert.equal((await hold('keeper', id)).status, 200);
			assert.equal((await erase(who, id)).status, no.delete, who);
			assert.equal((await hold(who, id)).status, no.hold, who);
			assert.equal((await release(who, id)).status, no.hold, who);
			for (const [method, to] of [['PUT', `${path}/hold`],
				['DELETE', `${path}/hold`], ['DELETE', path]]) {
				assert.equal((await ask(people[who], method, to,
					{ reason: 'x' }, '')).status, 403, `${who} ${method}`);
				assert.equal((await ask(people[who], method, to,
					{ reason: 'x' }, people.admin.csrf === people[who].csrf
						? 'x' : people.admin.csrf)).status, 403, who);
			}
		}
		for (const [method, to] of [['PUT', '/hold'], ['DELETE', '/hold'],
			['DELETE', '']])
			assert.equal((await ask(null, method,
				`/api/recordings/${id}${to}`, { reason: 'x' })).status, 401);
		assert.match(await store.verify(id), /good/);
	});

	test('of one that is not there: the same answer', async () => {
		for (const wrong of ['A'.repeat(22), 'x', 'A'.repeat(400)])
			for (const act of [hold, release, erase])
				assert.equal((await act('admin', wrong)).status, 404, wrong);
		assert.deepEqual((await erase('stranger', id)).json,
			(await erase('stranger', 'A'.repeat(22))).json);
	});

	test('a reason is needed', async () => {
		for (const body of [{}, { reason: ' ' }, { reason: 1 },
			{ reason: 'x', more: 1 }])
			assert.equal((await ask(people.admin, 'PUT',
				`/api/recordings/${id}/hold`, body)).status, 400);
	});
});

test('asked for by many at once it is done once', async () => {
	const id = await record();
	const answers = await Promise.all(Array.from({ length: 6 },
		(_, i) => erase(i % 2 ? 'admin' : 'cleaner', id)));
	const done = answers.filter(({ status }) => status === 200);

	assert.ok(done.length >= 1);
	for (const { status } of answers)
		assert.ok([200, 404, 503].includes(status), String(status));
	const certificate = await assertGone(id);

	for (const { json } of done)
		assert.deepEqual(json.certificate, certificate);
	assert.deepEqual(rows(id).filter((row) => row.includes('|ok|')), [
		'recording-deletion-begun|ok|by-hand',
		'recording-deleted|ok|by-hand']);
});

describe('one that runs', () => {
	test('is not deleted, and comes to a good end', async () => {
		const begun = await reviewed.begin(PATIENT,
			{ seconds: 4, words: ['--chat', CHAT] });

		for (const who of ['admin', 'cleaner']) {
			const { status, json } = await erase(who, begun.id);

			assert.equal(status, 409);
			assert.equal(json.error.code, 'running');
		}
		// Also when only the lock of its recorder tells.
		reviewed.sql('UPDATE recordings SET state = \'stored\' ' +
			`WHERE id = '${begun.id}'`);
		assert.equal((await erase('admin', begun.id)).json.error.code,
			'running');
		age(begun.id, 2 * DAYS);
		assert.match(command('retention', 'run').stdout,
			new RegExp(`^${begun.id} running\\n1 due, 0 deleted`));
		await reviewed.end(begun);
		assert.match(await store.verify(begun.id), /good/);
		assert.equal((await erase('admin', begun.id)).status, 200);
		await assertGone(begun.id);
	});
});

describe('by the rules', () => {
	/** @type {string} */
	let id, held;

	before(async () => {
		id = await record();
		held = await record();
		assert.equal((await hold('keeper', held)).status, 200);
		assert.equal(command('retention', 'run').status, 0);
	});

	/** The moment so many seconds after the recording's days are over. */
	const at = (seconds) => new Date((Number(reviewed.sql(
		`SELECT ended_s FROM recordings WHERE id = '${id}'`)) +
		DAYS * 86400 + seconds) * 1000).toISOString().replace(/\.\d+/, '');

	test('the list says when', async () => {
		const of = async (each) => (await ask(people.admin, 'GET',
			`/api/recordings/${each}`)).json;

		assert.equal((await of(id)).delete_on, at(0));
		assert.equal((await of(held)).delete_on, null);
		const { stdout } = command('retention', 'list');

		assert.match(stdout, new RegExp(`^${id}  \\S+  ${at(0)}`, 'm'));
		assert.match(stdout, new RegExp(`^${held}  \\S+  - +hold`, 'm'));
	});

	test('a moved clock shows what is due, and changes nothing', () => {
		const dry = (time) => command('retention', 'run', '--dry-run', '--now',
			time).stdout;

		assert.doesNotMatch(dry(at(-1)), new RegExp(id));
		assert.match(dry(at(0)), new RegExp(`^${id} due$`, 'm'));
		assert.doesNotMatch(dry('2199-01-01T00:00:00Z'), new RegExp(held));
		assert.doesNotMatch(dry('1970-01-02T00:00:00Z'), / due$/m);
		for (const words of [['--now', at(0)], ['--dry-run', '--now'],
			['--dry-run', '--now', 'soon'], ['now'], ['--dry-run', 'x']])
			assert.equal(command('retention', 'run', ...words).status, 2);
		assert.ok(folderOf(id));
	});

	test('it goes when its time is over', async () => {
		const keys = secretsOf(id);

		age(id, DAYS + 1);
		age(held, DAYS + 1);
		assert.match(command('retention', 'run').stdout,
			new RegExp(`^${id} deleted\\n1 due, 1 deleted`));
		const certificate = await assertGone(id);

		assert.equal(certificate.by, 'retention');
		assert.equal(certificate.rule, `days-${DAYS}`);
		assert.deepEqual(filesWith(...keys), []);
		assert.ok(folderOf(held));
		assert.deepEqual(rows(id), [
			`recording-deletion-begun|ok|days-${DAYS}`,
			`recording-deleted|ok|days-${DAYS}`]);
	});

	test('one whose files are missing is told', () => {
		reviewed.sql(`UPDATE recordings SET hold = 0 WHERE id = '${held}'`);
		rmSync(folderOf(held), { recursive: true });
		const { status, stdout } = command('retention', 'run');

		assert.equal(status, 1);
		assert.match(stdout, new RegExp(`^${held} missing$`, 'm'));
		assert.equal(command('recording', 'certificate', held).status, 1);
		reviewed.sql('UPDATE recordings SET begun_s = 0, ended_s = 0 ' +
			`WHERE id = '${held}'`);
	});
});

describe('one person', () => {
	const NAME = 'Petra+of/the=hill';
	const TITLE = 'her+left/knee=again';
	const ADDRESS = 'petra@home.example';
	/** @type {string[]} */
	let ids;

	before(async () => {
		const petra = await portal.signIn(ADDRESS, NAME);

		assert.equal((await petra.get('/api/session')).user.name, NAME);
		people.petra = petra;
		ids = [];
		for (let i = 0; i < 2; i++)
			ids.push(await reviewed.record(ADDRESS,
				{ seconds: 2, words: ['--chat', CHAT] }));
		reviewed.sql(`UPDATE visits SET title = '${TITLE}' ` +
			`WHERE patient_email = '${ADDRESS}'`);
		assert.equal((await hold('keeper', ids[1])).status, 200);
	});

	test('gets all that there is', () => {
		const folder = join(backup, 'petra');
		const { status, stdout } = command('person', 'export', ADDRESS, folder);

		assert.equal(status, 0);
		assert.match(stdout, /^2 visits, 2 recordings exported, 0 not$/m);
		const person = JSON.parse(readFileSync(join(folder, 'person.json'),
			'utf8'));

		assert.equal(person.name, NAME);
		assert.deepEqual(person.recordings, ids);
		assert.deepEqual(person.visits.map((each) => each.title),
			[TITLE, TITLE]);
		for (const id of ids)
			assert.match(readFileSync(join(folder, 'recordings', id,
				'1-chat.jsonl'), 'utf8'), /hurts=again/);
		const rows_ = readFileSync(join(folder, 'audit.jsonl'), 'utf8').trim()
			.split('\n').map((line) => JSON.parse(line));

		assert.ok(rows_.some((row) => row.action === 'signed-in'));
		assert.ok(rows_.some((row) => row.action === 'recording-held'));
		assert.equal(command('person', 'export', ADDRESS, folder).status, 1);
	});

	test('is erased but for what is on hold, then whole', async () => {
		assert.match(command('person', 'erase', ADDRESS, '--dry-run').stdout,
			/1 recordings would be deleted, 1 on hold/);
		assert.ok(folderOf(ids[0]));
		const first = command('person', 'erase', ADDRESS);

		assert.equal(first.status, 0);
		assert.match(first.stdout, /1 on hold.*the name is kept/);
		await assertGone(ids[0]);
		assert.match(await store.verify(ids[1]), /good/);
		assert.equal((await ask(people.petra, 'GET', '/api/visits')).status,
			401);
		assert.ok(filesWith(NAME).length > 0);
		assert.equal((await release('keeper', ids[1])).status, 200);
		assert.match(command('person', 'erase', ADDRESS).stdout,
			/0 on hold, 0 failed; the name is gone/);
		await assertGone(ids[1]);
		for (const words of [NAME, TITLE, ADDRESS])
			assert.deepEqual(filesWith(words), [], words);
		assert.equal(command('person', 'erase', ADDRESS).status, 1);
		assert.equal(command('audit', 'verify').status, 0);
		delete people.petra;
	});

	test('a command that is none tells how it goes', () => {
		for (const words of [[], ['erase'], ['export', ADDRESS],
			['erase', ADDRESS, '--all'], ['show', ADDRESS]])
			assert.equal(command('person', ...words).status, 2);
		assert.equal(command('person', 'erase', 'x').status, 1);
	});
});

describe(`killed, seed ${SEED}`, () => {
	test('at random moments, and completed', async () => {
		let kills = 0;

		for (let i = 0; i < 3; i++) {
			const id = await record();
			const keys = secretsOf(id);

			age(id, DAYS + 1);
			for (let most = 4; most < 20000; most *= 1.5) {
				const program = start('retention',
					join(BUILD, 'rthealth-portal'),
					['--config', portal.conf, 'retention', 'run']);
				const ended = await Promise.race([program.exited,
					pause(next() * most)]);

				if (ended === 0)
					break;
				program.kill('SIGKILL');
				await program.exited;
				kills++;
			}
			await assertGone(id);
			assert.deepEqual(filesWith(...keys), []);
		}
		assert.ok(kills > 0);
		assert.equal(command('audit', 'verify').status, 0);
	});

	test('the portal completes it at its start', async () => {
		const id = await record();

		// As a kill right behind the beginning leaves it.
		reviewed.sql('INSERT INTO deletions(recording_id, by_whom, rule, ' +
			'begun_s, done_s, files, bytes, certificate) VALUES' +
			`('${id}', 'someone', 'by-hand', 1, 0, 4, 5, '')`);
		reviewed.sql('UPDATE recordings SET state = \'deleting\', rank = 6, ' +
			`deleted_s = 1 WHERE id = '${id}'`);
		assert.equal((await ask(people.admin, 'GET', `/api/recordings/${id}`))
			.status, 404);
		await portal.program.stop();
		const program = start('portal-again', join(BUILD, 'rthealth-portal'),
			['-c', portal.conf], { hear: () => {} });

		await until(() => /"event": ?"retention"/.test(program.text), 60000,
			'the run is over');
		assert.equal((await assertGone(id)).by, 'someone');
		for (const line of program.text.split('\n').filter((each) =>
			/"event": ?"retention"/.test(each)))
			assert.ok(!line.includes(id), 'counts only');
		await program.stop();
	});
});
