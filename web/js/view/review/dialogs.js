// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked before something is done with a recording.

import { t } from '../../lang.js';
import * as api from '../../review/api.js';
import { problemWords } from '../../review/problems.js';
import {
	certificateFacts, reasonWords, recordingFacts, rowWords, titleWords,
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
		return { node: field(t('rec.reason'), text), read: () => text.value.trim() };
	const node = h('fieldset', { class: 'choices' },
		h('legend', {}, t('rec.reason')), ...choices,
		h('label', { class: 'choice' }, own, h('span', {}, t('rec.another-reason'))),
		h('div', { class: 'own-reason' }, h('label', { for: 'reason-text',
			class: 'unseen' }, t('rec.the-other-reason')), text));
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
		title: t('rec.why'), action: t('rec.play'),
		body: [which(recording), node, h('p', { class: 'hint' },
			needed ? t('rec.play-kept') : t('rec.play-kept-free'))],
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
	return sheet({ id: 'hold-dialog', title: t('rec.hold-title'),
		action: t('rec.put-on-hold'), words: problemWords,
		body: [which(recording), field(t('rec.reason'), reason,
			t('rec.hold-hint'))],
		ready: () => Boolean(reason.value.trim()),
		work: () => desk.ask(api.hold(recording.id, reason.value.trim())) });
}

/** @param {Desk} desk @param {Recording} recording */
const releaseHold = (desk, recording) => sheet({ id: 'release-dialog',
	title: t('rec.release-title'), action: t('rec.release'),
	words: problemWords, body: [which(recording), h('p', {},
		t('rec.release-text'))],
	work: () => desk.ask(api.release(recording.id)) });

/** @param {Desk} desk @param {Recording} recording */
function removeIt(desk, recording) {
	const typed = t('rec.delete-word');
	const word = h('input', { id: 'delete-word', autocomplete: 'off',
		autocapitalize: 'none', spellcheck: 'false' });
	return sheet({ id: 'delete-dialog', title: t('rec.delete-title'),
		action: t('rec.delete-ever'), danger: true, words: problemWords,
		body: [which(recording), h('p', {},
			t('rec.delete-text')), field(t('rec.delete-type', { word: typed }),
			word)],
		ready: () => word.value.trim().toLowerCase() === typed,
		work: () => desk.ask(api.remove(recording.id)) });
}

/** @param {Desk} desk @param {Record<string, any>} certificate */
const deleted = (desk, certificate) => sheet({ id: 'deleted-dialog',
	title: t('rec.deleted-title'), close: t('page.close'),
	body: [h('p', {}, t('rec.deleted-text')),
		factList(certificateFacts(certificate)),
		button('copy', t('rec.copy-cert'), { click: async () => {
			await navigator.clipboard.writeText(JSON.stringify(certificate));
			desk.actions.tell(t('rec.cert-copied'));
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
		all.push(button('lock', hold ? t('rec.release') : t('rec.put-on-hold'), {
			id: hold ? 'release' : 'hold', click: () => then(() =>
				(hold ? releaseHold : putOnHold)(desk, recording)) }));
	if (audit)
		all.push(way(desk.actions, `/audit?object=${recording.id}`,
			{ class: 'as-button', id: 'to-audit' }, t('rec.who-did')));
	if (rights.includes('delete'))
		all.push(shapeButton('bin', t('rec.delete'), { id: 'delete',
			class: 'plain danger', disabled: hold || state === 'running',
			title: hold ? t('rec.release-first') : false,
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
	await sheet({ id: 'detail-dialog', title: titleWords(recording.visit),
		close: t('page.close'), body: [factList(recordingFacts(recording,
			Date.now())), body] });
	return /** @type {(() => Promise<any>) | null} */ (next)?.() ?? null;
}
