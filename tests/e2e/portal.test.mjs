// SPDX-License-Identifier: GPL-3.0-or-later
// The portal from outside: every request, right and wrong, malformed HTTP on
// raw sockets, slow clients, stopping, and what its log and database keep.
import './lib/node18.mjs';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync,
	writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
	NOT_HERE, ON_POSTGRES, databaseOf, newDatabase, sqlOf,
} from './lib/database.mjs';
import { BUILD, start, stopAll, until } from './lib/procs.mjs';
import { freePort } from './providers/portal.mjs';
import { Visitor } from './providers/visitor.mjs';

const DOCTOR = 'doctor@clinic.example';
const PATIENT = 'patient.one@people.example';
const NAME = 'Zebedee Quillfeather';
const EVENTS = { user: 'janus', password: 'events-secret-of-this-test' };

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Takes what the portal asks of Janus's admin API. */
async function startAdmin() {
	const asked = [];
	const server = createServer((request, response) => {
		let text = '';

		request.on('data', (data) => { text += data; });
		request.on('end', () => {
			asked.push(JSON.parse(text));
			response.end('{"janus":"success","response":{"ended":true}}');
		});
	});

	await new Promise((done) => server.listen(0, '127.0.0.1', () => done(0)));
	const { port } = /** @type {import('node:net').AddressInfo} */ (
		server.address());

	return { asked, url: `http://127.0.0.1:${port}/admin`,
		stop: () => server.close() };
}

function makeWeb(folder) {
	const web = join(folder, 'web');

	mkdirSync(join(web, 'js'), { recursive: true });
	mkdirSync(join(web, 'css/deep'), { recursive: true });
	writeFileSync(join(web, 'index.html'), '<!doctype html><title>t</title>');
	writeFileSync(join(web, 'js/main.js'), 'export {};\n');
	writeFileSync(join(web, 'css/deep/a.css'), 'a{}');
	writeFileSync(join(web, 'js/notes.txt'), 'private');
	writeFileSync(join(folder, 'outside.js'), 'secret');
	symlinkSync('../../outside.js', join(web, 'js/link.js'));
	return web;
}

/** A portal in a folder of its own. `extra` is more configuration. */
async function startPortal(extra = '', janus = '') {
	const folder = mkdtempSync(join(tmpdir(), 'rth-portal-'));
	const port = await freePort();
	const privatePort = await freePort();
	const url = `http://localhost:${port}`;
	const conf = join(folder, 'portal.conf');

	writeFileSync(conf, `
listen = { address = "127.0.0.1"; port = ${port}; };
private_listen = { address = "127.0.0.1"; port = ${privatePort}; };
public_url = "${url}";
web_root = "${makeWeb(folder)}";
database = "${newDatabase(join(folder, 'portal.db'))}";
key_dir = "${join(folder, 'keys')}";
clinic_name = "Test clinic";
trial = true;
janus = { url = "ws://localhost:1/janus"; token_auth_secret = "janus-secret-of-this-test";
	events_user = "${EVENTS.user}"; events_password = "${EVENTS.password}"; ${janus} };
code = { per_address_hour = 1000; per_client_hour = 1000; tries_client_hour = 1000; };
roles = { clinicians = [ "domain:clinic.example" ]; };
${extra}
`);
	const program = start('portal', join(BUILD, 'rthealth-portal'),
		['--config', conf, '--debug']);
	const portal = { folder, port, privatePort, url, program, log: '',
		codes: '', database: databaseOf(conf) };

	program.child.stderr?.on('data', (data) => { portal.log += data; });
	program.child.stdout?.on('data', (data) => { portal.codes += data; });
	await until(async () => {
		if (!program.alive)
			throw new Error(`the portal ended:\n${program.text}`);
		return (await fetch(`${url}/readyz`).catch(() => null))?.ok;
	}, 60000, 'the portal is ready');
	return portal;
}

async function end(portal) {
	const status = await portal.program.stop();

	rmSync(portal.folder, { recursive: true });
	return status;
}

function sql(portal, text) {
	return sqlOf(portal.database, text);
}

/** Somebody with a browser. */
class Person extends Visitor {
	constructor(portal) {
		super(portal.url);
		this.site = portal;
		this.csrf = '';
	}

	async askCode(email) {
		const seen = this.site.codes.length;
		const answer = await this.post('/auth/code', { email });

		assert.equal(answer.status, 202);
		return (await until(() => this.site.codes.slice(seen)
			.match(/^SIGN-IN CODE for \S+: (\d{6}) /m), 60000, 'a code'))[1];
	}

	async in(email, name) {
		const code = await this.askCode(email);
		const answer = await this.post('/auth/verify', { email, code, name });

		assert.equal(answer.status, 200, await answer.text());
		this.answer = answer;
		this.csrf = (await this.session()).csrf;
		return this;
	}

	/** A state-changing request as our page makes it. */
	async change(method, path, body, headers = {}) {
		const answer = await this.ask(this.portal + path, { method,
			body: body === undefined ? undefined : JSON.stringify(body),
			headers: { origin: this.portal, 'x-rth-csrf': this.csrf,
				...(body === undefined ? {} :
					{ 'content-type': 'application/json' }), ...headers } });
		const text = await answer.text();

		return { status: answer.status, text,
			json: text ? JSON.parse(text) : undefined };
	}

	async get(path) {
		const answer = await this.ask(this.portal + path);
		const text = await answer.text();

		return { status: answer.status, text, json: JSON.parse(text) };
	}
}

const inMinutes = (n) =>
	new Date(Date.now() + n * 60000).toISOString();

const visitBody = (more = {}) => ({ title: 'Follow-up', patient_email: PATIENT,
	start: inMinutes(0), minutes: 30, ...more });

async function makeVisit(doctor, more) {
	const made = await doctor.change('POST', '/api/visits', visitBody(more));

	assert.equal(made.status, 201, made.text);
	return made.json;
}

/**
 * Sends bytes, pieces one after the other; what came back until the end: until
 * it is closed, or `more` ms after as many answers as `answers` says, or `wait`
 * ms after the last piece when there were not as many. `sent` is told when all
 * was sent.
 */
