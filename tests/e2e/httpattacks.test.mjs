// SPDX-License-Identifier: GPL-3.0-or-later
// HTTP as nobody should speak it, to the portal itself and through Debian's
// nginx with conf/nginx.conf.sample: what is smuggled does nothing, who is slow
// or sends without end is cut, everybody else is served meanwhile, and the log
// has counts and no content.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import http2 from 'node:http2';
import { join } from 'node:path';
import tls from 'node:tls';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { PORTS, secrets, startJanus } from './lib/janus.mjs';
import { inside } from './lib/netns.mjs';
import { CLINICIAN, codeIn, OPERATOR } from './lib/portal.mjs';
import { stopAll, until } from './lib/procs.mjs';
import {
	CODES_AN_HOUR, END_MS, held, HOST, Nginx, ORIGIN, PLAIN_PORT, ProxiedPortal, Raw,
	SecureAccount, SECURE_PORT, statuses,
} from './lib/proxied.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { Reviewed, segmentsOf, startPlay } from './lib/reviewed.mjs';

await inside();

const ATTACKER = '127.0.0.9';
const DEAF = '127.0.0.10';
const NEIGHBOUR = '127.0.0.8';
/** Attackers at once, each way: of those who are slow, and of each kind of
    those who do not end. */
const SLOW = 100;
const HOGS = 5;
/** What so many attackers may cost the portal, KiB. */
const GROWTH_KIB = 48 * 1024;
const VIEWERS = 20;
/** More than waits on the way to who takes nothing. */
const TAKEN_BYTES = 8 << 20;
const VIEWED_MS = 240000;
/** Of one address at once, as the sample has it. */
const AT_ONCE = 256;

const keys = secrets();
/** @type {ProxiedPortal} */
let portal;
/** @type {Nginx} */
let nginx;
/** @type {import('./lib/recorder.mjs').Recorder} */
let recorder;
let janus;

before(async () => {
	recorder = await startRecorder();
	portal = await ProxiedPortal.start(keys, recorder);
	[nginx, janus] = await Promise.all([Nginx.start(),
		startJanus({ secrets: keys, events: false })]);
});
after(stopAll);

/** Both ways to the portal. @type {[string, () => { ca?: Buffer }][]} */
const WAYS = [['to the portal', () => ({})],
	['through nginx', () => ({ ca: nginx.ca })]];

const host = `Host: ${HOST}\r\n`;
const get = (path, more = '') =>
	`GET ${path} HTTP/1.1\r\n${host}${more}\r\n`;
const last = get('/healthz', 'Connection: close\r\n');
const json = `${host}Origin: ${ORIGIN}\r\nContent-Type: application/json\r\n`;

let asked = 0;

/** A request that would do something: a code is told. */
function inner() {
	const body = `{"email":"smuggled-${asked++}@people.example"}`;

	return `POST /auth/code HTTP/1.1\r\n${json}Content-Length: ${
		body.length}\r\n\r\n${body}`;
}

const chunk = (text, more = '') =>
	`${text.length.toString(16)}${more}\r\n${text}\r\n`;
const post = (lines, body) => `POST /auth/code HTTP/1.1\r\n${json}${lines}\r\n${
	body}`;

/**
 * What is sent before a last, good request. Each holds another request inside,
 * which one reader of two would find.
 */
