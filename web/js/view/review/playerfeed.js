// SPDX-License-Identifier: GPL-3.0-or-later
// A WebM file that is still being written, in a media element: fetched piece by
// piece and handed over, since a browser takes the length that a file has when
// it is opened for all of it.

import { Clusters, find, headOf, pictureTrack } from '../../review/playerwebm.js';

/** @typedef {import('../../review/api.js').Segment} Segment */

const PIECE_BYTES = 262144;
const PROBE_BYTES = 65536;
/** So much is fetched ahead, and kept behind, s. */
const AHEAD_S = 20;
const BEHIND_S = 30;
/** A key frame is found within so much. */
const KEY_MS = 6000;
/** When there is nothing to fetch yet. */
const AGAIN_MS = 1000;
/** Longer than any visit, s. */
const SEEKABLE_S = 86400;
/** The seam of two pieces, s. */
const SEAM_S = 0.1;
/** Still nothing to play though so much more was handed over: it has a hole. */
const HOLE_BYTES = 4194304;
const HOLE_MS = 12000;

/** Whether this browser can. */
export const canFeed = () => 'MediaSource' in globalThis;

/** @param {TimeRanges} ranges @param {number} at @returns {number} s that follow */
function aheadOf(ranges, at) {
	for (let i = 0; i < ranges.length; i++)
		if (ranges.start(i) <= at + SEAM_S && at < ranges.end(i))
			return ranges.end(i) - at;
	return 0;
}

/**
 * @param {string} src
 * @param {number} from
 * @param {number} bytes
 * @returns {Promise<{ bytes: Uint8Array, length: number }>} length: of the
 *   file by now, 0 when unknown
 */
async function read(src, from, bytes) {
	// The byte before is there: one cannot ask for what is not there yet.
	const before = from > 0 ? 1 : 0;
	const answer = await fetch(src, { credentials: 'same-origin',
		cache: 'no-store', headers: {
			Range: `bytes=${from - before}-${from + bytes - 1}` } });
	const length = Number(/\/(\d+)$/.exec(
		answer.headers.get('Content-Range') ?? '')?.[1] ?? 0);
	if (answer.status !== 206)
		throw new Error(`${answer.status}`);
	return { bytes: new Uint8Array(await answer.arrayBuffer()).subarray(before),
		length };
}

/** @param {EventTarget} target @param {string[]} names */
const first = (target, ...names) => new Promise((done) => {
	for (const name of names)
		target.addEventListener(name, done, { once: true });
});

/**
 * @param {HTMLVideoElement} medium
 * @param {() => Segment} segment as it is known by now
 * @param {(hole: boolean) => void} failed it cannot be fetched or played; hole:
 *   not so, since one of its tracks has a hole
 * @returns {{ close: () => void }}
 */
export function feed(medium, segment, failed) {
	const source = new MediaSource();
	const url = URL.createObjectURL(source);
	const { src } = segment();
	let closed = false;
	/** @type {() => void} */
	let wake = () => {};
	const seeks = () => wake();
	medium.addEventListener('seeking', seeks);

	/** Waits, or until somebody seeks. @param {number} ms */
	const rest = (ms) => new Promise((/** @type {(_: void) => void} */ done) => {
		const timer = setTimeout(done, ms);
		wake = () => {
			clearTimeout(timer);
			done();
		};
	});

	/** @param {SourceBuffer} buffer @param {() => void} act */
	async function change(buffer, act) {
		act();
		if (buffer.updating)
			await first(buffer, 'updateend');
	}

	/** @param {SourceBuffer} buffer */
	async function forget(buffer) {
		const until = medium.currentTime - BEHIND_S;
		if (buffer.buffered.length && buffer.buffered.start(0) < until - BEHIND_S)
			await change(buffer, () => buffer.remove(0, until));
	}

	async function head() {
		while (!closed) {
			const { bytes } = await read(src, 0, PROBE_BYTES);
			const found = headOf(bytes);
			if (found)
				return { ...found, bytes: bytes.slice(0, found.length) };
			await rest(AGAIN_MS);
		}
		return null;
	}

	/**
	 * Where the medium goes on from, when what it needs was not fetched.
	 * @param {number} from @param {number} ms
	 */
	async function place(from, ms) {
		const { length } = await read(src, from, 1);
		return find({ from, length, read: async (at) =>
			(await read(src, at, PROBE_BYTES)).bytes }, ms, KEY_MS);
	}

	/**
	 * @param {SourceBuffer} buffer
	 * @param {Clusters} clusters
	 * @param {number} from where they begin
	 */
	async function pump(buffer, clusters, from) {
		let at = from;
		let wanted = 0;
		let lean = 0;
		while (!closed) {
			const now = medium.currentTime;
			const ahead = aheadOf(buffer.buffered, now);
			if (Math.abs(now - wanted) > AHEAD_S && !ahead) {
				buffer.abort();
				at = await place(from, Math.max(0, now * 1000 - KEY_MS));
				clusters.reset();
				lean = 0;
			}
			wanted = now;
			if (ahead || segment().duration_ms - now * 1000 < HOLE_MS)
				lean = 0;
			else if (lean > HOLE_BYTES)
				return failed(true);
			if (ahead > AHEAD_S) {
				await rest(AGAIN_MS);
				continue;
			}
			const piece = await read(src, at, PIECE_BYTES);
			if (closed)
				return;
			lean += piece.bytes.length || HOLE_BYTES / 4;
			if (piece.bytes.length) {
				at += piece.bytes.length;
				const made = clusters.take(piece.bytes);
				if (made.length)
					await change(buffer, () =>
						buffer.appendBuffer(/** @type {any} */ (made)));
				await forget(buffer);
			} else if (segment().finished) {
				source.endOfStream();
				await rest(AHEAD_S * 1000);
			} else {
				await rest(AGAIN_MS);
			}
		}
	}

	async function run() {
		medium.src = url;
		await first(source, 'sourceopen');
		URL.revokeObjectURL(url);
		const begin = await head();
		if (!begin || closed)
			return;
		const buffer = source.addSourceBuffer(begin.type);
		// Else one cannot seek beyond what was handed over.
		source.setLiveSeekableRange(0, SEEKABLE_S);
		await change(buffer, () => buffer.appendBuffer(begin.bytes));
		await pump(buffer, new Clusters(pictureTrack(begin.bytes)), begin.length);
	}
	run().catch(() => closed || failed(false));
	return { close: () => {
		closed = true;
		medium.removeEventListener('seeking', seeks);
		URL.revokeObjectURL(url);
		wake();
	} };
}
