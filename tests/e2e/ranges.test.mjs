// SPDX-License-Identifier: GPL-3.0-or-later
// The files of a play: every kind of range compared byte by byte with what
// `recording export` writes; who gets nothing; what is cut, and when; twenty
// viewers at once. Portal and recorder are the real ones; what stands in for
// Janus is tests/e2e/feeder.
//
// RTH_SEED repeats a run.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startBrowser } from './lib/browser.mjs';
import { secrets } from './lib/janus.mjs';
import { random } from './lib/losses.mjs';
import { inside } from './lib/netns.mjs';
import { Person } from './lib/person.mjs';
import {
	ADMIN, CLINICIAN, codeIn, OPERATOR, Portal, URL_OF_PORTAL,
} from './lib/portal.mjs';
import { BUILD, start, stopAll, until } from './lib/procs.mjs';
import {
	connections, fetchBytes, partsOf, Stalled, Viewer,
} from './lib/ranges.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { Reviewed, segmentsOf, startPlay } from './lib/reviewed.mjs';
import { Store } from './lib/store.mjs';

await inside();

const SEED = Number(process.env.RTH_SEED ?? Date.now() % 2 ** 31);
const next = random(SEED);
const PATIENT = 'patient@people.example';
const BLOCK = 16384;
const RECORD = 16448;
const BLOCK_0 = 4096 + 2 * RECORD;
const CUT_MS = 30000;
const VIEWERS = 20;
const VIEWED_MS = 8000;
const SLOW_BYTES_PER_MS = 250;
/** What the portal may grow by, KiB, while so many look. */
const GROWTH_KIB = 32 * 1024;
const CONF = `
limits = { connections_per_address = 0; stream_check_s = 1; idle_s = 600; };
`;

const keys = secrets();
/** @type {import('./lib/recorder.mjs').Recorder} */
let recorder;
/** @type {Store} */
let store;
/** @type {Portal} */
let portal;
/** @type {Reviewed} */
let reviewed;
let clinician, operator, id, play, exported;
/** The lane that most is asked of: its address and its bytes. */
let lane, bytes;

const ask = (path, headers = {}, how = {}) =>
	fetchBytes(path, { cookie: operator.cookie, headers, ...how });
const original = (src) => readFileSync(exported.files.find((path) =>
	basename(path) === basename(src)));

before(async () => {
	recorder = await startRecorder();
	portal = await Portal.start(keys, recorder, CONF);
	store = new Store(recorder, portal.conf);
	clinician = await portal.signIn(CLINICIAN, 'Dr. Example');
	reviewed = new Reviewed(portal, keys, recorder, clinician);
	id = await reviewed.record(PATIENT, { seconds: 60,
		words: ['--kbit', '4000', '--speed', '6', '--chat', 'A word'] });
	exported = await store.exportFinished(id);
	operator = await portal.signIn(OPERATOR, 'An operator');
	play = await startPlay(operator, id);
	lane = segmentsOf(play)[0].src;
	bytes = original(lane);
});
after(async () => {
	exported?.remove();
	await stopAll();
});

/** A range as it is asked for, and the bytes it is. */
function ranges(length) {
	const fixed = [
		['0-0', 0, 0], ['0-', 0, length - 1], [`${length - 1}-`, length - 1,
			length - 1], ['-1', length - 1, length - 1],
		[`-${BLOCK}`, length - BLOCK, length - 1],
		[`-${length + 1}`, 0, length - 1],
		[`${BLOCK - 1}-${BLOCK}`, BLOCK - 1, BLOCK],
		[`${BLOCK}-${2 * BLOCK - 1}`, BLOCK, 2 * BLOCK - 1],
		['65535-65536', 65535, 65536], ['65536-131072', 65536, 131072],
		[`100-${length + 99}`, 100, length - 1],
		['5-99999999999999999999', 5, length - 1],
	];

	for (let i = 0; i < 40; i++) {
		const first = Math.floor(next() * length);
		const last = first + Math.floor(next() * Math.min(200000,
			length - first));

		fixed.push([`${first}-${last}`, first, last]);
	}
	return fixed;
}

