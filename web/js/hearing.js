// SPDX-License-Identifier: GPL-3.0-or-later
// Notices a microphone that gives no sound and a camera that gives only black,
// before and during a visit. No DOM in here: who looks at the picture is a
// parameter.
//
// A person who says nothing is not silence: rooms, breath and the microphone
// itself make some noise. What is looked for is what a switched-off headset, a
// denied permission of the system or a dead cable give: nothing at all.

/**
 * @typedef {'ok' | 'bad' | null} Verdict null: nothing is known
 *
 * @typedef {object} HearingCallbacks
 * @property {(verdict: Verdict) => void} microphone its verdict has changed
 * @property {(verdict: Verdict) => void} camera
 * @property {(track: MediaStreamTrack) => Gauge} [light] looks at a camera's
 *   picture
 *
 * @typedef {object} Gauge something that is read now and then
 * @property {() => number | null} read null: cannot be told now
 * @property {() => void} stop
 */

/** Samples below this are nothing: -70 dB of full scale. */
export const SOUND_FLOOR = 0.0003;
/** The brightest of a picture's points, 0 to 255, that is still black. */
export const LIGHT_FLOOR = 20;

const SOUND_MS = 500;
const LIGHT_MS = 1000;
/** A reading of what the browser or the system holds shut: no doubt about it. */
export const SHUT = -1;
/** As many readings it counts for. */
const SHUT_COUNTS = 3;
/** The longest window that an analyser has: 0.68 s at 48 kHz. */
const WINDOW = 32768;

/**
 * Judges one device by how much comes from it. Counts readings, not time: a
 * page in the background is asked less often.
 */
export class Judge {
	/** @type {Verdict} */
	verdict = null;
	#floor;
	#first;
	#later;
	#empty = 0;

	/**
	 * @param {number} floor what is not more is nothing
	 * @param {number} first readings of nothing before the first verdict
	 * @param {number} later the same, once there was something: who listens to
	 *   the other, behind a microphone that suppresses all noise, is no fault
	 */
	constructor(floor, first, later) {
		this.#floor = floor;
		this.#first = first;
		this.#later = later;
	}

	/**
	 * @param {number | null} reading null: cannot be told now
	 * @returns {boolean} has the verdict changed
	 */
	take(reading) {
		if (reading === null)
			return false;
		const before = this.verdict;
		this.#empty = reading > this.#floor ? 0
			: this.#empty + (reading === SHUT ? SHUT_COUNTS : 1);
		if (!this.#empty)
			this.verdict = 'ok';
		else if (this.#empty >= (before === null ? this.#first : this.#later))
			this.verdict = 'bad';
		return this.verdict !== before;
	}
}

/** @returns {Judge} of a microphone: after 4 s, later after 20 s */
const soundJudge = () => new Judge(SOUND_FLOOR, 8, 40);
/** @returns {Judge} of a camera: after 4 s, later after 6 s */
const lightJudge = () => new Judge(LIGHT_FLOOR, 4, 6);

/**
 * The loudest sample of a microphone since about the last reading.
 * @param {MediaStreamTrack} track borrowed
 * @returns {Gauge}
 */
function soundGauge(track) {
	const context = new AudioContext();
	const source = context.createMediaStreamSource(new MediaStream([track]));
	const analyser = context.createAnalyser();
	analyser.fftSize = WINDOW;
	source.connect(analyser);
	const samples = new Float32Array(WINDOW);
	let resuming = false;

	return {
		read: () => {
			if (track.muted)
				return SHUT;
			if (context.state !== 'running') {
				// Some start no sound work before the page is touched.
				if (!resuming && navigator.userActivation?.hasBeenActive) {
					resuming = true;
					context.resume().catch(() => {}).finally(() => {
						resuming = false;
					});
				}
				return null;
			}
			analyser.getFloatTimeDomainData(samples);
			let most = 0;
			for (const sample of samples)
				most = Math.max(most, Math.abs(sample));
			return most;
		},
		stop: () => {
			source.disconnect();
			context.close().catch(() => {});
		},
	};
}

/** One device that is watched. */
class Watch {
	#judge;
	#gauge;
	#timer;

	/**
	 * @param {MediaStreamTrack} track
	 * @param {Judge} judge
	 * @param {Gauge} gauge
	 * @param {number} every ms
	 * @param {(verdict: Verdict) => void} changed
	 */
	constructor(track, judge, gauge, every, changed) {
		this.#judge = judge;
		this.#gauge = gauge;
		this.#timer = setInterval(() => {
			// Who has switched it off knows.
			if (track.enabled && track.readyState === 'live'
				&& judge.take(gauge.read()))
				changed(judge.verdict);
		}, every);
	}

	get verdict() {
		return this.#judge.verdict;
	}

	stop() {
		clearInterval(this.#timer);
		this.#gauge.stop();
	}
}

/**
 * Watches the two devices of one person.
 *
 *     const hearing = new Hearing(callbacks);
 *     hearing.watch('microphone', track);    // null: there is none
 *     hearing.close();
 */
export class Hearing {
	#callbacks;
	/** @type {{microphone: Watch | null, camera: Watch | null}} */
	#watched = { microphone: null, camera: null };

	/** @param {HearingCallbacks} callbacks */
	constructor(callbacks) {
		this.#callbacks = callbacks;
	}

	/**
	 * @param {import('./devices.js').Kind} kind
	 * @param {MediaStreamTrack | null} track borrowed
	 */
	watch(kind, track) {
		const old = this.#watched[kind];
		this.#watched[kind] = null;
		old?.stop();
		if (old?.verdict)
			this.#callbacks[kind](null);
		try {
			this.#watched[kind] = track && this.#newWatch(kind, track);
		} catch {
			// Without sound work nothing is known, and nothing is claimed.
		}
	}

	/**
	 * @param {import('./devices.js').Kind} kind
	 * @param {MediaStreamTrack} track
	 */
	#newWatch(kind, track) {
		if (kind === 'microphone')
			return new Watch(track, soundJudge(), soundGauge(track), SOUND_MS,
				this.#callbacks.microphone);
		const gauge = this.#callbacks.light?.(track);
		return gauge ? new Watch(track, lightJudge(), gauge, LIGHT_MS,
			this.#callbacks.camera) : null;
	}

	/** Nothing is called back afterwards. */
	close() {
		this.#callbacks = { microphone: () => {}, camera: () => {} };
		this.watch('microphone', null);
		this.watch('camera', null);
	}
}
