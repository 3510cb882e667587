// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings and rows of the audit in words. No DOM here: what people wrote
// stays text.

import { locale as own } from '../lang.js';
import * as time from '../time.js';

/**
 * @typedef {import('./api.js').Recording} Recording
 * @typedef {import('./api.js').AuditRow} AuditRow
 * @typedef {[label: string, value: string]} Fact
 */

/** @type {Record<string, string>} */
const STATES = {
	running: 'Running', finished: 'Complete', incomplete: 'Incomplete',
	interrupted: 'Interrupted', lost: 'Lost',
};

/** @type {Record<string, string>} what it means for who wants to see it */
const MEANINGS = {
	running: 'The visit is being recorded now.',
	finished: 'All of it was stored.',
	incomplete: 'Parts of it could not be stored.',
	interrupted: 'The recorder was cut off; what was stored until then is there.',
	lost: 'Nothing of it was found in the store.',
};

/** @type {Record<string, string>} how it ended, by code */
const ENDS = {
	'stopped': 'It was stopped in the visit.',
	'withdrawn': 'A consent was withdrawn.',
	'ended': 'The visit ended.', 'left': 'The clinician left.',
	'disk-full': 'The server had no room left.',
	'failed': 'The recorder failed.',
};

/** @param {string} state */
export const stateWords = (state) =>
	Object.hasOwn(STATES, state) ? STATES[state] : 'Unknown';

/** @returns {[state: string, words: string][]} to choose from */
export const stateChoices = () => Object.entries(STATES);

/** The shape beside the words, a symbol of img/review.svg. @param {string} state */
export const stateShape = (state) =>
	Object.hasOwn(STATES, state) ? `state-${state}` : 'state-lost';

/** @param {Recording} recording */
export function stateMeaning({ state, reason, lost_ms }) {
	const lost = lost_ms > 0
		? ` ${Math.ceil(lost_ms / 1000)} s are missing.` : '';
	const end = state === 'running' ? '' : ENDS[reason ?? ''] ?? '';
	return `${MEANINGS[state] ?? ''}${lost} ${end}`.trim();
}

/** @param {number | null} seconds */
export const lengthWords = (seconds) =>
	seconds === null ? 'Not ended' : time.length(seconds * 1000);

/** @param {{name: string | null} | null} person */
export const personWords = (person) =>
	person ? person.name || 'Without a name' : 'Unknown';

/** A reason's code as people read it. @param {string} reason */
export const reasonWords = (reason) => (reason.charAt(0).toUpperCase()
	+ reason.slice(1)).replaceAll('-', ' ');

/** @param {{title: string} | null} visit */
export const titleWords = (visit) => visit?.title || 'Visit';

/** @param {string} at RFC 3339 @param {string} [locale] a short day */
export const dateWords = (at, locale) => new Intl.DateTimeFormat(locale, {
	day: 'numeric', month: 'short', year: 'numeric' }).format(new Date(at));

/**
 * "Today, 14:30", "Sat 21 Nov, 14:30"; with the year if it is another one.
 * @param {string} at RFC 3339
 * @param {number} now ms since 1970
 * @param {string} [locale]
 */
export function whenWords(at, now, locale = own()) {
	const date = new Date(at);
	if (time.isNear(at, now))
		return time.dayAndClock(at, now, locale);
	const day = new Intl.DateTimeFormat(locale, { weekday: 'short',
		day: 'numeric', month: 'short',
		year: date.getFullYear() === new Date(now).getFullYear()
			? undefined : 'numeric' }).format(date);
	return `${day}, ${time.clock(at, locale)}`;
}

/**
 * When it goes, and whether the hold keeps it.
 * @param {Recording} recording
 * @param {number} now ms since 1970
 * @param {string} [locale]
 * @returns {string} empty when it is kept for ever
 */
export function deleteWords({ delete_on, hold }, now, locale) {
	if (!delete_on)
		return '';
	if (hold)
		return 'Kept by the hold';
	return Date.parse(delete_on) <= now ? 'To be deleted now'
		: `To be deleted on ${dateWords(delete_on, locale)}`;
}