describe(`what is sent, seed ${SEED}`, () => {
	test('whole files', async () => {
		const sources = [...segmentsOf(play).map((each) => each.src),
			...play.chat];

		assert.equal(sources.length, 3);
		for (const src of sources) {
			const { status, headers, body, whole } = await ask(src);

			assert.equal(status, 200);
			assert.ok(whole && body.equals(original(src)), src);
			assert.equal(headers['content-type'], src.endsWith('.jsonl')
				? 'application/x-ndjson' : 'video/webm');
			assert.equal(headers['accept-ranges'], 'bytes');
			assert.equal(headers['cache-control'], 'no-store');
			assert.equal(headers['x-content-type-options'], 'nosniff');
			assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
			assert.equal(headers['content-disposition'], 'inline');
			assert.match(headers.etag ?? '', /^"[\w-]{43}"$/);
			assert.equal(headers['set-cookie'], undefined);
		}
	});

	test('one range', async () => {
		for (const [range, first, last] of ranges(bytes.length)) {
			const { status, headers, body, whole } =
				await ask(lane, { Range: `bytes=${range}` });

			assert.equal(status, 206, range);
			assert.equal(headers['content-range'],
				`bytes ${first}-${last}/${bytes.length}`);
			assert.equal(headers['content-length'], String(last - first + 1));
			assert.equal(headers['content-type'], 'video/webm');
			assert.ok(whole && body.equals(bytes.subarray(first, last + 1)),
				range);
		}
	});

	test('several ranges', async () => {
		for (const wanted of [[['0-0', 0], ['-1', bytes.length - 1]],
			[[`${BLOCK}-`, BLOCK], [`0-${BLOCK}`, 0]],
			ranges(bytes.length).slice(-16)]) {
			const answer = await ask(lane, { Range: `bytes=${wanted.map(([text]) =>
				text).join(' , ')}` });
			const parts = partsOf(answer);

			assert.equal(answer.status, 206);
			assert.equal(answer.headers['content-length'],
				String(answer.body.length));
			assert.equal(answer.headers['content-range'], undefined);
			assert.deepEqual(parts.map(({ first }) => first),
				wanted.map(([, first]) => first));
			for (const part of parts) {
				assert.equal(part.type, 'video/webm');
				assert.equal(part.length, bytes.length);
				assert.ok(part.body.equals(bytes.subarray(part.first,
					part.last + 1)));
			}
		}
	});

	test('what is not there, or too much: 416', async () => {
		for (const range of [`${bytes.length}-`, '-0', '0-,0-,0-0',
			Array(17).fill('0-0').join(',')]) {
			const { status, headers } = await ask(lane,
				{ Range: `bytes=${range}` });

			assert.equal(status, 416, range);
			assert.equal(headers['content-range'], `bytes */${bytes.length}`);
		}
	});

	test('what is no range is ignored', async () => {
		for (const range of ['items=0-1', 'bytes=2-1', 'bytes=x', 'bytes']) {
			const { status, headers, body } = await ask(lane, { Range: range });

			assert.equal(status, 200, range);
			assert.equal(headers['content-range'], undefined);
			assert.equal(body.length, bytes.length);
		}
	});

	test('If-Range', async () => {
		const { headers: { etag } } = await ask(lane, {}, { method: 'HEAD' });

		for (const [tag, status] of [[etag, 206], [`W/${etag}`, 200],
			['"another"', 200], [new Date().toUTCString(), 200]])
			assert.equal((await ask(lane, { Range: 'bytes=0-9',
				'If-Range': tag })).status, status, tag);
	});

	test('HEAD', async () => {
		for (const headers of [{}, { Range: 'bytes=0-9' }]) {
			const answer = await ask(lane, headers, { method: 'HEAD' });

			assert.equal(answer.status, 200);
			assert.equal(answer.headers['content-length'],
				String(bytes.length));
			assert.equal(answer.headers['content-range'], undefined);
			assert.equal(answer.body.length, 0);
		}
	});

	test('one after the other on one connection', async () => {
		const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
		const how = { agent, sockets: new Set() };

		for (const [range, first, last] of ranges(bytes.length).slice(0, 20)) {
			const { status, body } = await ask(lane,
				{ Range: `bytes=${range}` }, how);

			assert.equal(status, 206);
			assert.ok(body.equals(bytes.subarray(first, last + 1)));
		}
		assert.equal(how.sockets.size, 1);
		agent.destroy();
	});
});