function raw(port, pieces, { pause = 0, wait = 60000, answers = 1, more = 1500,
	from = '127.0.0.1', sent = () => {} } = {}) {
	return new Promise((done) => {
		const socket = connect({ port, host: '127.0.0.1', localAddress: from });
		let text = '';
		let closed = false;
		let timer = setTimeout(() => {}, 0);
		const finish = () => {
			closed = true;
			clearTimeout(timer);
			socket.destroy();
			done(text);
		};
		const finishIn = (ms) => {
			clearTimeout(timer);
			timer = setTimeout(finish, ms);
		};
		const answered = () => [...text.matchAll(
			/HTTP\/1\.[01] \d{3}[^]*?\r\n\r\n/g)].length >= answers;

		socket.on('data', (data) => {
			text += data.toString('latin1');
			if (answered())
				finishIn(more);
		});
		socket.on('error', () => { closed = true; });
		socket.on('close', finish);
		socket.on('connect', async () => {
			for (const piece of [pieces].flat()) {
				if (closed)
					return;
				socket.write(Buffer.from(piece, 'latin1'));
				await sleep(pause);
			}
			socket.write('', () => sent());
			if (!closed && !answered())
				finishIn(wait);
		});
	});
}

const statusOf = (text) => Number(text.match(/^HTTP\/1\.1 (\d{3})/)?.[1] ?? 0);

/** @type {any} */
let portal;
/** @type {any} */
let admin;
/** @type {{ doctor: Person, patient: Person, stranger: Person }} */
let people;

before(async () => {
	admin = await startAdmin();
	portal = await startPortal(`
turn = { urls = [ "turn:turn.example:3478" ]; secret = "turn-secret"; };
limits = { request_s = 2; idle_s = 5; };`,
	`admin_url = "${admin.url}"; admin_secret = "admin-secret";`);
	people = {
		doctor: await new Person(portal).in(DOCTOR, NAME),
		patient: await new Person(portal).in(PATIENT),
		stranger: await new Person(portal).in('stranger@people.example'),
	};
});

after(async () => {
	if (portal)
		await end(portal);
	admin?.stop();
	await stopAll();
});

describe('replies', () => {
	const always = {
		'x-content-type-options': /^nosniff$/,
		'cross-origin-resource-policy': /^same-origin$/,
	};
	const ofDocuments = {
		...always,
		'x-frame-options': /^DENY$/,
		'referrer-policy': /^no-referrer$/,
		'cross-origin-opener-policy': /^same-origin$/,
		'permissions-policy':
			/camera=\(self\), microphone=\(self\), display-capture=\(self\)/,
		'content-security-policy':
			/^default-src 'none'; script-src 'self';.*connect-src 'self' ws:\/\/localhost:1;.*frame-ancestors 'none'/,
	};

	for (const [path, expected] of [['/', ofDocuments],
		['/api/session', always], ['/api/visits', always],
		['/nothing', always], ['/healthz', always], ['/a//b', always]])
		test(`carry the security headers: ${path}`, async () => {
			const { headers } = await fetch(portal.url + path);

			for (const [name, value] of Object.entries(expected))
				assert.match(headers.get(name) ?? '', value, name);
			assert.doesNotMatch(headers.get('content-security-policy') ?? '',
				/unsafe/);
			assert.equal(headers.get('strict-transport-security'), null);
		});

	test('are JSON and never stored, except the files', async () => {
		const answer = await fetch(`${portal.url}/api/session`);

		assert.equal(answer.headers.get('content-type'), 'application/json');
		assert.equal(answer.headers.get('cache-control'), 'no-store');
	});

	test('/healthz and /readyz, on the private listener too', async () => {
		for (const port of [portal.port, portal.privatePort])
			for (const path of ['healthz', 'readyz'])
				assert.deepEqual(await (await fetch(
					`http://127.0.0.1:${port}/${path}`)).json(), { ok: true });
	});
});

describe('files', () => {
	const get = (path, headers = {}) => fetch(portal.url + path, { headers });

	for (const [path, type] of [['/', 'text/html; charset=utf-8'],
		['/visit/abcdefghijklmnopqrstuv', 'text/html; charset=utf-8'],
		['/js/main.js', 'text/javascript; charset=utf-8'],
		['/css/deep/a.css', 'text/css; charset=utf-8']])
		test(`${path} is ${type}`, async () => {
			const answer = await get(path);

			assert.equal(answer.status, 200);
			assert.equal(answer.headers.get('content-type'), type);
			assert.ok((await answer.text()).length > 0);
		});

	for (const path of ['/js/none.js', '/js/notes.txt', '/js/link.js', '/js/',
		'/js', '/css/deep', '/index.html', '/outside.js', '/js/..%2findex.html'])
		test(`${path} is not there`, async () => {
			assert.ok([400, 404].includes((await get(path)).status));
		});

	test('a known version is not sent again', async () => {
		const first = await get('/js/main.js');
		const etag = first.headers.get('etag') ?? '';

		assert.match(etag, /^".+"$/);
		assert.equal((await get('/js/main.js', { 'if-none-match': etag })).status,
			304);
		assert.equal((await get('/js/main.js', { 'if-none-match': '"x"' })).status,
			200);
	});

	test('HEAD has the length and no body', async () => {
		const text = await raw(portal.port, 'HEAD /js/main.js HTTP/1.1\r\n' +
			`Host: localhost:${portal.port}\r\n\r\n`, { more: 300 });

		assert.equal(statusOf(text), 200);
		assert.match(text, /Content-Length: 11\r\n/i);
		assert.ok(text.endsWith('\r\n\r\n'));
	});
});

