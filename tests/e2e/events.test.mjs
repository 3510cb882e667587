// SPDX-License-Identifier: GPL-3.0-or-later
// What the plugin tells reaches the audit in order and once, also when the
// portal was killed meanwhile; what cannot be told is a row of its own.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { NOT_HERE } from './lib/database.mjs';
import { PORTS, secrets, startJanus } from './lib/janus.mjs';
import { inside } from './lib/netns.mjs';
import { CLINICIAN, Portal, URL_OF_PORTAL } from './lib/portal.mjs';
import { BUILD, start, stopAll, until } from './lib/procs.mjs';
import { RawClient, enter } from './lib/rawclient.mjs';

await inside();
after(stopAll);

const LONG_MS = 60000;
const PATIENT = 'pat@people.example';
const keys = secrets();
/** @type {Portal} */
let portal;
let janus;
let doctor;
let patient;

const runJanus = () => startJanus({ secrets: keys, keepEvents: true });

before(async () => {
	portal = await Portal.start(keys);
	doctor = await portal.signIn(CLINICIAN, 'Doctor Quillfeather');
	patient = await portal.signIn(PATIENT, 'Patient Marrowbone');
	janus = await runJanus();
});

async function killPortal() {
	portal.program.kill('SIGKILL');
	await portal.program.exited;
}

async function startPortal() {
	portal.program = start('portal', join(BUILD, 'rthealth-portal'),
		['-c', portal.conf], { hear: () => {} });
	await until(async () => (await fetch(`${URL_OF_PORTAL}/readyz`)
		.catch(() => null))?.ok, LONG_MS, 'the portal is back');
}

/** The audit's rows of the plugin and about it, oldest first. */
const rows = () => portal.sql(`SELECT n, action, COALESCE(reason, ''),
	COALESCE(visit, ''), COALESCE(data, '') FROM audit
	WHERE action LIKE 'plugin:%' OR action LIKE 'events-%' ORDER BY n;`)
	.split('\n').filter(Boolean).map((line) => {
		const [n, action, reason, visit, ...data] = line.split('|');

		return { n: Number(n), action, reason, visit,
			data: JSON.parse(data.join('|') || '{}') };
	});

const actions = (visit) => rows().filter((row) => row.visit === visit)
	.map((row) => row.action.replace('plugin:', ''));

/** What a person needs to join, asked of the portal. */
const ticket = (account, visit) => account.post(`/api/visits/${visit}/join`);

/** A seat by that ticket; who waits for it is admitted by the clinician. */
async function seat({ admission_token: token, janus: { token: transport } },
	clinician) {
	const client = await RawClient.connect({ token: transport });

	await client.create();
	const handle = await client.attach();
	const joined = await enter(handle, token, clinician);

	assert.equal(joined.rthealth, 'joined', JSON.stringify(joined));
	return handle;
}

/** All are there that are wanted, in that order. */
const arrived = (visit, wanted) => until(() =>
	actions(visit).length >= wanted.length && actions(visit), LONG_MS,
`${wanted} in the audit`).then((all) => assert.deepEqual(all, wanted));

/** Each boot's numbers go up, and what is missing is told. */
function assertInOrder() {
	const last = new Map();

	for (const { action, data } of rows()) {
		if (!action.startsWith('plugin:'))
			continue;
		assert.ok(data.seq > (last.get(data.boot) ?? 0), action);
		last.set(data.boot, data.seq);
	}
	return last;
}

