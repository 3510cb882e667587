// SPDX-License-Identifier: GPL-3.0-or-later
// Networks that let no media through, through a real TURN server: over UDP, TCP
// and TLS. What is shut during a visit is gone round, and nobody touches
// anything.
import { after, before, test } from 'node:test';
import { Clinic } from './lib/clinic.mjs';
import { WAYS, letThrough, startCoturn } from './lib/coturn.mjs';
import { inside } from './lib/netns.mjs';
import { stopAll, until } from './lib/procs.mjs';

await inside();

const WAY_MS = 90000;
const TRUSTING = { browser: { anyCertificate: true } };
/** @type {Clinic} */
let clinic;
let call;

before(async () => {
	const turn = await startCoturn();

	clinic = await Clinic.open({ portal: turn.settings });
	call = await clinic.call(['chromium', 'firefox'], { clinician: TRUSTING });
});
after(async () => {
	await clinic?.close();
	await stopAll();
});

/** How a page's media goes: direct, or by which protocol to the relay. */
const wayOf = (person) => person.page.evaluate(async () => {
	const pc = globalThis.rthProbe.all.findLast((each) =>
		each.connectionState === 'connected');
	const report = await pc?.getStats();
	const entries = report ? [...report.values()] : [];
	const pair = entries.find((entry) => entry.type === 'candidate-pair'
		&& entry.state === 'succeeded' && (entry.selected
			|| entries.some((each) => each.type === 'transport'
				&& each.selectedCandidatePairId === entry.id)));
	const local = pair && report.get(pair.localCandidateId);

	return local && (local.candidateType === 'relay' ? local.relayProtocol
		: 'direct');
});

/** They see and hear each other, by that way. */
async function goesBy({ clinician, patient }, way) {
	for (const person of [clinician, patient]) {
		// Firefox goes on telling of the ways it has left: there are no others.
		if (person.page.kind === 'chromium')
			await until(async () => await wayOf(person) === way, WAY_MS,
				`${person.who.name} by ${way}`);
		await person.hasBack(true, WAY_MS);
	}
}

for (const way of WAYS.filter((each) => each !== 'tls'))
	test(`${way} is what is left, for Chromium and Firefox`, async (t) => {
		const at = Date.now();

		letThrough(way);
		await goesBy(call, way);
		t.diagnostic(`media after ${Date.now() - at} ms`);
	});

// Firefox takes no certificate for a relay but one that it knows.
test('a visit begins by TLS alone', async () => {
	await call.clinician.page.close();
	await call.patient.page.close();
	letThrough('tls');
	await goesBy(await clinic.call(['chromium', 'chromium'],
		{ clinician: TRUSTING, patient: TRUSTING }), 'tls');
});
