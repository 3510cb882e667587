// SPDX-License-Identifier: GPL-3.0-or-later
// Who gets what: every request of portal/routes.c by every role, what rules
// hide, what becomes of plays when a right goes, and the list of ten thousand
// recordings beside a model of it.
//
// RTH_SEED repeats a run.
import './lib/node18.mjs';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ON_POSTGRES, rowsOf as rowsOfTable } from './lib/database.mjs';
import { secrets } from './lib/janus.mjs';
import { random } from './lib/losses.mjs';
import { inside } from './lib/netns.mjs';
import { Portal, URL_OF_PORTAL } from './lib/portal.mjs';
import { BUILD, ROOT, start, stopAll, until } from './lib/procs.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { Reviewed, startPlay } from './lib/reviewed.mjs';

await inside();

const SEED = Number(process.env.RTH_SEED ?? Date.now() % 2 ** 31);
const next = random(SEED);
const below = (n) => Math.floor(next() * n);
const id = () => randomBytes(16).toString('base64url');

const PEOPLE = {
	patient: 'patient@people.example',
	'other patient': 'other@people.example',
	clinician: 'dr@clinic.example',
	'other clinician': 'dr.other@clinic.example',
	'scoped operator': 'scoped@clinic.example',
	operator: 'operator@clinic.example',
	admin: 'admin@clinic.example',
};
const ROLES = ['nobody', ...Object.keys(PEOPLE)];

const ROLES_CONF = `roles = {
	clinicians = [ "email:${PEOPLE.clinician}",
		"email:${PEOPLE['other clinician']}" ];
	operators = [ "email:${PEOPLE.operator}",
		"email:${PEOPLE['scoped operator']}" ];
	admins = [ "email:${PEOPLE.admin}" ];
};`;
const REVIEW_CONF = `
review = { reasons = [ "complaint" ]; rules = (
	{ who = [ "role:patient", "role:clinician" ]; rights = [ "list", "play" ];
		of = [ "own" ]; },
	{ who = [ "email:${PEOPLE['scoped operator']}" ];
		rights = [ "list", "play", "hold" ];
		of = [ "email:${PEOPLE.clinician}" ]; },
	{ who = [ "email:${PEOPLE.operator}" ]; rights = [ "list", "play" ];
		of = [ "all" ]; },
	{ who = [ "role:admin" ]; rights = [ "list", "play", "download", "hold",
		"delete", "administer" ]; of = [ "all" ]; } ); };
`;

/** @type {Portal} */
let portal;
/** @type {Reviewed} */
let reviewed;
/** @type {Record<string, import('./lib/portal.mjs').Account | undefined>} */
const accounts = {};
/** The own recording of clinician and patient, and one of the other two. */
let own = '', hidden = '', doomed = '', visit = '', hiddenVisit = '';
let plain = '';
/** What has a low priority takes long on a busy machine. */
const MADE_MS = 600000;
const FILM = { container: 'mp4', layout: 'side-by-side', burn_in: false,
	reason: 'complaint' };

/** The same portal with another configuration. */
async function restart(review) {
	if (portal.program.alive)
		await portal.program.stop();
	writeFileSync(portal.conf, plain + review);
	portal.program = start('portal', join(BUILD, 'rthealth-portal'),
		['-c', portal.conf], { hear: (text) => { portal.codes += text; } });
	await until(async () => {
		if (!portal.program.alive)
			throw new Error(`the portal ended:\n${portal.program.text}`);
		return (await fetch(`${URL_OF_PORTAL}/readyz`).catch(() => null))?.ok;
	}, 60000, 'the portal is ready');
}

/** A request of somebody's; whatever the answer is. */
async function ask(account, method, path, body, csrf = account?.csrf) {
	const answer = await fetch(URL_OF_PORTAL + path, { method,
		redirect: 'manual',
		headers: { Origin: URL_OF_PORTAL,
			...(account ? { Cookie: account.cookie } : {}),
			...(csrf ? { 'X-RTH-CSRF': csrf } : {}),
			...(body ? { 'Content-Type': 'application/json' } : {}) },
		...(body ? { body: JSON.stringify(body) } : {}) });
	const endless = answer.headers.get('content-type') === 'text/event-stream';
	const text = endless ? await answer.body.cancel().then(() => '')
		: await answer.text();
	const headers = [...answer.headers].filter(([name]) => name !== 'date');

	return { status: answer.status, text, headers,
		get json() { return JSON.parse(text); } };
}

