// SPDX-License-Identifier: GPL-3.0-or-later
// What a person says about the recording of a visit: that it be asked for,
// agreed to, refused or stopped; and what is told when that does not arrive.

import { codeOf } from './failures.js';

/**
 * @typedef {object} ConsentCallbacks
 * @property {(event: import('./state.js').Event) => void} dispatch
 * @property {() => import('./state.js').State} state
 * @property {(body: Record<string, any>) => Promise<void>} ask of the plugin
 */

const LANGUAGE_KEY = 'rth-recording';

/** @param {string | null} id @param {string} language of the text agreed to */
function rememberLanguage(id, language) {
	try {
		sessionStorage.setItem(LANGUAGE_KEY, `${id} ${language}`);
	} catch {
		// Then a reloaded page guesses it.
	}
}

/** @param {string | null} id @returns {string | null} */
function rememberedLanguage(id) {
	try {
		const [of, language] = (sessionStorage.getItem(LANGUAGE_KEY) ?? '')
			.split(' ');
		return of === id ? language : null;
	} catch {
		return null;
	}
}

export class Consenting {
	#to;

	/** @param {ConsentCallbacks} callbacks */
	constructor(callbacks) {
		this.#to = callbacks;
	}

	/** Asks everybody for a recording. */
	async ask() {
		this.#to.dispatch({ type: 'record-ask' });
		try {
			await this.#to.ask({ request: 'ask-recording' });
		} catch (error) {
			this.#to.dispatch({ type: 'record-refused', code: codeOf(error) });
		}
	}

	/**
	 * Answers what is asked, or takes one's pictures out of what runs.
	 * @param {import('./recording.js').Answer} answer
	 * @param {string} [language] of the text that was read; the one agreed to
	 */
	async answer(answer, language) {
		const { id } = this.#to.state().recording;
		const read = language ?? this.#languageRead();
		this.#to.dispatch({ type: 'record-answer', answer, language: read });
		try {
			await this.#to.ask({ request: 'consent', recording: id, answer,
				language: read });
			rememberLanguage(id, read);
		} catch {
			this.#unheard(id, 'not-answered');
			this.#to.dispatch({ type: 'record-reconsider' });
		}
	}

	/** Of the text that was agreed to; a reloaded page may have to guess. */
	#languageRead() {
		const { id, language } = this.#to.state().recording;
		return language ?? rememberedLanguage(id) ?? 'en';
	}

	/** Stops it for both: a patient by taking the consent back. */
	async stop() {
		const { recording: { id }, visit } = this.#to.state();
		const stop = { request: 'stop-recording', recording: id };
		try {
			if (visit?.role === 'patient')
				// However it is heard: it must stop.
				await this.#to.ask({ request: 'consent', recording: id,
					answer: 'no', language: this.#languageRead() })
					.catch(() => this.#to.ask(stop));
			else
				await this.#to.ask(stop);
		} catch {
			this.#unheard(id, 'not-stopped');
		}
	}

	/**
	 * Tells that a word about the recording did not arrive, unless it is over:
	 * an event has told that.
	 * @param {string | null} id
	 * @param {string} code
	 */
	#unheard(id, code) {
		const { recording } = this.#to.state();
		if (recording.id === id && ['answered', 'running', 'paused']
			.includes(recording.step))
			this.#to.dispatch({ type: 'failed', code });
	}
}
