// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked before a film is made.

import { t } from '../../lang.js';
import * as api from '../../review/api.js';
import { containers, filmProblem, layouts } from '../../review/films.js';
import { h } from '../dom.js';
import { reasonFields } from './dialogs.js';
import { sheet } from './parts.js';

/**
 * @typedef {import('../../review/main.js').Desk} Desk
 * @typedef {import('../../review/api.js').Detail} Detail
 * @typedef {import('../../review/api.js').Film} Film
 */

/**
 * One of a few; the first at first.
 * @param {string} name
 * @param {string} legend
 * @param {[value: string, words: string, hint: string][]} choices
 */
function choice(name, legend, choices) {
	const inputs = choices.map(([value], n) => h('input', { type: 'radio', name,
		value, id: `${name}-${value}`, checked: n === 0 }));
	const node = h('fieldset', { class: 'choices' }, h('legend', {}, legend),
		...choices.map(([, words, hint], n) => h('label', { class: 'choice' },
			inputs[n], h('span', {}, words,
				h('span', { class: 'hint choice-hint' }, hint)))));
	return { node, read: () =>
		inputs.find((input) => input.checked)?.value ?? choices[0][0] };
}

/**
 * @param {Desk} desk
 * @param {Detail} recording
 * @returns {Promise<Film | null>} null: none is made
 */
export function askForFilm(desk, recording) {
	const { reasons = [], reason_needed: needed } = recording;
	const container = choice('film-container', t('film.format'), containers());
	const layout = choice('film-layout', t('player.pictures'), layouts());
	const burnIn = h('input', { type: 'checkbox', id: 'film-burn-in' });
	const why = needed || reasons.length
		? reasonFields(reasons, desk.reasons.get(recording.id)) : null;
	return sheet({ id: 'film-dialog', title: t('film.make'),
		action: t('film.make-it'), words: filmProblem,
		body: [container.node, layout.node,
			h('label', { class: 'choice' }, burnIn,
				h('span', {}, t('film.burn-in'))),
			why?.node ?? null,
			h('p', { class: 'hint' }, t('film.hint'))],
		ready: () => !needed || Boolean(why?.read()),
		work: () => desk.ask(api.askFilm(recording.id,
			/** @type {api.FilmFields} */ ({ container: container.read(),
				layout: layout.read(), burn_in: burnIn.checked,
				reason: why?.read() ?? '' }))) });
}
