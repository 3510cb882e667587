// SPDX-License-Identifier: GPL-3.0-or-later
// Ten recorded visits at once: nothing is lost, and each takes little memory.
// RTH_VISIT_S says how long they are.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { manyVisits } from '../bench/many.mjs';
import { inside } from './lib/netns.mjs';
import { stopAll } from './lib/procs.mjs';

await inside();
after(stopAll);

const VISITS = 10;
const SECONDS = Number(process.env.RTH_VISIT_S ?? 15);
const KBIT = 1000;
const MOST_MB = 20;

test(`${VISITS} visits of ${SECONDS} s, ${KBIT} kbit/s each way`, async (t) => {
	const { cpu, peaks, missing } = await manyVisits(VISITS, SECONDS, KBIT);

	t.diagnostic(`CPU of a visit at most ${Math.max(...cpu).toFixed(2)} % of a ` +
		`core, memory at most ${Math.max(...peaks).toFixed(1)} MB`);
	assert.equal(missing, 0);
	assert.equal(peaks.length, VISITS);
	for (const peak of peaks)
		assert.ok(peak < MOST_MB, `${peak} MB`);
});
