// SPDX-License-Identifier: GPL-3.0-or-later
// What is left of a voice on bad lines, beside Janus's `videocall` on the same
// lines: one condition after the other.
//
//   node tests/bench/voice.mjs [--plugin rthealth|videocall]
//        [--conditions loss10,loss30,...] [--kinds chromium,chromium]
//        [--way down|up] [--seconds 30]
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Clinic } from '../e2e/lib/clinic.mjs';
import { PORTS } from '../e2e/lib/janus.mjs';
import { Far, inside } from '../e2e/lib/netns.mjs';
import { stopAll } from '../e2e/lib/procs.mjs';
import { round, table } from './figures.mjs';
import { lineCall } from './thinline.mjs';

const SETTLE_MS = 8000;

/** What a line can be like: kbit/s, ms of queue before it drops, % lost. */
export const CONDITIONS = {
	'loss10': { words: '10 % lost', loss: 10 },
	'loss30': { words: '30 % lost', loss: 30 },
	'kbit200': { words: '200 kbit/s', kbit: 200 },
	'kbit60': { words: '60 kbit/s', kbit: 60 },
	'queue400': { words: '300 kbit/s, 400 ms of queue', kbit: 300,
		queueMs: 400 },
};

/** In the page: the longest time without a new picture of the camera. */
function watchFreezes() {
	const watch = { at: performance.now(), frames: -1, longest: 0 };

	clearInterval(globalThis.rthFreezes?.timer);
	watch.timer = setInterval(async () => {
		const { framesDecoded } = await globalThis.rthProbe.sample();
		const now = performance.now();

		watch.longest = Math.max(watch.longest, now - watch.at);
		if (framesDecoded !== watch.frames)
			watch.at = now;
		watch.frames = framesDecoded;
	}, 100);
	globalThis.rthFreezes = watch;
}

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** What came between two samples of a page. */
export function between(a, b) {
	const s = (b.at - a.at) / 1000;

	return {
		concealed: 100 * (b.concealed - a.concealed) /
			Math.max(1, b.audioSamples - a.audioSamples),
		fps: (b.framesDecoded - a.framesDecoded) / s,
		kbit: (b.bytesReceived - a.bytesReceived) * 8 / 1000 / s,
		voiceKbit: (b.audioBytesReceived - a.audioBytesReceived) * 8 / 1000 / s,
		voicePps: (b.audioPacketsReceived - a.audioPacketsReceived) / s,
		fec: b.fecPackets - a.fecPackets, nacks: b.audioNacks - a.audioNacks,
		again: b.audioAgain - a.audioAgain, delay: 1000 *
			(b.jitterDelay - a.jitterDelay) / (b.jitterEmitted - a.jitterEmitted),
		freezes: b.freezes - a.freezes, audioLost: b.audioLost - a.audioLost,
	};
}

/**
 * One condition, on the line to the far page or from it.
 *
 * @param {{ near: any, far: any }} pages
 * @param {Far} line
 * @param {{ loss?: number, kbit?: number, queueMs?: number }} condition
 * @param {{ way?: 'down'|'up', ms?: number, each?: (row: any) => void }} options
 */
export async function onLine(pages, line, condition,
	{ way = 'down', ms = 30000, each } = {}) {
	const hears = way === 'down' ? pages.far : pages.near;

	await hears.evaluate(watchFreezes);
	if (condition.kbit)
		line.thin(way, condition.kbit, condition.queueMs);
	line.lose(condition.loss ?? 0, way);
	const first = await hears.sample();
	let last = first;

	for (let gone = 0; gone < ms; gone += 1000) {
		await wait(1000);
		const now = await hears.sample();

		each?.(between(last, now));
		last = now;
	}
	const longest = await hears.evaluate(() => globalThis.rthFreezes.longest);

	if (condition.kbit)
		line.thin(way, 0);
	line.lose(0, way);
	return { ...between(first, last), longestMs: longest };
}

/** A visit through the pages, the patient behind the line. */
export async function visitOn(far, kinds = ['chromium', 'chromium']) {
	const clinic = await Clinic.open();
	const { clinician, patient } = await clinic.call(
		/** @type {[string, string]} */ (kinds),
		{ patient: { browser: { prefix: far.prefix } } });

	await clinician.seesAndHears();
	await patient.seesAndHears();
	return { browsers: [clinic], pages: [clinician.page, patient.page] };
}

/** Each condition in a call of its own: what one leaves behind is not told. */
async function measured(plugin, name) {
	const far = await Far.create([PORTS.portal, PORTS.janus]);
	const { browsers, pages } = plugin === 'rthealth' ? await visitOn(far)
		: await lineCall(plugin, far);

	await wait(SETTLE_MS);
	const result = await onLine({ near: pages[0], far: pages[1] }, far,
		CONDITIONS[name]);

	await Promise.all(browsers.map((browser) => browser.close()));
	await stopAll();
	far.destroy();
	return result;
}

/** Parts of measure.mjs. */
export const VOICE = {
	voice: async () => {
		const rows = [];

		for (const [name, { words }] of Object.entries(CONDITIONS)) {
			for (const plugin of ['rthealth', 'videocall']) {
				const r = await measured(plugin, name);

				rows.push([words, plugin, round(r.concealed, 1),
					round(r.fps, 1), round(r.longestMs / 1000, 1),
					round(r.delay)]);
			}
		}
		return `## The voice on bad lines

The line to the receiver for 30 s. Where there is no room for both RTHealth's
camera pauses.

${table(['line', 'plugin', '% of sound concealed', 'frames/s',
		'longest without a frame, s', 'delay of the jitter buffer, ms'], rows)}`;
	},
};

const print = (row) => console.log(Object.entries(row).map(([key, value]) =>
	`${key} ${Number(value).toFixed(1)}`).join(', '));

async function main() {
	const { values } = parseArgs({ options: {
		plugin: { type: 'string', default: 'rthealth' },
		conditions: { type: 'string', default: Object.keys(CONDITIONS).join(',') },
		kinds: { type: 'string', default: 'chromium,chromium' },
		way: { type: 'string', default: 'down' },
		seconds: { type: 'string', default: '20' },
		every: { type: 'boolean', default: false },
	} });
	const far = await Far.create([PORTS.portal, PORTS.janus]);
	const { browsers, pages } = values.plugin === 'rthealth'
		? await visitOn(far, values.kinds.split(','))
		: await lineCall(values.plugin, far);

	for (const name of values.conditions.split(',')) {
		await wait(SETTLE_MS);
		console.log(`-- ${values.plugin} ${values.kinds} ${values.way} ${name}`);
		print(await onLine({ near: pages[0], far: pages[1] }, far,
			CONDITIONS[name], { way: /** @type {any} */ (values.way),
				ms: 1000 * Number(values.seconds),
				each: values.every ? print : undefined }));
	}
	await Promise.all(browsers.map((browser) => browser.close()));
	await stopAll();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
	await inside();
	await main();
	process.exit(0);
}
