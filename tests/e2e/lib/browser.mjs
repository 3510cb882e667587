// SPDX-License-Identifier: GPL-3.0-or-later
// Real browsers with pretended cameras, behind one small interface: Chromium
// by playwright, Firefox by WebDriver BiDi.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { ARTIFACTS, until } from './procs.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const PROBE = readFileSync(join(HERE, 'probe.js'), 'utf8');
const BEEP = readFileSync(join(HERE, 'beep.js'), 'utf8');
const ACTION_MS = 60000;

const CHROMIUM_ARGS = [
	'--no-sandbox', '--disable-gpu', '--disable-quic',
	'--disable-background-networking', '--disable-background-timer-throttling',
	'--disable-renderer-backgrounding',
	'--disable-features=WebRtcHideLocalIpsWithMdns,' +
		'CalculateNativeWinOcclusion',
];

// The second of Chromium's pretended cameras gives depths, which nobody can
// encode: there are three.
const CHROMIUM_DEVICES = [
	'--use-fake-ui-for-media-stream',
	'--use-fake-device-for-media-stream=fps=30,device-count=3',
	'--auto-select-desktop-capture-source=Entire screen',
];

const FIREFOX_PREFS = {
	'media.navigator.streams.fake': true,
	'media.navigator.permission.disabled': true,
	'media.peerconnection.ice.default_address_only': false,
	'media.peerconnection.ice.loopback': true,
	'media.peerconnection.ice.obfuscate_host_addresses': false,
	'media.autoplay.default': 0,
	'media.getdisplaymedia.enabled': true,
	'privacy.webrtc.legacyGlobalIndicator': false,
	'app.update.enabled': false,
	'browser.safebrowsing.enabled': false,
	'datareporting.policy.dataSubmissionEnabled': false,
};

/**
 * A page of either browser.
 */
export class Page {
	/** What went wrong in the page: uncaught errors and console errors. */
	problems = [];

	constructor(kind, page) {
		this.kind = kind;
		this.page = page;
		page.on('pageerror', (error) => this.problems.push(String(error)));
		page.on('console', (message) => {
			if (message.type() === 'error')
				this.problems.push(message.text());
		});
	}

	goto(url) {
		return this.page.goto(url, { waitUntil: 'load' });
	}

	reload() {
		return this.page.reload();
	}

	/** Runs a function in the page; its (JSON) result. */
	evaluate(fn, arg) {
		return this.page.evaluate(fn, arg);
	}

	/** What really flows, see probe.js. */
	sample() {
		return this.page.evaluate(() => globalThis.rthProbe.sample());
	}

	#control(role, name) {
		return this.kind === 'chromium'
			? this.page.getByRole(role, { name, exact: true }).first()
			: this.page.locator(
				`::-p-aria([name="${name}"][role="${role}"])`);
	}

	/** Does something to the page; if it cannot be done, what the page shows. */
	async #act(what, act) {
		try {
			await act();
		} catch (error) {
			await this.#tell(what, error);
		}
	}

	/** Throws an error with what the page shows, and keeps a picture of it. */
	async #tell(what, error) {
		const path = await this.picture(`missing-${Date.now()}`);

		throw new Error(`${what}: ${error.message}; it shows: ` +
			await this.page.evaluate(() => document.body.innerText) +
			`; picture: ${path}; problems: ${this.problems.join('; ')}`);
	}

	/** Clicks the control with that role and accessible name, as a user. */
	click(name, role = 'button') {
		return this.#act(`clicking ${name}`, () => this.kind === 'chromium'
			? this.#control(role, name).click({ timeout: ACTION_MS })
			: this.#control(role, name).setTimeout(ACTION_MS).click());
	}

	/** Clicks what a CSS selector finds, as a user. */
	press(selector) {
		return this.#act(`pressing ${selector}`, () => this.kind === 'chromium'
			? this.page.locator(selector).click({ timeout: ACTION_MS })
			: this.page.locator(selector).setTimeout(ACTION_MS).click());
	}

	/** Types into the text field with that label. */
	fill(name, text, role = 'textbox') {
		return this.#act(`typing into ${name}`, () => this.kind === 'chromium'
			? this.#control(role, name).fill(text, { timeout: ACTION_MS })
			: this.#control(role, name).setTimeout(ACTION_MS).fill(text));
	}

	/** Chooses an option of the list that a CSS selector finds. */
	async choose(selector, value) {
		if (this.kind === 'chromium')
			await this.page.selectOption(selector, value);
		else
			await this.page.select(selector, value);
	}

	/** Whether the page shows this text now. */
	shows(text) {
		return this.page.evaluate((wanted) =>
			document.body?.innerText.includes(wanted), text);
	}

	/** Waits until the page shows this text. */
	async sees(text, ms = ACTION_MS) {
		await this.#act(`waiting for "${text}"`, () => until(
			() => this.shows(text), ms, `the page shows "${text}"`));
	}

	/** Waits until a function in the page answers with something true. */
	until(fn, what, ms = ACTION_MS, arg = undefined) {
		return until(() => this.page.evaluate(fn, arg), ms, what);
	}

	async size(width, height) {
		if (this.kind === 'chromium')
			await this.page.setViewportSize({ width, height });
		else
			await this.page.setViewport({ width, height });
	}

	/** Saves a screenshot among the artifacts; its path. */
	async picture(name, folder = join(ARTIFACTS, '../screens')) {
		const path = join(folder, `${name}.png`);

		mkdirSync(folder, { recursive: true });
		await this.page.screenshot({ path });
		return path;
	}

	/** Closes it and forgets its cookies. */
	close() {
		return this.kind === 'chromium' ? this.page.context().close()
			: this.page.browserContext().close();
	}
}

