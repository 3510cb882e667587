// SPDX-License-Identifier: GPL-3.0-or-later
// The pages while a visit is recorded: what people are asked, what they see,
// hear and can do, on a phone and on a desk, in both browsers.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Clinic } from './lib/clinic.mjs';
import { SIZES, look, small } from './lib/look.mjs';
import { inside } from './lib/netns.mjs';
import { stopAll } from './lib/procs.mjs';
import { inVisit, record } from './lib/recorded.mjs';

await inside();

/** In which a ring of 1 MiB is full, and what is lost is told. */
const STALL_MS = 60000;
/** @type {Clinic} */
let clinic;

before(async () => {
	clinic = await Clinic.open({ recorder: true });
});
after(async () => {
	await clinic?.close();
	await stopAll();
});

const text = (person, selector) => person.page.evaluate((what) =>
	/** @type {HTMLElement | null} */ (document.querySelector(what))
		?.innerText.trim() ?? null, selector);
const all = (both, act) => Promise.all(both.map(act));

/** The direction in which the clinic's text is read. */
const direction = (person) => person.page.evaluate(() =>
	getComputedStyle(/** @type {Element} */ (
		document.querySelector('#consent-text'))).direction);

/** Counts the sounds that the page itself makes. */
const listen = (person) => person.page.evaluate(() => {
	const note = OscillatorNode.prototype;
	const { start } = AudioScheduledSourceNode.prototype;

	globalThis.rthNotes = 0;
	note.start = function count(...when) {
		globalThis.rthNotes++;
		return start.apply(this, when);
	};
});
const notes = (person) => person.page.evaluate(() => globalThis.rthNotes);

/** The answers are equally big, all on the page, and the face is in view. */
async function askedWell(person) {
	const boxes = await person.page.evaluate(() => {
		const box = (selector) => {
			const { width, height, top, bottom } = /** @type {Element} */ (
				document.querySelector(selector)).getBoundingClientRect();

			return { width, height, top, bottom };
		};

		return { answers: ['yes', 'voice', 'no'].map((what) =>
			box(`#consent-${what}`)), text: box('.consent-text'),
		page: innerHeight, face: box('#their-camera'),
		dialog: box('#consent-dialog'),
		colours: ['yes', 'voice', 'no'].map((what) => {
			const style = getComputedStyle(/** @type {Element} */ (
				document.querySelector(`#consent-${what}`)));

			return [style.color, style.backgroundColor, style.borderColor,
				style.fontWeight, style.fontSize].join();
		}) };
	});

	for (const box of boxes.answers) {
		assert.ok(Math.abs(box.width - boxes.answers[0].width) < 1);
		assert.ok(Math.abs(box.height - boxes.answers[0].height) < 1);
		assert.ok(box.height >= 44 && box.bottom <= boxes.page);
	}
	assert.equal(new Set(boxes.colours).size, 1, String(boxes.colours));
	assert.ok(boxes.text.height >= 60, `${boxes.text.height} px of text`);
	return boxes;
}

/** The clinician is told why not; the patient has not even been asked. */
const refused = (why, picture = 'refused') => async ({ clinician, patient }) => {
	await clinician.askToRecord();
	await clinician.recording('refused');
	await clinician.page.sees(why);
	await look(clinician, picture);
	assert.equal(await patient.page.evaluate(() =>
		document.body.dataset.recording), 'off');
};

