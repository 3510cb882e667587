// SPDX-License-Identifier: GPL-3.0-or-later
// The audit for administrators: who did what, when, and why.

import { t, tParts } from '../../lang.js';
import * as api from '../../review/api.js';
import * as filters from '../../review/filters.js';
import * as pages from '../../review/pages.js';
import {
	auditFacts, auditParts, exactly, isOfRecording, subjectWords,
} from '../../review/rows.js';
import { button, fill, h, icon, setText, show } from '../dom.js';
import { auditFilters } from './filterbar.js';
import { factList, pageLoader } from './parts.js';

/**
 * @typedef {import('../../review/main.js').Desk} Desk
 * @typedef {import('../../review/api.js').AuditRow} AuditRow
 * @typedef {import('../../review/filters.js').AuditFilters} AuditFilters
 */

const WAITING = 10;

/**
 * @param {AuditRow} row
 * @param {(filter: AuditFilters) => void} only
 */
function rowNode(row, only) {
	const { what, who, rest, good } = auditParts(row);
	const { subject, object } = row;
	/** @param {string} words @param {AuditFilters} filter */
	const way = (words, filter) => h('button', { type: 'button',
		class: 'plain', click: () => only(filter) }, words);
	return h('li', { 'data-row': row.n }, h('details', {
		class: good ? 'audit-row' : 'audit-row bad' },
	h('summary', {},
		h('time', { datetime: row.time, class: 'hint' }, exactly(row.time)),
		h('span', { class: 'audit-words' },
			!good && icon('warning'), ...tParts('audit.line',
				{ what: h('strong', {}, what), who: h('bdi', {}, who), rest }))),
	h('div', { class: 'audit-more' }, factList(auditFacts(row)),
		h('div', { class: 'row wrap' },
			subject?.id && way(t('audit.only-person'), { subject: subject.id }),
			object && isOfRecording(row)
				&& way(t('audit.only-recording'), { object }),
			way(t('audit.only-action'), { action: row.action })))));
}

const waitingRow = () => h('li', { class: 'waiting', 'aria-hidden': 'true' },
	h('span', { class: 'blank' }));

/**
 * @param {Desk} desk
 * @returns {import('../../review/main.js').Page}
 */
export function auditPage(desk) {
	/** @type {string | null} */
	let shown = null;
	/** @type {import('../../review/pages.js').Pages<AuditRow>} */
	let list = pages.none();
	/** @type {Set<string>} actions met */
	const met = new Set();

	const bar = auditFilters(desk, go);
	const count = h('p', { class: 'hint row-count', id: 'count', role: 'status' });
	const rows = h('ol', { class: 'audit card', id: 'audit' });
	const empty = h('div', { class: 'empty', id: 'empty', hidden: true },
		icon('shield'), h('p', {}, t('audit.none-like')));
	const problem = h('div', { id: 'list-problem' });
	const more = button('plus', t('rec.show-more'), { id: 'more', class: 'big',
		click: () => load(list.next) });
	const node = h('div', { class: 'desk-column' },
		h('div', { class: 'row between title-row' },
			h('h1', { tabindex: -1 }, t('audit.audit')), count),
		h('p', { class: 'hint lead-hint' }, t('audit.lead')),
		bar.node, rows, empty, problem,
		h('p', { class: 'row center' }, more));

	const loader = pageLoader({ desk, rows, count, problem, draw, take,
		forget: () => {
			list = pages.none();
		} });

	/** @param {AuditFilters} filter */
	function go(filter) {
		desk.actions.go(`/audit${filters.auditToSearch(filter)}`);
	}
	/** @param {AuditFilters} filter */
	const only = (filter) => go({
		...filters.auditFromSearch(location.search), ...filter });

	/** @param {boolean} busy */
	function draw(busy) {
		const none = list.known && !list.rows.length;
		bar.update(filters.auditFromSearch(location.search), met);
		rows.setAttribute('aria-busy', String(busy));
		rows.classList.toggle('stale', busy && list.known);
		show(rows, !none);
		show(empty, none);
		show(more, list.next && list.rows.length);
		more.disabled = busy;
		setText(count, busy && !list.known ? t('page.loading')
			: pages.countWords(list, 'row'));
	}

	/** @param {api.AuditPage} answer @param {string | null} cursor */
	function take(answer, cursor) {
		const had = cursor ? list.rows.length : 0;
		list = pages.add(cursor ? list : pages.none(), answer.rows,
			answer.next, (row) => row.n);
		desk.people = pages.people(desk.people, answer.rows,
			({ subject }) => subject && { id: subject.id,
				name: subjectWords(subject) });
		answer.rows.forEach((row) => met.add(row.action));
		if (!had)
			fill(rows);
		rows.append(...list.rows.slice(had).map((row) => rowNode(row, only)));
	}

	/** @param {string | null} cursor null: from the beginning */
	async function load(cursor) {
		const filter = filters.auditFromSearch(location.search);
		await loader.load(cursor, () =>
			api.audit(filters.auditToQuery(filter, cursor)));
	}
	return { node,
		update: () => {
			if (location.search === shown)
				return;
			shown = location.search;
			if (!list.known)
				fill(rows, ...Array.from({ length: WAITING }, waitingRow));
			void load(null);
		},
		close: () => {
			loader.drop();
			bar.close();
		} };
}
