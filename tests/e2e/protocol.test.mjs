// SPDX-License-Identifier: GPL-3.0-or-later
// docs/protocol.md, word for word, against a real Janus: what a browser may
// say, and everything else that somebody else might.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
	PLUGIN, PORTS, admin, pluginAdmin, secrets, startJanus, transportToken,
} from './lib/janus.mjs';
import { inside } from './lib/netns.mjs';
import { ROOT, stopAll, until } from './lib/procs.mjs';
import { RawClient, enter } from './lib/rawclient.mjs';
import { Issuer, now, roomId } from './lib/tokens.mjs';

await inside();

const keys = secrets();
const issuer = new Issuer();
const stranger = new Issuer();
const OFFER = { type: 'offer', sdp: readFileSync(join(ROOT,
	'tests/unit/sdp/chromium.sdp'), 'utf8') };
const ANY_ID = 'A'.repeat(22);
/** @type {RawClient[]} */
const clients = [];
/** What Janus told the event handler's sink. */
const told = [];
let sink;
let janus;

stranger.kid = issuer.kid;

async function startSink() {
	const expected = `Basic ${Buffer.from(`${keys.eventsUser}:${
		keys.eventsPassword}`).toString('base64')}`;

	sink = http.createServer(async (request, response) => {
		const body = Buffer.concat(await request.toArray()).toString();

		assert.equal(request.headers.authorization, expected);
		assert.equal(request.url, '/janus-events');
		told.push(...[JSON.parse(body)].flat());
		response.writeHead(200).end();
	}).listen(PORTS.events, '127.0.0.1');
	await once(sink, 'listening');
	sink.unref();
}

before(async () => {
	await startSink();
	janus = await startJanus({ secrets: keys, debugLevel: 4,
		pluginConf: issuer.conf(
			'rooms = { linger_s = 1; waiting_max = 2; };') });
});

after(async () => {
	for (const client of clients)
		client.cut();
	await stopAll();
	sink.close();
});

/** A connected client with a session. */
async function connect() {
	const client = await RawClient.connect(
		{ token: transportToken(keys.tokenAuth) });

	clients.push(client);
	await client.create();
	return client;
}

const attach = async () => (await connect()).attach();

/** Who admits to a room. @type {Map<string, import('./lib/rawclient.mjs').Handle>} */
const doors = new Map();

function sign(room, role, more) {
	const claims = { ...issuer.claims({ room, role, ...more }) };

	claims.rth.seat_until = more.seatUntil ?? claims.rth.seat_until;
	return issuer.sign(claims);
}

/** A handle with a seat; a patient is admitted by the room's clinician. */
async function seat(room, role, more = {}) {
	const handle = await attach();
	const joined = await enter(handle, sign(room, role, more),
		doors.get(room));

	assert.equal(joined.rthealth, 'joined', JSON.stringify(joined));
	if (role === 'clinician')
		doors.set(room, handle);
	return Object.assign(handle, { joined });
}

/** A handle of a patient who waits. */
async function wait(room, more = {}) {
	const handle = await attach();
	const waiting = await handle.say(
		{ request: 'join', token: sign(room, 'patient', more) });

	assert.equal(waiting.rthealth, 'waiting', JSON.stringify(waiting));
	return Object.assign(handle, { waiting });
}

async function pair() {
	const room = roomId();

	return { room, clinician: await seat(room, 'clinician'),
		patient: await seat(room, 'patient') };
}

const list = async () => (await pluginAdmin(keys.admin,
	{ request: 'list' })).rooms;
const roomOf = async (room) => (await list()).find((r) => r.room === room);

function assertError(answer, code, request) {
	assert.equal(answer.rthealth, 'error', JSON.stringify(answer));
	assert.equal(answer.code, code);
	assert.equal(typeof answer.error, 'string');
	if (request)
		assert.equal(answer.request, request);
}

describe('the door: transport tokens', () => {
	const refusals = {
		'no token': undefined,
		'garbage': 'garbage',
		'another secret': transportToken('another'),
		'an expired one': transportToken(keys.tokenAuth,
			{ expires: now() - 1 }),
		'an unsigned one': `${now() + 60},janus,${PLUGIN}`,
	};

	for (const [what, token] of Object.entries(refusals)) {
		test(`${what}: no session`, async () => {
			const client = await RawClient.connect({ token });

			clients.push(client);
			const answer = await client.request({ janus: 'create' });

			assert.equal(answer.janus, 'error');
			assert.equal(answer.error.code, 403);
		});
	}

	test('a token for another plugin does not attach', async () => {
		const client = await RawClient.connect({ token: transportToken(
			keys.tokenAuth, { plugins: ['janus.plugin.other'] }) });

		clients.push(client);
		await client.create();
		const answer = await client.request({ janus: 'attach', plugin: PLUGIN });

		assert.equal(answer.janus, 'error');
	});

	test('only our plugin is loaded', async () => {
		const info = await admin(keys.admin, { janus: 'info' });

		assert.deepEqual(Object.keys(info.plugins), [PLUGIN]);
		assert.deepEqual(Object.keys(info.transports).sort(),
			['janus.transport.http', 'janus.transport.websockets']);
	});

	test('the admin API wants its secret', async () => {
		const answer = await admin('wrong', { janus: 'list_sessions' });

		assert.equal(answer.janus, 'error');
	});
});

