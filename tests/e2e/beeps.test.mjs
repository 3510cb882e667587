// SPDX-License-Identifier: GPL-3.0-or-later
// The measuring of flashes and beeps, by files in which they are known.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { beeps, flashes, pairs, punctual, sync } from './lib/beeps.mjs';

const SECONDS = 6;
const FRAME_MS = 10;
let folder;

before(() => {
	folder = mkdtempSync(join(tmpdir(), 'rth-beeps-'));
});
after(() => rmSync(folder, { recursive: true }));

/** A lane whose tone begins so many seconds after the flash. */
function lane(late, silent = -1) {
	const file = join(folder, `${late}.webm`);
	const tone = `if(lt(mod(t-${late}+1,1),0.1)*not(between(t,${silent},` +
		`${silent}+1)),0.4*sin(2*PI*1000*t),0)`;

	execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i',
		`color=c=black:s=160x120:r=100:d=${SECONDS},` +
		"drawbox=c=white:t=fill:enable='lt(mod(t,1),0.1)'",
		'-f', 'lavfi', '-i', `aevalsrc='${tone}':s=48000:d=${SECONDS}`,
		'-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8',
		'-c:a', 'libopus', '-output_ts_offset', '3', file]);
	return file;
}

/** Each is within ms of the expected. */
function near(found, expected, ms) {
	assert.equal(found.length, expected.length, String(found));
	for (const [i, at] of expected.entries())
		assert.ok(Math.abs(found[i] - at) * 1000 <= ms, `${found[i]}: ${at}`);
}

test('flashes and beeps are found where they are, by the file\'s clock',
	async () => {
		const file = lane(0.13);

		// The first frame is white already: it does not turn so.
		near(await flashes(file), [4, 5, 6, 7, 8], FRAME_MS);
		// ffmpeg's own muxer puts Opus 6.5 ms early when it is moved.
		near(await beeps(file), [0, 1, 2, 3, 4, 5].map((s) => 3.13 + s), 10);
	});

test('a tone that is late is told in milliseconds', async () => {
	for (const late of [0.02, 0.13, 0.3]) {
		const { medianMs, worstMs, pairs: found } = await sync(lane(late));

		assert.equal(found.length, 5);
		assert.ok(Math.abs(medianMs + late * 1000) <= FRAME_MS, `${medianMs}`);
		assert.ok(worstMs >= Math.abs(medianMs), `${worstMs}`);
	}
});

test('a second without a tone has no pair', async () => {
	const { flashes: seen, beeps: heard, pairs: found } =
		await sync(lane(0.05, 2.5));

	assert.deepEqual([seen.length, heard.length, found.length], [5, 5, 4]);
});

test('a flash that was drawn late is no measure', () => {
	const found = [4, 5, 6].map((at) => ({ at, ms: 1 }));
	const drawn = [3, 4, 5, 6].map((s) => ({ at: 1e12 + s * 1000 - 30,
		late: s === 5 ? 40 : 2 }));

	assert.deepEqual(punctual(found, 1e12, drawn), [
		{ at: 4, ms: 1, after: 30 }, { at: 6, ms: 1, after: 30 }]);
});

test('nothing to compare is not a good result', () => {
	assert.deepEqual(pairs([1, 2], []), []);
	assert.deepEqual(pairs([1], [1.6]), []);
});
