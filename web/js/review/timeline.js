// SPDX-License-Identifier: GPL-3.0-or-later
// A recording's time, and where the media of each lane belongs in it. Pure:
// times come in, positions and corrections come out. All times are in ms, those
// of the recording from its origin, those of the world from any fixed moment.

/**
 * @typedef {import('./api.js').Segment} Segment
 * @typedef {import('./api.js').Lane} Lane
 */

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3];

/** Media is fetched so long before it is needed, and kept so long after. */
const AHEAD_MS = 10000;
const BEHIND_MS = 6000;
/**
 * Segments of all lanes that are open at most. Each holds a connection, of which
 * browsers have six to a portal without HTTP/2; one is for everything else.
 */
const OPEN_MAX = 5;

// In ms of the world, as people see and hear them: at double speed a lane that
// is 40 ms of the recording away is 20 ms away.

/** Lanes nearer than this are left alone. */
const CALM_MS = 8;
/** A correction begins here. */
const SOFT_MS = 15;
/** Beyond this everybody waits and the lane is put where it belongs. */
const HARD_MS = 120;
/** In which time a drift is to be gone: a small one, one that is noticed. */
const GONE_MS = 600;
const SOON_GONE_MS = 300;
const NOTICED_MS = 40;
/** How much faster or slower a voice may go: unheard, and for a moment. */
const MOST_BEND = 0.1;
const MOMENT_BEND = 0.25;
/** Below and above these browsers make voices silent. */
const LEAST_RATE = 0.5;
const MOST_RATE = 4;
/** As long as a browser may take to tell where it is, twice and more. */
const WINDOW_MS = 400;

/** @param {Segment} segment */
const endOf = (segment) => segment.start_ms + segment.duration_ms;

/**
 * The segment of a lane that plays at a time; of two the later one.
 * @param {Lane} lane
 * @param {number} ms
 * @returns {number} its index, -1 in a hole
 */
export function segmentAt({ segments }, ms) {
	for (let i = segments.length - 1; i >= 0; i--)
		if (segments[i].start_ms <= ms && ms < endOf(segments[i]))
			return i;
	return -1;
}

/**
 * The segments that should be open: those that play, those soon to come, those
 * just over.
 * @param {Lane[]} lanes
 * @param {number} ms
 * @returns {{ lane: Lane, segment: Segment }[]} the nearest first
 */
export function near(lanes, ms) {
	const all = lanes.flatMap((lane) => {
		const plays = segmentAt(lane, ms);
		return lane.segments.map((segment, i) => ({ lane, segment,
			plays: i === plays, over: ms >= endOf(segment),
			away: Math.max(segment.start_ms - ms, 0, ms - endOf(segment)) }));
	});
	return all.filter(({ away, over }) =>
		away <= (over ? BEHIND_MS : AHEAD_MS))
		.sort((a, b) => Number(b.plays) - Number(a.plays)
			|| Number(a.over) - Number(b.over) || a.away - b.away)
		.slice(0, OPEN_MAX);
}

/** @param {number} rate @param {number} steps how much faster (+) or slower */
export function otherRate(rate, steps) {
	const nearest = RATES.reduce((best, each, i) =>
		Math.abs(each - rate) < Math.abs(RATES[best] - rate) ? i : best, 0);
	return RATES[Math.min(RATES.length - 1, Math.max(0, nearest + steps))];
}

/** Where the recording is, by the world's clock. */
export class Clock {
	#ms = 0;
	#since = 0;
	#rate = 1;
	#runs = false;

	get rate() {
		return this.#rate;
	}

	/** @param {number} now */
	at(now) {
		return this.#runs ? this.#ms + (now - this.#since) * this.#rate
			: this.#ms;
	}

	/** @param {number} ms @param {number} now */
	set(ms, now) {
		this.#ms = ms;
		this.#since = now;
	}

	/** @param {boolean} runs @param {number} now */
	run(runs, now) {
		this.set(this.at(now), now);
		this.#runs = runs;
	}

	/** @param {number} rate @param {number} now */
	setRate(rate, now) {
		this.set(this.at(now), now);
		this.#rate = rate;
	}
}

/**
 * Where one medium really is. Browsers tell that in steps of up to 40 ms and
 * always late, so of what was told in the last moments the furthest counts.
 */
export class Place {
	/** @type {{ now: number, ahead: number }[]} ahead of the own rate */
	#told = [];
	/** What the medium went by its own rate until `#last`. */
	#went = 0;
	#last = NaN;

	/**
	 * @param {number} ms where it says it is
	 * @param {number} rate its own, since it was told the last time
	 * @param {number} now
	 */
	tell(ms, rate, now) {
		this.#went += Number.isNaN(this.#last) ? 0 : (now - this.#last) * rate;
		this.#last = now;
		this.#told = this.#told.filter((each) => each.now > now - WINDOW_MS);
		this.#told.push({ now, ahead: ms - this.#went });
	}

	/** Where it is now, the moment it was told last; NaN when never. */
	get ms() {
		return this.#told.length ? this.#went
			+ Math.max(...this.#told.map(({ ahead }) => ahead)) : NaN;
	}

	/** Whether that is well founded. */
	get sure() {
		return this.#told.length > 2
			&& this.#last - this.#told[0].now >= WINDOW_MS / 2;
	}

	/** After a jump: what was told before says nothing. */
	forget() {
		this.#told = [];
	}
}

/**
 * What to do with a lane that is away from the others.
 * @param {number} drift ms of the recording that it is ahead (+) or behind (-)
 * @param {number} rate of the recording
 * @param {boolean} bent whether it is being corrected now
 * @returns {{ seek: true } | { seek: false, rate: number }}
 */
export function correction(drift, rate, bent) {
	const away = Math.abs(drift) / rate;
	if (away > HARD_MS)
		return { seek: true };
	if (away <= (bent ? CALM_MS : SOFT_MS))
		return { seek: false, rate };
	const bend = away > NOTICED_MS ? Math.min(MOMENT_BEND, away / SOON_GONE_MS)
		: Math.min(MOST_BEND, away / GONE_MS);
	const bentRate = Math.round(rate * (1 - Math.sign(drift) * bend) * 100) / 100;
	if (bentRate < LEAST_RATE || bentRate > MOST_RATE)
		return away > 2 * SOFT_MS ? { seek: true } : { seek: false, rate };
	return { seek: false, rate: bentRate };
}

/**
 * The lane that the others follow: a voice, since a bent one is heard. It stays
 * the same as long as it can.
 * @template {{ key: string, audio: boolean }} T
 * @param {T[]} going
 * @param {string | null} before key of the one until now
 * @returns {T | null}
 */
export function masterOf(going, before) {
	const voices = going.filter(({ audio }) => audio);
	return voices.find(({ key }) => key === before) ?? voices[0]
		?? going.find(({ key }) => key === before) ?? going[0] ?? null;
}
