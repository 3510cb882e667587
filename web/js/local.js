// SPDX-License-Identifier: GPL-3.0-or-later
// What this person's devices give: at most one track for each slot, who may
// open and stop them, and what happens when a device goes away.

import { isSeen } from './awake.js';
import { openBoth, openDevice, openScreen, problemOf } from './devices.js';

/**
 * @typedef {import('./media.js').Slot} Slot
 * @typedef {import('./devices.js').Kind} Kind
 * @typedef {import('./devices.js').Problem} Problem
 *
 * @typedef {'detail' | 'motion'} Hint what matters in a shared screen: that
 *   text is sharp, or that what moves moves (MediaStreamTrack Content Hints)
 *
 * @typedef {object} LocalCallbacks
 * @property {(slot: Slot, track: MediaStreamTrack | null) => void} track
 *   a slot has another track, or none; the track is borrowed
 * @property {(slot: Slot, problem: Problem | undefined) => void} problem
 *   why a slot has no track; undefined when it has one
 * @property {(kind: Kind, taken: boolean) => void} taken the system has taken a
 *   device away (a phone call, a locked phone), or it is back
 */

/** A device that went away may be back at once, or another one instead. */
const RETAKE_MS = 400;
/** One that is only silenced comes back by itself, as a rule. */
const UNMUTE_MS = 2000;
const KINDS = /** @type {Kind[]} */ (['microphone', 'camera']);

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
	/** @type {Set<Kind>} that the system has taken away */
	#taken = new Set();
	/** Does the person not want to be heard? */
	#muted = false;

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
		return { microphone: Boolean(microphone?.enabled && !microphone.muted),
			camera: Boolean(camera && !camera.muted),
			screen: Boolean(screen) };
	}

	/** @returns {{microphone?: string, camera?: string}} device ids in use */
	get using() {
		return {
			microphone: this.#tracks.microphone?.getSettings().deviceId,
			camera: this.#tracks.camera?.getSettings().deviceId,
		};
	}

	/** @returns {boolean} the person does not want to be heard */
	get muted() {
		return this.#muted;
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
		this.#giveBack(/** @type {Kind} */ (slot));
		if (slot === 'microphone')
			this.#muted = false;
		this.#take(slot, null);
	}

	/** @param {Hint} hint for the screen that is shared now */
	shareFor(hint) {
		if (this.#tracks.screen)
			this.#tracks.screen.contentHint = hint;
	}

	/** @param {boolean} on silences the microphone without giving it up */
	enableMicrophone(on) {
		this.#muted = !on;
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
		if (track && slot === 'microphone')
			track.enabled = !this.#muted;
		this.#tracks[slot] = track;
		if (old && old !== track)
			old.stop();
		if (track)
			this.#follow(slot, track);
		this.#callbacks.problem(slot, problem);
		this.#callbacks.track(slot, track);
	}

	/** @param {Slot} slot @param {MediaStreamTrack} track of it from now on */
	#follow(slot, track) {
		track.onended = () => this.#ended(slot, track);
		if (slot === 'screen')
			return;
		if (!track.muted)
			this.#giveBack(slot);
		track.onmute = track.onunmute = () => {
			if (this.#tracks[slot] === track)
				this.#silenced(slot, track);
		};
	}

	/**
	 * A device was unplugged or taken away, or the browser's own "stop
	 * sharing" was used.
	 * @param {Slot} slot
	 * @param {MediaStreamTrack} track
	 */
	#ended(slot, track) {
		if (this.#tracks[slot] !== track)
			return;
		this.#take(slot, null);
		if (slot === 'screen')
			return;
		this.#takeAway(slot);
		setTimeout(() => void this.#retake(slot), RETAKE_MS);
	}

	/**
	 * The system has silenced a device, or gives it back.
	 * @param {Kind} kind
	 * @param {MediaStreamTrack} track
	 */
	#silenced(kind, track) {
		if (track.muted)
			this.#takeAway(kind);
		else
			this.#giveBack(kind);
		this.#callbacks.track(kind, track);
	}

	/** @param {Kind} kind */
	#takeAway(kind) {
		this.#taken.add(kind);
		this.#callbacks.taken(kind, true);
	}

	/** @param {Kind} kind */
	#giveBack(kind) {
		if (this.#taken.delete(kind))
			this.#callbacks.taken(kind, false);
	}

	/**
	 * Takes again what the system had taken away: the page is looked at again,
	 * a device was plugged in, or the person asks for it.
	 * @param {boolean} [asked] by the person: nothing is waited for
	 */
	retake(asked = false) {
		for (const kind of KINDS)
			if (this.#taken.has(kind))
				setTimeout(() => void this.#retake(kind), asked ? 0
					: this.#tracks[kind] ? UNMUTE_MS : RETAKE_MS);
	}

	/** @param {Kind} kind still taken away, perhaps */
	async #retake(kind) {
		// Nobody may open a device behind the person's back.
		if (this.#closed || !this.#taken.has(kind)
			|| !isSeen())
			return;
		await this.open(kind);
	}
}
