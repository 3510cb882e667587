// SPDX-License-Identifier: GPL-3.0-or-later
// What a clinician says to who waits: a few words, or no, with a reason.

import { t } from '../lang.js';
import { button, h, setText } from './dom.js';

/**
 * @typedef {'not-now' | 'wrong-time' | 'wrong-visit' | 'not-known' | 'other'
 *   } Reason
 *
 * @typedef {object} Said what is done with it
 * @property {(text: string) => void} note
 * @property {(reason: Reason) => void} decline
 */

/** So long a text has under 1000 bytes in any script. */
const TEXT_MAX = 300;

/** @returns {string[]} what is written most often */
const ready = () => [t('door.note-five'), t('door.note-soon'),
	t('door.note-with-somebody')];

/** @returns {[Reason, string][]} */
const reasons = () => [['not-now', t('door.reason-not-now')],
	['wrong-time', t('door.reason-wrong-time')],
	['wrong-visit', t('door.reason-wrong-visit')],
	['not-known', t('door.reason-not-known')],
	['other', t('door.reason-other')]];

/**
 * @param {string} id
 * @param {() => void} shut
 */
function frame(id, shut) {
	const title = h('h2', { id: `${id}-title` });
	const head = h('div', { class: 'row between' }, title,
		h('button', { type: 'button', class: 'plain', click: shut },
			t('page.close')));
	const node = h('dialog', { id, class: 'dialog card door-dialog',
		'aria-labelledby': `${id}-title` });
	// Keys of the visit's page are not for what is written here.
	node.addEventListener('keydown', (event) => event.stopPropagation());
	return { node, head, title };
}

/** @param {(text: string) => void} send */
function noteDialog(send) {
	const { node, head, title } = frame('note-dialog', () => node.close());
	const text = h('textarea', { id: 'note-text', rows: 2,
		maxlength: TEXT_MAX, required: true, dir: 'auto' });
	/** @param {string} words */
	const done = (words) => {
		node.close();
		send(words);
	};
	node.append(h('div', { class: 'stack' }, head,
		h('p', { class: 'hint' }, t('door.note-hint')),
		h('div', { class: 'row wrap' }, ...ready().map((words) =>
			h('button', { type: 'button', class: 'ready',
				click: () => done(words) }, words))),
		h('form', { class: 'stack', submit: (/** @type {Event} */ event) => {
			event.preventDefault();
			if (text.value.trim())
				done(text.value.trim());
		} }, h('div', { class: 'field' },
			h('label', { for: 'note-text' }, t('door.note-label')), text),
		h('button', { class: 'primary', id: 'note-send' },
			t('door.note-send')))));
	return { node, title, text };
}

/** @param {(reason: Reason) => void} send */
function declineDialog(send) {
	const { node, head, title } = frame('decline-dialog', () => node.close());
	node.append(h('div', { class: 'stack' }, head,
		h('p', { class: 'hint' }, t('door.decline-hint')),
		h('div', { class: 'stack reasons' }, ...reasons().map(([reason, words]) =>
			h('button', { type: 'button', class: 'wide',
				'data-reason': reason, click: () => {
					node.close();
					send(reason);
				} }, words)))));
	return { node, title };
}

/** The two dialogs of a list of people. */
export function saying() {
	/** @type {Said | null} */
	let said = null;
	const note = noteDialog((text) => said?.note(text));
	const decline = declineDialog((reason) => said?.decline(reason));
	const node = h('div', {}, note.node, decline.node);

	/**
	 * The tools of one person's line.
	 * @param {string} name
	 * @param {Said} to
	 */
	const tools = (name, to) => [
		button('chat', t('door.note'), { class: 'note',
			'aria-label': t('door.note-to', { name }), click: () => {
				said = to;
				setText(note.title, t('door.note-to', { name }));
				note.text.value = '';
				note.node.showModal();
			} }),
		h('button', { type: 'button', class: 'decline',
			'aria-label': t('door.decline-of', { name }), click: () => {
				said = to;
				setText(decline.title, t('door.decline-of', { name }));
				decline.node.showModal();
			} }, t('door.decline'))];
	return { node, tools };
}
