// SPDX-License-Identifier: GPL-3.0-or-later
// The page of one recording: why it is played, then the player.

import * as api from '../../review/api.js';
import { isProblem, problemWords } from '../../review/problems.js';
import { rowWords, titleWords } from '../../review/rows.js';
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
	const title = h('h1', { tabindex: -1 }, 'Recording');
	const what = h('p', { class: 'hint' });
	const root = h('div', { id: 'player', class: 'player-root' });
	const node = h('div', { class: 'desk-column player-page' },
		way(desk.actions, desk.back, { class: 'back-way', id: 'back' },
			icon('back'), h('span', {}, 'Recordings')),
		h('div', { class: 'player-title' }, title, what), root);
	/** @type {ReturnType<typeof import('./player.js').openPlayer> | null} */
	let player = null;
	/** @type {ReturnType<typeof import('./downloads.js').downloads> | null} */
	let taking = null;
	let closed = false;

	/** @returns {Promise<void>} */
	async function begin() {
		fill(root, h('p', { class: 'hint' }, 'Loading…'));
		const recording = await desk.ask(api.recording(id));
		if (closed)
			return;
		setText(title, titleWords(recording.visit));
		setText(what, rowWords({ ...recording, visit: null }, Date.now())
			.replace(/^[^,]*, /, ''));
		if (recording.rights.includes('download'))
			void offer(recording).catch(() => {});
		if (!recording.rights.includes('play')) {
			fill(root, stopped('You may see that there is this recording, but not play it.', null));
			return;
		}
		const reason = await reasonFor(desk, recording);
		if (closed)
			return;
		if (reason === null)
			fill(root, stopped('A recording is played for a reason.',
				shapeButton('play', 'Say why and play', { class: 'primary',
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
					setText(title, 'Recording');
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
