// SPDX-License-Identifier: GPL-3.0-or-later
// The portal as the sign-in tests need it: its own folder, free ports, and the
// providers and mail server that a test names.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newDatabase } from '../lib/database.mjs';
import { BUILD, ROOT, start, until } from '../lib/procs.mjs';

/** A port that nobody listens on now. @returns {Promise<number>} */
export function freePort() {
	return new Promise((done, fail) => {
		const server = createServer();
		// Below those that connections of this machine are given meanwhile.
		const port = 10000 + Math.floor(Math.random() * 22000);

		server.once('error', (error) =>
			/** @type {NodeJS.ErrnoException} */ (error).code === 'EADDRINUSE'
				? freePort().then(done, fail) : fail(error));
		server.listen(port, '127.0.0.1', () => server.close(() => done(port)));
	});
}

const quote = (text) => JSON.stringify(text);

const group = (object) => Object.entries(object).map(([key, value]) =>
	`${key} = ${typeof value === 'string' || Array.isArray(value)
		? quote(value) : value};`).join(' ');

/**
 * @param {object} what
 * @param {number} what.port
 * @param {object[]} [what.providers]
 * @param {object} [what.smtp]
 * @param {object} [what.code]
 * @param {boolean} [what.trial]
 */
export async function startPortal({ port, providers = [], smtp, code = {},
	trial = false }) {
	const folder = mkdtempSync(join(tmpdir(), 'rth-signin-'));
	const url = `http://localhost:${port}`;
	const conf = join(folder, 'portal.conf');

	writeFileSync(conf, `
listen = { address = "127.0.0.1"; port = ${port}; };
private_listen = { address = "127.0.0.1"; port = ${await freePort()}; };
public_url = ${quote(url)};
web_root = ${quote(join(ROOT, 'web'))};
database = ${quote(newDatabase(join(folder, 'portal.db')))};
key_dir = ${quote(join(folder, 'keys'))};
clinic_name = "Test clinic";
trial = ${trial};
janus = { ${group({ url: 'ws://localhost:1/', token_auth_secret: 'a-secret-of-this-test-only-0123',
	events_user: 'janus', events_password: 'another-secret-of-this-test' })} };
${smtp ? `smtp = { ${group(smtp)} };` : ''}
code = { ${group(code)} };
providers = ( ${providers.map((p) => `{ ${group(p)} }`).join(',\n')} );
`, { mode: 0o600 });
	const program = start('portal', join(BUILD, 'rthealth-portal'),
		['--config', conf]);

	await until(async () => {
		if (!program.alive)
			throw new Error(`the portal ended:\n${program.text}`);
		return (await fetch(`${url}/healthz`).catch(() => null))?.ok;
	}, 60000, 'the portal answers');
	return {
		url, program,
		async stop() {
			const status = await program.stop();

			rmSync(folder, { recursive: true });
			return status;
		},
	};
}