describe('join', () => {
	test('gives a seat and tells who is there', async () => {
		const room = roomId();
		const clinician = await seat(room, 'clinician', { name: 'Name One' });

		assert.match(clinician.joined.participant, /^[\w-]{16,}$/);
		assert.equal(clinician.joined.role, 'clinician');
		assert.deepEqual(clinician.joined.peers, []);
		assert.ok(clinician.joined.seat_until > now());
		const patient = await seat(room, 'patient', { name: '<b>&"\u202e' });
		const [peer] = patient.joined.peers;

		assert.deepEqual(peer, {
			participant: clinician.joined.participant, role: 'clinician',
			name: 'Name One', media: false, microphone: false, camera: false,
			screen: false, troubles: [], paused: false, line: null,
		});
		const news = await clinician.hears('participant-joined');

		assert.equal(news.participant, patient.joined.participant);
		assert.equal(news.name, '<b>&"\u202e');
	});

	const tokens = {
		'garbage': () => 'garbage',
		'an empty one': () => '',
		'expired': (room) => issuer.sign({
			...issuer.claims({ room, role: 'patient' }),
			iat: now() - 400, nbf: now() - 400, exp: now() - 100 }),
		'not yet valid': (room) => issuer.sign({
			...issuer.claims({ room, role: 'patient' }), nbf: now() + 100 }),
		'living too long': (room) => issuer.sign({
			...issuer.claims({ room, role: 'patient' }), exp: now() + 700 }),
		'for another audience': (room) => issuer.sign({
			...issuer.claims({ room, role: 'patient' }), aud: 'other' }),
		'of another issuer': (room) => issuer.sign({
			...issuer.claims({ room, role: 'patient' }), iss: 'https://e.example' }),
		'signed by a stranger\'s key': (room) =>
			stranger.token({ room, role: 'patient' }),
		'signed under an unknown key id': (room) => issuer.sign(
			issuer.claims({ room, role: 'patient' }), { kid: 'unknown' }),
		'with alg none': (room) => issuer.sign(
			issuer.claims({ room, role: 'patient' }), { alg: 'none' }),
		'with alg HS256': (room) => issuer.sign(
			issuer.claims({ room, role: 'patient' }), { alg: 'HS256' }),
		'that says "admitted" with a word': (room) => issuer.token({ room,
			role: 'patient', admitted: 'yes' }),
		'with an unknown role': (room) => issuer.token({ room, role: 'admin' }),
		'without a room': () => {
			const claims = issuer.claims({ room: 'x', role: 'patient' });

			delete claims.rth.room;
			return issuer.sign(claims);
		},
		'with a room that is no id': () =>
			issuer.token({ room: '../../x', role: 'patient' }),
		'with a seat that has ended': (room) => {
			const claims = issuer.claims({ room, role: 'patient' });

			claims.rth.seat_until = now() - 60;
			return issuer.sign(claims);
		},
		'with one bit changed': (room) => {
			const token = issuer.token({ room, role: 'patient' });
			const at = token.indexOf('.') + 12;

			return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') +
				token.slice(at + 1);
		},
	};

	for (const [what, make] of Object.entries(tokens)) {
		test(`is refused with a token ${what}`, async () => {
			const room = roomId();
			const handle = await attach();
			const answer = await handle.say(
				{ request: 'join', token: make(room) });

			assertError(answer, 'not-admitted', 'join');
			assert.equal(answer.error, 'You cannot enter this visit.');
			assert.equal(await roomOf(room), undefined);
			assertError(await handle.say({ request: 'leave' }), 'wrong-state');
		});
	}

	test('admits once with one token', async () => {
		const room = roomId();
		const token = issuer.token({ room, role: 'clinician' });
		const first = await attach();
		const second = await attach();

		assert.equal((await first.say({ request: 'join', token })).rthealth,
			'joined');
		assertError(await second.say({ request: 'join', token }),
			'not-admitted');
	});

	test('gives the room of the token, not another', async () => {
		const { room } = await pair();
		const mine = roomId();
		const handle = await seat(mine, 'clinician');

		assert.deepEqual(handle.joined.peers, []);
		assert.equal((await roomOf(room)).seats.length, 2);
		assert.equal((await roomOf(mine)).seats.length, 1);
	});

	test('refuses a third person, whatever the role', async () => {
		const { room, clinician, patient } = await pair();

		const third = await attach();

		assertError(await third.say({ request: 'join',
			token: issuer.token({ room, role: 'clinician' }) }), 'room-full',
		'join');
		const fourth = await wait(room);

		assertError(await clinician.say({ request: 'admit',
			participant: fourth.waiting.participant }), 'room-full', 'admit');
		assert.equal((await roomOf(room)).seats.length, 2);
		assert.equal((await roomOf(room)).waiting.length, 1);
		assert.ok(!clinician.heard.includes('participant-left'));
		assert.ok(!patient.heard.includes('replaced'));
	});

	test('takes over the own seat', async () => {
		const room = roomId();
		const clinician = await seat(room, 'clinician');
		const old = await seat(room, 'patient', { sub: 'same' });
		const fresh = await seat(room, 'patient', { sub: 'same' });

		await old.hears('replaced');
		await old.janus('detached');
		await clinician.hears('participant-left',
			{ participant: old.joined.participant, reason: 'replaced' });
		await clinician.hears('participant-joined',
			{ participant: fresh.joined.participant });
		assert.equal((await roomOf(room)).seats.length, 2);
	});

	test('the same person in the other role takes no second seat for it',
		async () => {
			const room = roomId();

			await seat(room, 'clinician', { sub: 'one' });
			const answer = await (await attach()).say({ request: 'join',
				token: issuer.token({ room, role: 'clinician', sub: 'two' }) });

			assertError(answer, 'room-full');
		});
});

