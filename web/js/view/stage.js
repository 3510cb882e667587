// SPDX-License-Identifier: GPL-3.0-or-later
// The stage: the other person's picture, one's own and a shared screen, one of
// them large; and what can be done with them (arrange.js decides).

import { arrange, follow, noWish, pin, swap, toggleSelf } from '../arrange.js';
import { t } from '../lang.js';
import { h, icon, initials, setAttribute, setIcon, setText, show }
	from './dom.js';
import { menu } from './menu.js';
import { canFill, canFloat, fillScreen, floating, isFull } from './screenmodes.js';
import { sound, video } from './video.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../actions.js').Actions} Actions
 * @typedef {import('../arrange.js').Face} Face
 * @typedef {import('../arrange.js').Wish} Wish
 */

const SELF_KEY = 'rth-self-view';
const KEYS_KEY = 'rth-keys';

/** @param {string} key @returns {boolean} what was chosen last; first: yes */
function kept(key) {
	try {
		return localStorage.getItem(key) !== 'off';
	} catch {
		return true;
	}
}

/** @param {string} key @param {boolean} on */
function keep(key, on) {
	try {
		localStorage.setItem(key, on ? 'on' : 'off');
	} catch {
		// Then it is as at first the next time.
	}
}

/** @param {State} state @returns {string} the other, before they came too */
export function otherName(state) {
	const { peer, visit, met } = state;
	return peer?.name || met || (visit?.role === 'clinician'
		? visit.patient_name || t('visit.the-patient')
		: visit?.clinician_name || t('visit.the-clinician'));
}

/** @param {State} state @returns {string} what is in place of the picture */
function instead({ peer, phase }) {
	if (phase === 'lost')
		return t('call.reconnecting');
	if (!peer || peer.camera && peer.media && !peer.paused)
		return '';
	if (peer.media)
		return peer.camera && peer.paused ? t('call.camera-is-paused')
			: t('call.camera-is-off');
	return peer.met ? t('call.reconnecting') : t('call.connecting');
}

/**
 * A picture, or initials in its place, and a name.
 * @param {Face} side
 * @param {HTMLVideoElement} picture
 * @param {(face: Face) => void} enlarge
 */
function tile(side, picture, enlarge) {
	const letters = h('span', { class: 'avatar', 'aria-hidden': 'true' });
	const words = h('span', { class: 'tile-words' });
	const name = h('span', { class: 'tile-name-text' });
	const muted = h('span', { class: 'muted', id: `${side}-muted` },
		icon('microphone-off'), h('span', {}, t('call.microphone-is-off')));
	const swapper = h('button', { type: 'button', class: 'tile-swap',
		id: `enlarge-${side}`, click: () => enlarge(side) });
	const node = h('div', { class: `tile ${side}`, id: `${side}-tile` }, picture,
		h('div', { class: 'tile-instead' }, letters, words),
		h('div', { class: 'tile-name' }, name, muted), swapper);
	return { node, picture,
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
			const says = t('stage.enlarge', { name: who.name });
			setAttribute(swapper, 'aria-label', says);
			setAttribute(swapper, 'title', says);
		},
		/** @param {'big' | 'small' | 'off'} size */
		place: (size) => {
			node.classList.toggle('big', size === 'big');
			node.classList.toggle('small', size === 'small');
			show(node, size !== 'off');
			show(swapper, size === 'small');
		} };
}

/** @typedef {ReturnType<typeof tile>} Tile */

/**
 * The menu of what can be done with the pictures, and its keys.
 * @param {Record<string, () => void>} deeds
 */
function stageMenu(deeds) {
	/**
	 * @param {string} id
	 * @param {string} sign
	 * @param {string} key
	 */
	const item = (id, sign, key) => {
		const words = h('span');
		const drawn = icon(sign);
		const node = h('button', { type: 'button', class: 'plain wide',
			id: `stage-${id}`, 'aria-keyshortcuts': key || null,
			click: () => {
				deeds[id]();
				pop.set(false);
				// Unless it was a key that did it.
				if (node.contains(document.activeElement))
					opener.focus();
			} }, drawn, words,
		key && h('kbd', { 'aria-hidden': 'true' }, key));
		return { node, id, key,
			/** @param {boolean} there @param {string} says @param {string} [as] */
			update: (there, says, as) => {
				show(node, there);
				setText(words, says);
				setIcon(drawn, as ?? sign);
			} };
	};
	const items = { swap: item('swap', 'swap', 'w'), pin: item('pin', 'pin', 'p'),
		full: item('full', 'full', 'f'), float: item('float', 'float', 'i'),
		self: item('self', 'self', 'h'), keys: item('keys', 'keys', '') };
	const opener = h('button', { type: 'button', class: 'top-button',
		id: 'open-stage', 'aria-label': t('stage.menu'),
		title: t('stage.menu') }, icon('stage'));
	const panel = h('div', { class: 'pop-panel', id: 'stage-menu', role: 'group',
		'aria-label': t('stage.menu') },
	...Object.values(items).map((each) => each.node));
	const pop = menu(opener, panel);
	return { ...pop, items,
		/** @param {string} key @returns {boolean} was it one of these */
		press: (key) => {
			const found = Object.values(items).find((each) =>
				each.key && each.key === key && !each.node.hidden);
			found?.node.click();
			return Boolean(found);
		} };
}

/**
 * @param {Record<Face, Tile>} tiles
 * @param {() => void} changed the wish, or what the browser shows how
 */