const SMUGGLED = {
	'CL.TE': (x) => post('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n',
		`0\r\n\r\n${x}`),
	'CL.TE, all of it as the body': (x) => post(`Content-Length: ${
		x.length + 5}\r\nTransfer-Encoding: chunked\r\n`, `0\r\n\r\n${x}`),
	'TE.CL': (x) => post('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n',
		`${chunk(x)}0\r\n\r\n`),
	'TE alone': (x) => post('Transfer-Encoding: chunked\r\n',
		`${chunk(x)}0\r\n\r\n`),
	'TE and nothing but the last chunk': (x) =>
		post('Transfer-Encoding: chunked\r\n', `0\r\n\r\n${x}`),
	'TE twice': (x) => post('Transfer-Encoding: chunked\r\n' +
		'Transfer-Encoding: identity\r\n', `0\r\n\r\n${x}`),
	'TE of two': (x) => post('Transfer-Encoding: chunked, identity\r\n',
		`0\r\n\r\n${x}`),
	'TE that nobody knows': (x) => post('Transfer-Encoding: xchunked\r\n' +
		'Content-Length: 4\r\n', `${chunk(x)}0\r\n\r\n`),
	'TE with a vertical tab': (x) => post('Transfer-Encoding:\vchunked\r\n' +
		'Content-Length: 4\r\n', `${chunk(x)}0\r\n\r\n`),
	'TE with a space before the colon': (x) =>
		post('Transfer-Encoding : chunked\r\nContent-Length: 4\r\n',
			`${chunk(x)}0\r\n\r\n`),
	'TE behind a bare LF': (x) => post('X-A: b\nTransfer-Encoding: chunked\r\n' +
		'Content-Length: 4\r\n', `${chunk(x)}0\r\n\r\n`),
	'TE behind a bare CR': (x) => post('X-A: b\rTransfer-Encoding: chunked\r\n' +
		'Content-Length: 4\r\n', `${chunk(x)}0\r\n\r\n`),
	'TE on a folded line': (x) => post('X-A: b\r\n Transfer-Encoding: chunked' +
		'\r\nContent-Length: 4\r\n', `${chunk(x)}0\r\n\r\n`),
	'a folded TE': (x) => post('Transfer-Encoding:\r\n chunked\r\n' +
		'Content-Length: 4\r\n', `${chunk(x)}0\r\n\r\n`),
	'TE with a quoted chunked': (x) => post('Transfer-Encoding: "chunked"\r\n',
		`0\r\n\r\n${x}`),
	'TE with HTTP/1.0': (x) => post('Transfer-Encoding: chunked\r\n',
		`0\r\n\r\n${x}`).replace('HTTP/1.1', 'HTTP/1.0'),
	'chunk extensions': (x) => post('Transfer-Encoding: chunked\r\n',
		`${chunk('{}', `;a="\r\n0\r\n\r\n${x}"`)}0\r\n\r\n`),
	'a chunk extension behind a bare LF': (x) =>
		post('Transfer-Encoding: chunked\r\n',
			`2;\nxx\r\n${chunk(x)}0\r\n\r\n`),
	'a chunk longer than any number': (x) =>
		post('Transfer-Encoding: chunked\r\n',
			`FFFFFFFFFFFFFFFFFF0\r\n${x}\r\n0\r\n\r\n`),
	'a chunk shorter than nothing': (x) =>
		post('Transfer-Encoding: chunked\r\n', `-1\r\n${x}\r\n0\r\n\r\n`),
	'a trailer': (x) => post('Transfer-Encoding: chunked\r\nTrailer: Host\r\n',
		`0\r\nHost: evil.example\r\nContent-Length: 3\r\n\r\n${x}`),
	'CL twice, the same': (x) => post('Content-Length: 2\r\n' +
		'Content-Length: 2\r\n', `{}${x}`),
	'CL twice, two': (x) => post('Content-Length: 2\r\n' +
		`Content-Length: ${x.length + 2}\r\n`, `{}${x}`),
	'CL twice in one': (x) => post(`Content-Length: 2, ${x.length + 2}\r\n`,
		`{}${x}`),
	'CL with a sign': (x) => post('Content-Length: +2\r\n', `{}${x}`),
	'CL below nothing': (x) => post('Content-Length: -2\r\n', `{}${x}`),
	'CL in hex': (x) => post('Content-Length: 0x2\r\n', `{}${x}`),
	'CL longer than any number': (x) =>
		post('Content-Length: 18446744073709551618\r\n', `{}${x}`),
	'CL with an underscore': (x) => post('Content_Length: 2\r\n' +
		'Content-Length : 2\r\n', `{}${x}`),
	'a folded CL': (x) => post('Content-Length: 2\r\n 2\r\n', `{}${x}`),
	'CL behind a NUL': (x) => post(`X-A: b\0\r\nContent-Length: 2\r\n`,
		`{}${x}`),
	'a NUL in a name': (x) => post(`Content-Length\0: ${x.length}\r\n`, x),
	'a NUL in the method': (x) => `PO\0ST /auth/code HTTP/1.1\r\n${json}` +
		`Content-Length: ${x.length}\r\n\r\n${x}`,
	'a body with GET': (x) => get('/healthz',
		`Content-Length: ${x.length}\r\n`) + x,
	'a body with HEAD': (x) => get('/healthz',
		`Content-Length: ${x.length}\r\n`).replace('GET', 'HEAD') + x,
	'a body with DELETE': (x) => get('/api/visits/x',
		`Content-Length: ${x.length}\r\n`).replace('GET', 'DELETE') + x,
	'a body for a page': (x) => `POST / HTTP/1.1\r\n${json}Content-Length: ${
		x.length}\r\n\r\n${x}`,
	'a body that is waited with': (x) => `POST /nothing HTTP/1.1\r\n${
		json}Expect: 100-continue\r\nContent-Length: ${x.length}\r\n\r\n${x}`,
	'an expectation that nobody knows': (x) => get('/healthz',
		`Expect: ${x.length}-x\r\nContent-Length: ${x.length}\r\n`) + x,
	'CL that the connection is to forget': (x) => post(`Content-Length: ${
		x.length}\r\nConnection: close, Content-Length\r\n`, x),
	'Upgrade to h2c': (x) => `POST / HTTP/1.1\r\n${json}Upgrade: h2c\r\n` +
		'Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQ' +
		`AAP__\r\nContent-Length: ${x.length}\r\n\r\n${x}`,
	'a request in a request line': (x) => `GET /healthz HTTP/1.1 ${x}`,
	'a request in a value': (x) => get('/healthz', `X-A: b\n\n${x}`),
	'CONNECT': (x) => `CONNECT ${HOST} HTTP/1.1\r\n${host}\r\n${x}`,
};

