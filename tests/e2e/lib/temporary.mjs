// SPDX-License-Identifier: GPL-3.0-or-later
// Folders that are gone when the test is; RTH_KEEP=1 keeps them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @type {string[]} */
const folders = [];

process.on('exit', () => {
	if (process.env.RTH_KEEP)
		return;
	for (const folder of folders)
		rmSync(folder, { recursive: true, force: true });
});

/** A new folder in the system's folder for temporary files. */
export function temporaryFolder(name) {
	const folder = mkdtempSync(join(tmpdir(), `rth-${name}-`));

	folders.push(folder);
	return folder;
}