describe('signing in by code', () => {
	test('before it, who could sign in', async () => {
		assert.deepEqual(await new Person(portal).session(), {
			signed_in: false, providers: [], email_code: true, trial: true,
			clinic: { name: 'Test clinic', logo: false,
				emergency_number: null } });
	});

	test('the cookie is for this host, secure and hidden from scripts', () => {
		const [line] = people.doctor.answer.headers.getSetCookie();

		assert.match(line, /^__Host-rth=[A-Za-z0-9_-]{43}; Path=\/; /);
		for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Lax'])
			assert.match(line, new RegExp(`; ${attribute}(;|$)`));
		assert.doesNotMatch(line, /Domain/i);
	});

	test('the database holds no cookie', async () => {
		const [line] = people.doctor.answer.headers.getSetCookie();
		const value = line.match(/=([^;]+)/)[1];

		assert.equal(sql(portal, 'SELECT COUNT(*) FROM sessions') >= 3, true);
		assert.equal(sql(portal,
			`SELECT COUNT(*) FROM sessions WHERE hash = '${value}'`), '0');
	});

	test('after it, who this is', async () => {
		const { user, csrf } = await people.doctor.session();

		assert.equal(user.name, NAME);
		assert.equal(user.email, DOCTOR);
		assert.equal(user.role, 'clinician');
		assert.match(user.id, /^[A-Za-z0-9_-]{22}$/);
		assert.match(csrf, /^[A-Za-z0-9_-]{43}$/);
		assert.equal((await people.patient.session()).user.role, 'patient');
	});

	test('a code serves once, and not with another address', async () => {
		const person = new Person(portal);
		const email = 'once@people.example';
		const code = await person.askCode(email);
		const verifyCode = (more) => person.post('/auth/verify',
			{ email, code, ...more });

		assert.equal((await verifyCode({ email: PATIENT })).status, 403);
		assert.equal((await verifyCode({})).status, 200);
		assert.equal((await verifyCode({})).status, 403);
	});

	test('after five wrong tries the right code is refused', async () => {
		const person = new Person(portal);
		const email = 'tries@people.example';
		const code = await person.askCode(email);
		const wrong = code === '000000' ? '111111' : '000000';

		for (let i = 0; i < 5; i++)
			assert.equal((await person.post('/auth/verify',
				{ email, code: wrong })).status, 403);
		assert.notEqual((await person.post('/auth/verify',
			{ email, code })).status, 200);
		assert.equal((await person.session()).signed_in, false);
	});

	test('an address is the same in any case', async () => {
		const person = await new Person(portal).in('PATIENT.one@People.Example');

		assert.equal((await person.session()).user.id,
			(await people.patient.session()).user.id);
	});

	test('signing out ends this session only', async () => {
		const one = await new Person(portal).in('out@people.example');
		const two = await new Person(portal).in('out@people.example');

		assert.equal((await one.change('POST', '/auth/sign-out')).status, 204);
		assert.deepEqual(one.cookies(), []);
		assert.equal((await two.session()).signed_in, true);
	});

	test('signing out everywhere ends all of them, and nobody else', async () => {
		const one = await new Person(portal).in('out@people.example');
		const two = await new Person(portal).in('out@people.example');

		assert.equal((await one.change('POST',
			'/auth/sign-out-everywhere')).status, 204);
		assert.equal((await two.session()).signed_in, false);
		assert.equal((await people.patient.session()).signed_in, true);
	});

	test('signing in again ends the session before', async () => {
		const person = await new Person(portal).in('again@people.example');
		const before = Number(sql(portal, 'SELECT COUNT(*) FROM sessions'));

		await person.in('again@people.example');
		assert.equal(Number(sql(portal, 'SELECT COUNT(*) FROM sessions')), before);
	});

	for (const [what, body] of Object.entries({
		'no address': {}, 'a number': { email: 5 },
		'no address at all': { email: 'nobody' },
		'a line end': { email: 'a@b.example\r\nBcc: c@d.example' },
	}))
		test(`a code for ${what} is refused or ignored`, async () => {
			const seen = portal.codes.length;
			const answer = await new Person(portal).post('/auth/code', body);

			assert.ok([202, 400].includes(answer.status));
			await sleep(100);
			assert.equal(portal.codes.length, seen);
		});
});

describe('where a request comes from', () => {
	const make = (headers, drop = []) => {
		const all = { origin: portal.url, 'x-rth-csrf': people.doctor.csrf,
			'content-type': 'application/json', ...headers };

		for (const name of drop)
			delete all[name];
		return people.doctor.ask(`${portal.url}/api/visits`, { method: 'POST',
			headers: all, body: JSON.stringify(visitBody()) });
	};
	const count = () => sql(portal, 'SELECT COUNT(*) FROM visits');

	for (const [what, code, headers, drop] of [
		['another origin', 'wrong-origin', { origin: 'http://evil.example' }],
		['a longer origin', 'wrong-origin', { origin: 'http://localhost:1.evil.example' }],
		['origin null', 'wrong-origin', { origin: 'null' }],
		['no origin', 'wrong-origin', {}, ['origin']],
		['no origin, another site', 'wrong-origin',
			{ 'sec-fetch-site': 'cross-site' }, ['origin']],
		['no CSRF token', 'wrong-csrf', {}, ['x-rth-csrf']],
		['a wrong CSRF token', 'wrong-csrf', { 'x-rth-csrf': 'x'.repeat(43) }],
		['a short CSRF token', 'wrong-csrf', { 'x-rth-csrf': 'x' }],
	])
		test(`${what}: 403 ${code}, nothing changed`, async () => {
			const had = count();
			const answer = await make(headers, drop);

			assert.equal(answer.status, 403);
			assert.equal((await answer.json()).error.code, code);
			assert.equal(count(), had);
		});

	test("somebody else's CSRF token: 403", async () => {
		const answer = await make({ 'x-rth-csrf': people.patient.csrf });

		assert.equal(answer.status, 403);
	});

	test('no origin but the same site: taken', async () => {
		assert.equal((await make({ 'sec-fetch-site': 'same-origin' },
			['origin'])).status, 201);
	});

	test('every state-changing request checks it', async () => {
		const { id } = await makeVisit(people.doctor);

		for (const [method, path] of [['POST', '/auth/sign-out'],
			['POST', '/auth/sign-out-everywhere'], ['POST', '/api/visits'],
			['PUT', `/api/visits/${id}`], ['DELETE', `/api/visits/${id}`],
			['POST', `/api/visits/${id}/join`], ['POST', '/auth/code'],
			['POST', '/auth/verify']]) {
			const evil = { origin: 'http://evil.example' };
			const answer = await people.doctor.change(method, path,
				method === 'DELETE' ? undefined : {}, evil);

			assert.equal(answer.status, 403, `${method} ${path}`);
			assert.equal(answer.json.error.code, 'wrong-origin');
		}
	});

	test('another host name: 421', async () => {
		const text = await raw(portal.port,
			'GET /api/session HTTP/1.1\r\nHost: evil.example\r\n\r\n');

		assert.equal(statusOf(text), 421);
	});

	test('a body that is no JSON: 415', async () => {
		assert.equal((await make({ 'content-type': 'text/plain' })).status, 415);
	});
});

