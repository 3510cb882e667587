// SPDX-License-Identifier: GPL-3.0-or-later
// The English words for unit tests: imported before any module of web/js.

import { readFileSync } from 'node:fs';

const words = ['en', 'review/en'].map((name) => JSON.parse(readFileSync(
	new URL(`../../web/lang/${name}.json`, import.meta.url), 'utf8')));

globalThis.rthLang = { tag: 'en', words: Promise.resolve(words) };
