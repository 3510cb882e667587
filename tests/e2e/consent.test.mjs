// SPDX-License-Identifier: GPL-3.0-or-later
// Who is asked before a recording, what everybody hears, and when the recorder
// writes: docs/protocol.md, "Recording", by clients without media against a
// real Janus and a real recorder. With each answer that is missing not one
// file is made; tests/unit/test_recording_refused.c knows more of them.
import './lib/node18.mjs';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import {
	PORTS, pluginAdmin, secrets, startJanus, transportToken,
} from './lib/janus.mjs';
import { inside } from './lib/netns.mjs';
import { stopAll, until } from './lib/procs.mjs';
import { RawClient, enter } from './lib/rawclient.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { Store, Watch } from './lib/store.mjs';
import { Issuer, roomId } from './lib/tokens.mjs';

await inside();

const ANSWER_S = 10;
const LINGER_S = 2;
const TEXTS = { en: 'May this visit be recorded?', es: '¿Se puede grabar?' };
const keys = secrets();
const issuer = new Issuer();
/** @type {RawClient[]} */
const clients = [];
/** What Janus told the event handler's sink. */
const told = [];
/** @type {string[]} */
const subjects = [];
let janus;
let recorder;
let sink;

const list = Object.entries(TEXTS).map(([language, text]) =>
	`{ language = "${language}"; text = "${text}"; }`).join(', ');

before(async () => {
	sink = http.createServer(async (request, response) => {
		const body = Buffer.concat(await request.toArray()).toString();

		told.push(...[JSON.parse(body)].flat());
		response.writeHead(200).end();
	}).listen(PORTS.events, '127.0.0.1');
	await once(sink, 'listening');
	sink.unref();
	recorder = await startRecorder();
	janus = await startJanus({ secrets: keys, debugLevel: 4,
		pluginConf: issuer.conf(`rooms = { linger_s = ${LINGER_S}; };
recording = {
	socket = "${recorder.socket}";
	answer_s = ${ANSWER_S};
	consent_version = "test-1";
	texts = ( ${list} );
};`) });
});

after(async () => {
	for (const client of clients)
		client.cut();
	await stopAll();
	sink.close();
});

async function attach() {
	const client = await RawClient.connect(
		{ token: transportToken(keys.tokenAuth) });

	clients.push(client);
	await client.create();
	return client.attach();
}

/** Who admits to a room. @type {Map<string, import('./lib/rawclient.mjs').Handle>} */
const doors = new Map();

async function seat(room, role, more = {}) {
	const handle = await attach();
	const joined = await enter(handle,
		issuer.token({ room, role, record: true, ...more }), doors.get(room));

	assert.equal(joined.rthealth, 'joined', JSON.stringify(joined));
	if (role === 'clinician')
		doors.set(room, handle);
	return Object.assign(handle, { joined, sub: more.sub });
}

/** A visit of two; of each the subject is known, to come back. */
async function pair() {
	const room = roomId();

	subjects.push(`c-${room}`, `p-${room}`);
	return { room,
		clinician: await seat(room, 'clinician', { sub: `c-${room}` }),
		patient: await seat(room, 'patient', { sub: `p-${room}` }) };
}

/** The `recording` events that somebody has heard, in order. */
const events = (handle) => handle.client.events.filter((event) =>
	event.sender === handle.id).map((event) => event.plugindata?.data)
	.filter((data) => data?.rthealth === 'recording');
const states = (handle) => events(handle).map((event) => event.state);

/** Waits for the newest event of this state. */
const hears = (handle, state, n = 1) => until(() => {
	const found = events(handle).filter((event) => event.state === state);

	return found.length >= n && found.at(-1);
}, 60000, `${n}. ${state}, after ${states(handle)}`, 10);

/** What event handlers were told of a recording. */
const reports = (id) => told.map((event) => event.event?.data)
	.filter((data) => data?.recording === id);
const reported = (id, state) => until(() => reports(id).find((data) =>
	data.state === state), 60000, `${state} is reported`, 10);

