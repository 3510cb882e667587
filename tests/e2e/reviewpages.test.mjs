// SPDX-License-Identifier: GPL-3.0-or-later
// The pages of recordings and audit, on a phone, a tablet and a desk, light and
// dark, in both browsers, for each role. The portal is the real one; most
// recordings are rows only, one was really made.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startBrowser } from './lib/browser.mjs';
import { startFeeder } from './lib/feeder.mjs';
import { HOSTILE, addReal, fill } from './lib/generated.mjs';
import { secrets } from './lib/janus.mjs';
import { SIZES, look } from './lib/look.mjs';
import { inside } from './lib/netns.mjs';
import { Person } from './lib/person.mjs';
import {
	ADMIN, CLINICIAN, OPERATOR, Portal, URL_OF_PORTAL,
} from './lib/portal.mjs';
import { stopAll, until } from './lib/procs.mjs';
import { startRecorder } from './lib/recorder.mjs';

await inside();

const COUNT = 130;
const PATIENT = 'pat@mail.example';
const ALL_SIZES = { ...SIZES, tablet: { width: 768, height: 1024 } };
const NAMES = { [OPERATOR]: 'Op Erator', [ADMIN]: 'Ada Min',
	[CLINICIAN]: 'Dr. Example', [PATIENT]: 'Pat Example' };

/** @type {Portal} */
let portal;
/** @type {ReturnType<typeof fill>} */
let made;
/** The recordings that were really made. */
const real = [];
const browsers = new Map();

/** Makes a short recording and its row. */
async function record(recorder) {
	const feeder = await startFeeder(recorder, { seconds: 2 });

	await feeder.program.exited;
	await until(() => recorder.children.length === 0, 60000, 'it is stored');
	addReal(portal.home, feeder.id, Math.floor(Date.now() / 1000) - 60, 2);
	real.push(feeder.id);
}

before(async () => {
	const recorder = await startRecorder();

	portal = await Portal.start(secrets(), recorder,
		'review = { reasons = [ "quality", "second-opinion" ]; };');
	made = fill(portal.home, COUNT);
	await record(recorder);
	await record(recorder);
});
after(async () => {
	await Promise.all([...browsers.values()].map((browser) =>
		browser.close()));
	await stopAll();
});

/** Somebody with a page of an own size, signed in and at that address. */
async function signedIn(email, path, { kind = 'chromium',
	size = SIZES.desk, scheme = '' } = {}) {
	if (!browsers.has(kind))
		browsers.set(kind, await startBrowser(kind));
	const person = new Person(await browsers.get(kind).page(size),
		URL_OF_PORTAL, { email, name: NAMES[email] },
		(address) => portal.code(address));

	if (scheme)
		await person.page.page.emulateMedia({ colorScheme: scheme });
	await person.signIn(path);
	return person;
}

/** What a person does, and that nothing in the page went wrong meanwhile. */
async function as(email, path, work, options = {}) {
	const person = await signedIn(email, path, options);

	await work(person, person.page);
	assert.equal(await person.page.evaluate(() => globalThis.rthHurt),
		undefined, 'what people wrote is text');
	// What a test breaks on purpose, the browser tells as well.
	assert.deepEqual(person.page.problems.filter((problem) =>
		!options.broken?.test(problem)), []);
	await person.page.close();
}

const inChromium = { kind: 'chromium' };
const bothBrowsers = ['chromium', 'firefox'];

/** The ids of the rows that are shown. */
const shown = (page) => page.evaluate(() =>
	[...document.querySelectorAll('tr[data-recording]')].map((row) =>
		/** @type {HTMLElement} */ (row).dataset.recording));
const rows = (page, count, what = `${count} rows`) =>
	page.until((wanted) => document.querySelectorAll('tr[data-recording]')
		.length === wanted && !document.querySelector('[aria-busy=true]'),
	what, 60000, count);
const text = (page, selector) => page.evaluate((what) =>
	/** @type {HTMLElement | null} */ (document.querySelector(what))
		?.innerText.trim() ?? null, selector);
const valueOf = (page, selector) => page.evaluate((what) =>
	/** @type {HTMLInputElement | null} */ (document.querySelector(what))
		?.value, selector);
