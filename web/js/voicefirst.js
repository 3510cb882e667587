// SPDX-License-Identifier: GPL-3.0-or-later
// On a thin line the voice comes first: it takes less room, and the camera
// pauses where there is room for one of them only. The server tells how the
// other person's line is, the browser how this one is. No DOM in here.

/**
 * @typedef {import('./stats.js').Digest} Digest
 *
 * @typedef {object} VoiceCallbacks
 * @property {() => Promise<Digest>} stats
 * @property {() => { voice: (bps: number | null) => void,
 *   pause: (paused: boolean) => void }} media of now
 * @property {() => boolean} camera is it on
 * @property {(paused: boolean) => void} paused the camera pauses, or it is back
 */

/** Of a voice, in bit/s: still clear, and still understood. */
export const VOICE = { thin: 20000, alone: 12000 };

const LOOK_MS = 1000;
/** What this line is thought to carry of pictures, in bit/s. */
const THIN_BPS = 250000;
const LEAST_BPS = 80000;
/** Looks in a row with less than the least, until the camera pauses. */
const LOOKS = 3;
/** Looks until the camera is tried again; more each time it was in vain. */
const WAIT = { first: 8, most: 60 };
/** Looks that a camera which is tried again has to find room. */
const TRIAL = 6;

/** What this side's own line has room for, look by look. */
export class OwnLine {
	thin = false;
	paused = false;
	#less = 0;
	#waits = 0;
	#wait = WAIT.first;
	#trial = 0;

	/**
	 * @param {number} bps that the line is thought to carry; 0: not known
	 * @param {boolean} camera is it on
	 */
	see(bps, camera) {
		if (!bps || !camera) {
			this.thin = this.paused = false;
			this.#less = this.#trial = 0;
			return;
		}
		this.thin = bps < THIN_BPS;
		if (this.paused)
			return this.#pausing();
		this.#trial = Math.max(0, this.#trial - 1);
		this.#less = bps < LEAST_BPS && !this.#trial ? this.#less + 1 : 0;
		if (bps >= THIN_BPS)
			this.#wait = WAIT.first;
		if (this.#less >= LOOKS) {
			this.paused = true;
			this.#waits = this.#wait;
			this.#wait = Math.min(2 * this.#wait, WAIT.most);
		}
	}

	#pausing() {
		if (--this.#waits > 0)
			return;
		this.paused = false;
		this.#less = 0;
		this.#trial = TRIAL;
	}
}

export class VoiceFirst {
	#callbacks;
	#own = new OwnLine();
	/** As the server tells of the other person's line. */
	#thin = false;
	#alone = false;
	#paused = false;
	/** @type {number | null} */
	#voice = null;
	/** @type {ReturnType<typeof setInterval> | undefined} */
	#timer;

	/** @param {VoiceCallbacks} callbacks */
	constructor(callbacks) {
		this.#callbacks = callbacks;
	}

	/** Is this side's camera held back? */
	get paused() {
		return this.#paused;
	}

	/** The connection is up; it may be another than before. */
	start() {
		this.#timer ??= setInterval(() => void this.#look(), LOOK_MS);
		this.#apply(true);
	}

	/** @param {Record<string, any>} event `slow`, of what this side sends */
	slow(event) {
		this.#thin = Boolean(event.limited);
		this.#alone = Boolean(event.voice_only);
		this.#apply();
	}

	/** Another seat: what was known of the lines is void. */
	reset() {
		this.#thin = this.#alone = false;
		this.#own = new OwnLine();
	}

	async #look() {
		try {
			const { outgoing_bitrate: bps } = await this.#callbacks.stats();
			this.#own.see(bps, this.#callbacks.camera());
			this.#apply();
		} catch {
			// The connection has just been closed.
		}
	}

	/** @param {boolean} [again] also what has not changed */
	#apply(again = false) {
		if (this.#timer === undefined)
			return;
		const media = this.#callbacks.media();
		const alone = this.#alone || this.#own.paused;
		const voice = alone ? VOICE.alone
			: this.#thin || this.#own.thin ? VOICE.thin : null;
		if (again || voice !== this.#voice)
			media.voice(voice);
		if (again || alone !== this.#paused)
			media.pause(alone);
		const changed = alone !== this.#paused;
		this.#voice = voice;
		this.#paused = alone;
		if (changed)
			this.#callbacks.paused(alone);
	}

	stop() {
		clearInterval(this.#timer);
		this.#timer = undefined;
	}
}
