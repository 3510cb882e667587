// SPDX-License-Identifier: GPL-3.0-or-later
// The check on the page: a row each for microphone, camera, loudspeaker and
// line, with how it is, what helps, and the choice of devices. In the lobby,
// and without the line in a dialog during the visit.

import { deviceTold, lineTold, speakerTold } from '../checkwords.js';
import { t } from '../lang.js';
import { MELODY_MS, melody, playOn } from '../speaker.js';
import { figureList } from './checkresult.js';
import { deviceMenu, levelBar } from './devicemenus.js';
import { fill, h, icon, setAttribute, setIcon, setText, show } from './dom.js';

/**
 * @typedef {import('../state.js').State} State
 * @typedef {import('../actions.js').Actions} Actions
 * @typedef {import('../checkwords.js').Told} Told
 * @typedef {'microphone' | 'camera' | 'speaker' | 'line'} Thing
 *
 * @typedef {object} Work what can be done in a row
 * @property {HTMLElement[]} nodes
 * @property {(state: State) => void} update
 * @property {(track: MediaStreamTrack | null) => void} [watch]
 * @property {() => void} [close]
 */

/** The icon of a row, and what is beside it when all is well, or not. */
const SIGNS = { microphone: 'microphone', camera: 'camera', speaker: 'volume',
	line: 'signal' };
/** @type {Record<string, string>} */
const BADGES = { ok: 'check', bad: 'warning', soso: 'warning' };
/** @type {Record<Thing, string>} */
const NAMES = { microphone: 'check.microphone', camera: 'check.camera',
	speaker: 'check.speaker', line: 'check.line' };

/**
 * A row: what it is, how it is, what helps, and what can be done.
 * @param {Thing} thing
 * @param {string} prefix of the ids
 * @param {Work} work
 */
function row(thing, prefix, work) {
	const badge = icon('check');
	const corner = h('span', { class: 'check-badge' }, badge);
	const said = h('p', { class: 'check-said', role: 'status',
		id: `${prefix}-${thing}-said` });
	const help = h('ul', { class: 'check-help',
		'aria-label': t('check.how') });
	const node = h('li', { class: 'check-row',
		id: `${prefix}-check-${thing}` },
	h('span', { class: 'check-sign' }, icon(SIGNS[thing]), corner),
	h('div', {}, h('strong', { class: 'check-name' }, t(NAMES[thing])), said),
	h('div', { class: 'check-work' }, help, ...work.nodes));
	let helped = '';

	/** @param {State} state @param {Told} told */
	function update(state, told) {
		setAttribute(node, 'data-mood', told.mood);
		setText(said, told.words);
		setIcon(badge, BADGES[told.mood] ?? 'check');
		show(corner, told.mood in BADGES);
		if (helped !== told.help.join('\n'))
			fill(help, ...told.help.map((step) => h('li', {}, step)));
		helped = told.help.join('\n');
		show(help, told.help.length);
		work.update(state);
	}
	return { node, update };
}

/**
 * @param {import('../devices.js').Kind} kind
 * @param {string} prefix
 * @param {Actions} actions
 * @returns {Work}
 */
function deviceWork(kind, prefix, actions) {
	const menu = deviceMenu(kind, prefix, actions);
	const level = kind === 'microphone' ? levelBar() : null;
	const again = h('button', { type: 'button', id: `${prefix}-again-${kind}`,
		click: () => actions.askDevices() }, t('check.try-again'));
	return {
		nodes: [...(level ? [level.node] : []), menu.node, again],
		update: (state) => {
			menu.update(state);
			if (level)
				show(level.node, state.me.microphone);
			show(again, state.problems[kind]);
		},
		watch: level?.watch,
		close: () => level?.watch(null),
	};
}

/**
 * @param {string} prefix
 * @param {Actions} actions
 * @returns {Work}
 */
