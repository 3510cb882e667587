// SPDX-License-Identifier: GPL-3.0-or-later
// What the player is made of and has no page: time, corrections, what was
// watched, marks, keys, fingers, layout, words. RTH_SEED repeats a run.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import './english.mjs';
import { choose, layoutAt } from '../../web/js/review/playerlayout.js';
import { tapped, wishOf } from '../../web/js/review/playerkeys.js';
import {
	cameraOff, chatOf, clusters, marksOf, pausesOf, saidBy,
} from '../../web/js/review/playermarks.js';
import {
	barWords, conditionWords, goneWords, spoken,
} from '../../web/js/review/playerwords.js';
import {
	Clock, Place, RATES, correction, masterOf, near, otherRate, segmentAt,
} from '../../web/js/review/timeline.js';
import { Watched, merged } from '../../web/js/review/watched.js';

const SEED = Number(process.env.RTH_SEED ?? Date.now() % 2 ** 31);

/** Numbers from 0 to 1, the same for the same seed. */
function random(seed) {
	let state = seed >>> 0;

	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state / 2 ** 32;
	};
}
const next = random(SEED);
const upTo = (n) => Math.floor(next() * n);
const some = (n, make) => Array.from({ length: upTo(n) }, make);

const segment = (start_ms, duration_ms, more = {}) => ({
	src: `/${start_ms}`, container: 'webm', start_ms, duration_ms, audio: true,
	video: true, width: 640, height: 480, finished: true, ...more });
const lane = (name, ...segments) => ({ lane: name,
	role: name.split('-')[0], segments });
const PLAY = { id: 'p', duration_ms: 60000, running: false, how: 'complete',
	lost_at_ms: null, chat: [], notes: [],
	recording: { lost_ms: 0, clinician: { id: 'c', name: 'Dr. Example' },
		patient: { id: 'p', name: 'Ann' } },
	lanes: [lane('clinician', segment(0, 60000)),
		lane('clinician-screen', segment(10000, 5000), segment(16000, 5000),
			segment(40000, 5000)),
		lane('patient', segment(2000, 30000)), lane('patient-screen')] };

test(`RTH_SEED=${SEED}`, () => {});

describe('where media belong', () => {
	test('a segment is found in it and nowhere else, of two the later', () => {
		const one = lane('patient', segment(100, 50), segment(140, 60),
			segment(300, 10));

		for (const [ms, index] of [[99, -1], [100, 0], [139, 0], [145, 1],
			[199, 1], [200, -1], [300, 2], [310, -1]])
			assert.equal(segmentAt(one, ms), index, String(ms));
	});

	test('what plays is always open, with few others', () => {
		for (let i = 0; i < 500; i++) {
			const lanes = ['clinician', 'patient', 'patient-screen'].map((name) => {
				let at = 0;

				return lane(name, ...some(40, () => {
					at += upTo(20000);
					const made = segment(at, 1 + upTo(30000));

					at += made.duration_ms;
					return made;
				}));
			});
			const ms = next() * 900000;
			const open = near(lanes, ms).map((each) => each.segment);

			assert.ok(open.length <= 5 && new Set(open).size === open.length);
			for (const each of lanes) {
				const plays = each.segments[segmentAt(each, ms)];

				assert.ok(!plays || open.includes(plays));
			}
			for (const { start_ms: from, duration_ms: long } of open)
				assert.ok(from - ms <= 10000 && ms - from - long <= 6000);
		}
	});

	test('a clock goes by its rate, and stands when told', () => {
		const clock = new Clock();
		let [now, want, runs, rate] = [500, 0, false, 1];

		clock.set(0, now);
		for (let i = 0; i < 2000; i++) {
			const step = next() * 1000;

			now += step;
			want += runs ? step * rate : 0;
			assert.ok(Math.abs(clock.at(now) - want) < 1e-3);
			const act = upTo(3);

			if (act === 0)
				clock.run(runs = !runs, now);
			else if (act === 1)
				clock.setRate(rate = RATES[upTo(RATES.length)], now);
			else
				clock.set(want = next() * 1e5, now);
		}
	});

	test('a place is known to some ms from words that come late', () => {
		for (let run = 0; run < 50; run++) {
			const place = new Place();
			const rate = 0.5 + next() * 2.5;
			const everyMs = 5 + upTo(36);
			let [now, true_, told, toldAt] = [0, 1000, 1000, 0];

			for (let i = 0; i < 100; i++) {
				const step = 45 + next() * 10;

				for (let ms = 0; ms < step; ms++)
					if (now + ms - toldAt >= everyMs) {
						told = true_ + ms * rate;
						toldAt = now + ms;
					}
				now += step;
				true_ += step * rate;
				place.tell(told, rate, now);
				if (!place.sure)
					continue;
				assert.ok(place.ms <= true_ + 1);
				assert.ok(true_ - place.ms <= everyMs * rate + 1);
			}
			place.forget();
			assert.equal(place.sure, false);
		}
	});

	test('a correction never makes it worse, and ends it', () => {
		for (let i = 0; i < 1000; i++) {
			const rate = RATES[upTo(RATES.length)];
			let drift = (next() - 0.5) * 2 * 110 * rate;
			let bent = false;

			for (let ms = 0; ms < 4000; ms += 250) {
				const what = correction(drift, rate, bent);

				if (what.seek) {
					// Slower than this nobody is heard.
					assert.ok(rate === 0.5 && drift > 0);
					drift = 0;
					break;
				}
				assert.ok(what.rate >= 0.5 && what.rate <= 4);
				assert.ok(Math.abs(what.rate / rate - 1) <= 0.26);
				bent = what.rate !== rate;
				const after = drift + (what.rate - rate) * 250;

				assert.ok(Math.abs(after) <= Math.abs(drift) + 1e-9);
				drift = after;
			}
			assert.ok(Math.abs(drift) <= 30 * rate, `${drift} at ${rate}`);
		}
		assert.deepEqual(correction(1000, 1, false), { seek: true });
		assert.deepEqual(correction(0, 2, true), { seek: false, rate: 2 });
	});

	test('a voice leads, the same one as long as it plays', () => {
		const [a, b, c] = [['a', false], ['b', true], ['c', true]]
			.map(([key, audio]) => ({ key, audio }));

		assert.equal(masterOf([a, b, c], null), b);
		assert.equal(masterOf([a, b, c], 'c'), c);
		assert.equal(masterOf([a, b], 'c'), b);
		assert.equal(masterOf([a], 'b'), a);
		assert.equal(masterOf([], 'b'), null);
	});

	test('rates go step by step, to the ends', () => {
		assert.equal(otherRate(1, 1), 1.25);
		assert.equal(otherRate(1, -1), 0.75);
		assert.equal(otherRate(3, 1), 3);
		assert.equal(otherRate(0.5, -1), 0.5);
	});
});

