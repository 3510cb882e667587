// SPDX-License-Identifier: GPL-3.0-or-later
// The player of one recording: what people do with it reaches the engine, what
// the engine does reaches the page, and the portal hears what was watched.
//
// Ids that tests and support may rely on: `player-toggle`, `player-slider`,
// `player-rate`, `player-sound-<role>`, `player-clock`, `player-chat`,
// `player-events`, `player-condition`, `player-sign`, `player-gone`,
// `player-captions`, `player-language`, `player-heard`;
// `.player[data-state]` is the engine's.

import { t } from '../../lang.js';
import { Engine, TICK_MS } from '../../review/playerengine.js';
import { fetchChat } from '../../review/playerchat.js';
import { wishOf } from '../../review/playerkeys.js';
import { choose } from '../../review/playerlayout.js';
import { marksOf } from '../../review/playermarks.js';
import { conditionWords, goneWords, rateWords, spoken } from '../../review/playerwords.js';
import { otherRate } from '../../review/timeline.js';
import { Watched } from '../../review/watched.js';
import { fill, h, setAttribute, setText, show } from '../dom.js';
import { bar } from './playerbar.js';
import { captions } from './playercaptions.js';
import { controls } from './playercontrols.js';
import { canFeed, feed } from './playerfeed.js';
import { side } from './playerside.js';
import { stage } from './playerstage.js';

/**
 * @typedef {import('../../review/api.js').Play} Play
 * @typedef {import('../../review/playerkeys.js').Wish} Wish
 *
 * What the player asks of the portal. Each throws an ApiError of api.js; 401
 * and 404 end the player, whose pictures are gone at once.
 * @typedef {object} PlayerApi
 * @property {(play: string) => Promise<Play>} play GET /api/plays/<play>
 * @property {(play: string, ranges: [number, number][], last: boolean)
 *   => Promise<any>} watched POST /api/plays/<play>/watched; last: the page is
 *   going away, send it with `keepalive`
 * @property {(recording: string)
 *   => Promise<import('../../review/outline.js').Outline>} outline GET
 *   /api/recordings/<id>/outline; the player does without it
 * @property {() => void} gone it may not be watched any more: nothing of whom it
 *   shows may stay on the page
 */

const LOOK_MS = 15000;
const LOOK_RUNNING_MS = 5000;
const REPORT_MS = 15000;
/** A shorter wait is not worth a word. */
const WAIT_SAID_MS = 500;
const SAID_MS = 1200;
const GONE = [401, 403, 404];

/** @param {Element | null} node @returns {Parameters<typeof wishOf>[1]} */
function focusKind(node) {
	if (node?.closest('.player-marks, [role="tab"]'))
		return 'marks';
	if (node?.closest('[role="slider"]'))
		return 'bar';
	if (node?.closest('button, a, summary'))
		return 'button';
	if (node?.closest('select'))
		return 'list';
	if (node?.closest('input, textarea'))
		return 'text';
	return node?.closest('.player-panel') ? 'scroll' : 'none';
}

/** Words over the pictures, gone after a moment. */
function sayings() {
	const node = h('p', { class: 'player-sign', id: 'player-sign',
		role: 'status' });
	let until = 0;
	let lasting = '';
	let said = '';
	return { node,
		/** @param {string} words */
		say: (words) => {
			said = words;
			until = performance.now() + SAID_MS;
		},
		/** @param {string} words as long as they are true */
		last: (words) => {
			lasting = words;
		},
		update: (/** @type {number} */ now) => {
			const words = now < until ? said : lasting;
			setText(node, words);
			node.classList.toggle('says-nothing', !words);
		} };
}

/** @param {ReturnType<typeof goneWords>} words */
const gonePanel = ({ title, text, signIn }) => h('div', {
	class: 'player-gone card', id: 'player-gone', role: 'alert' },
h('h2', { tabindex: -1 }, title), h('p', {}, text),
signIn && h('button', { type: 'button', class: 'primary', id: 'player-sign-in',
	click: () => location.reload() }, t('player.sign-in')),
!signIn && h('button', { type: 'button', id: 'player-back',
	click: () => location.assign('/review') }, t('player.to-recordings')));

