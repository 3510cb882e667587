// SPDX-License-Identifier: GPL-3.0-or-later
// The page: one screen at a time, chosen by the state's phase. Together with
// view/ this is all that knows the DOM; it is told the state and tells what
// people want through the actions.
//
// Ids that tests and support may rely on: sign-in `email`, `send-code`,
// `code`, `name`, `enter-code`, `providers`; home `new-visit`, `visit-dialog`
// (`visit-title`, `-email`, `-date`, `-time`, `-minutes`, `-save`, `-cancel`),
// `visits`, `join-next`; lobby `join-camera`, `join-voice`, `join-listen`;
// visit `toggle-microphone`, `-camera`, `-screen`, `-chat`, `their-camera`,
// `their-screen`, `my-camera`, `sound`, `chat-text`, `chat-send`,
// `chat-lines`, `leave`, `leave-only`, `end-for-both`; recording `record`,
// `consent-dialog` (`consent-yes`, `-voice`, `-no`, `-language`),
// `recording-sign`, `recording-sheet` (`recording-stop`, `-voice`),
// `recording-note`; after it `ended-title`, `ended-recorded`.
// `body[data-phase]` is the phase of state.js, `body[data-recording]` the step
// of recording.js.

import { t } from './lang.js';
import { bell, waitingCount } from './view/bell.js';
import { setText, show } from './view/dom.js';
import { dressed } from './view/sheets.js';
import { notice, recordingAlarm, recordingNote } from './words.js';

/**
 * @typedef {import('./state.js').State} State
 * @typedef {import('./view/dom.js').Page & {
 *   picture?: import('./view/video.js').Picture}} Screen
 * @typedef {(actions: import('./actions.js').Actions) => Screen} MakeScreen
 */

const TOAST_MS = 6000;

/** What is not loaded is asked for again with the whole page. */
const START_AGAIN_MS = 2000;

/** @typedef {() => Promise<MakeScreen>} Load */
/** @type {Record<string, Load>} each is loaded when it is needed first */
const SCREENS = {
	signIn: async () => (await import('./view/signin.js')).signInPage,
	home: async () =>
		(await dressed(import('./view/home.js'), 'door')).homePage,
	lobby: async () =>
		(await dressed(import('./view/lobby.js'), 'checkin')).lobbyPage,
	waiting: async () =>
		(await dressed(import('./view/waiting.js'), 'door')).waitingPage,
	door: async () =>
		(await dressed(import('./view/doorpage.js'), 'door')).doorPage,
	call: async () => (await dressed(import('./view/call.js'), 'call',
		'recording', 'checkin', 'door')).callPage,
	ended: async () => (await import('./view/ended.js')).endedPage,
	desk: async () => (await import('./view/desk.js')).deskPage,
};

/** @type {Record<import('./state.js').Phase, Load | null>} */
const OF_PHASE = {
	'loading': null,
	'signed-out': SCREENS.signIn,
	'home': SCREENS.home,
	'lobby': SCREENS.lobby,
	'early': SCREENS.lobby,
	'joining': SCREENS.lobby,
	'waiting': SCREENS.waiting,
	'door': SCREENS.door,
	'in-call': SCREENS.call,
	'lost': SCREENS.call,
	'ended': SCREENS.ended,
	'desk': SCREENS.desk,
};

/** What comes next is loaded while people wait for it. */
const NEXT = /** @type {Record<string, Load[]>} */ ({
	'joining': [SCREENS.waiting, SCREENS.call],
	'waiting': [SCREENS.call],
	'in-call': [SCREENS.ended],
});

/** @param {string} path @returns {string} of the browser's tab */
function deskTitle(path) {
	if (path === '/audit')
		return t('top.audit');
	return path === '/review' ? t('top.recordings') : t('desk.recording');
}

/** Screens that show the notice at a better place than the toast. */
const OWN_NOTICE = new Set(['signed-out']);

/** @param {State} state @returns {string} for those who hear the page */
function announcement(state) {
	if (!['in-call', 'lost'].includes(state.phase))
		return '';
	const { unread } = state.chat;
	const name = state.peer?.name || t('visit.other-person');
	const note = recordingNote(state.recording,
		state.visit?.role === 'clinician');
	if (!state.peer)
		return `${note} ${state.met ? t('said.has-left', { name: state.met })
			: ''}`.trim();
	const here = state.peer.screen ? t('said.shares', { name })
		: t('said.is-here', { name });
	return `${note} ${here}${
		unread ? `. ${t('said.unread', { n: unread })}` : ''}`.trim();
}

/** @param {State} state @returns {string} told at once to those who hear */
const alarm = ({ phase, recording }) =>
	phase === 'in-call' ? recordingAlarm(recording.step) : '';

