// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings and audit: the head of their pages, and the loading of the rest,
// which nobody in a visit needs.

import { more, t } from '../lang.js';
import { button, fill, h } from './dom.js';
import { stylesheet } from './sheets.js';
import { topbar } from './topbar.js';

/** @typedef {import('../state.js').State} State */

const waiting = () => h('p', { class: 'loading' },
	h('span', { class: 'pulse' }), t('page.one-moment'));

const failed = () => h('div', { class: 'ended card' },
	h('h1', { tabindex: -1 }, t('desk.failed')),
	h('p', {}, t('desk.failed-text')),
	button('back', t('page.try-again'), { class: 'primary big',
		click: () => location.reload() }));

/**
 * @param {import('../actions.js').Actions} actions
 * @returns {import('./dom.js').Page}
 */
export function deskPage(actions) {
	const head = topbar(actions);
	const body = h('main', { class: 'desk' }, waiting());
	const node = h('div', { class: 'home' }, head.node, body);
	/** @type {ReturnType<typeof import('../review/main.js').open> | null} */
	let desk = null;
	/** @type {State | null} */
	let last = null;
	let closed = false;

	async function load() {
		const [{ open }] = await Promise.all([import('../review/main.js'),
			more('review/'),
			stylesheet('/css/review.css'), stylesheet('/css/glances.css')]);
		if (closed)
			return;
		fill(body);
		desk = open(body, actions);
		if (last)
			desk.update(last);
	}
	load().catch(() => fill(body, failed()));
	return { node,
		update: (state) => {
			last = state;
			head.update(state);
			desk?.update(state);
		},
		close: () => {
			closed = true;
			return desk?.close();
		} };
}