describe('the door', () => {
	test('a patient waits, hears of the place and nothing else', async () => {
		const room = roomId();
		const first = await wait(room, { name: 'Name First' });
		const second = await wait(room);

		assert.equal(first.waiting.role, 'patient');
		assert.deepEqual([first.waiting.place, first.waiting.waiting,
			first.waiting.clinician], [1, 1, false]);
		await first.hears('waiting', { place: 1, waiting: 2 });
		assert.equal(second.waiting.place, 2);
		assertError(await (await attach()).say({ request: 'join',
			token: sign(room, 'patient', {}) }), 'door-full', 'join');
		const clinician = await seat(room, 'clinician');
		const { people } = await clinician.hears('waiting');

		assert.deepEqual(clinician.joined.peers, []);
		assert.deepEqual(people.map((one) => one.participant),
			[first, second].map((one) => one.waiting.participant));
		assert.equal(people[0].name, 'Name First');
		assert.ok(people[0].waited_ms >= people[1].waited_ms);
		await second.hears('waiting', { place: 2, clinician: true });
		assert.equal((await first.say({ request: 'media' }, OFFER)).rthealth,
			'media');
		assert.equal((await first.say({ request: 'state', camera: true,
			microphone: true, screen: false })).rthealth, 'ok');
		assert.deepEqual([...new Set(second.heard)], ['waiting']);
		assert.ok(!clinician.heard.includes('state'));
		const info = await admin(keys.admin, { janus: 'handle_info',
			session_id: second.client.sessionId, handle_id: second.id });

		assert.equal(info.info.plugin_specific.state, 'waiting');
		await clinician.say({ request: 'leave' });
		await second.hears('waiting', { place: 2, clinician: false });
		assert.equal((await roomOf(room)).waiting.length, 2);
	});

	test('one is admitted, one gets a note and is denied', async () => {
		const room = roomId();
		const clinician = await seat(room, 'clinician');
		const [one, other] = [await wait(room), await wait(room)];
		const about = (request, who, more = {}) => clinician.say({ request,
			participant: who.waiting.participant, ...more });

		assert.equal((await about('note', other, { text: 'Soon.' })).rthealth,
			'ok');
		assert.equal((await other.hears('note')).text, 'Soon.');
		assert.equal((await about('admit', one)).rthealth, 'ok');
		const joined = await one.hears('joined');

		assert.equal(joined.peers[0].participant,
			clinician.joined.participant);
		await clinician.hears('participant-joined',
			{ participant: one.waiting.participant });
		assert.equal((await about('deny', other,
			{ reason: 'wrong-time' })).rthealth, 'ok');
		await other.hears('denied', { reason: 'wrong-time' });
		await other.janus('detached');
		assertError(await about('admit', other), 'not-waiting', 'admit');
		assert.ok(!one.heard.includes('note'));
		assert.ok(!other.heard.includes('joined'));
	});

	test('the clinician sees what the check-in found', async () => {
		const room = roomId();
		const clinician = await seat(room, 'clinician');
		const check = { microphone: 'silent', camera: 'ok', speaker: 'no',
			path: 'turn-udp', round_trip_ms: 48, loss_permille: 3,
			up_kbps: 2400, down_kbps: null };
		const token = () => sign(room, 'patient', { sub: 'sub-checked' });
		const patient = await attach();

		for (const wrong of [[], 'ok', { camera: 'good' }, { up_kbps: -1 },
			{ path: 'udp', address: '192.0.2.1' }])
			assertError(await patient.say({ request: 'join', token: token(),
				check: wrong }), 'bad-request', 'join');
		assert.equal((await patient.say({ request: 'join', token: token(),
			check })).rthealth, 'waiting');
		const { people: [one] } = await clinician.hears('waiting');

		assert.deepEqual(one.check, check);
		assert.ok(!JSON.stringify(patient.client.events)
			.includes('turn-udp'));
	});

	test('the admin API notes and denies, and no token brings back', async () => {
		const room = roomId();
		const patient = await wait(room, { sub: 'sub-away' });
		const about = (request, more) => pluginAdmin(keys.admin, { request,
			room, participant: patient.waiting.participant, ...more });
		const token = () => sign(room, 'patient',
			{ sub: 'sub-away', admitted: true });

		assert.deepEqual(await about('note', { text: 'Soon.' }),
			{ noted: true });
		await patient.hears('note', { text: 'Soon.' });
		for (const [request, more] of [['note', { text: '' }], ['note', {}],
			['deny', { reason: 'bored' }], ['deny', {}]])
			assert.equal((await about(request, more)).error, 'bad-request');
		assert.deepEqual(await about('deny', { reason: 'not-now' }),
			{ denied: true });
		await patient.hears('denied', { reason: 'not-now' });
		assert.equal((await about('note', { text: 'Soon.' })).error,
			'not-found');
		assert.equal((await enter(await attach(), token())).rthealth,
			'waiting');
	});

	test('who the token says was admitted need not knock', async () => {
		const room = roomId();
		const token = (sub) => sign(room, 'patient', { sub, admitted: true });
		const patient = await attach();

		assert.equal((await enter(patient, token('sub-known'))).rthealth,
			'joined');
		assert.equal((await enter(await attach(), token('sub-else')))
			.rthealth, 'waiting');
	});

	test('only the room\'s clinician decides', async () => {
		const { room, patient } = await pair();
		const waiting = await wait(room);
		const elsewhere = await seat(roomId(), 'clinician');
		const admit = { request: 'admit',
			participant: waiting.waiting.participant };

		assertError(await patient.say(admit), 'wrong-role', 'admit');
		assertError(await waiting.say(admit), 'wrong-state', 'admit');
		assertError(await elsewhere.say(admit), 'not-waiting', 'admit');
	});

	test('who was admitted comes back, also to a closed room, until removed',
		async () => {
			const room = roomId();
			const clinician = await seat(room, 'clinician');
			const patient = await seat(room, 'patient', { sub: 'sub-back' });

			await patient.detach();
			await clinician.say({ request: 'leave' });
			await until(async () => !await roomOf(room), 60000, 'no room');
			const token = () => sign(room, 'patient', { sub: 'sub-back' });
			const again = await attach();

			assert.equal((await enter(again, token())).rthealth, 'joined');
			await pluginAdmin(keys.admin,
				{ request: 'remove', room, sub: 'sub-back' });
			await again.hears('removed');
			assert.equal((await enter(await attach(), token())).rthealth,
				'waiting');
		});

	test('ended is ended, for each token of that visit', async () => {
		const { room, clinician } = await pair();
		const late = ['clinician', 'patient'].map((role) =>
			sign(room, role, {}));
		const waiting = await wait(room);

		await clinician.say({ request: 'end' });
		await waiting.hears('ended', { reason: 'clinician' });
		await waiting.janus('detached');
		for (const token of [...late, sign(room, 'clinician', {})])
			assertError(await (await attach()).say({ request: 'join', token }),
				'visit-ended', 'join');
		assert.equal(await roomOf(room), undefined);
	});
});

