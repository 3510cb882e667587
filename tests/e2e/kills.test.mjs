// SPDX-License-Identifier: GPL-3.0-or-later
// Killed at random moments: Janus, the recorder's parent, its child, all of
// them at once. Every recording plays afterwards, and no more than two seconds
// before the kill are missing.
//
// RTH_SEED repeats a run, RTH_KILLS says how many kills there are.
import assert from 'node:assert/strict';
import { cpus } from 'node:os';
import { after, before, describe, test } from 'node:test';
import {
	call, recordCall, recordingConf, servePage,
} from '../bench/call.mjs';
import { startChromium } from './lib/browser.mjs';
import { startFeeder } from './lib/feeder.mjs';
import { secrets, startJanus } from './lib/janus.mjs';
import { complaints } from './lib/lanes.mjs';
import { distribution, lossesOf, random } from './lib/losses.mjs';
import { inside } from './lib/netns.mjs';
import { Player } from './lib/player.mjs';
import { stopAll, until } from './lib/procs.mjs';
import { Recorder } from './lib/recorder.mjs';
import { Store } from './lib/store.mjs';

await inside();

const SEED = Number(process.env.RTH_SEED ?? Date.now() % 2 ** 31);
const KILLS = Number(process.env.RTH_KILLS ?? 200);
const AT_ONCE = 20;
const VISIT_S = 7;
const VISITS = 2; // with real browsers, for each kill of Janus
const JANUS_KILLS = Math.max(1, Math.round(KILLS / 40));
const MOST_MS = 2000;
const next = random(SEED);
const between = (least, most) => least + next() * (most - least);
const pick = (list) => list[Math.floor(next() * list.length)];
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
/** @type {import('./lib/browser.mjs').Browser} */
let browser;
/** @type {Player} */
let player;
/** @type {number[]} */
const losses = [];
let sampled = 0;
/** One at a time. @type {Promise<unknown>} */
let playing = Promise.resolve();

before(async () => {
	browser = await startChromium();
	player = await Player.open(await browser.page());
});
after(async () => {
	await browser?.close();
	await stopAll();
});

/**
 * A recording that was interrupted then: it plays, and what it has lost.
 *
 * @param {Store} store
 * @param {{ id: string, what: string, sent: (begun: number) => number,
 *           shown?: Record<string, number> }} one
 *   sent: how far it was when it was interrupted, in ms since 1970; takes when
 *   it began. shown: until when each person was shown to the other, so long as
 *   a browser without a processor made no pictures
 */
async function assertSaved(store, { id, what, sent, shown = {} }) {
	if (!store.ids.includes(id)) {
		assert.ok(sent(0) <= MOST_MS, `${what}: nothing is there`);
		losses.push(sent(0));
		return;
	}
	await store.verify(id);
	const exported = await store.export(id);
	const [{ begun_ms: begun }] = exported.manifests;

	assert.ok(exported.manifests.every((manifest) => manifest.finished), what);
	for (const path of exported.lanes)
		assert.equal(await complaints(path), '', `${what}: ${path}`);
	// A browser is slower than ffmpeg: it looks at one lane of some.
	if (exported.lanes.length > 0 && sampled++ % 5 === 0)
		await (playing = playing.then(() =>
			player.plays(exported.lanes.at(-1) ?? '')));
	for (const [lane, late] of Object.entries(
		await lossesOf(exported, sent(begun)))) {
		const unmade = Math.max(0, sent(begun) - (shown[lane] ?? Infinity));
		// Of what is not there at all, no more than there was can be lost.
		const ms = Math.max(0, Math.min(late, sent(begun) - begun) - unmade);

		assert.ok(ms <= MOST_MS, `${what}, ${lane}: ${ms} ms are lost; ` +
			JSON.stringify(exported.manifests.map((manifest) =>
				manifest.lanes.map(({ lane: name, counts }) =>
					({ name, ...counts })))));
		losses.push(ms);
	}
	exported.remove();
}

/** All of them, as many at once as there are processors. */
async function assertAllSaved(store, kills) {
	const left = [...kills];

	await Promise.all(cpus().map(async () => {
		for (let kill = left.shift(); kill; kill = left.shift())
			await assertSaved(store, kill);
	}));
}

/**
 * Watches until when each of two people is shown to the other.
 *
 * @returns {() => Promise<Record<string, number>>} ends it: by lane, ms since
 *   1970
 */
