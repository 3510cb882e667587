// SPDX-License-Identifier: GPL-3.0-or-later
// Tries the line before a visit: a short connection to the clinic's media
// server, which sends back what comes (docs/protocol.md, check). Needs no
// device. Takes some 6 s; whoever joins stops it.

import * as api from './api.js';
import { Media } from './media.js';
import { Connection } from './protocol.js';

/**
 * @typedef {'udp' | 'tcp' | 'turn-udp' | 'turn-tcp' | 'none'} Path
 *
 * @typedef {object} NetResult members as in `check` of docs/protocol.md; null:
 *   not known
 * @property {Path | null} path none: picture and sound do not get through;
 *   null: the server itself could not be asked
 * @property {number | null} round_trip_ms
 * @property {number | null} loss_permille
 * @property {number | null} up_kbps
 * @property {number | null} down_kbps
 *
 * @typedef {object} Sums of one moment, from getStats
 * @property {number} at ms
 * @property {number} sent bytes
 * @property {number} received bytes
 * @property {number} came packets
 * @property {number} lost packets
 * @property {number} remote worst fraction that the server lost, 0 to 1
 * @property {number | null} estimate of the way up by the browser, bit/s
 * @property {number | null} roundTrip s
 * @property {Path} path
 *
 * @typedef {() => {track: MediaStreamTrack, stop: () => void} | null} Noise
 */

/** Without media after so long there will be none. */
const CONNECT_MS = 10000;
/** How long is measured once media flows. */
const MEASURE_MS = 4500;
const SAMPLE_MS = 500;
/** Rates are of the last so many samples: lines take a while to fill. */
const RATE_SAMPLES = 4;
/** So are losses: a browser finds out at first how much is too much. */
const LOSS_SAMPLES = 6;
/** Losses of fewer packets say nothing. */
const PACKETS_MIN = 50;

const KBIT = 1000;
const MOST = { round_trip_ms: 60000, loss_permille: 1000,
	up_kbps: 1000000, down_kbps: 1000000 };

/** Refusals that say nothing of the line. */
const NO_TIME = new Set(['too-many', 'busy']);

/** @type {NetResult} */
const UNREACHED = { path: null, round_trip_ms: null, loss_permille: null,
	up_kbps: null, down_kbps: null };

/**
 * How media goes, by the pair of candidates in use.
 * @param {any} local candidate, of getStats
 * @returns {Path}
 */
export function pathOf(local) {
	if (!local)
		return 'none';
	if (local.candidateType === 'relay')
		return (local.relayProtocol ?? local.protocol) === 'udp'
			? 'turn-udp' : 'turn-tcp';
	return local.protocol === 'tcp' ? 'tcp' : 'udp';
}

/** @param {any[]} entries */
function pairOf(entries) {
	const transport = entries.find(({ type }) => type === 'transport');
	return entries.find(({ id }) => id === transport?.selectedCandidatePairId)
		?? entries.find((each) => each.type === 'candidate-pair'
			&& (each.selected || each.nominated)
			&& each.state === 'succeeded');
}

/**
 * @param {Iterable<any>} report entries of an RTCStatsReport
 * @param {number} at ms
 * @returns {Sums}
 */
export function sumsOf(report, at) {
	const entries = [...report];
	const pair = pairOf(entries);
	const of = (/** @type {string} */ type) =>
		entries.filter((each) => each.type === type);
	const sum = (/** @type {any[]} */ all, /** @type {string} */ name) =>
		all.reduce((total, each) => total + (each[name] ?? 0), 0);
	const came = of('inbound-rtp');
	const remote = of('remote-inbound-rtp');
	const trips = [pair?.currentRoundTripTime,
		...remote.map((each) => each.roundTripTime)]
		.filter((each) => each > 0);

	return {
		at, sent: sum(of('outbound-rtp'), 'bytesSent'),
		received: sum(came, 'bytesReceived'),
		came: sum(came, 'packetsReceived'),
		lost: Math.max(0, sum(came, 'packetsLost')),
		remote: Math.max(0, ...remote.map((each) => each.fractionLost ?? 0)),
		estimate: pair?.availableOutgoingBitrate ?? null,
		roundTrip: trips.length ? trips[0] : null,
		path: pathOf(entries.find(({ id }) => id === pair?.localCandidateId)),
	};
}

/** @param {number[]} values */
const middle = (values) => values.length
	? [...values].sort((a, b) => a - b)[values.length >> 1] : null;

/** @param {Sums} from @param {Sums} to @param {'sent' | 'received'} what */
const kbps = (from, to, what) =>
	Math.round((to[what] - from[what]) * 8 / Math.max(1, to.at - from.at));

/**
 * @param {Sums[]} samples in order
 * @returns {NetResult}
 */
export function resultOf(samples) {
	const last = samples.at(-1);
	if (!last || last.path === 'none')
		return { ...UNREACHED, path: 'none' };
	const from = samples.at(-1 - RATE_SAMPLES) ?? samples[0];
	const early = samples.at(-1 - LOSS_SAMPLES) ?? samples[0];
	const lost = Math.max(0, last.lost - early.lost);
	const packets = last.came - early.came + lost;
	const trip = middle(samples.map(({ roundTrip }) => roundTrip)
		.filter((each) => each !== null));
	const loss = Math.max(packets < PACKETS_MIN ? 0 : lost / packets,
		middle(samples.slice(-LOSS_SAMPLES).map(({ remote }) => remote)) ?? 0);
	const measured = samples.length > 1;
	return bounded({
		path: last.path,
		round_trip_ms: trip === null ? null : Math.round(trip * 1000),
		loss_permille: packets || loss ? Math.round(loss * 1000) : null,
		up_kbps: measured ? Math.max(kbps(from, last, 'sent'),
			Math.round((last.estimate ?? 0) / KBIT)) : null,
		down_kbps: measured ? kbps(from, last, 'received') : null,
	});
}