const disabled = (page, selector) => page.evaluate((what) =>
	/** @type {HTMLButtonElement | null} */ (document.querySelector(what))
		?.disabled, selector);
const search = (page) => page.evaluate(() => location.search);
const path = (page) => page.evaluate(() => location.pathname);
const at = (page, where) => page.until((wanted) =>
	location.pathname + location.search === wanted, `at ${where}`, 60000,
where);
const gone = (page, selector) => page.until((what) =>
	!document.querySelector(what), `no ${selector}`, 60000, selector);
const there = (page, selector) => page.until((what) => {
	const node = document.querySelector(what);

	return node && node.getClientRects().length > 0;
}, selector, 60000, selector);
const back = (page) => page.evaluate(() => history.back());
const forward = (page) => page.evaluate(() => history.forward());

/** How far the page's parts moved by themselves since it was opened. */
const shift = (page) => page.evaluate(() => new Promise((done) => {
	let sum = 0;

	new PerformanceObserver((list) => {
		for (const entry of list.getEntries())
			if (!(/** @type {any} */ (entry).hadRecentInput))
				sum += /** @type {any} */ (entry).value;
	}).observe({ type: 'layout-shift', buffered: true });
	requestAnimationFrame(() => setTimeout(() => done(sum), 0));
}));

/** Controls that are too small for a finger. */
const tooSmall = (page) => page.evaluate(() =>
	[...document.querySelectorAll('main button, main a, main select, main summary')]
		.map((node) => ({ node, box: node.getBoundingClientRect() }))
		.filter(({ box }) => box.width && (box.height < 24 || box.width < 24))
		.map(({ node }) => node.id || node.className));

for (const [size, pixels] of Object.entries(ALL_SIZES)) {
	for (const scheme of /** @type {const} */ (['light', 'dark'])) {
		const name = (what) => `review-${what}-${size}-${scheme}`;
		const options = { size: pixels, scheme };

		test(`${size}, ${scheme}: the list and its dialogs`, () => as(ADMIN,
			'/review', async (person, page) => {
				await rows(page, 50);
				await look(person, name('list'));
				assert.deepEqual(await tooSmall(page), []);
				if (size === 'phone') {
					await page.press('#fold');
					await look(person, name('filters'));
				}
				await page.choose('#filter-state', 'incomplete');
				await there(page, '.is-incomplete');
				await page.until(() => !document.querySelector(
					'.is-complete, [aria-busy=true]'), 'only those');
				await look(person, name('filtered'));
				await page.press('tr[data-recording]:first-child .play');
				await there(page, '#reason-dialog');
				await look(person, name('reason'));
				await page.press('#reason-dialog .sheet-close');
				await page.press('tr[data-recording]:first-child .details');
				await there(page, '#detail-dialog');
				await look(person, name('detail'));
				await page.press('#delete');
				await there(page, '#delete-dialog');
				await look(person, name('delete'));
				await page.press('#delete-dialog .sheet-close');
				await gone(page, 'dialog');
			}, options));

		test(`${size}, ${scheme}: nothing there, and the audit`, () => as(
			ADMIN, `/review?clinician=${'A'.repeat(22)}`,
			async (person, page) => {
				await there(page, '#empty');
				await look(person, name('empty'));
				await page.click('Audit', 'link');
				await there(page, 'li[data-row]');
				await look(person, name('audit'));
				await page.press('#audit li:first-child summary');
				await look(person, name('audit-row'));
				await page.click('Visits', 'link');
				await person.phase('home');
				await look(person, name('home'));
			}, options));
	}
}

/** Latin words of the page's own that are seen in it. */
const english = (page) => page.evaluate(() => (/** @type {HTMLElement} */ (
	document.querySelector('main')).innerText.match(
	/\b(Clinician|Patient|Date|Length|State|Kept|Filters|All|From|Play|by)\b/g)
	?? []));

