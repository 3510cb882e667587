// SPDX-License-Identifier: GPL-3.0-or-later
// What can be taken away of a recording by who may: films of all of it, which
// the portal makes while one waits or comes back later, and its single files.
//
// Ids that tests and support may rely on: `downloads`, `film-ask`, `films`
// (rows by `data-film` and `data-step`, with `.film-get`, `.film-end` and a
// progress bar), `files`, `film-dialog` (`film-container-*`, `film-layout-*`,
// `film-burn-in`).

import { t } from '../../lang.js';
import * as api from '../../review/api.js';
import {
	bytesWords, fileWords, filmHow, filmNews, filmTitle, filmWords, isUnderWay,
	percentWords, stepOf,
} from '../../review/films.js';
import { isProblem, problemWords } from '../../review/problems.js';
import { personWords, whenWithin } from '../../review/rows.js';
import { fill, h, setAttribute, setText, show } from '../dom.js';
import { askForFilm } from './filmdialog.js';
import { problemPanel, shape } from './parts.js';

/**
 * @typedef {import('../../review/main.js').Desk} Desk
 * @typedef {import('../../review/api.js').Detail} Detail
 * @typedef {import('../../review/api.js').Film} Film
 */

const LOOK_MS = 2000;
/** After the portal could not be reached. */
const AGAIN_MS = 5000;

/**
 * What ends a film, on its button and for who only hears it.
 * @param {Film} film
 * @param {string} step
 */
function endWords(film, step) {
	const what = { film: filmTitle(film) };
	if (step === 'waiting' || step === 'running')
		return [t('rec.cancel'), t('film.cancel-one', what)];
	return step === 'done' ? [t('rec.delete'), t('film.delete-one', what)]
		: [t('film.remove'), t('film.remove-one', what)];
}

/**
 * A link that saves a file.
 * @param {string} href
 * @param {string} words
 * @param {Record<string, any>} [more]
 */
const saving = (href, words, more) => h('a', { href, download: true,
	...more }, shape('save'), h('span', {}, words));

/**
 * @param {Film} film
 * @param {(film: Film) => void} end cancels it, or takes it away
 */
function filmRow(film, end) {
	let now = film;
	const bar = h('progress', { max: 1, 'aria-label': filmTitle(film) });
	const words = h('p', { class: 'film-words' });
	const get = saving('', t('film.download'), { class: 'as-button primary film-get',
		'aria-label': t('film.download-one',
			{ film: filmTitle(film) }) });
	const stop = h('button', { type: 'button', class: 'film-end',
		click: () => end(now) });
	const node = h('li', { class: 'film', 'data-film': film.id },
		h('div', { class: 'film-what' },
			h('h3', {}, filmTitle(film)),
			h('p', { class: 'hint' }, t('film.asked', {
				how: filmHow(film), time: whenWithin(film.asked, Date.now()) })),
			bar, words),
		h('div', { class: 'row film-deeds' }, get, stop));

	/** @param {Film} film as it is by now */
	function update(film) {
		now = film;
		const step = stepOf(film, Date.now());
		setAttribute(node, 'data-step', step);
		show(bar, isUnderWay(film));
		bar.value = film.progress;
		setAttribute(bar, 'aria-valuetext', percentWords(film.progress));
		setText(words, filmWords(film, Date.now()));
		show(get, step === 'done' && film.href);
		setAttribute(get, 'href', film.href ?? '');
		const [short, long] = endWords(film, step);
		setText(stop, short);
		setAttribute(stop, 'aria-label', long);
	}
	update(film);
	return { node, stop, update };
}