/**
 * What nginx rightly reads as one request behind the other, and the last one
 * because it takes a bare LF for the end of a line. It sends both on as two.
 */
const APART = ['TE and nothing but the last chunk', 'a trailer',
	'a request in a value'];

/** Sends, with a good request behind it; the statuses of the answers. */
async function smuggle(how, bytes) {
	const raw = new Raw(how);

	raw.send(bytes + last);
	return statuses(await raw.all());
}

/** Waits for a code that is asked for now: all before it are told by then. */
async function codesAreTold() {
	const email = `control-${asked++}@people.example`;

	await new SecureAccount(nginx, portal).post('/auth/code', { email });
	await until(() => codeIn(portal.codes, email), END_MS, 'a code', 20);
}

const told = () => [...portal.codes.matchAll(/smuggled-\d+@/g)].length;

describe('requests inside others', () => {
	test('would do something', async () => {
		const before = told();

		for (const [, how] of WAYS)
			assert.deepEqual(await smuggle(how(), inner()), [202, 200]);
		await until(() => told() === before + 2, END_MS, 'both codes');
	});

	test('to the portal: refused, and nothing behind it is read', async () => {
		const before = told();

		for (const [what, make] of Object.entries(SMUGGLED))
			// What the library refuses itself it says twice, and closes.
			for (const status of await smuggle({}, make(inner())))
				assert.ok(status >= 400 && status < 500, `${what}: ${status}`);
		await codesAreTold();
		assert.equal(told(), before);
	});

	test('through nginx: refused, and who else asks gets what is theirs',
		async () => {
			const before = told();
			let going = true, served = 0;
			const victims = [['/healthz', /^{"ok":true}$/],
				['/.well-known/jwks.json', /^{"keys":\[/],
				['/api/session', /^{"signed_in":false,/],
				['/js/main.js', /^\/\/ SPDX/]].map(async ([path, right]) => {
				const victim = new SecureAccount(nginx, portal);

				while (going) {
					const { status, text } = await victim.ask('GET', path);

					assert.equal(status, 200, path);
					assert.match(text, /** @type {RegExp} */ (right));
					served++;
				}
			});

			try {
				for (const [what, make] of Object.entries(SMUGGLED)) {
					const all = await smuggle({ ca: nginx.ca }, make(inner()));
					const first = all.shift() ?? 400;

					if (APART.includes(what)) {
						assert.deepEqual(all, [202, 200], what);
						continue;
					}
					assert.ok(first >= 400 && first !== 500,
						`${what}: ${first}`);
					assert.ok(all.length === 0 || all.join() === '200',
						`${what}: and then ${all}`);
				}
			} finally {
				going = false;
				await Promise.all(victims);
			}
			await until(() => told() >= before + APART.length, END_MS,
				'the codes that were asked for apart');
			await codesAreTold();
			assert.equal(told(), before + APART.length);
			assert.ok(served > 0);
		});

	for (const [way, how] of WAYS)
		test(`one behind the other ${way}: answered in order`, async () => {
			const paths = Array.from({ length: 60 }, (_, i) =>
				['/healthz', '/api/session', '/.well-known/jwks.json'][i % 3]);
			const raw = new Raw(how());

			raw.send(paths.map((path) => get(path)).join('') + last);
			const bodies = [...(await raw.all()).matchAll(
				/\r\n\r\n(\{"(ok|signed_in|keys)")/g)].map(([, , name]) => name);

			assert.deepEqual(bodies, [...paths, '/healthz'].map((path) =>
				({ '/h': 'ok', '/a': 'signed_in', '/.': 'keys' })[
					path.slice(0, 2)]));
		});
});

const PATHS = ['/../package.json', '/js/../../package.json',
	'/js/..%2f..%2fpackage.json', '/js/%2e%2e/%2e%2e/package.json',
	'/js/..\\..\\package.json', '/js/....//....//package.json',
	'/js/%252e%252e/package.json', '/js/..;/..;/package.json',
	'/js/\xc0\xae\xc0\xae/package.json', '/js/%c0%ae%c0%ae/package.json',
	'//etc/passwd', '/%2fetc/passwd', '/js//etc/passwd', '/js/main.js/',
	'/js/main.js%00.css', '/js/main.js\\0', '/./js/main.js', '/js/%6dain.js',
	'/js', '/js/', '/css', '/.git/config', '/js/.hidden.js', '/index.html',
	'/api/../api/session', '/api//session', '/api/session/', '/API/session',
	'/api/visits/../session', '/janus-events', '/js/main.js#x', '*',
	'evil.example:80', `/js/${'a/'.repeat(200)}x.js`, '/js/CON', '/js/~root'];

for (const [way, how] of WAYS)
	test(`paths that are not ours ${way}`, async () => {
		for (const path of PATHS) {
			const raw = new Raw(how());
			const text = await raw.send(get(path, 'Connection: close\r\n')).all();

			for (const status of statuses(text))
				assert.ok([400, 404, 414].includes(status), `${path}: ${status}`);
			assert.doesNotMatch(text, /devDependencies|root:x:|SPDX/, path);
		}
	});

for (const [way, how] of WAYS)
	test(`lines put into an answer ${way}`, async () => {
		const made = '%0d%0aX-Injected:%201%0d%0a%0d%0a';

		for (const request of [get(`/auth/start/x${made}`),
			get(`/auth/start/x?next=/${made}`), get(`/?error=${made}`),
			get(`/auth/callback/x?state=${made}&code=x`),
			get(`/visit/${made}`), get(`/js/main.js?${made}`),
			get('/js/main.js', 'If-None-Match: "x"\rX-Injected: 1\r\n'),
			get('/js/main.js', 'Range: bytes=0-1\vX-Injected: 1\r\n'),
			get('/api/session', 'Cookie: a="\rX-Injected: 1"\r\n'),
			get('/healthz', `Origin: ${ORIGIN}\rX-Injected: 1\r\n`),
			get('/healthz').replace(HOST, `${HOST}\rX-Injected: 1`),
			post('Content-Length: 42\r\n',
				'{"email":"a@b.example\\r\\nX-Injected: 1"} \r\n')]) {
			const text = await new Raw(how()).send(request + last).all();

			assert.doesNotMatch(text, /^(X-Injected|Set-Cookie)/mi,
				JSON.stringify(request.slice(0, 200)));
		}
	});

/** Things of which there are too many; each with how it ends. */
const ENDLESS = {
	'an address': () => `GET /${'a'.repeat(1 << 20)}`,
	'a method': () => 'A'.repeat(1 << 20),
	'a value': () => `GET /healthz HTTP/1.1\r\n${host}X-A: ${
		'a'.repeat(1 << 20)}`,
	'a name': () => `GET /healthz HTTP/1.1\r\n${host}${'a'.repeat(1 << 20)}`,
	'lines': () => `GET /healthz HTTP/1.1\r\n${host}${
		'X-A: b\r\n'.repeat(1 << 17)}`,
	'cookies': () => get('/healthz', `Cookie: ${'a=b; '.repeat(3500)}\r\n`),
	'a query': () => get(`/api/session?${'a=b&'.repeat(2000)}`),
	'a body': () => post('Content-Length: 16385\r\n', 'x'.repeat(16385)),
	'a body that is only announced': () => post('Content-Length: 9999999\r\n',
		''),
	'chunks': () => post('Transfer-Encoding: chunked\r\n',
		chunk('x'.repeat(1000)).repeat(1000)),
	'empty lines': () => '\r\n'.repeat(1 << 19),
};

test('things without end, both ways: cut, and in little memory', async () => {
	const before = portal.memory();
	const sampler = setInterval(() => {
		most = Math.max(most, portal.memory());
	}, 50);
	let most = before;

	await Promise.all(Object.entries(ENDLESS).map(async ([what, make]) => {
		const bytes = Buffer.from(make(), 'latin1');
		const hogs = WAYS.flatMap(([, how]) => Array.from({ length: HOGS },
			() => new Raw({ ...how(), from: ATTACKER }).send(bytes)));

		for (const hog of hogs) {
			const text = await hog.all();

			assert.ok(statuses(text).every((status) => status >= 400
				&& status < 500), `${what}: ${text.slice(0, 80)}`);
		}
	}));
	clearInterval(sampler);
	console.log(`# the portal has ${before} KiB, and ${most - before} more`);
	assert.ok(most - before < GROWTH_KIB, `it grew by ${most - before} KiB`);
});

test('who is slow is cut, and who is not is served meanwhile', async () => {
	const beginnings = ['', 'GE', `GET /healthz HTTP/1.1\r\n${host}X-A: `,
		post('Content-Length: 16000\r\n', '{'),
		`${get('/healthz')}GET /healthz HTTP/1.1\r\nX-A: `];
	const slow = WAYS.flatMap(([, how]) => Array.from({ length: SLOW }, (_, i) =>
		new Raw({ ...how(), from: ATTACKER })
			.send(beginnings[i % beginnings.length])));
	// Of all but the first, which say nothing at all.
	const dripping = setInterval(() => slow.forEach((raw, i) =>
		i % beginnings.length && raw.send('x')), 300);
	// They ask for much, and take nothing.
	const many = Buffer.from(get('/js/main.js').repeat(2000));
	const deaf = WAYS.map(([, how]) => {
		const raw = new Raw({ ...how(), from: DEAF });

		raw.socket.pause();
		return raw.send(many);
	});
	let served = 0;

	try {
		await until(async () => {
			for (const [, how] of WAYS) {
				const good = new Raw({ ...how(), from: NEIGHBOUR }).send(last);

				assert.deepEqual(statuses(await good.all()), [200]);
				served++;
			}
			return slow.every((raw) => raw.closed);
		}, END_MS, 'all that are slow are cut');
		await until(() => held(DEAF, PORTS.portal) === 0
			&& held(DEAF, SECURE_PORT) === 0, END_MS,
		'who takes nothing is cut');
	} finally {
		clearInterval(dripping);
		[...slow, ...deaf].forEach((raw) => raw.leave());
	}
	for (const raw of slow)
		for (const [i, status] of statuses(raw.text).entries())
			// The last of the beginnings has a good request first.
			assert.ok(status >= 400 || i === 0 && status === 200, raw.text);
	assert.ok(served > 0);
});

describe('nginx in front', () => {
	test('says once that only HTTPS is spoken, whoever answers', async () => {
		for (const request of [last, get('/healthz', 'Content-Length: x\r\n'),
			`GET /${'a'.repeat(9000)} HTTP/1.1\r\n${host}\r\n`]) {
			const text = await new Raw({ ca: nginx.ca }).send(request).all();

			assert.equal(text.match(/^Strict-Transport-Security: max-age=/gmi)
				?.length, 1, text);
			assert.doesNotMatch(text, /nginx\/\d/);
		}
	});

	test('leads to HTTPS under its own name', async () => {
		const text = await new Raw({ port: PLAIN_PORT }).send(
			'GET /visit/x?a=%0d%0aX-Injected:1 HTTP/1.1\r\n' +
			'Host: evil.example\r\nConnection: close\r\n\r\n').all();

		assert.deepEqual(statuses(text), [301]);
		assert.equal(text.match(/^Location: (.*)\r$/m)?.[1],
			`${ORIGIN}/visit/x?a=%0d%0aX-Injected:1`);
		assert.doesNotMatch(text, /^X-Injected/m);
	});

	test('has no certificate for other names', async () => {
		const raw = new Raw({ ca: nginx.ca, name: 'evil.example' });

		assert.equal(await raw.all(), '');
		assert.match(String(raw.error), /unrecognized name/);
	});

	test('has no page for other hosts', async () => {
		const text = await new Raw({ ca: nginx.ca }).send(get('/api/session',
			'Connection: close\r\n').replace(HOST, 'evil.example')).all();

		assert.deepEqual(statuses(text), [421]);
	});

	test('speaks HTTP/2', async () => {
		const client = http2.connect(ORIGIN, { createConnection: () =>
			tls.connect({ host: '127.0.0.1', port: SECURE_PORT, ca: nginx.ca,
				servername: 'localhost', ALPNProtocols: ['h2'] }) });
		const stream = client.request({ ':path': '/healthz' });
		let text = '', status = 0;

		stream.on('response', (headers) => { status = headers[':status'] ?? 0; });
		stream.on('data', (data) => { text += data; });
		await new Promise((done, fail) => {
			stream.on('end', done);
			client.on('error', fail);
		});
		client.destroy();
		assert.equal(status, 200);
		assert.equal(text, '{"ok":true}');
	});

	test('tells the portal who asks, whatever they say of themselves',
		async () => {
			const account = new SecureAccount(nginx, portal);
			const ask = async (from, i) => (await account.ask('POST',
				'/auth/code', { email: `rate-${i}@people.example` },
				{ from, headers: { 'X-Forwarded-For': `192.0.2.${i}`,
					Forwarded: `for=192.0.2.${i}` } })).status;

			for (let i = 0; i < CODES_AN_HOUR; i++)
				assert.equal(await ask('127.0.0.5', i), 202);
			assert.equal(await ask('127.0.0.5', 250), 429);
			assert.equal(await ask('127.0.0.6', 250), 202);
		});
});

describe('the WebSocket of Janus behind nginx', () => {
	const upgrade = (more = '', what = 'websocket') => get('/janus',
		`Upgrade: ${what}\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
		`Sec-WebSocket-Key: ${Buffer.alloc(16, 'x').toString('base64')}\r\n` +
		`Sec-WebSocket-Protocol: janus-protocol\r\n${more}`);

	test('answers', async () => {
		const socket = new WebSocket(`wss://${HOST}/janus`, 'janus-protocol',
			{ ca: nginx.ca, origin: ORIGIN });
		const answer = await new Promise((done, fail) => {
			socket.on('open', () => socket.send(
				'{"janus":"info","transaction":"t"}'));
			socket.on('message', (data) => done(JSON.parse(String(data))));
			socket.on('error', fail);
		});

		assert.equal(answer.janus, 'server_info');
		socket.terminate();
	});

	for (const [what, bytes, status] of /** @type {const} */ ([
		['of another site', upgrade('Origin: https://evil.example\r\n'), 403],
		['of no site', upgrade(), 403],
		['that is none', get('/janus', `Origin: ${ORIGIN}\r\n`), 400],
		['that is h2c', upgrade(`Origin: ${ORIGIN}\r\n`, 'h2c'), 400],
		['of another path', upgrade(`Origin: ${ORIGIN}\r\n`)
			.replace('/janus', '/janus/x'), 404]]))
		test(`one ${what} is refused`, async () => {
			assert.equal((await smuggle({ ca: nginx.ca }, bytes))[0], status);
		});

	test('is one of so many for an address', async () => {
		const open = () => new Raw({ ca: nginx.ca, from: ATTACKER })
			.send(upgrade(`Origin: ${ORIGIN}\r\n`));
		const sockets = Array.from({ length: AT_ONCE }, open);

		try {
			await until(() => sockets.every(({ text }) =>
				statuses(text)[0] === 101), END_MS, 'all are open');
			await until(async () => {
				const more = open();

				sockets.push(more);
				await until(() => more.text.includes('\r\n\r\n')
					|| more.closed, END_MS, 'an answer');
				return statuses(more.text)[0] === 503;
			}, END_MS, 'one more is refused');
			assert.deepEqual(statuses(await new Raw({ ca: nginx.ca,
				from: NEIGHBOUR }).send(last).all()), [200]);
		} finally {
			sockets.forEach((raw) => raw.leave());
		}
	});
});

/** Takes a file; the digest of it, when it is whole. */
async function view(request) {
	const hash = createHash('sha256');
	let head = '', bytes = 0;
	const body = (data) => {
		hash.update(data);
		bytes += data.length;
	};

	await new Raw({ ca: nginx.ca, take: (data) => {
		const [before, end] = [head.length, head.indexOf('\r\n\r\n')];

		if (end >= 0) {
			body(data);
			return;
		}
		head += data.toString('latin1');
		if (head.includes('\r\n\r\n'))
			body(data.subarray(head.indexOf('\r\n\r\n') + 4 - before));
	} }).send(request).all(VIEWED_MS);
	assert.match(head, /^HTTP\/1\.1 200 /);
	assert.equal(bytes, Number(head.match(/^Content-Length: (\d+)\r$/mi)?.[1]));
	assert.ok(bytes > TAKEN_BYTES, `${bytes} bytes`);
	return hash.digest('hex');
}

test('twenty viewers, and one among them who takes nothing', async () => {
	const clinician = await new SecureAccount(nginx, portal).signIn(CLINICIAN);
	const reviewed = new Reviewed(/** @type {any} */ (portal), keys, recorder,
		clinician);
	const id = await reviewed.record('patient@people.example', { seconds: 30,
		words: ['--kbit', '4000', '--speed', '0'] });
	const viewers = [];

	for (let i = 0; i < VIEWERS; i++) {
		const account = await new SecureAccount(nginx, portal).signIn(OPERATOR);
		const [{ src }] = segmentsOf(await startPlay(account, id));

		viewers.push(get(src, `Cookie: ${account.cookie}\r\n` +
			'Connection: close\r\n'));
	}
	const stalled = new Raw({ ca: nginx.ca, from: DEAF });

	stalled.socket.once('data', () => stalled.socket.pause());
	stalled.send(viewers.pop());
	await until(() => stalled.socket.isPaused(), END_MS, 'it has begun');
	const digests = await Promise.all(viewers.map(view));

	assert.equal(new Set(digests).size, 1);
	stalled.leave();
	for (const folder of readdirSync(nginx.home, { withFileTypes: true }))
		if (folder.isDirectory())
			assert.deepEqual(readdirSync(join(nginx.home, folder.name)), [],
				`nothing is written to ${folder.name}`);
});

test('the portal is gone: a clear answer, and all is well again', async () => {
	const somebody = new SecureAccount(nginx, portal);

	assert.equal(await portal.program.stop('SIGTERM', END_MS), 0);
	const { status, headers, text } = await somebody.ask('GET', '/api/session');

	assert.equal(status, 503);
	assert.equal(headers['content-type'], 'application/json');
	assert.equal(JSON.parse(text).error.code, 'busy');
	const first = portal.program.text;

	await portal.run();
	assert.equal((await somebody.ask('GET', '/api/session')).status, 200);
	assert.equal(await portal.program.stop('SIGTERM', END_MS), 0);
	portal.said = first + portal.program.text;
});

describe('the logs', () => {
	test('of the portal: how much was refused, by kind', () => {
		const refused = ProxiedPortal.refused(portal.said);

		console.log(`# refused: ${JSON.stringify(refused)}`);
		for (const kind of ['malformed', 'too_large', 'no_route',
			'wrong_origin', 'late', 'broken'])
			assert.ok(refused[kind] > 0, kind);
	});

	test('of nginx: a line for each, and no more in it', () => {
		const { log } = nginx;

		for (const line of log.trimEnd().split('\n'))
			assert.match(line, /^[\d:T+-]+ ([A-Z-]+|-) \d{3} \d+ [\d.]+$/);
	});

	test('hold nothing of what was sent, nor who sent it', () => {
		for (const text of [portal.said, nginx.log, nginx.errors,
			nginx.program.text])
			for (const word of [/smuggled-\d+@/, /Injected:/, /X-A:/, /a{64}/,
				/evil\.example/, /package\.json/, /127\.0\.0\./])
				assert.doesNotMatch(text, word);
	});
});
