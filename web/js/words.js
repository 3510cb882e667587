// SPDX-License-Identifier: GPL-3.0-or-later
// What people read for each thing that can go wrong or come to its end.

import { denial, doorNotice } from './doorwords.js';
import { has, t } from './lang.js';
import * as time from './time.js';

/** @typedef {import('./devices.js').Problem} Problem */

/**
 * @param {string} code of `notice.` in the catalogue, `device:<what>:<problem>`, or
 *   `said:<words for people>`
 * @returns {string}
 */
export function notice(code) {
	if (code.startsWith('said:'))
		return code.slice('said:'.length);
	const [kind, what, met] = code.split(':');
	if (kind === 'device' && PROBLEMS.includes(met))
		return problem(what, /** @type {Problem} */ (met));
	return doorNotice(code)
		|| t(has(`notice.${code}`) ? `notice.${code}` : 'notice.failed');
}

/**
 * @typedef {object} Ending
 * @property {string} title
 * @property {string} text
 * @property {boolean} [again] may going in again help
 * @property {boolean} [calm] nothing went wrong
 * @property {boolean} [stranger] another account may be the invited one
 */

/**
 * What is beside the words `ending.<reason>` of the catalogue.
 * @type {Record<string, Omit<Ending, 'title' | 'text'>>}
 */
const ENDINGS = {
	'left': { calm: true, again: true },
	'ended': { calm: true },
	'cancelled': { calm: true },
	'replaced': { calm: true, again: true },
	'removed': {},
	'expired': { calm: true },
	'visit-ended': { calm: true },
	'door-full': { again: true },
	'blocked': { again: true },
	'room-full': { again: true },
	'not-admitted': { again: true },
	'not-found': { stranger: true },
	'no-common-codec': { again: true },
	'bad-sdp': { again: true },
	'signed-out': { again: true },
};

/** @param {string | null} reason @returns {Ending} */
export function ending(reason) {
	const denied = denial(reason);
	if (denied)
		return denied;
	const known = reason && Object.hasOwn(ENDINGS, reason);
	const code = known ? reason : 'unexpected';
	return { ...known ? ENDINGS[reason] : { again: true },
		title: t(`ending.${code}-title`), text: t(`ending.${code}`) };
}

/** @param {string} agent the browser's user agent text */
function browserOf(agent) {
	if (agent.includes('Firefox/'))
		return 'firefox';
	return /Chrom(e|ium)\//.test(agent) ? 'chromium' : 'safari';
}

const PROBLEMS = ['none', 'denied', 'system', 'busy', 'insecure', 'ended', 'failed'];

/**
 * @param {string} what microphone, camera, screen, or both
 * @param {Problem} problem
 * @param {string} [agent]
 */
export function problem(what, problem,
	agent = globalThis.navigator?.userAgent ?? '') {
	const words = t(`device.${problem}`, { what: t(`device.${what}`) });
	return problem === 'denied'
		? `${words} ${t(`device.allow-${browserOf(agent)}`)}` : words;
}

/** @param {number} seconds that could not be stored */
export const incomplete = (seconds) => seconds < 1
	? t('recording.incomplete-moment')
	: t('recording.incomplete', { n: Math.ceil(seconds) });

/**
 * @param {string} family of keys
 * @param {string | null} reason
 */
const because = (family, reason) => has(`recording.${family}-${reason}`)
	? t(`recording.${family}-${reason}`) : t(`recording.${family}`);

/**
 * What is to be told about the recording beside its sign.
 * @param {import('./recording.js').Recording} recording
 * @param {boolean} clinician
 * @returns {string}
 */
export function recordingNote({ step, answer, noted, ...recording }, clinician) {
	const { reason, lostS } = recording;
	if (step === 'answered' && answer !== 'no')
		return clinician ? t('recording.waiting-patient')
			: t('recording.waiting-clinician');
	if (noted)
		return '';
	if (step === 'declined')
		return t('recording.declined');
	if (step === 'refused')
		return because('refused', reason);
	if (clinician && recording.incomplete
		&& ['running', 'paused', 'finished'].includes(step))
		return `${step === 'finished' ? t('recording.stopped') : ''} ${
			incomplete(lostS)}`.trim();
	return step === 'finished' ? because('stopped', reason) : '';
}

/**
 * For those who hear the page, at once.
 * @param {import('./recording.js').Step} step
 * @returns {string}
 */
export const recordingAlarm = (step) => step === 'running'
	? t('recording.alarm-running')
	: step === 'paused' ? t('recording.alarm-paused') : '';

/** Who will read messages. @param {import('./recording.js').Recording} recording */
export const chatHint = ({ recorded }) => recorded
	? t('chat.hint-recorded') : t('chat.hint');

/** After the visit. @param {import('./recording.js').Recording} recording */
export const recordedWords = ({ recorded }) => recorded
	? t('ended.recorded') : t('ended.not-recorded');

/**
 * What became of a visit that is over, or what has been of one that is open.
 * @param {Pick<import('./api.js').Visit, 'status' | 'happened'
 *   | 'recorded'>} visit
 * @param {boolean} over
 * @returns {string} empty: nothing yet
 */
export function happenedWords({ status, happened, recorded }, over) {
	if (happened) {
		const values = { range: time.range(happened.first, happened.last),
			lasting: time.lasting(happened.seconds) };
		return recorded ? t('visit.together-recorded', values)
			: t('visit.together', values);
	}
	// Nobody counted; but somebody was there.
	if (recorded)
		return t('visit.took-place-recorded');
	if (status === 'cancelled')
		return t('visit.cancelled');
	return over ? t('visit.did-not-happen') : '';
}
