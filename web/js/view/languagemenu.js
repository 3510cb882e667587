// SPDX-License-Identifier: GPL-3.0-or-later
// The choice of the page's language: each by its own name.

import { choose, language, languages, t } from '../lang.js';
import { fill, h, icon } from './dom.js';

/** @param {string} tag @returns {string} until the list is here */
function nameOf(tag) {
	try {
		const name = new Intl.DisplayNames([tag], { type: 'language' }).of(tag);
		return name ? name[0].toLocaleUpperCase(tag) + name.slice(1) : tag;
	} catch {
		return tag;
	}
}

/** @returns {HTMLElement} */
export function languageMenu() {
	const select = h('select', { id: 'language',
		'aria-label': t('lang.choose'),
		// What cannot be loaded leaves the page as it is.
		change: () => choose(select.value).catch(() => {
			select.value = language();
		}) }, h('option', { value: language(), lang: language() },
		nameOf(language())));
	languages().then((all) => fill(select,
		...Object.entries(all).map(([tag, name]) => h('option', { value: tag,
			lang: tag, selected: tag === language() }, name)),
	), () => {});
	return h('label', { class: 'language' }, icon('globe'), select);
}
