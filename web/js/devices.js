// SPDX-License-Identifier: GPL-3.0-or-later
// Microphones, cameras and the screen: asking for them, naming what is wrong
// with them, and how loud a microphone is. No DOM in here.

/**
 * @typedef {'microphone' | 'camera'} Kind
 * @typedef {'none' | 'denied' | 'system' | 'busy' | 'insecure' | 'ended' | 'failed'} Problem
 * @typedef {{id: string, label: string}} Device
 * @typedef {{microphone: Device[], camera: Device[]}} DeviceList
 * @typedef {object} Capture what was got, and why the rest was not
 * @property {MediaStreamTrack | null} microphone
 * @property {MediaStreamTrack | null} camera
 * @property {{microphone?: Problem, camera?: Problem}} problems
 */

/** Which DOMException means what (Media Capture and Streams, 10.2). */
const PROBLEMS = /** @type {Record<string, Problem>} */ ({
	NotAllowedError: 'denied',
	SecurityError: 'insecure',
	NotFoundError: 'none',
	OverconstrainedError: 'none',
	NotReadableError: 'busy',
	AbortError: 'busy',
});

/**
 * 640x480 is the most that Chromium sends at its first estimate of the line
 * without dropping frames: the first picture is there sooner.
 */
const CAMERA = { width: { ideal: 640 }, height: { ideal: 480 },
	frameRate: { ideal: 30, max: 30 } };
const MICROPHONE = { echoCancellation: true, noiseSuppression: true,
	autoGainControl: true };
const SCREEN = { frameRate: { ideal: 15, max: 30 } };

const DEVICE_KIND = /** @type {const} */ ({
	microphone: 'audioinput', camera: 'videoinput' });

/** @param {unknown} error OverconstrainedError is no Error in some browsers */
const nameOf = (error) => String(/** @type {any} */ (error)?.name);

/** @param {unknown} error @returns {Problem} */
export const problemOf = (error) => {
	const met = PROBLEMS[nameOf(error)] ?? 'failed';
	// Not the person said no, but the system to the browser.
	return met === 'denied' && /\bsystem\b/i.test(
		String(/** @type {any} */ (error).message)) ? 'system' : met;
};

/** @param {string | undefined} id of the one device that is meant */
const chosen = (id) => id ? { deviceId: { exact: id } } : {};

/**
 * @param {Kind} kind
 * @param {string} [id] the one device that is meant
 */
function constraints(kind, id) {
	return kind === 'microphone'
		? { audio: { ...MICROPHONE, ...chosen(id) } }
		: { video: { ...CAMERA, ...chosen(id) } };
}

/** @param {Kind} kind @param {MediaStream} stream */
function trackOf(kind, stream) {
	if (kind === 'microphone')
		return stream.getAudioTracks()[0] ?? null;
	const track = stream.getVideoTracks()[0] ?? null;
	if (track)
		track.contentHint = 'motion';
	return track;
}

/**
 * Opens one device.
 * @param {Kind} kind
 * @param {string} [id] the device to prefer
 * @returns {Promise<MediaStreamTrack>} rejected as getUserMedia does
 */
export async function openDevice(kind, id) {
	const media = navigator.mediaDevices;
	if (!media)
		throw new DOMException('', 'SecurityError');
	try {
		const track = trackOf(kind, await media.getUserMedia(
			constraints(kind, id)));
		if (!track)
			throw new DOMException('', 'NotFoundError');
		return track;
	} catch (error) {
		// The device that was used last time may be gone.
		if (!id || problemOf(error) !== 'none')
			throw error;
		return openDevice(kind);
	}
}

/** @param {Kind} kind is asking once more free of a prompt */
async function allowed(kind) {
	try {
		const name = /** @type {PermissionName} */ (/** @type {string} */ (kind));
		return (await navigator.permissions.query({ name })).state;
	} catch {
		return 'unknown';
	}
}

/**
 * Opens both, and if that fails each alone, so that a broken camera does not
 * cost the voice. Who was denied is not asked a second time.
 * @param {{microphone?: string, camera?: string}} ids devices to prefer
 * @returns {Promise<Capture>}
 */
export async function openBoth(ids) {
	try {
		const media = navigator.mediaDevices;
		if (!media)
			throw new DOMException('', 'SecurityError');
		const stream = await media.getUserMedia({
			...constraints('microphone', ids.microphone),
			...constraints('camera', ids.camera) });
		return { microphone: trackOf('microphone', stream),
			camera: trackOf('camera', stream), problems: {} };
	} catch (error) {
		return openEach(ids, problemOf(error));
	}
}

/**
 * @param {{microphone?: string, camera?: string}} ids
 * @param {Problem} first what asking for both met
 * @returns {Promise<Capture>}
 */
async function openEach(ids, first) {
	/** @type {Capture} */
	const got = { microphone: null, camera: null, problems: {} };
	for (const kind of /** @type {Kind[]} */ (['microphone', 'camera'])) {
		if (first === 'insecure'
			|| (first === 'denied' && await allowed(kind) !== 'granted')) {
			got.problems[kind] = first;
			continue;
		}
		try {
			got[kind] = await openDevice(kind, ids[kind]);
		} catch (error) {
			got.problems[kind] = problemOf(error);
		}
	}
	return got;
}

/** Lets the person choose a screen or window. Rejected as getDisplayMedia. */
export async function openScreen() {
	const stream = await navigator.mediaDevices.getDisplayMedia({
		video: SCREEN, audio: false });
	const [track] = stream.getVideoTracks();
	track.contentHint = 'detail';
	return track;
}

/** Can this browser share a screen at all (phones cannot)? */
export const canShareScreen = () =>
	Boolean(navigator.mediaDevices?.getDisplayMedia);

/** @returns {Promise<DeviceList>} those with a name, which needs permission */
export async function listDevices() {
	const all = await navigator.mediaDevices?.enumerateDevices()
		.catch(() => []) ?? [];
	/** @param {Kind} kind */
	const of = (kind) => all
		.filter((d) => d.kind === DEVICE_KIND[kind] && d.label)
		.map((d) => ({ id: d.deviceId, label: d.label }));
	return { microphone: of('microphone'), camera: of('camera') };
}

/**
 * Calls back with how loud a microphone is, 0 to 1, some 12 times a second.
 * @param {MediaStreamTrack} track borrowed
 * @param {(level: number) => void} onlevel
 * @returns {() => void} stops it
 */
export function watchLevel(track, onlevel) {
	const context = new AudioContext();
	const source = context.createMediaStreamSource(new MediaStream([track]));
	const analyser = context.createAnalyser();
	analyser.fftSize = 1024;
	source.connect(analyser);
	const samples = new Float32Array(analyser.fftSize);
	let resuming = false;
	const timer = setInterval(() => {
		// Some browsers start no sound work before the page is touched.
		if (context.state === 'suspended' && !resuming
			&& navigator.userActivation?.hasBeenActive) {
			resuming = true;
			context.resume().catch(() => {});
		}
		analyser.getFloatTimeDomainData(samples);
		let sum = 0;
		for (const sample of samples)
			sum += sample * sample;
		const decibel = 10 * Math.log10(sum / samples.length + 1e-9);
		onlevel(Math.min(1, Math.max(0, (decibel + 60) / 50)));
	}, 80);
	return () => {
		clearInterval(timer);
		source.disconnect();
		context.close().catch(() => {});
	};
}
