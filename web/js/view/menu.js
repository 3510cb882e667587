// SPDX-License-Identifier: GPL-3.0-or-later
// A button that opens a small panel beside itself: closed by Escape, by the
// button, and by a click or the focus going elsewhere.

import { h, setAttribute, show } from './dom.js';

/**
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} panel with an id
 * @param {(open: boolean) => void} [changed]
 */
export function menu(button, panel, changed) {
	const node = h('div', { class: 'pop' }, button, panel);
	setAttribute(button, 'aria-controls', panel.id);
	const isOpen = () => !panel.hidden;

	/** @param {boolean} open */
	function set(open) {
		if (open !== isOpen())
			changed?.(open);
		show(panel, open);
		setAttribute(button, 'aria-expanded', String(open));
	}
	/** @param {Event} event */
	const outside = ({ target }) => {
		if (isOpen() && target instanceof Node && !node.contains(target))
			set(false);
	};
	button.addEventListener('click', () => set(!isOpen()));
	node.addEventListener('keydown', (event) => {
		if (event.key !== 'Escape' || !isOpen())
			return;
		event.stopPropagation();
		set(false);
		button.focus();
	});
	document.addEventListener('pointerdown', outside);
	document.addEventListener('focusin', outside);
	set(false);
	return { node, set, isOpen,
		close: () => {
			document.removeEventListener('pointerdown', outside);
			document.removeEventListener('focusin', outside);
		} };
}