test('in Arabic, from right to left', () => as(ADMIN, '/review',
	async (person, page) => {
		const id = real[0];
		const arabic = (what) => look(person, `review-${what}-arabic`);

		await page.evaluate(() => localStorage.setItem('rth.language', 'ar'));
		await page.goto(`${URL_OF_PORTAL}/review`);
		await rows(page, 50);
		assert.deepEqual(await page.evaluate(() => [
			getComputedStyle(document.querySelector('main')).direction,
			document.documentElement.lang,
			document.querySelector('main h1').textContent]),
		['rtl', 'ar', 'التسجيلات']);
		assert.deepEqual(await english(page), []);
		await arabic('list');
		await page.size(SIZES.phone.width, SIZES.phone.height);
		await arabic('list-phone');
		await page.press(`tr[data-recording="${id}"] .play`);
		await page.press('#reason-1');
		await page.press('#reason-dialog-go');
		await there(page, '#player-slider');
		await there(page, '#downloads');
		await arabic('player-phone');
		await page.size(SIZES.desk.width, SIZES.desk.height);
		await arabic('player');
		assert.deepEqual(await page.evaluate(() =>
			['.player-bar', '.player-moves', '.player-side'].map((part) =>
				getComputedStyle(document.querySelector(part)).direction)),
		['ltr', 'ltr', 'rtl']);
		await page.press('#back');
		await rows(page, 50);
		await page.press(`tr[data-recording="${id}"] .details`);
		await there(page, '#detail-dialog');
		await page.press('#to-audit');
		await there(page, 'li[data-row]');
		await page.press('#audit li:first-child summary');
		assert.deepEqual(await english(page), []);
		await arabic('audit');
	}, { size: SIZES.desk }));

