// SPDX-License-Identifier: GPL-3.0-or-later
// At the door: how many are before, whether the clinician is there, what they
// write, one's own picture, and the way out.

import { t, tParts } from '../lang.js';
import * as time from '../time.js';
import { brand, button, fill, h, icon, setAttribute, setIcon, setText, show } from './dom.js';
import { broken } from './survive.js';
import { video } from './video.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../actions.js').Actions} Actions
 */

const REFRESH_MS = 1000;
const KEPT_AS = 'rth.waiting';
/** What is older is not this waiting. */
const OLD_MS = 4 * 3600000;

/**
 * Since when this person waits, also after the page was loaded again.
 * @param {string | null} visit
 * @param {number} now
 */
function waitingSince(visit, now) {
	try {
		const [of, since] = (sessionStorage.getItem(KEPT_AS) ?? '').split(' ');
		if (of === visit && now - Number(since) < OLD_MS)
			return Number(since);
		sessionStorage.setItem(KEPT_AS, `${visit} ${now}`);
	} catch {
		// Then a reloaded page counts anew.
	}
	return now;
}

function forgetSince() {
	try {
		sessionStorage.removeItem(KEPT_AS);
	} catch {
		// It was not kept.
	}
}

/** @param {State} state who has not answered an urgent call has no name */
const clinicianOf = ({ visit }) => visit?.clinician_name
	|| t('visit.clinician-first');

/** @param {State} state of this visit, among all who wait for the clinician */
const queued = ({ queue, visitId }) =>
	queue.find((one) => one.visit === visitId);

/**
 * The place among all who wait: at a standing door each has a room of their
 * own, and only the portal counts them.
 * @param {State} state
 */
function placeOf(state) {
	const mine = queued(state);
	const { place, waiting } = state.place;
	return mine && mine.of > waiting ? { place: mine.place, of: mine.of }
		: { place, of: waiting };
}

/** @param {State} state @returns {string} who comes, in honest words */
export function waitingWords(state) {
	const mine = queued(state);
	const name = clinicianOf(state);
	if (mine?.urgent && mine.takenBy)
		return t('door.answered', { name: mine.takenBy });
	if (state.place.clinician)
		return t('door.clinician-here', { name });
	if (mine?.urgent || state.visit?.urgent && !state.visit.clinician_name)
		return t('door.calling');
	const { place } = placeOf(state);
	if (place > 1)
		return t('door.before-you', { n: place - 1 });
	return mine?.door ? t('door.next-at-door', { name })
		: t('door.not-here-yet', { name });
}

/** @param {State} state */
function numberWords(state) {
	const { place, of } = placeOf(state);
	return of > 1 ? t('lobby.place', { place, waiting: of }) : '';
}

/** @param {Actions} actions */
function ownPicture(actions) {
	const picture = video('preview', t('lobby.your-picture'), true);
	const words = h('p', { class: 'preview-words' }, t('lobby.camera-off'));
	const toggles = /** @type {const} */ (['microphone', 'camera'])
		.map((slot) => {
			const sign = icon(slot);
			const node = h('button', { type: 'button', class: 'round',
				id: `waiting-toggle-${slot}`,
				click: () => actions.toggle(slot) }, sign);
			return { slot, node, sign };
		});
	const node = h('div', { class: 'preview' }, picture.node, words,
		h('div', { class: 'preview-tools' }, ...toggles.map((one) => one.node)));

	/** @param {State} state */
	function update({ me }) {
		const said = {
			microphone: me.microphone ? t('call.microphone-off')
				: t('call.microphone-on'),
			camera: me.camera ? t('call.camera-off')
				: t('call.camera-on'),
		};
		show(picture.node, me.camera);
		show(words, !me.camera);
		for (const { slot, node: toggle, sign } of toggles) {
			setIcon(sign, me[slot] ? slot : `${slot}-off`);
			toggle.classList.toggle('off', !me[slot]);
			setAttribute(toggle, 'aria-label', said[slot]);
		}
	}
	return { node, update, use: picture.use };
}

