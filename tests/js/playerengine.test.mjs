// SPDX-License-Identifier: GPL-3.0-or-later
// Media elements that begin late, go wrong, tell late where they are and run
// dry, played as one: how far apart they really get. RTH_SEED repeats a run.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Engine, TICK_MS } from '../../web/js/review/playerengine.js';

const SEED = Number(process.env.RTH_SEED ?? Date.now() % 2 ** 31);
const MOST_MS = 80;
const STEP_MS = 5;

/** Numbers from 0 to 1, the same for the same seed. */
function random(seed) {
	let state = seed >>> 0;

	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state / 2 ** 32;
	};
}

/** A browser's media element, as far as the engine knows one. */
class Fake {
	duration = NaN;
	ended = false;
	muted = false;
	paused = true;
	seeking = false;
	#opened = false;
	#dryUntil = 0;
	#rate = 1;
	#true = 0;
	#told = 0;
	#toldAt = 0;
	#waits = [];

	constructor(segment, how) {
		Object.assign(this, { segment, how, now: how.now() });
		this.#after(how.opensMs(), () => {
			this.duration = segment.duration_ms / 1000;
			this.#opened = true;
		});
	}

	#after(ms, act) {
		this.#waits.push({ at: this.now + ms, act });
	}

	get playbackRate() {
		return this.#rate;
	}

	set playbackRate(rate) {
		this.#rate = rate;
	}

	/** Where it says it is, which it does in steps. */
	get currentTime() {
		return this.#told;
	}

	set currentTime(at) {
		this.#true = this.#told = Math.min(at, this.duration);
		this.seeking = true;
		this.ended = false;
		this.#waits = [];
		this.#after(this.how.seeksMs(), () => { this.seeking = false; });
	}

	/** Where it really is, s. */
	get really() {
		return this.#true;
	}

	get moves() {
		return !this.paused && !this.seeking && this.readyState >= 3
			&& this.now >= this.begins && !this.ended;
	}

	play() {
		if (this.how.blocked) {
			return Promise.reject(Object.assign(new Error(),
				{ name: 'NotAllowedError' }));
		}
		this.paused = false;
		this.begins = this.now + this.how.beginsMs();
		return Promise.resolve();
	}

	pause() {
		this.paused = true;
		this.#told = this.#true;
	}

	dry(ms) {
		this.#dryUntil = this.now + ms;
	}

	get readyState() {
		return !this.#opened ? 0 : this.now < this.#dryUntil ? 2 : 4;
	}

	step(now) {
		const due = this.#waits.filter(({ at }) => at <= now);

		if (this.moves)
			this.#true = Math.min(this.duration, this.#true +
				(now - this.now) / 1000 * this.#rate * this.how.speed);
		this.now = now;
		this.#waits = this.#waits.filter((each) => !due.includes(each));
		for (const { act } of due)
			act();
		this.ended = this.#true >= this.duration;
		if (now - this.#toldAt >= this.how.tellsMs || this.ended) {
			this.#toldAt = now;
			this.#told = this.#true;
		}
	}
}

const segment = (src, start_ms, duration_ms, more = {}) => ({ src,
	container: 'webm', start_ms, duration_ms, audio: true, video: true,
	width: 640, height: 480, finished: true, ...more });
const PLAY = { running: false, duration_ms: 120000, lanes: [
	{ lane: 'clinician', role: 'clinician',
		segments: [segment('c1', 40, 119000)] },
	{ lane: 'patient', role: 'patient', segments: [
		segment('p1', 2000, 28000), segment('p2', 30100, 30000),
		segment('p3', 75000, 45000)] },
	{ lane: 'clinician-screen', role: 'clinician', segments: [
		segment('s1', 20000, 20000, { audio: false })] },
	{ lane: 'patient-screen', role: 'patient', segments: [] }] };

/** An engine in a world of its own, in which time is stepped. */
class Room {
	now = 1000;
	/** @type {Map<Fake, object>} */
	media = new Map();
	played = [];

	constructor({ seed = 1, play = PLAY, how = {} } = {}) {
		const next = random(seed);
		const from = (least, most) => () => least + next() * (most - least);

		this.next = next;
		this.engine = new Engine(play, {
			make: (lane, of) => {
				const fake = new Fake(of, { now: () => this.now,
					opensMs: from(5, 300), seeksMs: from(5, 150),
					beginsMs: from(0, 30), speed: 1 + (next() - 0.5) * 0.004,
					tellsMs: next() < 0.5 ? 0 : 40, ...how });

				this.media.set(fake, { lane, of });
				return fake;
			},
			drop: (fake) => this.media.delete(fake),
			plays: (ms) => this.played.push(ms),
			stands: () => {},
		});
	}

