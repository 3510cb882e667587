// SPDX-License-Identifier: GPL-3.0-or-later
// The audit of a real portal: what people do is in it, whoever changes it is
// found, what is exported is proven by a verifier that shares no code with
// ours, and no kill loses a row of what was acknowledged.
//
// RTH_SEED repeats a run, RTH_KILLS says how many kills there are.
import './lib/node18.mjs';
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import {
	copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { NOT_HERE, ON_POSTGRES, sqlOf } from './lib/database.mjs';
import { secrets } from './lib/janus.mjs';
import { random } from './lib/losses.mjs';
import { inside } from './lib/netns.mjs';
import { ADMIN, CLINICIAN, Portal, URL_OF_PORTAL } from './lib/portal.mjs';
import { BUILD, ROOT, start, stopAll, until } from './lib/procs.mjs';
import { temporaryFolder } from './lib/temporary.mjs';

await inside();

const SEED = Number(process.env.RTH_SEED ?? Date.now() % 2 ** 31);
const KILLS = Number(process.env.RTH_KILLS ?? 15);
const WRITERS = 4;
const next = random(SEED);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const PATIENT = 'pat@people.example';
const NAMES = ['Doctor Quillfeather', 'Patient Marrowbone', 'Boss Tumbleweed'];
const RULES = `
review = { rules = ( { who = [ "role:admin" ]; rights = [ "administer" ];
	of = [ "all" ]; } ); };
`;

/** @type {Portal} */
let portal;
/** @type {import('./lib/portal.mjs').Account} */
let doctor;
/** @type {import('./lib/portal.mjs').Account} */
let patient;
/** @type {import('./lib/portal.mjs').Account} */
let admin;

const database = () => portal.database;
const headsPath = () => ON_POSTGRES ? join(portal.home, 'keys/audit.heads')
	: `${database()}.heads`;
const heads = () => readFileSync(headsPath(), 'utf8').trim()
	.split('\n').map((line) => JSON.parse(line));

/** Asks a database. */
function sql(text, path = database()) {
	return sqlOf(path, text);
}

/** Runs `audit WORDS`, with another configuration if wanted. */
function audit(words, conf = portal.conf) {
	return spawnSync(join(BUILD, 'rthealth-portal'),
		['--config', conf, 'audit', ...words],
		{ encoding: 'utf8', maxBuffer: 2 ** 28 });
}

/** The independent verifier, on an export. */
function secondVerifier(path, key = audit(['key']).stdout.trim()) {
	return spawnSync('python3',
		[join(ROOT, 'tests/check/audit_verify.py'), path, key],
		{ encoding: 'utf8' });
}

/** An export in a file. */
function exported(...words) {
	const path = join(temporaryFolder('export'), 'audit');
	const { status, stdout, stderr } = audit(['export', ...words]);

	assert.equal(stderr, '');
	assert.equal(status, 0);
	writeFileSync(path, stdout);
	return path;
}

async function ready() {
	await until(async () => {
		if (!portal.program.alive)
			throw new Error(`the portal ended:\n${portal.program.text}`);
		return (await fetch(`${URL_OF_PORTAL}/readyz`).catch(() => null))?.ok;
	}, 60000, 'the portal is ready');
}

async function startAgain() {
	portal.program = start('portal', join(BUILD, 'rthealth-portal'),
		['-c', portal.conf], { hear: (text) => { portal.codes += text; } });
	await ready();
}

before(async () => {
	console.log(`# RTH_SEED=${SEED}`);
	portal = await Portal.start(secrets(), undefined, RULES);
	doctor = await portal.signIn(CLINICIAN, NAMES[0]);
	patient = await portal.signIn(PATIENT, NAMES[1]);
	admin = await portal.signIn(ADMIN, NAMES[2]);
});
after(stopAll);

/** The status of a request that may be refused. */
async function ask(account, method, path, body) {
	const answer = await fetch(URL_OF_PORTAL + path, { method,
		headers: { Origin: URL_OF_PORTAL, Cookie: account.cookie,
			'X-RTH-CSRF': account.csrf,
			...(body ? { 'Content-Type': 'application/json' } : {}) },
		body: body && JSON.stringify(body) });

	await answer.arrayBuffer();
	return answer.status;
}

const later = () => new Date(Date.now() + 864e5).toISOString()
	.replace(/\.\d+/, '');

describe('what people do', () => {
	test('is there for administrators, with names', async () => {
		const visit = await doctor.makeVisit(PATIENT);

		await patient.post(`/api/visits/${visit}/join`);
		assert.equal(await ask(doctor, 'PUT', `/api/visits/${visit}`, {
			title: 'Tomorrow', patient_email: PATIENT, minutes: 30,
			start: later() }), 200);
		assert.equal(await ask(patient, 'POST', `/api/visits/${visit}/join`),
			403);
		assert.equal(await ask(patient, 'DELETE', `/api/visits/${visit}`), 404);
		await doctor.remove(`/api/visits/${visit}`);

		const { rows } = await admin.get('/api/audit?limit=200');
		const of = rows.filter((row) => row.visit === visit).reverse();

		assert.deepEqual(of.map((row) =>
			[row.action, row.subject.name, row.role, row.outcome, row.reason]), [
			['visit-made', NAMES[0], 'clinician', 'ok', null],
			['join-granted', NAMES[1], 'patient', 'ok', null],
			['visit-changed', NAMES[0], 'clinician', 'ok', null],
			['join-refused', NAMES[1], 'patient', 'refused', 'too-early'],
			['visit-cancelled', NAMES[0], 'clinician', 'ok', null],
		]);
		assert.equal(new Set(of.map((row) => row.client)).size, 1);
		assert.match(of[0].client, /^[\w-]{43}$/);
	});

	test('is there for nobody else', async () => {
		for (const account of [doctor, patient])
			assert.equal(await ask(account, 'GET', '/api/audit'), 404);
	});

	test('what was refused is there, too', async () => {
		assert.equal(await ask(patient, 'POST', '/api/visits', {}), 403);
		assert.equal(await ask({ ...doctor, cookie: doctor.cookie, csrf: 'x' },
			'POST', '/api/visits', {}), 403);
		const { rows } = await admin.get('/api/audit?action=request-refused');

		assert.deepEqual(rows.map((row) => [row.object, row.reason]), [
			['/api/visits', 'wrong-csrf'], ['/api/visits', 'not-allowed']]);
	});

	test('the portal tells what it was started with', async () => {
		const [row] = (await admin.get('/api/audit?action=portal-started')).rows;

		assert.deepEqual(Object.keys(row.data).sort(), ['after', 'audit_key',
			'configuration', 'recording_keys', 'signing_keys']);
		assert.equal(row.data.audit_key, audit(['key']).stdout.trim());
		assert.equal(row.subject.id, 'portal');
	});

	test('is paged without a gap', async () => {
		const seen = [];
		let cursor = '';

		do {
			const page = await admin.get(`/api/audit?limit=3&to=${later()}` +
				(cursor && `&cursor=${cursor}`));

			seen.push(...page.rows.map((row) => row.n));
			cursor = page.next;
		} while (cursor);
		assert.deepEqual(seen, seen.map((_, i) => seen[0] - i));
		assert.equal(seen.at(-1), 1);
	});
});

describe('beside a portal that serves', () => {
	test('the chain is good', () => {
		const { status, stdout, stderr } = audit(['verify']);

		assert.equal(stderr, '');
		assert.match(stdout, /^rows 1 to \d+ are good; 1 signed heads/);
		assert.equal(status, 0);
	});

	test('and while people write', async () => {
		const visit = await doctor.makeVisit(PATIENT);
		let writing = true;
		const written = (async () => {
			for (let i = 0; i < 60; i++)
				assert.equal(await ask(doctor, 'PUT', `/api/visits/${visit}`, {
					title: `Title ${i}`, patient_email: PATIENT, minutes: 30,
					start: later() }), 200);
		})().finally(() => { writing = false; });
		let verified = 0;

		do {
			await promisify(execFile)(join(BUILD, 'rthealth-portal'),
				['--config', portal.conf, 'audit', 'verify']);
			verified++;
		} while (writing);
		await written;
		assert.ok(verified > 0);
	});

	for (const form of [[], ['--fhir']])
		test(`an export ${form} is proven without it`, () => {
			const path = exported(...form);
			const away = join(temporaryFolder('away'), 'conf');
			const key = audit(['key']).stdout.trim();
			const rows = readFileSync(path, 'utf8').trim().split('\n');

			writeFileSync(away, readFileSync(portal.conf, 'utf8')
				.replaceAll(portal.home, '/nowhere'));
			const ours = audit(['verify', '--file', path, '--key', key], away);

			assert.equal(ours.stderr, '');
			assert.equal(ours.status, 0);
			const theirs = secondVerifier(path);

			assert.equal(theirs.stderr, '');
			assert.equal(theirs.status, 0);
			assert.equal(theirs.stdout, ours.stdout);
			assert.match(ours.stdout, /^rows 1 to \d+ are good; /);
			assert.ok(rows.length > 10);
		});

	test('both verifiers find what was changed in an export', () => {
		const plain = readFileSync(exported(), 'utf8').trim().split('\n');
		const path = join(temporaryFolder('changed'), 'audit');
		const visits = plain.findIndex((line) => line.includes('visit-made'));
		const changes = {
			'a row': plain.with?.(visits, '') ?? [...plain],
			'no row': plain.filter((_, i) => i !== visits),
			'another order': [...plain],
			'no heads': plain.filter((line) => !line.includes('"signature"')),
			'nothing': [],
			'the last head is gone': plain.slice(0, -1),
			'a head': plain.map((line, i) => i === plain.length - 1 ?
				line.replace('"time":"2', '"time":"3') : line),
		};

		changes['a row'] = plain.map((line, i) => i === visits ?
			line.replace('visit-made', 'visit-mode') : line);
		changes['another order'].splice(visits, 2, plain[visits + 1],
			plain[visits]);
		for (const [what, lines] of Object.entries(changes)) {
			writeFileSync(path, `${lines.join('\n')}\n`);
			const ours = audit(['verify', '--file', path]);
			const theirs = secondVerifier(path);

			assert.equal(ours.status, 1, what);
			assert.equal(theirs.status, 1, what);
			if (what.includes('row'))
				assert.match(ours.stderr, new RegExp(`^row ${visits + 1} `), what);
			if (what.includes('row'))
				assert.match(theirs.stderr, new RegExp(`^row ${visits + 1} `),
					what);
		}
	});

	test('both find what a resource tells besides its line', () => {
		const plain = readFileSync(exported('--fhir'), 'utf8').trim().split('\n')
			.map((line) => JSON.parse(line));
		const path = join(temporaryFolder('forged'), 'audit');
		const refused = plain.findIndex((r) => r.outcomeDesc);
		const good = plain.findIndex((r) => r.outcome === '0');
		const head = plain.length - 1;
		const forgeries = [
			[good, (r) => { r.recorded = `1999${r.recorded.slice(4)}`; }],
			[good, (r) => { r.text = { status: 'generated' }; }],
			[good, (r) => { r.agent[0].name = 'another'; }],
			[good, (r) => { r.action = ''; }],
			[refused, (r) => { r.outcomeDesc = 'another'; }],
			[refused, (r) => { delete r.outcomeDesc; }],
			[head, (r) => { r.signature[0].when = '1999-01-01T00:00:00Z'; }],
			[head, (r) => { r.signature[0].data += '='; }],
		];

		assert.ok(refused >= 0 && good >= 0);
		forgeries.forEach(([at, forge], i) => {
			const lines = structuredClone(plain);

			forge(lines[at]);
			writeFileSync(path, lines.map((r) => `${JSON.stringify(r)}\n`)
				.join(''));
			assert.equal(audit(['verify', '--file', path]).status, 1, `${i}`);
			const theirs = secondVerifier(path);

			assert.equal(theirs.status, 1, `${i}`);
			assert.match(theirs.stderr, new RegExp(`^line ${at + 1}: `));
		});
	});

	test('both refuse what JSON of ours never is', () => {
		const plain = readFileSync(exported(), 'utf8').trim().split('\n');
		const path = join(temporaryFolder('malformed'), 'audit');

		for (const value of ['9223372036854775808', '1'.repeat(5000), '1.0',
			`${'['.repeat(16)}${']'.repeat(16)}`,
			`${'['.repeat(3000)}${']'.repeat(3000)}`]) {
			const line = plain[0].replace(/^\{/, `{"a":${value},`);

			writeFileSync(path, `${[line, ...plain.slice(1)].join('\n')}\n`);
			const ours = audit(['verify', '--file', path]);
			const theirs = secondVerifier(path);

			assert.match(ours.stderr, /^line 1 /);
			assert.match(theirs.stderr, /^line 1: (?!its members)/);
			assert.equal(ours.status, 1);
			assert.equal(theirs.status, 1);
		}
	});

	test('no name and no address is in it', () => {
		const text = readFileSync(exported(), 'utf8');

		for (const word of [...NAMES, '@', '127.0.0.1', '::1'])
			assert.ok(!text.includes(word), word);
	});

	test('another key proves nothing', () => {
		const { status, stderr } = audit(['verify', '--key', 'A'.repeat(43)]);

		assert.equal(status, 1);
		assert.match(stderr, /signed by another key/);
	});
});

describe('at its end and its start', () => {
	test('the portal signs the head', async () => {
		await portal.program.stop();
		const last = heads().at(-1);

		assert.equal(String(last.n), sql('SELECT MAX(n) FROM audit'));
		assert.equal(sql(`SELECT action FROM audit WHERE n = ${last.n}`),
			'portal-stopped');
		assert.equal(statSync(headsPath()).mode & 0o777, 0o600);
		assert.equal(statSync(join(portal.home, 'keys/audit.key')).mode & 0o777,
			0o600);
		await startAgain();
		assert.equal(heads().at(-1).n, last.n + 1);
		assert.equal(audit(['verify']).status, 0);
	});
});

describe('a database that somebody changed', { skip: NOT_HERE }, () => {
	/** A copy of it all, which nobody serves. */
	function copy() {
		const home = temporaryFolder('tampered');
		const conf = join(home, 'conf');
		const path = join(home, 'rthealth.db');

		sql(`VACUUM INTO '${path}'`);
		copyFileSync(`${database()}.heads`, `${path}.heads`);
		mkdirSync(join(home, 'keys'), { mode: 0o700 });
		copyFileSync(join(portal.home, 'keys/audit.key'),
			join(home, 'keys/audit.key'));
		writeFileSync(conf, readFileSync(portal.conf, 'utf8')
			.replaceAll(portal.home, home));
		return { conf, path };
	}

	/** What somebody does to it who tidies up afterwards. */
	function tamper(change, path) {
		const triggers = sql("SELECT group_concat(sql || ';', '') FROM " +
			"sqlite_master WHERE type = 'trigger'", path);

		sql('DROP TRIGGER audit_keeps_rows; DROP TRIGGER audit_keeps_values;' +
			'DROP TRIGGER audit_head_stays; DROP TRIGGER audit_head_grows;' +
			`${change}; ${triggers}`, path);
	}

	const HEAD = 'UPDATE audit_head SET n = (SELECT MAX(n) FROM audit), ' +
		'digest = (SELECT digest FROM audit ORDER BY n DESC LIMIT 1)';
	const cases = {
		'nothing': ['', ''],
		'another person': ["UPDATE audit SET subject = 'x' WHERE n = 5", 'row 5 '],
		'another time': ['UPDATE audit SET time_ms = time_ms - 1 WHERE n = 5',
			'row 5 '],
		'a row is gone': ['DELETE FROM audit WHERE n = 5', 'row 5 is missing'],
		'rows swapped': ['UPDATE audit SET n = -5 WHERE n = 5;' +
			'UPDATE audit SET n = 5 WHERE n = 6;' +
			'UPDATE audit SET n = 6 WHERE n = -5', 'row 5 '],
		'a row is new': ['UPDATE audit SET n = -n WHERE n > 5;' +
			'UPDATE audit SET n = 1 - n WHERE n < 0; INSERT INTO audit ' +
			'SELECT 6, time_ms, subject, role, action, object, visit, outcome,' +
			' reason, client, data, digest FROM audit WHERE n = 5', 'row 6 '],
		'the tail is cut': ['DELETE FROM audit WHERE n > 8', 'row 9 is missing'],
		'and the head with it': [`DELETE FROM audit WHERE n > 8; ${HEAD}`,
			'row 9 is missing: row '],
	};

	for (const [what, [change, first]] of Object.entries(cases))
		test(`${what}: ${first || 'good'}`, () => {
			const { conf, path } = copy();

			if (change)
				tamper(change, path);
			const { status, stderr } = audit(['verify'], conf);

			assert.equal(status, first ? 1 : 0, stderr);
			assert.ok(stderr.startsWith(first), stderr);
		});

	test('that refuses nothing any more is not good', () => {
		const { conf, path } = copy();

		sql('DROP TRIGGER audit_keeps_rows', path);
		const { status, stderr } = audit(['verify'], conf);

		assert.match(stderr, /^the database no longer refuses to change/);
		assert.equal(status, 1);
	});

	test('that is empty is not good', () => {
		const { conf, path } = copy();

		tamper("DELETE FROM audit; UPDATE audit_head SET n = 0, digest = '" +
			`${'A'.repeat(43)}'`, path);
		rmSync(`${path}.heads`);
		const { status, stdout, stderr } = audit(['verify'], conf);

		assert.equal(stdout, '');
		assert.match(stderr, /^no signed head proves any row/);
		assert.equal(status, 1);
	});

	test('is told of by an export, which leaves a row', () => {
		const { conf, path } = copy();
		const last = heads().at(-1).n;

		tamper(`DELETE FROM audit WHERE n > 8; ${HEAD}`, path);
		const { status, stderr } = audit(['export'], conf);

		assert.equal(status, 1);
		assert.match(stderr, /^The audit is NOT good/);
		assert.equal(sql("SELECT n, action, subject LIKE 'uid-%' FROM audit " +
			'WHERE n > 8', path), '9|audit-exported|1\n10|audit-broken|1');
		const lines = readFileSync(`${path}.heads`, 'utf8').trim().split('\n');

		assert.equal(JSON.parse(lines.at(-1)).n, 10);
		assert.ok(last > 10);
		assert.equal(audit(['verify'], conf).status, 1);
	});

	test('an older one is found when it was brought back', async () => {
		const home = temporaryFolder('older');
		const old = join(home, 'old.db');

		await portal.program.stop();
		copyFileSync(database(), old);
		await startAgain();
		await doctor.makeVisit(PATIENT);
		await portal.program.stop();
		const newer = join(home, 'newer.db'), lines = heads().length;

		copyFileSync(database(), newer);
		copyFileSync(old, database());
		await startAgain();
		assert.match(portal.program.text, /"event":"audit-broken"/);
		assert.equal(sql("SELECT COUNT(*) FROM audit WHERE action = " +
			"'audit-broken'"), '1');
		const { status, stderr } = audit(['verify']);

		assert.equal(status, 1);
		assert.match(stderr, /^row \d+ is not the one that was signed/);
		// And with the right one all is good again.
		await portal.program.stop();
		copyFileSync(newer, database());
		for (const end of ['-wal', '-shm'])
			rmSync(database() + end, { force: true });
		writeFileSync(`${database()}.heads`, `${heads().slice(0, lines)
			.map((head) => JSON.stringify(head)).join('\n')}\n`);
		await startAgain();
		assert.equal(audit(['verify']).status, 0);
	});
});

describe(`${KILLS} kills while people write`, () => {
	/** Visits and how often each was changed: acknowledged, and tried. */
	const visits = [];

	const acknowledged = () => visits.reduce((sum, visit) =>
		sum + visit.acknowledged, 0);

	/** Changes a visit again and again until the portal is gone. */
	async function write(visit) {
		for (;;) {
			visit.tried++;
			const status = await ask(doctor, 'PUT', `/api/visits/${visit.id}`, {
				title: `Title ${visit.tried}`, patient_email: PATIENT,
				minutes: 30, start: later() }).catch(() => 0);

			if (!status)
				return;
			assert.equal(status, 200);
			visit.acknowledged++;
		}
	}

	test('lose no row, and the chain is good after each', async () => {
		for (let i = 0; i < WRITERS; i++)
			visits.push({ id: await doctor.makeVisit(PATIENT),
				tried: 0, acknowledged: 0 });
		for (let kill = 0; kill < KILLS; kill++) {
			const before = acknowledged();
			const writing = visits.map(write);

			// The moment varies from where this round's first one is told.
			await until(() => acknowledged() > before, 60000, 'a change', 5);
			await pause(next() * 300);
			portal.program.kill('SIGKILL');
			assert.equal(await portal.program.exited, 'SIGKILL');
			await Promise.all(writing);
			await startAgain();
			const { status, stderr } = audit(['verify']);

			assert.equal(stderr, '', `kill ${kill}`);
			assert.equal(status, 0);
			for (const { id, acknowledged: told, tried } of visits) {
				const rows = Number(sql(`SELECT COUNT(*) FROM audit WHERE
					visit = '${id}' AND action = 'visit-changed'`));

				assert.ok(rows >= told && rows <= tried,
					`kill ${kill}: ${rows} rows of ${told} to ${tried}`);
			}
		}
		const sum = acknowledged();

		console.log(`# ${KILLS} kills, ${sum} changes acknowledged, ` +
			`${sql('SELECT COUNT(*) FROM audit')} rows, ` +
			`${heads().length} signed heads`);
		assert.ok(sum >= KILLS);
		assert.equal(sql(`SELECT COUNT(*) FROM audit WHERE
			data LIKE '%"after":"kill"%'`), String(KILLS));
		assert.equal(secondVerifier(exported()).status, 0);
	});
});
