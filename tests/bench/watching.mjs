// SPDX-License-Identifier: GPL-3.0-or-later
// What it costs to send recordings to those who watch: parts of measure.mjs.
// The clients are curl, beside the portal on the same machine.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Clinic } from '../e2e/lib/clinic.mjs';
import { secrets } from '../e2e/lib/janus.mjs';
import {
	CLINICIAN, OPERATOR, Portal, URL_OF_PORTAL,
} from '../e2e/lib/portal.mjs';
import { startRecorder } from '../e2e/lib/recorder.mjs';
import { Reviewed, segmentsOf, startPlay } from '../e2e/lib/reviewed.mjs';
import {
	feedLong, median, openPlayer, seeksOf,
} from '../e2e/lib/watcher.mjs';
import { cpuOf, round, table } from './figures.mjs';

const VISIT_S = 600;
const LONG_S = 7200;
const KBIT = 1000;
const CLIENTS = [1, 4, 20];
const REQUESTS = 1000;
const RANGE_BYTES = 65536;
const RUN_MS = 5000;

/** What a process has in memory, KiB. */
function memoryOf(pid) {
	return Number(readFileSync(`/proc/${pid}/status`, 'utf8')
		.match(/^VmRSS:\s+(\d+) kB/m)?.[1]);
}

/** Waits for a curl; what it says of each request, on a line. */
function curl(words) {
	return new Promise((done, fail) => {
		const child = spawn('curl', ['--silent', '--fail', '--write-out',
			'%{size_download} %{time_total}\\n', ...words],
		{ stdio: ['ignore', 'pipe', 'inherit'] });
		let text = '';

		child.stdout.on('data', (data) => { text += data; });
		child.once('close', (status) => (status ? fail(new Error(
			`curl ended with ${status}`)) : done(text.trim().split('\n')
			.map((line) => line.split(' ').map(Number)))));
	});
}

/** Files for curl that ask for one range after the other, of random places. */
function writeRequests(home, n, url, cookie, length) {
	return Array.from({ length: n }, (_, i) => {
		const path = join(home, `ranges-${i}`);
		const one = () => {
			const first = Math.floor(Math.random() * (length - RANGE_BYTES));

			return `url = "${url}"\noutput = "/dev/null"\n` +
				`header = "Cookie: ${cookie}"\n` +
				`range = "${first}-${first + RANGE_BYTES - 1}"\n`;
		};

		// What stands before the first `next` is the first request's own.
		writeFileSync(path, Array.from({ length: REQUESTS }, one)
			.join('next\nsilent\nfail\nwrite-out = "%{size_download} ' +
				'%{time_total}\\n"\n'), { mode: 0o600 });
		return path;
	});
}

/** Runs clients at once; seconds, the portal's CPU and its most memory. */
async function measured(portal, run) {
	const { pid } = portal.program;
	let most = 0;
	const sampler = setInterval(() => {
		most = Math.max(most, memoryOf(pid));
	}, 50);
	const before = { at: Date.now(), cpu: cpuOf(pid).all };
	const said = (await run()).flat();

	clearInterval(sampler);
	return { said, seconds: (Date.now() - before.at) / 1000,
		cpu: cpuOf(pid).all - before.cpu, most };
}

async function wholes(portal, n, url, cookie) {
	const end = Date.now() + RUN_MS;
	const { said, seconds, cpu, most } = await measured(portal, () =>
		Promise.all(Array.from({ length: n }, async () => {
			const all = [];

			while (Date.now() < end)
				all.push(...await curl(['--output', '/dev/null', '--header',
					`Cookie: ${cookie}`, url]));
			return all;
		})));
	const mb = said.reduce((sum, [bytes]) => sum + bytes, 0) / 1e6;

	return [round(mb / seconds), round(cpu * 1000 / mb, 1), most];
}

async function pieces(portal, n, url, cookie, length) {
	const files = writeRequests(portal.home, n, url, cookie, length);
	const { said, seconds, cpu } = await measured(portal, () =>
		Promise.all(files.map((path) => curl(['--config', path]))));
	const times = said.map(([, s]) => s * 1000).sort((a, b) => a - b);
	const at = (part) => times[Math.min(times.length - 1,
		Math.floor(part * times.length))];

	return [round(said.length / seconds), round(at(0.5), 1),
		round(at(0.99), 1), round(cpu * 1000 / said.length, 2)];
}

export const WATCHING = {
	watching: async () => {
		const keys = secrets();
		const recorder = await startRecorder();
		const portal = await Portal.start(keys, recorder,
			'limits = { connections_per_address = 0; streams_per_play = 64; };');
		const clinician = await portal.signIn(CLINICIAN, 'Dr. Example');
		const reviewed = new Reviewed(portal, keys, recorder, clinician);
		const id = await reviewed.record('patient@people.example',
			{ seconds: VISIT_S, words: ['--kbit', String(KBIT), '--speed', '0'] });
		const operator = await portal.signIn(OPERATOR, 'An operator');
		const [{ src }] = segmentsOf(await startPlay(operator, id));
		const url = URL_OF_PORTAL + src;
		const [[length]] = await curl(['--output', '/dev/null', '--header',
			`Cookie: ${operator.cookie}`, url]);
		const idle = memoryOf(portal.program.pid);
		const rows = [];

		for (const n of CLIENTS)
			rows.push([n, ...await wholes(portal, n, url, operator.cookie),
				...await pieces(portal, n, url, operator.cookie, length)]);
		await portal.program.stop();
		await recorder.stop();
		return `## Recording: sent to those who watch

A lane of ${VISIT_S / 60} minutes at ${KBIT / 1000} Mbit/s (${
	round(length / 1e6, 1)} MB), sent by the portal as plain bytes to
curl on the same machine, so that both share its cores: the whole file again
and again, and ${RANGE_BYTES / 1024} KiB from random places, one after the other on one
connection. Each request looks up session, right and key anew. The portal had
${idle} KiB in memory before.

${table(['clients', 'whole, MB/s', 'CPU, ms a MB', 'most memory, KiB',
		'ranges, requests/s', 'median, ms', '99th percentile, ms',
		'CPU, ms a request'], rows)}`;
	},
	seeking: async () => {
		const clinic = await Clinic.open({ recorder: true });
		const feeder = await feedLong(clinic, LONG_S);
		const rows = [];

		for (const kind of /** @type {const} */ (['chromium', 'firefox'])) {
			const person = await openPlayer(clinic, kind, feeder.id);
			const took = await seeksOf(person, LONG_S);

			rows.push([kind, took.length, round(median(took)),
				round(Math.max(...took))]);
			await person.page.close();
		}
		await clinic.close();
		return `## Recording: seeks in the player

In a recording of ${LONG_S / 3600} hours with three lanes, from the key to the pictures of that
moment in all of them.

${table(['browser', 'seeks', 'median, ms', 'longest, ms'], rows)}`;
	},
};