/** Who ended it, as event handlers are told. */
const as = (handle, role) => ({
	participant: handle.joined.participant, sub: handle.sub, role });

const stateOf = async (room) => (await pluginAdmin(keys.admin,
	{ request: 'list' })).rooms.find((each) => each.room === room)?.recording;

async function ask(visit) {
	const answer = await visit.clinician.say({ request: 'ask-recording' });

	assert.equal(answer.rthealth, 'ok', JSON.stringify(answer));
	const [one, other] = await Promise.all([visit.clinician, visit.patient]
		.map((handle) => hears(handle, 'asked', states(handle)
			.filter((state) => state === 'asked').length || 1)));

	assert.equal(one.recording, other.recording);
	return one.recording;
}

const answer = (handle, recording, said, language = 'en') =>
	handle.say({ request: 'consent', recording, answer: said, language });

async function agree(visit, recording, clinician = 'yes', patient = 'yes') {
	for (const [handle, said] of [[visit.clinician, clinician],
		[visit.patient, patient]]) {
		const heard = await answer(handle, recording, said);

		assert.equal(heard.rthealth, 'ok', JSON.stringify(heard));
	}
	await hears(visit.clinician, 'running');
	return hears(visit.patient, 'running');
}

const store = () => new Store(recorder);

async function assertNothing(watch, visit) {
	assert.equal(await stateOf(visit.room), 'off');
	assert.deepEqual(watch.events, []);
	assert.deepEqual(recorder.openFiles, []);
	watch.close();
}

describe('asking', () => {
	test('both read the clinic\'s texts; only the clinician may ask',
		async () => {
			const visit = await pair();

			assert.equal(visit.clinician.joined.record, true);
			assert.equal(visit.patient.joined.record, false);
			assert.equal((await visit.patient.say(
				{ request: 'ask-recording' })).code, 'wrong-role');
			const recording = await ask(visit);

			for (const handle of [visit.clinician, visit.patient]) {
				const event = events(handle).at(-1);

				assert.equal(event.version, 'test-1');
				assert.equal(event.answer_s, ANSWER_S);
				assert.equal(event.agreed, false);
				assert.deepEqual(Object.fromEntries(event.texts.map((each) =>
					[each.language, each.text])), TEXTS);
			}
			assert.equal(await stateOf(visit.room), 'asked');
			assert.equal((await visit.clinician.say(
				{ request: 'ask-recording' })).code, 'wrong-state');
			await reported(recording, 'asked');
		});

	test('not with a token that does not say so, and not alone', async () => {
		const room = roomId();
		const other = await seat(room, 'clinician', { record: false });

		assert.equal(other.joined.record, false);
		assert.equal((await other.say({ request: 'ask-recording' })).code,
			'not-allowed');
		const alone = await seat(roomId(), 'clinician');

		assert.equal((await alone.say({ request: 'ask-recording' })).code,
			'alone');
	});
});

