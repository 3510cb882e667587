// SPDX-License-Identifier: GPL-3.0-or-later
// Doors, urgent calls and the live stream: the real portal, two of them on one
// database, beside a real Janus, with raw clients and no browser.
import './lib/node18.mjs';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { pluginAdmin, secrets, startJanus } from './lib/janus.mjs';
import { LiveStream } from './lib/live.mjs';
import { inside } from './lib/netns.mjs';
import { ADMIN, CLINICIAN, Portal, URL_OF_PORTAL } from './lib/portal.mjs';
import { stopAll, until } from './lib/procs.mjs';
import { RawClient } from './lib/rawclient.mjs';

await inside();

const MS = 60000;
const NAMES = { a: 'Person Quillfeather', b: 'Person Umbershade',
	c: 'Person Vexilloid' };
const NOTE = 'Zwieback in five minutes, please.';
const NUMBER = '112';
const keys = secrets();
/** @type {Portal} */
let portal;
let janus, doctor, second, anna, ben, carl;
const clients = [];
const streams = [];

before(async () => {
	portal = await Portal.start(keys, undefined, `
clinic = { name = "Clinic by the river"; accent = "#f0c020";
	emergency_number = "${NUMBER}"; };
urgent = { enabled = true; };
limits = { stream_check_s = 1; };
`);
	// Its first event is to be heard: it says on which machine it is.
	janus = await startJanus({ secrets: keys });
	doctor = await portal.signIn(CLINICIAN, 'Dr. Example');
	second = await portal.signIn(ADMIN, 'Dr. Second');
	anna = await portal.signIn('anna@mail.example', NAMES.a);
	ben = await portal.signIn('ben@mail.example', NAMES.b);
	carl = await portal.signIn('carl@mail.example', NAMES.c);
});

after(async () => {
	for (const stream of streams)
		stream.cut();
	for (const client of clients)
		client.cut();
	await stopAll();
});

/** The status and what was said. */
async function ask(account, method, path, body, url = URL_OF_PORTAL) {
	const answer = await fetch(url + path, { method, headers: {
		Origin: URL_OF_PORTAL, Cookie: account.cookie,
		'X-RTH-CSRF': account.csrf,
		...(body ? { 'Content-Type': 'application/json' } : {}) },
	...(body ? { body: JSON.stringify(body) } : {}) });
	const text = await answer.text();

	return { status: answer.status, said: text ? JSON.parse(text) : null };
}

async function listen(account) {
	const stream = await LiveStream.open(URL_OF_PORTAL, account.cookie);

	streams.push(stream);
	return stream;
}

/** A handle that has joined, or waits. */
async function enter(account, visit, check) {
	const ticket = await account.post(`/api/visits/${visit}/join`);
	const client = await RawClient.connect({ token: ticket.janus.token });

	clients.push(client);
	await client.create();
	const handle = await client.attach();
	const answer = await handle.say({ request: 'join',
		token: ticket.admission_token, ...(check ? { check } : {}) });

	return { handle, answer, client };
}

const knock = (account) => ask(account, 'POST', '/api/doors/dr-example/knock');
const openDoor = (account, name, more = {}) => ask(account, 'PUT', '/api/door',
	{ name, title: 'Open hours', open: true, ...more });
/** The claims of a token, as anybody can read them. */
const claims = (token) => JSON.parse(String(Buffer.from(
	token.split('.')[1], 'base64url')));
const actions = () => portal.sql('SELECT action FROM audit ORDER BY n')
	.trim().split('\n');

