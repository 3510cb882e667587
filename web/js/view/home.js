// SPDX-License-Identifier: GPL-3.0-or-later
// Home: what comes next with one big Join, the visits to come and those past;
// for a clinician also making, changing and cancelling them.

import { more, t } from '../lang.js';
import * as time from '../time.js';
import { happenedWords } from '../words.js';
import { stylesheet } from './sheets.js';
import { button, fill, h, icon, setText, show } from './dom.js';
import { topbar } from './topbar.js';
import { urgentCard, waitingElsewhere } from './urgent.js';
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
	? visit.patient_name || visit.patient_email || t('visit.patient')
	: visit.clinician_name || t('visit.clinician-first');

/** @param {Visit} visit */
const kindWords = (visit) => visit.kind ? ` · ${visit.kind}` : '';

/** @param {Visit} visit @param {number} now */
const isPast = (visit, now) =>
	visit.status === 'cancelled' || visit.ended === true
		|| Date.parse(visit.closes) <= now;

/** @param {Visit} visit @param {number} now */
function when(visit, now) {
	if (Date.parse(visit.opens) <= now)
		return t('home.open-now');
	return time.until(Date.parse(visit.start) - now);
}

/**
 * What became of it.
 * @param {Visit} visit
 * @param {boolean} over
 */
function happenedLine(visit, over) {
	const words = happenedWords(visit, over);
	return words && h('p', { class: 'happened' },
		icon(visit.happened || visit.recorded ? 'check' : 'calendar'),
		h('span', {}, words));
}

/**
 * Shows how good its connections were.
 * @param {Visit} visit
 * @param {Actions} actions
 */
async function openQuality(visit, actions) {
	try {
		const [{ showQuality }] = await Promise.all([import('./quality.js'),
			more('review/'),
			stylesheet('/css/quality.css')]);
		await showQuality(visit, () => void actions.signedOut());
	} catch {
		actions.tell(t('home.part-failed'));
	}
}

/**
 * For its clinician, when there was something to measure.
 * @param {Visit} visit
 * @param {Actions} actions
 */
const qualityButton = (visit, actions) => visit.role === 'clinician'
	&& visit.happened ? h('button', { type: 'button',
		class: 'plain quality-open', 'aria-haspopup': 'dialog',
		'aria-label': t('home.connections-of', {
			title: visit.title || t('visit.untitled'),
			when: time.dayAndClock(visit.start, Date.now()) }),
		click: () => void openQuality(visit, actions) }, t('home.connections')) : null;

/**
 * What a clinician can do with a visit.
 * @param {Visit} visit
 * @param {Actions} actions
 * @param {(visit: Visit) => void} change opens the form
 */
const tools = (visit, actions, change) => [
	button('copy', t('home.copy-link'), { class: 'plain copy',
		click: () => actions.copyLink(visit) }),
	button('edit', t('home.change'), { class: 'plain change',
		click: () => change(visit) }),
	qualityButton(visit, actions),
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
			open ? t('home.open-now')
				: t('home.next-visit', { when: when(visit, now) })),
		h('h2', {}, visit.title || t('visit.untitled')),
		h('p', { class: 'who' }, t('visit.with', { name: other(visit) })),
		h('p', { class: 'when' }, icon('calendar'),
			h('span', {}, time.dayAndClock(visit.start, now),
				` · ${t('visit.minutes', { n: visit.minutes })}${
					kindWords(visit)}`)),
		happenedLine(visit, false),
		visit.role === 'clinician' && h('div', { class: 'row wrap' },
			...tools(visit, actions, change))),
	button('camera', open ? t('home.join-the-visit')
		: t('home.get-ready'), {
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
		Date.parse(visit.opens) <= Date.now() ? t('home.join')
			: t('home.get-ready')));
}

/**
 * @param {Visit} visit
 * @param {number} now
 * @param {HTMLElement | null} actions
 */
