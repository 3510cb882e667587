// SPDX-License-Identifier: GPL-3.0-or-later
// A thin line at one end slows the other end down instead of freezing the
// picture: 300 kbit/s for 20 s. (`make bench` has Janus's own `videocall`
// beside it.)
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { thinLine } from '../bench/thinline.mjs';
import { Clinic } from './lib/clinic.mjs';
import { PORTS } from './lib/janus.mjs';
import { Far, inside } from './lib/netns.mjs';
import { stopAll } from './lib/procs.mjs';

await inside();

/** @type {Far} */
let far;

before(async () => {
	far = await Far.create([PORTS.portal, PORTS.janus]);
});
after(stopAll);

const told = (t, figures) => t.diagnostic(JSON.stringify(figures));

describe('RTHealth, through its pages', () => {
	/** @type {Clinic} */
	let clinic;
	/** @type {Awaited<ReturnType<Clinic['call']>>} */
	let visit;

	before(async () => {
		clinic = await Clinic.open();
		visit = await clinic.call(['chromium', 'chromium'],
			{ patient: { browser: { prefix: far.prefix } } });
		await visit.clinician.seesAndHears();
		await visit.patient.seesAndHears();
	});
	after(async () => {
		await clinic.close();
	});

	const line = (options) => thinLine(visit.clinician.page,
		visit.patient.page, far, options);

	test('300 kbit/s to the patient', async (t) => {
		const { figures } = await line({ way: 'down' });

		told(t, figures);
		assert.equal(figures.frozenSeconds, 0,
			'a second without a frame from the third second on');
		assert.ok(figures.fpsLast10 >= 20, `${figures.fpsLast10} frames/s`);
		assert.ok(figures.concealedPercent < 3,
			`${figures.concealedPercent} % concealed`);
		assert.ok(figures.allowedS, 'is never allowed its old rate again');
		assert.ok(figures.recoveredS, 'never has its old rate again');
	});

	test('300 kbit/s from the patient', async (t) => {
		const { figures } = await line({ way: 'up', settle: 4, after: 1 });

		told(t, figures);
		assert.equal(figures.frozenSeconds, 0);
		assert.ok(figures.fpsLast10 >= 20, `${figures.fpsLast10} frames/s`);
		assert.ok(figures.concealedPercent < 3,
			`${figures.concealedPercent} % concealed`);
	});

	test('one packet in twenty lost on the way to the patient', async (t) => {
		const { figures } = await line({ way: 'down', kbit: 0, loss: 5,
			settle: 4, seconds: 10, after: 2 });

		told(t, figures);
		assert.equal(figures.frozenSeconds, 0);
		assert.ok(figures.fpsLast10 >= 20, `${figures.fpsLast10} frames/s`);
	});

	test('the same while the patient shares a screen', async (t) => {
		// Chromium then signs reports about the camera as the screen's.
		await visit.patient.page.click('Share your screen');
		await visit.clinician.flows((now) => now.byMid.in2 > 10, 'the screen');
		const { figures } = await line({ way: 'down', kbit: 0, loss: 5,
			settle: 2, seconds: 10, after: 2 });

		told(t, figures);
		assert.equal(figures.frozenSeconds, 0);
		assert.ok(figures.fpsLast10 >= 20, `${figures.fpsLast10} frames/s`);
	});

	test('60 kbit/s: the camera pauses for the voice, and comes back', async () => {
		const says = (person, words) => person.page.until((wanted) =>
			document.body.innerText.includes(wanted), words, 60000, words);
		const mine = 'Your camera pauses so that your voice stays clear';

		far.thin('down', 60);
		await says(visit.clinician, mine);
		await says(visit.patient, 'Camera paused so that the voice stays clear');
		await visit.patient.flows((now, before) =>
			now.audioEnergy > before.audioEnergy, 'the voice goes on');
		far.thin('down', 0);
		await visit.clinician.page.until((words) =>
			!document.body.innerText.includes(words), 'it is back', 60000, mine);
		await visit.patient.flows((now, before) =>
			now.framesDecoded > before.framesDecoded + 10, 'its picture');
	});

	test('what the lines were like is known afterwards', async (t) => {
		const { seats } = await clinic.account.get(
			`/api/visits/${visit.visit}/quality`);
		const [clinicians, patients] = seats.map((seat) => seat.points);
		const worst = Math.max(...patients.map((each) => each.loss_permille));

		told(t, { points: patients.length, worst });
		for (const points of [clinicians, patients]) {
			assert.ok(points.some((each) => each.round_trip_ms > 0));
			assert.ok(points.some((each) => each.received_kbps > 100));
			assert.ok(points.some((each) => each.sent_kbps > 100));
		}
		assert.ok(patients.some((each) => each.limited), 'was never limited');
		assert.ok(worst >= 10, `${worst} of a thousand lost at most`);
	});
});
