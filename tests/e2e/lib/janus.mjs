// SPDX-License-Identifier: GPL-3.0-or-later
// A Janus of a test's own, configured from the project's own templates: only
// the plugins, transports and event handlers named are loaded, and its API
// answers only to signed transport tokens.
import { createHmac, randomBytes } from 'node:crypto';
import {
	existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, symlinkSync,
	writeFileSync,
} from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { BUILD, ROOT, start, until } from './procs.mjs';

export const PORTS = {
	portal: 8080, events: 8081, janus: 8188, admin: 7088,
};
export const PLUGIN = 'janus.plugin.rthealth';

const TEMPLATES = join(ROOT, 'conf/janus');
// Janus unloads the plugin before leaks are looked for: keep its names.
const VALGRIND = ['valgrind', '--leak-check=full', '--keep-debuginfo=yes',
	'--show-leak-kinds=definite,indirect', '--num-callers=24'];

/** Where Debian or a prefix keeps Janus's own modules. */
function moduleFolder() {
	const prefixes = [process.env.RTH_JANUS_PREFIX, '/usr', '/usr/local',
		'/opt/janus'];
	const multiarch = readdirSync('/usr/lib').find((d) => /-linux-gnu$/.test(d));

	for (const prefix of prefixes) {
		for (const lib of [`lib/${multiarch}`, 'lib']) {
			const path = join(prefix ?? '/nonexistent', lib, 'janus');

			if (existsSync(join(path, 'transports')))
				return path;
		}
	}
	throw new Error('no Janus is installed');
}

/** @param {string} plugin short name */
function pluginFile(plugin) {
	const file = `libjanus_${plugin}.so`;
	const path = plugin === 'rthealth' ? join(BUILD, '.libs', file)
		: join(moduleFolder(), 'plugins', file);

	if (!existsSync(path))
		throw new Error(`there is no ${path}: build first, or set RTH_BUILD`);
	return path;
}

/** Whether a TCP connection to this port of localhost opens. */
export function listens(port) {
	return new Promise((done) => {
		const socket = net.connect(port, '127.0.0.1');

		socket.once('connect', () => { socket.destroy(); done(true); });
		socket.once('error', () => done(false));
	});
}

/** The secrets and ports of one Janus and of the portal beside it. */
export function secrets() {
	const random = () => randomBytes(24).toString('hex');

	return {
		tokenAuth: random(), admin: random(),
		eventsUser: 'janus', eventsPassword: random(),
	};
}

/**
 * A transport token as the portal mints it (Janus's token_auth_secret).
 *
 * @param {string} secret
 * @param {{ plugins?: string[], expires?: number }} [options] expires in s
 */
export function transportToken(secret, options = {}) {
	const expires = options.expires ?? Math.floor(Date.now() / 1000) + 3600;
	const data = [expires, 'janus', ...(options.plugins ?? [PLUGIN])].join(',');
	const hmac = createHmac('sha1', secret).update(data).digest('base64');

	return `${data}:${hmac}`;
}

