// SPDX-License-Identifier: GPL-3.0-or-later
// Who waits at the door, for the clinician: one line each, to let in or not.

import * as time from '../time.js';
import { h, setText, show } from './dom.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../actions.js').Actions} Actions
 */

/**
 * @param {Actions} actions
 * @param {import('../state.js').AtDoor} one
 */
function line(actions, one) {
	const words = h('span');
	const node = h('li', { class: 'banner good at-door' }, words,
		h('button', { type: 'button', class: 'admit',
			'aria-label': `Admit ${one.name}`,
			click: () => actions.admit(one.participant) }, 'Admit'),
		h('button', { type: 'button', class: 'decline',
			'aria-label': `Decline ${one.name}`,
			click: () => actions.decline(one.participant) }, 'Decline'));
	/** @param {number} now */
	const update = (now) => setText(words, `${one.name} has been waiting for ${
		time.length(now - one.since)}`);
	return { participant: one.participant, node, update };
}

/** @param {Actions} actions */
export function doorList(actions) {
	const list = h('ul', { id: 'door', class: 'door',
		'aria-label': 'Waiting to be let in' });
	const said = h('p', { class: 'unseen', role: 'status' });
	const node = h('div', {}, said, list);
	/** @type {ReturnType<typeof line>[]} */
	let lines = [];

	/** @param {State} state @param {number} now */
	function update({ door }, now) {
		const same = door.length === lines.length && door.every((one, i) =>
			one.participant === lines[i].participant);
		if (!same) {
			lines = door.map((one) => lines.find((old) =>
				old.participant === one.participant) ?? line(actions, one));
			list.replaceChildren(...lines.map((each) => each.node));
			setText(said, door.length === 1 ? `${door[0].name} is waiting`
				: door.length ? `${door.length} people are waiting` : '');
		}
		for (const each of lines)
			each.update(now);
		show(node, door.length);
	}
	return { node, update };
}
