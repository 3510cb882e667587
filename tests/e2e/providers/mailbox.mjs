// SPDX-License-Identifier: GPL-3.0-or-later
// A mail server that keeps what it is sent (npm smtp-server), with STARTTLS and
// a certificate of its own authority. It has no mailboxes named "refused...".
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { until } from '../lib/procs.mjs';

/** @param {{ tls: boolean }} options */
export async function startMailbox({ tls }) {
	const folder = mkdtempSync(join(tmpdir(), 'rth-mail-'));
	const key = join(folder, 'key.pem'), certificate = join(folder, 'ca.pem');

	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
		'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj',
		'/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout',
		key, '-out', certificate], { stdio: 'ignore' });
	/** @type {{ to: string, text: string, secure: boolean, user?: string }[]} */
	const mails = [];
	const server = new SMTPServer({
		key: readFileSync(key), cert: readFileSync(certificate),
		disabledCommands: tls ? [] : ['STARTTLS', 'AUTH'], logger: false,
		authOptional: !tls,
		onAuth(auth, _session, callback) {
			const right = auth.username === 'portal' &&
				auth.password === 'mail-password';

			callback(right ? null : new Error('no'), { user: auth.username });
		},
		onRcptTo(address, _session, callback) {
			callback(address.address.startsWith('refused')
				? new Error('no such mailbox') : null);
		},
		onData(stream, session, callback) {
			let text = '';

			stream.on('data', (data) => { text += data; });
			stream.on('end', () => {
				for (const to of session.envelope.rcptTo)
					mails.push({ to: to.address, text, secure: session.secure,
						user: session.user });
				callback();
			});
		},
	});

	server.on('error', () => {});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	return {
		port: server.server.address().port, certificate, mails,
		/** Key and certificate, for other servers of a test. */
		tls: { key: readFileSync(key), cert: readFileSync(certificate) },
		/** The code of the n-th mail to an address. */
		async code(to, n = 1) {
			const mail = await until(() =>
				mails.filter((m) => m.to === to)[n - 1], 5000, 'a mail');

			return /code is (\d{6})\b/.exec(mail.text)?.[1] ?? '';
		},
		async stop() {
			await new Promise((done) => server.close(done));
			rmSync(folder, { recursive: true });
		},
	};
}
