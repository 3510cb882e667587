// SPDX-License-Identifier: GPL-3.0-or-later
// The pages around doors in real browsers: a clinician who opens a door, sees
// live who waits, writes to one, sees another by one click and declines the
// first from within that visit; and somebody who needs somebody now.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Clinic } from './lib/clinic.mjs';
import { look } from './lib/look.mjs';
import { inside } from './lib/netns.mjs';
import { ADMIN } from './lib/portal.mjs';
import { stopAll, until } from './lib/procs.mjs';

await inside();

const WORDS = 'I am with somebody else, about ten minutes.';
const NUMBER = '112';

/** @type {Clinic} */
let clinic;
/** @type {import('./lib/person.mjs').Person} */
let doctor, anna, ben;
let second;

before(async () => {
	clinic = await Clinic.open({ portal: `
clinic = { emergency_number = "${NUMBER}"; };
urgent = { enabled = true; };
` });
	second = await clinic.portal.signIn(ADMIN, 'Dr. Second');
	doctor = await clinic.clinician('chromium');
	anna = await clinic.person('chromium', { name: 'Anna Example',
		email: 'anna@mail.example', size: { width: 360, height: 640 } });
	ben = await clinic.person('firefox', { name: 'Ben Example',
		email: 'ben@mail.example' });
});

after(async () => {
	await clinic?.close();
	await stopAll();
});

/** The list of who waits has a line of this person. */
const listed = (person, name, there = true) => person.page.until(
	([wanted, is]) => is === [...document.querySelectorAll('.guest')].some(
		(line) => line.textContent?.includes(wanted)),
	`${name} is ${there ? '' : 'not '}listed`, 60000, [name, there]);

/** What is in the line of that person. */
const inLine = (name, selector) =>
	`.guest:has(strong:text-is("${name}")) ${selector}`;

const visitOf = (person) => person.page.evaluate(() =>
	location.pathname.replace('/visit/', ''));

/** From a door's page to waiting at it. */
async function knock(person) {
	await person.page.click('Knock');
	await person.ready();
	await person.knock();
}

test('a clinician makes a door; it is closed until it is opened', async () => {
	await doctor.signIn();
	await doctor.page.press('#door-make');
	assert.equal(await doctor.page.evaluate(() => /** @type {HTMLInputElement
		} */ (document.querySelector('#door-name')).value), 'dr-example');
	await doctor.page.press('#door-save');
	await doctor.page.sees('/d/dr-example');
	await anna.signIn('/d/dr-example');
	await anna.page.sees('does not see people without an appointment');
	await look(anna, 'door-closed');
	await doctor.page.choose('#door-hours', '120');
	await doctor.page.press('#door-open');
	await doctor.page.sees('Open until');
	await anna.page.click('Look again');
	await anna.page.sees('Knock, and you will be let in');
	await look(anna, 'door-open');
});

test('who knocks is on the clinician\'s home at once, and knows the place',
	async () => {
		await doctor.page.sees('Nobody is waiting');
		await knock(anna);
		await anna.page.sees('You are waiting');
		await anna.page.sees(NUMBER);
		await listed(doctor, 'Anna Example');
		await doctor.page.until(() => document.title.includes('1 waiting'),
			'the tab says who waits');
		await ben.signIn('/d/dr-example');
		await knock(ben);
		await ben.page.sees('1 person is before you.');
		await listed(doctor, 'Ben Example');
		await look(doctor, 'who-waits');
	});

test('words for one of them, by keyboard, are read by this one only',
	async () => {
		const { page } = doctor.page;

		await page.locator(inLine('Ben Example', '.note')).focus(
			{ timeout: 60000 });
		await page.keyboard.press('Enter');
		await doctor.page.fill('Your words', WORDS);
		await look(doctor, 'note-dialog');
		await page.keyboard.press('Tab');
		await page.keyboard.press('Enter');
		await ben.page.sees(WORDS);
		await ben.page.sees('Dr. Example writes');
		assert.equal(await anna.page.shows(WORDS), false);
		assert.equal(await page.locator(inLine('Ben Example', '.note'))
			.evaluate((node) => node === document.activeElement), true);
	});

test('one click on home, and both see each other', async () => {
	await doctor.page.press(inLine('Anna Example', '.admit'));
	await anna.phase('in-call');
	await doctor.phase('in-call');
	await doctor.seesAndHears();
	await anna.seesAndHears();
	assert.equal(await visitOf(doctor), await visitOf(anna));
	await ben.page.until(() => document.body.dataset.phase === 'waiting',
		'the other still waits');
});

test('in a visit one hears of who waits elsewhere, and can decline them',
	async () => {
		await doctor.page.press('#elsewhere summary');
		await doctor.page.press('#elsewhere .decline');
		await look(doctor, 'decline-dialog');
		await doctor.page.page.keyboard.press('Escape');
		await doctor.page.press('#elsewhere .decline');
		await doctor.page.press('[data-reason="not-now"]');
		await ben.phase('ended');
		await ben.page.sees('The clinician cannot see you now');
		await doctor.page.until(() => /** @type {HTMLElement} */ (
			document.querySelector('#elsewhere')).hidden, 'nobody waits');
		await anna.page.until(() => document.body.dataset.phase === 'in-call',
			'who is in the visit stays there');
	});

test('who needs somebody now calls whoever is on call', async () => {
	const visit = await visitOf(doctor);

	await doctor.leaveForBoth();
	await until(async () => (await clinic.account.get(
		`/api/visits/${visit}`)).happened, 60000, 'that it happened is known');
	await anna.page.goto(anna.url);
	await anna.page.click('I need somebody now');
	await anna.page.sees('Nobody is on call right now.');
	await look(anna, 'urgent');
	await doctor.page.goto(doctor.url);
	await doctor.page.press('#on-call');
	await until(async () => (await clinic.account.get('/api/session')).user
		.on_call, 60000, 'the clinician is on call');
	await anna.page.click('I need somebody now');
	await anna.phase('waiting');
	await anna.page.sees('We are calling the clinicians who are on call');
	await listed(doctor, 'Anna Example');
	await look(doctor, 'urgent-call');
	await doctor.page.press(inLine('Anna Example', '.answer'));
	await anna.phase('in-call');
	await doctor.seesAndHears();
	await doctor.leaveForBoth();
});

test('an urgent call that another one has taken is told to both', async () => {
	await doctor.page.goto(doctor.url);
	await anna.page.goto(anna.url);
	await anna.page.click('I need somebody now');
	await anna.phase('waiting');
	await listed(doctor, 'Anna Example');
	const visit = await visitOf(anna);

	await second.put('/api/duty', { on_call: true });
	await second.post(`/api/urgent/${visit}/take`);
	await doctor.page.sees('Dr. Second has already answered this call.');
	await anna.page.sees('Dr. Second has answered and is coming to you.');
	await anna.page.click('Stop waiting');
	await anna.phase('lobby');
});

test('nothing went wrong in any page', () => {
	for (const person of [doctor, anna, ben])
		// What is refused is told by the browser, too.
		assert.deepEqual(person.page.problems.filter((line) =>
			!line.includes('409') && !line.includes('404')), []);
});
