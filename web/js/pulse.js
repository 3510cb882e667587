// SPDX-License-Identifier: GPL-3.0-or-later
// Whether anything still arrives: of the other person's, and at all. A line that
// breaks at the other end is known here long before the server gives it up, and
// a frozen face is not what there should be until then. And a browser that has
// found another way by itself may not know that the server still sends the old
// one. No DOM in here.

/**
 * @typedef {object} PulseCallbacks
 * @property {() => Promise<RTCStatsReport>} stats
 * @property {() => boolean} expected should anything of the other's arrive
 * @property {() => boolean} answered should the server's reports arrive
 * @property {(silent: boolean) => void} silent nothing of the other's has
 *   arrived for a while, or something does again
 * @property {(deaf: boolean) => void} deaf the same, of anything at all
 *
 * @typedef {{media: number, bytes: number}} Arrived so far: packets of the
 *   other's, bytes of anything
 */

const LOOK_MS = 500;
/** Voice comes 50 times a second: so long a gap is no accident. */
const SILENT_MS = 2500;
/** So is this one, where the server answers what is sent, too. */
const DEAF_MS = 1500;
/** But not where only its reports come, one a second. */
const THINLY_DEAF_MS = 6000;
/** Bytes in one look that are more than reports. */
const THICK_BYTES = 1000;
/** A page in the background looks seldom: what it saw then says nothing. */
const SELDOM_MS = 2000;

/** @param {RTCStatsReport} report @returns {Arrived} */
export function arrivedIn(report) {
	let media = 0;
	let transports = 0;
	let pairs = 0;
	report.forEach((entry) => {
		if (entry.type === 'inbound-rtp')
			media += entry.packetsReceived ?? 0;
		if (entry.type === 'transport')
			transports += entry.bytesReceived ?? 0;
		if (entry.type === 'candidate-pair')
			pairs += entry.bytesReceived ?? 0;
	});
	// Firefox counts only at the pairs.
	return { media, bytes: transports || pairs };
}

/** Time without news, after there was some. */
class Gap {
	#count = 0;
	#since = 0;
	/** @param {number} count @param {number} now @param {boolean} reset */
	see(count, now, reset) {
		const news = count - this.#count;
		this.#count = count;
		if (news || reset || !count)
			this.#since = now;
		return { news, ms: now - this.#since };
	}
}

export class Pulse {
	#callbacks;
	/** @type {ReturnType<typeof setInterval> | undefined} */
	#timer;
	#media = new Gap();
	#bytes = new Gap();
	#looked = 0;
	#thick = false;
	#silent = false;
	#deaf = false;
	#looking = false;

	/** @param {PulseCallbacks} callbacks */
	constructor(callbacks) {
		this.#callbacks = callbacks;
	}

	/** On a new connection. */
	start() {
		this.stop();
		this.#media = new Gap();
		this.#bytes = new Gap();
		this.#timer = setInterval(() => void this.#look(), LOOK_MS);
	}

	stop() {
		clearInterval(this.#timer);
		this.#timer = undefined;
		this.#silent = this.#deaf = false;
	}

	async #look() {
		if (this.#looking)
			return;
		this.#looking = true;
		const timer = this.#timer;
		try {
			const arrived = arrivedIn(await this.#callbacks.stats());
			if (timer !== undefined && this.#timer === timer)
				this.see(arrived, performance.now());
		} catch {
			// The connection has just been closed.
		} finally {
			this.#looking = false;
		}
	}

	/**
	 * What one look saw.
	 * @param {Arrived} arrived
	 * @param {number} now ms
	 */
	see(arrived, now) {
		const seldom = now - this.#looked > SELDOM_MS;
		this.#looked = now;
		const expected = this.#callbacks.expected();
		const media = this.#media.see(arrived.media, now, seldom || !expected);
		const any = this.#bytes.see(arrived.bytes, now,
			seldom || !(expected || this.#callbacks.answered()));
		if (any.news)
			this.#thick = any.news > THICK_BYTES;
		const deaf = any.ms >= (this.#thick ? DEAF_MS : THINLY_DEAF_MS);
		if (deaf !== this.#deaf)
			this.#callbacks.deaf(this.#deaf = deaf);
		// Whoever hears nothing at all knows nothing of the other.
		const silent = !deaf && media.ms >= SILENT_MS;
		if (silent !== this.#silent)
			this.#callbacks.silent(this.#silent = silent);
	}
}