function visitRow(visit, now, actions) {
	const cancelled = visit.status === 'cancelled';
	const over = isPast(visit, now);
	return h('li', { class: cancelled ? 'visit cancelled' : 'visit',
		'data-visit': visit.id },
	h('div', { class: 'visit-time' },
		h('span', { class: 'visit-clock' }, time.clock(visit.start)),
		h('span', { class: 'hint' }, time.day(visit.start, now))),
	h('div', { class: 'visit-what' }, h('h3', {}, visit.title || t('visit.untitled')),
		h('p', { class: 'hint' }, `${t('visit.with', { name: other(visit) })}${
			over ? '' : ` · ${t('visit.minutes', { n: visit.minutes })}`}${
			kindWords(visit)}`),
		happenedLine(visit, over)),
	actions);
}

/** @param {boolean} clinician */
const nothing = (clinician) => h('div', { class: 'empty' }, icon('calendar'),
	h('p', {}, clinician
		? t('home.nothing-clinician')
		: t('home.nothing-patient')));

/**
 * Who waits, for a clinician: loaded when a clinician is here.
 * @param {Actions} actions
 */
function clinicianPart(actions) {
	const node = h('div');
	/** @type {ReturnType<typeof import('./reception.js').reception> | null} */
	let part = null;
	/** @type {State | null} */
	let last = null;
	let asked = false;
	let closed = false;

	async function load() {
		try {
			const [{ reception }] = await Promise.all([
				import('./reception.js'), stylesheet('/css/reception.css')]);
			if (closed)
				return;
			part = reception(actions);
			node.append(part.node);
			if (last)
				part.update(last);
		} catch {
			asked = false;
			actions.tell(t('home.part-failed'));
		}
	}

	/** @param {State} state */
	function update(state) {
		last = state;
		show(node, isClinician(state));
		part?.update(state);
		if (asked || !isClinician(state))
			return;
		asked = true;
		void load();
	}
	return { node, update, close: () => {
		closed = true;
		part?.close();
	} };
}

/**
 * @param {Actions} actions
 * @returns {import('./dom.js').Page}
 */
export function homePage(actions) {
	const head = topbar(actions);
	const form = visitDialog(actions);
	const hello = h('h1', { tabindex: -1 });
	const add = button('plus', t('home.new-visit'), { id: 'new-visit',
		class: 'primary', click: () => form.open(null) });
	const urgent = urgentCard(actions);
	const elsewhere = waitingElsewhere(actions);
	const guests = clinicianPart(actions);
	const list = h('div', { id: 'visits', class: 'stack wide-gap' });
	const node = h('div', { class: 'home' },
		head.node,
		h('main', { class: 'column' },
			h('div', { class: 'row between title-row' }, hello, add),
			h('div', { class: 'stack wide-gap' }, elsewhere.node, urgent.node,
				guests.node, list)),
		form.node);
	/** @type {State | null} */
	let last = null;
	/** Are the past visits shown? */
	let unfolded = true;

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
		fill(list, !state.visits && h('p', { class: 'hint' }, t('page.loading')),
			state.visits && !coming.length
				&& nothing(isClinician(state)),
			next && nextCard(next, now, actions, form.open),
			later.length > 0 && h('h2', { class: 'section' }, t('home.coming-up')),
			later.length > 0 && h('ul', { class: 'visits card' },
				...later.map(row)),
			past.length > 0 && h('details', { class: 'past', open: unfolded,
				toggle: (/** @type {any} */ event) => {
					unfolded = event.target.open;
				} },
			h('summary', {}, t('home.past', { n: past.length })),
			h('ul', { class: 'visits card' }, ...past.map((visit) =>
				visitRow(visit, now, h('div', { class: 'row-actions' },
					qualityButton(visit, actions)))))));
	}

	/** @param {State} state */
	function update(state) {
		head.update(state);
		const name = state.session?.user?.name;
		setText(hello, name ? t('home.hello', { name })
			: t('home.your-visits'));
		show(add, isClinician(state));
		form.update(state);
		urgent.update(state);
		elsewhere.update(state);
		guests.update(state);
		if (!last || last.visits !== state.visits)
			fillList(state);
		last = state;
	}
	const timer = setInterval(() => {
		// Never take a button away from under somebody's fingers.
		if (last && !list.contains(document.activeElement))
			fillList(last);
	}, REFRESH_MS);
	return { node, update, close: () => {
		clearInterval(timer);
		guests.close();
	} };
}

/** @param {State} state */
function isClinician(state) {
	return state.session?.user?.role === 'clinician';
}
