// SPDX-License-Identifier: GPL-3.0-or-later
// Signing in: the real portal against a real OpenID provider, one that lies in
// every way, and a real mail server. A failure ends at the documented error
// code, without a session.
import './lib/node18.mjs';
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { stopAll, until } from './lib/procs.mjs';
import { Hostile } from './providers/hostile.mjs';
import { startMailbox } from './providers/mailbox.mjs';
import { freePort, startPortal } from './providers/portal.mjs';
import { startReal } from './providers/real.mjs';
import { Visitor } from './providers/visitor.mjs';

/* A secret that only reaches the provider when it is encoded first. */
const SECRET = 'a:secret+with%20and &=?';

/** @type {Record<string, any>} what `before` has started */
const it = {};

async function client(id) {
	return { id: 'the:client', secret: SECRET,
		redirect: `http://localhost:${it.port}/auth/callback/${id}` };
}

async function startHostile(id, bend = {}, tls = undefined) {
	const hostile = new Hostile(await client(id), tls);

	hostile.bend = bend;
	await hostile.listen();
	return it[id] = hostile;
}

function provider(id, issuer) {
	return { id, name: id, issuer, client_id: 'the:client',
		client_secret: SECRET, scope: 'openid email profile' };
}

before(async () => {
	it.port = await freePort();
	it.real = await startReal(await client('real'), await freePort(), true);
	it.lean = await startReal(await client('lean'), await freePort(), false);
	await startHostile('hostile');
	await startHostile('liar', { discovery: (d) => { d.issuer += '/'; } });
	await startHostile('plain',
		{ discovery: (d) => { d.token_endpoint = 'http://192.0.2.1/token'; } });
	await startHostile('wide', { raw: { '/.well-known/openid-configuration':
		(_request, response) => response.end('x'.repeat(1 << 20)) } });
	await startHostile('keyless', { raw: { '/jwks':
		(_request, response) => response.writeHead(503).end() } });
	it.deadPort = await freePort();
	it.mailbox = await startMailbox({ tls: true });
	await startHostile('stranger', {}, it.mailbox.tls);
	await startHostile('private', {}, it.mailbox.tls);
	await startHostile('inward', { discovery: (d) => {
		d.token_endpoint = it.hostile.issuer + '/token'; } }, it.mailbox.tls);
	it.portal = await startPortal({
		port: it.port,
		providers: [
			provider('real', it.real.issuer), provider('lean', it.lean.issuer),
			provider('dead', `http://127.0.0.1:${it.deadPort}`),
			...['hostile', 'liar', 'plain', 'wide', 'keyless', 'stranger'].map(
				(id) => provider(id, it[id].issuer)),
			...['private', 'inward'].map((id) => ({
				...provider(id, it[id].issuer),
				ca_file: it.mailbox.certificate })),
		],
		smtp: { url: `smtp://localhost:${it.mailbox.port}`, user: 'portal',
			password: 'mail-password', from: 'clinic@clinic.example',
			ca_file: it.mailbox.certificate },
		code: { per_address_hour: 3, per_client_hour: 40,
			tries_client_hour: 60 },
	});
});

after(async () => {
	const status = await it.portal?.stop();

	await stopAll();
	await Promise.all(['real', 'lean', 'hostile', 'liar', 'plain', 'wide',
		'keyless', 'stranger', 'private', 'inward', 'back'].map((id) => it[id]?.close()));
	await it.mailbox?.stop();
	assert.equal(status, 0);
});

const visitor = () => new Visitor(it.portal.url);

/** Signs in with a lie told, and says where that ended. */
async function bent(bend, who = visitor()) {
	it.hostile.bend = bend;
	const end = await who.signIn('hostile').finally(() => {
		it.hostile.bend = {};
	});
	const session = await who.session();

	assert.equal(session.signed_in, end.startsWith('/?error=') ? false : true);
	return end;
}

