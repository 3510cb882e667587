// SPDX-License-Identifier: GPL-3.0-or-later
// One visit from the lobby to its end: what the person wants becomes work for
// the devices and the seat, what these tell becomes events for the state.

import * as api from './api.js';
import { onSeen, stayAwake } from './awake.js';
import { cut, frame, parse } from './chatwire.js';
import { forget, missed, recall, remember } from './comeback.js';
import { foundIn, troublesOf } from './checked.js';
import { CheckIn } from './checkin.js';
import { Consenting } from './consenting.js';
import { canShareScreen, listDevices } from './devices.js';
import { Doorkeeper } from './doorkeeper.js';
import { PASSING, RETRIED, codeOf, within } from './failures.js';
import { LineWatch } from './line.js';
import { Local } from './local.js';
import { Pulse } from './pulse.js';
import { Recovery } from './recovery.js';
import { Seat } from './seat.js';
import { digest } from './stats.js';
import { mark } from './timings.js';
import { VoiceFirst } from './voicefirst.js';

/**
 * @typedef {import('./media.js').Slot} Slot
 * @typedef {import('./devices.js').Kind} Kind
 * @typedef {'camera' | 'voice' | 'listen'} Mode how somebody joins
 *
 * @typedef {object} VisitCallbacks
 * @property {(event: import('./state.js').Event) => void} dispatch
 * @property {() => import('./state.js').State} state
 * @property {(side: 'mine' | 'theirs', slot: Slot,
 *   track: MediaStreamTrack | null) => void} picture
 *   what is to be shown or heard; the track is borrowed
 * @property {import('./checkin.js').CheckCallbacks['light']} [light]
 * @property {import('./checkin.js').CheckCallbacks['noise']} [noise]
 */

const SLOTS = /** @type {Slot[]} */ (['microphone', 'camera', 'screen']);

/** A connection that did not come up for so long is made anew. */
const CONNECT_MS = 12000;
/** So often, and is then given up if there was none in this visit yet. */
const VAIN_MAX = 2;
/**
 * Pauses before each try to get back into the visit; the last repeats. Who has
 * no network asks nobody: the portal is asked once the line is there.
 */
const REJOIN_MS = [0, ...Array(120).fill(800), 3000];
/** How long such a try may take, longer each time up to the last. */
const REJOIN_FOR_MS = [6000, 8000, 12000, 20000];
/** Who was told to come less often comes less often. */
const TOO_MANY_MS = 10000;
/** One of so many tries asks the portal first: Janus may have moved. */
const ASK_ANEW = 8;
/** A media server that has just started may not have the portal's keys yet. */
const STARTING = 'not-admitted';
const STARTING_MAX = 10;
/**
 * How long somebody who was lost is waited for; a little over the plugin's
 * own `rooms.linger_s`.
 */
const LINGER_MS = 65000;
/** Phases in which a page that is loaded again comes back by itself. */
const SEATED = new Set(['waiting', 'in-call', 'lost']);
/** A page that crashes has said so often how it was. */
const REMEMBER_MS = 20000;
/** Plugin events that end the visit here. */
const FINAL = new Set(['replaced', 'removed', 'expired', 'ended', 'denied']);

export class VisitControl {
	#id;
	#callbacks;
	#local;
	#checkin;
	/** What the person says about a recording. */
	consenting;
	/** What the clinician decides on those who wait. */
	doorkeeper;
	/** @type {Seat} */
	#seat;
	#closed = false;
	#upOnce = false;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#timer;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#connectTimer;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#lingerTimer;
	/** @type {ReturnType<typeof setInterval> | undefined} */
	#memoryTimer;
	#recovery;
	#pulse;
	#watch;
	#voice;
	/** Is the connection up, as far as ICE knows? */
	#up = false;
	/** Has the media ever been up in this visit? */
	#everUp = false;
	/** Tries to get back in; null: in, or not in yet. @type {number | null} */
	#tries = null;
	/** Hears no more of whether the page is looked at. */
	#unsee = () => {};
	/** @type {(() => void) | null} lets the screen go dark again */
	#sleep = null;
	/** Does the person wait for the visit to open? */
	#waiting = false;
	/** Seats in a row whose media never came up. */
	#vain = 0;