/** Who cannot see a row hears it so. @param {Recording} recording @param {number} now */
export const rowWords = (recording, now) =>
	`${titleWords(recording.visit)}, ${
		whenWords(recording.begun, now)}, ${
		personWords(recording.clinician)} with ${
		personWords(recording.patient)}`;

/**
 * All that is known of a recording, in words.
 * @param {Recording} recording
 * @param {number} now
 * @returns {Fact[]}
 */
export function recordingFacts(recording, now) {
	const kept = deleteWords(recording, now);
	return [
		['Begun', `${time.day(recording.begun, now)}, ${
			time.clock(recording.begun)}`],
		['Length', lengthWords(recording.seconds)],
		['Clinician', personWords(recording.clinician)],
		['Patient', personWords(recording.patient)],
		['State', `${stateWords(recording.state)}. ${
			stateMeaning(recording)}`],
		['On hold', recording.hold ? 'Yes: it cannot be deleted' : 'No'],
		['Kept', kept || 'Until somebody deletes it'],
		['Recording', recording.id],
		...(recording.visit
			? [/** @type {Fact} */ (['Visit', recording.visit.id])] : []),
	];
}

/**
 * A certificate of deletion.
 * @param {Record<string, any>} certificate signed JSON
 * @returns {Fact[]}
 */
export function certificateFacts(certificate) {
	const { recording, deleted, files, verified } = certificate;
	/** @type {[string, any][]} */
	const all = [['Certificate of', recording],
		['Deleted', deleted && exactly(deleted)], ['Files', files],
		['Nothing remains', verified ? 'Verified' : null]];
	return all.filter(([, value]) => value !== null && value !== undefined)
		.map(([label, value]) => [label, String(value)]);
}

/* The audit */

/** @type {Record<string, string>} action -> what was done, before "by" */
const ACTIONS = {
	'signed-in': 'Signed in', 'signed-out': 'Signed out',
	'signed-out-everywhere': 'Signed out on all devices',
	'sign-in-refused': 'Sign-in refused',
	'visit-made': 'Visit made', 'visit-changed': 'Visit changed',
	'visit-cancelled': 'Visit cancelled',
	'join-granted': 'Entry to a visit granted',
	'join-refused': 'Entry to a visit refused',
	'check-granted': 'Test of the line granted',
	'door-opened': 'Door opened', 'door-closed': 'Door closed',
	'knocked': 'Knocked at a door', 'noted': 'Wrote to who waits',
	'declined': 'Sent away who waited',
	'duty-begun': 'Went on call', 'duty-ended': 'Went off call',
	'urgent-called': 'Urgent call made', 'urgent-taken': 'Urgent call answered',
	'request-refused': 'Request refused',
	'portal-started': 'Portal started', 'portal-stopped': 'Portal stopped',
	'audit-broken': 'Audit found broken', 'audit-exported': 'Audit exported',
	'person-exported': 'A person’s data exported',
	'person-erasure-begun': 'Erasing a person begun',
	'person-erased': 'A person erased',
	'key-init': 'Key of the clinic made', 'key-add': 'Key of the clinic added',
	'key-rotate': 'Key of the clinic replaced',
	'key-init-begun': 'Making a key of the clinic begun',
	'key-add-begun': 'Adding a key of the clinic begun',
	'key-rotate-begun': 'Replacing a key of the clinic begun',
	'key-signing-changed': 'Signing keys of the portal changed',
	'list': 'Recordings listed', 'audit-listed': 'Audit listed',
	'play': 'Played', 'watched': 'Watched',
	'recording-held': 'Put on hold', 'recording-released': 'Hold released',
	'recording-deletion-begun': 'Deleting a recording begun',
	'recording-deleted': 'Recording deleted',
	'recording-deleted-again': 'Deleted recording found and deleted again',
	'recording-verified': 'Recording verified',
	'recording-exported': 'Recording exported',
	'recording-recovered': 'Recording recovered',
	'recording-damaged': 'Recording found damaged',
	'previewed': 'Pictures seen in the list', 'downloaded': 'Downloaded',
	'film-asked': 'Film asked for', 'film-made': 'Film made',
	'film-failed': 'Film not made', 'film-cancelled': 'Film cancelled',
	'film-deleted': 'Film deleted', 'captions-sealed': 'Captions added',
	'events-missing': 'Events of the media server missing',
	'events-resumed': 'Events of the media server going on',
	'plugin:room-opened': 'Room opened', 'plugin:room-closed': 'Room closed',
	'plugin:joined': 'Visit joined', 'plugin:left': 'Visit left',
	'plugin:media-up': 'Media connected',
	'plugin:media-down': 'Media disconnected',
	'plugin:limited': 'Requests limited', 'plugin:refused': 'Entry refused',
	'plugin:consent': 'Consent answered',
	'plugin:recording': 'Recording changed',
};

