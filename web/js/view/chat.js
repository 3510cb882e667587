// SPDX-License-Identifier: GPL-3.0-or-later
// What the two write to each other. Names and messages are text nodes.

import { t } from '../lang.js';
import * as time from '../time.js';
import { chatHint } from '../words.js';
import { button, fill, h, icon, setText, show } from './dom.js';

/** @typedef {import('../state.js').State} State */

/** @param {import('../state.js').Line} line */
const message = (line) => h('li', { class: line.mine ? 'said mine' : 'said' },
	h('p', { class: 'said-who' },
		h('span', { class: 'said-name' }, line.mine ? t('visit.you') : line.name),
		h('time', {}, time.clock(line.time))),
	h('p', { class: 'said-text' }, line.text));

/** @param {(text: string) => void} say */
function writing(say) {
	const input = h('textarea', { id: 'chat-text', rows: 1,
		'aria-label': t('chat.your-message'), placeholder: t('chat.write'),
		maxlength: 4000 });
	const send = h('button', { id: 'chat-send', type: 'submit',
		class: 'primary round', 'aria-label': t('chat.send') }, icon('send'));
	/** @param {Event} event */
	const submit = (event) => {
		event.preventDefault();
		const text = input.value.trim();
		if (!text || send.disabled)
			return;
		say(text);
		input.value = '';
	};
	input.addEventListener('keydown', (event) => {
		if (event.key === 'Enter' && !event.shiftKey && !event.isComposing)
			submit(event);
	});
	const node = h('form', { class: 'writing', submit }, input, send);
	return { node, input, send };
}

/** @param {import('../actions.js').Actions} actions */
export function chatDrawer(actions) {
	const list = h('ol', { id: 'chat-lines' });
	const empty = h('p', { class: 'hint chat-empty' });
	const form = writing((text) => actions.say(text));
	const node = h('aside', { id: 'chat', class: 'chat',
		'aria-label': t('chat.title'), hidden: true },
	h('header', { class: 'row between' }, h('h2', {}, t('chat.title')),
		button('close', t('page.close'), { id: 'chat-close', class: 'plain icon-only',
			'aria-label': t('chat.close'),
			click: () => actions.toggleChat(false) })),
	h('div', { class: 'chat-body', role: 'log', 'aria-label': t('chat.title'),
		tabindex: 0 }, empty, list), form.node);
	/** @type {import('../state.js').Line[]} */
	let shown = [];
	let open = false;
	node.addEventListener('keydown', (event) => {
		if (event.key === 'Escape' && !event.isComposing)
			actions.toggleChat(false);
	});

	/** @param {State} state */
	function update({ chat, peer, recording }) {
		if (chat.lines !== shown) {
			const added = chat.lines.slice(shown.length);
			if (chat.lines[0] === shown[0] && shown.length)
				list.append(...added.map(message));
			else
				fill(list, ...chat.lines.map(message));
			shown = chat.lines;
			list.parentElement?.scrollTo({ top: list.scrollHeight });
		}
		setText(empty, chatHint(recording));
		show(empty, !chat.lines.length);
		show(node, chat.open);
		form.send.disabled = !chat.ready || !peer;
		form.input.placeholder = !peer ? t('chat.nobody')
			: chat.ready ? t('chat.write') : t('chat.connecting');
		if (chat.open && !open)
			form.input.focus();
		if (open && !chat.open)
			document.getElementById('toggle-chat')?.focus();
		open = chat.open;
	}
	return { node, update };
}