test('a clinic shows its name, number and accent', async () => {
	const session = await anna.get('/api/session');
	const css = await fetch(`${URL_OF_PORTAL}/brand.css`);

	assert.deepEqual(session.clinic, { name: 'Clinic by the river',
		logo: false, emergency_number: NUMBER });
	assert.equal(css.status, 200);
	assert.match(await css.text(), /--accent:#[0-9a-f]{6};--on-accent:#/);
	assert.equal((await fetch(`${URL_OF_PORTAL}/brand.css`, { headers:
		{ 'If-None-Match': css.headers.get('etag') } })).status, 304);
	assert.equal((await fetch(`${URL_OF_PORTAL}/brand/logo`)).status, 404);
	assert.equal((await fetch(`${URL_OF_PORTAL}/d/dr-example`)).status, 200);
});

test('a check of the line gets access and no room', async () => {
	const ticket = await anna.post('/api/check');
	const client = await RawClient.connect({ token: ticket.janus.token });

	clients.push(client);
	await client.create();
	assert.ok(await client.attach());
	assert.deepEqual(Object.keys(ticket).sort(), ['ice_servers', 'janus']);
	assert.ok(actions().includes('check-granted'));
});

test('a door opens, is found, and has one name', async () => {
	assert.equal((await doctor.get('/api/door')), null);
	assert.equal((await ask(anna, 'GET', '/api/door')).status, 403);
	for (const [name, field] of [['ab', 'name'], ['-abc', 'name'],
		['Abc', 'name'], ['a'.repeat(41), 'name']])
		assert.equal((await openDoor(doctor, name)).said.error.field, field);
	assert.equal((await openDoor(doctor, 'dr-example', { open_minutes: 4 }))
		.said.error.field, 'open_minutes');
	assert.equal((await openDoor(doctor, 'dr-example', { more: 1 })).status,
		400);

	const door = (await openDoor(doctor, 'dr-example', { open_minutes: 60 }))
		.said;

	assert.equal(door.link, `${URL_OF_PORTAL}/d/dr-example`);
	assert.ok(door.open && door.open_until);
	assert.equal((await openDoor(second, 'dr-example')).said.error.code,
		'taken');
	assert.deepEqual((await anna.get('/api/doors/dr-example')),
		{ name: 'dr-example', title: 'Open hours',
			clinician_name: 'Dr. Example', open: true, own: false });
	assert.equal((await ask(anna, 'GET', '/api/doors/nobody')).status, 404);
	assert.equal((await knock(doctor)).said.error.code, 'own');
});

test('who knocks is seen at once, in order, with what the check-in found, and is told its place', async () => {
	const board = await listen(doctor);
	const other = await listen(second);
	const first = await listen(anna);

	await board.state('door', (s) => s.door?.open && s.people.length === 0);
	await first.state('queue', (s) => s.visits.length === 0);
	const one = await knock(anna);
	const again = await knock(anna);
	const two = await knock(ben);

	assert.deepEqual([one.status, again.status, two.status], [201, 200, 201]);
	assert.equal(one.said.id, again.said.id);
	assert.equal(one.said.door, 'dr-example');
	assert.equal(one.said.title, 'Open hours');
	assert.notEqual(one.said.id, two.said.id);
	const a = await enter(anna, one.said.id, { microphone: 'ok', path: 'udp',
		round_trip_ms: 12 });

	assert.equal(a.answer.rthealth, 'waiting');
	let seen = await board.state('door', (s) => s.people.length === 1);

	assert.equal(seen.people[0].name, NAMES.a);
	assert.equal(seen.people[0].door, 'dr-example');
	assert.equal(seen.people[0].place, 1);
	assert.equal(seen.people[0].urgent, false);
	assert.equal(seen.people[0].participant, a.answer.participant);
	assert.equal(seen.people[0].check.round_trip_ms, 12);
	assert.equal(seen.people[0].check.camera, null);
	await first.state('queue', (s) => s.visits[0]?.place === 1 &&
		s.visits[0].of === 1 && !s.visits[0].clinician_here);

	const b = await enter(ben, two.said.id);

	await first.state('queue', (s) => s.visits[0]?.of === 2);
	seen = await board.state('door', (s) => s.people.length === 2);
	assert.deepEqual(seen.people.map((p) => p.name), [NAMES.a, NAMES.b]);
	assert.deepEqual(seen.people.map((p) => p.place), [1, 2]);

	// A reload keeps the place.
	const since = seen.people[0].since;
	const anew = await enter(anna, one.said.id);

	seen = await board.state('door', (s) => s.people[0]?.participant ===
		anew.answer.participant);
	assert.equal(seen.people[0].since, since);
	assert.equal(seen.people[0].check.round_trip_ms, 12);

	// A note and a refusal from outside of the room, to who waits alone.
	assert.equal((await ask(second, 'POST', `/api/visits/${one.said.id}/note`,
		{ text: NOTE })).status, 404);
	assert.equal((await ask(doctor, 'POST', `/api/visits/${one.said.id}/note`,
		{ text: '' })).status, 400);
	assert.equal((await ask(doctor, 'POST', `/api/visits/${one.said.id}/note`,
		{ text: NOTE })).status, 204);
	await anew.handle.hears('note', { text: NOTE });
	assert.equal((await ask(doctor, 'POST',
		`/api/visits/${two.said.id}/decline`, { reason: 'because' })).status,
	400);
	assert.equal((await ask(doctor, 'POST',
		`/api/visits/${two.said.id}/decline`, { reason: 'wrong-time' })).status,
	204);
	await b.handle.hears('denied', { reason: 'wrong-time' });
	await board.state('door', (s) => s.people.length === 1);
	await first.state('queue', (s) => s.visits[0]?.of === 1);
	assert.equal((await ask(doctor, 'POST',
		`/api/visits/${two.said.id}/decline`, { reason: 'other' })).status, 404);
	assert.ok(!b.handle.heard.includes('note'));

	// In, and remembered; the clinician is seen to be there before.
	const host = await enter(doctor, one.said.id);

	await first.state('queue', (s) => s.visits[0]?.clinician_here);
	assert.equal((await host.handle.say({ request: 'admit',
		participant: anew.answer.participant })).rthealth, 'ok');
	await board.state('door', (s) => s.people.length === 0);
	await first.state('queue', (s) => s.visits.length === 0);
	const token = (await anna.post(`/api/visits/${one.said.id}/join`))
		.admission_token;

	assert.equal(claims(token).rth.admitted, true);
	assert.equal(claims((await ben.post(`/api/visits/${two.said.id}/join`))
		.admission_token).rth.admitted, false);
	assert.equal(claims((await doctor.post(`/api/visits/${one.said.id}/join`))
		.admission_token).rth.admitted, false);

	// A closed door: who was in comes back, nobody else gets in.
	await ask(doctor, 'PUT', '/api/door', { name: 'dr-example',
		title: 'Open hours', open: false });
	await board.state('door', (s) => !s.door.open);
	assert.equal((await knock(anna)).said.id, one.said.id);
	assert.equal((await knock(ben)).said.error.code, 'closed');

	// Sent away through the admin API: knocks again.
	await pluginAdmin(keys.admin, { request: 'remove', room:
		claims(token).rth.room, participant: anew.answer.participant });
	await until(async () => claims((await anna.post(
		`/api/visits/${one.said.id}/join`)).admission_token).rth.admitted ===
		false, MS, 'the admission is forgotten');

	// Ended is ended.
	assert.equal((await host.handle.say({ request: 'end' })).rthealth, 'ended');
	await until(async () => (await ask(anna, 'POST',
		`/api/visits/${one.said.id}/join`)).said.error?.code === 'ended', MS,
	'nobody joins it again');
	assert.equal((await ask(doctor, 'POST', `/api/visits/${one.said.id}/join`))
		.status, 403);
	assert.equal((await anna.get(`/api/visits/${one.said.id}`)).ended, true);
	assert.ok((await anna.get('/api/visits')).visits
		.some((v) => v.id === one.said.id));

	// Who was never let in is not listed once it is over.
	assert.ok((await ben.get('/api/visits')).visits
		.some((v) => v.id === two.said.id));
	await doctor.remove(`/api/visits/${two.said.id}`);
	assert.ok(!(await ben.get('/api/visits')).visits
		.some((v) => v.id === two.said.id));

	// Nobody of it was told to another clinician.
	assert.equal(other.texts('door').includes('Quillfeather'), false);
	other.cut();
	board.cut();
	first.cut();
});

test('an urgent call reaches all on call, and exactly one takes it', async () => {
	const session = await anna.get('/api/session');

	assert.deepEqual(session.urgent, { allowed: true, on_call: 0,
		emergency_number: NUMBER });
	assert.equal((await carl.get('/api/session')).urgent.allowed, false);
	assert.equal((await ask(carl, 'POST', '/api/urgent')).status, 403);
	const nobody = await ask(anna, 'POST', '/api/urgent');

	assert.equal(nobody.status, 409);
	assert.equal(nobody.said.error.code, 'nobody-on-call');
	assert.equal(nobody.said.error.emergency_number, NUMBER);

	for (const one of [doctor, second])
		assert.deepEqual((await ask(one, 'PUT', '/api/duty',
			{ on_call: true })).said, { on_call: true });
	assert.equal((await ask(anna, 'PUT', '/api/duty', { on_call: true })).status,
		403);
	assert.equal((await doctor.get('/api/session')).user.on_call, true);
	const boards = [await listen(doctor), await listen(second)];
	const mine = await listen(anna);

	assert.equal((await anna.get('/api/session')).urgent.on_call, 2);
	const call = await ask(anna, 'POST', '/api/urgent');

	assert.equal(call.status, 201);
	assert.equal(call.said.urgent, true);
	assert.equal(call.said.clinician_name, null);
	for (const board of boards)
		await board.state('door', (s) => s.people[0]?.urgent &&
			s.people[0].participant === null && s.people[0].name === NAMES.a);
	assert.equal((await ask(anna, 'POST', '/api/urgent')).said.id, call.said.id);
	assert.ok((await anna.get('/api/visits')).visits
		.some((v) => v.id === call.said.id));
	assert.equal((await ask(doctor, 'GET', `/api/visits/${call.said.id}`)).status,
		404);
	const waiting = await enter(anna, call.said.id);

	assert.equal(waiting.answer.rthealth, 'waiting');
	for (const board of boards)
		await board.state('door', (s) => s.people[0]?.participant ===
			waiting.answer.participant);
	await mine.state('queue', (s) => s.visits[0]?.urgent &&
		s.visits[0].taken_by === null);

	const takes = await Promise.all([doctor, second].map((one) =>
		ask(one, 'POST', `/api/urgent/${call.said.id}/take`)));
	const winner = takes.findIndex((t) => t.status === 200);
	const names = ['Dr. Example', 'Dr. Second'];

	assert.deepEqual(takes.map((t) => t.status).sort(), [200, 409]);
	assert.equal(takes[1 - winner].said.error.code, 'taken');
	assert.equal(takes[1 - winner].said.error.by, names[winner]);
	assert.equal(takes[winner].said.id, call.said.id);
	for (const board of boards)
		await board.state('door', (s) => s.people[0]?.taken_by ===
			names[winner]);
	await mine.state('queue', (s) => s.visits[0]?.taken_by === names[winner]);
	const host = await enter([doctor, second][winner], call.said.id);

	assert.equal(host.answer.rthealth, 'joined');
	assert.equal((await host.handle.say({ request: 'admit',
		participant: waiting.answer.participant })).rthealth, 'ok');
	await waiting.handle.hears('joined');
	assert.equal((await ask(anna, 'POST', '/api/urgent')).said.id, call.said.id);
	for (const action of ['duty-begun', 'urgent-called', 'urgent-taken',
		'knocked', 'door-opened', 'door-closed', 'noted', 'declined',
		'plugin:waiting', 'plugin:admitted', 'plugin:ended'])
		assert.ok(actions().includes(action), action);
	for (const stream of [...boards, mine])
		stream.cut();
});

test('a fifth page ends the first, a sign-out ends all, and Janus killed takes who waits with it', async () => {
	const pages = [];

	for (let i = 0; i < 5; i++)
		pages.push(await listen(carl));
	await pages[0].ends();
	assert.ok(pages[0].events.some((e) => e.event === 'replaced'));
	assert.ok(pages.slice(1).every((page) => !page.over));
	await ask(carl, 'POST', '/auth/sign-out');
	for (const page of pages)
		await page.ends();
	assert.equal((await fetch(`${URL_OF_PORTAL}/api/live`, { headers:
		{ Cookie: carl.cookie } })).status, 401);

	const board = await listen(doctor);

	await openDoor(doctor, 'dr-example');
	const visit = (await knock(ben)).said.id;

	await enter(ben, visit);
	await board.state('door', (s) => s.people.some((p) => p.visit === visit));
	janus.kill('SIGKILL');
	await janus.exited;
	janus = await startJanus({ secrets: keys });
	await board.state('door', (s) => s.people.every((p) => p.visit !== visit));
	await portal.program.stop();
	await board.ends();
	const log = portal.program.text;

	for (const secret of [...Object.values(NAMES), NOTE])
		assert.equal(log.includes(secret), false);
	assert.equal(readFileSync(portal.conf, 'utf8').includes(NOTE), false);
});