function arranger(tiles, changed) {
	let wish = { ...noWish(), self: kept(SELF_KEY) };
	let keys = kept(KEYS_KEY);
	let there = { peer: false, screen: false };
	/** @param {Wish} next */
	const wants = (next) => {
		wish = next;
		changed();
	};
	const big = () => arrange(wish, there).big;
	const bigPicture = () => tiles[big() ?? 'mine'].picture;
	return {
		deeds: {
			swap: () => wants(swap(wish, there)),
			pin: () => wants(pin(wish, there)),
			full: () => void fillScreen(bigPicture()).then(changed),
			float: () => void floating(tiles[big() === 'shared' ? 'shared'
				: 'theirs'].picture).then(changed),
			self: () => {
				wants(toggleSelf(wish));
				keep(SELF_KEY, wish.self);
			},
			keys: () => {
				keys = !keys;
				keep(KEYS_KEY, keys);
				changed();
			},
		},
		/** Do single keys do anything (WCAG 2.2, 2.1.4)? */
		get keys() {
			return keys;
		},
		/** @param {Face} face */
		enlarge: (face) => wants(swap(wish, there, face)),
		get wish() {
			return wish;
		},
		get there() {
			return there;
		},
		/** @param {import('../arrange.js').There} now */
		arrange: (now) => {
			wish = follow(wish, there, now);
			there = now;
			return arrange(wish, there);
		},
	};
}

/**
 * @param {ReturnType<typeof stageMenu>} choices
 * @param {ReturnType<typeof arranger>} arranged
 * @param {boolean} seen is there a picture of theirs
 */
function updateMenu({ items }, { wish, there, keys }, seen) {
	const several = there.peer && (wish.self || there.screen);
	items.swap.update(several, t('stage.swap'));
	items.pin.update(several && (there.screen || wish.pinned),
		wish.pinned ? t('stage.unpin') : t('stage.pin'));
	items.full.update(canFill(), isFull() ? t('stage.full-off')
		: t('stage.full-on'), isFull() ? 'full-off' : 'full');
	items.float.update(canFloat() && (seen || there.screen),
		document.pictureInPictureElement ? t('stage.float-off')
			: t('stage.float-on'));
	items.keys.update(true, keys ? t('stage.keys-off') : t('stage.keys-on'));
	items.self.update(true, wish.self ? t('stage.self-off')
		: t('stage.self-on'));
}

/** Nobody else is here yet, or any more. */
function waitingWords() {
	const title = h('h2');
	const words = h('p');
	const node = h('div', { class: 'waiting', id: 'waiting' },
		h('span', { class: 'pulse' }), title, words);
	return { node,
		/** @param {State} state */
		update: (state) => {
			const name = otherName(state);
			setText(title, t('call.waiting-for', { name }));
			setText(words, state.met ? t('call.may-return', { name })
				: t('call.will-appear'));
		} };
}

/** @param {State} state @returns {boolean} is there a picture of theirs */
const seesThem = ({ peer }) =>
	Boolean(peer?.media && peer.camera && !peer.paused);

/** @param {Record<Face, Tile>} tiles @param {State} state */
function updateTiles(tiles, state) {
	const { peer, me } = state;
	tiles.theirs.update({ name: otherName(state),
		camera: state.phase !== 'lost' && seesThem(state),
		microphone: !peer || !peer.media || peer.microphone,
		words: instead(state) });
	tiles.mine.update({ name: t('visit.you'), camera: me.camera,
		initialsOf: state.session?.user?.name, microphone: me.microphone,
		words: '' });
	tiles.shared.update({ name: t('stage.screen-of', { name: otherName(state) }),
		camera: true, microphone: true, words: '' });
}

/** @param {Actions} actions */
export function stage(actions) {
	const theirs = video('their-camera', t('visit.other-person'));
	const screen = video('their-screen', t('call.shared-screen'));
	const mine = video('my-camera', t('visit.you'), true);
	const voice = sound((blocked) => actions.soundBlocked(blocked));
	/** @type {State | null} */
	let last = null;
	const redo = () => last && update(last);
	const enlarge = (/** @type {Face} */ face) => arranged.enlarge(face);
	const tiles = { theirs: tile('theirs', theirs.node, enlarge),
		mine: tile('mine', mine.node, enlarge),
		shared: tile('shared', screen.node, enlarge) };
	const arranged = arranger(tiles, redo);
	const choices = stageMenu(arranged.deeds);
	const waiting = waitingWords();
	const node = h('main', { class: 'stage', id: 'stage' },
		tiles.shared.node, tiles.theirs.node, waiting.node, tiles.mine.node);

	/** @param {State} state */
	function update(state) {
		last = state;
		const { peer } = state;
		const seen = Boolean(peer?.media && peer.camera);
		const { big, small } = arranged.arrange({ peer: Boolean(peer),
			screen: Boolean(peer?.screen && peer.media) });
		setAttribute(node, 'data-layout', small.length > 1 ? 'screen' : 'faces');
		setAttribute(node, 'data-pinned', String(arranged.wish.pinned));
		for (const face of /** @type {Face[]} */ (Object.keys(tiles)))
			tiles[face].place(face === big ? 'big'
				: small.includes(face) ? 'small' : 'off');
		show(waiting.node, !peer);
		waiting.update(state);
		updateTiles(tiles, state);
		updateMenu(choices, arranged, seen);
	}
	const modes = ['fullscreenchange', 'enterpictureinpicture',
		'leavepictureinpicture'];
	for (const mode of modes)
		document.addEventListener(mode, redo, true);
	return { node, update, theirs, screen, mine, voice, menu: choices.node,
		/** @param {string} key */
		press: (key) => choices.press(key),
		/** @returns {boolean} do single keys do anything */
		keys: () => arranged.keys,
		close: () => {
			for (const mode of modes)
				document.removeEventListener(mode, redo, true);
			choices.close();
		} };
}