describe('requests that are wrong', () => {
	const long = 'x'.repeat(9000);
	const cases = [
		['no request', {}],
		['an unknown one', { request: 'enter' }],
		['admit without a participant', { request: 'admit' }],
		['deny without a reason',
			{ request: 'deny', participant: ANY_ID }],
		['deny for a reason of one\'s own', { request: 'deny',
			participant: ANY_ID, reason: 'because' }],
		['a note that is too long', { request: 'note', participant: ANY_ID,
			text: 'x'.repeat(1001) }],
		['a request that is a number', { request: 1 }],
		['a request that is null', { request: null }],
		['join without a token', { request: 'join' }],
		['a token that is a number', { request: 'join', token: 1 }],
		['a token that is an object', { request: 'join', token: {} }],
		['a token over 8 KiB', { request: 'join', token: long }],
		['an unknown field', { request: 'join', token: 'x', extra: 1 }],
		['a field of another request',
			{ request: 'join', token: 'x', camera: true }],
	];
	const seated = [
		['state without fields', { request: 'state' }],
		['state with one field', { request: 'state', camera: true }],
		['state with a number', { request: 'state', camera: 1,
			microphone: true, screen: true }],
		['state with a string', { request: 'state', camera: 'true',
			microphone: true, screen: true }],
		['state with a fourth field', { request: 'state', camera: true,
			microphone: true, screen: true, chat: true }],
		['leave with a field', { request: 'leave', now: true }],
		['end with a field', { request: 'end', room: 'x' }],
		['media with a field', { request: 'media', video: 'vp8' }],
		['ask-recording with a field',
			{ request: 'ask-recording', recording: ANY_ID }],
		['consent without fields', { request: 'consent' }],
		['consent to no recording', { request: 'consent', recording: ANY_ID,
			answer: 'yes', language: 'en' }],
		['consent with another answer', { request: 'consent',
			recording: ANY_ID, answer: 'maybe', language: 'en' }],
		['consent with a boolean', { request: 'consent', recording: ANY_ID,
			answer: true, language: 'en' }],
		['stop-recording of none',
			{ request: 'stop-recording', recording: ANY_ID }],
		['stop-recording of a number',
			{ request: 'stop-recording', recording: 1 }],
	];

	for (const [what, body] of cases) {
		test(`${what}: bad-request, and joining still works`, async () => {
			const handle = await attach();

			assertError(await handle.say(body), 'bad-request');
			const joined = await handle.say({ request: 'join',
				token: issuer.token({ room: roomId(), role: 'patient' }) });

			assert.equal(joined.rthealth, 'waiting');
		});
	}

	for (const [what, body] of seated) {
		test(`${what}: bad-request, and the seat is kept`, async () => {
			const room = roomId();
			const handle = await seat(room, 'clinician');

			assertError(await handle.say(body), 'bad-request');
			assert.equal((await roomOf(room)).seats.length, 1);
		});
	}

	test('a body over 12 KiB: bad-request', async () => {
		const handle = await attach();
		const body = { request: 'join', token: 'x',
			['y'.repeat(13000)]: true };

		assertError(await handle.say(body), 'bad-request');
	});

	for (const body of [[], 'text', 7, null]) {
		test(`a body that is ${JSON.stringify(body)}: Janus refuses it`,
			async () => {
				const handle = await attach();
				const answer = await handle.say(body);

				assert.equal(answer.janus, 'error');
			});
	}

	for (const [request, fields] of Object.entries({
		'media': {}, 'leave': {}, 'end': {}, 'ask-recording': {},
		'state': { camera: true, microphone: true, screen: false },
		'consent': { recording: ANY_ID, answer: 'yes', language: 'en' },
		'stop-recording': { recording: ANY_ID },
		'admit': { participant: ANY_ID },
		'deny': { participant: ANY_ID, reason: 'other' },
		'note': { participant: ANY_ID, text: 'x' },
	})) {
		test(`${request} before join: wrong-state`, async () => {
			assertError(await (await attach()).say({ request, ...fields }),
				'wrong-state', request);
		});
	}

	test('ask-recording where there is no recorder', async () => {
		const { clinician, patient } = await pair();

		assertError(await patient.say({ request: 'ask-recording' }),
			'wrong-role', 'ask-recording');
		assertError(await clinician.say({ request: 'ask-recording' }),
			'not-allowed', 'ask-recording');
		const other = await seat(roomId(), 'clinician', { record: true });

		assert.equal(other.joined.record, false);
		assertError(await other.say({ request: 'ask-recording' }),
			'no-recorder', 'ask-recording');
	});

	test('join twice: wrong-state', async () => {
		const room = roomId();
		const handle = await seat(room, 'clinician');

		assertError(await handle.say({ request: 'join',
			token: issuer.token({ room, role: 'clinician' }) }), 'wrong-state');
		assert.equal((await roomOf(room)).seats.length, 1);
	});

	test('end by the patient: wrong-role, and the visit goes on', async () => {
		const { room, patient } = await pair();

		assertError(await patient.say({ request: 'end' }), 'wrong-role', 'end');
		assert.equal((await roomOf(room)).seats.length, 2);
	});
});

