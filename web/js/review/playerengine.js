// SPDX-License-Identifier: GPL-3.0-or-later
// Many media elements played as one. It knows no page: who makes the elements,
// and what time it is, are given. `tick` is called every TICK_MS.
//
//            seek, play             all are where they belong
//   paused ─────────────▶ waiting ────────────────────────────▶ playing
//      ▲                  │    ▲                                   │
//      └──────────────────┘    └───────────────────────────────────┘
//       nobody wants to play      seek, pause, one has nothing to play,
//                                 one is too far from the others

import { Clock, Place, correction, masterOf, near, segmentAt } from './timeline.js';

export const TICK_MS = 50;

/** A lane is put in its place by force at most so often. */
const FORCE_MS = 3000;
/** Rates are changed at most so often: each change costs the browser work. */
const BEND_MS = 250;
/** Nearer than this an element is where it should be, s. */
const NEAR_S = 0.01;
/** What has just begun is not moved for less, s of the world. */
const BEGUN_S = 0.06;
/** The last of a medium, in which it may have nothing more to come, s. */
const TAIL_S = 0.15;
/** So much of what runs must have come before its end is played on. */
const MARGIN_MS = 6000;
/** Lanes do not end at once: so long before the end their last picture stays. */
const LINGER_MS = 1500;
/** Nor do they begin at once, nor does one segment after another. */
const SOON_MS = 500;
/** How often a lane that fails is tried again. */
const TRIES_MAX = 3;
const HAVE_METADATA = 1;
const HAVE_FUTURE_DATA = 3;

/**
 * @typedef {import('./timeline.js').Lane} Lane
 * @typedef {import('./timeline.js').Segment} Segment
 * @typedef {Pick<HTMLMediaElement, 'currentTime' | 'duration' | 'ended'
 *   | 'muted' | 'paused' | 'playbackRate' | 'readyState' | 'seeking'
 *   | 'pause' | 'play'>} Medium
 *
 * @typedef {object} Entry an open segment
 * @property {string} key
 * @property {Lane} lane
 * @property {Segment} segment
 * @property {Medium} medium
 * @property {boolean} audio
 * @property {Place} place where it really is
 * @property {number} aim where it was put the last time, s of the medium
 * @property {number} rate
 * @property {boolean} bent its rate differs from the others'
 * @property {number} bentAt
 * @property {boolean} started
 *
 * @typedef {object} World
 * @property {(lane: Lane, segment: Segment) => Medium} make
 * @property {(medium: Medium) => void} drop
 * @property {(ms: number) => void} plays it is here, and played until here
 * @property {() => void} stands
 */

/** @param {Entry} entry @param {number} ms @returns {number} s of the medium */
const targetOf = ({ segment }, ms) =>
	Math.max(0, (ms - segment.start_ms) / 1000);

/** @param {Medium} medium @param {number} at s @returns {boolean} */
const isTail = (medium, at) =>
	medium.ended || at >= medium.duration - TAIL_S;

export class Engine {
	/** @type {'paused' | 'waiting' | 'playing'} */
	state = 'waiting';
	/** Whether it is to play as soon as it can. */
	wants = false;
	/** The browser wants a press of a button first. */
	blocked = false;
	/** Since when it waits. */
	waitsSince = 0;
	/** @type {Set<string>} roles */
	silent = new Set();

	#clock = new Clock();
	/** @type {Lane[]} */
	#lanes;
	#duration;
	#world;
	/** @type {Map<string, Entry>} */
	#entries = new Map();
	/** @type {Map<string, number>} key -> how often it has failed */
	#failures = new Map();
	/** @type {string | null} */
	#master = null;
	#forcedAt = -Infinity;
	#running;
	/** It has played all that there was of what runs. */
	#atEnd = false;

	/**
	 * @param {{ lanes: Lane[], duration_ms: number, running: boolean }} play
	 * @param {World} world
	 */
	constructor(play, world) {
		this.#lanes = play.lanes;
		this.#duration = play.duration_ms;
		this.#running = play.running;
		this.#world = world;
	}

