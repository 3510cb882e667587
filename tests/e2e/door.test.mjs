// SPDX-License-Identifier: GPL-3.0-or-later
// A thousand random steps of raw clients at two doors of a real Janus, beside a
// model of who sits and who waits where: each request is answered as the model
// says, the rooms are what it says, and nobody ever hears of anybody but who
// sits in the same room, or, as its clinician, who waits at its door. Some check
// their line meanwhile: nobody hears of them, nor they of anybody.
// tests/unit/test_door_random.c does the same with media and chat.
//
// RTH_SEED repeats a run as far as time allows, RTH_STEPS makes a longer one.
import './lib/node18.mjs';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
	admin, pluginAdmin, secrets, startJanus, transportToken,
} from './lib/janus.mjs';
import { inside } from './lib/netns.mjs';
import { ROOT, stopAll, until } from './lib/procs.mjs';
import { RawClient } from './lib/rawclient.mjs';
import { Issuer, roomId } from './lib/tokens.mjs';

await inside();

const STEPS = Number(process.env.RTH_STEPS ?? 1000);
const WAITING_MAX = 3;
const PEOPLE_MAX = 12; // at a time
const WAIT_MS = 60000;
const OFFER = { type: 'offer', sdp: readFileSync(join(ROOT,
	'tests/unit/sdp/chromium.sdp'), 'utf8') };
/** What somebody hears who has never had a seat. */
const OUTSIDE = new Set(['waiting', 'note', 'denied', 'replaced', 'ended',
	'left', 'error', 'media', 'ok', 'checking', 'removed']);
/** What was found before a join, all of it wrong or right. */
const CHECK = { microphone: 'silent', camera: null, path: 'tcp', up_kbps: 64 };
const CHECKED = { microphone: 'silent', camera: null, speaker: null, path: 'tcp',
	round_trip_ms: null, loss_permille: null, up_kbps: 64, down_kbps: null };
const TROUBLES = { troubles: ['camera-black'], paused: true, line: 'fair' };
const IDENTITIES = [['clinician', 1], ['clinician', 2], ['patient', 1],
	['patient', 3], ['patient', 4], ['patient', 5], ['patient', 6]];
const NOBODY = 'A'.repeat(22);

const keys = secrets();
const issuer = new Issuer();
let seed = Number(process.env.RTH_SEED ?? Date.now() % 2 ** 31);
let janus;

/**
 * @typedef {{ number: number, name: string, role: string, sub: string,
 *   room?: Room, state: string, participant?: string, sat: boolean, offered?: boolean,
 *   check?: object, noted: number, checked: number, knows: Set<Person>,
 *   handle: import('./lib/rawclient.mjs').Handle }} Person
 * @typedef {{ id: string, clinician?: Person, patient?: Person,
 *   waiting: Person[], known?: string, wary: boolean, ended: boolean }} Room
 */

/** @type {Person[]} everybody there ever was */
const people = [];
/** @type {Room[]} rooms that are not ended, and one that is */
let rooms = [];
const counts = { joined: 0, waiting: 0, back: 0, admitted: 0, denied: 0,
	noted: 0, ended: 0, refused: 0, heard: 0, checking: 0, believed: 0,
	removed: 0, troubled: 0, found: 0 };

before(async () => {
	janus = await startJanus({ secrets: keys, debugLevel: 3, events: false,
		pluginConf: issuer.conf(
			`rooms = { linger_s = 1; waiting_max = ${WAITING_MAX};
				check_s = 300; };`) });
});

after(async () => {
	for (const person of people)
		person.handle.client.cut();
	await stopAll();
});

function chance(n) {
	seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
	return (seed >>> 8) % n;
}

const any = (list) => list[chance(list.length)];
const newRoom = () => ({ id: roomId(), waiting: [], wary: false,
	ended: false });
const here = () => people.filter((one) => one.state !== 'left');
const isIn = (one) => one.state === 'seated' || one.state === 'waiting';
const isClinician = (one) => one.state === 'seated' &&
	one.role === 'clinician';

