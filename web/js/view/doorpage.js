// SPDX-License-Identifier: GPL-3.0-or-later
// Before somebody's standing door: whose it is, whether it is open, and the
// knock.

import { t } from '../lang.js';
import { button, h, initials, setText, show } from './dom.js';
import { topbar } from './topbar.js';
import { emergencyBox } from './waiting.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../actions.js').Actions} Actions
 */

/** How often a closed door is looked at again. */
const LOOK_MS = 15000;

/** @param {State} state */
function words({ doorway, doorMissing }) {
	if (doorMissing)
		return { title: t('door.none'), text: t('door.none-text') };
	if (!doorway)
		return { title: t('page.one-moment'), text: '' };
	const name = doorway.clinician_name;
	if (doorway.own)
		return { title: doorway.title, text: t('door.own') };
	return { title: doorway.title, text: doorway.open
		? t('door.open-text', { name }) : t('door.closed-text', { name }) };
}

/** @param {Actions} actions */
function doorParts(actions) {
	const parts = {
		head: topbar(actions), letters: h('span', { class: 'avatar',
			'aria-hidden': 'true' }),
		badge: h('span', { class: 'badge' }),
		title: h('h1', { tabindex: -1, id: 'door-title' }),
		who: h('p', { class: 'who' }),
		text: h('p', { id: 'door-text', role: 'status' }),
		emergency: emergencyBox(),
		knock: button('door', t('door.knock'), { id: 'knock',
			class: 'primary big', click: () => void actions.knock() }),
		again: h('button', { type: 'button', id: 'look-again', class: 'big',
			click: () => void actions.loadDoorway() }, t('door.look-again')),
		home: h('button', { type: 'button', class: 'big', id: 'go-home',
			click: () => actions.go('/') }, t('home.your-visits')),
	};
	const node = h('div', { class: 'home' }, parts.head.node,
		h('main', { class: 'ended card doorway' }, parts.letters, parts.badge,
			parts.title, parts.who, parts.text,
			h('div', { class: 'row wrap center' }, parts.knock, parts.again,
				parts.home),
			parts.emergency.node));
	return { ...parts, node };
}

/**
 * @param {Actions} actions
 * @returns {import('./dom.js').Page}
 */
export function doorPage(actions) {
	const parts = doorParts(actions);
	/** @type {State | null} */
	let last = null;

	/** @param {State} state */
	function update(state) {
		last = state;
		const { doorway, busy, session } = state;
		const { title, text } = words(state);
		const open = Boolean(doorway?.open && !doorway.own);
		parts.head.update(state);
		parts.emergency.update(state);
		setText(parts.letters, initials(doorway?.clinician_name ?? ''));
		show(parts.letters, doorway);
		setText(parts.badge, doorway?.open ? t('door.is-open')
			: t('door.is-closed'));
		parts.badge.classList.toggle('live', Boolean(doorway?.open));
		show(parts.badge, doorway);
		setText(parts.title, title);
		setText(parts.who, doorway?.clinician_name ?? '');
		setText(parts.text, text);
		show(parts.knock, open);
		parts.knock.disabled = busy;
		show(parts.again, doorway && !doorway.open && !doorway.own);
		show(parts.home, state.doorMissing || doorway?.own
			|| session?.user?.role !== 'patient');
	}
	const timer = setInterval(() => {
		if (last && !last.doorMissing && !last.doorway?.open && !last.busy
			&& !document.hidden)
			void actions.loadDoorway();
	}, LOOK_MS);
	return { node: parts.node, update, close: () => clearInterval(timer) };
}
