// SPDX-License-Identifier: GPL-3.0-or-later
// Whole visits through the real pages, in each pairing of browsers.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Clinic } from './lib/clinic.mjs';
import { inside } from './lib/netns.mjs';
import { stopAll, until } from './lib/procs.mjs';

await inside();

const MARKUP = '<img src=x onerror="globalThis.hacked=1">';
const LATER_MS = 500;
/** @type {Clinic} */
let clinic;

before(async () => {
	clinic = await Clinic.open();
});
after(async () => {
	await clinic?.close();
	await stopAll();
});

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** How much of something flows in a while. */
async function flowing(person, what) {
	const first = await person.page.sample();

	await pause(LATER_MS);
	return what(await person.page.sample()) - what(first);
}

/** Until nothing is heard of the other for a while. */
const silence = (person) => until(async () =>
	await flowing(person, (s) => s.audioEnergy) < 0.0001, 60000, 'silence');

const shown = (person, selector) => person.page.evaluate((found) => {
	const node = /** @type {HTMLElement} */ (document.querySelector(found));

	return Boolean(node && node.offsetParent !== null);
}, selector);

const layout = (person, wanted) => person.page.until((name) =>
	/** @type {HTMLElement} */ (document.querySelector('#stage')).dataset
		.layout === name, `layout ${wanted}`, 60000, wanted);

/** The label of the camera that is sent. */
const camera = (person) => person.page.evaluate(() => {
	const pc = globalThis.rthProbe.all.findLast((each) =>
		each.connectionState === 'connected');

	return pc?.getTransceivers()[1].sender.track?.label ?? '';
});

async function changeCamera(one, other) {
	await one.page.click('Devices');
	const options = await one.page.evaluate(() => {
		const list = /** @type {HTMLSelectElement} */ (
			document.querySelector('#call-camera'));

		return [...list.options].map((o) => ({ value: o.value, text: o.text,
			used: o.selected }));
	});
	const wanted = options.filter((o) => !o.used).at(-1) ?? options[0];
	const connections = await one.page.evaluate(() =>
		globalThis.rthProbe.all.length);

	// Firefox pretends to have one camera only; choosing it again is a change
	// of track all the same.
	await one.page.choose('#call-camera', wanted.value);
	await one.page.click('Done');
	await until(async () => (await camera(one)) === wanted.text, 60000,
		`the camera ${wanted.text}`);
	await other.flows((now, then) => now.byMid.in1 > then.byMid.in1 + 5,
		'the picture of the other camera');
	assert.equal(await one.page.evaluate(() => globalThis.rthProbe.all.length),
		connections);
	if (one.page.kind === 'chromium')
		assert.ok(options.length > 1, 'two cameras');
}

