// SPDX-License-Identifier: GPL-3.0-or-later
// Where the page begins: state, view and the visit of the page's address.
//
// For support and measurements the console has `rth.timings()`, the steps of
// the last join in ms from the click, and `await rth.stats()`, the figures of
// stats.js. Neither can change anything.

import { makeActions } from './actions.js';
import * as api from './api.js';
import { onLanguage } from './lang.js';
import { Live, toAdmit, wantsLive } from './live.js';
import { initial, step } from './state.js';
import { timings } from './timings.js';
import { light, noise } from './view/light.js';
import { View } from './view.js';
import { VisitControl } from './visit.js';

/** @param {string} path @returns {string | null} */
const visitIdOf = (path) =>
	/^\/visit\/([A-Za-z0-9_-]{22})$/.exec(path)?.[1] ?? null;

/**
 * Pages that review/main.js makes, which only they load.
 * @param {string} path
 * @returns {string | null}
 */
const deskOf = (path) =>
	/^\/(review(\/[A-Za-z0-9_-]{22})?|audit)$/.test(path) ? path : null;

/** @param {string} path @returns {string | null} of somebody's standing door */
const doorOf = (path) =>
	/^\/d\/([a-z0-9][a-z0-9-]{1,38}[a-z0-9])$/.exec(path)?.[1] ?? null;

/** @param {string} path what the address names */
const placeOf = (path) => ({ visitId: visitIdOf(path), desk: deskOf(path),
	doorName: doorOf(path) });

/** So long somebody has to appear who is to be let in at once. */
const SEEING_MS = 10000;

const first = placeOf(location.pathname);
let state = initial(first.visitId, first.desk, first.doorName);
/** @type {VisitControl | null} */
let visit = null;

/** @param {import('./state.js').Event} event */
function dispatch(event) {
	const next = step(state, event);
	if (next === state)
		return;
	const entered = next.phase === 'in-call' && state.phase !== 'in-call';
	state = next;
	view.render(state);
	live.want(wantsLive(state));
	if (entered && state.seeing)
		setTimeout(() => dispatch({ type: 'seen' }), SEEING_MS);
	const waiting = toAdmit(state);
	if (waiting) {
		dispatch({ type: 'seen' });
		actions.admit(waiting);
	}
}

/** Starts what the page shows, after who is signed in or the page changed. */
function start() {
	visit?.close();
	visit = null;
	if (state.phase === 'home')
		void actions.loadVisits();
	if (state.phase === 'door')
		void actions.loadDoorway();
	if (state.phase !== 'lobby' || !state.visitId)
		return;
	visit = new VisitControl(state.visitId, { dispatch, state: () => state,
		picture: (...picture) => view.picture(...picture), light, noise });
	void visit.prepare();
	if (state.seeing)
		actions.join('camera');
}

const live = new Live({ dispatch, signedOut: () => {
	// Whoever is in a visit stays there.
	if (!['joining', 'waiting', 'in-call', 'lost'].includes(state.phase))
		void loadSession(null);
} });

/** @param {string | null} notice shown with the answer */
async function loadSession(notice) {
	try {
		const session = await api.session();
		api.useCsrf(session.csrf, session.user?.id);
		dispatch({ type: 'session', session, notice });
		start();
	} catch {
		dispatch({ type: 'failed', code: 'no-network' });
		setTimeout(() => void loadSession(notice), 3000);
	}
}

/** @param {string} path */
function show(path) {
	if (['waiting', 'in-call', 'lost'].includes(state.phase))
		visit?.leave('leave');
	dispatch({ type: 'go', ...placeOf(path) });
	start();
}

const actions = makeActions({
	dispatch, state: () => state, visit: () => visit,
	go: (path) => {
		if (path !== location.pathname + location.search)
			history.pushState(null, '', path);
		show(location.pathname);
	},
	reload: () => loadSession(null),
	leave: () => view.leave(),
});
const view = new View(actions);

onLanguage(() => {
	void view.leave();
	view.render(state);
});
addEventListener('popstate', () => show(location.pathname));
// A page that the browser had put aside has lost its seat.
addEventListener('pageshow', (event) => event.persisted && location.reload());

Object.assign(globalThis, { rth: Object.freeze({ timings,
	stats: async () => await visit?.stats() ?? null }) });

/** A refused sign-in comes back with its reason, a code, in the address. */
const reason = new URLSearchParams(location.search).get('error');
if (reason)
	history.replaceState(null, '', location.pathname);
await loadSession(reason && /^[a-z-]+$/.test(reason) ? reason : null);
