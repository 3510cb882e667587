// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody's check-in has found, in a line of small signs beside the name,
// for the clinician; the line's figures are behind a tap.

import { figures, isWhole, resultTold } from '../checkwords.js';
import { t } from '../lang.js';
import { fill, h, icon, show } from './dom.js';

/** @typedef {import('../checked.js').Found} Found */

/** @param {string} sign @param {string} words @param {string} kind */
const chip = (sign, words, kind) => h('li', { class: `check-chip ${kind}` },
	icon(sign), h('span', {}, words));

/** @param {Found} found */
function chips(found) {
	const told = resultTold(found);
	if (told.length)
		return told.map(({ words, bad }) => chip(bad ? 'warning' : 'devices',
			words, bad ? 'bad' : 'soso'));
	return [isWhole(found) ? chip('check', t('check.result-ok'), 'ok')
		: chip('devices', t('check.result-skipped'), 'off')];
}

/**
 * A list of the figures of a line.
 * @param {Found} found
 */
export const figureList = (found) => h('dl', { class: 'check-figures' },
	...figures(found).map(([name, value]) => h('div', {}, h('dt', {}, name),
		h('dd', {}, value))));

/**
 * Beside a name. Hidden while nothing is known.
 *
 *     const result = checkResult();
 *     row.append(result.node);
 *     result.update(person.check);
 */
export function checkResult() {
	const list = h('ul', { class: 'check-chips',
		'aria-label': t('check.result-label') });
	const more = h('details', { class: 'check-more' });
	const node = h('div', { class: 'check-result' }, list, more);
	let shown = '';

	/** @param {Found | null | undefined} found */
	function update(found) {
		const key = JSON.stringify(found ?? null);
		if (key === shown)
			return;
		shown = key;
		show(node, found);
		fill(list, ...(found ? chips(found) : []));
		fill(more, h('summary', {}, t('check.details')),
			found ? figureList(found) : null);
		show(more, found && figures(found).length > 0);
	}
	update(null);
	show(node, false);
	return { node, update };
}