describe('what people do', () => {
	test('state is told to the other seat', async () => {
		const { clinician, patient } = await pair();
		const answer = await patient.say({ request: 'state', microphone: true,
			camera: false, screen: true });

		assert.equal(answer.rthealth, 'ok');
		await clinician.hears('state', { microphone: true, camera: false,
			screen: true, participant: patient.joined.participant });
		assert.ok(!patient.heard.includes('state'));
	});

	test('leave frees the seat and closes the handle', async () => {
		const { room, clinician, patient } = await pair();

		assert.equal((await patient.say({ request: 'leave' })).rthealth, 'left');
		await patient.janus('detached');
		await clinician.hears('participant-left', { reason: 'left' });
		assert.equal((await roomOf(room)).seats.length, 1);
		await seat(room, 'patient');
	});

	test('end ends it for both', async () => {
		const { room, clinician, patient } = await pair();
		const answer = await clinician.say({ request: 'end' });

		assert.equal(answer.rthealth, 'ended');
		assert.equal(answer.reason, 'clinician');
		await patient.hears('ended', { reason: 'clinician' });
		await patient.janus('detached');
		await clinician.janus('detached');
		assert.equal(await roomOf(room), undefined);
	});

	test('a seat ends at seat_until', async () => {
		const room = roomId();
		const clinician = await seat(room, 'clinician');
		const patient = await seat(room, 'patient', { seatUntil: now() + 2 });

		await patient.hears('expired');
		await patient.janus('detached');
		await clinician.hears('participant-left', { reason: 'expired' });
	});

	test('detaching the handle leaves', async () => {
		const { clinician, patient } = await pair();

		await patient.detach();
		await clinician.hears('participant-left', { reason: 'lost' });
	});

	test('a lost WebSocket keeps the seat; the session can be claimed',
		async () => {
			const { room, patient } = await pair();

			patient.client.cut();
			const again = await RawClient.connect(
				{ token: transportToken(keys.tokenAuth) });

			clients.push(again);
			const answer = await again.request({ janus: 'claim',
				session_id: patient.client.sessionId });

			assert.equal(answer.janus, 'success');
			again.sessionId = patient.client.sessionId;
			assert.equal((await roomOf(room)).seats.length, 2);
			const state = await again.request({ janus: 'message',
				handle_id: patient.id, body: { request: 'state',
					microphone: true, camera: true, screen: false } });

			assert.equal(state.plugindata.data.rthealth, 'ok');
		});

	test('an empty room is gone after its linger time', async () => {
		const room = roomId();
		const handle = await seat(room, 'clinician');

		await handle.say({ request: 'leave' });
		assert.deepEqual((await roomOf(room)).seats, []);
		await until(async () => !await roomOf(room), 60000, 'no room');
	});

	test('many requests at once are answered one by one or refused as busy',
		async () => {
			const room = roomId();
			const handle = await seat(room, 'clinician');
			const answers = await Promise.all(Array.from({ length: 200 },
				(_, i) => handle.say({ request: 'state', camera: i % 2 === 0,
					microphone: true, screen: false })));

			for (const answer of answers)
				assert.ok(answer.rthealth === 'ok' || answer.code === 'busy' ||
					answer.janus === 'error', JSON.stringify(answer));
			assert.equal((await handle.say({ request: 'leave' })).rthealth,
				'left');
		});
});

