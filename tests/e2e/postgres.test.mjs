// SPDX-License-Identifier: GPL-3.0-or-later
// PostgreSQL under the portal: two portals on one database, a database that is
// gone and comes back, kills of either at random moments, and all of a database
// carried into another one and back.
//
// RTH_SEED repeats a run, RTH_KILLS says how many kills there are.
import './lib/node18.mjs';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPublicKey, randomBytes, verify as verifySignature } from 'node:crypto';
import {
	copyFileSync, mkdirSync, readFileSync, writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Postgres, dumpOf, sqlOf } from './lib/database.mjs';
import { PORTS, secrets } from './lib/janus.mjs';
import { LiveStream } from './lib/live.mjs';
import { random } from './lib/losses.mjs';
import { inside } from './lib/netns.mjs';
import {
	ADMIN, CLINICIAN, URL_OF_PORTAL, codeIn, writeConfiguration,
} from './lib/portal.mjs';
import { BUILD, start, stopAll, until } from './lib/procs.mjs';
import { temporaryFolder } from './lib/temporary.mjs';

await inside();

const SEED = Number(process.env.RTH_SEED ?? Date.now() % 2 ** 31);
const KILLS = Number(process.env.RTH_KILLS ?? 10);
const WRITERS = 3;
const PATIENT = 'pat@people.example';
const LONG_MS = 60000;
const next = random(SEED);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const keys = secrets();
/** @type {Postgres} */
let server;
/** @type {string} */
let shared;

const visit = (title) => ({ title, patient_email: PATIENT, minutes: 30,
	start: new Date().toISOString().replace(/\.\d+/, '') });

/** Writes the configuration of a portal; the n-th of several. */
function configure(database, n = 0, more = '') {
	const home = temporaryFolder(`portal${n}`);
	const path = writeConfiguration(home, keys, undefined, more);
	const text = readFileSync(path, 'utf8')
		.replace(/^database = .*$/m, `database = "${database}";`)
		.replace(`port = ${PORTS.portal};`, `port = ${PORTS.portal + 10 * n};`)
		.replace(`port = ${PORTS.events};`, `port = ${PORTS.events + 10 * n};`);

	writeFileSync(path, text);
	return path;
}

/** A portal, known by the same name as the others, as behind one proxy. */
class Site {
	/** @param {string} conf @param {number} n which of several */
	constructor(conf, n = 0) {
		this.conf = conf;
		this.port = PORTS.portal + 10 * n;
		this.eventsPort = PORTS.events + 10 * n;
		this.codes = '';
	}

	async start() {
		this.program = start('portal', join(BUILD, 'rthealth-portal'),
			['-c', this.conf], { hear: (text) => { this.codes += text; } });
		await this.ready();
		return this;
	}

	async ready() {
		await until(async () => {
			if (!this.program.alive)
				throw new Error(`the portal ended:\n${this.program.text}`);
			return (await this.ask('GET', '/readyz').catch(() => null))
				?.status === 200;
		}, LONG_MS, 'the portal is ready');
	}

	stop() {
		return this.program.stop('SIGTERM', LONG_MS);
	}

	/** One request. @returns {Promise<{ status: number, text: string,
	 *   headers: import('node:http').IncomingHttpHeaders, json: any }>} */
	ask(method, path, { who, body, headers = {}, port = this.port } = {}) {
		const data = body === undefined ? undefined : JSON.stringify(body);

		return new Promise((done, failed) => {
			const asked = request({ host: '127.0.0.1', port, method, path,
				agent: false, headers: {
					Host: new URL(URL_OF_PORTAL).host, Origin: URL_OF_PORTAL,
					...(who ? { Cookie: who.cookie,
						'X-RTH-CSRF': who.csrf } : {}),
					...(data ? { 'Content-Type': 'application/json',
						'Content-Length': Buffer.byteLength(data) } : {}),
					...headers } }, (answer) => {
				let text = '';

				answer.setEncoding('utf8');
				answer.on('data', (piece) => { text += piece; });
				answer.on('error', failed);
				answer.on('end', () => done({ status: answer.statusCode ?? 0,
					text, headers: answer.headers,
					get json() { return JSON.parse(text); } }));
			});

			asked.on('error', failed);
			asked.end(data);
		});
	}

