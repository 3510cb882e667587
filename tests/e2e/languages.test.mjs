// SPDX-License-Identifier: GPL-3.0-or-later
// What a page weighs as it is installed, that nothing moves while it connects,
// and the languages that it speaks.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Clinic } from './lib/clinic.mjs';
import { SIZES, look } from './lib/look.mjs';
import { inside } from './lib/netns.mjs';
import { ROOT, stopAll, until } from './lib/procs.mjs';

const FIRST_PAGE_BYTES = 100000;

await inside();

const web = mkdtempSync(join(tmpdir(), 'rth-web-'));
const words = (tag) => JSON.parse(readFileSync(
	join(ROOT, `web/lang/${tag}.json`), 'utf8'));

/** @type {Clinic} */
let clinic;
/** @type {import('./lib/person.mjs').Person} */
let patient;
let visit;

before(async () => {
	execFileSync(join(ROOT, 'portal/pack-web'), [join(ROOT, 'web'), web]);
	process.env.RTH_WEB = web;
	clinic = await Clinic.open();
	patient = await clinic.person('chromium', { size: SIZES.phone,
		name: 'Pat Example' });
	visit = await clinic.account.makeVisit(patient.who.email);
	await patient.signIn(`/visit/${visit}`);
	await patient.ready();
});
after(async () => {
	await clinic?.close();
	await stopAll();
	rmSync(web, { recursive: true, force: true });
});

/** How often nothing new was seen before that is taken for all. */
const QUIET = 10;

/** Counts what comes over the network, heads too, until nothing more comes. */
async function transferred(page, act) {
	const client = await page.context().newCDPSession(page);
	const open = new Set();
	let [bytes, count, last, quiet] = [0, 0, 0, 0];

	await client.send('Network.enable');
	await client.send('Network.setCacheDisabled', { cacheDisabled: true });
	client.on('Network.requestWillBeSent', ({ requestId, type }) => {
		if (type !== 'EventSource')
			open.add(requestId);
	});
	client.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
		open.delete(requestId);
		bytes += encodedDataLength;
		count++;
	});
	await act();
	await until(() => {
		quiet = open.size || last !== count ? 0 : quiet + 1;
		last = count;
		return quiet > QUIET;
	}, 60000, 'the network is quiet');
	await client.detach();
	return { bytes, count };
}

test('the first page of a visit is light', async (t) => {
	const { bytes, count } = await transferred(patient.page.page, async () => {
		await patient.page.page.reload();
		await patient.ready();
	});

	t.diagnostic(`${bytes} bytes in ${count} answers`);
	assert.ok(count > 20, `${count} answers were seen`);
	assert.ok(bytes < FIRST_PAGE_BYTES, `${bytes} bytes`);
});

/** Runs in the page: remembers what moved by itself. */
function watchShifts() {
	const moved = [];

	globalThis.rthMoved = moved;
	new PerformanceObserver((list) => {
		for (const entry of list.getEntries())
			if (!entry.hadRecentInput)
				moved.push({ value: entry.value, phase:
					document.body.dataset.phase, what: entry.sources.map(
					({ node }) => node?.id || node?.className
						|| node?.nodeName).join(', ') });
	}).observe({ type: 'layout-shift', buffered: true });
}

test('nothing moves while the page comes and connects', async (t) => {
	const clinician = await clinic.clinician('chromium', { size: SIZES.desk });

	await clinician.signIn(`/visit/${visit}`);
	await clinician.ready();
	await clinician.join();
	await patient.page.page.addInitScript(watchShifts);
	await patient.page.reload();
	await patient.ready();
	await patient.join('camera', clinician);
	await patient.seesAndHears();
	const moved = await patient.page.evaluate(() => globalThis.rthMoved);
	const sum = moved.reduce((all, { value }) => all + value, 0);

	t.diagnostic(`layout shift ${sum.toFixed(4)} ${JSON.stringify(moved)}`);
	assert.ok(sum < 0.05, JSON.stringify(moved));
	await patient.page.press('#leave');
	await patient.phase('ended');
	await clinician.page.close();
});

test('the choice of a language is kept, and right to left fits', async () => {
	const { page } = patient;
	const shown = () => page.evaluate(() => [document.documentElement.lang,
		document.documentElement.dir]);
	const ar = words('ar');

	await page.goto(patient.url);
	await page.sees('Hello, Pat Example');
	await page.choose('#language', 'ar');
	await page.until(() => document.documentElement.dir === 'rtl', 'rtl');
	await page.sees(ar['home.hello'].replace('{name}', 'Pat Example'));
	await look(patient, 'home-arabic-phone');
	await page.goto(`${patient.url}/visit/${visit}`);
	await patient.ready();
	assert.deepEqual(await shown(), ['ar', 'rtl']);
	await page.sees(ar['lobby.join-camera']);
	await look(patient, 'lobby-arabic-phone');
	await page.choose('#language', 'th');
	await page.sees(words('th')['lobby.join-camera']);
	assert.deepEqual(await shown(), ['th', 'ltr']);
	await look(patient, 'lobby-thai-phone');
});

test('the browser\'s language is spoken, also one that a clinic adds',
	async () => {
		const list = join(web, 'lang/index.json');
		const all = JSON.parse(readFileSync(list, 'utf8'));

		writeFileSync(list, JSON.stringify({ ...all, fr: 'Français' }));
		writeFileSync(join(web, 'lang/fr.json'),
			JSON.stringify({ 'signin.title': 'Se connecter' }));
		for (const [locale, tag, title] of [
			['es-MX', 'es', words('es')['signin.title']],
			['ar-EG', 'ar', words('ar')['signin.title']],
			['fr-CA', 'fr', 'Se connecter'],
			['de-DE', 'en', words('en')['signin.title']]]) {
			const one = await clinic.person('chromium', { size: {
				...SIZES.phone, locale } });

			await one.page.goto(one.url);
			await one.page.sees(title);
			assert.equal(await one.page.evaluate(() =>
				document.documentElement.lang), tag);
			await one.page.sees(tag === 'fr' ? words('en')['signin.email']
				: words(tag)['signin.email']);
			if (tag === 'ar')
				await look(one, 'sign-in-arabic-phone');
			await one.page.close();
		}
	});

test('Firefox speaks its language, too', async () => {
	const one = await clinic.person('firefox', { size: SIZES.phone,
		browser: { prefs: { 'intl.accept_languages': 'th' } } });

	await one.page.goto(one.url);
	await one.page.sees(words('th')['signin.title']);
	assert.deepEqual(one.page.problems, []);
});
