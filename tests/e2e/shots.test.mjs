// SPDX-License-Identifier: GPL-3.0-or-later
// Every page and state in three sizes, light and dark, for looking at
// (tests/artifacts/shots/), each of them searched by axe-core. One real visit.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Clinic } from './lib/clinic.mjs';
import { fill } from './lib/generated.mjs';
import { inside } from './lib/netns.mjs';
import { ADMIN, CLINICIAN, OPERATOR } from './lib/portal.mjs';
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

const is = (person, selector, what = selector) => person.page.until(
	(wanted) => Boolean(document.querySelector(wanted)), what, 60000, selector);
const hears = (person) => person.flows((now, then) =>
	now.audioEnergy > then.audioEnergy, 'a voice');
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
	await is(patient, '#line-mine .bars:not([data-line="unknown"])');
	await is(clinician, '#line-theirs .bars:not([data-line="unknown"])');
	await shots(patient, 'visit');
	await shots(clinician, 'visit-clinician');
});

step('who is here, and the pictures', async () => {
	await patient.page.press('#connection');
	await shots(patient, 'who-is-here');
	await patient.page.press('#open-stage');
	await shots(patient, 'pictures-menu');
	await patient.page.press('#stage-swap');
	await is(patient, '#mine-tile.big');
	await shots(patient, 'swapped');
	await patient.page.press('#enlarge-theirs');
	await patient.page.press('#open-stage');
	await patient.page.press('#stage-self');
	await is(patient, '#theirs-tile.big ~ #mine-tile[hidden]');
	await shots(patient, 'without-myself');
	await patient.page.page.keyboard.press('h');
	await is(patient, '#mine-tile.small:not([hidden])');
	await patient.page.page.keyboard.press('f');
	await patient.page.until(() => document.fullscreenElement, 'it is full');
	await patient.page.page.keyboard.press('f');
	await patient.page.until(() => !document.fullscreenElement, 'it is not');
	await patient.page.press('#open-stage');
	await patient.page.press('#stage-keys');
	await patient.page.page.keyboard.press('m');
	await is(patient, '#toggle-microphone.on', 'single keys are off');
	await patient.page.press('#open-stage');
	await patient.page.press('#stage-keys');
});

step('messages', async () => {
	await clinician.write('How have you been since last week?');
	await clinician.closeChat();
	await patient.write('Better, thank you. See https://example.org/a?b=c');
	await clinician.page.until(() => !(/** @type {HTMLElement} */ (
		document.querySelector('#toggle-chat .count')).hidden), 'it is counted');
	await shots(clinician, 'unread');
	await patient.write('And <b>this</b> is not bold: javascript:alert(1)');
	await clinician.reads('And <b>this</b> is not bold: javascript:alert(1)');
	await patient.reads('And <b>this</b> is not bold: javascript:alert(1)');
	assert.deepEqual(await clinician.page.evaluate(() =>
		[...document.querySelectorAll('.said-text *')].map((node) =>
			`${node.tagName} ${node.getAttribute('href')} ${
				node.getAttribute('rel')} ${node.getAttribute('target')}`)),
	['A https://example.org/a?b=c noopener noreferrer _blank']);
	await shots(patient, 'messages');
	await patient.closeChat();
});

