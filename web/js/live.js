// SPDX-License-Identifier: GPL-3.0-or-later
// Who waits where, as it happens: the portal's stream of server-sent events
// (docs/portal-api.md), opened anew whenever it ends. Knows no page.

import * as api from './api.js';

/**
 * @typedef {object} Waiting somebody who waits, for a clinician
 * @property {string} visit
 * @property {string | null} participant null: the call is there, its page is not
 * @property {string} title of the visit
 * @property {string} name what they call themselves
 * @property {string} email the address that they signed in with, or empty
 * @property {number} since ms since 1970
 * @property {string | null} door its name, for a knock at a standing door
 * @property {boolean} urgent
 * @property {string | null} takenBy who answered an urgent call
 * @property {any} check result of the check-in, null without
 * @property {number} place in the order of arrival
 *
 * @typedef {object} Reception what a clinician's home knows
 * @property {Waiting[]} people
 * @property {api.Door | null} door one's own
 * @property {boolean} onCall
 *
 * @typedef {object} Queued a visit at whose door this person waits
 * @property {string} visit
 * @property {number} place
 * @property {number} of how many
 * @property {string | null} door
 * @property {boolean} urgent
 * @property {string | null} takenBy
 * @property {boolean} here is the clinician there
 *
 * @typedef {object} LiveCallbacks
 * @property {(event: import('./state.js').Event) => void} dispatch hears
 *   `live-door` with `reception`, `live-queue` with `queue`, `live-down`
 * @property {() => void} signedOut the portal knows the session no more
 */

/** Pauses before a stream is opened again; the last repeats. */
const AGAIN_MS = [500, 2000, 5000, 15000];
/** A stream that lived for so long was a good one. */
const GOOD_MS = 20000;

/** @param {unknown} value @returns {string | null} */
const words = (value) => typeof value === 'string' ? value : null;

/** @param {any} one @returns {Waiting} only what is expected of it */
const asWaiting = (one) => ({
	visit: String(one.visit), participant: words(one.participant),
	title: words(one.title) ?? '', name: words(one.name) ?? '',
	email: words(one.email) ?? '', since: Date.parse(one.since) || 0, door: words(one.door),
	urgent: one.urgent === true, takenBy: words(one.taken_by),
	check: one.check ?? null, place: Number(one.place) || 1,
});

/** @param {any} data of `event: door` @returns {Reception} */
export const asReception = (data) => ({
	people: (Array.isArray(data.people) ? data.people : []).map(asWaiting),
	door: data.door ?? null, onCall: data.on_call === true,
});

/** @param {any} data of `event: queue` @returns {Queued[]} */
export const asQueue = (data) => (Array.isArray(data.visits) ? data.visits : [])
	.map((/** @type {any} */ one) => ({ visit: String(one.visit),
		place: Number(one.place) || 1, of: Number(one.of) || 1,
		door: words(one.door), urgent: one.urgent === true,
		takenBy: words(one.taken_by), here: one.clinician_here === true }));

/** @param {Waiting} one @returns {boolean} does somebody have to answer */
export const unanswered = (one) => !(one.urgent && one.takenBy);

/**
 * Who has come since. Whoever loads their page again has not.
 * @param {Waiting[]} before
 * @param {Waiting[]} now
 */
export const arrived = (before, now) => now.filter((one) => unanswered(one)
	&& !before.some((old) => old.visit === one.visit));

/**
 * Whose news they are: clinicians always hear who waits, patients what
 * becomes of them until they are let in.
 * @param {import('./state.js').State} state
 */
export const wantsLive = ({ session, phase }) => {
	const role = session?.signed_in ? session.user?.role ?? '' : '';
	return ['clinician', 'admin'].includes(role) || role === 'patient' &&
		['home', 'lobby', 'early', 'joining', 'waiting'].includes(phase);
};

/**
 * Who is to be let in at once: asked for on another page, by this very person.
 * A page that was loaded again is another participant of the same person, and
 * a visit is for one patient: so whoever waits alone is meant.
 * @param {import('./state.js').State} state
 * @returns {string | null} the participant
 */
export function toAdmit({ phase, seeing, door, visitId, visit }) {
	if (phase !== 'in-call' || seeing?.visit !== visitId
		|| visit?.role !== 'clinician')
		return null;
	const one = door.find(({ participant }) =>
		participant === seeing?.participant)
		?? (door.length === 1 ? door[0] : null);
	return one?.participant ?? null;
}

export class Live {
	#callbacks;
	/** @type {EventSource | null} */
	#source = null;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#timer;
	#wanted = false;
	#tries = 0;
	#since = 0;

	/** @param {LiveCallbacks} callbacks */
	constructor(callbacks) {
		this.#callbacks = callbacks;
		// Else a browser calls the end of the page an error of the stream.
		addEventListener('pagehide', () => this.#close());
		addEventListener('online', () => this.#wanted && this.#open());
		// One of many windows was told to be quiet: until it is looked at.
		addEventListener('focus', () => this.#wanted && !this.#source
			&& this.#open());
	}

	/** @param {boolean} wanted is the stream to be there */
	want(wanted) {
		if (wanted === this.#wanted)
			return;
		this.#wanted = wanted;
		this.#tries = 0;
		if (wanted)
			this.#open();
		else
			this.#close();
	}

	#close() {
		clearTimeout(this.#timer);
		this.#source?.close();
		this.#source = null;
	}

	#open() {
		this.#close();
		const source = new EventSource('/api/live');
		this.#source = source;
		this.#since = Date.now();
		source.addEventListener('door', ({ data }) => this.#tell('live-door',
			() => ({ reception: asReception(JSON.parse(data)) })));
		source.addEventListener('queue', ({ data }) => this.#tell('live-queue',
			() => ({ queue: asQueue(JSON.parse(data)) })));
		source.addEventListener('replaced', () => {
			this.#close();
			this.#callbacks.dispatch({ type: 'live-down' });
		});
		source.onerror = () => this.#again();
	}

	/** @param {string} type @param {() => object} read */
	#tell(type, read) {
		try {
			this.#callbacks.dispatch({ type, ...read() });
		} catch {
			// Not what the portal says: the next event says all of it again.
		}
	}

	/** It ended, or did not begin. */
	#again() {
		if (Date.now() - this.#since > GOOD_MS)
			this.#tries = 0;
		this.#close();
		this.#callbacks.dispatch({ type: 'live-down' });
		const pause = AGAIN_MS[Math.min(this.#tries, AGAIN_MS.length - 1)];
		this.#tries += 1;
		this.#timer = setTimeout(() => void this.#ask(), pause);
	}

	/** The stream does not say why it ended; the session does. */
	async #ask() {
		const session = await api.session().catch(() => null);
		if (!this.#wanted || this.#source)
			return;
		if (session && !session.signed_in)
			this.#callbacks.signedOut();
		else
			this.#open();
	}
}
