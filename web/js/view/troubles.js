// SPDX-License-Identifier: GPL-3.0-or-later
// During the visit: that one's own microphone gives no sound, or the camera
// only black, with what helps; and that the other side knows the same of its
// own.

import { troublesOf } from '../checked.js';
import { t } from '../lang.js';
import { remedies } from '../remedies.js';
import { h, icon, setText, show } from './dom.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../checked.js').Trouble} Trouble
 */

/** @type {Record<Trouble, string>} */
const MINE = {
	'microphone-silent': 'check.mine-microphone-silent',
	'camera-black': 'check.mine-camera-black',
	'output-muted': 'check.mine-output-muted',
};
/** @type {Record<Trouble, string>} */
const THEIRS = {
	'microphone-silent': 'check.theirs-microphone-silent',
	'camera-black': 'check.theirs-camera-black',
	'output-muted': 'check.theirs-output-muted',
};
/** @type {Record<Trouble, import('../remedies.js').Trouble>} */
const HELP = { 'microphone-silent': 'silent', 'camera-black': 'black',
	'output-muted': 'unheard' };
/** The weightiest first; more at once would hide the other's face. */
const ORDER = /** @type {Trouble[]} */ (['microphone-silent', 'output-muted',
	'camera-black']);

/**
 * @param {Trouble[]} troubles
 * @returns {Trouble | undefined}
 */
const worst = (troubles) => ORDER.find((each) => troubles.includes(each));

/** @param {() => void} openDevices */
export function troubleNotes(openDevices) {
	const words = h('span', { id: 'my-trouble' });
	const step = h('span', { id: 'my-trouble-help' });
	const mine = h('div', { class: 'banner told', role: 'status' },
		icon('warning'), h('span', { class: 'told-words' }, words, ' ', step),
		h('button', { type: 'button', id: 'mend-devices',
			click: openDevices }, t('check.open-devices')));
	const theirs = h('p', { class: 'banner', role: 'status',
		id: 'their-trouble' });
	const node = h('div', { class: 'troubles' }, mine, theirs);

	/** @param {State} state @param {string} name the other's */
	function update(state, name) {
		// What the page itself offers to mend (“Tap to hear”) is not told twice.
		const own = worst(troublesOf(state.silenced
			? { ...state, silenced: false } : state));
		const other = state.peer?.media ? worst(state.peer.troubles)
			: undefined;
		setText(words, own ? t(MINE[own]) : '');
		setText(step, own ? remedies(HELP[own])[0] ?? '' : '');
		setText(theirs, other ? t(THEIRS[other], { name }) : '');
		show(mine, own);
		show(theirs, other);
		show(node, own || other);
	}
	return { node, update };
}
