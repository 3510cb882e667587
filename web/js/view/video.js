// SPDX-License-Identifier: GPL-3.0-or-later
// A picture or a sound on the page, and the track that is in it.

import { playOn } from '../speaker.js';
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
 * Tells of each picture that comes on the screen until that is not wanted.
 * @param {HTMLVideoElement} node
 * @param {(at: number) => Promise<boolean>} shown at ms since the page's time
 *   origin; answers whether this was the one
 */
export function onPicture(node, shown) {
	const told = async () => {
		if (!await shown(performance.now()))
			onPicture(node, shown);
	};
	if ('requestVideoFrameCallback' in node)
		node.requestVideoFrameCallback(told);
	else
		/** @type {HTMLVideoElement} */ (node)
			.addEventListener('timeupdate', told, { once: true });
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
	// Keys of a keyboard or headset may stop it, too.
	node.addEventListener('pause', () => {
		if (node.srcObject && node.paused)
			onblocked(true);
	});
	node.addEventListener('playing', () => onblocked(false));
	return { node, play,
		/** @param {string} id of the loudspeaker; empty: the system's choice */
		on: (id) => void playOn(node, id),
		/** @param {MediaStreamTrack | null} track */
		use: (track) => {
			node.srcObject = track ? new MediaStream([track]) : null;
			if (track)
				void play();
		} };
}
