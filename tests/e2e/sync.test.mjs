// SPDX-License-Identifier: GPL-3.0-or-later
// A picture that flashes and a tone that beeps at the same time, through real
// browsers, the relay and the recorder: how far apart they are in the files,
// of one person and between the two.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sync } from './lib/beeps.mjs';
import { Clinic } from './lib/clinic.mjs';
import { inside } from './lib/netns.mjs';
import { stopAll } from './lib/procs.mjs';
import { endVisit, inVisit, record, stored } from './lib/recorded.mjs';

await inside();

const MOST_MS = 40;
const SECOND_MS = 1000;
const LONG_MS = 12000;
const BEEPING = { browser: { beep: true } };
/** @type {Clinic} */
let clinic;

before(async () => {
	clinic = await Clinic.open({ recorder: true });
});
after(async () => {
	await clinic?.close();
	await stopAll();
});

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** When a page flashes first, in ms since 1970; then every second. */
const firstFlash = (person) => person.page.evaluate(() =>
	globalThis.rthBeep.firstFlash());

/** By how much later than the page flashed the file does, within a second. */
function lateness(flashes, begins, first) {
	const late = flashes.map((s) => {
		const ms = (begins + s * SECOND_MS - first) % SECOND_MS;

		return ms > SECOND_MS / 2 ? ms - SECOND_MS : ms;
	}).sort((a, b) => a - b);

	return late[Math.floor(late.length / 2)];
}

/** What there is of each person: flash and beep, and when they came. */
async function measured(exported, firsts) {
	const people = {};

	for (const [lane, first] of Object.entries(firsts)) {
		const path = exported.lane(lane).at(-1);
		const found = await sync(path);

		people[lane] = { ...found,
			late: lateness(found.flashes, exported.begins(path), first) };
	}
	return people;
}

function assertTogether(t, people) {
	for (const [lane, { pairs, medianMs, worstMs, late }] of
		Object.entries(people)) {
		t.diagnostic(`${lane}: ${pairs.length} flashes, median ${
			Math.round(medianMs)} ms, worst ${Math.round(worstMs)} ms after ` +
			`the beep, ${Math.round(late)} ms after they were drawn`);
		assert.ok(pairs.length >= 6, `${pairs.length} flashes with a beep`);
		assert.ok(worstMs <= MOST_MS, `${lane}: ${worstMs} ms apart`);
	}
	const apart = people.clinician.late - people.patient.late;

	assert.ok(Math.abs(apart) <= MOST_MS, `the lanes are ${apart} ms apart`);
}

for (const kinds of /** @type {[string, string][]} */ ([
	['chromium', 'chromium'], ['chromium', 'firefox']])) {
	describe(`a clinician in ${kinds[0]}, a patient in ${kinds[1]}`, () => {
		test('voice and picture, and the two lanes, are together', (t) =>
			inVisit(clinic, kinds, async (visit) => {
				const known = clinic.store.ids;

				await record(visit);
				await pause(LONG_MS);
				const firsts = { clinician: await firstFlash(visit.clinician),
					patient: await firstFlash(visit.patient) };

				await endVisit(visit);
				assertTogether(t, await measured(await stored(clinic, known),
					firsts));
			}, { clinician: BEEPING, patient: BEEPING }));

		test('also after mute, camera off and on, and a reload', (t) =>
			inVisit(clinic, kinds, async (visit) => {
				const { clinician, patient } = visit;
				const known = clinic.store.ids;

				await record(visit);
				await clinician.page.click('Turn microphone off');
				await clinician.page.click('Turn camera off');
				await pause(2 * SECOND_MS);
				await clinician.page.click('Turn microphone on');
				await clinician.page.click('Turn camera on');
				await patient.page.reload();
				await patient.ready();
				await patient.join();
				await clinician.recording('running');
				await pause(LONG_MS);
				const firsts = { clinician: await firstFlash(clinician),
					patient: await firstFlash(patient) };

				await endVisit(visit);
				assertTogether(t, await measured(await stored(clinic, known),
					firsts));
			}, { clinician: BEEPING, patient: BEEPING }));
	});
}
