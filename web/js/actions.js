// SPDX-License-Identifier: GPL-3.0-or-later
// What people can do on the page, and what it sets in motion.

import * as api from './api.js';
import { doorRefusal } from './doorwords.js';
import { t } from './lang.js';
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
		...doorActions(desk, run),
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
		const { visitId, desk, doorName } = state();
		const place = visitId ? `/visit/${visitId}`
			: doorName ? `/d/${doorName}` : '/';
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

/** @param {unknown} error @returns {never} told in words of the doors */
function tellDoor(error) {
	const words = error instanceof api.ApiError && doorRefusal(error);
	throw words ? new api.ApiError('bad-request', 0, undefined, words) : error;
}

/**
 * @param {Desk} desk
 * @param {(work: () => Promise<unknown>) => Promise<boolean>} run
 */
const doorActions = ({ dispatch, state, go }, run) => {
	/** Work whose refusals have words. @param {() => Promise<unknown>} work */
	const runDoor = (work) => run(() => work().catch(tellDoor));
	/** @param {string} visit @param {string | null} [participant] */
	const see = (visit, participant) => {
		dispatch({ type: 'see', visit, participant });
		go(`/visit/${visit}`);
	};
	/**
	 * Something for who waits elsewhere.
	 * @param {() => Promise<unknown>} work
	 * @param {string} done notice
	 */
	const tellWaiting = (work, done) => run(async () => {
		await work().catch((error) => {
			throw error.code === 'not-found'
				? new api.ApiError('not-waiting', 404) : error;
		});
		dispatch({ type: 'failed', code: done });
	});
	return {
		/** Goes into a visit at once, and lets in who waits there. */
		see,
		loadDoor: () => run(async () => dispatch({ type: 'own-door',
			change: { door: await api.door() } })),
		/** @param {api.DoorFields} fields */
		saveDoor: (fields) => runDoor(async () => dispatch({ type: 'own-door',
			change: { door: await api.saveDoor(fields) } })),
		/** @param {boolean} onCall */
		setDuty: (onCall) => runDoor(async () => {
			await api.setDuty(onCall);
			dispatch({ type: 'own-door', change: { onCall } });
		}),
		loadDoorway: () => runDoor(async () => {
			const name = state().doorName ?? '';
			const doorway = await api.doorway(name).catch((error) => {
				if (error.code === 'not-found')
					return null;
				throw error;
			});
			dispatch({ type: 'doorway', doorway, missing: !doorway });
		}),
		/** @param {api.Door} door */
		copyDoor: (door) => run(async () => {
			await navigator.clipboard.writeText(door.link);
			dispatch({ type: 'failed', code: `said:${t('door.copied')}` });
		}),
		knock: () => runDoor(async () =>
			go(`/visit/${(await api.knock(state().doorName ?? '')).id}`)),
		callUrgently: () => runDoor(async () =>
			see((await api.callUrgently()).id)),
		/** @param {string} id of the urgent call's visit */
		takeUrgent: (id) => runDoor(async () =>
			see((await api.takeUrgent(id)).id)),
		/** @param {string} id of a visit @param {string} text */
		noteTo: (id, text) => tellWaiting(() => api.noteTo(id, text),
			'note-sent'),
		/** @param {string} id of a visit @param {string} reason */
		declineAt: (id, reason) => tellWaiting(
			() => api.declineAt(id, reason), 'declined'),
	};
};

/** @param {Desk} desk */
const visitActions = ({ dispatch, state, visit, go }) => ({
	askDevices: () => void visit()?.askDevices(),
	/** @param {import('./visit.js').Mode} mode */
	join: (mode) => void visit()?.join(mode),
	stopWaiting: () => visit()?.stopWaiting(),
	/** @param {string} participant */
	admit: (participant) => void visit()?.doorkeeper.decide('admit', participant),
	/** @param {string} participant @param {string} reason */
	decline: (participant, reason) =>
		void visit()?.doorkeeper.decide('deny', participant, { reason }),
	/** @param {string} participant @param {string} text */
	note: (participant, text) =>
		void visit()?.doorkeeper.decide('note', participant, { text }),
	/** @param {import('./media.js').Slot} slot */
	toggle: (slot) => void visit()?.toggle(slot),
	retake: () => visit()?.retake(),
	/** @param {import('./local.js').Hint} hint what a shared screen is for */
	shareFor: (hint) => visit()?.shareFor(hint),
	/** @param {import('./devices.js').Kind | 'speaker'} kind @param {string} id */
	choose: (kind, id) => void visit()?.choose(kind, id),
	/** @param {string} text */
	say: (text) => visit()?.say(text),
	askRecording: () => void visit()?.consenting.ask(),
	/** @param {import('./recording.js').Answer} answer @param {string} [language] */
	consent: (answer, language) => void visit()?.consenting.answer(answer,
		language),
	reconsider: () => dispatch({ type: 'record-reconsider' }),
	stopRecording: () => void visit()?.consenting.stop(),
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
	/** @param {import('./checked.js').Checked['speaker']} answer */
	heard: (answer) => visit()?.checkin.heard(answer),
	testLine: () => void visit()?.checkin.test(),
	/** @param {boolean} blocked */
	soundBlocked: (blocked) => {
		dispatch({ type: 'sound', blocked });
		visit()?.checkin.look();
	},
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
