// SPDX-License-Identifier: GPL-3.0-or-later
// What happened in a recording and when, for its bar and its list of events.

import { t } from '../lang.js';
import { roleOf, nameOf } from './playerwords.js';

/**
 * @typedef {import('./api.js').Play} Play
 * @typedef {'joined' | 'left' | 'lost' | 'back' | 'consent' | 'share'
 *   | 'paused' | 'running' | 'chat' | 'broken'} Kind
 * @typedef {object} Mark
 * @property {number} ms
 * @property {Kind} kind
 * @property {string} words
 *
 * @typedef {object} Said a line of the chat
 * @property {number} at_ms
 * @property {'clinician' | 'patient'} role
 * @property {string} text
 */

/** A screen that is gone for less has not been shared anew. */
const SHARED_AGAIN_MS = 2000;
/** So much of what was written stands at a mark. */
const SAID_MAX = 60;

/** @param {string} name @param {string} answer */
function answerWords(name, answer) {
	if (answer === 'voice')
		return t('player.agreed-voice', { name });
	return answer === 'yes' ? t('player.agreed', { name })
		: t('player.not-agreed', { name });
}

/**
 * The lines of a chat file; what is none is left out.
 * @param {string} text JSON lines
 * @returns {Said[]}
 */
export function chatOf(text) {
	return text.split('\n').flatMap((line) => {
		try {
			const said = JSON.parse(line);
			return Number.isFinite(said?.at_ms) && typeof said.text === 'string'
				? [{ at_ms: said.at_ms, role: said.role, text: said.text }] : [];
		} catch {
			return [];
		}
	});
}

/**
 * How many lines have been written at a time.
 * @param {Said[]} lines in their order
 * @param {number} ms
 */
export function saidBy(lines, ms) {
	let [low, high] = [0, lines.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		if (lines[middle].at_ms <= ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/**
 * @param {Play} play
 * @param {Play['notes'][number]} note
 * @param {boolean} met
 * @returns {[Kind, string]}
 */
function presence(play, note, met) {
	const name = nameOf(play, note.role);
	if (note.event === 'joined')
		return met ? ['back', t('player.came-back', { name })]
			: ['joined', t('player.joined', { name })];
	return note.reason === 'lost' ? ['lost', t('player.lost', { name })]
		: ['left', t('player.left', { name })];
}

/** @param {Play} play @returns {Mark[]} */
function ofNotes(play) {
	const met = new Set();
	return play.notes.flatMap((note) => {
		const ms = note.time_ms;
		if (note.event === 'paused')
			return [{ ms, kind: 'paused', words: t('recording.paused') }];
		if (note.event === 'running')
			return [{ ms, kind: 'running', words: t('player.went-on') }];
		if (note.event === 'consent')
			return [{ ms, kind: 'consent', words: answerWords(
				nameOf(play, note.role), note.answer) }];
		if (note.event !== 'joined' && note.event !== 'left')
			return [];
		const [kind, words] = presence(play, note, met.has(note.role));
		met.add(note.role);
		return [/** @type {Mark} */ ({ ms, kind, words })];
	});
}

/** @param {Play} play @returns {Mark[]} when a screen was shown */
const shares = (play) => play.lanes
	.filter(({ lane }) => lane.endsWith('-screen'))
	.flatMap(({ role, segments }) => segments.flatMap((segment, i) => {
		const before = segments[i - 1];
		return before && segment.start_ms - before.start_ms
			- before.duration_ms < SHARED_AGAIN_MS ? [] : [{
				ms: segment.start_ms, kind: /** @type {Kind} */ ('share'),
				words: t('player.shared', { name: nameOf(play, role) }) }];
	}));

/** @param {string} text */
const short = (text) => text.length > SAID_MAX
	? `${text.slice(0, SAID_MAX)}…` : text;

/**
 * @param {Play} play
 * @param {Said[]} lines
 * @returns {Mark[]} in their order
 */
export function marksOf(play, lines) {
	/** @type {Mark[]} */
	const all = [...ofNotes(play), ...shares(play), ...lines.map((line) => ({
		ms: line.at_ms, kind: /** @type {Kind} */ ('chat'),
		words: t('player.wrote', { name: nameOf(play, line.role),
			text: short(line.text) }) }))];
	if (play.lost_at_ms !== null)
		all.push({ ms: play.lost_at_ms, kind: 'broken',
			words: t('player.interrupted') });
	return all.map((mark) => ({ ...mark,
		ms: Math.min(Math.max(0, mark.ms), play.duration_ms) }))
		.sort((a, b) => a.ms - b.ms);
}

/**
 * Marks that would stand closer than a finger is wide, together.
 * @param {Mark[]} marks in their order
 * @param {number} perMark ms that a mark is wide
 * @returns {Mark[][]}
 */
export function clusters(marks, perMark) {
	/** @type {Mark[][]} */
	const all = [];
	for (const mark of marks) {
		const last = all.at(-1);
		if (last && mark.ms - last[0].ms < perMark)
			last.push(mark);
		else
			all.push([mark]);
	}
	return all;
}

/**
 * When it was paused.
 * @param {Play} play
 * @returns {{ from: number, to: number }[]}
 */
export function pausesOf(play) {
	/** @type {{ from: number, to: number }[]} */
	const all = [];
	let from = NaN;
	for (const { event, time_ms: ms } of play.notes) {
		if (event === 'paused' && Number.isNaN(from))
			from = ms;
		if (event === 'running' && !Number.isNaN(from)) {
			all.push({ from, to: ms });
			from = NaN;
		}
	}
	return Number.isNaN(from) ? all : [...all, { from, to: play.duration_ms }];
}

/**
 * When the camera of a role was off though the lane goes on.
 * @param {Play} play
 * @param {string} role
 * @param {number} ms
 * @returns {boolean}
 */
export function cameraOff(play, role, ms) {
	const told = play.notes.filter((note) => note.event === 'state'
		&& note.time_ms <= ms && roleOf(play, note) === role);
	return told.at(-1)?.camera === false;
}