describe('what was watched', () => {
	test('is exactly what was played, however it went', () => {
		for (let run = 0; run < 200; run++) {
			const watched = new Watched();
			const seen = new Set();
			/** @type {[number, number][]} */
			let sent = [];
			let ms = 10 * upTo(1000);

			watched.plays(ms);
			for (let i = 0; i < 200; i++) {
				const act = upTo(12);

				if (act === 0) {
					watched.stands();
					ms = 10 * upTo(10000);
					watched.plays(ms);
				} else if (act === 1) {
					watched.stands();
					watched.plays(ms);
				} else if (act === 2) {
					const taken = watched.take();

					assert.ok(taken.length <= 64);
					if (upTo(2))
						sent = [...sent, ...taken];
					else
						watched.giveBack(taken);
				} else {
					const step = 10 * (1 + upTo(10));

					for (let at = ms; at < ms + step; at += 10)
						seen.add(Math.floor(at / 10));
					ms += step;
					watched.plays(ms);
				}
			}
			while (watched.any)
				sent = [...sent, ...watched.take()];
			const all = merged(sent);

			for (const tenth of seen)
				assert.ok(all.some(([from, to]) => from <= tenth * 10
					&& tenth * 10 < to), `${tenth} is missing`);
			const total = all.reduce((sum, [from, to]) => sum + to - from, 0);

			// Gaps of less than 250 ms are none.
			assert.ok(total >= seen.size * 10);
			assert.ok(total <= seen.size * 10 + all.length + 250 * 20);
		}
	});

	test('a jump is not watched, nor is what follows a stop', () => {
		const watched = new Watched();

		watched.plays(0);
		watched.plays(1000);
		watched.plays(9000);
		watched.stands();
		watched.plays(20000);
		watched.plays(20500);
		assert.deepEqual(watched.take(), [[0, 1000], [20000, 20500]]);
		assert.equal(watched.any, false);
	});

	test('ranges are merged without overlaps, in order', () => {
		for (let run = 0; run < 300; run++) {
			const ranges = some(30, () => {
				const from = upTo(20000);

				return /** @type {[number, number]} */ ([from,
					from + 1 + upTo(900)]);
			});
			const all = merged(ranges);

			for (let i = 1; i < all.length; i++)
				assert.ok(all[i][0] > all[i - 1][1] + 250);
			for (const [from, to] of ranges)
				assert.ok(all.some((range) =>
					range[0] <= from && to <= range[1]));
			assert.deepEqual(merged(all), all);
		}
	});

	test('many are sent in several parts', () => {
		const watched = new Watched();

		for (let i = 0; i < 100; i++) {
			watched.stands();
			watched.plays(i * 1000);
			watched.plays(i * 1000 + 100);
		}
		assert.equal(watched.take().length, 64);
		assert.equal(watched.take().length, 36);
		assert.equal(watched.any, false);
	});
});