describe('media', () => {
	test('an offer of the four slots is answered', async () => {
		const handle = await seat(roomId(), 'clinician');
		const answer = await handle.say({ request: 'media' }, OFFER);

		assert.equal(answer.rthealth, 'media', JSON.stringify(answer));
		assert.equal(answer.audio, 'opus');
		assert.equal(answer.video, 'vp8');
		assert.equal(answer.jsep.type, 'answer');
		const { sdp } = answer.jsep;

		assert.deepEqual(sdp.match(/^m=\w+/gm),
			['m=audio', 'm=video', 'm=video', 'm=application']);
		assert.match(sdp, /useinbandfec=1/);
		assert.match(sdp, /a=rtcp-fb:\d+ transport-cc/);
		assert.match(sdp, /a=rtcp-fb:\d+ nack pli/);
		// Janus, not the browser, is the DTLS server, if the browser agrees.
		const active = await seat(roomId(), 'clinician');
		const other = await active.say({ request: 'media' }, { type: 'offer',
			sdp: OFFER.sdp.replaceAll('a=setup:actpass', 'a=setup:active') });

		assert.match(other.jsep.sdp, /a=setup:passive/);
	});

	const section = (sdp, i) => sdp.split(/^(?=m=)/m)[i];
	const withLines = (lines) => OFFER.sdp.replace(/^a=mid:0\r\n/m,
		(mid) => mid + lines);
	const offers = {
		'no offer': null,
		'an answer': { type: 'answer', sdp: OFFER.sdp },
		'three slots': { type: 'offer',
			sdp: OFFER.sdp.split(/^(?=m=)/m).slice(0, 4).join('') },
		'slots in another order': { type: 'offer',
			sdp: [0, 2, 1, 3, 4].map((i) => section(OFFER.sdp, i)).join('') },
		'five slots': { type: 'offer',
			sdp: OFFER.sdp + section(OFFER.sdp, 2).replace(/a=mid:\d+/,
				'a=mid:9') },
		'no Opus': { type: 'offer', sdp: OFFER.sdp.replaceAll(/opus/gi, 'L16') },
		'a payload type out of range': { type: 'offer',
			sdp: OFFER.sdp.replaceAll(/rtpmap:96 /g, 'rtpmap:4294967392 ') },
		'no video codec that is known': { type: 'offer',
			sdp: OFFER.sdp.replace(/(VP8|VP9|H264|AV1)\/90000/g,
				'H265/90000') },
		'more than 64 KiB': { type: 'offer',
			sdp: withLines(`a=x:${'y'.repeat(40)}\r\n`.repeat(1500)) },
		'nothing but a version': { type: 'offer', sdp: 'v=0\r\n' },
		'an empty text': { type: 'offer', sdp: '' },
		'binary': { type: 'offer', sdp: '\u0001\u0002\ufffd'.repeat(100) },
		'markup': { type: 'offer', sdp: '<script>alert(1)</script>' },
		'a format string': { type: 'offer', sdp: `v=0\r\n${'%s%n'.repeat(50)}` },
	};

	for (const [what, jsep] of Object.entries(offers)) {
		test(`${what}: refused, and the seat is kept`, async () => {
			const room = roomId();
			const handle = await seat(room, 'clinician');
			const answer = await handle.say({ request: 'media' },
				jsep ?? undefined);

			if (answer.janus !== 'error')
				assertError(answer, 'bad-sdp', 'media');
			assert.equal((await roomOf(room)).seats.length, 1);
			assert.equal((await handle.say({ request: 'state', camera: false,
				microphone: false, screen: false })).rthealth, 'ok');
		});
	}

	/** The offer of a browser that can do one codec. */
	const only = (codec) => ({ type: 'offer', sdp: OFFER.sdp.replace(
		/(VP8|VP9|H264|AV1)\/90000/g, (text, name) =>
			name === codec ? text : 'H265/90000') });

	test('no codec in common: no-common-codec', async () => {
		const { clinician, patient } = await pair();

		assert.equal((await clinician.say({ request: 'media' },
			only('VP8'))).video, 'vp8');
		assertError(await patient.say({ request: 'media' }, only('VP9')),
			'no-common-codec', 'media');
	});

	test('a check of the line needs no token, and is nowhere', async () => {
		const checks = async () => (await pluginAdmin(keys.admin,
			{ request: 'list' })).checks;
		const handle = await attach();
		const rooms = (await list()).length;

		assertError(await handle.say({ request: 'check' }), 'bad-sdp',
			'check');
		assertError(await handle.say({ request: 'check', room: roomId() },
			OFFER), 'bad-request');
		// Janus takes no second offer from whom the first was refused.
		const other = await attach();
		const answer = await other.say({ request: 'check' }, OFFER);

		assert.equal(answer.rthealth, 'checking', JSON.stringify(answer));
		assert.equal(answer.check_s, 30);
		assert.equal(answer.jsep.type, 'answer');
		assert.equal(await checks(), 1);
		assert.equal((await list()).length, rooms);
		assertError(await other.say({ request: 'join',
			token: sign(roomId(), 'clinician', {}) }), 'wrong-state');
		assertError(await other.say({ request: 'check' }), 'wrong-state');
		assert.equal((await other.say({ request: 'leave' })).rthealth, 'left');
		await other.janus('detached');
		const lost = await attach();

		await lost.say({ request: 'check' }, OFFER);
		assert.equal(await checks(), 1);
		await lost.detach();
		await until(async () => await checks() === 0, 60000, 'no check');
	});

	test('the other seat hears of troubles', async () => {
		const { clinician, patient } = await pair();
		const devices = { microphone: true, camera: true, screen: false };
		const more = { troubles: ['camera-black', 'output-muted'],
			paused: true, line: 'poor' };

		for (const wrong of [{ troubles: ['camera-black', 'camera-black'] },
			{ troubles: ['<b>'] }, { line: 'bad' }, { paused: 'yes' }])
			assertError(await patient.say({ request: 'state', ...devices,
				...wrong }), 'bad-request', 'state');
		await patient.say({ request: 'state', ...devices, ...more });
		const { troubles, paused, line } = await clinician.hears('state');

		assert.deepEqual({ troubles, paused, line }, more);
		await patient.say({ request: 'state', ...devices });
		await clinician.hears('state', { paused: false, line: null });
	});

	test('each codec can be the room\'s', async () => {
		for (const codec of ['VP8', 'H264', 'VP9', 'AV1']) {
			const handle = await seat(roomId(), 'clinician');
			const answer = await handle.say({ request: 'media' }, only(codec));

			assert.equal(answer.video, codec.toLowerCase());
		}
	});

	test('the room takes the codec that both can do', async () => {
		const { clinician, patient } = await pair();
		assert.equal((await clinician.say({ request: 'media' }, OFFER)).video,
			'vp8');
		const answer = await patient.say({ request: 'media' }, only('H264'));

		assert.equal(answer.video, 'h264', JSON.stringify(answer));
		await clinician.hears('renegotiate');
		assert.equal((await clinician.say({ request: 'media' }, OFFER)).video,
			'h264');
	});
});