	/** An event as Janus tells it: its status, or 0 for no answer. */
	async tell(data) {
		const secret = Buffer.from(`${keys.eventsUser}:${keys.eventsPassword}`)
			.toString('base64');
		const answer = await this.ask('POST', '/janus-events', {
			port: this.eventsPort, headers: { Authorization: `Basic ${secret}` },
			body: { emitter: 'janus', type: 64, timestamp: 1, session_id: 1,
				handle_id: 2, event: { plugin: 'janus.plugin.rthealth', data } },
		}).catch(() => null);

		return answer?.status ?? 0;
	}

	/** Asks for a code. */
	async askCode(email) {
		const { status } = await this.ask('POST', '/auth/code',
			{ body: { email } });

		assert.equal(status, 202);
		const code = await until(() => codeIn(this.codes, email), LONG_MS,
			'a code', 20);

		this.codes = '';
		return code;
	}

	/** Signs in with a code; who that is then. */
	async enter(email, code) {
		const answer = await this.ask('POST', '/auth/verify',
			{ body: { email, code, name: `Name of ${email.split('@')[0]}` } });

		assert.equal(answer.status, 200, answer.text);
		const who = { csrf: '',
			cookie: answer.headers['set-cookie']?.[0].split(';')[0] ?? '' };

		who.csrf = (await this.ask('GET', '/api/session', { who })).json.csrf;
		return who;
	}

	async signIn(email) {
		return this.enter(email, await this.askCode(email));
	}

	/** The answer to a visit that is to be made. */
	make(who, title = 'A visit') {
		return this.ask('POST', '/api/visits', { who, body: visit(title) });
	}

	async jwks() {
		return (await this.ask('GET', '/.well-known/jwks.json')).json.keys;
	}

	/** Runs a command of the program. */
	command(...words) {
		return spawnSync(join(BUILD, 'rthealth-portal'),
			['--config', this.conf, ...words], { encoding: 'utf8' });
	}

	/** The audit is good, by our own heads. */
	assertGood(note) {
		const { status, stderr } = this.command('audit', 'verify');

		assert.equal(stderr, '', note);
		assert.equal(status, 0, note);
	}
}

before(() => {
	console.log(`# RTH_SEED=${SEED}`);
	server = Postgres.start();
	shared = server.newDatabase();
});
after(stopAll);

