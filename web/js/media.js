// SPDX-License-Identifier: GPL-3.0-or-later
// The one RTCPeerConnection of a visit: four fixed slots (docs/protocol.md),
// devices put in and taken out with replaceTrack. No DOM in here.

import { SIGNATURE, answerToTake, offerToSend } from './sdp.js';

/**
 * @typedef {'microphone' | 'camera' | 'screen'} Slot
 * @typedef {'new' | 'up' | 'shaky' | 'failed' | 'closed'} Link
 *
 * @typedef {object} MediaCallbacks
 * @property {(link: Link) => void} link how the connection is
 * @property {(step: 'ice' | 'dtls') => void} step reached once
 * @property {(candidate: RTCIceCandidateInit | null) => void} candidate
 *   ours, found after the offer; null after the last
 * @property {(open: boolean) => void} chat the data channel opened or closed
 * @property {(text: string) => void} text a message on the data channel
 */

/** The slots' m-lines, in the order in which they are offered. */
const SLOTS = /** @type {const} */ ({ microphone: 0, camera: 1, screen: 2 });

/** What matters first when the line is thin; bitrates in bit/s. */
const SENDERS = /** @type {Record<Slot, RTCRtpEncodingParameters>} */ ({
	microphone: { priority: 'high', networkPriority: 'high' },
	camera: { priority: 'low', networkPriority: 'low', maxBitrate: 1500000 },
	screen: { priority: 'medium', networkPriority: 'medium',
		maxBitrate: 2500000 },
});

const LINKS = /** @type {Record<RTCPeerConnectionState, Link>} */ ({
	new: 'new', connecting: 'new', connected: 'up',
	disconnected: 'shaky', failed: 'failed', closed: 'closed',
});

export class Media {
	#pc;
	#chat;
	#callbacks;
	/** @type {RTCIceCandidateInit[]} Janus's, come before its answer */
	#early = [];
	#answered = false;

	#signatures = 0;
	/** @type {Partial<Record<Slot, RTCRtpEncodingParameters>>} */
	#wishes = {};
	#changes = Promise.resolve();

	/**
	 * Makes the connection with its slots, all of them empty, and the
	 * signature (see sdp.js) behind the screen.
	 * @param {Partial<MediaCallbacks>} callbacks
	 */
	constructor(callbacks) {
		this.#callbacks = callbacks;
		this.#pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
		for (const kind of ['audio', 'video', 'video', 'video'])
			this.#pc.addTransceiver(kind, { direction: 'sendrecv' });
		this.#chat = this.#pc.createDataChannel('chat', { ordered: true });
		this.#listen();
	}

