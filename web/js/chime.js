// SPDX-License-Identifier: GPL-3.0-or-later
// A short soft sound from this device's own loudspeaker; the call has no part
// in it.

/** Two notes, each from when (s after the start) and how high (Hz). */
const NOTES = [[0, 587], [0.16, 880]];
const NOTE_S = 0.5;
const LOUD = 0.07;

/** Plays it, where the browser lets the page sound. */
export function chime() {
	try {
		const context = new AudioContext();
		for (const [from, height] of NOTES) {
			const at = context.currentTime + from;
			const note = new OscillatorNode(context, { frequency: height });
			const loud = new GainNode(context, { gain: 0 });
			loud.gain.setValueAtTime(0, at);
			loud.gain.linearRampToValueAtTime(LOUD, at + 0.03);
			loud.gain.exponentialRampToValueAtTime(0.0001, at + NOTE_S);
			note.connect(loud).connect(context.destination);
			note.start(at);
			note.stop(at + NOTE_S);
			note.onended = () => height === NOTES[1][1] && void context.close();
		}
	} catch {
		// Without sound there is still the sign, and what is announced.
	}
}
