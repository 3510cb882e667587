// SPDX-License-Identifier: GPL-3.0-or-later
// The protocol client against a real WebSocket server in this process that
// speaks as Janus does.

import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';

// What browsers have and Node 18 has not.
globalThis.WebSocket ??= WebSocket;
globalThis.crypto ??= webcrypto;
const { Connection, ProtocolError } = await import('../../web/js/protocol.js');

const HANDLE = 77;

/** Janus's answers; a test replaces the rows that it is about. */
const ANSWERS = {
	create: (m) => [{ janus: 'success', data: { id: m.id } }],
	attach: () => [{ janus: 'success', data: { id: HANDLE } }],
	claim: () => [{ janus: 'success' }],
	keepalive: () => [{ janus: 'ack' }],
	trickle: () => [{ janus: 'ack' }],
	destroy: () => [{ janus: 'success' }],
	message: (m) => [{ janus: 'ack' }, { janus: 'event', sender: HANDLE,
		plugindata: { data: { rthealth: m.body.request } }, jsep: m.jsep }],
};

async function janus(t, answers = {}) {
	const server = new WebSocketServer({ port: 0, host: '127.0.0.1',
		handleProtocols: (offered) => [...offered][0] });
	await once(server, 'listening');
	const heard = [];
	const table = { ...ANSWERS, ...answers };
	server.on('connection', (socket) => socket.on('message', (data) => {
		const message = JSON.parse(data);
		heard.push(message);
		for (const answer of table[message.janus](message))
			socket.send(JSON.stringify({ transaction: message.transaction,
				...answer }));
	}));
	t.after(() => {
		for (const socket of server.clients)
			socket.terminate();
		server.close();
	});
	return { heard, server, url: `ws://127.0.0.1:${server.address().port}/`,
		tell: (message) => {
			for (const socket of server.clients)
				socket.send(JSON.stringify(message));
		},
		cut: () => {
			for (const socket of server.clients)
				socket.terminate();
		} };
}

/** A connection, and what it called back, in order. */
function connect(t) {
	const calls = [];
	const waiting = [];
	const note = (name) => (...args) => {
		calls.push([name, ...args]);
		for (const check of waiting)
			check();
	};
	const line = new Connection({ event: note('event'), state: note('state'),
		trickle: note('trickle'), webrtc: note('webrtc') });
	t.after(() => line.close());
	const until = (wanted) => new Promise((resolve) => {
		const check = () => {
			const found = calls.find(wanted);
			if (found)
				resolve(found);
		};
		waiting.push(check);
		check();
	});
	return { line, calls, until };
}

test('create and attach leave together, each request bears the token', async (t) => {
	const { url, heard } = await janus(t, { create: () => [] });
	const { line } = connect(t);
	await line.open(url);
	line.attach('secret').catch(() => {});
	while (heard.length < 2)
		await new Promise((resolve) => setImmediate(resolve));
	const [create, attach] = heard;
	assert.deepEqual([create.janus, attach.janus], ['create', 'attach']);
	assert.ok(Number.isSafeInteger(create.id) && create.id > 0);
	assert.equal(attach.session_id, create.id);
	assert.equal(attach.plugin, 'janus.plugin.rthealth');
	assert.deepEqual([create.token, attach.token], ['secret', 'secret']);
	assert.notEqual(create.transaction, attach.transaction);
});

test('a request is answered by its event, not by Janus\'s ack', async (t) => {
	const { url, heard } = await janus(t);
	const { line } = connect(t);
	await line.open(url);
	await line.attach('secret');
	const offer = { type: 'offer', sdp: 'v=0' };
	const [join, media] = await Promise.all([
		line.request({ request: 'join', token: 'a' }),
		line.request({ request: 'media' }, offer)]);
	assert.equal(join.body.rthealth, 'join');
	assert.equal(media.body.rthealth, 'media');
	assert.deepEqual(media.jsep, offer);
	const sent = heard.filter((message) => message.janus === 'message');
	assert.deepEqual(sent.map((m) => [m.handle_id, m.token]),
		[[HANDLE, 'secret'], [HANDLE, 'secret']]);
});

