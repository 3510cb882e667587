// SPDX-License-Identifier: GPL-3.0-or-later
// The check before a visit and what is noticed during it, in real browsers: the
// line over Janus, a microphone without sound, a camera that shows only black,
// a loudspeaker that nobody hears.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Clinic } from './lib/clinic.mjs';
import { look } from './lib/look.mjs';
import { inside, run } from './lib/netns.mjs';
import { stopAll } from './lib/procs.mjs';

await inside();

const PRETEND = readFileSync(new URL('lib/pretend.js', import.meta.url),
	'utf8');

/** @type {Clinic} */
let clinic;
/** @type {import('./lib/person.mjs').Person} */
let clinician;

before(async () => {
	clinic = await Clinic.open();
	clinician = await clinic.clinician('chromium');
	await clinician.signIn();
});
after(async () => {
	await clinic?.close();
	await stopAll();
});

/** Waits until a row of the check is in one of these moods. */
const mood = (person, thing, moods) => person.page.until(([id, wanted]) =>
	wanted.split(' ').includes(/** @type {HTMLElement} */ (
		document.getElementById(id))?.dataset.mood ?? ''),
`${thing} is ${moods}`, 60000, [`lobby-check-${thing}`, moods]);

/** Waits until that element is shown with these words, or hidden without. */
const tells = (person, id, words, ms = 60000) => person.page.until(
	([which, wanted]) => {
		const node = document.getElementById(which);
		const shown = node?.checkVisibility() ? node.innerText : '';

		return wanted ? shown.includes(wanted) : !shown;
	}, `${id} tells "${words}"`, ms, [id, words]);

/** Somebody in the lobby of a visit of their own, with devices of pretend.js. */
async function lobby(kind, name, pretended, { size = undefined } = {}) {
	const person = await clinic.person(kind, { name, size });
	const visit = await clinic.account.makeVisit(person.who.email);
	const script = `${PRETEND};Object.assign(rthPretend, ${
		JSON.stringify(pretended)});`;

	if (kind === 'chromium')
		await person.page.page.context().addInitScript(script);
	else
		await person.page.page.evaluateOnNewDocument(
			new Function(script));
	await person.signIn(`/visit/${visit}`);
	await person.ready();
	return { person, visit };
}

/** The figures of the line, by their names. */
const figures = (person) => person.page.evaluate(() => Object.fromEntries(
	[...document.querySelectorAll('#lobby-check-line .check-figures div')]
		.map((row) => [row.children[0].textContent,
			row.children[1].textContent])));

/** Pretends something else from now on. */
const pretend = (person, now) => person.page.evaluate((more) =>
	Object.assign(globalThis.rthPretend, more), now);

/** No UDP of anybody comes through, until that is over. */
function blockUdp() {
	run('nft', 'add table inet rthudp; add chain inet rthudp out ' +
		'{ type filter hook output priority 0; }; ' +
		'add rule inet rthudp out meta l4proto udp drop');
	return () => run('nft', 'delete table inet rthudp');
}

/** The clinician opens that visit, and sees the results at its door. */
async function seesAtDoor(visit) {
	await clinician.open(visit);
	await clinician.ready();
	await clinician.join();
	await clinician.page.until(() => document.querySelector(
		'#door .check-chip'), 'the result at the door');
	return clinician.page.evaluate(() => /** @type {HTMLElement} */ (
		document.querySelector('#door .check-chips')).innerText);
}

describe('with devices and a network that give nothing', () => {
	let patient;
	let visit;

	test('the lobby says so, and what helps', async () => {
		const unblock = blockUdp();

		try {
			({ person: patient, visit } = await lobby('chromium', 'Pat Example',
				{ black: true, silent: true },
				{ size: { width: 360, height: 640 } }));
			await mood(patient, 'microphone', 'bad');
			await patient.page.sees('Your microphone gives no sound at all.');
			await patient.page.sees('Look for a mute switch');
			await mood(patient, 'camera', 'bad');
			await patient.page.sees('Your camera shows only black.');
			await mood(patient, 'line', 'bad');
			await patient.page.sees(
				'Picture and sound do not get through from this network.');
			await patient.page.sees('Try another network');
			await look(patient, 'checkin-nothing-phone');
		} finally {
			unblock();
		}
	});

	test('a melody that nobody hears', async () => {
		await patient.page.press('#lobby-play');
		await patient.page.press('#lobby-not-heard');
		await mood(patient, 'speaker', 'bad');
		await patient.page.sees('Turn the volume up.');
	});

	test('the clinician sees it beside the name', async () => {
		await patient.knock();
		const seen = await seesAtDoor(visit);

		for (const words of ['Connection blocked', 'Microphone without sound',
			'Cannot hear', 'Camera shows black'])
			assert.ok(seen.includes(words), seen);
		await look(clinician, 'checkin-at-door');
		await clinician.admit();
		await patient.phase('in-call');
	});

	test('in the visit both are told, until it is mended', async () => {
		await tells(patient, 'my-trouble', 'We cannot hear you');
		await tells(clinician, 'their-trouble', 'Pat Example cannot be heard');
		await look(patient, 'checkin-trouble-phone');
		await look(clinician, 'checkin-trouble');
		// Who turns it off knows.
		await patient.page.press('#toggle-microphone');
		await tells(patient, 'my-trouble', 'We cannot see you');
		await tells(clinician, 'their-trouble', 'Pat Example cannot be seen');
		await patient.page.press('#toggle-microphone');
		await tells(clinician, 'their-trouble', 'Pat Example cannot be heard');
		await pretend(patient, { silent: false, black: false });
		await tells(patient, 'my-trouble', '');
		await tells(clinician, 'their-trouble', '');
	});

	test('a sound that is stopped is told, and one press brings it back',
		async () => {
			// As a key of a headset does it.
			await patient.page.evaluate(() => /** @type {HTMLAudioElement} */ (
				document.querySelector('#sound')).pause());
			await tells(clinician, 'their-trouble',
				'Pat Example may not hear you');
			await patient.page.press('#hear');
			await tells(clinician, 'their-trouble', '');
			await patient.page.press('#open-devices');
			await patient.page.until(() => document.querySelector(
				'#call-check-microphone[data-mood="ok"]'), 'the devices');
			await look(patient, 'checkin-devices-phone');
			assert.deepEqual(patient.page.problems, []);
			await patient.page.close();
		});
});

describe('with everything in order', () => {
	for (const kind of ['chromium', 'firefox'])
		test(`the line is measured, in ${kind}`, async (t) => {
			const { person, visit } = await lobby(kind, `Pat ${kind}`, {});

			await mood(person, 'line', 'ok soso bad');
			await person.page.press('#lobby-check-line summary');
			const found = await figures(person);

			t.diagnostic(JSON.stringify(found));
			assert.equal(found.Way, 'direct (UDP)');
			for (const name of ['Round trip', 'Lost', 'From you', 'To you'])
				assert.match(found[name], /^[\d.,]+ (ms|%|kbit\/s)$/, name);
			assert.ok(parseInt(found['To you'].replace(/\D/g, ''), 10) > 0);
			await mood(person, 'camera', 'ok');
			await person.page.press('#lobby-play');
			await person.page.press('#lobby-heard');
			await mood(person, 'speaker', 'ok');
			await look(person, `checkin-${kind}`);
			await person.knock();
			assert.doesNotMatch(await seesAtDoor(visit),
				/Microphone|Camera|hear|blocked/);
			assert.deepEqual(person.page.problems, []);
			await person.page.close();
		});
});