describe('two portals on one database', () => {
	/** @type {Site} */
	let a;
	/** @type {Site} */
	let b;
	/** @type {any} */
	let doctor;

	before(async () => {
		[a, b] = await Promise.all([0, 1].map((n) => new Site(configure(shared,
			n, 'audit = { };\nurgent = { enabled = true; };\n'), n).start()));
	});
	after(() => Promise.all([a, b].map((site) => site.stop())));

	test('a code of one is good at the other, and so is the session', async () => {
		doctor = await b.enter(CLINICIAN, await a.askCode(CLINICIAN));
		const at = async (site) =>
			(await site.ask('GET', '/api/session', { who: doctor })).json;

		assert.equal((await at(a)).user.email, CLINICIAN);
		assert.deepEqual(await at(a), await at(b));
	});

	test('who listens at one hears of the other, a knock at both is one visit, and one takes a call', async () => {
		const second = await a.signIn(ADMIN), patient = await b.signIn(PATIENT);
		const boot = randomBytes(16).toString('base64url');
		const host = new URL(URL_OF_PORTAL).host;
		const put = (site, who, path, body) => site.ask('PUT', path,
			{ who, body });
		const post = (site, who, path, body = {}) => site.ask('POST', path,
			{ who, body });
		let seq = 0;
		const tell = (site, visit_, event, role, sub) => site.tell({ event, boot,
			seq: ++seq, time_ms: Date.now(), participant: `p${seq}`, role, sub,
			room: sqlOf(shared, `SELECT room FROM visits WHERE id =
				'${visit_}';`).trim() });
		const { id: sub } = (await a.ask('GET', '/api/session',
			{ who: patient })).json.user;
		const board = await LiveStream.open(`http://127.0.0.1:${a.port}`,
			doctor.cookie, host);

		assert.equal((await put(b, doctor, '/api/door', { name: 'dr-two',
			title: 'Open', open: true })).status, 200);
		await board.state('door', (s) => s.door?.open);

		const knocks = await Promise.all([a, b, a, b].map((site) =>
			post(site, patient, '/api/doors/dr-two/knock')));
		const ids = new Set(knocks.map((k) => k.json.id));

		assert.deepEqual(knocks.map((k) => k.status).sort(),
			[200, 200, 200, 201]);
		assert.equal(ids.size, 1);
		const [id] = ids;

		assert.equal(await tell(b, id, 'waiting', 'patient', sub), 204);
		await board.state('door', (s) => s.people[0]?.visit === id);
		assert.equal(await tell(a, id, 'joined', 'patient', sub), 204);
		assert.equal(await tell(b, id, 'joined', 'clinician', 'someone'), 204);
		await board.state('door', (s) => s.people.length === 0);

		for (const [site, who] of [[a, doctor], [b, second]])
			assert.equal((await put(site, who, '/api/duty',
				{ on_call: true })).status, 200);
		const calls = await Promise.all([a, b].map((site) =>
			post(site, patient, '/api/urgent')));

		assert.deepEqual(calls.map((c) => c.status).sort(), [200, 201]);
		assert.equal(calls[0].json.id, calls[1].json.id);
		await board.state('door', (s) => s.people[0]?.urgent);
		const takes = await Promise.all([[a, doctor], [b, second]].map(
			([site, who]) => post(site, who,
				`/api/urgent/${calls[0].json.id}/take`)));

		assert.deepEqual(takes.map((t) => t.status).sort(), [200, 409]);
		board.cut();
		await tell(a, id, 'stopping', 'patient', sub);
	});

	test('who is signed out at one is at the other', async () => {
		const who = await a.signIn(PATIENT);

		assert.equal((await b.ask('POST', '/auth/sign-out', { who })).status, 204);
		assert.equal((await a.ask('GET', '/api/visits', { who })).status, 401);
	});

	test('tries at a code are counted together', async () => {
		const email = 'guessed@people.example';
		const code = await a.askCode(email);
		const wrong = code === '000000' ? '000001' : '000000';
		const guess = async (site, what) => (await site.ask('POST',
			'/auth/verify', { body: { email, code: what } })).status;

		for (const site of [a, b, a, b, a])
			assert.equal(await guess(site, wrong), 403);
		assert.equal(await guess(b, code), 403);
	});

	test('each publishes the keys of both, and signs with its own', async () => {
		const [at, too] = [await a.jwks(), await b.jwks()];
		const kids = (set) => set.map((key) => key.kid).sort();
		const { id } = (await a.make(doctor)).json;

		assert.equal(at.length, 2);
		assert.deepEqual(kids(at), kids(too));
		assert.ok([...at, ...too].every((key) => !('d' in key)));
		const signers = [];

		for (const site of [a, b]) {
			const joined = await site.ask('POST', `/api/visits/${id}/join`,
				{ who: doctor });
			const [head, claims, signature] = joined.json.admission_token
				.split('.');
			const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString());

			signers.push(kid);
			for (const set of [at, too]) {
				const key = createPublicKey({ format: 'jwk',
					key: set.find((each) => each.kid === kid) });

				assert.ok(verifySignature('sha256',
					Buffer.from(`${head}.${claims}`),
					{ dsaEncoding: 'ieee-p1363', key },
					Buffer.from(signature, 'base64url')));
			}
		}
		assert.notEqual(signers[0], signers[1]);
	});

	test('both write at once: no number is missing, none is there twice',
		async () => {
			const made = await Promise.all(Array.from({ length: 60 }, (_, n) =>
				[a, b][n % 2].make(doctor, `Visit ${n}`)));

			assert.deepEqual([...new Set(made.map(({ status }) => status))], [201]);
			for (const site of [a, b])
				site.assertGood();
			assert.equal(sqlOf(shared, 'SELECT COUNT(*) - MAX(n) FROM audit;'),
				'0');
			assert.equal(sqlOf(shared, 'SELECT COUNT(*) FROM audit WHERE ' +
				'action = \'visit-made\';'), '61');
		});

	test('each knows how it ended itself', async () => {
		const ends = () => sqlOf(shared, 'SELECT object, data FROM audit WHERE ' +
			'action = \'portal-started\' ORDER BY n;').split('\n')
			.map((line) => line.split('|'))
			.map(([object, data]) => [object, JSON.parse(data).after]);
		const keyOf = (site) => site.command('audit', 'key').stdout.trim();

		a.program.kill('SIGKILL');
		await a.program.exited;
		await b.stop();
		await b.start();
		await a.start();
		assert.deepEqual(ends().slice(2),
			[[keyOf(b), 'stop'], [keyOf(a), 'kill']]);
		assert.deepEqual(ends().slice(0, 2).map(([, end]) => end),
			['nothing', 'nothing']);
	});
});

