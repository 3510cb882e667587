// SPDX-License-Identifier: GPL-3.0-or-later
// Every page and state in three sizes, light and dark, for looking at
// (tests/artifacts/shots/), each of them searched by axe-core. One real visit.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Clinic } from './lib/clinic.mjs';
import { addReal, fill } from './lib/generated.mjs';
import { inside } from './lib/netns.mjs';
import { CLINICIAN, OPERATOR } from './lib/portal.mjs';
import { stopAll } from './lib/procs.mjs';
import { FOLDER, shots } from './lib/shots.mjs';

await inside();

/** @type {Clinic} */
let clinic;
/** @type {import('./lib/person.mjs').Person} */
let clinician;
/** @type {import('./lib/person.mjs').Person} */
let patient;
let visit;

before(async () => {
	rmSync(FOLDER, { recursive: true, force: true });
	clinic = await Clinic.open({ recorder: true,
		portal: 'visit = { kinds = [ "First visit", "Therapy" ]; };' });
	clinician = await clinic.clinician('chromium');
	patient = await clinic.person('chromium', { name: 'Pat Example',
		email: 'pat@mail.example' });
});
after(async () => {
	await clinic?.close();
	await stopAll();
});

/** Each step goes on where the one before has ended. */
let broken = false;
const step = (name, work) => test(name, async (t) => {
	if (broken)
		return t.skip('a step before it has failed');
	broken = true;
	await work();
	broken = false;
});

const open = (person, path) => person.page.goto(person.url + path);

step('signing in', async () => {
	await open(clinician, '/');
	await clinician.page.sees('Sign in');
	await shots(clinician, 'sign-in');
	await clinician.page.fill('Your e-mail address', CLINICIAN);
	await clinician.page.click('Send me a code');
	await clinician.page.sees('code of six digits');
	await clinic.portal.code(CLINICIAN);
	await clinician.page.fill('Code', '000000');
	await clinician.page.click('Sign in');
	await clinician.page.sees('That code is not right');
	await shots(clinician, 'sign-in-wrong-code');
	await clinician.signIn();
});

step('home', async () => {
	await shots(clinician, 'home-empty');
	await clinician.page.click('New visit');
	await shots(clinician, 'new-visit');
	await clinician.page.click('Close');
	await clinic.account.makeVisit('sam@mail.example', 'Another talk');
	visit = await clinician.makeVisit('Follow-up', patient.who.email,
		'Therapy');
	await shots(clinician, 'home');
	await clinician.page.press('#account summary');
	await shots(clinician, 'home-account');
	await patient.signIn();
	await shots(patient, 'home-patient');
});

step('the lobby, and waiting', async () => {
	await patient.open(visit);
	await patient.ready();
	await shots(patient, 'lobby');
	await patient.knock();
	await patient.page.sees('You are waiting');
	await shots(patient, 'waiting');
});

step('somebody is at the door', async () => {
	await clinician.open(visit);
	await clinician.ready();
	await clinician.join();
	await clinician.page.sees('has been waiting');
	await shots(clinician, 'door');
	await patient.page.sees('is here and will let you in');
	await shots(patient, 'waiting-clinician-here');
	await clinician.admit();
	await patient.phase('in-call');
});

step('two faces', async () => {
	await clinician.seesAndHears();
	await patient.seesAndHears();
	await patient.page.until(() => document.querySelector(
		'#connection .bars:not([data-line="unknown"])'), 'a grade');
	await shots(patient, 'visit');
	await shots(clinician, 'visit-clinician');
});

step('who is here, and the pictures', async () => {
	await patient.page.press('#connection');
	await shots(patient, 'who-is-here');
	await patient.page.press('#open-stage');
	await shots(patient, 'pictures-menu');
	await patient.page.press('#stage-swap');
	await shots(patient, 'swapped');
	await patient.page.press('#enlarge-theirs');
	await patient.page.press('#open-stage');
	await patient.page.press('#stage-self');
	await shots(patient, 'without-myself');
	await patient.page.page.keyboard.press('h');
});

step('messages', async () => {
	await clinician.write('How have you been since last week?');
	await clinician.closeChat();
	await patient.write('Better, thank you. See https://example.org/a?b=c');
	await clinician.page.until(() => !(/** @type {HTMLElement} */ (
		document.querySelector('#toggle-chat .count')).hidden), 'it is counted');
	await shots(clinician, 'unread');
	await patient.write('And <b>this</b> is not bold: javascript:alert(1)');
	await patient.reads('And <b>this</b> is not bold: javascript:alert(1)');
	await shots(patient, 'messages');
	await patient.closeChat();
});

step('a shared screen', async () => {
	await clinician.page.click('Share your screen');
	await patient.flows((now) => now.byMid.in2 > 5, 'the screen');
	await shots(patient, 'shared-screen');
	await shots(clinician, 'sharing');
	await clinician.page.press('#share-motion');
	await clinician.page.press('#stop-sharing');
});

step('without microphone and camera', async () => {
	await patient.page.page.keyboard.press('m');
	await patient.page.page.keyboard.press('v');
	await clinician.page.sees('Camera off');
	await shots(clinician, 'camera-off');
	await shots(patient, 'my-camera-off');
	await patient.page.page.keyboard.press('m');
	await patient.page.page.keyboard.press('v');
});

step('the devices', async () => {
	await patient.page.press('#open-devices');
	await shots(patient, 'devices');
	await patient.page.page.keyboard.press('Escape');
});

step('a recording', async () => {
	await clinician.askToRecord();
	await patient.asked();
	await shots(patient, 'asked');
	await clinician.answer('yes');
	await shots(clinician, 'answered');
	await patient.answer('yes');
	await patient.recording('running');
	await shots(patient, 'recorded');
	await shots(clinician, 'recorded-clinician');
	await patient.page.press('#recording-sign');
	await shots(patient, 'recording-sheet');
	await patient.page.page.keyboard.press('Escape');
	await clinician.stopRecording();
	await clinician.recording('finished');
	await shots(clinician, 'recording-over');
});

step('the end', async () => {
	await clinician.page.click('Leave');
	await shots(clinician, 'leave');
	await clinician.page.click('End for both');
	await patient.phase('ended');
	await shots(patient, 'ended');
	await shots(clinician, 'ended-clinician');
});

step('nothing went wrong in the pages', () => {
	for (const person of [clinician, patient])
		assert.deepEqual(person.page.problems, []);
});
