// SPDX-License-Identifier: GPL-3.0-or-later
// The list of recordings: filters in the address, page by page, and the way
// into one of them.

import { t } from '../../lang.js';
import * as api from '../../review/api.js';
import * as filters from '../../review/filters.js';
import * as pages from '../../review/pages.js';
import { isProblem, problemWords } from '../../review/problems.js';
import { button, fill, h, icon, setText, show } from '../dom.js';
import { may } from '../topbar.js';
import { detailSheet, reasonFor } from './dialogs.js';
import { listFilters } from './filterbar.js';
import { glances } from './glances.js';
import { pageLoader } from './parts.js';
import { recordingsTable } from './table.js';

/**
 * @typedef {import('../../review/main.js').Desk} Desk
 * @typedef {import('../../review/api.js').Recording} Recording
 */

/** How long a list may be shown again as it was. */
const FRESH_MS = 120000;
/** Browsers let the history be changed only so often. */
const NOTE_MS = 400;
/** Lists that are kept. */
const KEPT_MAX = 20;

/** @param {Desk} desk @param {Recording[]} rows */
function meet(desk, rows) {
	desk.clinicians = pages.people(desk.clinicians, rows,
		(row) => row.clinician);
	desk.patients = pages.people(desk.patients, rows, (row) => row.patient);
}

/** @param {(() => void) | null} clear the filters, if there are any */
const nothing = (clear) => [icon('calendar'), h('p', {}, clear
	? t('rec.none-like') : t('rec.none-yet')),
clear && h('button', { type: 'button', click: clear }, t('rec.show-all'))];

/**
 * Where somebody was in a list that was loaded before the page was.
 * @returns {{loaded: number, scroll: number}}
 */
const before = () => ({ loaded: Number(history.state?.loaded) || 0,
	scroll: Number(history.state?.scroll) || 0 });

/**
 * @param {Desk} desk
 * @param {import('../../state.js').State} state
 * @returns {import('../../review/main.js').Page}
 */
