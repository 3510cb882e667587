// SPDX-License-Identifier: GPL-3.0-or-later
// What a recording costs: parts of measure.mjs.
import { execFileSync } from 'node:child_process';
import {
	existsSync, mkdtempSync, rmSync,
} from 'node:fs';
import os from 'node:os';
import { basename, join } from 'node:path';
import { startChromium } from '../e2e/lib/browser.mjs';
import { startFeeder } from '../e2e/lib/feeder.mjs';
import { Player } from '../e2e/lib/player.mjs';
import { BUILD, until } from '../e2e/lib/procs.mjs';
import { startRecorder } from '../e2e/lib/recorder.mjs';
import { Store } from '../e2e/lib/store.mjs';
import { issuer, recordCall, recordingConf } from './call.mjs';
import {
	inCall, instructionsIn, median, received, round, SETTLE_MS, table,
	TRACED_MS, wait,
} from './figures.mjs';
import { manyVisits } from './many.mjs';
import { writeCamera, writeVoice } from './mjr.mjs';

const VISITS = 10;
const VISIT_S = 60;
const KBIT = 1000;
const HOUR_S = 3600;
const TRACED_PACKETS = 100000;

/** What takes a packet from a browser: Janus calls it on the media thread. */
const TAKES = { rthealth: 'rthealth_incoming_rtp',
	videocall: 'janus_videocall_incoming_rtp' };

/**
 * User instructions in the plugin's function for one packet, and in what that
 * calls, without and with a recording, in one call.
 */
export async function recordedInstructions(plugin) {
	const home = mkdtempSync(join(os.tmpdir(), 'rth-bench-'));
	const out = join(home, 'out');
	const recorder = plugin === 'rthealth' ? await startRecorder() : null;
	const figures = await inCall(plugin, { under: 'callgrind',
		callgrindOut: out, callgrindIn: TAKES[plugin],
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
			await until(() => existsSync(`${out}.${dump}`), 10000, 'the counts');
			return instructionsIn(`${out}.${dump}`) / packets;
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

/** Runs `act`; how long it took, ms. */
async function timed(act) {
	const begin = performance.now();

	await act();
	return performance.now() - begin;
}

/** From the end of a visit of so many seconds until it plays. */
async function untilPlayable(seconds, player) {
	const recorder = await startRecorder();
	const store = new Store(recorder);
	const { id, program } = await startFeeder(recorder, { seconds,
		words: ['--kbit', String(KBIT), '--speed', '0'] });

	await until(() => program.text.includes('"ended"'), 600000, 'the end', 1);
	const stored = await timed(() => program.exited);
	const begin = performance.now();
	const exported = await store.export(id);
	const unsealing = performance.now() - begin;
	const [path] = exported.lane('clinician');
	const { ms } = await player.plays(path);
	const folder = mkdtempSync(join(os.tmpdir(), 'rth-mux-'));
	const ffmpeg = await timed(() => {
		for (const lane of exported.lanes)
			execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', '-i', lane,
				'-c', 'copy', join(folder, basename(lane))]);
	});

	exported.remove();
	rmSync(folder, { recursive: true });
	await recorder.stop();
	rmSync(recorder.home, { recursive: true });
	return { stored, unsealing, playing: ms, ffmpeg };
}

/** The same packets through Janus's own tool, and its two files into one. */
function janusTool(seconds) {
	const folder = mkdtempSync(join(os.tmpdir(), 'rth-mjr-'));
	const at = (name) => join(folder, name);
	const quiet = { stdio: /** @type {'ignore'} */ ('ignore') };

	writeCamera(at('v.mjr'), seconds, KBIT);
	writeVoice(at('a.mjr'), seconds);
	return timed(() => {
		for (let person = 0; person < 2; person++) {
			execFileSync('janus-pp-rec', [at('v.mjr'), at('v.webm')], quiet);
			execFileSync('janus-pp-rec', [at('a.mjr'), at('a.opus')], quiet);
			execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', '-i',
				at('v.webm'), '-i', at('a.opus'), '-c', 'copy',
				at(`${person}.webm`)], quiet);
		}
	}).finally(() => rmSync(folder, { recursive: true }));
}

