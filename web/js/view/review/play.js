// SPDX-License-Identifier: GPL-3.0-or-later
// The page of one recording: why it is played, then the player.

import { t } from '../../lang.js';
import * as api from '../../review/api.js';
import { isProblem, problemWords } from '../../review/problems.js';
import { titleWords, whoWords } from '../../review/rows.js';
import { stylesheet } from '../sheets.js';
import { fill, h, icon, setText } from '../dom.js';
import { way } from '../topbar.js';
import { reasonFor } from './dialogs.js';
import { nothingPage, problemPanel, shapeButton } from './parts.js';

/** @typedef {import('../../review/main.js').Desk} Desk */

/** @param {string} words @param {import('../dom.js').Child} deed */
const stopped = (words, deed) => h('div', { class: 'empty' }, icon('lock'),
	h('p', {}, words), deed);

/**
 * @param {Desk} desk
 * @param {import('../../state.js').State} state
 * @returns {import('../../review/main.js').Page}
 */
export function playPage(desk, state) {
	const id = state.desk?.slice('/review/'.length) ?? '';
	const title = h('h1', { tabindex: -1 }, t('rec.recording'));
	const what = h('p', { class: 'hint' });
	const root = h('div', { id: 'player', class: 'player-root' });
	const node = h('div', { class: 'desk-column player-page' },
		way(desk.actions, desk.back, { class: 'back-way', id: 'back' },
			icon('back'), h('span', {}, t('rec.recordings'))),
		h('div', { class: 'player-title' }, title, what), root);
	/** @type {ReturnType<typeof import('./player.js').openPlayer> | null} */
	let player = null;
	/** @type {ReturnType<typeof import('./downloads.js').downloads> | null} */
	let taking = null;
	let closed = false;

	/** @returns {Promise<void>} */
	async function begin() {
		fill(root, h('p', { class: 'hint' }, t('page.loading')));
		const recording = await desk.ask(api.recording(id));
		if (closed)
			return;
		setText(title, titleWords(recording.visit));
		setText(what, whoWords(recording, Date.now()));
		if (recording.rights.includes('download'))
			void offer(recording).catch(() => {});
		if (!recording.rights.includes('play')) {
			fill(root, stopped(t('player.may-not-play'), null));
			return;
		}
		const reason = await reasonFor(desk, recording);
		if (closed)
			return;
		if (reason === null)
			fill(root, stopped(t('player.for-reason'),
				shapeButton('play', t('player.say-why'), { class: 'primary',
					id: 'say-why', click: attempt })));
		else
			await open(reason);
	}

	/** What may be downloaded. @param {api.Detail} recording */
	async function offer(recording) {
		const [{ downloads }] = await Promise.all([import('./downloads.js'),
			stylesheet('/css/downloads.css')]);
		if (closed || taking)
			return;
		taking = downloads(desk, recording);
		node.append(taking.node);
	}

	function takeBack() {
		taking?.close();
		taking?.node.remove();
	}

	/** @param {string} reason */
	async function open(reason) {
		const [{ openPlayer }] = await Promise.all([import('./player.js'),
			stylesheet('/css/player.css')]);
		const play = await desk.ask(api.play(id, reason));
		if (!closed)
			player = openPlayer(root, play, { play: api.playAgain,
				watched: api.watched, outline: async (of) =>
					desk.glances.get(of)?.outline ?? api.outline(of),
				gone: () => {
					desk.glances.delete(id);
					setText(title, t('rec.recording'));
					setText(what, '');
					takeBack();
				} });
	}

	/** @param {unknown} error */
	function failed(error) {
		if (closed)
			return;
		if (isProblem(error, 'not-found'))
			node.replaceWith(nothingPage(desk).node);
		else
			fill(root, problemPanel(problemWords(error), attempt));
	}
	function attempt() {
		begin().catch(failed);
	}
	desk.touched = id;
	scrollTo(0, 0);
	attempt();
	return { node, close: () => {
		closed = true;
		taking?.close();
		return player?.close();
	} };
}
