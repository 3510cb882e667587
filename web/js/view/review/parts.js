// SPDX-License-Identifier: GPL-3.0-or-later
// What the pages of recordings and audit are made of.

import { t } from '../../lang.js';
import { latest } from '../../review/pages.js';
import { isProblem, problemWords } from '../../review/problems.js';
import { stateShape, stateWords } from '../../review/rows.js';
import { button, fill, h, icon, setText, show } from '../dom.js';
import { way } from '../topbar.js';

/**
 * @typedef {import('../../review/main.js').Desk} Desk
 * @typedef {import('../../review/rows.js').Fact} Fact
 */

/** @param {string} name a symbol of img/review.svg */
export const shape = (name) => icon(name, 'review');

/**
 * A button whose words only those hear who do not see its shape.
 * @param {string} name of the shape
 * @param {string} words
 * @param {Record<string, any>} properties
 */
export const shapeButton = (name, words, properties) =>
	h('button', { type: 'button', ...properties }, shape(name),
		h('span', {}, words));

/** @param {string} state of a recording */
export const stateBadge = (state) => h('span', {
	class: `state is-${state === 'finished' ? 'complete' : state}` },
shape(stateShape(state)), h('span', {}, stateWords(state)));

/** @param {Fact[]} rows */
export const factList = (rows) => h('dl', { class: 'facts' },
	...rows.flatMap(([label, value]) => [h('dt', {}, label),
		h('dd', {}, h('bdi', {}, value))]));

/**
 * Something went wrong, and what to do.
 * @param {string} words
 * @param {() => void} again
 */
export const problemPanel = (words, again) => h('div', {
	class: 'alert problem', role: 'alert' }, h('p', {}, words),
h('button', { type: 'button', click: again }, t('page.try-again')));

/**
 * Takes the place of choices; what is chosen stays.
 * @param {HTMLSelectElement} select
 * @param {string} all words for no choice
 * @param {Iterable<[value: string, words: string]>} choices
 * @param {string} value chosen
 */
export function setChoices(select, all, choices, value) {
	const rows = [['', all], ...choices];
	if (value && !rows.some(([is]) => is === value))
		rows.push([value, t('rec.by-link')]);
	const key = JSON.stringify(rows);
	if (select.dataset.choices !== key) {
		select.dataset.choices = key;
		fill(select, ...rows.map(([is, words]) =>
			h('option', { value: is }, words)));
	}
	select.value = value;
}

/**
 * A form over the page. Whoever closes it has not done it.
 * @template T
 * @param {object} what
 * @param {string} what.id
 * @param {string} what.title
 * @param {(HTMLElement | null)[]} what.body
 * @param {string} [what.action] words of the button that does it; none without
 * @param {string} [what.close] words of the other button
 * @param {boolean} [what.danger]
 * @param {() => boolean} [what.ready] may it be done yet
 * @param {() => Promise<T>} [what.work]
 * @param {(error: unknown) => string} [what.words] of what went wrong
 * @returns {Promise<T | null>} null: it was closed
 */
export function sheet({ id, title, body, action, close = t('rec.cancel'),
	danger, ready = () => true, work, words = String }) {
	const problem = h('p', { class: 'alert', role: 'alert', hidden: true });
	const go = h('button', { type: 'submit',
		class: danger ? 'stop' : 'primary', id: `${id}-go` }, action ?? '');
	const node = h('dialog', { id, class: 'card dialog',
		'aria-labelledby': `${id}-title` });
	const before = document.activeElement;
	return new Promise((done) => {
		/** @type {T | null} */
		let result = null;
		const check = () => { go.disabled = !ready(); };
		/** @param {Event} event */
		async function submit(event) {
			event.preventDefault();
			go.disabled = true;
			problem.hidden = true;
			try {
				result = work ? await work() : null;
				node.close();
			} catch (error) {
				problem.hidden = false;
				setText(problem, words(error));
				check();
			}
		}
		node.append(h('form', { class: 'stack', submit, input: check },
			// Without something to fill in, it is read from its head.
			h('h2', { id: `${id}-title`, tabindex: -1, autofocus: !work },
				title), ...body.filter(Boolean)
				.map((part) => /** @type {HTMLElement} */ (part)), problem,
			h('div', { class: 'row end wrap' }, h('button', { type: 'button',
				class: 'sheet-close', click: () => node.close() }, close),
			action ? go : null)));
		node.addEventListener('close', () => {
			node.remove();
			if (before instanceof HTMLElement && before.isConnected)
				before.focus();
			done(result);
		});
		// With the page that it belongs to it goes, too.
		(document.querySelector('main.desk') ?? document.body).append(node);
		check();
		node.showModal();
	});
}

/**
 * For who has no right to what is at this address.
 * @param {Desk} desk
 * @returns {import('../../review/main.js').Page}
 */
export const nothingPage = ({ actions }) => ({ node: h('div', {
	class: 'ended card', id: 'nothing' },
h('span', { class: 'ended-sign calm' }, icon('lock')),
h('h1', { tabindex: -1 }, t('rec.nothing-title')),
h('p', {}, t('rec.nothing-text')),
h('div', { class: 'row wrap center' },
	way(actions, '/', { class: 'as-button primary', id: 'go-home' },
		t('rec.your-visits')),
	button('leave', t('rec.another-account'), {
		click: () => actions.signOut(false) }))) });

/**
 * Loads a list page by page; only the last answer that was asked for counts.
 * @template T
 * @param {object} view
 * @param {Desk} view.desk
 * @param {HTMLElement} view.rows of the list
 * @param {HTMLElement} view.count how many there are
 * @param {HTMLElement} view.problem where one is shown
 * @param {(busy: boolean) => void} view.draw
 * @param {(answer: T, cursor: string | null) => void} view.take
 * @param {() => void} view.forget what was taken until now
 */
export function pageLoader({ desk, rows, count, problem, draw, take, forget }) {
	const last = latest();

	/**
	 * @param {string | null} cursor null: from the beginning
	 * @param {() => Promise<T>} ask
	 */
	async function load(cursor, ask) {
		const isLatest = last.begin();
		fill(problem);
		draw(true);
		try {
			const answer = await desk.ask(ask());
			if (!isLatest())
				return;
			take(answer, cursor);
			draw(false);
		} catch (error) {
			if (!isLatest())
				return;
			if (isProblem(error, 'not-found')) {
				rows.closest('.desk-column')
					?.replaceWith(nothingPage(desk).node);
				return;
			}
			if (!cursor)
				forget();
			draw(false);
			if (!cursor)
				setText(count, '');
			show(rows, cursor);
			fill(problem, problemPanel(problemWords(error),
				() => load(cursor, ask)));
		}
	}
	return { load,
		/** What is under way does not count any more. */
		drop: () => void last.begin() };
}
