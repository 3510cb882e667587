// SPDX-License-Identifier: GPL-3.0-or-later
// Captions over the pictures of a recording, and the choice of their language.
// What they say is text nodes.

import { t } from '../../lang.js';
import { chosenOf, cuesOf, saidAt } from '../../review/captions.js';
import { languageWords } from '../../review/films.js';
import { fetchPlain } from '../../review/plain.js';
import { fill, h, setText, show } from '../dom.js';

/** @typedef {import('../../review/api.js').Play} Play */

const KEY = 'rth-captions';

/** @returns {string | null} the language that was chosen the last time */
function remembered() {
	try {
		return localStorage.getItem(KEY);
	} catch {
		return null;
	}
}

/** @param {string} language empty: off */
function remember(language) {
	try {
		localStorage.setItem(KEY, language);
	} catch {
		// Then it is chosen again the next time.
	}
}

/**
 * @param {(error: unknown) => void} failed
 * @param {(words: string) => void} tell what was chosen by a key
 */
export function captions(failed, tell) {
	const node = h('p', { class: 'player-captions', id: 'player-captions',
		dir: 'auto', hidden: true });
	const choice = h('select', { id: 'player-language', hidden: true,
		'aria-label': t('player.captions'), change: () => {
			remember(choice.value);
			void load();
		} });
	/** @type {NonNullable<Play['captions']>} */
	let all = [];
	/** @type {import('../../review/captions.js').Cue[]} */
	let cues = [];
	let language = '';

	async function load() {
		language = choice.value;
		const wanted = language;
		const src = all.find((each) => each.language === wanted)?.src;
		cues = [];
		node.lang = wanted;
		if (!src)
			return;
		try {
			const text = await (await fetchPlain(src)).text();
			if (language === wanted)
				cues = cuesOf(text);
		} catch (error) {
			failed(error);
		}
	}

	/** @param {Play} play */
	function set({ captions: found = [] }) {
		if (JSON.stringify(found) === JSON.stringify(all))
			return;
		all = found;
		fill(choice, h('option', { value: '' }, t('player.captions-off')),
			...all.map((each) => h('option', { value: each.language },
				languageWords(each.language))));
		show(choice, all.length);
		choice.value = chosenOf(all, language || remembered());
		void load();
	}

	return { node, choice, set,
		/** @param {number} ms */
		update: (ms) => {
			const words = saidAt(cues, ms);
			setText(node, words);
			show(node, words);
		},
		/** Off, or on in the language of before. */
		toggle: () => {
			if (!all.length)
				return;
			choice.value = choice.value ? ''
				: chosenOf(all, remembered()) || all[0].language;
			if (choice.value)
				remember(choice.value);
			tell(choice.value ? t('player.captions-in',
				{ language: languageWords(choice.value) })
				: t('player.captions-off'));
			void load();
		} };
}
