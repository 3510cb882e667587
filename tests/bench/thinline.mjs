// SPDX-License-Identifier: GPL-3.0-or-later
// What a thin line at one end does to a call, second by second.
//
//   node tests/bench/thinline.mjs --plugin rthealth|videocall|videoroom
//        [--kbit 300] [--way down|up] [--seconds 20] [--after 60] [--loss N]
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { startChromium } from '../e2e/lib/browser.mjs';
import { PORTS, secrets, startJanus } from '../e2e/lib/janus.mjs';
import { Far, inside } from '../e2e/lib/netns.mjs';
import { stopAll } from '../e2e/lib/procs.mjs';
import { call, issuer, servePage } from './call.mjs';

const SETTLE_S = 12;

/** One row a second of what the far side sees and the near side sends. */
class Table {
	rows = [];

	constructor(near, far) {
		this.pages = [near, far];
	}

	async #sample() {
		return Promise.all(this.pages.map((page) => page.sample()));
	}

	/** Measures `seconds` seconds, or until `enough`, `phase` beside each. */
	async measure(phase, seconds, print = () => {}, enough = () => false) {
		let before = await this.#sample();

		for (let second = 1; second <= seconds; second++) {
			const due = before[0].at + 1000 -
				(performance.timeOrigin + performance.now());

			await new Promise((done) => setTimeout(done, due));
			const after = await this.#sample();
			const row = { phase, second,
				near: side(before[0], after[0]), far: side(before[1], after[1]) };

			this.rows.push(row);
			print(row);
			before = after;
			if (enough())
				return;
		}
	}

	phase(name) {
		return this.rows.filter((row) => row.phase === name);
	}
}

function side(a, b) {
	const s = (b.at - a.at) / 1000;

	return {
		fps: (b.framesDecoded - a.framesDecoded) / s,
		concealed: b.concealed - a.concealed,
		samples: b.audioSamples - a.audioSamples,
		sendKbit: (b.bytesSent - a.bytesSent) * 8 / 1000 / s,
		receiveKbit: (b.bytesReceived - a.bytesReceived) * 8 / 1000 / s,
		targetKbit: b.targetBitrate / 1000,
		width: b.width, height: b.height, keyFrames: b.keyFrames - a.keyFrames,
		pli: b.pli - a.pli,
	};
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/**
 * The figures of a thin phase: what the receiver behind the line saw.
 *
 * @param {Table} table
 * @param {'far'|'near'} receiver
 */
export function figures(table, receiver) {
	const sender = receiver === 'far' ? 'near' : 'far';
	const thin = table.phase('thin');
	const sum = (key) => thin.reduce((n, row) => n + row[receiver][key], 0);
	const before = mean(table.phase('before').map((r) => r[sender].sendKbit));
	const after = (key) => table.phase('after').find((row) =>
		row[sender][key] >= 0.9 * before)?.second ?? null;

	return {
		frozenSeconds: thin.slice(2).filter((r) => r[receiver].fps < 0.5).length,
		fpsLast10: mean(thin.slice(-10).map((r) => r[receiver].fps)),
		concealedPercent: 100 * sum('concealed') / Math.max(1, sum('samples')),
		sendKbitBefore: before,
		sendKbitThin: mean(thin.slice(-10).map((r) => r[sender].sendKbit)),
		// Chromium makes a picture larger again some time after it may.
		allowedS: after('targetKbit'),
		recoveredS: after('sendKbit'),
	};
}

/**
 * Measures before, during and after. The pages are in a call.
 *
 * @param {import('../e2e/lib/browser.mjs').Page} near
 * @param {import('../e2e/lib/browser.mjs').Page} farPage
 * @param {Far} far
 * @param {{ way?: 'down'|'up', kbit?: number, loss?: number,
 *           settle?: number, seconds?: number, after?: number,
 *           print?: (row: any) => void }} options
 */
export async function thinLine(near, farPage, far, options = {}) {
	const { way = 'down', kbit = 300, loss = 0, print, seconds = 20,
		settle = SETTLE_S, after = 60 } = options;
	const table = new Table(near, farPage);

	await table.measure('settle', settle, print);
	await table.measure('before', 3, print);
	if (kbit)
		far.thin(way, kbit);
	far.lose(loss);
	await table.measure('thin', seconds, print);
	if (kbit)
		far.thin(way, 0);
	far.lose(0);
	const receiver = way === 'down' ? 'far' : 'near';

	await table.measure('after', after, print,
		() => figures(table, receiver).recoveredS !== null);
	return { table, figures: figures(table, receiver) };
}

function line(row) {
	const n = (value, width) => String(Math.round(value)).padStart(width);
	const half = (s) => `${n(s.fps, 4)} ${n(s.sendKbit, 6)} ${n(s.targetKbit, 6)}` +
		` ${n(s.receiveKbit, 6)} ${n(100 * s.concealed / Math.max(1, s.samples),
			5)}% ${`${s.width}x${s.height}`.padStart(9)} ${n(s.keyFrames, 2)}` +
		` ${n(s.pli, 3)}`;

	return `${row.phase.padEnd(7)}${n(row.second, 3)} |${half(row.near)} |` +
		half(row.far);
}

const HEAD = ['fps', 'sends', 'aims', 'gets', 'lost'].join('   ');

/** Two Chromium in a call of that plugin, one behind the line. */
export async function lineCall(plugin, far) {
	const keys = secrets();

	const server = await servePage();

	await startJanus({ secrets: keys, plugins: [plugin], events: false,
		pluginConf: issuer.conf(), name: `janus-${plugin}`,
		debugLevel: Number(process.env.RTH_JANUS_DEBUG ?? 3) });
	const browsers = await Promise.all([startChromium(),
		startChromium({ prefix: far.prefix })]);
	const pages = await Promise.all(browsers.map((browser) => browser.page()));

	await call(plugin, pages, keys);
	server.close();
	return { browsers, pages };
}

async function main() {
	const { values } = parseArgs({ options: {
		plugin: { type: 'string', default: 'rthealth' },
		kbit: { type: 'string', default: '300' },
		way: { type: 'string', default: 'down' },
		seconds: { type: 'string', default: '20' },
		after: { type: 'string', default: '60' },
		loss: { type: 'string', default: '0' },
	} });
	const far = await Far.create([PORTS.portal, PORTS.janus]);
	const { browsers, pages } = await lineCall(values.plugin, far);

	console.log(`${values.plugin}, ${values.kbit} kbit/s ${values.way} ` +
		`(rates in kbit/s, lost: sound concealed)\n` +
		`            near: ${HEAD}        | far: ${HEAD}`);
	const result = await thinLine(pages[0], pages[1], far, {
		way: /** @type {'down'|'up'} */ (values.way), kbit: Number(values.kbit),
		loss: Number(values.loss), seconds: Number(values.seconds),
		after: Number(values.after), print: (row) => console.log(line(row)),
	});

	console.log(JSON.stringify(result.figures, null, 1));
	await Promise.all(browsers.map((browser) => browser.close()));
	await stopAll();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
	await inside();
	await main();
	process.exit(0);
}
