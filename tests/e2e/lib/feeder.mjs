// SPDX-License-Identifier: GPL-3.0-or-later
// tests/e2e/feeder: a stand-in for Janus that has the recorder record a visit.
import { join } from 'node:path';
import { BUILD, start } from './procs.mjs';

const BEGUN_MS = 60000;
const TELL_MS = 100;

/**
 * Starts one and waits until its recording has begun; `enough` of what it
 * returns ends the visit at once.
 *
 * @param {import('./recorder.mjs').Recorder} recorder
 * @param {{ name?: string, seconds?: number, words?: string[] }} [options]
 *   seconds: how long the visit is; words: more options, see `feeder --help`
 */
export async function startFeeder(recorder, { name = 'feeder', seconds = 5,
	words = [] } = {}) {
	const program = start(name, join(BUILD, 'tests/e2e/feeder'),
		['--socket', recorder.socket, '--seconds', String(seconds),
			'--tell', String(TELL_MS), ...words]);
	const [, id] = await program.line(/"recording":"([\w-]{22})"/, BEGUN_MS);

	await program.line(/"news":"begun"/, BEGUN_MS);
	return { program, id, pid: program.pid, sent: () => sentBy(program),
		enough: () => program.kill('SIGUSR1') };
}

/** How much it has sent at most, ms of the recording. */
function sentBy(program) {
	const told = [...program.text.matchAll(/"news":"(\w+)","ms":(\d+)/g)].at(-1);
	const ms = Number(told?.[2] ?? 0);

	return told?.[1] === 'at' ? ms + TELL_MS : ms;
}