export function listPage(desk, state) {
	const { actions } = desk;
	/** @type {string | null} the address's query that is shown */
	let shown = null;
	/** @type {import('../../review/pages.js').Pages<Recording>} */
	let list = pages.none();
	let at = 0;
	let scroll = 0;
	let busy = false;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	let noting;

	const bar = listFilters(desk, go);
	const count = h('p', { class: 'hint row-count', id: 'count', role: 'status' });
	const title = h('h1', { tabindex: -1 }, t('rec.recordings'));
	const glimpsed = glances(desk);
	const table = recordingsTable({ play, detail, glance: glimpsed.place,
		only: (filter) => {
			go({ ...filters.fromSearch(location.search), ...filter });
			// The row with the name may go.
			title.focus();
		}, sort: (column) => {
			const filter = filters.fromSearch(location.search);
			go({ ...filter, sort: filters.turned(filter, column) });
		} });
	const empty = h('div', { class: 'empty', id: 'empty', hidden: true });
	const problem = h('div', { id: 'list-problem' });
	const more = button('plus', t('rec.show-more'), { id: 'more', class: 'big',
		click: () => load(list.next) });
	const node = h('div', { class: 'desk-column' },
		h('div', { class: 'row between title-row' },
			title, count),
		bar.node, table.node, empty, problem,
		h('p', { class: 'row center' }, more));

	const loader = pageLoader({ desk, rows: table.node, count, problem, take,
		draw: (now) => {
			busy = now;
			draw();
		}, forget: () => {
			list = pages.none();
		} });

	/** @param {import('../../review/filters.js').Filters} filter */
	function go(filter) {
		actions.go(`/review${filters.toSearch(filter)}`);
	}

	function keep() {
		if (shown === null || !list.known)
			return;
		desk.kept.delete(shown);
		desk.kept.set(shown, { pages: list, at, scroll });
		for (const oldest of [...desk.kept.keys()].slice(0, -KEPT_MAX))
			desk.kept.delete(oldest);
	}

	function draw() {
		const none = list.known && !list.rows.length;
		const filter = filters.fromSearch(location.search);
		bar.update(filter);
		table.order(filter);
		table.node.setAttribute('aria-busy', String(busy));
		table.node.classList.toggle('stale', busy && list.known);
		show(table.node, !none);
		show(empty, none);
		if (none)
			fill(empty, ...nothing(filters.active(filter)
				? () => go({ sort: filter.sort }) : null));
		if (list.known) {
			table.update(list.rows);
			glimpsed.tidy();
		}
		show(more, list.next && list.rows.length);
		more.disabled = busy;
		setText(count, busy && !list.known ? t('page.loading')
			: pages.countWords(list, 'recording'));
	}

	/** @param {api.RecordingsPage} answer @param {string | null} cursor */
	function take(answer, cursor) {
		at = cursor ? at : Date.now();
		list = pages.add(cursor ? list : pages.none(), answer.recordings,
			answer.next, (row) => row.id);
		meet(desk, answer.recordings);
		note();
	}

	/**
	 * @param {string | null} cursor null: from the beginning
	 * @param {number} [limit]
	 */
	async function load(cursor, limit = filters.PAGE) {
		const filter = filters.fromSearch(location.search);
		await loader.load(cursor, () => api.recordings(
			filters.toQuery(filter, cursor, limit)));
	}

	/** Comes back to a list as it was, but for the recording just seen. */
	async function restore(/** @type {import('../../review/main.js').Kept} */ kept) {
		({ pages: list, at, scroll } = kept);
		draw();
		scrollTo(0, scroll);
		const { touched } = desk;
		desk.touched = null;
		if (!touched || !list.rows.some((row) => row.id === touched))
			return;
		try {
			list = pages.replace(list, await desk.ask(api.recording(touched)));
		} catch (error) {
			if (isProblem(error, 'not-found'))
				list = pages.without(list, touched);
		}
		draw();
	}

	async function begin() {
		clearTimeout(noting);
		const kept = desk.kept.get(location.search);
		const was = before();
		shown = location.search;
		desk.back = `/review${location.search}`;
		if (kept && Date.now() - kept.at < FRESH_MS) {
			loader.drop();
			busy = false;
			fill(problem);
			await restore(kept);
			return;
		}
		scroll = 0;
		if (!list.known)
			table.wait();
		await load(null, kept?.pages.rows.length || was.loaded
			|| filters.PAGE);
		if (kept?.scroll || was.scroll)
			scrollTo(0, kept?.scroll || was.scroll);
	}

	/** @param {Recording} recording */
	async function play(recording) {
		try {
			const detailed = await desk.ask(api.recording(recording.id));
			if (await reasonFor(desk, detailed) !== null)
				actions.go(`/review/${recording.id}`);
		} catch (error) {
			actions.tell(problemWords(error));
		}
	}

	/** @param {Recording} recording */
	async function detail(recording) {
		const changed = await detailSheet(desk, recording, audit);
		if (!changed)
			return;
		desk.kept.clear();
		list = changed === 'gone' ? pages.without(list, recording.id)
			: pages.replace(list, { ...recording, ...changed });
		draw();
	}

	const audit = may(state, 'administer');
	/** The address's entry keeps the place for a page that is loaded anew. */
	function note() {
		clearTimeout(noting);
		noting = setTimeout(() => history.replaceState({ scroll,
			loaded: list.rows.length }, ''), NOTE_MS);
	}
	const remember = () => {
		scroll = scrollY;
		note();
	};
	addEventListener('scroll', remember, { passive: true });
	return { node,
		update: () => {
			if (location.search === shown)
				return;
			keep();
			void begin();
		},
		close: () => {
			removeEventListener('scroll', remember);
			clearTimeout(noting);
			bar.close();
			glimpsed.close();
			loader.drop();
			keep();
		} };
}
