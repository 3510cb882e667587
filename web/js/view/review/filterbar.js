// SPDX-License-Identifier: GPL-3.0-or-later
// The filters of the list and of the audit: what is chosen is told at once.

import { t } from '../../lang.js';
import * as filters from '../../review/filters.js';
import { actionChoices, stateChoices } from '../../review/rows.js';
import { field, h, setText } from '../dom.js';
import { setChoices, shapeButton } from './parts.js';

/**
 * @typedef {import('../../review/main.js').Desk} Desk
 * @typedef {import('../../review/filters.js').Filters} Filters
 * @typedef {import('../../review/filters.js').AuditFilters} AuditFilters
 */

/** A day that is being typed is a wrong one many times. */
const TYPING_MS = 600;

/**
 * @param {string} id
 * @param {(value: string) => void} changed
 */
function dayInput(id, changed) {
	const node = h('input', { id, type: 'date' });
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	let timer;
	const stop = () => {
		clearTimeout(timer);
		timer = undefined;
	};
	node.addEventListener('input', () => {
		stop();
		timer = setTimeout(() => {
			stop();
			changed(node.value);
		}, TYPING_MS);
	});
	return { node, stop, set: (/** @type {string} */ value) => {
		if (!timer && node.value !== value)
			node.value = value;
	} };
}

/**
 * @param {string} id
 * @param {(value: string) => void} changed
 */
const choice = (id, changed) => {
	const node = h('select', { id, change: () => changed(node.value) });
	return node;
};

/**
 * The form around the fields, folded away on a phone.
 * @param {HTMLElement[]} fields
 * @param {() => void} clear
 */
function bar(fields, clear) {
	const count = h('span');
	const form = h('form', { class: 'filters', id: 'filters',
		'aria-label': t('rec.filters'),
		submit: (/** @type {Event} */ event) => event.preventDefault() },
	...fields);
	const fold = shapeButton('filter', '', { class: 'fold', id: 'fold',
		'aria-controls': 'filters', 'aria-expanded': 'false', click: () => {
			const open = form.classList.toggle('open');
			fold.setAttribute('aria-expanded', String(open));
		} });
	fold.lastElementChild?.replaceWith(count);
	const clearing = h('button', { type: 'button', class: 'plain',
		id: 'clear-filters', click: clear }, t('rec.clear'));
	form.append(h('div', { class: 'field filter-clear' }, clearing));
	/** @param {number} set how many */
	const update = (set) => {
		setText(count, set ? t('rec.filters-set', { n: set }) : t('rec.filters'));
		clearing.disabled = !set;
	};
	return { node: h('div', { class: 'filter-bar' }, fold, form), update };
}

/**
 * @param {Desk} desk
 * @param {(filters: Filters) => void} changed
 */
export function listFilters(desk, changed) {
	/** @type {Filters} */
	let now = {};
	/** @param {Partial<Filters>} change */
	const set = (change) => changed({ ...now, ...change });
	const from = dayInput('filter-from', (value) => set({ from: value }));
	const to = dayInput('filter-to', (value) => set({ to: value }));
	const clinician = choice('filter-clinician', (value) =>
		set({ clinician: value }));
	const patient = choice('filter-patient', (value) => set({ patient: value }));
	const state = choice('filter-state', (value) => set({ state: value }));
	const lasting = choice('filter-length', (value) =>
		set(filters.lengthFilter(value)));
	const sort = choice('filter-sort', (value) => set({
		sort: /** @type {import('../../review/filters.js').Sort} */ (value) }));
	const hold = h('input', { type: 'checkbox', id: 'filter-hold',
		change: () => set({ hold: hold.checked || undefined }) });
	const { node, update: count } = bar([field(t('rec.from'), from.node),
		field(t('rec.to'), to.node), field(t('rec.clinician'), clinician),
		field(t('rec.patient'), patient), field(t('rec.state'), state),
		field(t('rec.length'), lasting), h('div', { class: 'field only-phone' },
			h('label', { for: 'filter-sort' }, t('rec.order')), sort),
		h('label', { class: 'check' }, hold, t('rec.hold-only'))],
	() => changed({ sort: now.sort }));
	setChoices(sort, t('rec.newest'), [['begun', t('rec.oldest')],
		['-seconds', t('rec.longest')], ['seconds', t('rec.shortest')]], '');

	/** @param {Filters} filter */
	function update(filter) {
		now = filter;
		from.set(filter.from ?? '');
		to.set(filter.to ?? '');
		setChoices(clinician, t('rec.all'), desk.clinicians, filter.clinician ?? '');
		setChoices(patient, t('rec.all'), desk.patients, filter.patient ?? '');
		setChoices(state, t('rec.all'), stateChoices(), filter.state ?? '');
		setChoices(lasting, t('rec.any'), filters.lengthChoices(filter),
			filters.lengthOf(filter));
		sort.value = filter.sort ?? '';
		hold.checked = Boolean(filter.hold);
		count(filters.active(filter));
	}
	return { node, update, close: () => { from.stop(); to.stop(); } };
}

/**
 * @param {Desk} desk
 * @param {(filters: AuditFilters) => void} changed
 */
export function auditFilters(desk, changed) {
	/** @type {AuditFilters} */
	let now = {};
	/** @param {Partial<AuditFilters>} change */
	const set = (change) => changed({ ...now, ...change });
	const from = dayInput('filter-from', (value) => set({ from: value }));
	const to = dayInput('filter-to', (value) => set({ to: value }));
	const person = choice('filter-person', (value) => set({ subject: value }));
	const action = choice('filter-action', (value) => set({ action: value }));
	const object = h('input', { id: 'filter-recording', spellcheck: 'false',
		autocomplete: 'off', autocapitalize: 'none', maxlength: 22,
		placeholder: t('audit.its-id'), change: () => {
			const value = object.value.trim();
			object.setCustomValidity(/^([\w-]{22})?$/.test(value) ? ''
				: t('audit.id-wrong'));
			if (object.reportValidity())
				set({ object: value });
		} });
	const { node, update: count } = bar([field(t('rec.from'), from.node),
		field(t('rec.to'), to.node), field(t('audit.person'), person),
		field(t('audit.action'), action), field(t('rec.recording'), object)],
	() => changed({}));

	/** @param {AuditFilters} filter @param {Iterable<string>} met actions */
	function update(filter, met) {
		now = filter;
		from.set(filter.from ?? '');
		to.set(filter.to ?? '');
		setChoices(person, t('audit.everybody'), desk.people, filter.subject ?? '');
		setChoices(action, t('audit.all'), actionChoices(met), filter.action ?? '');
		if (document.activeElement !== object)
			object.value = filter.object ?? '';
		count(filters.active(filter));
	}
	return { node, update, close: () => { from.stop(); to.stop(); } };
}