function speakerWork(prefix, actions) {
	const menu = deviceMenu('speaker', prefix, actions);
	const sound = h('audio', { autoplay: true });
	/** @type {(() => void) | null} */
	let stop = null;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	let timer;

	function quiet() {
		clearTimeout(timer);
		stop?.();
		stop = null;
		sound.srcObject = null;
	}
	function play() {
		quiet();
		const tune = melody();
		stop = tune.stop;
		sound.srcObject = tune.stream;
		void playOn(sound).then(() => sound.play()).catch(() => {});
		actions.heard('playing');
		timer = setTimeout(() => {
			quiet();
			actions.heard('asked');
		}, MELODY_MS);
	}
	const words = h('span');
	const start = h('button', { type: 'button', id: `${prefix}-play`,
		click: play }, icon('volume'), words);
	const yes = h('button', { type: 'button', id: `${prefix}-heard`,
		click: () => actions.heard('ok') }, t('check.heard'));
	const no = h('button', { type: 'button', id: `${prefix}-not-heard`,
		click: () => actions.heard('no') }, t('check.not-heard'));
	return {
		nodes: [menu.node, h('div', { class: 'check-buttons' }, yes, no, start),
			sound],
		update: (state) => {
			const { speaker } = state.check;
			menu.update(state);
			show(yes, speaker === 'asked');
			show(no, speaker === 'asked');
			start.disabled = speaker === 'playing';
			setText(words, speaker ? t('check.play-again') : t('check.play'));
		},
		close: quiet,
	};
}

/**
 * @param {string} prefix
 * @param {Actions} actions
 * @returns {Work}
 */
function lineWork(prefix, actions) {
	const words = h('span');
	const test = h('button', { type: 'button', id: `${prefix}-test-line`,
		click: () => actions.testLine() }, words);
	const more = h('details', {}, h('summary', {}, t('check.details')));
	/** @type {any} */
	let shown = null;
	return {
		nodes: [more, h('div', { class: 'check-buttons' }, test)],
		update: (state) => {
			const { testing, line } = state.check;
			if (line && line !== shown)
				more.replaceChildren(/** @type {Node} */ (more.firstChild),
					figureList(line));
			shown = line;
			show(more, line?.path && testing !== 'running');
			show(test, testing !== 'running');
			test.disabled = state.phase === 'joining';
			setText(words, line ? t('check.line-again') : t('check.line-test'));
		},
	};
}

/**
 * @param {string} prefix of the ids, as both places may exist at once
 * @param {Actions} actions
 * @param {Thing[]} things
 */
export function checkRows(prefix, actions, things) {
	/** @type {Record<Thing, () => Work>} */
	const makers = {
		microphone: () => deviceWork('microphone', prefix, actions),
		camera: () => deviceWork('camera', prefix, actions),
		speaker: () => speakerWork(prefix, actions),
		line: () => lineWork(prefix, actions),
	};
	/** @type {Record<Thing, (state: State) => Told>} */
	const tellers = {
		microphone: (state) => deviceTold(state, 'microphone'),
		camera: (state) => deviceTold(state, 'camera'),
		speaker: speakerTold, line: lineTold,
	};
	const works = things.map((thing) => makers[thing]());
	const rows = things.map((thing, i) => row(thing, prefix, works[i]));
	const node = h('ul', { class: 'check-rows' },
		...rows.map((each) => each.node));
	return { node,
		/** @param {State} state */
		update: (state) => rows.forEach((each, i) =>
			each.update(state, tellers[things[i]](state))),
		/** @param {MediaStreamTrack | null} track the microphone's */
		watch: (track) => works.forEach((work) => work.watch?.(track)),
		close: () => works.forEach((work) => work.close?.()) };
}

/** @param {Actions} actions the whole of it, for the lobby */
export function checkIn(actions) {
	const rows = checkRows('lobby', actions,
		['microphone', 'camera', 'speaker', 'line']);
	const node = h('section', { class: 'checkin',
		'aria-labelledby': 'checkin-title' },
	h('div', { class: 'checkin-head' },
		h('h2', { id: 'checkin-title' }, t('check.title')),
		h('p', { class: 'hint' }, t('check.hint'))), rows.node);
	return { ...rows, node };
}

/**
 * The devices in a dialog, during the visit.
 * @param {Actions} actions
 */
export function devicesDialog(actions) {
	const rows = checkRows('call', actions,
		['microphone', 'camera', 'speaker']);
	const node = h('dialog', { class: 'card dialog', id: 'devices-dialog',
		'aria-label': t('check.open-devices') }, h('div', { class: 'stack' },
		h('h2', {}, t('check.open-devices')), rows.node,
		h('button', { type: 'button', class: 'primary',
			click: () => node.close() }, t('check.done'))));
	/** @type {MediaStreamTrack | null} */
	let microphone = null;
	node.addEventListener('close', () => {
		rows.watch(null);
		rows.close();
	});
	return {
		node,
		update: rows.update,
		open: () => {
			node.showModal();
			rows.watch(microphone);
		},
		/** @param {MediaStreamTrack | null} track */
		use: (track) => {
			microphone = track;
			rows.watch(node.open ? track : null);
		},
	};
}