class Player {
	#root;
	#play;
	#api;
	#engine;
	#watched = new Watched();
	#signs = sayings();
	/** @type {string | null} */
	#chosen = null;
	/** @type {import('../../review/playermarks.js').Said[]} */
	#lines = [];
	#listed = '';
	#resume = false;
	#sentAt = 0;
	#lookedAt = 0;
	#looking = false;
	#closed = false;
	/** What hands media over piece by piece. @type {Map<Element, { close: () => void }>} */
	#feeds = new Map();
	/** What is opened as long as it is, again and again. @type {Set<string>} */
	#whole = new Set();
	#condition = h('p', { class: 'alert quiet player-condition',
		id: 'player-condition', hidden: true });
	#captions = captions((error) => this.#failed(error),
		(words) => this.#signs.say(words));
	#node;
	/** @type {ReturnType<typeof setInterval> | undefined} */
	#timer;

	/** @param {HTMLElement} root @param {Play} play @param {PlayerApi} api */
	constructor(root, play, api) {
		this.#root = root;
		this.#play = play;
		this.#api = api;
		this.#engine = new Engine(play, {
			make: (lane, segment) => this.#make(lane, segment),
			drop: (medium) => this.#drop(/** @type {any} */ (medium)),
			plays: (ms) => this.#watched.plays(ms),
			stands: () => this.#stood(),
		});
		const wish = (/** @type {Wish} */ each) => this.#wish(each);
		const jump = (/** @type {number} */ ms) => this.#seek(ms);
		this.stage = stage(play, { wish, choose: (lane) => {
			this.#chosen = choose(this.#chosen, lane, this.#play.lanes,
				this.#engine.at(performance.now()));
			this.#render();
		} });
		this.side = side(play, jump);
		this.bar = bar({ jump, seek: (ms, held) => this.#drag(ms, held) });
		this.controls = controls(play, { wish, rate: (rate) => this.#rate(rate),
			sound: (role) => this.#sound([role]),
			captions: this.#captions.choice });
		this.#node = this.#build();
		this.#listen();
		this.#list();
		void this.#readChat();
		void this.#readOutline();
		this.#tick();
	}

	#build() {
		const node = h('section', { class: 'player', 'aria-label': t('player.player') },
			this.#condition,
			h('div', { class: 'player-main' },
				h('div', { class: 'player-view' }, this.stage.node,
					this.#signs.node, this.#captions.node),
				this.side.node),
			h('div', { class: 'player-foot' }, this.bar.node,
				this.controls.node));
		fill(this.#root, node);
		return node;
	}

	#listen() {
		this.#timer = setInterval(() => this.#tick(), TICK_MS);
		this.#sentAt = this.#lookedAt = performance.now();
		document.addEventListener('keydown', this.#key);
		document.addEventListener('visibilitychange', this.#hides);
		addEventListener('pagehide', this.#goes);
	}

	/**
	 * Everything stops; what was watched is sent.
	 * @returns {Promise<void>} it has been
	 */
	async close() {
		if (this.#closed)
			return;
		const sent = this.#report(true);
		this.#closed = true;
		clearInterval(this.#timer);
		document.removeEventListener('keydown', this.#key);
		document.removeEventListener('visibilitychange', this.#hides);
		removeEventListener('pagehide', this.#goes);
		this.#engine.close();
		this.bar.close();
		this.#root.replaceChildren();
		await sent;
	}

	/** @param {string} code */
	#end(code) {
		if (this.#closed)
			return;
		void this.close();
		this.#api.gone();
		const panel = gonePanel(goneWords(code));
		fill(this.#root, panel);
		panel.querySelector('h2')?.focus();
	}

	// Media.

	/** @type {import('../../review/playerengine.js').World['make']} */
	#make(lane, segment) {
		const medium = h('video', { preload: 'auto', playsinline: true,
			disablepictureinpicture: true, disableremoteplayback: true,
			'aria-hidden': 'true', tabindex: -1, hidden: true });
		medium.preservesPitch = true;
		const { src } = segment;
		const failed = (/** @type {boolean} */ hole) => {
			// Taken away by us.
			if (!medium.isConnected)
				return;
			if (hole) {
				this.#whole.add(src);
				this.#engine.reopen(src);
			} else {
				this.#engine.fail(src);
				void this.#look();
			}
		};
		medium.addEventListener('error', () => failed(false));
		this.stage.place(lane.lane)?.append(medium);
		if (!segment.finished && segment.container === 'webm' && canFeed()
			&& !this.#whole.has(src))
			this.#feeds.set(medium, feed(medium,
				() => this.#segment(src) ?? segment, failed));
		else
			medium.src = src;
		return medium;
	}

	/** As it is known by now. @param {string} src */
	#segment(src) {
		return this.#play.lanes.flatMap(({ segments }) => segments)
			.find((segment) => segment.src === src);
	}

	/** @param {HTMLVideoElement} medium */
	#drop(medium) {
		this.#feeds.get(medium)?.close();
		this.#feeds.delete(medium);
		medium.pause();
		medium.remove();
		medium.removeAttribute('src');
		medium.load();
	}

	// What people do.

	/** @param {Wish} wish */
	#wish(wish) {
		const now = performance.now();
		const at = this.#engine.at(now);
		if (wish.do === 'toggle') {
			this.#engine.want(!this.#engine.wants, now);
			if (this.#engine.wants)
				this.#inView();
		} else if (wish.do === 'mute')
			this.#sound(['clinician', 'patient']);
		else if (wish.do === 'captions')
			this.#captions.toggle();
		else if (wish.do === 'rate')
			this.#rate(otherRate(this.#engine.rate, wish.steps));
		else if (wish.do === 'part')
			this.#seek(wish.of * this.#engine.duration);
		else {
			const time = spoken(Math.abs(wish.ms));
			this.#signs.say(wish.ms < 0 ? t('player.back', { time })
				: t('player.forward', { time }));
			this.#seek(at + wish.ms);
		}
		this.#tick();
	}

	/** On a phone the pictures may be partly behind the controls. */
	#inView() {
		const view = this.stage.node.getBoundingClientRect();
		const foot = this.bar.node.getBoundingClientRect();
		if (view.bottom > foot.top)
			this.stage.node.scrollIntoView({ block: 'start' });
	}

	/** @param {number} ms */
	#seek(ms) {
		this.#engine.seek(ms, performance.now());
		this.#tick();
	}

	/** The bar is held: nothing is heard until it is let go. */
	#drag(/** @type {number} */ ms, /** @type {boolean} */ held) {
		const now = performance.now();
		if (held && this.#engine.wants) {
			this.#resume = true;
			this.#engine.want(false, now);
		}
		this.#seek(ms);
		if (!held && this.#resume) {
			this.#resume = false;
			this.#engine.want(true, performance.now());
		}
	}

	/** @param {number} rate */
	#rate(rate) {
		this.#engine.setRate(rate, performance.now());
		this.#signs.say(rateWords(rate));
		this.#render();
	}

	/** All of them off, or all on when they are off. @param {string[]} roles */
	#sound(roles) {
		const off = roles.some((role) => !this.#engine.silent.has(role));
		for (const role of roles)
			this.#engine.mute(role, off);
		this.#signs.say(off ? t('player.sound-off') : t('player.sound-on'));
		this.#render();
	}

	/** @type {(event: KeyboardEvent) => void} */
	#key = (event) => {
		const on = /** @type {Element | null} */ (event.target);
		const kind = focusKind(on);
		if (event.defaultPrevented || on?.closest('dialog[open]')
			|| !this.#root.contains(on) && kind !== 'none')
			return;
		const wish = wishOf(event, kind);
		if (!wish)
			return;
		event.preventDefault();
		this.#wish(wish);
	};

	// What the page shows.

	#tick() {
		if (this.#closed)
			return;
		const now = performance.now();
		this.#engine.tick(now);
		this.#render();
		if (now - this.#sentAt >= REPORT_MS) {
			this.#sentAt = now;
			void this.#report(false);
		}
		if (now - this.#lookedAt >= (this.#play.running ? LOOK_RUNNING_MS
			: LOOK_MS))
			void this.#look();
	}

	#render() {
		if (this.#closed)
			return;
		const now = performance.now();
		const engine = this.#engine;
		const ms = engine.at(now);
		setAttribute(this.#node, 'data-state', engine.state);
		this.stage.update(engine, now, this.#chosen);
		this.bar.update(ms, engine.duration);
		this.side.update(ms);
		this.#captions.update(ms);
		this.controls.update(engine, now);
		const waits = engine.state === 'waiting'
			&& now - engine.waitsSince > WAIT_SAID_MS;
		this.#signs.last(engine.blocked ? t('player.press-play')
			: !waits ? '' : engine.isEarly ? t('player.next')
				: t('page.loading'));
		this.#signs.update(now);
	}

	/** Marks, lines and the condition, when they are others than before. */
	#list() {
		const play = this.#play;
		this.#captions.set(play);
		const marks = marksOf(play, this.#lines);
		const condition = conditionWords(play);
		setText(this.#condition, condition?.words ?? '');
		show(this.#condition, condition);
		const key = JSON.stringify([marks, play.duration_ms]);
		if (key === this.#listed)
			return;
		this.#listed = key;
		this.bar.set(play, marks);
		this.side.set(this.#lines, marks.filter(({ kind }) => kind !== 'chat'));
	}

	// The portal.

	async #readChat() {
		try {
			const lines = await fetchChat(this.#play.chat);
			if (this.#closed)
				return;
			this.#lines = lines;
			this.#list();
		} catch (error) {
			this.#failed(error);
		}
	}

	/** Without one the bar is as it was. */
	async #readOutline() {
		const { recording } = this.#play;
		if (!recording.preview)
			return;
		const outline = await this.#api.outline(recording.id).catch(() => null);
		if (outline && !this.#closed)
			this.bar.sound(outline, this.#play);
	}

	/** Is it still ours to watch, and has more come? */
	async #look() {
		if (this.#looking || this.#closed)
			return;
		this.#looking = true;
		try {
			const play = await this.#api.play(this.#play.id);
			const ran = this.#play.running;
			if (!this.#closed && (play.running || ran)) {
				this.#play = play;
				this.#engine.extend(play);
				this.stage.extend(play);
				this.#list();
				await this.#readChat();
			}
		} catch (error) {
			this.#failed(error);
		} finally {
			this.#looking = false;
			this.#lookedAt = performance.now();
		}
	}

	/** @param {any} error */
	#failed(error) {
		if (GONE.includes(error?.status))
			this.#end(error.code);
	}

	#stood() {
		this.#watched.stands();
		if (!this.#engine.wants)
			void this.#report(false);
	}

	/** @param {boolean} last the page goes away */
	async #report(last) {
		while (this.#watched.any && !this.#closed) {
			const ranges = this.#watched.take();
			try {
				await this.#api.watched(this.#play.id, ranges, last);
			} catch (/** @type {any} */ error) {
				// What the portal says is no range would be none again.
				if (error?.code !== 'bad-request')
					this.#watched.giveBack(ranges);
				this.#failed(error);
				return;
			}
		}
	}

	#goes = () => void this.#report(true);

	#hides = () => {
		if (document.visibilityState === 'hidden')
			void this.#report(true);
	};
}

/**
 * Shows a recording, from its beginning, standing.
 * @param {HTMLElement} root what is in it is replaced
 * @param {Play} play the answer of POST /api/recordings/<id>/play
 * @param {PlayerApi} api
 * @returns {{ close: () => Promise<void> }} stops it and takes its pictures away
 */
export function openPlayer(root, play, api) {
	const player = new Player(root, play, api);
	player.controls.toggle.focus({ preventScroll: true });
	return player;
}
