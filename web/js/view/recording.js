// SPDX-License-Identifier: GPL-3.0-or-later
// That a recording runs, so that nobody can overlook it: the sign, what is
// behind it, and what is to be told.

import { chime } from '../chime.js';
import { t } from '../lang.js';
import { recordedMs } from '../recording.js';
import * as time from '../time.js';
import { incomplete, recordingNote } from '../words.js';
import { fill, h, icon, setAttribute, setText, show, named } from './dom.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../actions.js').Actions} Actions
 */

/** How long a word of no consequence stays. */
const NOTE_MS = 10000;

/** @param {State} state */
const isThere = ({ recording: { step } }) =>
	step === 'running' || step === 'paused';

/** @param {() => void} open */
function recordingSign(open) {
	const sign = icon('pause');
	const dot = h('span', { class: 'record-dot' });
	const words = h('span');
	const clock = h('time');
	const warning = icon('warning');
	const node = h('button', { type: 'button', id: 'recording-sign',
		class: 'recording-sign', 'aria-haspopup': 'dialog',
		title: t('recording.what-is'), click: open }, dot, sign, words, clock,
	warning);

	/** @param {State} state @param {number} now */
	function update(state, now) {
		const { recording } = state;
		const paused = recording.step === 'paused';
		const ms = recordedMs(recording, now);
		node.hidden = !isThere(state);
		node.classList.toggle('paused', paused);
		dot.hidden = paused;
		sign.toggleAttribute('hidden', !paused);
		warning.toggleAttribute('hidden', !recording.incomplete
			|| state.visit?.role !== 'clinician');
		setText(words, paused ? t('recording.paused')
			: t('recording.recording'));
		setText(clock, paused || ms === null ? '' : time.length(ms));
		clock.hidden = !clock.textContent;
	}
	return { node, update };
}

/** @param {State} state @returns {[string, boolean][]} who, without pictures */
function people({ self, peer, recording: { voiceOnly } }) {
	/** @type {[string, string | null | undefined][]} */
	const all = [[t('visit.you'), self], [peer?.name ?? '', peer?.participant]];
	return all.filter(([, id]) => id).map(([name, id]) =>
		[name, voiceOnly.includes(id ?? '')]);
}

/** @param {Actions} actions */
export function recordingSheet(actions) {
	const title = h('h2', { tabindex: -1 });
	const what = h('p');
	const list = h('ul', { class: 'recorded-people' });
	const lost = h('p', { class: 'alert quiet' });
	/**
	 * @param {string} id
	 * @param {string} words
	 * @param {() => void} act
	 */
	const choice = (id, words, act) => h('button', { type: 'button', id,
		class: 'wide', click: () => {
			act();
			node.close();
		} }, words);
	const stop = choice('recording-stop', t('recording.stop'),
		actions.stopRecording);
	const voice = choice('recording-voice', t('recording.voice-only'),
		() => actions.consent('voice'));
	const pictures = choice('recording-pictures', t('recording.pictures-too'),
		() => actions.consent('yes'));
	stop.classList.add('stop');
	const node = h('dialog', { id: 'recording-sheet', class: 'card dialog sheet',
		'aria-label': t('recording.the-recording') });
	node.append(h('div', { class: 'stack' }, title, what, list, lost, stop, voice,
		pictures, h('button', { type: 'button', class: 'plain wide',
			click: () => node.close() }, t('page.close'))));
	let shown = '';

	/** @param {State} state */
	function update(state) {
		const { recording, visit } = state;
		const paused = recording.step === 'paused';
		if (!isThere(state))
			return void node.close();
		const rows = people(state);
		setText(title, paused ? t('recording.title-paused')
			: t('recording.title-running'));
		setText(what, paused
			? t('recording.text-paused')
			: t('recording.text-running'));
		if (shown !== JSON.stringify(rows))
			fill(list, ...rows.map(([name, only]) => h('li', {},
				h('strong', {}, name), h('span', {}, only
					? t('recording.only-voice') : t('recording.all')))));
		shown = JSON.stringify(rows);
		show(list, !paused);
		setText(lost, incomplete(recording.lostS));
		show(lost, recording.incomplete && visit?.role === 'clinician');
		const only = recording.voiceOnly.includes(state.self ?? '');
		show(voice, !paused && !only);
		show(pictures, !paused && only);
	}
	return { node, update, open: () => {
		node.showModal();
		title.focus();
	} };
}

/** @param {Actions} actions */
function recordingWords(actions) {
	const words = h('span');
	const close = h('button', { type: 'button', id: 'recording-note-close' });
	const node = h('section', { id: 'recording-note', class: 'banner note',
		'aria-label': t('recording.about') }, words, close);
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	let timer;
	let press = actions.recordingNoted;
	close.addEventListener('click', () => press());

	/** @param {State} state */
	function update({ recording, visit }) {
		const note = recordingNote(recording, visit?.role === 'clinician');
		const waits = recording.step === 'answered';
		press = waits ? actions.reconsider : actions.recordingNoted;
		node.classList.toggle('waits', waits);
		setText(close, waits ? t('recording.change-answer')
			: t('recording.ok'));
		if (note === words.textContent && node.hidden === !note)
			return;
		setText(words, note);
		show(node, note);
		clearTimeout(timer);
		if (recording.step === 'declined'
			|| recording.step === 'finished' && !recording.incomplete)
			timer = setTimeout(actions.recordingNoted, NOTE_MS);
	}
	return { node, update, close: () => clearTimeout(timer) };
}

/**
 * Sign, sheet and words, for their places in the page of the call.
 * @param {Actions} actions
 */
export function recordingParts(actions) {
	const sheet = recordingSheet(actions);
	const sign = recordingSign(sheet.open);
	const note = recordingWords(actions);
	/** @type {import('../recording.js').Step} */
	let step = 'off';

	/** @param {State} state */
	function update(state) {
		if (state.recording.step === 'running' && step !== 'running')
			chime();
		step = state.recording.step;
		sheet.update(state);
		note.update(state);
		sign.update(state, Date.now());
	}
	return { sign: sign.node, sheet: sheet.node, note: note.node,
		open: sheet.open, update, tick: sign.update, close: note.close };
}

/**
 * The clinician's control.
 * @param {Actions} actions
 * @param {() => void} open the sheet
 */
export function recordControl(actions, open) {
	const words = h('span', { class: 'control-words' });
	/** @type {() => void} */
	let press = actions.askRecording;
	const node = h('button', { type: 'button', id: 'record', class: 'control',
		click: () => press() },
	h('span', { class: 'control-sign' }, icon('record')), words);

	/** @param {State} state */
	function update(state) {
		const { step, may } = state.recording;
		const there = isThere(state);
		const busy = ['opening', 'asked', 'answered'].includes(step);
		show(node, may);
		press = there ? open : busy ? () => {} : actions.askRecording;
		node.classList.toggle('on', there);
		node.classList.toggle('busy', step === 'opening');
		setAttribute(node, 'aria-disabled', String(busy));
		setText(words, step === 'opening' ? t('recording.starting')
			: busy ? t('recording.asking') : there ? t('recording.recording')
				: t('recording.record'));
		const says = there ? t('recording.open-sheet')
			: busy ? words.textContent ?? '' : t('recording.record-visit');
		setAttribute(node, 'aria-label',
			named(words.textContent ?? '', says ?? ''));
		setAttribute(node, 'title', says);
	}
	return { node, update };
}