describe('visits', () => {
	test('only a clinician makes one', async () => {
		assert.equal((await people.patient.change('POST', '/api/visits',
			visitBody())).status, 403);
		assert.equal((await new Person(portal).change('POST', '/api/visits',
			visitBody())).status, 401);
	});

	test('one as documented, for its two people', async () => {
		const visit = await makeVisit(people.doctor,
			{ start: '2026-12-01T09:30:00.000Z',
				patient_email: PATIENT.toUpperCase() }).catch(() => null) ??
			await makeVisit(people.doctor, { start: inMinutes(60) });

		assert.match(visit.id, /^[A-Za-z0-9_-]{22}$/);
		assert.equal(visit.link, `${portal.url}/visit/${visit.id}`);
		assert.equal(visit.patient_email, PATIENT);
		assert.equal(visit.clinician_name, NAME);
		assert.equal(visit.role, 'clinician');
		assert.equal(visit.status, 'scheduled');
		assert.equal(Date.parse(visit.start) - Date.parse(visit.opens), 900000);
		assert.equal(Date.parse(visit.closes) - Date.parse(visit.start),
			(30 * 60 + 3600) * 1000);
		const seen = (await people.patient.get(`/api/visits/${visit.id}`)).json;

		assert.equal(seen.role, 'patient');
		assert.equal('patient_email' in seen, false);
		assert.equal(seen.id, visit.id);
		assert.equal('room' in seen, false);
	});

	test('lists are of own visits, soonest first', async () => {
		await makeVisit(people.doctor, { start: inMinutes(300) });
		await makeVisit(people.doctor, { start: inMinutes(200) });
		const { visits } = (await people.patient.get('/api/visits')).json;
		const starts = visits.map((v) => v.start);

		assert.ok(visits.length >= 2);
		assert.deepEqual(starts, [...starts].sort());
		assert.deepEqual((await people.stranger.get('/api/visits')).json,
			{ visits: [] });
	});

	for (const [field, values] of Object.entries({
		title: ['', ' ', 5, null, '\u0000'],
		patient_email: ['', 'nobody', 5, DOCTOR, 'a@b.example, c@d.example'],
		start: ['', 'tomorrow', 5, '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z',
			'2020-01-01T00:00:00Z', '2099-01-01T00:00:00Z',
			'2026-12-01T09:30:00+01:00'],
		minutes: [0, 4, 241, -30, '30', 30.5, null, 1e18],
	}))
		test(`a wrong ${field} is refused and named`, async () => {
			for (const value of values) {
				const answer = await people.doctor.change('POST', '/api/visits',
					visitBody({ [field]: value }));

				assert.equal(answer.status, 400, `${field}: ${value}`);
				if (value !== '\u0000') {
					assert.equal(answer.json.error.code, 'bad-request');
					assert.equal(answer.json.error.field, field);
				}
			}
		});

	test('a missing, an unknown and a double field are refused', async () => {
		const { title: _, ...less } = visitBody();

		for (const body of [less, visitBody({ room: 'x' }), [], 'x', null])
			assert.equal((await people.doctor.change('POST', '/api/visits',
				body)).status, 400);
		const answer = await people.doctor.ask(`${portal.url}/api/visits`, {
			method: 'POST', body: '{"title":"a","title":"b"}', headers: {
				origin: portal.url, 'x-rth-csrf': people.doctor.csrf,
				'content-type': 'application/json' } });

		assert.equal(answer.status, 400);
	});

	test('markup and odd characters stay text, marks that hide are dropped',
		async () => {
			const title = '<img src=x onerror=alert(1)> "Ä" \u{1f600}';
			const visit = await makeVisit(people.doctor,
				{ title: `${title}\u202e\u200b\n` });

			assert.equal(visit.title, title);
		});

	test('for everybody else it is not there', async () => {
		const { id } = await makeVisit(people.doctor);
		const other = await new Person(portal).in('other@clinic.example');
		const missing = 'A'.repeat(22);

		for (const person of [people.stranger, other])
			for (const [method, suffix, body] of [['GET', ''],
				['PUT', '', visitBody()], ['DELETE', ''], ['POST', '/join', {}]]) {
				const path = (which) => `/api/visits/${which}${suffix}`;
				const ask = (which) => method === 'GET' ?
					person.get(path(which)) :
					person.change(method, path(which), body);
				const [real, none] = [await ask(id), await ask(missing)];

				assert.equal(real.status, 404, method);
				assert.deepEqual(real, none);
			}
	});

	test('its patient can neither change nor cancel it', async () => {
		const { id } = await makeVisit(people.doctor);

		assert.equal((await people.patient.change('PUT', `/api/visits/${id}`,
			visitBody())).status, 404);
		assert.equal((await people.patient.change('DELETE',
			`/api/visits/${id}`)).status, 404);
		assert.equal((await people.doctor.get(`/api/visits/${id}`)).json.status,
			'scheduled');
	});

	test('its clinician changes it; another patient gets another room',
		async () => {
			const { id } = await makeVisit(people.doctor);
			const room = () => sql(portal,
				`SELECT room FROM visits WHERE id = '${id}'`);
			const first = room();
			const same = await people.doctor.change('PUT', `/api/visits/${id}`,
				visitBody({ title: 'Longer', minutes: 60 }));

			assert.equal(same.json.title, 'Longer');
			assert.equal(same.json.minutes, 60);
			assert.equal(room(), first);
			const other = await people.doctor.change('PUT', `/api/visits/${id}`,
				visitBody({ patient_email: 'stranger@people.example' }));

			assert.equal(other.status, 200);
			assert.notEqual(room(), first);
			assert.equal((await people.patient.get(`/api/visits/${id}`)).status, 404);
			assert.equal((await people.stranger.get(`/api/visits/${id}`)).status,
				200);
			await until(() => admin.asked.some((a) => a.request.room === first),
				60000, 'the first room is ended');
		});

	test('cancelling ends the room and the joining', async () => {
		const { id } = await makeVisit(people.doctor);
		const room = sql(portal, `SELECT room FROM visits WHERE id = '${id}'`);

		assert.equal((await people.doctor.change('DELETE',
			`/api/visits/${id}`)).status, 204);
		const asked = await until(() => admin.asked.find((a) =>
			a.request.room === room), 60000, 'Janus is asked');

		assert.equal(asked.janus, 'message_plugin');
		assert.equal(asked.plugin, 'janus.plugin.rthealth');
		assert.equal(asked.admin_secret, 'admin-secret');
		assert.deepEqual(asked.request, { request: 'end', room });
		for (const person of [people.doctor, people.patient]) {
			const answer = await person.change('POST', `/api/visits/${id}/join`, {});

			assert.equal(answer.status, 403);
			assert.equal(answer.json.error.code, 'ended');
		}
		assert.equal((await people.patient.get(`/api/visits/${id}`)).json.status,
			'cancelled');
	});
});

