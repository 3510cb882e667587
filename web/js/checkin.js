// SPDX-License-Identifier: GPL-3.0-or-later
// The check before a visit: microphone, camera, loudspeaker and line, each
// looked at on its own, and the first three for as long as the visit lasts.
// No DOM in here.

import { troublesOf } from './checked.js';
import { Hearing } from './hearing.js';
import { listOutputs, outputsGone, remember, remembered } from './speaker.js';

/**
 * @typedef {import('./checked.js').Checked} Checked
 * @typedef {import('./nettest.js').NetResult} NetResult
 *
 * @typedef {object} CheckCallbacks
 * @property {(event: import('./state.js').Event) => void} dispatch
 * @property {() => import('./state.js').State} state
 * @property {() => void} troubled what troublesOf says has changed
 * @property {(track: MediaStreamTrack) => import('./hearing.js').Gauge} [light]
 * @property {import('./nettest.js').Noise} [noise]
 */

/** Phases in which there is time for a test. */
const BEFORE = ['lobby', 'early'];
/** Whoever joins at once is not slowed down by a test that has begun. */
const START_MS = 1500;
/** A line's result is good for so long, also after a reload. */
const FRESH_MS = 120000;
const KEPT = 'rth-check';

/**
 * @typedef {object} Kept on this tab, so that a reload knows it
 * @property {number} [at] ms since 1970 of the line's test
 * @property {NetResult | null} [line]
 * @property {Checked['speaker']} [speaker]
 */

/** @returns {Kept} */
function kept() {
	try {
		return JSON.parse(sessionStorage.getItem(KEPT) ?? '{}') ?? {};
	} catch {
		return {};
	}
}

/** @param {Kept} change */
function keep(change) {
	try {
		sessionStorage.setItem(KEPT, JSON.stringify({ ...kept(), ...change }));
	} catch {
		// Then a reload begins anew.
	}
}

/** @returns {Partial<Checked>} what was found just now */
function recent() {
	const { at = 0, line = null, speaker = null } = kept();
	const age = Date.now() - at;
	const fresh = line && age >= 0 && age < FRESH_MS;
	return { using: remembered(), speaker: speaker === 'ok' ? 'ok' : null,
		...(fresh ? { line, testing: /** @type {const} */ ('done') } : {}) };
}

/**
 * Where one hears that the network may be another one.
 * @returns {[EventTarget | undefined, string][]}
 */
const hints = () => [[globalThis, 'online'],
	[/** @type {any} */ (globalThis.navigator)?.connection, 'change']];

/** The check of one visit's page, from the lobby to the end of the visit. */
export class CheckIn {
	#callbacks;
	#hearing;
	/** @type {import('./nettest.js').NetTest | null} */
	#test = null;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#timer;
	#told = '';

	/** @param {CheckCallbacks} callbacks */
	constructor(callbacks) {
		this.#callbacks = callbacks;
		this.#hearing = new Hearing({
			microphone: (microphone) => this.#change({ microphone }),
			camera: (camera) => this.#change({ camera }),
			light: callbacks.light,
		});
		this.#change(recent());
	}

	/** @param {Partial<Checked>} change */
	#change(change) {
		this.#callbacks.dispatch({ type: 'check', change });
		this.look();
	}

	/** Tells who listens if there is other trouble than before. */
	look() {
		const now = troublesOf(this.#callbacks.state()).join(' ');
		if (now === this.#told)
			return;
		this.#told = now;
		this.#callbacks.troubled();
	}

	/**
	 * A device has another track, or none.
	 * @param {import('./media.js').Slot} slot
	 * @param {MediaStreamTrack | null} track borrowed
	 */
	track(slot, track) {
		if (slot !== 'screen')
			this.#hearing.watch(slot, track);
	}

	/** The list of devices may have changed. */
	async outputs() {
		const speakers = await listOutputs();
		this.#change({ speakers, noOutput: await outputsGone() });
	}

	/** @param {string} id of a loudspeaker; empty: the system's choice */
	choose(id) {
		remember(id);
		keep({ speaker: null });
		this.#change({ using: id, speaker: null });
	}

	/** @param {Checked['speaker']} speaker */
	heard(speaker) {
		keep({ speaker });
		this.#change({ speaker });
	}

	/** Tests the line soon, unless that was done just now. */
	begin() {
		for (const [target, type] of hints())
			target?.addEventListener(type, this.#changed);
		if (!this.#callbacks.state().check.line)
			this.#soon();
	}

	#soon() {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => void this.test(), START_MS);
	}

	/** The network is another one: what was measured is of no use. */
	#changed = () => {
		if (!BEFORE.includes(this.#callbacks.state().phase))
			return;
		keep({ line: null });
		this.#change({ line: null, testing: 'no' });
		this.#test?.stop();
		this.#test = null;
		this.#soon();
	};

	/** Tests the line now. */
	async test() {
		clearTimeout(this.#timer);
		const { noise } = this.#callbacks;
		// Only who is in the lobby needs this module.
		const { NetTest } = await import('./nettest.js');
		if (this.#test || !noise
			|| !BEFORE.includes(this.#callbacks.state().phase))
			return;
		const test = new NetTest(noise);
		this.#test = test;
		this.#change({ testing: 'running' });
		const line = await test.run();
		if (this.#test !== test)
			return;
		this.#test = null;
		if (line?.path)
			keep({ at: Date.now(), line });
		this.#change(line ? { testing: 'done', line } : { testing: 'no' });
	}

	/** Joining has the line for itself. */
	stopTest() {
		clearTimeout(this.#timer);
		this.#test?.stop();
	}

	/** Nothing is called back afterwards. */
	close() {
		this.#callbacks = { ...this.#callbacks, dispatch: () => {},
			troubled: () => {} };
		this.stopTest();
		for (const [target, type] of hints())
			target?.removeEventListener(type, this.#changed);
		this.#hearing.close();
	}
}
