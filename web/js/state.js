// SPDX-License-Identifier: GPL-3.0-or-later
// What the page knows, and the one pure function that changes it:
// (state, event) -> state. One table says which event is heard in which phase.
//
//   loading ──▶ signed-out ──▶ home ◀──▶ lobby ──▶ joining ──▶ in-call ──▶ ended
//                                          ▲          │         │  ▲
//                             │            └─ early ◀─┤         ▼  │
//                             │            └─ waiting ◀ (then in-call)
//                             ▼                                lost
//                            desk (recordings and audit, see review/main.js)

import { asFound, asTroubles, unchecked } from './checked.js';
import { follow, none, seated, unseated } from './recording.js';

/**
 * @typedef {import('./api.js').Session} Session
 * @typedef {import('./api.js').Visit} Visit
 * @typedef {import('./devices.js').DeviceList} DeviceList
 * @typedef {import('./devices.js').Problem} Problem
 *
 * @typedef {'loading' | 'signed-out' | 'home' | 'lobby' | 'early' | 'joining'
 *   | 'waiting'
 *   | 'in-call' | 'lost' | 'ended' | 'desk' | 'door'} Phase `door`: before
 *   somebody's standing door
 *
 * @typedef {{microphone: boolean, camera: boolean, screen: boolean}} Sending
 *
 * @typedef {object} Peer the other person
 * @property {string} participant
 * @property {string} role
 * @property {string} name
 * @property {boolean} media is the connection up
 * @property {boolean} met has it been up
 * @property {boolean} microphone
 * @property {boolean} camera
 * @property {boolean} screen
 * @property {import('./checked.js').Trouble[]} troubles that it knows of itself
 * @property {boolean} paused its picture is held back for the voice's sake
 * @property {'good' | 'fair' | 'poor' | null} line as that side sees its own
 *
 * @typedef {{participant: string, name: string, since: number,
 *   check: import('./checked.js').Found | null}} AtDoor since: ms since 1970
 *
 * @typedef {{visit: string, participant: string | null}} Seeing participant:
 *   null for whoever waits there
 *
 * @typedef {{time: number, text: string}} Note the clinician's words to who waits
 *
 * @typedef {{mine: boolean, name: string, time: number, text: string}} Line
 *
 * @typedef {object} State
 * @property {Phase} phase
 * @property {string | null} visitId of the page's address
 * @property {string | null} desk path of the page's address, if it is of these
 * @property {string | null} doorName of the page's address
 * @property {import('./api.js').Doorway | null} doorway that door
 * @property {boolean} doorMissing there is none of that name
 * @property {import('./live.js').Reception | null} reception who waits where,
 *   for a clinician; null: not known
 * @property {import('./live.js').Queued[]} queue where this person waits
 * @property {boolean} live is that told as it happens just now
 * @property {Seeing | null} seeing somebody at the door, to be let in at once
 * @property {Session | null} session
 * @property {string | null} notice words.js code of what went wrong last
 * @property {boolean} busy a request of the page's form is under way
 * @property {{step: 'email' | 'code', email: string}} signIn
 * @property {Visit[] | null} visits null: not known yet
 * @property {Visit | null} visit
 * @property {string | null} opens when the visit can be joined, if too early
 * @property {DeviceList} devices
 * @property {{microphone?: string, camera?: string}} using ids of devices
 * @property {{microphone?: Problem, camera?: Problem, screen?: Problem}} problems
 * @property {boolean} asked have the devices been asked for
 * @property {Sending} me
 * @property {import('./checked.js').Checked} check of devices and line
 * @property {Peer | null} peer
 * @property {string | null} met the other's name, kept after they left
 * @property {'new' | 'up' | 'unheard' | 'shaky' | 'lost'} link `unheard`: media
 *   flows, but nothing is heard from Janus
 * @property {boolean} again a page that was loaded again comes back
 * @property {{microphone?: boolean, camera?: boolean}} taken devices that the system has
 *   taken away
 * @property {string | null} trying words.js code of what the last try to get
 *   back in met
 * @property {import('./line.js').Line | null} line this side's own, as measured
 *   last
 * @property {boolean} slow the line is thin, the picture was made smaller
 * @property {boolean} paused this side's camera is held back for the voice's sake
 * @property {boolean} silenced the browser holds the sound back
 * @property {{open: boolean, ready: boolean, unread: number, lines: Line[]}} chat
 * @property {{place: number, waiting: number, clinician: boolean}} place at the
 *   door, of who waits
 * @property {Note[]} notes to who waits
 * @property {AtDoor[]} door who waits, for the clinician
 * @property {string | null} self this person's participant id
 * @property {import('./recording.js').Recording} recording
 * @property {number | null} since ms since 1970 of having joined
 * @property {number | null} until ms since 1970 of the seat's end
 * @property {number} lasted ms, of a visit that has ended
 * @property {string | null} reason words.js code of how it ended
 *
 * @typedef {{type: string} & Record<string, any>} Event
 *
 * @typedef {object} Row
 * @property {Phase[]} [from] phases in which the event is heard; all without
 * @property {Phase} [to]
 * @property {(state: State, event: Event) => Partial<State>} [apply]
 */

