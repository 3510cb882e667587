// SPDX-License-Identifier: GPL-3.0-or-later
// One try at a seat: the portal's ticket, the line to Janus and the media,
// with as much as possible done before the click and side by side after it.

import * as api from './api.js';
import { Media } from './media.js';
import { Connection, ProtocolError } from './protocol.js';
import { mark } from './timings.js';

/**
 * @typedef {import('./media.js').Slot} Slot
 *
 * @typedef {object} SeatCallbacks
 * @property {(body: Record<string, any>, ticket: api.Ticket) => void} joined
 * @property {(body: Record<string, any>) => void} waiting has to wait for the
 *   clinician; `joined` follows once admitted
 * @property {(body: Record<string, any>) => void} event of the plugin
 * @property {(link: import('./media.js').Link) => void} link
 * @property {(state: import('./protocol.js').State) => void} line
 * @property {(open: boolean) => void} chat
 * @property {(text: string) => void} text of the data channel
 * @property {(error: unknown) => void} failed a new offer was refused
 * @property {() => import('./checked.js').Found} [found] what the check-in has
 *   found, told with `join`
 * @property {() => void} hungUp Janus has ended the media
 *
 * @typedef {object} Entry how a seat is taken
 * @property {boolean} [careful] nothing is asked of the portal before the line
 *   is there: who tries again and again must not be a burden
 */

const URL_KEY = 'rth-janus';
/** How long a goodbye may take. */
const GOODBYE_MS = 2000;
/** How long a line may take to open for who tries again anyway. */
const OPEN_MS = 2500;
/** How long the answer to an offer on a session that works may take. */
const RESTART_MS = 4000;

/** The address of the last join, most likely the address of this one. */
function likelyUrl() {
	try {
		return localStorage.getItem(URL_KEY);
	} catch {
		return null;
	}
}

/** @param {string} url */
function rememberUrl(url) {
	try {
		localStorage.setItem(URL_KEY, url);
	} catch {
		// Then the next join opens the line a little later.
	}
}

export class Seat {
	#callbacks;
	#media;
	/** @type {Connection | null} */
	#line = null;
	/** @type {Promise<void> | null} */
	#prepared = null;
	/**
	 * Our candidates since the offer left, until Janus has answered; null
	 * before, when the offer still takes them with it.
	 * @type {(RTCIceCandidateInit | null)[] | null}
	 */
	#held = null;
	#answered = false;
	/** @type {api.Ticket | null} of the join */
	#ticket = null;
	#closed = false;
	/** Of the newest offer: answers to older ones come too late. */
	#offers = 0;

