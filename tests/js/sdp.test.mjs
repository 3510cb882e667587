// SPDX-License-Identifier: GPL-3.0-or-later
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { answerToTake, offerToSend } from '../../web/js/sdp.js';

const split = (sdp) => sdp.split(/^(?=m=)/m);
const lines = (sdp) => split(sdp).map((section) => section.split('\r\n'));

/** An offer as our page makes it: with the signature behind the screen. */
function offer(browser) {
	const sdp = readFileSync(new URL(`../unit/sdp/${browser}.sdp`,
		import.meta.url), 'utf8');
	const [session, audio, camera, screen, data] = split(sdp);
	const signature = screen.replace(/^a=mid:.*$/m, 'a=mid:sig')
		.replace(/\d{6,}/g, (number) => number.replace(/^./, '9'));

	return [session.replace(/^(a=group:BUNDLE .*?)(?=\r?$)/m, '$1 sig'), audio,
		camera, screen, signature, data].join('');
}

test('every slot becomes DTLS client, and nothing else of it changes', () => {
	const made = ['v=0', 'a=setup:actpass', 'm=audio 9 UDP/TLS/RTP/SAVPF 111',
		'a=setup:actpass', 'a=mid:0', 'a=x-setup:actpass', 'a=setup:actpassive'];

	for (const end of ['\r\n', '\n'])
		assert.equal(offerToSend(made.join(end) + end),
			['v=0', 'a=setup:active', 'm=audio 9 UDP/TLS/RTP/SAVPF 111',
				'a=setup:active', 'a=mid:0', 'a=x-setup:actpass',
				'a=setup:actpassive'].join(end) + end);
});

for (const browser of ['chromium', 'firefox']) {
	test(`${browser}: four slots are offered, the signature stays`, () => {
		const made = offer(browser);
		const sent = offerToSend(made);
		const kinds = split(sent).slice(1).map((section) =>
			section.split(' ')[0]);

		assert.deepEqual(kinds,
			['m=audio', 'm=video', 'm=video', 'm=application']);
		assert.doesNotMatch(sent, /\bsig\b/);
		const ssrcs = /** @type {string[]} */ (split(made)[4].match(
			/(?<=^a=ssrc:)\d+/gm));

		assert.ok(ssrcs.length > 0);
		for (const ssrc of ssrcs)
			assert.ok(!sent.includes(ssrc));
	});

	test(`${browser}: no retransmission stream is offered`, () => {
		const made = lines(offer(browser));
		const sent = lines(offerToSend(offer(browser)));

		made.splice(4, 1);
		assert.ok(made.flat().some((line) => line.includes(' rtx/')));
		for (const line of sent.flat())
			assert.doesNotMatch(line, / rtx\/|apt=|ssrc-group:FID/);
		for (const [i, section] of sent.entries()) {
			const types = (of) => of[0].split(' ').slice(3);
			const rtx = made[i].map((line) =>
				/^a=rtpmap:(\d+) rtx/.exec(line)?.[1]).filter(Boolean);

			if (i > 0)
				assert.deepEqual(types(section),
					types(made[i]).filter((type) => !rtx.includes(type)));
		}
	});

	test(`${browser}: each medium keeps its one SSRC`, () => {
		const ssrcs = lines(offerToSend(offer(browser))).map((section) =>
			new Set(section.map((line) => /^a=ssrc:(\d+)/.exec(line)?.[1])
				.filter(Boolean)).size);

		assert.deepEqual(ssrcs, [0, 1, 1, 1, 0]);
	});

	test(`${browser}: the answer accepts the signature with two codecs`, () => {
		const made = offer(browser);
		const answer = offerToSend(made).replace(/^a=sendrecv/gm, 'a=recvonly');
		const taken = split(answerToTake(answer, made));

		assert.equal(taken.length, 6);
		for (const [i, section] of split(answer).entries()) {
			if (i > 0)
				assert.equal(taken[i < 4 ? i : 5], section);
		}
		assert.match(taken[0], /^a=group:BUNDLE .* sig\r$/m);
		assert.match(taken[4], /^a=mid:sig\r$/m);
		assert.match(taken[4], /^a=recvonly\r$/m);
		const [, first, second] = /** @type {RegExpExecArray} */ (
			/^m=video 9 UDP\/TLS\/RTP\/SAVPF (\d+) (\d+)\r$/m.exec(taken[4]));

		assert.match(taken[4], new RegExp(`^a=rtpmap:${first} VP8/`, 'm'));
		assert.match(taken[4], new RegExp(`^a=rtpmap:${second} VP9|H264`, 'm'));
		assert.doesNotMatch(taken[4], /ssrc|msid/);
	});
}
