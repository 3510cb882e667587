// SPDX-License-Identifier: GPL-3.0-or-later
// What has to be known of a WebM file that is still being written, and so has
// no index: its head, and where in it a time is. RFC 8794 (EBML), RFC 9559
// (Matroska).

const CLUSTER = [0x1f, 0x43, 0xb6, 0x75];
/** A cluster's time, which our files have first in it. */
const TIMESTAMP = 0xe7;
const CLUSTER_ID = 0x1f43b675;
const SIMPLE_BLOCK = 0xa3;
const HEAD_MAX = 65536;
/** How long a cluster of ours is: its blocks have 15 bits for their time. */
const SHORTEST_MS = 500;
const LONGEST_MS = 30000;

/** As in Tracks -> as in a MIME type (RFC 6381). @type {[string, string][]} */
const CODECS = [['V_VP8', 'vp8'], ['V_VP9', 'vp9'],
	['V_AV1', 'av01.0.04M.08'], ['A_OPUS', 'opus']];

/** @param {Uint8Array} bytes @param {number} at @returns {number} bytes of a size */
function sizeLength(bytes, at) {
	const first = bytes[at];
	return first ? Math.clz32(first) - 23 : 0;
}

/**
 * The first cluster that begins in some bytes.
 * @param {Uint8Array} bytes
 * @param {number} [from]
 * @returns {{ at: number, ms: number } | null} at: of these bytes
 */
export function clusterIn(bytes, from = 0) {
	for (let at = bytes.indexOf(CLUSTER[0], from); at >= 0;
		at = bytes.indexOf(CLUSTER[0], at + 1)) {
		if (CLUSTER.some((byte, i) => bytes[at + i] !== byte))
			continue;
		const ms = timestamp(bytes, at + 4 + sizeLength(bytes, at + 4));
		if (ms !== null)
			return { at, ms };
	}
	return null;
}

/** @param {Uint8Array} bytes @param {number} at @returns {number | null} */
function timestamp(bytes, at) {
	const length = (bytes[at + 1] ?? 0) & 0x7f;
	if (bytes[at] !== TIMESTAMP || !(bytes[at + 1] & 0x80) || length < 1
		|| length > 6 || at + 2 + length > bytes.length)
		return null;
	return bytes.subarray(at + 2, at + 2 + length)
		.reduce((ms, byte) => ms * 256 + byte, 0);
}

/**
 * What stands before the first cluster.
 * @param {Uint8Array} bytes from the file's beginning
 * @returns {{ length: number, type: string } | null} null: not all is there
 */
export function headOf(bytes) {
	const first = clusterIn(bytes.subarray(0, HEAD_MAX));
	if (!first)
		return null;
	const text = String.fromCharCode(...bytes.subarray(0,
		Math.min(first.at, 4096)));
	const codecs = CODECS.filter(([id]) => text.includes(id))
		.map(([, name]) => name);
	return codecs.length ? { length: first.at,
		type: `video/webm; codecs="${codecs.join(', ')}"` } : null;
}

/**
 * The number of the track with pictures, null without one. In what we write a
 * track's number stands before its kind.
 * @param {Uint8Array} head
 * @returns {number | null}
 */
export function pictureTrack(head) {
	let number = null;
	for (let at = 0; at + 2 < head.length; at++) {
		if (head[at] === 0xd7 && head[at + 1] === 0x81)
			number = head[at + 2];
		if (head[at] === 0x83 && head[at + 1] === 0x81 && head[at + 2] === 1)
			return number;
	}
	return null;
}

/**
 * An element's head.
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {{ id: number, from: number, to: number } | null} where its content
 *   is, `to` may be Infinity; null: not all of the head is there
 */
function element(bytes, at) {
	const idLength = sizeLength(bytes, at);
	const length = sizeLength(bytes, at + idLength);
	const from = at + idLength + length;
	if (!idLength || !length || from > bytes.length)
		return null;
	let id = 0;
	for (let i = at; i < at + idLength; i++)
		id = id * 256 + bytes[i];
	let size = bytes[at + idLength] & (0xff >> length);
	let unknown = size === 0xff >> length;
	for (let i = at + idLength + 1; i < from; i++) {
		size = size * 256 + bytes[i];
		unknown &&= bytes[i] === 0xff;
	}
	return { id, from, to: unknown ? Infinity : from + size };
}