step('a shared screen', async () => {
	await clinician.page.click('Share your screen');
	await patient.flows((now) => now.byMid.in2 > 5, 'the screen');
	await shots(patient, 'shared-screen');
	await shots(clinician, 'sharing');
	const hint = () => clinician.page.evaluate(() => globalThis.rthProbe.all
		.flatMap((each) => each.getSenders()).map(({ track }) => track)
		.find((track) => track?.getSettings().displaySurface)?.contentHint);

	assert.equal(await hint(), 'detail');
	await clinician.page.press('#share-motion');
	assert.equal(await hint(), 'motion');
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

step('reconnecting, and alone', async () => {
	await patient.page.page.context().setOffline(true);
	await patient.page.page.evaluate(() => globalThis.rthProbe.all
		.forEach((each) => each.close()));
	await clinician.page.until(() => document.querySelector(
		'#theirs-tile.no-picture') || !document.querySelector('#waiting[hidden]'),
	'the face is gone');
	await shots(clinician, 'other-reconnecting');
	await shots(patient, 'reconnecting');
	await patient.page.page.context().setOffline(false);
	await hears(patient);
});

step('leaving, and the way back', async () => {
	await patient.page.click('Leave');
	await patient.phase('ended');
	await patient.page.sees('You can go back in until');
	await shots(patient, 'left');
	await shots(clinician, 'alone');
});

step('in Arabic', async () => {
	await patient.page.evaluate(() =>
		localStorage.setItem('rth.language', 'ar'));
	await open(patient, '/');
	await patient.phase('home');
	assert.equal(await patient.page.evaluate(() =>
		document.documentElement.dir), 'rtl');
	await shots(patient, 'arabic-home');
	await patient.open(visit);
	await patient.ready();
	await shots(patient, 'arabic-lobby');
	await patient.page.press('#join-camera');
	await patient.phase('in-call');
	await hears(patient);
	await patient.page.press('#toggle-chat');
	await clinician.write('See you soon');
	await patient.reads('See you soon');
	await shots(patient, 'arabic-visit');
	await patient.page.press('#chat-close');
	await patient.page.press('#connection');
	await shots(patient, 'arabic-who-is-here');
	await clinician.closeChat();
});

step('the end', async () => {
	await clinician.page.click('Leave');
	await shots(clinician, 'leave');
	await clinician.page.click('End for both');
	await patient.phase('ended');
	await shots(patient, 'arabic-ended');
	await shots(clinician, 'ended-clinician');
	await patient.page.evaluate(() =>
		localStorage.setItem('rth.language', 'en'));
	await patient.page.goto(`${patient.url}/visit/AAAAAAAAAAAAAAAAAAAAAA`);
	await patient.page.sees('You are not invited to this visit');
	await shots(patient, 'not-invited');
});

step('a visit that is to come, and one for somebody else', async () => {
	const later = await clinic.account.post('/api/visits', {
		title: 'Later', patient_email: patient.who.email, minutes: 30,
		start: new Date(Date.now() + 86400000).toISOString()
			.replace(/\.\d+/, '') });

	await patient.page.goto(`${patient.url}/visit/${later.id}`);
	await patient.page.sees('This visit opens');
	await shots(patient, 'early');
});

step('a standing door', async () => {
	await open(clinician, '/');
	await clinician.page.click('Make a door');
	await shots(clinician, 'make-a-door');
	await clinician.page.page.keyboard.press('Escape');
	await clinic.account.put('/api/door', { name: 'dr-example',
		title: 'Open hour', open: false, open_minutes: null });
	await open(patient, '/d/dr-example');
	await patient.page.sees('Dr. Example');
	await shots(patient, 'door-closed');
	await clinic.account.put('/api/door', { name: 'dr-example',
		title: 'Open hour', open: true, open_minutes: 60 });
	await open(patient, '/d/dr-example');
	await patient.page.until(() => document.querySelector(
		'main button.primary:not(:disabled):not([hidden])'), 'one can knock');
	await shots(patient, 'door-open');
	await patient.page.press('main button.primary');
	await patient.ready();
	await patient.knock();
	await open(clinician, '/');
	await clinician.page.sees('Pat Example');
	await shots(clinician, 'home-somebody-waits');
	await patient.page.press('#stop-waiting');
	await open(patient, '/');
	await patient.phase('home');
	await shots(patient, 'home-patient-after');
});

step('recordings, and what was done with them', async () => {
	fill(clinic.portal.home, 12);
	const operator = await clinic.person('chromium',
		{ email: OPERATOR, name: 'Op Erator' });

	await operator.signIn('/review');
	await operator.page.until(() => document.querySelector(
		'.recordings tbody tr, #recordings tr'), 'the list');
	await shots(operator, 'recordings');
	const admin = await clinic.person('chromium',
		{ email: ADMIN, name: 'Ada Min' });

	await admin.signIn('/audit');
	await admin.page.until(() => document.querySelector('.audit-row'),
		'the audit');
	await shots(admin, 'audit');
	for (const { page } of [operator, admin]) {
		assert.deepEqual(page.problems, []);
		await page.close();
	}
});

// A visit that is not open yet is a 403, one that is not theirs a 404, a wrong
// code a 400.
step('nothing went wrong in the pages', () => {
	for (const person of [clinician, patient])
		assert.deepEqual(person.page.problems.filter((problem) =>
			!/ERR_INTERNET_DISCONNECTED|status of 40[034]/.test(problem)), []);
});
