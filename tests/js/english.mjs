// SPDX-License-Identifier: GPL-3.0-or-later
// The English words for unit tests: imported before any module of web/js.

import { readFileSync } from 'node:fs';

const file = new URL('../../web/lang/en.json', import.meta.url);

globalThis.rthLang = { tag: 'en',
	words: Promise.resolve([JSON.parse(readFileSync(file, 'utf8'))]) };