describe('a real provider', () => {
	test('signs in, with the e-mail in the ID token', async () => {
		const v = visitor();

		assert.equal(await v.signInAs('real', 'anna'), '/');
		const session = await v.session();

		assert.equal(session.signed_in, true);
		assert.equal(session.user.email, 'anna@clinic.example');
		assert.equal(session.user.name, 'Name anna');
		assert.equal(session.user.role, 'patient');
	});
	test('signs in, with the e-mail from userinfo', async () => {
		const v = visitor();

		assert.equal(await v.signInAs('lean', 'berta'), '/');
		assert.equal((await v.session()).user.email,
			'berta@clinic.example');
	});
	test('an unverified address is refused', async () => {
		for (const id of ['real', 'lean']) {
			const v = visitor();

			assert.equal(await v.signInAs(id, 'un-carl'),
				'/?error=email-unverified');
			assert.equal((await v.session()).signed_in, false);
		}
	});
	test('somebody who says no there is not signed in', async () => {
		const v = visitor();

		assert.equal(await v.signInAs('real', 'dora', 'no'),
			'/?error=sign-in-refused');
		assert.equal((await v.session()).signed_in, false);
	});
	test('down: told, and back when it is back', async () => {
		const v = visitor();

		assert.equal(await v.signIn('dead'), '/?error=provider-down');
		assert.equal((await v.session()).signed_in, false);
		it.back = new Hostile(await client('dead'));
		await it.back.listen(it.deadPort);
		assert.equal(await until(async () => {
			const end = await v.signIn('dead');

			return end !== '/?error=provider-down' && end;
		}, 60000, 'it is asked again', 300), '/');
	});
	test('with a certificate nobody here trusts: down', async () => {
		assert.equal(await visitor().signIn('stranger'),
			'/?error=provider-down');
		assert.deepEqual(it.stranger.asked, []);
	});
	test('with a certificate of an authority named here: signs in', async () => {
		assert.equal(await visitor().signIn('private'), '/');
	});
});