/** The plugin's configuration with what a test adds to it. */
function withMore(text, options) {
	return text.replace(/^recording = \{$/m,
		`$&\n${options.recording ?? ''}`) + (options.more ?? '');
}

/**
 * Writes a configuration folder.
 *
 * @param {JanusOptions} options
 */
function configure(options) {
	const home = mkdtempSync(join(tmpdir(), 'rth-janus-'));
	const modules = moduleFolder();
	const folder = (name) => {
		mkdirSync(join(home, name));
		return join(home, name);
	};
	const link = (file, to) => symlinkSync(file, join(to, basename(file)));
	const plugins = folder('plugins');
	const transports = folder('transports');
	const events = folder('events');
	const conf = folder('conf');
	const values = {
		CONF_DIR: conf, PLUGIN_DIR: plugins, TRANSPORT_DIR: transports,
		EVENT_DIR: events, DEBUG_LEVEL: options.debugLevel ?? 3,
		TOKEN_AUTH_SECRET: options.secrets.tokenAuth,
		ADMIN_SECRET: options.secrets.admin,
		EVENTS_USER: options.secrets.eventsUser,
		EVENTS_PASSWORD: options.secrets.eventsPassword,
		RTP_PORTS: '20000-20999', LISTEN: '127.0.0.1',
		PUBLIC_URL: `http://localhost:${PORTS.portal}`,
		PORT: PORTS.portal, JANUS_PORT: PORTS.janus,
		ADMIN_PORT: PORTS.admin, PRIVATE_PORT: PORTS.events,
		RECORDER_SOCKET: options.recorderSocket ?? join(home, 'no-recorder'),
	};

	for (const plugin of options.plugins ?? ['rthealth'])
		link(pluginFile(plugin), plugins);
	for (const transport of ['websockets', 'http'])
		link(join(modules, 'transports', `libjanus_${transport}.so`), transports);
	if (options.events ?? true)
		link(join(modules, 'events', 'libjanus_sampleevh.so'), events);
	for (const name of readdirSync(TEMPLATES)) {
		const text = readFileSync(join(TEMPLATES, name), 'utf8').replace(
			/@([A-Z_]+)@/g, (_, key) => String(values[key]))
			// Janus would wait for a portal that is not there before it ends.
			.replace(/(max_retransmissions =) \d+/,
				options.keepEvents ? '$&' : '$1 5');

		writeFileSync(join(conf, name.replace(/\.in$/, '')),
			name.startsWith(PLUGIN) ? withMore(text, options) : text);
	}
	if (options.pluginConf !== undefined)
		writeFileSync(join(conf, `${PLUGIN}.jcfg`), options.pluginConf);
	return conf;
}

/**
 * @typedef {object} JanusOptions
 * @property {ReturnType<typeof secrets>} secrets
 * @property {string[]} [plugins] short names; the default is ours alone
 * @property {string} [pluginConf] instead of the template
 * @property {string} [recorderSocket] where a recorder listens
 * @property {string} [recording] more lines of the template's `recording`
 * @property {string} [more] more groups of the template
 * @property {boolean} [events] whether the event handler is loaded
 * @property {boolean} [keepEvents] as long as the template says
 * @property {number} [debugLevel]
 * @property {'valgrind'|'callgrind'} [under]
 * @property {string} [callgrindOut]
 * @property {string} [callgrindIn] count in this function only
 * @property {string} [valgrindLog]
 * @property {Record<string, string>} [env]
 * @property {string} [name] of its log
 */

/** @param {JanusOptions} options */
function wrapper(options) {
	if (options.under === 'valgrind')
		return [...VALGRIND, `--log-file=${options.valgrindLog}`];
	if (options.under === 'callgrind')
		return ['valgrind', '--tool=callgrind', '--instr-atstart=no',
			...(options.callgrindIn ? [`--toggle-collect=${options.callgrindIn}`]
				: []),
			`--callgrind-out-file=${options.callgrindOut}`];
	return [];
}

/**
 * Starts Janus and does not wait.
 *
 * @param {JanusOptions} options
 */
export function launchJanus(options) {
	const conf = configure(options);

	return start(options.name ?? 'janus', 'janus',
		['-C', join(conf, 'janus.jcfg'), '-F', conf],
		{ prefix: wrapper(options), env: options.env });
}

/**
 * Starts Janus and waits until its WebSocket listens.
 *
 * @param {JanusOptions} options
 */
export async function startJanus(options) {
	const program = launchJanus(options);

	await until(async () => {
		if (!program.alive)
			throw new Error(`Janus ended:\n${program.text.slice(-3000)}`);
		return await listens(PORTS.janus) && await listens(PORTS.admin);
	}, 60000, 'Janus listens');
	return program;
}

/**
 * Sends a request to the admin API.
 *
 * @param {string} secret
 * @param {Record<string, unknown>} request
 * @returns {Promise<any>}
 */
export async function admin(secret, request) {
	const answer = await fetch(`http://127.0.0.1:${PORTS.admin}/admin`, {
		method: 'POST', headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({
			transaction: randomBytes(6).toString('hex'),
			admin_secret: secret, ...request,
		}),
	});

	return answer.json();
}

/** Sends an admin message to our plugin; its `response`. */
export async function pluginAdmin(secret, request) {
	const answer = await admin(secret, {
		janus: 'message_plugin', plugin: PLUGIN, request,
	});

	return answer.response ?? answer;
}
