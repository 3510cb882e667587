// SPDX-License-Identifier: GPL-3.0-or-later
// The last test: what all the others have left in logs. Nobody's e-mail, name,
// token, session description, message or address may be in there.
import assert from 'node:assert/strict';
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FAR } from './lib/netns.mjs';
import { ARTIFACTS } from './lib/procs.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ALL = join(ARTIFACTS, '..');
const OURS = /-(janus|portal|recorder)(-\w+)?\.log$/;
/** What a trial says on its terminal instead of in a mail is in no log. */
const TERMINAL = /^SIGN-IN CODE for /;
const SECRETS = {
	'an e-mail address': /[\w.+-]+@[\w-]+\.(example|test|localhost)\b/i,
	'a name': /Dr\. Example|Pat Example|Patient \d|Secret Name|Name One|Quillfeather|onerror/,
	// A random id has 22 characters, and now and then begins like a token.
	'a token (JWT)': /eyJ[\w-]{20,}|eyJ[\w-]{10,}\./,
	'a transport token': /\d{10},janus,janus\.plugin\.rthealth/,
	'a session description': /\bv=0\b|a=(candidate|fingerprint|ice-pwd)|m=audio/,
	'what somebody wrote': /Hello|How have you been|I can only write|zolpidem/,
	'a participant\'s address': new RegExp(FAR.replaceAll('.', '\\.')),
	'a code for signing in': /\bcode\b\D{0,12}\d{6}\b/,
	'a session cookie': /__Host-|rth_session=/,
};

/** The logs of each test file beside this one. */
function* logs() {
	for (const file of readdirSync(HERE)) {
		const folder = join(ALL, file.replace(/\.test\.mjs$/, ''));

		if (!file.endsWith('.test.mjs') || !existsSync(folder))
			continue;
		for (const name of readdirSync(folder)) {
			if (OURS.test(name))
				yield join(folder, name);
		}
	}
}

async function findings(path) {
	const found = [];
	const lines = createInterface({ input: createReadStream(path) });

	for await (const line of lines) {
		if (TERMINAL.test(line))
			continue;
		for (const [what, pattern] of Object.entries(SECRETS)) {
			if (pattern.test(line))
				found.push(`${what}: ${path}: ${line.slice(0, 200)}`);
		}
	}
	return found;
}

test('the logs of the whole run hold nothing about patients', async (t) => {
	assert.ok(existsSync(ALL), 'no test has left a log');
	const paths = [...logs()];
	const found = (await Promise.all(paths.map(findings))).flat();

	t.diagnostic(`${paths.length} logs`);
	assert.ok(paths.length >= 2, `only ${paths.length} logs`);
	assert.deepEqual(found.slice(0, 20), []);
});

test('what is looked for would be found', () => {
	for (const [what, example] of Object.entries({
		'an e-mail address': 'to clinician@clinic.example',
		'a name': 'joined Dr. Example', 'a token (JWT)': 'eyJhbGciOiJFUzI1NiJ9.x',
		'a transport token': '1790000000,janus,janus.plugin.rthealth:x',
		'a session description': 'a=candidate:1 1 udp',
		'what somebody wrote': '"Hello"', 'a code for signing in': 'code 123456',
		'a participant\'s address': FAR, 'a session cookie': '__Host-rth=1',
	}))
		assert.match(example, SECRETS[what]);
});
