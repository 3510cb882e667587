// SPDX-License-Identifier: GPL-3.0-or-later
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
	arrange, follow, noWish, pin, swap, toggleSelf,
} from '../../web/js/arrange.js';

const NOBODY = { peer: false, screen: false };
const FACES = { peer: true, screen: false };
const SCREEN = { peer: true, screen: true };

test('what is large without a wish', () => {
	assert.deepEqual(arrange(noWish(), NOBODY), { big: null, small: ['mine'] });
	assert.deepEqual(arrange(noWish(), FACES),
		{ big: 'theirs', small: ['mine'] });
	assert.deepEqual(arrange(noWish(), SCREEN),
		{ big: 'shared', small: ['theirs', 'mine'] });
});

test('swapping goes there and back', () => {
	const swapped = swap(noWish(), FACES);

	assert.deepEqual(arrange(swapped, FACES),
		{ big: 'mine', small: ['theirs'] });
	assert.equal(arrange(swap(swapped, FACES), FACES).big, 'theirs');
	assert.equal(arrange(swap(noWish(), SCREEN, 'mine'), SCREEN).big, 'mine');
	assert.deepEqual(swap(noWish(), NOBODY), noWish());
});

test('a screen that comes is large, unless something is pinned', () => {
	const swapped = swap(noWish(), FACES);
	const pinned = pin(swapped, FACES);

	assert.equal(arrange(follow(swapped, FACES, SCREEN), SCREEN).big, 'shared');
	assert.equal(arrange(follow(pinned, FACES, SCREEN), SCREEN).big, 'mine');
	assert.equal(pin(pinned, FACES).pinned, false);
	assert.equal(pin(noWish(), NOBODY).pinned, false);
});

test('what goes away is not waited for', () => {
	const pinned = pin(noWish(), SCREEN);
	const after = follow(pinned, SCREEN, FACES);

	assert.equal(pinned.chosen, 'shared');
	assert.deepEqual(after, noWish());
	assert.equal(arrange(follow(pin(noWish(), FACES), FACES, NOBODY), FACES).big,
		'theirs', 'who comes back is where they were');
});

test('without one’s own picture', () => {
	const hidden = toggleSelf(swap(noWish(), FACES));

	assert.deepEqual(arrange(hidden, FACES), { big: 'theirs', small: [] });
	assert.deepEqual(arrange(hidden, NOBODY), { big: null, small: [] });
	assert.deepEqual(arrange(toggleSelf(hidden), FACES).small, ['mine']);
	assert.deepEqual(swap(hidden, FACES), hidden, 'there is nothing to swap');
});
