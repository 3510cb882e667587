// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody's check-in has found, beside a name. The rest of it is loaded
// with the first result: most who load these pages never see one.

import { stylesheet } from './sheets.js';
import { h } from './dom.js';

/** @param {any} found by the check-in; null: nothing */
export function doorCheck(found) {
	const node = h('div', { class: 'door-check' });
	if (found)
		void Promise.all([import('./checkresult.js'),
			stylesheet('/css/checkin.css')]).then(([{ checkResult }]) => {
			const result = checkResult();
			result.update(found);
			node.append(result.node);
		}, () => {
			// Whoever waits can be seen without it.
		});
	return node;
}
