// SPDX-License-Identifier: GPL-3.0-or-later
// The pages on a phone, without all devices and on bad networks: nothing sticks
// out, everything is named for those who cannot see it. shots.test.mjs has the
// other sizes and states.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Clinic } from './lib/clinic.mjs';
import { SIZES, look, small } from './lib/look.mjs';
import { inside } from './lib/netns.mjs';
import { stopAll, until } from './lib/procs.mjs';

await inside();

/** @type {Clinic} */
let clinic;

before(async () => {
	clinic = await Clinic.open({
		portal: 'visit = { kinds = [ "First visit", "Therapy" ]; };' });
});
after(async () => {
	await clinic?.close();
	await stopAll();
});

for (const [size, pixels] of [['phone', SIZES.phone]]) {
	describe(`on a ${size}`, () => {
		/** @type {import('./lib/person.mjs').Person} */
		let clinician;
		let patient;
		let visit;

		before(async () => {
			clinician = await clinic.clinician('chromium', { size: pixels });
			patient = await clinic.person('chromium', { size: pixels,
				name: 'Pat Example' });
		});

		test('signing in', async () => {
			await clinician.page.goto(clinician.url);
			await clinician.page.sees('Sign in');
			await look(clinician, `sign-in-${size}`);
			await clinician.signIn();
		});

		test('home, and a new visit', async () => {
			await look(clinician, `home-empty-${size}`);
			await clinician.page.click('New visit');
			await look(clinician, `new-visit-${size}`);
			await clinician.page.click('Close');
			visit = await clinician.makeVisit(`Follow-up (${size})`,
				patient.who.email, 'Therapy');
			await clinician.page.sees('Therapy');
			await look(clinician, `home-${size}`);
		});

		test('the lobby', async () => {
			await patient.signIn();
			await look(patient, `home-patient-${size}`);
			await patient.toLobby();
			await look(patient, `lobby-${size}`);
		});

		test('waiting, and the visit', async () => {
			await patient.knock();
			await patient.page.sees('You are waiting');
			await look(patient, `waiting-${size}`);
			await clinician.open(visit);
			await clinician.ready();
			await clinician.join();
			await clinician.page.sees('has been waiting');
			await patient.page.sees('is here and will let you in');
			await look(clinician, `door-${size}`);
			await clinician.admit();
			await patient.phase('in-call');
			await clinician.seesAndHears();
			await patient.seesAndHears();
			await look(patient, `visit-${size}`);
			assert.deepEqual(await small(patient), []);
			await clinician.write('How have you been since last week?');
			await patient.openChat();
			await patient.reads('How have you been since last week?');
			await look(patient, `chat-${size}`);
			await patient.closeChat();
		});

		test('a shared screen', async () => {
			await clinician.closeChat();
			await clinician.page.click('Share your screen');
			await patient.flows((now) => now.byMid.in2 > 5, 'the screen');
			await look(patient, `screen-${size}`);
			await look(clinician, `sharing-${size}`);
		});

		test('by keyboard', async () => {
			await patient.page.page.keyboard.press('m');
			await clinician.page.until(() => !(/** @type {HTMLElement} */ (
				document.querySelector('#theirs-muted')).hidden), 'muted');
			await patient.page.page.keyboard.press('v');
			await clinician.page.sees('Camera off');
			await look(clinician, `camera-off-${size}`);
		});

		test('the end', async () => {
			await clinician.page.click('Leave');
			await look(clinician, `leave-${size}`);
			await clinician.page.click('End for both');
			await patient.page.sees('The visit is over');
			await look(patient, `ended-${size}`);
		});

		test('what became of it, and how good the connections were', () =>
			afterwards(clinician, patient, visit, size));
	});
}

/** How somebody's line was: good, away for a while, poor for a while. */
function points(role) {
	return { role, points: Array.from({ length: 60 }, (_, n) => ({ s: n * 10,
		loss_permille: role === 'patient' && n > 40 ? 140 : 0,
		round_trip_ms: n > 10 ? 45 : null, received_kbps: 900,
		sent_kbps: null, limited: false }))
		.filter(({ s }) => role === 'clinician' || s < 200 || s > 250) };
}

/** Both look at their visits when one is over; their pages are closed. */
async function afterwards(clinician, patient, visit, size) {
	await until(async () => (await clinic.account.get(
		`/api/visits/${visit}`)).happened, 60000, 'that it happened is known');
	for (const person of [clinician, patient]) {
		await person.page.goto(person.url);
		await person.page.sees('together, not recorded');
	}
	await look(patient, `home-after-patient-${size}`);
	assert.equal(await patient.page.evaluate(() =>
		document.querySelectorAll('.quality-open').length), 0);
	await clinician.page.page.route('**/quality', (route) => route.fulfill({
		json: { from: '2026-01-31T09:30:00Z', step_s: 10,
			seats: ['clinician', 'patient'].map(points) } }));
	await clinician.page.press(`[data-visit="${visit}"] .quality-open`);
	await clinician.page.sees('You: good all the time.');
	await clinician.page.sees(
		`${patient.who.name}: good for 6 minutes, poor for 3 minutes; `
		+ 'at worst 14 % lost, 45 ms delay.');
	for (const scheme of ['light', 'dark'])
		for (const [on, { width, height }] of Object.entries(SIZES)) {
			await clinician.page.page.emulateMedia({ colorScheme: scheme,
				reducedMotion: 'reduce' });
			await clinician.page.size(width, height);
			await look(clinician, `connections-${on}-${scheme}`);
		}
	await clinician.page.press('.line-table summary');
	assert.equal(await clinician.page.evaluate(() =>
		document.querySelectorAll('.line-table tbody tr').length), 4);
	await look(clinician, `connections-table-${size}`);
	await clinician.page.press('#quality-close');
	assert.ok(await clinician.page.evaluate(() =>
		document.activeElement?.matches('.quality-open')),
	'the focus is where it was');
	await clinician.page.page.unroute('**/quality');
	await clinician.page.press(`[data-visit="${visit}"] .quality-open`);
	await clinician.page.sees('Connections');
	await clinician.page.until(() => document.querySelector(
		'#quality-dialog .line-figure, #quality-dialog .stack > p:not(.hint)'),
	'the real answer can be shown');
	assert.deepEqual(clinician.page.problems, []);
	await clinician.page.close();
	await patient.page.close();
}

