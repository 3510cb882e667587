// SPDX-License-Identifier: GPL-3.0-or-later
// What one can do with a recording that plays: the buttons under its pictures.

import { t } from '../../lang.js';
import * as time from '../../time.js';
import { keys as keysOf, nameOf, rateWords } from '../../review/playerwords.js';
import { RATES } from '../../review/timeline.js';
import { h, icon, setAttribute, setText } from '../dom.js';

/**
 * @typedef {import('../../review/api.js').Play} Play
 * @typedef {import('../../review/playerengine.js').Engine} Engine
 * @typedef {import('../../review/playerkeys.js').Wish} Wish
 */

/** @param {SVGElement} svg @param {string} name of img/player.svg */
function setShape(svg, name) {
	const href = `/img/player.svg#${name}`;
	if (svg.firstElementChild?.getAttribute('href') !== href)
		svg.firstElementChild?.setAttribute('href', href);
}

/** @param {string} name */
function shape(name) {
	const svg = icon(name);
	setShape(svg, name);
	return svg;
}

/**
 * @param {string} name of the shape
 * @param {string} words
 * @param {Record<string, any>} properties
 */
const round = (name, words, properties) => h('button', { type: 'button',
	'aria-label': words, title: words, ...properties }, shape(name));

/** The keys, for who asks. */
function keysDialog() {
	const title = h('h2', { tabindex: -1 }, t('player.keys'));
	const node = h('dialog', { class: 'card dialog player-keys',
		'aria-label': t('player.keys-of') });
	node.append(title, h('dl', {}, ...keysOf().flatMap(([key, does]) =>
		[h('dt', { dir: 'auto' }, key), h('dd', {}, does)])),
	h('p', { class: 'hint' }, t('player.keys-touch')),
	h('button', { type: 'button', class: 'wide', click: () => node.close() },
		t('page.close')));
	return { node, open: () => {
		node.showModal();
		title.focus();
	} };
}

/**
 * Turns the sound of one side off and on.
 * @param {string} role
 * @param {string} name
 * @param {(role: string) => void} press
 */
function soundButton(role, name, press) {
	const sign = shape('sound');
	const node = h('button', { type: 'button', class: 'player-sound',
		id: `player-sound-${role}`, click: () => press(role) }, sign,
	h('span', {}, name));

	/** @param {Engine} engine */
	function update({ silent }) {
		const off = silent.has(role);
		setShape(sign, off ? 'silent' : 'sound');
		setAttribute(node, 'aria-pressed', String(!off));
		setAttribute(node, 'aria-label', t('player.sound-of', { name }));
		setAttribute(node, 'title', off ? t('player.hear', { name })
			: t('player.not-hear', { name }));
	}
	return { node, update };
}

/**
 * @param {Play} play
 * @param {object} wishes
 * @param {(wish: Wish) => void} wishes.wish
 * @param {(rate: number) => void} wishes.rate
 * @param {(role: string) => void} wishes.sound
 * @param {HTMLElement} wishes.captions where their language is chosen
 */
export function controls(play, { wish, rate, sound, captions }) {
	const sign = shape('play');
	const toggle = h('button', { type: 'button', id: 'player-toggle',
		class: 'primary round', click: () => wish({ do: 'toggle' }) }, sign);
	const clock = h('span', { class: 'player-clock', id: 'player-clock' });
	const all = h('span', { class: 'player-all' });
	const speed = h('select', { id: 'player-rate', 'aria-label': t('player.speed'),
		change: () => rate(Number(speed.value)) }, ...RATES.map((each) =>
		h('option', { value: each, selected: each === 1 }, rateWords(each))));
	const sounds = ['clinician', 'patient'].map((role) =>
		soundButton(role, nameOf(play, role), sound));
	const keys = keysDialog();
	const node = h('div', { class: 'player-controls', role: 'group',
		'aria-label': t('player.controls') },
	h('span', { class: 'player-times' }, clock, all),
	h('span', { class: 'player-moves' },
		round('earlier', t('player.ten-back'), { class: 'plain round',
			click: () => wish({ do: 'by', ms: -10000 }) }), toggle,
		round('later', t('player.ten-forward'), { class: 'plain round',
			click: () => wish({ do: 'by', ms: 10000 }) })),
	h('span', { class: 'player-more' }, captions, speed,
		...sounds.map((each) => each.node),
		round('keys', t('player.keys'), { class: 'plain round player-keys-button',
			'aria-haspopup': 'dialog', click: keys.open })), keys.node);

	/** @param {Engine} engine @param {number} at the world's clock */
	function update(engine, at) {
		const goes = engine.wants || engine.state === 'playing';
		setShape(sign, goes ? 'pause' : 'play');
		const words = goes ? t('player.pause') : t('rec.play');
		setAttribute(toggle, 'aria-label', words);
		setAttribute(toggle, 'title', words);
		setText(clock, time.length(engine.at(at)));
		setText(all, time.length(engine.duration));
		if (speed.value !== String(engine.rate))
			speed.value = String(engine.rate);
		for (const each of sounds)
			each.update(engine);
	}
	return { node, toggle, update };
}
