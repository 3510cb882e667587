// SPDX-License-Identifier: GPL-3.0-or-later
import assert from 'node:assert/strict';
import { test } from 'node:test';
import './english.mjs';
import { asking } from '../../web/js/asking.js';
import { cut, frame, parse } from '../../web/js/chatwire.js';
import { digest } from '../../web/js/stats.js';
import * as time from '../../web/js/time.js';
import { mark, timings } from '../../web/js/timings.js';
import { none } from '../../web/js/recording.js';
import {
	chatHint, ending, notice, problem, recordedWords, recordingNote,
} from '../../web/js/words.js';

test('the length of a visit', () => {
	const lengths = [[0, '0:00'], [7999, '0:07'], [725000, '12:05'],
		[3725000, '1:02:05'], [-5, '0:00']];
	for (const [ms, words] of lengths)
		assert.equal(time.length(ms), words);
});

test('how long until', () => {
	const waits = [[-1, 'now'], [0, 'now'], [1, 'in 1 minute'],
		[60000, 'in 1 minute'], [60001, 'in 2 minutes'],
		[89 * 60000, 'in 89 minutes'], [120 * 60000, 'in 2 hours'],
		[48 * 3600000, 'in 2 days']];
	for (const [ms, words] of waits)
		assert.equal(time.until(ms), words);
});

test('days near today have a name', () => {
	const at = (d, h) => new Date(2026, 0, d, h).toISOString();
	const now = new Date(2026, 0, 31, 23, 30).getTime();
	assert.equal(time.day(at(31, 0), now, 'en-GB'), 'Today');
	assert.equal(time.day(at(32, 0), now, 'en-GB'), 'Tomorrow');
	assert.equal(time.day(at(30, 23), now, 'en-GB'), 'Yesterday');
	// Whether there is a comma depends on the edition of Unicode's data.
	assert.match(time.day(at(29, 12), now, 'en-GB'),
		/^Thursday,? 29 January$/);
	assert.match(time.day(at(-40, 12), now, 'en-GB'), / 2025$/);
	assert.equal(time.dayAndClock(at(31, 9), now, 'en-GB'), 'Today, 09:00');
});

test('a form\'s day and time become UTC and come back', () => {
	const utc = time.fromFields('2026-01-31', '09:30');
	assert.match(utc, /^2026-0\d-[0-3]\dT\d\d:30:00Z$/);
	assert.deepEqual(time.fields(new Date(utc)),
		{ date: '2026-01-31', time: '09:30' });
	assert.equal(time.fromFields('', '09:30'), null);
	assert.equal(time.fromFields('2026-13-40', '09:30'), null);
});

test('steps are measured from the click, each once', () => {
	mark('click');
	mark('token');
	const first = timings().token;
	mark('token');
	assert.equal(timings().token, first);
	assert.deepEqual(Object.keys(timings()), ['click', 'token']);
	assert.equal(timings().click, 0);
	mark('click');
	assert.deepEqual(Object.keys(timings()), ['click']);
});

test('getStats entries are added to their slot', () => {
	const sums = digest([
		{ type: 'inbound-rtp', mid: '0', totalAudioEnergy: 2,
			totalSamplesReceived: 480, concealedSamples: 4, packetsReceived: 9 },
		{ type: 'inbound-rtp', mid: '1', framesDecoded: 30, packetsLost: 1,
			codecId: 'c' },
		{ type: 'codec', id: 'c', mimeType: 'video/VP8' },
		{ type: 'outbound-rtp', mid: '2', framesEncoded: 5, bytesSent: 100 },
		{ type: 'inbound-rtp', mid: '7', framesDecoded: 99 },
		{ type: 'transport', srtpCipher: 'AEAD_AES_128_GCM',
			dtlsRole: 'client', dtlsState: 'connected' },
		{ type: 'candidate-pair', nominated: true,
			availableOutgoingBitrate: 300000, currentRoundTripTime: 0.012 },
		{ type: 'candidate-pair', nominated: false,
			availableOutgoingBitrate: 1 },
	], { microphone: '0', camera: '1', screen: '2' });
	assert.equal(sums.microphone.energy, 2);
	assert.equal(sums.microphone.concealed, 4);
	assert.deepEqual([sums.camera.decoded, sums.camera.lost,
		sums.camera.codec], [30, 1, 'video/VP8']);
	assert.deepEqual([sums.screen.sent, sums.screen.bytes_out], [5, 100]);
	assert.deepEqual([sums.srtp_cipher, sums.dtls_role, sums.outgoing_bitrate,
		sums.round_trip_ms], ['AEAD_AES_128_GCM', 'client', 300000, 12]);
});

