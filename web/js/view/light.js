// SPDX-License-Identifier: GPL-3.0-or-later
// Looks at a camera's picture for hearing.js, and draws the one that tests the
// line for nettest.js; nobody sees either.

import { SHUT } from '../hearing.js';
import { h } from './dom.js';

/** Points that are looked at: each the mean of many of the camera's. */
const WIDTH = 16;
const HEIGHT = 12;

/**
 * How bright the brightest point of a camera's picture is, 0 to 255.
 * @param {MediaStreamTrack} track borrowed
 * @returns {import('../hearing.js').Gauge}
 */
export function light(track) {
	const node = h('video', { playsinline: true });
	const canvas = h('canvas', { width: WIDTH, height: HEIGHT });
	const context = canvas.getContext('2d', { willReadFrequently: true });
	node.muted = true;
	node.srcObject = new MediaStream([track]);
	void node.play().catch(() => {});

	return {
		read: () => {
			if (track.muted)
				return SHUT;
			// A page that is not shown may be given no pictures.
			if (!context || document.hidden || node.readyState < 2
				|| !node.videoWidth)
				return null;
			context.drawImage(node, 0, 0, WIDTH, HEIGHT);
			const { data } = context.getImageData(0, 0, WIDTH, HEIGHT);
			let most = 0;
			for (let i = 0; i < data.length; i++)
				if (i % 4 < 3)
					most = Math.max(most, data[i]);
			return most;
		},
		stop: () => {
			node.srcObject = null;
		},
	};
}

const NOISE_WIDTH = 320;
const NOISE_HEIGHT = 240;
const NOISE_RATE = 20;

/**
 * A picture that no coder can make small: it fills a line.
 * @returns {{track: MediaStreamTrack, stop: () => void} | null} null: this
 *   browser cannot
 */
export function noise() {
	const canvas = h('canvas', { width: NOISE_WIDTH, height: NOISE_HEIGHT });
	const context = canvas.getContext('2d');
	if (!context || !('captureStream' in canvas))
		return null;
	const picture = context.createImageData(NOISE_WIDTH, NOISE_HEIGHT);
	const words = new Uint32Array(picture.data.buffer);
	let state = 1;
	const draw = () => {
		for (let i = 0; i < words.length; i++) {
			state = Math.imul(state, 1664525) + 1013904223 | 0;
			words[i] = state ^ state >>> 16 | 0xff000000;
		}
		context.putImageData(picture, 0, 0);
	};
	draw();
	const [track] = canvas.captureStream(NOISE_RATE).getVideoTracks();
	const timer = setInterval(draw, 1000 / NOISE_RATE);
	return { track, stop: () => {
		clearInterval(timer);
		track.stop();
	} };
}