describe('who gets nothing', () => {
	test('nobody signed in, another session, another person', async () => {
		const others = [await portal.signIn(OPERATOR, 'An operator'),
			await portal.signIn(ADMIN, 'An admin'), clinician,
			await portal.signIn(PATIENT, 'A patient')];

		for (const cookie of ['', 'session=x'])
			assert.equal((await fetchBytes(lane, { cookie })).status, 401);
		for (const { cookie } of others)
			for (const headers of [{}, { Range: 'bytes=0-0' }])
				for (const method of ['GET', 'HEAD']) {
					const { status } = await fetchBytes(lane, { cookie, headers,
						method });

					assert.equal(status, 404);
				}
		assert.equal((await ask(lane)).status, 200);
	});

	test('other names and tricks with paths', async () => {
		const folder = lane.slice(0, lane.lastIndexOf('/'));
		const name = basename(lane);
		const file = store.files.find((path) => path.includes(id));

		for (const path of [
			`${folder}/1-manifest.json`, `${folder}/x`, `${folder}/.`,
			`${folder}/..`, `${folder}/../${basename(folder)}/${name}`,
			`${folder}/%2e%2e/${name}`, `${folder}/..%2f${name}`,
			`${folder}/%31${name.slice(1)}`, `${folder}/${name}%00`,
			`${folder}/${name}/`, `${folder}//${name}`, `${folder}/./${name}`,
			`${folder}/${name}.recovering`, `${folder}/${name};x`,
			`${folder}/${name}\\`, `${folder}/..\\${name}`,
			`${folder}/%2fetc%2fpasswd`, `/api/plays/../${folder}/${name}`,
			`${folder}/${'a'.repeat(400)}`, `/api/plays/${id}/${name}`,
			`/api/plays/${'A'.repeat(22)}/${name}`, `/${file}`,
			`${folder}/${encodeURIComponent(`../${file}`)}`,
		]) {
			const { status, headers } = await ask(path);

			assert.ok([400, 404].includes(status), `${path}: ${status}`);
			assert.equal(headers['content-type'], 'application/json');
		}
	});

	test('only GET and HEAD', async () => {
		for (const method of ['PUT', 'DELETE', 'POST'])
			assert.ok([403, 405].includes((await ask(lane, {},
				{ method })).status));
	});

	test('more than eight at once of one play', async () => {
		const viewers = Array.from({ length: 8 }, () =>
			new Stalled(lane, operator.cookie));

		await Promise.all(viewers.map((viewer) => viewer.begun()));
		assert.equal((await ask(lane)).status, 429);
		viewers[0].leave();
		await until(async () => (await ask(lane,
			{ Range: 'bytes=0-0' })).status === 206, 60000, 'room for one');
		for (const viewer of viewers)
			viewer.leave();
		await until(() => viewers.every(({ served }) =>
			served?.state !== '01'), 60000, 'all are gone');
	});
});

