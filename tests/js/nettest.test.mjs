// SPDX-License-Identifier: GPL-3.0-or-later
// What a test of the line makes of getStats, and what the line is good for.

import './english.mjs';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gradeOf } from '../../web/js/linegrade.js';

class NoConnection {}
globalThis.RTCPeerConnection ??= /** @type {any} */ (NoConnection);
const { NetTest, pathOf, resultOf, sumsOf } =
	await import('../../web/js/nettest.js');

test('which way media goes', () => {
	for (const [candidate, path] of /** @type {[any, string][]} */ ([
		[{ candidateType: 'host', protocol: 'udp' }, 'udp'],
		[{ candidateType: 'prflx', protocol: 'tcp' }, 'tcp'],
		[{ candidateType: 'relay', protocol: 'udp', relayProtocol: 'udp' },
			'turn-udp'],
		[{ candidateType: 'relay', protocol: 'udp', relayProtocol: 'tls' },
			'turn-tcp'],
		[{ candidateType: 'relay', protocol: 'udp', relayProtocol: 'tcp' },
			'turn-tcp'],
		[undefined, 'none'],
	]))
		assert.equal(pathOf(candidate), path);
});

/** getStats after some seconds of a line. */
const report = (seconds, more = {}) => [
	{ type: 'transport', id: 'T', selectedCandidatePairId: 'P' },
	{ type: 'candidate-pair', id: 'other', nominated: true,
		state: 'succeeded', currentRoundTripTime: 9, localCandidateId: 'X' },
	{ type: 'candidate-pair', id: 'P', currentRoundTripTime: 0.05,
		localCandidateId: 'L', availableOutgoingBitrate: 2000000 },
	{ type: 'local-candidate', id: 'L', candidateType: 'host',
		protocol: 'udp' },
	{ type: 'inbound-rtp', kind: 'audio', packetsReceived: 50 * seconds,
		packetsLost: 0, bytesReceived: 4000 * seconds },
	{ type: 'inbound-rtp', kind: 'video', packetsReceived: 100 * seconds,
		packetsLost: more.lost ?? 0, bytesReceived: 96000 * seconds },
	{ type: 'outbound-rtp', kind: 'video', bytesSent: 125000 * seconds },
	{ type: 'remote-inbound-rtp', kind: 'video',
		fractionLost: more.fraction ?? 0 },
];

test('rates, round trip and losses of a line', () => {
	const samples = [0, 1, 2, 3, 4].map((second) =>
		sumsOf(report(second), second * 1000));
	assert.deepEqual(resultOf(samples), { path: 'udp', round_trip_ms: 50,
		loss_permille: 0, up_kbps: 2000, down_kbps: 800 });
	const lossy = [0, 1, 2, 3, 4].map((second) =>
		sumsOf(report(second, { lost: second * 50 }), second * 1000));
	assert.equal(resultOf(lossy).loss_permille, 250);
	const remote = [1, 2, 3].map((second) =>
		sumsOf(report(second, { fraction: 0.1 }), second * 1000));
	assert.equal(resultOf(remote).loss_permille, 100);
});

test('what was not measured is not known', () => {
	assert.equal(resultOf([]).path, 'none');
	const once = resultOf([sumsOf(report(0), 0)]);
	assert.equal(once.up_kbps, null);
	assert.equal(once.down_kbps, null);
	assert.equal(once.loss_permille, null);
	const nothing = sumsOf([], 0);
	assert.equal(nothing.path, 'none');
	assert.equal(nothing.roundTrip, null);
});

test('what is told stays within what the server takes', () => {
	const samples = [0, 1].map((n) => ({ ...sumsOf(report(1), n),
		sent: n * 1e12, received: n * 1e12, roundTrip: 1e6, remote: 7 }));
	assert.deepEqual(resultOf(samples), { path: 'udp', round_trip_ms: 60000,
		loss_permille: 1000, up_kbps: 1000000, down_kbps: 1000000 });
});

test('what a line is good for', () => {
	const good = { path: /** @type {const} */ ('udp'), round_trip_ms: 40,
		loss_permille: 0, up_kbps: 1500, down_kbps: 1500 };
	assert.equal(gradeOf(good), 'good');
	assert.equal(gradeOf({ path: 'turn-tcp' }), 'good');
	assert.equal(gradeOf({ ...good, loss_permille: 30 }), 'fair');
	assert.equal(gradeOf({ ...good, round_trip_ms: 700 }), 'poor');
	assert.equal(gradeOf({ ...good, down_kbps: 90 }), 'poor');
	assert.equal(gradeOf({ ...good, up_kbps: 250 }), 'fair');
	assert.equal(gradeOf({ path: 'none' }), 'none');
	assert.equal(gradeOf({ path: null }), 'unknown');
});

/** The portal's answer to POST /api/check. */
function portal(t, answer) {
	const real = globalThis.fetch;
	globalThis.fetch = /** @type {any} */ (answer);
	t.after(() => {
		globalThis.fetch = real;
	});
}

test('a server that fails is one that did not answer', async (t) => {
	portal(t, async () => new Response('{}', { status: 500 }));
	assert.deepEqual(await new NetTest(() => null).run(), { path: null,
		round_trip_ms: null, loss_permille: null, up_kbps: null,
		down_kbps: null });
});

test('a server that has no time says nothing of the line', async (t) => {
	portal(t, async () => new Response('{}', { status: 429 }));
	assert.equal(await new NetTest(() => null).run(), null);
});

test('who joins stops it, and it has no result', async (t) => {
	portal(t, () => new Promise(() => {}));
	const it = new NetTest(() => null);
	const result = it.run();
	it.stop();
	it.stop();
	assert.equal(await result, null);
});
