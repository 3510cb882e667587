// SPDX-License-Identifier: GPL-3.0-or-later
// On a patient's home: the call for somebody who is on call, where the clinic
// has it; and the way back to where this person waits already.

import { t } from '../lang.js';
import { button, h, setText, show } from './dom.js';
import { way } from './topbar.js';
import { emergencyBox } from './waiting.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../actions.js').Actions} Actions
 */

/** @param {Actions} actions */
export function urgentCard(actions) {
	const words = h('p', { class: 'hint', id: 'urgent-words' });
	const call = button('phone', t('door.need-somebody'), { id: 'urgent',
		class: 'primary big', click: () => void actions.callUrgently() });
	const emergency = emergencyBox();
	const node = h('section', { class: 'card urgent-card',
		'aria-labelledby': 'urgent-title' },
	h('div', { class: 'urgent-ask' }, h('div', {},
		h('h2', { id: 'urgent-title' }, t('door.need-title')), words), call),
	emergency.node);

	/** @param {State} state */
	function update(state) {
		const { session, busy } = state;
		const here = session?.urgent?.on_call ?? 0;
		show(node, session?.urgent?.allowed);
		setText(words, here ? t('door.on-call-now', { n: here })
			: t('door.nobody-on-call-now'));
		call.disabled = busy;
		emergency.update(state);
	}
	return { node, update };
}

/** @param {Actions} actions */
export function waitingElsewhere(actions) {
	const node = h('div', { class: 'stack' });
	let shown = '';

	/** @param {State} state */
	function update({ queue, visits }) {
		const key = queue.map((one) => one.visit).join(' ');
		show(node, queue.length);
		if (key === shown)
			return;
		shown = key;
		node.replaceChildren(...queue.map((one) => h('p', {
			class: 'alert quiet row between wrap' },
		h('span', {}, t('door.you-wait', { title: visits?.find((visit) =>
			visit.id === one.visit)?.title || t('visit.untitled') })),
		way(actions, `/visit/${one.visit}`, {}, t('door.back-to-it')))));
	}
	return { node, update };
}
