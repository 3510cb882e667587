// SPDX-License-Identifier: GPL-3.0-or-later
// What a visit costs, beside Janus's own plugins in the same run: prints a
// table and writes docs/performance.md.
//
//   tests/bench/run [--only core,cpu,instructions,join,memory,line,relay,
//                   tap,recorder,playable,sealing,watching,seeking,
//                   listing,load,admit]
//                   [--joins 20] [--no-write]
//
// With --only the other sections of the document stay as they are.
import { execFileSync, spawnSync } from 'node:child_process';
import {
	existsSync, mkdtempSync, readFileSync, writeFileSync,
} from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startChromium } from '../e2e/lib/browser.mjs';
import { Clinic } from '../e2e/lib/clinic.mjs';
import { PORTS, secrets, startJanus, transportToken } from '../e2e/lib/janus.mjs';
import { Far, inside } from '../e2e/lib/netns.mjs';
import { BUILD, ROOT, stopAll, until } from '../e2e/lib/procs.mjs';
import { RawClient } from '../e2e/lib/rawclient.mjs';
import { Issuer, roomId } from '../e2e/lib/tokens.mjs';
import { ADMIT } from './admit.mjs';
import { call, issuer, servePage } from './call.mjs';
import {
	cpuOf, inCall, instructionsIn, median, memoryOf, p95, received, round,
	sorted, table, TRACED_MS, wait,
} from './figures.mjs';
import { LISTING } from './listing.mjs';
import { LOAD } from './load.mjs';
import { RECORDINGS } from './recordings.mjs';
import { lineCall, thinLine } from './thinline.mjs';
import { VOICE } from './voice.mjs';
import { WATCHING } from './watching.mjs';

const CPU_MS = 10000;
const CPU_ROUNDS = 3;
const ROOMS = 200;
const STEPS = ['token', 'ws', 'joined', 'answer', 'ice', 'dtls',
	'first-picture'];

/** What a packet costs in the plugin's own code. */
function core() {
	const program = join(BUILD, 'tests/bench/bench_relay');
	const packets = 100000;
	const out = join(mkdtempSync(join(os.tmpdir(), 'rth-bench-')), 'out');
	const time = JSON.parse(execFileSync(program, { encoding: 'utf8' }));

	execFileSync('valgrind', ['--tool=callgrind',
		'--toggle-collect=rth_relay_rtp', `--callgrind-out-file=${out}`,
		program, String(packets)], { stdio: 'ignore' });
	return {
		instructions: instructionsIn(out) / (3 * packets),
		ns: (time.audio_ns + time.camera_ns + time.screen_ns) / 3,
	};
}

/** CPU seconds of Janus for 100,000 relayed packets. */
function cpu(plugin) {
	return inCall(plugin, {}, async (janus, pages) => {
		const before = { cpu: cpuOf(janus.pid), packets: await received(pages) };

		await wait(CPU_MS);
		const packets = await received(pages) - before.packets;
		const srtp = (await Promise.all(pages.map((page) => page.sample())))
			.map((sample) => sample.srtp[0].replace('SRTP_', ''));

		const after = cpuOf(janus.pid);
		const scale = 100000 / packets;

		return { seconds: (after.all - before.cpu.all) * scale,
			user: (after.user - before.cpu.user) * scale,
			srtp: srtp.join(', ') };
	});
}

/** User instructions of Janus for one relayed packet, everything included. */
async function instructions(plugin) {
	const out = join(mkdtempSync(join(os.tmpdir(), 'rth-bench-')), 'out');
	const packets = await inCall(plugin,
		{ under: 'callgrind', callgrindOut: out }, async (janus, pages) => {
			const control = (...words) => execFileSync('callgrind_control',
				[...words, String(janus.pid)], { encoding: 'utf8' });

			control('-i', 'on');
			const before = await received(pages);

			await wait(TRACED_MS);
			const after = await received(pages);

			// Writes what was counted until now to its first numbered file.
			control('-d');
			await until(() => existsSync(`${out}.1`), 10000, 'the counts');
			return after - before;
		});

	return { perPacket: instructionsIn(`${out}.1`) / packets, packets };
}

/** Click to both decoded, for one of Janus's own plugins. */
async function baselineJoins(plugin, runs) {
	const keys = secrets();
	const server = await servePage();
	const janus = await startJanus({ secrets: keys, plugins: [plugin],
		events: false, name: `janus-${plugin}` });
	const browser = await startChromium();
	const both = [];

	for (let i = 0; i < runs; i++) {
		const pages = [await browser.page(), await browser.page()];
		const [waiting, joining] = await call(plugin, pages, keys);

		both.push(Math.max(joining.picture, waiting.picture) - joining.click);
		await Promise.all(pages.map((page) => page.close()));
	}
	await browser.close();
	await janus.stop();
	server.closeAllConnections();
	server.close();
	return { both };
}