for (const kinds of /** @type {[string, string][]} */ ([
	['chromium', 'chromium'], ['chromium', 'firefox'],
	['firefox', 'chromium'], ['firefox', 'firefox']])) {
	describe(`a clinician in ${kinds[0]}, a patient in ${kinds[1]}`, () => {
		/** @type {Awaited<ReturnType<Clinic['call']>>} */
		let call;
		const both = () => [call.clinician, call.patient];
		const ways = () => [[call.clinician, call.patient],
			[call.patient, call.clinician]];

		before(async () => {
			call = await clinic.call(kinds,
				{ patient: { name: `P ${MARKUP}`, size: { width: 1000,
					height: 700 } } });
		});
		after(async () => {
			for (const person of both())
				await person.page.close();
		});

		test('they see and hear each other', async () => {
			for (const person of both())
				await person.seesAndHears();
		});

		test('both legs are AEAD GCM', async () => {
			for (const person of both()) {
				const { srtp } = await person.page.sample();

				assert.equal(srtp.length, 1);
				assert.match(srtp[0], /^(SRTP_)?AEAD_AES_(128|256)_GCM$/);
			}
		});

		test('a hostile name is shown as its characters', async () => {
			await call.clinician.page.sees(`P ${MARKUP}`);
			assert.equal(await call.clinician.page.evaluate(() =>
				document.querySelectorAll('img[src="x"]').length), 0);
		});

		test('the camera goes off and on, and the other is told', async () => {
			for (const [one, other] of ways()) {
				await one.page.click('Turn camera off');
				await other.page.sees('Camera off');
				await other.flows((now, then) => true, 'a sample');
				assert.ok(await flowing(other, (s) => s.byMid.in1 ?? 0) <= 2);
				await one.page.click('Turn camera on');
				await other.flows((now, then) =>
					now.byMid.in1 > then.byMid.in1 + 5, 'the camera again');
				await other.page.until(() =>
					!document.querySelector('#theirs-tile.no-picture'),
				'the picture is shown');
			}
		});

		test('the microphone goes off and on, and the other is told',
			async () => {
				for (const [one, other] of ways()) {
					await one.page.click('Turn microphone off');
					await other.page.until(() => !(/** @type {HTMLElement} */ (
						document.querySelector('#theirs-muted')).hidden),
					'"Microphone off"');
					await silence(other);
					await one.page.click('Turn microphone on');
					await other.flows((now, then) =>
						now.audioEnergy > then.audioEnergy + 0.001,
					'the voice again');
				}
			});

		test('another camera is taken without a new connection', async () => {
			for (const [one, other] of ways())
				await changeCamera(one, other);
		});

		test('a screen is shared, takes the stage, and goes', async () => {
			for (const [one, other] of ways()) {
				await one.page.click('Share your screen');
				await other.flows((now, then) =>
					now.byMid.in2 > (then.byMid.in2 ?? 0) + 3, 'the screen');
				await layout(other, 'screen');
				await one.page.press('#stop-sharing');
				await layout(other, 'faces');
			}
		});

		test('they write to each other, also in markup', async () => {
			for (const [one, other] of ways()) {
				const text = `${one === call.patient ? 'Well' : 'Hello'} ${MARKUP}`;

				await one.write(text);
				await other.openChat();
				await other.reads(text);
				const said = (await other.messages()).at(-1);

				assert.equal(said?.elements, 0);
				assert.equal(said?.who, one === call.patient ? `P ${MARKUP}`
					: 'Dr. Example');
			}
			for (const person of both())
				await person.closeChat();
		});

		test('a reload comes back to the seat', async () => {
			for (const [one, other] of ways()) {
				await one.page.reload();
				await one.phase('in-call');
				await one.seesAndHears();
				await other.seesAndHears();
			}
		});

		test('a third person is not let in', async () => {
			const third = await clinic.person('chromium');

			await third.page.goto(`${third.url}/visit/${call.visit}`);
			await third.page.fill('Your e-mail address', third.who.email);
			await third.page.click('Send me a code');
			await third.page.fill('Code', await third.code(third.who.email));
			await third.page.fill('Your name', third.who.name);
			await third.page.click('Sign in');
			await third.page.sees('You are not invited to this visit');
			assert.ok(!await shown(third, '#join-camera'));
			await third.page.close();
			for (const person of both())
				await person.seesAndHears();
		});

		test('one leaves, the other waits, and it ends for both', async () => {
			await call.patient.page.click('Leave');
			await call.patient.page.sees('You have left the visit');
			await call.clinician.page.sees('Waiting for');
			await call.patient.page.click('Go back in');
			await call.patient.ready();
			await call.patient.join();
			await call.clinician.seesAndHears();
			await call.clinician.page.click('Leave');
			await call.clinician.page.click('End for both');
			for (const person of both()) {
				await person.page.sees('The visit is over');
				assert.equal(await person.page.evaluate(() =>
					globalThis.rthProbe.all.filter((pc) =>
						pc.connectionState !== 'closed').length), 0);
			}
		});

		test('nothing that anybody wrote was run', async () => {
			for (const person of both()) {
				assert.equal(await person.page.evaluate(() =>
					globalThis.hacked), undefined);
				assert.deepEqual(person.page.problems, []);
			}
		});
	});
}
