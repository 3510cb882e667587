// SPDX-License-Identifier: GPL-3.0-or-later
// Many visits recorded at once, by a stand-in for Janus: what a visit costs the
// recorder, and whether anything was lost.
import { readFileSync, rmSync } from 'node:fs';
import { startFeeder } from '../e2e/lib/feeder.mjs';
import { startRecorder } from '../e2e/lib/recorder.mjs';
import { Store } from '../e2e/lib/store.mjs';
import { cpuOf, wait } from './figures.mjs';

const START_MS = 2000;

/** The most memory that a process ever had, kB. */
const peakOf = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8')
	.match(/^VmHWM:\s+(\d+)/m)?.[1]);

/** Packets of a recording that are in no file. */
function missingOf({ manifests }) {
	return manifests.flatMap(({ lanes, loss }) => [
		...lanes.map(({ counts }) => counts.missing + counts.late),
		loss.clinician.lost, loss.patient.lost])
		.reduce((a, b) => a + b, 0);
}

/**
 * @param {number} visits at once
 * @param {number} seconds of each
 * @param {number} kbit that each person sends, kbit/s
 * @returns {Promise<{ cpu: number[], peaks: number[], missing: number }>} % of a
 *   core and MB of each visit; packets of all
 */
export async function manyVisits(visits, seconds, kbit) {
	const recorder = await startRecorder();
	const feeders = await Promise.all(Array.from({ length: visits }, (_, i) =>
		startFeeder(recorder, { seconds, name: `feeder-${i + 1}`,
			words: ['--kbit', String(kbit)] })));

	await wait(START_MS);
	const begin = performance.now();
	const pids = recorder.children;
	const before = pids.map((pid) => cpuOf(pid).all);

	await wait(seconds * 1000 - 2 * START_MS);
	const percent = 100000 / (performance.now() - begin);
	const cpu = pids.map((pid, i) => (cpuOf(pid).all - before[i]) * percent);
	const peaks = pids.map((pid) => peakOf(pid) / 1024);
	const statuses = await Promise.all(feeders.map(({ program }) =>
		program.exited));

	if (statuses.some((status) => status !== 0))
		throw new Error(`the stand-ins ended with ${statuses}`);
	const store = new Store(recorder);
	let missing = 0;

	for (const { id } of feeders) {
		const exported = await store.export(id);

		missing += missingOf(exported);
		exported.remove();
	}
	await recorder.stop();
	rmSync(recorder.home, { recursive: true });
	return { cpu, peaks, missing };
}
