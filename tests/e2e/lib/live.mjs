// SPDX-License-Identifier: GPL-3.0-or-later
// GET /api/live without a browser: the events of a stream, as they come.
import { get } from 'node:http';
import { until } from './procs.mjs';

const WAIT_MS = 60000;

export class LiveStream {
	/** @type {{ event: string, data: any }[]} */
	events = [];
	over = false;
	#rest = '';

	/**
	 * @param {string} origin
	 * @param {string} cookie
	 * @param {string} [host] by which the portal knows itself
	 */
	static async open(origin, cookie, host) {
		const stream = new LiveStream();

		stream.answer = await new Promise((done, fail) => {
			stream.asked = get(`${origin}/api/live`, { agent: false,
				headers: { Cookie: cookie, ...(host ? { Host: host } : {}) } },
			done).on('error', fail);
		});
		if (stream.answer.statusCode !== 200)
			throw new Error(`the live stream: ${stream.answer.statusCode}`);
		stream.answer.setEncoding('utf8');
		stream.answer.on('data', (text) => stream.#take(text));
		stream.answer.on('close', () => { stream.over = true; });
		stream.answer.on('error', () => {});
		return stream;
	}

	#take(text) {
		const parts = (this.#rest + text).split('\n\n');

		this.#rest = parts.pop() ?? '';
		for (const part of parts) {
			const [, event] = part.match(/^event: (.*)$/m) ?? [];
			const [, data] = part.match(/^data: (.*)$/m) ?? [];

			if (event)
				this.events.push({ event, data: JSON.parse(data) });
		}
	}

	/** Everything that was told under that name, as text. */
	texts(event) {
		return JSON.stringify(this.events.filter((e) => e.event === event));
	}

	/** Waits until the newest state of that name is such a one; that one. */
	async state(event, good, ms = WAIT_MS) {
		let last;

		await until(() => {
			last = this.events.filter((e) => e.event === event).at(-1)?.data;
			return last !== undefined && good(last);
		}, ms, `${event} ${good}`, 10).catch((error) => {
			throw new Error(`${error.message}: ${JSON.stringify(last)}`);
		});
		return last;
	}

	async ends() {
		await until(() => this.over, WAIT_MS, 'the stream ends', 10);
	}

	cut() {
		this.asked.destroy();
	}
}
