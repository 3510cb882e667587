// SPDX-License-Identifier: GPL-3.0-or-later
// What people read for each thing that can go wrong or come to its end.

import * as time from './time.js';

/** @typedef {import('./devices.js').Problem} Problem */

/** @type {Record<string, string>} code -> one or two sentences */
const NOTICES = {
	'no-network': 'There is no connection to the clinic right now. Check your internet connection and try again.',
	'server': 'The clinic’s server could not do that. Please try again in a moment.',
	'signed-out': 'You have been signed out. Please sign in again.',
	'too-many': 'That was tried too often. Please wait a few minutes and try again.',
	'wrong-code': 'That code is not right, or it is too old. Look at the newest e-mail, or ask for a new code.',
	'bad-email': 'Please write a whole e-mail address, such as name@example.org.',
	'bad-request': 'The clinic’s server did not understand this. Please check what you entered.',
	'not-found': 'There is no such visit for this account.',
	'not-allowed': 'This account may not do that.',
	'ended': 'This visit is over.',
	'lost': 'The clinic’s media server did not answer. Please try again in a moment.',
	'timeout': 'The clinic’s media server took too long to answer. Please try again.',
	'busy': 'The clinic’s media server is busy. Please try again in a moment.',
	'failed': 'Something unexpected went wrong. Please reload the page and try again.',
	'copied': 'Link copied. Only the two invited people can use it.',
	'saved': 'Saved.',
	'cancelled': 'The visit is cancelled.',
	'recorded': 'This visit has a recording, which stays its patient’s. Please make another visit for somebody else.',
	'sign-in-failed': 'Signing in did not work. Please try again.',
	'email-unverified': 'This sign-in service does not vouch for your e-mail address. Verify the address there, or sign in another way.',
	'provider-down': 'The sign-in service cannot be reached right now. Try again later, or sign in with a code.',
	'sign-in-expired': 'Signing in took too long. Please begin again.',
	'sign-in-refused': 'The sign-in service said no. Try again, or use another way to sign in.',
	'seat-taken': 'Somebody else is in the visit with you. Only one person can be let in at a time.',
	'chat-alone': 'Not delivered: the other person is not here yet.',
	'chat-rate': 'Not delivered: too many messages at once. Wait a second.',
	'chat-size': 'Not delivered: the message is too long.',
	'chat-format': 'Not delivered: the message could not be read.',
	'not-answered': 'Your answer did not reach the clinic’s server. Please answer again.',
	'not-stopped': 'The clinic’s server did not hear that. Please stop the recording again.',
};

/**
 * @param {string} code of NOTICES, `device:<what>:<problem>`, or
 *   `said:<words for people>`
 * @returns {string}
 */
export function notice(code) {
	if (code.startsWith('said:'))
		return code.slice('said:'.length);
	const [kind, what, met] = code.split(':');
	if (kind === 'device' && Object.hasOwn(PROBLEMS, met))
		return problem(what, /** @type {Problem} */ (met));
	return NOTICES[code] ?? NOTICES.failed;
}

/**
 * @typedef {object} Ending
 * @property {string} title
 * @property {string} text
 * @property {boolean} [again] may going in again help
 * @property {boolean} [calm] nothing went wrong
 * @property {boolean} [stranger] another account may be the invited one
 */

/** @type {Record<string, Ending>} */
const ENDINGS = {
	'left': { title: 'You have left the visit', calm: true, again: true,
		text: 'Your camera and microphone are off.' },
	'ended': { title: 'The visit is over', calm: true,
		text: 'Your camera and microphone are off.' },
	'cancelled': { title: 'This visit was cancelled', calm: true,
		text: 'Please contact the clinic if you did not expect this.' },
	'replaced': { title: 'The visit continues elsewhere', calm: true, again: true,
		text: 'You opened this visit in another window or on another device, and it moved there.' },
	'removed': { title: 'The clinic has closed this visit',
		text: 'Please contact the clinic if you did not expect this.' },
	'expired': { title: 'The time for this visit is over', calm: true,
		text: 'Your camera and microphone are off.' },
	'visit-ended': { title: 'The visit is over', calm: true,
		text: 'It was closed and cannot be entered again. Please contact the clinic if you need another one.' },
	'door-full': { title: 'Too many people wait already', again: true,
		text: 'Please try again in a few minutes.' },
	'denied': { title: 'You were not let in', again: true,
		text: 'The clinician cannot see you now. Please contact the clinic, or try again later.' },
	'blocked': { title: 'Your network does not let the visit through', again: true,
		text: 'Picture and sound cannot reach the clinic from here. Try another network, such as mobile data instead of Wi-Fi, or switch a VPN off.' },
	'room-full': { title: 'This visit is full', again: true,
		text: 'Two people are already in it. If you should be one of them, contact the clinic.' },
	'not-admitted': { title: 'The media server did not let you in', again: true,
		text: 'Your invitation could not be checked. Try again; if it happens once more, contact the clinic.' },
	'not-found': { title: 'You are not invited to this visit', stranger: true,
		text: 'Either there is no such visit, or it is for another account. Check that you are signed in with the e-mail address that the clinic wrote to.' },
	'no-common-codec': { title: 'These two browsers have no picture format in common', again: true,
		text: 'Try with a current Chrome, Edge, Firefox or Safari.' },
	'bad-sdp': { title: 'This browser cannot hold the visit', again: true,
		text: 'Try with a current Chrome, Edge, Firefox or Safari.' },
	'signed-out': { title: 'You have been signed out', again: true,
		text: 'Sign in again to go back to the visit.' },
};

