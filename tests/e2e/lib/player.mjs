// SPDX-License-Identifier: GPL-3.0-or-later
// Exported lanes in a browser's own player, over HTTP with ranges, as a web
// server would give them.
import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import http from 'node:http';
import { basename, extname } from 'node:path';

const TYPES = { '.webm': 'video/webm', '.mp4': 'video/mp4' };
const PLAY_MS = 60000;

/** Answers with the part of the file that was asked for (RFC 9110, 14.2). */
function give(path, request, response) {
	const { size } = statSync(path);
	const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
	const first = range ? Number(range[1]) : 0;
	const last = range?.[2] ? Math.min(Number(range[2]), size - 1) : size - 1;

	if (first > last) {
		response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end();
		return;
	}
	response.writeHead(range ? 206 : 200, {
		'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
		'Accept-Ranges': 'bytes', 'Content-Length': last - first + 1,
		...(range ? { 'Content-Range': `bytes ${first}-${last}/${size}` } : {}),
	});
	createReadStream(path, { start: first, end: last }).pipe(response)
		.on('error', () => response.destroy());
}

/**
 * Runs in a page: loads, seeks to the middle, plays on from there.
 *
 * @param {{ url: string, ms: number }} what
 */
async function play({ url, ms }) {
	const video = document.createElement('video');
	const start = performance.now();
	const happens = (name) => new Promise((done, fail) => {
		const timer = setTimeout(() => fail(new Error(`no ${name} in ${ms} ms`)),
			ms);

		video.addEventListener(name, () => {
			clearTimeout(timer);
			done(undefined);
		}, { once: true });
		video.addEventListener('error', () => fail(new Error(
			`${name}: ${video.error?.message || video.error?.code}`)));
	});
	const decoded = () => ({
		pictures: video.getVideoPlaybackQuality().totalVideoFrames,
		voice: video.webkitAudioDecodedByteCount ?? (video.mozHasAudio ? 1 : 0),
	});
	const loaded = happens('loadedmetadata');

	video.muted = true;
	video.preload = 'auto';
	video.src = url;
	document.body.replaceChildren(video);
	await loaded;
	const { duration } = video;
	const seeked = happens('seeked');

	video.currentTime = duration / 2;
	await seeked;
	const middle = { seconds: duration, at: video.currentTime,
		width: video.videoWidth, height: video.videoHeight,
		ms: performance.now() - start };

	await video.play();
	// What has come to its end plays no further than that.
	while (video.currentTime < middle.at + 0.2 && !video.ended) {
		if (performance.now() - start > ms)
			throw new Error(`stands still at ${video.currentTime}`);
		await new Promise((done) => setTimeout(done, 10));
	}
	video.pause();
	return { ...middle, ...decoded() };
}

export class Player {
	/** @type {Map<string, string>} address to path */
	#files = new Map();

	/** @param {import('./browser.mjs').Page} page a page of its own */
	static async open(page) {
		const player = new Player();

		player.server = http.createServer((request, response) => {
			const path = player.#files.get(request.url ?? '');

			if (path) {
				give(path, request, response);
				return;
			}
			response.writeHead(request.url === '/' ? 200 : 404,
				{ 'Content-Type': 'text/html' });
			response.end('<!doctype html><title>Player</title>');
		});
		player.server.listen(0, '127.0.0.1');
		await once(player.server, 'listening');
		player.server.unref();
		player.url = `http://localhost:${
			/** @type {any} */ (player.server.address()).port}`;
		player.page = page;
		await page.goto(`${player.url}/`);
		return player;
	}

	/**
	 * Loads a file, seeks to its middle and plays on; throws when it cannot.
	 *
	 * @returns {Promise<{ seconds: number, at: number, width: number,
	 *   height: number, ms: number, pictures: number, voice: number }>}
	 *   ms: from loading to a picture (or a sound) in the middle
	 */
	async plays(path) {
		const address = `/${this.#files.size}-${basename(path)}`;

		this.#files.set(address, path);
		try {
			return await this.page.evaluate(play,
				{ url: this.url + address, ms: PLAY_MS });
		} catch (error) {
			throw new Error(`${basename(path)} does not play: ${error.message}`);
		}
	}

	async close() {
		this.server.closeAllConnections();
		this.server.close();
		await this.page.close();
	}
}
