// SPDX-License-Identifier: GPL-3.0-or-later
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Steady, lineBetween } from '../../web/js/line.js';

const slot = (more) => ({ packets_in: 0, lost: 0, samples: 0, concealed: 0,
	...more });
const seen = (microphone, round_trip_ms = 40) => /** @type {any} */ ({
	microphone: slot(microphone), camera: slot({}), screen: slot({}),
	round_trip_ms });
const NONE = seen({});

test('a line is as good as what is heard over it', () => {
	const lines = /** @type {[any, number, string][]} */ ([
		[{ packets_in: 100, samples: 96000 }, 40, 'good'],
		[{ packets_in: 96, lost: 4, samples: 96000 }, 40, 'fair'],
		[{ packets_in: 85, lost: 15, samples: 96000 }, 40, 'poor'],
		[{ packets_in: 100, samples: 96000 }, 300, 'fair'],
		[{ packets_in: 100, samples: 96000 }, 900, 'poor'],
		[{ packets_in: 100, samples: 96000, concealed: 4000 }, 40, 'fair'],
		[{ packets_in: 100, samples: 96000, concealed: 20000 }, 40, 'poor'],
	]);
	for (const [microphone, delay, grade] of lines)
		assert.equal(lineBetween(NONE, seen(microphone, delay))?.grade, grade,
			JSON.stringify(microphone));
	assert.equal(lineBetween(NONE, seen({ packets_in: 95, lost: 5 }))?.loss,
		50);
});

test('nothing is said of a line over which nothing came', () => {
	assert.equal(lineBetween(NONE, seen({ packets_in: 3 })), null);
	assert.equal(lineBetween(seen({ packets_in: 500 }), NONE), null,
		'a connection that was made anew');
});

test('a grade does not flicker', () => {
	const steady = new Steady();
	const grades = /** @type {import('../../web/js/line.js').Grade[]} */ (
		['good', 'poor', 'good', 'poor', 'poor', 'good', 'good', 'good']);

	assert.deepEqual(grades.map((grade) => steady.see(grade)),
		[true, false, false, false, true, false, false, true]);
	assert.equal(steady.grade, 'good');
});
