// SPDX-License-Identifier: GPL-3.0-or-later
// WebM files that still grow: their head, and where a time is in them.
// RTH_SEED repeats a run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterIn, find, headOf } from '../../web/js/review/playerwebm.js';

const SEED = Number(process.env.RTH_SEED ?? Date.now() % 2 ** 31);
const HEAD = Buffer.from('\x1a\x45\xdf\xa3 webm A_OPUS V_VP8 Tracks', 'latin1');

function random(seed) {
	let state = seed >>> 0;

	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state / 2 ** 32;
	};
}
const next = random(SEED);

/** A cluster of that time with random bytes in it. */
function cluster(ms, length) {
	const body = Buffer.from(Array.from({ length }, () =>
		Math.floor(next() * 256)));
	const time = Buffer.alloc(4);
	const size = Buffer.alloc(8);

	time.writeUInt32BE(ms);
	size.writeBigUInt64BE(BigInt(length + 6) | 1n << 56n);
	return Buffer.concat([Buffer.from([0x1f, 0x43, 0xb6, 0x75]), size,
		Buffer.from([0xe7, 0x84]), time, body]);
}

test('the head ends where the first cluster begins', () => {
	const file = new Uint8Array(Buffer.concat([HEAD, cluster(0, 50)]));

	assert.deepEqual(headOf(file), { length: HEAD.length,
		type: 'video/webm; codecs="vp8, opus"' });
	for (let n = 0; n < HEAD.length + 18; n++)
		assert.equal(headOf(file.subarray(0, n)), null, `${n} bytes`);
	assert.equal(headOf(new Uint8Array(1000)), null);
});

test('four bytes that look like a cluster are none', () => {
	const bytes = new Uint8Array(Buffer.concat([
		Buffer.from([0x1f, 0x1f, 0x43, 0xb6, 0x75, 0x84, 1, 2, 3]),
		cluster(7000, 5), Buffer.from([0x1f, 0x43, 0xb6, 0x75])]));

	assert.deepEqual(clusterIn(bytes), { at: 9, ms: 7000 });
	assert.equal(clusterIn(bytes, 10), null);
	assert.equal(clusterIn(new Uint8Array()), null);
});

test('a time is found in few reads, never too late', async () => {
	for (let run = 0; run < 40; run++) {
		const clusters = Array.from({ length: 200 }, (_, i) => ({ ms: i * 1000,
			bytes: cluster(i * 1000, 20 + Math.floor(next() * 3000)) }));
		const file = new Uint8Array(Buffer.concat([HEAD,
			...clusters.map(({ bytes }) => bytes)]));
		const ms = next() * 220000;
		let reads = 0;
		const at = await find({ from: HEAD.length, length: file.length,
			read: async (from) => {
				reads++;
				return file.subarray(from, from + 8000);
			} }, ms, 3000);
		const found = clusterIn(file, at);

		assert.equal(found.at, at, `RTH_SEED=${SEED}`);
		assert.ok(found.ms <= ms);
		assert.ok(ms - found.ms <= 3000 || found.ms === 199000 ||
			ms > 199000, `${ms}: ${found.ms}, RTH_SEED=${SEED}`);
		assert.ok(reads < 20, `${reads} reads`);
	}
});
