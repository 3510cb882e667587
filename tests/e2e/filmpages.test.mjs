// SPDX-License-Identifier: GPL-3.0-or-later
// What the pages show of what was made of a recording: glances in the list, the
// outline of the sound and captions in the player, films and files to take away.
// Recorder, portal and the program that makes films are the real ones; answers
// are pretended only where a moment of theirs could not be held.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startBrowser } from './lib/browser.mjs';
import { fill } from './lib/generated.mjs';
import { secrets } from './lib/janus.mjs';
import { SIZES, look } from './lib/look.mjs';
import { inside } from './lib/netns.mjs';
import { Person } from './lib/person.mjs';
import {
	ADMIN, CLINICIAN, OPERATOR, Portal, URL_OF_PORTAL,
} from './lib/portal.mjs';
import { BUILD, stopAll, until } from './lib/procs.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { Reviewed } from './lib/reviewed.mjs';

await inside();

/** Conditions, on a machine that has much else to do. */
const LONG_MS = 60000;
const MADE_MS = 600000; // what the real program makes
const COUNT = 45;
const PATIENT = 'pat@mail.example';
const ALL_SIZES = { ...SIZES, tablet: { width: 768, height: 1024 } };
const QUIET_LOUD = Buffer.from([9, 200, 90]).toString('base64');
const CAPTIONS = `WEBVTT

00:00.000 --> 00:02.000
<v Dr. Example>Good <i>morning</i> &lt;b&gt;

00:02.000 --> 10:00.000
How are you?
`;

/** @type {Portal} */
let portal;
/** @type {import('./lib/portal.mjs').Account} */
let admin;
/** @type {string} the recording that was really made */
let id;
const browsers = new Map();

/** Captions for it, by the command. */
function seal(language, text) {
	const file = join(portal.home, `${language}.vtt`);

	writeFileSync(file, text);
	execFileSync(join(BUILD, 'rthealth-portal'), ['--config', portal.conf,
		'recording', 'captions', id, file, '--language', language],
	{ stdio: ['ignore', 'pipe', 'pipe'] });
}

before(async () => {
	const keys = secrets();
	const recorder = await startRecorder();

	portal = await Portal.start(keys, { folder: recorder.folder,
		keys: recorder.keys, previews: true },
	'review = { reasons = [ "quality", "second-opinion" ]; };');
	admin = await portal.signIn(ADMIN, 'Ada Min');
	fill(portal.home, COUNT);
	const reviewed = new Reviewed(portal, keys, recorder,
		await portal.signIn(CLINICIAN, 'Dr. Example'));

	id = await reviewed.record(PATIENT, { seconds: 4,
		words: ['--chat', 'A word', '--screen', 'clinician'] });
	await until(async () => (await admin.get(
		`/api/recordings/${id}`)).preview, MADE_MS, 'its preview');
	seal('en', CAPTIONS);
	seal('de', CAPTIONS.replace('How are you?', 'Wie geht es Ihnen?'));
});
after(async () => {
	await Promise.all([...browsers.values()].map((browser) =>
		browser.close()));
	await stopAll();
});

/** Somebody with a page of an own size, signed in and at that address. */
async function signedIn(email, path, { kind = 'chromium',
	size = SIZES.desk } = {}) {
	if (!browsers.has(kind))
		browsers.set(kind, await startBrowser(kind));
	const person = new Person(await browsers.get(kind).page(size),
		URL_OF_PORTAL, { email, name: email === ADMIN ? 'Ada Min' : 'Op Erator' },
		(address) => portal.code(address));

	await person.signIn(path);
	return person;
}

const there = (page, selector, ms = LONG_MS) => page.until((what) => {
	const node = document.querySelector(what);

	return node && node.getClientRects().length > 0;
}, selector, ms, selector);
const gone = (page, selector) => page.until((what) =>
	!document.querySelector(what), `no ${selector}`, LONG_MS, selector);
const text = (page, selector) => page.evaluate((what) =>
	document.querySelector(what)?.textContent ?? null, selector);

