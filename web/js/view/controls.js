// SPDX-License-Identifier: GPL-3.0-or-later
// The row of controls of a visit, and the question before a clinician leaves.

import { canShareScreen } from '../devices.js';
import { t } from '../lang.js';
import { recordControl } from './recording.js';
import { h, icon, named, setAttribute, setIcon, show } from './dom.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../actions.js').Actions} Actions
 *
 * @typedef {object} Control one row of the table below
 * @property {string} id
 * @property {string} key the keyboard's shortcut
 * @property {(state: State) => boolean} on
 * @property {[string, string]} icons on, off
 * @property {[string, string]} says keys: what pressing it does when on, when off
 * @property {string} words key of what is under the icon
 * @property {(actions: Actions) => void} press
 */

/** @type {Control[]} */
const CONTROLS = [
	{ id: 'microphone', key: 'm', words: 'call.microphone',
		on: (state) => state.me.microphone,
		icons: ['microphone', 'microphone-off'],
		says: ['call.microphone-off', 'call.microphone-on'],
		press: (actions) => actions.toggle('microphone') },
	{ id: 'camera', key: 'v', words: 'call.camera',
		on: (state) => state.me.camera,
		icons: ['camera', 'camera-off'],
		says: ['call.camera-off', 'call.camera-on'],
		press: (actions) => actions.toggle('camera') },
	{ id: 'screen', key: 's', words: 'call.screen',
		on: (state) => state.me.screen,
		icons: ['screen-off', 'screen'],
		says: ['call.screen-off', 'call.screen-on'],
		press: (actions) => actions.toggle('screen') },
	{ id: 'chat', key: 'c', words: 'chat.title',
		on: (state) => state.chat.open,
		icons: ['chat', 'chat'],
		says: ['chat.close', 'chat.open'],
		press: (actions) => actions.toggleChat() },
];

/** @param {EventTarget | null} target */
const isTyping = (target) => target instanceof HTMLElement
	&& (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT']
		.includes(target.tagName));

/**
 * @param {Control} control
 * @param {Actions} actions
 */
function controlButton(control, actions) {
	const sign = icon(control.icons[0]);
	const count = h('span', { class: 'count', 'aria-hidden': 'true',
		hidden: true });
	const node = h('button', { type: 'button', id: `toggle-${control.id}`,
		class: 'control', 'aria-keyshortcuts': control.key,
		click: () => control.press(actions) },
	h('span', { class: 'control-sign' }, sign, count),
	h('span', { class: 'control-words' }, t(control.words)));

	/** @param {State} state */
	function update(state) {
		const on = control.on(state);
		const says = named(t(control.words), t(control.says[on ? 0 : 1]));
		const unread = control.id === 'chat' ? state.chat.unread : 0;
		setIcon(sign, control.icons[on ? 0 : 1]);
		node.classList.toggle('on', on);
		node.classList.toggle('off', !on);
		setAttribute(node, 'aria-label',
			unread ? t('chat.unread', { says, n: unread }) : says);
		setAttribute(node, 'title', `${says} (${control.key})`);
		setAttribute(count, 'data-count', String(Math.min(unread, 99)));
		show(count, unread);
	}
	return { node, update };
}

/** @param {Actions} actions */
function leaveDialog(actions) {
	const node = h('dialog', { class: 'card dialog', id: 'leave-dialog',
		'aria-label': t('call.leave-label') });
	node.append(h('div', { class: 'stack' },
		h('h2', {}, t('call.leave-title')),
		h('p', {}, t('call.leave-text')),
		h('button', { type: 'button', id: 'end-for-both', class: 'stop wide',
			click: () => actions.leave('end') }, t('call.end-for-both')),
		h('button', { type: 'button', id: 'leave-only', class: 'wide',
			click: () => actions.leave('leave') }, t('call.leave-only')),
		h('button', { type: 'button', class: 'plain wide',
			click: () => node.close() }, t('call.stay'))));
	return node;
}

/**
 * @param {Actions} actions
 * @param {{devices: () => void, recording: () => void,
 *   press: (key: string) => boolean, keys: () => boolean}} open dialogs;
 *   press: what else has a key; keys: do single keys do anything
 */
export function controls(actions, open) {
	const record = recordControl(actions, open.recording);
	const buttons = CONTROLS.map((control) => controlButton(control, actions));
	const dialog = leaveDialog(actions);
	let clinician = false;
	const devices = h('button', { type: 'button', id: 'open-devices',
		class: 'control', title: t('call.devices'),
		'aria-label': t('call.devices'),
		click: open.devices },
	h('span', { class: 'control-sign' }, icon('devices')),
	h('span', { class: 'control-words' }, t('call.devices')));
	const leave = h('button', { type: 'button', id: 'leave',
		class: 'control leave', title: t('call.leave'), 'aria-label': t('call.leave'),
		click: () => clinician ? dialog.showModal()
			: actions.leave('leave') },
	h('span', { class: 'control-sign' }, icon('leave')),
	h('span', { class: 'control-words' }, t('call.leave')));
	const node = h('nav', { class: 'controls', 'aria-label': t('call.controls') },
		...buttons.map((item) => item.node), record.node, devices, leave,
		dialog);

	/** @param {KeyboardEvent} event */
	function onKey(event) {
		if (!open.keys() || event.ctrlKey || event.metaKey || event.altKey || event.repeat
			|| isTyping(event.target) || document.querySelector('dialog[open]'))
			return;
		const key = event.key.toLowerCase();
		const control = CONTROLS.find((row) => row.key === key);
		if (!control && !open.press(key))
			return;
		event.preventDefault();
		control?.press(actions);
	}
	document.addEventListener('keydown', onKey);

	/** @param {State} state */
	function update(state) {
		clinician = state.visit?.role === 'clinician';
		for (const item of buttons)
			item.update(state);
		record.update(state);
		node.classList.toggle('many', state.recording.may);
		show(buttons[2].node, canShareScreen());
	}
	return { node, update,
		close: () => document.removeEventListener('keydown', onKey) };
}