/**
 * Makes of a file's clusters longer ones that begin with a key frame: Firefox
 * drops what is left of a picture up to the next key frame wherever a cluster
 * begins.
 */
export class Clusters {
	#picture;
	#rest = new Uint8Array();
	/** Of the cluster that is read, ms. */
	#ms = 0;
	/** Of the one that is written. */
	#base = NaN;

	/** @param {number | null} picture its track's number */
	constructor(picture) {
		this.#picture = picture;
	}

	/** What comes now does not follow. */
	reset() {
		this.#rest = new Uint8Array();
		this.#base = NaN;
	}

	/**
	 * @param {Uint8Array} piece of the file, from a cluster's beginning on
	 * @returns {Uint8Array} what to hand over
	 */
	take(piece) {
		const bytes = new Uint8Array(this.#rest.length + piece.length);
		bytes.set(this.#rest);
		bytes.set(piece, this.#rest.length);
		/** @type {Uint8Array[]} */
		const out = [];
		let at = 0;
		for (;;) {
			const found = element(bytes, at);
			if (!found)
				break;
			if (found.id === CLUSTER_ID) {
				at = found.from;
				continue;
			}
			if (found.to > bytes.length)
				break;
			out.push(...this.#block(bytes, at, found));
			at = found.to;
		}
		this.#rest = bytes.slice(at);
		return joined(out);
	}

	/**
	 * @param {Uint8Array} bytes
	 * @param {number} at
	 * @param {{ id: number, from: number, to: number }} found
	 * @returns {Uint8Array[]}
	 */
	#block(bytes, at, { id, from, to }) {
		if (id === TIMESTAMP)
			this.#ms = bytes.subarray(from, to)
				.reduce((ms, byte) => ms * 256 + byte, 0);
		if (id !== SIMPLE_BLOCK)
			return [];
		const block = bytes.slice(at, to);
		const time = from - at + 1;
		const view = new DataView(block.buffer);
		const ms = this.#ms + view.getInt16(time);
		const key = Boolean(block[time + 2] & 0x80)
			&& (this.#picture === null || (block[time - 1] & 0x7f) === this.#picture);
		const begins = Number.isNaN(this.#base) || ms - this.#base > LONGEST_MS
			|| key && ms - this.#base >= SHORTEST_MS;
		if (begins)
			this.#base = ms;
		view.setInt16(time, Math.max(0, ms - this.#base));
		return begins ? [clusterHead(ms), block] : [block];
	}
}

/** Of unknown size, with its time. @param {number} ms */
function clusterHead(ms) {
	const head = new Uint8Array([...CLUSTER, 1, 255, 255, 255, 255, 255, 255,
		255, TIMESTAMP, 0x84, 0, 0, 0, 0]);
	new DataView(head.buffer).setUint32(head.length - 4, ms);
	return head;
}

/** @param {Uint8Array[]} parts */
function joined(parts) {
	const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
}

/**
 * Looks for a time in a file without an index.
 * @param {object} file
 * @param {number} file.from where its first cluster is
 * @param {number} file.length by now
 * @param {(at: number) => Promise<Uint8Array>} file.read some bytes from there
 * @param {number} ms
 * @param {number} closeMs how much earlier is near enough
 * @returns {Promise<number>} where a cluster begins that is not later
 */
export async function find({ from, length, read }, ms, closeMs) {
	let low = { at: from, ms: 0 };
	let high = length;
	while (ms - low.ms > closeMs && high - low.at > 1) {
		const middle = Math.floor((low.at + high) / 2);
		const found = clusterIn(await read(middle));
		const at = found ? middle + found.at : high;
		if (!found || at >= high || found.ms > ms)
			high = middle;
		else
			low = { at, ms: found.ms };
	}
	return low.at;
}
