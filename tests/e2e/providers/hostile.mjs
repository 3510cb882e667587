// SPDX-License-Identifier: GPL-3.0-or-later
// An OpenID provider that is honest until it is bent: every answer of it can be
// replaced by a wrong one. Honest, it checks the client as a good one does.
import { createHash, createHmac, generateKeyPairSync, randomBytes, sign }
	from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';

const b64 = (value) => Buffer.from(value).toString('base64url');
const part = (object) => b64(JSON.stringify(object));

/** alg -> how to make a key and a signature. */
const ALGORITHMS = {
	ES256: {
		make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
		sign: (data, key) => sign('sha256', data,
			{ key, dsaEncoding: 'ieee-p1363' }),
	},
	RS256: {
		make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
		sign: (data, key) => sign('sha256', data, key),
	},
	PS256: {
		make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
		sign: (data, key) => sign('sha256', data,
			{ key, padding: 6, saltLength: 32 }),
	},
	EdDSA: {
		make: () => generateKeyPairSync('ed25519'),
		sign: (data, key) => sign(null, data, key),
	},
};

/**
 * @typedef {object} Bend what is wrong this time; all optional
 * @property {string} [alg] that the ID token is signed with
 * @property {(claims: object) => void} [claims] changes the ID token's claims
 * @property {(header: object) => void} [header] changes its header
 * @property {(token: string, provider: Hostile) => string} [token] changes it
 * @property {(answer: object) => void} [answer] changes the token answer
 * @property {(query: URLSearchParams) => void} [callback] changes what the
 *           browser brings back
 * @property {(document: object) => void} [discovery]
 * @property {(userinfo: object) => void} [userinfo]
 * @property {Record<string, (request: import('node:http').IncomingMessage,
 *           response: import('node:http').ServerResponse) => void>} [raw]
 *           path -> answers instead
 */

export class Hostile {
	/** @type {Bend} */
	bend = {};
	/** Paths that were asked, in order. @type {string[]} */
	asked = [];
	email = 'patient@clinic.example';
	#codes = new Map();
	#keys = {};