/** @param {Desk} desk @param {Detail} recording */
function fileList(desk, recording) {
	const list = h('ul', { class: 'files-list' });
	const node = h('details', { class: 'files', id: 'files' },
		h('summary', {}, t('film.files')), h('p', { class: 'hint' },
			t('film.files-hint')),
		list);
	const nameOf = (/** @type {string} */ role) => personWords(
		role === 'clinician' ? recording.clinician : recording.patient);
	async function load() {
		fill(list, h('li', { class: 'hint' }, t('page.loading')));
		try {
			const files = await desk.ask(api.files(recording.id));
			fill(list, ...files.map(({ name, bytes, href }) => h('li', {},
				saving(href, fileWords(name, nameOf), { class: 'file',
					title: name }),
				h('span', { class: 'hint' }, h('bdi', {}, name),
					` · ${bytesWords(bytes)}`))),
			!files.length && h('li', { class: 'hint' }, t('film.files-none')));
		} catch (error) {
			fill(list, h('li', {}, problemPanel(problemWords(error), load)));
		}
	}
	node.addEventListener('toggle', () => node.open
		&& !list.childElementCount && void load());
	return node;
}

/**
 * @param {Desk} desk
 * @param {Detail} recording
 */
export function downloads(desk, recording) {
	/** @type {Map<string, ReturnType<typeof filmRow>>} */
	const rows = new Map();
	/** @type {Film[]} */
	let known = [];
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	let timer;
	let closed = false;
	const ask = h('button', { type: 'button', id: 'film-ask',
		'aria-haspopup': 'dialog', click: async () => {
			if (await askForFilm(desk, recording))
				await look();
		} }, shape('film'), h('span', {}, t('film.make')));
	const list = h('ul', { class: 'films', id: 'films', hidden: true });
	const problem = h('div');
	const news = h('p', { class: 'unseen', role: 'status' });
	const body = h('div', { class: 'downloads-body' },
		h('div', { class: 'row between wrap' }, h('p', { class: 'downloads-words' },
			t('film.text')),
		ask), problem, list, fileList(desk, recording));
	const node = h('section', { class: 'downloads card', id: 'downloads',
		'aria-labelledby': 'downloads-title' },
	h('h2', { id: 'downloads-title' }, t('film.downloads')), body, news);

	/** @param {Film} film */
	async function end(film) {
		try {
			await desk.ask(api.removeFilm(film.id));
		} catch (error) {
			if (!isProblem(error, 'not-found'))
				desk.actions.tell(problemWords(error));
		}
		await look();
	}

	/** @param {Film[]} films */
	function draw(films) {
		const focused = [...rows.values()].some(({ node: row }) =>
			row.contains(document.activeElement));
		for (const [id, { node: row }] of rows)
			if (!films.some((film) => film.id === id)) {
				row.remove();
				rows.delete(id);
			}
		films.forEach((film, n) => {
			const row = rows.get(film.id) ?? filmRow(film, end);
			rows.set(film.id, row);
			row.update(film);
			if (list.children[n] !== row.node)
				list.insertBefore(row.node, list.children[n] ?? null);
		});
		show(list, films.length);
		// What had the focus has gone.
		if (focused && document.activeElement === document.body)
			ask.focus();
	}

	/** @param {unknown} error */
	function failed(error) {
		if (isProblem(error, 'not-found')) {
			fill(body, h('p', {}, t('film.refused-not-found')));
			return;
		}
		fill(problem, problemPanel(problemWords(error), look));
		later(AGAIN_MS);
	}

	/** @param {number} ms */
	function later(ms) {
		clearTimeout(timer);
		if (!closed && document.visibilityState === 'visible')
			timer = setTimeout(look, ms);
	}

	async function look() {
		clearTimeout(timer);
		try {
			const films = await desk.ask(api.films(recording.id));
			if (closed)
				return;
			fill(problem);
			setText(news, filmNews(known, films) || (news.textContent ?? ''));
			known = films;
			draw(films);
			if (films.some(isUnderWay))
				later(LOOK_MS);
		} catch (error) {
			if (!closed)
				failed(error);
		}
	}
	const shown = () => void (document.visibilityState === 'visible' && look());
	document.addEventListener('visibilitychange', shown);
	void look();
	return { node, close: () => {
		closed = true;
		clearTimeout(timer);
		document.removeEventListener('visibilitychange', shown);
	} };
}
