// SPDX-License-Identifier: GPL-3.0-or-later
// The Janus API over a WebSocket, as docs/protocol.md uses it: one session,
// one handle of the plugin. No DOM, no RTCPeerConnection in here.

/**
 * @typedef {{type: 'offer' | 'answer', sdp: string}} Jsep
 * @typedef {Record<string, any> & {rthealth?: string}} PluginEvent
 * @typedef {{body: PluginEvent, jsep?: Jsep}} Answer
 *
 * @typedef {object} Callbacks
 * @property {(body: PluginEvent, jsep?: Jsep) => void} event
 *   a plugin event that nobody asked for
 * @property {(candidate: RTCIceCandidateInit | null) => void} trickle
 *   Janus's candidate; null after the last one
 * @property {(up: boolean) => void} webrtc
 *   Janus says that the PeerConnection is up, or has ended it
 * @property {(state: State) => void} state
 *   `lost`: the line is gone and is being looked for; `open`: it is back;
 *   `closed`: it is not coming back (never called after close())
 *
 * @typedef {'idle' | 'opening' | 'open' | 'lost' | 'closed'} State
 *
 * @typedef {object} Pending one request that is not answered yet
 * @property {(message: any) => void} resolve
 * @property {(error: ProtocolError) => void} reject
 * @property {boolean} event answered by a plugin event, not by Janus itself
 * @property {ReturnType<typeof setTimeout>} timer
 */

const PLUGIN = 'janus.plugin.rthealth';
const ANSWER_MS = 15000;
const KEEPALIVE_MS = 25000;
/** Whoever asks whether the line lives wants to know soon. */
const CHECK_MS = 1000;
/** A socket that is not open by then goes to nowhere: the next may not. */
const SOCKET_MS = 10000;
/** The same while the line is lost: the network may be back at any time. */
const CLAIM_MS = 2500;
/**
 * Pauses before each try to get a lost session back; the last repeats for as
 * long as nobody says that the session is gone.
 */
const RECLAIM_MS = [150, 400, ...Array(120).fill(800), 3000];

/** @type {Record<State, State[]>} */
const MOVES = {
	idle: ['opening', 'closed'],
	opening: ['open', 'lost', 'closed'],
	open: ['lost', 'closed'],
	lost: ['open', 'closed'],
	closed: [],
};

export class ProtocolError extends Error {
	/**
	 * @param {string} code of docs/protocol.md, or `lost`, `timeout`,
	 *   `janus-<number>`
	 * @param {string} [text]
	 */
	constructor(code, text) {
		super(text ?? code);
		this.code = code;
	}
}

/** A random integer that fits Janus's and JavaScript's numbers (53 bits). */
function randomId() {
	const [high, low] = crypto.getRandomValues(new Uint32Array(2));
	return (high % 0x1fffff) * 0x100000000 + low + 1;
}

/**
 * One seat's line to Janus.
 *
 *     const line = new Connection(callbacks);
 *     await line.open(url);         // may start before the token is there
 *     await line.attach(token);     // create and attach in one flight
 *     const { body } = await line.request({ request: 'join', token: ... });
 *     line.close();
 */
export class Connection {
	/** @type {State} */
	state = 'idle';
	/** @type {WebSocket | null} */
	#socket = null;
	/** @type {Map<string, Pending>} */
	#pending = new Map();
	#callbacks;
	#url = '';
	#token = '';
	#session = 0;
	#handle = 0;
	#tries = 0;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#reclaimTimer;
	/** @type {ReturnType<typeof setInterval> | undefined} */
	#keepaliveTimer;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#socketTimer;

	/** @param {Partial<Callbacks>} callbacks */
	constructor(callbacks) {
		this.#callbacks = callbacks;
	}

	get url() {
		return this.#url;
	}

	/**
	 * Opens the socket.
	 * @param {string} url
	 * @param {number} [ms] it may take
	 * @returns {Promise<void>} rejected with `lost` when nobody answers
	 */
	async open(url, ms = SOCKET_MS) {
		this.#url = url;
		this.#enter('opening');
		await this.#connect(ms);
		this.#enter('open');
	}

