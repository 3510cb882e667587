// SPDX-License-Identifier: GPL-3.0-or-later
// The portal's client against a real HTTP server in this process.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import * as api from '../../web/js/api.js';

const realFetch = globalThis.fetch;

/** A portal whose rows answer "METHOD /path" with [status, body]. */
async function portal(t, rows) {
	const heard = [];
	const server = createServer(async (request, response) => {
		let text = '';
		for await (const chunk of request)
			text += chunk;
		heard.push({ what: `${request.method} ${request.url}`,
			csrf: request.headers['x-rth-csrf'],
			body: text && JSON.parse(text) });
		const row = rows[heard.at(-1).what];
		const [status, body] = typeof row === 'function' ? row(heard) : row;
		response.writeHead(status, { 'Content-Type': 'application/json' });
		response.end(typeof body === 'string' ? body
			: body && JSON.stringify(body));
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const base = `http://127.0.0.1:${server.address().port}`;
	globalThis.fetch = (path, options) => realFetch(base + path, options);
	t.after(() => {
		globalThis.fetch = realFetch;
		server.closeAllConnections();
		server.close();
	});
	return { heard, server };
}

test('requests that change something bear the session\'s token', async (t) => {
	const visit = { id: 'a/b', title: 'x' };
	const { heard } = await portal(t, {
		'POST /api/visits': [201, visit],
		'DELETE /api/visits/a%2Fb': [204],
		'GET /api/visits': [200, { visits: [visit] }] });
	api.useCsrf('secret');
	assert.deepEqual(await api.addVisit({ title: 'x' }), visit);
	assert.equal(await api.cancelVisit('a/b'), null);
	assert.deepEqual(await api.visits(), [visit]);
	assert.deepEqual(heard.map((r) => r.csrf), ['secret', 'secret', undefined]);
	assert.deepEqual(heard[0].body, { title: 'x' });
});

test('each refusal has its code, also without one in the body', async (t) => {
	const rows = [
		[[403, { error: { code: 'too-early', opens: 'T' } }], 'too-early'],
		[[403, { error: { code: 'ended' } }], 'ended'],
		[[404, { error: { code: 'not-found' } }], 'not-found'],
		[[404, '<html>'], 'not-found'],
		[[401, { error: { code: 'sign-in' } }], 'signed-out'],
		[[400, { error: { code: 'bad-request', message: 'The title.' } }],
			'bad-request'],
		[[429], 'too-many'],
		[[500, { error: { code: 'failed' } }], 'server'],
		[[502, '<html>'], 'server'],
		[[503, { error: { code: 'busy' } }], 'busy'],
	];
	let row;
	await portal(t, { 'POST /api/visits/v/join': () => row });
	for (const [answer, code] of rows) {
		row = answer;
		await assert.rejects(api.join('v'), (error) =>
			error instanceof api.ApiError && error.code === code
				&& error.status === answer[0]
				&& error.message === (answer[1]?.error?.message ?? code)
				&& error.opens === answer[1]?.error?.opens, code);
	}
});

test('no answer at all is no network', async (t) => {
	const { server } = await portal(t, {});
	server.close();
	server.closeAllConnections();
	await assert.rejects(api.session(), { code: 'no-network', status: 0 });
});

test('an old token is renewed once, and only once', async (t) => {
	let right = 'new';
	const { heard } = await portal(t, {
		'GET /api/session': () => [200, { signed_in: true, csrf: 'new' }],
		'POST /auth/sign-out': (all) => all.at(-1).csrf === right ? [204]
			: [403, { error: { code: 'wrong-csrf' } }] });
	api.useCsrf('old');
	await api.signOut(false);
	assert.deepEqual(heard.map((r) => r.what), ['POST /auth/sign-out',
		'GET /api/session', 'POST /auth/sign-out']);
	right = 'never';
	await assert.rejects(api.signOut(false), { code: 'wrong-csrf' });
	assert.equal(heard.length, 6);
});

test('nothing is done in the name of whoever signed in meanwhile', async (t) => {
	const { heard } = await portal(t, {
		'GET /api/session': [200, { signed_in: true, csrf: 'theirs',
			user: { id: 'somebody-else' } }],
		'DELETE /api/visits/x': [403, { error: { code: 'wrong-csrf' } }] });
	api.useCsrf('mine', 'me');
	await assert.rejects(api.cancelVisit('x'), { code: 'signed-out' });
	assert.deepEqual(heard.map((r) => r.what),
		['DELETE /api/visits/x', 'GET /api/session']);
	api.useCsrf('');
});

test('the name goes along only if there is one', async (t) => {
	const { heard } = await portal(t, { 'POST /auth/verify': [200, {}] });
	await api.verifyCode('a@example.org', '123456', '');
	await api.verifyCode('a@example.org', '123456', 'A');
	assert.deepEqual(heard.map((r) => r.body), [
		{ email: 'a@example.org', code: '123456' },
		{ email: 'a@example.org', code: '123456', name: 'A' }]);
});

test('a provider\'s link is escaped', () => {
	assert.equal(api.providerLink('a/b', '/visit/x?y'),
		'/auth/start/a%2Fb?next=%2Fvisit%2Fx%3Fy');
});