for (const kind of bothBrowsers) {
	describe(`in ${kind}`, () => {
		test('filters are in the address: back, forward and a link', () => as(
			OPERATOR, '/review?hold=true', async (person, page) => {
				await page.sees('No recording is like this');
				await page.click('Show all recordings');
				await rows(page, 50);
				await page.until(() => /** @type {HTMLElement} */ (
					document.querySelector('#empty')).hidden, 'the list');
				assert.equal(await search(page), '');
				assert.equal(await text(page, '#count'),
					'50 recordings shown, there are more');

				await page.choose('#filter-state', 'lost');
				const lost = made.filter(({ state }) => state === 'lost');

				await rows(page, lost.length);
				await at(page, '/review?state=lost');
				assert.equal(await text(page, '#count'),
					`${lost.length} recordings`);
				assert.equal((await page.evaluate(() => document
					.querySelectorAll('tr[data-recording]:first-child .play').length)), 0,
				'what is lost cannot be played');

				await page.choose('#filter-length', '0-299');
				const brief = lost.filter(({ seconds }) => seconds < 300);

				await rows(page, brief.length);
				await at(page, '/review?state=lost&max_seconds=299');
				await back(page);
				await rows(page, lost.length);
				assert.equal(await valueOf(page, '#filter-length'), '');
				await back(page);
				await rows(page, 50);
				await forward(page);
				await forward(page);
				await rows(page, brief.length);
				const link = await page.evaluate(() => location.href);

				await page.goto(link);
				await rows(page, brief.length, 'the link says it all');
			}, { kind }));

		test('a name in a row leaves only that person', () => as(OPERATOR,
			'/review', async (person, page) => {
				await rows(page, 50);
				await page.press('tr:first-child .cell-clinician .person');
				await page.until(() => location.search.startsWith(
					'?clinician='), 'the filter');
				await page.until(() => {
					const names = [...document.querySelectorAll(
						'.cell-clinician .person')].map((node) =>
						node.textContent);

					return names.length && new Set(names).size === 1
						&& !document.querySelector('[aria-busy=true]');
				}, 'one clinician');
				assert.equal(await page.evaluate(() => {
					const select = /** @type {HTMLSelectElement} */ (
						document.querySelector('#filter-clinician'));

					return select.selectedOptions[0].textContent;
				}), 'Dr. Example');
			}, { kind }));

		test('days, from and to', () => as(OPERATOR,
			'/review', async (person, page) => {
				await rows(page, 50);
				const day = await page.evaluate((ms) => {
					const date = new Date(ms);
					const two = (n) => String(n).padStart(2, '0');
					const value = `${date.getFullYear()}-${
						two(date.getMonth() + 1)}-${two(date.getDate())}`;

					for (const which of ['from', 'to']) {
						const input = /** @type {HTMLInputElement} */ (
							document.querySelector(`#filter-${which}`));

						input.value = value;
						input.dispatchEvent(new Event('input',
							{ bubbles: true }));
					}
					return value;
				}, made[20].begun_s * 1000);
				const ofDay = made.filter(({ begun_s }) =>
					new Date(begun_s * 1000).toDateString() ===
					new Date(made[20].begun_s * 1000).toDateString());

				await at(page, `/review?from=${day}&to=${day}`);
				await rows(page, ofDay.length);
			}, { kind }));

		test('sorted by date and by length', () => as(OPERATOR,
			'/review?state=interrupted', async (person, page) => {
				const of = made.filter(({ state }) => state === 'interrupted');
				const order = (key, down) => [...of].sort((a, b) =>
					(a[key] - b[key]) * (down ? -1 : 1)).map((row) =>
					row[key]);
				const values = async (key) => {
					const ids = await shown(page);

					return ids.map((id) => of.find((row) =>
						row.id === id)?.[key]);
				};

				await rows(page, of.length);
				assert.deepEqual(await values('begun_s'),
					order('begun_s', true));
				await page.press('#sort-begun');
				await at(page, '/review?state=interrupted&sort=begun');
				await rows(page, of.length);
				assert.deepEqual(await values('begun_s'),
					order('begun_s', false));
				await page.press('#sort-seconds');
				await at(page, '/review?state=interrupted&sort=-seconds');
				await rows(page, of.length);
				assert.deepEqual(await values('seconds'),
					order('seconds', true));
				assert.deepEqual(await page.evaluate(() =>
					[...document.querySelectorAll('[aria-sort]')].map(
						(node) => node.getAttribute('aria-sort'))),
				['none', 'descending']);
			}, { kind }));

		test('more, and coming back to the same place', () => as(OPERATOR,
			'/review', async (person, page) => {
				await rows(page, 50);
				await page.press('#more');
				await rows(page, 100);
				const ids = await shown(page);

				assert.equal(new Set(ids).size, 100, 'no row twice');
				await page.press('#more');
				await rows(page, COUNT + real.length);
				await page.until(() => /** @type {HTMLElement} */ (
					document.querySelector('#more')).hidden, 'the end');
				const target = made.findIndex(({ state }, n) =>
					n > 80 && state === 'stored');
				const selector =
					`tr[data-recording="${made[target].id}"] .play`;

				await page.press(selector);
				await page.press('#reason-0');
				const scrolled = await page.evaluate(() => scrollY);

				await page.press('#reason-dialog-go');
				await at(page, `/review/${made[target].id}`);
				await back(page);
				await rows(page, COUNT + real.length);
				await page.until((y) => Math.abs(scrollY - y) < 3,
					'the same place', 60000, scrolled);
				assert.ok(scrolled > 1000);
				await page.until((count) => history.state?.loaded === count,
					'the place is noted', 60000, COUNT + real.length);
				await page.reload();
				await rows(page, COUNT + real.length,
					'as many as before the page was loaded again');
			}, { kind, broken: /409/ }));

		test('what people wrote is shown as text', () => as(ADMIN, '/review',
			async (person, page) => {
				await rows(page, 50);
				for (const words of [HOSTILE,
					'<script>globalThis.rthHurt=1</script>'])
					await page.sees(words);
				assert.equal(await page.evaluate(() => document
					.querySelectorAll('main img, main script').length), 0);
				const hostile = made.find(({ title }) => title === HOSTILE);

				await page.press(
					`tr[data-recording="${hostile?.id}"] .details`);
				await there(page, '#detail-dialog');
				assert.equal(await text(page, '#detail-dialog-title'),
					HOSTILE);
				await page.press('#to-audit');
				await at(page, `/audit?object=${hostile?.id}`);
				await gone(page, 'dialog');
			}, { kind }));

		test('before playing one says why; it is remembered', () => as(
			OPERATOR, '/review', async (person, page) => {
				const id = real[0];

				await rows(page, 50);
				await page.press(`tr[data-recording="${id}"] .play`);
				await there(page, '#reason-dialog');
				assert.ok(await disabled(page, '#reason-dialog-go'));
				await page.page.keyboard.press('Escape');
				await gone(page, 'dialog');
				assert.equal(await path(page), '/review');
				assert.ok(await page.evaluate((wanted) =>
					document.activeElement?.matches(
						`tr[data-recording="${wanted}"] .play`), id),
				'the focus is where it was');

				await page.press(`tr[data-recording="${id}"] .play`);
				await page.press('#reason-1');
				await page.press('#reason-dialog-go');
				await at(page, `/review/${id}`);
				await there(page, '#player');
				await page.until(() => document.querySelector('#player')
					?.textContent !== 'Loading…', 'the player');
				await page.press('#back');
				await rows(page, 50);
				await page.press(`tr[data-recording="${id}"] .play`);
				await at(page, `/review/${id}`);
				await page.until(() => document.querySelector('#player')
					?.textContent !== 'Loading…', 'the player');
				await gone(page, '#reason-dialog');

				await page.goto(`${URL_OF_PORTAL}/review/${id}`);
				await there(page, '#reason-dialog');
				await page.press('#reason-dialog .sheet-close');
				await page.sees('A recording is played for a reason');
				await page.press('#say-why');
				await there(page, '#reason-dialog');
				await page.evaluate(() => history.pushState(null, '',
					'/review'));
				await back(page);
				await page.evaluate(() => history.forward());
				await rows(page, 50);
				await gone(page, '#reason-dialog');
				await back(page);
				await there(page, '#reason-dialog');
				await page.press('#reason-dialog .sheet-close');
				await page.press('#say-why');
				await page.press('#reason-own');
				await page.fill('The other reason', 'My own words');
				await page.press('#reason-dialog-go');
				await gone(page, '#reason-dialog');
			}, { kind }));
	});
}