describe('the admin API', () => {
	test('list tells rooms and seats, and nobody\'s name', async () => {
		const room = roomId();

		await seat(room, 'clinician', { name: 'Secret Name', sub: 'sub-secret' });
		const found = await roomOf(room);

		assert.equal(typeof found.age_s, 'number');
		assert.deepEqual(Object.keys(found).sort(), ['age_s', 'recording', 'room',
			'seats', 'waiting']);
		assert.equal(found.seats[0].role, 'clinician');
		assert.equal(found.seats[0].packets_in, 0);
		assert.equal(found.seats[0].packets_out, 0);
		assert.ok(!JSON.stringify(await list()).includes('Secret Name'));
	});

	test('end ends a room', async () => {
		const { room, clinician, patient } = await pair();

		assert.deepEqual(await pluginAdmin(keys.admin,
			{ request: 'end', room }), { ended: true });
		await clinician.hears('ended', { reason: 'admin' });
		await patient.hears('ended', { reason: 'admin' });
		assert.equal(await roomOf(room), undefined);
		// One that is closed is ended, too; what is no room is not.
		assert.deepEqual(await pluginAdmin(keys.admin,
			{ request: 'end', room }), { ended: true });
		assert.equal((await pluginAdmin(keys.admin,
			{ request: 'end', room: 'x' })).error, 'not-found');
	});

	for (const by of ['participant', 'sub']) {
		test(`remove takes one out by ${by}`, async () => {
			const room = roomId();
			const clinician = await seat(room, 'clinician');
			const patient = await seat(room, 'patient', { sub: 'sub-removed' });
			const who = by === 'sub' ? { sub: 'sub-removed' }
				: { participant: patient.joined.participant };

			assert.deepEqual(await pluginAdmin(keys.admin,
				{ request: 'remove', room, ...who }), { removed: true });
			await patient.hears('removed');
			await patient.janus('detached');
			await clinician.hears('participant-left', { reason: 'removed' });
			assert.equal((await pluginAdmin(keys.admin,
				{ request: 'remove', room, ...who })).error, 'not-found');
		});
	}

	for (const request of [{}, { request: 'kill' }, { request: 7 },
		{ request: 'list', room: 1 }, { request: 'end', room: {} },
		{ request: 'end', room: 'x', extra: 'y' }]) {
		test(`${JSON.stringify(request)} is refused`, async () => {
			const answer = await pluginAdmin(keys.admin, request);

			assert.ok(answer.error, JSON.stringify(answer));
		});
	}

	test('a handle\'s information holds no token and no name', async () => {
		const handle = await seat(roomId(), 'clinician', { name: 'Secret Name' });
		const info = await admin(keys.admin, { janus: 'handle_info',
			session_id: handle.client.sessionId, handle_id: handle.id });

		assert.equal(info.info.plugin_specific.state, 'seated');
		assert.ok(!JSON.stringify(info).includes('Secret Name'));
		assert.ok(!JSON.stringify(info.info.plugin_specific).includes('eyJ'));
	});
});