const sql = (text) => portal.sql(text);
const rowsOf = (table) => rowsOfTable(portal.database, table);

const someVisit = (patient) => ({ title: 'A visit', minutes: 30,
	patient_email: patient,
	start: new Date().toISOString().replace(/\.\d+/, '') });

/** The own recording gets strip and outline; then no other one. */
async function makePreview() {
	const quiet = plain;

	plain = plain.replace('previews = false', 'previews = true');
	assert.notEqual(plain, quiet);
	await restart(REVIEW_CONF);
	await until(async () => (await ask(accounts.admin, 'GET',
		`/api/recordings/${own}`)).json.preview, MADE_MS, 'a preview');
	plain = quiet;
	await restart(REVIEW_CONF);
}

before(async () => {
	const keys = secrets();
	const recorder = await startRecorder();

	portal = await Portal.start(keys, recorder);
	plain = readFileSync(portal.conf, 'utf8')
		.replace(/roles = \{[^}]*\};/, ROLES_CONF);
	await restart(REVIEW_CONF);
	for (const [role, email] of Object.entries(PEOPLE))
		accounts[role] = await portal.signIn(email, `The ${role}`);
	reviewed = new Reviewed(portal, keys, recorder, accounts.clinician);
	own = await reviewed.record(PEOPLE.patient,
		{ seconds: 2, words: ['--chat', 'Hello'] });
	doomed = await reviewed.record(PEOPLE.patient, { seconds: 1 });
	reviewed.clinician = accounts['other clinician'];
	hidden = await reviewed.record(PEOPLE['other patient'], { seconds: 1 });
	await makePreview();
	[visit, hiddenVisit] = [own, hidden].map((each) => reviewed.sql(
		`SELECT visit_id FROM recordings WHERE id = '${each}'`));
});
after(stopAll);

// ---- Every request by every role ----

const all = (status) => ROLES.map(() => status);
/** Nobody gets 401, those named the one, everybody else the other. */
const only = (names, yes, no = 404) => ROLES.map((role) =>
	role === 'nobody' ? 401 : names.includes(role) ? yes : no);
const signedIn = (status) => only(ROLES, status);
const STAFF = ['clinician', 'other clinician', 'admin'];
/** What clinicians get, and the one of the visit; others are refused. */
const staff = (others, own) => ROLES.map((role) => role === 'nobody' ? 401
	: role === 'clinician' ? own : STAFF.includes(role) ? others : 403);
const TWO = ['patient', 'clinician'];
const PLAYERS = [...TWO, 'scoped operator', 'operator', 'admin'];

/** A file of the web client in that folder. */
const webFile = (folder) => {
	const text = readFileSync(join(ROOT, 'web/index.html'), 'utf8');

	return `/${folder}/${text.match(new RegExp(`${folder}/([\\w./-]+)`))[1]}`;
};

/** A session of its own, for what ends it. */
const again = async (role) => role === 'nobody' ? undefined
	: portal.signIn(PEOPLE[role], `The ${role}`);

/**
 * What is asked, and what each of ROLES gets. `path` and `as` may be functions
 * of the role.
 *
 * @type {Record<string, { path: any, body?: object, status: number[],
 *   as?: (role: string) => Promise<any> }>}
 */
