// SPDX-License-Identifier: GPL-3.0-or-later
// The words of the check: for each thing one sentence, whether it is well, and
// what helps if not.

import { t } from './lang.js';
import { gradeOf } from './linegrade.js';
import { remedies } from './remedies.js';

/**
 * @typedef {import('./state.js').State} State
 * @typedef {import('./devices.js').Kind} Kind
 * @typedef {import('./checked.js').Found} Found
 *
 * @typedef {object} Told
 * @property {'ok' | 'bad' | 'soso' | 'wait' | 'off'} mood
 * @property {string} words
 * @property {string[]} help steps that may mend it
 */

/** @type {Record<Kind, Record<string, string>>} */
const DEVICE = {
	microphone: {
		ok: 'check.microphone-ok', wait: 'check.microphone-listening',
		off: 'check.microphone-off', bad: 'check.microphone-silent',
		none: 'check.microphone-none', denied: 'check.microphone-denied',
		system: 'check.microphone-system', busy: 'check.microphone-busy',
		insecure: 'check.microphone-insecure',
		ended: 'check.microphone-ended', failed: 'check.microphone-failed',
	},
	camera: {
		ok: 'check.camera-ok', wait: 'check.camera-looking',
		off: 'check.camera-off', bad: 'check.camera-black',
		none: 'check.camera-none', denied: 'check.camera-denied',
		system: 'check.camera-system', busy: 'check.camera-busy',
		insecure: 'check.camera-insecure', ended: 'check.camera-ended',
		failed: 'check.camera-failed',
	},
};

/** @type {Record<Kind, import('./remedies.js').Trouble>} */
const EMPTY = { microphone: 'silent', camera: 'black' };

/**
 * @param {State} state
 * @param {Kind} kind
 * @returns {Told}
 */
export function deviceTold({ asked, problems, me, check }, kind) {
	const words = DEVICE[kind];
	const problem = problems[kind];
	if (problem)
		return { mood: 'bad', words: t(words[problem] ?? words.failed),
			help: problem === 'denied' || problem === 'busy'
				|| problem === 'system' ? remedies(problem) : [] };
	if (!asked)
		return { mood: 'wait', words: t('check.devices-asking'), help: [] };
	if (!me[kind])
		return { mood: 'off', words: t(words.off), help: [] };
	if (check[kind] === 'bad')
		return { mood: 'bad', words: t(words.bad),
			help: remedies(EMPTY[kind]) };
	return check[kind] === 'ok'
		? { mood: 'ok', words: t(words.ok), help: [] }
		: { mood: 'wait', words: t(words.wait), help: [] };
}

/** @param {State} state @returns {Told} */
export function speakerTold({ check }) {
	if (check.noOutput)
		return { mood: 'bad', words: t('check.speaker-none'),
			help: remedies('unheard') };
	if (check.speaker === 'no')
		return { mood: 'bad', words: t('check.speaker-no'),
			help: remedies('unheard') };
	if (check.speaker === 'ok')
		return { mood: 'ok', words: t('check.speaker-ok'), help: [] };
	const words = { playing: 'check.playing', asked: 'check.did-you-hear' };
	return { mood: 'off', words: t(check.speaker ? words[check.speaker]
		: 'check.speaker-new'), help: [] };
}

/** @type {Record<import('./linegrade.js').Grade, () => Told>} */
const LINE = {
	good: () => ({ mood: 'ok', words: t('check.line-good'), help: [] }),
	fair: () => ({ mood: 'soso', words: t('check.line-fair'),
		help: remedies('fair') }),
	poor: () => ({ mood: 'bad', words: t('check.line-poor'),
		help: remedies('poor') }),
	none: () => ({ mood: 'bad', words: t('check.line-none'),
		help: remedies('blocked') }),
	unknown: () => ({ mood: 'bad', words: t('check.line-unknown'),
		help: remedies('unreached') }),
};

/** @param {State} state @returns {Told} */
export function lineTold({ check }) {
	if (check.testing === 'running')
		return { mood: 'wait', words: t('check.line-running'), help: [] };
	if (!check.line)
		return { mood: 'off', words: t('check.line-skipped'), help: [] };
	return LINE[gradeOf(check.line)]();
}

/** @type {Record<string, string>} */
const PATHS = {
	'udp': 'check.path-udp', 'tcp': 'check.path-tcp', 'none': 'check.path-none',
	'turn-udp': 'check.path-turn-udp', 'turn-tcp': 'check.path-turn-tcp',
};

/**
 * A line's figures, each with its name; what is not known is left out.
 * @param {Found} found
 * @returns {[string, string][]}
 */
export function figures(found) {
	const { path, round_trip_ms: trip, loss_permille: loss, up_kbps: up,
		down_kbps: down } = found;
	/** @type {([string, string] | false)[]} */
	const all = [
		!!path && [t('check.path'), t(PATHS[path] ?? PATHS.none)],
		typeof trip === 'number' && [t('check.round-trip'),
			t('check.ms', { n: trip })],
		typeof loss === 'number' && [t('check.loss'),
			t('check.percent', { percent: Math.round(loss) / 10 })],
		typeof up === 'number' && [t('check.up'),
			t('check.kbps', { kbps: up })],
		typeof down === 'number' && [t('check.down'),
			t('check.kbps', { kbps: down })],
	];
	return all.filter((each) => each !== false);
}

/** What the clinician is told, the weightiest first. */
const RESULTS = /** @type {[(found: Found) => boolean, string, boolean][]} */ ([
	[(found) => gradeOf(found) === 'none', 'check.result-line-none', true],
	[(found) => found.microphone === 'silent',
		'check.result-microphone-silent', true],
	[(found) => found.microphone === 'none',
		'check.result-microphone-none', true],
	[(found) => found.speaker === 'no', 'check.result-speaker-no', true],
	[(found) => gradeOf(found) === 'poor', 'check.result-line-poor', true],
	[(found) => found.camera === 'black', 'check.result-camera-black', true],
	[(found) => gradeOf(found) === 'fair', 'check.result-line-fair', false],
	[(found) => found.microphone === 'off',
		'check.result-microphone-off', false],
	[(found) => found.camera === 'off', 'check.result-camera-off', false],
	[(found) => found.camera === 'none', 'check.result-camera-none', false],
]);

/**
 * A check's result in a few words for each thing that is not well.
 * @param {Found} found
 * @returns {{words: string, bad: boolean}[]} empty: all that was tried is well
 */
export const resultTold = (found) => RESULTS
	.filter(([is]) => is(found))
	.map(([, key, bad]) => ({ words: t(key), bad }));

/** @param {Found} found @returns {boolean} was everything tried */
export const isWhole = (found) => Boolean(found.microphone && found.camera
	&& found.path && found.speaker && found.speaker !== 'skipped');