describe('who may what', () => {
	for (const email of [PATIENT, CLINICIAN])
		test(`${NAMES[email]} finds nothing, and the way home`, () => as(email,
			'/review', async (person, page) => {
				for (const address of ['/review', `/review/${real[0]}`,
					'/audit']) {
					await page.goto(URL_OF_PORTAL + address);
					await page.sees('There is nothing here for you');
				}
				await look(person, `review-nothing-${email[0]}`);
				await page.press('#go-home');
				await person.phase('home');
				await page.until(() => /** @type {HTMLElement | null} */ (
					document.querySelector('.ways'))?.hidden, 'no other way');
			}));

	test('an operator sees recordings, not the audit, and no deeds', () => as(
		OPERATOR, '/', async (person, page) => {
			await person.phase('home');
			assert.equal(await text(page, '.ways'), 'Visits\nRecordings');
			await page.click('Recordings', 'link');
			await rows(page, 50);
			await page.press('tr[data-recording]:first-child .details');
			await there(page, '#detail-dialog');
			assert.equal(await text(page, '.deeds'), '');
			await page.goto(`${URL_OF_PORTAL}/audit`);
			await page.sees('There is nothing here for you');
		}));

	test('a recording that is not there is like one without a right', () => as(
		OPERATOR, `/review/${'A'.repeat(22)}`, async (person, page) => {
			await page.sees('There is nothing here for you');
		}, { broken: /404/ }));

	test('the pages of visits load nothing of this', () => as(ADMIN, '/',
		async (person, page) => {
			await person.phase('home');
			assert.deepEqual(await page.evaluate(() =>
				performance.getEntriesByType('resource').map(({ name }) =>
					new URL(name).pathname).filter((name) =>
					/review|player/.test(name))), []);
		}));

	test('who was signed out signs in, and is where they were', () => as(
		OPERATOR, '/review?state=lost', async (person, page) => {
			const lost = made.filter(({ state }) => state === 'lost').length;

			await rows(page, lost);
			await page.page.context().clearCookies();
			await page.choose('#filter-state', 'interrupted');
			await person.phase('signed-out');
			await at(page, '/review?state=interrupted');
			await page.fill('Your e-mail address', OPERATOR);
			await page.click('Send me a code');
			await page.fill('Code', await portal.code(OPERATOR));
			await page.click('Sign in');
			await rows(page, made.filter(({ state }) =>
				state === 'interrupted').length);
		}, { broken: /401/ }));
});

