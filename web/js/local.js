// SPDX-License-Identifier: GPL-3.0-or-later
// What this person's devices give: at most one track for each slot, who may
// open and stop them, and what happens when a device goes away.

import { openBoth, openDevice, openScreen, problemOf } from './devices.js';

/**
 * @typedef {import('./media.js').Slot} Slot
 * @typedef {import('./devices.js').Kind} Kind
 * @typedef {import('./devices.js').Problem} Problem
 *
 * @typedef {object} LocalCallbacks
 * @property {(slot: Slot, track: MediaStreamTrack | null) => void} track
 *   a slot has another track, or none; the track is borrowed
 * @property {(slot: Slot, problem: Problem | undefined) => void} problem
 *   why a slot has no track; undefined when it has one
 */

const STORED = /** @type {const} */ ({
	microphone: 'rth-microphone', camera: 'rth-camera' });

/** @param {Kind} kind @returns {string | undefined} the device used last */
function remembered(kind) {
	try {
		return localStorage.getItem(STORED[kind]) ?? undefined;
	} catch {
		return undefined;
	}
}

/** @param {Kind} kind @param {string} id */
function remember(kind, id) {
	try {
		localStorage.setItem(STORED[kind], id);
	} catch {
		// A browser that keeps nothing asks again next time.
	}
}

export class Local {
	/** @type {Record<Slot, MediaStreamTrack | null>} */
	#tracks = { microphone: null, camera: null, screen: null };
	#callbacks;
	#closed = false;
	/** @type {Set<Slot>} still wanted of the devices that are being opened */
	#awaited = new Set();

	/** @param {LocalCallbacks} callbacks */
	constructor(callbacks) {
		this.#callbacks = callbacks;
	}

	/** @param {Slot} slot */
	track(slot) {
		return this.#tracks[slot];
	}

	/** @returns {import('./state.js').Sending} what can be seen and heard */
	get sending() {
		const { microphone, camera, screen } = this.#tracks;
		return { microphone: Boolean(microphone?.enabled),
			camera: Boolean(camera), screen: Boolean(screen) };
	}

	/** @returns {{microphone?: string, camera?: string}} device ids in use */
	get using() {
		return {
			microphone: this.#tracks.microphone?.getSettings().deviceId,
			camera: this.#tracks.camera?.getSettings().deviceId,
		};
	}

	/** Opens microphone and camera, whichever can be had. */
	async openBoth() {
		this.#awaited = new Set(['microphone', 'camera']);
		const got = await openBoth({ microphone: remembered('microphone'),
			camera: remembered('camera') });
		for (const kind of /** @type {Kind[]} */ (['microphone', 'camera']))
			if (this.#awaited.delete(kind))
				this.#take(kind, got[kind], got.problems[kind]);
			else
				got[kind]?.stop();
	}

	/**
	 * Opens a device, another than before if `id` is given.
	 * @param {Kind} kind
	 * @param {string} [id]
	 */
	async open(kind, id) {
		try {
			// Some cameras cannot be opened twice, not even on a phone.
			if (kind === 'camera')
				this.#tracks.camera?.stop();
			const track = await openDevice(kind, id ?? remembered(kind));
			if (id)
				remember(kind, id);
			this.#take(kind, track);
		} catch (error) {
			const dead = this.#tracks[kind]?.readyState !== 'live';
			if (dead)
				this.#take(kind, null, problemOf(error));
			else
				this.#callbacks.problem(kind, problemOf(error));
		}
	}

	/** Asks for a screen; choosing none is not a problem. */
	async openScreen() {
		try {
			this.#take('screen', await openScreen());
		} catch (error) {
			const problem = problemOf(error);
			if (problem !== 'denied')
				this.#callbacks.problem('screen', problem);
		}
	}

	/** @param {Slot} slot given up, also if it is just being opened */
	stop(slot) {
		this.#awaited.delete(slot);
		this.#take(slot, null);
	}

	/** @param {boolean} on silences the microphone without giving it up */
	enableMicrophone(on) {
		if (this.#tracks.microphone)
			this.#tracks.microphone.enabled = on;
	}

	/** Stops every device. */
	close() {
		this.#closed = true;
		for (const track of Object.values(this.#tracks))
			track?.stop();
		this.#tracks = { microphone: null, camera: null, screen: null };
	}

	/**
	 * @param {Slot} slot
	 * @param {MediaStreamTrack | null} track
	 * @param {Problem} [problem]
	 */
	#take(slot, track, problem) {
		if (this.#closed)
			return track?.stop();
		const old = this.#tracks[slot];
		if (track && slot === 'microphone' && old)
			track.enabled = old.enabled;
		this.#tracks[slot] = track;
		if (old && old !== track)
			old.stop();
		if (track)
			track.onended = () => this.#ended(slot, track);
		this.#callbacks.problem(slot, problem);
		this.#callbacks.track(slot, track);
	}

	/**
	 * A device was unplugged or taken away, or the browser's own "stop
	 * sharing" was used.
	 * @param {Slot} slot
	 * @param {MediaStreamTrack} track
	 */
	#ended(slot, track) {
		if (this.#tracks[slot] === track)
			this.#take(slot, null, slot === 'screen' ? undefined : 'ended');
	}
}
