// SPDX-License-Identifier: GPL-3.0-or-later
// The portal's HTTP interface (docs/portal-api.md), and nothing else.

/**
 * @typedef {{id: string, name: string}} Provider
 * @typedef {object} User
 * @property {string} id
 * @property {string} name
 * @property {string} email
 * @property {string} role
 * @property {string[]} [rights] over any recording at all
 * @property {boolean} [on_call] of a clinician, for urgent calls
 *
 * @typedef {object} Session
 * @property {boolean} signed_in
 * @property {User} [user]
 * @property {string} [csrf]
 * @property {Provider[]} [providers]
 * @property {boolean} [email_code]
 * @property {boolean} [trial]
 * @property {{name: string, logo?: boolean,
 *   emergency_number?: string | null}} [clinic]
 * @property {{allowed: boolean, on_call: number,
 *   emergency_number: string | null}} [urgent] may somebody be called at once,
 *   and how many would hear it
 * @property {string[]} [visit_kinds] to choose from, for who makes visits
 *
 * @typedef {object} Visit
 * @property {string} id
 * @property {string} title
 * @property {string} start RFC 3339, UTC
 * @property {number} minutes
 * @property {string} [patient_email] only for the clinician
 * @property {string | null} patient_name
 * @property {string | null} clinician_name null: an urgent call that nobody has
 *   taken
 * @property {'clinician' | 'patient'} role the viewer's
 * @property {'scheduled' | 'cancelled'} status
 * @property {string} opens first moment to join
 * @property {string} closes
 * @property {string} link
 * @property {boolean} [recorded]
 * @property {string | null} [kind] one of the clinic's
 * @property {{first: string, last: string, seconds: number} | null} [happened]
 *   when both were in it
 * @property {string | null} [door] the name of the door it was knocked at
 * @property {boolean} [urgent]
 * @property {boolean} [ended] for good
 *
 * @typedef {object} Door a clinician's own
 * @property {string} name of its address, `/d/<name>`
 * @property {string} title
 * @property {string} link
 * @property {boolean} open
 * @property {string | null} open_until null: until it is closed
 *
 * @typedef {{name: string, title: string, clinician_name: string,
 *   open: boolean, own: boolean}} Doorway a door as who stands before it sees it
 *
 * @typedef {{name: string, title: string, open: boolean,
 *   open_minutes: number | null}} DoorFields
 *
 * @typedef {{title: string, patient_email: string, start: string,
 *            minutes: number, kind: string | null}} VisitFields
 *
 * @typedef {object} Ticket what a join gives
 * @property {string} admission_token
 * @property {{url: string, token: string}} janus
 * @property {RTCIceServer[]} ice_servers
 * @property {'clinician' | 'patient'} role
 * @property {Visit} visit
 */

const TIMEOUT_MS = 15000;

/** A refusal by the portal, or no answer at all (code `no-network`). */
export class ApiError extends Error {
	/**
	 * @param {string} code
	 * @param {number} status HTTP status, 0 without an answer
	 * @param {string} [opens] with `too-early`
	 * @param {string} [words] the portal's, for people
	 * @param {Record<string, any>} [detail] the answer's error object
	 */
	constructor(code, status, opens, words, detail = {}) {
		super(words ?? code);
		this.code = code;
		this.status = status;
		this.opens = opens;
		this.detail = detail;
	}
}

let csrf = '';
/** Whose session that is; the page shows this person's things. */
let owner = '';

/**
 * @param {string | undefined} token of the session, for later requests
 * @param {string} [user] the id of who is signed in
 */
export function useCsrf(token, user) {
	csrf = token ?? '';
	owner = user ?? '';
}

/** What a status means whatever the body says. @type {Record<number, string>} */
const BY_STATUS = { 401: 'signed-out', 404: 'not-found', 429: 'too-many',
	500: 'server', 502: 'server', 504: 'server' };

/**
 * @param {number} status
 * @param {any} body
 */
const refusal = (status, body) => new ApiError(
	BY_STATUS[status] ?? body?.error?.code ?? 'server', status,
	body?.error?.opens, body?.error?.message, body?.error);

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @param {boolean} [keepalive] it outlives the page
 */
async function ask(method, path, body, keepalive) {
	/** @type {Record<string, string>} */
	const headers = { Accept: 'application/json' };
	if (method !== 'GET')
		headers['X-RTH-CSRF'] = csrf;
	if (body)
		headers['Content-Type'] = 'application/json';
	try {
		return await fetch(path, {
			method, headers, credentials: 'same-origin', cache: 'no-store',
			body: body && JSON.stringify(body), keepalive,
			signal: AbortSignal.timeout(TIMEOUT_MS),
		});
	} catch {
		throw new ApiError('no-network', 0);
	}
}