describe('events to event handlers', () => {
	const events = () => told.filter((e) => e.event?.plugin === PLUGIN)
		.map((e) => e.event.data);

	test('tell a visit from its beginning to its end', async () => {
		const room = roomId();
		const clinician = await seat(room, 'clinician', { sub: 'sub-c' });

		await seat(room, 'patient', { sub: 'sub-p' });
		await (await attach()).say({ request: 'join', token: 'eyJ.x.y' });
		await clinician.say({ request: 'end' });
		const mine = () => events().filter((e) => e.room === room);

		await until(() => mine().some((e) => e.event === 'room-closed'), 60000,
			'room-closed at the sink');
		assert.deepEqual(mine().map((e) => e.event), ['room-opened', 'joined',
			'waiting', 'admitted', 'joined', 'left', 'left', 'ended',
			'room-closed']);
		assert.equal(mine()[7].reason, 'clinician');
		assert.deepEqual(mine()[7].by, mine()[3].by);
		assert.equal(mine()[2].check, null);
		assert.deepEqual(mine()[3].by, { participant:
			clinician.joined.participant, sub: 'sub-c', role: 'clinician' });
		const [, joined] = mine();

		assert.equal(joined.sub, 'sub-c');
		assert.equal(joined.role, 'clinician');
		assert.equal(joined.participant, clinician.joined.participant);
		const refused = events().find((e) => e.event === 'refused');

		assert.equal(typeof refused.reason, 'string');
	});

	test('tell each refusal\'s own reason', async () => {
		const reasons = new Set(events().filter((e) => e.event === 'refused')
			.map((e) => e.reason));

		assert.ok(reasons.size >= 8, [...reasons].join(' '));
	});

	test('hold no name, no token and no address', () => {
		const text = JSON.stringify(events());

		for (const secret of ['Name One', 'Secret Name', 'eyJ', '127.0.0.1'])
			assert.ok(!text.includes(secret), secret);
	});
});

test('the log says why each join was refused, and holds no token', () => {
	const reasons = new Set([...janus.text.matchAll(/refused reason=([\w-]+)/g)]
		.map((match) => match[1]));

	assert.ok(reasons.size >= 8, [...reasons].join(' '));
	for (const secret of ['eyJ', 'Secret Name', 'Name One'])
		assert.ok(!janus.text.includes(secret), secret);
});

test('after all this Janus is alive, and stops in time', async () => {
	assert.equal((await admin(keys.admin, { janus: 'ping' })).janus, 'pong');
	assert.equal(await janus.stop('SIGTERM'), 0);
});