	/** @param {SeatCallbacks} callbacks */
	constructor(callbacks) {
		this.#callbacks = callbacks;
		this.#media = new Media({
			link: (link) => this.#callbacks.link(link),
			step: mark,
			candidate: (candidate) => this.#trickle(candidate),
			chat: (open) => this.#callbacks.chat(open),
			text: (text) => this.#callbacks.text(text),
		});
	}

	get media() {
		return this.#media;
	}

	/** Makes the offer and finds candidates, before anybody clicks. */
	prepare() {
		this.#prepared ??= this.#media.offer();
		return this.#prepared;
	}

	/**
	 * Takes the seat. Media comes up a moment after this is done. Can be
	 * tried again after a refusal by the portal.
	 * @param {string} visitId
	 * @param {Entry} [how]
	 * @throws {api.ApiError | ProtocolError}
	 */
	async enter(visitId, { careful = false } = {}) {
		const guess = this.#openGuess(careful ? OPEN_MS : undefined);
		const ready = this.prepare();
		if (careful)
			await guess?.open;
		const ticket = await api.join(visitId).catch((error) => {
			guess?.line.close();
			throw error;
		});
		mark('token');
		const servers = ticket.ice_servers ?? [];
		const offered = servers.length
			? ready.then(() => this.#media.offer(servers)) : ready;
		const line = await this.#open(ticket.janus.url, guess);
		mark('ws');
		await line.attach(ticket.janus.token);
		await this.#join(line, ticket, offered);
	}

	/**
	 * `join` and, right behind it, `media`: nothing waits for an answer.
	 * @param {Connection} line
	 * @param {api.Ticket} ticket
	 * @param {Promise<void>} offered
	 */
	async #join(line, ticket, offered) {
		const joining = line.request({ request: 'join',
			token: ticket.admission_token, check: this.#callbacks.found?.() });
		const joined = joining.then(({ body }) => {
			this.#ticket = ticket;
			if (body.rthealth === 'waiting')
				this.#callbacks.waiting(body);
			else
				this.#take(body);
		});
		// Janus hands requests to a pool of threads: the second may reach the
		// plugin first.
		const negotiated = offered.then(() => this.#negotiate(line)
			.catch(async (error) => {
				if (error.code !== 'wrong-state')
					throw error;
				await joined;
				return this.#negotiate(line);
			}));
		await Promise.all([joined, negotiated]);
	}

	/**
	 * @param {Connection} line
	 * @param {number} [ms] that the answer may take
	 */
	async #negotiate(line, ms) {
		const offer = this.#offers += 1;
		const answer = await this.#offer(line, ms);
		mark('answer');
		if (offer !== this.#offers)
			return;
		const held = this.#held ?? [];
		this.#held = null;
		this.#answered = true;
		for (const candidate of held)
			line.trickle(candidate);
		if (answer.jsep && !this.#closed)
			await this.#media.answer(answer.jsep);
	}

	/** @param {Connection} line @param {number} [ms] */
	#offer(line, ms) {
		const answer = line.request({ request: 'media' },
			this.#media.localOffer, ms);
		this.#held = this.#media.gathered ? [null] : [];
		return answer;
	}

	/** The room's codec has changed: a new offer on the same connection. */
	async #renegotiate() {
		const line = this.#line;
		if (!line)
			return;
		try {
			await this.#media.offer();
			await this.#negotiate(line);
		} catch (error) {
			this.#callbacks.failed(error);
		}
	}

	/**
	 * Looks for another way through the network, on the same session and with
	 * the same keys: an ICE restart (RFC 8445, section 2.4).
	 * @throws {ProtocolError} `lost` while nothing was agreed on yet
	 */
	async restart() {
		const line = this.#line;
		if (!line || !this.#ticket)
			throw new ProtocolError('lost');
		// What is found before the offer leaves is in it.
		this.#answered = false;
		this.#held = null;
		await this.#media.offer(this.#ticket.ice_servers ?? []);
		await this.#negotiate(line, RESTART_MS);
	}

	/** @param {RTCIceCandidateInit | null} candidate */
	#trickle(candidate) {
		if (this.#held)
			this.#held.push(candidate);
		else if (this.#answered)
			this.#line?.trickle(candidate);
	}

	#newLine() {
		return new Connection({
			event: (body) => this.#take(body),
			trickle: (candidate) => void this.#media.candidate(candidate),
			webrtc: (up) => up || this.#callbacks.hungUp(),
			// How a try to get in ends, enter() tells.
			state: (state) => this.#ticket && this.#callbacks.line(state),
		});
	}

	/** @param {import('./protocol.js').PluginEvent} body an event of the plugin */
	#take(body) {
		if (body.rthealth === 'renegotiate')
			return void this.#renegotiate();
		if (body.rthealth === 'joined' && this.#ticket) {
			mark('joined');
			return this.#callbacks.joined(body, this.#ticket);
		}
		if (body.rthealth === 'slow' && body.direction === 'send')
			this.#media.thin(Boolean(body.limited));
		this.#callbacks.event(body);
	}

	/**
	 * Opens the line while the portal still writes the ticket.
	 * @param {number} [ms] it may take
	 */
	#openGuess(ms) {
		const url = likelyUrl();
		if (!url)
			return null;
		try {
			const line = this.#newLine();
			this.#line = line;
			const open = line.open(url, ms);
			open.catch(() => {});
			return { line, open };
		} catch {
			return null;
		}
	}

	/**
	 * @param {string} url
	 * @param {{line: Connection, open: Promise<void>} | null} guess
	 */
	async #open(url, guess) {
		if (this.#closed)
			throw new ProtocolError('lost');
		if (guess && guess.line.url !== url)
			guess.line.close();
		const right = guess?.line.url === url ? guess : null;
		const line = right?.line ?? this.#newLine();
		this.#line = line;
		await (right?.open ?? line.open(url));
		rememberUrl(url);
		return line;
	}

	/**
	 * @param {import('./state.js').Sending & {troubles?: string[]}} sending told
	 *   to the other side
	 */
	async tell(sending) {
		const answer = await this.#line?.request({ request: 'state',
			...sending });
		return answer?.body ?? {};
	}

	/**
	 * Asks the plugin for something of the recording.
	 * @param {Record<string, any>} body
	 * @throws {ProtocolError}
	 */
	async ask(body) {
		if (!this.#line)
			throw new ProtocolError('lost');
		await this.#line.request(body);
	}

	/** Looks now if the line still lives. */
	check() {
		this.#line?.check();
	}

	/**
	 * Says goodbye and closes; the caller does not wait. The line stays until
	 * the goodbye is answered: Janus would end the session first.
	 * @param {'leave' | 'end'} request
	 */
	leave(request) {
		const line = this.#line;
		this.#line = null;
		this.close();
		if (!line)
			return;
		const done = () => line.close();
		line.request({ request }).then(done, done);
		setTimeout(done, GOODBYE_MS);
	}

	/** Gives up the seat, or the try at one. */
	close() {
		this.#closed = true;
		this.#callbacks = SILENT;
		this.#line?.close();
		this.#line = null;
		this.#media.close();
	}
}

/** @type {SeatCallbacks} */
const SILENT = { joined: () => {}, waiting: () => {}, event: () => {}, link: () => {},
	line: () => {}, chat: () => {}, text: () => {}, failed: () => {},
	hungUp: () => {} };