/* ---- the model ---- */

function leave(one) {
	if (one.state === 'seated')
		one.room[one.role] = undefined;
	if (one.state === 'waiting')
		one.room.waiting = one.room.waiting.filter((who) => who !== one);
	one.state = 'left';
}

function sit(one, room) {
	Object.assign(one, { room, state: 'seated', sat: true });
	room[one.role] = one;
	if (one.role !== 'patient')
		return;
	room.wary ||= Boolean(room.known && room.known !== one.sub);
	room.known = one.sub;
}

/** A patient was sent away: no token is believed that says "admitted". */
function sentAway(one) {
	if (one.role !== 'patient')
		return;
	one.room.wary = true;
	if (one.room.known === one.sub)
		one.room.known = undefined;
}

/** Whether somebody need not knock at a free seat. */
function isKnown(one, room, claims) {
	if (room.known === one.sub)
		return true;
	if (!claims || room.known || room.wary)
		return false;
	counts.believed++;
	return true;
}

/** What a join leads to: an event's name or an error's code. */
function joinTo(one, room, claims) {
	const holder = room[one.role];
	const place = room.waiting.findIndex((who) => who.sub === one.sub);

	if (room.ended)
		return 'visit-ended';
	if (holder?.sub === one.sub) {
		leave(holder);
	} else if (one.role === 'clinician') {
		if (holder)
			return 'room-full';
	} else if (holder || !isKnown(one, room, claims)) {
		if (place < 0 && room.waiting.length === WAITING_MAX)
			return 'door-full';
		Object.assign(one, { room, state: 'waiting' });
		if (place < 0) {
			room.waiting.push(one);
		} else {
			room.waiting[place].state = 'left';
			one.check ??= room.waiting[place].check;
			room.waiting[place] = one;
		}
		return 'waiting';
	} else {
		counts.back++;
	}
	if (one.role === 'patient' && place >= 0)
		leave(room.waiting[place]);
	sit(one, room);
	return 'joined';
}

/** Why somebody may not do what a clinician does, or nothing. */
const notClinician = (one) => one.state !== 'seated' ? 'wrong-state'
	: one.role !== 'clinician' && 'wrong-role';
const notAtDoor = (one, other) => notClinician(one) ||
	(other.state !== 'waiting' || other.room !== one.room) && 'not-waiting';

/* ---- steps ---- */

const outcome = (answer) => answer.rthealth === 'error' ? answer.code
	: answer.rthealth;

/**
 * Sends a request that is expected to come to this; `then` changes the model.
 */
async function ask(one, body, expected, then = () => {}, jsep = undefined) {
	const answer = await one.handle.say(body, jsep);
	const got = outcome(answer);

	// This browser's requests are paced; and Janus itself takes no second
	// offer from whom the plugin has refused the first.
	if (got === 'busy' || jsep && one.offered && answer.janus === 'error')
		return;
	one.offered ||= Boolean(jsep);
	assert.equal(got, expected, `${one.number} (${one.role}, ${one.state}): ${
		body.request}`);
	if (expected.startsWith('wrong'))
		counts.refused++;
	then();
}

async function enter() {
	if (here().length >= PEOPLE_MAX)
		return gone();
	const client = await RawClient.connect(
		{ token: transportToken(keys.tokenAuth) });

	await client.create();
	const [role, number] = any(IDENTITIES);

	people.push({ number: people.length, name: `Name-${people.length}-`, role,
		sub: `sub-${number}`, state: 'none', sat: false, noted: 0, checked: 0,
		knows: new Set(), handle: await client.attach() });
	if (chance(6) === 0)
		return undefined;
	return joins(people.at(-1), any(rooms));
}

