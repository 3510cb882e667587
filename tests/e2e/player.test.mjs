// SPDX-License-Identifier: GPL-3.0-or-later
// The player with the real portal and real recordings, in both browsers: how
// far apart the lanes are on the screen, how soon a seek is answered, keys,
// marks, messages, and what happens when it may no longer be watched.
//
// What is measured is what the browser says of each picture that it shows: its
// time in the file, and when it was on the screen. A picture is shown at the
// display's next frame, so each value may be up to 17 ms off; windows of half a
// second are compared by their medians.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { flashes } from './lib/beeps.mjs';
import { Clinic } from './lib/clinic.mjs';
import { SIZES, look } from './lib/look.mjs';
import { inside } from './lib/netns.mjs';
import { stopAll, until } from './lib/procs.mjs';
import { endVisit, inVisit, record, stored } from './lib/recorded.mjs';
import {
	feedLong, feedRecording, median, openPlayer, position, seeksOf, settled,
} from './lib/watcher.mjs';

await inside();

const PROBE = readFileSync(join(dirname(fileURLToPath(import.meta.url)),
	'lib/playerprobe.js'), 'utf8');
const KINDS = /** @type {const} */ (['chromium', 'firefox']);
const MOST_MS = 80;
const WINDOW_MS = 500;
/** A flash: how light it is, and how long. */
const LIGHT = 125;
const FLASH_S = 0.1;
const FRAME_S = 0.05;
const BEEPING = { browser: { beep: true } };
const TABLET = { width: 768, height: 1024 };
const LONG_S = 7200;
const SECRET = 'see https://example.org/<b>bold</b>';

/** @type {Clinic} */
let clinic;
/** @type {import('./lib/store.mjs').Exported} */
let exported;

before(async () => {
	clinic = await Clinic.open({ recorder: true });
	exported = await makeRecording();
});
after(async () => {
	await clinic?.close();
	await stopAll();
});

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** A visit with flashes and beeps, messages, and a screen for a while. */
function makeRecording() {
	return inVisit(clinic, ['chromium', 'chromium'], async (visit) => {
		const { clinician, patient } = visit;
		const known = clinic.store.ids;

		await record(visit);
		await pause(4000);
		await patient.write(SECRET);
		await clinician.write('Can you show me the letter?');
		await pause(3000);
		await clinician.page.press('#toggle-screen');
		await pause(6000);
		await clinician.page.press('#toggle-screen');
		await pause(12000);
		await patient.page.click('Turn camera off');
		await pause(4000);
		await endVisit(visit);
		return stored(clinic, known);
	}, { clinician: BEEPING, patient: BEEPING });
}

/** A recording without a visit, known to the portal. */
const fed = (options) => feedRecording(clinic, options);

/** An operator in front of a recording, who also looks at each picture. */
async function viewer(kind, id = exported.id, size = {}) {
	const person = await openPlayer(clinic, kind, id, size);

	await person.page.evaluate(PROBE);
	return person;
}

const key = (person, name) => person.page.page.keyboard.press(name);

/** How long it is, in s, as the bar says. */
const duration = (person) => person.page.evaluate(() => Number(
	document.querySelector('#player-slider')?.getAttribute('aria-valuemax')));

/** Controls that are too small for a finger or out of reach. */
const small = (person) => person.page.evaluate(() =>
	[...document.querySelectorAll('.player-controls > span > *')]
		.filter((control) => {
			const box = control.getBoundingClientRect();

			return control.tagName !== 'SPAN' && box.width > 0 &&
				(box.width < 44 || box.height < 44 || box.left < 0 ||
					box.right > innerWidth || box.bottom > innerHeight);
		}).map((control) => control.outerHTML.slice(0, 80)));

const attribute = (person, selector, name) => person.page.evaluate(
	([where, what]) => document.querySelector(where)?.getAttribute(what) ?? null,
	[selector, name]);

/** Waits until so many more pictures of both cameras were on the screen. */
async function frames(person, count) {
	await person.page.evaluate(() => globalThis.rthShown.clear());
	return person.page.until((least) => {
		const all = globalThis.rthShown.frames;

		return ['clinician', 'patient'].every((lane) =>
			all[lane]?.length >= least) && all;
	}, `${count} pictures`, 60000, count);
}

/** Where a lane's files begin in the recording, ms. */
const startOf = (lane) => exported.told(exported.lane(lane)[0]).start_ms;

/**
 * How far apart two lanes were on the screen, in windows of time: ms of the
 * world.
 */