/** In front of the player, which stands at the beginning. */
async function atPlayer(person) {
	await there(person.page, '#reason-dialog');
	await person.page.press('#reason-0');
	await person.page.press('#reason-dialog-go');
	await there(person.page, '.player[data-state=paused]');
	await there(person.page, '.player-bar.has-outline');
}

/** How often somebody had a glance at it, as the audit says. */
const glances = async () => (await admin.get(
	`/api/audit?action=previewed&object=${id}&limit=200`)).rows.length;

/** A list's answer, in which every recording has a preview. */
async function allHavePreviews(page, asked, strip) {
	await page.route('**/api/recordings?*', async (route) => {
		const answer = await route.fetch();
		const body = await answer.json();

		for (const each of body.recordings)
			each.preview = true;
		await route.fulfill({ response: answer, json: body });
	});
	await page.route(/\/api\/recordings\/[\w-]{22}\/(strip|outline)$/,
		(route) => {
			const [, of, what] = /([\w-]{22})\/(\w+)$/.exec(
				route.request().url()) ?? [];

			asked.add(of);
			return route.fulfill(what === 'strip'
				? { contentType: 'image/jpeg', body: strip }
				: { json: { step_ms: 500, lanes: { patient: QUIET_LOUD } } });
		});
}

describe('the list', () => {
	for (const kind of ['chromium', 'firefox'])
		test(`${kind}: a glance at a recording, asked for once`, async () => {
			const before = await glances();
			const person = await signedIn(ADMIN, '/review', { kind });
			const { page } = person;

			await there(page, `tr[data-recording="${id}"] .strip canvas`);
			assert.match(await page.evaluate(() => document.querySelector(
				'.glance .outline')?.getAttribute('aria-label')) ?? '',
			/^Sound, of the time: Dr\. Example \d+ %, .+ \d+ %$/);
			assert.equal(await page.evaluate(() =>
				document.querySelectorAll('.glance, .has-glance').length), 2,
			'the other rows are as they were');
			assert.ok(await page.evaluate(() => {
				const canvas = /** @type {HTMLCanvasElement} */ (
					document.querySelector('.strip canvas'));
				const { data } = /** @type {CanvasRenderingContext2D} */ (
					canvas.getContext('2d')).getImageData(0, 0, canvas.width,
					canvas.height);

				return canvas.width === 640 && canvas.height === 90
					&& data.every((value, n) => n % 4 < 3 || value === 255);
			}), 'pictures are in it');
			const asked = await glances();

			assert.equal(asked, before + 2, 'the strip, and the outline');
			await page.press(`tr[data-recording="${id}"] .play`);
			await atPlayer(person);
			await page.press('#back');
			await there(page, `tr[data-recording="${id}"] .strip canvas`);
			assert.equal(await glances(), asked,
				'neither the player nor the list asks again');
			assert.deepEqual(page.problems, []);
			await page.close();
		});

	test('only rows that are seen ask', async () => {
		const person = await signedIn(ADMIN, '/');
		const { page } = person;
		const strip = await fetch(
			`${URL_OF_PORTAL}/api/recordings/${id}/strip`,
			{ headers: { Cookie: admin.cookie } });
		/** @type {Set<string>} */
		const asked = new Set();

		assert.equal(strip.status, 200);
		await allHavePreviews(page.page, asked,
			Buffer.from(await strip.arrayBuffer()));
		await page.click('Recordings', 'link');
		await there(page, '.strip canvas');
		const ids = await page.evaluate(() =>
			[...document.querySelectorAll('tr[data-recording]')].map((row) =>
				/** @type {HTMLElement} */ (row).dataset.recording));
		const last = String(ids.at(-1));

		assert.equal(ids.length, COUNT + 1);
		assert.ok(asked.has(String(ids[0])));
		assert.ok(!asked.has(last));
		await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
		await there(page, `tr[data-recording="${last}"] .strip canvas`);
		assert.ok(asked.has(last));
		assert.ok(asked.size < ids.length, 'what was scrolled by is not');
		assert.equal(await page.evaluate((first) => document.querySelector(
			`tr[data-recording="${first}"] .glance`)?.childElementCount,
		ids[0]), 0, 'what is out of sight keeps no pictures');
		await look(person, 'list-glances-desk');
		await page.close();
	});
});