/** @type {Ending} */
const UNEXPECTED = { title: 'The visit was interrupted', again: true,
	text: 'Something unexpected went wrong. You can go back in.' };

/** @param {string | null} reason */
export const ending = (reason) => ENDINGS[reason ?? ''] ?? UNEXPECTED;

/** @type {Record<string, string>} */
const HOW_TO_ALLOW = {
	chromium: 'Click the camera or settings sign at the left of the address, allow camera and microphone, and try again.',
	firefox: 'Click the camera or microphone sign at the left of the address, remove the block, and try again.',
	safari: 'Open the page settings (“aA” or Safari ▸ Settings for This Website), allow camera and microphone, and try again.',
};

/** @param {string} agent the browser's user agent text */
function browserOf(agent) {
	if (agent.includes('Firefox/'))
		return 'firefox';
	return /Chrom(e|ium)\//.test(agent) ? 'chromium' : 'safari';
}

/** @type {Record<Problem, (what: string, agent: string) => string>} */
const PROBLEMS = {
	none: (what) => `No ${what} was found. You can plug one in, or go on without.`,
	denied: (what, agent) => `The browser may not use your ${what}. ${
		HOW_TO_ALLOW[browserOf(agent)]}`,
	busy: (what) => `The ${what} cannot be used: another program has it. Close that program and try again.`,
	insecure: (what) => `The browser opens ${what} only for a secure (https) page. Ask the clinic for the right link.`,
	ended: (what) => `The ${what} went away. Plug it in again, or choose another one.`,
	failed: (what) => `The ${what} could not be started. You can try again, or go on without.`,
};

/**
 * @param {string} what microphone, camera, screen, or several
 * @param {Problem} problem
 * @param {string} [agent]
 */
export const problem = (what, problem,
	agent = globalThis.navigator?.userAgent ?? '') =>
	PROBLEMS[problem](what, agent);

/** @type {Record<string, string>} why there is no recording, for who asked */
const REFUSALS = {
	'disk-full': 'The server has no room for a recording. Tell your administrator; the visit goes on.',
	'no-recorder': 'The clinic’s recorder cannot be reached. Tell your administrator; the visit goes on.',
	'no-answer': 'The clinic’s recorder does not answer. Try again in a moment; the visit goes on.',
	'busy': 'The clinic’s recorder is busy with other visits. Try again in a moment; the visit goes on.',
	'alone': 'Nobody else is here to be asked. Ask again when you are both in the visit.',
	'not-allowed': 'You may not record this visit.',
	'lost': 'The connection is broken just now. Try again in a moment.',
};

/** @type {Record<string, string>} */
const FINISHES = {
	'left': 'Recording stopped: the clinician has left.',
	'disk-full': 'Recording stopped: the server has no room left. The visit goes on.',
	'failed': 'Recording stopped: the clinic’s recorder failed. The visit goes on.',
};

/** @param {number} seconds that could not be stored */
export const incomplete = (seconds) => `Recording incomplete: ${
	seconds < 1 ? 'less than a second' : `${Math.ceil(seconds)} s`
} could not be stored.`;

/**
 * What is to be told about the recording beside its sign.
 * @param {import('./recording.js').Recording} recording
 * @param {boolean} clinician
 * @returns {string}
 */
