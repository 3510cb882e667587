// SPDX-License-Identifier: GPL-3.0-or-later
// Somebody in front of the real page: does what people do, with the controls
// that people have.
import { until } from './procs.mjs';

const JOIN_MS = 60000;

export const JOINS = {
	camera: 'Join with camera', voice: 'Join with voice only',
	listen: 'Listen and write only',
};

/** What a screen has at all times; it may come a moment after its phase. */
const SCREENS = { 'home': '#visits', 'lobby': '#join-camera',
	'waiting': '.at-the-door', 'in-call': '#toggle-chat',
	'lost': '#toggle-chat', 'ended': '#ended-title' };

export class Person {
	/**
	 * @param {import('./browser.mjs').Page} page
	 * @param {string} url of the portal
	 * @param {{ email: string, name: string }} who
	 * @param {(email: string) => Promise<string>} code asks for the code sent
	 */
	constructor(page, url, who, code) {
		this.page = page;
		this.url = url;
		this.who = who;
		this.code = code;
	}

	/** Signs in by code on whatever address, and comes back to it. */
	async signIn(path = '/') {
		const { page } = this;

		await page.goto(this.url + path);
		await page.fill('Your e-mail address', this.who.email);
		await page.click('Send me a code');
		const code = await this.code(this.who.email);

		await page.fill('Code', code);
		await page.fill('Your name', this.who.name);
		await page.click('Sign in');
		await page.until(() => !['loading', 'signed-out'].includes(
			document.body.dataset.phase ?? ''), 'signed in');
	}

	/** Waits until the page is in that phase and shows its screen. */
	phase(name, ms = JOIN_MS) {
		return this.page.until(([wanted, shown]) =>
			document.body.dataset.phase === wanted &&
			Boolean(document.querySelector(shown)), `phase ${name}`, ms,
		[name, SCREENS[name] ?? 'body']);
	}

	/**
	 * The clinician makes a visit that is open; its id.
	 *
	 * @param {string} title
	 * @param {string} patientEmail
	 * @param {string} [kind] with Chromium
	 */
	async makeVisit(title, patientEmail, kind) {
		const { page } = this;

		await page.click('New visit');
		await page.fill('What is it about?', title);
		await page.fill('Patient’s e-mail address', patientEmail);
		if (kind)
			await page.page.selectOption('#visit-kind', kind);
		await page.click('Make the visit');
		return page.until((wanted) => /** @type {HTMLElement} */ (
			[...document.querySelectorAll('[data-visit]')].find((node) =>
				node.textContent?.includes(wanted)))?.dataset.visit,
		'the new visit', 60000, title);
	}

	/** From home into the lobby of the next visit. */
	async toLobby() {
		await this.page.click('Join the visit');
		await this.ready();
	}

	/** Waits in the lobby until one can join with the camera. */
	async ready() {
		await this.phase('lobby');
		await this.page.until(() => {
			const button = /** @type {HTMLButtonElement} */ (
				document.querySelector('#join-camera'));

			return Boolean(button && !button.disabled && !button.hidden &&
				document.querySelector('.preview video:not([hidden])'));
		}, 'the camera is ready');
	}

	/** Opens the lobby of a visit by its address. */
	async open(visit) {
		await this.page.goto(`${this.url}/visit/${visit}`);
		await this.phase('lobby');
	}

	/**
	 * Joins; for the first time a patient is let in by the clinician.
	 *
	 * @param {keyof typeof JOINS} how
	 * @param {Person} [clinician]
	 */
	async join(how = 'camera', clinician = undefined) {
		await this.page.click(JOINS[how]);
		await clinician?.admit();
		await this.phase('in-call');
	}

	/**
	 * Joins, and waits at the door.
	 *
	 * @param {keyof typeof JOINS} how
	 */
	async knock(how = 'camera') {
		await this.page.click(JOINS[how]);
		await this.phase('waiting');
	}

	/** Lets in who waits at the door. */
	async admit() {
		await this.page.press('#door .admit');
	}

	/** Waits until the other's picture is decoded and voice is heard. */
	seesAndHears(ms = JOIN_MS) {
		return this.flows((now, before) =>
			now.byMid.in1 > (before.byMid.in1 ?? 0) + 10 &&
			now.audioEnergy > before.audioEnergy, 'picture and voice', ms);
	}