const MATRIX = {
	'GET /': { path: '/', status: all(200) },
	'GET /visit/:id': { path: () => `/visit/${visit}`, status: all(200) },
	'GET /review': { path: '/review', status: all(200) },
	'GET /review/:id': { path: () => `/review/${own}`, status: all(200) },
	'GET /audit': { path: '/audit', status: all(200) },
	'GET /css/*': { path: () => webFile('css'), status: all(200) },
	'GET /js/*': { path: () => webFile('js'), status: all(200) },
	'GET /lang/*': { path: '/lang/en.json', status: all(200) },
	'GET /img/*': { path: () => webFile('img'), status: all(200) },
	'GET /.well-known/jwks.json': { path: '/.well-known/jwks.json',
		status: all(200) },
	'GET /healthz': { path: '/healthz', status: all(200) },
	'GET /readyz': { path: '/readyz', status: all(200) },
	'GET /api/session': { path: '/api/session', status: all(200) },
	'GET /auth/start/:provider': { path: '/auth/start/none',
		status: all(404) },
	'GET /auth/callback/:provider': { path: '/auth/callback/none',
		status: all(404) },
	'POST /auth/code': { path: '/auth/code',
		body: { email: 'new@people.example' }, status: all(202) },
	'POST /auth/verify': { path: '/auth/verify',
		body: { email: 'never@people.example', code: '000000' },
		status: all(403) },
	'POST /auth/sign-out': { path: '/auth/sign-out', as: again,
		status: signedIn(204) },
	'POST /auth/sign-out-everywhere': { path: '/auth/sign-out-everywhere',
		as: async (role) => role === 'nobody' ? undefined
			: portal.signIn(`leaver.${role.replace(' ', '.')}@people.example`,
				'Leaver'), status: signedIn(204) },

	'GET /api/visits': { path: '/api/visits', status: signedIn(200) },
	'POST /api/visits': { path: '/api/visits',
		body: someVisit('third@people.example'),
		status: only(['clinician', 'other clinician', 'admin'], 201, 403) },
	'GET /api/visits/:id': { path: () => `/api/visits/${visit}`,
		status: only(TWO, 200) },
	'PUT /api/visits/:id': { path: () => `/api/visits/${visit}`,
		body: someVisit(PEOPLE.patient), status: only(['clinician'], 200) },
	'GET /api/visits/:id/quality': {
		path: () => `/api/visits/${visit}/quality`,
		status: only(['clinician'], 200) },
	'POST /api/visits/:id/join': { path: () => `/api/visits/${visit}/join`,
		body: {}, status: only(TWO, 200) },
	'POST /api/visits/:id/note': { path: () => `/api/visits/${visit}/note`,
		body: { text: 'Nobody waits.' }, status: staff(404, 404) },
	'POST /api/visits/:id/decline': {
		path: () => `/api/visits/${visit}/decline`,
		body: { reason: 'other' }, status: staff(404, 404) },
	'GET /d/:name': { path: '/d/dr', status: all(200) },
	'GET /brand.css': { path: '/brand.css', status: all(200) },
	'GET /brand/logo': { path: '/brand/logo', status: all(404) },
	// The first who may has the name.
	'PUT /api/door': { path: '/api/door', body: { name: 'dr-open',
		title: 'Open', open: true }, status: ROLES.map((role) =>
		role === 'nobody' ? 401 : role === 'clinician' ? 200
			: STAFF.includes(role) ? 409 : 403) },
	'GET /api/door': { path: '/api/door', status: staff(200, 200) },
	'GET /api/doors/:name': { path: '/api/doors/dr-open',
		status: signedIn(200) },
	'POST /api/doors/:name/knock': { path: '/api/doors/dr-open/knock',
		body: {}, status: ROLES.map((role) => role === 'nobody' ? 401
			: role === 'clinician' ? 409 : 201) },
	// It is not enabled in this configuration.
	'POST /api/urgent': { path: '/api/urgent', body: {},
		status: signedIn(403) },
	'PUT /api/duty': { path: '/api/duty', body: { on_call: true },
		status: staff(200, 200) },
	'POST /api/urgent/:id/take': { path: () => `/api/urgent/${visit}/take`,
		body: {}, status: staff(404, 404) },
	'POST /api/check': { path: '/api/check', body: {}, status: signedIn(200) },
	'GET /api/live': { path: '/api/live', status: signedIn(200) },
	'DELETE /api/visits/:id': { path: () => `/api/visits/${visit}`,
		status: only(['clinician'], 204) },

	'GET /api/recordings': { path: '/api/recordings', status: signedIn(200) },
	'GET /api/recordings/:id': { path: () => `/api/recordings/${own}`,
		status: only(PLAYERS, 200) },
	'POST /api/recordings/:id/play': {
		path: () => `/api/recordings/${own}/play`,
		body: { reason: 'complaint' }, status: only(PLAYERS, 201) },
	'PUT /api/recordings/:id/hold': {
		path: () => `/api/recordings/${own}/hold`, body: { reason: 'A claim' },
		status: only(['scoped operator', 'admin'], 200) },
	'DELETE /api/recordings/:id/hold': {
		path: () => `/api/recordings/${own}/hold`,
		status: only(['scoped operator', 'admin'], 200) },
	'DELETE /api/recordings/:id': { path: () => `/api/recordings/${doomed}`,
		status: only(['admin'], 200) },

	// The operator's play: nobody else's, whatever else they may.
	'GET /api/plays/:play': { path: () => `/api/plays/${play.id}`,
		status: only(['operator'], 200) },
	'GET /api/plays/:play/:file': { path: () => play.lanes[0].segments[0].src,
		status: only(['operator'], 200) },
	'POST /api/plays/:play/watched': {
		path: () => `/api/plays/${play.id}/watched`,
		body: { ranges_ms: [[0, 500]] }, status: only(['operator'], 204) },

	'GET /api/recordings/:id/strip': {
		path: () => `/api/recordings/${own}/strip`,
		status: only(PLAYERS, 200) },
	'GET /api/recordings/:id/outline': {
		path: () => `/api/recordings/${own}/outline`,
		status: only(PLAYERS, 200) },
	'GET /api/recordings/:id/files': {
		path: () => `/api/recordings/${own}/files`,
		status: only(['admin'], 200) },
	'GET /api/recordings/:id/files/:file': {
		path: () => `/api/recordings/${own}/files/1-chat.jsonl`,
		status: only(['admin'], 200) },
	'POST /api/recordings/:id/films': {
		path: () => `/api/recordings/${own}/films`, body: FILM,
		status: only(['admin'], 202) },
	'GET /api/recordings/:id/films': {
		path: () => `/api/recordings/${own}/films`,
		status: only(['admin'], 200) },
	'GET /api/films/:film': { path: () => `/api/films/${film}`,
		status: only(['admin'], 200) },
	'GET /api/films/:film/file': { path: () => `/api/films/${film}/file`,
		status: only(['admin'], 200) },
	'DELETE /api/films/:film': { path: () => `/api/films/${film}`,
		status: only(['admin'], 204) },

	'GET /api/audit': { path: '/api/audit', status: only(['admin'], 200) },
};

