// SPDX-License-Identifier: GPL-3.0-or-later
// A clinician's home, above the visits: who waits where at this moment, with
// one click to see each of them, and the door that is opened and closed here.
// Loaded only for clinicians.

import { t } from '../lang.js';
import * as time from '../time.js';
import { isQuiet, notifications, setQuiet } from './bell.js';
import { button, h, icon, initials, setAttribute, setIcon, setText, show } from './dom.js';
import { keptLines } from './door.js';
import { doorCard } from './doorcard.js';
import { doorCheck } from './doorcheck.js';
import { saying } from './doorsay.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../actions.js').Actions} Actions
 * @typedef {import('../live.js').Waiting} Waiting
 */

/** @param {Waiting} one @param {string} me */
const keyOf = (one, me) => [one.visit, one.participant, one.takenBy,
	one.takenBy === me, JSON.stringify(one.check)].join(' ');

/**
 * What can be done about one who waits.
 * @param {Actions} actions
 * @param {ReturnType<typeof saying>} say
 * @param {Waiting} one
 * @param {string} me
 */
function lineTools(actions, say, one, me) {
	const name = one.name || t('door.somebody');
	if (one.takenBy && one.takenBy !== me)
		return [h('p', { class: 'hint taken' }, icon('check'),
			h('span', {}, t('door.taken-by', { name: one.takenBy })))];
	if (one.urgent && !one.takenBy)
		return [button('phone', t('door.answer'), { class: 'primary answer',
			'aria-label': t('door.answer-of', { name }),
			click: () => void actions.takeUrgent(one.visit) })];
	return [button('camera', t('door.admit'), { class: 'primary admit',
		'aria-label': t('door.admit-of', { name }),
		click: () => actions.see(one.visit, one.participant) }),
	...(one.participant ? say.tools(name, {
		note: (text) => void actions.noteTo(one.visit, text),
		decline: (reason) => void actions.declineAt(one.visit, reason),
	}) : [])];
}

/**
 * @param {Actions} actions
 * @param {ReturnType<typeof saying>} say
 * @param {string} me the clinician's own name
 * @param {Waiting} one
 */
function line(actions, say, me, one) {
	const waited = h('span');
	const name = one.name || t('door.somebody');
	const node = h('li', { class: one.urgent && !one.takenBy ? 'guest urgent' : 'guest',
		'data-visit': one.visit },
	h('span', { class: 'avatar small', 'aria-hidden': 'true' },
		initials(name)),
	h('div', { class: 'guest-who' },
		h('p', {}, h('strong', { dir: 'auto' }, name), ' ',
			one.urgent && h('span', { class: 'badge hot' },
				t('door.urgent'))),
		// Anybody may take any name.
		one.email && h('p', { class: 'hint', dir: 'auto' }, one.email),
		h('p', { class: 'hint' }, one.title && h('span', { dir: 'auto' },
			one.title), one.title && ' · ', waited),
		doorCheck(one.check)),
	h('div', { class: 'guest-tools' }, ...lineTools(actions, say, one, me)));
	/** @param {number} now */
	const update = (now) => setText(waited, t('door.waited',
		{ time: time.length(now - one.since) }));
	return { key: keyOf(one, me), node, update };
}

/** Sound on or off, and the desktop's notifications. */
function bellTools() {
	const sign = icon('bell');
	const words = h('span');
	const sound = h('button', { type: 'button', id: 'bell', class: 'plain',
		click: () => {
			setQuiet(!isQuiet());
			update();
		} }, sign, words);
	const ask = button('bell', t('door.notify'), { id: 'notify',
		class: 'plain', click: async () => {
			await Notification.requestPermission();
			update();
		} });
	const node = h('div', { class: 'row wrap bell-tools' }, ask, sound);

	function update() {
		const quiet = isQuiet();
		setIcon(sign, quiet ? 'bell-off' : 'bell');
		setText(words, quiet ? t('door.sound-off') : t('door.sound-on'));
		setAttribute(sound, 'aria-pressed', String(!quiet));
		show(ask, notifications() === 'default');
	}
	update();
	return node;
}

/** @param {Actions} actions */
function waitingNow(actions) {
	const say = saying();
	const count = h('span', { class: 'badge live' });
	const list = h('ul', { class: 'guests', 'aria-label': t('door.list') });
	const nobody = h('p', { class: 'hint', id: 'nobody-waits' });
	const said = h('p', { class: 'unseen', role: 'status' });
	const node = h('section', { class: 'card reception', id: 'waiting-now',
		'aria-labelledby': 'waiting-now-title' },
	h('div', { class: 'row between wrap' },
		h('h2', { id: 'waiting-now-title', class: 'row' },
			h('span', {}, t('door.waiting-now')), count), bellTools()),
	said, list, nobody, say.node);
	let me = '';
	const fillLines = keptLines(list, (/** @type {Waiting} */ one) =>
		keyOf(one, me), (one) => line(actions, say, me, one));

	/** @param {State} state @param {number} now */
	function update({ reception, live, session }, now) {
		const people = reception?.people ?? [];
		me = session?.user?.name ?? '';
		if (fillLines(people, now))
			setText(said, people.length
				? t('door.people-wait', { n: people.length }) : '');
		setText(count, String(people.length));
		show(count, people.length);
		setText(nobody, live ? t('door.nobody-waits') : t('door.not-live'));
		show(nobody, !live || !people.length);
	}
	return { node, update };
}

/** @param {Actions} actions */
export function reception(actions) {
	const people = waitingNow(actions);
	const door = doorCard(actions);
	const node = h('div', { class: 'stack wide-gap' }, people.node, door.node);
	/** @type {State | null} */
	let last = null;

	/** @param {State} state */
	function update(state) {
		last = state;
		people.update(state, Date.now());
		door.update(state);
	}
	const timer = setInterval(() => last && people.update(last, Date.now()),
		1000);
	return { node, update, close: () => clearInterval(timer) };
}