/** In the page: when the click came, and when the other's picture moves. */
function watchClick() {
	addEventListener('click', () => {
		globalThis.clickedAt = performance.timeOrigin + performance.now();
	}, { capture: true });
}

async function watchPicture() {
	const decoded = async () => (await globalThis.rthProbe.sample())
		.framesDecoded;
	const before = await decoded();

	globalThis.pictureAt = 0;
	const look = async () => {
		if (await decoded() > before)
			globalThis.pictureAt = performance.timeOrigin + performance.now();
		else
			setTimeout(look, 5);
	};

	look();
}

/** The same for ours, through its pages. */
async function ourJoins(runs) {
	const clinic = await Clinic.open();
	const { clinician, patient } = await clinic.call(['chromium', 'chromium']);
	const both = [];
	const parts = Object.fromEntries(STEPS.map((step) => [step, []]));

	await clinician.seesAndHears();
	await patient.page.evaluate(watchClick);
	for (let i = 0; i < runs; i++) {
		await patient.page.click('Leave');
		await clinician.page.sees('Waiting for');
		await patient.page.click('Go back in');
		await patient.ready();
		await wait(500);
		await clinician.page.evaluate(watchPicture);
		await patient.join();
		const mine = await patient.page.until(() =>
			globalThis.rth.timings()['first-picture'] && globalThis.rth.timings(),
		'first picture', 15000);
		const theirs = await clinician.page.until(() => globalThis.pictureAt,
			'their first picture', 15000);
		const clicked = await patient.page.evaluate(() => globalThis.clickedAt);

		both.push(Math.max(theirs - clicked, mine['first-picture']));
		for (const step of STEPS)
			parts[step].push(mine[step]);
	}
	await clinic.close();
	return { both, parts };
}

/** Resident memory for rooms, participants and one call, kB. */
async function memory() {
	const keys = secrets();
	const own = new Issuer();
	const janus = await startJanus({ secrets: keys, events: false,
		pluginConf: own.conf() });
	const empty = memoryOf(janus.pid);
	const client = await RawClient.connect(
		{ token: transportToken(keys.tokenAuth) });
	const handles = [];
	const seat = async (room, role) => {
		const handle = await client.attach();
		const answer = await handle.say({ request: 'join',
			token: own.token({ room, role }) });

		if (answer.rthealth !== 'joined')
			throw new Error(JSON.stringify(answer));
	};
	const rooms = Array.from({ length: ROOMS }, roomId);

	await client.create();
	for (let i = 0; i < 2 * ROOMS; i++)
		handles.push(await client.attach());
	const attached = memoryOf(janus.pid);

	for (const room of rooms)
		await seat(room, 'clinician');
	const one = memoryOf(janus.pid);

	for (const room of rooms)
		await seat(room, 'patient');
	const two = memoryOf(janus.pid);

	await client.close();
	await janus.stop();
	const inOne = await inCall('rthealth', {}, async (program) =>
		memoryOf(program.pid));

	return { empty, handle: (attached - empty) / (2 * ROOMS),
		room: (one - attached) / ROOMS, participant: (two - one) / ROOMS,
		call: inOne - empty };
}

/** Ours, through its pages: these know what to do when a line is thin. */
async function visit(far) {
	const clinic = await Clinic.open();
	const { clinician, patient } = await clinic.call(['chromium', 'chromium'],
		{ patient: { browser: { prefix: far.prefix } } });

	await clinician.seesAndHears();
	await patient.seesAndHears();
	return { browsers: [clinic], pages: [clinician.page, patient.page] };
}

/** 300 kbit/s at the receiver, ours and videocall. */
async function line(plugin) {
	const far = await Far.create([PORTS.portal, PORTS.janus]);
	const { browsers, pages } = plugin === 'rthealth' ? await visit(far)
		: await lineCall(plugin, far);
	const { figures } = await thinLine(pages[0], pages[1], far,
		{ way: 'down' });

	await Promise.all(browsers.map((browser) => browser.close()));
	await stopAll();
	far.destroy();
	return figures;
}

function machine() {
	const [cpuInfo] = os.cpus();

	return `${cpuInfo.model.trim()}, ${os.cpus().length} cores, ` +
		`${Math.round(os.totalmem() / 2 ** 30)} GiB of memory, Debian 12, ` +
		`Janus ${spawnSync('janus', ['--version'], { encoding: 'utf8' })
			.stdout.match(/\d+\.\d+\.\d+/)?.[0]}`;
}