/**
 * One request to the portal; for this file and review/api.js.
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @param {{keepalive?: boolean, again?: boolean}} [how] keepalive: it outlives
 *   the page; again: it was tried with an old CSRF token
 * @returns {Promise<any>} the answer's JSON, null without one
 */
export async function call(method, path, body, how = {}) {
	const response = await ask(method, path, body, how.keepalive);
	const answer = await response.json().catch(() => null);
	if (response.ok)
		return answer;
	// Another window has signed in meanwhile, with the same cookie. If that
	// was somebody else, nothing is done in that person's name.
	if (answer?.error?.code === 'wrong-csrf' && !how.again) {
		const now = await session();
		if ((now.user?.id ?? '') !== owner)
			throw new ApiError('signed-out', 401);
		useCsrf(now.csrf, owner);
		return call(method, path, body, { ...how, again: true });
	}
	throw refusal(response.status, answer);
}

/** @param {string} id */
const visitPath = (id) => `/api/visits/${encodeURIComponent(id)}`;

/** @returns {Promise<Session>} */
export const session = () => call('GET', '/api/session');

/** @param {string} email */
export const sendCode = (email) => call('POST', '/auth/code', { email });

/**
 * @param {string} email
 * @param {string} code
 * @param {string} name may be empty
 */
export const verifyCode = (email, code, name) => call('POST', '/auth/verify',
	name ? { email, code, name } : { email, code });

/** @param {boolean} everywhere */
export const signOut = (everywhere) => call('POST',
	everywhere ? '/auth/sign-out-everywhere' : '/auth/sign-out');

/** @returns {Promise<Visit[]>} */
export const visits = async () => (await call('GET', '/api/visits')).visits;

/** @param {string} id @returns {Promise<Visit>} */
export const visit = (id) => call('GET', visitPath(id));

/** @param {VisitFields} fields @returns {Promise<Visit>} */
export const addVisit = (fields) => call('POST', '/api/visits', fields);

/** @param {string} id @param {VisitFields} fields @returns {Promise<Visit>} */
export const changeVisit = (id, fields) => call('PUT', visitPath(id), fields);

/** @param {string} id */
export const cancelVisit = (id) => call('DELETE', visitPath(id));

/** @param {string} id @returns {Promise<import('./quality.js').Quality>} */
export const quality = (id) => call('GET', `${visitPath(id)}/quality`);

/** @param {string} id @returns {Promise<Ticket>} */
export const join = (id) => call('POST', `${visitPath(id)}/join`);

/** @returns {Promise<Pick<Ticket, 'janus' | 'ice_servers'>>} to test the line */
export const check = () => call('POST', '/api/check');

/** @returns {Promise<Door | null>} one's own */
export const door = () => call('GET', '/api/door');

/** @param {DoorFields} fields @returns {Promise<Door>} */
export const saveDoor = (fields) => call('PUT', '/api/door', fields);

/** @param {string} name */
const doorPath = (name) => `/api/doors/${encodeURIComponent(name)}`;

/** @param {string} name @returns {Promise<Doorway>} */
export const doorway = (name) => call('GET', doorPath(name));

/** @param {string} name @returns {Promise<Visit>} the visit it becomes */
export const knock = (name) => call('POST', `${doorPath(name)}/knock`);

/** @returns {Promise<Visit>} calls whoever is on call */
export const callUrgently = () => call('POST', '/api/urgent');

/** @param {string} id of the visit of an urgent call @returns {Promise<Visit>} */
export const takeUrgent = (id) => call('POST',
	`/api/urgent/${encodeURIComponent(id)}/take`);

/** @param {boolean} on_call @returns {Promise<unknown>} */
export const setDuty = (on_call) => call('PUT', '/api/duty', { on_call });

/** @param {string} id @param {string} text for who waits there */
export const noteTo = (id, text) => call('POST', `${visitPath(id)}/note`,
	{ text });

/** @param {string} id @param {string} reason for who waits there */
export const declineAt = (id, reason) => call('POST',
	`${visitPath(id)}/decline`, { reason });

/**
 * Where signing in with a provider begins.
 * @param {string} provider
 * @param {string} next path to come back to
 */
export const providerLink = (provider, next) =>
	`/auth/start/${encodeURIComponent(provider)}`
	+ `?next=${encodeURIComponent(next)}`;
