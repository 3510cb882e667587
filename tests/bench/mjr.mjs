// SPDX-License-Identifier: GPL-3.0-or-later
// The packets that tests/e2e/feeder sends, in the files of Janus's own
// recorder, for janus-pp-rec to work on.
import { closeSync, openSync, writeSync } from 'node:fs';

const FRAME_MS = 40;
const VOICE_MS = 20;
const KEY_MS = 2000;
const PAYLOAD = 1099;
const CHUNK = 1 << 22;
const VP8_KEY = Buffer.from('5006009d012aa00078000047088585888584880202000622' +
	'126edcb5e70d26b9ce1a4d739c349ae7386935ce70d26b9ce1a4d739c349ae7386935c30' +
	'fe6800', 'hex');
const VP8_SAME = Buffer.from('11020001101000180018582ff4000880810cb000', 'hex');
const SILENCE = Buffer.from('fcfffe', 'hex');

/** A file that is written in large pieces. */
class Mjr {
	#parts = [];
	#bytes = 0;

	/** @param {'v'|'a'} kind @param {string} codec */
	constructor(path, kind, codec) {
		const about = Buffer.from(JSON.stringify({ t: kind, c: codec,
			s: 1790000000000000, u: 1790000000000000 }));

		this.fd = openSync(path, 'w');
		this.#add(Buffer.from('MJR00002'));
		this.#add(this.#number(about.length));
		this.#add(about);
	}

	#number(value) {
		const out = Buffer.alloc(2);

		out.writeUInt16BE(value);
		return out;
	}

	#add(part) {
		this.#parts.push(part);
		this.#bytes += part.length;
		if (this.#bytes > CHUNK)
			this.#flush();
	}

	#flush() {
		writeSync(this.fd, Buffer.concat(this.#parts));
		this.#parts = [];
		this.#bytes = 0;
	}

	/** One RTP packet that came at ms. */
	packet(ms, { type, number, time, marker }, payload) {
		const head = Buffer.alloc(10 + 12);

		head.write('MEET');
		head.writeUInt32BE(ms, 4);
		head.writeUInt16BE(12 + payload.length, 8);
		head[10] = 0x80;
		head[11] = type | (marker ? 0x80 : 0);
		head.writeUInt16BE(number & 0xffff, 12);
		head.writeUInt32BE(time >>> 0, 14);
		head.writeUInt32BE(12345, 18);
		this.#add(head);
		this.#add(payload);
	}

	close() {
		this.#flush();
		closeSync(this.fd);
	}
}

/** A camera of so many kbit/s. */
export function writeCamera(path, seconds, kbit) {
	const file = new Mjr(path, 'v', 'vp8');
	const size = kbit * FRAME_MS / 8;
	let number = 0;

	for (let ms = 0; ms < seconds * 1000; ms += FRAME_MS) {
		const frame = Buffer.alloc(size);

		(ms % KEY_MS === 0 ? VP8_KEY : VP8_SAME).copy(frame);
		for (let at = 0; at < size; at += PAYLOAD)
			file.packet(ms, { type: 96, number: number++, time: ms * 90,
				marker: at + PAYLOAD >= size },
			Buffer.concat([Buffer.from([at ? 0 : 0x10]),
				frame.subarray(at, at + PAYLOAD)]));
	}
	file.close();
}

export function writeVoice(path, seconds) {
	const file = new Mjr(path, 'a', 'opus');

	for (let ms = 0, number = 0; ms < seconds * 1000; ms += VOICE_MS)
		file.packet(ms, { type: 111, number: number++, time: ms * 48,
			marker: false }, SILENCE);
	file.close();
}
