// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings and rows of the audit in words. No DOM here: what people wrote
// stays text.

import { has, locale as own, t } from '../lang.js';
import * as time from '../time.js';
import { STATES } from './filters.js';

/**
 * @typedef {import('./api.js').Recording} Recording
 * @typedef {import('./api.js').AuditRow} AuditRow
 * @typedef {[label: string, value: string]} Fact
 */

/** What there are no words for is not said. @param {string} key */
const ifSaid = (key) => has(key) ? t(key) : '';

/** "Pat, Dr. Example" @param {string[]} words */
export const listed = (words) =>
	new Intl.ListFormat(own(), { type: 'unit' }).format(words);

/** @param {string} state */
export const stateWords = (state) =>
	STATES.includes(state) ? t(`rec.state-${state}`) : t('rec.unknown');

/** @returns {[state: string, words: string][]} to choose from */
export const stateChoices = () =>
	STATES.map((state) => [state, stateWords(state)]);

/** The shape beside the words, a symbol of img/review.svg. @param {string} state */
export const stateShape = (state) =>
	STATES.includes(state) ? `state-${state}` : 'state-lost';

/** @param {Recording} recording */
export function stateMeaning({ state, reason, lost_ms }) {
	// What it means for who wants to see it, and how it ended.
	return [ifSaid(`rec.means-${state}`),
		lost_ms > 0 && t('rec.missing', { n: Math.ceil(lost_ms / 1000) }),
		state !== 'running' && ifSaid(`rec.end-${reason}`),
	].filter(Boolean).join(' ');
}

/** @param {number | null} seconds */
export const lengthWords = (seconds) =>
	seconds === null ? t('rec.not-ended') : time.length(seconds * 1000);

/** @param {{name: string | null} | null} person */
export const personWords = (person) =>
	person ? person.name || t('rec.no-name') : t('rec.unknown');

/** A reason's code as people read it. @param {string} reason */
export const reasonWords = (reason) => (reason.charAt(0).toUpperCase()
	+ reason.slice(1)).replaceAll('-', ' ');

/** @param {{title: string} | null} visit */
export const titleWords = (visit) => visit?.title || t('visit.untitled');

