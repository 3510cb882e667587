// SPDX-License-Identifier: GPL-3.0-or-later
// That one's own screen is shared, what it is to be good for, and the way out.

import { t } from '../lang.js';
import { h, setAttribute, show } from './dom.js';

/** @typedef {import('../local.js').Hint} Hint */

/** @param {import('../actions.js').Actions} actions */
export function sharingBanner(actions) {
	/** @type {Hint} */
	let wanted = 'detail';
	/** @param {Hint} hint @param {string} words @param {string} says */
	const choice = (hint, words, says) => h('button', { type: 'button',
		id: `share-${hint}`, title: says, click: () => {
			wanted = hint;
			actions.shareFor(hint);
			mark();
		} }, words);
	const choices = {
		detail: choice('detail', t('share.detail'), t('share.detail-says')),
		motion: choice('motion', t('share.motion'), t('share.motion-says')),
	};
	const mark = () => {
		for (const hint of /** @type {Hint[]} */ (Object.keys(choices)))
			setAttribute(choices[hint], 'aria-pressed',
				String(hint === wanted));
	};
	const node = h('div', { id: 'sharing', class: 'banner good' },
		h('p', {}, t('call.you-share')),
		h('div', { class: 'choice-pair', role: 'group',
			'aria-label': t('share.what-for') },
		choices.detail, choices.motion),
		h('button', { type: 'button', id: 'stop-sharing',
			click: () => actions.toggle('screen') }, t('call.stop')));
	mark();
	return { node,
		/** @param {import('../state.js').State} state */
		update: ({ me }) => {
			if (!me.screen && wanted !== 'detail') {
				wanted = 'detail'; // A new one begins sharp.
				mark();
			}
			show(node, me.screen);
		} };
}
