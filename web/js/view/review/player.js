// SPDX-License-Identifier: GPL-3.0-or-later
// The player of one recording.

import { fill, h } from '../dom.js';

/**
 * What the player asks of the portal. Each throws an ApiError of api.js; 401
 * and 404 end the player, whose pictures are gone at once.
 * @typedef {object} PlayerApi
 * @property {(play: string) => Promise<any>} play GET /api/plays/<play>
 * @property {(play: string, ranges: [number, number][], last: boolean)
 *   => Promise<any>} watched POST /api/plays/<play>/watched; last: the page is
 *   going away, send it with `keepalive`
 */

/**
 * @param {HTMLElement} root what is in it is replaced
 * @param {any} play the answer of POST /api/recordings/<id>/play
 * @param {PlayerApi} api
 * @returns {{ close: () => void }}
 */
export function openPlayer(root, play, api) {
	void play;
	void api;
	fill(root, h('p', { class: 'hint' }, 'Loading…'));
	return { close: () => root.replaceChildren() };
}
