// SPDX-License-Identifier: GPL-3.0-or-later
// For RTH_SOAK_S seconds (1800) many raw clients join, wait, are admitted,
// denied and noted, come again, leave, are lost, negotiate media and check their
// lines, at a Janus whose plugin was built with the address sanitizer (RTH_BUILD;
// tests/check/soak builds it). Every so often all of them go, and then Janus must
// have no room, no session and no more memory, threads and open files than when
// it was warm. Ends with status 0 only if nothing was wrong.
//
//   RTH_BUILD=... RTH_PRELOAD="libasan.so ..." node tests/check/soak_door.mjs
//
// Unlike tests/e2e/door.test.mjs it does not know what each answer must be: here
// everybody acts at once.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
	admin, pluginAdmin, secrets, startJanus, transportToken,
} from '../e2e/lib/janus.mjs';
import { random } from '../e2e/lib/losses.mjs';
import { inside } from '../e2e/lib/netns.mjs';
import { ARTIFACTS, ROOT, stopAll, until } from '../e2e/lib/procs.mjs';
import { RawClient } from '../e2e/lib/rawclient.mjs';
import { Issuer, now, roomId } from '../e2e/lib/tokens.mjs';

await inside();

const SECONDS = Number(process.env.RTH_SOAK_S ?? 1800);
const SEED = Number(process.env.RTH_SEED ?? Date.now() % 2 ** 31);
const ACTORS = 24;
const ROOMS = 6;
const ROUNDS = Math.min(12, Math.max(4, Math.round(SECONDS / 60)));
const WARM_ROUNDS = Math.max(2, Math.floor(ROUNDS / 3));
const ANSWER_MS = 60000;
const QUIET_MS = 120000;
/** Of what the plugin remembers for a day, per ended visit or refused person. */
const REMEMBERED_BYTES = 600;
const MOST_GROWTH_BYTES = 12 * 2 ** 20;
const REQUESTS_BAD = [{}, { request: 'admit' }, { request: 'check', room: 'x' },
	{ request: 'state', microphone: true, camera: true, screen: true,
		troubles: ['x'] }, { request: 'join', token: 'x', check: [] }];
const CHECK = { microphone: 'ok', camera: 'black', path: 'udp', up_kbps: 900 };

const keys = secrets();
const issuer = new Issuer();
const offer = (name) => ({ type: 'offer', sdp: readFileSync(join(ROOT,
	`tests/unit/sdp/${name}.sdp`), 'utf8') });
const OFFERS = [offer('chromium'), offer('firefox')];
const next = random(SEED);
const chance = (n) => Math.floor(next() * n);
const any = (list) => list[chance(list.length)];
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const counts = {};
let rooms = Array.from({ length: ROOMS }, roomId);
let remembered = 0;
let resting = false;

const log = join(ARTIFACTS, 'sanitizer');
const janus = await startJanus({ secrets: keys, debugLevel: 3, events: false,
	pluginConf: issuer.conf(
		'rooms = { linger_s = 1; waiting_max = 4; checks_max = 6; check_s = 5; };'),
	env: { ...process.env, LD_PRELOAD: process.env.RTH_PRELOAD ?? '',
		ASAN_OPTIONS: `log_path=${log}:quarantine_size_mb=4:` +
			'thread_local_quarantine_size_kb=64:' +
			'malloc_context_size=8:detect_odr_violation=0:exitcode=23',
		UBSAN_OPTIONS: `log_path=${log}:print_stacktrace=1` } });

function tally(answer) {
	const what = answer.rthealth === 'error' ? answer.code
		: answer.rthealth ?? answer.janus ?? 'nothing';

	counts[what] = (counts[what] ?? 0) + 1;
	return answer;
}

/** Says something; what is on its way when the handle ends has no answer. */
async function say(handle, body, jsep = undefined) {
	let answer;

	handle.say(body, jsep).then((said) => { answer = said; }, () => {});
	await until(() => answer || handle.client.events.some(({ janus: kind,
		sender }) => kind === 'detached' && sender === handle.id),
	ANSWER_MS, `an answer to ${body.request}`, 5);
	return answer ?? { janus: 'unanswered' };
}

/** What one person does once there, with whatever luck. */
const DEEDS = [
	(one) => say(one.handle, { request: 'state', microphone: true,
		camera: chance(2) === 0, screen: false, troubles: ['camera-black'],
		paused: true, line: 'poor' }),
	(one) => say(one.handle, { request: 'media' }, any(OFFERS)),
	(one) => say(one.handle, any(REQUESTS_BAD)),
	(one) => atDoor(one, 'admit'), (one) => atDoor(one, 'admit'),
	(one) => atDoor(one, 'admit'),
	(one) => atDoor(one, 'note', { text: 'One moment.' }),
	(one) => atDoor(one, 'deny', { reason: any(['not-now', 'other']) }),
	(one) => administer(one, 'note', { text: 'Soon.' }),
	(one) => administer(one, 'deny', { reason: 'not-known' }),
	(one) => administer(one, 'remove', {}),
	async (one) => {
		const answer = chance(8) ? {} : await say(one.handle, { request: 'end' });

		if (answer.rthealth === 'ended') {
			remembered++;
			rooms = rooms.map((room) => room === one.room ? roomId() : room);
		}
		return answer;
	},
];

/** About somebody who waits, as the clinician has heard, or about nobody. */
function atDoor(one, request, more = {}) {
	const list = one.handle.client.events.filter((event) =>
		event.plugindata?.data.people).at(-1)?.plugindata.data.people;

	remembered += request === 'deny' ? 1 : 0;
	return say(one.handle, { request, participant: any(list ?? [])?.participant
		?? 'A'.repeat(22), ...more });
}