describe('the player', () => {
	for (const kind of ['chromium', 'firefox'])
		test(`${kind}: the sound behind the bar, and captions`, async () => {
			const person = await signedIn(OPERATOR, `/review/${id}`, { kind });
			const { page } = person;
			const captions = () => page.evaluate(() => {
				const node = /** @type {HTMLElement} */ (
					document.querySelector('#player-captions'));

				return node.hidden ? null
					: { text: node.textContent, lang: node.lang,
						within: node.childElementCount };
			});
			const shows = (words) => page.until((wanted) => document
				.querySelector('#player-captions')?.textContent === wanted,
			words || 'no captions', LONG_MS, words);

			await atPlayer(person);
			assert.match(await text(page, '#player-heard') ?? '', /^Sound, /);
			assert.equal(await page.evaluate(() => document.querySelector(
				'#player-slider')?.getAttribute('aria-describedby')),
			'player-heard');
			assert.equal(await page.evaluate(() => document.querySelectorAll(
				'.player-outline path:not(.middle)').length), 4,
			'two voices, whole and what was heard of them');
			assert.equal(await captions(), null);

			await page.choose('#player-language', 'en');
			await shows('Dr. Example: Good morning <b>');
			assert.deepEqual(await captions(), { within: 0, lang: 'en',
				text: 'Dr. Example: Good morning <b>' });
			await page.press('#player-slider');
			await page.page.keyboard.press('8');
			await shows('How are you?');
			await page.choose('#player-language', 'de');
			await shows('Wie geht es Ihnen?');
			await page.press('#player-slider');
			await page.page.keyboard.press('c');
			await shows('');
			await page.page.keyboard.press('c');
			await page.page.keyboard.press('8');
			await shows('Wie geht es Ihnen?');

			assert.equal(await page.evaluate(() =>
				document.querySelectorAll('#downloads').length), 0,
			'without the right nothing can be taken away');
			await page.reload();
			await atPlayer(person);
			await page.press('#player-slider');
			await page.page.keyboard.press('8');
			await shows('Wie geht es Ihnen?');
			assert.deepEqual(page.problems, []);
			await page.close();
		});
});

/** Saves what a press leads to; its name and content. */
async function saved(page, selector) {
	const [download] = await Promise.all([
		page.page.waitForEvent('download', { timeout: LONG_MS }),
		page.press(selector)]);
	const path = join(portal.home, download.suggestedFilename());

	await download.saveAs(path);
	return { name: download.suggestedFilename(), bytes: readFileSync(path) };
}

/** Films in every state, as the portal would tell of them. */
function films() {
	const at = (ms) => new Date(Date.now() + ms).toISOString()
		.replace(/\.\d+/, '');
	const film = (n, more) => ({ id: String(n).repeat(22), recording: id,
		container: 'mp4', layout: 'side-by-side', burn_in: true,
		asked: at(-n * 600000), progress: 0, remaining_s: null, bytes: null,
		expires: null, error: null, href: null, ...more });

	return [film(1, { state: 'waiting' }),
		film(2, { state: 'running', progress: 0.42, remaining_s: 95 }),
		film(3, { state: 'cancelled', layout: 'picture-in-picture' }),
		film(4, { state: 'failed', error: 'disk-full', container: 'webm' }),
		film(5, { state: 'done', bytes: 312345678, expires: at(8e7),
			href: `/api/films/${'5'.repeat(22)}/file` }),
		film(6, { state: 'done', expires: at(-1000) })];
}

