// SPDX-License-Identifier: GPL-3.0-or-later
// In the visit: the other person's picture, one's own, a shared screen on the
// stage with the faces beside it, and what is wrong when something is.

import { t } from '../lang.js';
import * as time from '../time.js';
import { chatDrawer } from './chat.js';
import { consentDialog } from './consent.js';
import { controls } from './controls.js';
import { devicesDialog } from './checkin.js';
import { doorList } from './door.js';
import { button, h, icon, initials, setAttribute, setText, show } from './dom.js';
import { recordingParts } from './recording.js';
import { troubleNotes } from './troubles.js';
import { onPicture, sound, video } from './video.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../actions.js').Actions} Actions
 */

/** Connecting takes well under a second; only what is slower is told. */
const SLOW_START_MS = 2000;
/** Before the seat's end, how early to say so. */
const LAST_MS = 5 * 60000;

/** @param {State} state @returns {string} the other, before they came too */
function otherName(state) {
	const { peer, visit, met } = state;
	return peer?.name || met || (visit?.role === 'clinician'
		? visit.patient_name || t('visit.the-patient')
		: visit?.clinician_name || t('visit.the-clinician'));
}

/** @param {State} state @returns {string} what is in place of the picture */
function instead(state) {
	const { peer } = state;
	if (!peer || peer.camera && peer.media)
		return '';
	if (peer.media)
		return t('call.camera-is-off');
	return peer.met ? t('call.connection-lost') : t('call.connecting');
}

/** @param {State} state @param {number} now @returns {string} */
function trouble(state, now) {
	if (state.phase === 'lost')
		return t('call.broke');
	if (state.link === 'shaky')
		return t('call.unsteady');
	if (state.link === 'new' && now - (state.since ?? now) > SLOW_START_MS)
		return t('call.slow-start');
	if (state.link === 'unheard')
		return t('call.unheard');
	if (state.peer && !state.peer.media && state.link === 'up')
		return state.peer.met
			? t('call.peer-lost', { name: otherName(state) })
			: t('call.peer-connecting', { name: otherName(state) });
	if (state.slow)
		return t('call.thin-line');
	if (state.until && state.until - now < LAST_MS)
		return t('call.closes', { until: time.until(state.until - now) });
	return '';
}

/**
 * A face: picture, or initials in its place, and a name.
 * @param {string} side class name
 * @param {HTMLVideoElement} picture
 */
function tile(side, picture) {
	const letters = h('span', { class: 'avatar' });
	const words = h('span', { class: 'tile-words' });
	const name = h('span', { class: 'tile-name-text' });
	const muted = h('span', { class: 'muted', id: `${side}-muted` },
		icon('microphone-off'), h('span', {}, t('call.microphone-is-off')));
	const node = h('div', { class: `tile ${side}`, id: `${side}-tile` }, picture,
		h('div', { class: 'tile-instead' }, letters, words),
		h('div', { class: 'tile-name' }, name, muted));
	return { node,
		/**
		 * @param {{name: string, camera: boolean, microphone: boolean,
		 *   words: string, initialsOf?: string}} who
		 */
		update: (who) => {
			node.classList.toggle('no-picture', !who.camera);
			setText(letters, initials(who.initialsOf || who.name));
			setText(words, who.words);
			setText(name, who.name);
			show(muted, !who.microphone);
		} };
}

/** @param {Actions} actions */
function stageParts(actions) {
	const theirs = video('their-camera', t('visit.other-person'));
	const screen = video('their-screen', t('call.shared-screen'));
	const mine = video('my-camera', t('visit.you'), true);
	const voice = sound((blocked) => actions.soundBlocked(blocked));
	const faces = { theirs: tile('theirs', theirs.node),
		mine: tile('mine', mine.node) };
	const waiting = h('div', { class: 'waiting', id: 'waiting' });
	const waitingTitle = h('h2');
	waiting.append(h('span', { class: 'pulse' }), waitingTitle,
		h('p', {}, t('call.will-appear')));
	const node = h('main', { class: 'stage', id: 'stage' },
		h('div', { class: 'tile shared' }, screen.node),
		faces.theirs.node, waiting, faces.mine.node);
	return { node, theirs, screen, mine, voice, faces, waiting, waitingTitle };
}

/**
 * @param {ReturnType<typeof stageParts>} stage
 * @param {State} state
 */
function updateStage(stage, state) {
	const { peer, me } = state;
	const seen = Boolean(peer?.media && peer.camera);
	const layout = peer?.screen && peer.media ? 'screen' : 'faces';
	setAttribute(stage.node, 'data-layout', layout);
	setText(stage.waitingTitle, t('call.waiting-for', { name: otherName(state) }));
	show(stage.waiting, !peer);
	show(stage.faces.theirs.node, peer);
	stage.faces.theirs.update({ name: otherName(state), camera: seen,
		microphone: !peer || !peer.media || peer.microphone,
		words: instead(state) });
	stage.faces.mine.update({ name: t('visit.you'), camera: me.camera,
		initialsOf: state.session?.user?.name, microphone: me.microphone,
		words: '' });
}

/**
 * @param {ReturnType<typeof stageParts>} stage
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
	const words = h('p', { id: 'trouble', class: 'banner', role: 'status' });
	const sharing = h('p', { id: 'sharing', class: 'banner good' },
		h('span', {}, t('call.you-share')),
		h('button', { type: 'button', id: 'stop-sharing',
			click: () => actions.toggle('screen') }, t('call.stop')));
	const silent = button('volume', t('call.tap-to-hear'), { id: 'hear',
		class: 'primary', click: hear });
	const door = doorList(actions);
	const node = h('div', { class: 'banners' }, words, note, door.node, sharing,
		silent);
	/** @param {State} state @param {number} now */
	const update = (state, now) => {
		setText(words, trouble(state, now));
		show(words, words.textContent);
		door.update(state, now);
		show(sharing, state.me.screen);
		show(silent, state.silenced);
	};
	return { node, update };
}

/**
 * @param {Actions} actions
 * @returns {import('./dom.js').Page & {
 *   picture: import('./video.js').Picture}}
 */
export function callPage(actions) {
	const stage = stageParts(actions);
	const chat = chatDrawer(actions);
	const devices = devicesDialog(actions);
	const recording = recordingParts(actions);
	const consent = consentDialog(actions);
	const bar = controls(actions, { devices: devices.open,
		recording: recording.open });
	const notes = banners(actions, () => void stage.voice.play(),
		recording.note);
	const troubles = troubleNotes(devices.open);
	notes.node.append(troubles.node);
	const title = h('h1', { tabindex: -1, class: 'call-title' });
	const clock = h('time', { id: 'length', 'aria-label': t('call.length') });
	const node = h('div', { class: 'call' },
		h('header', { class: 'call-top' }, title, recording.sign, clock),
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
		updateStage(stage, state);
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
			recording.close();
			devices.use(null);
		} };
}
