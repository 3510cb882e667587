// SPDX-License-Identifier: GPL-3.0-or-later
// One state of the page in every size, light and dark: a picture of each, and
// what must be true of all of them. The state is made once; the page is only
// resized and recoloured.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { accessible, fits, reachable } from './look.mjs';
import { ROOT } from './procs.mjs';

export const FOLDER = join(ROOT, 'tests/artifacts/shots');

const SIZES = { phone: { width: 360, height: 640 },
	tablet: { width: 768, height: 1024 }, desk: { width: 1440, height: 900 } };
const SCHEMES = /** @type {const} */ (['light', 'dark']);

/** Where axe-core looks: colours are those of a scheme, not of a size. */
const AXE = ['phone-dark', 'desk-light'];

/**
 * @param {import('./person.mjs').Person} person with Chromium
 * @param {string} name of the state
 * @param {{ sizes?: string[], before?: () => Promise<unknown> }} [options]
 *   before: what makes the state again after the page has changed its size
 */
export async function shots(person, name, { sizes = Object.keys(SIZES),
	before = undefined } = {}) {
	const { page } = person.page;

	mkdirSync(FOLDER, { recursive: true });
	for (const size of sizes) {
		await page.setViewportSize(SIZES[size]);
		await before?.();
		for (const colorScheme of SCHEMES) {
			const where = `${size}-${colorScheme}`;

			await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
			await page.screenshot({ animations: 'disabled', caret: 'hide',
				path: join(FOLDER, `${name}-${where}.png`) });
			if (AXE.includes(where))
				await accessible(person, `${name}-${where}`);
		}
		await fits(person, `${name}-${size}`);
		if (size === 'phone')
			assert.deepEqual(await reachable(person), [], name);
	}
}
