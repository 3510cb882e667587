// SPDX-License-Identifier: GPL-3.0-or-later
// Two Chromium in a call through one of Janus's plugins, ours or its own.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PORTS, transportToken } from '../e2e/lib/janus.mjs';
import { Issuer, roomId } from '../e2e/lib/tokens.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const TYPES = { '.html': 'text/html', '.js': 'text/javascript' };
const FILES = {
	'/': 'page/index.html', '/baseline.js': 'page/baseline.js',
	'/sdp.js': '../../web/js/sdp.js',
};

/** What the plugins need beside the browser. */
export const issuer = new Issuer();

/** Serves the measuring page on the portal's port. */
export async function servePage() {
	const server = http.createServer(async (request, response) => {
		const path = FILES[request.url ?? ''];

		if (!path) {
			response.writeHead(404).end();
			return;
		}
		response.setHeader('Content-Type', TYPES[extname(path)]);
		response.end(await readFile(join(HERE, path)));
	});

	server.listen(PORTS.portal, '127.0.0.1');
	await once(server, 'listening');
	server.unref();
	return server;
}

let calls = 0;

/**
 * Brings two fresh pages into a call. The first one waits in it already when
 * the second one clicks.
 *
 * @param {string} plugin videocall, videoroom or rthealth
 * @param {import('../e2e/lib/browser.mjs').Page[]} pages
 * @param {ReturnType<typeof import('../e2e/lib/janus.mjs').secrets>} secrets
 * @param {{ small?: boolean }} [options] small: as many calls as can be
 * @returns {Promise<Array<Record<string, number>>>} each page's marks, ms
 */
export async function call(plugin, pages, secrets, options = {}) {
	const number = ++calls;
	const names = [`a${number}`, `b${number}`];
	const room = plugin === 'rthealth' ? roomId() : 1000 + number;
	const roles = ['clinician', 'patient'];
	const token = transportToken(secrets.tokenAuth,
		{ plugins: [`janus.plugin.${plugin}`] });

	for (const [i, page] of pages.entries()) {
		await page.goto(`http://localhost:${PORTS.portal}/`);
		await page.until(() => Boolean(globalThis.baseline), 'the page');
		await page.evaluate((args) => globalThis.baseline.start(args), {
			url: `ws://localhost:${PORTS.janus}/`, token, plugin, room,
			name: names[i], other: i ? names[0] : null, ...options,
			admission: issuer.token({ room: String(room), role: roles[i],
				record: roles[i] === 'clinician' }),
		});
	}
	for (const page of pages)
		await page.until(() => globalThis.baseline.marks.picture,
			`${plugin}: the first picture`, 15000);
	return Promise.all(pages.map((page) =>
		page.evaluate(() => globalThis.baseline.marks)));
}

/** The plugin's configuration with a recorder that listens there. */
export const recordingConf = (socket) => issuer.conf(`recording = {
	socket = "${socket}";
	consent_version = "1";
	texts = ( { language = "en"; text = "May this visit be recorded?"; } );
};`);

/**
 * Lets the plugin record the call, and waits until it does.
 *
 * @param {string} plugin videocall or rthealth
 * @param {import('../e2e/lib/browser.mjs').Page[]} pages
 * @param {string} folder for videocall's files
 */
export async function recordCall(plugin, pages, folder) {
	await Promise.all(pages.map((page, i) => page.evaluate((args) =>
		globalThis.baseline.record(args), {
		first: i === 0, filename: join(folder, `${plugin}-${i}`) })));
}
