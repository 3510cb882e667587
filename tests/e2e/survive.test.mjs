// SPDX-License-Identifier: GPL-3.0-or-later
// Visits that survive real life: a line that is cut, another address, a page
// that is loaded again or crashes, servers that are killed. Nobody touches
// anything, and both are back in the same visit.
//
// Each fault says how long media took to flow again; slow machines are no
// error, only a visit that does not come back is.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Clinic } from './lib/clinic.mjs';
import { PORTS, pluginAdmin, startJanus } from './lib/janus.mjs';
import { inside } from './lib/netns.mjs';
import { stopAll, until } from './lib/procs.mjs';
import { Roaming } from './lib/roaming.mjs';

await inside();

const BACK_MS = 90000;
/** How long there is no network at all. */
const OUTAGE_MS = 1000 * Number(process.env.RTH_OUTAGE_S ?? 20);
const LOST = 'lost the connection';
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
/** @type {Clinic} */
let clinic;
/** @type {Roaming} */
let roaming;
/** With pictures: the patient is behind the line that breaks. */
let seen;
/** With voices: the clinician is, and the patient has Firefox. */
let heard;

before(async () => {
	roaming = await Roaming.create([PORTS.portal, PORTS.janus]);
	clinic = await Clinic.open();
	const there = { browser: { prefix: roaming.prefix } };

	seen = await clinic.call(['chromium', 'chromium'], { patient: there });
	heard = await clinic.call(['chromium', 'firefox'],
		{ clinician: there, how: 'voice' });
	await backSince(0);
});
after(async () => {
	await clinic?.close();
	await stopAll();
});

const all = () => [seen, heard].flatMap((call) =>
	[call.clinician, call.patient]);

/** Everybody sees or hears again; ms since then. */
async function backSince(at) {
	await Promise.all([seen, heard].flatMap((call) =>
		[call.clinician, call.patient].map((person) =>
			person.hasBack(call === seen, BACK_MS))));
	return Date.now() - at;
}

const eachOne = (act) => Promise.all(all().map(act));

/** How many connections each page has made, as long as it lives. */
const connections = () => eachOne((person) => person.page.evaluate(() =>
	globalThis.rthProbe.all.length));

/** Whoever has not gone is never told to have left. */
async function nobodyLeft(people, act) {
	for (const person of people)
		await person.page.evaluate(() => {
			globalThis.left = false;
			new MutationObserver(() => {
				globalThis.left ||= document.body.innerText
					.includes('has left');
			}).observe(document.body, { childList: true, subtree: true,
				characterData: true, attributes: true });
		});
	await act();
	for (const person of people)
		assert.equal(await person.page.evaluate(() => globalThis.left), false,
			'"has left" was shown');
}

/** The page says what is wrong. */
const isTold = (person) => person.page.until(() => {
	const words = /** @type {HTMLElement | null} */ (
		document.querySelector('#trouble'));

	return words && !words.hidden && words.innerText;
}, 'words about what is wrong');

const seatsLeft = async () => (await pluginAdmin(clinic.keys.admin,
	{ request: 'list' })).rooms.flatMap((room) => room.seats).length;

const mutedShown = (person) => person.page.until(() =>
	!(/** @type {HTMLElement} */ (document.querySelector('#theirs-muted'))
		.hidden), '"Microphone off"');

describe('nobody touches anything, and everybody is back', () => {
	test('another address: the same connections, another way', async (t) => {
		const before = await connections();
		const at = Date.now();

		roaming.move();
		t.diagnostic(`media after ${await backSince(at)} ms`);
		assert.deepEqual(await connections(), before);
	});

	test('a page is loaded again, and is as it was', async (t) => {
		await seen.patient.page.click('Turn microphone off');
		await mutedShown(seen.clinician);
		await nobodyLeft([seen.clinician, heard.clinician], async () => {
			const at = Date.now();

			await Promise.all([seen.patient, heard.patient].map((person) =>
				person.page.reload()));
			await Promise.all([seen.patient, heard.patient].map((person) =>
				person.phase('in-call')));
			await seen.patient.hasBack(true, BACK_MS);
			t.diagnostic(`pictures after ${Date.now() - at} ms`);
		});
		await mutedShown(seen.clinician);
		await seen.patient.page.click('Turn microphone on');
		await backSince(0);
	});

	test('a page crashes, and says no goodbye', async (t) => {
		await seen.patient.page.evaluate(() => addEventListener('pagehide',
			(event) => event.stopImmediatePropagation(), { capture: true }));
		await seen.patient.page.goto('about:blank');
		await seen.clinician.page.sees(LOST);
		const at = Date.now();

		await seen.patient.page.goto(
			`${seen.patient.url}/visit/${seen.visit}`);
		t.diagnostic(`media after ${await backSince(at)} ms`);
	});

	test('60 s without any network', async (t) => {
		const at = Date.now();

		try {
			roaming.drop('all');
			await seen.clinician.page.sees(LOST);
			await eachOne(isTold);
			await nobodyLeft([seen.clinician], () =>
				pause(at + OUTAGE_MS - Date.now()));
		} finally {
			roaming.drop('');
		}
		t.diagnostic(`media after ${await backSince(Date.now())} ms`);
	});

	test('the portal is killed, and nobody notices', async () => {
		const before = await connections();

		await clinic.portal.program.stop('SIGKILL');
		await backSince(0);
		await clinic.portal.startAgain();
		assert.deepEqual(await connections(), before);
	});

	test('Janus is killed and started again', async (t) => {
		await clinic.janus.stop('SIGKILL');
		await eachOne(isTold);
		clinic.janus = await startJanus(clinic.janusOptions);
		t.diagnostic(`media after ${await backSince(Date.now())} ms`);
	});

	test('both servers are', async (t) => {
		await clinic.portal.program.stop('SIGKILL');
		await clinic.janus.stop('SIGKILL');
		clinic.janus = await startJanus(clinic.janusOptions);
		await clinic.portal.startAgain();
		t.diagnostic(`media after ${await backSince(Date.now())} ms`);
	});
});

describe('who wants to go is gone', () => {
	test('who closes the page leaves no seat behind', async () => {
		await seen.patient.page.close();
		await until(async () => await seatsLeft() === 3, 60000,
			'the seat is free');
	});

	test('what the clinician has ended is not entered again', async () => {
		const { clinician, patient, visit } = heard;

		await clinician.leaveForBoth();
		await patient.phase('ended');
		await patient.open(visit);
		await patient.page.click('Listen and write only');
		await patient.phase('ended');
		await patient.page.sees('The visit is over');
	});
});
