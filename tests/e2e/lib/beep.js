// SPDX-License-Identifier: GPL-3.0-or-later
// Runs in a page before its own scripts: camera and microphone become a picture
// that flashes white and a tone of 1 kHz that sounds for the same 100 ms of
// every second, so that it can be seen afterwards how far apart they got.
// `rthBeep.drawn` tells of each flash when it was drawn, in ms since 1970, and
// how many ms after its tone: a busy machine is late with both, not equally.
(() => {
	const BEEP_S = 0.1;
	const FRAME_MS = 33;
	const TICK_MS = 4;
	const SIZE = { width: 320, height: 240 };
	const LOUD = 0.4;
	const devices = navigator.mediaDevices;

	if (!devices)
		return;
	const native = devices.getUserMedia.bind(devices);
	// Without a loudspeaker Firefox's AudioContext never runs.
	const source = navigator.userAgent.includes('Firefox') ? gate : loop;
	/** @type {ReturnType<typeof source> | null} the one clock of both */
	let only = null;
	/** @type {{ at: number, late: number }[]} */
	const drawn = [];

	globalThis.rthBeep = { drawn };

	/** Seconds of its own clock, which sounds, and a track that beeps by it. */
	async function loop() {
		const audio = new AudioContext({ sampleRate: 48000 });
		const second = audio.createBuffer(1, audio.sampleRate, audio.sampleRate);
		const data = second.getChannelData(0);
		const turn = 2 * Math.PI * 1000 / audio.sampleRate;

		await audio.resume();
		for (let i = 0; i < BEEP_S * audio.sampleRate; i++)
			data[i] = LOUD * Math.sin(turn * i);
		const start = audio.currentTime + 0.2;
		const tone = new AudioBufferSourceNode(audio,
			{ buffer: second, loop: true });

		tone.start(start);
		return {
			seconds: () => audio.currentTime - start,
			late: (at) => (at % 1) * 1000,
			beep: () => {},
			track: () => {
				const out = audio.createMediaStreamDestination();

				tone.connect(out);
				return out.stream.getAudioTracks()[0];
			},
		};
	}

	/** The pretended microphone's tone, let through for its part of a second. */
	async function gate() {
		const stream = await native({ audio: true });
		const start = performance.now();
		/** @type {Set<MediaStreamTrack>} */
		const tracks = new Set();

		return {
			seconds: () => (performance.now() - start) / 1000,
			// Both begin here, at once.
			late: () => 0,
			beep: (on) => {
				for (const track of tracks)
					track.enabled = on;
			},
			track: () => {
				const track = stream.getAudioTracks()[0].clone();

				tracks.add(track);
				return track;
			},
		};
	}

	/** @param {Awaited<ReturnType<typeof loop>>} clock */
	function picture(clock) {
		const canvas = Object.assign(document.createElement('canvas'), SIZE);
		const context = /** @type {CanvasRenderingContext2D} */ (
			canvas.getContext('2d', { alpha: false }));
		let white = false;
		let newest = 0;
		let count = 0;

		function draw(now) {
			newest = now;
			context.fillStyle = white ? '#ffffff' : '#101010';
			context.fillRect(0, 0, SIZE.width, SIZE.height);
			// Something moves, so that every frame is one of its own.
			context.fillStyle = '#808080';
			context.fillRect(count++ % SIZE.width, 0, 8, 8);
		}
		draw(0);
		const [track] = canvas.captureStream().getVideoTracks();
		const timer = setInterval(() => {
			const now = performance.now();
			const at = clock.seconds();
			const wanted = at >= 0 && at % 1 < BEEP_S;

			if (track.readyState === 'ended')
				clearInterval(timer);
			else if (wanted !== white || now - newest >= FRAME_MS) {
				const begins = wanted && !white;

				if (wanted !== white)
					clock.beep(wanted);
				white = wanted;
				draw(now);
				if (begins)
					drawn.push({ at: performance.timeOrigin + now,
						late: clock.late(at) });
			}
		}, TICK_MS);

		return track;
	}

	devices.getUserMedia = async (wanted) => {
		const clock = await (only ??= source());

		return new MediaStream([
			...(wanted?.audio ? [clock.track()] : []),
			...(wanted?.video ? [picture(clock)] : []),
		]);
	};
})();