describe('joining', () => {
	const joinAs = (person, id) =>
		person.change('POST', `/api/visits/${id}/join`);

	test('both people get what opens the room', async () => {
		const visit = await makeVisit(people.doctor);
		const { keys } = await (await fetch(
			`${portal.url}/.well-known/jwks.json`)).json();
		const rooms = [];

		for (const [person, role] of [[people.doctor, 'clinician'],
			[people.patient, 'patient']]) {
			const { status, json, text } = await joinAs(person, visit.id);

			assert.equal(status, 200, text);
			assert.equal(json.role, role);
			assert.equal(json.visit.id, visit.id);
			const [head, body, signature] = json.admission_token.split('.');
			const header = JSON.parse(Buffer.from(head, 'base64url').toString());
			const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
			const key = createPublicKey({ format: 'jwk',
				key: keys.find((k) => k.kid === header.kid) });

			assert.ok(verify('sha256', Buffer.from(`${head}.${body}`),
				{ key, dsaEncoding: 'ieee-p1363' },
				Buffer.from(signature, 'base64url')));
			assert.equal(header.typ, 'at+jwt');
			assert.equal(header.alg, 'ES256');
			assert.equal(claims.iss, portal.url);
			assert.equal(claims.aud, 'rthealth');
			assert.equal(claims.sub, (await person.session()).user.id);
			assert.ok(claims.exp - claims.iat <= 600);
			assert.equal(claims.rth.role, role);
			assert.equal(claims.rth.seat_until, Date.parse(visit.closes) / 1000);
			assert.notEqual(claims.rth.room, visit.id);
			rooms.push(claims.rth.room);
			const [user, mac] = json.janus.token.split(':');

			assert.equal(json.janus.url, 'ws://localhost:1/janus');
			assert.match(user, /^\d+,janus,janus\.plugin\.rthealth$/);
			assert.equal(mac, createHmac('sha1', 'janus-secret-of-this-test')
				.update(user).digest('base64'));
			const [ice] = json.ice_servers;

			assert.deepEqual(ice.urls, ['turn:turn.example:3478']);
			assert.equal(ice.credential, createHmac('sha1', 'turn-secret')
				.update(ice.username).digest('base64'));
		}
		assert.equal(rooms[0], rooms[1]);
	});

	test('too early says when', async () => {
		const visit = await makeVisit(people.doctor, { start: inMinutes(60) });
		const { status, json } = await joinAs(people.patient, visit.id);

		assert.equal(status, 403);
		assert.equal(json.error.code, 'too-early');
		assert.equal(json.error.opens, visit.opens);
	});

	test('too late is over', async () => {
		const visit = await makeVisit(people.doctor,
			{ start: inMinutes(-95), minutes: 30 });
		const { status, json } = await joinAs(people.patient, visit.id);

		assert.equal(status, 403);
		assert.equal(json.error.code, 'ended');
	});

	test('at the edges it is open', async () => {
		for (const start of [14, -85])
			assert.equal((await joinAs(people.patient, (await makeVisit(
				people.doctor, { start: inMinutes(start) })).id)).status, 200);
	});

	test('without signing in: 401', async () => {
		const { id } = await makeVisit(people.doctor);

		assert.equal((await joinAs(new Person(portal), id)).status, 401);
	});

	test('more than thirty a minute is too many', async () => {
		const { id } = await makeVisit(people.doctor);
		const person = await new Person(portal).in('many@people.example');
		const statuses = [];

		for (let i = 0; i < 31; i++)
			statuses.push((await joinAs(person, id)).status);
		assert.deepEqual(new Set(statuses.slice(0, 30)), new Set([404]));
		assert.equal(statuses[30], 429);
	});
});

describe('what Janus tells', () => {
	const tell = (body, { user, password } = EVENTS, port = portal.privatePort) =>
		fetch(`http://127.0.0.1:${port}/janus-events`, { method: 'POST',
			body: JSON.stringify(body), headers: {
				'content-type': 'application/json', authorization: 'Basic ' +
					Buffer.from(`${user}:${password}`).toString('base64') } });
	const event = (data) => ({ emitter: 'janus', type: 64, timestamp: 1,
		session_id: 1, handle_id: 2, event: { plugin: 'janus.plugin.rthealth',
			data } });

	test('becomes rows of the audit, with the visit found', async () => {
		const { id } = await makeVisit(people.doctor);
		const room = sql(portal, `SELECT room FROM visits WHERE id = '${id}'`);

		assert.equal((await tell(event({ event: 'joined', room,
			participant: 'p1', sub: 'someone', role: 'patient' }))).status, 204);
		assert.equal((await tell([
			{ type: 1, event: { name: 'x' } },
			event({ event: 'left', room, participant: 'p1', sub: 'someone',
				reason: 'lost' }),
		])).status, 204);
		assert.equal(sql(portal,
			`SELECT action, subject, role, object, reason FROM audit
			 WHERE visit = '${id}' AND action LIKE 'plugin:%' ORDER BY n`),
		'plugin:joined|someone|patient|p1|\nplugin:left|someone||p1|lost');
	});

	test('what is no id or code is not kept', async () => {
		await tell(event({ event: 'refused', reason: 'a name <b>' }));
		assert.equal(sql(portal, `SELECT COUNT(*) FROM audit
			WHERE reason LIKE '%<%'`), '0');
	});

	for (const [what, who] of Object.entries({
		'a wrong password': { ...EVENTS, password: 'x' },
		'another user': { ...EVENTS, user: 'x' },
		'nothing': { user: '', password: '' },
	}))
		test(`with ${what}: no answer, which Janus takes for a success`,
			async () => {
				const rows = () => sql(portal, `SELECT COUNT(*) FROM audit
					WHERE action = 'plugin:joined'`);
				const before = rows();
				await assert.rejects(tell(event({ event: 'joined' }), who));
				assert.equal(rows(), before);
				assert.equal((await tell([])).status, 204);
			});

	test('is not taken on the public listener', async () => {
		assert.equal((await tell(event({ event: 'joined' }), EVENTS,
			portal.port)).status, 404);
	});

	test('nothing else is served on the private listener', async () => {
		for (const path of ['/', '/api/session', '/js/main.js'])
			assert.equal((await fetch(
				`http://127.0.0.1:${portal.privatePort}${path}`)).status, 404);
	});
});