describe('a portal that is killed during a visit', () => {
	let visit;

	test('hears of all of it in order and once', async () => {
		visit = await doctor.makeVisit(PATIENT);
		const [a, b, c] = await Promise.all([doctor, patient, patient].map(
			(who) => ticket(who, visit)));
		const clinician = await seat(a);
		const first = await seat(b, clinician);
		const before = ['room-opened', 'joined', 'waiting', 'admitted', 'joined'];

		await arrived(visit, before);
		await killPortal();
		assert.equal((await first.say({ request: 'leave' })).rthealth, 'left');
		await seat(c);
		assert.equal((await clinician.say({ request: 'end' })).rthealth,
			'ended');
		// It has been refused for some seconds.
		await until(() =>
			(janus.text.match(/Retransmitting event/g) ?? []).length >= 5,
		LONG_MS, 'Janus tries again and again');
		await startPortal();
		await arrived(visit, [...before, 'left', 'joined', 'left', 'left',
			'ended', 'room-closed']);
		assert.equal(assertInOrder().size, 1);
		assert.deepEqual(rows().filter((row) =>
			row.action.startsWith('events-')), []);
	});

	test('knows when both were there', async () => {
		const { happened } = await patient.get(`/api/visits/${visit}`);

		assert.match(happened.first, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
		assert.ok(Date.parse(happened.last) >= Date.parse(happened.first));
		assert.ok(happened.seconds >= 0);
		assert.deepEqual((await doctor.get('/api/visits')).visits
			.find(({ id }) => id === visit).happened, happened);
		assert.deepEqual(await doctor.get(`/api/visits/${visit}/quality`), {
			from: null, step_s: 10, seats: [
				{ role: 'clinician', points: [] },
				{ role: 'patient', points: [] }] });
		await assert.rejects(patient.get(`/api/visits/${visit}/quality`), /404/);
	});
});

describe('a Janus that is killed while there is no portal', () => {
	test('has told something that is missing', async () => {
		const visit = await doctor.makeVisit(PATIENT);
		const [a, b] = await Promise.all([doctor, patient].map(
			(who) => ticket(who, visit)));

		const clinician = await seat(a);

		await arrived(visit, ['room-opened', 'joined']);
		const [[boot]] = assertInOrder();

		await killPortal();
		await seat(b, clinician);
		janus.kill('SIGKILL');
		await janus.exited;
		await startPortal();
		janus = await runJanus();
		const missing = await until(() => rows().find((row) =>
			row.action === 'events-missing'), LONG_MS, 'what is missing');
		const last = rows().filter(({ data }) => data.boot === boot).at(-1);

		assert.equal(missing.reason, 'restarted');
		assert.deepEqual(missing.data, { from: last.data.seq + 1 });
		assert.deepEqual(actions(visit), ['room-opened', 'joined']);
		await until(() => rows().filter((row) =>
			row.action === 'plugin:started').length === 2, LONG_MS,
		'the new start');
		assert.equal(rows().filter((row) =>
			row.action.startsWith('events-')).length, 1);
	});
});

describe('a portal that cannot write', { skip: NOT_HERE }, () => {
	const event = { type: 64, event: { plugin: 'janus.plugin.rthealth', data: {
		event: 'refused', reason: 'replayed', seq: 1, boot: 'C'.repeat(22) } } };

	/** The status of an answer, or the error's code when there is none. */
	async function tell() {
		const request = http.request({ port: PORTS.events, method: 'POST',
			host: '127.0.0.1', path: '/janus-events', agent: false,
			auth: `${keys.eventsUser}:${keys.eventsPassword}`,
			headers: { 'Content-Type': 'application/json' } });

		request.end(JSON.stringify([event]));
		try {
			const [answer] = await once(request, 'response');

			answer.resume();
			return answer.statusCode;
		} catch (error) {
			return error.code;
		}
	}

	test('gives no answer, since Janus would take any for a success',
		async () => {
			const told = () => rows().filter(({ data }) =>
				data.boot === event.event.data.boot).length;
			const trigger = portal.sql(`SELECT sql FROM sqlite_master
				WHERE name = 'audit_head_stays';`);

			await janus.stop('SIGKILL');
			portal.sql(`BEGIN IMMEDIATE; DROP TRIGGER audit_head_stays;
				CREATE TABLE saved AS SELECT * FROM audit_head;
				DELETE FROM audit_head; COMMIT;`);
			assert.equal(await tell(), 'ECONNRESET');
			assert.equal(told(), 0);
			portal.sql(`BEGIN IMMEDIATE;
				INSERT INTO audit_head SELECT * FROM saved;
				DROP TABLE saved; ${trigger}; COMMIT;`);
			assert.equal(await tell(), 204);
			assert.equal(await tell(), 204);
			assert.equal(told(), 1);
		});
});