async function joins(one, room) {
	const admitted = chance(6) === 0;
	const check = chance(2) ? CHECK : undefined;
	const token = issuer.token({ room: room.id, role: one.role, sub: one.sub,
		name: one.name, admitted });
	const answer = await one.handle.say({ request: 'join', token,
		...(check ? { check } : {}) });

	if (outcome(answer) === 'busy')
		return;
	if (one.state === 'none')
		one.check = check;
	const expected = one.state === 'none' ? joinTo(one, room, admitted)
		: 'wrong-state';

	assert.equal(outcome(answer), expected, `${one.number} joins as ${one.role}`);
	if (answer.participant)
		one.participant = answer.participant;
	counts[expected] = (counts[expected] ?? 0) + 1;
}

async function gone() {
	const one = any(here());

	leave(one);
	await one.handle.detach();
}

const about = (other, more = {}) => ({
	participant: other?.participant ?? NOBODY, ...more });
/** Mostly somebody who can, and somebody who waits there. */
const decides = () => any(here().filter(isClinician)) ?? any(here());
const atDoor = (one) => chance(6) ? any(one.room?.waiting ?? []) ?? any(people)
	: any(people);

async function admits() {
	const one = decides();
	const other = atDoor(one);

	await ask(one, { request: 'admit', ...about(other) },
		notAtDoor(one, other) || (one.room.patient ? 'room-full' : 'ok'),
		() => {
			if (notAtDoor(one, other) || one.room.patient)
				return;
			leave(other);
			sit(other, one.room);
			counts.admitted++;
		});
}

async function denies() {
	const one = decides();
	const other = atDoor(one);

	await ask(one, { request: 'deny', ...about(other, { reason: 'other' }) },
		notAtDoor(one, other) || 'ok', () => {
			if (notAtDoor(one, other))
				return;
			sentAway(other);
			leave(other);
			counts.denied++;
		});
}

/** The admin API takes somebody out, sends away who waits, or notes. */
async function administers() {
	const one = any(here().filter(isIn)) ?? any(here());
	const request = any(['remove', 'deny', 'note']);
	const more = { remove: {}, deny: { reason: 'not-now' },
		note: { text: 'Soon.' } }[request];
	const answer = await pluginAdmin(keys.admin, { request,
		room: one.room?.id ?? NOBODY, ...about(one, more) });
	const could = request === 'remove' ? isIn(one) : one.state === 'waiting';

	assert.equal(answer.error, could ? undefined : 'not-found');
	if (!could)
		return;
	if (request === 'note') {
		one.noted++;
		return;
	}
	counts.removed++;
	sentAway(one);
	leave(one);
}

/** Checks a line on a new handle, mostly. */
async function checks() {
	const one = any(here().filter(({ state }) => state === 'none')) ??
		any(here());
	const could = one.state === 'none';

	await ask(one, { request: 'check' }, could ? 'checking' : 'wrong-state',
		() => {
			if (!could)
				return;
			one.state = 'checking';
			counts.checking++;
		}, OFFER);
}

async function notes() {
	const one = decides();
	const other = atDoor(one);

	await ask(one, { request: 'note', ...about(other, { text: 'Soon.' }) },
		notAtDoor(one, other) || 'ok', () => {
			if (notAtDoor(one, other))
				return;
			other.noted++;
			counts.noted++;
		});
}

async function ends() {
	const one = decides();

	if (chance(4))
		return;
	await ask(one, { request: 'end' }, notClinician(one) || 'ended', () => {
		const { room } = one;

		if (notClinician(one))
			return;
		for (const who of here().filter((each) => each.room === room &&
			isIn(each)))
			leave(who);
		room.ended = true;
		rooms = [newRoom(), ...rooms.filter((each) => !each.ended), room];
		counts.ended++;
	});
}