describe('the audit', () => {
	test('has who, what, which visit, when', async () => {
		const { id } = await makeVisit(people.doctor);
		const { user } = await people.patient.session();

		await people.patient.change('POST', `/api/visits/${id}/join`);
		assert.equal(sql(portal, `SELECT action FROM audit
			WHERE visit = '${id}' ORDER BY n`), 'visit-made\njoin-granted');
		assert.equal(sql(portal, `SELECT COUNT(*) FROM audit
			WHERE visit = '${id}' AND subject = '${user.id}'
			AND abs(time_ms - ${Date.now()}) < 60000`), '1');
	});

	for (const statement of ['DELETE FROM audit', "UPDATE audit SET action = 'x'"])
		test(`refuses ${statement}`, () => {
			assert.throws(() => sql(portal, statement), /append-only/);
		});

	test('holds no address and no name', () => {
		const text = sql(portal, 'SELECT * FROM audit');

		assert.ok(text.includes('signed-in'));
		assert.doesNotMatch(text, /@|Quillfeather/);
	});
});

describe('malformed HTTP', () => {
	const host = () => `Host: localhost:${portal.port}\r\n`;
	const post = 'POST /auth/code HTTP/1.1\r\n';
	const json = () => `${host()}Origin: ${portal.url}\r\n` +
		'Content-Type: application/json\r\n';
	const body = '{"email":"smuggled@people.example"}';
	const length = `Content-Length: ${body.length}\r\n`;
	const cases = {
		'Content-Length with Transfer-Encoding': () => post + json() + length +
			`Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${body}`,
		'Transfer-Encoding alone': () => post + json() +
			`Transfer-Encoding: chunked\r\n\r\n` +
			`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
		'an unknown Transfer-Encoding': () => post + json() +
			`Transfer-Encoding: xchunked\r\n\r\n${body}`,
		'two Content-Length': () => post + json() + length + length +
			`\r\n${body}`,
		'two different Content-Length': () => post + json() + length +
			`Content-Length: 5\r\n\r\n${body}`,
		'a Content-Length with a sign': () => post + json() +
			`Content-Length: +${body.length}\r\n\r\n${body}`,
		'a Content-Length list': () => post + json() +
			`Content-Length: ${body.length}, ${body.length}\r\n\r\n${body}`,
		'a hexadecimal Content-Length': () => post + json() +
			`Content-Length: 0x23\r\n\r\n${body}`,
		'a negative Content-Length': () => post + json() +
			'Content-Length: -1\r\n\r\n',
		'two Host': () => `GET /api/session HTTP/1.1\r\n${host()}${host()}\r\n`,
		'two Host, one of them another': () =>
			`GET /api/session HTTP/1.1\r\n${host()}Host: evil.example\r\n\r\n`,
		'no Host': () => 'GET /api/session HTTP/1.1\r\n\r\n',
		'no Host in HTTP/1.0': () => 'GET /api/session HTTP/1.0\r\n\r\n',
		'a folded line': () =>
			`GET /api/session HTTP/1.1\r\n${host()}X-A: b\r\n c\r\n\r\n`,
		'a folded Content-Length': () => post + json() +
			`Content-Length: 3\r\n 5\r\n\r\n${body}`,
		'line feeds alone': () =>
			`GET /api/session HTTP/1.1\n${host().replace('\r', '')}\n`,
		'one line feed alone': () =>
			`GET /api/session HTTP/1.1\r\n${host()}X-A: b\nX-B: c\r\n\r\n`,
		'a carriage return in a value': () =>
			`GET /api/session HTTP/1.1\r\n${host()}X-A: b\rX-B: c\r\n\r\n`,
		'space before the colon': () =>
			`GET /api/session HTTP/1.1\r\n${host()}X-A : b\r\n\r\n`,
		'a line without colon': () =>
			`GET /api/session HTTP/1.1\r\n${host()}nonsense\r\n\r\n`,
		'a NUL in a value': () =>
			`GET /api/session HTTP/1.1\r\n${host()}X-A: b\0c\r\n\r\n`,
		'a NUL in the target': () =>
			`GET /api/session\0x HTTP/1.1\r\n${host()}\r\n`,
		'%00 in the path': () => `GET /js/main.js%00 HTTP/1.1\r\n${host()}\r\n`,
		'%2e%2e in the path': () =>
			`GET /js/%2e%2e/index.html HTTP/1.1\r\n${host()}\r\n`,
		'.. in the path': () =>
			`GET /js/../index.html HTTP/1.1\r\n${host()}\r\n`,
		'. in the path': () => `GET /js/./main.js HTTP/1.1\r\n${host()}\r\n`,
		'an empty segment': () => `GET //js/main.js HTTP/1.1\r\n${host()}\r\n`,
		'a backslash': () => `GET /js\\main.js HTTP/1.1\r\n${host()}\r\n`,
		'a byte over 127': () => `GET /js/\xe9.js HTTP/1.1\r\n${host()}\r\n`,
		'a space in the target': () =>
			`GET /js/main.js x HTTP/1.1\r\n${host()}\r\n`,
		'an absolute target': () =>
			`GET http://localhost:${portal.port}/healthz HTTP/1.1\r\n${host()}\r\n`,
		'a target of *': () => `OPTIONS * HTTP/1.1\r\n${host()}\r\n`,
		'another method': () => `TRACE /healthz HTTP/1.1\r\n${host()}\r\n`,
		'a method in lower case': () => `get /healthz HTTP/1.1\r\n${host()}\r\n`,
		'a body with GET': () => `GET /healthz HTTP/1.1\r\n${host()}` +
			`Content-Type: application/json\r\n${length}\r\n${body}`,
		'two Cookie lines': () => `GET /api/session HTTP/1.1\r\n${host()}` +
			'Cookie: a=b\r\nCookie: c=d\r\n\r\n',
		'a cookie without a name': () =>
			`GET /api/session HTTP/1.1\r\n${host()}Cookie: =b\r\n\r\n`,
		'a query that decodes to a control character': () =>
			`GET /api/session?a=%0d%0a HTTP/1.1\r\n${host()}\r\n`,
		'a TLS greeting': () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
		'another version': () => `GET /healthz HTTP/3.0\r\n${host()}\r\n`,
		'no version': () => 'GET /healthz\r\n\r\n',
	};

	for (const [what, make] of Object.entries(cases))
		test(`${what} is refused`, async () => {
			const seen = portal.codes.length;
			const text = await raw(portal.port, make());
			const status = statusOf(text);

			assert.ok(status === 0 || (status >= 400 && status < 600),
				`${what}: ${text.slice(0, 200)}`);
			assert.doesNotMatch(text, /HTTP\/1\.1 [123]\d\d/, what);
			assert.equal(portal.codes.length, seen, `${what}: did nothing`);
		});

	test('two good requests on one connection are both answered', async () => {
		const one = `GET /healthz HTTP/1.1\r\n${host()}\r\n`;
		const text = await raw(portal.port, one + one,
			{ answers: 2, more: 300 });

		assert.equal(text.split('HTTP/1.1 200').length, 3);
	});

	test('afterwards it answers as before', async () => {
		assert.equal((await fetch(`${portal.url}/readyz`)).status, 200);
	});
});

