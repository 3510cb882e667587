// SPDX-License-Identifier: GPL-3.0-or-later
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linked } from '../../web/js/links.js';

const links = (text) => linked(text).flatMap(({ href }) => href ?? []);

test('addresses are links, without what ends the sentence', () => {
	assert.deepEqual(linked('See https://example.org/a?b=c. Then http://x.example!'),
		[{ text: 'See ' },
			{ text: 'https://example.org/a?b=c',
				href: 'https://example.org/a?b=c' },
			{ text: '. Then ' },
			{ text: 'http://x.example', href: 'http://x.example/' },
			{ text: '!' }]);
	assert.deepEqual(links('(https://example.org/a_(b))'),
		['https://example.org/a_(b)']);
});

test('nothing else is', () => {
	for (const text of ['', 'plain', 'example.org', 'javascript:alert(1)',
		'data:text/html,<b>', 'ftp://example.org', 'http://', 'https://?',
		'//example.org', 'https://bank.example@evil.example/',
		'https://a:b@evil.example', 'xhttps//x'])
		assert.deepEqual(linked(text), [{ text }]);
});

test('the parts are the text', () => {
	const letters = ['https://a.example', ' ', ')', '(', '.', '<b>', '"', 'é',
		'http://', '\n', '😀'];
	for (let n = 0; n < 500; n++) {
		const text = Array.from({ length: 12 }, (_, i) =>
			letters[(n * 7 + i * (n % 13 + 1)) % letters.length]).join('');

		assert.equal(linked(text).map((part) => part.text).join(''), text);
	}
});

test('what is unseen or turns the direction is no part of an address', () => {
	for (const sign of ['\u202e', '\u2066', '\u200b', '\u2060', '\ufeff'])
		assert.deepEqual(links(`https://clinic.example/${sign}gpj.exe`),
			['https://clinic.example/']);
});