describe('nothing is written without both', { concurrency: true }, () => {
	const ways = {
		'the patient says no': (visit, id) => answer(visit.patient, id, 'no'),
		'the clinician says no': async (visit, id) => {
			await answer(visit.patient, id, 'yes');
			await answer(visit.clinician, id, 'no');
		},
		'nobody answers': () => {},
		'only one answers': (visit, id) => answer(visit.patient, id, 'yes'),
		'the patient leaves': async (visit, id) => {
			await answer(visit.clinician, id, 'yes');
			await visit.patient.say({ request: 'leave' });
		},
		'the patient reloads': async (visit, id) => {
			await answer(visit.patient, id, 'yes');
			visit.patient = await seat(visit.room, 'patient',
				{ sub: visit.patient.sub });
			assert.equal((await answer(visit.clinician, id, 'yes')).code,
				'bad-request');
		},
		'it is stopped': async (visit, id) => {
			await answer(visit.clinician, id, 'yes');
			assert.equal((await visit.patient.say(
				{ request: 'stop-recording', recording: id })).rthealth, 'ok');
		},
		'the answer is to another recording': async (visit, id) => {
			await answer(visit.patient, id, 'yes');
			assert.equal((await answer(visit.clinician, 'B'.repeat(22),
				'yes')).code, 'bad-request');
		},
		'the answer is in a language that was not offered':
			async (visit, id) => {
				await answer(visit.patient, id, 'yes');
				assert.equal((await answer(visit.clinician, id, 'yes',
					'th')).code, 'bad-request');
			},
	};

	for (const [what, happens] of Object.entries(ways)) {
		test(what, async () => {
			const visit = await pair();
			const watch = new Watch(recorder.folder);
			const id = await ask(visit);

			await happens(visit, id);
			const event = await hears(visit.clinician, 'declined');

			assert.deepEqual(Object.keys(event).sort(),
				['recording', 'rthealth', 'state']);
			assert.equal((await answer(visit.clinician, id, 'yes')).code,
				'bad-request');
			await assertNothing(watch, visit);
			await reported(id, 'declined');
			assert.equal(reports(id).filter((each) =>
				each.state === 'running').length, 0);
		});
	}

	test('what was not said in time is evidence', async () => {
		const visit = await pair();
		const id = await ask(visit);

		await answer(visit.patient, id, 'voice', 'es');
		await hears(visit.patient, 'declined');
		const answers = await until(() => {
			const found = reports(id).filter((each) =>
				each.event === 'consent');

			return found.length === 2 && found;
		}, 60000, 'both answers are reported');
		const [voice, none] = answers;

		assert.equal(voice.answer, 'voice');
		assert.equal(voice.sub, visit.patient.sub);
		assert.equal(voice.role, 'patient');
		assert.equal(voice.participant, visit.patient.joined.participant);
		assert.equal(voice.text_version, 'test-1');
		assert.equal(voice.text_sha256,
			createHash('sha256').update(TEXTS.es).digest('hex'));
		assert.equal(voice.language, 'es');
		assert.ok(Math.abs(voice.time_ms - Date.now()) < 60000);
		assert.equal(none.answer, 'none');
		assert.equal(none.sub, visit.clinician.sub);
	});
});