	/**
	 * @param {string} id
	 * @param {VisitCallbacks} callbacks
	 */
	constructor(id, callbacks) {
		this.#id = id;
		this.#callbacks = callbacks;
		const to = { state: callbacks.state,
			dispatch: (/** @type {any} */ event) => this.#dispatch(event),
			ask: (/** @type {any} */ body) => this.#seat.ask(body) };
		this.consenting = new Consenting(to);
		this.doorkeeper = new Doorkeeper(to);
		this.#checkin = new CheckIn({ ...callbacks,
			dispatch: (event) => this.#dispatch(event),
			troubled: () => this.#tell() });
		this.#local = new Local({
			track: (slot, track) => void this.#trackChanged(slot, track),
			problem: (slot, problem) => this.#dispatch({ type: 'captured',
				problems: { [slot]: problem } }),
			taken: (slot, taken) => this.#dispatch({ type: 'taken', slot,
				taken }),
		});
		this.#recovery = new Recovery({
			restart: () => this.#seat.restart(),
			check: () => this.#seat.check(),
			rejoin: () => this.#lose(),
		});
		this.#pulse = new Pulse({
			stats: () => this.#seat.media.stats(),
			expected: () => this.#peerSends(),
			answered: () => this.#up &&
				Object.values(this.#local.sending).some(Boolean),
			silent: (silent) => this.#peerSilent(silent),
			deaf: (deaf) => this.#deaf(deaf),
		});
		this.#voice = new VoiceFirst({
			stats: () => this.stats(),
			media: () => this.#seat.media,
			camera: () => this.#local.sending.camera,
			paused: (paused) => {
				this.#dispatch({ type: 'paused', paused });
				this.#tell();
			},
		});
		this.#watch = new LineWatch(() => this.stats(), (line, changed) => {
			this.#dispatch({ type: 'my-line', line });
			if (changed)
				this.#tell();
		});
		this.#seat = this.#newSeat();
	}

	/** @param {import('./state.js').Event} event */
	#dispatch(event) {
		if (!this.#closed)
			this.#callbacks.dispatch(event);
	}

	/** Loads the visit and gets everything ready for the click. */
	async prepare() {
		navigator.mediaDevices?.addEventListener('devicechange',
			this.#onDevices);
		for (const [target, type] of this.#hints())
			target?.addEventListener(type, this.#onHint);
		this.#unsee = onSeen(() => {
			if (this.#tries !== null)
				this.#rejoin(0);
			this.#seat.check();
			this.#local.retake();
		});
		addEventListener('pagehide', this.#onPageHide);
		const memory = recall(this.#id);
		if (memory)
			return this.#comeBack(memory);
		await Promise.all([this.#loadVisit(), this.askDevices()]);
		if (!this.#closed)
			this.#checkin.begin();
	}

	/**
	 * This page was in the visit a moment ago: back in, as it was.
	 * @param {import('./comeback.js').Memory} memory
	 */
	async #comeBack({ microphone, muted, camera }) {
		this.#dispatch({ type: 'join', again: true });
		this.#local.enableMicrophone(!muted);
		this.#rejoin(0);
		await Promise.all([this.#loadVisit(),
			microphone && camera ? this.#local.openBoth()
				: microphone ? this.#local.open('microphone')
					: camera && this.#local.open('camera')]);
		await this.#onDevices();
	}

	/** For a page that has to come back. */
	#remember() {
		const { muted } = this.#local;
		if (!this.#closed && SEATED.has(this.#callbacks.state().phase))
			remember({ visit: this.#id, muted,
				microphone: Boolean(this.#local.track('microphone')),
				camera: Boolean(this.#local.track('camera')) });
	}

	async #loadVisit() {
		try {
			const visit = await api.visit(this.#id);
			this.#dispatch({ type: 'visit', visit });
			if (visit.status === 'cancelled')
				this.#end('cancelled');
			else if (Date.parse(visit.closes) <= Date.now())
				this.#end('ended');
		} catch (error) {
			const code = codeOf(error);
			if (['not-found', 'signed-out'].includes(code))
				this.#end(code);
			else
				this.#dispatch({ type: 'failed', code });
		}
	}

	/** Asks for camera and microphone, then makes the offer. */
	async askDevices() {
		await this.#local.openBoth();
		await this.#fillSeat(this.#seat);
		await this.#onDevices();
	}

	#onDevices = async () => {
		this.#dispatch({ type: 'devices', devices: await listDevices() });
		this.#dispatch({ type: 'captured', using: this.#local.using });
		await this.#checkin.outputs();
	};

	/**
	 * Where one hears that the network may have changed.
	 * @returns {[EventTarget | undefined, string][]}
	 */
	#hints() {
		return [[globalThis, 'online'],
			[/** @type {any} */ (navigator).connection, 'change']];
	}

	#onHint = () => {
		if (this.#tries !== null)
			this.#rejoin(0);
		else if (this.#callbacks.state().phase === 'in-call')
			this.#recovery.suspect();
		else
			this.#seat.check();
	};

	/** Whoever is gone leaves no seat behind; who comes back takes it anew. */
	#onPageHide = () => {
		this.#remember();
		if (SEATED.has(this.#callbacks.state().phase))
			this.#seat.close();
	};

	/** @param {Slot} slot @param {MediaStreamTrack | null} track */
	async #trackChanged(slot, track) {
		if (this.#closed)
			return;
		this.#callbacks.picture('mine', slot, track);
		this.#checkin.track(slot, track);
		this.#tell();
		this.#dispatch({ type: 'captured', using: this.#local.using });
		await this.#fillSeat(this.#seat);
	}

	/**
	 * Tells page and the other side what is sent now.
	 * @returns {Promise<Record<string, any>>} the plugin's answer, if any
	 */
	async #tell() {
		const me = this.#local.sending;
		this.#dispatch({ type: 'sending', me });
		const troubles = troublesOf(this.#callbacks.state());
		const grade = this.#callbacks.state().line?.grade;
		if (!this.#upOnce)
			return {};
		return this.#seat.tell({ ...me, ...(troubles.length ? { troubles } : {}),
			...(this.#voice.paused && me.camera ? { paused: true } : {}),
			...(grade ? { line: grade } : {}) }).catch(() => ({}));
	}

	#newSeat() {
		this.#upOnce = this.#up = false;
		return new Seat({
			joined: (body, ticket) => this.#joined(body, ticket),
			found: () => foundIn(this.#callbacks.state()),
			waiting: (body) => {
				this.#pluginEvent(body);
				this.#remember();
			},
			event: (body) => this.#pluginEvent(body),
			link: (link) => this.#linkChanged(link),
			line: (line) => this.#lineChanged(line),
			chat: (ready) => this.#dispatch({ type: 'chat-ready', ready }),
			text: (text) => this.#heard(text),
			failed: (error) => this.#refused(codeOf(error)),
			hungUp: () => this.#lose(),
		});
	}

	/** @param {string} code of a new offer's refusal */
	#refused(code) {
		if (PASSING.has(code))
			this.#lose();
		else
			this.#end(code);
	}

	/**
	 * The click on Join.
	 * @param {Mode} mode
	 */
	async join(mode) {
		mark('click');
		this.#checkin.stopTest();
		this.#dispatch({ type: 'join' });
		if (mode !== 'camera')
			this.#local.stop('camera');
		else
			this.#reopen('camera');
		if (mode === 'listen')
			this.#local.stop('microphone');
		else
			this.#reopen('microphone');
		await this.#enter();
	}

	/** @param {Kind} kind wanted now, after it was given up before */
	#reopen(kind) {
		const { asked, problems } = this.#callbacks.state();
		if (asked && !problems[kind] && !this.#local.track(kind))
			void this.#local.open(kind);
	}

	async #enter() {
		try {
			await this.#seat.enter(this.#id);
		} catch (error) {
			this.#joinFailed(error);
		}
	}

	/** @param {unknown} error */
	#joinFailed(error) {
		const code = codeOf(error);
		if (this.#closed)
			return;
		// The media failed after the seat, or the place at the door, was there.
		if (['in-call', 'waiting'].includes(this.#callbacks.state().phase))
			return this.#refused(code);
		if (!(error instanceof api.ApiError))
			this.#replaceSeat();
		else if (code === 'too-early')
			return this.#waitToOpen(error.opens);
		// Who was told to leave the page open is let in later, not forgotten.
		else if (this.#waiting && RETRIED.has(code))
			return this.#waitToOpen(this.#callbacks.state().opens);
		if (RETRIED.has(code))
			this.#dispatch({ type: 'join-failed', code });
		else
			this.#end(code);
	}

	/** @param {string | null | undefined} opens when the visit opens */
	#waitToOpen(opens) {
		this.#waiting = true;
		this.#dispatch({ type: 'too-early', opens });
		const wait = Date.parse(opens ?? '') - Date.now();
		// The two clocks may differ: never ask more than every 5 s.
		this.#timer = setTimeout(() => {
			this.#dispatch({ type: 'join' });
			void this.#enter();
		}, Math.min(Math.max(wait, 5000), 60000));
	}

	/** Stops waiting, for the visit to open or at its door. */
	stopWaiting() {
		this.#waiting = false;
		forget();
		clearTimeout(this.#timer);
		if (this.#callbacks.state().phase === 'waiting') {
			this.#seat.leave('leave');
			this.#replaceSeat();
		}
		this.#dispatch({ type: 'stop-waiting' });
	}

	/** Another seat with the same devices. */
	#replaceSeat() {
		this.#voice.reset();
		this.#seat.close();
		clearTimeout(this.#connectTimer);
		this.#recovery.stop();
		this.#pulse.stop();
		this.#seat = this.#newSeat();
		void this.#fillSeat(this.#seat);
	}

	/**
	 * Makes the seat's offer and gives it the devices.
	 * @param {Seat} seat
	 */
	async #fillSeat(seat) {
		try {
			await seat.prepare();
			for (const slot of SLOTS)
				await seat.media.put(slot, this.#local.track(slot));
		} catch {
			// The seat was given up meanwhile; its successor is filled anew.
		}
	}

	/**
	 * @param {Record<string, any>} body
	 * @param {api.Ticket} ticket
	 */
	#joined(body, ticket) {
		for (const slot of SLOTS)
			this.#callbacks.picture('theirs', slot,
				this.#seat.media.remote(slot));
		this.#dispatch({ ...body, type: 'joined', now: Date.now(),
			visit: ticket.visit });
		this.#sleep ??= stayAwake();
		this.#remember();
		this.#memoryTimer ??= setInterval(() => this.#remember(), REMEMBER_MS);
		this.#tries = null;
		this.#pulse.start();
		this.#watch.start();
		clearTimeout(this.#connectTimer);
		if (this.#upOnce) // while waiting
			this.#dispatch({ type: 'link', link: 'up' });
		else
			this.#connectTimer = setTimeout(() => this.#lose(), CONNECT_MS);
	}

	/** @param {Record<string, any>} body */
	#pluginEvent(body) {
		if (body.rthealth === 'denied')
			this.#end(`denied-${body.reason}`);
		else if (FINAL.has(body.rthealth))
			this.#end(body.rthealth === 'ended' && body.reason === 'admin'
				? 'removed' : body.rthealth);
		else
			this.#dispatch({ ...body, now: Date.now(),
				type: body.people ? 'door' : body.rthealth });
		if (body.rthealth === 'slow' && body.direction === 'send')
			this.#voice.slow(body);
		if (body.rthealth === 'participant-left' && body.reason !== 'left')
			this.#linger(String(body.participant));
	}

	/**
	 * Somebody was lost, and is waited for, but not for ever.
	 * @param {string} participant
	 */
	#linger(participant) {
		clearTimeout(this.#lingerTimer);
		this.#lingerTimer = setTimeout(() => this.#dispatch({
			type: 'participant-left', participant, reason: 'expired' }),
		LINGER_MS);
	}

	/** @returns {boolean} something of the other's should be heard or seen */
	#peerSends() {
		const { peer } = this.#callbacks.state();
		return this.#up && Boolean(peer && (peer.microphone || peer.camera
			|| peer.screen));
	}

	/** @param {boolean} deaf nothing comes over a connection that is up */
	#deaf(deaf) {
		this.#recovery.deaf(deaf);
		if (this.#up)
			this.#dispatch({ type: 'link', link: deaf ? 'shaky' : 'up' });
	}

	/** @param {boolean} silent nothing comes of what should */
	#peerSilent(silent) {
		const { peer } = this.#callbacks.state();
		if (peer)
			this.#dispatch({ type: 'peer-media', up: !silent,
				participant: peer.participant });
	}

	/** @param {import('./media.js').Link} link */
	#linkChanged(link) {
		if (link !== 'new')
			clearTimeout(this.#connectTimer);
		this.#up = link === 'up';
		if (link === 'up') {
			this.#upOnce = this.#everUp = true;
			this.#vain = 0;
			this.#voice.start();
			this.#tell();
		}
		this.#recovery.link(link);
		this.#dispatch({ type: 'link', link: link === 'failed' ? 'shaky' : link });
	}

	/** @param {import('./protocol.js').State} line */
	#lineChanged(line) {
		const { phase, link } = this.#callbacks.state();
		if (line === 'lost' && link === 'up')
			this.#dispatch({ type: 'link', link: 'unheard' });
		if (line === 'lost' || line === 'open')
			this.#dispatch({ type: 'trying', code: line === 'lost' ? line : null });
		if (line === 'open' && phase === 'in-call' && this.#upOnce) {
			if (link === 'unheard')
				this.#dispatch({ type: 'link', link: 'up' });
			void this.#catchUp();
		}
		this.#recovery.line(line);
		if (line === 'closed' && ['waiting', 'in-call'].includes(phase))
			this.#lose();
	}

	/** The line is back: what was missed is told to whoever joins anew. */
	async #catchUp() {
		const seat = this.#seat;
		const answer = await this.#tell();
		if (this.#seat === seat && missed(answer, this.#callbacks.state()))
			this.#lose();
	}

	/** The seat is gone: take it again until that works or cannot. */
	#lose() {
		const { phase } = this.#callbacks.state();
		if (this.#closed || this.#tries !== null
			|| !['waiting', 'in-call'].includes(phase))
			return;
		if (phase === 'in-call' && !this.#upOnce)
			this.#vain += 1;
		if (this.#vain >= VAIN_MAX && !this.#everUp)
			return this.#end('blocked');
		this.#rejoin(0);
	}

	/**
	 * @param {number} tries so far
	 * @param {number} [pause] ms until the next
	 */
	#rejoin(tries, pause = REJOIN_MS[Math.min(tries, REJOIN_MS.length - 1)]) {
		this.#tries = tries;
		this.#dispatch({ type: 'lost', now: Date.now() });
		this.#replaceSeat();
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => void this.#tryAgain(tries), pause);
	}

	/** @param {number} tries so far */
	async #tryAgain(tries) {
		const seat = this.#seat;
		try {
			await within(REJOIN_FOR_MS[Math.min(tries, REJOIN_FOR_MS.length - 1)],
				seat.enter(this.#id, { careful: (tries + 1) % ASK_ANEW !== 0 }));
			this.#tries = null;
		} catch (error) {
			const code = codeOf(error);
			if (this.#closed || this.#seat !== seat)
				return;
			if (!RETRIED.has(code)
				&& !(code === STARTING && tries < STARTING_MAX))
				return this.#end(code);
			this.#dispatch({ type: 'trying', code });
			this.#rejoin(tries + 1, code === 'too-many' ? TOO_MANY_MS
				: undefined);
		}
	}

	/** @param {string} data of the data channel */
	#heard(data) {
		const event = parse(data, this.#callbacks.state().met ?? '');
		if (event)
			this.#dispatch(event);
	}

	/** @param {string} text */
	say(text) {
		if (this.#seat.media.send(frame(text)))
			this.#dispatch({ type: 'chat-line', line: { mine: true, name: '',
				time: Date.now(), text: cut(text) } });
	}

	/**
	 * Turns a slot on or off.
	 * @param {Slot} slot
	 */
	async toggle(slot) {
		const on = this.#local.sending[slot];
		if (slot === 'screen')
			return on ? this.#local.stop(slot)
				: canShareScreen() && await this.#local.openScreen();
		if (slot === 'camera')
			return on ? this.#local.stop(slot) : await this.#local.open(slot);
		if (!this.#local.track(slot)) {
			this.#local.enableMicrophone(true);
			return this.#local.open(slot);
		}
		this.#local.enableMicrophone(!on);
		this.#tell();
	}

	/** @param {import('./local.js').Hint} hint for the screen shared now */
	shareFor(hint) {
		this.#local.shareFor(hint);
	}

	/** The person wants back what the system has taken away. */
	retake() {
		this.#local.retake(true);
	}

	/**
	 * Uses another device.
	 * @param {Kind | 'speaker'} kind
	 * @param {string} id
	 */
	async choose(kind, id) {
		if (kind === 'speaker')
			return this.#checkin.choose(id);
		await this.#local.open(kind, id);
		await this.#onDevices();
	}

	/** What the person does in the check of devices and line. */
	get checkin() {
		return this.#checkin;
	}

	/** @param {'leave' | 'end'} request */
	leave(request) {
		this.#seat.leave(request);
		this.#end(request === 'end' ? 'ended' : 'left');
	}

	/** @param {string} reason */
	#end(reason) {
		forget();
		this.#dispatch({ type: 'ended', reason, now: Date.now() });
		this.close();
	}

	/** getStats in a few figures, for support. */
	async stats() {
		const report = await this.#seat.media.stats();
		/** @type {any[]} */
		const entries = [];
		report.forEach((entry) => entries.push(entry));
		return digest(entries, this.#seat.media.mids);
	}

	/** The one place that tears a visit down: seat, devices, listeners. */
	close() {
		if (this.#closed)
			return;
		this.#closed = true;
		clearTimeout(this.#timer);
		clearTimeout(this.#connectTimer);
		clearTimeout(this.#lingerTimer);
		clearInterval(this.#memoryTimer);
		this.#recovery.stop();
		this.#pulse.stop();
		this.#watch.stop();
		this.#voice.stop();
		navigator.mediaDevices?.removeEventListener('devicechange',
			this.#onDevices);
		for (const [target, type] of this.#hints())
			target?.removeEventListener(type, this.#onHint);
		this.#unsee();
		removeEventListener('pagehide', this.#onPageHide);
		this.#seat.close();
		this.#checkin.close();
		this.#local.close();
		for (const slot of SLOTS) {
			this.#callbacks.picture('mine', slot, null);
			this.#callbacks.picture('theirs', slot, null);
		}
		this.#sleep?.();
	}
}
