// SPDX-License-Identifier: GPL-3.0-or-later
// Each video codec that the configuration may want first, through real
// browsers; and two browsers of which only one can do the first.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Clinic } from './lib/clinic.mjs';
import { PORTS } from './lib/janus.mjs';
import { inside } from './lib/netns.mjs';
import { URL_OF_PORTAL } from './lib/portal.mjs';
import { stopAll } from './lib/procs.mjs';

await inside();
after(stopAll);

const wanting = (codecs) => `issuers = ( {
	issuer = "${URL_OF_PORTAL}";
	jwks = "http://127.0.0.1:${PORTS.portal}/.well-known/jwks.json";
	algorithms = [ "ES256" ];
} );
media = { video_codecs = [ ${codecs.map((c) => `"${c}"`).join(', ')} ]; };`;

/** The codec each of the two receives once both have decoded pictures. */
async function codecsOf(kinds, codecs) {
	const clinic = await Clinic.open({ pluginConf: wanting(codecs) });

	try {
		const { clinician, patient } = await clinic.call(kinds);

		await clinician.seesAndHears();
		await patient.seesAndHears();
		return await Promise.all([clinician, patient].map((who) =>
			who.page.evaluate(async () =>
				(await globalThis.rth.stats()).camera.codec.toLowerCase())));
	} finally {
		await clinic.close();
	}
}

describe('the first codec of the configuration is used', () => {
	for (const codec of ['vp8', 'vp9', 'h264', 'av1'])
		test(codec, async () => assert.deepEqual(
			await codecsOf(['chromium', 'chromium'], [codec]),
			[`video/${codec}`, `video/${codec}`]));
});

test('what only one of the two can do is not used', async () => {
	// Debian's Firefox does no H264; the one who came first learns of it.
	assert.deepEqual(
		await codecsOf(['chromium', 'firefox'], ['h264', 'vp8']),
		['video/vp8', 'video/vp8']);
});