/** @param {NetResult} result @returns {NetResult} what the protocol allows */
function bounded(result) {
	const out = { ...result };
	for (const name of /** @type {(keyof typeof MOST)[]} */ (Object.keys(MOST)))
		if (out[name] !== null)
			out[name] = Math.min(MOST[name], Math.max(0,
				/** @type {number} */ (out[name])));
	return out;
}

/**
 * One test. `stop` may be called at any time, also twice.
 *
 *     const test = new NetTest(noise);
 *     const result = await test.run();    // null: it was stopped
 */
export class NetTest {
	#noise;
	/** @type {Connection | null} */
	#line = null;
	/** @type {Media | null} */
	#media = null;
	/** @type {(() => void)[]} */
	#ends = [];
	#stopped = false;
	/** @type {() => void} */
	#stop = () => {};
	#over;

	/** @param {Noise} noise makes the picture that is sent */
	constructor(noise) {
		this.#noise = noise;
		/** @type {Promise<null>} */
		this.#over = new Promise((done) => {
			this.#stop = () => done(null);
		});
	}

	/**
	 * @returns {Promise<NetResult | null>} null: it was stopped, or the server
	 *   has no time for it; never rejected
	 */
	async run() {
		try {
			return await Promise.race([this.#run(), this.#over]);
		} catch (error) {
			const { code } = /** @type {{code?: string}} */ (error);
			return this.#stopped || NO_TIME.has(code ?? '') ? null : UNREACHED;
		} finally {
			this.#finish();
		}
	}

	/** Ends it without a result. */
	stop() {
		this.#stopped = true;
		this.#stop();
	}

	/** The one place that tears down. */
	#finish() {
		this.#stopped = true;
		const line = this.#line;
		this.#line = null;
		line?.request({ request: 'leave' }).catch(() => {})
			.finally(() => line.close());
		this.#media?.close();
		this.#media = null;
		for (const end of this.#ends.splice(0))
			end();
	}

	async #run() {
		const ticket = await api.check();
		if (this.#stopped)
			return null;
		const up = await this.#connect(ticket);
		if (!up)
			return { ...UNREACHED, path: /** @type {Path} */ ('none') };
		return resultOf(await this.#measure());
	}

	/** @param {number} ms @returns {Promise<boolean>} false: so long it took */
	#pause(ms) {
		return new Promise((done) => {
			const timer = setTimeout(() => done(false), ms);
			this.#ends.push(() => {
				clearTimeout(timer);
				done(false);
			});
		});
	}

	/**
	 * @param {Pick<api.Ticket, 'janus' | 'ice_servers'>} ticket
	 * @returns {Promise<boolean>} does media get through
	 * @throws when the server cannot be asked
	 */
	async #connect({ janus, ice_servers: servers }) {
		/** @type {(up: boolean) => void} */
		let told = () => {};
		/** @type {Promise<boolean>} */
		const up = new Promise((done) => {
			told = done;
		});
		/** @type {(RTCIceCandidateInit | null)[] | null} */
		let held = [];
		const media = new Media({
			link: (link) => link === 'up' ? told(true)
				: link === 'failed' && told(false),
			candidate: (candidate) => held ? held.push(candidate)
				: this.#line?.trickle(candidate),
		});
		const line = new Connection({
			trickle: (candidate) => void this.#media?.candidate(candidate),
		});
		this.#media = media;
		this.#line = line;
		const offered = media.offer(servers?.length ? servers : undefined)
			.then(() => this.#fill(media));
		offered.catch(() => {});
		await line.open(janus.url);
		await line.attach(janus.token);
		await offered;
		held = media.gathered ? [null] : [];
		const answer = await line.request({ request: 'check' },
			media.localOffer);
		for (const candidate of held.splice(0))
			line.trickle(candidate);
		held = null;
		if (answer.jsep)
			await media.answer(answer.jsep);
		return Promise.race([up, this.#pause(CONNECT_MS)]);
	}

	/** @param {Media} media given a voice and a picture that fill the line */
	async #fill(media) {
		const picture = this.#noise();
		if (picture) {
			this.#ends.push(picture.stop);
			await media.put('camera', picture.track);
		}
		const context = new AudioContext();
		this.#ends.push(() => void context.close().catch(() => {}));
		const voice = new OscillatorNode(context, { frequency: 440 });
		const out = context.createMediaStreamDestination();
		voice.connect(out);
		voice.start();
		await media.put('microphone', out.stream.getAudioTracks()[0]);
	}

	async #measure() {
		/** @type {Sums[]} */
		const samples = [];
		const end = performance.now() + MEASURE_MS;
		while (this.#media && !this.#stopped && performance.now() < end) {
			await this.#pause(SAMPLE_MS);
			/** @type {any[]} */
			const entries = [];
			(await this.#media?.stats())?.forEach((each) => entries.push(each));
			if (entries.length)
				samples.push(sumsOf(entries, performance.now()));
		}
		return samples;
	}
}
