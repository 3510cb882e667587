// SPDX-License-Identifier: GPL-3.0-or-later
// A picture or a sound on the page, and the track that is in it.

import { h } from './dom.js';

/**
 * @typedef {(side: 'mine' | 'theirs', slot: import('../media.js').Slot,
 *   track: MediaStreamTrack | null) => void} Picture
 */

/**
 * @param {string} id
 * @param {string} label
 * @param {boolean} [mirrored] one's own picture, as in a mirror
 */
export function video(id, label, mirrored) {
	const node = h('video', { id, autoplay: true, playsinline: true,
		'aria-label': label, class: mirrored ? 'mirrored' : '' });
	node.muted = true;
	return { node,
		/** @param {MediaStreamTrack | null} track */
		use: (track) => {
			node.srcObject = track ? new MediaStream([track]) : null;
		} };
}

/**
 * Calls back when the next picture is on the screen.
 * @param {HTMLVideoElement} node
 * @param {() => void} callback
 */
export function onPicture(node, callback) {
	if ('requestVideoFrameCallback' in node)
		node.requestVideoFrameCallback(() => callback());
	else
		/** @type {HTMLVideoElement} */ (node)
			.addEventListener('loadeddata', callback, { once: true });
}

/**
 * The other person's voice. Browsers may hold sound back until somebody has
 * touched the page.
 * @param {(blocked: boolean) => void} onblocked
 */
export function sound(onblocked) {
	const node = h('audio', { id: 'sound', autoplay: true });
	const play = () => node.play().then(() => onblocked(false), (error) => {
		if (error.name === 'NotAllowedError')
			onblocked(true);
	});
	return { node, play,
		/** @param {MediaStreamTrack | null} track */
		use: (track) => {
			node.srcObject = track ? new MediaStream([track]) : null;
			if (track)
				void play();
		} };
}
