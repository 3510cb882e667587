// SPDX-License-Identifier: GPL-3.0-or-later
// Somewhere else, behind a line that breaks: everything of a browser over
// there takes it, pages and signalling, too. Localhost ports over there lead
// through the line to the same ports here, so that pages have a secure origin.
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { FAR, Far, run } from './netns.mjs';
import { start } from './procs.mjs';

const HERE = fileURLToPath(import.meta.url);
const GATEWAY = '10.77.1.1';
const ADDRESSES = [FAR, '10.77.1.3'];

/** @param {net.Socket} a @param {net.Socket} b */
function pipe(a, b) {
	a.pipe(b).pipe(a);
	for (const socket of [a, b]) {
		socket.on('error', () => { a.destroy(); b.destroy(); });
		socket.on('close', () => { a.destroy(); b.destroy(); });
	}
}

export class Roaming {
	/** @param {Far} far */
	constructor(far) {
		this.far = far;
		this.at = 0;
	}

	/** @param {number[]} ports localhost ports to offer over there */
	static async create(ports) {
		const roaming = new Roaming(await Far.create([]));

		for (const port of ports) {
			const server = net.createServer((from) => pipe(from,
				net.connect(port, '127.0.0.1')));

			await new Promise((done) => server.listen(port, GATEWAY,
				() => done(undefined)));
			server.unref();
			await start(`line-${port}`, process.execPath, [HERE, String(port)],
				{ prefix: roaming.prefix }).line(/listening/, 60000);
		}
		return roaming;
	}

	/** What to put before a command to run it over there. */
	get prefix() {
		return this.far.prefix;
	}

	/**
	 * Drops packets on the line without a word.
	 *
	 * @param {''|'all'|'udp'|string} what an nft match besides these words
	 */
	drop(what) {
		run('nft', 'add table inet rthcut');
		run('nft', 'delete table inet rthcut');
		if (!what)
			return;
		const match = what === 'all' ? '' : what === 'udp'
			? 'meta l4proto udp' : what;

		run('nft', 'add table inet rthcut; ' + [['output', 'o'], ['input', 'i']]
			.map(([hook, way]) => `add chain inet rthcut ${hook} ` +
				`{ type filter hook ${hook} priority 0; }; ` +
				`add rule inet rthcut ${hook} ${way}ifname "f0" ${match} drop`)
			.join('; '));
	}

	/** Another address, as after another network. */
	move() {
		const old = ADDRESSES[this.at];

		this.at = 1 - this.at;
		run('ip', '-n', 'far', 'addr', 'del', `${old}/24`, 'dev', 'f1');
		run('ip', '-n', 'far', 'addr', 'add', `${ADDRESSES[this.at]}/24`,
			'dev', 'f1');
		run('ip', '-n', 'far', 'route', 'replace', 'default', 'via', GATEWAY,
			'dev', 'f1');
	}
}

/** Over there: localhost's port leads through the line. */
if (process.argv[1] === HERE)
	net.createServer((near) => {
		const through = net.connect(Number(process.argv[2]), GATEWAY);

		through.setNoDelay(true);
		pipe(near, through);
	}).listen(Number(process.argv[2]), '127.0.0.1',
		() => process.stdout.write('listening\n'));
