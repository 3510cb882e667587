// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures of a recording: one place for each lane, with its media in it or
// words instead.

import { t } from '../../lang.js';
import { SINGLE_MS, tapped } from '../../review/playerkeys.js';
import { layoutAt } from '../../review/playerlayout.js';
import { cameraOff, pausesOf } from '../../review/playermarks.js';
import { laneName, nameOf, plateWords } from '../../review/playerwords.js';
import { h, initials, setAttribute, setText, show } from '../dom.js';

/**
 * @typedef {import('../../review/api.js').Play} Play
 * @typedef {import('../../review/api.js').Lane} Lane
 * @typedef {import('../../review/playerengine.js').Engine} Engine
 *
 * @typedef {object} Wishes
 * @property {(lane: string) => void} choose
 * @property {(wish: import('../../review/playerkeys.js').Wish) => void} wish
 */

/**
 * A click of a mouse or a key chooses; of a finger, two at a side jump.
 * @param {() => void} choose
 * @param {Wishes['wish']} wish
 */
function taps(choose, wish) {
	/** @type {import('../../review/playerkeys.js').Tap} */
	let last = null;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	let single;
	return (/** @type {MouseEvent} */ event) => {
		const touch = /** @type {PointerEvent} */ (event).pointerType === 'touch';
		if (!touch)
			return void choose();
		const box = /** @type {Element} */ (event.currentTarget)
			.getBoundingClientRect();
		const found = tapped(last, (event.clientX - box.left) / box.width,
			event.timeStamp);
		last = found.last;
		clearTimeout(single);
		if (found.wish)
			wish(found.wish);
		else
			single = setTimeout(choose, SINGLE_MS);
	};
}

/**
 * @param {Play} play
 * @param {Lane} lane
 * @param {Wishes} wishes
 */
function makeTile(play, lane, wishes) {
	const name = laneName(play, lane);
	const media = h('div', { class: 'player-media' });
	const words = h('span', { class: 'player-plate-words' });
	const plate = h('div', { class: 'player-plate' },
		h('span', { class: 'avatar', 'aria-hidden': 'true' },
			initials(nameOf(play, lane.role))), words);
	const press = h('button', { type: 'button', class: 'player-choose',
		click: taps(() => wishes.choose(lane.lane), wishes.wish) });
	const node = h('figure', { class: 'player-tile', 'data-lane': lane.lane },
		media, plate, h('figcaption', {}, name), press);

	/** @param {string | null} why there is no picture, null: there is */
	function lacks(why) {
		setText(words, why ?? '');
		show(plate, why);
	}

	/** @param {boolean} big */
	function big(big) {
		node.classList.toggle('big', big);
		setAttribute(press, 'aria-pressed', String(big));
		setAttribute(press, 'aria-label', t('player.big', { name }));
	}
	return { node, media, lane: lane.lane, role: lane.role, lacks, big };
}

/**
 * @param {Play} play
 * @param {Wishes} wishes
 */
export function stage(play, wishes) {
	const tiles = play.lanes.map((lane) => makeTile(play, lane, wishes));
	const node = h('div', { class: 'player-stage', role: 'group',
		'aria-label': t('player.pictures') }, ...tiles.map((tile) => tile.node));
	let now = play;

	/** @param {import('../../review/playerengine.js').Entry} entry */
	const isOff = ({ lane, segment }, /** @type {number} */ ms) =>
		!segment.video ? 'voice' : !lane.lane.endsWith('-screen')
			&& cameraOff(now, lane.role, ms) ? 'camera' : null;

	/**
	 * @param {ReturnType<typeof makeTile>} tile
	 * @param {Engine} engine
	 * @param {number} at the world's clock
	 */
	function lacks(tile, engine, at) {
		const ms = engine.at(at);
		const entry = engine.shown(tile.lane, at);
		for (const medium of tile.media.children)
			show(/** @type {HTMLElement} */ (medium),
				medium === /** @type {any} */ (entry?.medium));
		const why = engine.broken(tile.lane, at) ? 'broken'
			: pausesOf(now).some(({ from, to }) => from <= ms && ms < to)
				? 'paused' : entry ? isOff(entry, ms) : 'hole';
		tile.lacks(why && plateWords(why));
	}

	/**
	 * @param {Engine} engine
	 * @param {number} at
	 * @param {string | null} chosen
	 */
	function update(engine, at, chosen) {
		const layout = layoutAt(now.lanes, engine.at(at), chosen);
		setAttribute(node, 'data-shown', String(layout.shown.length));
		node.classList.toggle('has-big', layout.stage !== null);
		for (const tile of tiles) {
			show(tile.node, layout.shown.includes(tile.lane));
			tile.big(layout.stage === tile.lane);
			lacks(tile, engine, at);
		}
	}
	return { node, update,
		/** @param {Play} next */
		extend: (next) => {
			now = next;
		},
		/** @param {string} lane */
		place: (lane) => tiles.find((tile) => tile.lane === lane)?.media };
}
