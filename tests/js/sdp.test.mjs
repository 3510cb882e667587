// SPDX-License-Identifier: GPL-3.0-or-later
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { offerToSend } from '../../web/js/sdp.js';

/** An offer as that browser made it, and as it is sent: lines by m-line. */
function offers(browser) {
	const sdp = readFileSync(new URL(`../unit/sdp/${browser}.sdp`,
		import.meta.url), 'utf8');

	return [sdp, offerToSend(sdp)].map((text) => text.split(/^(?=m=)/m)
		.map((section) => section.split('\r\n')));
}

test('every slot becomes DTLS client, and nothing else of it changes', () => {
	const lines = ['v=0', 'a=setup:actpass', 'm=audio 9 UDP/TLS/RTP/SAVPF 111',
		'a=setup:actpass', 'a=mid:0', 'a=x-setup:actpass', 'a=setup:actpassive'];

	for (const end of ['\r\n', '\n'])
		assert.equal(offerToSend(lines.join(end) + end),
			['v=0', 'a=setup:active', 'm=audio 9 UDP/TLS/RTP/SAVPF 111',
				'a=setup:active', 'a=mid:0', 'a=x-setup:actpass',
				'a=setup:actpassive'].join(end) + end);
});

for (const browser of ['chromium', 'firefox']) {
	test(`${browser}: no retransmission stream is offered`, () => {
		const [made, sent] = offers(browser);

		assert.ok(made.flat().some((line) => line.includes(' rtx/')));
		for (const line of sent.flat())
			assert.doesNotMatch(line, / rtx\/|apt=|ssrc-group:FID/);
		for (const [i, section] of sent.entries()) {
			const types = (lines) => lines[0].split(' ').slice(3);
			const rtx = made[i].map((line) =>
				/^a=rtpmap:(\d+) rtx/.exec(line)?.[1]).filter(Boolean);

			if (i > 0)
				assert.deepEqual(types(section),
					types(made[i]).filter((type) => !rtx.includes(type)));
		}
	});

	test(`${browser}: each medium keeps its one SSRC, the screen none`, () => {
		const [, sent] = offers(browser);
		const ssrcs = sent.map((lines) => new Set(lines.map((line) =>
			/^a=ssrc:(\d+)/.exec(line)?.[1]).filter(Boolean)).size);

		assert.deepEqual(ssrcs, [0, 1, 1, 0, 0]);
	});
}
