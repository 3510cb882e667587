// SPDX-License-Identifier: GPL-3.0-or-later
// A client of files by range that says what it wants byte by byte: paths are
// sent as they are, and it may read slowly, or not at all.
import http from 'node:http';
import net from 'node:net';
import { readFileSync } from 'node:fs';
import { PORTS } from './janus.mjs';
import { URL_OF_PORTAL } from './portal.mjs';
import { until } from './procs.mjs';

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {http.IncomingHttpHeaders} headers
 * @property {Buffer} body what came of it
 * @property {boolean} whole whether all came that was promised
 */

/**
 * Asks, and takes all.
 *
 * @param {string} path as it is sent
 * @param {{ cookie?: string, headers?: http.OutgoingHttpHeaders,
 *           method?: string, agent?: http.Agent, sockets?: Set<net.Socket> }}
 *   [how] sockets: receives the connection
 * @returns {Promise<Answer>}
 */
export function fetchBytes(path, { cookie, headers = {}, method = 'GET',
	agent, sockets } = {}) {
	return new Promise((done, fail) => {
		const request = http.request(URL_OF_PORTAL, { path, method,
			agent: agent ?? false, headers: {
				...(cookie ? { Cookie: cookie } : {}), ...headers } });

		request.on('error', fail);
		request.on('socket', (socket) => sockets?.add(socket));
		request.on('response', (answer) => {
			const chunks = [];

			answer.on('data', (chunk) => chunks.push(chunk));
			answer.on('error', () => {});
			answer.on('close', () => done({ status: answer.statusCode ?? 0,
				headers: answer.headers, body: Buffer.concat(chunks),
				whole: answer.complete }));
		});
		request.end();
	});
}

/** Takes a body of several ranges apart; strict. */
export function partsOf({ headers, body }) {
	const boundary = /^multipart\/byteranges; boundary=([\w-]{1,70})$/
		.exec(headers['content-type'] ?? '')?.[1];
	const parts = [];
	let at = 0;

	if (!boundary)
		throw new Error(`not of several: ${headers['content-type']}`);
	for (;;) {
		const end = `\r\n--${boundary}--\r\n`;

		if (body.subarray(at).equals(Buffer.from(end)))
			return parts;
		const blank = body.indexOf('\r\n\r\n', at);
		const [, type, first, last, length] = new RegExp(
			`^\r\n--${boundary}\r\nContent-Type: (\\S+)\r\n` +
			'Content-Range: bytes (\\d+)-(\\d+)/(\\d+)$')
			.exec(body.subarray(at, blank).toString('latin1')) ?? [];

		if (!type)
			throw new Error(`no part at ${at}`);
		const bytes = Number(last) - Number(first) + 1;

		at = blank + 4;
		parts.push({ type, first: Number(first), last: Number(last),
			length: Number(length), body: body.subarray(at, at + bytes) });
		at += bytes;
	}
}

/** Somebody who takes a file slowly, or stops taking it. */
export class Viewer {
	taken = 0;
	/** What is known at its end: "whole", or "cut". */
	ended = '';
	/** ms of the longest time without a byte */
	longest = 0;
	#last = Date.now();

	/**
	 * @param {string} path
	 * @param {string} cookie
	 * @param {{ bytesPerMs?: number, take?: (chunk: Buffer) => void }} [how]
	 *   bytesPerMs: 0: as fast as they come
	 */
	constructor(path, cookie, { bytesPerMs = 0, take } = {}) {
		this.done = new Promise((done) => {
			const end = (how) => {
				this.ended ||= how;
				done(this.ended);
			};
			const request = http.get(URL_OF_PORTAL, { path, agent: false,
				headers: { Cookie: cookie } }, (answer) => {
				this.status = answer.statusCode;
				answer.on('data', (chunk) => {
					this.#arrived(chunk, take);
					if (!bytesPerMs)
						return;
					answer.pause();
					setTimeout(() => answer.resume(),
						chunk.length / bytesPerMs);
				});
				answer.on('error', () => end('cut'));
				answer.on('close', () => end(answer.complete ? 'whole' : 'cut'));
			});

			request.on('error', () => end('cut'));
			this.request = request;
		});
	}

	#arrived(chunk, take) {
		const now = Date.now();

		this.longest = Math.max(this.longest, now - this.#last);
		this.#last = now;
		this.taken += chunk.length;
		take?.(chunk);
	}

	/** Waits for its first bytes. */
	begun() {
		return until(() => this.taken > 0 || this.ended, 60000, 'bytes');
	}

	leave() {
		this.request.destroy();
	}
}

/** The portal's ends of connections, as the kernel knows them. */
function served() {
	const port = PORTS.portal.toString(16).toUpperCase().padStart(4, '0');

	return readFileSync('/proc/net/tcp', 'utf8').split('\n')
		.map((line) => line.trim().split(/\s+/))
		.filter(([, local]) => local?.endsWith(`:${port}`))
		.map(([, , remote, state, queues]) => ({ state,
			port: parseInt(remote.split(':')[1], 16),
			queued: parseInt(queues.split(':')[0], 16) }));
}

/** How many are established. */
export const connections = () => served().filter(({ state }) =>
	state === '01').length;

/** Somebody who asks and then takes nothing at all. */
export class Stalled {
	constructor(path, cookie) {
		this.socket = net.connect(PORTS.portal, '127.0.0.1');
		this.socket.on('error', () => {});
		this.socket.on('connect', () => { this.port = this.socket.localPort; });
		this.socket.pause();
		this.socket.write(`GET ${path} HTTP/1.1\r\nHost: ` +
			`${new URL(URL_OF_PORTAL).host}\r\nCookie: ${cookie}\r\n\r\n`);
	}

	/** The portal's end of its connection, or undefined when it is gone. */
	get served() {
		return served().find(({ port }) => port === this.port);
	}

	/** Waits until bytes wait for it. */
	begun() {
		return until(() => (this.served?.queued ?? 0) > 0, 60000,
			'bytes that nobody takes');
	}

	leave() {
		this.socket.destroy();
	}
}
