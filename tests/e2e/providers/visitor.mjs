// SPDX-License-Identifier: GPL-3.0-or-later
// A browser as far as signing in goes: cookies per site, redirects by hand.
import '../lib/node18.mjs';
import { get } from 'node:https';

/** A request of a TLS server whose certificate the test made. */
function fetchTls(url, headers) {
	return new Promise((done, fail) => {
		get(url, { headers, rejectUnauthorized: false }, (response) => {
			response.resume();
			done(new Response(null, { status: response.statusCode,
				headers: { location: response.headers.location ?? '' } }));
		}).once('error', fail);
	});
}

export class Visitor {
	/** @type {Map<string, Map<string, string>>} site -> name -> value */
	#jars = new Map();

	/** @param {string} portal its origin */
	constructor(portal) {
		this.portal = portal;
	}

	#jar(url) {
		const host = new URL(url).host;

		if (!this.#jars.has(host))
			this.#jars.set(host, new Map());
		return /** @type {Map<string, string>} */ (this.#jars.get(host));
	}

	/** The names of the cookies that a site has set. */
	cookies(url = this.portal) {
		return [...this.#jar(url).keys()];
	}

	forget(url = this.portal) {
		this.#jar(url).clear();
	}

	#keep(url, response) {
		const jar = this.#jar(url);

		for (const line of response.headers.getSetCookie()) {
			const [pair, ...attributes] = line.split(';');
			const name = pair.slice(0, pair.indexOf('='));
			const value = pair.slice(pair.indexOf('=') + 1);

			if (!value || attributes.some((a) => /^ ?max-age=0$/i.test(a)) ||
			    attributes.some((a) => /expires=thu, 01 jan 1970/i.test(a)))
				jar.delete(name);
			else
				jar.set(name, value);
		}
	}

	/** One request, no redirect followed. */
	async ask(url, options = {}) {
		const cookie = [...this.#jar(url)].map(([n, v]) => `${n}=${v}`);
		const headers = { ...(cookie.length ? { cookie: cookie.join('; ') } : {}),
			...options.headers };
		const response = url.startsWith('https:')
			? await fetchTls(url, headers)
			: await fetch(url, { redirect: 'manual', ...options, headers });

		this.#keep(url, response);
		return response;
	}

	/** One request of the portal with a JSON body. */
	post(path, body, headers = {}) {
		return this.ask(this.portal + path, { method: 'POST',
			body: JSON.stringify(body), headers: { origin: this.portal,
				'content-type': 'application/json', ...headers } });
	}

	/**
	 * Goes on until somebody answers with something else than a redirect, or
	 * the portal sends to one of its pages.
	 *
	 * @returns {Promise<{ url: string, response: Response }>}
	 */
	async follow(url, options = {}) {
		for (let i = 0; i < 20; i++) {
			const response = await this.ask(url, options);
			const location = response.headers.get('location');

			if (!location)
				return { url, response };
			await response.arrayBuffer();
			url = new URL(location, url).href;
			options = {};
			if (url.startsWith(this.portal) &&
			    !url.startsWith(`${this.portal}/auth/`))
				return { url, response };
		}
		throw new Error('redirects without end');
	}

	/** Signs in at a provider that asks nothing; where that ends. */
	async signIn(provider, next = '') {
		const { url } = await this.follow(
			`${this.portal}/auth/start/${provider}${
				next && `?next=${encodeURIComponent(next)}`}`);

		return url.slice(this.portal.length);
	}

	/** Signs in at the real provider through its pages. */
	async signInAs(provider, login, answer = 'yes') {
		let page = await this.follow(
			`${this.portal}/auth/start/${provider}`);

		while (!page.url.startsWith(this.portal)) {
			const html = await page.response.text();
			const form = html.match(/<form[^>]* action="([^"]+)"/);
			const prompt = html.match(/name="prompt" value="([^"]+)"/);
			const abort = html.match(/href="([^"]+\/abort)"/);

			if (!form || !prompt)
				throw new Error(`no form at ${page.url}: ${html.slice(0, 500)}`);
			if (answer === 'no' && abort) {
				page = await this.follow(new URL(abort[1], page.url).href);
				continue;
			}
			page = await this.follow(new URL(form[1], page.url).href, {
				method: 'POST',
				body: new URLSearchParams({ prompt: prompt[1], login,
					password: 'any' }),
			});
		}
		return page.url.slice(this.portal.length);
	}

	/** What the portal says about who this is. */
	async session() {
		return (await this.ask(`${this.portal}/api/session`)).json();
	}
}
