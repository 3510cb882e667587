// SPDX-License-Identifier: GPL-3.0-or-later
// Runs in a page before its own scripts: camera and microphone become a picture
// that flashes white and a tone of 1 kHz that sounds for the same 100 ms of
// every second, so that it can be seen afterwards how far apart they got.
(() => {
	const FLASH_S = 0.1;
	const FRAME_MS = 33;
	const TICK_MS = 4;
	const SIZE = { width: 320, height: 240 };
	/** @type {Promise<{ audio: AudioContext, start: number }> | null} */
	let clock = null;

	/** One clock for both, which is the sound's. */
	async function makeClock() {
		const audio = new AudioContext({ sampleRate: 48000 });

		await audio.resume();
		return { audio, start: Math.ceil(audio.currentTime) + 1 };
	}

	const flashing = (audio, start) => {
		const at = audio.currentTime - start;

		return at >= 0 && at % 1 < FLASH_S;
	};

	async function tone() {
		const { audio, start } = await (clock ??= makeClock());
		const samples = audio.createBuffer(1, audio.sampleRate, audio.sampleRate);
		const data = samples.getChannelData(0);

		for (let i = 0; i < FLASH_S * audio.sampleRate; i++)
			data[i] = 0.4 * Math.sin(2 * Math.PI * 1000 * i / audio.sampleRate);
		const source = new AudioBufferSourceNode(audio,
			{ buffer: samples, loop: true });
		const out = audio.createMediaStreamDestination();

		source.connect(out);
		// One that comes late begins where the second has got to.
		if (audio.currentTime < start)
			source.start(start);
		else
			source.start(0, (audio.currentTime - start) % 1);
		return out.stream.getAudioTracks()[0];
	}

	async function picture() {
		const { audio, start } = await (clock ??= makeClock());
		const canvas = Object.assign(document.createElement('canvas'), SIZE);
		const context = /** @type {CanvasRenderingContext2D} */ (
			canvas.getContext('2d', { alpha: false }));
		const [track] = canvas.captureStream().getVideoTracks();
		let white = false;
		let drawn = 0;
		let count = 0;

		const timer = setInterval(() => {
			const now = performance.now();
			const wanted = flashing(audio, start);

			if (track.readyState === 'ended')
				clearInterval(timer);
			if (wanted === white && now - drawn < FRAME_MS)
				return;
			white = wanted;
			drawn = now;
			context.fillStyle = white ? '#ffffff' : '#101010';
			context.fillRect(0, 0, SIZE.width, SIZE.height);
			// Something moves, so that every frame is one of its own.
			context.fillStyle = '#808080';
			context.fillRect(count++ % SIZE.width, 0, 8, 8);
		}, TICK_MS);

		return track;
	}

	if (navigator.mediaDevices)
		navigator.mediaDevices.getUserMedia = async (wanted) => new MediaStream(
			await Promise.all([wanted?.audio && tone(),
				wanted?.video && picture()].filter(Boolean)));
})();
