// SPDX-License-Identifier: GPL-3.0-or-later
// What a clinician in a visit decides on those who wait at its door.

import { codeOf } from './failures.js';

export class Doorkeeper {
	#to;

	/**
	 * @param {Pick<import('./consenting.js').ConsentCallbacks,
	 *   'dispatch' | 'ask'>} callbacks
	 */
	constructor(callbacks) {
		this.#to = callbacks;
	}

	/**
	 * Tells the plugin what becomes of somebody who waits.
	 * @param {'admit' | 'deny' | 'note'} request
	 * @param {string} participant
	 * @param {{reason?: string, text?: string}} [more] what these two need
	 */
	async decide(request, participant, more = {}) {
		try {
			await this.#to.ask({ request, participant, ...more });
			if (request === 'note')
				this.#to.dispatch({ type: 'failed', code: 'note-sent' });
		} catch (error) {
			const code = codeOf(error);
			// Whoever is not there any more has left the list, too.
			if (code !== 'not-waiting' || request === 'note')
				this.#to.dispatch({ type: 'failed', code: code === 'room-full'
					? 'seat-taken' : code });
		}
	}
}