	/**
	 * Makes the session and the handle. The session's id is chosen here, so
	 * `attach` follows `create` without waiting for its answer.
	 * @param {string} token the transport token that every request carries
	 */
	async attach(token) {
		this.#token = token;
		this.#session = randomId();
		const [, attached] = await Promise.all([
			this.#ask({ janus: 'create', id: this.#session }),
			this.#ask({ janus: 'attach', plugin: PLUGIN,
				session_id: this.#session }),
		]);
		this.#handle = attached.data.id;
		this.#keepaliveTimer = setInterval(() => {
			if (this.state === 'open')
				this.#probe(ANSWER_MS);
		}, KEEPALIVE_MS);
	}

	/**
	 * Asks the plugin.
	 * @param {Record<string, any>} body
	 * @param {Jsep} [jsep]
	 * @param {number} [ms] that the answer may take
	 * @returns {Promise<Answer>} rejected with a ProtocolError
	 */
	async request(body, jsep, ms) {
		const message = await this.#ask({ janus: 'message', body, jsep,
			...this.#address() }, true, ms);
		const data = message.plugindata.data;
		if (data.rthealth === 'error')
			throw new ProtocolError(data.code, data.error);
		return { body: data, jsep: message.jsep };
	}

	/**
	 * Tells Janus one of our candidates; null after the last one.
	 * @param {RTCIceCandidateInit | null} candidate
	 */
	trickle(candidate) {
		this.#ask({ janus: 'trickle', ...this.#address(),
			candidate: candidate ?? { completed: true } }).catch(() => {});
	}

	/**
	 * Finds out now, and not at the next keep-alive, if the line is dead; a
	 * line that is lost is looked for now.
	 */
	check() {
		if (this.state === 'lost' && this.#handle) {
			this.#tries = 0;
			clearTimeout(this.#reclaimTimer);
			this.#drop();
			void this.#reclaim();
		}
		if (this.state === 'open' && this.#session)
			this.#probe(CHECK_MS);
	}

	/** @param {number} ms the answer may take */
	#probe(ms) {
		const socket = this.#socket;
		this.#ask({ janus: 'keepalive', session_id: this.#session }, false, ms)
			.catch((error) => {
				if (error.code === 'timeout' && this.#socket === socket)
					this.#lose();
			});
	}

	/**
	 * Ends everything: tells Janus if it can, fails what is pending. Nothing
	 * is called back afterwards.
	 */
	close() {
		if (this.state === 'closed')
			return;
		if (this.state === 'open' && this.#session)
			this.#send({ janus: 'destroy', session_id: this.#session });
		this.#callbacks = {};
		this.#finish();
	}

	/** The one place that tears down. */
	#finish() {
		clearInterval(this.#keepaliveTimer);
		clearTimeout(this.#reclaimTimer);
		this.#drop();
		this.#enter('closed');
		for (const pending of this.#pending.values()) {
			clearTimeout(pending.timer);
			pending.reject(new ProtocolError('lost'));
		}
		this.#pending.clear();
		this.#callbacks = {};
	}

	/** @param {State} next */
	#enter(next) {
		if (!MOVES[this.state].includes(next))
			throw new Error(`connection: ${this.state} -> ${next}`);
		this.state = next;
		this.#callbacks.state?.(next);
	}

	#address() {
		return { session_id: this.#session, handle_id: this.#handle };
	}

	/**
	 * @param {number} ms it may take
	 * @returns {Promise<void>} settled by the socket's opening or end
	 */
	#connect(ms) {
		return new Promise((resolve, reject) => {
			const socket = new WebSocket(this.#url, 'janus-protocol');
			this.#socket = socket;
			clearTimeout(this.#socketTimer);
			this.#socketTimer = setTimeout(() => {
				reject(new ProtocolError('lost'));
				if (this.#socket === socket)
					this.#lose();
			}, ms);
			socket.onopen = () => {
				clearTimeout(this.#socketTimer);
				resolve();
			};
			socket.onerror = () => {}; // onclose follows and says the same
			socket.onmessage = (event) => this.#receive(event.data);
			socket.onclose = () => {
				reject(new ProtocolError('lost'));
				if (this.#socket === socket)
					this.#lose();
			};
		});
	}

	#drop() {
		const socket = this.#socket;
		this.#socket = null;
		clearTimeout(this.#socketTimer);
		if (!socket)
			return;
		socket.onopen = socket.onmessage = socket.onclose = null;
		socket.close();
	}

	/** The socket is gone without our asking. */
	#lose() {
		this.#drop();
		if (this.state === 'opening' || !this.#handle)
			return this.#finish();
		if (this.state === 'open') {
			this.#tries = 0;
			this.#enter('lost');
		}
		if (this.state !== 'lost')
			return;
		const pause = RECLAIM_MS[Math.min(this.#tries++,
			RECLAIM_MS.length - 1)];
		clearTimeout(this.#reclaimTimer);
		this.#reclaimTimer = setTimeout(() => this.#reclaim(), pause);
	}

	/** Janus keeps a session without a line for a while (`claim`). */
	async #reclaim() {
		const connecting = this.#connect(CLAIM_MS);
		const socket = this.#socket;
		try {
			await connecting;
			await this.#ask({ janus: 'claim', session_id: this.#session },
				false, CLAIM_MS);
			if (this.#socket === socket)
				this.#enter('open');
		} catch (error) {
			if (this.state !== 'lost' || this.#socket !== socket)
				return; // closed, or there is another try already
			const code = error instanceof ProtocolError ? error.code : '';
			if (code.startsWith('janus-'))
				this.#finish();
			else if (code === 'timeout')
				this.#lose();
		}
	}

	/** @param {Record<string, any>} message @returns {boolean} was it sent */
	#send(message) {
		if (this.#socket?.readyState !== WebSocket.OPEN)
			return false;
		const { transaction = randomId().toString(36) } = message;
		this.#socket.send(JSON.stringify({ ...message, transaction,
			token: this.#token }));
		return true;
	}

	/**
	 * @param {Record<string, any>} message
	 * @param {boolean} [event] the answer is a plugin event
	 * @param {number} [ms] that the answer may take
	 * @returns {Promise<any>}
	 */
	#ask(message, event = false, ms = ANSWER_MS) {
		return new Promise((resolve, reject) => {
			const transaction = randomId().toString(36);
			if (!this.#send({ ...message, transaction }))
				return reject(new ProtocolError('lost'));
			const timer = setTimeout(() => {
				this.#pending.delete(transaction);
				reject(new ProtocolError('timeout'));
			}, ms);
			this.#pending.set(transaction, { resolve, reject, event, timer });
		});
	}

	/** @param {any} text */
	#receive(text) {
		let message;
		try {
			message = JSON.parse(text);
		} catch {
			return;
		}
		if (!this.#settle(message))
			HANDLERS[message.janus]?.(message, this.#callbacks);
		if (message.janus === 'timeout' || message.janus === 'detached')
			if (this.state === 'open' && this.#handle)
				this.#finish();
	}

	/** @param {any} message @returns {boolean} it answered a request */
	#settle(message) {
		const pending = this.#pending.get(message.transaction);
		if (!pending)
			return false;
		if (message.janus === 'ack' && pending.event)
			return true;
		this.#pending.delete(message.transaction);
		clearTimeout(pending.timer);
		if (message.janus === 'error')
			pending.reject(new ProtocolError(`janus-${message.error?.code}`,
				message.error?.reason));
		else
			pending.resolve(message);
		return true;
	}
}

/** @type {Record<string, (message: any, to: Partial<Callbacks>) => void>} */
const HANDLERS = {
	event: (message, to) => {
		if (message.plugindata?.data)
			to.event?.(message.plugindata.data, message.jsep);
	},
	trickle: (message, to) => {
		const candidate = message.candidate;
		to.trickle?.(candidate?.completed ? null : candidate);
	},
	webrtcup: (_message, to) => to.webrtc?.(true),
	hangup: (_message, to) => to.webrtc?.(false),
};
