// SPDX-License-Identifier: GPL-3.0-or-later
// Admission tokens of an issuer of the test's own, right and wrong.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const base64url = (value) => Buffer.from(value).toString('base64url');

/** A room id, 128 random bits. */
export const roomId = () => randomBytes(16).toString('base64url');

export const now = () => Math.floor(Date.now() / 1000);

export class Issuer {
	name = 'https://issuer.test.example';
	kid = randomBytes(8).toString('hex');

	constructor() {
		const { publicKey, privateKey } = generateKeyPairSync('ec',
			{ namedCurve: 'P-256' });

		this.privateKey = privateKey;
		this.jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }),
			kid: this.kid, alg: 'ES256', use: 'sig' }] };
		this.path = join(mkdtempSync(join(tmpdir(), 'rth-jwks-')), 'jwks.json');
		writeFileSync(this.path, JSON.stringify(this.jwks));
	}

	/** The plugin's configuration that trusts this issuer. */
	conf(more = '') {
		return `issuers = ( {
	issuer = "${this.name}";
	jwks = "${this.path}";
	audience = "rthealth";
	algorithms = [ "ES256" ];
} );
${more}`;
	}

	/**
	 * Claims of a good token.
	 *
	 * @param {{ room: string, role: string, sub?: string, name?: string,
	 *           record?: boolean, admitted?: boolean }} who record: may ask
	 *           for a recording; admitted: was, as far as the issuer knows
	 */
	claims({ room, role, sub = `sub-${randomBytes(6).toString('hex')}`,
		name = role, record = false, admitted = undefined }) {
		return {
			iss: this.name, aud: 'rthealth', sub,
			jti: randomBytes(16).toString('hex'),
			iat: now(), nbf: now(), exp: now() + 300, name,
			rth: { room, role, seat_until: now() + 3600, record,
				...(admitted === undefined ? {} : { admitted }) },
		};
	}

	/** Signs claims, whatever they are. */
	sign(claims, header = {}) {
		const data = [{ alg: 'ES256', typ: 'at+jwt', kid: this.kid, ...header },
			claims].map((part) => base64url(JSON.stringify(part))).join('.');
		const signature = sign('sha256', Buffer.from(data),
			{ key: this.privateKey, dsaEncoding: 'ieee-p1363' });

		return `${data}.${base64url(signature)}`;
	}

	/** A good token. */
	token(who) {
		return this.sign(this.claims(who));
	}
}
