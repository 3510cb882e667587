// SPDX-License-Identifier: GPL-3.0-or-later
// Janus started and stopped twenty times with a call running, under valgrind:
// no error and no leak has a line of ours in it.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { call, issuer, servePage } from '../bench/call.mjs';
import { startChromium } from './lib/browser.mjs';
import {
	pluginAdmin, secrets, startJanus, transportToken,
} from './lib/janus.mjs';
import { inside } from './lib/netns.mjs';
import { ARTIFACTS, stopAll, until } from './lib/procs.mjs';
import { RawClient } from './lib/rawclient.mjs';
import { roomId } from './lib/tokens.mjs';

await inside();

const ROUNDS = Number(process.env.RTH_MEMORY_ROUNDS ?? 20);
const OURS = /\brth_|rthealth|libjanus_rthealth/;
let browser;
let server;

before(async () => {
	mkdirSync(ARTIFACTS, { recursive: true });
	server = await servePage();
	browser = await startChromium();
});
after(async () => {
	await browser?.close();
	server?.close();
	await stopAll();
});

/** The reports of a valgrind log with a line of ours in their stacks. */
function reports(path) {
	return readFileSync(path, 'utf8').replace(/^==\d+== ?/gm, '')
		.split(/\n\s*\n/).filter((block) => /^\s+(at|by) 0x/m.test(block) &&
			OURS.test(block));
}

/**
 * At its end Janus 1.1.2 frees the table of its data channels while usrsctp's
 * timer still uses it, and now and then dies of that. Nothing else may.
 */
function assertStopped(status, janus, log) {
	if (status === 'SIGFPE' || status === 'SIGSEGV')
		assert.match(log, /Process terminating[^]*?janus_sctp_data_to_dtls/);
	else
		assert.equal(status, 0, janus.text.slice(-1000));
}

/** What a round does while the call runs, and how it ends. */
const ENDINGS = [
	['nobody has left', async () => {}],
	['one has closed the page', async ({ pages }) => {
		await pages[1].close();
	}],
	['the room was ended', async ({ keys }) => {
		const { rooms } = await pluginAdmin(keys.admin, { request: 'list' });

		for (const { room } of rooms)
			await pluginAdmin(keys.admin, { request: 'end', room });
	}],
	['others come, are refused and go', async ({ keys }) => {
		const client = await RawClient.connect(
			{ token: transportToken(keys.tokenAuth) });

		await client.create();
		for (const token of ['garbage', issuer.token({ room: roomId(),
			role: 'patient' })]) {
			const handle = await client.attach();

			await handle.say({ request: 'join', token });
			await handle.say({ request: 'media' },
				{ type: 'offer', sdp: 'v=0\r\n' });
		}
		client.cut();
	}],
];

for (let round = 1; round <= ROUNDS; round++) {
	const [what, act] = ENDINGS[round % ENDINGS.length];

	test(`round ${round}: stopped when ${what}`, async (t) => {
		const keys = secrets();
		const valgrindLog = join(ARTIFACTS, `valgrind-${round}.log`);
		const janus = await startJanus({ secrets: keys, under: 'valgrind',
			valgrindLog, events: false, pluginConf: issuer.conf() });
		const pages = [await browser.page(), await browser.page()];

		t.after(async () => {
			await janus.stop('SIGKILL');
			for (const page of pages)
				await page.close().catch(() => {});
		});
		await call('rthealth', pages, keys);
		for (const page of pages)
			await page.until(() =>
				globalThis.baseline.chat.readyState === 'open', 'chat');
		// What comes before Janus has the other's channel goes nowhere.
		await until(async () => {
			await pages[0].evaluate(() => globalThis.baseline.chat.send(
				JSON.stringify({ text: 'Hello' })));
			return pages[1].evaluate(() => globalThis.baseline.heard.some((m) =>
				m.text === 'Hello'));
		}, 60000, 'the message', 500);
		await act({ pages, keys });
		const status = await janus.stop('SIGTERM', 60000);

		await until(() => existsSync(valgrindLog) &&
			readFileSync(valgrindLog, 'utf8').includes('ERROR SUMMARY'), 60000,
		'the end of the report');
		assertStopped(status, janus, readFileSync(valgrindLog, 'utf8'));
		assert.deepEqual(reports(valgrindLog), []);
	});
}
