// SPDX-License-Identifier: GPL-3.0-or-later
// A TURN server (coturn) of a test's own, and networks that let only some ways
// to it through.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NEAR, run } from './netns.mjs';
import { start, until } from './procs.mjs';

const PORT = 3478;
const TLS_PORT = 5349;
/** Below the ports that the kernel gives to a browser's own sockets. */
const RELAYED = '30000-30999';
const JANUS = '20000-20999';

/** The ways through a network, each without those before it. */
export const WAYS = ['direct', 'udp', 'tcp', 'tls'];

/** What each way is shut with. @type {Record<string, string>} */
const SHUT = {
	direct: `udp dport ${JANUS} udp sport != ${RELAYED}`,
	udp: `udp dport ${PORT}`,
	tcp: `tcp dport ${PORT}`,
};

/**
 * Lets only that way, and those after it, through.
 *
 * @param {string} way of WAYS
 */
export function letThrough(way) {
	const shut = WAYS.slice(0, WAYS.indexOf(way)).map((each) =>
		`add rule inet rthturn input ${SHUT[each]} drop`);

	run('nft', 'add table inet rthturn');
	run('nft', 'delete table inet rthturn');
	if (shut.length)
		run('nft', ['add table inet rthturn', 'add chain inet rthturn input ' +
			'{ type filter hook input priority 0; }', ...shut].join('; '));
}

/** Whether a TCP connection to that port opens. */
const opens = (port) => new Promise((done) => {
	const socket = net.connect(port, NEAR);

	socket.once('connect', () => { socket.destroy(); done(true); });
	socket.once('error', () => done(false));
});

/**
 * Starts one and waits until it listens.
 *
 * @returns {Promise<{ settings: string }>} what the portal's configuration says
 *   of it
 */
export async function startCoturn() {
	const home = mkdtempSync(join(tmpdir(), 'rth-turn-'));
	const secret = randomBytes(24).toString('hex');
	const [key, cert] = [join(home, 'key.pem'), join(home, 'cert.pem')];

	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
		'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
		'/CN=turn.example', '-addext', `subjectAltName=IP:${NEAR}`,
		'-keyout', key, '-out', cert], { stdio: 'ignore' });
	const program = start('coturn', 'turnserver', ['-n', '--no-cli',
		'--log-file=stdout', '--simple-log', '--realm=turn.example',
		'--use-auth-secret', `--static-auth-secret=${secret}`,
		`--listening-ip=${NEAR}`, `--relay-ip=${NEAR}`,
		`--listening-port=${PORT}`, `--tls-listening-port=${TLS_PORT}`,
		...RELAYED.split('-').map((port, i) =>
			`--${i ? 'max' : 'min'}-port=${port}`),
		`--cert=${cert}`, `--pkey=${key}`, `--userdb=${join(home, 'db')}`,
		`--pidfile=${join(home, 'pid')}`]);

	await until(async () => {
		if (!program.alive)
			throw new Error(`coturn ended:\n${program.text}`);
		return await opens(PORT) && await opens(TLS_PORT);
	}, 60000, 'coturn listens');
	return { settings: `turn = { secret = "${secret}"; urls = [
		"turn:${NEAR}:${PORT}?transport=udp",
		"turn:${NEAR}:${PORT}?transport=tcp",
		"turns:${NEAR}:${TLS_PORT}?transport=tcp" ]; };` };
}