describe('a database that is gone', () => {
	/** @type {Site} */
	let site;
	/** @type {any} */
	let doctor;

	before(async () => {
		site = await new Site(configure(server.newDatabase())).start();
		doctor = await site.signIn(CLINICIAN);
		await site.make(doctor);
	});
	after(() => site.stop());

	test('is a clear 503, and pages and keys are there', async () => {
		const known = await site.jwks();

		server.kill();
		for (const [method, path, body] of [['GET', '/api/visits'],
			['GET', '/api/session'], ['POST', '/api/visits', { title: 'x' }]]) {
			const answer = await site.ask(method, path, { who: doctor, body });

			assert.equal(answer.status, 503, path);
			assert.equal(answer.json.error.code, 'busy');
			assert.match(answer.json.error.message, /try again in a minute/);
			assert.equal(answer.headers['retry-after'], '10');
		}
		assert.equal((await site.ask('GET', '/readyz')).status, 503);
		assert.equal((await site.ask('GET', '/healthz')).status, 200);
		assert.equal((await site.ask('GET', '/')).status, 200);
		assert.deepEqual(await site.jwks(), known);
	});

	test('takes no event', async () => {
		const status = await site.tell({ event: 'joined', room: 'x' });

		assert.ok(status === 0 || status >= 500, `${status}`);
	});

	test('and comes back is used again, by who was signed in', async () => {
		server.again();
		await site.ready();
		const made = await site.make(doctor, 'Afterwards');

		assert.equal(made.status, 201, made.text);
		const { visits } = (await site.ask('GET', '/api/visits',
			{ who: doctor })).json;

		assert.deepEqual(visits.map((visit) => visit.title).sort(),
			['A visit', 'Afterwards']);
		site.assertGood();
		assert.equal(site.program.alive, true);
	});
});

