// SPDX-License-Identifier: GPL-3.0-or-later
// What people read when something at a door or with an urgent call is refused,
// and when they are not let in.

import { t } from './lang.js';

/** @type {Record<string, () => string>} codes of notices */
const NOTICES = {
	'not-waiting': () => t('door.gone'),
	'note-sent': () => t('door.note-sent'),
	'declined': () => t('door.declined'),
	'closed': () => t('door.closed-now'),
	'own': () => t('door.own'),
	'nobody-on-call': () => t('door.nobody-on-call'),
};

/** @param {string} code @returns {string} empty: not one of a door's */
export const doorNotice = (code) =>
	Object.hasOwn(NOTICES, code) ? NOTICES[code]() : '';

/**
 * @param {import('./api.js').ApiError} error
 * @returns {string} empty: nothing that only a door has
 */
export function doorRefusal({ code, detail }) {
	if (code !== 'taken')
		return doorNotice(code);
	return detail.by ? t('door.taken-by', { name: String(detail.by) })
		: t('door.name-taken');
}

/** @type {Record<string, () => import('./words.js').Ending>} */
const DENIALS = {
	'denied-not-now': () => ({ title: t('door.denied-not-now'), again: true,
		text: t('door.denied-not-now-text') }),
	'denied-wrong-time': () => ({ title: t('door.denied-wrong-time'),
		again: true, text: t('door.denied-wrong-time-text') }),
	'denied-wrong-visit': () => ({ title: t('door.denied-wrong-visit'),
		text: t('door.denied-wrong-visit-text') }),
	'denied-not-known': () => ({ title: t('door.denied-not-known'),
		stranger: true, text: t('door.denied-not-known-text') }),
	'denied-other': () => ({ title: t('door.denied'), again: true,
		text: t('door.denied-text') }),
};

/**
 * @param {string | null} reason how a visit ended
 * @returns {import('./words.js').Ending | null} null: not by being sent away
 */
export function denial(reason) {
	if (!reason?.startsWith('denied'))
		return null;
	return (DENIALS[reason] ?? DENIALS['denied-other'])();
}