async function administer(one, request, more) {
	const { rooms: all } = await pluginAdmin(keys.admin, { request: 'list' });
	const room = any(all ?? []);
	const who = any([...room?.waiting ?? [], ...room?.seats ?? []]);

	if (!who || request !== 'note' && chance(3))
		return {};
	remembered += request === 'note' ? 0 : 1;
	const answer = await pluginAdmin(keys.admin, { request, room: room.room,
		participant: who.participant, ...more });

	return { rthealth: `admin-${Object.keys(answer)[0]}` };
}

function token(one) {
	const claims = issuer.claims({ room: one.room, role: one.role,
		sub: one.sub, admitted: chance(4) === 0 });

	// What is remembered of these is forgotten while this still runs.
	claims.exp = now() + 30;
	claims.rth.seat_until = now() + 45;
	return issuer.sign(chance(20) ? claims : { ...claims, aud: 'other' });
}

async function connect() {
	const client = await RawClient.connect(
		{ token: transportToken(keys.tokenAuth) });

	await client.create();
	return client.attach();
}

/** How one goes: with a word or without one, or by a torn line. */
async function goes(handle) {
	const { client } = handle;

	if (chance(30) === 0) {
		client.cut(); // Janus keeps this session for half a minute
		return;
	}
	if (chance(2))
		await say(handle, { request: 'leave' });
	if (chance(2))
		await handle.detach();
	await client.request({ janus: 'destroy' });
	await client.close();
}

async function life(who) {
	const one = { ...who, room: any(rooms), handle: await connect() };

	if (chance(5) === 0) {
		tally(await say(one.handle, { request: 'check' }, any(OFFERS)));
	} else {
		tally(await say(one.handle, { request: 'join', token: token(one),
			...(chance(2) ? { check: CHECK } : {}) }));
	}
	for (let i = chance(12); i > 0 && !resting; i--) {
		await pause(chance(60));
		tally(await any(DEEDS)(one));
	}
	await goes(one.handle);
}

/** One person, who comes again and again: often before the last life is over. */
async function actor(number) {
	const who = { role: number % 3 ? 'patient' : 'clinician',
		sub: `sub-${number % 16}` };

	while (!resting && janus.alive)
		await Promise.all(Array.from({ length: 1 + chance(2) }, () => life(who)));
}

const entries = (what) => readdirSync(`/proc/${janus.pid}/${what}`).length;

/** What Janus has when nobody is there. */
async function quiet() {
	await until(async () => {
		const list = await pluginAdmin(keys.admin, { request: 'list' });
		const { sessions } = await admin(keys.admin, { janus: 'list_sessions' });

		return list.rooms.length === 0 && list.checks === 0 &&
			sessions.length === 0;
	}, QUIET_MS, 'nobody is there');
	let last = { fds: -1, threads: -1 };

	// Threads and sockets of who has gone end a little later.
	await until(async () => {
		const before = last;

		await pause(1500);
		last = { fds: entries('fd'), threads: entries('task') };
		return before.fds === last.fds && before.threads === last.threads;
	}, QUIET_MS, 'threads and files have settled');
	const [, pages] = readFileSync(`/proc/${janus.pid}/statm`, 'utf8').split(' ');

	return { ...last, bytes: Number(pages) * 4096, remembered };
}

async function soak() {
	const rests = [];

	for (let round = 0; round < ROUNDS; round++) {
		const timer = setTimeout(() => { resting = true; },
			SECONDS * 1000 / ROUNDS);

		resting = false;
		await Promise.all(Array.from({ length: ACTORS }, (_, i) => actor(i)));
		clearTimeout(timer);
		assert.ok(janus.alive, `Janus has ended:\n${janus.text.slice(-2000)}`);
		rests.push(await quiet());
		console.log(`# round ${round + 1}: ${JSON.stringify(rests.at(-1))}`);
	}
	return rests;
}

/** Reports of the sanitizers that have to do with us. */
function reports() {
	const names = existsSync(dirname(log)) ? readdirSync(dirname(log)).filter(
		(name) => name.startsWith(`${basename(log)}.${janus.pid}`)) : [];

	return names.flatMap((name) => readFileSync(join(dirname(log), name), 'utf8')
		.split(/\n(?=(?:Direct|Indirect) leak|==\d+==ERROR|.*runtime error)/)
		.filter((block) => !/^(Direct|Indirect) leak/.test(block) ?
			/ERROR: AddressSanitizer|runtime error/.test(block)
			: /\brth_|rthealth/.test(block)));
}

console.log(`# RTH_SEED=${SEED}, ${SECONDS} s`);
const rests = await soak();
const warm = rests[WARM_ROUNDS - 1];
const last = rests.at(-1);
const growth = last.bytes - warm.bytes;
const allowed = MOST_GROWTH_BYTES +
	REMEMBERED_BYTES * (last.remembered - warm.remembered);
const status = await janus.stop('SIGTERM');
const found = reports();

await stopAll();
console.log(`# ${JSON.stringify(counts)}`);
console.log(`# status ${status}; memory ${warm.bytes >> 20} -> ${
	last.bytes >> 20} MiB; threads ${warm.threads} -> ${last.threads}; files ${
	warm.fds} -> ${last.fds}; ${found.length} reports`);
for (const text of found)
	console.log(text);
assert.equal(found.length, 0, 'the sanitizers have found something');
assert.ok(growth <= allowed, `${growth} bytes more, ${allowed} allowed`);
assert.ok(last.threads <= warm.threads, 'threads are left over');
assert.ok(last.fds <= warm.fds, 'open files are left over');
for (const what of ['joined', 'waiting', 'ok', 'media', 'checking', 'ended',
	'admin-denied', 'admin-noted', 'admin-removed', 'not-admitted'])
	assert.ok(counts[what] > 0, `nobody was answered "${what}"`);
process.exit(0);