	/** Lets time pass; `look` is called at each tick. */
	pass(ms, look = () => {}) {
		for (const end = this.now + ms; this.now < end;) {
			this.now += STEP_MS;
			for (const fake of this.media.keys())
				fake.step(this.now);
			if (this.now % TICK_MS === 0) {
				this.engine.tick(this.now);
				look();
			}
		}
	}

	get at() {
		return this.engine.at(this.now);
	}

	do(what, ...words) {
		this.engine[what](...words, this.now);
	}

	/** Where all that plays really is, ms of the recording. */
	get places() {
		return [...this.media].filter(([fake]) => fake.moves &&
			fake.duration - fake.really > 0.2)
			.map(([fake, { of }]) => of.start_ms + fake.really * 1000);
	}

	/** By how much, ms of the world. */
	get apart() {
		const { places } = this;

		return places.length < 2 ? 0
			: (Math.max(...places) - Math.min(...places)) / this.engine.rate;
	}
}

describe('what plays together', () => {
	/** Forty players at which everything is done; the worst that was seen. */
	function together(dry) {
		let worst = 0;
		let ticks = 0;

		for (let run = 0; run < 40; run++) {
			const room = new Room({ seed: SEED + run });
			const acts = [
				() => room.do('seek', room.next() * 115000),
				() => room.do('setRate', [0.5, 1, 1.5, 2, 3][
					Math.floor(room.next() * 5)]),
				() => room.do('want', false),
				() => dry && [...room.media.keys()][0]?.dry(300),
				() => {},
			];

			room.do('want', true);
			for (let act = 0; act < 12; act++) {
				room.pass(300 + room.next() * 3000, () => {
					if (room.engine.state !== 'playing')
						return;
					worst = Math.max(worst, room.apart);
					ticks++;
				});
				acts[Math.floor(room.next() * acts.length)]();
				room.do('want', room.engine.wants || room.next() < 0.8);
			}
		}
		assert.ok(ticks > 4000, `${ticks} looks`);
		return worst;
	}

	test('stays together, whatever is done', (t) => {
		const worst = together(false);

		t.diagnostic(`RTH_SEED=${SEED}: the worst ${Math.round(worst)} ms apart`);
		assert.ok(worst <= MOST_MS, `${worst} ms`);
	});

	test('and when one runs dry: the others stop at the next look', (t) => {
		const worst = together(true);

		t.diagnostic(`RTH_SEED=${SEED}: the worst ${Math.round(worst)} ms apart`);
		assert.ok(worst <= MOST_MS + TICK_MS, `${worst} ms`);
	});

	test('a lane that begins late catches up, without all waiting', () => {
		const room = new Room({ how: { beginsMs: () => 0, speed: 1, tellsMs: 0 } });

		room.do('seek', 5000);
		room.do('want', true);
		room.pass(1000);
		const slow = [...room.media.keys()].find((fake) =>
			fake.segment.src === 'p1');

		slow.begins = room.now + 70;
		room.pass(100);
		assert.ok(room.apart > 50, `${room.apart} ms`);
		room.pass(3000, () => assert.equal(room.engine.state, 'playing'));
		assert.ok(room.apart <= 25, `${room.apart} ms`);
		assert.equal(slow.playbackRate, 1);
	});

	test('all wait for one that has nothing to play', () => {
		const room = new Room();

		room.do('seek', 5000);
		room.do('want', true);
		room.pass(2000);
		const { at } = room;

		[...room.media.keys()][0].dry(2000);
		room.pass(400);
		assert.equal(room.engine.state, 'waiting');
		assert.deepEqual(room.places, []);
		room.pass(1000);
		assert.ok(room.at - at < 400);
		room.pass(2000);
		assert.equal(room.engine.state, 'playing');
		assert.ok(room.at > at + 700);
	});

	test('the voice of one side is silent, also in segments to come', () => {
		const room = new Room();

		room.engine.mute('patient', true);
		for (const ms of [5000, 50000, 100000]) {
			room.do('seek', ms);
			room.pass(500);
			for (const [fake, { lane }] of room.media)
				assert.equal(fake.muted, lane.role === 'patient');
		}
		room.engine.mute('patient', false);
		assert.ok([...room.media.keys()].every((fake) => !fake.muted));
	});
});

