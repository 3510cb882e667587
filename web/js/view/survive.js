// SPDX-License-Identifier: GPL-3.0-or-later
// Words for a visit that has to be brought back, and one big button where the
// browser lets only a person take a device again.

import { t } from '../lang.js';
import { button, setText, show } from './dom.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../actions.js').Actions} Actions
 */

/** Codes of a try after which it is the server that one waits for. */
const SERVERS = new Set(['server', 'busy', 'not-admitted', 'too-many']);

/**
 * While the seat is lost, or is taken again by a page that was loaded anew.
 * @param {State} state
 * @returns {string}
 */
export function broken({ again, phase, trying }) {
	if (!navigator.onLine)
		return t('survive.offline');
	if (SERVERS.has(trying ?? ''))
		return t('survive.server');
	if (trying)
		return t('survive.no-network');
	return again && phase === 'joining' ? t('survive.returning')
		: t('call.broke');
}

/** @param {Actions} actions */
export function retakeButton(actions) {
	const node = button('microphone', '', { id: 'retake', class: 'primary',
		click: () => actions.retake() });
	const words = /** @type {HTMLElement} */ (node.querySelector('span')
		?? node);
	/** @param {State} state */
	const update = ({ taken }) => {
		setText(words, taken.microphone && taken.camera
			? t('survive.retake-both') : taken.camera
				? t('survive.retake-camera') : t('survive.retake-microphone'));
		show(node, taken.microphone || taken.camera);
	};
	return { node, update };
}
