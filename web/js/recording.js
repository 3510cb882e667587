// SPDX-License-Identifier: GPL-3.0-or-later
// What the page knows about the recording of the visit, and the one pure
// function that changes it. Whether anything is recorded is the server's
// doing alone; this only follows what it says (docs/protocol.md, Recording).
//
//   off ──▶ opening ──▶ asked ◀──▶ answered ──▶ running ◀──▶ paused
//    ▲         │           │          │            │           │
//    │         ▼           ▼          ▼            ▼           ▼
//    └───── refused     declined  declined      finished    finished

/**
 * @typedef {'off' | 'opening' | 'asked' | 'answered' | 'running' | 'paused'
 *   | 'declined' | 'refused' | 'finished'} Step
 * @typedef {'yes' | 'voice' | 'no'} Answer
 * @typedef {{language: string, text: string}} Text
 *
 * @typedef {object} Recording
 * @property {Step} step
 * @property {boolean} may this person may ask for one
 * @property {string | null} id
 * @property {Text[]} texts what is asked, in each language
 * @property {string} version of the texts
 * @property {number} until ms since 1970 of the last moment to answer
 * @property {Answer | null} answer that this page has sent
 * @property {string | null} language of the text that was answered
 * @property {string[]} voiceOnly participants whose pictures are left out
 * @property {number | null} since ms since 1970 of going on; null: it does not
 * @property {number | null} before ms recorded before that; null: not known to
 *   who came into a recording that ran
 * @property {boolean} incomplete
 * @property {number} lostS seconds that could not be stored
 * @property {string | null} reason of `refused` and `finished`
 * @property {boolean} noted what is told has been read
 * @property {boolean} recorded something of this visit was recorded
 *
 * @typedef {{type: string} & Record<string, any>} Event
 */

/** @type {Step[]} */
const OVER = ['off', 'declined', 'refused', 'finished'];
/**
 * @param {boolean} [recorded] before, in the same visit
 * @returns {Recording} none
 */
export const none = (recorded = false) => ({
	step: 'off', may: false, id: null, texts: [], version: '', until: 0,
	answer: null, language: null, voiceOnly: [], since: null, before: 0,
	incomplete: false, lostS: 0, reason: null, noted: false, recorded,
});

/** @param {any} texts @returns {Text[]} only what is expected of them */
const asTexts = (texts) => (Array.isArray(texts) ? texts : [])
	.map(({ language, text }) => ({ language: String(language),
		text: String(text) }));

/** @param {Event} event @returns {Partial<Recording>} what could not be stored */
const losses = (event) => ({ incomplete: Boolean(event.incomplete),
	lostS: Number(event.lost_s) || 0 });

/**
 * The time that has been recorded.
 * @param {Recording} recording
 * @param {number} now ms since 1970
 * @returns {number | null} ms; null: not known
 */
export const recordedMs = ({ since, before }, now) => before === null ? null
	: before + (since === null ? 0 : Math.max(0, now - since));

/** @param {Recording} r @param {Event} e @returns {number | null} */
const untilNow = (r, e) => r.id === e.recording ? recordedMs(r, e.now) : null;

/** @type {Record<string, (r: Recording, e: Event) => Partial<Recording>>} */
const SAID = {
	asked: (r, e) => {
		const same = r.id === e.recording;
		// An answer that has left this page is not asked for again when the
		// other person's arrives first; one that is thought over, is.
		const answered = r.step === 'asked' && same ? false
			: Boolean(e.agreed) || same && r.answer !== null;
		return { step: answered ? 'answered' : 'asked',
			texts: asTexts(e.texts), version: String(e.version ?? ''),
			until: e.now + 1000 * (Number(e.answer_s) || 0) };
	},
	running: (r, e) => {
		const goesOn = r.step === 'running' && r.id === e.recording;
		return { ...losses(e), step: 'running', recorded: true,
			noted: r.noted && goesOn && r.incomplete,
			voiceOnly: (e.voice_only ?? []).map(String),
			before: r.id === e.recording ? r.before : null,
			since: goesOn ? r.since : e.now };
	},
	paused: (r, e) => ({ ...losses(e), step: 'paused', recorded: true,
		before: untilNow(r, e), since: null }),
	declined: () => ({ step: 'declined' }),
	refused: (_r, e) => ({ step: 'refused', reason: String(e.reason) }),
	finished: (r, e) => ({ ...losses(e), step: 'finished',
		reason: String(e.reason), before: untilNow(r, e), since: null }),
};

/**
 * Events of the page, and the steps in which each is heard.
 * @type {Record<string, {from: Step[],
 *   apply: (r: Recording, e: Event) => Partial<Recording>}>}
 */
const DONE = {
	'record-ask': { from: OVER, apply: (r) => ({ ...none(r.recorded),
		may: r.may, step: 'opening' }) },
	'record-refused': { from: ['opening'], apply: (_r, e) => ({
		step: 'refused', reason: e.code }) },
	'record-answer': { from: ['asked'], apply: (_r, e) => ({
		step: 'answered', answer: e.answer, language: e.language }) },
	'record-reconsider': { from: ['answered'], apply: () => ({
		step: 'asked', answer: null }) },
	'record-noted': { from: [...OVER, 'running'], apply: () => ({
		noted: true }) },
};

/**
 * The next state. An event that the step does not hear changes nothing.
 * @param {Recording} recording
 * @param {Event} event one of the page, or the plugin's `recording` with the
 *   time `now`
 * @returns {Recording}
 */
export function follow(recording, event) {
	const done = Object.hasOwn(DONE, event.type) ? DONE[event.type] : null;
	if (done)
		return done.from.includes(recording.step)
			? { ...recording, ...done.apply(recording, event) } : recording;
	if (event.type !== 'recording' || !Object.hasOwn(SAID, event.state))
		return recording;
	const known = recording.id === event.recording
		|| recording.step === 'opening';
	const old = known ? recording
		: { ...none(recording.recorded), may: recording.may };
	return { ...old, noted: false, ...SAID[event.state](recording, event),
		id: String(event.recording) };
}

/**
 * The seat is lost: nothing more of this person is recorded.
 * @param {Recording} recording
 * @param {number} now ms since 1970
 * @returns {Recording}
 */
export const unseated = (recording, now) => ({ ...recording,
	before: recordedMs(recording, now), since: null });

/**
 * A seat was taken, anew perhaps. What there is now is said right after it;
 * what was before may be over.
 * @param {Recording} recording
 * @param {boolean} may
 * @returns {Recording}
 */
export const seated = (recording, may) => ({ ...recording, may,
	answer: null,
	step: OVER.includes(recording.step) ? recording.step : 'off' });

/**
 * The text for somebody who reads these languages.
 * @param {Text[]} texts
 * @param {readonly string[]} languages as of navigator.languages
 * @returns {Text | null}
 */
export function textFor(texts, languages) {
	const base = (/** @type {string} */ tag) => tag.toLowerCase().split('-')[0];
	for (const wanted of [...languages, 'en'])
		for (const same of [(/** @type {string} */ tag) => tag.toLowerCase(),
			base]) {
			const found = texts.find(({ language }) =>
				same(language) === same(wanted));
			if (found)
				return found;
		}
	return texts[0] ?? null;
}