describe('films and files', () => {
	test('a film is asked for, waited for, saved and deleted', async () => {
		const person = await signedIn(ADMIN, `/review/${id}`);
		const { page } = person;

		await atPlayer(person);
		await page.press('#film-ask');
		await there(page, '#film-dialog');
		assert.ok(await page.evaluate(() => /** @type {HTMLInputElement} */ (
			document.querySelector('#film-dialog #reason-0')).checked),
		'the reason that was given before');
		await page.press('#film-layout-picture-in-picture');
		await page.press('#film-burn-in');
		await page.press('#film-dialog-go');
		await there(page, '.film');
		await page.reload();
		await page.press('#reason-dialog .sheet-close');
		await there(page, '.film[data-step=done]', MADE_MS);
		assert.match(await text(page, '.film') ?? '',
			/MP4 filmPicture in picture, names and time.*Ready · \d.* · kept until/);

		const film = await saved(page, '.film-get');

		assert.match(film.name, /\.mp4$/);
		assert.equal(film.bytes.toString('latin1', 4, 8), 'ftyp');
		assert.equal((await admin.get(`/api/recordings/${id}/films`))
			.films[0].bytes, film.bytes.length);
		await page.press('#files summary');
		await there(page, '.file');
		const chat = await saved(page, '.file[title$="chat.jsonl"]');

		assert.match(chat.bytes.toString(), /"A word"/);
		await page.press('.film-end');
		await gone(page, '.film');
		assert.ok(await page.evaluate(() =>
			document.activeElement?.id === 'film-ask'), 'the focus is not lost');
		assert.deepEqual(page.problems, []);
		await page.close();
	});

	test('progress is told, and a film can be cancelled', async () => {
		const person = await signedIn(ADMIN, '/');
		const { page } = person;
		const [, film] = films();
		let looked = 0;

		await page.page.route('**/films', (route) => {
			looked++;
			return route.fulfill({ json: { films: [film] } });
		});
		await page.page.route(`**/api/films/${film.id}`, (route) => {
			assert.equal(route.request().method(), 'DELETE');
			film.state = 'cancelled';
			return route.fulfill({ status: 204 });
		});
		await page.goto(`${URL_OF_PORTAL}/review/${id}`);
		await page.press('#reason-dialog .sheet-close');
		await page.sees('42 % · about 2 minutes left', LONG_MS);
		assert.equal(await page.evaluate(() => /** @type {any} */ (
			document.querySelector('progress')).value), 0.42);
		film.progress = 0.51;
		film.remaining_s = 40;
		await page.sees('51 % · less than a minute left', LONG_MS);
		const told = (words) => page.until((wanted) => [
			...document.querySelectorAll('#downloads [role=status]')]
			.some((node) => node.textContent === wanted), words, LONG_MS,
		words);

		await told('The MP4 film: 51 %.');
		await page.press('.film-end');
		await told('The MP4 film is cancelled.');
		await there(page, '.film[data-step=cancelled]');
		assert.equal(await text(page, '.film-end'), 'Remove');
		assert.ok(looked > 2);
		await page.close();
	});

	for (const [size, pixels] of Object.entries(ALL_SIZES))
		test(`how it looks on a ${size}`, async () => {
			const person = await signedIn(ADMIN, '/', { size: pixels });
			const { page } = person;

			await page.page.route('**/films', (route) =>
				route.fulfill({ json: { films: films() } }));
			await page.goto(`${URL_OF_PORTAL}/review/${id}`);
			await atPlayer(person);
			await page.choose('#player-language', 'en');
			await there(page, '#player-captions');
			await there(page, '.film[data-step=failed]');
			await page.press('#files summary');
			await there(page, '.file');
			for (const scheme of /** @type {const} */ (['light', 'dark'])) {
				await page.page.emulateMedia({ colorScheme: scheme,
					reducedMotion: 'reduce' });
				await page.evaluate(() => scrollTo(0, 0));
				await look(person, `player-sound-${size}-${scheme}`);
				await page.evaluate(() => document.querySelector('#downloads')
					?.scrollIntoView());
				await look(person, `downloads-${size}-${scheme}`);
				await page.press('#film-ask');
				await there(page, '#film-dialog');
				await look(person, `film-dialog-${size}-${scheme}`);
				await page.press('#film-dialog .sheet-close');
			}
			assert.deepEqual(await page.evaluate(() => [
				...document.querySelectorAll(
					'#downloads :is(a, button, summary)')].map((node) => ({
				name: node.textContent, box: node.getBoundingClientRect() }))
				.filter(({ box }) => box.width && (box.height < 44
					|| box.width < 44)).map(({ name }) => name)), []);
			assert.deepEqual(page.problems, []);
			await page.close();
		});
});