describe('its time', () => {
	test('goes on in holes, where nothing can lead', () => {
		const room = new Room({ play: { running: false, duration_ms: 20000,
			lanes: [{ lane: 'patient', role: 'patient', segments: [
				segment('a', 0, 2000), segment('b', 8000, 2000)] }] } });

		room.do('want', true);
		room.pass(5000);
		assert.ok(room.at > 4000 && room.at <= 5000, String(room.at));
		room.pass(4000);
		assert.ok(room.at > 7700 && room.at <= 9000, String(room.at));
		room.pass(14000);
		assert.equal(room.at, 20000);
		assert.equal(room.engine.state, 'paused');
		room.do('want', true);
		room.pass(1000);
		assert.ok(room.at < 1500, 'it begins again');
	});

	test('a lane shows its first picture just before it begins', () => {
		const room = new Room();

		room.do('seek', 0);
		room.pass(500);
		assert.equal(room.engine.shown('clinician', room.now)?.key, 'c1');
		assert.equal(room.engine.shown('patient', room.now), null);
		room.do('seek', 1600);
		room.pass(500);
		assert.equal(room.engine.shown('patient', room.now)?.key, 'p1');
		assert.equal(room.places.length, 0);
	});

	test('at its end each lane keeps its last picture', () => {
		const room = new Room();

		room.do('seek', PLAY.duration_ms);
		room.pass(800);
		assert.equal(room.engine.state, 'paused');
		assert.equal(room.engine.shown('clinician', room.now)?.key, 'c1');
		assert.equal(room.engine.shown('patient', room.now)?.key, 'p3');
		assert.equal(room.engine.shown('clinician-screen', room.now), null);
		for (const [fake, { of }] of room.media)
			assert.ok(of.duration_ms / 1000 - fake.really < 1);
	});

	test('never goes beyond either end', () => {
		const room = new Room();

		room.do('seek', -500);
		assert.equal(room.at, 0);
		room.do('seek', 1e9);
		assert.equal(room.at, PLAY.duration_ms);
	});

	test('what is told as watched grows as it plays, and only then', () => {
		const room = new Room();

		room.pass(1000);
		assert.deepEqual(room.played, []);
		room.do('want', true);
		room.pass(3000);
		assert.ok(room.played.length > 30);
		const told = room.played.length;

		room.do('want', false);
		room.pass(2000);
		assert.equal(room.played.length, told);
		assert.equal(room.engine.state, 'paused');
	});

	test('waits at the end of one that runs, and goes on with it', () => {
		const running = { ...PLAY, running: true, duration_ms: 10000 };
		const room = new Room({ play: running });

		room.do('seek', 9000);
		room.do('want', true);
		room.pass(3000);
		assert.equal(room.at, 10000);
		assert.equal(room.engine.state, 'waiting');
		room.engine.extend({ ...running, duration_ms: 20000 });
		room.pass(3000);
		assert.equal(room.engine.state, 'playing');
		assert.ok(room.at > 11000);
	});
});

describe('media that do not do as told', () => {
	test('a browser that wants a press of a button first gets it', () => {
		const room = new Room({ how: { blocked: true } });

		room.do('want', true);
		room.pass(400);
		return Promise.resolve().then(() => Promise.resolve()).then(() => {
			room.pass(200);
			assert.equal(room.engine.blocked, true);
			assert.equal(room.engine.state, 'paused');
		});
	});

	test('a lane that cannot be played is tried thrice, then left out', () => {
		const room = new Room();

		room.do('seek', 5000);
		for (let i = 0; i < 3; i++) {
			room.pass(100);
			assert.equal(room.engine.broken('patient', room.now), false);
			room.engine.fail('p1');
		}
		room.do('want', true);
		room.pass(3000);
		assert.equal(room.engine.broken('patient', room.now), true);
		assert.equal(room.engine.state, 'playing');
		assert.ok(room.at > 7000);
	});

	test('a voice that the machine pauses pauses all', () => {
		const room = new Room();

		room.do('seek', 5000);
		room.do('want', true);
		room.pass(1500);
		[...room.media.keys()][0].pause();
		room.pass(300);
		assert.equal(room.engine.state, 'paused');
		assert.deepEqual(room.places, []);
	});

	test('a picture alone that the browser stops does not', () => {
		const room = new Room();

		room.do('seek', 22000);
		room.do('want', true);
		room.pass(1500);
		[...room.media.keys()].find((fake) => fake.segment.src === 's1').pause();
		room.pass(1000);
		assert.equal(room.engine.state, 'playing');
		assert.equal(room.places.length, 3);
	});

	test('closed, it leaves none', () => {
		const room = new Room();

		room.do('want', true);
		room.pass(2000);
		room.engine.close();
		assert.equal(room.media.size, 0);
		room.pass(500);
		assert.equal(room.media.size, 0);
	});
});