function watchShown([clinician, patient]) {
	const shown = { 'clinician video': 0, 'patient video': 0 };
	let over = false;

	async function watch(page, lane) {
		let last = await page.sample();

		while (!over) {
			const now = await page.sample();

			// A new picture has come at some time since the last look.
			if (now.framesDecoded > last.framesDecoded)
				shown[lane] = last.at;
			last = now;
			await pause(100);
		}
	}

	const watching = Promise.all([watch(patient, 'clinician video'),
		watch(clinician, 'patient video')]);

	return async () => {
		over = true;
		await watching;
		return shown;
	};
}

/** Who is killed: the recorder's child, its parent, the relay, or all. */
const VICTIMS = {
	child: ({ recorder }) => recorder.children,
	parent: ({ recorder }) => [recorder.pid],
	relay: ({ feeder }) => [feeder.pid],
	all: ({ recorder, feeder }) => [feeder.pid, recorder.pid,
		...recorder.children],
};

/** A recorder, and a stand-in for Janus that has it record one visit. */
async function startCell(first, number) {
	const recorder = new Recorder({ name: `recorder-${number}`,
		folder: first?.folder, keysOf: first });

	await recorder.start();
	const feeder = await startFeeder(recorder,
		{ name: `feeder-${number}`, seconds: VISIT_S });

	return { recorder, feeder };
}

/** Kills one of a cell at a random moment; when that was. */
async function killSome(cell) {
	const victim = pick(Object.keys(VICTIMS));

	await pause(between(0, VISIT_S * 1000 - 500));
	for (const pid of VICTIMS[victim](cell))
		cell.recorder.kill(pid);
	// What was not killed comes to its own end.
	await cell.feeder.program.exited;
	await until(() => cell.recorder.children.length === 0, 60000,
		'the children are done');
	await cell.recorder.stop();
	const { id, sent } = cell.feeder;

	return { id, what: `${victim} of ${id}`, sent: (begun) => begun + sent() };
}

describe(`seed ${SEED}: killed at random moments`, () => {
	const rounds = Math.ceil((KILLS - JANUS_KILLS) / AT_ONCE);

	for (let round = 1; round <= rounds; round++) {
		test(`round ${round} of ${rounds}: ${AT_ONCE} recordings`, async () => {
			const first = await startCell(null, `${round}-0`);
			const others = await Promise.all(Array.from({ length: AT_ONCE - 1 },
				(_, i) => startCell(first.recorder, `${round}-${i + 1}`)));
			const kills = await Promise.all([first, ...others].map(killSome));
			const store = new Store(first.recorder);

			await store.recover();
			await assertAllSaved(store, kills);
		});
	}

	for (let round = 1; round <= JANUS_KILLS; round++) {
		test(`Janus ${round} of ${JANUS_KILLS}: ${VISITS} visits of browsers`,
			async (t) => {
				const keys = secrets();
				const recorder = await new Recorder().start();
				const server = await servePage();
				const janus = await startJanus({ secrets: keys, events: false,
					pluginConf: recordingConf(recorder.socket) });
				const pages = [], visits = {};

				t.after(async () => {
					server.closeAllConnections();
					server.close();
					await Promise.all(pages.map((page) => page.close()));
					await Promise.all([janus.stop('SIGKILL'), recorder.stop()]);
				});
				for (let i = 0; i < VISITS; i++) {
					const two = [await browser.page(), await browser.page()];

					pages.push(...two);
					await call('rthealth', two, keys, { small: true });
					await recordCall('rthealth', two, '');
					const id = await until(() => new Store(recorder).ids.find(
						(each) => !visits[each]), 60000, 'its files');

					visits[id] = watchShown(two);
				}
				await pause(between(2000, 5000));
				const killed = Date.now();

				janus.kill('SIGKILL');
				await until(() => recorder.children.length === 0, 60000,
					'the children are done');
				const store = new Store(recorder);

				await store.recover();
				assert.equal(store.ids.length, VISITS);
				await assertAllSaved(store, await Promise.all(store.ids.map(
					async (id) => ({ id, what: `Janus, ${id}`,
						sent: () => killed, shown: await visits[id]() }))));
			});
	}

	test('what was lost', (t) => {
		t.diagnostic(`seed ${SEED}, ${KILLS} kills, ${distribution(losses)}`);
		assert.ok(losses.length > 0);
	});
});