	get rate() {
		return this.#clock.rate;
	}

	/** Whether it waits for more to be recorded. */
	get isEarly() {
		return this.#running && this.#atEnd;
	}

	get duration() {
		return this.#duration;
	}

	/** @param {number} now @returns {number} ms of the recording */
	at(now) {
		return Math.min(this.#duration, Math.max(0, this.#clock.at(now)));
	}

	/**
	 * What a lane shows now, also its first picture just before it begins.
	 * @param {string} lane
	 * @param {number} now
	 * @returns {Entry | null}
	 */
	shown(lane, now) {
		const ms = this.at(now);
		const isOf = (/** @type {Entry} */ entry) => entry.lane.lane === lane;
		return this.#playing(ms).find(isOf)
			?? [...this.#entries.values()].find((entry) => isOf(entry)
				&& entry.segment.start_ms > ms
				&& entry.segment.start_ms - ms <= SOON_MS) ?? null;
	}

	/** Whether a lane cannot be played here. @param {string} lane @param {number} now */
	broken(lane, now) {
		const found = this.#lanes.find((each) => each.lane === lane);
		const segment = found?.segments[segmentAt(found, this.at(now))];
		return Boolean(segment && this.#gaveUp(segment));
	}

	/**
	 * More has come of a recording that runs.
	 * @param {{ lanes: Lane[], duration_ms: number, running: boolean }} play
	 */
	extend({ lanes, duration_ms: duration, running }) {
		this.#lanes = lanes;
		this.#duration = Math.max(duration, running ? this.#duration : 0);
		this.#running = running;
		const all = lanes.flatMap((lane) => lane.segments);
		for (const entry of [...this.#entries.values()]) {
			const { segment, medium } = entry;
			entry.segment = all.find(({ src }) => src === entry.key) ?? segment;
			// It was opened when it was shorter.
			if (medium.ended && !segment.finished
				&& entry.segment.duration_ms > segment.duration_ms)
				this.#close(entry.key);
		}
	}

	/** @param {boolean} wants @param {number} now */
	want(wants, now) {
		this.wants = wants;
		this.blocked = false;
		if (wants && !this.#running && this.at(now) >= this.#duration)
			this.seek(0, now);
		else
			this.#hold(now);
	}

	/** @param {number} ms @param {number} now */
	seek(ms, now) {
		const to = Math.min(this.#duration, Math.max(0, ms));
		this.#hold(now);
		this.#clock.set(to, now);
		this.#atEnd = to >= this.#duration;
	}

	/** @param {number} rate @param {number} now */
	setRate(rate, now) {
		this.#clock.setRate(rate, now);
		for (const entry of this.#entries.values())
			this.#bend(entry, rate, now);
	}

	/** @param {string} role @param {boolean} silent */
	mute(role, silent) {
		this.silent[silent ? 'add' : 'delete'](role);
		for (const { lane, medium } of this.#entries.values())
			medium.muted = this.silent.has(lane.role);
	}

	/** A segment could not be fetched or played. @param {string} src */
	fail(src) {
		this.#failures.set(src, (this.#failures.get(src) ?? 0) + 1);
		this.#close(src);
	}

	/** A segment is opened anew, in another way. @param {string} src */
	reopen(src) {
		this.#close(src);
	}

	/** Everything stops, and no medium is left. */
	close() {
		this.wants = false;
		for (const key of [...this.#entries.keys()])
			this.#close(key);
		this.#lanes = [];
	}

	/** @param {number} now */
	tick(now) {
		const ms = this.at(now);
		this.#open(ms);
		if (this.state === 'playing')
			this.#follow(now);
		else
			this.#gather(ms, now);
		if (this.state !== 'playing' || this.#clock.at(now) < this.#duration)
			return;
		this.wants &&= this.#running;
		this.#atEnd = true;
		this.#hold(now);
		this.#clock.set(this.#duration, now);
	}

	/** @param {Segment} segment */
	#gaveUp(segment) {
		return (this.#failures.get(segment.src) ?? 0) >= TRIES_MAX;
	}

	/** Opens what is near and closes what is not. @param {number} ms */
	#open(ms) {
		const wanted = new Map(near(this.#lanes, ms)
			.filter(({ segment }) => !this.#gaveUp(segment))
			.map((each) => [each.segment.src, each]));
		for (const key of [...this.#entries.keys()])
			if (!wanted.has(key))
				this.#close(key);
		for (const [key, { lane, segment }] of wanted)
			if (!this.#entries.has(key))
				this.#entries.set(key, this.#made(key, lane, segment));
	}

	/**
	 * @param {string} key
	 * @param {Lane} lane
	 * @param {Segment} segment
	 * @returns {Entry}
	 */
	#made(key, lane, segment) {
		const medium = this.#world.make(lane, segment);
		medium.muted = this.silent.has(lane.role);
		medium.playbackRate = this.rate;
		return { key, lane, segment, medium, audio: segment.audio,
			place: new Place(), aim: 0, rate: this.rate, bent: false,
			bentAt: -Infinity, started: false };
	}

	/** @param {string} key */
	#close(key) {
		const entry = this.#entries.get(key);
		this.#entries.delete(key);
		if (entry)
			this.#world.drop(entry.medium);
	}

	/** @param {number} ms @returns {Entry[]} */
	#playing(ms) {
		return this.#lanes.flatMap((lane) => {
			const lingers = !this.#running && ms > this.#duration - LINGER_MS;
			const segment = lane.segments[segmentAt(lane, ms)]
				?? (lingers && lane.segments[segmentAt(lane, ms - LINGER_MS)]);
			const entry = segment && this.#entries.get(segment.src);
			return entry ? [entry] : [];
		});
	}

	/** @param {number} now */
	#hold(now) {
		this.#world.stands();
		this.#clock.run(false, now);
		this.waitsSince = this.state === 'waiting' ? this.waitsSince : now;
		this.state = 'waiting';
		for (const { medium, place } of this.#entries.values()) {
			if (!medium.paused)
				medium.pause();
			place.forget();
		}
	}

	/** Puts everything where it belongs. @param {number} ms @param {number} now */
	#gather(ms, now) {
		const playing = this.#playing(ms);
		for (const entry of this.#entries.values())
			if (playing.includes(entry) || entry.segment.start_ms > ms)
				this.#put(entry, targetOf(entry, ms));
		if (!playing.every((entry) => this.#isReady(entry, targetOf(entry, ms))))
			return;
		if (!this.wants)
			this.state = 'paused';
		else if (this.#mayGoOn(ms))
			this.#start(playing, now);
	}

	/** @param {number} ms */
	#mayGoOn(ms) {
		const left = this.#duration - ms;
		return this.#running && this.#atEnd ? left >= MARGIN_MS : left > 0;
	}

	/** @param {Entry} entry @param {number} at s */
	#put(entry, at) {
		const { medium } = entry;
		const shift = Math.abs(medium.currentTime - at);
		if (medium.readyState < HAVE_METADATA || medium.seeking
			|| shift <= NEAR_S || Math.abs(entry.aim - at) <= NEAR_S
			&& !entry.started)
			return;
		entry.aim = at;
		entry.started = false;
		entry.place.forget();
		medium.currentTime = at;
	}

	/** @param {Entry} entry @param {number} at s */
	#isReady({ medium }, at) {
		return medium.readyState >= HAVE_METADATA && !medium.seeking
			&& (medium.readyState >= HAVE_FUTURE_DATA || isTail(medium, at));
	}

	/** @param {Entry[]} entries @param {number} now */
	#start(entries, now) {
		this.state = 'playing';
		this.#atEnd = false;
		this.#clock.run(true, now);
		for (const entry of this.#entries.values())
			if (entries.includes(entry))
				this.#begin(entry, now);
			else
				this.#beside(entry, this.at(now), now);
	}

	/** @param {Entry} entry */
	#play(entry) {
		entry.started = true;
		if (!entry.medium.ended)
			entry.medium.play()?.catch((error) => {
				if (error.name !== 'NotAllowedError')
					return;
				this.blocked = true;
				this.wants = false;
			});
	}

	/** Keeps together what plays. @param {number} now */
	#follow(now) {
		const ms = this.at(now);
		const playing = this.#playing(ms);
		for (const entry of this.#entries.values())
			if (!playing.includes(entry))
				this.#beside(entry, ms, now);
		if (!this.wants || playing.some((entry) => this.#lacks(entry, now)))
			return this.#hold(now);
		const going = playing.filter(({ medium }) =>
			!isTail(medium, medium.currentTime));
		for (const { key, place, medium, segment, rate } of going) {
			place.tell(segment.start_ms + medium.currentTime * 1000, rate, now);
			if (place.sure)
				this.#failures.delete(key);
		}
		this.#lead(masterOf(going.filter(({ place }) => place.sure),
			this.#master), now);
		for (const entry of going)
			if (entry.key !== this.#master && entry.place.sure)
				this.#keep(entry, now);
		if (this.state === 'playing')
			this.#world.plays(this.at(now));
	}

	/**
	 * What is over stops; what is nearer than half a tick begins.
	 * @param {Entry} entry
	 * @param {number} ms
	 * @param {number} now
	 */
	#beside(entry, ms, now) {
		const until = entry.segment.start_ms - ms;
		if (until < 0 && !entry.medium.paused)
			entry.medium.pause();
		else if (until > 0 && until <= TICK_MS / 2 * this.rate
			&& entry.medium.paused && !entry.medium.seeking)
			this.#begin(entry, now);
	}

	/** @param {Entry} entry @param {number} now */
	#begin(entry, now) {
		this.#bend(entry, this.rate, now);
		this.#play(entry);
	}

	/**
	 * Whether one has nothing to play. What begins now is started.
	 * @param {Entry} entry
	 * @param {number} now
	 */
	#lacks(entry, now) {
		const { medium } = entry;
		if (isTail(medium, medium.currentTime))
			return false;
		if (!entry.started) {
			const at = targetOf(entry, this.at(now));
			if (Math.abs(medium.currentTime - at) > BEGUN_S * this.rate)
				this.#put(entry, at);
			this.#begin(entry, now);
		} else if (medium.paused && entry.audio) {
			// A key of the machine, or its headphones were pulled out.
			this.wants = false;
		} else if (medium.paused) {
			// Browsers stop pictures that nobody sees.
			entry.place.forget();
			this.#play(entry);
			return false;
		}
		return medium.seeking || medium.readyState < HAVE_FUTURE_DATA;
	}

	/** The clock goes by one lane. @param {Entry | null} entry @param {number} now */
	#lead(entry, now) {
		this.#master = entry?.key ?? null;
		if (!entry)
			return;
		if (entry.bent)
			this.#bend(entry, this.rate, now);
		this.#clock.set(entry.place.ms, now);
	}

	/** @param {Entry} entry @param {number} now */
	#keep(entry, now) {
		const what = correction(entry.place.ms - this.#clock.at(now), this.rate,
			entry.bent);
		if (!what.seek) {
			if (now - entry.bentAt >= BEND_MS)
				this.#bend(entry, what.rate, now);
		} else if (now - this.#forcedAt >= FORCE_MS) {
			this.#forcedAt = now;
			this.#hold(now);
		}
	}

	/** @param {Entry} entry @param {number} rate @param {number} now */
	#bend(entry, rate, now) {
		entry.bent = rate !== this.rate;
		if (entry.rate === rate && entry.medium.playbackRate === rate)
			return;
		entry.rate = rate;
		entry.bentAt = now;
		entry.medium.playbackRate = rate;
	}
}
