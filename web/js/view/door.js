// SPDX-License-Identifier: GPL-3.0-or-later
// In a visit, for its clinician: who waits at its door, one line each, to let
// in or not; and, smaller, who waits for this clinician elsewhere.

import { t } from '../lang.js';
import { unanswered } from '../live.js';
import * as time from '../time.js';
import { checkResult } from './checkresult.js';
import { h, setText, show } from './dom.js';
import { doorCheck } from './doorcheck.js';
import { saying } from './doorsay.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../actions.js').Actions} Actions
 * @typedef {import('../live.js').Waiting} Waiting
 */

/**
 * @param {Actions} actions
 * @param {ReturnType<typeof saying>} say
 * @param {import('../state.js').AtDoor} one
 * @param {string} email of the visit's patient, or empty
 */
function line(actions, say, one, email) {
	const { participant, name } = one;
	const words = h('span');
	const check = checkResult();
	const node = h('li', { class: 'banner good at-door' },
		h('div', { class: 'at-door-words' }, words,
			email && h('p', { class: 'hint', dir: 'auto' }, email), check.node),
		h('button', { type: 'button', class: 'admit primary',
			'aria-label': t('door.admit-of', { name }),
			click: () => actions.admit(participant) }, t('door.admit')),
		...say.tools(name, {
			note: (text) => actions.note(participant, text),
			decline: (reason) => actions.decline(participant, reason) }));
	/** @param {number} now */
	const update = (now) => setText(words, t('door.has-been-waiting',
		{ name, time: time.length(now - one.since) }));
	check.update(one.check);
	return { key: participant, node, update };
}

/**
 * Of another visit: they can be told how long it takes.
 * @param {Actions} actions
 * @param {ReturnType<typeof saying>} say
 * @param {Waiting} one
 */
function elsewhereLine(actions, say, one) {
	const name = one.name || t('door.somebody');
	const words = h('span');
	const node = h('li', { class: 'row wrap' },
		h('div', { class: 'at-door-words' }, words, one.email
			&& h('p', { class: 'hint', dir: 'auto' }, one.email)),
		...(one.participant ? say.tools(name, {
			note: (text) => void actions.noteTo(one.visit, text),
			decline: (reason) => void actions.declineAt(one.visit, reason),
		}) : []));
	/** @param {number} now */
	const update = (now) => setText(words, t('door.waits-in', { name,
		title: one.title, time: time.length(now - one.since) }));
	return { key: `${one.visit} ${one.participant}`, node, update };
}

/**
 * Lines that stay while their people do: a button must not vanish under
 * somebody's finger.
 * @template T
 * @param {HTMLElement} list
 * @param {(one: T) => string} keyOf
 * @param {(one: T) => {key: string, node: HTMLElement,
 *   update: (now: number) => void}} make
 */
export function keptLines(list, keyOf, make) {
	/** @type {ReturnType<typeof make>[]} */
	let lines = [];

	/** @param {T[]} people @param {number} now @returns {boolean} changed */
	return (people, now) => {
		const same = people.length === lines.length
			&& people.every((one, i) => keyOf(one) === lines[i].key);
		if (!same) {
			lines = people.map((one) => lines.find((old) =>
				old.key === keyOf(one)) ?? make(one));
			place(list, lines.map((each) => each.node));
		}
		for (const each of lines)
			each.update(now);
		return !same;
	};
}

/** @param {HTMLElement} list @param {HTMLElement[]} nodes what is to be in it */
function place(list, nodes) {
	for (const child of [...list.children])
		if (!nodes.includes(/** @type {HTMLElement} */ (child)))
			child.remove();
	nodes.forEach((node, i) => {
		// Moving what has the focus would take the focus away.
		if (list.children[i] !== node)
			list.insertBefore(node, list.children[i] ?? null);
	});
}

/** @param {Actions} actions @param {ReturnType<typeof saying>} say */
function elsewhere(actions, say) {
	const summary = h('summary', {});
	const list = h('ul', { class: 'stack' });
	const node = h('details', { class: 'banner elsewhere', id: 'elsewhere' },
		summary, list);
	const fillLines = keptLines(list, (/** @type {Waiting} */ one) =>
		`${one.visit} ${one.participant}`, (one) =>
		elsewhereLine(actions, say, one));

	/** @param {State} state @param {number} now */
	function update({ reception, visitId }, now) {
		const people = (reception?.people ?? []).filter((one) =>
			unanswered(one) && one.visit !== visitId);
		fillLines(people, now);
		setText(summary, people.some((one) => one.urgent)
			? t('door.urgent-elsewhere', { n: people.length })
			: t('door.elsewhere', { n: people.length }));
		node.classList.toggle('urgent', people.some((one) => one.urgent));
		show(node, people.length);
	}
	return { node, update };
}

/** @param {Actions} actions */
export function doorList(actions) {
	const list = h('ul', { id: 'door', class: 'door',
		'aria-label': t('door.list') });
	const said = h('p', { class: 'unseen', role: 'status' });
	const say = saying();
	const others = elsewhere(actions, say);
	const here = h('div', {}, list);
	const node = h('div', { class: 'doors' }, said, here, others.node,
		say.node);
	const fillLines = keptLines(list, (/** @type {import('../state.js').AtDoor
		} */ one) => one.participant, (one) => line(actions, say, one, email));
	let email = '';

	/** @param {State} state @param {number} now */
	function update(state, now) {
		const { door } = state;
		email = state.visit?.patient_email ?? '';
		if (fillLines(door, now))
			setText(said, door.length === 1
				? t('door.one-waits', { name: door[0].name })
				: door.length ? t('door.people-wait', { n: door.length }) : '');
		others.update(state, now);
		show(here, door.length);
	}
	return { node, update };
}
