// SPDX-License-Identifier: GPL-3.0-or-later
// What the two write to each other. Names and messages are text nodes, links
// in them lead only to the web (links.js).

import { t } from '../lang.js';
import { linked } from '../links.js';
import * as time from '../time.js';
import { chatHint } from '../words.js';
import { button, fill, h, icon, setText, show } from './dom.js';

/** @typedef {import('../state.js').State} State */

/** So near to the end counts as there. */
const END_PX = 48;

/** @param {import('../links.js').Part} part */
const piece = ({ text, href }) => href
	? h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, text)
	: text;

/** @param {import('../state.js').Line} line */
const message = (line) => h('li', { class: line.mine ? 'said mine' : 'said' },
	h('p', { class: 'said-who' },
		h('span', { class: 'said-name' }, line.mine ? t('visit.you') : line.name),
		h('time', { datetime: new Date(line.time).toISOString() },
			time.clock(line.time))),
	h('p', { class: 'said-text', dir: 'auto' },
		...linked(line.text).map(piece)));

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
	const body = h('div', { class: 'chat-body', role: 'log', tabindex: 0,
		'aria-label': t('chat.title') }, empty, list);
	const form = writing((text) => actions.say(text));
	const node = h('aside', { id: 'chat', class: 'chat',
		'aria-label': t('chat.title'), hidden: true },
	h('header', { class: 'row between' }, h('h2', {}, t('chat.title')),
		button('close', t('page.close'), { id: 'chat-close', class: 'plain icon-only',
			'aria-label': t('chat.close'),
			click: () => actions.toggleChat(false) })),
	body, form.node);
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
			// Whoever reads further up is left there.
			const atEnd = body.scrollTop + body.clientHeight
				> body.scrollHeight - END_PX;
			const added = chat.lines.slice(shown.length);
			if (chat.lines[0] === shown[0] && shown.length)
				list.append(...added.map(message));
			else
				fill(list, ...chat.lines.map(message));
			shown = chat.lines;
			if (atEnd || shown.at(-1)?.mine)
				body.scrollTo({ top: body.scrollHeight });
		}
		setText(empty, chatHint(recording));
		show(empty, !chat.lines.length);
		show(node, chat.open);
		// What is sent to somebody who gets back in just now would be lost.
		const heard = chat.ready && peer?.media;
		form.send.disabled = !heard;
		form.input.placeholder = !peer ? t('chat.nobody')
			: heard ? t('chat.write') : t('chat.connecting');
		if (chat.open && !open) {
			body.scrollTo({ top: body.scrollHeight });
			form.input.focus();
		}
		if (open && !chat.open)
			document.getElementById('toggle-chat')?.focus();
		open = chat.open;
	}
	return { node, update };
}