describe('without all devices', () => {
	test('voice only, listening only: both are in the visit', async () => {
		const { clinician, patient } = await clinic.call(
			['chromium', 'chromium'], { how: 'voice' });

		await patient.flows((now, then) => now.audioEnergy > then.audioEnergy,
			'the voice');
		await clinician.page.sees('Camera off');
		await clinician.page.close();
		await patient.page.close();
	});

	test('no camera and no microphone: one can still come in', async () => {
		const patient = await clinic.person('chromium', {
			browser: { devices: false } });
		const clinician = await clinic.clinician('chromium');
		const visit = await clinic.account.makeVisit(patient.who.email);

		await clinician.signIn(`/visit/${visit}`);
		await clinician.ready();
		await clinician.join();
		await patient.signIn(`/visit/${visit}`);
		await patient.page.sees('was found. You can plug one in');
		await look(patient, 'no-devices');
		await patient.join('listen', clinician);
		await patient.seesAndHears();
		await patient.write('I can only write');
		await clinician.openChat();
		await clinician.reads('I can only write');
		await clinician.page.close();
		await patient.page.close();
	});

	test('permission denied: says how to allow it', async () => {
		const patient = await clinic.person('chromium', {
			browser: { denied: true } });
		const visit = await clinic.account.makeVisit(patient.who.email);

		await patient.signIn(`/visit/${visit}`);
		await patient.page.sees('The browser may not use your camera');
		await look(patient, 'denied');
		await patient.knock('listen');
		await patient.page.close();
	});

	test('too early, cancelled, and unknown visits say so', async () => {
		const patient = await clinic.person('chromium');
		const later = await clinic.account.post('/api/visits', {
			title: 'Later', patient_email: patient.who.email, minutes: 30,
			start: new Date(Date.now() + 86400000).toISOString()
				.replace(/\.\d+/, '') });

		await patient.signIn(`/visit/${later.id}`);
		await patient.page.sees('This visit opens');
		await look(patient, 'early');
		const now = await clinic.account.makeVisit(patient.who.email);

		await clinic.account.remove(`/api/visits/${now}`);
		await patient.page.goto(`${patient.url}/visit/${now}`);
		await patient.page.sees('This visit was cancelled');
		await patient.page.goto(
			`${patient.url}/visit/AAAAAAAAAAAAAAAAAAAAAA`);
		await patient.page.sees('You are not invited to this visit');
		await look(patient, 'not-invited');
		await patient.page.close();
	});

	test('another window of the same person takes the visit over', async () => {
		const { visit, clinician, patient } = await clinic.call(
			['chromium', 'chromium']);
		const again = await clinic.person('chromium', patient.who);

		await again.signIn(`/visit/${visit}`);
		await again.ready();
		await again.join();
		await patient.page.sees('The visit continues elsewhere');
		await clinician.seesAndHears();
		await again.seesAndHears();
		for (const person of [clinician, patient, again])
			await person.page.close();
	});

	test('a visit that the clinician cancels ends at once', async () => {
		const { visit, clinician, patient } = await clinic.call(
			['chromium', 'chromium']);

		await clinic.account.remove(`/api/visits/${visit}`);
		for (const person of [clinician, patient]) {
			await person.phase('ended');
			await person.page.close();
		}
	});
});

describe('on a network that changes while the page comes', () => {
	for (const part of ['js/view.js', 'js/main.js', 'css/base.css']) {
		test(`without ${part} it is loaded again`, async () => {
			const { page, url } = await clinic.person('chromium');
			let cut = 0;

			await page.page.route(`**/${part}`, (route) => cut++
				? route.continue() : route.abort('internetdisconnected'));
			await page.goto(url);
			await until(() => cut > 1, 60000, 'it is asked for again');
			await page.sees('Sign in');
			await page.close();
		});
	}

	test('there is a way on for whoever has waited', async () => {
		const { page, url } = await clinic.person('chromium');

		await page.page.route('**/js/start.js', (route) => route.abort());
		await page.page.route('**/js/main.js', (route) => route.abort());
		await page.goto(url);
		await page.page.unroute('**/js/start.js');
		await page.page.unroute('**/js/main.js');
		await page.click('Load the page again', 'link');
		await page.sees('Sign in');
		await page.close();
	});
});
