// SPDX-License-Identifier: GPL-3.0-or-later
// All of RTHealth, running: the portal, Janus, and people with browsers.
import { secrets, startJanus } from './janus.mjs';
import { startBrowser } from './browser.mjs';
import { Person } from './person.mjs';
import { CLINICIAN, Portal, URL_OF_PORTAL } from './portal.mjs';
import { startRecorder } from './recorder.mjs';
import { Store } from './store.mjs';

export class Clinic {
	/** @type {Map<string, import('./browser.mjs').Browser>} */
	#browsers = new Map();
	#people = 0;

	/**
	 * @param {Partial<import('./janus.mjs').JanusOptions> & { recorder?: boolean
	 *   | import('./recorder.mjs').RecorderOptions, portal?: string }} [options]
	 *   recorder: whether there is one, or how it is to be; portal: more of its
	 *   configuration
	 */
	static async open({ recorder, portal, ...janus } = {}) {
		const clinic = new Clinic();

		clinic.keys = secrets();
		if (recorder)
			clinic.recorder = await startRecorder(recorder === true ? {}
				: recorder);
		clinic.portal = await Portal.start(clinic.keys, clinic.recorder,
			portal);
		clinic.janusOptions = { secrets: clinic.keys,
			recorderSocket: clinic.recorder?.socket, ...janus };
		clinic.janus = await startJanus(clinic.janusOptions);
		clinic.account = await clinic.portal.signIn(CLINICIAN, 'Dr. Example');
		if (clinic.recorder)
			clinic.store = new Store(clinic.recorder, clinic.portal.conf);
		return clinic;
	}

	/** A browser of that kind, the same one for the same options. */
	async browser(kind, options = {}) {
		const key = kind + JSON.stringify(options);

		if (!this.#browsers.has(key))
			this.#browsers.set(key, await startBrowser(kind, options));
		return /** @type {import('./browser.mjs').Browser} */ (
			this.#browsers.get(key));
	}

	/**
	 * Somebody with a browser, not signed in.
	 *
	 * @param {string} kind
	 * @param {{ email?: string, name?: string, size?: object,
	 *           browser?: object }} [who]
	 */
	async person(kind, who = {}) {
		// A page in the background is slowed down by Firefox: everybody has
		// one of their own.
		const browser = await this.browser(kind, who.browser ?? (
			kind === 'firefox' ? { prefs: { 'rth.person': who.email ? 1 : 2 } }
				: {}));
		const number = ++this.#people;

		return new Person(await browser.page(who.size), URL_OF_PORTAL, {
			email: who.email ?? `patient${number}@mail.example`,
			name: who.name ?? `Patient ${number}`,
		}, (email) => this.portal.code(email));
	}

	clinician(kind, who = {}) {
		return this.person(kind,
			{ email: CLINICIAN, name: 'Dr. Example', ...who });
	}

	/**
	 * A clinician and a patient in a visit that both have joined.
	 *
	 * @param {[string, string]} kinds of browser
	 * @param {{ clinician?: object, patient?: object, how?: any,
	 *           title?: string }} [who]
	 */
	async call(kinds, who = {}) {
		const clinician = await this.clinician(kinds[0], who.clinician);
		const patient = await this.person(kinds[1], who.patient);
		const visit = await this.account.makeVisit(patient.who.email,
			who.title);

		for (const person of [clinician, patient]) {
			await person.signIn(`/visit/${visit}`);
			await person.ready();
			await person.join(who.how,
				person === patient ? clinician : undefined);
		}
		return { visit, clinician, patient };
	}

	async close() {
		await Promise.all([...this.#browsers.values()].map((browser) =>
			browser.close().catch(() => {})));
		await Promise.all([this.janus, this.portal?.program, this.recorder]
			.map((program) => program?.stop()));
	}
}