describe('the way out and back', () => {
	test('honest answers of every algorithm sign in', async () => {
		for (const alg of ['ES256', 'RS256', 'PS256', 'EdDSA'])
			assert.equal(await bent({ alg }), '/', alg);
	});
	test('it ends where it was to end, on this site only', async () => {
		assert.equal(await visitor().signIn('hostile', '/visit/abc?d=e'),
			'/visit/abc?d=e');
		for (const next of ['//evil.example', '/\\evil.example',
			'https://evil.example/'])
			assert.equal(await visitor().signIn('hostile', next), '/', next);
		assert.equal((await visitor().ask(`${it.portal.url}/auth/start/hostile` +
			'?next=/%09/evil.example')).status, 400);
	});
	test('the request is complete, fresh, and its cookie private', async () => {
		const urls = [], cookies = [];

		for (let i = 0; i < 2; i++) {
			const response = await visitor().ask(
				`${it.portal.url}/auth/start/hostile`);

			assert.equal(response.status, 303);
			urls.push(new URL(response.headers.get('location') ?? ''));
			cookies.push(response.headers.getSetCookie()[0]);
		}
		for (const name of ['state', 'nonce', 'code_challenge']) {
			const values = urls.map((url) => url.searchParams.get(name));

			assert.match(values[0] ?? '', /^[\w-]{43}$/, name);
			assert.notEqual(values[0], values[1], name);
		}
		for (const word of [/^__Host-/, /; HttpOnly/i, /; Secure/i,
			/; SameSite=Lax/i, /; Path=\//i, /; Max-Age=600/i])
			assert.match(cookies[0], word);
	});
	test('an unknown provider is not found', async () => {
		for (const path of ['start', 'callback'])
			assert.equal((await visitor().ask(
				`${it.portal.url}/auth/${path}/nobody`)).status, 404);
	});
	test('two tabs can sign in at once', async () => {
		const v = visitor();
		const pages = [];

		for (let i = 0; i < 2; i++)
			pages.push((await v.ask(`${it.portal.url}/auth/start/hostile`))
				.headers.get('location'));
		const first = await v.ask(pages[0] ?? '');
		const second = await v.ask(pages[1] ?? '');

		assert.equal((await v.follow(second.headers.get('location') ?? '')).url,
			`${it.portal.url}/`);
		assert.equal((await v.session()).signed_in, true);
		assert.ok(first.headers.get('location'));
	});
	test('an answer serves once', async () => {
		const v = visitor();
		const out = await v.ask(`${it.portal.url}/auth/start/hostile`);
		const cookie = out.headers.getSetCookie()[0].split(';')[0];
		const back = await v.ask(out.headers.get('location') ?? '');
		const callback = back.headers.get('location') ?? '';

		assert.equal((await v.ask(callback)).headers.get('location'), '/');
		v.forget();
		const again = await v.ask(callback, { headers: { cookie } });

		assert.equal(again.headers.get('location'),
			'/?error=sign-in-expired');
		assert.deepEqual(again.headers.getSetCookie(), []);
	});
	test('an answer serves the browser that asked only', async () => {
		const attacker = visitor(), victim = visitor();
		const out = await attacker.ask(
			`${it.portal.url}/auth/start/hostile`);
		const back = await attacker.ask(out.headers.get('location') ?? '');

		await victim.ask(`${it.portal.url}/auth/start/hostile`);
		const end = await victim.ask(back.headers.get('location') ?? '');

		assert.equal(end.headers.get('location'), '/?error=sign-in-expired');
		assert.equal((await victim.session()).signed_in, false);
	});
	test('an answer to another provider is refused', async () => {
		const v = visitor();
		const out = await v.ask(`${it.portal.url}/auth/start/hostile`);
		const back = await v.ask(out.headers.get('location') ?? '');
		const url = (back.headers.get('location') ?? '')
			.replace('/callback/hostile', '/callback/real');

		assert.equal((await v.ask(url)).headers.get('location'),
			'/?error=sign-in-failed');
		assert.equal((await v.session()).signed_in, false);
	});
});

const FAILED = '/?error=sign-in-failed';
const EXPIRED = '/?error=sign-in-expired';
const REFUSED = '/?error=sign-in-refused';
const DOWN = '/?error=provider-down';
const UNVERIFIED = '/?error=email-unverified';
const now = () => Math.floor(Date.now() / 1000);

/** @param {(claims: any) => void} change */
const claims = (change) => ({ claims: change });
/** @param {(query: URLSearchParams) => void} change */
const callback = (change) => ({ callback: change });
/** @param {(response: import('node:http').ServerResponse) => void} answer */
const token = (answer) => ({ raw: {
	'/token': (_request, response) => answer(response) } });
const unsigned = (alg) => ({ token: (/** @type {string} */ t) =>
	`${Buffer.from(`{"alg":"${alg}","typ":"JWT"}`).toString('base64url')}.${
		t.split('.')[1]}.` });

/** @type {[string, string, import('./providers/hostile.mjs').Bend][]} */
const LIES = [
	['wrong state', EXPIRED, callback((q) => q.set('state', 'x'.repeat(43)))],
	['no state', EXPIRED, callback((q) => q.delete('state'))],
	['state twice', EXPIRED,
		callback((q) => q.append('state', q.get('state') ?? ''))],
	['wrong iss parameter', FAILED,
		callback((q) => q.set('iss', 'https://evil.example'))],
	['promised iss parameter missing', FAILED,
		callback((q) => q.delete('iss'))],
	['no code', FAILED, callback((q) => q.delete('code'))],
	['wrong code', FAILED, callback((q) => q.set('code', 'guessed'))],
	['access_denied', REFUSED,
		callback((q) => q.set('error', 'access_denied'))],
	['server_error', DOWN, callback((q) => q.set('error', 'server_error'))],
	['invalid_scope', FAILED,
		callback((q) => q.set('error', 'invalid_scope'))],

	['wrong nonce', FAILED, claims((c) => { c.nonce = 'n'; })],
	['no nonce', FAILED, claims((c) => { delete c.nonce; })],
	['wrong issuer', FAILED, claims((c) => { c.iss += '/'; })],
	['wrong audience', FAILED, claims((c) => { c.aud = 'other'; })],
	['audience of others', FAILED, claims((c) => { c.aud = ['a', 'b']; })],
	['two audiences without azp', FAILED,
		claims((c) => { c.aud = [c.aud, 'other']; })],
	['wrong azp', FAILED, claims((c) => { c.azp = 'other'; })],
	['expired', FAILED,
		claims((c) => { c.iat = now() - 900; c.exp = now() - 600; })],
	['from the future', FAILED,
		claims((c) => { c.iat = now() + 900; c.exp = now() + 1200; })],
	['no expiry', FAILED, claims((c) => { delete c.exp; })],
	['no subject', FAILED, claims((c) => { delete c.sub; })],

	['alg none', FAILED, unsigned('none')],
	['alg NoNe', FAILED, unsigned('NoNe')],
	['HMAC with the public key', FAILED, { token: (t, p) =>
		Hostile.hmac(t, p.publicPem('ES256'), { kid: 'kid-ES256' }) }],
	['HMAC with the client secret', FAILED, { token: (t) =>
		Hostile.hmac(t, SECRET, {}) }],
	['bad signature', FAILED, { token: (t) =>
		t.slice(0, -6) + (t.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA') }],
	['claims of another token', FAILED, { token: (t) => {
		const [head, body, tail] = t.split('.');
		const read = JSON.parse(Buffer.from(body, 'base64url').toString());

		return [head, Buffer.from(JSON.stringify({ ...read,
			email: 'admin@clinic.example' })).toString('base64url'), tail]
			.join('.');
	} }],
	['not a token', FAILED, { token: () => 'x.y' }],
	['no token', FAILED, { answer: (a) => { delete a.id_token; } }],
	['key of another algorithm', FAILED,
		{ header: (h) => { h.kid = 'kid-RS256'; } }],
	['embedded key', FAILED, { header: (h) => { h.jwk = {}; } }],
	['wrong typ', FAILED, { header: (h) => { h.typ = 'at+jwt'; } }],

	['unverified e-mail', UNVERIFIED,
		claims((c) => { c.email_verified = false; })],
	['unverified e-mail in words', UNVERIFIED,
		claims((c) => { c.email_verified = 'false'; })],
	['e-mail nobody vouches for', UNVERIFIED,
		claims((c) => { delete c.email_verified; })],
	['no e-mail anywhere', UNVERIFIED, {
		claims: (c) => { delete c.email; },
		userinfo: (u) => { delete u.email; } }],
	['unverified e-mail from userinfo', UNVERIFIED, {
		claims: (c) => { delete c.email; },
		userinfo: (u) => { u.email_verified = false; } }],
	['userinfo about another person', FAILED, {
		claims: (c) => { delete c.email; },
		userinfo: (u) => { u.sub = 'sub-2'; } }],
	['e-mail that is none', UNVERIFIED,
		claims((c) => { c.email = 'a@b\r\nBcc: x@y'; })],
	['e-mail that is a list', UNVERIFIED,
		claims((c) => { c.email = ['a@clinic.example']; })],

	['token endpoint hangs up', DOWN, token((r) => r.destroy())],
	['token endpoint fails', DOWN, token((r) => r.writeHead(500).end())],
	['token endpoint redirects', FAILED, token((r) =>
		r.writeHead(307, { location: '/token?again' }).end())],
	['token endpoint says no', FAILED, token((r) =>
		r.writeHead(400).end('{"error":"invalid_grant"}'))],
	['token endpoint talks HTML', FAILED, token((r) => r.end('<html>'))],
	['token endpoint lists', FAILED, token((r) => r.end('[]'))],
	['token endpoint says it twice', FAILED, token((r) =>
		r.end('{"id_token":"a.b.c","id_token":"d.e.f"}'))],
	['token endpoint talks without end', FAILED, token((r) =>
		r.end(`{"id_token":"${'x'.repeat(1 << 20)}"}`))],
	/* Last: fetching keys for it is paid for from a bucket. */
	['unknown key', FAILED, { header: (h) => { h.kid = 'kid-new'; } }],
];

describe('a provider that lies', () => {
	for (const [name, code, bend] of LIES)
		test(name, async () => assert.equal(await bent(bend), code));

	test('the redirect of its token endpoint was not followed', () => {
		assert.ok(it.hostile.asked.includes('/token'));
		assert.equal(it.hostile.asked.includes('/token?again'), false);
	});
	test('after all that, honest is honest', async () => {
		assert.equal(await bent({}), '/');
		assert.equal(await bent({ claims: (c) => {
			c.email_verified = 'true';
			c.aud = [c.aud];
		} }), '/');
	});
	test('a slow token endpoint is given up, others go on', async () => {
		/** @type {import('node:http').ServerResponse[]} */
		const held = [];
		let overtaken = false;

		// Whoever is not held up comes in while the slow one waits; a second
		// round is for a machine on which that takes longer than it may wait.
		for (let rounds = 1; !overtaken; rounds++) {
			let ended = false;
			const slow = bent(token((response) => { held.push(response); }))
				.finally(() => { ended = true; });

			assert.ok(rounds <= 12, 'others wait for the slow one');
			await until(() => held.length === rounds, 60000, 'it is held');
			assert.equal(await visitor().signInAs('real', 'emil'), '/');
			overtaken = !ended;
			await until(() => ended, 60000, 'the slow one is given up');
			assert.equal(await slow, DOWN);
		}
		held.forEach((response) => response.destroy());
	});
	test('a discovery document of another issuer is refused', async () => {
		assert.equal(await visitor().signIn('liar'), FAILED);
	});
	test('a token endpoint without TLS is refused', async () => {
		assert.equal(await visitor().signIn('plain'), FAILED);
	});
	test('a provider elsewhere cannot send us to this machine', async () => {
		assert.equal(await visitor().signIn('inward'), FAILED);
	});
	test('a discovery document without end is refused', async () => {
		assert.equal(await visitor().signIn('wide'), FAILED);
	});
	test('without its keys nobody is signed in', async () => {
		const v = visitor();

		assert.equal(await v.signIn('keyless'), DOWN);
		assert.equal((await v.session()).signed_in, false);
	});
});

describe('a code by e-mail', () => {
	const ask = (email, v = visitor()) => v.post('/auth/code', { email });
	const verify = (v, email, code, more = {}) =>
		v.post('/auth/verify', { email, code, ...more });
	const wrong = (code) => code === '000000' ? '000001' : '000000';

	test('arrives over TLS and signs in once', async () => {
		const v = visitor(), email = 'fritz@home.example';

		assert.equal((await ask('Fritz@Home.example', v)).status, 202);
		const code = await it.mailbox.code(email);
		const mail = it.mailbox.mails.find((m) => m.to === email);

		assert.match(code, /^\d{6}$/);
		assert.equal(mail.secure, true);
		assert.equal(mail.user, 'portal');
		for (const line of [/^Date: \w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000\r$/m,
			/^Message-ID: <[\w-]{22}@clinic\.example>\r$/m,
			/^From: <clinic@clinic\.example>\r$/m])
			assert.match(mail.text, line);
		assert.equal((await verify(v, email, code, { name: 'Fritz F.' })).status,
			200);
		assert.deepEqual((({ email: e, name }) => ({ e, name }))(
			(await v.session()).user), { e: email, name: 'Fritz F.' });
		assert.equal((await verify(visitor(), email, code)).status, 403);
	});
	test('the answer is the same for everybody', async () => {
		const answers = [];

		for (const email of ['fritz@home.example', 'nobody@nowhere.example']) {
			const response = await ask(email);
			const headers = [...response.headers].filter(([name]) =>
				name !== 'date');

			answers.push({ status: response.status, headers,
				body: await response.text() });
		}
		assert.deepEqual(answers[0], answers[1]);
		const wrongs = await Promise.all(['fritz@home.example',
			'never-asked@nowhere.example'].map(async (email) => {
			const response = await verify(visitor(), email, '12345a');

			return [response.status, await response.text()];
		}));

		assert.deepEqual(wrongs[0], wrongs[1]);
	});
	test('a mailbox that does not exist gets the same answer', async () => {
		const response = await ask('refused@home.example');

		assert.deepEqual([response.status, await response.json()],
			[202, { ok: true }]);
		await it.portal.program.line(
			/"event":\s*"mail-failed",\s*"reason":\s*"denied"/, 60000);
	});
	test('five wrong tries lock it, the right one too', async () => {
		const v = visitor(), email = 'gerda@home.example';

		await ask(email);
		const code = await it.mailbox.code(email);

		for (let i = 0; i < 5; i++)
			assert.equal((await verify(v, email, wrong(code))).status, 403);
		const locked = await verify(v, email, code);
		const never = await verify(visitor(), 'never@home.example', code);

		assert.equal(locked.status, 403);
		assert.equal((await v.session()).signed_in, false);
		assert.deepEqual(await locked.json(), await never.json(),
			'nobody learns that a code was asked for');
	});
	test('a new code replaces the old one', async () => {
		const v = visitor(), email = 'hans@home.example';

		await ask(email);
		const old = await it.mailbox.code(email, 1);

		await ask(email);
		const fresh = await it.mailbox.code(email, 2);

		if (old !== fresh)
			assert.equal((await verify(v, email, old)).status, 403);
		assert.equal((await verify(v, email, fresh)).status, 200);
	});
	test('a code is for its address only', async () => {
		const v = visitor();

		await ask('ida@home.example');
		await ask('jan@home.example');
		const code = await it.mailbox.code('ida@home.example');
		const other = await it.mailbox.code('jan@home.example');

		if (code !== other)
			assert.equal((await verify(v, 'jan@home.example', code)).status,
				403);
		assert.equal((await v.session()).signed_in, false);
	});
	test('an address gets so many an hour', async () => {
		const email = 'karl@home.example';
		const statuses = [];

		for (let i = 0; i < 4; i++)
			statuses.push((await ask(email)).status);
		assert.deepEqual(statuses, [202, 202, 202, 429]);
		await it.mailbox.code(email, 3);
		assert.equal(it.mailbox.mails.filter((m) => m.to === email).length, 3);
	});
	test('what is no address gets no mail', async () => {
		const before = it.mailbox.mails.length;

		for (const email of ['a', 'a@b\r\nBcc: x@home.example', 'a b@c.example',
			'<a@b.example>', 'a@b.example,c@d.example', '', 5, null, ['a@b']])
			assert.equal((await ask(email)).status, 400, String(email));
		await ask('lina@home.example');
		await it.mailbox.code('lina@home.example');
		assert.equal(it.mailbox.mails.length, before + 1);
	});
	test('another site cannot ask or try', async () => {
		for (const path of ['/auth/code', '/auth/verify'])
			assert.equal((await visitor().post(path,
				{ email: 'fritz@home.example', code: '000000' },
				{ origin: 'https://evil.example' })).status, 403);
	});
	test('a client gets so many codes and tries an hour', async () => {
		let asked = 0, tried = 0;

		while ((await ask(`m${asked}@home.example`)).status === 202)
			assert.ok(++asked <= 40);
		while ((await verify(visitor(), `m${tried}@home.example`, '000000'))
			.status === 403)
			assert.ok(++tried <= 60);
		assert.ok(asked > 10 && tried > 30);
	});
});

test('a new signing key is published at once, beside the old one', async () => {
	const keys = async () => (await (await fetch(
		`${it.portal.url}/.well-known/jwks.json`)).json()).keys;
	const [first, ...others] = await keys();

	assert.deepEqual(others, []);
	assert.deepEqual(Object.keys(first).sort(),
		['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
	it.portal.program.kill('SIGHUP');
	const both = await until(async () => {
		const now = await keys();

		return now.length === 2 && now;
	}, 60000, 'the new key');

	assert.deepEqual(both[0], first);
	assert.notEqual(both[1].kid, first.kid);
});

test('the log knows nobody', () => {
	const text = it.portal.program.text;

	assert.match(text, /"event":\s*"sign-in-failed"/);
	for (const secret of ['@', 'eyJ', 'Paula', 'Fritz', '127.0.0.1', 'sub-1',
		'acc-ess', 'mail-password', SECRET])
		assert.equal(text.includes(secret), false, secret);
});

test('a trial shows the code on the terminal, with a warning', async () => {
	const port = await freePort();
	const portal = await startPortal({ port, trial: true });
	const v = new Visitor(portal.url);

	assert.equal((await v.post('/auth/code',
		{ email: 'trial@clinic.example' })).status, 202);
	const [, code] = await portal.program.line(
		/^SIGN-IN CODE for trial@clinic\.example: (\d{6}) \(trial mode: never use this in production\)$/m,
		60000);

	assert.equal((await v.post('/auth/verify',
		{ email: 'trial@clinic.example', code })).status, 200);
	assert.equal((await v.session()).signed_in, true);
	await portal.stop();
});

test('a mail server without TLS is not told any code', async () => {
	const mailbox = await startMailbox({ tls: false });
	const port = await freePort();
	const smtp = { url: `smtp://localhost:${mailbox.port}`,
		from: 'clinic@clinic.example' };
	const strict = await startPortal({ port, smtp });

	assert.equal((await new Visitor(strict.url).post('/auth/code',
		{ email: 'nora@home.example' })).status, 202);
	await strict.program.line(/"event":\s*"mail-failed"/, 60000);
	assert.equal(mailbox.mails.length, 0);
	await strict.stop();
	const loose = await startPortal({ port,
		smtp: { ...smtp, insecure: true } });

	assert.equal((await new Visitor(loose.url).post('/auth/code',
		{ email: 'nora@home.example' })).status, 202);
	assert.match(await mailbox.code('nora@home.example'), /^\d{6}$/);
	await loose.stop();
	await mailbox.stop();
});

test('a provider vouches for its own domains only', async () => {
	const port = await freePort();
	const hostile = new Hostile({ id: 'the:client', secret: SECRET,
		redirect: `http://localhost:${port}/auth/callback/hostile` });

	await hostile.listen();
	const portal = await startPortal({ port, providers: [{
		...provider('hostile', hostile.issuer), domains: ['people.example'] }] });
	const v = new Visitor(portal.url);

	assert.equal(await v.signIn('hostile'), UNVERIFIED);
	assert.equal((await v.session()).signed_in, false);
	hostile.email = 'patient@people.example';
	assert.equal(await v.signIn('hostile'), '/');
	assert.equal((await v.session()).user.email, hostile.email);
	await portal.stop();
	await hostile.close();
});

test('a mail server that hangs holds up nobody but mails', async () => {
	/** @type {import('node:net').Socket[]} */
	const held = [];
	let over = 0;
	const silent = createServer((socket) => {
		held.push(socket);
		socket.on('error', () => {});
		socket.on('close', () => { over++; });
		socket.resume();
	});

	await new Promise((done) => {
		silent.listen(0, '127.0.0.1', () => done(undefined));
	});
	const { port: smtpPort } = /** @type {any} */ (silent.address());
	const port = await freePort();
	const hostile = new Hostile({ id: 'the:client', secret: SECRET,
		redirect: `http://localhost:${port}/auth/callback/hostile` });

	await hostile.listen();
	const portal = await startPortal({ port,
		providers: [provider('hostile', hostile.issuer)],
		smtp: { url: `smtp://127.0.0.1:${smtpPort}`,
			from: 'clinic@clinic.example', insecure: true } });

	for (let i = 0; i < 18; i++)
		assert.equal((await new Visitor(portal.url).post('/auth/code',
			{ email: `patient${i}@home.example` })).status, 202);
	// Who does not wait for mails comes in before the next one is given up.
	for (let before = -1, rounds = 1; before !== over; rounds++) {
		assert.ok(rounds <= 5, 'a sign-in waits for mails');
		await until(() => held.length >= over + 2, 60000, 'mails hang');
		before = over;
		assert.equal(await new Visitor(portal.url).signIn('hostile'), '/');
	}
	assert.equal(await portal.stop(), 0);
	await hostile.close();
	held.forEach((socket) => socket.destroy());
	silent.close();
});

test('a provider that hangs does not keep the portal from stopping', async () => {
	const port = await freePort();
	const hostile = new Hostile({ id: 'the:client', secret: SECRET,
		redirect: `http://localhost:${port}/auth/callback/hostile` });

	await hostile.listen();
	const portal = await startPortal({ port,
		providers: [provider('hostile', hostile.issuer)] });

	const held = new Promise((done) => {
		hostile.bend = token(() => done(undefined));
	});
	const pending = new Visitor(portal.url).signIn('hostile').catch(() => '');

	await held;
	assert.equal(await portal.stop(), 0);
	await pending;
	await hostile.close();
});