describe('limits', () => {
	const host = () => `Host: localhost:${portal.port}\r\n`;

	test('a body of 16 KiB is taken, one byte more is not', async () => {
		for (const [bytes, status] of [[16384, 400], [16385, 413]]) {
			const answer = await people.doctor.ask(`${portal.url}/api/visits`, {
				method: 'POST', body: `"${'x'.repeat(bytes - 2)}"`, headers: {
					origin: portal.url, 'x-rth-csrf': people.doctor.csrf,
					'content-type': 'application/json' } });

			assert.equal(answer.status, status);
		}
	});

	test('a long target: 414', async () => {
		for (const target of [`/js/${'x'.repeat(600)}`,
			`/api/session?${'x'.repeat(2100)}`])
			assert.equal(statusOf(await raw(portal.port,
				`GET ${target} HTTP/1.1\r\n${host()}\r\n`)), 414);
	});

	test('more than 16 KiB of headers: 431', async () => {
		assert.equal(statusOf(await raw(portal.port,
			`GET /healthz HTTP/1.1\r\n${host()}X-A: ${'x'.repeat(17000)}\r\n\r\n`)),
		431);
		assert.equal(statusOf(await raw(portal.port,
			`GET /healthz HTTP/1.1\r\n${host()}X-A: ${'x'.repeat(90000)}\r\n\r\n`)),
		431);
	});

	test('15 KiB of headers are read rightly', async () => {
		assert.equal(statusOf(await raw(portal.port, [
			`GET /healthz HTTP/1.1\r\n${host()}X-A: ${'x'.repeat(7000)}`,
			`${'x'.repeat(500)}\r\nX-B: ${'y'.repeat(7500)}\r\n\r\n`],
		{ pause: 100, more: 300 })), 200);
	});

	test('more than 64 header lines: 431', async () => {
		assert.equal(statusOf(await raw(portal.port,
			`GET /healthz HTTP/1.1\r\n${host()}${'X-A: b\r\n'.repeat(64)}\r\n`)),
		431);
	});

	for (const [what, first] of [
		['headers', () => `GET /healthz HTTP/1.1\r\n${host()}X-A: `],
		['a body', () => `POST /auth/code HTTP/1.1\r\n${host()}Origin: ${
			portal.url}\r\nContent-Type: application/json\r\n` +
			'Content-Length: 1000\r\n\r\n'],
	])
		test(`a client that drips ${what} is cut`, async () => {
			const begun = Date.now();
			const text = await raw(portal.port,
				[first(), ...Array(400).fill('x')], { pause: 150, wait: 5000 });

			assert.ok(Date.now() - begun < 60000, `${Date.now() - begun} ms`);
			assert.equal(statusOf(text), 0);
		});

	test('a silent connection is closed', async () => {
		const begun = Date.now();

		await raw(portal.port, '', { wait: 65000 });
		assert.ok(Date.now() - begun < 60000);
	});

	test('one address cannot take all connections', async () => {
		const small = await startPortal(`
limits = { connections_per_address = 10; connections = 64; threads = 1; };`);
		const sockets = Array.from({ length: 30 }, () =>
			connect({ port: small.port, host: '127.0.0.1',
				localAddress: '127.0.0.9' }));
		let closed = 0;

		for (const socket of sockets) {
			socket.on('error', () => {});
			socket.on('close', () => { closed++; });
		}
		try {
			await until(() => closed >= 19, 60000, 'the rest is cut');
			const text = await raw(small.port, 'GET /healthz HTTP/1.1\r\n' +
				`Host: localhost:${small.port}\r\n\r\n`,
			{ from: '127.0.0.8', more: 300 });

			assert.equal(statusOf(text), 200);
		} finally {
			sockets.forEach((socket) => socket.destroy());
			await end(small);
		}
	});
});