	/**
	 * @param {{ id: string, secret: string, redirect: string }} client
	 * @param {{ key: Buffer, cert: Buffer }} [tls] for https on localhost
	 */
	constructor(client, tls) {
		const serve = (request, response) => {
			this.#serve(request, response).catch((error) => {
				response.writeHead(500).end(String(error));
			});
		};

		this.client = client;
		for (const [alg, { make }] of Object.entries(ALGORITHMS)) {
			const { publicKey, privateKey } = make();

			this.#keys[alg] = { publicKey, privateKey, kid: `kid-${alg}` };
		}
		this.server = tls ? createSecureServer(tls, serve) : createServer(serve);
		this.site = tls ? 'https://localhost' : 'http://127.0.0.1';
	}

	/** @param {number} [port] @returns {Promise<this>} */
	async listen(port = 0) {
		await new Promise((done) =>
			this.server.listen(port, '127.0.0.1', () => done(undefined)));
		this.issuer = `${this.site}:${/** @type {import('node:net').AddressInfo} */ (
			this.server.address()).port}`;
		return this;
	}

	async close() {
		this.server.closeAllConnections();
		await new Promise((done) => this.server.close(done));
	}

	publicPem(alg) {
		return this.#keys[alg].publicKey.export(
			{ type: 'spki', format: 'pem' });
	}

	/** Signs with HMAC, as an attacker who knows only `secret`. */
	static hmac(token, secret, header) {
		const data = `${part({ alg: 'HS256', typ: 'JWT', ...header })}.${
			token.split('.')[1]}`;

		return `${data}.${
			createHmac('sha256', secret).update(data).digest('base64url')}`;
	}

	async #serve(request, response) {
		const url = new URL(request.url, this.issuer);
		const raw = this.bend.raw?.[url.pathname];
		const handlers = {
			'/.well-known/openid-configuration': () => this.#discovery(),
			'/jwks': () => this.#jwks(),
			'/auth': () => this.#authorize(url, response),
			'/token': () => this.#token(request),
			'/userinfo': () => this.#userinfo(request),
		};

		this.asked.push(url.pathname);
		if (raw) {
			raw(request, response);
			return;
		}
		const [status, body] = await handlers[url.pathname]?.() ?? [404, {}];

		if (!response.headersSent)
			response.writeHead(status, { 'content-type': 'application/json' })
				.end(JSON.stringify(body));
	}

	#discovery() {
		const document = {
			issuer: this.issuer,
			authorization_endpoint: `${this.issuer}/auth`,
			token_endpoint: `${this.issuer}/token`,
			jwks_uri: `${this.issuer}/jwks`,
			userinfo_endpoint: `${this.issuer}/userinfo`,
			response_types_supported: ['code'],
			authorization_response_iss_parameter_supported: true,
		};

		this.bend.discovery?.(document);
		return [200, document];
	}

	#jwks() {
		return [200, { keys: Object.entries(this.#keys).map(([alg, key]) => ({
			...key.publicKey.export({ format: 'jwk' }),
			kid: key.kid, alg, use: 'sig' })) }];
	}

	#authorize(url, response) {
		const query = url.searchParams;
		const code = randomBytes(16).toString('hex');
		const back = new URL(query.get('redirect_uri') ?? 'x:');

		if (query.get('redirect_uri') !== this.client.redirect ||
		    query.get('client_id') !== this.client.id ||
		    query.get('response_type') !== 'code' ||
		    query.get('code_challenge_method') !== 'S256' ||
		    !query.get('scope')?.split(' ').includes('openid'))
			return [400, { error: 'invalid_request' }];
		this.#codes.set(code, { nonce: query.get('nonce'),
			challenge: query.get('code_challenge') });
		back.searchParams.set('code', code);
		back.searchParams.set('state', query.get('state') ?? '');
		back.searchParams.set('iss', this.issuer);
		this.bend.callback?.(back.searchParams);
		response.writeHead(303, { location: back.href }).end();
		return [0, {}];
	}

	#clientIsRight(request) {
		const [kind, text] = (request.headers.authorization ?? '').split(' ');
		const words = Buffer.from(text ?? '', 'base64').toString().split(':');

		return kind === 'Basic' && words.length === 2 &&
			decodeURIComponent(words[0]) === this.client.id &&
			decodeURIComponent(words[1]) === this.client.secret;
	}

	async #token(request) {
		let body = '';

		for await (const chunk of request)
			body += chunk;
		const form = new URLSearchParams(body);
		const code = this.#codes.get(form.get('code'));
		const challenge = createHash('sha256')
			.update(form.get('code_verifier') ?? '').digest('base64url');

		this.#codes.delete(form.get('code'));
		if (!this.#clientIsRight(request))
			return [401, { error: 'invalid_client' }];
		if (!code || code.challenge !== challenge ||
		    form.get('redirect_uri') !== this.client.redirect)
			return [400, { error: 'invalid_grant' }];
		const answer = { access_token: 'acc-ess', token_type: 'Bearer',
			id_token: this.#idToken(code.nonce) };

		this.bend.answer?.(answer);
		return [200, answer];
	}

	#idToken(nonce) {
		const now = Math.floor(Date.now() / 1000);
		const alg = this.bend.alg ?? 'ES256';
		const claims = { iss: this.issuer, aud: this.client.id, sub: 'sub-1',
			iat: now, exp: now + 300, nonce, email: this.email,
			email_verified: true, name: 'Paula Patient' };
		const header = { alg, kid: this.#keys[alg].kid, typ: 'JWT' };

		this.bend.claims?.(claims);
		this.bend.header?.(header);
		const data = `${part(header)}.${part(claims)}`;
		const signature = ALGORITHMS[alg].sign(Buffer.from(data),
			this.#keys[alg].privateKey);
		const token = `${data}.${b64(signature)}`;

		return this.bend.token?.(token, this) ?? token;
	}

	#userinfo(request) {
		const userinfo = { sub: 'sub-1', email: this.email,
			email_verified: true };

		if (request.headers.authorization !== 'Bearer acc-ess')
			return [401, {}];
		this.bend.userinfo?.(userinfo);
		return [200, userinfo];
	}
}
