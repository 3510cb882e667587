// SPDX-License-Identifier: GPL-3.0-or-later
// A menu of devices, and the bar that shows how loud the microphone is.

import { watchLevel } from '../devices.js';
import { t } from '../lang.js';
import { fill, h, icon, show } from './dom.js';

/**
 * @typedef {import('../devices.js').Kind | 'speaker'} Kind
 * @typedef {import('../state.js').State} State
 */

/** Each menu's label and icon. @type {Record<Kind, [string, string]>} */
const MENUS = {
	microphone: ['check.choose-microphone', 'microphone'],
	camera: ['check.choose-camera', 'camera'],
	speaker: ['check.choose-speaker', 'volume'],
};

/** @param {State} state @param {Kind} kind */
function choices({ devices, using, check }, kind) {
	if (kind !== 'speaker')
		return { devices: devices[kind], using: using[kind] ?? '' };
	const some = check.speakers.filter(({ id }) => id !== 'default');
	return { using: check.using, devices: some.length > 1
		? [{ id: '', label: t('check.system-speaker') }, ...some] : [] };
}

/**
 * @param {Kind} kind
 * @param {string} prefix of the id, as several places exist at once
 * @param {import('../actions.js').Actions} actions
 */
export function deviceMenu(kind, prefix, actions) {
	const [label, sign] = MENUS[kind];
	const id = `${prefix}-${kind}`;
	const select = h('select', { id, change: () =>
		actions.choose(kind, select.value) });
	const node = h('div', { class: 'field device' },
		h('label', { for: id, class: 'unseen' }, t(label)), icon(sign), select);
	let shown = '';

	/** @param {State} state */
	function update(state) {
		const { devices, using } = choices(state, kind);
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
export function levelBar() {
	const bar = h('span', { class: 'level-bar' });
	const node = h('div', { class: 'level', role: 'img',
		'aria-label': t('check.level') }, h('span', { class: 'level-track' },
		bar));
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
