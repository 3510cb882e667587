// SPDX-License-Identifier: GPL-3.0-or-later
// A picture that flashes and a tone that beeps at the same time, through real
// browsers, the relay and the recorder: how far apart they are in the files,
// of one person and between the two.
//
// What the recorder does to each frame is bounded by tests/unit/test_lane.c,
// strictly. Here the source is a page: its canvas is looked at once a frame, so
// a flash is up to a frame later than it was drawn, and a busy machine may
// catch one of them. So the median has to be within the limit, and each flash
// but the worst within the limit and a frame.
//
// Firefox looks at a canvas later still, and loses samples of a voice when the
// machine is busy: it gets a frame more between flash and beep.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { punctual, sync } from './lib/beeps.mjs';
import { Clinic } from './lib/clinic.mjs';
import { inside } from './lib/netns.mjs';
import { stopAll } from './lib/procs.mjs';
import { endVisit, inVisit, record, stored } from './lib/recorded.mjs';

await inside();

const MOST_MS = 40;
const FRAME_MS = 33;
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

/** When a page drew its flashes. */
const drawnBy = (person) => person.page.evaluate(() =>
	globalThis.rthBeep.drawn);

const median = (values) => [...values].sort((a, b) => a - b)[
	Math.floor(values.length / 2)];

/** What there is of each person: flash and beep, and when they came. */
async function measured(exported, drawn) {
	const people = {};

	for (const [lane, flashes] of Object.entries(drawn)) {
		const path = exported.lane(lane).at(-1);
		const { pairs } = await sync(path);

		people[lane] = punctual(pairs, exported.begins(path), flashes);
	}
	return people;
}

function assertTogether(t, people, kinds) {
	const firefox = kinds.includes('firefox');
	const most = MOST_MS + (firefox ? FRAME_MS : 0);
	const after = Object.entries(people).map(([lane, pairs]) => {
		const apart = pairs.map(({ ms }) => ms);
		const [worst, next] = apart.map(Math.abs).sort((a, b) => b - a);
		const late = median(pairs.map((pair) => pair.after));

		t.diagnostic(`${lane}: ${pairs.length} flashes, median ${
			Math.round(median(apart))} ms, worst ${Math.round(worst)} ms after ` +
			`the beep, ${Math.round(late)} ms after they were drawn`);
		assert.ok(pairs.length >= 6, `${pairs.length} flashes with a beep`);
		assert.ok(Math.abs(median(apart)) <= most,
			`${lane}: ${median(apart)} ms apart`);
		assert.ok(next <= most + FRAME_MS, `${lane}: ${next} ms apart`);
		return late;
	});

	assert.ok(Math.abs(after[0] - after[1]) <= MOST_MS,
		`the lanes are ${after[0] - after[1]} ms apart`);
}

for (const kinds of /** @type {[string, string][]} */ ([
	['chromium', 'chromium'], ['chromium', 'firefox']])) {
	describe(`a clinician in ${kinds[0]}, a patient in ${kinds[1]}`, () => {
		test('voice and picture, and the two lanes, are together', (t) =>
			inVisit(clinic, kinds, async (visit) => {
				const known = clinic.store.ids;

				await record(visit);
				await pause(LONG_MS);
				const drawn = { clinician: await drawnBy(visit.clinician),
					patient: await drawnBy(visit.patient) };

				await endVisit(visit);
				assertTogether(t, await measured(await stored(clinic, known),
					drawn), kinds);
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
				await patient.phase('in-call');
				await clinician.recording('running');
				await pause(LONG_MS);
				const drawn = { clinician: await drawnBy(clinician),
					patient: await drawnBy(patient) };

				await endVisit(visit);
				assertTogether(t, await measured(await stored(clinic, known),
					drawn), kinds);
			}, { clinician: BEEPING, patient: BEEPING }));
	});
}
