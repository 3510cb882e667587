// SPDX-License-Identifier: GPL-3.0-or-later
// The private network in which media tests run.
//
// Neither Janus nor a browser uses loopback for media, and this machine's own
// addresses are nobody's test bed. So a test file starts itself again inside
// fresh network, mount and process namespaces. The kernel throws all of it
// away, with every program in it, when the test ends, crashes or is killed:
// nothing can be left behind and nothing needs to be swept.
import { execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import net from 'node:net';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start, until } from './procs.mjs';

const MARK = 'RTH_TEST_NAMESPACE';
const HERE = fileURLToPath(import.meta.url);

/** The address of everything that runs in the test's own namespace. */
export const NEAR = '10.77.0.1';

/** The address of the far namespace (see `Far`). */
export const FAR = '10.77.1.2';
const FAR_GATEWAY = '10.77.1.1';

/** Runs a command to its end; throws with its stderr when it fails. */
export function run(command, ...args) {
	return execFileSync(command, args, {
		encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'],
	});
}

/** Like `run`, each line one command, words split at blanks. */
function runAll(text) {
	for (const line of text.trim().split('\n'))
		run(...line.trim().split(/\s+/));
}

/**
 * Makes two ends of a line, and waits until the kernel has them up: a browser
 * drops what it is loading when an interface changes under it. For the same
 * reason they have no IPv6, whose addresses come a second later.
 *
 * @param {string} near
 * @param {string} far
 * @param {string[]} there where the far end is: `ip`'s words for its namespace
 */
async function makeLine(near, far, there = []) {
	const netns = there.length ? ['netns', there[1]] : [];
	const up = (where, name) => / state UP /.test(
		run('ip', ...where, '-o', 'link', 'show', name));

	run('ip', 'link', 'add', near, 'type', 'veth', 'peer', 'name', far, ...netns);
	run('ip', 'link', 'set', near, 'up');
	run('ip', ...there, 'link', 'set', far, 'up');
	await until(() => up([], near) && up(there, far), 60000,
		`${near} and ${far} are up`, 10);
}

const WITHOUT_IPV6 = ['sh', '-c',
	'f=/proc/sys/net/ipv6/conf/default/disable_ipv6; [ ! -e $f ] || echo 1 >$f'];

async function setUp() {
	run(...WITHOUT_IPV6);
	runAll(`
		mount -t tmpfs none /run
		ip link set lo up`);
	await makeLine('v0', 'v1');
	// A default route makes Firefox gather candidates.
	runAll(`
		ip addr add ${NEAR}/24 dev v0
		ip route add default via 10.77.0.254 dev v0`);
}

function restart() {
	const root = process.getuid() === 0;
	const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare',
		...(root ? [] : ['--map-root-user']), '--net', '--mount', '--pid',
		'--fork', '--kill-child', '--mount-proc', process.execPath,
		...process.execArgv, ...process.argv.slice(1)],
	{ stdio: 'inherit', env: { ...process.env, [MARK]: '1' } });

	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
		process.on(signal, () => child.kill('SIGKILL'));
	child.on('error', (error) => {
		process.stderr.write(`cannot make a namespace: ${error.message}\n`);
		process.exit(1);
	});
	child.on('exit', (code) => process.exit(code ?? 1));
}

/**
 * Continues inside the private network. Outside of it, this never returns:
 * it runs the same program again inside and exits with its status.
 *
 * @returns {Promise<void>}
 */
export async function inside() {
	if (process.env[MARK] && process.pid === 1) {
		await setUp();
		process.on('SIGTERM', () => process.exit(143));
		process.on('SIGINT', () => process.exit(130));
		return;
	}
	restart();
	await new Promise(() => {});
}

/**
 * A second namespace behind a line that can be made thin or lossy. Needs
 * root. Its localhost ports lead to the same ports here, around the line, so
 * that pages stay on a secure origin; media takes the line.
 */
export class Far {
	/** @param {number[]} ports localhost ports to offer over there */
	static async create(ports) {
		const far = new Far();

		run('ip', 'netns', 'add', 'far');
		run(...far.prefix, ...WITHOUT_IPV6);
		run('ip', '-n', 'far', 'link', 'set', 'lo', 'up');
		await makeLine('f0', 'f1', ['-n', 'far']);
		runAll(`
			ip addr add ${FAR_GATEWAY}/24 dev f0
			ip -n far addr add ${FAR}/24 dev f1
			ip -n far route add default via ${FAR_GATEWAY}`);
		await Promise.all(ports.map((port) => far.#forward(port)));
		return far;
	}

	/** Takes it away; what runs over there must have ended. */
	destroy() {
		runAll(`
			ip link del f0
			ip netns del far`);
	}

	/** What to put before a command to run it over there. */
	get prefix() {
		return ['ip', 'netns', 'exec', 'far'];
	}

	async #forward(port) {
		const path = join(mkdtempSync(join(tmpdir(), 'rth-fwd-')), 'socket');
		const server = net.createServer((near) => pipe(near,
			net.connect(port, '127.0.0.1')));

		await new Promise((done) => server.listen(path, done));
		server.unref();
		const proc = start(`forward-${port}`, process.execPath,
			[HERE, 'forward', String(port), path],
			{ prefix: this.prefix, env: { [MARK]: '' } });

		await proc.line(/listening/, 60000);
	}

	/**
	 * Limits the line to the far side (`down`) or from it (`up`).
	 *
	 * @param {'down'|'up'} way
	 * @param {number} kbit in kbit/s, 0 for no limit
	 * @param {number} queueMs of what waits before more is dropped
	 */
	thin(way, kbit, queueMs = 200) {
		const [ns, dev] = way === 'down' ? [[], 'f0'] : [['-n', 'far'], 'f1'];

		if (kbit)
			run('tc', ...ns, 'qdisc', 'replace', 'dev', dev, 'root', 'tbf',
				'rate', `${kbit}kbit`, 'burst', '4kb', 'latency',
				`${queueMs}ms`);
		else
			run('tc', ...ns, 'qdisc', 'del', 'dev', dev, 'root');
	}

	/**
	 * Loses packets to the far side, or from it, at random.
	 *
	 * @param {number} percent 0 for none
	 * @param {'down'|'up'} way
	 */
	lose(percent, way = 'down') {
		const dev = way === 'down' ? 'f0' : 'f1';
		const nft = (text) => run(...(way === 'down' ? [] : this.prefix), 'nft',
			text);

		nft('add table inet rthloss');
		nft('delete table inet rthloss');
		if (percent)
			nft('add table inet rthloss; ' +
				'add chain inet rthloss out ' +
				'{ type filter hook output priority 0; }; ' +
				`add rule inet rthloss out oifname "${dev}" ` +
				`numgen random mod 100 < ${percent} drop`);
	}
}

function pipe(a, b) {
	a.pipe(b).pipe(a);
	for (const socket of [a, b])
		socket.on('error', () => { a.destroy(); b.destroy(); });
}

/** Runs in the far namespace: localhost `port` leads to the unix socket. */
function forwarder(port, path) {
	net.createServer((far) => pipe(far, net.connect(path)))
		.listen(port, '127.0.0.1', () => process.stdout.write('listening\n'));
}

if (process.argv[1] === HERE && process.argv[2] === 'forward')
	forwarder(Number(process.argv[3]), process.argv[4]);
