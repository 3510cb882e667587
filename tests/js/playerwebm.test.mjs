// SPDX-License-Identifier: GPL-3.0-or-later
// WebM files that still grow: their head, and where a time is in them.
// RTH_SEED repeats a run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
	Clusters, clusterIn, find, headOf, pictureTrack,
} from '../../web/js/review/playerwebm.js';

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

/** A SimpleBlock of a track, with its time in the cluster. */
function block(track, ms, key, length) {
	const body = Buffer.from(Array.from({ length }, () =>
		Math.floor(next() * 256)));
	const head = Buffer.alloc(4);
	const size = Buffer.alloc(4);

	head.writeUInt8(0x80 | track);
	head.writeInt16BE(ms, 1);
	head.writeUInt8(key ? 0x80 : 0, 3);
	size.writeUInt32BE((length + 4 | 1 << 28) >>> 0);
	return { bytes: Buffer.concat([Buffer.from([0xa3]), size, head, body]),
		body };
}

/** What is in the clusters that were made. */
function blocksOf(bytes) {
	const found = [];
	let cluster = 0;

	for (let at = 0; at < bytes.length;) {
		if (bytes.readUInt32BE(at) === 0x1f43b675) {
			cluster = bytes.readUInt32BE(at + 14);
			found.push({ cluster });
			at += 18;
			continue;
		}
		assert.equal(bytes[at], 0xa3);
		const length = bytes.readUInt32BE(at + 1) & 0xfffffff;

		found.push({ ms: cluster + bytes.readInt16BE(at + 6),
			key: Boolean(bytes[at + 8] & 0x80), track: bytes[at + 5] & 0x7f,
			body: bytes.subarray(at + 9, at + 5 + length) });
		at += 5 + length;
	}
	return found;
}

/** A cluster of a second with both tracks; what is in it is added to `all`. */
function second(ms, all) {
	const blocks = [];

	for (let at = 0; at < 1000; at += 100)
		for (const track of [1, 2]) {
			const key = track === 1 || (ms + at) % 4300 === 0;
			const made = block(track, at, key, Math.floor(next() * 60));

			blocks.push(made.bytes);
			all.push({ ms: ms + at, key, track, body: made.body });
		}
	const time = Buffer.alloc(4);
	const size = Buffer.alloc(8);

	time.writeUInt32BE(ms);
	// Of a known size or not; PrevSize is to be left out.
	const body = Buffer.concat([Buffer.from([0xe7, 0x84]), time,
		Buffer.from([0xab, 0x81, 7]), ...blocks]);

	size.writeBigUInt64BE(ms % 2000 ? 0x01ffffffffffffffn
		: BigInt(body.length) | 1n << 56n);
	return [Buffer.from([0x1f, 0x43, 0xb6, 0x75]), size, body];
}

test('clusters are made anew: every block, at its time, however it comes', () => {
	for (let run = 0; run < 30; run++) {
		const all = [];
		const parts = [];

		for (let ms = 0; ms < 70000; ms += 1000)
			parts.push(...second(ms, all));
		const file = new Uint8Array(Buffer.concat(parts));
		const clusters = new Clusters(2);
		const made = [];

		for (let at = 0; at < file.length;) {
			const to = at + 1 + Math.floor(next() * 5000);

			made.push(clusters.take(file.subarray(at, to)));
			at = to;
		}
		const found = blocksOf(Buffer.concat(made));
		const heads = found.filter((each) => 'cluster' in each).length;

		assert.deepEqual(found.filter((each) => 'body' in each), all,
			`RTH_SEED=${SEED}`);
		assert.ok(heads >= 15 && heads <= 20, `${heads} clusters`);
		found.forEach((each, i) => 'cluster' in each && i > 0 &&
			assert.ok(found[i + 1].key));
	}
});

test('what comes after a jump is not joined with what came before', () => {
	const clusters = new Clusters(null);
	const bytes = new Uint8Array(cluster(5000, 0));

	clusters.take(bytes.subarray(0, 7));
	clusters.reset();
	const made = Buffer.from(clusters.take(new Uint8Array(Buffer.concat([
		cluster(9000, 0), block(1, 20, true, 3).bytes]))));

	assert.equal(blocksOf(made)[1].ms, 9020);
});

test('the track of pictures is found by its kind', () => {
	const tracks = [0xd7, 0x81, 1, 0x83, 0x81, 2, 0xd7, 0x81, 2, 0x83, 0x81, 1];

	assert.equal(pictureTrack(new Uint8Array(tracks)), 2);
	assert.equal(pictureTrack(new Uint8Array(tracks.slice(0, 6))), null);
});
