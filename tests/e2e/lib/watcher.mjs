// SPDX-License-Identifier: GPL-3.0-or-later
// An operator in a browser in front of a recording, and how soon a seek is
// answered: for the tests of the player and the benchmark.
import { startFeeder } from './feeder.mjs';
import { addReal } from './generated.mjs';
import { OPERATOR } from './portal.mjs';
import { until } from './procs.mjs';

const MOST_MS = 60000;

export const median = (values) => [...values].sort((a, b) => a - b)[
	Math.floor(values.length / 2)];

/** A recording without a visit, known to the portal. */
export async function feedRecording(clinic, options) {
	const feeder = await startFeeder(clinic.recorder, options);

	addReal(clinic.portal.home, feeder.id, Math.floor(Date.now() / 1000),
		options.seconds);
	return feeder;
}

/** One of so many seconds, which has come to its end. */
export async function feedLong(clinic, seconds) {
	const feeder = await feedRecording(clinic, { seconds,
		words: ['--speed', '0', '--kbit', '200', '--screen', 'clinician'] });

	await feeder.program.exited;
	await until(() => clinic.recorder.children.length === 0, MOST_MS,
		'the end');
	return feeder;
}

/** Waits until the player is in a state and its pictures are there. */
export const settled = (person, state = 'paused') => person.page.until(
	(wanted) => {
		const player = /** @type {HTMLElement | null} */ (
			document.querySelector('.player'));
		const shown = [...document.querySelectorAll(
			'.player video:not([hidden])')];

		return player?.dataset.state === wanted && shown.every((video) =>
			/** @type {HTMLVideoElement} */ (video).readyState >= 2);
	}, `the player is ${state}`, MOST_MS, state);

/** An operator in front of a recording, which stands at its beginning. */
export async function openPlayer(clinic, kind, id, size = {}) {
	const person = await clinic.person(kind, { email: OPERATOR,
		name: 'Olga Operator', size });

	await person.signIn(`/review/${id}`);
	await person.page.fill('Reason', 'A complaint');
	await person.page.press('#reason-dialog-go');
	await settled(person);
	return person;
}

/** Where it is, in s, as the bar says. */
export const position = (person) => person.page.evaluate(() => Number(
	document.querySelector('#player-slider')?.getAttribute('aria-valuenow')));

/**
 * Runs in the page: seeks by a key, and tells after how many ms the pictures
 * of that moment are there.
 */
const seekBy = (name) => new Promise((done, fail) => {
	const begun = performance.now();
	const LONGEST_MS = 60000;

	document.body.dispatchEvent(new KeyboardEvent('keydown',
		{ key: name, bubbles: true }));
	const look = () => {
		const shown = [...document.querySelectorAll(
			'.player video:not([hidden])')];
		const player = /** @type {HTMLElement} */ (
			document.querySelector('.player'));

		if (player.dataset.state === 'paused' && shown.length && shown.every(
			(each) => {
				const video = /** @type {HTMLVideoElement} */ (each);

				return !video.seeking && video.readyState >= 2;
			}))
			done(performance.now() - begun);
		else if (performance.now() - begun > LONGEST_MS)
			fail(new Error(`no pictures: ${player.outerHTML.slice(0, 200)}`));
		else
			setTimeout(look, 2);
	};

	setTimeout(look, 2);
});

/** Seeks here and there in a recording of so many seconds; ms of each. */
export async function seeksOf(person, seconds) {
	const took = [];

	for (const name of '517283946195') {
		took.push(await person.page.evaluate(seekBy, name));
		await until(async () => Math.abs(await position(person) -
			seconds * Number(name) / 10) <= 1, MOST_MS, `${name} tenths`);
	}
	return took;
}
