// SPDX-License-Identifier: GPL-3.0-or-later
// What calls a person back to the page: a sound, and a desktop notification
// where it was allowed, when somebody comes, when there is word for who waits,
// and when they are let in. No names: others see this screen, too.

import { chime } from '../chime.js';
import { t } from '../lang.js';
import { arrived, unanswered } from '../live.js';

/** @typedef {import('../state.js').State} State */

const QUIET_KEY = 'rth.quiet';
/** An urgent call rings again until somebody answers. */
const RING_MS = 8000;

/** @returns {boolean} was the sound switched off */
export function isQuiet() {
	try {
		return localStorage.getItem(QUIET_KEY) === '1';
	} catch {
		return false;
	}
}

/** @param {boolean} quiet */
export function setQuiet(quiet) {
	try {
		localStorage.setItem(QUIET_KEY, quiet ? '1' : '0');
	} catch {
		// Then it is as it was.
	}
}

/** @returns {'granted' | 'default' | 'denied' | 'none'} */
export const notifications = () =>
	'Notification' in globalThis ? Notification.permission : 'none';

/** @param {string} words */
function notify(words) {
	if (notifications() !== 'granted' || document.hasFocus())
		return;
	try {
		const note = new Notification(words, { tag: 'rthealth',
			icon: '/img/mark.svg' });
		note.onclick = () => {
			window.focus();
			note.close();
		};
	} catch {
		// Phones have them only with a service worker.
	}
}

/** @param {string} words */
function ring(words) {
	if (!isQuiet())
		chime();
	notify(words);
}

/** @param {State} state @returns {number} people that nobody has answered */
export const waitingCount = ({ reception, visitId, phase }) =>
	(reception?.people ?? []).filter((one) => unanswered(one)
		&& !(phase === 'in-call' && one.visit === visitId)).length;

/**
 * For a clinician. Who is in a visit hears only of urgent calls: the chip says
 * the rest, and the other person would hear it, too.
 * @param {State} before
 * @param {State} now
 */
function reception(before, now) {
	if (!before.reception || !now.reception
		|| before.reception === now.reception)
		return;
	const come = arrived(before.reception.people, now.reception.people);
	if (come.some((one) => one.urgent))
		ring(t('door.urgent-title'));
	else if (come.length && now.phase !== 'in-call')
		ring(t('door.somebody-waits'));
}

/** For who waits. @param {State} before @param {State} now */
function waiting(before, now) {
	if (before.phase !== 'waiting')
		return;
	if (now.phase === 'in-call')
		return void (document.hasFocus() || ring(t('door.let-in')));
	const { length } = now.notes;
	if (length > before.notes.length)
		ring(t('door.written'));
}

/** Watches the states go by. */
export function bell() {
	/** @type {State | null} */
	let last = null;
	/** @type {ReturnType<typeof setInterval> | undefined} */
	let ringing;

	/** @param {State} state */
	return (state) => {
		if (last) {
			reception(last, state);
			waiting(last, state);
		}
		last = state;
		const urgent = state.phase !== 'in-call'
			&& state.reception?.people.some((one) =>
				one.urgent && unanswered(one));
		if (urgent && ringing === undefined) {
			ringing = setInterval(() => isQuiet() || chime(), RING_MS);
		} else if (!urgent) {
			clearInterval(ringing);
			ringing = undefined;
		}
	};
}