const CHAT_LINES_MAX = 500;
const NOTES_MAX = 20;

const NOTHING = { microphone: false, camera: false, screen: false };

/** A visit that has not begun. */
const fresh = () => ({
	peer: null, met: null, link: /** @type {const} */ ('new'), slow: false,
	paused: false,
	line: null,
	trying: null, again: false, taken: {},
	silenced: false, since: null, until: null, reason: null, opens: null,
	chat: { open: false, ready: false, unread: 0, lines: [] },
	lasted: 0, notice: null, busy: false, self: null, recording: none(),
	place: { place: 0, waiting: 0, clinician: false }, notes: /** @type {Note[]} */ ([]),
	door: [],
});

/**
 * @param {string | null} visitId
 * @param {string | null} [desk]
 * @param {string | null} [doorName]
 * @returns {State}
 */
export function initial(visitId, desk = null, doorName = null) {
	return {
		...fresh(), phase: 'loading', visitId, desk, session: null,
		signIn: { step: 'email', email: '' }, visits: null, visit: null,
		devices: { microphone: [], camera: [] }, using: {}, problems: {},
		check: unchecked(),
		asked: false, me: NOTHING, doorName, doorway: null, doorMissing: false,
		reception: null,
		queue: [], live: false, seeing: null,
	};
}

/** @type {Phase[]} */
const SEATED = ['in-call', 'lost'];
/** @type {Phase[]} */
const BEFORE = ['lobby', 'early', 'joining', 'waiting'];
/** @type {Phase[]} */
const CONNECTED = ['waiting', 'in-call', 'lost'];
/** @type {Phase[]} */
const VISITING = [...BEFORE, ...SEATED];

/** @param {any} told @returns {Pick<Peer, 'troubles' | 'paused' | 'line'>} */
const asShape = (told) => ({ troubles: asTroubles(told.troubles),
	paused: Boolean(told.paused),
	line: ['good', 'fair', 'poor'].includes(told.line) ? told.line : null });

/** @param {any} peer @returns {Peer} only what is expected of it */
const asPeer = (peer) => ({
	participant: String(peer.participant), role: String(peer.role),
	name: String(peer.name ?? ''), media: Boolean(peer.media),
	microphone: Boolean(peer.microphone), camera: Boolean(peer.camera),
	screen: Boolean(peer.screen), met: Boolean(peer.media),
	...asShape(peer),
});

/**
 * @param {State} state
 * @param {Event} event names the participant
 * @param {Partial<Peer>} change
 * @returns {Partial<State>}
 */
function changePeer(state, event, change) {
	if (!state.peer || state.peer.participant !== event.participant)
		return {};
	return { peer: { ...state.peer, ...change } };
}

/** @param {State} state @param {Line} line @returns {Partial<State>} */
function addLine(state, line) {
	const { open, unread } = state.chat;
	return { chat: { ...state.chat,
		lines: [...state.chat.lines, line].slice(-CHAT_LINES_MAX),
		unread: open || line.mine ? unread : unread + 1 } };
}

/** @param {Event} event @returns {string | null} a device that failed */
function deviceNotice(event) {
	const met = Object.entries(event.problems ?? {}).find(([, why]) => why);
	return met ? `device:${met[0]}:${met[1]}` : null;
}

/**
 * The first page of somebody who is signed in.
 * @param {{visitId: string | null, desk?: string | null,
 *   doorName?: string | null}} place
 * @returns {Phase}
 */
const firstPage = ({ visitId, desk, doorName }) =>
	desk ? 'desk' : visitId ? 'lobby' : doorName ? 'door' : 'home';