describe('an administrator', () => {
	test('holds, releases and deletes; the audit tells of it', () => as(ADMIN,
		'/review', async (person, page) => {
			const id = real[1];
			const row = `tr[data-recording="${id}"]`;

			await rows(page, 50);
			await page.press(`${row} .details`);
			await page.press('#hold');
			await there(page, '#hold-dialog');
			await look(person, 'review-hold-desk');
			await page.fill('Reason', 'A complaint is open');
			await page.press('#hold-dialog-go');
			await there(page, `${row} .held`);
			await look(person, 'review-held-desk');
			await page.press(`${row} .details`);
			assert.ok(await disabled(page, '#delete'));
			await page.press('#release');
			await page.press('#release-dialog-go');
			await gone(page, `${row} .held`);

			await page.press(`${row} .details`);
			await page.press('#delete');
			await there(page, '#delete-dialog');
			await page.fill('Type “delete” to go on', 'delet');
			assert.ok(await disabled(page, '#delete-dialog-go'));
			await page.fill('Type “delete” to go on', 'delete');
			await page.press('#delete-dialog-go');
			await there(page, '#deleted-dialog');
			assert.match(await text(page, '#deleted-dialog') ?? '',
				new RegExp(`Certificate of\\s+${id}`));
			await look(person, 'review-deleted-desk');
			await page.press('#deleted-dialog .sheet-close');
			await gone(page, row);

			await page.goto(`${URL_OF_PORTAL}/audit?object=${id}`);
			await there(page, 'li[data-row]');
			const told = await text(page, '#audit') ?? '';

			for (const what of ['Put on hold by Ada Min, admin',
				'Hold released by Ada Min, admin',
				'Recording deleted by Ada Min, admin'])
				assert.ok(told.includes(what), `${what}: ${told}`);
		}));

	for (const kind of bothBrowsers)
		test(`reads the audit in ${kind}`, () => as(ADMIN, '/audit',
			async (person, page) => {
				await there(page, 'li[data-row]');
				await portal.signIn('hostile@clinic.example', HOSTILE);
				const operator = await portal.signIn(OPERATOR,
					NAMES[OPERATOR]);

				await operator.post(`/api/recordings/${real[0]}/play`,
					{ reason: 'quality' });
				await page.reload();
				await page.sees(`Signed in by ${HOSTILE}, patient`);
				assert.equal(await page.evaluate(() =>
					document.querySelectorAll('main img').length), 0);
				await page.choose('#filter-action', 'play');
				await at(page, '/audit?action=play');
				await page.until(() => !document.querySelector(
					'[aria-busy=true]'), 'the rows');
				assert.match(await text(page, 'li[data-row] .audit-words') ?? '',
					/^Played by Op Erator, operator, reason quality$/);
				await page.press('li[data-row]:first-child summary');
				await page.click('Only this person');
				await page.until(() => location.search.includes('subject='),
					'the filter');
				await back(page);
				await at(page, '/audit?action=play');
				await page.choose('#filter-action', 'recording-damaged');
				await page.sees('No row of the audit is like this');
				await page.press('#clear-filters');
				await there(page, 'li[data-row]');
			}, { kind }));
});

