// SPDX-License-Identifier: GPL-3.0-or-later
// Runs in a page before its own scripts: camera and microphone are ones that
// can be covered and silenced by `rthPretend.black` and `rthPretend.silent`.
(() => {
	const devices = navigator.mediaDevices;
	const state = { black: false, silent: false };

	globalThis.rthPretend = state;
	if (!devices)
		return;

	function picture() {
		const canvas = Object.assign(document.createElement('canvas'),
			{ width: 320, height: 240 });
		const context = /** @type {CanvasRenderingContext2D} */ (
			canvas.getContext('2d'));
		let turn = 0;

		setInterval(() => {
			context.fillStyle = state.black ? '#000'
				: `hsl(${turn += 5} 70% 60%)`;
			context.fillRect(0, 0, canvas.width, canvas.height);
		}, 50);
		return canvas.captureStream(20).getVideoTracks();
	}

	async function voice() {
		const audio = new AudioContext();
		const tone = new OscillatorNode(audio, { frequency: 330 });
		const gain = new GainNode(audio);
		const out = audio.createMediaStreamDestination();

		tone.connect(gain).connect(out);
		tone.start();
		setInterval(() => {
			gain.gain.value = state.silent ? 0 : 0.2;
		}, 50);
		return out.stream.getAudioTracks();
	}

	devices.getUserMedia = async ({ audio, video }) => new MediaStream([
		...(video ? picture() : []), ...(audio ? await voice() : [])]);
})();
