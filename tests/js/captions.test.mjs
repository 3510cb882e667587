// SPDX-License-Identifier: GPL-3.0-or-later
// Captions of a recording: WebVTT as lines of text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chosenOf, cuesOf, saidAt } from '../../web/js/review/captions.js';
import { wishOf } from '../../web/js/review/playerkeys.js';

const FILE = `\ufeffWEBVTT made by somebody\r
\r
NOTE what is noted here is no cue 00:01.000 --> 00:02.000\r
\r
STYLE\r
::cue { color: red }\r
\r
first\r
00:01.000 --> 00:03.500 line:80%\r
<v.loud Dr. A>Good morning</v>\r
How are you?\r
\r
00:03.000 --> 00:04.000\r
<i>Better</i> &amp; &lt;b&gt; 5 < 7\r
\r
1:00:00.000 --> 1:00:01.250\r
Late\r
`;

test('cues are text with its time', () => {
	assert.deepEqual(cuesOf(FILE), [
		{ from: 1000, to: 3500, text: 'Dr. A: Good morning\nHow are you?' },
		{ from: 3000, to: 4000, text: 'Better & <b> 5 < 7' },
		{ from: 3600000, to: 3601250, text: 'Late' }]);
});

test('what is said at a moment, by several at once', () => {
	const cues = cuesOf(FILE);
	assert.equal(saidAt(cues, 999), '');
	assert.equal(saidAt(cues, 1000), 'Dr. A: Good morning\nHow are you?');
	assert.equal(saidAt(cues, 3200),
		'Dr. A: Good morning\nHow are you?\nBetter & <b> 5 < 7');
	assert.equal(saidAt(cues, 4000), '');
});

test('what is no caption is left out', () => {
	for (const text of ['', 'WEBVTTX\n\n00:01.000 --> 00:02.000\nx',
		'00:01.000 --> 00:02.000\nx', '<html>'])
		assert.deepEqual(cuesOf(text), [], text);
	for (const cue of ['00:02.000 --> 00:01.000\nx', '00:01.000 -->\nx',
		'00:61.000 --> 00:62.000\nx', '00:01.000 --> 00:02.000\n',
		'-->\nx', '00:01.000 --> 00:02.000\n<c></c>'])
		assert.deepEqual(cuesOf(`WEBVTT\n\n${cue}\n\n`), [], cue);
});

test('the language of before is chosen again, or the nearest one', () => {
	const all = [{ language: 'en' }, { language: 'de-AT' }];
	assert.equal(chosenOf(all, null), '');
	assert.equal(chosenOf(all, ''), '');
	assert.equal(chosenOf(all, 'en'), 'en');
	assert.equal(chosenOf(all, 'de'), 'de-AT');
	assert.equal(chosenOf(all, 'fr'), '');
	assert.equal(chosenOf([], 'en'), '');
});

test('a key turns them off and on', () => {
	assert.deepEqual(wishOf({ key: 'c' }, 'none'), { do: 'captions' });
	assert.deepEqual(wishOf({ key: 'C' }, 'bar'), { do: 'captions' });
	assert.equal(wishOf({ key: 'c', ctrlKey: true }, 'none'), null,
		'copying stays copying');
	assert.equal(wishOf({ key: 'c' }, 'list'), null);
});
