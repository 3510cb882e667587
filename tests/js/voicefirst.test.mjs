// SPDX-License-Identifier: GPL-3.0-or-later
// When the camera gives way to the voice, and when it is tried again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnLine } from '../../web/js/voicefirst.js';

const look = (line, times, bps, camera = true) => {
	for (let i = 0; i < times; i++)
		line.see(bps, camera);
};

test('a good line leaves the camera alone, and so does an unknown one', () => {
	const line = new OwnLine();

	look(line, 100, 800000);
	assert.deepEqual([line.thin, line.paused], [false, false]);
	look(line, 100, 0);
	assert.deepEqual([line.thin, line.paused], [false, false]);
});

test('a thin line makes the voice smaller, one with no room pauses', () => {
	const line = new OwnLine();

	look(line, 10, 150000);
	assert.deepEqual([line.thin, line.paused], [true, false]);
	look(line, 2, 40000);
	assert.equal(line.paused, false);
	look(line, 1, 40000);
	assert.equal(line.paused, true);
	look(line, 1, 40000, false);
	assert.equal(line.paused, false, 'a camera that is off does not pause');
});

test('it is tried again, later each time it was in vain', () => {
	const line = new OwnLine();
	const pauses = [];

	for (let tries = 0; tries < 5; tries++) {
		let looks = 0;

		while (!line.paused)
			line.see(40000, true);
		while (line.paused) {
			line.see(40000, true);
			looks++;
		}
		pauses.push(looks);
	}
	assert.deepEqual(pauses, [8, 16, 32, 60, 60]);
	look(line, 5, 500000);
	assert.deepEqual([line.thin, line.paused], [false, false]);
});
