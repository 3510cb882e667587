// SPDX-License-Identifier: GPL-3.0-or-later
// The Janus API over a WebSocket, spoken by hand, so that a test can also say
// what no browser would.
import { randomBytes } from 'node:crypto';
import WebSocket from 'ws';
import { PLUGIN, PORTS } from './janus.mjs';
import { until } from './procs.mjs';

const ANSWER_MS = 60000;

/** One Janus WebSocket with at most one session. */
export class RawClient {
	/** All messages that were not answers to a request of ours. */
	events = [];
	#answers = new Map();
	closed = false;
	sessionId = 0;

	/** @param {{ token?: string, url?: string }} options transport token */
	static async connect(options) {
		const client = new RawClient(options);

		await new Promise((done, fail) => {
			client.socket.once('open', () => done(undefined));
			client.socket.once('error', fail);
		});
		return client;
	}

	constructor({ token, url = `ws://127.0.0.1:${PORTS.janus}/` }) {
		this.token = token;
		this.socket = new WebSocket(url, 'janus-protocol');
		this.socket.on('message', (data) => this.#take(String(data)));
		this.socket.on('close', () => { this.closed = true; });
		this.socket.on('error', () => {});
	}

	#take(text) {
		const message = JSON.parse(text);

		this.events.push(message);
		// An `ack` only says that the answer will come.
		if (message.janus !== 'ack' && message.transaction)
			this.#answers.get(message.transaction)?.(message);
	}

	/** Sends a Janus request; its last answer (the event, not the ack). */
	request(request, ms = ANSWER_MS) {
		const transaction = randomBytes(8).toString('hex');
		const full = { transaction, ...(this.token ? { token: this.token } : {}),
			...(this.sessionId ? { session_id: this.sessionId } : {}),
			...request };

		return this.sendText(JSON.stringify(full), transaction, ms);
	}

	/** Sends these characters; the answer to that transaction. */
	sendText(text, transaction, ms = ANSWER_MS) {
		return new Promise((done, fail) => {
			const timer = setTimeout(() => fail(new Error(
				`no answer to ${text.slice(0, 100)}`)), ms);

			this.#answers.set(transaction, (message) => {
				clearTimeout(timer);
				this.#answers.delete(transaction);
				done(message);
			});
			this.socket.send(text);
		});
	}

	async create() {
		const answer = await this.request({ janus: 'create' });

		if (answer.janus !== 'success')
			throw new Error(JSON.stringify(answer));
		this.sessionId = answer.data.id;
	}

	/** @returns {Promise<Handle>} */
	async attach(plugin = PLUGIN) {
		const answer = await this.request({ janus: 'attach', plugin });

		if (answer.janus !== 'success')
			throw new Error(JSON.stringify(answer));
		return new Handle(this, answer.data.id);
	}

	/** Breaks the connection without a word. */
	cut() {
		this.socket.terminate();
	}

	async close() {
		if (this.closed)
			return;
		const end = new Promise((done) => this.socket.once('close', done));

		this.socket.close();
		await end;
	}
}

/** One Janus handle. */
export class Handle {
	constructor(client, id) {
		this.client = client;
		this.id = id;
	}

	/**
	 * Sends a plugin message; the plugin's answer, or Janus's error.
	 *
	 * @param {unknown} body
	 * @param {{ type: string, sdp: string }} [jsep]
	 */
	async say(body, jsep) {
		const answer = await this.client.request({ janus: 'message',
			handle_id: this.id, body, ...(jsep ? { jsep } : {}) });

		return answer.plugindata
			? { ...answer.plugindata.data, ...(answer.jsep
				? { jsep: answer.jsep } : {}) }
			: answer;
	}

	/** Waits for the plugin's event of that name, with these members. */
	hears(name, members = {}, ms = ANSWER_MS) {
		return until(() => this.client.events.map((event) =>
			event.sender === this.id && event.plugindata?.data)
			.find((data) => data && data.rthealth === name &&
				Object.entries(members).every(([key, value]) =>
					data[key] === value)),
		ms, `${name} ${JSON.stringify(members)}`, 10);
	}

	/** Every plugin event so far, by name. */
	get heard() {
		return this.client.events.filter((event) => event.sender === this.id &&
			event.plugindata).map((event) => event.plugindata.data.rthealth);
	}

	/** Waits for a Janus event (`detached`, `hangup`, ...) of this handle. */
	janus(kind, ms = ANSWER_MS) {
		return until(() => this.client.events.find((event) =>
			event.sender === this.id && event.janus === kind), ms, kind, 10);
	}

	trickle(candidate) {
		return this.client.request({ janus: 'trickle', handle_id: this.id,
			candidate });
	}

	detach() {
		return this.client.request({ janus: 'detach', handle_id: this.id });
	}
}

/**
 * Joins with this token; who has to wait is admitted by the clinician.
 *
 * @param {Handle} handle
 * @param {string} token
 * @param {Handle} [clinician] who is seated in the same room
 * @returns {Promise<any>} `joined`, or whatever else the join was answered with
 */
export async function enter(handle, token, clinician) {
	const answer = await handle.say({ request: 'join', token });

	if (answer.rthealth !== 'waiting' || !clinician)
		return answer;
	const admitted = await clinician.say({ request: 'admit',
		participant: answer.participant });

	return admitted.rthealth === 'ok' ? handle.hears('joined') : admitted;
}