describe('whatever happens', () => {
	test('a portal that cannot be reached is told, and asked again', () => as(
		OPERATOR, '/review', async (person, page) => {
			const list = '**/api/recordings?*';

			await rows(page, 50);
			await page.page.route(list, (route) => route.abort());
			await page.press('#more');
			await page.sees('There is no connection to the clinic');
			assert.equal((await shown(page)).length, 50, 'the rows stay');
			await look(person, 'review-more-failed-desk');
			await page.choose('#filter-state', 'lost');
			await page.until(() => !document.querySelector('tr[data-recording]')
				?.getClientRects().length, 'no old rows');
			await look(person, 'review-failed-desk');
			await page.page.unroute(list);
			await page.click('Try again');
			await rows(page, made.filter(({ state }) =>
				state === 'lost').length);
			await gone(page, '.problem');
		}, { broken: /ERR_FAILED/ }));

	test('only the last answer counts', () => as(OPERATOR, '/review',
		async (person, page) => {
			/** @type {(() => void)[]} */
			const held = [];

			await rows(page, 50);
			await page.page.route('**/api/recordings?state=lost*', (route) => {
				held.push(() => route.continue());
			});
			await page.choose('#filter-state', 'lost');
			await until(() => held.length, 60000, 'the slow question');
			const quick = made.filter(({ state }) =>
				state === 'interrupted').length;

			await page.choose('#filter-state', 'interrupted');
			await rows(page, quick);
			const answered = page.page.waitForResponse(/state=lost/);

			held.forEach((go) => go());
			await (await answered).finished();
			await page.evaluate(() => new Promise((done) =>
				requestAnimationFrame(() => requestAnimationFrame(done))));
			assert.equal((await shown(page)).length, quick);
		}));

	test('nothing moves while the list loads', () => as(OPERATOR, '/review',
		async (person, page) => {
			await rows(page, 50);
			await page.reload();
			await rows(page, 50);
			const moved = await shift(page);

			assert.ok(moved < 0.1, `moved by ${moved}`);
		}, inChromium));

	test('by keyboard: to the first recording, why, and back', () => as(
		OPERATOR, '/review', async (person, page) => {
			const { keyboard } = page.page;
			const tabTo = async (selector, key = 'Tab') => {
				for (let n = 0; n < 60; n++) {
					await keyboard.press(key);
					if (await page.evaluate((what) =>
						document.activeElement?.matches(what), selector))
						return;
				}
				assert.fail(`no way to ${selector}`);
			};

			await rows(page, 50);
			assert.equal(await page.evaluate(() =>
				document.activeElement?.tagName), 'H1');
			await tabTo(`tr[data-recording="${real[0]}"] .play`);
			const ring = await page.evaluate(() => getComputedStyle(
				/** @type {Element} */ (document.activeElement)).outlineStyle);

			assert.equal(ring, 'solid', 'the focus is seen');
			await keyboard.press('Enter');
			await there(page, '#reason-dialog');
			await tabTo('#reason-0, #reason-dialog [type=radio]');
			await keyboard.press(' ');
			await keyboard.press('Enter');
			await at(page, `/review/${real[0]}`);
			await page.until(() => document.activeElement?.closest('#player'),
				'the focus is in the player');
			await tabTo('#back', 'Shift+Tab');
			await keyboard.press('Enter');
			await rows(page, 50);
		}));
});

describe('where the clinic lets people see their own', () => {
	const own = `review = {
	rules = ( { who = [ "role:clinician", "role:patient" ];
		rights = [ "list", "play" ]; of = [ "own" ]; } );
	reason = "none";
};`;

	before(async () => {
		await portal.program.stop();
		portal = await Portal.start(secrets(), undefined, own);
		made = fill(portal.home, 40);
	});

	for (const [email, whose] of /** @type {const} */ ([
		[CLINICIAN, 'clinician'], [PATIENT, 'patient']]))
		test(`a ${whose} finds the own ones, and no others`, () => as(email,
			'/', async (person, page) => {
				const mine = made.filter((row) => row[whose] === email);

				await person.phase('home');
				await there(page, '.ways');
				assert.equal(await text(page, '.ways'), 'Visits\nRecordings');
				await page.click('Recordings', 'link');
				await rows(page, mine.length);
				assert.deepEqual(new Set(await shown(page)),
					new Set(mine.map(({ id }) => id)));
				await page.press('tr[data-recording]:first-child .details');
				await there(page, '#detail-dialog');
				assert.equal(await text(page, '.deeds'), '');
				await page.page.keyboard.press('Escape');
				await gone(page, 'dialog');
				const other = made.find((row) => row[whose] !== email);

				await page.goto(`${URL_OF_PORTAL}/review/${other?.id}`);
				await page.sees('There is nothing here for you');
			}, { broken: /404/, size: SIZES.phone }));

	test('an operator has no rule, and so finds nothing', () => as(OPERATOR,
		'/review', async (person, page) => {
			await page.sees('There is nothing here for you');
		}));
});
