// SPDX-License-Identifier: GPL-3.0-or-later
// What portal/pack-web compresses is the same program as the source.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const web = mkdtempSync(join(tmpdir(), 'rth-web-'));

execFileSync(join(ROOT, 'portal/pack-web'), [join(ROOT, 'web'), web]);
after(() => rmSync(web, { recursive: true, force: true }));

const files = readdirSync(web, { recursive: true, withFileTypes: true })
	.filter((entry) => entry.isFile() && !entry.name.endsWith('.gz'))
	.map((entry) => join(entry.parentPath ?? entry.path, entry.name));

/** Without comments, and one space for any. */
const bare = (path, text) => (path.endsWith('.js')
	? ts.transpileModule(text, { compilerOptions: { target: 'es2022',
		module: 'es2022', removeComments: true } }).outputText
	: path.endsWith('.css') ? text.replace(/\/\*[\s\S]*?\*\//g, '') : text)
	.replace(/\s+/g, ' ').trim();

test('each file is there, compressed too, and says the same', () => {
	assert.ok(files.length > 50);
	for (const path of files)
		assert.equal(bare(path, gunzipSync(readFileSync(`${path}.gz`))
			.toString()), bare(path, readFileSync(path, 'utf8')), path);
});
