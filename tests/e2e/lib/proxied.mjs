// SPDX-License-Identifier: GPL-3.0-or-later
// A portal behind Debian's nginx with the project's own sample configuration,
// and clients that say to either of them what no browser would, byte by byte.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { newDatabase, sqlOf } from './database.mjs';
import { listens, PORTS } from './janus.mjs';
import { Account, CLINICIAN, codeIn, OPERATOR } from './portal.mjs';
import { BUILD, ROOT, start, until } from './procs.mjs';
import { temporaryFolder } from './temporary.mjs';

export const SECURE_PORT = 8443;
export const PLAIN_PORT = 8088;
/** As browsers write it. */
export const HOST = `localhost:${SECURE_PORT}`;
export const ORIGIN = `https://${HOST}`;
/** For "it ends at all". */
export const END_MS = 60000;

/** How many codes one client may ask for. */
export const CODES_AN_HOUR = 60;

function configuration(home, keys, recorder, database) {
	return `
listen = { address = "127.0.0.1"; port = ${PORTS.portal}; };
private_listen = { address = "127.0.0.1"; port = ${PORTS.events}; };
public_url = "${ORIGIN}";
trusted_proxies = [ "127.0.0.1" ];
web_root = "${ROOT}/web";
database = "${database}";
key_dir = "${home}/keys";
trial = true;
janus = { url = "wss://${HOST}/janus"; token_auth_secret = "${keys.tokenAuth}";
	events_user = "${keys.eventsUser}";
	events_password = "${keys.eventsPassword}"; };
roles = { clinicians = [ "email:${CLINICIAN}" ];
	operators = [ "email:${OPERATOR}" ]; };
code = { per_address_hour = 100; per_client_hour = ${CODES_AN_HOUR}; };
limits = { connections_per_address = 0; idle_s = 12; };
recordings = {
	folder = "${recorder.folder}";
	public_keys = "${recorder.keys.public}";
	private_keys = "${recorder.keys.private}";
	recover_program = "${BUILD}/rthealth-recover";
};
`;
}

/** The portal; everything in its log, and the codes that it gave apart. */
export class ProxiedPortal {
	codes = '';
	/** What its programs have said, once they have ended. */
	said = '';

	/**
	 * @param {ReturnType<typeof import('./janus.mjs').secrets>} keys
	 * @param {import('./portal.mjs').Recordings} recorder
	 */
	static async start(keys, recorder) {
		const portal = new ProxiedPortal();

		portal.home = temporaryFolder('proxied');
		portal.conf = join(portal.home, 'portal.conf');
		mkdirSync(join(portal.home, 'keys'), { mode: 0o700 });
		portal.database = newDatabase(join(portal.home, 'rthealth.db'));
		writeFileSync(portal.conf, configuration(portal.home, keys, recorder,
			portal.database), { mode: 0o600 });
		await portal.run();
		return portal;
	}

	async run() {
		this.program = start('portal', join(BUILD, 'rthealth-portal'),
			['-c', this.conf], { hear: (text) => { this.codes += text; } });
		await until(async () => {
			if (!this.program.alive)
				throw new Error(`the portal ended:\n${this.program.text}`);
			return await listens(PORTS.portal) && await listens(PORTS.events);
		}, END_MS, 'the portal listens');
	}

	/** Asks its database. */
	sql(text) {
		return sqlOf(this.database, text);
	}

	/** What it has in memory, KiB. */
	memory() {
		return Number(readFileSync(`/proc/${this.program.pid}/status`, 'utf8')
			.match(/^VmRSS:\s+(\d+) kB/m)?.[1]);
	}

	/** What a log tells of refusals: counts by name. */
	static refused(text) {
		const sums = {};

		for (const line of text.split('\n')) {
			const said = line.includes('"refused"') ? JSON.parse(line) : {};

			for (const [name, n] of Object.entries(said))
				if (typeof n === 'number')
					sums[name] = (sums[name] ?? 0) + n;
		}
		return sums;
	}
}

/** The sample, with the test's own ports, certificate and folders. */
function sample(home) {
	return readFileSync(join(ROOT, 'conf/nginx.conf.sample'), 'utf8')
		.replace(/^\s*listen \[::\].*$/gm, '')
		.replace('listen 80;', `listen 127.0.0.1:${PLAIN_PORT};`)
		.replaceAll('listen 443 ', `listen 127.0.0.1:${SECURE_PORT} `)
		.replaceAll('https://visits.example', ORIGIN)
		.replaceAll(/(?<=server_name )visits\.example/g, 'localhost')
		.replace(/\/etc\/letsencrypt\S*fullchain.pem/, `${home}/cert.pem`)
		.replace(/\/etc\/letsencrypt\S*privkey.pem/, `${home}/key.pem`)
		.replaceAll('/var/log/nginx/', `${home}/`)
		.replaceAll('127.0.0.1:8188', `127.0.0.1:${PORTS.janus}`)
		.replaceAll('127.0.0.1:8080', `127.0.0.1:${PORTS.portal}`)
		.replace('send_timeout 30s', 'send_timeout 10s');
}

