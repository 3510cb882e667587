// SPDX-License-Identifier: GPL-3.0-or-later
// Whether anything of the other person's still arrives. A line that breaks at
// the other end is known here long before the server gives it up, and a frozen
// face is not what there should be until then. No DOM in here.

/**
 * @typedef {object} PulseCallbacks
 * @property {() => Promise<RTCStatsReport>} stats
 * @property {() => boolean} expected should anything arrive
 * @property {(silent: boolean) => void} silent nothing has arrived for a
 *   while, or something does again
 */

const LOOK_MS = 1000;
/** Voice comes 50 times a second: so long a gap is no accident. */
const SILENT_MS = 2500;
/** A page in the background looks seldom: what it saw then says nothing. */
const SELDOM_MS = 3000;

/** @param {RTCStatsReport} report @returns {number} packets of media so far */
function packetsIn(report) {
	let sum = 0;
	report.forEach((entry) => {
		if (entry.type === 'inbound-rtp')
			sum += entry.packetsReceived ?? 0;
	});
	return sum;
}

export class Pulse {
	#callbacks;
	/** @type {ReturnType<typeof setInterval> | undefined} */
	#timer;
	#packets = 0;
	/** Of the newest packet, and of the last look; ms of the page's clock. */
	#heard = 0;
	#looked = 0;
	#silent = false;
	#looking = false;

	/** @param {PulseCallbacks} callbacks */
	constructor(callbacks) {
		this.#callbacks = callbacks;
	}

	start() {
		this.stop();
		this.#packets = 0;
		this.#timer = setInterval(() => void this.#look(), LOOK_MS);
	}

	stop() {
		clearInterval(this.#timer);
		this.#timer = undefined;
		this.#silent = false;
	}

	async #look() {
		if (this.#looking)
			return;
		this.#looking = true;
		try {
			const packets = packetsIn(await this.#callbacks.stats());
			if (this.#timer !== undefined)
				this.see(packets, performance.now());
		} catch {
			// The connection has just been closed.
		} finally {
			this.#looking = false;
		}
	}

	/**
	 * What one look saw.
	 * @param {number} packets so far
	 * @param {number} now ms
	 */
	see(packets, now) {
		const seldom = now - this.#looked > SELDOM_MS;
		const news = packets !== this.#packets;
		this.#looked = now;
		this.#packets = packets;
		const expected = this.#callbacks.expected();
		if (news || seldom || !packets || !expected)
			this.#heard = now;
		if (this.#silent && (news || !expected))
			this.#say(false);
		if (!this.#silent && now - this.#heard >= SILENT_MS)
			this.#say(true);
	}

	/** @param {boolean} silent */
	#say(silent) {
		this.#silent = silent;
		this.#callbacks.silent(silent);
	}
}
