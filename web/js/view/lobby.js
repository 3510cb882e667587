// SPDX-License-Identifier: GPL-3.0-or-later
// Before joining: one's own picture, the devices, and three ways to go in.

import { t } from '../lang.js';
import * as time from '../time.js';
import { brand, button, h, icon, setAttribute, setIcon, setText, show } from './dom.js';
import { checkIn } from './checkin.js';
import { languageMenu } from './languagemenu.js';
import { broken } from './survive.js';
import { video } from './video.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../actions.js').Actions} Actions
 */

const REFRESH_MS = 5000;
/** What a press does: turns on, turns off. */
const TURN = {
	microphone: ['call.microphone-on', 'call.microphone-off'],
	camera: ['call.camera-on', 'call.camera-off'],
};

/** @param {State} state @returns {string} with whom */
function withWhom(state) {
	const visit = state.visit;
	if (!visit)
		return '';
	return visit.role === 'clinician'
		? visit.patient_name || visit.patient_email || t('visit.your-patient')
		: visit.clinician_name ?? '';
}

/** @param {State} state @param {number} now */
function opening(state, now) {
	if (state.again && state.phase === 'joining')
		return broken(state);
	const opens = state.opens ?? state.visit?.opens;
	const left = opens ? Date.parse(opens) - now : 0;
	if (!opens || left <= 0)
		return state.phase === 'early' ? t('lobby.opening') : '';
	const words = t('lobby.opens', { until: time.until(left),
		when: time.dayAndClock(opens, now) });
	return state.phase === 'early'
		? `${words} ${t('lobby.leave-open')}`
		: words;
}

/** @param {Actions} actions */
function joinButtons(actions) {
	const camera = button('camera', t('lobby.join-camera'), { id: 'join-camera',
		class: 'primary big wide', click: () => actions.join('camera') });
	const voice = button('microphone', t('lobby.join-voice'), {
		id: 'join-voice', class: 'wide', click: () => actions.join('voice') });
	const listen = button('chat', t('lobby.join-listen'), {
		id: 'join-listen', class: 'wide',
		click: () => actions.join('listen') });
	const stop = h('button', { id: 'stop-waiting', type: 'button',
		class: 'wide', click: () => actions.stopWaiting() }, t('lobby.stop-waiting'));
	const node = h('div', { class: 'stack join-buttons' }, camera,
		h('div', { class: 'pair' }, voice, listen), stop);

	/** @param {State} state the best way that works is the big one */
	function update(state) {
		const { microphone, camera: noCamera } = state.problems;
		const best = microphone ? listen : noCamera ? voice : camera;
		const early = state.phase === 'early'
			|| state.again && state.phase === 'joining';
		for (const item of [camera, voice, listen]) {
			item.classList.toggle('primary', item === best);
			item.disabled = state.phase !== 'lobby';
			show(item, !early);
		}
		camera.disabled ||= Boolean(noCamera);
		voice.disabled ||= Boolean(microphone);
		node.setAttribute('aria-busy', String(state.phase === 'joining'));
		show(stop, state.phase === 'early');
	}
	return { node, update };
}

/** @param {Actions} actions */
function preview(actions) {
	const picture = video('preview', t('lobby.your-picture'), true);
	const words = h('p', { class: 'preview-words' });
	const toggles = /** @type {const} */ (['microphone', 'camera'])
		.map((slot) => {
			const sign = icon(slot);
			const node = h('button', { type: 'button', class: 'round',
				id: `lobby-toggle-${slot}`,
				click: () => actions.toggle(slot) }, sign);
			return { slot, node, sign };
		});
	const node = h('div', { class: 'preview' }, picture.node, words,
		h('div', { class: 'preview-tools' }, ...toggles.map((each) => each.node)));

	/** @param {State} state */
	function update(state) {
		show(picture.node, state.me.camera);
		setText(words, state.me.camera ? '' : !state.asked
			? t('lobby.please-allow')
			: t('lobby.camera-off'));
		for (const toggle of toggles) {
			const on = state.me[toggle.slot];
			setIcon(toggle.sign, on ? toggle.slot : `${toggle.slot}-off`);
			toggle.node.classList.toggle('off', !on);
			setAttribute(toggle.node, 'aria-label',
				t(TURN[toggle.slot][on ? 1 : 0]));
		}
	}
	return { node, update, use: picture.use };
}

/**
 * @param {Actions} actions
 * @returns {import('./dom.js').Page & {
 *   picture: import('./video.js').Picture}}
 */
export function lobbyPage(actions) {
	const mark = brand();
	const own = preview(actions);
	const devices = checkIn(actions);
	const title = h('h1', { tabindex: -1 });
	const who = h('p', { class: 'who' });
	const start = h('span');
	const note = h('p', { id: 'opening', class: 'alert quiet',
		role: 'status' });
	const buttons = joinButtons(actions);
	const node = h('div', { class: 'home' },
		h('header', { class: 'topbar' }, mark.node, languageMenu(),
			button('back', t('home.your-visits'), { class: 'plain', id: 'go-home',
				click: () => actions.go('/') })),
		h('main', { class: 'lobby' }, own.node,
			h('div', { class: 'stack lobby-side' },
				h('div', {}, title, who, h('p', { class: 'when' },
					icon('calendar'), start)),
				note, buttons.node),
			h('div', { class: 'lobby-devices' }, devices.node)));
	/** @type {State | null} */
	let last = null;

	/** @param {State} state */
	function update(state) {
		last = state;
		const { visit } = state;
		const now = Date.now();
		mark.update(state);
		own.update(state);
		devices.update(state);
		buttons.update(state);
		setText(title, visit?.title || t('visit.yours'));
		setText(who, withWhom(state) && t('visit.with',
			{ name: withWhom(state) }));
		setText(start, visit ? `${time.dayAndClock(visit.start, now)} · ${
			t('visit.minutes', { n: visit.minutes })}` : '');
		setText(note, opening(state, now));
		show(note, note.textContent);
	}
	const timer = setInterval(() => last && update(last), REFRESH_MS);
	return { node, update,
		picture: (side, slot, track) => {
			if (side === 'mine' && slot === 'camera')
				own.use(track);
			if (side === 'mine' && slot === 'microphone')
				devices.watch(track);
		},
		close: () => {
			clearInterval(timer);
			devices.close();
		} };
}