/** nginx; `home` has its logs and what it would write to a disk. */
export class Nginx {
	static async start() {
		const nginx = new Nginx();
		const home = temporaryFolder('nginx');
		const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
			.map((name) => `${name}_temp_path ${home}/${name};`).join('\n');

		nginx.home = home;
		execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
			'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
			'/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
			'-keyout', `${home}/key.pem`, '-out', `${home}/cert.pem`],
		{ stdio: 'ignore' });
		nginx.ca = readFileSync(`${home}/cert.pem`);
		writeFileSync(`${home}/rthealth.conf`, sample(home));
		writeFileSync(`${home}/nginx.conf`, `
daemon off; user root; worker_processes 2; pid ${home}/pid;
error_log stderr crit;
events { worker_connections 2048; }
http { ${temporary}
	include ${home}/rthealth.conf; }
`);
		nginx.program = start('nginx', 'nginx',
			['-p', home, '-e', 'stderr', '-c', `${home}/nginx.conf`]);
		await until(async () => {
			if (!nginx.program.alive)
				throw new Error(`nginx ended:\n${nginx.program.text}`);
			return listens(SECURE_PORT);
		}, END_MS, 'nginx listens');
		return nginx;
	}

	get log() {
		return readFileSync(join(this.home, 'rthealth.log'), 'utf8');
	}

	get errors() {
		return readFileSync(join(this.home, 'rthealth-error.log'), 'utf8');
	}
}

/**
 * A connection to the portal itself, or with `ca` to nginx. Its promise `ended`
 * comes true when the server has closed it.
 */
export class Raw {
	text = '';
	closed = false;

	/**
	 * @param {{ ca?: Buffer, from?: string, port?: number, name?: string,
	 *   take?: (data: Buffer) => void }} [how] from: the client's address; name:
	 *   of the server, for TLS; take: gets what comes, which is then not kept
	 */
	constructor({ ca, from = '127.0.0.1', port, name = 'localhost',
		take } = {}) {
		const to = { host: '127.0.0.1', localAddress: from };

		this.socket = ca ? tls.connect({ ...to, port: port ?? SECURE_PORT, ca,
			servername: name, ALPNProtocols: ['http/1.1'] })
			: net.connect({ ...to, port: port ?? PORTS.portal });
		this.socket.on('data', take ?? ((data) => {
			this.text += data.toString('latin1');
		}));
		this.socket.on('error', (error) => { this.error = error; });
		this.ended = new Promise((done) => this.socket.on('close', () => {
			this.closed = true;
			done(this.text);
		}));
	}

	/** Sends these characters, each one byte. @param {string | Buffer} text */
	send(text) {
		if (!this.closed)
			this.socket.write(typeof text === 'string'
				? Buffer.from(text, 'latin1') : text);
		return this;
	}

	/** Until the server closes; all that it said. */
	async all(ms = END_MS) {
		await until(() => this.closed, ms, 'the connection is closed', 10);
		return this.text;
	}

	leave() {
		this.socket.destroy();
	}
}

/** How many connections of an IPv4 address a server on that port holds. */
export function held(from, port) {
	const hex = (n, digits) => n.toString(16).toUpperCase()
		.padStart(digits, '0');
	const remote = from.split('.').reverse().map((n) => hex(Number(n), 2))
		.join('');

	return readFileSync('/proc/net/tcp', 'utf8').split('\n')
		.map((line) => line.trim().split(/\s+/))
		.filter(([, local, far, state]) => local?.endsWith(`:${hex(port, 4)}`)
			&& far.startsWith(`${remote}:`) && state === '01').length;
}

/** The statuses of all replies in what a server said; 100 is none. */
export const statuses = (text) => [...text.matchAll(/HTTP\/1\.[01] (\d{3})/g)]
	.map(([, status]) => Number(status)).filter((status) => status !== 100);

/** Somebody who is signed in through nginx. */
export class SecureAccount extends Account {
	/** @param {Nginx} nginx @param {ProxiedPortal} portal */
	constructor(nginx, portal) {
		super();
		this.nginx = nginx;
		this.portal = portal;
	}

	/**
	 * Asks through nginx.
	 *
	 * @returns {Promise<{ status: number, headers: any, text: string }>}
	 */
	ask(method, path, body, { headers = {}, from = '127.0.0.1' } = {}) {
		return new Promise((done, fail) => {
			const request = https.request(ORIGIN, { method, path, agent: false,
				ca: this.nginx.ca, host: '127.0.0.1', servername: 'localhost',
				localAddress: from, headers: { Host: HOST, Origin: ORIGIN,
					Cookie: this.cookie, 'X-RTH-CSRF': this.csrf,
					...(body ? { 'Content-Type': 'application/json' } : {}),
					...headers } }, (answer) => {
				let text = '';

				answer.on('data', (data) => { text += data; });
				answer.on('end', () => done({ status: answer.statusCode ?? 0,
					headers: answer.headers, text }));
			});

			request.on('error', fail);
			request.end(body ? JSON.stringify(body) : undefined);
		});
	}

	async #take(method, path, body) {
		const { status, headers, text } = await this.ask(method, path, body);

		if (status >= 400)
			throw new Error(`${method} ${path}: ${status} ${text}`);
		if (headers['set-cookie'])
			this.cookie = headers['set-cookie'][0].split(';')[0];
		return text ? JSON.parse(text) : null;
	}

	get(path) {
		return this.#take('GET', path);
	}

	post(path, body) {
		return this.#take('POST', path, body ?? {});
	}

	async signIn(email) {
		await this.post('/auth/code', { email });
		const code = await until(() => codeIn(this.portal.codes, email), END_MS,
			`a code for ${email}`, 20);

		await this.post('/auth/verify', { email, code, name: 'A name' });
		this.csrf = (await this.get('/api/session')).csrf;
		return this;
	}
}
