// SPDX-License-Identifier: GPL-3.0-or-later
// The two menus of devices, what is wrong with one, and the microphone's
// level; in the lobby and in a dialog during the visit.

import { watchLevel } from '../devices.js';
import { problem } from '../words.js';
import { fill, h, icon, show } from './dom.js';

/** @typedef {import('../devices.js').Kind} Kind */

const LABELS = { microphone: 'Microphone', camera: 'Camera' };

/**
 * @param {Kind} kind
 * @param {string} prefix of the ids
 * @param {import('../actions.js').Actions} actions
 */
function deviceMenu(kind, prefix, actions) {
	const id = `${prefix}-${kind}`;
	const select = h('select', { id, change: () =>
		actions.choose(kind, select.value) });
	const node = h('div', { class: 'field device' },
		h('label', { for: id }, LABELS[kind]), icon(kind), select);
	let shown = '';

	/** @param {import('../state.js').State} state */
	function update(state) {
		const devices = state.devices[kind];
		const using = state.using[kind] ?? '';
		const key = JSON.stringify([devices, using]);
		show(node, devices.length);
		if (key === shown)
			return;
		shown = key;
		fill(select, ...devices.map((device) => h('option', {
			value: device.id, selected: device.id === using },
		device.label)));
	}
	return { node, update };
}

/** A bar that shows how loud the microphone is. */
function levelBar() {
	const bar = h('span', { class: 'level-bar' });
	const node = h('div', { class: 'level', role: 'img',
		'aria-label': 'How loud your microphone is' }, icon('microphone'),
	h('span', { class: 'level-track' }, bar));
	/** @type {(() => void) | null} */
	let stop = null;
	return {
		node,
		/** @param {MediaStreamTrack | null} track */
		watch: (track) => {
			stop?.();
			stop = track ? watchLevel(track, (level) =>
				bar.style.setProperty('--level', level.toFixed(2))) : null;
			if (!track)
				bar.style.setProperty('--level', '0');
		},
	};
}

/** @param {import('../state.js').State} state @returns {string[]} */
function problemWords({ problems: { microphone, camera } }) {
	if (microphone && microphone === camera)
		return [problem('camera and microphone', camera)];
	return [microphone && problem('microphone', microphone),
		camera && problem('camera', camera)].filter((text) => text !== undefined);
}

/**
 * @param {string} prefix of the ids, as both places exist at once
 * @param {import('../actions.js').Actions} actions
 */
export function deviceMenus(prefix, actions) {
	const level = levelBar();
	const menus = [deviceMenu('microphone', prefix, actions),
		deviceMenu('camera', prefix, actions)];
	const words = h('div', { class: 'alert quiet', role: 'status',
		id: `${prefix}-problems` });
	const again = h('button', { type: 'button', class: 'link',
		id: `${prefix}-again`, click: () => actions.askDevices() },
	'Try again');
	const node = h('div', { class: 'stack devices' }, words, level.node,
		...menus.map((menu) => menu.node));

	/** @param {import('../state.js').State} state */
	function update(state) {
		for (const menu of menus)
			menu.update(state);
		const texts = problemWords(state);
		const key = texts.join(' ');
		if (words.dataset.key !== key)
			fill(words, ...texts.map((text) => h('p', {}, text)), again);
		words.dataset.key = key;
		show(words, texts.length);
		show(level.node, state.me.microphone);
	}
	return { node, update, watch: level.watch };
}

/**
 * The same in a dialog, during the visit.
 * @param {import('../actions.js').Actions} actions
 */
export function devicesDialog(actions) {
	const menus = deviceMenus('call', actions);
	const node = h('dialog', { class: 'card dialog', id: 'devices-dialog',
		'aria-label': 'Devices' }, h('div', { class: 'stack' },
		h('h2', {}, 'Devices'), menus.node,
		h('button', { type: 'button', class: 'primary',
			click: () => node.close() }, 'Done')));
	/** @type {MediaStreamTrack | null} */
	let microphone = null;
	node.addEventListener('close', () => menus.watch(null));
	return {
		node,
		update: menus.update,
		open: () => {
			node.showModal();
			menus.watch(microphone);
		},
		/** @param {MediaStreamTrack | null} track */
		use: (track) => {
			microphone = track;
			menus.watch(node.open ? track : null);
		},
	};
}
