// SPDX-License-Identifier: GPL-3.0-or-later
// How long it takes from the click on Admit until both see each other.
import { Clinic } from '../e2e/lib/clinic.mjs';
import { pluginAdmin } from '../e2e/lib/janus.mjs';
import { until } from '../e2e/lib/procs.mjs';
import { median, p95, round, table, wait } from './figures.mjs';

const PICTURE_MS = 30000;
/** In the waiting room as long as it takes until the sender's rate is up. */
const WAITS_MS = 3000;

/**
 * Runs in a page before its own scripts: when the first frame of the other's
 * camera was decoded since `arm`, by a reader of the track, since statistics
 * are up to 50 ms old.
 */
function watchFrames() {
	const Native = globalThis.RTCPeerConnection;
	const seen = { first: 0, clicked: 0 };
	const now = () => performance.timeOrigin + performance.now();

	const read = async (track) => {
		const { readable } = new globalThis.MediaStreamTrackProcessor({ track });
		const reader = readable.getReader();

		for (;;) {
			const { value, done } = await reader.read();

			if (done)
				return;
			seen.first ||= now();
			value.close();
		}
	};

	addEventListener('click', () => { seen.clicked = now(); },
		{ capture: true });
	globalThis.RTCPeerConnection = new Proxy(Native, {
		construct(target, args) {
			const pc = Reflect.construct(target, args);

			pc.addEventListener('track', ({ track, transceiver }) => {
				if (transceiver.mid === '1')
					void read(track);
			});
			return pc;
		},
	});
	globalThis.rthFrames = { seen, arm: () => { seen.first = 0; } };
}

const seenBy = (person) => person.page.until(() =>
	globalThis.rthFrames.seen.first && globalThis.rthFrames.seen,
'the first frame', PICTURE_MS);
const rooms = async (clinic) => (await pluginAdmin(clinic.keys.admin,
	{ request: 'list' })).rooms;

/** Sends the patient out, so that the next time has to knock again. */
async function sendOut(clinic) {
	for (const { room, seats } of await rooms(clinic)) {
		for (const { participant, role } of seats) {
			if (role === 'patient')
				await pluginAdmin(clinic.keys.admin,
					{ request: 'remove', room, participant });
		}
	}
}

/** Milliseconds from the click to the first frame, of each side. */
async function once(clinic, clinician, patient, visit) {
	await patient.open(visit);
	await patient.ready();
	await patient.knock();
	await until(async () => (await rooms(clinic)).some(({ waiting }) =>
		waiting.some(({ media }) => media)), PICTURE_MS, 'media while waiting');
	await wait(WAITS_MS);
	for (const person of [clinician, patient])
		await person.page.evaluate(() => globalThis.rthFrames.arm());
	await clinician.admit();
	const [mine, theirs] = [await seenBy(clinician), await seenBy(patient)];

	await sendOut(clinic);
	await clinician.page.until(() => document.querySelectorAll(
		'#door .admit').length === 0, 'an empty door');
	return { clinician: mine.first - mine.clicked,
		patient: theirs.first - mine.clicked };
}

async function admissions(runs) {
	const clinic = await Clinic.open();
	const clinician = await clinic.clinician('chromium');
	const patient = await clinic.person('chromium');
	const visit = await clinic.account.makeVisit(patient.who.email);
	const sides = { clinician: [], patient: [], both: [] };

	for (const person of [clinician, patient]) {
		await person.page.page.addInitScript(watchFrames);
		await person.signIn(`/visit/${visit}`);
	}
	await clinician.ready();
	await clinician.join();
	for (let i = 0; i < runs; i++) {
		const took = await once(clinic, clinician, patient, visit);

		sides.clinician.push(took.clinician);
		sides.patient.push(took.patient);
		sides.both.push(Math.max(took.clinician, took.patient));
	}
	await clinic.close();
	return sides;
}

export const ADMIT = {
	admit: async ({ joins }) => {
		const sides = await admissions(joins);

		return `## From the click on Admit to both pictures

Milliseconds from the clinician's click until the first frame of the other is
decoded, ${joins} times, two Chromium; the patient has waited for ${
	WAITS_MS / 1000} s with camera and connection up.

${table(['', 'median', '95th percentile', 'longest'], [
		['the clinician sees the patient', sides.clinician],
		['the patient sees the clinician', sides.patient],
		['both', sides.both],
	].map(([name, values]) => [name, round(median(values)),
		round(p95(values)), round(Math.max(...values))]))}`;
	},
};