/** @param {string} action */
export function actionWords(action) {
	if (Object.hasOwn(ACTIONS, action))
		return ACTIONS[action];
	const plain = action.replace(/^plugin:/, '').replaceAll(/[-_:]+/g, ' ');
	return plain.charAt(0).toUpperCase() + plain.slice(1);
}

/**
 * Actions to choose from: those known, and those met.
 * @param {Iterable<string>} met
 * @returns {[action: string, words: string][]} by their words
 */
export const actionChoices = (met) =>
	[...new Set([...Object.keys(ACTIONS), ...met])]
		.map((action) => /** @type {[string, string]} */ (
			[action, actionWords(action)]))
		.sort(([, a], [, b]) => a.localeCompare(b));

/**
 * Who did it: a person, the portal, or a command on the server.
 * @param {import('./api.js').Named} subject
 */
export function subjectWords({ id, name }) {
	const [, number] = /^uid-(\d+)$/.exec(id ?? '') ?? [];
	if (number)
		return `system user ${number}`;
	return name || (id === 'portal' ? 'the portal' : 'somebody without a name');
}

/** @param {AuditRow} row @returns {string} who did it */
export function doer({ subject, action }) {
	if (subject)
		return subjectWords(subject);
	if (action.startsWith('plugin:'))
		return 'the media server';
	return action === 'sign-in-refused' ? 'somebody unknown' : 'the portal';
}

/** @param {string | null} outcome */
const outcomeWords = (outcome) => !outcome || outcome === 'ok' ? ''
	: outcome.replaceAll('-', ' ');

/**
 * A row in parts, of which the view makes a line.
 * @param {AuditRow} row
 * @returns {{what: string, who: string, rest: string, good: boolean}}
 */
export function auditParts(row) {
	const outcome = outcomeWords(row.outcome);
	const rest = [row.role, row.reason && `reason ${row.reason}`]
		.filter(Boolean).join(', ');
	return { what: `${actionWords(row.action)}${outcome && ` (${outcome})`}`,
		who: doer(row), rest: rest && `, ${rest}`, good: !outcome };
}

/** Is a row's object a recording? @param {AuditRow} row */
export const isOfRecording = ({ action }) =>
	/^(play|watched|previewed|downloaded|captions-sealed|film-.+|recording-.+|plugin:(consent|recording))$/
		.test(action);

/** @param {string} at RFC 3339 @param {string} [locale] to the second */
export const exactly = (at, locale) => new Intl.DateTimeFormat(locale, {
	dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(at));

/**
 * The row with its ids, as it is in the database.
 * @param {AuditRow} row
 * @returns {Fact[]}
 */
export function auditFacts(row) {
	/** @type {[string, string | number | null | undefined][]} */
	const all = [
		['Row', row.n], ['Time (UTC)', row.time], ['Action', row.action],
		['Outcome', row.outcome], ['Person', row.subject?.id],
		['Role', row.role],
		[isOfRecording(row) ? 'Recording' : 'Object', row.object],
		['Visit', row.visit], ['Reason', row.reason],
		['Client address, as keyed hash', row.client],
		['More', row.data && JSON.stringify(row.data)],
	];
	return all.filter(([, value]) => value !== null && value !== undefined)
		.map(([label, value]) => [label, String(value)]);
}
