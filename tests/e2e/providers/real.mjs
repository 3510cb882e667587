// SPDX-License-Identifier: GPL-3.0-or-later
// A certified OpenID provider (npm oidc-provider) with two kinds of accounts:
// "NAME" has the verified address NAME@clinic.example, "un-NAME" an unverified
// one.
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

/**
 * @param {{ id: string, secret: string, redirect: string }} client
 * @param {number} port
 * @param {boolean} emailInToken whether the ID token has the e-mail, or only
 *        userinfo
 */
export async function startReal(client, port, emailInToken) {
	const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
	const issuer = `http://localhost:${port}`;
	const provider = new Provider(issuer, {
		clients: [{ client_id: client.id, client_secret: client.secret,
			redirect_uris: [client.redirect], grant_types: ['authorization_code'],
			response_types: ['code'] }],
		jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }),
			alg: 'RS256', use: 'sig', kid: 'real' }] },
		cookies: { keys: ['only-for-this-test'] },
		claims: { openid: ['sub'], email: ['email', 'email_verified'],
			profile: ['name'] },
		conformIdTokenClaims: !emailInToken,
		pkce: { required: () => true, methods: ['S256'] },
		findAccount: (_context, id) => ({
			accountId: id,
			claims: () => ({ sub: id, email: `${id}@clinic.example`,
				email_verified: !id.startsWith('un-'), name: `Name ${id}` }),
		}),
	});
	const server = provider.listen(port, '127.0.0.1');

	await new Promise((done) => server.once('listening', done));
	return {
		issuer,
		async close() {
			server.closeAllConnections();
			await new Promise((done) => server.close(done));
		},
	};
}