function apart(shown, rate) {
	const places = Object.fromEntries(['clinician', 'patient'].map((lane) =>
		[lane, shown[lane].map(([at, s]) => [at,
			(startOf(lane) + s * 1000) / rate - at])]));
	const from = Math.max(...Object.values(places).map((all) => all[0][0]));
	const to = Math.min(...Object.values(places).map((all) => all.at(-1)[0]));
	const found = [];

	for (let at = from; at + WINDOW_MS <= to; at += WINDOW_MS) {
		const [a, b] = Object.values(places).map((all) => all
			.filter(([when]) => when >= at && when < at + WINDOW_MS)
			.map(([, ahead]) => ahead));

		if (a.length > 3 && b.length > 3)
			found.push(median(a) - median(b));
	}
	return found;
}

/** Plays on and tells how far apart it was meanwhile. */
async function together(t, person, what, { rate = 1, count = 60 } = {}) {
	await settled(person, 'playing');
	const found = apart(await frames(person, count), rate);

	assert.ok(found.length > 0, `${what}: pictures at the same time`);
	const worst = Math.max(...found.map(Math.abs));

	t.diagnostic(`${person.page.kind}, ${what}: median ${
		Math.round(median(found))} ms, worst window ${Math.round(worst)} ms of ${
		found.length}`);
	assert.ok(worst <= MOST_MS, `${what}: ${worst} ms apart`);
}

for (const kind of KINDS)
	describe(kind, () => {
		/** @type {import('./lib/person.mjs').Person} */
		let person;

		before(async () => {
			person = await viewer(kind);
		});
		after(() => person?.page.close());

		test('lanes stay together: play, pause, seek, rates', async (t) => {
			await key(person, ' ');
			await together(t, person, 'play');
			await key(person, ' ');
			await settled(person, 'paused');
			await key(person, ' ');
			await together(t, person, 'after pause and play');
			await key(person, 'j');
			await key(person, '2');
			await together(t, person, 'after a seek');
			for (const rate of ['2', '3', '0.5']) {
				await person.page.choose('#player-rate', rate);
				await key(person, '1');
				await together(t, person, `at ${rate} times the speed`,
					{ rate: Number(rate), count: rate === '3' ? 40 : 60 });
			}
			await person.page.choose('#player-rate', '1');
			await key(person, ' ');
			await settled(person, 'paused');
			assert.deepEqual(person.page.problems, []);
		});

		test('what is on the screen is what was recorded then', async (t) => {
			const lit = (await flashes(exported.lane('patient')[0]));

			await key(person, '0');
			await settled(person);
			await key(person, ' ');
			await settled(person, 'playing');
			const shown = (await frames(person, 90)).patient;
			// One that had begun when the recording did has no beginning in it.
			const seen = shown.filter(([, s, light]) => light > LIGHT &&
				s > FLASH_S + FRAME_S).map(([, s]) => s);

			await key(person, ' ');
			await settled(person);
			assert.ok(seen.length > 0, 'a flash is seen');
			for (const s of seen)
				assert.ok(lit.some((each) => s > each - FRAME_S &&
					s < each + FLASH_S + FRAME_S),
				`light at ${s} s; there are flashes at ${lit}`);
			t.diagnostic(`${seen.length} light pictures, where the flashes are`);
		});
	});

