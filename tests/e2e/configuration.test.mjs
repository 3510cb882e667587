// SPDX-License-Identifier: GPL-3.0-or-later
// A wrong configuration: Janus does not load the plugin, and one line names
// the file, the key and what is wrong with it.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { admin, secrets, startJanus } from './lib/janus.mjs';
import { inside } from './lib/netns.mjs';
import { stopAll } from './lib/procs.mjs';
import { Issuer } from './lib/tokens.mjs';

await inside();
after(stopAll);

const issuer = new Issuer();
const good = issuer.conf();
const replace = (from, to) => good.replace(from, to);

/** what is wrong -> [the file's text, the key that is named, the reason] */
const WRONG = {
	'no issuer at all': ['', /issuers/, /missing|required|not there/i],
	'an empty list of issuers':
		['issuers = ();', /issuers/, /no issuer|entries/],
	'an issuer without keys': [replace(/jwks = .*\n/, ''), /jwks/, /./],
	'an issuer without algorithms':
		[replace(/algorithms = .*\n/, ''), /algorithms/, /./],
	'an algorithm that is none of ours':
		[replace('ES256', 'HS256'), /algorithms/, /HS256/],
	'alg none': [replace('ES256', 'none'), /algorithms/, /none/],
	'a key file that is not there':
		[replace(issuer.path, '/nonexistent/jwks.json'), /jwks/,
			/nonexistent/],
	'a key file with a relative path':
		[replace(issuer.path, 'jwks.json'), /jwks/, /path|URL/],
	'keys over plain http from elsewhere':
		[replace(issuer.path, 'http://keys.example/jwks'), /jwks/, /http/],
	'an unknown key': [`${good}\nfoo = 1;`, /foo/, /unknown/],
	'an unknown key of an issuer':
		[replace('audience', 'audiense'), /audiense/, /unknown/],
	'an unknown key of a group':
		[`${good}\nrooms = { lingers = 1; };`, /rooms\.lingers/, /unknown/],
	'a number that is a text':
		[`${good}\nrooms = { max = "many"; };`, /rooms\.max/, /number/],
	'a number below its range':
		[`${good}\nrooms = { linger_s = -1; };`, /linger_s/, /from 0/],
	'a number above its range':
		[`${good}\nadmission = { leeway_s = 3600; };`, /leeway_s/, /60/],
	'an unknown codec':
		[`${good}\nmedia = { video_codecs = [ "mjpeg" ]; };`, /video_codecs/,
			/mjpeg/],
	'a codec twice':
		[`${good}\nmedia = { video_codecs = [ "vp8", "vp8" ]; };`,
			/video_codecs/, /twice/],
	'a syntax error': [`${good}\nrooms = {`, /janus\.plugin\.rthealth/,
		/syntax/],
};

async function lines(pluginConf) {
	const keys = secrets();
	const janus = await startJanus({ secrets: keys, pluginConf,
		events: false });
	const { plugins } = await admin(keys.admin, { janus: 'info' });
	const status = await janus.stop();

	assert.equal(status, 0);
	return { plugins: Object.keys(plugins ?? {}),
		ours: janus.text.split('\n').filter((line) =>
			line.includes('[rthealth]')) };
}

test('a right one loads', async () => {
	const { plugins, ours } = await lines(good);

	assert.deepEqual(plugins, ['janus.plugin.rthealth']);
	assert.deepEqual(ours.filter((line) => line.includes('.jcfg')), []);
});

for (const [what, [text, key, reason]] of Object.entries(WRONG)) {
	test(`${what}: does not load, and says why in one line`, async () => {
		const { plugins, ours } = await lines(text);

		assert.deepEqual(plugins, []);
		assert.equal(ours.length, 1, ours.join('\n'));
		assert.match(ours[0], /janus\.plugin\.rthealth\.jcfg/);
		assert.match(ours[0], key);
		assert.match(ours[0], reason);
	});
}
