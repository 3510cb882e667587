// SPDX-License-Identifier: GPL-3.0-or-later
// Films, previews, captions and files of real recordings, through the portal's
// HTTP interface: made, looked at with ffprobe, cancelled, killed, expired,
// deleted.
import './lib/node18.mjs';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { secrets } from './lib/janus.mjs';
import { probe } from './lib/lanes.mjs';
import { inside } from './lib/netns.mjs';
import { ADMIN, CLINICIAN, Portal, URL_OF_PORTAL } from './lib/portal.mjs';
import { BUILD, start, stopAll, until } from './lib/procs.mjs';
import { childrenOf, startRecorder } from './lib/recorder.mjs';
import { Reviewed, startPlay } from './lib/reviewed.mjs';
import { Store } from './lib/store.mjs';
import { temporaryFolder } from './lib/temporary.mjs';

await inside();

const PATIENT = 'patient@people.example';
const CHAT = 'my+knee/hurts=again';
const RULES = `
review = { rules = ( { who = [ "role:admin" ]; of = [ "all" ];
	rights = [ "list", "play", "download", "delete", "administer" ]; } ); };
`;
// Of a low priority: long on a busy machine.
const DONE_MS = 600000;
const SOON_MS = 60000;
const SECONDS = 4;
const ended = ['done', 'failed', 'cancelled'];

/** @type {import('./lib/recorder.mjs').Recorder} */
let recorder;
/** @type {Portal} */
let portal;
/** @type {Reviewed} */
let reviewed;
/** @type {Store} */
let store;
/** @type {import('./lib/portal.mjs').Account} */
let admin;
const home = temporaryFolder('films');

async function ask(method, path, body, headers = {}) {
	return fetch(URL_OF_PORTAL + path, { method,
		headers: { Origin: URL_OF_PORTAL, Cookie: admin.cookie,
			'X-RTH-CSRF': admin.csrf, ...headers,
			...(body ? { 'Content-Type': 'application/json' } : {}) },
		...(body ? { body: JSON.stringify(body) } : {}) });
}

const bytesOf = async (answer) => Buffer.from(await answer.arrayBuffer());
const film = (id) => admin.get(`/api/films/${id}`);

/** Asks for a film; what is told of it. */
function askFilm(recording, container = 'mp4', more = {}) {
	return admin.post(`/api/recordings/${recording}/films`, { container,
		layout: 'side-by-side', burn_in: false, reason: 'A complaint', ...more });
}

/** Waits until a film is in one of these states. */
function inState(id, states, ms = DONE_MS) {
	return until(async () => {
		const now = await film(id);

		if (ended.includes(now.state) && !states.includes(now.state))
			throw new Error(JSON.stringify(now));
		return states.includes(now.state) && now;
	}, ms, `the film is ${states.join(' or ')}`, 100);
}

/** Waits for a film; the path of its plain bytes. */
async function download(id) {
	const done = await inState(id, ended);

	assert.equal(done.state, 'done', JSON.stringify(done));
	const bytes = await bytesOf(await ask('GET', done.href));
	const path = join(home, `${id}.${done.container}`);

	assert.equal(bytes.length, done.bytes);
	writeFileSync(path, bytes);
	return path;
}

/** The files of a recording's folder. */
const namesOf = (recording) => store.files
	.filter((path) => path.includes(recording)).map((path) => basename(path));

/** Those of the audit that are of a recording, oldest first. */
async function rowsOf(recording, ...actions) {
	const { rows } = await admin.get(`/api/audit?object=${recording}`);

	return rows.filter((row) => actions.includes(row.action)).reverse();
}

/** The programs that make films just now. */
const makers = () => childrenOf(portal.program.pid).filter((pid) => {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
			.startsWith('rthealth-film');
	} catch {
		return false;
	}
});

/** Whether a process runs; one that nobody has waited for does not. */
function runs(pid) {
	try {
		return !/\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
	} catch {
		return false;
	}
}

/** The same portal again, after `signal`. */
async function restart(signal) {
	await portal.program.stop(signal);
	portal.program = start('portal', join(BUILD, 'rthealth-portal'),
		['-c', portal.conf], { hear: (text) => { portal.codes += text; } });
	await until(async () => (await fetch(`${URL_OF_PORTAL}/readyz`)
		.catch(() => null))?.ok, SOON_MS, 'the portal is ready');
}

before(async () => {
	const keys = secrets();

	recorder = await startRecorder();
	portal = await Portal.start(keys, { ...recorder, folder: recorder.folder,
		keys: recorder.keys, previews: true }, RULES);
	store = new Store(recorder, portal.conf);
	admin = await portal.signIn(ADMIN, 'The admin');
	reviewed = new Reviewed(portal, keys, recorder,
		await portal.signIn(CLINICIAN, 'Dr. Example'));
});
after(stopAll);

