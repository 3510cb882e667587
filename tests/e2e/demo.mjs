// SPDX-License-Identifier: GPL-3.0-or-later
// A recorded visit of ten seconds between two headless Chromium, through the
// real pages of a portal that runs: `./quickstart --demo` starts it all and
// calls this.
//
// Takes from the environment RTH_URL (the portal), RTH_CODES (the file in which
// codes for signing in appear), RTH_OUT (where the screenshots go),
// RTH_PORTAL_CONF and RTH_RECORDINGS (the portal's configuration and the
// store), RTH_CLINICIAN and RTH_PATIENT (e-mail addresses). Ends with one line
// of JSON and status 0 only if everything worked.
import { mkdirSync, readFileSync } from 'node:fs';
import { startChromium } from './lib/browser.mjs';
import { describeLane } from './lib/lanes.mjs';
import { Person } from './lib/person.mjs';
import { Player } from './lib/player.mjs';
import { codeIn } from './lib/portal.mjs';
import { until } from './lib/procs.mjs';
import { Store } from './lib/store.mjs';

const VISIT_MS = 10000;
const STORED_MS = 60000;
const URL_OF_PORTAL = process.env.RTH_URL ?? 'http://localhost:8080';
const CODES = process.env.RTH_CODES ?? 'var/codes';
const OUT = process.env.RTH_OUT ?? 'var/demo';
const TIMES = { visit: performance.now() };

const say = (text) => process.stdout.write(`${text}\n`);

function takeCode(email) {
	return until(() => codeIn(readFileSync(CODES, 'utf8'), email), 60000,
		`a code for ${email} in ${CODES}`);
}

async function person(browser, email, name, size) {
	const page = await browser.page(size);

	return new Person(page, URL_OF_PORTAL, { email, name }, takeCode);
}

/** One shares the screen until the other has seen a second or so of it. */
async function share(from, to) {
	await from.page.click('Share your screen');
	await to.flows((now) => (now.byMid.in2 ?? 0) > 20, 'the shared screen');
}

/** What one of them got out of the visit. */
async function result(who, firstPicture) {
	const sample = await who.page.sample();

	return {
		first_picture_ms: firstPicture,
		frames: sample.byMid.in1 ?? 0,
		audio_s: sample.audioEnergy > 0 ? Math.round(
			(sample.audioSamples - sample.concealed) / 4800) / 10 : 0,
		screen_frames: sample.byMid.in2 ?? 0,
		chat: (await who.messages()).filter((m) => m.who !== 'You').length,
	};
}

const firstPicture = async (who) => Math.round(await who.page.until(() =>
	globalThis.rth.timings()['first-picture'], 'the first picture', 60000));

async function hold(clinician, patient) {
	await clinician.signIn();
	say('The clinician has signed in with a code.');
	await clinician.makeVisit('Demonstration', patient.who.email);
	say('The clinician has made a visit.');
	await patient.signIn();
	say('The patient has signed in with a code.');
	for (const who of [clinician, patient]) {
		await who.toLobby();
		await who.join('camera', who === patient ? clinician : undefined);
	}
	TIMES.visit = performance.now();
	const first = [await firstPicture(clinician), await firstPicture(patient)];

	say('Both see each other.');
	await clinician.askToRecord();
	await Promise.all([clinician, patient].map((who) => agree(who)));
	say('Both have agreed to a recording, and it runs.');
	await clinician.write('Good morning. Can you hear me?');
	await patient.reads('Good morning. Can you hear me?');
	await patient.write('Yes, and I can see you.');
	await clinician.reads('Yes, and I can see you.');
	say('They have written to each other.');
	await patient.closeChat();
	await share(clinician, patient);
	await patient.page.picture('patient', OUT);
	await clinician.page.click('Stop sharing your screen');
	await share(patient, clinician);
	await clinician.page.picture('clinician', OUT);
	say('Each has seen the other\'s screen.');
	const left = TIMES.visit + VISIT_MS - performance.now();

	await new Promise((done) => setTimeout(done, Math.max(0, left)));
	const results = await Promise.all([clinician, patient].map((who, i) =>
		result(who, first[i])));

	await clinician.page.click('Leave');
	TIMES.end = performance.now();
	await clinician.page.click('End for both');
	await Promise.all([clinician.phase('ended'), patient.phase('ended')]);
	say('The clinician has ended the visit.');
	return { clinician: results[0], patient: results[1] };
}

/** Says yes, as clinicians and patients do, and waits until it runs. */
async function agree(who) {
	await who.answer('yes');
	await who.recording('running');
}

/** The recording of the visit, once it is finished and plays. */
async function recorded(browser) {
	const store = new Store({ folder: process.env.RTH_RECORDINGS
		?? 'var/recordings', portalConf: process.env.RTH_PORTAL_CONF });
	const player = await Player.open(await browser.page());
	const [id] = await until(() => store.ids.length && store.ids, STORED_MS,
		'a recording in the store');
	const exported = await store.exportFinished(id, STORED_MS);
	const first = await player.plays(exported.lanes[0]);
	const playable = performance.now() - TIMES.end;
	const lanes = [];

	for (const path of exported.lanes)
		lanes.push(await describeLane(path, exported.told(path), player));
	const chat = exported.chat.length;

	exported.remove();
	await player.close();
	return { ok: first.seconds > 0 && chat === 2 && everyLane(lanes),
		playable_after_ms: Math.round(playable), chat, lanes };
}

/** Two people and two screens, each of which plays. */
const everyLane = (lanes) => ['clinician', 'patient', 'clinician-screen',
	'patient-screen'].every((name) => lanes.some((lane) =>
	lane.lane.includes(`-${name}-`))) && lanes.every((lane) => lane.playable);

function tell(recording) {
	say(`Recorded, and playable ${recording.playable_after_ms} ms after the end:`);
	for (const lane of recording.lanes)
		say(`  ${lane.lane}: ${lane.seconds} s from ${lane.offset_ms} ms on, ` +
			`${lane.bytes} bytes, ${lane.codecs}` +
			`${lane.resolution ? `, ${lane.resolution}` : ''}, ` +
			(lane.playable ? 'playable' : `not playable: ${lane.problem}`));
}

/** Everything that has to be there, of what one of them got. */
const complete = (r) => r.first_picture_ms > 0 && r.frames >= 100 &&
	r.audio_s >= 5 && r.screen_frames > 20 && r.chat >= 1;

async function main() {
	mkdirSync(OUT, { recursive: true });
	const browser = await startChromium();
	/** @type {Record<string, any>} */
	let answer;

	try {
		const clinician = await person(browser, process.env.RTH_CLINICIAN
			?? 'clinician@localhost.example', 'Dr. Example');
		const patient = await person(browser, process.env.RTH_PATIENT
			?? 'patient@localhost.example', 'Pat Example',
		{ width: 360, height: 640 });
		const seen = await hold(clinician, patient);

		const recording = await recorded(browser);

		tell(recording);
		answer = { ok: recording.ok && Object.values(seen).every(complete),
			...seen, recording };
		say(`Screenshots: ${OUT}/clinician.png ${OUT}/patient.png`);
	} catch (error) {
		answer = { ok: false, error: String(error?.message ?? error)
			.split('\n')[0] };
	} finally {
		await browser.close();
	}
	say(JSON.stringify(answer));
	process.exitCode = answer.ok ? 0 : 1;
}

await main();
