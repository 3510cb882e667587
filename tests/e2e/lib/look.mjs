// SPDX-License-Identifier: GPL-3.0-or-later
// What must be true of every page at every size: nothing sticks out, everything
// is named for those who cannot see it. A picture is kept for looking at.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url)
	.resolve('axe-core/axe.min.js'), 'utf8');

export const SIZES = { phone: { width: 360, height: 640 },
	desk: { width: 1440, height: 900 } };

/** Nothing sticks out at the side. */
export async function fits(person, name) {
	const wide = await person.page.evaluate(() =>
		document.documentElement.scrollWidth - innerWidth);

	assert.ok(wide <= 0, `${name}: ${wide} px stick out at the side`);
}

/** axe-core finds nothing. */
export async function accessible(person, name) {
	if (!await person.page.evaluate(() => Boolean(globalThis.axe)))
		await person.page.evaluate(AXE);
	// Colours on their way from one to another have a contrast of their own.
	await person.page.until(() => !document.getAnimations().some((one) =>
		one.playState === 'running' && (/color|opacity/.test(
			/** @type {CSSTransition} */ (one).transitionProperty ?? '') ||
			'animationName' in one &&
			one.effect?.getComputedTiming().endTime !== Infinity)),
	'colours that stay');
	const found = await person.page.evaluate(async () =>
		(await globalThis.axe.run(document, {
			resultTypes: ['violations'],
			runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }))
			.violations.map((v) => `${v.id} (${v.impact}): ${
				v.nodes.map((n) => n.target).join(' ')}`));

	assert.deepEqual(found, [], name);
}

/** A picture, and what must be true of every page. */
export async function look(person, name) {
	await person.page.picture(name);
	await fits(person, name);
	await accessible(person, name);
}

/**
 * What is too small for a finger: buttons and links that are not words in a
 * line of text (WCAG 2.2, 2.5.8, with the size of 2.5.5).
 */
export const reachable = (person) => person.page.evaluate(() =>
	[...document.querySelectorAll('button, a[href], select, summary, input')]
		.filter((node) => {
			const box = node.getBoundingClientRect();

			return box.width && box.height && box.width + box.height > 4
				&& !node.matches('.link, p a, li a, .said-text a')
				&& getComputedStyle(node).visibility === 'visible'
				&& (Math.min(box.width, box.height) < 43.5
					&& !node.closest('label'));
		}).map((node) => `${node.tagName} ${node.id || node.className} ${
			node.textContent?.slice(0, 30)} ${
			JSON.stringify(node.getBoundingClientRect())}`));

/** Controls that cannot be reached by touch or are too small for a finger. */
export const small = (person) => person.page.evaluate(() =>
	[...document.querySelectorAll('nav.controls > button')].filter((button) => {
		const box = button.getBoundingClientRect();

		return !(/** @type {HTMLElement} */ (button).hidden) &&
			(box.width < 40 || box.height < 40 || box.left < 0 ||
				box.right > innerWidth || box.bottom > innerHeight);
	}).map((button) => button.id));