describe('a recording', () => {
	let id = '';

	before(async () => {
		id = await reviewed.record(PATIENT, { seconds: SECONDS,
			words: ['--chat', CHAT, '--screen', 'clinician', '--clip', 'h264'] });
	});

	test('gets a strip and an outline by itself', async () => {
		const path = `/api/recordings/${id}`;

		await until(async () => (await admin.get(path)).preview, DONE_MS,
			'it has a preview');
		const strip = await ask('GET', `${path}/strip`);
		const outline = await admin.get(`${path}/outline`);
		const jpeg = join(home, 'strip.jpg');

		assert.equal(strip.headers.get('content-type'), 'image/jpeg');
		assert.equal(strip.headers.get('cache-control'), 'no-store');
		writeFileSync(jpeg, await bytesOf(strip));
		const [picture] = (await probe(jpeg)).streams;

		assert.deepEqual([picture.width, picture.height], [8 * 160, 90]);
		assert.deepEqual(Object.keys(outline.lanes).sort(),
			['clinician', 'patient']);
		const steps = Buffer.from(outline.lanes.patient, 'base64').length;

		assert.ok(Math.abs(steps * outline.step_ms - SECONDS * 1000) < 2500,
			`${steps} of ${outline.step_ms}`);
		assert.deepEqual((await rowsOf(id, 'previewed'))
			.map(({ data }) => data.file), ['strip.jpg', 'outline.json']);
		await store.verify(id);
	});

	test('can be had file by file', async () => {
		const { files } = await admin.get(`/api/recordings/${id}/files`);
		const names = files.map(({ name }) => name).sort();

		assert.deepEqual(names, namesOf(id).filter((name) =>
			/^\d.*(mp4|webm|jsonl)$/.test(name)).sort());
		for (const { name, type, bytes, href } of files) {
			const answer = await ask('GET', href);

			assert.equal(answer.headers.get('content-type'), type);
			assert.equal(answer.headers.get('content-disposition'),
				`attachment; filename="${name}"`);
			assert.equal((await bytesOf(answer)).length, bytes, name);
		}
		const [{ href, bytes, name }] = files;
		const some = await ask('GET', href, undefined, { Range: 'bytes=2-11' });

		assert.equal(some.status, 206);
		assert.equal((await bytesOf(some)).length, 10);
		assert.equal((await ask('HEAD', href)).status, 200);
		assert.equal((await ask('GET', href, undefined,
			{ Range: `bytes=${bytes}-` })).status, 416);
		const rows = (await rowsOf(id, 'downloaded')).map(({ data }) => data);

		assert.deepEqual(rows.slice(0, files.length).map((row) => row.file),
			files.map((file) => file.name));
		assert.deepEqual(rows.slice(files.length),
			[{ file: name, bytes, ranges: [[2, 12]] }]);
		for (const other of ['1-manifest.json', 'strip.jpg', 'none.webm'])
			assert.equal((await ask('GET',
				`/api/recordings/${id}/files/${other}`)).status, 404, other);
	});

	test('gets captions by command', async () => {
		const vtt = join(home, 'some.vtt');
		const text = 'WEBVTT\n\n00:01.000 --> 00:03.000\nGood morning\n';

		writeFileSync(vtt, 'nothing of the kind\n');
		await assert.rejects(store.command('captions', id, vtt), /no WebVTT/);
		writeFileSync(vtt, text);
		await store.command('captions', id, vtt, '--language', 'de');
		await store.command('captions', id, vtt);
		await store.command('captions', id, vtt);
		const play = await startPlay(admin, id);

		assert.deepEqual(play.captions.map(({ language }) => language),
			['de', 'en']);
		const answer = await ask('GET', play.captions[1].src);

		assert.match(answer.headers.get('content-type'), /^text\/vtt/);
		assert.equal(String(await bytesOf(answer)), text);
		assert.equal((await rowsOf(id, 'captions-sealed')).length, 3);
		await store.verify(id);
		assert.ok(!(await readFileSync(join(recorder.folder,
			store.files.find((path) => path.includes('captions-en')))))
			.includes('Good morning'));
	});

	for (const [container, video, audio, more] of /** @type {any[]} */ ([
		['mp4', 'h264', 'aac', { burn_in: true }],
		['webm', 'vp8', 'opus', { layout: 'picture-in-picture' }]]))
		test(`becomes a film in ${container}`, async () => {
			const asked = await askFilm(id, container, more);

			assert.deepEqual([asked.state, asked.progress, asked.href],
				['waiting', 0, null]);
			const path = await download(asked.id);
			const { streams, format } = await probe(path);
			const kinds = streams.map(({ codec_type: kind }) => kind);
			const of = (kind) => streams.find((each) => each.codec_type === kind);

			assert.equal(of('video').codec_name, video);
			assert.equal(of('audio').codec_name, audio);
			assert.ok(kinds.filter((kind) => kind === 'subtitle').length >= 2,
				kinds.join());
			assert.ok(Math.abs(format.duration - SECONDS) < 1.5, format.duration);
			const subtitles = execFileSync('ffmpeg', ['-v', 'error', '-i', path,
				'-map', '0:s:0', '-f', 'srt', '-'], { encoding: 'utf8' });

			assert.ok(subtitles.includes(CHAT), subtitles);
			const { films } = await admin.get(`/api/recordings/${id}/films`);

			const listed = films.find((one) => one.id === asked.id);

			assert.deepEqual([listed.progress, listed.state], [1, 'done']);
			assert.ok(namesOf(id).includes(`film-${asked.id}.${container}`));
			await store.verify(id);
			const rows = (await rowsOf(id, 'film-asked', 'film-made',
				'downloaded')).filter(({ data }) =>
				JSON.stringify(data).includes(asked.id));

			assert.deepEqual(rows.map(({ action, reason }) => [action, reason]),
				[['film-asked', 'free-text'], ['film-made', null],
					['downloaded', null]]);
		});

	test('has no film that is malformed', async () => {
		for (const [field, value] of [['container', 'avi'], ['layout', ''],
			['burn_in', 'yes'], ['reason', ''], ['other', 1]]) {
			const answer = await ask('POST', `/api/recordings/${id}/films`, {
				container: 'mp4', layout: 'side-by-side', burn_in: false,
				reason: 'x', [field]: value });

			assert.equal(answer.status, 400, field);
		}
		assert.equal((await ask('GET', '/api/films/none')).status, 404);
	});

	test('a film that has expired is gone', async () => {
		const { films } = await admin.get(`/api/recordings/${id}/films`);
		const [last, first] = films;

		portal.sql(`UPDATE films SET expires_s = 1 WHERE id = '${last.id}'`);
		const now = await film(last.id);

		assert.deepEqual([now.state, now.href, now.bytes], ['done', null, null]);
		const answer = await ask('GET', `/api/films/${last.id}/file`);

		assert.equal(answer.status, 409);
		assert.equal((await answer.json()).error.code, 'not-ready');
		await restart('SIGTERM');
		await until(() => !namesOf(id).some((name) => name.includes(last.id)),
			SOON_MS, 'its file is gone');
		assert.equal((await ask('DELETE', `/api/films/${first.id}`)).status, 204);
		assert.ok(!namesOf(id).some((name) => name.includes(first.id)));
		assert.equal((await ask('GET', `/api/films/${first.id}`)).status, 404);
	});
});

