// SPDX-License-Identifier: GPL-3.0-or-later
// A clinician's own door: made, opened for some hours, closed, its link; and
// whether this clinician is on call.

import { t } from '../lang.js';
import * as time from '../time.js';
import { button, field, h, setText, show } from './dom.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../actions.js').Actions} Actions
 * @typedef {import('../api.js').Door} Door
 */

/** @returns {[string, string][]} minutes, and what is read */
const lengths = () => [['60', t('door.for-hours', { n: 1 })],
	['120', t('door.for-hours', { n: 2 })],
	['240', t('door.for-hours', { n: 4 })],
	['480', t('door.for-hours', { n: 8 })], ['', t('door.until-closed')]];

/** @param {string} name of a person @returns {string} of an address, or empty */
export const doorNameOf = (name) => name.normalize('NFD')
	.replace(/[\u0300-\u036f]/g, '').toLowerCase()
	.replace(/[^a-z0-9]+/g, '-').replace(/^-+/, '').slice(0, 40)
	.replace(/-+$/, '');

/** @param {Actions} actions @param {() => void} done */
function doorForm(actions, done) {
	const name = h('input', { id: 'door-name', required: true, dir: 'ltr',
		pattern: '[a-z0-9]([a-z0-9\\-]{1,38})[a-z0-9]', minlength: 3,
		maxlength: 40, autocomplete: 'off', autocapitalize: 'none',
		spellcheck: 'false', 'aria-describedby': 'door-name-hint' });
	const title = h('input', { id: 'door-title', required: true,
		maxlength: 120, dir: 'auto', autocomplete: 'off' });
	const save = h('button', { class: 'primary', id: 'door-save' });
	/** @type {Door | null} */
	let door = null;
	const node = h('form', { class: 'stack door-form', hidden: true,
		submit: async (/** @type {Event} */ event) => {
			event.preventDefault();
			if (await actions.saveDoor({ name: name.value,
				title: title.value.trim(), open: door?.open ?? false,
				open_minutes: minutesLeft(door) }))
				done();
		} },
	h('div', { class: 'pair' },
		field(t('door.title-label'), title),
		field(t('door.name-label'), name, t('door.name-hint'))),
	h('div', { class: 'row wrap' }, save, h('button', { type: 'button',
		class: 'plain', click: done }, t('door.cancel'))));

	/** @param {State} state shows it for what there is */
	function open(state) {
		door = state.reception?.door ?? null;
		name.value = door?.name ?? doorNameOf(state.session?.user?.name ?? '');
		title.value = door?.title ?? t('door.default-title');
		setText(save, door ? t('door.save') : t('door.make'));
		show(node, true);
		title.focus();
	}
	return { node, open };
}

/**
 * What keeps an open door open until when it was.
 * @param {Door | null} door
 */
function minutesLeft(door) {
	if (!door?.open || !door.open_until)
		return null;
	const left = Math.ceil((Date.parse(door.open_until) - Date.now()) / 60000);
	return Math.min(Math.max(left, 5), 1440);
}

/** @param {Actions} actions @param {() => Door | null} door */
function doorSwitch(actions, door) {
	const hours = h('select', { id: 'door-hours',
		'aria-label': t('door.how-long') },
	...lengths().map(([value, words]) => h('option', { value }, words)));
	/** @param {boolean} open @param {number | null} minutes */
	const set = (open, minutes) => {
		const own = door();
		if (own)
			void actions.saveDoor({ name: own.name, title: own.title, open,
				open_minutes: minutes });
	};
	const open = button('door', t('door.open'), { id: 'door-open',
		class: 'primary', click: () => set(true,
			hours.value ? Number(hours.value) : null) });
	const close = button('lock', t('door.shut'), { id: 'door-close',
		click: () => set(false, null) });
	const node = h('div', { class: 'row door-switch' }, hours, open, close);
	/** @param {State} state */
	function update({ busy }) {
		const isOpen = door()?.open;
		show(hours, !isOpen);
		show(open, !isOpen);
		show(close, isOpen);
		open.disabled = close.disabled = busy;
	}
	return { node, update };
}

/** @param {Actions} actions */
function onCallSwitch(actions) {
	const box = h('input', { type: 'checkbox', role: 'switch', id: 'on-call',
		'aria-describedby': 'on-call-hint',
		change: () => void actions.setDuty(box.checked) });
	const node = h('div', { class: 'switch-row' },
		h('label', { class: 'switch', for: 'on-call' }, box,
			h('span', {}, t('door.on-call'))),
		h('p', { class: 'hint', id: 'on-call-hint' }, t('door.on-call-hint')));
	/** @param {State} state */
	const update = ({ reception, session }) => {
		box.checked = reception?.onCall ?? session?.user?.on_call ?? false;
	};
	return { node, update };
}

/** @param {Door} door @returns {string} until when it is open */
function stateWords(door) {
	if (!door.open)
		return t('door.is-closed');
	return door.open_until
		? t('door.open-until', { time: time.clock(door.open_until) })
		: t('door.is-open');
}

/** @param {Actions} actions */
function doorParts(actions) {
	/** @type {State | null} */
	let last = null;
	const own = () => last?.reception?.door ?? null;
	const form = doorForm(actions, () => {
		show(form.node, false);
		last && update(last);
	});
	const edit = () => {
		if (last)
			form.open(last);
		last && update(last);
	};
	const badge = h('span', { class: 'badge', id: 'door-state' });
	const title = h('span', { dir: 'auto' });
	const link = h('a', { class: 'door-link', dir: 'ltr' });
	const make = button('plus', t('door.make-one'), { id: 'door-make',
		click: edit });
	const none = h('div', { class: 'row between wrap' },
		h('p', { class: 'hint door-none' }, t('door.own-none')), make);
	const tools = doorSwitch(actions, own);
	const some = h('div', { class: 'stack' },
		h('div', { class: 'row between wrap' },
			h('p', { class: 'row wrap' }, badge, title), tools.node),
		h('div', { class: 'row wrap door-links' }, link,
			button('copy', t('home.copy-link'), { class: 'plain',
				id: 'door-copy', click: () => {
					const door = own();
					if (door)
						void actions.copyDoor(door);
				} }),
			button('edit', t('home.change'), { class: 'plain',
				id: 'door-change', click: edit })));
	const node = h('div', { class: 'stack' }, none, some, form.node);

	/** @param {State} state */
	function update(state) {
		last = state;
		const door = own();
		setText(badge, door ? stateWords(door) : '');
		badge.classList.toggle('live', Boolean(door?.open));
		setText(title, door?.title ?? '');
		setText(link, door?.link.replace(/^https?:\/\//, '') ?? '');
		link.href = door?.link ?? '';
		tools.update(state);
		show(none, state.reception && !door && form.node.hidden);
		show(some, door && form.node.hidden);
	}
	return { node, update };
}

/** @param {Actions} actions */
export function doorCard(actions) {
	const door = doorParts(actions);
	const call = onCallSwitch(actions);
	const node = h('section', { class: 'card door-card', id: 'own-door',
		'aria-labelledby': 'own-door-title' },
	h('h2', { id: 'own-door-title' }, t('door.your-door')), door.node,
	call.node);
	/** @param {State} state */
	const update = (state) => {
		door.update(state);
		call.update(state);
	};
	return { node, update };
}
