// SPDX-License-Identifier: GPL-3.0-or-later
// What people can do on the page, and what it sets in motion.

import * as api from './api.js';
import { mark } from './timings.js';

/**
 * @typedef {import('./visit.js').VisitControl} VisitControl
 * @typedef {ReturnType<typeof makeActions>} Actions
 *
 * @typedef {object} Desk what the actions work with
 * @property {(event: import('./state.js').Event) => void} dispatch
 * @property {() => import('./state.js').State} state
 * @property {() => VisitControl | null} visit the visit of this page
 * @property {(path: string) => void} go to another page; with its query
 * @property {() => Promise<void>} reload asks anew who is signed in
 * @property {() => Promise<void>} leave ends the page that is shown; resolved
 *   when its last word has reached the portal
 */

/** So long a page's last word may take before its session ends. */
const LEAVE_MS = 2000;

/** @param {unknown} error @returns {string} for notice() of words.js */
function codeOf(error) {
	if (!(error instanceof api.ApiError))
		return 'failed';
	// Only the portal knows which field it did not like.
	return error.code === 'bad-request' ? `said:${error.message}` : error.code;
}

/**
 * Waits, but not for ever.
 * @param {Promise<unknown>} work whose failure does not matter
 * @param {number} ms
 */
async function soon(work, ms) {
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	let timer;
	const late = new Promise((done) => {
		timer = setTimeout(done, ms);
	});
	await Promise.race([work.catch(() => {}), late]);
	clearTimeout(timer);
}

/** @param {Desk} desk */
export function makeActions(desk) {
	const { dispatch } = desk;

	/**
	 * Runs a request of a form.
	 * @param {() => Promise<unknown>} work
	 * @returns {Promise<boolean>} did it work
	 */
	async function run(work) {
		dispatch({ type: 'busy' });
		try {
			await work();
			return true;
		} catch (error) {
			const code = codeOf(error);
			dispatch({ type: 'failed', code });
			if (code === 'signed-out')
				await desk.reload();
			return false;
		}
	}

	const loadVisits = async () =>
		dispatch({ type: 'visits', visits: await api.visits() });

	return {
		...signInActions(desk, run),
		...visitActions(desk),
		loadVisits: () => run(loadVisits),
		go: desk.go,
		noticed: () => dispatch({ type: 'noticed' }),
		/** @param {string} words for the person, for a while */
		tell: (words) => dispatch({ type: 'failed', code: `said:${words}` }),
		/** The portal does not know this session any more. */
		signedOut: () => desk.reload(),
		/** @param {string | null} id null: a new one @param {api.VisitFields} fields */
		saveVisit: (id, fields) => run(async () => {
			await (id ? api.changeVisit(id, fields) : api.addVisit(fields));
			await loadVisits();
			dispatch({ type: 'failed', code: 'saved' });
		}),
		/** @param {string} id */
		cancelVisit: (id) => run(async () => {
			await api.cancelVisit(id);
			await loadVisits();
			dispatch({ type: 'failed', code: 'cancelled' });
		}),
		/** @param {api.Visit} visit */
		copyLink: (visit) => run(async () => {
			await navigator.clipboard.writeText(visit.link);
			dispatch({ type: 'failed', code: 'copied' });
		}),
	};
}

/**
 * @param {Desk} desk
 * @param {(work: () => Promise<unknown>) => Promise<boolean>} run
 */
const signInActions = ({ dispatch, state, reload, leave }, run) => ({
	/** @param {string} email */
	sendCode: (email) => run(async () => {
		await api.sendCode(email);
		dispatch({ type: 'code-sent', email });
	}),
	/** @param {string} email @param {string} code @param {string} name */
	verifyCode: (email, code, name) => run(async () => {
		await api.verifyCode(email, code, name);
		await reload();
	}),
	otherEmail: () => dispatch({ type: 'other-email' }),
	/** @param {string} provider */
	useProvider: (provider) => {
		const { visitId, desk } = state();
		const place = visitId ? `/visit/${visitId}` : '/';
		location.assign(api.providerLink(provider,
			desk ? desk + location.search : place));
	},
	/** @param {boolean} everywhere */
	signOut: (everywhere) => run(async () => {
		// Without a session nobody could tell what was watched until now.
		await soon(leave(), LEAVE_MS);
		await api.signOut(everywhere);
		await reload();
	}),
});

/** @param {Desk} desk */
const visitActions = ({ dispatch, state, visit, go }) => ({
	askDevices: () => void visit()?.askDevices(),
	/** @param {import('./visit.js').Mode} mode */
	join: (mode) => void visit()?.join(mode),
	stopWaiting: () => visit()?.stopWaiting(),
	/** @param {string} participant */
	admit: (participant) => void visit()?.decide('admit', participant),
	/** @param {string} participant */
	decline: (participant) => void visit()?.decide('deny', participant),
	/** @param {import('./media.js').Slot} slot */
	toggle: (slot) => void visit()?.toggle(slot),
	/** @param {import('./devices.js').Kind} kind @param {string} id */
	choose: (kind, id) => void visit()?.choose(kind, id),
	/** @param {string} text */
	say: (text) => visit()?.say(text),
	askRecording: () => void visit()?.askRecording(),
	/** @param {import('./recording.js').Answer} answer @param {string} [language] */
	consent: (answer, language) => void visit()?.consent(answer, language),
	reconsider: () => dispatch({ type: 'record-reconsider' }),
	stopRecording: () => void visit()?.stopRecording(),
	recordingNoted: () => dispatch({ type: 'record-noted' }),
	/** @param {boolean} [open] */
	toggleChat: (open) => dispatch({ type: 'chat-toggle', open }),
	/** @param {'leave' | 'end'} request */
	leave: (request) => visit()?.leave(request),
	again: () => {
		const { reason, visitId } = state();
		if (reason === 'signed-out')
			location.reload();
		else
			go(`/visit/${visitId}`);
	},
	/** @param {boolean} blocked */
	soundBlocked: (blocked) => dispatch({ type: 'sound', blocked }),
	/**
	 * A picture was shown. Browsers may show a black one before the first
	 * that came over the line.
	 * @param {number} at ms since the page's time origin
	 * @returns {Promise<boolean>} was it the other person's
	 */
	pictureShown: async (at) => {
		const stats = await visit()?.stats();
		if (stats?.camera.decoded)
			mark('first-picture', at);
		return !stats || stats.camera.decoded > 0;
	},
});