test('refusals keep their code', async (t) => {
	const { url } = await janus(t, { message: () => [{ janus: 'event',
		plugindata: { data: { rthealth: 'error', code: 'room-full',
			error: 'words' } } }] });
	const { line } = connect(t);
	await line.open(url);
	await line.attach('secret');
	await assert.rejects(line.request({ request: 'join' }),
		(error) => error instanceof ProtocolError
			&& error.code === 'room-full' && error.message === 'words');
});

test('a wrong transport token is told with Janus\'s number', async (t) => {
	const { url } = await janus(t, { create: () => [{ janus: 'error',
		error: { code: 403, reason: 'Unauthorized' } }] });
	const { line } = connect(t);
	await line.open(url);
	await assert.rejects(line.attach('bad'), { code: 'janus-403' });
});

test('nobody there: open fails with `lost`', async (t) => {
	const { url, server } = await janus(t);
	server.close();
	const { line } = connect(t);
	await assert.rejects(line.open(url), { code: 'lost' });
	assert.equal(line.state, 'closed');
});

test('events, candidates and hang-ups are told apart; rubbish is not', async (t) => {
	const { url, tell, server } = await janus(t);
	const { line, calls, until } = connect(t);
	await line.open(url);
	await line.attach('secret');
	for (const socket of server.clients)
		socket.send('{not json');
	tell({ janus: 'nonsense' });
	tell({ janus: 'event' });
	tell({ janus: 'trickle', candidate: { candidate: 'c', sdpMid: '0' } });
	tell({ janus: 'trickle', candidate: { completed: true } });
	tell({ janus: 'webrtcup' });
	tell({ janus: 'hangup' });
	tell({ janus: 'event', plugindata: { data: { rthealth: 'slow' } } });
	await until(([name]) => name === 'event');
	assert.deepEqual(calls.filter(([name]) => name !== 'state'), [
		['trickle', { candidate: 'c', sdpMid: '0' }], ['trickle', null],
		['webrtc', true], ['webrtc', false],
		['event', { rthealth: 'slow' }, undefined]]);
});

test('our candidates are sent, and that there are no more', async (t) => {
	const { url, heard } = await janus(t);
	const { line } = connect(t);
	await line.open(url);
	await line.attach('secret');
	line.trickle({ candidate: 'c' });
	line.trickle(null);
	await line.request({ request: 'leave' });
	assert.deepEqual(heard.filter((m) => m.janus === 'trickle')
		.map((m) => m.candidate), [{ candidate: 'c' }, { completed: true }]);
});

test('a lost line is claimed again and goes on', async (t) => {
	const { url, heard, cut } = await janus(t);
	const { line, calls, until } = connect(t);
	await line.open(url);
	await line.attach('secret');
	const session = heard[0].id;
	cut();
	await until(([name, state]) => name === 'state' && state === 'lost');
	calls.length = 0;
	await until(([name, state]) => name === 'state' && state === 'open');
	const claim = heard.find((message) => message.janus === 'claim');
	assert.deepEqual([claim.session_id, claim.token], [session, 'secret']);
	assert.equal((await line.request({ request: 'state' })).body.rthealth,
		'state');
});

test('a session that is gone ends the line', async (t) => {
	const { url, cut } = await janus(t, { claim: () => [{ janus: 'error',
		error: { code: 458, reason: 'No such session' } }] });
	const { line, until } = connect(t);
	await line.open(url);
	await line.attach('secret');
	cut();
	await until(([name, state]) => name === 'state' && state === 'closed');
	await assert.rejects(line.request({ request: 'state' }), { code: 'lost' });
});

test('a handle that the plugin closes ends the line', async (t) => {
	const { url, tell } = await janus(t);
	const { line, until } = connect(t);
	await line.open(url);
	await line.attach('secret');
	tell({ janus: 'detached', sender: HANDLE });
	await until(([name, state]) => name === 'state' && state === 'closed');
	assert.equal(line.state, 'closed');
});

test('close tells Janus, fails what waits, and calls nobody back', async (t) => {
	const { url, heard, server } = await janus(t, { message: () => [] });
	const { line, calls } = connect(t);
	await line.open(url);
	await line.attach('secret');
	const waiting = line.request({ request: 'state' });
	const [socket] = server.clients;
	calls.length = 0;
	line.close();
	await assert.rejects(waiting, { code: 'lost' });
	await once(socket, 'close');
	assert.equal(heard.at(-1).janus, 'destroy');
	assert.deepEqual(calls, []);
	line.close();
});