const PARTS = {
	...RECORDINGS,
	...WATCHING,
	...LISTING,
	...LOAD,
	...VOICE,
	...ADMIT,
	core: async () => {
		const r = core();

		return `## The plugin's own packet path

One packet from one port to the other over a host that does nothing, the mean
of the audio, camera and screen slots (\`tests/bench/bench_relay.c\`).

${table(['', 'instructions', 'ns'],
		[['RTHealth', round(r.instructions), round(r.ns, 1)]])}`;
	},
	cpu: async () => {
		const runs = { rthealth: [], videocall: [], videoroom: [] };

		// In turns, so that whatever else the machine does meets all of them.
		for (let i = 0; i < CPU_ROUNDS; i++) {
			for (const [plugin, results] of Object.entries(runs))
				results.push(await cpu(plugin));
		}
		return `## CPU in a call

CPU seconds of the Janus process, kernel included, for 100,000 relayed packets:
two Chromium at 640x480 and 30 frames/s, ${CPU_ROUNDS} calls of ${
	CPU_MS / 1000} s in turns.

${table(['plugin', 'median', 'lowest', 'highest', 'median in user space',
		'SRTP of the two legs'],
		Object.entries(runs).map(([plugin, results]) => {
			const values = sorted(results.map((r) => r.seconds));

			return [plugin, round(median(values), 1), round(values[0], 1),
				round(values.at(-1), 1),
				round(median(results.map((r) => r.user)), 1), results[0].srtp];
		}))}`;
	},
	instructions: async () => {
		const rows = [];

		for (const plugin of ['rthealth', 'videocall']) {
			const r = await instructions(plugin);

			rows.push([plugin, round(r.perPacket), r.packets]);
		}
		return `## Instructions in a call

User instructions of the whole Janus process for one relayed packet, under
callgrind for ${TRACED_MS / 1000} s of the same call.

${table(['plugin', 'instructions / packet', 'packets'], rows)}`;
	},
	join: async ({ joins }) => {
		const ours = await ourJoins(joins);
		const rows = [['RTHealth, through its pages', ours.both]];

		for (const plugin of ['videocall', 'videoroom'])
			rows.push([plugin, (await baselineJoins(plugin, joins)).both]);
		return `## From the click on Join to both pictures

Milliseconds until both sides have decoded a picture, ${joins} times; the other
side waits already. RTHealth's lobby has opened the camera before the click,
the others open it after.

${table(['', 'median', '95th percentile'], rows.map(([name, values]) =>
		[name, round(median(values)), round(p95(values))]))}

RTHealth's steps on the side that joins, ms from the click, median:

${table(STEPS, [STEPS.map((step) =>
		round(median(ours.parts[step].map((v) => v ?? NaN))))])}`;
	},
	memory: async () => {
		const m = await memory();

		return `## Memory

Resident memory of Janus with the plugin, kB; rooms and participants without
media, ${ROOMS} of each.

${table(['empty', 'a handle (Janus)', 'a room and its first participant',
		'a second participant', 'a whole call with media'],
		[[m.empty, round(m.handle, 1), round(m.room, 1),
			round(m.participant, 1), m.call]])}`;
	},
	line: async () => {
		const rows = [];

		for (const plugin of ['rthealth', 'videocall']) {
			const f = await line(plugin);

			rows.push([plugin, f.frozenSeconds, round(f.fpsLast10, 1),
				round(f.concealedPercent, 1), round(f.sendKbitBefore),
				round(f.sendKbitThin), f.allowedS ?? 'more than 60',
				f.recoveredS ?? 'more than 60']);
		}
		return `## A thin line

The receiver's line is cut to 300 kbit/s for 20 s. How soon the sender may send
at its old rate again is ours; when it does is Chromium's: it looks every five
seconds or so whether it makes its picture as large as before.

${table(['plugin', 'seconds without a frame, from the 3rd on',
		'frames/s, last 10 s', '% of sound concealed', 'sent before, kbit/s',
		'sent meanwhile', 'may send the old rate after, s',
		'sends it after, s'], rows)}`;
	},
};

async function main() {
	const { values } = parseArgs({ options: {
		only: { type: 'string', default: Object.keys(PARTS).join(',') },
		joins: { type: 'string', default: '20' },
		'no-write': { type: 'boolean', default: false },
	} });
	const path = join(ROOT, 'docs/performance.md');
	const sections = new Map(existsSync(path)
		? readFileSync(path, 'utf8').split(/^(?=## )/m).slice(1)
			.map((text) => [text.split('\n')[0], text.trim()]) : []);

	for (const name of values.only.split(',')) {
		const text = await PARTS[name]({ joins: Number(values.joins) });

		sections.set(text.split('\n')[0], text);
		console.log(`${text}\n`);
	}
	if (values['no-write'])
		return;
	writeFileSync(path, `# Performance

Measured by \`make bench\` on ${machine()}.
Janus's own plugins ran in the same minutes on the same machine.

${[...sections.values()].join('\n\n')}
`);
}

await inside();
await main();
await stopAll();
process.exit(0);
