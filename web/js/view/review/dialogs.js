// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked before something is done with a recording.

import * as api from '../../review/api.js';
import { problemWords } from '../../review/problems.js';
import {
	certificateFacts, reasonWords, recordingFacts, rowWords,
} from '../../review/rows.js';
import { button, field, h } from '../dom.js';
import { way } from '../topbar.js';
import { factList, shapeButton, sheet } from './parts.js';

/**
 * @typedef {import('../../review/main.js').Desk} Desk
 * @typedef {import('../../review/api.js').Recording} Recording
 * @typedef {import('../../review/api.js').Detail} Detail
 */

/** Characters of a reason; the portal takes no more. */
const REASON_MAX = 200;
const DELETE_WORD = 'delete';

/** @param {Recording} recording */
const which = (recording) =>
	h('p', { class: 'hint' }, rowWords(recording, Date.now()));

/**
 * @param {string[]} reasons to choose from, or to write one
 * @param {string} [known] one that was given before
 */
export function reasonFields(reasons, known = '') {
	const listed = reasons.includes(known);
	const text = h('input', { id: 'reason-text', maxlength: REASON_MAX,
		autocomplete: 'off', value: listed ? null : known });
	const own = h('input', { type: 'radio', name: 'reason', value: '',
		id: 'reason-own', checked: Boolean(known) && !listed });
	text.addEventListener('input', () => { own.checked = true; });
	const choices = reasons.map((reason, n) => h('label', { class: 'choice' },
		h('input', { type: 'radio', name: 'reason', value: reason,
			id: `reason-${n}`, checked: reason === known }),
		h('span', {}, reasonWords(reason))));
	if (reasons.length === 0)
		return { node: field('Reason', text), read: () => text.value.trim() };
	const node = h('fieldset', { class: 'choices' },
		h('legend', {}, 'Reason'), ...choices,
		h('label', { class: 'choice' }, own, h('span', {}, 'Another reason')),
		h('div', { class: 'own-reason' }, h('label', { for: 'reason-text',
			class: 'unseen' }, 'The other reason'), text));
	const read = () => {
		const chosen = /** @type {HTMLInputElement | undefined} */ (
			[...node.getElementsByTagName('input')].find((input) =>
				input.type === 'radio' && input.checked));
		return chosen?.value || (chosen === own ? text.value.trim() : '');
	};
	return { node, read };
}

/**
 * The reason for playing: remembered, asked for, or not needed.
 * @param {Desk} desk
 * @param {Detail} recording
 * @returns {Promise<string | null>} null: none was given
 */
export async function reasonFor(desk, recording) {
	const known = desk.reasons.get(recording.id);
	const { reasons = [], reason_needed: needed } = recording;
	if (known !== undefined || !(needed || reasons.length))
		return known ?? '';
	const { node, read } = reasonFields(reasons);
	const reason = await sheet({ id: 'reason-dialog',
		title: 'Why do you play this recording?', action: 'Play',
		body: [which(recording), node, h('p', { class: 'hint' },
			`That you played it is kept in the audit.${
				needed ? '' : ' You may leave the reason out.'}`)],
		ready: () => !needed || Boolean(read()), work: async () => read() });
	if (reason !== null)
		desk.reasons.set(recording.id, reason);
	return reason;
}

/**
 * @param {Desk} desk
 * @param {Recording} recording
 * @returns {Promise<Recording | null>} as it is then
 */
function putOnHold(desk, recording) {
	const reason = h('textarea', { id: 'hold-reason', rows: 3,
		maxlength: REASON_MAX, required: true });
	return sheet({ id: 'hold-dialog', title: 'Put on hold?',
		action: 'Put on hold', words: problemWords,
		body: [which(recording), field('Reason', reason,
			'While it is on hold nobody can delete it, and no rule does.')],
		ready: () => Boolean(reason.value.trim()),
		work: () => desk.ask(api.hold(recording.id, reason.value.trim())) });
}

/** @param {Desk} desk @param {Recording} recording */
const releaseHold = (desk, recording) => sheet({ id: 'release-dialog',
	title: 'Release the hold?', action: 'Release the hold',
	words: problemWords, body: [which(recording), h('p', {},
		'The recording can be deleted again, by people and by the clinic’s rules.')],
	work: () => desk.ask(api.release(recording.id)) });

/** @param {Desk} desk @param {Recording} recording */
function removeIt(desk, recording) {
	const word = h('input', { id: 'delete-word', autocomplete: 'off',
		autocapitalize: 'none', spellcheck: 'false' });
	return sheet({ id: 'delete-dialog', title: 'Delete this recording?',
		action: 'Delete for ever', danger: true, words: problemWords,
		body: [which(recording), h('p', {},
			'Its key is destroyed first, then its files. This cannot be undone.'),
		field(`Type “${DELETE_WORD}” to go on`, word)],
		ready: () => word.value.trim().toLowerCase() === DELETE_WORD,
		work: () => desk.ask(api.remove(recording.id)) });
}

/** @param {Desk} desk @param {Record<string, any>} certificate */
const deleted = (desk, certificate) => sheet({ id: 'deleted-dialog',
	title: 'The recording is deleted', close: 'Close',
	body: [h('p', {}, 'Its signed certificate is kept with the audit.'),
		factList(certificateFacts(certificate)),
		button('copy', 'Copy the certificate', { click: async () => {
			await navigator.clipboard.writeText(JSON.stringify(certificate));
			desk.actions.tell('Certificate copied.');
		} })] });

/**
 * What can be done with a recording, for who may.
 * @param {Desk} desk
 * @param {Recording} recording
 * @param {boolean} audit may the audit be seen
 * @param {(done: () => Promise<Recording | null | 'gone'>) => void} then closes
 *   the sheet and does it
 */
function deeds(desk, recording, audit, then) {
	const { rights, hold, state } = recording;
	const all = [];
	if (rights.includes('hold'))
		all.push(button('lock', hold ? 'Release the hold' : 'Put on hold', {
			id: hold ? 'release' : 'hold', click: () => then(() =>
				(hold ? releaseHold : putOnHold)(desk, recording)) }));
	if (audit)
		all.push(way(desk.actions, `/audit?object=${recording.id}`,
			{ class: 'as-button', id: 'to-audit' }, 'Who did what with it'));
	if (rights.includes('delete'))
		all.push(shapeButton('bin', 'Delete', { id: 'delete',
			class: 'plain danger', disabled: hold || state === 'running',
			title: hold ? 'Release the hold first' : false,
			click: () => then(async () => {
				const answer = await removeIt(desk, recording);
				if (!answer)
					return null;
				await deleted(desk, answer.certificate);
				return 'gone';
			}) }));
	return all;
}

/**
 * All about one recording, and what can be done with it.
 * @param {Desk} desk
 * @param {Recording} recording
 * @param {boolean} audit may the audit be seen
 * @returns {Promise<Recording | null | 'gone'>} how it was changed
 */
export async function detailSheet(desk, recording, audit) {
	/** @type {(() => Promise<Recording | null | 'gone'>) | null} */
	let next = null;
	const body = h('div', { class: 'row wrap deeds' }, ...deeds(desk,
		recording, audit, (work) => {
			next = work;
			body.closest('dialog')?.close();
		}));
	body.addEventListener('click', (event) =>
		event.target instanceof HTMLAnchorElement
			&& body.closest('dialog')?.close());
	await sheet({ id: 'detail-dialog', title: recording.visit?.title || 'Visit',
		close: 'Close', body: [factList(recordingFacts(recording,
			Date.now())), body] });
	return /** @type {(() => Promise<any>) | null} */ (next)?.() ?? null;
}
