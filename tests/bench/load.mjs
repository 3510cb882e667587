// SPDX-License-Identifier: GPL-3.0-or-later
// The portal under load: a part of measure.mjs. wrk asks, on the same machine,
// once for each kind of database; each has a process of its own.
//
//   node tests/bench/load.mjs     one of them (RTH_DATABASE), as JSON
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ON_POSTGRES } from '../e2e/lib/database.mjs';
import { fill, id } from '../e2e/lib/generated.mjs';
import { secrets } from '../e2e/lib/janus.mjs';
import {
	CLINICIAN, codeIn, OPERATOR, Portal, URL_OF_PORTAL,
} from '../e2e/lib/portal.mjs';
import { stopAll, until } from '../e2e/lib/procs.mjs';
import { startRecorder } from '../e2e/lib/recorder.mjs';
import { Reviewed, segmentsOf, startPlay } from '../e2e/lib/reviewed.mjs';
import { temporaryFolder } from '../e2e/lib/temporary.mjs';
import { round, sorted, table, wait } from './figures.mjs';

const HERE = fileURLToPath(import.meta.url);
const RUN_S = 3;
const CONNECTIONS = [4, 64];
const RECORDINGS = 10000;
const PEOPLE = 400;
const SIGNING_IN = 8;
const RANGES = 500;
const RANGE_BYTES = 65536;
const MOST_MS = 60000;
const DATABASES = { SQLite: '', PostgreSQL: 'postgresql' };

const CONF = `
trusted_proxies = [ "127.0.0.1" ];
limits = { streams_per_play = 64; };
`;

const run = promisify(execFile);
/** Each person has an address, so that rates count nobody twice. */
const address = (n) => `10.${n >> 16 & 255}.${n >> 8 & 255}.${n & 255}`;

/** What a process has in memory, KiB. */
const memoryOf = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8')
	.match(/^VmRSS:\s+(\d+) kB/m)?.[1]);

/**
 * The requests of a run, one after the other and again, as wrk's Lua.
 *
 * @typedef {{ method?: string, path: string, headers?: Record<string, string>,
 *   body?: string }} Request
 * @param {Request[]} requests
 */
const script = (requests) => `
local requests, n = {}, 0
function init(args)
${requests.map(({ method = 'GET', path, headers = {}, body }) =>
		`\trequests[#requests + 1] = wrk.format(${JSON.stringify(method)}, ${
			JSON.stringify(path)}, {${Object.entries(headers).map(([k, v]) =>
			`[${JSON.stringify(k)}]=${JSON.stringify(v)}`).join(', ')}}, ${
			body === undefined ? 'nil' : JSON.stringify(body)})`).join('\n')}
end
function request()
	n = n % #requests + 1
	return requests[n]
end
function done(summary, latency)
	local e = summary.errors
	io.write(string.format(
		'\\n{"n":%d,"us":%d,"p50":%d,"p99":%d,"bad":%d}\\n',
		summary.requests, summary.duration, latency:percentile(50),
		latency:percentile(99),
		e.status + e.connect + e.read + e.write + e.timeout))
end
`;

/** One row of the table for each number of connections. */
async function measured(what, requests) {
	const path = join(temporaryFolder('wrk'), 'requests.lua');
	const rows = [];

	writeFileSync(path, script(requests), { mode: 0o600 });
	for (const connections of CONNECTIONS) {
		const { stdout } = await run('wrk', ['--threads', '1', '--connections',
			String(connections), '--duration', `${RUN_S}s`, '--script', path,
			URL_OF_PORTAL]);
		const said = JSON.parse(stdout.slice(stdout.lastIndexOf('{')));

		rows.push([what, connections, round(said.n / said.us * 1e6),
			round(said.p50 / 1000, 1), round(said.p99 / 1000, 1), said.bad]);
	}
	return rows;
}

/** One request of somebody new; how long it took, and the answer. */
function ask(agent, n, path, body) {
	const begun = performance.now();

	return new Promise((done, fail) => {
		const request = http.request(URL_OF_PORTAL + path, { method: body
			? 'POST' : 'GET', agent, headers: { Origin: URL_OF_PORTAL,
			'X-Forwarded-For': address(n), ...(body?.cookie
				? { Cookie: body.cookie } : {}),
			'Content-Type': 'application/json' } }, (answer) => {
			answer.resume();
			answer.on('end', () => done({ ms: performance.now() - begun,
				status: answer.statusCode,
				cookie: answer.headers['set-cookie']?.[0].split(';')[0] }));
		});

		request.on('error', fail);
		request.end(JSON.stringify(body));
	});
}

/** So many people sign in, some at once: their cookies, and two rows. */
async function signIn(portal) {
	const agent = new http.Agent({ keepAlive: true });
	const times = { code: [], verify: [] };
	const people = [];
	let next = 0, bad = 0;
	const begun = performance.now();

	await Promise.all(Array.from({ length: SIGNING_IN }, async () => {
		while (next < PEOPLE) {
			const n = ++next;
			const email = `p${n}@people.example`;
			const asked = await ask(agent, n, '/auth/code', { email });
			const code = await until(() => codeIn(portal.codes, email), MOST_MS,
				`a code for ${email}`, 5);
			const given = await ask(agent, n, '/auth/verify',
				{ email, code, name: 'A name' });

			times.code.push(asked.ms);
			times.verify.push(given.ms);
			bad += Number(asked.status !== 202) + Number(given.status !== 200);
			people.push({ email, cookie: given.cookie });
		}
	}));
	const seconds = (performance.now() - begun) / 1000;

	agent.destroy();
	return { people, rows: Object.entries({ 'sign-in: ask for a code':
		times.code, 'sign-in: give the code': times.verify })
		.map(([what, ms]) => [what, SIGNING_IN, round(PEOPLE / seconds),
			round(sorted(ms)[PEOPLE >> 1], 1),
			round(sorted(ms)[Math.ceil(PEOPLE * 0.99) - 1], 1), bad]) };
}

