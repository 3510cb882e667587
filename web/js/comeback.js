// SPDX-License-Identifier: GPL-3.0-or-later
// What a tab remembers of the visit that it is in, so that a page that was
// loaded again, or has crashed, comes back by itself and as it was. Only this
// tab knows it, and only for a while.

/**
 * @typedef {object} Memory
 * @property {string} visit id
 * @property {boolean} microphone was there one, muted or not
 * @property {boolean} muted
 * @property {boolean} camera
 */

const KEY = 'rth-in-visit';
/** Whoever was away for longer is asked in the lobby. */
const FOR_MS = 10 * 60000;

/** @param {Memory} memory */
export function remember(memory) {
	try {
		sessionStorage.setItem(KEY, JSON.stringify({ ...memory,
			at: Date.now() }));
	} catch {
		// Then one comes back through the lobby.
	}
}

/** The person has gone, or the visit is over. */
export function forget() {
	try {
		sessionStorage.removeItem(KEY);
	} catch {
		// Nothing is kept here.
	}
}

/**
 * @param {string} visit id
 * @returns {Memory | null} null: this tab was not in it just now
 */
export function recall(visit) {
	try {
		const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
		return kept?.visit === visit && Date.now() - kept.at < FOR_MS
			? kept : null;
	} catch {
		return null;
	}
}

/** Steps of recording.js that the plugin tells of, and its names for them. */
const TOLD = /** @type {Record<string, string>} */ ({ asked: 'asked',
	answered: 'asked', running: 'running', paused: 'paused' });

/**
 * Was something told while nothing could be heard?
 * @param {Record<string, any>} answer of the plugin to `state`
 * @param {import('./state.js').State} state what this page knows
 */
export function missed(answer, { peer, recording }) {
	const said = answer.recording ?? null;
	return 'peer' in answer
		&& ((answer.peer ?? null) !== (peer?.participant ?? null)
			|| (TOLD[recording.step] ?? null) !== (TOLD[said] ?? null));
}