describe(`${KILLS} kills of portal and database while people write`, () => {
	/** @type {Site} */
	let site;
	/** @type {any} */
	let doctor;
	let database = '';
	let acknowledged = 0;
	let tried = 0;
	let refused = 0;

	before(async () => {
		database = server.newDatabase();
		site = await new Site(configure(database)).start();
		doctor = await site.signIn(CLINICIAN);
	});
	after(() => site.stop());

	/** Changes a visit until something fails. */
	async function write(id) {
		for (;;) {
			tried++;
			const answer = await site.ask('PUT', `/api/visits/${id}`, {
				who: doctor, body: visit(`Title ${tried}`) }).catch(() => null);

			if (answer?.status === 200) {
				acknowledged++;
				continue;
			}
			if (answer) {
				assert.equal(answer.status, 503, answer.text);
				refused++;
			}
			return;
		}
	}

	test('lose nothing that was acknowledged', async () => {
		const ids = [];

		for (let n = 0; n < WRITERS; n++)
			ids.push((await site.make(doctor)).json.id);
		for (let kill = 0; kill < KILLS; kill++) {
			const told = acknowledged;
			const writing = ids.map(write);

			// The moment varies from where this round's first one is told.
			await until(() => acknowledged > told, LONG_MS, 'a change', 5);
			await pause(next() * 300);
			if (kill % 2) {
				server.kill();
				await Promise.all(writing);
				server.again();
				await site.ready();
			} else {
				site.program.kill('SIGKILL');
				assert.equal(await site.program.exited, 'SIGKILL');
				await Promise.all(writing);
				await site.start();
			}
			site.assertGood(`kill ${kill}`);
			const rows = Number(sqlOf(database, 'SELECT COUNT(*) FROM audit ' +
				'WHERE action = \'visit-changed\';'));

			assert.ok(rows >= acknowledged && rows <= tried,
				`kill ${kill}: ${rows} of ${acknowledged} to ${tried}`);
		}
		console.log(`# ${KILLS} kills: ${acknowledged} changes acknowledged, ` +
			`${tried} tried, ${refused} refused`);
		assert.ok(acknowledged >= KILLS);
	});
});