/** What is known of others' waiting, of who is not signed in any more. */
const unheard = () => ({ reception: null, queue: [], live: false,
	seeing: null });

/** Reasons of having left after which the same person is waited for. */
const COMES_BACK = new Set(['lost', 'replaced']);

/** @type {Record<string, Row>} */
const TABLE = {
	// The page
	'go': { apply: (s, e) => ({ ...fresh(), visitId: e.visitId, visit: null,
		desk: e.desk ?? null, problems: {}, asked: false, me: NOTHING,
		check: unchecked(),
		doorName: e.doorName ?? null, doorway: null, doorMissing: false,
		seeing: s.seeing?.visit === e.visitId ? s.seeing : null,
		recording: none(e.visitId === s.visitId && s.recording.recorded),
		phase: s.session?.signed_in ? firstPage(/** @type {any} */ (e))
			: s.phase }) },
	'session': { apply: (s, e) => ({ session: e.session, busy: false,
		notice: e.notice ?? null,
		...(e.session.signed_in ? {} : unheard()),
		// A code that let somebody in is of no use to whoever is next.
		signIn: e.session.signed_in ? { step: 'email', email: '' } : s.signIn,
		phase: e.session.signed_in ? firstPage(s) : 'signed-out' }) },
	'failed': { apply: (_s, e) => ({ notice: e.code, busy: false }) },
	'busy': { apply: () => ({ busy: true, notice: null }) },
	'noticed': { apply: () => ({ notice: null }) },

	// Signing in
	'code-sent': { from: ['signed-out'], apply: (_s, e) => ({ busy: false,
		notice: null, signIn: { step: 'code', email: e.email } }) },
	'other-email': { from: ['signed-out'], apply: (s) => ({ busy: false,
		notice: null, signIn: { step: 'email', email: s.signIn.email } }) },

	// Visits
	'visits': { from: ['home'], apply: (_s, e) => ({ visits: e.visits,
		busy: false }) },
	'visit': { from: VISITING, apply: (_s, e) => ({ visit: e.visit }) },

	// Doors, and who waits at them
	'live-door': { apply: (_s, e) => ({ reception: e.reception, live: true }) },
	'live-queue': { apply: (_s, e) => ({ queue: e.queue, live: true }) },
	'live-down': { apply: () => ({ live: false }) },
	'own-door': { apply: (s, e) => ({ busy: false, reception: {
		people: [], onCall: Boolean(s.session?.user?.on_call), ...s.reception,
		...e.change } }) },
	'doorway': { from: ['door'], apply: (_s, e) => ({ doorway: e.doorway,
		doorMissing: e.missing === true, busy: false }) },
	'see': { apply: (_s, e) => ({ seeing: { visit: e.visit,
		participant: e.participant ?? null } }) },
	'seen': { apply: () => ({ seeing: null }) },

	// Devices
	'devices': { from: VISITING, apply: (_s, e) => ({ devices: e.devices }) },
	'captured': { from: VISITING, apply: (s, e) => ({ asked: true,
		problems: { ...s.problems, ...e.problems },
		using: { ...s.using, ...e.using },
		notice: (SEATED.includes(s.phase) && deviceNotice(e)) || s.notice }) },
	'taken': { from: VISITING, apply: (s, e) => ({
		taken: { ...s.taken, [e.slot]: e.taken } }) },
	'sending': { from: VISITING, apply: (s, e) => ({
		me: { ...s.me, ...e.me } }) },

	'check': { from: VISITING, apply: (s, e) => ({
		check: { ...s.check, ...e.change } }) },

	// Getting in
	'join': { from: ['lobby', 'early', 'ended'], to: 'joining',
		apply: (s, e) => ({ ...fresh(), opens: s.opens,
			again: Boolean(e.again),
			recording: none(s.recording.recorded) }) },
	'too-early': { from: ['joining'], to: 'early',
		apply: (_s, e) => ({ opens: e.opens }) },
	'join-failed': { from: ['joining', 'early'], to: 'lobby',
		apply: (_s, e) => ({ notice: e.code, seeing: null }) },
	'stop-waiting': { from: ['early', 'waiting'], to: 'lobby' },
	'waiting': { from: ['joining', 'lost', 'waiting'], to: 'waiting',
		apply: (_s, e) => ({ seeing: null, trying: null, place: { place: Number(e.place),
			waiting: Number(e.waiting), clinician: Boolean(e.clinician) } }) },
	'note': { from: ['waiting'], apply: (s, e) => ({ notes: [...s.notes,
		{ time: Number(e.now), text: String(e.text ?? '') }]
		.slice(-NOTES_MAX) }) },
	'joined': { from: ['joining', 'waiting', 'lost'], to: 'in-call', apply: (s, e) => {
		const peer = e.peers[0] ? asPeer(e.peers[0]) : null;
		return { peer, met: peer?.name ?? s.met, since: s.since ?? e.now,
			until: e.seat_until * 1000, slow: false, notice: null,
			notes: [], door: [],
			link: 'new', trying: null, visit: e.visit ?? s.visit,
			self: String(e.participant),
			recording: seated(s.recording, Boolean(e.record)) };
	} },

	// In the visit
	'participant-joined': { from: SEATED, apply: (_s, e) => ({
		peer: asPeer(e), met: String(e.name ?? '') }) },
	'participant-left': { from: SEATED, apply: (s, e) =>
		COMES_BACK.has(e.reason) ? changePeer(s, e, { media: false, met: true })
			: s.peer?.participant === e.participant ? { peer: null } : {} },
	'peer-media': { from: SEATED, apply: (s, e) =>
		changePeer(s, e, { media: Boolean(e.up),
			met: s.peer?.met || Boolean(e.up) }) },
	'state': { from: SEATED, apply: (s, e) => changePeer(s, e, {
		microphone: Boolean(e.microphone), camera: Boolean(e.camera),
		screen: Boolean(e.screen), ...asShape(e) }) },
	'slow': { from: SEATED, apply: (_s, e) => ({ slow: Boolean(e.limited) }) },
	'paused': { from: SEATED, apply: (_s, e) => ({ paused: e.paused }) },
	'door': { from: SEATED, apply: (_s, e) => ({
		door: e.people.map((/** @type {any} */ one) => ({
			participant: String(one.participant), name: String(one.name),
			since: e.now - Number(one.waited_ms),
			check: asFound(one.check) })) }) },
	'link': { from: SEATED, apply: (_s, e) => ({ link: e.link }) },
	'my-line': { from: SEATED, apply: (_s, e) => ({ line: e.line }) },
	'trying': { from: ['joining', ...CONNECTED], apply: (_s, e) => ({ trying: e.code }) },
	'lost': { from: ['in-call'], to: 'lost', apply: (s, e) => ({ link: 'lost',
		trying: null,
		chat: { ...s.chat, ready: false },
		recording: unseated(s.recording, e.now) }) },
	'sound': { from: SEATED, apply: (_s, e) => ({ silenced: e.blocked }) },

	// Recording: recording.js knows the steps
	...Object.fromEntries(['recording', 'record-ask', 'record-refused',
		'record-answer', 'record-reconsider', 'record-noted'].map((type) =>
		[type, { from: SEATED, apply: (/** @type {State} */ s,
			/** @type {Event} */ e) => ({
			recording: follow(s.recording, e) }) }])),

	// Writing
	'chat-ready': { from: CONNECTED, apply: (s, e) => ({
		chat: { ...s.chat, ready: e.ready } }) },
	'chat-toggle': { from: SEATED, apply: (s, e) => {
		const open = e.open ?? !s.chat.open;
		return { chat: { ...s.chat, open, unread: open ? 0 : s.chat.unread } };
	} },
	'chat-line': { from: SEATED, apply: (s, e) => addLine(s, e.line) },
	'chat-refused': { from: SEATED, apply: (_s, e) => ({
		notice: `chat-${e.reason}` }) },

	// The end
	'ended': { from: VISITING, to: 'ended', apply: (s, e) => ({
		reason: e.reason, opens: null, me: NOTHING, seeing: null,
		lasted: s.since ? e.now - s.since : 0 }) },
};

/**
 * The next state. An event that the phase does not hear changes nothing.
 * @param {State} state
 * @param {Event} event
 * @returns {State}
 */
export function step(state, event) {
	const row = Object.hasOwn(TABLE, event.type) ? TABLE[event.type] : null;
	if (!row || (row.from && !row.from.includes(state.phase)))
		return state;
	const change = row.apply?.(state, event) ?? {};
	return { ...state, ...change,
		phase: change.phase ?? row.to ?? state.phase };
}
