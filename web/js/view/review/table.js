// SPDX-License-Identifier: GPL-3.0-or-later
// The rows of the list: a table on a desk, cards on a phone. The roles are
// written out since what is laid out as cards would else be no table to those
// who hear it.

import { t } from '../../lang.js';
import { sorted } from '../../review/filters.js';
import {
	deleteWords, lengthWords, personWords, rowWords, titleWords, whenWords,
} from '../../review/rows.js';
import { fill, h, icon } from '../dom.js';
import { shape, shapeButton, stateBadge } from './parts.js';

/**
 * @typedef {import('../../review/api.js').Recording} Recording
 *
 * @typedef {object} Deeds what can be done from the table
 * @property {(recording: Recording) => void} play
 * @property {(recording: Recording) => void} detail
 * @property {(filter: import('../../review/filters.js').Filters) => void} only
 * @property {(column: 'begun' | 'seconds') => void} sort
 * @property {(recording: Recording) => HTMLElement | null} glance where there
 *   will be one
 */

const WAITING = 8;

/** @param {string} name @param {...import('../dom.js').Child} children */
const cell = (name, ...children) =>
	h('td', { role: 'cell', class: `cell-${name}` }, ...children);

/**
 * @param {import('../../review/api.js').Named | null} person
 * @param {'clinician' | 'patient'} as
 * @param {Deeds} deeds
 */
const personCell = (person, as, deeds) => cell(as,
	h('span', { class: 'only-phone label' },
		as === 'clinician' ? t('rec.clinician') : t('rec.patient')),
	person?.id ? h('button', { type: 'button', class: 'link person',
		title: t('rec.only-with', { name: personWords(person) }),
		click: () => deeds.only({ [as]: person.id }) },
	h('bdi', {}, personWords(person)))
		: h('span', { class: 'hint' }, personWords(person)));

/** On a card, review.css writes what it is. @param {string} state */
function stateCell(state) {
	const node = cell('state', stateBadge(state));
	node.dataset.label = t('rec.state');
	return node;
}

/** @param {Recording} recording @param {number} now */
function keptCell(recording, now) {
	const kept = deleteWords(recording, now);
	return cell('kept', recording.hold && h('span', { class: 'held' },
		icon('lock'), h('span', {}, t('rec.on-hold'))),
	kept && !recording.hold && h('span', { class: 'hint due' }, shape('bin'),
		h('span', {}, kept)));
}

/**
 * @param {Recording} recording
 * @param {Deeds} deeds
 * @param {number} now
 */
function row(recording, deeds, now) {
	const words = rowWords(recording, now);
	const glance = deeds.glance(recording);
	return h('tr', { role: 'row', 'data-recording': recording.id,
		class: glance ? 'has-glance' : null },
		cell('begun', h('span', { class: 'begun' },
			whenWords(recording.begun, now)),
		h('span', { class: 'hint title' },
			h('bdi', {}, titleWords(recording.visit))),
		glance),
		personCell(recording.clinician, 'clinician', deeds),
		personCell(recording.patient, 'patient', deeds),
		cell('length', h('span', { class: 'only-phone label' },
			t('rec.length')),
			lengthWords(recording.seconds)),
		stateCell(recording.state),
		keptCell(recording, now),
		cell('deeds', recording.rights.includes('play')
			&& recording.state !== 'lost' && shapeButton('play', t('rec.play'), {
			class: 'play', 'aria-label': t('rec.play-one', { words }),
			click: () => deeds.play(recording) }),
		shapeButton('more', t('rec.details'), { class: 'plain details',
			'aria-label': t('rec.details-of', { words }),
			click: () => deeds.detail(recording) })));
}

/** A row that is not known yet, as high as the others. */
const waitingRow = () => h('tr', { role: 'row', class: 'waiting',
	'aria-hidden': 'true' },
...['begun', 'clinician', 'patient', 'length', 'state', 'kept', 'deeds']
	.map((name) => cell(name, h('span', { class: 'blank' }))));

/**
 * A column's head that sorts.
 * @param {string} words
 * @param {'begun' | 'seconds'} column
 * @param {Deeds} deeds
 */
function sortHead(words, column, deeds) {
	const sign = h('span', { class: 'sort-sign' });
	const node = h('th', { role: 'columnheader', scope: 'col',
		class: `cell-${column === 'begun' ? column : 'length'}` },
	h('button', { type: 'button', class: 'link sort', id: `sort-${column}`,
		click: () => deeds.sort(column) }, words, sign));
	/** @param {import('../../review/filters.js').Filters} filter */
	function update(filter) {
		const order = sorted(filter, column);
		node.setAttribute('aria-sort', order);
		fill(sign, order !== 'none'
			&& shape(order === 'ascending' ? 'up' : 'down'));
	}
	return { node, update };
}

/** @param {Deeds} deeds */
export function recordingsTable(deeds) {
	const begun = sortHead(t('rec.date'), 'begun', deeds);
	const length = sortHead(t('rec.length'), 'seconds', deeds);
	/** @param {string} words @param {string} [name] */
	const head = (words, name) => h('th', { role: 'columnheader',
		scope: 'col', class: name }, words);
	const body = h('tbody', { role: 'rowgroup' });
	const node = h('table', { role: 'table', class: 'recordings card',
		id: 'recordings' },
	h('caption', { class: 'unseen' }, t('rec.recordings')),
	h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, begun.node,
		head(t('rec.clinician')), head(t('rec.patient')), length.node,
		head(t('rec.state')), head(t('rec.kept')),
		h('th', { role: 'columnheader', scope: 'col' },
			h('span', { class: 'unseen' }, t('rec.play-details'))))), body);
	/** @type {Map<Recording, HTMLElement>} */
	let made = new Map();

	/**
	 * Shows these; rows that are there already are left where they are, so
	 * that nobody loses the place.
	 * @param {Recording[]} recordings
	 */
	function update(recordings) {
		const now = Date.now();
		const nodes = recordings.map((recording) => made.get(recording)
			?? row(recording, deeds, now));
		made = new Map(recordings.map((recording, n) =>
			[recording, nodes[n]]));
		nodes.forEach((item, n) => {
			if (body.children[n] !== item)
				body.insertBefore(item, body.children[n] ?? null);
		});
		while (body.children.length > nodes.length)
			body.lastElementChild?.remove();
	}
	return { node, update,
		/** @param {import('../../review/filters.js').Filters} filter */
		order: (filter) => {
			begun.update(filter);
			length.update(filter);
		},
		wait: () => {
			made = new Map();
			fill(body, ...Array.from({ length: WAITING }, waitingRow));
		} };
}
