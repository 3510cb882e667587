// SPDX-License-Identifier: GPL-3.0-or-later
// What the measurements share: figures of processes, of calls, and tables.
import { readdirSync, readFileSync } from 'node:fs';
import { startChromium } from '../e2e/lib/browser.mjs';
import { secrets, startJanus } from '../e2e/lib/janus.mjs';
import { call, issuer, servePage } from './call.mjs';

export const SETTLE_MS = 6000;
export const TRACED_MS = 10000;
const TICKS_A_SECOND = 100;

export const wait = (ms) => new Promise((done) => setTimeout(done, ms));
export const round = (value, digits = 0) => Number(value.toFixed(digits));
export const sorted = (values) => [...values].sort((a, b) => a - b);
export const median = (values) => sorted(values)[Math.floor(values.length / 2)];
export const p95 = (values) => sorted(values)[
	Math.min(values.length - 1, Math.ceil(values.length * 0.95) - 1)];

export const table = (head, rows) => [head, head.map(() => '---'), ...rows]
	.map((row) => `| ${row.join(' | ')} |`).join('\n');

/** What callgrind counted, by the sum in its file. */
export function instructionsIn(path) {
	const match = readFileSync(path, 'utf8').match(/^(?:totals|summary): (\d+)/m);

	if (!match)
		throw new Error(`${path} holds no sum`);
	return Number(match[1]);
}

/** CPU time of a process in seconds, and the part of it in user space. */
export function cpuOf(pid) {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
		.replace(/.*\) /s, '').split(' ');
	const all = readdirSync(`/proc/${pid}/task`).reduce((sum, task) =>
		sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8')
			.split(' ')[0]) / 1e9, 0);

	return { all, user: Number(fields[11]) / TICKS_A_SECOND };
}

/** Resident memory, kB. */
export const memoryOf = (pid) => Number(readFileSync(`/proc/${pid}/smaps_rollup`,
	'utf8').match(/^Rss:\s+(\d+)/m)?.[1]);

/** Runs `measure(janus, pages)` in a call through that plugin. */
export async function inCall(plugin, options, measure) {
	const keys = secrets();
	const server = await servePage();
	const janus = await startJanus({ secrets: keys, plugins: [plugin],
		events: false, pluginConf: issuer.conf(), name: `janus-${plugin}`,
		...options });
	const browser = await startChromium();
	const pages = [await browser.page(), await browser.page()];

	try {
		await call(plugin, pages, keys);
		await wait(SETTLE_MS);
		return await measure(janus, pages, keys);
	} finally {
		await browser.close();
		await janus.stop('SIGTERM', 60000);
		server.closeAllConnections();
		server.close();
	}
}

export const received = async (pages) => (await Promise.all(pages.map((page) =>
	page.sample()))).reduce((n, s) => n + s.packetsReceived, 0);