describe('marks', () => {
	const notes = [
		{ event: 'joined', time_ms: 0, role: 'clinician', participant: 'x' },
		{ event: 'joined', time_ms: 1000, role: 'patient', participant: 'y' },
		{ event: 'consent', time_ms: 1500, role: 'patient', answer: 'voice' },
		{ event: 'state', time_ms: 3000, participant: 'y', camera: false,
			microphone: true, screen: false },
		{ event: 'left', time_ms: 5000, role: 'patient', reason: 'lost' },
		{ event: 'paused', time_ms: 5001 },
		{ event: 'joined', time_ms: 7000, role: 'patient', participant: 'z' },
		{ event: 'running', time_ms: 7500 },
		{ event: 'left', time_ms: 59000, role: 'patient', reason: 'leave' },
		{ event: 'unheard-of', time_ms: 59500 },
	];
	const play = { ...PLAY, notes, how: 'interrupted', lost_at_ms: 60000 };

	test('each thing that happened, in its order, by name', () => {
		const marks = marksOf(play, [{ at_ms: 20000, role: 'patient',
			text: 'Hello' }]);

		assert.deepEqual(marks.map(({ ms, kind }) => [ms, kind]), [
			[0, 'joined'], [1000, 'joined'], [1500, 'consent'], [5000, 'lost'],
			[5001, 'paused'], [7000, 'back'], [7500, 'running'],
			[10000, 'share'], [20000, 'chat'], [40000, 'share'],
			[59000, 'left'], [60000, 'broken']]);
		assert.equal(marks[2].words, 'Ann agreed to voice only');
		assert.equal(marks[8].words, 'Ann wrote: Hello');
		assert.equal(marks[9].words, 'Dr. Example shared a screen');
	});

	test('those that are too near each other become one', () => {
		for (let run = 0; run < 200; run++) {
			const marks = some(60, () => ({ ms: upTo(100000), kind: 'chat',
				words: '' })).sort((a, b) => a.ms - b.ms);
			const wide = 1 + upTo(5000);
			const groups = clusters(marks, wide);

			assert.deepEqual(groups.flat(), marks);
			for (let i = 1; i < groups.length; i++)
				assert.ok(groups[i][0].ms - groups[i - 1][0].ms >= wide);
		}
	});

	test('pauses, also one that never ended', () => {
		assert.deepEqual(pausesOf(play), [{ from: 5001, to: 7500 }]);
		assert.deepEqual(pausesOf({ ...PLAY, notes: [
			{ event: 'paused', time_ms: 50000 }] }),
		[{ from: 50000, to: 60000 }]);
	});

	test('whose camera was off', () => {
		assert.equal(cameraOff(play, 'patient', 2999), false);
		assert.equal(cameraOff(play, 'patient', 3000), true);
		assert.equal(cameraOff(play, 'clinician', 3000), false);
	});

	test('a chat is read line by line, what is none is left out', () => {
		const lines = chatOf('{"at_ms":5,"role":"patient","text":"a"}\n' +
			'null\n{"at_ms":"6","text":"b"}\n{"at_ms":7}\n\n{"at_ms":9,"ro');

		assert.deepEqual(lines, [{ at_ms: 5, role: 'patient', text: 'a' }]);
	});

	test('how many lines were written by then', () => {
		for (let run = 0; run < 200; run++) {
			const lines = some(50, () => ({ at_ms: upTo(1000) }))
				.sort((a, b) => a.at_ms - b.at_ms);
			const ms = upTo(1100);

			assert.equal(saidBy(lines, ms),
				lines.filter((line) => line.at_ms <= ms).length);
		}
	});
});

