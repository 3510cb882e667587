// SPDX-License-Identifier: GPL-3.0-or-later
// The portal's review interface (docs/portal-api.md, "Review").

import { call } from '../api.js';
import { fetchPlain } from './plain.js';

/**
 * @typedef {'list' | 'play' | 'download' | 'hold' | 'delete'
 *   | 'administer'} Right
 * @typedef {'running' | 'finished' | 'incomplete' | 'interrupted'
 *   | 'lost'} RecordingState
 * @typedef {{id: string | null, name: string | null}} Named a patient who
 *   has never signed in has neither
 *
 * @typedef {object} Recording
 * @property {string} id
 * @property {string} begun RFC 3339, UTC
 * @property {number | null} seconds null while it runs
 * @property {RecordingState} state
 * @property {string | null} reason how it ended: a code
 * @property {number} lost_ms that could not be stored
 * @property {boolean} hold
 * @property {string | null} delete_on RFC 3339
 * @property {{id: string, title: string} | null} visit
 * @property {Named | null} clinician
 * @property {Named | null} patient
 * @property {Right[]} rights the viewer's
 * @property {boolean} [preview] are strip and outline there
 *
 * @typedef {Recording & {reasons: string[], reason_needed: boolean}} Detail
 *
 * @typedef {object} AuditRow
 * @property {number} n
 * @property {string} time RFC 3339, UTC
 * @property {Named | null} subject
 * @property {string | null} role
 * @property {string} action
 * @property {string | null} object
 * @property {string | null} visit
 * @property {string | null} outcome
 * @property {string | null} reason
 * @property {string | null} client
 * @property {Record<string, any> | null} data
 *
 * @typedef {{recordings: Recording[], next: string | null}} RecordingsPage
 * @typedef {{rows: AuditRow[], next: string | null}} AuditPage
 *
 * @typedef {object} Segment one file of a lane
 * @property {string} src
 * @property {'webm' | 'mp4'} container
 * @property {number} start_ms on the recording's clock
 * @property {number} duration_ms
 * @property {boolean} audio
 * @property {boolean} video
 * @property {number} width
 * @property {number} height
 * @property {boolean} finished
 *
 * @typedef {object} Lane
 * @property {string} lane
 * @property {'clinician' | 'patient'} role
 * @property {Segment[]} segments
 *
 * @typedef {object} Play
 * @property {string} id
 * @property {Recording} recording
 * @property {number} duration_ms
 * @property {boolean} running
 * @property {string} how
 * @property {number | null} lost_at_ms
 * @property {Lane[]} lanes
 * @property {string[]} chat addresses of JSON lines
 * @property {({event: string, time_ms: number} & Record<string, any>)[]} notes
 * @property {{src: string, language: string}[]} [captions]
 *
 * @typedef {'mp4' | 'webm'} Container
 * @typedef {'side-by-side' | 'picture-in-picture'} Layout
 * @typedef {{container: Container, layout: Layout, burn_in: boolean,
 *   reason: string}} FilmFields
 *
 * @typedef {object} Film a recording in one file
 * @property {string} id
 * @property {Container} container
 * @property {Layout} layout
 * @property {boolean} burn_in names and time in the picture
 * @property {'waiting' | 'running' | 'done' | 'failed' | 'cancelled'} state
 * @property {string} asked RFC 3339, UTC
 * @property {number} progress 0 to 1
 * @property {number | null} remaining_s
 * @property {number | null} bytes
 * @property {string | null} expires RFC 3339, UTC
 * @property {string | null} error a code
 * @property {string | null} href
 *
 * @typedef {{name: string, type: string, bytes: number,
 *   href: string}} StoredFile
 */

/** @param {string} id */
const recordingPath = (id) => `/api/recordings/${encodeURIComponent(id)}`;

/** @param {string} play */
const playPath = (play) => `/api/plays/${encodeURIComponent(play)}`;

/** @param {string} query as of filters.js @returns {Promise<RecordingsPage>} */
export const recordings = (query) => call('GET', `/api/recordings?${query}`);

/** @param {string} id @returns {Promise<Detail>} */
export const recording = (id) => call('GET', recordingPath(id));

/** @param {string} id @param {string} reason @returns {Promise<Play>} */
export const play = (id, reason) =>
	call('POST', `${recordingPath(id)}/play`, { reason });

/** @param {string} id @returns {Promise<Play>} */
export const playAgain = (id) => call('GET', playPath(id));

/**
 * What was really shown.
 * @param {string} id of the play
 * @param {[number, number][]} ranges in ms
 * @param {boolean} [last] the page is going away
 */
export const watched = (id, ranges, last = false) =>
	call('POST', `${playPath(id)}/watched`, { ranges_ms: ranges },
		{ keepalive: last });

/** @param {string} id @param {string} reason @returns {Promise<Recording>} */
export const hold = (id, reason) =>
	call('PUT', `${recordingPath(id)}/hold`, { reason });

/** @param {string} id @returns {Promise<Recording>} */
export const release = (id) => call('DELETE', `${recordingPath(id)}/hold`);

/** @param {string} id @returns {Promise<{certificate: Record<string, any>}>} */
export const remove = (id) => call('DELETE', recordingPath(id));

/** Small pictures in a row. @param {string} id @returns {Promise<Blob>} */
export const strip = async (id) =>
	(await fetchPlain(`${recordingPath(id)}/strip`)).blob();

/** @param {string} id @returns {Promise<import('./outline.js').Outline>} */
export const outline = (id) => call('GET', `${recordingPath(id)}/outline`);

/** @param {string} id @returns {Promise<StoredFile[]>} */
export const files = async (id) =>
	(await call('GET', `${recordingPath(id)}/files`)).files;

/** @param {string} id @returns {Promise<Film[]>} newest first */
export const films = async (id) =>
	(await call('GET', `${recordingPath(id)}/films`)).films;

/** @param {string} id @param {FilmFields} fields @returns {Promise<Film>} */
export const askFilm = (id, fields) =>
	call('POST', `${recordingPath(id)}/films`, fields);

/** Cancels or deletes it. @param {string} film */
export const removeFilm = (film) =>
	call('DELETE', `/api/films/${encodeURIComponent(film)}`);

/** @param {string} query as of filters.js @returns {Promise<AuditPage>} */
export const audit = (query) => call('GET', `/api/audit?${query}`);