for (const kind of KINDS)
	describe(`${kind}: what people do`, () => {
		/** @type {import('./lib/person.mjs').Person} */
		let person;

		before(async () => {
			person = await viewer(kind);
		});
		after(() => person?.page.close());

		/** Waits until it stands at a second. */
		const stands = (s) => person.page.until((wanted) =>
			/** @type {HTMLElement} */ (document.querySelector('.player'))
				.dataset.state === 'paused' && Number(document.querySelector(
				'#player-slider')?.getAttribute('aria-valuenow')) === wanted,
		`${s} s`, 60000, s);

		test('keys', async () => {
			await person.page.press('#player-slider');
			await key(person, '0');
			await stands(0);
			await key(person, 'ArrowRight');
			await stands(5);
			await key(person, 'l');
			await stands(15);
			await key(person, 'j');
			await stands(5);
			await key(person, 'ArrowLeft');
			await stands(0);
			const seconds = Number(await attribute(person, '#player-slider',
				'aria-valuemax'));

			await key(person, '5');
			const half = await position(person);

			assert.ok(Math.abs(half - seconds / 2) <= 1, `${half} of ${seconds}`);
			assert.match(await attribute(person, '#player-slider',
				'aria-valuetext') ?? '', /^\d+ seconds of \d+ seconds$/);
			await key(person, '.');
			assert.equal(await person.page.evaluate(() =>
				/** @type {HTMLSelectElement} */ (
					document.querySelector('#player-rate')).value), '1.25');
			await key(person, ',');
			await key(person, 'm');
			assert.deepEqual(await person.page.evaluate(() =>
				[...document.querySelectorAll('.player video')].map((video) =>
					/** @type {HTMLVideoElement} */ (video).muted))
				.then((all) => new Set(all)), new Set([true]));
			await key(person, 'm');
			await key(person, 'k');
			await settled(person, 'playing');
			await key(person, 'k');
			await settled(person);
		});

		test('one side is silent', async () => {
			await person.page.click('Sound of Dr. Example');
			const muted = await person.page.evaluate(() => Object.fromEntries(
				[...document.querySelectorAll('.player [data-lane]')].map((tile) =>
					[tile.getAttribute('data-lane'),
						[...tile.querySelectorAll('video')].map((video) =>
							video.muted)])));

			assert.ok(muted.clinician.every(Boolean) && muted.clinician.length);
			assert.ok(!muted.patient.some(Boolean) && muted.patient.length);
			await person.page.click('Sound of Dr. Example');
		});

		test('a screen takes the stage, by hand another picture', async () => {
			await person.page.click('Events', 'tab');
			await person.page.press('#player-events li:last-child button');
			await person.page.click('Messages', 'tab');
			await settled(person);
			const big = () => person.page.evaluate(() =>
				document.querySelector('.player-tile.big')
					?.getAttribute('data-lane') ?? null);

			assert.equal(await big(), 'clinician-screen');
			await person.page.press('[data-lane=patient] .player-choose');
			assert.equal(await big(), 'patient');
			await person.page.press('[data-lane=patient] .player-choose');
			assert.equal(await big(), 'clinician-screen');
			await person.page.press('[data-lane=clinician-screen] .player-choose');
			assert.equal(await big(), null);
			await person.page.press('[data-lane=clinician-screen] .player-choose');
			await key(person, '0');
			await settled(person);
			assert.equal(await big(), null, 'nothing is shared at the beginning');
		});

		test('whose camera was off is said, at the end too', async () => {
			await key(person, 'End');
			await settled(person);
			const plates = await person.page.evaluate(() => {
				const tiles = [...document.querySelectorAll(
					'.player-tile:not([hidden])')];
				const words = '.player-plate:not([hidden]) .player-plate-words';

				return Object.fromEntries(tiles.map((tile) => [
					tile.getAttribute('data-lane'),
					tile.querySelector(words)?.textContent ?? '']));
			});

			assert.deepEqual(plates, { clinician: '', patient: 'Camera off' });
		});

		test('messages go along, lead there, and are text', async () => {
			await key(person, '0');
			await settled(person);
			const lines = await person.page.evaluate(() =>
				[...document.querySelectorAll('#player-chat .player-line')].map(
					(line) => ({ text: line.querySelector(
						'.player-line-text')?.textContent,
					within: line.querySelectorAll('a, b').length })));

			assert.deepEqual(lines, [SECRET, 'Can you show me the letter?']
				.map((text) => ({ text, within: 0 })));
			assert.equal(await attribute(person,
				'#player-chat [aria-current]', 'aria-current'), null);
			await person.page.press('#player-chat li:last-child button');
			await settled(person);
			const at = exported.chat.at(-1).at_ms;

			assert.equal(await position(person), Math.floor(at / 1000));
			assert.equal(await person.page.evaluate(() =>
				document.querySelector('#player-chat [aria-current]')
					?.querySelector('.player-line-text')?.textContent),
			'Can you show me the letter?');
		});

		test('marks are walked by arrows and tell their names', async () => {
			await person.page.evaluate(() => /** @type {HTMLElement} */ (
				document.querySelector('.player-mark')).focus());
			const tip = () => person.page.evaluate(() => {
				const node = /** @type {HTMLElement} */ (
					document.querySelector('.player-tip'));

				return node.hidden ? null : node.textContent;
			});
			const first = await tip();

			await key(person, 'ArrowRight');
			const second = await tip();

			assert.ok(first && second && first !== second, `${first}, ${second}`);
			const before = await position(person);

			await key(person, 'Enter');
			await settled(person);
			assert.match(second, new RegExp(
				`^0:${String(await position(person)).padStart(2, '0')}`));
			assert.ok(Number.isFinite(before));
		});

		test('what was watched is in the audit', async () => {
			await key(person, '0');
			await settled(person);
			await key(person, 'k');
			await frames(person, 60);
			await key(person, 'k');
			await settled(person);
			const at = await position(person);
			const admin = await clinic.portal.signIn('admin@clinic.example',
				'Ada Admin');
			const rows = await until(async () => {
				const found = (await admin.get(
					`/api/audit?action=watched&object=${exported.id}`)).rows;

				return found.length && found;
			}, 60000, 'a row');
			const ranges = rows[0].data.ranges_ms;

			assert.equal(rows[0].subject.name, 'Olga Operator');
			assert.ok(ranges[0][0] <= 200, JSON.stringify(ranges));
			assert.ok(Math.abs(ranges.at(-1)[1] / 1000 - at) <= 1.1,
				JSON.stringify(ranges));
		});

		test('signed out meanwhile: no picture stays', async () => {
			await key(person, 'k');
			await settled(person, 'playing');
			await person.page.evaluate(() => fetch('/api/session')
				.then((answer) => answer.json()).then(({ csrf }) =>
					fetch('/auth/sign-out', { method: 'POST',
						headers: { 'X-RTH-CSRF': csrf } })));
			await person.page.until(() =>
				!document.querySelector('.player, video'),
			'no picture', 60000);
			await person.page.sees('You have been signed out');
			await person.page.press('#player-sign-in');
			// The page is loaded anew meanwhile.
			await until(() => person.page.evaluate(() =>
				document.body?.dataset.phase === 'signed-out').catch(() => false),
			60000, 'signing in');
		});
	});