describe('starting and stopping', () => {
	/** Another program keeps everybody else from writing. */
	async function lockDatabase(site) {
		const child = ON_POSTGRES
			? spawn('psql', ['-X', '-q', '-At', site.database])
			: spawn('sqlite3', [site.database]);
		let said = '';

		child.stdout.on('data', (data) => { said += data; });
		child.stdin.write(`${ON_POSTGRES ? 'BEGIN;\nLOCK TABLE rates, codes;'
			: '.timeout 2000\nBEGIN IMMEDIATE;'}\nSELECT 'locked';\n`);
		await until(() => said.includes('locked'), 60000, 'the lock');
		return () => new Promise((done) => {
			child.once('close', done);
			child.stdin.end('COMMIT;\n');
		});
	}

	/** Whether the server has read all that was sent to its port. */
	function taken(port) {
		const hex = port.toString(16).toUpperCase().padStart(4, '0');

		return readFileSync('/proc/net/tcp', 'utf8').split('\n')
			.map((line) => line.trim().split(/\s+/))
			.filter(([, local, , state]) =>
				local?.endsWith(`:${hex}`) && state === '01')
			.every((fields) => fields[4].endsWith(':00000000'));
	}

	test('SIGTERM lets a running request finish', async () => {
		const site = await startPortal();
		const unlock = await lockDatabase(site);
		const body = '{"email":"late@people.example"}';
		let begun = false;
		const answer = raw(site.port, 'POST /auth/code HTTP/1.1\r\n' +
			`Host: localhost:${site.port}\r\nOrigin: ${site.url}\r\n` +
			`Content-Type: application/json\r\nContent-Length: ${
				body.length}\r\n\r\n${body}`,
		{ sent: () => { begun = true; }, more: 0 });

		await until(() => begun && taken(site.port), 60000, 'it is read');
		const stopped = site.program.stop();

		await sleep(500);
		assert.equal(site.program.alive, true);
		await unlock();
		assert.equal(statusOf(await answer), 202);
		assert.equal(await stopped, 0);
		rmSync(site.folder, { recursive: true });
	});

	test('SIGTERM stops it whatever clients do', async () => {
		let begun = false;
		const site = await startPortal('limits = { request_s = 600; };');
		const slow = raw(site.port, 'POST /auth/code HTTP/1.1\r\n' +
			`Host: localhost:${site.port}\r\nContent-Length: 100\r\n` +
			`Origin: ${site.url}\r\nContent-Type: application/json\r\n\r\n{`,
		{ wait: 600000, sent: () => { begun = true; } });

		await until(() => begun && taken(site.port), 60000, 'it is read');
		assert.equal(await end(site), 0);
		await slow;
	});

	test('the database is whole, and closed to other users', {
		skip: NOT_HERE,
	}, () => {
		assert.equal(statSync(portal.database).mode & 0o777, 0o600);
		assert.equal(sql(portal, 'PRAGMA journal_mode'), 'wal');
		assert.equal(sql(portal, 'PRAGMA integrity_check'), 'ok');
	});

	test('keys, visits and sessions outlive a restart', async () => {
		const site = await startPortal();
		const doctor = await new Person(site).in(DOCTOR);
		const { id } = await makeVisit(doctor);
		const keys = async () => (await fetch(
			`${site.url}/.well-known/jwks.json`)).text();
		const before = await keys();

		assert.equal(await site.program.stop(), 0);
		site.program = start('again', join(BUILD, 'rthealth-portal'),
			['--config', join(site.folder, 'portal.conf')]);
		await until(async () => (await fetch(`${site.url}/readyz`)
			.catch(() => null))?.ok, 60000, 'the portal is ready again');
		assert.equal(await keys(), before);
		assert.equal((await doctor.get(`/api/visits/${id}`)).json.id, id);
		assert.equal((await doctor.change('DELETE',
			`/api/visits/${id}`)).status, 204);
		await end(site);
	});

	test('a taken port is said', async () => {
		const conf = join(portal.folder, 'portal.conf');
		const second = start('second', join(BUILD, 'rthealth-portal'),
			['--config', conf]);

		assert.equal(await second.exited, 1);
		assert.match(second.text, /cannot listen on 127\.0\.0\.1 port \d+/);
	});

	const good = { public_url: '"http://localhost:1"', web_root: '"/nowhere"',
		database: '"/nowhere/db"', key_dir: '"/nowhere/keys"', trial: 'true',
		janus: '{ url = "ws://localhost:1/"; token_auth_secret = "x"; }' };

	async function checkConfig(change) {
		const path = join(portal.folder, 'checked.conf');

		writeFileSync(path, Object.entries({ ...good, ...change })
			.filter(([, value]) => value !== null)
			.map(([key, value]) => `${key} = ${value};\n`).join(''));
		const program = start('check', join(BUILD, 'rthealth-portal'),
			['--check-config', '--config', path]);

		return [await program.exited, program.text.trim()];
	}

	test('--check-config says nothing of a good file', async () => {
		assert.deepEqual(await checkConfig({}), [0, '']);
	});

	for (const [what, change, pattern] of [
		['a missing key', { web_root: null }, /web_root/],
		['an unknown key', { webroot: '"/x"' }, /webroot/],
		['a wrong type', { trial: '"yes"' }, /trial/],
		['a number too large', { listen: '{ port = 70000; }' }, /listen\.port/],
		['a public_url with a path', { public_url: '"http://localhost/x"' },
			/public_url/],
		['plain http elsewhere', { trial: 'false', public_url: '"http://a.example"',
			smtp: '{ url = "smtp://x"; from = "a@b.example"; }' }, /public_url.*https/],
		['nobody who could sign in', { trial: 'false' }, /nobody could sign in/],
		['a role without its kind', { roles: '{ admins = [ "a@b.example" ]; }' },
			/roles\.admins/],
		['a secret given twice', { janus: '{ url = "ws://x/"; token_auth_secret = "x"; token_auth_secret_file = "/x"; }' },
			/token_auth_secret/],
		['a secret file that is missing', { janus: '{ url = "ws://x/"; token_auth_secret_file = "/nowhere"; }' },
			/token_auth_secret/],
		['an address that is a name', { listen: '{ address = "localhost"; }' },
			/listen\.address/],
	])
		test(`--check-config names ${what} in one line`, async () => {
			const [status, text] = await checkConfig(change);

			assert.equal(status, 1);
			assert.match(text, pattern);
			assert.match(text, /checked\.conf/);
			assert.equal(text.split('\n').length, 1);
		});
});

test('the log is JSON lines without any person, token or address', () => {
	const lines = portal.log.trim().split('\n');

	assert.ok(lines.length > 100);
	for (const line of lines)
		assert.equal(JSON.parse(line).program, 'rthealth-portal');
	assert.doesNotMatch(portal.log, /@|Quillfeather|eyJ|127\.0\.0\.|secret|Follow-up/);
	for (const person of Object.values(people))
		assert.equal(portal.log.includes(person.csrf), false);
	const [cookie] = people.doctor.answer.headers.getSetCookie();

	assert.equal(portal.log.includes(cookie.match(/=([^;]+)/)[1]), false);
});