/** @param {State} state @returns {string} of the browser's tab */
function tabTitle(state) {
	const { visit, visitId, desk, chat, session, phase, recording } = state;
	const clinic = session?.clinic?.name ?? 'RTHealth';
	const n = waitingCount(state);
	const waiting = n ? `(${t('door.tab', { n })}) ` : '';
	if (desk)
		return `${waiting}${deskTitle(desk)} · ${clinic}`;
	const runs = phase === 'in-call' && recording.step === 'running';
	return `${runs ? `● ${t('said.tab-recording')} · ` : ''}${
		chat.unread ? `(${chat.unread}) ` : ''}${waiting}${
		visitId && visit?.title ? `${visit.title} · ` : ''}${clinic}`;
}

export class View {
	#root;
	#toast;
	#live;
	#alarm;
	#actions;
	#bell = bell();
	/** @type {Load | null} the screen that is shown */
	#kind = null;
	/** @type {Map<Load, MakeScreen>} */
	#loaded = new Map();
	/** @type {Set<Load>} */
	#loading = new Set();
	/** @type {State | null} */
	#last = null;
	/** @type {Screen | null} */
	#screen = null;
	/** @type {Map<string, Parameters<import('./view/video.js').Picture>>} */
	#pictures = new Map();
	#left = Promise.resolve();
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#timer;

	/** @param {import('./actions.js').Actions} actions */
	constructor(actions) {
		this.#actions = actions;
		const element = (/** @type {string} */ id) =>
			/** @type {HTMLElement} */ (document.getElementById(id));
		this.#root = element('app');
		this.#toast = element('toast');
		this.#live = element('live');
		this.#alarm = element('alarm');
	}

	/** @param {State} state */
	render(state) {
		document.body.dataset.phase = state.phase;
		document.body.dataset.recording = state.recording.step;
		document.title = tabTitle(state);
		this.#last = state;
		this.#showScreen(state);
		this.#notify(state);
		this.#bell(state);
		setText(this.#live, announcement(state));
		setText(this.#alarm, alarm(state));
	}

	/** @param {State} state */
	#showScreen(state) {
		const wanted = OF_PHASE[state.phase];
		const make = wanted && this.#loaded.get(wanted);
		if (!wanted || wanted === this.#kind)
			this.#screen?.update(state);
		else if (make)
			this.#change(wanted, make, state);
		else
			this.#load(wanted);
		for (const next of NEXT[state.phase] ?? [])
			this.#load(next);
	}

	/** @param {Load} load one of SCREENS */
	async #load(load) {
		if (this.#loading.has(load))
			return;
		this.#loading.add(load);
		try {
			this.#loaded.set(load, await load());
			if (this.#last && OF_PHASE[this.#last.phase] === load)
				this.#showScreen(this.#last);
		} catch (error) {
			console.warn('A screen did not come:', error);
			this.#loading.delete(load);
			setTimeout(() => this.#startAgain(load), START_AGAIN_MS);
		}
	}

	/**
	 * Loads the page again if that screen is still needed and has not come
	 * meanwhile: not every browser asks twice for a module. A seat is kept.
	 * @param {Load} load
	 */
	#startAgain(load) {
		const wanted = this.#last && OF_PHASE[this.#last.phase];
		if (wanted === load && !this.#loaded.has(load))
			location.reload();
	}

	/** @param {Load} kind @param {MakeScreen} make @param {State} state */
	#change(kind, make, state) {
		this.#screen?.close?.();
		this.#kind = kind;
		this.#screen = make(this.#actions);
		this.#root.replaceChildren(this.#screen.node);
		for (const picture of this.#pictures.values())
			this.#screen.picture?.(...picture);
		this.#screen.update(state);
		if (state.phase !== 'signed-out')
			this.#screen.node.querySelector('h1')
				?.focus({ preventScroll: true });
	}

	/**
	 * Shows or plays a track; kept for the screens to come.
	 * @type {import('./view/video.js').Picture}
	 */
	picture = (side, slot, track) => {
		const key = `${side} ${slot}`;
		if (this.#pictures.get(key)?.[2] === track)
			return;
		this.#pictures.set(key, [side, slot, track]);
		this.#screen?.picture?.(side, slot, track);
	};

	/**
	 * Ends the screen; what is rendered next is made anew.
	 * @returns {Promise<void>} its last word has reached the portal
	 */
	leave() {
		if (this.#screen)
			this.#left = Promise.resolve(this.#screen.close?.());
		this.#screen = null;
		this.#kind = null;
		return this.#left;
	}

	/** @param {State} state */
	#notify(state) {
		const words = OWN_NOTICE.has(state.phase) ? ''
			: state.notice ? notice(state.notice) : '';
		if (words === (this.#toast.hidden ? '' : this.#toast.textContent))
			return;
		clearTimeout(this.#timer);
		setText(this.#toast, words);
		show(this.#toast, words);
		if (words)
			this.#timer = setTimeout(() => this.#actions.noticed(), TOAST_MS);
	}
}
