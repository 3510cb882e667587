// SPDX-License-Identifier: GPL-3.0-or-later
// What has to be known of a WebM file that is still being written, and so has
// no index: its head, and where in it a time is. RFC 8794 (EBML), RFC 9559
// (Matroska).

const CLUSTER = [0x1f, 0x43, 0xb6, 0x75];
/** A cluster's time, which our files have first in it. */
const TIMESTAMP = 0xe7;
const HEAD_MAX = 65536;

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