describe('what is cut', () => {
	test('the answers of a session that ends, no others', async () => {
		const account = await portal.signIn(OPERATOR, 'An operator');
		const own = await startPlay(account, id);
		const src = segmentsOf(own)[0].src;
		const slow = new Viewer(src, account.cookie,
			{ bytesPerMs: SLOW_BYTES_PER_MS });
		const stalled = new Stalled(src, account.cookie);
		const other = new Viewer(lane, operator.cookie,
			{ bytesPerMs: SLOW_BYTES_PER_MS });

		await Promise.all([slow.begun(), stalled.begun(), other.begun()]);
		await account.post('/auth/sign-out');
		const from = Date.now();

		await until(() => slow.ended && !stalled.served, CUT_MS,
			'both are cut');
		console.log(`# cut ${Date.now() - from} ms after the sign-out`);
		assert.equal(slow.ended, 'cut');
		assert.ok(slow.taken < bytes.length);
		assert.equal((await fetchBytes(src,
			{ cookie: account.cookie })).status, 401);
		const taken = other.taken;

		await until(() => other.taken > taken, 60000, 'the other one goes on');
		assert.equal(other.ended, '');
		other.leave();
		stalled.leave();
	});

	test('an answer with a damaged block, and nobody is told less', async () => {
		const name = store.files.find((path) => path.includes(id) &&
			path.endsWith(`/${basename(lane)}`));
		const path = join(store.folder, name);
		const sealed = readFileSync(path);
		const damaged = Buffer.from(sealed);
		const told = () => reviewed.sql(`SELECT object, outcome, data FROM audit
			WHERE action = 'recording-damaged'`);

		damaged[BLOCK_0 + 20 * RECORD + 100] ^= 1;
		writeFileSync(path, damaged);
		try {
			for (let i = 0; i < 3; i++) {
				const { status, headers, body, whole } = await ask(lane);

				assert.equal(status, 200);
				assert.equal(headers['content-length'], String(bytes.length));
				assert.ok(!whole);
				assert.ok(body.length <= 20 * BLOCK);
				assert.ok(body.equals(bytes.subarray(0, body.length)));
			}
			const { status, body, whole } = await ask(lane,
				{ Range: `bytes=${21 * BLOCK}-` });

			assert.equal(status, 206);
			assert.ok(whole && body.equals(bytes.subarray(21 * BLOCK)));
			await until(told, 60000, 'a row of the audit');
			assert.equal(told(),
				`${id}|failed|{"block":20,"file":"${basename(lane)}"}`);
			sealed.copy(damaged, 0, 0, sealed.length);
			damaged[100] ^= 1;
			writeFileSync(path, damaged);
			assert.equal((await ask(lane)).status, 409);
		} finally {
			writeFileSync(path, sealed);
		}
		assert.ok((await ask(lane)).body.equals(bytes));
	});
});

test('one that runs is served as far as it is written', async () => {
	const begun = await reviewed.begin(PATIENT, { seconds: 8 });
	const own = await until(async () => {
		const found = await startPlay(operator, begun.id)
			.catch(() => null);

		return found && segmentsOf(found).length === 2 ? found : null;
	}, 60000, 'its lanes');
	const [{ src }] = segmentsOf(own);
	const first = await until(async () => {
		const answer = await ask(src);

		return answer.body.length > 0 ? answer : null;
	}, 60000, 'its bytes');

	assert.equal(first.status, 200);
	assert.equal(first.headers.etag, undefined);
	await until(async () => {
		const more = await ask(src, { Range: `bytes=${first.body.length}-` });

		return more.status === 206 && more.headers['content-range']
			.startsWith(`bytes ${first.body.length}-`) &&
			more.headers.etag === undefined;
	}, 60000, 'more of them');
	assert.equal((await ask(src, { Range: 'bytes=0-0',
		'If-Range': '""' })).status, 200);
	await reviewed.end(begun);
	const plain = await store.exportFinished(begun.id);
	const last = await ask(src);

	assert.ok(last.body.equals(readFileSync(plain.files.find((path) =>
		basename(path) === basename(src)))));
	assert.match(last.headers.etag ?? '', /^"[\w-]{43}"$/);
	plain.remove();
});

/** What the portal has in memory, KiB. */
function memory() {
	return Number(readFileSync(`/proc/${portal.program.pid}/status`, 'utf8')
		.match(/^VmRSS:\s+(\d+) kB/m)?.[1]);
}

test('twenty viewers, fast, slow, and one who takes nothing', async () => {
	const digest = createHash('sha256').update(bytes).digest('hex');
	const accounts = [];

	for (let i = 0; i < VIEWERS; i++)
		accounts.push(await portal.signIn(OPERATOR, 'An operator'));
	const sources = await Promise.all(accounts.map(async (account) =>
		segmentsOf(await startPlay(account, id))[0].src));
	const before = memory();
	const end = Date.now() + VIEWED_MS;
	let most = before, files = 0;
	const sampler = setInterval(() => { most = Math.max(most, memory()); }, 50);
	const slow = [];
	const stalled = new Stalled(sources[0], accounts[0].cookie);

	await stalled.begun();
	const fast = accounts.map(async ({ cookie }, i) => {
		if (i === 0)
			return;
		if (i % 2) {
			slow.push(new Viewer(sources[i], cookie,
				{ bytesPerMs: SLOW_BYTES_PER_MS }));
			return;
		}
		while (Date.now() < end) {
			const hash = createHash('sha256');
			const viewer = new Viewer(sources[i], cookie,
				{ take: (chunk) => hash.update(chunk) });

			assert.equal(await viewer.done, 'whole');
			assert.equal(hash.digest('hex'), digest);
			files++;
		}
	});

	await Promise.all(fast);
	clearInterval(sampler);
	stalled.leave();
	console.log(`# ${VIEWERS / 2 - 1} fast viewers took ${files} files of ` +
		`${(bytes.length / 1e6).toFixed(1)} MB in ${VIEWED_MS / 1000} s; ` +
		`the slow ones waited ${Math.max(...slow.map((each) =>
			each.longest))} ms at most; VmRSS ${before} KiB before, ` +
		`${most} KiB at most`);
	for (const viewer of slow) {
		assert.ok(viewer.taken > 0 && viewer.ended !== 'cut');
		viewer.leave();
	}
	assert.ok(most - before < GROWTH_KIB, `it grew by ${most - before} KiB`);
});

