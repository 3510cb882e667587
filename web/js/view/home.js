// SPDX-License-Identifier: GPL-3.0-or-later
// Home: what comes next with one big Join, the visits to come and those past;
// for a clinician also making, changing and cancelling them.

import * as time from '../time.js';
import { button, fill, h, icon, setText, show } from './dom.js';
import { topbar } from './topbar.js';
import { visitDialog } from './visitform.js';

/**
 * @typedef {import('../api.js').Visit} Visit
 * @typedef {import('../actions.js').Actions} Actions
 * @typedef {import('../state.js').State} State
 */

/** How often "in 5 minutes" is written anew. */
const REFRESH_MS = 20000;

/** @param {Visit} visit @returns {string} the other person, for the viewer */
const other = (visit) => visit.role === 'clinician'
	? visit.patient_name || visit.patient_email || 'Patient'
	: visit.clinician_name;

/** @param {Visit} visit @param {number} now */
const isPast = (visit, now) =>
	visit.status === 'cancelled' || Date.parse(visit.closes) <= now;

/** @param {Visit} visit @param {number} now */
function when(visit, now) {
	if (Date.parse(visit.opens) <= now)
		return 'Open now';
	return time.until(Date.parse(visit.start) - now);
}

/**
 * What a clinician can do with a visit.
 * @param {Visit} visit
 * @param {Actions} actions
 * @param {(visit: Visit) => void} change opens the form
 */
const tools = (visit, actions, change) => [
	button('copy', 'Copy link', { class: 'plain copy',
		click: () => actions.copyLink(visit) }),
	button('edit', 'Change', { class: 'plain change',
		click: () => change(visit) }),
];

/**
 * @param {Visit} visit
 * @param {number} now
 * @param {Actions} actions
 * @param {(visit: Visit) => void} change opens the form
 */
function nextCard(visit, now, actions, change) {
	const open = Date.parse(visit.opens) <= now;
	return h('section', { class: 'next card', id: 'next-visit',
		'data-visit': visit.id },
	h('div', {},
		h('p', { class: open ? 'badge live' : 'badge' },
			open ? 'Open now' : `Next visit ${when(visit, now)}`),
		h('h2', {}, visit.title || 'Visit'),
		h('p', { class: 'who' }, `with ${other(visit)}`),
		h('p', { class: 'when' }, icon('calendar'),
			h('span', {}, time.dayAndClock(visit.start, now),
				` · ${visit.minutes} minutes`)),
		visit.role === 'clinician' && h('div', { class: 'row wrap' },
			...tools(visit, actions, change))),
	button('camera', open ? 'Join the visit' : 'Get ready', {
		class: 'primary big', id: 'join-next',
		click: () => actions.go(`/visit/${visit.id}`) }));
}

/**
 * @param {Visit} visit
 * @param {Actions} actions
 * @param {(visit: Visit) => void} change opens the form
 */
function rowActions(visit, actions, change) {
	return h('div', { class: 'row-actions' },
		...(visit.role === 'clinician' ? tools(visit, actions, change) : []),
		h('button', { type: 'button', class: 'join',
			click: () => actions.go(`/visit/${visit.id}`) },
		Date.parse(visit.opens) <= Date.now() ? 'Join' : 'Get ready'));
}

/**
 * @param {Visit} visit
 * @param {number} now
 * @param {HTMLElement | null} actions
 */
function visitRow(visit, now, actions) {
	const cancelled = visit.status === 'cancelled';
	return h('li', { class: cancelled ? 'visit cancelled' : 'visit',
		'data-visit': visit.id },
	h('div', { class: 'visit-time' },
		h('span', { class: 'visit-clock' }, time.clock(visit.start)),
		h('span', { class: 'hint' }, time.day(visit.start, now))),
	h('div', { class: 'visit-what' }, h('h3', {}, visit.title || 'Visit'),
		h('p', { class: 'hint' }, `with ${other(visit)} · ${
			cancelled ? 'cancelled' : `${visit.minutes} minutes`}`)),
	actions);
}

/** @param {boolean} clinician */
const nothing = (clinician) => h('div', { class: 'empty' }, icon('calendar'),
	h('p', {}, clinician
		? 'No visits yet. Make the first one: the patient gets in with its link and this clinic’s sign-in.'
		: 'No visits are planned. When the clinic invites you, the visit appears here.'));

/**
 * @param {Actions} actions
 * @returns {import('./dom.js').Page}
 */
export function homePage(actions) {
	const head = topbar(actions);
	const form = visitDialog(actions);
	const hello = h('h1', { tabindex: -1 });
	const add = button('plus', 'New visit', { id: 'new-visit',
		class: 'primary', click: () => form.open(null) });
	const list = h('div', { id: 'visits', class: 'stack wide-gap' });
	const node = h('div', { class: 'home' },
		head.node,
		h('main', { class: 'column' },
			h('div', { class: 'row between title-row' }, hello, add), list),
		form.node);
	/** @type {State | null} */
	let last = null;

	/** @param {State} state */
	function fillList(state) {
		const now = Date.now();
		const visits = state.visits ?? [];
		const coming = visits.filter((visit) => !isPast(visit, now));
		const past = visits.filter((visit) => isPast(visit, now)).reverse();
		const [next, ...later] = coming;
		/** @param {Visit} visit */
		const row = (visit) => visitRow(visit, now,
			rowActions(visit, actions, form.open));
		fill(list, !state.visits && h('p', { class: 'hint' }, 'Loading…'),
			state.visits && !coming.length
				&& nothing(isClinician(state)),
			next && nextCard(next, now, actions, form.open),
			later.length > 0 && h('h2', { class: 'section' }, 'Coming up'),
			later.length > 0 && h('ul', { class: 'visits card' },
				...later.map(row)),
			past.length > 0 && h('details', { class: 'past' },
				h('summary', {}, `Past and cancelled (${past.length})`),
				h('ul', { class: 'visits card' },
					...past.map((visit) => visitRow(visit, now, null)))));
	}

	/** @param {State} state */
	function update(state) {
		head.update(state);
		const name = state.session?.user?.name;
		setText(hello, name ? `Hello, ${name}` : 'Your visits');
		show(add, isClinician(state));
		form.update(state);
		if (!last || last.visits !== state.visits)
			fillList(state);
		last = state;
	}
	const timer = setInterval(() => {
		// Never take a button away from under somebody's fingers.
		if (last && !list.contains(document.activeElement))
			fillList(last);
	}, REFRESH_MS);
	return { node, update, close: () => clearInterval(timer) };
}

/** @param {State} state */
function isClinician(state) {
	return state.session?.user?.role === 'clinician';
}