/** What the clinician wrote, the newest last. */
function noteList() {
	const list = h('ol', { class: 'stack' });
	const title = h('h2', { class: 'section' });
	const node = h('section', { id: 'door-notes', class: 'boxed stack notes',
		role: 'status' }, title, list);
	let shown = 0;

	/** @param {State} state */
	function update(state) {
		const { notes } = state;
		show(node, notes.length);
		setText(title, t('door.writes', { name: clinicianOf(state) }));
		if (notes.length === shown && list.childElementCount)
			return;
		shown = notes.length;
		fill(list, ...notes.map((one) => h('li', {},
			h('time', { class: 'hint' }, time.clock(one.time)),
			h('p', { dir: 'auto' }, one.text))));
	}
	return { node, update };
}

/** The number to call when somebody is in danger; hidden without one. */
export function emergencyBox() {
	const words = h('p');
	const node = h('aside', { class: 'boxed emergency', hidden: true },
		icon('phone'), words);
	let shown = '';

	/** @param {State} state */
	function update({ session }) {
		const number = session?.urgent?.emergency_number
			?? session?.clinic?.emergency_number ?? '';
		show(node, number);
		if (!number || number === shown)
			return;
		shown = number;
		fill(words, ...tParts('door.emergency', { number: h('a', {
			href: `tel:${number.replace(/[^\d+*#]/g, '')}`, dir: 'ltr' },
		number) }));
	}
	return { node, update };
}

/** @param {Actions} actions */
function waitingParts(actions) {
	const parts = {
		mark: brand(), own: ownPicture(actions), notes: noteList(),
		emergency: emergencyBox(), who: h('p', { class: 'who' }),
		words: h('p', { id: 'opening', class: 'waiting-words', role: 'status' }),
		number: h('span', { id: 'waiting-number', class: 'badge live' }),
		length: h('time', { id: 'waiting-length' }),
		trouble: h('p', { id: 'waiting-trouble', class: 'alert quiet',
			role: 'status' }),
	};
	const ticking = h('span', { class: 'row' },
		h('span', { class: 'pulse', 'aria-hidden': 'true' }), parts.length);
	const node = h('div', { class: 'home' },
		h('header', { class: 'topbar' }, parts.mark.node),
		h('main', { class: 'lobby at-the-door' }, parts.own.node,
			h('div', { class: 'stack lobby-side' },
				h('div', {}, h('h1', { tabindex: -1 }, t('door.waiting')),
					parts.who),
				parts.trouble,
				h('div', { class: 'boxed stack waiting-state' }, parts.words,
					h('p', { class: 'row between' }, ticking, parts.number)),
				parts.notes.node, parts.emergency.node,
				h('p', { class: 'hint' }, t('door.leave-open')),
				button('leave', t('lobby.stop-waiting'), { id: 'stop-waiting',
					class: 'wide', click: () => actions.stopWaiting() }))));
	return { ...parts, node };
}

/**
 * @param {Actions} actions
 * @returns {import('./dom.js').Page & {
 *   picture: import('./video.js').Picture}}
 */
export function waitingPage(actions) {
	const parts = waitingParts(actions);
	/** @type {State | null} */
	let last = null;

	function tick() {
		const now = Date.now();
		const waited = now - waitingSince(last?.visitId ?? null, now);
		setText(parts.length, t('door.waited', { time: time.length(waited) }));
	}

	/** @param {State} state */
	function update(state) {
		if (state.phase !== 'waiting')
			return;
		last = state;
		const { visit } = state;
		const title = visit?.title || t('visit.yours');
		parts.mark.update(state);
		parts.own.update(state);
		parts.notes.update(state);
		parts.emergency.update(state);
		setText(parts.who, visit?.clinician_name
			? t('door.visit-with', { title, name: visit.clinician_name })
			: title);
		setText(parts.trouble, state.trying ? broken(state) : '');
		show(parts.trouble, state.trying);
		setText(parts.words, waitingWords(state));
		setText(parts.number, numberWords(state));
		show(parts.number, parts.number.textContent);
		tick();
	}
	const timer = setInterval(tick, REFRESH_MS);
	return { node: parts.node, update,
		picture: (side, slot, track) => {
			if (side === 'mine' && slot === 'camera')
				parts.own.use(track);
		},
		close: () => {
			clearInterval(timer);
			// It is made anew in another language, too.
			if (document.body.dataset.phase !== 'waiting')
				forgetSince();
		} };
}