describe('a recording', () => {
	test('runs when both agree, and everybody hears what it is',
		async () => {
			const visit = await pair();
			const watch = new Watch(recorder.folder);
			const id = await ask(visit);

			await answer(visit.patient, id, 'voice');
			assert.deepEqual(watch.events, []);
			await answer(visit.clinician, id, 'yes');
			const event = await hears(visit.patient, 'running');

			assert.deepEqual(event.voice_only,
				[visit.patient.joined.participant]);
			assert.equal(event.incomplete, false);
			assert.equal(event.lost_s, 0);
			assert.equal(await stateOf(visit.room), 'running');
			await until(() => recorder.openFiles.length > 0, 60000,
				'files are open');
			watch.close();
			await visit.patient.say({ request: 'stop-recording',
				recording: id });
			assert.equal((await hears(visit.clinician, 'finished')).reason,
				'stopped');
			await reported(id, 'stored');
			assert.deepEqual((await reported(id, 'finished')).by,
				as(visit.patient, 'patient'));
			assert.deepEqual(recorder.openFiles, []);
			assert.ok(store().ids.includes(id));
		});

	for (const who of ['clinician', 'patient']) {
		test(`stops for both at once when the ${who} withdraws`,
			async () => {
				const visit = await pair();
				const id = await ask(visit);

				await agree(visit, id);
				assert.equal((await answer(visit[who], id, 'no')).rthealth,
					'ok');
				assert.notEqual(await stateOf(visit.room), 'running',
					'it was stopped before that was answered');
				for (const handle of [visit.clinician, visit.patient])
					assert.equal((await hears(handle, 'finished')).reason,
						'withdrawn');
				await reported(id, 'stored');
				assert.deepEqual((await reported(id, 'finished')).by,
					as(visit[who], who));
				await visit.clinician.say({ request: 'state',
					microphone: true, camera: true, screen: true });
				assert.deepEqual(recorder.openFiles, []);
			});
	}

	test('pauses without the patient, who comes back into it', async () => {
		const visit = await pair();
		const id = await ask(visit);

		await agree(visit, id);
		await visit.patient.detach();
		await hears(visit.clinician, 'paused');
		assert.equal(await stateOf(visit.room), 'paused');
		visit.patient = await seat(visit.room, 'patient',
			{ sub: visit.patient.sub });
		await hears(visit.patient, 'running');
		await hears(visit.clinician, 'running', 2);
		assert.ok(!states(visit.patient).includes('asked'));
		await visit.clinician.say({ request: 'leave' });
		assert.equal((await hears(visit.patient, 'finished')).reason, 'left');
		await reported(id, 'stored');
	});

	test('asks somebody else before it goes on', async () => {
		const visit = await pair();
		const id = await ask(visit);

		await agree(visit, id);
		await visit.patient.say({ request: 'leave' });
		const other = await seat(visit.room, 'patient', { sub: 'other' });
		const asked = await hears(other, 'asked');

		assert.equal(asked.recording, id);
		assert.equal(await stateOf(visit.room), 'paused');
		await answer(other, id, 'voice', 'es');
		assert.deepEqual((await hears(other, 'running')).voice_only,
			[other.joined.participant]);
		await visit.clinician.say({ request: 'end' });
		assert.equal((await hears(other, 'finished')).reason, 'ended');
		await reported(id, 'stored');
	});

	test('ends when somebody else does not want it', async () => {
		const visit = await pair();
		const id = await ask(visit);

		await agree(visit, id);
		await visit.patient.say({ request: 'leave' });
		const other = await seat(visit.room, 'patient', { sub: 'other' });

		await hears(other, 'asked');
		await answer(other, id, 'no');
		assert.equal((await hears(visit.clinician, 'finished')).reason,
			'withdrawn');
		await reported(id, 'stored');
	});

	test('ends when the clinician does not come back', async () => {
		const visit = await pair();
		const id = await ask(visit);

		await agree(visit, id);
		await visit.clinician.detach();
		await hears(visit.patient, 'paused');
		assert.equal((await hears(visit.patient, 'finished')).reason, 'left');
		await reported(id, 'stored');
	});

	test('ends with the visit', async () => {
		const visit = await pair();
		const id = await ask(visit);

		await agree(visit, id);
		await visit.clinician.say({ request: 'end' });
		for (const handle of [visit.clinician, visit.patient]) {
			assert.equal((await hears(handle, 'finished')).reason, 'ended');
			await until(() => handle.heard.includes('ended'), 60000, 'its end');
			const order = handle.heard.filter((name) =>
				name === 'recording' || name === 'ended');

			assert.deepEqual(order.slice(-2), ['recording', 'ended']);
		}
		await reported(id, 'stored');
	});
});

describe('the recorder', () => {
	test('goes and comes back: the recording has two parts', async () => {
		const visit = await pair();
		const id = await ask(visit);

		await agree(visit, id);
		for (const pid of [...recorder.children, recorder.pid])
			recorder.kill(pid);
		await recorder.stop();
		assert.equal(await stateOf(visit.room), 'running');
		await recorder.start();
		await until(() => recorder.openFiles.length > 0, 60000,
			'the second part is written');
		await visit.patient.say({ request: 'stop-recording', recording: id });
		assert.equal((await reported(id, 'stored')).parts, 2);
	});

	test('is away: a clear refusal', async () => {
		const visit = await pair();

		await recorder.stop();
		assert.equal((await visit.clinician.say(
			{ request: 'ask-recording' })).code, 'no-recorder');
		assert.deepEqual(states(visit.patient), []);
		await recorder.start();
		await agree(visit, await ask(visit));
	});
});

test('no log holds a text, a subject or an answer of anybody', () => {
	assert.ok(subjects.length > 10);
	for (const subject of subjects)
		assert.ok(!janus.text.includes(subject));
	for (const text of Object.values(TEXTS))
		assert.ok(!janus.text.includes(text));
	assert.ok(!/answer|voice|withdr.*(participant|sub)=/.test(janus.text
		.split('\n').filter((line) => line.includes('[rthealth]')).join('\n')));
});
