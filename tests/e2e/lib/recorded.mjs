// SPDX-License-Identifier: GPL-3.0-or-later
// Visits that are recorded, and what is found in the store afterwards.
import assert from 'node:assert/strict';
import { complaints, describeLane } from './lanes.mjs';
import { until } from './procs.mjs';

const STORED_MS = 60000;

/**
 * Runs `act` with a visit that goes on meanwhile, and closes its pages.
 *
 * @template T
 * @param {import('./clinic.mjs').Clinic} clinic
 * @param {[string, string]} kinds of browser
 * @param {(visit: { visit: string, clinician: import('./person.mjs').Person,
 *   patient: import('./person.mjs').Person,
 *   both: import('./person.mjs').Person[] }) => Promise<T>} act
 * @param {Parameters<import('./clinic.mjs').Clinic['call']>[1]} [who]
 */
export async function inVisit(clinic, kinds, act, who = {}) {
	const call = await clinic.call(kinds, who);
	const both = [call.clinician, call.patient];

	try {
		for (const person of both)
			await person.seesAndHears();
		return await act({ ...call, both });
	} finally {
		for (const person of both)
			await person.page.close();
	}
}

/** Both agree, the patient as said, and it runs. */
export async function record({ clinician, patient, both }, answer = 'yes') {
	await clinician.askToRecord();
	await Promise.all([clinician.answer('yes'), patient.answer(answer)]);
	await Promise.all(both.map((person) => person.recording('running')));
}

/** The clinician ends the visit for both. */
export async function endVisit({ clinician, both }) {
	await clinician.page.click('Leave');
	await clinician.page.click('End for both');
	await Promise.all(both.map((person) => person.phase('ended')));
}

/**
 * The recording that was not known before, once it is finished.
 *
 * @param {import('./clinic.mjs').Clinic} clinic
 * @param {string[]} known ids of others
 */
export async function stored({ store }, known) {
	const id = await until(() => store.ids.find((each) =>
		!known.includes(each)), STORED_MS, 'a recording in the store');

	return store.exportFinished(id, STORED_MS);
}

/** It verifies, and each lane plays and decodes without complaint. */
export async function assertPlays({ store }, player, exported) {
	await store.verify(exported.id);
	assert.ok(exported.lanes.length >= 2, exported.files.join(' '));
	for (const path of exported.lanes) {
		const line = await describeLane(path, exported.told(path), player);

		assert.ok(line.playable, JSON.stringify(line));
		assert.equal(await complaints(path), '', path);
	}
}
