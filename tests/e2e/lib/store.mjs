// SPDX-License-Identifier: GPL-3.0-or-later
// The store of recordings, as the clinic sees it with its key, and as a thief
// sees it without: files, commands of the portal, and what is in a lane.
import { execFile } from 'node:child_process';
import {
	readdirSync, readFileSync, rmSync, statSync, watch,
} from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { BUILD, until } from './procs.mjs';
import { bytesBelow } from './recorder.mjs';
import { temporaryFolder } from './temporary.mjs';

const MOST_OUTPUT = 64 << 20;
const run = promisify(execFile);

/** Sees every file and folder that is made or changed below a folder. */
export class Watch {
	/** What the kernel (inotify) has told, as "change path". */
	events = [];
	#watches = new Map();

	constructor(folder) {
		this.folder = folder;
		this.#add(folder);
		for (const entry of readdirSync(folder, { recursive: true,
			withFileTypes: true }))
			if (entry.isDirectory())
				this.#add(join(entry.parentPath ?? entry.path, entry.name));
	}

	#add(folder) {
		this.#watches.set(folder, watch(folder, { persistent: false },
			(change, name) =>
				this.events.push(`${change} ${join(folder, name ?? '')}`)));
	}

	close() {
		for (const each of this.#watches.values())
			each.close();
	}
}

export class Store {
	/**
	 * @param {{ folder: string, portalConf?: string }} recorder
	 * @param {string} [conf] the configuration of a portal that runs
	 */
	constructor(recorder, conf = recorder.portalConf) {
		this.folder = recorder.folder;
		this.conf = conf;
	}

	/** Every file, as paths below the folder; none that goes just now. */
	get files() {
		return readdirSync(this.folder, { recursive: true })
			.map(String).filter((name) =>
				statSync(join(this.folder, name), { throwIfNoEntry: false })
					?.isFile()).sort();
	}

	get bytes() {
		return bytesBelow(this.folder);
	}

	/** The ids of all recordings, by their folders. */
	get ids() {
		return [...new Set(this.files.map((name) => name.split('/')[2]))];
	}

	/** What `rthealth-portal recording ...` says; throws when it fails. */
	async command(...words) {
		const { stdout } = await run(join(BUILD, 'rthealth-portal'),
			['--config', this.conf, 'recording', ...words],
			{ maxBuffer: MOST_OUTPUT });

		return stdout;
	}

	recover() {
		return this.command('recover');
	}

	verify(id) {
		return this.command('verify', id);
	}

	/**
	 * Exports a recording and reads its manifests.
	 *
	 * @returns {Promise<Exported>}
	 */
	async export(id) {
		const folder = temporaryFolder('export');

		try {
			await this.command('export', id, folder);
		} catch (error) {
			rmSync(folder, { recursive: true });
			throw error;
		}
		return new Exported(id, folder);
	}

	/** The same once a recording is finished and whole; an error after ms. */
	async exportFinished(id, ms = 60000) {
		let problem = '';

		try {
			return await until(async () => {
				const found = await this.export(id).catch((error) => {
					problem = error.stderr ?? error.message;
					return null;
				});

				if (found?.finished)
					return found;
				found?.remove();
				return null;
			}, ms, 'a recording that is finished');
		} catch (error) {
			throw new Error(`${error.message}: ${problem}`);
		}
	}
}

/** A recording as plain files. */
export class Exported {
	constructor(id, folder) {
		this.id = id;
		this.folder = folder;
		this.files = readdirSync(folder, { recursive: true }).map(String)
			.map((name) => join(folder, name))
			.filter((path) => statSync(path).isFile()).sort();
		this.manifests = this.files.filter((path) =>
			path.endsWith('-manifest.json')).map((path) =>
			JSON.parse(readFileSync(path, 'utf8')));
	}

	/** Whether each part came to its end. */
	get finished() {
		return this.manifests.length > 0 && this.manifests.every((manifest) =>
			manifest.finished);
	}

	/** The files of pictures and voices. */
	get lanes() {
		return this.files.filter((path) => /\.(webm|mp4)$/.test(path));
	}

	/** Those of one lane, in their order; its name as in docs/store.md. */
	lane(name) {
		return this.lanes.filter((path) =>
			basename(path).replace(/^\d+-|-\d+\.\w+$/g, '') === name);
	}

	/** What was written, of all parts. */
	get chat() {
		return this.files.filter((path) => path.endsWith('-chat.jsonl'))
			.flatMap((path) => readFileSync(path, 'utf8').split('\n'))
			.filter(Boolean).map((line) => JSON.parse(line));
	}

	/** Takes the plain files away. */
	remove() {
		rmSync(this.folder, { recursive: true });
	}

	/** What the manifests say of a file: its segment of a lane. */
	told(path) {
		return this.manifests.flatMap((manifest) => manifest.lanes)
			.flatMap((lane) => lane.segments)
			.find((segment) => segment.name === basename(path));
	}

	/** Time 0 of a file, in ms since 1970. */
	begins(path) {
		return this.manifests[0].begun_ms + this.told(path).start_ms;
	}
}
