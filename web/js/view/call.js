// SPDX-License-Identifier: GPL-3.0-or-later
// In the visit: its head with who is here, the stage, the messages, the
// controls, and what is wrong when something is.

import { t } from '../lang.js';
import * as time from '../time.js';
import { chatDrawer } from './chat.js';
import { connection } from './connection.js';
import { consentDialog } from './consent.js';
import { controls } from './controls.js';
import { devicesDialog } from './checkin.js';
import { doorList } from './door.js';
import { button, h, setAttribute, setText, show } from './dom.js';
import { recordingParts } from './recording.js';
import { endModes } from './screenmodes.js';
import { sharingBanner } from './sharing.js';
import { otherName, stage as makeStage } from './stage.js';
import { troubleNotes } from './troubles.js';
import { broken, retakeButton } from './survive.js';
import { onPicture } from './video.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../actions.js').Actions} Actions
 */

/** Connecting takes well under a second; only what is slower is told. */
const SLOW_START_MS = 2000;
/** Before the seat's end, how early to say so. */
const LAST_MS = 5 * 60000;

/** @param {State} state @param {number} now @returns {string} */
function trouble(state, now) {
	if (state.phase === 'lost')
		return broken(state);
	if (state.link === 'shaky')
		return state.trying ? broken(state) : t('call.unsteady');
	if (state.link === 'new' && now - (state.since ?? now) > SLOW_START_MS)
		return t('call.slow-start');
	if (state.link === 'unheard')
		return t('call.unheard');
	if (state.peer && !state.peer.media && state.link === 'up')
		return state.peer.met
			? t('call.peer-lost', { name: otherName(state) })
			: t('call.peer-connecting', { name: otherName(state) });
	if (state.paused && state.me.camera)
		return t('call.my-camera-is-paused');
	if (state.slow)
		return t('call.thin-line');
	if (state.until && state.until - now < LAST_MS)
		return t('call.closes', { until: time.until(state.until - now) });
	return '';
}

/**
 * @param {ReturnType<typeof makeStage>} stage
 * @param {ReturnType<typeof devicesDialog>} devices
 * @param {Actions} actions
 * @returns {import('./video.js').Picture}
 */
const pictures = (stage, devices, actions) => (side, slot, track) => {
	if (side === 'mine') {
		if (slot === 'camera')
			stage.mine.use(track);
		if (slot === 'microphone')
			devices.use(track);
		return;
	}
	const place = { microphone: stage.voice, camera: stage.theirs,
		screen: stage.screen }[slot];
	place.use(track);
	if (slot === 'camera' && track)
		onPicture(stage.theirs.node, actions.pictureShown);
};

/**
 * @param {Actions} actions
 * @param {() => void} hear
 * @param {HTMLElement} note of the recording
 */
function banners(actions, hear, note) {
	const words = h('p', { id: 'trouble', class: 'banner' });
	// Those who hear the page are told by what is never hidden.
	const said = h('p', { class: 'unseen', role: 'status' });
	const sharing = sharingBanner(actions);
	const silent = button('volume', t('call.tap-to-hear'), { id: 'hear',
		class: 'primary', click: hear });
	const retake = retakeButton(actions);
	const door = doorList(actions);
	const node = h('div', { class: 'banners' }, said, words, note, door.node, sharing.node,
		silent, retake.node);
	/** @param {State} state @param {number} now */
	const update = (state, now) => {
		setText(words, trouble(state, now));
		setText(said, words.textContent ?? '');
		show(words, words.textContent);
		door.update(state, now);
		sharing.update(state);
		show(silent, state.silenced);
		retake.update(state);
	};
	return { node, update };
}

/**
 * @param {Actions} actions
 * @returns {import('./dom.js').Page & {
 *   picture: import('./video.js').Picture}}
 */
export function callPage(actions) {
	const stage = makeStage(actions);
	const chat = chatDrawer(actions);
	const devices = devicesDialog(actions);
	const recording = recordingParts(actions);
	const consent = consentDialog(actions);
	const here = connection();
	const bar = controls(actions, { devices: devices.open,
		recording: recording.open, press: stage.press,
		keys: stage.keys });
	const notes = banners(actions, () => void stage.voice.play(),
		recording.note);
	const troubles = troubleNotes(devices.open);
	notes.node.append(troubles.node);
	const title = h('h1', { tabindex: -1, class: 'call-title' });
	const clock = h('time', { id: 'length', 'aria-label': t('call.length') });
	const node = h('div', { class: 'call' },
		h('header', { class: 'call-top' }, title, recording.sign, clock,
			here.node, stage.menu),
		notes.node, stage.node, chat.node, consent.node, bar.node,
		stage.voice.node, devices.node, recording.sheet);
	/** @type {State | null} */
	let last = null;

	function tick() {
		if (!last)
			return;
		const now = Date.now();
		setText(clock, time.length(now - (last.since ?? now)));
		notes.update(last, now);
		troubles.update(last, otherName(last));
		recording.tick(last, now);
		consent.tick(now);
	}

	/** @param {State} state */
	function update(state) {
		last = state;
		setText(title, state.visit?.title || t('visit.untitled'));
		setAttribute(node, 'data-phase', state.phase);
		setAttribute(node, 'data-link', state.link);
		node.classList.toggle('with-chat', state.chat.open);
		node.classList.toggle('asking', state.recording.step === 'asked');
		node.classList.toggle('recorded', ['running', 'paused']
			.includes(state.recording.step));
		stage.update(state);
		here.update(state);
		chat.update(state);
		bar.update(state);
		devices.update(state);
		stage.voice.on(state.check.using);
		recording.update(state);
		consent.update(state);
		tick();
	}
	const timer = setInterval(tick, 1000);
	return { node, update, picture: pictures(stage, devices, actions),
		close: () => {
			clearInterval(timer);
			bar.close();
			stage.close();
			here.close();
			endModes();
			recording.close();
			devices.use(null);
		} };
}