test('each failure has words of its own', () => {
	const unknown = notice('no such code');
	for (const code of ['no-network', 'signed-out', 'too-many', 'wrong-code',
		'lost', 'busy', 'sign-in-failed', 'email-unverified',
		'provider-down', 'sign-in-expired', 'sign-in-refused', 'chat-alone'])
		assert.notEqual(notice(code), unknown, code);
	assert.match(notice('device:camera:busy'), /camera.*another program/);
	assert.equal(notice('said:a: <b>'), 'a: <b>');
	const unexpected = ending('no such reason');
	for (const reason of ['left', 'ended', 'replaced', 'removed', 'expired',
		'cancelled', 'blocked',
		'room-full', 'not-admitted', 'not-found', 'no-common-codec', 'bad-sdp',
		'signed-out'])
		assert.notEqual(ending(reason), unexpected, reason);
});

test('each reason for no recording has words of its own, for who asked', () => {
	const refused = (reason) => recordingNote({ ...none(), step: 'refused',
		reason }, true);
	const reasons = ['disk-full', 'no-recorder', 'no-answer', 'busy', 'alone',
		'not-allowed', 'lost', 'no such reason'];
	assert.equal(new Set(reasons.map(refused)).size, reasons.length);
	assert.match(refused('disk-full'), /no room.*administrator/);
});

test('of a recording nobody is named, and the patient is not alarmed', () => {
	const note = (change, clinician) => recordingNote({ ...none(), ...change },
		clinician);
	for (const clinician of [true, false])
		assert.equal(note({ step: 'declined' }, clinician), 'Not recorded.');
	for (const reason of ['stopped', 'withdrawn', 'ended'])
		assert.equal(note({ step: 'finished', reason }, false),
			'Recording stopped.');
	assert.match(note({ step: 'finished', reason: 'disk-full' }, false),
		/no room left. The visit goes on/);
	const lossy = { step: 'running', incomplete: true, lostS: 2.2 };
	assert.equal(note(lossy, true),
		'Recording incomplete: 3 s could not be stored.');
	assert.equal(note(lossy, false), '');
	assert.equal(note({ ...lossy, noted: true }, true), '');
	assert.match(note({ step: 'answered', answer: 'yes' }, true),
		/Waiting for the patient/);
	assert.equal(note({ step: 'answered', answer: 'no' }, true), '');
});

test('words do not promise what a recording makes untrue', () => {
	assert.match(chatHint(none()), /gone when the visit ends/);
	assert.match(chatHint(none(true)), /recorded too/);
	assert.match(recordedWords(none(true)), /was recorded/);
	assert.match(recordedWords(none()), /Nothing was recorded/);
});

test('the answers are in the language of the text, or in English', () => {
	const languages = ['en', 'ar', 'de', 'es', 'fr', 'th'];
	for (const language of languages) {
		const { yes, voice, no } = asking(`${language}-XX`);
		assert.equal(new Set([yes, voice, no]).size, 3, language);
		assert.equal(asking(language).language, language);
	}
	assert.deepEqual(asking('xx'), asking('en'));
	assert.deepEqual(asking('constructor'), asking('en'));
});

test('how to allow a camera is told for the browser at hand', () => {
	const agents = ['Mozilla/5.0 Gecko/20100101 Firefox/140.0',
		'Mozilla/5.0 AppleWebKit/537.36 Chrome/140.0 Safari/537.36',
		'Mozilla/5.0 AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15'];
	const texts = agents.map((agent) => problem('camera', 'denied', agent));
	assert.equal(new Set(texts).size, agents.length);
	for (const kind of ['none', 'busy', 'insecure', 'ended', 'failed'])
		assert.match(problem('camera', kind, agents[0]), /camera/);
});

test('a message is cut at 4000 bytes, never inside a character', () => {
	assert.equal(cut('a'.repeat(4001)).length, 4000);
	const faces = cut('\u{1F642}'.repeat(1001));
	assert.equal(faces, '\u{1F642}'.repeat(1000));
	assert.deepEqual(JSON.parse(frame('<b>"x"</b>')), { text: '<b>"x"</b>' });
});

test('what comes over the data channel is read or ignored', () => {
	const line = parse('{"type":"chat","from":"p","role":"patient","time":5,'
		+ '"text":"<img src=x onerror=1>"}', 'B');
	assert.deepEqual(line, { type: 'chat-line', line: { mine: false, name: 'B',
		time: 5, text: '<img src=x onerror=1>' } });
	assert.deepEqual(parse('{"type":"refused","reason":"rate"}', 'B'),
		{ type: 'chat-refused', reason: 'rate' });
	for (const rubbish of ['', '{', 'null', '[]', '7', '{"type":"joined"}'])
		assert.equal(parse(rubbish, 'B'), null, rubbish);
});
