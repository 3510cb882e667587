// SPDX-License-Identifier: GPL-3.0-or-later
// Full screen and a picture that floats over other windows, where there are.

/**
 * @typedef {HTMLVideoElement & {webkitEnterFullscreen?: () => void}} Video on
 *   a phone of Apple only a picture can fill the screen, not a page
 */

/** Can anything fill the screen? */
export const canFill = () => document.fullscreenEnabled
	|| 'webkitEnterFullscreen' in HTMLVideoElement.prototype;

export const isFull = () => Boolean(document.fullscreenElement);

/**
 * Fills the screen with the visit and its controls, or ends that.
 * @param {Video} picture that does instead where the page cannot
 */
export async function fillScreen(picture) {
	try {
		if (isFull())
			await document.exitFullscreen();
		else if (document.fullscreenEnabled)
			await document.documentElement.requestFullscreen();
		else
			picture.webkitEnterFullscreen?.();
	} catch {
		// The browser said no; nothing has changed.
	}
}

/** Can a picture float over other windows? */
export const canFloat = () => document.pictureInPictureEnabled === true;

/**
 * Lets a picture float over other windows, or takes it back.
 * @param {HTMLVideoElement} picture
 */
export async function floating(picture) {
	try {
		if (document.pictureInPictureElement)
			await document.exitPictureInPicture();
		else
			await picture.requestPictureInPicture();
	} catch {
		// There is no picture yet, or the browser said no.
	}
}

/** Ends both: the visit is over. */
export function endModes() {
	if (isFull())
		document.exitFullscreen().catch(() => {});
	if (document.pictureInPictureElement)
		document.exitPictureInPicture().catch(() => {});
}