/** @type {any} */
let play;
let film = '';

/** "METHOD pattern" of a table of portal/routes.c. */
function routesOf(table) {
	const text = readFileSync(join(ROOT, 'portal/routes.c'), 'utf8');
	const rows = text.split(`${table}[] = {`)[1].split('.pattern = NULL')[0];

	return [...rows.matchAll(/\{RTH_(GET|POST|PUT|DELETE),\s*"([^"]+)"/g)]
		.map(([, method, pattern]) => `${method} ${pattern}`);
}

describe('every request by every role', () => {
	before(async () => {
		play = await startPlay(accounts.operator, own);
		film = (await ask(accounts.admin, 'POST',
			`/api/recordings/${own}/films`, FILM)).json.id;
		await until(async () => (await ask(accounts.admin, 'GET',
			`/api/films/${film}`)).json.state === 'done', MADE_MS, 'a film');
	});

	test('no request is missing here', () => {
		const routes = routesOf('rth_routes_public');

		assert.ok(routes.length > 30);
		assert.deepEqual(Object.keys(MATRIX).sort(), routes.sort());
	});

	for (const [route, { path, body, status, as }] of Object.entries(MATRIX))
		test(route, async () => {
			const [method] = route.split(' ');
			const got = [];

			for (const role of ROLES) {
				const account = as ? await as(role) : accounts[role];
				const answer = await ask(account, method,
					typeof path === 'function' ? path(role) : path, body);

				got.push(answer.status);
			}
			assert.deepEqual(
				Object.fromEntries(ROLES.map((role, i) => [role, got[i]])),
				Object.fromEntries(ROLES.map((role, i) => [role, status[i]])));
		});

	test('nothing changes without the header against forgery', async () => {
		const changing = Object.entries(MATRIX).filter(([route]) =>
			!route.startsWith('GET') && !/auth\/(code|verify)/.test(route));

		assert.ok(changing.length > 10);
		for (const [route, { path, body }] of changing)
			for (const csrf of ['', accounts.operator.csrf]) {
				const answer = await ask(accounts.admin, route.split(' ')[0],
					typeof path === 'function' ? path('admin') : path,
					body ?? {}, csrf);

				assert.equal(answer.status, 403, route);
				assert.equal(answer.json.error.code, 'wrong-csrf', route);
			}
	});

	test('what Janus tells is told elsewhere', async () => {
		for (const route of routesOf('rth_routes_private')) {
			const [method, path] = route.split(' ');

			if (routesOf('rth_routes_public').includes(route))
				continue;
			for (const role of ROLES)
				assert.equal((await ask(accounts[role], method, path, {}))
					.status, 404, `${route} ${role}`);
		}
	});
});

// ---- No trace ----

test('what one may not see is as what does not exist', async () => {
	const paths = [['GET', ''], ['POST', '/play', { reason: 'complaint' }],
		['POST', '/play', { reason: '' }], ['PUT', '/hold', { reason: 'x' }],
		['DELETE', '/hold'], ['DELETE', '']];

	for (const role of ['patient', 'clinician', 'scoped operator'])
		for (const [method, end, body] of /** @type {any[]} */ (paths)) {
			const answers = [];

			for (const recording of [hidden, id(), doomed, 'x'.repeat(21),
				'..%2f', `${hidden}x`])
				answers.push(await ask(accounts[role], method,
					`/api/recordings/${recording}${end}`, body));
			const [first, second, third, ...malformed] = answers;

			assert.equal(first.status, 404, `${role} ${method} ${end}`);
			assert.deepEqual([first.text, first.headers],
				[second.text, second.headers]);
			assert.deepEqual([first.text, first.headers],
				[third.text, third.headers]);
			for (const answer of malformed)
				assert.ok([400, 404].includes(answer.status));
		}
	for (const filter of [`clinician=${accountId('other clinician')}`,
		`patient=${accountId('other patient')}`])
		assert.deepEqual((await ask(accounts.clinician, 'GET',
			`/api/recordings?${filter}`)).json, { recordings: [], next: null });
});

function accountId(role) {
	return sql(`SELECT id FROM users WHERE email = '${PEOPLE[role]}';`).trim();
}

test('nobody learns of the other visit by its recording', async () => {
	for (const role of ROLES.slice(1)) {
		const { text } = await ask(accounts[role], 'GET', '/api/recordings');
		const may = ['other patient', 'other clinician', 'operator', 'admin']
			.includes(role);

		assert.equal(text.includes(hidden), may, role);
		assert.equal(text.includes(hiddenVisit), may, role);
	}
});

// ---- Rights that go ----

const srcOf = (made) => made.lanes.find((lane) => lane.segments.length)
	.segments[0].src;

/** What a play of theirs answers. */
async function statusesOf(account, made) {
	const watched = { ranges_ms: [[0, 1]] };

	return [
		(await ask(account, 'GET', `/api/plays/${made.id}`)).status,
		(await ask(account, 'GET', srcOf(made))).status,
		(await ask(account, 'GET', made.chat[0])).status,
		(await ask(account, 'POST', `/api/plays/${made.id}/watched`, watched))
			.status,
	];
}

describe('a play ends', () => {
	test('with its session', async () => {
		const [first, second] = [await again('operator'), await again('operator')];
		const [one, two] = [await startPlay(first, own),
			await startPlay(second, own)];

		assert.deepEqual(await statusesOf(first, one), [200, 200, 200, 204]);
		assert.deepEqual(await statusesOf(second, one), [404, 404, 404, 404]);
		assert.equal((await ask(first, 'POST', '/auth/sign-out')).status, 204);
		assert.deepEqual(await statusesOf(first, one), [401, 401, 401, 401]);
		assert.deepEqual(await statusesOf(second, one), [404, 404, 404, 404]);
		assert.deepEqual(await statusesOf(second, two), [200, 200, 200, 204]);
		assert.equal(sql(`SELECT COUNT(*) FROM plays WHERE id = '${one.id}';`)
			.trim(), '0');
	});

	test('with signing out everywhere', async () => {
		const [first, second] = [await again('operator'), await again('operator')];
		const made = await startPlay(first, own);

		assert.equal((await ask(second, 'POST',
			'/auth/sign-out-everywhere')).status, 204);
		assert.deepEqual(await statusesOf(first, made), [401, 401, 401, 401]);
		accounts.operator = await again('operator');
	});

	test('with the right, in a new configuration', async () => {
		const roles = ['clinician', 'patient', 'operator', 'scoped operator'];
		const made = [];

		for (const role of roles)
			made.push(await startPlay(accounts[role], own));
		// What holds without rules: operators and administrators.
		await restart('');
		const good = [200, 200, 200, 204], gone = [404, 404, 404, 404];

		for (const [i, role] of roles.entries())
			assert.deepEqual(await statusesOf(accounts[role], made[i]),
				role.endsWith('operator') ? good : gone, role);
		for (const role of ['clinician', 'patient'])
			for (const path of ['', `/${own}`])
				assert.equal((await ask(accounts[role], 'GET',
					`/api/recordings${path}`)).status, 404);
		await restart('review = { rules = ( ); };');
		for (const [i, role] of roles.entries())
			assert.deepEqual(await statusesOf(accounts[role], made[i]), gone);
		assert.equal((await ask(accounts.admin, 'GET', '/api/recordings'))
			.status, 404);
		assert.equal((await ask(accounts.admin, 'GET', '/api/audit')).status,
			404);
		await restart(REVIEW_CONF);
		for (const [i, role] of roles.entries())
			assert.deepEqual(await statusesOf(accounts[role], made[i]), good);
	});
});

test('each look is in the audit, without anybody\'s words', async () => {
	const words = 'Because Ms Zebedee asked for it';
	const made = (await ask(accounts.operator, 'POST',
		`/api/recordings/${own}/play`, { reason: words })).json;

	await ask(accounts.operator, 'POST', `/api/plays/${made.id}/watched`,
		{ ranges_ms: [[0, 400], [400, 700]] });
	const rows = rowsOf('audit').filter(({ data }) => data?.includes(made.id));

	assert.deepEqual(rows.map(({ action, object, reason, data }) =>
		({ action, object, reason, ranges: JSON.parse(data).ranges_ms })), [
		{ action: 'play', object: own, reason: 'free-text', ranges: undefined },
		{ action: 'watched', object: own, reason: null, ranges: [[0, 700]] },
	]);
	assert.ok(rows.every(({ subject, role, visit: of }) => role === 'operator'
		&& subject === accountId('operator') && of === visit));
	assert.ok(!JSON.stringify(rowsOf('audit')).includes('Zebedee'));
	assert.equal(sql(`SELECT reason FROM plays WHERE id = '${made.id}';`)
		.trim(), words);
});

// ---- Ten thousand recordings ----

const COUNT = ON_POSTGRES ? 2000 : 10000;
const STATES = ['asked', 'running', 'paused', 'declined', 'refused', 'finished',
	'stored', 'stored', 'stored', 'lost', 'interrupted', 'deleted'];
const NOW_S = 1790000000;
const DAY_S = 86400;
const quoted = (value) => value === null ? 'NULL' : typeof value === 'number'
	? value : `'${value}'`;
const insert = (table, values) => `INSERT INTO ${table}(${Object.keys(values)
}) VALUES(${Object.values(values).map(quoted)});`;

/** People, visits and recordings straight into the database. */
function generate() {
	const clinicians = [accountId('clinician'), accountId('other clinician')];
	const patients = Object.values(PEOPLE).slice(0, 2);
	const lines = ['BEGIN;'];

	for (let i = 0; i < 8; i++) {
		clinicians.push(id());
		lines.push(insert('users', { id: clinicians.at(-1), name: `Dr. ${i}`,
			email: `dr${i}@${i % 2 ? 'partner' : 'clinic'}.example`, made_s: 1 }));
	}
	for (let i = 0; i < 40; i++) {
		patients.push(`patient${i}@people.example`);
		// Some have never signed in.
		if (i % 3)
			lines.push(insert('users', { id: id(), name: `Patient ${i}`,
				email: patients.at(-1), made_s: 1 }));
	}
	for (let i = 0; i < COUNT; i++)
		lines.push(...generated(clinicians, patients));
	sql([...lines, 'COMMIT;'].join('\n'));
}

function generated(clinicians, patients) {
	const state = STATES[below(STATES.length)];
	const ends = !['asked', 'running', 'paused', 'declined', 'refused']
		.includes(state);
	const begun = below(20) ? NOW_S - below(300) * DAY_S / 4 : 0;
	const of = below(15) ? id() : null;
	const room = id();

	return [
		...(of ? [insert('visits', { id: of, room, title: 'A visit',
			clinician_id: clinicians[below(clinicians.length)],
			patient_email: patients[below(patients.length)], start_s: NOW_S,
			minutes: 30, cancelled: 0, made_s: 1 })] : []),
		insert('recordings', { id: id(), visit_id: of, room, state, rank: 4,
			begun_s: begun, ended_s: ends && begun ? begun + below(90) * 60 : 0,
			parts: 1, reason: '', incomplete: below(3) ? 0 : 1, lost_ms: 0,
			lost_packets: 0, hold: below(10) ? 0 : 1,
			deleted_s: state === 'deleted' ? 1 : 0 }),
	];
}

const SHOWN = { running: 'running', paused: 'running', lost: 'lost',
	interrupted: 'interrupted' };

/** What the list should say of each row, from the bare tables. */
function model() {
	const users = rowsOf('users');
	const visits = new Map(rowsOf('visits').map((each) => [each.id, each]));
	const byId = new Map(users.map((each) => [each.id, each]));
	const byEmail = new Map(users.map((each) => [each.email, each]));

	return rowsOf('recordings').filter((row) => row.begun_s
		&& (SHOWN[row.state] || ['stored', 'finished'].includes(row.state)))
		.map((row) => {
			const of = visits.get(row.visit_id);

			return { id: row.id, begun: row.begun_s, hold: row.hold === 1,
				seconds: row.ended_s ? row.ended_s - row.begun_s : null,
				state: SHOWN[row.state]
					?? (row.incomplete ? 'incomplete' : 'finished'),
				clinician: of ? byId.get(of.clinician_id) : null,
				patientEmail: of?.patient_email ?? null,
				patient: of ? byEmail.get(of.patient_email) ?? null : null };
		});
}

/** Whose of them somebody may list, as REVIEW_CONF says it. */
const SCOPES = {
	admin: () => true,
	operator: () => true,
	'scoped operator': (row) => row.clinician?.email === PEOPLE.clinician,
	clinician: (row) => row.clinician?.email === PEOPLE.clinician
		|| row.patientEmail === PEOPLE.clinician,
	patient: (row) => row.patientEmail === PEOPLE.patient,
};

const LESS = {
	begun: (a, b) => a.begun - b.begun || (a.id < b.id ? -1 : 1),
	seconds: (a, b) => (a.seconds ?? -1) - (b.seconds ?? -1)
		|| (a.id < b.id ? -1 : 1),
};

const FILTERS = {
	from: (row, value) => row.begun >= Date.parse(value) / 1000,
	to: (row, value) => row.begun < Date.parse(value) / 1000,
	clinician: (row, value) => row.clinician?.id === value,
	patient: (row, value) => row.patient?.id === value,
	state: (row, value) => row.state === value,
	hold: (row) => row.hold,
	min_seconds: (row, value) => row.seconds !== null
		&& row.seconds >= Number(value),
	max_seconds: (row, value) => row.seconds !== null
		&& row.seconds <= Number(value),
};

function expected(rows, role, filter) {
	const sort = filter.sort ?? '-begun';
	const less = LESS[sort.replace('-', '')];

	return rows.filter(SCOPES[role]).filter((row) => Object.entries(filter)
		.every(([name, value]) => FILTERS[name]?.(row, value) ?? true))
		.sort((a, b) => sort[0] === '-' ? less(b, a) : less(a, b));
}

const timeOf = (s) => new Date(s * 1000).toISOString().replace('.000', '');

function drawFilter(rows) {
	const some = rows[below(rows.length)];
	const choices = {
		from: timeOf(NOW_S - below(80) * DAY_S),
		to: timeOf(NOW_S - below(80) * DAY_S),
		clinician: some.clinician?.id ?? id(),
		patient: some.patient?.id ?? id(),
		state: ['running', 'finished', 'incomplete', 'interrupted',
			'lost'][below(5)],
		hold: 'true',
		min_seconds: String(below(90) * 60),
		max_seconds: String(below(90) * 60),
	};
	const filter = Object.fromEntries(Object.entries(choices)
		.filter(() => below(4) === 0));

	return { ...filter, ...(below(3) ? { sort: ['begun', '-begun', 'seconds',
		'-seconds'][below(4)] } : {}), limit: String(100 + below(101)) };
}

/** All pages of a question. */
async function walk(account, filter) {
	const found = [];
	let cursor = null;

	do {
		const query = new URLSearchParams({ ...filter,
			...(cursor ? { cursor } : {}) });
		const answer = await ask(account, 'GET', `/api/recordings?${query}`);

		assert.equal(answer.status, 200, answer.text);
		const { recordings, next: more } = answer.json;

		assert.ok(more === null || recordings.length === Number(filter.limit));
		found.push(...recordings);
		cursor = more;
	} while (cursor);
	return found;
}

describe(`ten thousand recordings (RTH_SEED=${SEED})`, () => {
	/** @type {ReturnType<typeof model>} */
	let rows;

	before(() => {
		generate();
		rows = model();
	});

	test('are found as a plain filter finds them', async () => {
		let some = 0;

		assert.ok(rows.length > COUNT / 2);
		for (let round = 0; round < 60; round++) {
			const role = Object.keys(SCOPES)[round % 5];
			const filter = round < 5 ? { limit: '200' } : drawFilter(rows);
			const want = expected(rows, role, filter);
			const found = await walk(accounts[role], filter);
			const said = `${role} ${JSON.stringify(filter)}`;

			assert.deepEqual(found.map((each) => each.id),
				want.map((each) => each.id), said);
			some += want.length > 0 ? 1 : 0;
			for (const [i, each] of found.entries())
				assert.deepEqual([each.begun, each.seconds, each.state,
					each.hold, each.clinician?.id, each.patient?.id],
				[timeOf(want[i].begun), want[i].seconds, want[i].state,
					want[i].hold, want[i].clinician?.id,
					each.patient ? want[i].patient?.id ?? null : undefined],
				said);
		}
		// Most questions have an answer.
		assert.ok(some > 20, `${some}`);
	});

	test('a cursor that was tampered with opens nothing', async () => {
		const account = accounts.clinician;
		const mine = new Set(expected(rows, 'clinician', {})
			.map((each) => each.id));
		const { next: good } = (await ask(account, 'GET',
			'/api/recordings?limit=20')).json;
		const { next: other } = (await ask(accounts.admin, 'GET',
			'/api/recordings?limit=20')).json;
		const letters = 'AZaz09-_.!%\u0000é\'"';
		const wrong = { 200: 0, 400: 0 };

		for (let round = 0; round < 300; round++) {
			let cursor = round % 3 ? good : other;

			for (let changes = below(4); changes >= 0; changes--) {
				const at = below(cursor.length + 1);
				const put = below(4) ? letters[below(letters.length)] : '';

				cursor = cursor.slice(0, at) + put
					+ cursor.slice(at + below(3));
			}
			const { status, text } = await ask(account, 'GET',
				`/api/recordings?${new URLSearchParams({ cursor })}`);

			wrong[status]++;
			if (status === 400)
				continue;
			assert.equal(status, 200, cursor);
			for (const each of JSON.parse(text).recordings)
				assert.ok(mine.has(each.id), cursor);
		}
		assert.ok(wrong[400] > 50, JSON.stringify(wrong));
		assert.ok(wrong[200] > 10, JSON.stringify(wrong));
	});

	test('a filter that is wrong is named', async () => {
		for (const [query, field] of [['limit=0', 'limit'], ['limit=201', 'limit'],
			['state=stored', 'state'], ['hold=no', 'hold'], ['sort=id', 'sort'],
			['from=now', 'from'], ['to=%00', 'to'], ['clinician=a', 'clinician'],
			['patient=%27%20OR%201%3D1', 'patient'],
			['min_seconds=-1', 'min_seconds'], ['max_seconds=1e3', 'max_seconds'],
			['cursor=', 'cursor'], ['state=lost&state=lost', 'state']]) {
			const answer = await ask(accounts.admin, 'GET',
				`/api/recordings?${query}`);

			assert.equal(answer.status, 400, query);
			assert.equal(answer.json.error.code, 'bad-request', query);
			if (query !== 'to=%00')
				assert.equal(answer.json.error.field, field, query);
		}
	});
});