/** @type {(() => unknown)[]} what leads somewhere is more likely */
const STEPS_TO_TAKE = [enter, enter, enter, enter, enter, admits, admits, admits,
	denies, notes, ends, gone, checks, administers, async () => {
		const one = any(here());

		await joins(one, any(rooms));
	}, async () => {
		const one = any(here());

		const can = isIn(one) || one.state === 'checking';

		await ask(one, { request: 'leave' }, can ? 'left' : 'wrong-state',
			() => can && leave(one));
	}, async () => {
		const one = any(here());

		await ask(one, { request: 'media' }, isIn(one) ? 'media' : 'wrong-state',
			undefined, OFFER);
	}, async () => {
		const one = any(here());

		await ask(one, { request: 'state', microphone: true, camera: true,
			screen: false, ...TROUBLES }, isIn(one) ? 'ok' : 'wrong-state');
	}, async () => {
		const one = any(here());

		await ask(one, { request: 'ask-recording' },
			notClinician(one) || 'not-allowed');
	}, async () => {
		const one = any(here());

		await ask(one, { request: any(['consent', 'stop-recording', 'admit']) },
			'bad-request');
	}];

/* ---- what must always be so ---- */

/** The rooms as the admin API tells them, and as the model has them. */
async function real() {
	const { checks: n, rooms: list } = await pluginAdmin(keys.admin,
		{ request: 'list' });
	const ids = (seats) => seats.map((seat) => seat.participant);

	return JSON.stringify([n, rooms.map(({ id }) => {
		const room = list.find((each) => each.room === id);

		return [ids(room?.seats ?? []).sort(), ids(room?.waiting ?? [])];
	})]);
}

const modelled = () => JSON.stringify([
	here().filter(({ state }) => state === 'checking').length,
	rooms.map((room) => [
		[room.clinician, room.patient].filter(Boolean)
			.map((one) => one.participant).sort(),
		room.waiting.map((one) => one.participant)])]);

function learn() {
	for (const { clinician, patient, waiting } of rooms) {
		for (const one of [patient, ...waiting])
			one && clinician?.knows.add(one);
		if (clinician)
			patient?.knows.add(clinician);
	}
}

function check(one) {
	const { events } = one.handle.client;

	for (; one.checked < events.length; one.checked++) {
		const data = events[one.checked].plugindata?.data;

		if (!data)
			continue;
		const text = JSON.stringify(data);

		counts.heard++;
		if (data.rthealth === 'state') {
			assert.deepEqual(data.troubles, TROUBLES.troubles);
			counts.troubled++;
		}
		for (const { participant, check } of data.people ?? []) {
			const who = people.find((each) => each.participant === participant);

			assert.deepEqual(check, who?.check ? CHECKED : null);
			counts.found += check ? 1 : 0;
		}
		for (const other of people) {
			if (other !== one && !one.knows.has(other))
				assert.ok(!text.includes(other.name) && !(other.participant &&
					text.includes(other.participant)),
				`${one.number} hears of ${other.number}: ${text}`);
		}
		if (!one.sat) {
			assert.ok(OUTSIDE.has(data.rthealth), text);
			assert.ok(!('people' in data), text);
		}
		if (data.rthealth === 'note')
			assert.ok(one.noted-- > 0, text);
	}
}

test('a thousand random steps at two doors', async (t) => {
	t.diagnostic(`RTH_SEED=${seed}`);
	rooms = [newRoom(), newRoom()];
	// So many, and on until each thing has happened.
	for (let step = 0; step < STEPS || step < 20 * STEPS &&
		Object.values(counts).includes(0); step++) {
		await (here().length ? any(STEPS_TO_TAKE) : enter)();
		// A lost handle takes a while; nothing else is still under way then.
		await until(async () => await real() === modelled(), WAIT_MS,
			`rooms as in the model at step ${step}`, 5);
		learn();
		// Each has heard what was said before this is answered.
		await Promise.all(here().map((one) => one.handle.say(
			{ request: 'nothing' })));
		people.forEach(check);
	}
	t.diagnostic(JSON.stringify(counts));
	for (const [what, n] of Object.entries(counts))
		assert.ok(n > 0, what);
	assert.equal((await admin(keys.admin, { janus: 'ping' })).janus, 'pong');
	for (const one of people)
		assert.ok(!janus.text.includes(one.name));
	assert.equal(await janus.stop('SIGTERM'), 0);
});