	/**
	 * Waits until what flows satisfies `right`, given a sample and the first.
	 *
	 * @param {(now: any, before: any) => boolean} right
	 */
	async flows(right, what, ms = JOIN_MS) {
		const before = await this.page.sample();
		const end = Date.now() + ms;

		for (;;) {
			const now = await this.page.sample();

			if (right(now, before))
				return now;
			if (Date.now() > end)
				throw new Error(`${this.who.name}: not within ${ms} ms: ${what}: ` +
					JSON.stringify(now));
			await new Promise((done) => setTimeout(done, 100));
		}
	}

	/**
	 * Waits until the other's voice, and pictures if there are to be any, go on
	 * arriving, over whichever connection: what a new one counts begins at
	 * nothing.
	 */
	async hasBack(pictures = true, ms = JOIN_MS) {
		let base = await this.page.sample();

		await until(async () => {
			const now = await this.page.sample();
			const newer = (now.byMid.in1 ?? 0) - (base.byMid.in1 ?? 0);

			if (newer < 0 || now.audioEnergy < base.audioEnergy)
				base = now;
			// More than what was still under way.
			return now.audioEnergy > base.audioEnergy &&
				now.audioPacketsReceived > base.audioPacketsReceived + 40 &&
				(!pictures || newer > 15);
		}, ms, `${this.who.name} sees and hears the other again`);
	}

	/** Writes a message; the drawer is opened if it is not. */
	async write(text) {
		await this.openChat();
		await this.page.until(() => !(/** @type {HTMLButtonElement} */ (
			document.querySelector('#chat-send')).disabled), 'chat is ready');
		await this.page.fill('Your message', text);
		await this.page.click('Send');
	}

	#chatIsOpen() {
		return this.page.evaluate(() => !(/** @type {HTMLElement} */ (
			document.querySelector('#chat')).hidden));
	}

	/** Its button counts what is unread in its name, so it is found by place. */
	async openChat() {
		if (!await this.#chatIsOpen())
			await this.page.press('#toggle-chat');
	}

	async closeChat() {
		if (await this.#chatIsOpen())
			await this.page.click('Close messages');
	}

	/** The clinician ends the visit for both. */
	async leaveForBoth() {
		await this.page.click('Leave');
		await this.page.click('End for both');
		await this.phase('ended');
	}

	/** The clinician asks to record, by the control in the call. */
	askToRecord() {
		return this.page.press('#record');
	}

	/** Waits until the question for consent can be answered. */
	async asked() {
		await this.recording('asked');
		await this.page.until(() => !(/** @type {HTMLButtonElement} */ (
			document.querySelector('#consent-yes')).disabled), 'the answers');
	}

	/**
	 * Answers the question for consent, once it is on the page.
	 *
	 * @param {'yes'|'voice'|'no'} what
	 */
	async answer(what) {
		await this.recording('asked');
		await this.page.press(`#consent-${what}`);
	}

	/** Stops the recording, behind its sign. */
	async stopRecording() {
		await this.page.press('#recording-sign');
		await this.page.press('#recording-stop');
	}

	/** While it runs: no pictures of this person from now on. */
	async voiceOnlyFromNow() {
		await this.page.press('#recording-sign');
		await this.page.press('#recording-voice');
	}

	/**
	 * Waits until the page knows the recording to be in one of these states:
	 * those of web/js/recording.js.
	 *
	 * @param {string} states one, or several with a blank between
	 */
	recording(states, ms = 60000) {
		return this.page.until((wanted) =>
			wanted.split(' ').includes(document.body.dataset.recording ?? ''),
		`a recording that is ${states}`, ms, states);
	}

	/**
	 * The sign that everybody sees while it runs or is paused; null without.
	 *
	 * @returns {Promise<{ state: string, text: string } | null>}
	 */
	recordingSign() {
		return this.page.evaluate(() => {
			const sign = document.querySelector('#recording-sign');
			const box = sign?.getBoundingClientRect();

			return sign && box?.width && box.height ? {
				state: document.body.dataset.recording ?? '',
				text: /** @type {HTMLElement} */ (sign).innerText.trim(),
			} : null;
		});
	}

	/** The messages as the page shows them. */
	messages() {
		return this.page.evaluate(() =>
			[...document.querySelectorAll('#chat-lines .said')].map((line) => ({
				who: line.querySelector('.said-name')?.textContent,
				text: line.querySelector('.said-text')?.textContent,
				elements: line.querySelectorAll('.said-text *').length,
			})));
	}

	async reads(text) {
		await this.page.until((wanted) =>
			[...document.querySelectorAll('.said-text')].some((line) =>
				line.textContent === wanted), `the message "${text}"`, 60000, text);
	}
}