export function recordingNote({ step, answer, noted, ...recording }, clinician) {
	const { reason, lostS } = recording;
	if (step === 'answered' && answer !== 'no')
		return `Waiting for the ${clinician ? 'patient' : 'clinician'}’s answer`;
	if (noted)
		return '';
	if (step === 'declined')
		return 'Not recorded.';
	if (step === 'refused')
		return REFUSALS[reason ?? ''] ?? 'The recording could not be started. Try again in a moment; the visit goes on.';
	if (clinician && recording.incomplete
		&& ['running', 'paused', 'finished'].includes(step))
		return `${step === 'finished' ? 'Recording stopped. ' : ''}${
			incomplete(lostS)}`;
	return step === 'finished'
		? FINISHES[reason ?? ''] ?? 'Recording stopped.' : '';
}

/**
 * For those who hear the page, at once.
 * @param {import('./recording.js').Step} step
 * @returns {string}
 */
export const recordingAlarm = (step) => ({
	running: 'This visit is being recorded.', paused: 'Recording paused.',
}[/** @type {'running' | 'paused'} */ (step)] ?? '');

/** Who will read messages. @param {import('./recording.js').Recording} recording */
export const chatHint = ({ recorded }) => recorded
	? 'Messages are seen by the two of you. While the visit is recorded, they are recorded too.'
	: 'Messages are seen only by the two of you, and are gone when the visit ends.';

/** After the visit. @param {import('./recording.js').Recording} recording */
export const recordedWords = ({ recorded }) => recorded
	? 'The visit was recorded.'
	: 'Nothing was recorded while this page was open.';

/**
 * What became of a visit that is over, or what has been of one that is open.
 * @param {Pick<import('./api.js').Visit, 'status' | 'happened'
 *   | 'recorded'>} visit
 * @param {boolean} over
 * @returns {string} empty: nothing yet
 */
export function happenedWords({ status, happened, recorded }, over) {
	const kept = recorded ? 'recorded' : 'not recorded';
	if (happened)
		return `${time.range(happened.first, happened.last)}, ${
			time.lasting(happened.seconds)} together, ${kept}`;
	// Nobody counted; but somebody was there.
	if (recorded)
		return 'Took place, recorded';
	if (status === 'cancelled')
		return 'Cancelled';
	return over ? 'Did not take place' : '';
}

/**
 * @typedef {object} Asking the words around the text of consent; a consent
 *   whose answers cannot be read is none
 * @property {string} title
 * @property {string} yes
 * @property {string} voice
 * @property {string} no
 * @property {string} hint
 */

/** @type {Record<string, Asking>} */
const ASKING = {
	en: { title: 'May this visit be recorded?', yes: 'Yes, record me',
		voice: 'Voice only', no: 'No',
		hint: '“Voice only”: no picture of you is recorded. Without your answer, nothing is.' },
	ar: { title: 'هل يجوز تسجيل هذه الزيارة؟', yes: 'نعم، سجّلوني',
		voice: 'الصوت فقط', no: 'لا',
		hint: '«الصوت فقط»: لا تُسجَّل أي صورة لك. ومن دون جوابك لا يُسجَّل شيء.' },
	de: { title: 'Darf dieser Termin aufgezeichnet werden?',
		yes: 'Ja, mit Bild', voice: 'Nur Stimme', no: 'Nein',
		hint: '„Nur Stimme“: Von Ihnen wird kein Bild aufgezeichnet. Ohne Ihre Antwort wird nichts aufgezeichnet.' },
	es: { title: '¿Se puede grabar esta visita?', yes: 'Sí, con imagen',
		voice: 'Solo voz', no: 'No',
		hint: '«Solo voz»: no se graba ninguna imagen suya. Sin su respuesta no se graba nada.' },
	th: { title: 'ขอบันทึกการพบกันครั้งนี้ได้หรือไม่',
		yes: 'ได้ ทั้งภาพและเสียง', voice: 'เฉพาะเสียง', no: 'ไม่',
		hint: '“เฉพาะเสียง”: ไม่บันทึกภาพของคุณ หากคุณไม่ตอบ จะไม่มีการบันทึก' },
	fr: { title: 'Peut-on enregistrer cette visite ?',
		yes: 'Oui, avec image', voice: 'Voix seule', no: 'Non',
		hint: '« Voix seule » : aucune image de vous n’est enregistrée. Sans votre réponse, rien n’est enregistré.' },
};

/** @param {string} language @returns {Asking & {language: string}} */
export function asking(language) {
	const base = language.toLowerCase().split('-')[0];
	return Object.hasOwn(ASKING, base) ? { ...ASKING[base], language: base }
		: { ...ASKING.en, language: 'en' };
}