/** A visit of each, and how each would join it. */
async function joins(portal, clinician, people) {
	const now = Math.floor(Date.now() / 1000);
	const owner = (await clinician.get('/api/session')).user.id;
	const requests = [];
	let text = 'BEGIN;\n';

	for (const { email, cookie } of people) {
		const visit = id();
		const answer = await fetch(`${URL_OF_PORTAL}/api/session`,
			{ headers: { Cookie: cookie } });

		text += 'INSERT INTO visits(id, room, title, clinician_id, ' +
			'patient_email, start_s, minutes, cancelled, made_s) VALUES(' +
			`'${visit}', '${id()}', 'A visit', '${owner}', '${email}', ${now}, ` +
			`30, 0, ${now});\n`;
		requests.push({ method: 'POST', path: `/api/visits/${visit}/join`,
			headers: { Cookie: cookie, Origin: URL_OF_PORTAL,
				'X-RTH-CSRF': (await answer.json()).csrf } });
	}
	portal.sql(`${text}COMMIT;`);
	return requests;
}

/** A file that is played, in pieces from random places. */
async function ranges(reviewed, operator) {
	const recording = await reviewed.record('patient@people.example',
		{ seconds: 120, words: ['--kbit', '2000', '--speed', '0'] });
	const [{ src }] = segmentsOf(await startPlay(operator, recording));
	const head = await fetch(URL_OF_PORTAL + src,
		{ method: 'HEAD', headers: { Cookie: operator.cookie } });
	const length = Number(head.headers.get('content-length'));

	return Array.from({ length: RANGES }, () => {
		const first = Math.floor(Math.random() * (length - RANGE_BYTES));

		return { path: src, headers: { Cookie: operator.cookie,
			Range: `bytes=${first}-${first + RANGE_BYTES - 1}` } };
	});
}

/** The tests' server syncs nothing, and does not know yet what was filled in. */
function settle(portal) {
	for (const word of ['fsync', 'full_page_writes'])
		portal.sql(`ALTER SYSTEM SET ${word} = on;`);
	portal.sql('SELECT pg_reload_conf();');
	portal.sql('ANALYZE;');
}

/** All of it on one database. */
async function load() {
	const keys = secrets();
	const recorder = await startRecorder();
	const portal = await Portal.start(keys, recorder, CONF);
	const { pid } = portal.program;
	const clinician = await portal.signIn(CLINICIAN, 'Dr. Example');
	const operator = await portal.signIn(OPERATOR, 'An operator');
	const pieces = await ranges(new Reviewed(portal, keys, recorder, clinician),
		operator);
	const mine = { Cookie: operator.cookie };

	fill(portal.home, RECORDINGS);
	if (ON_POSTGRES)
		settle(portal);
	const memory = { before: memoryOf(pid), most: 0, after: 0 };
	const sampler = setInterval(() => {
		memory.most = Math.max(memory.most, memoryOf(pid));
	}, 50);
	const rows = [
		...await measured('the page', [{ path: '/' }]),
		...await measured('a module of it', [{ path: '/js/main.js' }]),
		...await measured('who is signed in', [{ path: '/api/session',
			headers: mine }]),
		...await measured(`the newest 50 of ${RECORDINGS.toLocaleString('en')}` +
			' recordings', [{ path: '/api/recordings', headers: mine }]),
		...await measured(`${RANGE_BYTES / 1024} KiB of a recording`, pieces),
	];
	const signedIn = await signIn(portal);

	rows.push(...signedIn.rows, ...await measured('join: a token',
		await joins(portal, clinician, signedIn.people)));
	await wait(1000);
	clearInterval(sampler);
	memory.after = memoryOf(pid);
	await portal.program.stop();
	await recorder.stop();
	return { rows, memory };
}

export const LOAD = {
	load: async () => {
		const sections = [];

		for (const [name, value] of Object.entries(DATABASES)) {
			const { stdout } = await run(process.execPath, [HERE], { env: {
				...process.env, RTH_DATABASE: value }, maxBuffer: 1 << 24 });
			const { rows, memory } = JSON.parse(stdout);

			sections.push(`${name}: the portal had ${memory.before} KiB in ` +
				`memory before, ${memory.most} at most and ${memory.after} ` +
				`after.\n\n${table(['request', 'connections', 'requests/s',
					'median, ms', '99th percentile, ms', 'not answered well'],
				rows)}`);
		}
		return `## The portal under load

wrk, for ${RUN_S} s each, on the same machine, so that both share its cores;
connections are kept open, nothing is cached, and each request but the first two
looks up the session anew. ${PEOPLE} people sign in, ${SIGNING_IN} at once: each
asks for a code and gives it, and what is counted is people. A join makes a token
and a row of the audit, which is on the disk before the answer. Two threads speak
HTTP and four use the database, as by default.

${sections.join('\n\n')}`;
	},
};

if (process.argv[1] === HERE) {
	const result = await load();

	await stopAll();
	process.stdout.write(JSON.stringify(result), () => process.exit(0));
}
