// SPDX-License-Identifier: GPL-3.0-or-later
// A recorder of a test's own: its folder, its keys, its socket, its processes.
import { execFileSync } from 'node:child_process';
import {
	mkdirSync, readdirSync, readFileSync, readlinkSync,
	statSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { secrets } from './janus.mjs';
import { writeConfiguration } from './portal.mjs';
import { BUILD, start, until } from './procs.mjs';
import { temporaryFolder } from './temporary.mjs';

/** What kill(2) and /proc know of a process, or null when it is gone. */
function statusOf(pid) {
	try {
		return readFileSync(`/proc/${pid}/status`, 'utf8');
	} catch {
		return null;
	}
}

/** The children of a process, also those that wait to be reaped. */
export function childrenOf(pid) {
	return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
		.map(Number).filter((each) => statusOf(each)
			?.match(/^PPid:\t(\d+)/m)?.[1] === String(pid));
}

/** The files that a process has open: descriptor number to path. */
export function filesOf(pid) {
	const open = new Map();

	try {
		for (const fd of readdirSync(`/proc/${pid}/fd`))
			open.set(Number(fd), readlinkSync(`/proc/${pid}/fd/${fd}`));
	} catch {
		// It has ended meanwhile.
	}
	return open;
}

/**
 * @typedef {object} RecorderOptions
 * @property {string} [name] of its log
 * @property {string} [home] an empty folder; the default is a new one
 * @property {string} [folder] the store; the default is home/store
 * @property {Recorder} [keysOf] another one, whose keys it has
 * @property {number} [reserveMb] of the disk that is kept free
 * @property {string} [more] lines for the configuration
 * @property {string[]} [prefix] a command to run it under
 */

export class Recorder {
	/** @param {RecorderOptions} [options] */
	constructor(options = {}) {
		this.options = options;
		this.home = options.home ?? temporaryFolder('recorder');
		this.folder = options.folder ?? join(this.home, 'store');
		this.socket = join(this.home, 'recorder.sock');
		this.conf = join(this.home, 'recorder.conf');
		this.keys = options.keysOf?.keys ?? { public: join(this.home, 'public-keys'),
			private: join(this.home, 'private-keys') };
		for (const folder of [this.home, this.folder, ...Object.values(this.keys)])
			mkdirSync(folder, { recursive: true, mode: 0o700 });
		this.portalConf = options.keysOf?.portalConf ?? this.#makeKeys();
		writeFileSync(this.conf, `socket = "${this.socket}";
recordings = "${this.folder}";
public_keys = "${this.keys.public}";
reserve_mb = ${options.reserveMb ?? 1};
${options.more ?? ''}
`);
	}

	/** A pair of keys, by the command; the configuration it needs for that. */
	#makeKeys() {
		const home = join(this.home, 'portal');

		mkdirSync(home, { recursive: true });
		const path = writeConfiguration(home, secrets(), this);

		execFileSync(join(BUILD, 'rthealth-portal'),
			['--config', path, 'keys', 'init'],
			{ stdio: ['ignore', 'pipe', 'pipe'] });
		return path;
	}

	/** Starts it, again too, and waits until it listens. */
	async start() {
		this.program = start(this.options.name ?? 'recorder',
			join(BUILD, 'rthealth-recorder'), ['--config', this.conf],
			{ prefix: this.options.prefix });
		await until(() => {
			if (!this.program.alive)
				throw new Error(`the recorder ended:\n${this.program.text}`);
			return this.listens;
		}, 60000, 'the recorder listens', 10);
		return this;
	}

	/** After its parent was killed; children of that one may still be there. */
	async startAgain() {
		const { child } = this.program;

		await until(() => child.signalCode ?? child.exitCode, 60000, 'its end', 5);
		return this.start();
	}

	get listens() {
		const known = readFileSync('/proc/net/unix', 'utf8').split('\n');

		return known.some((line) => line.endsWith(` ${this.socket}`) &&
			line.includes(' 00010000 '));
	}

	get pid() {
		return this.program.pid;
	}

	/** The children at work. */
	get children() {
		return childrenOf(this.pid).filter((pid) =>
			!/^State:\tZ/m.test(statusOf(pid) ?? ''));
	}

	/** What its children have open below the store. */
	get openFiles() {
		return [this.pid, ...this.children].flatMap((pid) =>
			[...filesOf(pid).values()]).filter((path) =>
			path.startsWith(`${this.folder}/`));
	}

	/** Kills a process of it at once, as the kernel would. */
	kill(pid) {
		try {
			process.kill(pid, 'SIGKILL');
		} catch (error) {
			if (error.code !== 'ESRCH')
				throw error;
		}
	}

	async stop() {
		await this.program?.stop();
	}
}

/** @param {RecorderOptions} [options] */
export function startRecorder(options) {
	return new Recorder(options).start();
}

/** Bytes of all files below a folder, as the file system tells. */
export function bytesBelow(folder) {
	return readdirSync(folder, { recursive: true })
		.map((name) => statSync(join(folder, String(name)),
			{ throwIfNoEntry: false }))
		.reduce((sum, found) => sum + (found?.isFile() ? found.size : 0), 0);
}