describe('keys and fingers', () => {
	test('each key that is promised does what it says', () => {
		const by = (ms) => ({ do: 'by', ms });

		for (const [key, wish] of [[' ', { do: 'toggle' }],
			['k', { do: 'toggle' }], ['K', { do: 'toggle' }],
			['ArrowLeft', by(-5000)], ['ArrowRight', by(5000)],
			['j', by(-10000)], ['L', by(10000)], ['m', { do: 'mute' }],
			[',', { do: 'rate', steps: -1 }], ['.', { do: 'rate', steps: 1 }],
			['1', { do: 'part', of: 0.1 }], ['9', { do: 'part', of: 0.9 }],
			['0', { do: 'part', of: 0 }]])
			assert.deepEqual(wishOf({ key }, 'none'), wish, key);
		assert.deepEqual(wishOf({ key: 'PageUp' }, 'bar'), by(60000));
	});

	test('what has the focus keeps its own keys', () => {
		assert.equal(wishOf({ key: ' ' }, 'button'), null);
		assert.equal(wishOf({ key: 'Enter' }, 'button'), null);
		assert.deepEqual(wishOf({ key: 'k' }, 'button'), { do: 'toggle' });
		assert.equal(wishOf({ key: 'k' }, 'text'), null);
		assert.equal(wishOf({ key: 'ArrowRight' }, 'marks'), null);
		assert.equal(wishOf({ key: 'ArrowDown' }, 'list'), null);
		assert.equal(wishOf({ key: 'ArrowUp' }, 'none'), null);
		assert.equal(wishOf({ key: 'l', ctrlKey: true }, 'none'), null);
		assert.equal(wishOf({ key: 'constructor' }, 'none'), null);
	});

	test('two taps at a side jump, others do not', () => {
		const tap = (...taps) => taps.reduce(({ last }, [x, at]) =>
			tapped(last, x, at), { last: null, wish: null }).wish;

		assert.deepEqual(tap([0.9, 0], [0.8, 200]), { do: 'by', ms: 10000 });
		assert.deepEqual(tap([0.1, 0], [0.2, 200]), { do: 'by', ms: -10000 });
		assert.deepEqual(tap([0.9, 0], [0.9, 200], [0.9, 400]),
			{ do: 'by', ms: 10000 });
		assert.equal(tap([0.9, 0]), null);
		assert.equal(tap([0.9, 0], [0.1, 200]), null);
		assert.equal(tap([0.9, 0], [0.9, 400]), null);
		assert.equal(tap([0.5, 0], [0.5, 100]), null);
	});
});

describe('layout', () => {
	const { lanes } = PLAY;

	test('a screen takes the stage while it is shown', () => {
		assert.deepEqual(layoutAt(lanes, 5000, null),
			{ shown: ['clinician', 'patient'], stage: null });
		assert.deepEqual(layoutAt(lanes, 12000, null),
			{ shown: ['clinician', 'clinician-screen', 'patient'],
				stage: 'clinician-screen' });
	});

	test('by hand: on the stage, and back', () => {
		const hand = choose(null, 'patient', lanes, 12000);

		assert.equal(layoutAt(lanes, 12000, hand).stage, 'patient');
		assert.equal(choose(hand, 'patient', lanes, 12000), null);
		const none = choose(null, 'clinician-screen', lanes, 12000);

		assert.equal(layoutAt(lanes, 12000, none).stage, null);
		assert.equal(layoutAt(lanes, 12000,
			choose(none, 'clinician-screen', lanes, 12000)).stage,
		'clinician-screen');
		assert.equal(layoutAt(lanes, 5000, 'clinician-screen').stage, null);
	});
});

describe('words', () => {
	test('times are spoken', () => {
		assert.equal(spoken(0), '0 seconds');
		assert.equal(spoken(61999), '1 minute 1 second');
		assert.equal(spoken(7205000), '2 hours 5 seconds');
		assert.equal(barWords(5000, 60000), '5 seconds of 1 minute');
	});

	test('what is not whole says so, and where', () => {
		assert.equal(conditionWords(PLAY), null);
		assert.match(conditionWords({ ...PLAY, how: 'interrupted',
			lost_at_ms: 65000 })?.words ?? '', /interrupted at 1:05/);
		assert.match(conditionWords({ ...PLAY, how: 'incomplete',
			recording: { ...PLAY.recording, lost_ms: 12000 } })?.words ?? '',
		/incomplete.*12 seconds could not be stored/);
		assert.match(conditionWords({ ...PLAY, recording: {
			...PLAY.recording, lost_ms: 12 } })?.words ?? '',
		/Less than a second/);
		assert.match(conditionWords({ ...PLAY, running: true })?.words ?? '',
			/still being recorded/);
	});

	test('why it is gone', () => {
		assert.equal(goneWords('signed-out').signIn, true);
		assert.match(goneWords('not-found').text, /may not watch/);
	});
});
