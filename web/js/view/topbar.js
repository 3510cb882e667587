// SPDX-License-Identifier: GPL-3.0-or-later
// The head of the pages around visits: the clinic, the ways, the account.

import { t } from '../lang.js';
import { brand, button, h, initials, setText, show } from './dom.js';
import { languageMenu } from './languagemenu.js';

/**
 * @typedef {import('../actions.js').Actions} Actions
 * @typedef {import('../state.js').State} State
 */

/** Ways, and the right over recordings without which there is none. */
const WAYS = [['/', 'top.visits', ''],
	['/review', 'top.recordings', 'list'],
	['/audit', 'top.audit', 'administer']];

/**
 * A link to a page of ours. It can be opened elsewhere like any other.
 * @param {Actions} actions
 * @param {string} path
 * @param {Record<string, any>} properties
 * @param {...import('./dom.js').Child} children
 */
export const way = (actions, path, properties, ...children) =>
	h('a', { href: path, ...properties,
		click: (/** @type {MouseEvent} */ event) => {
			if (event.button || event.ctrlKey || event.metaKey
				|| event.shiftKey || event.altKey)
				return;
			event.preventDefault();
			actions.go(path);
		} }, ...children);

/** @param {State} state @param {string} right over any recording */
export const may = (state, right) =>
	state.session?.user?.rights?.includes(right) ?? false;

/** @param {Actions} actions */
function accountMenu(actions) {
	const letters = h('span', { class: 'avatar small',
		'aria-hidden': 'true' });
	const name = h('strong');
	const email = h('span', { class: 'hint' });
	const node = h('details', { class: 'menu', id: 'account' },
		h('summary', { title: t('top.account') }, letters,
			h('span', { class: 'unseen' }, t('top.account'))),
		h('div', { class: 'menu-body card' }, h('p', {}, name, email),
			button('leave', t('top.sign-out'), { id: 'sign-out', class: 'plain wide',
				click: () => actions.signOut(false) }),
			button('devices', t('top.sign-out-everywhere'), {
				id: 'sign-out-everywhere', class: 'plain wide',
				click: () => actions.signOut(true) })));
	/** @param {State} state */
	const update = (state) => {
		const user = state.session?.user;
		setText(letters, initials(user?.name || user?.email || ''));
		setText(name, user?.name ?? '');
		setText(email, user?.email ?? '');
	};
	return { node, update };
}

/** @param {Actions} actions */
export function topbar(actions) {
	const mark = brand();
	const account = accountMenu(actions);
	const links = WAYS.map(([path, words, right]) => ({ right, path,
		node: way(actions, path, { class: 'way' }, t(words)) }));
	const ways = h('nav', { class: 'ways', 'aria-label': t('top.pages') },
		...links.map(({ node }) => node));
	const node = h('header', { class: 'topbar' }, mark.node, ways,
		languageMenu(), account.node);

	/** @param {State} state */
	function update(state) {
		const here = state.desk?.replace(/^(\/\w+).*/, '$1') ?? '/';
		mark.update(state);
		account.update(state);
		for (const { node: link, path, right } of links) {
			show(link, !right || may(state, right));
			if (path === here)
				link.setAttribute('aria-current', 'page');
			else
				link.removeAttribute('aria-current');
		}
		// A way to the page that one is on is none.
		show(ways, links.some(({ right }) => right && may(state, right))
			|| here !== '/');
	}
	return { node, update };
}
