// SPDX-License-Identifier: GPL-3.0-or-later
// The clinician's form for a new visit, or to change or cancel one.

import { t } from '../lang.js';
import * as time from '../time.js';
import { notice } from '../words.js';
import { button, field, fill, h, setText, show } from './dom.js';

const LENGTHS = [10, 15, 20, 30, 45, 60, 90];
const USUAL_MINUTES = 30;
const QUARTER_MS = 15 * 60000;

/** @param {number} now @returns {Date} the next quarter of an hour */
const nextQuarter = (now) => new Date(Math.ceil(now / QUARTER_MS) * QUARTER_MS);

function inputs() {
	return {
		title: h('input', { id: 'visit-title', maxlength: 120, required: true,
			placeholder: t('form.title-example') }),
		email: h('input', { id: 'visit-email', type: 'email', required: true,
			maxlength: 254, autocomplete: 'off' }),
		date: h('input', { id: 'visit-date', type: 'date', required: true }),
		time: h('input', { id: 'visit-time', type: 'time', required: true }),
		minutes: h('select', { id: 'visit-minutes' }, ...LENGTHS.map((n) =>
			h('option', { value: n }, t('visit.minutes', { n })))),
		kind: h('select', { id: 'visit-kind' }),
	};
}

/**
 * The kinds to choose from; that of the visit, too, if it is offered no more.
 * @param {HTMLElement} select
 * @param {string[]} kinds
 * @param {string | null} own
 */
function fillKinds(select, kinds, own) {
	const all = own && !kinds.includes(own) ? [...kinds, own] : kinds;
	fill(select, h('option', { value: '' }, t('form.no-kind')),
		...all.map((kind) => h('option', { value: kind }, kind)));
}

/** @param {import('../actions.js').Actions} actions */
export function visitDialog(actions) {
	/** @type {import('../api.js').Visit | null} */
	let editing = null;
	/** @type {string[]} */
	let kinds = [];
	const input = inputs();
	const heading = h('h2', {});
	const problem = h('p', { class: 'alert', role: 'alert' });
	const save = h('button', { type: 'submit', class: 'primary',
		id: 'visit-save' });
	const cancelVisit = button('close', t('form.cancel-visit'), {
		id: 'visit-cancel', class: 'plain danger', click: async () => {
			if (editing && await actions.cancelVisit(editing.id))
				node.close();
		} });
	const node = h('dialog', { id: 'visit-dialog', class: 'card dialog',
		'aria-labelledby': 'visit-heading' });
	heading.id = 'visit-heading';

	/** @param {Event} event */
	async function submit(event) {
		event.preventDefault();
		const start = time.fromFields(input.date.value, input.time.value);
		if (start && await actions.saveVisit(editing?.id ?? null, {
			title: input.title.value.trim(),
			patient_email: input.email.value.trim(), start,
			minutes: Number(input.minutes.value),
			kind: input.kind.value || null }))
			node.close();
	}
	const kindField = field(t('form.kind'), input.kind);

	node.append(h('form', { class: 'stack', submit }, heading, problem,
		field(t('form.about'), input.title, t('form.about-hint')),
		field(t('form.email'), input.email,
			t('form.email-hint')),
		h('div', { class: 'fields' }, field(t('form.day'), input.date),
			field(t('form.time'), input.time), field(t('form.length'), input.minutes)),
		kindField,
		h('div', { class: 'row end wrap' }, cancelVisit,
			h('button', { type: 'button', click: () => node.close() },
				t('page.close')), save)));

	/** @param {import('../api.js').Visit | null} visit null: a new one */
	function open(visit) {
		editing = visit;
		const at = time.fields(visit ? new Date(visit.start)
			: nextQuarter(Date.now()));
		const minutes = visit?.minutes ?? USUAL_MINUTES;
		input.title.value = visit?.title ?? '';
		input.email.value = visit?.patient_email ?? '';
		input.date.value = at.date;
		input.time.value = at.time;
		if (![...input.minutes.options].some((o) => o.value === `${minutes}`))
			input.minutes.append(h('option', { value: minutes },
				t('visit.minutes', { n: minutes })));
		input.minutes.value = String(minutes);
		fillKinds(input.kind, kinds, visit?.kind ?? null);
		input.kind.value = visit?.kind ?? '';
		show(kindField, input.kind.options.length > 1);
		setText(heading, visit ? t('form.change') : t('home.new-visit'));
		setText(save, visit ? t('form.save') : t('form.make'));
		show(cancelVisit, visit);
		actions.noticed();
		node.showModal();
		input.title.focus();
	}

	/** @param {import('../state.js').State} state */
	function update(state) {
		kinds = state.session?.visit_kinds ?? [];
		save.disabled = state.busy;
		show(problem, node.open && state.notice);
		setText(problem, state.notice ? notice(state.notice) : '');
	}
	return { node, open, update };
}