	#listen() {
		const pc = this.#pc;
		pc.onicecandidate = ({ candidate }) =>
			this.#callbacks.candidate?.(candidate?.candidate
				? candidate.toJSON() : null);
		pc.oniceconnectionstatechange = () => {
			if (['connected', 'completed'].includes(pc.iceConnectionState))
				this.#callbacks.step?.('ice');
		};
		pc.onconnectionstatechange = () => {
			if (pc.connectionState === 'connected')
				this.#connected();
			this.#callbacks.link?.(LINKS[pc.connectionState]);
		};
		this.#chat.onopen = () => this.#callbacks.chat?.(true);
		this.#chat.onclose = () => this.#callbacks.chat?.(false);
		this.#chat.onmessage = ({ data }) => this.#callbacks.text?.(data);
	}

	#connected() {
		this.#callbacks.step?.('ice');
		this.#callbacks.step?.('dtls');
		for (const slot of /** @type {Slot[]} */ (Object.keys(SLOTS)))
			this.#prioritise(slot);
	}

	/**
	 * The other person's line has become thin, or good again. On a thin line
	 * the camera's picture gets smaller before it moves less. When it is good
	 * again, the other preference makes the browser start at full size, where
	 * left alone it takes most of a minute to get there.
	 * @param {boolean} limited
	 */
	thin(limited) {
		this.#prioritise('camera',
			limited ? 'maintain-framerate' : 'balanced');
	}

	/**
	 * How much room the voice may take, see voicefirst.js.
	 * @param {number | null} bps null: as much as the browser likes
	 */
	voice(bps) {
		this.#wishes.microphone = bps ? { maxBitrate: bps } : {};
		this.#prioritise('microphone');
	}

	/** @param {boolean} paused nothing of the camera is sent for a while */
	pause(paused) {
		this.#wishes.camera = { active: !paused };
		this.#prioritise('camera');
	}

	/**
	 * @param {Slot} slot
	 * @param {RTCDegradationPreference} [preference]
	 */
	#prioritise(slot, preference) {
		// One after the other: a change makes what was read before it void.
		this.#changes = this.#changes.then(async () => {
			const sender = this.#transceiver(slot).sender;
			const parameters = sender.getParameters();
			if (preference)
				parameters.degradationPreference = preference;
			for (const encoding of parameters.encodings ?? []) {
				if (slot === 'microphone')
					delete encoding.maxBitrate;
				Object.assign(encoding, SENDERS[slot], this.#wishes[slot]);
			}
			await sender.setParameters(parameters);
		}).catch(() => {
			// A browser that does not know a field keeps its own order.
		});
	}

	/** @param {Slot} slot */
	#transceiver(slot) {
		return this.#pc.getTransceivers()[SLOTS[slot]];
	}

	/**
	 * Makes the local offer and starts to look for candidates. Called again,
	 * it makes a new offer on the same connection.
	 * @param {RTCIceServer[]} [servers] other ICE servers: candidates are
	 *   gathered anew
	 */
	async offer(servers) {
		this.#answered = false;
		if (servers)
			this.#pc.setConfiguration({ bundlePolicy: 'max-bundle',
				iceServers: servers });
		await this.#pc.setLocalDescription(await this.#pc.createOffer({
			iceRestart: Boolean(servers) }));
	}

	/** The offer to send, with all candidates found so far. */
	get localOffer() {
		const sdp = this.#pc.localDescription?.sdp ?? '';
		return { type: /** @type {const} */ ('offer'),
			sdp: offerToSend(sdp) };
	}

	/** Have all candidates been found? */
	get gathered() {
		return this.#pc.iceGatheringState === 'complete';
	}

	/** @param {RTCSessionDescriptionInit} answer */
	async answer(answer) {
		await this.#pc.setRemoteDescription({ type: 'answer',
			sdp: answerToTake(answer.sdp ?? '',
				this.#pc.localDescription?.sdp ?? '') });
		this.#answered = true;
		for (const candidate of this.#early.splice(0))
			await this.#add(candidate);
	}

	/** @param {RTCIceCandidateInit | null} candidate Janus's; null: the last */
	async candidate(candidate) {
		if (!candidate)
			return;
		if (this.#answered)
			await this.#add(candidate);
		else
			this.#early.push(candidate);
	}

	/** @param {RTCIceCandidateInit} candidate */
	async #add(candidate) {
		// One candidate that cannot be used must not cost the others.
		await this.#pc.addIceCandidate(candidate).catch(() => {});
	}

	/**
	 * Puts a track into a slot, or takes it out. The track stays the caller's.
	 * @param {Slot} slot
	 * @param {MediaStreamTrack | null} track
	 */
	async put(slot, track) {
		await this.#transceiver(slot).sender.replaceTrack(track);
		await this.#sign();
	}

	/**
	 * Makes the signature's stream anew, by giving it its other codec: a track
	 * may have made the browser make its own stream anew, a screen does.
	 */
	async #sign() {
		const { sender } = this.#pc.getTransceivers()[SIGNATURE];
		const parameters = sender.getParameters();
		const encoding = /** @type {{codec?: RTCRtpCodec} | undefined} */ (
			parameters.encodings?.[0]);
		if (!encoding || (parameters.codecs?.length ?? 0) < 2)
			return;
		encoding.codec = parameters.codecs[++this.#signatures % 2];
		// A browser that does not know the field does not sign so, either.
		await sender.setParameters(parameters).catch(() => {});
	}

	/** @param {Slot} slot @returns {MediaStreamTrack} what the other sends */
	remote(slot) {
		return this.#transceiver(slot).receiver.track;
	}

	/** @param {string} text @returns {boolean} was it handed to the channel */
	send(text) {
		if (this.#chat.readyState !== 'open')
			return false;
		this.#chat.send(text);
		return true;
	}

	/** @returns {Promise<RTCStatsReport>} */
	stats() {
		return this.#pc.getStats();
	}

	/** @returns {Record<Slot, string | null>} each slot's mid */
	get mids() {
		const [microphone, camera, screen] = this.#pc.getTransceivers()
			.map((transceiver) => transceiver.mid);
		return { microphone, camera, screen };
	}

	/** Ends the connection; nothing is called back afterwards. */
	close() {
		this.#callbacks = {};
		this.#pc.close();
	}
}
