// SPDX-License-Identifier: GPL-3.0-or-later
// What a recording costs: parts of measure.mjs.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { basename, dirname, join } from 'node:path';
import { until } from '../e2e/lib/procs.mjs';
import { startRecorder } from '../e2e/lib/recorder.mjs';
import { issuer, recordCall, recordingConf } from './call.mjs';
import {
	inCall, instructionsIn, received, round, SETTLE_MS, table, TRACED_MS, wait,
} from './figures.mjs';

/** What a thread that takes packets from a browser runs, in either plugin. */
const MEDIA_THREAD = /\b(rth_relay_rtp|janus_videocall_incoming_rtp)\b/;

/** Instructions in callgrind's files of a dump: of media threads, and of all. */
function threadsIn(out, dump) {
	const folder = dirname(out);
	const files = readdirSync(folder).filter((name) =>
		name.startsWith(`${basename(out)}.${dump}-`))
		.map((name) => join(folder, name));
	const sum = (paths) => paths.reduce((n, path) =>
		n + instructionsIn(path), 0);

	return { media: sum(files.filter((path) =>
		MEDIA_THREAD.test(readFileSync(path, 'utf8')))), all: sum(files) };
}

/**
 * User instructions of Janus for one relayed packet without and with a
 * recording, in one call: on the threads that take packets, and on all.
 */
export async function recordedInstructions(plugin) {
	const home = mkdtempSync(join(os.tmpdir(), 'rth-bench-'));
	const out = join(home, 'out');
	const recorder = plugin === 'rthealth' ? await startRecorder() : null;
	const figures = await inCall(plugin, { under: 'callgrind',
		callgrindOut: out, callgrindThreads: true,
		pluginConf: recorder ? recordingConf(recorder.socket) : issuer.conf() },
	async (janus, pages) => {
		const control = (...words) => execFileSync('callgrind_control',
			[...words, String(janus.pid)], { encoding: 'utf8' });
		const traced = async (dump) => {
			control('-z');
			const before = await received(pages);

			await wait(TRACED_MS);
			const packets = await received(pages) - before;

			control('-d');
			await until(() => readdirSync(home).some((name) =>
				name.startsWith(`out.${dump}`)), 10000, 'the counts');
			const { media, all } = threadsIn(out, dump);

			return { media: media / packets, all: all / packets };
		};

		control('-i', 'on');
		const off = await traced(1);

		await recordCall(plugin, pages, home);
		await wait(SETTLE_MS);
		return { off, on: await traced(2) };
	});

	await recorder?.stop();
	return figures;
}

export const RECORDINGS = {
	tap: async () => {
		const rows = [];

		for (const plugin of ['rthealth', 'videocall']) {
			const { off, on } = await recordedInstructions(plugin);

			rows.push([plugin, round(off.media), round(on.media),
				round(on.media - off.media), round(on.all - off.all)]);
		}
		return `## Recording: instructions in a call

User instructions of Janus for one relayed packet, under callgrind, for ${
	TRACED_MS / 1000} s of a call without and then with a recording:
RTHealth's, and the one that \`videocall\` has of Janus. "Media threads" are
those that take packets from the browsers.

${table(['plugin', 'media threads, off', 'on', 'difference',
		'difference, all threads'], rows)}`;
	},
};
