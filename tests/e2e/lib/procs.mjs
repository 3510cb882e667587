// SPDX-License-Identifier: GPL-3.0-or-later
// The programs a test starts: their output, their end, and nobody else's.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root folder. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/** Where the programs were built. */
export const BUILD = process.env.RTH_BUILD ?? join(ROOT, 'build');

/** Where this test leaves its logs and pictures. */
export const ARTIFACTS = join(ROOT, 'tests/artifacts',
	basename(process.argv[1] ?? 'node').replace(/(\.test)?\.mjs$/, '')
	+ (process.env.RTH_DATABASE ? `-${process.env.RTH_DATABASE}` : ''));

/** @type {Set<Program>} */
const running = new Set();
let count = 0;

process.on('exit', () => {
	for (const program of running)
		program.kill('SIGKILL');
});

/** Stops every program this test has started; for `after` of node:test. */
export async function stopAll() {
	await Promise.all([...running].map((program) => program.stop()));
}

/**
 * Waits until `probe` answers with something true, and returns that.
 *
 * @template T
 * @param {() => T | Promise<T>} probe asked again and again
 * @param {number} ms after which this is an error
 * @param {string} what is waited for, for that error
 * @param {number} [every] ms between two questions
 * @returns {Promise<T>}
 */
export async function until(probe, ms, what, every = 50) {
	const end = Date.now() + ms;

	for (;;) {
		const value = await probe();

		if (value)
			return value;
		if (Date.now() > end)
			throw new Error(`not within ${ms} ms: ${what}`);
		await new Promise((done) => setTimeout(done, every));
	}
}

/** A started program. Made by `start`. */
export class Program {
	/** All it has written to stdout and stderr. */
	text = '';

	/**
	 * @param {string} name of the log file
	 * @param {import('node:child_process').ChildProcess} child
	 * @param {((text: string) => void) | undefined} hear
	 */
	constructor(name, child, hear) {
		mkdirSync(ARTIFACTS, { recursive: true });
		this.name = name;
		this.child = child;
		this.logPath = join(ARTIFACTS, `${++count}-${name}.log`);
		const log = createWriteStream(this.logPath);

		const keep = (data) => { this.text += data; log.write(data); };

		child.stdout?.on('data', hear ? (data) => hear(String(data)) : keep);
		child.stderr?.on('data', keep);
		/** @type {Promise<number|string>} its status or signal */
		this.exited = new Promise((done) => child.once('close',
			(code, signal) => {
				running.delete(this);
				log.end(() => done(code ?? signal ?? 'unknown'));
			}));
		child.once('error', (error) => { this.text += error.message; });
		running.add(this);
	}

	get pid() {
		return this.child.pid ?? 0;
	}

	get alive() {
		return running.has(this);
	}

	/** @param {NodeJS.Signals} signal */
	kill(signal) {
		if (this.alive)
			this.child.kill(signal);
	}

	/**
	 * Waits for a line of its output; an error if the program ends first.
	 *
	 * @param {RegExp} pattern
	 * @param {number} ms
	 * @returns {Promise<RegExpMatchArray>}
	 */
	async line(pattern, ms) {
		return /** @type {RegExpMatchArray} */ (await until(() => {
			const match = this.text.match(pattern);

			if (!match && !this.alive)
				throw new Error(`${this.name} ended:\n${this.text.slice(-2000)}`);
			return match;
		}, ms, `${this.name} says ${pattern}`, 20));
	}

	/**
	 * Asks it to end and waits for that; kills it when it takes too long.
	 *
	 * @param {NodeJS.Signals} [signal]
	 * @param {number} [ms]
	 * @returns {Promise<number|string>} status or signal
	 */
	async stop(signal = 'SIGTERM', ms = 60000) {
		this.kill(signal);
		const timer = setTimeout(() => this.kill('SIGKILL'), ms);
		const status = await this.exited;

		clearTimeout(timer);
		return status;
	}
}

/**
 * Starts a program with its output in a log file of the artifacts.
 *
 * @param {string} name
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string|undefined>,
 *           prefix?: string[], hear?: (text: string) => void }} [options]
 *   prefix: a command to run it under; hear: takes its stdout, which is then
 *   in no log
 */
export function start(name, command, args, options = {}) {
	const words = [...(options.prefix ?? []), command, ...args];

	return new Program(name, spawn(words[0], words.slice(1), {
		cwd: options.cwd, env: { ...process.env, ...options.env },
		stdio: ['ignore', 'pipe', 'pipe'],
	}), options.hear);
}