/** What bench_relay says with or without a tap: ns and instructions. */
function relayed(how) {
	const program = join(BUILD, 'tests/bench/bench_relay');
	const out = join(mkdtempSync(join(os.tmpdir(), 'rth-bench-')), 'out');
	const time = JSON.parse(execFileSync(program, ['2000000', how],
		{ encoding: 'utf8' }));

	execFileSync('valgrind', ['--tool=callgrind',
		'--toggle-collect=rth_relay_rtp', `--callgrind-out-file=${out}`,
		program, String(TRACED_PACKETS), how], { stdio: 'ignore' });
	return { instructions: instructionsIn(out) / (3 * TRACED_PACKETS),
		ns: (time.audio_ns + time.camera_ns + time.screen_ns) / 3 };
}

export const RECORDINGS = {
	relay: async () => {
		const off = relayed('off');
		const on = relayed('tap');
		const full = relayed('stalled');
		const row = (name, r) => [name, round(r.instructions), round(r.ns, 1)];

		return `## Recording: the plugin's own packet path

As above, with the packet copied into the recording's ring; and with a ring
that is full because nobody takes from it. 1200 bytes a packet.

${table(['', 'instructions', 'ns'], [row('not recorded', off),
		row('recorded', on), ['difference',
			round(on.instructions - off.instructions), round(on.ns - off.ns, 1)],
		row('the ring is full', full)])}`;
	},
	sealing: async () => {
		const said = execFileSync(join(BUILD, 'tests/bench/bench_seal'),
			{ encoding: 'utf8' });
		const figure = (pattern) => said.match(pattern)?.[1];

		return `## Recording: sealing

In bulk, in memory; and a lane of an hour at 1 Mbit/s with a flush each second
(\`tests/bench/bench_seal.c\`).

${table(['sealing, MB/s', 'verifying, MB/s', 'bytes more for an hour', 'of the plain',
		'CPU, % of a core'],
		[[figure(/^write\D+(\d+) MB/m), figure(/^verify\D+(\d+) MB/m),
			figure(/(\d+) bytes more/), `${figure(/\(([\d.]+) %\)/)} %`,
			figure(/([\d.]+) % of a core/)]])}`;
	},
	tap: async () => {
		const rows = [];

		for (const plugin of ['rthealth', 'videocall']) {
			const { off, on } = await recordedInstructions(plugin);

			rows.push([plugin, round(off), round(on), round(on - off)]);
		}
		return `## Recording: instructions in a call

User instructions on the media thread for one packet: in the plugin's function
that Janus calls with it, and all that this calls. Under callgrind, for ${
	TRACED_MS / 1000} s
of a call without and then with a recording: RTHealth's, and the one that
\`videocall\` makes with Janus's recorder.

${table(['plugin', 'not recorded', 'recorded', 'difference'], rows)}`;
	},
	recorder: async () => {
		const { cpu, peaks, missing } = await manyVisits(VISITS, VISIT_S, KBIT);

		return `## Recording: the recorder

${VISITS} visits at once for ${VISIT_S} s, each with two people who send ${
	KBIT / 1000} Mbit/s (\`tests/e2e/feeder.c\`): one child for each visit.

${table(['CPU of a visit, % of a core, median', 'most', 'peak memory of a visit, MB, median', 'most',
		'packets missing, all visits'],
		[[round(median(cpu), 2), round(Math.max(...cpu), 2),
			round(median(peaks), 1), round(Math.max(...peaks), 1), missing]])}`;
	},
	playable: async () => {
		const browser = await startChromium();
		const player = await Player.open(await browser.page());
		const rows = [];

		for (const seconds of [VISIT_S, HOUR_S]) {
			const ours = await untilPlayable(seconds, player);
			const janus = await janusTool(seconds);

			rows.push([seconds === HOUR_S ? '1 hour' : '1 minute',
				round(ours.stored), round(ours.playing), round(ours.unsealing),
				round(janus), round(ours.ffmpeg)]);
		}
		await browser.close();
		return `## Recording: from the end until it plays

Milliseconds, of a synthetic visit of two people who send ${
	KBIT / 1000} Mbit/s each, fed
as fast as the recorder takes it. From END to DONE all files are finished and
synced; from then on they play. Beside it, the same packets in Janus's own
recordings through \`janus-pp-rec\` and into one file for each person by
ffmpeg; and ffmpeg copying the finished lanes.

${table(['visit', 'END to DONE', 'loading, and seeking to the middle, in Chromium',
		'exporting all of it', 'janus-pp-rec and ffmpeg',
		'ffmpeg copying'], rows)}`;
	},
};
