// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of microphone, camera, loudspeaker and line, and what of it is
// told: with `join` to the clinician, and during the visit to the other side.

/**
 * @typedef {import('./hearing.js').Verdict} Verdict
 * @typedef {import('./nettest.js').NetResult} NetResult
 * @typedef {import('./devices.js').Kind} Kind
 * @typedef {import('./state.js').State} State
 *
 * @typedef {object} Checked what the check has found
 * @property {Verdict} microphone `bad`: gives no sound
 * @property {Verdict} camera `bad`: gives only black
 * @property {null | 'playing' | 'asked' | 'ok' | 'no'} speaker what the person
 *   answered to the sound
 * @property {boolean} noOutput there is no loudspeaker to play on
 * @property {import('./devices.js').Device[]} speakers to choose from
 * @property {string} using id of the loudspeaker; empty: the system's choice
 * @property {'no' | 'running' | 'done'} testing the line
 * @property {NetResult | null} line
 *
 * @typedef {'microphone-silent' | 'camera-black' | 'output-muted'} Trouble
 *
 * @typedef {object} Found `check` of docs/protocol.md
 * @property {'ok' | 'silent' | 'off' | 'none' | null} [microphone]
 * @property {'ok' | 'black' | 'off' | 'none' | null} [camera]
 * @property {'ok' | 'no' | 'skipped' | null} [speaker]
 * @property {import('./nettest.js').Path | null} [path]
 * @property {number | null} [round_trip_ms]
 * @property {number | null} [loss_permille]
 * @property {number | null} [up_kbps]
 * @property {number | null} [down_kbps]
 */

/** @returns {Checked} */
export const unchecked = () => ({ microphone: null, camera: null, speaker: null,
	noOutput: false, speakers: [], using: '', testing: 'no', line: null });

/** @type {Record<Kind, 'silent' | 'black'>} */
const BAD = { microphone: 'silent', camera: 'black' };

/**
 * @param {State} state
 * @param {Kind} kind
 * @returns {any} one of Found's words
 */
function deviceWord({ asked, problems, me, check }, kind) {
	if (me[kind])
		return check[kind] === 'bad' ? BAD[kind] : 'ok';
	if (!asked)
		return null;
	return ['none', 'ended'].includes(problems[kind] ?? '') ? 'none' : 'off';
}

/** @param {State} state @returns {Found} to tell with `join` */
export function foundIn(state) {
	const { speaker, noOutput, line } = state.check;
	return {
		microphone: deviceWord(state, 'microphone'),
		camera: deviceWord(state, 'camera'),
		speaker: speaker === 'ok' ? 'ok'
			: speaker === 'no' || noOutput ? 'no' : 'skipped',
		...(line ?? {}),
	};
}

/** @param {State} state @returns {Trouble[]} to tell during the visit */
export function troublesOf({ check, me, silenced }) {
	/** @type {[boolean, Trouble][]} */
	const all = [
		[me.microphone && check.microphone === 'bad', 'microphone-silent'],
		[me.camera && check.camera === 'bad', 'camera-black'],
		[silenced || check.noOutput, 'output-muted'],
	];
	return all.filter(([is]) => is).map(([, word]) => word);
}

/** @type {Trouble[]} */
const TROUBLES = ['microphone-silent', 'camera-black', 'output-muted'];

/** @param {any} told by the other side @returns {Trouble[]} those we know */
export const asTroubles = (told) => TROUBLES.filter((each) =>
	Array.isArray(told) && told.includes(each));

/** @param {any} value @returns {number | null} */
const asNumber = (value) => typeof value === 'number' ? value : null;

/** @param {any} value @returns {any} */
const asWord = (value) => typeof value === 'string' ? value : null;

/** @param {any} told by the server @returns {Found | null} */
export const asFound = (told) => told && typeof told === 'object' ? {
	microphone: asWord(told.microphone), camera: asWord(told.camera),
	speaker: asWord(told.speaker), path: asWord(told.path),
	round_trip_ms: asNumber(told.round_trip_ms),
	loss_permille: asNumber(told.loss_permille),
	up_kbps: asNumber(told.up_kbps), down_kbps: asNumber(told.down_kbps),
} : null;
