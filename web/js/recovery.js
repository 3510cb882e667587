// SPDX-License-Identifier: GPL-3.0-or-later
// What to do about a connection in trouble, the gentlest first:
//
//   1. wait a moment: ICE may find its path again by itself
//   2. an ICE restart on the same session: another address, another way
//   3. while the line to Janus is lost too, protocol.js claims the session;
//      when it is back, 2
//   4. a new seat with a fresh token, when the session is gone or 2 does not
//      help
//
// Knows nothing of the page, of RTCPeerConnection or of sockets.

/**
 * @typedef {object} RecoveryCallbacks
 * @property {() => Promise<void>} restart ICE on the same session; rejected
 *   with an error whose `code` says why not
 * @property {() => void} check looks if the line lives
 * @property {() => void} rejoin takes the seat anew
 */

/** ICE gets so long to mend itself. */
const PATIENCE_MS = 300;
/** Changes of the network come in bunches. */
const HINT_MS = 200;
/** A restart that has not brought the connection up by then did not help. */
const UP_MS = 5000;
/** So many in vain, with a line that works, before the seat is taken anew. */
const RESTARTS_MAX = 3;
/** Errors of a restart after which the line decides what comes next. */
const PASSING = new Set(['lost', 'timeout', 'busy', 'interrupted']);

export class Recovery {
	#callbacks;
	/** @type {import('./media.js').Link} */
	#link = 'new';
	/** @type {import('./protocol.js').State} */
	#line = 'open';
	#deaf = false;
	/** Is another way to be looked for, also on a connection that is up? */
	#wanted = false;
	#restarts = 0;
	/** Each restart has a number: what an older one met is of no interest. */
	#turn = 0;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#timer;

	/** @param {RecoveryCallbacks} callbacks */
	constructor(callbacks) {
		this.#callbacks = callbacks;
	}

	/** @param {import('./media.js').Link} link of the media */
	link(link) {
		this.#link = link;
		if (link === 'up' && !this.#deaf)
			this.#well();
		if (link === 'shaky' || link === 'failed') {
			this.#callbacks.check();
			this.#soon(link === 'shaky' ? PATIENCE_MS : 0);
		}
	}

	/** @param {boolean} deaf nothing arrives, whatever ICE says of itself */
	deaf(deaf) {
		this.#deaf = deaf;
		if (deaf) {
			this.#callbacks.check();
			this.#soon(0);
		} else if (!this.#inTrouble) {
			this.#well();
		}
	}

	/** @param {import('./protocol.js').State} line to Janus */
	line(line) {
		this.#line = line;
		if (line === 'open' && (this.#wanted || this.#inTrouble)) {
			// What was tried without a line was not the media's fault.
			this.#restarts = 0;
			this.#soon(0);
		}
		if (line === 'lost')
			clearTimeout(this.#timer);
	}

	/** The network may have changed: look, and find a way on the new one. */
	suspect() {
		this.#callbacks.check();
		if (this.#link === 'new' || this.#link === 'closed')
			return;
		this.#wanted = true;
		this.#restarts = 0;
		this.#soon(HINT_MS);
	}

	/** Nothing is tried any more; what comes next has a line of its own. */
	stop() {
		clearTimeout(this.#timer);
		this.#turn += 1;
		this.#link = 'closed';
		this.#line = 'open';
		this.#deaf = this.#wanted = false;
	}

	get #inTrouble() {
		return this.#deaf || ['shaky', 'failed'].includes(this.#link);
	}

	#well() {
		if (!this.#wanted)
			clearTimeout(this.#timer);
		this.#turn += 1;
		this.#restarts = 0;
	}

	/** @param {number} ms until a restart */
	#soon(ms) {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => void this.#restart(), ms);
	}

	async #restart() {
		if (this.#line !== 'open')
			return; // line() goes on
		if (this.#restarts >= RESTARTS_MAX)
			return this.#callbacks.rejoin();
		this.#restarts += 1;
		const turn = this.#turn += 1;
		try {
			await this.#callbacks.restart();
			this.#wanted = false;
		} catch (error) {
			const code = /** @type {any} */ (error)?.code ?? '';
			if (turn !== this.#turn)
				return;
			if (!PASSING.has(code))
				return this.#callbacks.rejoin();
		}
		if (turn === this.#turn && this.#inTrouble)
			this.#soon(UP_MS);
	}
}