test('a stop cuts who takes long, and is not held up', async () => {
	const viewers = [new Viewer(lane, operator.cookie,
		{ bytesPerMs: SLOW_BYTES_PER_MS }),
		new Stalled(lane, operator.cookie)];

	await Promise.all(viewers.map((viewer) => viewer.begun()));
	portal.program.kill('SIGTERM');
	assert.equal(await portal.program.exited, 0);
	assert.match(portal.program.text, /"requests_left": ?0/);
	assert.equal(await viewers[0].done, 'cut');
	viewers[1].leave();
});

describe('a player paused for longer than the portal waits', () => {
	/** @type {import('./lib/procs.mjs').Program} */
	let again;
	let codes = '';

	// The same portal, less patient.
	before(async () => {
		await portal.program.stop();
		writeFileSync(portal.conf, readFileSync(portal.conf, 'utf8')
			.replace('idle_s = 600', 'idle_s = 1'));
		again = start('portal-again', join(BUILD, 'rthealth-portal'),
			['-c', portal.conf],
			{ hear: (text) => { codes += text; } });
		await until(async () => (await fetch(`${URL_OF_PORTAL}/readyz`)
			.catch(() => null))?.ok, 60000, 'the portal is ready');
	});
	after(() => again.stop());

	for (const kind of /** @type {const} */ (['chromium', 'firefox']))
		test(`goes on in ${kind}`, async () => {
			const browser = await startBrowser(kind, {});
			const page = await browser.page();
			const person = new Person(page, URL_OF_PORTAL,
				{ email: OPERATOR, name: 'An operator' }, (email) =>
					until(() => codeIn(codes, email), 60000, 'a code'));

			codes = '';
			await person.signIn('/');
			const at = await page.evaluate(load, { id, from: 0.5 });

			await until(() => connections() === 0, 60000,
				'the portal has shut everybody out');
			const played = await page.evaluate(playOn);

			assert.ok(at < played.at);
			assert.equal(played.ended, true);
			// Chromium's own word for an answer that was cut.
			assert.deepEqual(page.problems.filter((text) =>
				!text.includes('ERR_CONTENT_LENGTH_MISMATCH')), []);
			await browser.close();
		});
});

/** In a page: plays a lane up to that second, and pauses; where it is. */
async function load({ id, from }) {
	const { csrf } = await (await fetch('/api/session')).json();
	const play = await (await fetch(`/api/recordings/${id}/play`, {
		method: 'POST', body: JSON.stringify({ reason: 'A complaint' }),
		headers: { 'Content-Type': 'application/json', 'X-RTH-CSRF': csrf } }))
		.json();
	const video = document.createElement('video');

	video.muted = true;
	video.preload = 'auto';
	video.src = play.lanes[0].segments[0].src;
	document.body.replaceChildren(video);
	await video.play();
	while (video.currentTime < from)
		await new Promise((done) => setTimeout(done, 20));
	video.pause();
	return video.currentTime;
}

/** In the same page: plays to its end, quickly. */
async function playOn() {
	const video = /** @type {HTMLVideoElement} */ (
		document.querySelector('video'));

	video.playbackRate = 8;
	await video.play();
	while (!video.ended && !video.error)
		await new Promise((done) => setTimeout(done, 50));
	return { at: video.currentTime, ended: video.ended,
		error: video.error?.message };
}