/** @param {string} at RFC 3339 @param {string} [locale] a short day */
export const dateWords = (at, locale = own()) => new Intl.DateTimeFormat(locale, {
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
	return t('time.day-and-clock', { day, clock: time.clock(at, locale) });
}

/**
 * The same, as it is written within a sentence.
 * @param {string} at RFC 3339
 * @param {number} now ms since 1970
 */
export function whenWithin(at, now) {
	const words = whenWords(at, now);
	return time.isNear(at, now)
		? words.charAt(0).toLocaleLowerCase(own()) + words.slice(1) : words;
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
		return t('rec.kept-by-hold');
	return Date.parse(delete_on) <= now ? t('rec.delete-now')
		: t('rec.delete-on', { date: dateWords(delete_on, locale) });
}

/** When, and who with whom. @param {Recording} recording @param {number} now */
export const whoWords = (recording, now) => t('rec.who', {
	when: whenWords(recording.begun, now),
	clinician: personWords(recording.clinician),
	patient: personWords(recording.patient) });

/** Who cannot see a row hears it so. @param {Recording} recording @param {number} now */
export const rowWords = (recording, now) => t('rec.row', {
	title: titleWords(recording.visit), rest: whoWords(recording, now) });

/**
 * All that is known of a recording, in words.
 * @param {Recording} recording
 * @param {number} now
 * @returns {Fact[]}
 */
export function recordingFacts(recording, now) {
	const kept = deleteWords(recording, now);
	return [
		[t('rec.begun'), time.dayAndClock(recording.begun, now)],
		[t('rec.length'), lengthWords(recording.seconds)],
		[t('rec.clinician'), personWords(recording.clinician)],
		[t('rec.patient'), personWords(recording.patient)],
		[t('rec.state'), t('rec.state-means', {
			state: stateWords(recording.state),
			meaning: stateMeaning(recording) })],
		[t('rec.on-hold'), recording.hold ? t('rec.held-yes')
			: t('rec.held-no')],
		[t('rec.kept'), kept || t('rec.kept-until-deleted')],
		[t('rec.recording'), recording.id],
		...(recording.visit ? [/** @type {Fact} */ (
			[t('visit.untitled'), recording.visit.id])] : []),
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
	const all = [[t('rec.cert-of'), recording],
		[t('rec.cert-deleted'), deleted && exactly(deleted)],
		[t('rec.cert-files'), files],
		[t('rec.cert-nothing'), verified ? t('rec.cert-verified') : null]];
	return all.filter(([, value]) => value !== null && value !== undefined)
		.map(([label, value]) => [label, String(value)]);
}

/* The audit */

/** What there are words for: `audit.did-<action>`, which stand before "by". */
const ACTIONS = [
	'signed-in', 'signed-out', 'signed-out-everywhere', 'sign-in-refused',
	'visit-made', 'visit-changed', 'visit-cancelled', 'join-granted',
	'join-refused', 'check-granted', 'door-opened', 'door-closed', 'knocked',
	'noted', 'declined', 'duty-begun', 'duty-ended', 'urgent-called',
	'urgent-taken', 'request-refused', 'portal-started', 'portal-stopped',
	'audit-broken', 'audit-exported', 'person-exported',
	'person-erasure-begun', 'person-erased', 'key-init', 'key-add',
	'key-rotate', 'key-init-begun', 'key-add-begun', 'key-rotate-begun',
	'key-signing-changed', 'list', 'audit-listed', 'play', 'watched',
	'recording-held', 'recording-released', 'recording-deletion-begun',
	'recording-deleted', 'recording-deleted-again', 'recording-verified',
	'recording-exported', 'recording-recovered', 'recording-damaged',
	'previewed', 'downloaded', 'film-asked', 'film-made', 'film-failed',
	'film-cancelled', 'film-deleted', 'captions-sealed', 'events-missing',
	'events-resumed', 'plugin:room-opened', 'plugin:room-closed',
	'plugin:joined', 'plugin:left', 'plugin:media-up', 'plugin:media-down',
	'plugin:limited', 'plugin:refused', 'plugin:consent', 'plugin:recording',
];

/** @param {string} action */
const keyOf = (action) => `audit.did-${action.replace(':', '-')}`;

/** @param {string} action */
export function actionWords(action) {
	if (ACTIONS.includes(action))
		return t(keyOf(action));
	const plain = action.replace(/^plugin:/, '').replaceAll(/[-_:]+/g, ' ');
	return plain.charAt(0).toUpperCase() + plain.slice(1);
}

/**
 * Actions to choose from: those known, and those met.
 * @param {Iterable<string>} met
 * @returns {[action: string, words: string][]} by their words
 */
export const actionChoices = (met) =>
	[...new Set([...ACTIONS, ...met])]
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
		return t('audit.system-user', { id: number });
	return name || (id === 'portal' ? t('audit.the-portal')
		: t('audit.no-name'));
}

/** @param {AuditRow} row @returns {string} who did it */
export function doer({ subject, action }) {
	if (subject)
		return subjectWords(subject);
	if (action.startsWith('plugin:'))
		return t('audit.media-server');
	return action === 'sign-in-refused' ? t('audit.somebody')
		: t('audit.the-portal');
}

/** @param {string | null} outcome */
const outcomeWords = (outcome) => !outcome || outcome === 'ok' ? ''
	: ifSaid(`audit.outcome-${outcome}`) || outcome.replaceAll('-', ' ');

/** @param {string | null} role */
const roleWords = (role) => role && (ifSaid(`audit.as-${role}`) || role);

/**
 * A row in parts, of which the view makes a line.
 * @param {AuditRow} row
 * @returns {{what: string, who: string, rest: string, good: boolean}}
 */
export function auditParts(row) {
	const outcome = outcomeWords(row.outcome);
	const what = actionWords(row.action);
	const rest = [roleWords(row.role),
		row.reason && t('audit.for-reason', { reason: row.reason })]
		.filter(Boolean).map((words) => t('audit.rest', { words: `${words}` }));
	return { what: outcome ? t('audit.with-outcome', { what, outcome }) : what,
		who: doer(row), rest: rest.join(''), good: !outcome };
}

/** Is a row's object a recording? @param {AuditRow} row */
export const isOfRecording = ({ action }) =>
	/^(play|watched|previewed|downloaded|captions-sealed|film-.+|recording-.+|plugin:(consent|recording))$/
		.test(action);

/** @param {string} at RFC 3339 @param {string} [locale] to the second */
export const exactly = (at, locale = own()) => new Intl.DateTimeFormat(locale, {
	dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(at));

/**
 * The row with its ids, as it is in the database.
 * @param {AuditRow} row
 * @returns {Fact[]}
 */
export function auditFacts(row) {
	/** @type {[string, string | number | null | undefined][]} */
	const all = [
		[t('audit.row'), row.n], [t('audit.time'), row.time],
		[t('audit.action'), row.action], [t('audit.outcome'), row.outcome],
		[t('audit.person'), row.subject?.id], [t('audit.role'), row.role],
		[isOfRecording(row) ? t('rec.recording') : t('audit.object'),
			row.object],
		[t('visit.untitled'), row.visit], [t('rec.reason'), row.reason],
		[t('audit.client'), row.client],
		[t('audit.more'), row.data && JSON.stringify(row.data)],
	];
	return all.filter(([, value]) => value !== null && value !== undefined)
		.map(([label, value]) => [label, String(value)]);
}
