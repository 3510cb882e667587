// SPDX-License-Identifier: GPL-3.0-or-later
// Runs in the page of the player: which picture of each lane is really shown
// when. `rthShown.frames` has of each lane [ms of the page's clock, s of the
// medium, how light it is] since `rthShown.clear()`.
(() => {
	const SIZE = { width: 8, height: 6 };
	/** @type {Record<string, [number, number, number][]>} */
	let frames = {};
	const known = new WeakSet();
	const canvas = Object.assign(document.createElement('canvas'), SIZE);
	const context = /** @type {CanvasRenderingContext2D} */ (
		canvas.getContext('2d', { willReadFrequently: true }));

	/** @param {HTMLVideoElement} video */
	function light(video) {
		context.drawImage(video, 0, 0, SIZE.width, SIZE.height);
		const { data } = context.getImageData(0, 0, SIZE.width, SIZE.height);
		let sum = 0;

		for (let i = 0; i < data.length; i += 4)
			sum += data[i];
		return sum / (data.length / 4);
	}

	/** @param {HTMLVideoElement} video */
	function follow(video) {
		const lane = /** @type {HTMLElement} */ (
			video.closest('[data-lane]')).dataset.lane ?? '';
		const look = (_, { expectedDisplayTime, mediaTime }) => {
			(frames[lane] ??= []).push([expectedDisplayTime, mediaTime,
				light(video)]);
			video.requestVideoFrameCallback(look);
		};

		known.add(video);
		video.requestVideoFrameCallback(look);
	}
	setInterval(() => {
		for (const video of document.querySelectorAll('.player video'))
			if (!known.has(video))
				follow(/** @type {HTMLVideoElement} */ (video));
	}, 20);
	globalThis.rthShown = {
		get frames() {
			return frames;
		},
		clear: () => {
			frames = {};
		},
	};
})();