for (const [size, pixels] of Object.entries(SIZES)) {
	test(`on a ${size}: asked, agreed, running, stopped`, () => inVisit(clinic,
		['chromium', 'chromium'], async ({ clinician, patient, both }) => {
			assert.equal(await patient.page.evaluate(() =>
				/** @type {HTMLElement} */ (document.querySelector('#record'))
					.hidden), true, 'only the clinician can ask');
			assert.deepEqual(await small(clinician), []);
			await all(both, listen);
			await clinician.askToRecord();
			await all(both, (person) => person.asked());
			const { face, dialog } = await askedWell(patient);

			if (size === 'phone')
				assert.ok(face.bottom <= dialog.top && face.height > 80,
					JSON.stringify({ face, dialog }));
			await look(patient, `asked-${size}`);
			assert.equal(await patient.page.evaluate(() =>
				document.activeElement?.id), 'consent-title');
			for (const key of ['Escape', 'Enter', ' '])
				await patient.page.page.keyboard.press(key);
			assert.equal(await text(patient, '#consent-title'),
				'May this visit be recorded?', 'nothing was answered so');

			await clinician.answer('yes');
			await clinician.page.sees('Waiting for the patient’s answer');
			await look(clinician, `answered-${size}`);
			await clinician.page.click('Change my answer');
			await clinician.answer('yes');
			assert.equal(await patient.recordingSign(), null);
			await patient.answer('voice');
			await all(both, (person) => person.recording('running'));
			for (const person of both) {
				assert.match((await person.recordingSign())?.text ?? '',
					/^Recording\s+\d:\d\d$/);
				assert.equal(await text(person, '#alarm'),
					'This visit is being recorded.');
				assert.match(await person.page.page.title(), /^● Recording/);
				assert.equal(await notes(person), 2, 'two notes are heard');
			}
			await look(patient, `running-${size}`);
			await patient.openChat();
			await patient.page.sees('they are recorded too');
			assert.ok(await patient.page.evaluate(() => {
				const { left, top, width, height } = /** @type {Element} */ (
					document.querySelector('#recording-sign'))
					.getBoundingClientRect();

				return document.elementFromPoint(left + width / 2,
					top + height / 2)?.closest('#recording-sign');
			}), 'messages do not hide the sign');
			await patient.closeChat();
			await clinician.page.press('#recording-sign');
			await clinician.page.sees('Voice only, no pictures');
			await look(clinician, `recording-sheet-${size}`);
			await clinician.page.click('Close');
			await patient.stopRecording();
			await all(both, (person) => person.recording('finished'));
			for (const person of both) {
				assert.equal(await text(person, '#recording-note span'),
					'Recording stopped.');
				assert.match(await text(person, '#live') ?? '',
					/Recording stopped/);
				assert.equal(await person.recordingSign(), null);
			}
			await look(clinician, `finished-${size}`);
			await clinician.leaveForBoth();
			for (const person of both)
				await person.page.sees('The visit was recorded.');
			await look(patient, `ended-recorded-${size}`);
		}, { clinician: { size: pixels }, patient: { size: pixels } }));

	test(`on a ${size}: declined, in Arabic`, () => inVisit(clinic,
		['chromium', 'chromium'], async ({ clinician, patient, both }) => {
			await clinician.askToRecord();
			await patient.asked();
			await askedWell(patient);
			await patient.page.choose('#consent-language', 'ar');
			assert.equal(await text(patient, '#consent-yes'), 'نعم، سجّلوني');
			assert.equal(await direction(patient), 'rtl');
			await look(patient, `asked-arabic-${size}`);
			await patient.page.choose('#consent-language', 'es');
			assert.equal(await text(patient, '#consent-voice'), 'Solo voz');
			await patient.answer('no');
			await all(both, (person) => person.recording('declined'));
			for (const person of both)
				assert.equal(await text(person, '#recording-note span'),
					'Not recorded.');
			await look(clinician, `declined-${size}`);
			await clinician.askToRecord();
			await all(both, (person) => person.recording('asked'));
			await clinician.answer('no');
			await all(both, (person) => person.recording('declined'));
			await clinician.leaveForBoth();
			for (const person of both)
				await person.page.sees('Nothing was recorded');
		}, { clinician: { size: pixels }, patient: { size: pixels } }));
}

