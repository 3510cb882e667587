// SPDX-License-Identifier: GPL-3.0-or-later
// Loudspeakers: which there are, which one was chosen, and a sound to try it.
// Not every browser lets a page choose. No DOM in here.

const STORED = 'rth-speaker';

/** Two bars of a quiet melody: [from s, Hz]. */
const MELODY = [[0, 523.25], [0.3, 659.25], [0.6, 783.99], [0.9, 1046.5],
	[1.3, 783.99], [1.6, 1046.5]];
const NOTE_S = 0.45;
const LOUD = 0.16;
export const MELODY_MS = 2300;

/** Were there any, on this page? */
let seen = false;

/** @returns {string} id of the loudspeaker used last; empty: none chosen */
export function remembered() {
	try {
		return localStorage.getItem(STORED) ?? '';
	} catch {
		return '';
	}
}

/** @param {string} id */
export function remember(id) {
	try {
		localStorage.setItem(STORED, id);
	} catch {
		// Then the system's choice is used next time.
	}
}

/** @returns {Promise<MediaDeviceInfo[]>} */
async function outputs() {
	const all = await navigator.mediaDevices?.enumerateDevices()
		.catch(() => []) ?? [];
	return all.filter(({ kind }) => kind === 'audiooutput');
}

/** Can this browser play on a loudspeaker that the page chooses? */
const canChoose = () => 'setSinkId' in (globalThis.HTMLMediaElement
	?.prototype ?? {});

/**
 * @returns {Promise<import('./devices.js').Device[]>} those that can be chosen
 *   and have a name, which needs permission for the microphone
 */
export async function listOutputs() {
	if (!canChoose())
		return [];
	return (await outputs()).filter(({ label, deviceId }) => label && deviceId)
		.map(({ deviceId, label }) => ({ id: deviceId, label }));
}

/**
 * Has the last loudspeaker been taken away? Some browsers never list any, so
 * only those say so that have listed one.
 * @returns {Promise<boolean>}
 */
export async function outputsGone() {
	const some = (await outputs()).length > 0;
	const gone = seen && !some;
	seen ||= some;
	return gone;
}

/**
 * Makes an element play on the chosen loudspeaker; on the system's when that
 * one is gone.
 * @param {HTMLMediaElement} node
 * @param {string} [id]
 */
export async function playOn(node, id = remembered()) {
	if (!canChoose() || (node.sinkId ?? '') === id)
		return;
	await node.setSinkId(id).catch(() => node.setSinkId('')).catch(() => {});
}

/**
 * The melody as a stream, so that it takes the way that voices take.
 * @returns {{stream: MediaStream, stop: () => void}}
 */
export function melody() {
	const context = new AudioContext();
	const out = context.createMediaStreamDestination();
	const start = context.currentTime + 0.1;
	for (const [from, height] of MELODY) {
		const note = new OscillatorNode(context, { frequency: height,
			type: 'triangle' });
		const loud = new GainNode(context, { gain: 0 });
		loud.gain.setValueAtTime(0, start + from);
		loud.gain.linearRampToValueAtTime(LOUD, start + from + 0.03);
		loud.gain.exponentialRampToValueAtTime(0.0001, start + from + NOTE_S);
		note.connect(loud).connect(out);
		note.start(start + from);
		note.stop(start + from + NOTE_S);
	}
	void context.resume().catch(() => {});
	return { stream: out.stream,
		stop: () => void context.close().catch(() => {}) };
}