describe('how it looks', () => {
	for (const [name, size] of Object.entries({ ...SIZES, tablet: TABLET }))
		test(`on a ${name}, in light and dark`, async () => {
			const person = await viewer('chromium', exported.id, size);

			for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
				await person.page.page.emulateMedia({ colorScheme });
				await key(person, '0');
				await settled(person);
				await look(person, `player-${name}-${colorScheme}`);
				await person.page.press('#player-chat li:last-child button');
				await key(person, 'ArrowRight');
				await settled(person);
				await look(person, `player-screen-${name}-${colorScheme}`);
				await person.page.press('#player-events-tab');
				await person.page.evaluate(() => /** @type {HTMLElement} */ (
					document.querySelector('.player-mark')).focus());
				await look(person, `player-events-${name}-${colorScheme}`);
				await person.page.press('#player-chat-tab');
			}
			assert.deepEqual(await small(person), []);
			await person.page.close();
		});
});

describe('recordings that are not whole, or not over', () => {
	test('an interrupted one says so, and where', async () => {
		const { recorder } = clinic;
		const feeder = await fed({ seconds: 600,
			words: ['--chat', 'Hello'] });

		await until(() => feeder.sent() > 8000, 60000, 'eight seconds');
		for (const pid of recorder.children)
			recorder.kill(pid);
		await feeder.program.exited;
		await clinic.store.recover();
		const person = await viewer('chromium', feeder.id);

		assert.match(await person.page.evaluate(() =>
			document.querySelector('#player-condition')?.textContent ?? ''),
		/^This recording was interrupted at 0:\d\d/);
		assert.ok(await person.page.evaluate(() =>
			document.querySelector('.player-mark.is-broken')));
		await look(person, 'player-interrupted');
		await key(person, '5');
		await key(person, ' ');
		await settled(person, 'playing');
		await person.page.close();
	});

	for (const kind of KINDS)
		test(`${kind}: one that runs is watched some seconds late`, async (t) => {
			const feeder = await fed({ seconds: 600 });

			await until(() => feeder.sent() > 6000, 60000, 'some seconds');
			const person = await viewer(kind, feeder.id);

			await person.page.sees('still being recorded');
			const before = await duration(person);

			await key(person, ' ');
			await settled(person, 'playing');
			await person.page.until((was) => Number(document.querySelector(
				'#player-slider')?.getAttribute('aria-valuenow')) > was + 3,
			'it plays on beyond what there was', 60000, before);
			const late = feeder.sent() / 1000 - await position(person);

			t.diagnostic(`${kind}: ${late.toFixed(1)} s late`);
			await key(person, '0');
			await settled(person, 'playing');
			await key(person, 'End');
			await person.page.until(() => document.querySelector(
				'.player')?.getAttribute('data-state') === 'playing',
			'it plays at the end', 60000);
			assert.deepEqual(person.page.problems, []);
			feeder.program.kill('SIGKILL');
			await feeder.program.exited;
			await person.page.close();
		});
});

test('seeks in a recording of two hours', async (t) => {
	const feeder = await feedLong(clinic, LONG_S);

	for (const kind of KINDS) {
		const person = await openPlayer(clinic, kind, feeder.id);

		assert.equal(await duration(person), LONG_S);
		const took = await seeksOf(person, LONG_S);

		t.diagnostic(`${kind}: seeks of two hours: median ${
			Math.round(median(took))} ms, longest ${
			Math.round(Math.max(...took))} ms of ${took.length}`);
		await person.page.close();
	}
});