/** A running browser. */
export class Browser {
	constructor(kind, browser, { denied = false, beep = false } = {}) {
		this.kind = kind;
		this.browser = browser;
		this.denied = denied;
		this.beep = beep;
	}

	/** A page with cookies of its own. */
	async page({ width = 1280, height = 800, storageState = undefined,
		locale = undefined } = {}) {
		if (this.kind === 'chromium') {
			const context = await this.browser.newContext({
				viewport: { width, height }, storageState, locale,
				permissions: this.denied ? [] : ['camera', 'microphone'],
			});

			await context.addInitScript(PROBE);
			if (this.beep)
				await context.addInitScript(BEEP);
			return new Page(this.kind, await context.newPage());
		}
		const context = await this.browser.createBrowserContext();
		const page = await context.newPage();

		await page.setViewport({ width, height });
		await page.evaluateOnNewDocument(PROBE);
		await page.evaluateOnNewDocument(pretendScreen);
		if (this.beep)
			await page.evaluateOnNewDocument(BEEP);
		return new Page(this.kind, page);
	}

	close() {
		return this.browser.close();
	}
}

/**
 * Firefox pretends to have a camera, but without a display no screen: a moving
 * picture is given instead. Runs in the page.
 */
function pretendScreen() {
	if (!navigator.mediaDevices)
		return;
	navigator.mediaDevices.getDisplayMedia = async () => {
		const canvas = Object.assign(document.createElement('canvas'),
			{ width: 1280, height: 720 });
		const context = /** @type {CanvasRenderingContext2D} */ (
			canvas.getContext('2d'));
		let x = 0;

		setInterval(() => {
			context.fillStyle = `hsl(${x += 7} 60% 50%)`;
			context.fillRect(0, 0, canvas.width, canvas.height);
		}, 66);
		return canvas.captureStream(15);
	};
}

/** A script that starts `program` under the words of `prefix`. */
function wrapped(program, prefix) {
	if (!prefix.length)
		return program;
	const path = join(mkdtempSync(join(tmpdir(), 'rth-browser-')), 'start');

	writeFileSync(path, `#!/bin/sh\nexec ${prefix.join(' ')} ${program} "$@"\n`,
		{ mode: 0o755 });
	return path;
}

/**
 * @param {{ prefix?: string[], devices?: boolean, denied?: boolean,
 *           beep?: boolean, anyCertificate?: boolean }} [options]
 *   devices: whether there are any; denied: whether nobody may use them; beep:
 *   camera and microphone are those of beep.js; anyCertificate: of a test's own
 *   servers, also those that relay media
 */
export async function startChromium({ prefix = [], devices = true,
	denied = false, beep = false, anyCertificate = false } = {}) {
	const extra = denied ? ['--deny-permission-prompts',
		'--use-fake-device-for-media-stream']
		: devices ? CHROMIUM_DEVICES : ['--use-fake-ui-for-media-stream'];

	return new Browser('chromium', await chromium.launch({
		executablePath: wrapped('/usr/bin/chromium', prefix),
		args: [...CHROMIUM_ARGS, ...extra,
			...(anyCertificate ? ['--ignore-certificate-errors'] : []),
			...(beep ? ['--autoplay-policy=no-user-gesture-required'] : [])],
	}), { denied, beep });
}

/**
 * Only in this namespace: BiDi is a port of localhost.
 *
 * @param {{ prefs?: object, beep?: boolean }} [options] beep: as above
 */
export async function startFirefox({ prefs = {}, beep = false } = {}) {
	return new Browser('firefox', await puppeteer.launch({
		browser: 'firefox', executablePath: '/usr/bin/firefox-esr',
		headless: true, extraPrefsFirefox: { ...FIREFOX_PREFS,
			'media.navigator.audio.fake_frequency': 1000, ...prefs },
	}), { beep });
}

/** @param {'chromium'|'firefox'} kind */
export function startBrowser(kind, options) {
	return kind === 'firefox' ? startFirefox(options) : startChromium(options);
}