describe('whatever happens meanwhile', () => {
	test('the page of a person who leaves and comes back', () => inVisit(
		clinic, ['chromium', 'chromium'],
		async ({ clinician, patient, both, visit }) => {
			await record({ clinician, patient, both }, 'voice');
			await patient.page.goto('about:blank');
			await clinician.recording('paused');
			assert.match((await clinician.recordingSign())?.text ?? '',
				/^Recording paused/);
			await look(clinician, 'paused-desk');
			await clinician.page.press('#recording-sign');
			await clinician.page.sees('Nothing is recorded now');
			await clinician.page.click('Close');
			await patient.page.goto(`${patient.url}/visit/${visit}`);
			await patient.phase('in-call');
			await all(both, (person) => person.recording('running'));
			assert.equal((await patient.recordingSign())?.text, 'Recording',
				'it does not know since when');
			await patient.page.press('#recording-sign');
			await patient.page.press('#recording-pictures');
			await patient.voiceOnlyFromNow();
			await clinician.page.press('#recording-sign');
			await clinician.page.sees('Voice only, no pictures');
			await clinician.page.press('#recording-stop');
			await all(both, (person) => person.recording('finished'));
		}));

	test('a clinician alone is told so', async () => {
		const clinician = await clinic.clinician('chromium');
		const visit = await clinic.account.makeVisit('nobody@mail.example');

		await clinician.signIn(`/visit/${visit}`);
		await clinician.ready();
		await clinician.join();
		await clinician.askToRecord();
		await clinician.page.sees('Nobody else is here to be asked');
		await look(clinician, 'refused-desk');
		await clinician.page.click('OK');
		await clinician.page.until(() => /** @type {HTMLElement} */ (
			document.querySelector('#recording-note')).hidden, 'it is read');
		await clinician.page.close();
	});

	test('without a recorder the clinician is told, the patient is not asked',
		async () => {
			await clinic.recorder?.stop();
			try {
				await inVisit(clinic, ['chromium', 'chromium'], refused(
					'recorder cannot be reached'));
			} finally {
				await clinic.recorder?.start();
			}
		});
});

test('Firefox: asked by keyboard, running, withdrawn', () => inVisit(clinic,
	['firefox', 'firefox'], async ({ clinician, patient, both }) => {
		await all(both, listen);
		await clinician.askToRecord();
		await clinician.answer('yes');
		await patient.asked();
		await look(patient, 'asked-firefox');
		for (;;) {
			await patient.page.page.keyboard.press('Tab');
			if (await patient.page.evaluate(() =>
				document.activeElement?.id === 'consent-yes'))
				break;
		}
		await patient.page.page.keyboard.press('Enter');
		await all(both, (person) => person.recording('running'));
		for (const person of both)
			assert.equal(await notes(person), 2);
		await look(patient, 'running-firefox');
		await patient.stopRecording();
		await all(both, (person) => person.recording('finished'));
	}));

describe('at the limits', () => {
	/** @type {Clinic} */
	let other;

	before(async () => {
		await clinic.close();
	});
	afterEach(() => other?.close());

	test('what a recorder that stalls loses is told to the clinician alone',
		async () => {
			// The least that there is: full after some seconds.
			other = await Clinic.open({ recorder: true,
				recording: 'ring_bytes = 1048576;' });
			await inVisit(other, ['chromium', 'chromium'], async (visit) => {
				const { clinician, patient } = visit;

				await record(visit);
				const stalled = other.recorder?.children ?? [];

				stalled.forEach((pid) => process.kill(pid, 'SIGSTOP'));
				await clinician.page.sees('could not be stored.', STALL_MS);
				stalled.forEach((pid) => process.kill(pid, 'SIGCONT'));
				await look(clinician, 'incomplete-phone');
				assert.match(await text(clinician, '#recording-note span') ?? '',
					/^Recording incomplete: (\d+ s|less than a second) could/);
				assert.equal(await text(patient, '#recording-note span'), '');
				assert.match((await patient.recordingSign())?.text ?? '',
					/^Recording\s+\d/);
				await clinician.page.click('OK');
				await clinician.page.press('#recording-sign');
				await clinician.page.sees('Recording incomplete');
				await clinician.page.press('#recording-stop');
				await clinician.recording('finished');
				await clinician.page.sees(
					'Recording stopped. Recording incomplete');
				await patient.page.sees('Recording stopped.');
			}, { clinician: { size: SIZES.phone } });
		});

	test('a full disk is told to the clinician alone', async () => {
		// A terabyte is to be kept free.
		other = await Clinic.open({ recorder: { reserveMb: 1000000 } });
		await inVisit(other, ['chromium', 'chromium'], refused(
			'The server has no room for a recording.', 'disk-full-phone'),
		{ clinician: { size: SIZES.phone } });
	});
});