describe('all of a database is carried', () => {
	/** @type {Site} */
	let site;
	/** @type {any} */
	let doctor;
	let home = '';
	/** @type {string[]} */
	let paths;
	let middle = '';

	/** Runs migrate with the configuration of `site`. */
	const migrate = (from, to, ...more) =>
		site.command('migrate', '--from', from, '--to', to, ...more);
	/** Another configuration that differs in its database. */
	function at(database) {
		const path = join(home, `portal${++at.n}.conf`);

		writeFileSync(path, readFileSync(site.conf, 'utf8')
			.replace(/^database = .*$/m, `database = "${database}";`));
		return new Site(path);
	}
	at.n = 0;

	before(async () => {
		home = temporaryFolder('carried');
		mkdirSync(join(home, 'db'));
		paths = ['one', 'two', 'three'].map((name) => join(home, 'db', name));
		middle = server.newDatabase();
		site = await new Site(configure(paths[0])).start();
		doctor = await site.signIn(CLINICIAN);
		await site.signIn(PATIENT);
		for (let n = 0; n < 5; n++)
			await site.make(doctor, `Größe "${n}" 'x' \\ $1 %s \u{1f642}`);
		// Rows that nobody makes so quickly: more than a bundle, and NULLs.
		sqlOf(paths[0], 'INSERT INTO recordings(id, visit_id, room, state, ' +
			'rank, begun_s, ended_s, parts, reason, incomplete, lost_ms, ' +
			'lost_packets) WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL ' +
			'SELECT n + 1 FROM c WHERE n < 700) SELECT \'r\' || n, NULL, ' +
			'\'room\', \'stored\', 4, n, n + 5000000000, 1, \'\', 0, 0, 0 FROM c;');
	});

	test('not from under a portal that serves', () => {
		const { status, stdout, stderr } = migrate(paths[0], middle);

		assert.equal(status, 1);
		assert.equal(stdout, '');
		assert.match(stderr, /a portal serves on one of the databases/);
		assert.match(stderr, /Nothing was carried\.\n$/);
	});

	test('to PostgreSQL and back: the same rows, the same heads', async () => {
		await site.stop();
		const there = migrate(paths[0], middle);

		assert.equal(there.status, 0, there.stderr);
		assert.match(there.stderr, /^recordings: 700 of 700$/m);
		assert.match(there.stdout, /^\d+ tables, \d+ rows$/m);
		const back = migrate(middle, paths[1]);

		assert.equal(back.status, 0, back.stderr);
		assert.equal(dumpOf(middle), dumpOf(paths[0]));
		assert.equal(dumpOf(paths[1]), dumpOf(paths[0]));
		const audits = [there, back].map(({ stdout }) =>
			/^audit: .*$/m.exec(stdout)?.[0]);

		assert.match(audits[0] ?? '', /^audit: rows 1 to \d+; [1-9]\d* signed/);
		assert.equal(audits[0], audits[1]);
		assert.equal(readFileSync(`${paths[1]}.heads`, 'utf8'),
			readFileSync(`${paths[0]}.heads`, 'utf8'));
		for (const path of [paths[0], middle, paths[1]])
			at(path).assertGood(path);
	});

	test('and a portal serves on it: who was signed in still is', async () => {
		const again = await at(middle).start();

		assert.equal((await again.ask('GET', '/api/visits', { who: doctor }))
			.json.visits.length, 5);
		assert.equal((await again.make(doctor)).status, 201);
		await again.stop();
		again.assertGood();
	});

	test('only into one in which there is nothing', () => {
		const before = dumpOf(middle);
		const { status, stderr } = migrate(paths[0], middle);

		assert.equal(status, 1);
		assert.match(stderr, /there is something in `\w+` of the other database/);
		assert.equal(dumpOf(middle), before);
	});

	test('or nothing of it, when it is killed', async () => {
		const empty = server.newDatabase();
		const conf = join(home, 'killed.conf');
		const words = ['migrate', '--from', paths[0], '--to', empty];
		const heads = join(home, 'killed.heads');

		copyFileSync(`${paths[0]}.heads`, heads);
		writeFileSync(conf, `${readFileSync(site.conf, 'utf8')}
audit = { heads = "${heads}"; };\n`);
		const program = start('migrate', join(BUILD, 'rthealth-portal'),
			['--config', conf, ...words]);

		await program.line(/^audit: /m, LONG_MS);
		program.kill('SIGKILL');
		await program.exited;
		// It may have come to its end just then.
		if (sqlOf(empty, 'SELECT n FROM audit_head;') === '0') {
			assert.equal(sqlOf(empty, 'SELECT COUNT(*) FROM users;'), '0');
			const { status, stderr } = new Site(conf).command(...words);

			assert.equal(status, 0, stderr);
		}
		assert.equal(dumpOf(empty), dumpOf(paths[0]));
	});

	test('not when somebody changed the audit, unless it is wanted', () => {
		const { status, stderr } = (() => {
			sqlOf(paths[1], 'DROP TRIGGER audit_keeps_values; ' +
				'UPDATE audit SET subject = \'x\' WHERE n = 3; ' +
				'CREATE TRIGGER audit_keeps_values BEFORE UPDATE ON audit BEGIN' +
				'  SELECT RAISE(ABORT, \'the audit is append-only\'); END;');
			return migrate(paths[1], paths[2]);
		})();

		assert.equal(status, 1);
		assert.match(stderr, /^row 3 /);
		assert.match(stderr, /The audit is NOT good; nothing was carried/);
		assert.equal(migrate(paths[1], paths[2], '--as-it-is').status, 0);
		assert.equal(dumpOf(paths[2]), dumpOf(paths[1]));
		assert.equal(at(paths[2]).command('audit', 'verify').status, 1);
	});

	test('and what somebody changes there is found', () => {
		const other = at(middle);

		sqlOf(middle, 'ALTER TABLE audit DISABLE TRIGGER USER; ' +
			'UPDATE audit SET outcome = \'refused\' WHERE n = 2; ' +
			'ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_keeps_rows; ' +
			'ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_keeps_values;');
		const { status, stderr } = other.command('audit', 'verify');

		assert.equal(status, 1);
		assert.match(stderr, /^row 2 /);
	});
});