describe('a film that takes long', () => {
	let id = '';
	const making = () => namesOf(id).filter((name) => name.endsWith('.making'));

	before(async () => {
		id = await reviewed.record(PATIENT, { seconds: 3600,
			words: ['--speed', '0', '--kbit', '50', '--chat', CHAT] });
		// Else that would be made while a film waits for its killed portal.
		await until(async () => (await admin.get(`/api/recordings/${id}`))
			.preview, DONE_MS, 'it has a preview');
	});

	test('tells how far it is, and can be cancelled', async () => {
		const { id: one } = await askFilm(id);
		const { id: two } = await askFilm(id);

		await until(async () => (await inState(one, ['running'])).progress > 0,
			DONE_MS, 'it goes on');
		const running = await film(one);

		assert.equal(running.state, 'running');
		assert.ok(running.progress < 1);
		assert.equal((await film(two)).state, 'waiting');
		assert.equal(making().length, 1);
		assert.equal((await ask('GET', `/api/films/${one}/file`)).status, 409);
		for (const each of [two, one]) {
			assert.equal((await ask('DELETE', `/api/films/${each}`)).status, 204);
			assert.equal((await film(each)).state, 'cancelled');
		}
		await until(() => making().length === 0 && makers().length === 0,
			SOON_MS, 'nothing is left of it');
		assert.equal((await rowsOf(id, 'film-cancelled')).length, 2);
	});

	test('is begun anew by a portal that is started again', async () => {
		const { id: one } = await askFilm(id);

		await until(async () => (await film(one)).progress > 0, DONE_MS,
			'it goes on');
		for (const signal of ['SIGTERM', 'SIGKILL']) {
			const [pid] = makers();

			assert.ok(runs(pid));
			await restart(/** @type {any} */ (signal));
			await until(() => !runs(pid), SOON_MS, `who made it has ended with the portal (${signal})`);
			await until(async () => (await film(one)).progress > 0
				&& makers().length === 1, DONE_MS, 'it goes on');
			assert.equal(making().length, 1);
		}
		assert.equal((await film(one)).state, 'running');
	});

	test('goes with its recording', async () => {
		const [{ id: one }] = (await admin.get(`/api/recordings/${id}/films`))
			.films.filter(({ state }) => state === 'running');
		const answer = await ask('DELETE', `/api/recordings/${id}`);

		assert.equal(answer.status, 200, await answer.text());
		assert.deepEqual(namesOf(id), []);
		assert.equal((await ask('GET', `/api/films/${one}`)).status, 404);
		await until(() => makers().length === 0, SOON_MS, 'nobody makes it');
		assert.deepEqual(readdirSync(recorder.folder, { recursive: true })
			.map(String).filter((path) => path.includes(id)), []);
		assert.equal(portal.sql(
			`SELECT COUNT(*) FROM films WHERE recording_id = '${id}'`), '0');
	});
});
