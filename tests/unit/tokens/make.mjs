// SPDX-License-Identifier: GPL-3.0-or-later
// Makes the corpus of tokens: see README.md.
import {
  createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign,
  constants,
} from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const here = new URL('.', import.meta.url);
const NOW = 1790000000;

// Keys

const kinds = {
  'es-1': ['ec', { namedCurve: 'P-256' }],
  'es-dup-a': ['ec', { namedCurve: 'P-256' }],
  'es-dup-b': ['ec', { namedCurve: 'P-256' }],
  'es-enc': ['ec', { namedCurve: 'P-256' }],
  'es-stranger': ['ec', { namedCurve: 'P-256' }],
  'es-384': ['ec', { namedCurve: 'P-384' }],
  'es-k1': ['ec', { namedCurve: 'secp256k1' }],
  'rs-1': ['rsa', { modulusLength: 2048 }],
  'ps-1': ['rsa', { modulusLength: 2048 }],
  'rs-1024': ['rsa', { modulusLength: 1024 }],
  'ed-1': ['ed25519'],
  'ed-stranger': ['ed25519'],
  'ed-448': ['ed448'],
};

function makeKeys() {
  const keys = {};
  for (const [name, [type, options]] of Object.entries(kinds))
    keys[name] = generateKeyPairSync(type, options).privateKey
      .export({ format: 'jwk' });
  return keys;
}

const keysFile = new URL('keys.json', here);
const jwks = existsSync(keysFile)
  ? JSON.parse(readFileSync(keysFile, 'utf8')) : makeKeys();
const keys = Object.fromEntries(Object.entries(jwks).map(
  ([name, key]) => [name, createPrivateKey({ key, format: 'jwk' })]));
const publicJwk = (name, more) => ({
  ...createPublicKey(keys[name]).export({ format: 'jwk' }), kid: name,
  ...more,
});
const publicPem = (name) =>
  createPublicKey(keys[name]).export({ type: 'spki', format: 'pem' });

// Exactly one key with each of these may be usable: es-1, rs-1, ps-1, ed-1;
// es-dup is there twice.
const publicSet = {
  keys: [
    publicJwk('es-1', { use: 'sig', alg: 'ES256' }),
    publicJwk('rs-1', { use: 'sig', alg: 'RS256' }),
    publicJwk('ps-1', { use: 'sig', alg: 'PS256', key_ops: ['verify'] }),
    publicJwk('ed-1', { use: 'sig', alg: 'EdDSA' }),
    publicJwk('es-dup-a', { kid: 'es-dup' }),
    publicJwk('es-dup-b', { kid: 'es-dup' }),
    publicJwk('es-enc', { use: 'enc' }),
    publicJwk('es-384', { alg: 'ES384' }),
    publicJwk('es-384', { kid: 'es-384-as-256', alg: 'ES256' }),
    publicJwk('es-k1', {}),
    publicJwk('es-k1', { kid: 'es-k1-as-256', crv: 'P-256', alg: 'ES256' }),
    publicJwk('rs-1024', { alg: 'RS256' }),
    publicJwk('rs-1', { kid: 'rs-e1', e: 'AQ' }),
    publicJwk('rs-1', { kid: 'rs-512', alg: 'RS512' }),
    publicJwk('ed-448', {}),
    { kty: 'oct', kid: 'oct-1', alg: 'HS256', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtMTIzNDU2Nzg' },
    { kty: 'oct', kid: 'oct-as-es', alg: 'ES256', k: 'c2VjcmV0' },
    { kty: 'EC', kid: 'not-a-point', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) },
  ],
};

// Tokens

const b64 = (data) => Buffer.from(data).toString('base64url');
const pss = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
};
const signers = {
  ES256: (text, key) => sign('sha256', text, { key, dsaEncoding: 'ieee-p1363' }),
  ES384: (text, key) => sign('sha384', text, { key, dsaEncoding: 'ieee-p1363' }),
  RS256: (text, key) => sign('sha256', text, key),
  RS512: (text, key) => sign('sha512', text, key),
  PS256: (text, key) => sign('sha256', text, { key, ...pss }),
  EdDSA: (text, key) => sign(null, text, key),
};

/** Signs two JSON texts as they are, so that they may be odd. */
function raw(headerText, claimsText, alg = 'ES256', name = 'es-1') {
  const text = `${b64(headerText)}.${b64(claimsText)}`;
  return `${text}.${b64(signers[alg](Buffer.from(text), keys[name]))}`;
}

const header = (more) => ({ alg: 'ES256', typ: 'at+jwt', kid: 'es-1', ...more });
const claims = (more) => ({
  iss: 'https://visits.example', aud: 'rthealth', sub: 'u-1', jti: 'j-1',
  iat: NOW, nbf: NOW, exp: NOW + 300, name: 'A',
  rth: { room: 'AAAAAAAAAAAAAAAAAAAAAA', role: 'patient', seat_until: NOW + 3600, record: false },
  ...more,
});
const without = (object, member) => {
  const { [member]: _, ...rest } = object;
  return rest;
};

/** A token that differs from a good one in header or claims only. */
function made(headerMore = {}, claimsMore = {}, alg = 'ES256', name = 'es-1') {
  return raw(JSON.stringify(header({ alg, kid: name, ...headerMore })),
    JSON.stringify(claims(claimsMore)), alg, name);
}

/** One whose claims are well signed, of which one member is this JSON text. */
function claimText(name, text) {
  const rest = JSON.stringify(without(claims(), name)).slice(0, -1);
  return raw(JSON.stringify(header()), `${rest},"${name}":${text}}`);
}
const headerText = (text) => raw(text, JSON.stringify(claims()));
const signedBy = (bytes, headerMore = {}) => {
  const text = `${b64(JSON.stringify(header(headerMore)))}.${b64(JSON.stringify(claims()))}`;
  return `${text}.${b64(typeof bytes === 'function' ? bytes(text) : bytes)}`;
};
const hmac = (secret) => (text) => createHmac('sha256', secret).update(text).digest();

const ok = made();
const [okHeader, okClaims, okSignature] = ok.split('.');
const flip = (text, i) =>
  text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1);
/** The same bytes, written with one of the unused low bits of the end set. */
const slack = (text) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1)) | 1];
};
const number = (hex) => Buffer.from(hex.padStart(64, '0'), 'hex');
const order = number('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const zero = number('0');
const one = number('1');
const pair = (r, s) => Buffer.concat([r, s]);

const good = {
  'ES256': ok,
  'RS256': made({}, {}, 'RS256', 'rs-1'),
  'PS256': made({}, {}, 'PS256', 'ps-1'),
  'EdDSA': made({}, {}, 'EdDSA', 'ed-1'),
  'no kid, one key fits the algorithm': made({ kid: undefined }, {}, 'RS256', 'rs-1'),
  'typ with application/ and capitals': made({ typ: 'application/AT+JWT' }),
  'aud is a list with us in it': made({}, { aud: ['other', 'rthealth'] }),
  'no nbf': made({}, { nbf: undefined }),
  'expired by less than the leeway': made({}, { iat: NOW - 100, nbf: NOW - 100, exp: NOW - 4 }),
  'issued ahead by less than the leeway': made({}, { iat: NOW + 5, nbf: NOW + 5 }),
  'the longest life': made({}, { exp: NOW + 600 }),
  'unknown header member and claim': made({ x5t: 'AAAA' }, { more: { a: [1, 2.5, null] } }),
  'claims in an unusual order with white space':
    raw(' {"kid":"es-1",\n"typ":"at+jwt","alg":"ES256"} ', JSON.stringify(claims(), null, 2)),
  'unicode in a claim': made({}, { name: '\u{1F600} \u00e9' }),
};

const bad = [];
const refuse = (reason, cases) => {
  for (const [name, token] of Object.entries(cases))
    bad.push({ name, reason, token });
};

refuse('bad-alg', {
  ...Object.fromEntries(
    ['none', 'None', 'NONE', 'nOnE', 'none ', ' none', '', 'null'].flatMap((alg) => [
      [`alg "${alg}" without a signature`, signedBy('', { alg })],
      [`alg "${alg}" with the signature of another token`,
        `${b64(JSON.stringify(header({ alg })))}.${okClaims}.${okSignature}`],
    ])),
  'alg is missing': headerText('{"typ":"at+jwt","kid":"es-1"}'),
  'alg es256 in lower case': headerText('{"alg":"es256","typ":"at+jwt","kid":"es-1"}'),
  'HS256 with the PEM of the public RSA key': signedBy(hmac(publicPem('rs-1')), { alg: 'HS256', kid: 'rs-1' }),
  'HS256 with the PEM of the public EC key': signedBy(hmac(publicPem('es-1')), { alg: 'HS256' }),
  'HS256 with the public Ed25519 key': signedBy(
    hmac(Buffer.from(publicJwk('ed-1').x, 'base64url')), { alg: 'HS256', kid: 'ed-1' }),
  'HS256 with the JWK set': signedBy(hmac(JSON.stringify(publicSet)), { alg: 'HS256' }),
  'HS256 with the symmetric key of the set': signedBy(
    hmac('secret-secret-secret-12345678'), { alg: 'HS256', kid: 'oct-1' }),
  'HS256 with an empty secret': signedBy(hmac(''), { alg: 'HS256' }),
  'HS512': signedBy(hmac('x'), { alg: 'HS512' }),
  'ES384 with a P-384 key': made({}, {}, 'ES384', 'es-384'),
  'ES256K': signedBy((text) => signers.ES256(Buffer.from(text), keys['es-k1']), { alg: 'ES256K', kid: 'es-k1' }),
  'RS512': made({ kid: 'rs-512' }, {}, 'RS512', 'rs-1'),
  'RS1': signedBy('x', { alg: 'RS1', kid: 'rs-1' }),
  'RSA-OAEP': signedBy('x', { alg: 'RSA-OAEP', kid: 'rs-1' }),
  'dir': signedBy('x', { alg: 'dir' }),
});

refuse('bad-header', {
  'jwk with the attacker\'s key': raw(
    JSON.stringify(header({ jwk: publicJwk('es-stranger') })), JSON.stringify(claims()), 'ES256', 'es-stranger'),
  'jwk, no kid': raw(
    JSON.stringify(header({ kid: undefined, jwk: publicJwk('es-stranger') })), JSON.stringify(claims()), 'ES256', 'es-stranger'),
  'jwk with the right key': made({ jwk: publicJwk('es-1') }),
  'jku': made({ jku: 'https://attacker.example/jwks.json' }),
  'jku of the issuer': made({ jku: 'https://visits.example/.well-known/jwks.json' }),
  'x5u': made({ x5u: 'https://attacker.example/cert.pem' }),
  'x5c': made({ x5c: ['MIIB'] }),
  'crit with an unknown extension': made({ crit: ['exp2'], exp2: 1 }),
  'crit empty': made({ crit: [] }),
  'crit b64': made({ crit: ['b64'], b64: false }),
  'b64 true': made({ b64: true }),
  'zip': made({ zip: 'DEF' }),
  'crit null': made({ crit: null }),
});

refuse('unknown-key', {
  'kid of no key': made({ kid: 'es-2' }),
  'kid is a path': made({ kid: '../../../../../../dev/null' }),
  'kid is SQL': made({ kid: "x' UNION SELECT 'key' -- " }),
  'kid is a command': made({ kid: '|/bin/id' }),
  'kid in another case': made({ kid: 'ES-1' }),
  'kid with a space': made({ kid: 'es-1 ' }),
  'kid of two keys': made({ kid: 'es-dup' }, {}, 'ES256', 'es-dup-a'),
  'kid of the other of two keys': made({ kid: 'es-dup' }, {}, 'ES256', 'es-dup-b'),
  'no kid and several keys that fit': made({ kid: undefined }),
  'kid of 127 bytes': made({ kid: 'k'.repeat(127) }),
  'key of another algorithm: RS256 with the PS256 key': made({}, {}, 'RS256', 'ps-1'),
  'key of another algorithm: PS256 with the RS256 key': made({}, {}, 'PS256', 'rs-1'),
  'key of another type: ES256 with the RSA key\'s kid': made({ kid: 'rs-1' }),
  'key of another type: EdDSA with the EC key\'s kid': made({ kid: 'es-1' }, {}, 'EdDSA', 'ed-1'),
  'key for encryption': made({}, {}, 'ES256', 'es-enc'),
  'RSA key of 1024 bits': made({}, {}, 'RS256', 'rs-1024'),
  'RSA key with exponent 1': made({ kid: 'rs-e1' }, {}, 'RS256', 'rs-1'),
  'secp256k1 key': raw(JSON.stringify(header({ kid: 'es-k1' })), JSON.stringify(claims()), 'ES256', 'es-k1'),
  'secp256k1 key that says P-256': raw(JSON.stringify(header({ kid: 'es-k1-as-256' })), JSON.stringify(claims()), 'ES256', 'es-k1'),
  'P-384 key that says ES256': raw(JSON.stringify(header({ kid: 'es-384-as-256' })), JSON.stringify(claims()), 'ES256', 'es-384'),
  'Ed448 key': made({}, {}, 'EdDSA', 'ed-448'),
  'symmetric key that says ES256': signedBy(hmac('secret'), { kid: 'oct-as-es' }),
  'point not on the curve': made({ kid: 'not-a-point' }),
});

refuse('bad-signature', {
  'ECDSA r and s zero': signedBy(pair(zero, zero)),
  'ECDSA r zero': signedBy(pair(zero, one)),
  'ECDSA s zero': signedBy(pair(one, zero)),
  'ECDSA r and s the order': signedBy(pair(order, order)),
  'ECDSA r one, s the order': signedBy(pair(one, order)),
  'ECDSA r and s one': signedBy(pair(one, one)),
  'ECDSA r and s all ones': signedBy(Buffer.alloc(64, 255)),
  'ECDSA as DER': signedBy((text) => sign('sha256', Buffer.from(text), keys['es-1'])),
  'ECDSA with a zero in front of r and s': signedBy((text) => {
    const s = signers.ES256(Buffer.from(text), keys['es-1']);
    return Buffer.concat([Buffer.alloc(1), s.subarray(0, 32), Buffer.alloc(1), s.subarray(32)]);
  }),
  'ECDSA with a byte more': signedBy((text) =>
    Buffer.concat([signers.ES256(Buffer.from(text), keys['es-1']), Buffer.alloc(1)])),
  'no signature': `${okHeader}.${okClaims}.`,
  'signature cut to one byte': `${okHeader}.${okClaims}.AA`,
  'signature cut by half': `${okHeader}.${okClaims}.${b64(Buffer.from(okSignature, 'base64url').subarray(0, 32))}`,
  'signature cut by one byte': `${okHeader}.${okClaims}.${b64(Buffer.from(okSignature, 'base64url').subarray(0, 63))}`,
  'signature with one bit changed': `${okHeader}.${okClaims}.${flip(okSignature, 10)}`,
  'signature of 1025 bytes': `${okHeader}.${okClaims}.${b64(Buffer.alloc(1025, 1))}`,
  'claims of another token': `${okHeader}.${b64(JSON.stringify(claims({ sub: 'u-2' })))}.${okSignature}`,
  'claims with other white space': `${okHeader}.${b64(JSON.stringify(claims(), null, 1))}.${okSignature}`,
  'header of another token': `${b64(JSON.stringify(header({ more: 1 })))}.${okClaims}.${okSignature}`,
  'ES256 by a stranger\'s key': made({ kid: 'es-1' }, {}, 'ES256', 'es-stranger'),
  'EdDSA by a stranger\'s key': made({ kid: 'ed-1' }, {}, 'EdDSA', 'ed-stranger'),
  'EdDSA all zero': signedBy(Buffer.alloc(64), { alg: 'EdDSA', kid: 'ed-1' }),
  'EdDSA cut': signedBy(Buffer.alloc(63, 1), { alg: 'EdDSA', kid: 'ed-1' }),
  'RS256 that is an HMAC with the public key': signedBy(hmac(publicPem('rs-1')), { alg: 'RS256', kid: 'rs-1' }),
  'RS256 all zero': signedBy(Buffer.alloc(256), { alg: 'RS256', kid: 'rs-1' }),
  'RS256 larger than the modulus': signedBy(Buffer.alloc(256, 255), { alg: 'RS256', kid: 'rs-1' }),
  'RS256 cut': signedBy(Buffer.alloc(255, 1), { alg: 'RS256', kid: 'rs-1' }),
  'RS256 that is a PSS signature': signedBy(
    (text) => signers.PS256(Buffer.from(text), keys['rs-1']), { alg: 'RS256', kid: 'rs-1' }),
  'PS256 that is a PKCS#1 v1.5 signature': signedBy(
    (text) => signers.RS256(Buffer.from(text), keys['ps-1']), { alg: 'PS256', kid: 'ps-1' }),
  'PS256 without salt': signedBy(
    (text) => sign('sha256', Buffer.from(text), { key: keys['ps-1'], padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 0 }),
    { alg: 'PS256', kid: 'ps-1' }),
  'RS256 with SHA-1': signedBy(
    (text) => sign('sha1', Buffer.from(text), keys['rs-1']), { alg: 'RS256', kid: 'rs-1' }),
});

const nested = (depth) => '['.repeat(depth) + ']'.repeat(depth);
refuse('malformed', {
  'empty': '',
  'one dot': `${okHeader}.${okClaims}`,
  'only dots': '..',
  'no dot': okHeader,
  'a part more': `${ok}.`,
  'four parts': `${ok}.AAAA`,
  'five parts as an encrypted token has': `${okHeader}.AAAA.AAAA.AAAA.AAAA`,
  'no header': `.${okClaims}.${okSignature}`,
  'no claims': `${okHeader}..${okSignature}`,
  'header cut': `${okHeader.slice(0, -4)}.${okClaims}.${okSignature}`,
  'claims cut': `${okHeader}.${okClaims.slice(0, -4)}.${okSignature}`,
  'base64 with one character left over': `${okHeader}.${okClaims}.${okSignature.slice(0, -1)}`,
  'signature with padding': `${ok}==`,
  'header with padding': `${okHeader}=.${okClaims}.${okSignature}`,
  'white space in front': ` ${ok}`,
  'line end behind': `${ok}\n`,
  'line end in the claims': `${okHeader}.${okClaims.slice(0, 8)}\n${okClaims.slice(8)}.${okSignature}`,
  'standard base64 alphabet': `${okHeader}.${okClaims}.+/${okSignature.slice(2)}`,
  'NUL behind': `${ok}\0`,
  'percent encoding': `${okHeader}%2E${okClaims}.${okSignature}`,
  'letters beyond ASCII': `${okHeader}.${okClaims}.\u00e9${okSignature.slice(1)}`,
  'unused bits of the signature set': `${okHeader}.${okClaims}.${slack(okSignature)}`,
  'unused bits of the header set': (() => {
    const text = b64('{"alg":"ES256","typ":"at+jwt","kid":"es-1"} ');
    return `${slack(text)}.${okClaims}.${okSignature}`;
  })(),
  'header is a list': headerText('["alg","ES256"]'),
  'header is a string': headerText('"ES256"'),
  'header is not JSON': headerText('alg=ES256'),
  'header with text behind': headerText('{"alg":"ES256","typ":"at+jwt","kid":"es-1"}x'),
  'header twice': headerText('{"alg":"ES256","typ":"at+jwt","kid":"es-1"}{}'),
  'alg is null': headerText('{"alg":null,"typ":"at+jwt","kid":"es-1"}'),
  'alg is a list': headerText('{"alg":["ES256"],"typ":"at+jwt","kid":"es-1"}'),
  'alg with a NUL': headerText('{"alg":"ES256\\u0000","typ":"at+jwt","kid":"es-1"}'),
  'alg twice': headerText('{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"es-1"}'),
  'alg twice, once with an escape': headerText('{"\\u0061lg":"none","alg":"ES256","typ":"at+jwt","kid":"es-1"}'),
  'kid twice': headerText('{"alg":"ES256","typ":"at+jwt","kid":"es-1","kid":"es-1"}'),
  'kid is a list': made({ kid: ['es-1'] }),
  'kid is a number': made({ kid: 1 }),
  'kid is empty': made({ kid: '' }),
  'kid is null': made({ kid: null }),
  'kid with a NUL': headerText('{"alg":"ES256","typ":"at+jwt","kid":"es-1\\u0000x"}'),
  'typ is a number': made({ typ: 1 }),
  'header nested deeply': headerText(`{"alg":"ES256","typ":"at+jwt","kid":"es-1","x":${nested(1000)}}`),
  'claims nested deeply': claimText('x', nested(1000)),
  'claims one level too deep': claimText('x', nested(16)),
  'claims are a token (nested)': raw(JSON.stringify(header({ cty: 'JWT' })), ok),
  'claims are a list': raw(JSON.stringify(header()), `[${JSON.stringify(claims())}]`),
  'claims are empty': raw(JSON.stringify(header()), ''),
  'claims are not UTF-8': raw(JSON.stringify(header()), Buffer.from('{"iss":"\xff"}', 'latin1')),
  'claims with a byte order mark': raw(JSON.stringify(header()), `\ufeff${JSON.stringify(claims())}`),
  'claims with a comment': raw(JSON.stringify(header()), `/**/${JSON.stringify(claims())}`),
  'exp twice': claimText('exp', `${NOW - 100},"exp":${NOW + 300}`),
  'sub twice': claimText('sub', '"u-1","sub":"u-2"'),
  'a member of rth twice': claimText('rth', '{"role":"patient","role":"clinician"}'),
  'aud twice': claimText('aud', '"rthealth","aud":"other"'),
  'sub with a NUL': claimText('sub', '"u-1\\u0000x"'),
  'sub with a lone surrogate': claimText('sub', '"\\ud800"'),
  'exp is a string': made({}, { exp: String(NOW + 300) }),
  'exp is a fraction': claimText('exp', `${NOW + 300}.5`),
  'exp in scientific notation': claimText('exp', '1.79e9'),
  'exp is huge': claimText('exp', '99999999999999999999999'),
  'exp beyond every sum': claimText('exp', '9223372036854775807'),
  'exp is infinite': claimText('exp', '1e400'),
  'exp is negative': made({}, { exp: -1 }),
  'exp is null': made({}, { exp: null }),
  'exp is true': made({}, { exp: true }),
  'exp is a list': made({}, { exp: [NOW + 300] }),
  'iat in milliseconds': made({}, { iat: NOW * 1000 }),
  'iat is a string': made({}, { iat: `${NOW}` }),
  'iat is very negative': claimText('iat', '-9223372036854775808'),
  'nbf is a string': made({}, { nbf: `${NOW}` }),
  'nbf is null': made({}, { nbf: null }),
  'sub is a number': made({}, { sub: 1 }),
  'sub is empty': made({}, { sub: '' }),
  'iss is a list': made({}, { iss: ['https://visits.example'] }),
  'iss is empty': made({}, { iss: '' }),
  'aud is a number': made({}, { aud: 1 }),
  'aud is an object': made({}, { aud: { rthealth: true } }),
  'aud is a list with a number': made({}, { aud: ['rthealth', 1] }),
  'aud is null': made({}, { aud: null }),
});

refuse('too-long', {
  'a token of 8193 bytes': `${ok}${'A'.repeat(8193 - ok.length)}`,
  'a huge claim': made({}, { name: 'x'.repeat(8000) }),
  'kid of 128 bytes': made({ kid: 'k'.repeat(128) }),
  'kid of 4000 bytes': made({ kid: 'k'.repeat(4000) }),
  'sub of 256 bytes': made({}, { sub: 's'.repeat(256) }),
});

refuse('bad-type', {
  'typ JWT': made({ typ: 'JWT' }),
  'no typ': made({ typ: undefined }),
  'typ of an ID token with at+jwt inside': made({ typ: 'id+at+jwt' }),
  'typ at+jwt behind a slash': made({ typ: 'text/at+jwt' }),
  'typ logout+jwt': made({ typ: 'logout+jwt' }),
  'typ at+jwt and more': made({ typ: 'at+jwt; x=1' }),
});

refuse('unknown-issuer', {
  'another issuer': made({}, { iss: 'https://attacker.example' }),
  'iss with a slash behind': made({}, { iss: 'https://visits.example/' }),
  'iss in capitals': made({}, { iss: 'https://VISITS.example' }),
  'iss without s': made({}, { iss: 'http://visits.example' }),
});

refuse('wrong-audience', {
  'another audience': made({}, { aud: 'other' }),
  'a list without us': made({}, { aud: ['other', 'third'] }),
  'an empty list': made({}, { aud: [] }),
  'aud in capitals': made({}, { aud: 'RTHEALTH' }),
  'aud that begins with ours': made({}, { aud: 'rthealth2' }),
  'aud with ours among words': made({}, { aud: 'other rthealth' }),
  'aud is empty': made({}, { aud: '' }),
});

refuse('expired', {
  'expired': made({}, { iat: NOW - 400, nbf: NOW - 400, exp: NOW - 100 }),
  'expired by exactly the leeway': made({}, { iat: NOW - 100, nbf: NOW - 100, exp: NOW - 5 }),
  'exp zero': made({}, { exp: 0 }),
});

refuse('not-yet-valid', {
  'nbf ahead': made({}, { nbf: NOW + 60 }),
  'nbf ahead by a second more than the leeway': made({}, { nbf: NOW + 6 }),
  'iat ahead': made({}, { iat: NOW + 60 }),
  'iat far ahead': made({}, { iat: NOW * 100 }),
});

refuse('life-too-long', {
  'life of 601 s': made({}, { exp: NOW + 601 }),
  'exp in the year 9999': made({}, { exp: 253402300799 }),
  'old and still alive': made({}, { iat: NOW - 86400, nbf: NOW - 86400 }),
});

refuse('missing-claim', Object.fromEntries(
  ['iss', 'aud', 'sub', 'exp', 'iat'].map((name) =>
    [`no ${name}`, made({}, { [name]: undefined })])));

// Files

const write = (name, value) =>
  writeFileSync(new URL(name, here), `${JSON.stringify(value, null, 1)}\n`);

if (!existsSync(keysFile))
  write('keys.json', jwks);
write('jwks.json', publicSet);
write('good.json', Object.entries(good).map(([name, token]) => ({ name, token })));
write('bad.json', bad);

// Seeds for the fuzzer: the good ones, some bad ones of each reason, a set of
// keys and claims. Long ones would only slow it down.
const seeds = new URL('../../fuzz/corpus/token/', here);
const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/-$/, '');
const SEEDS_OF_A_REASON = 5;
const SEED_MAX_BYTES = 2048;
const perReason = {};

rmSync(seeds, { recursive: true, force: true });
mkdirSync(seeds, { recursive: true });
const seed = (name, bytes) => writeFileSync(new URL(slug(name), seeds), bytes);
for (const [name, token] of Object.entries(good))
  seed(`good ${name}`, token);
for (const { name, reason, token } of bad) {
  perReason[reason] = (perReason[reason] ?? 0) + 1;
  if (perReason[reason] <= SEEDS_OF_A_REASON && token.length <= SEED_MAX_BYTES)
    seed(`${reason} ${name}`, token);
}
seed('key set', JSON.stringify({ keys: publicSet.keys.filter((key) => key.kty !== 'RSA') }));
seed('key set with RSA', JSON.stringify({ keys: [publicJwk('rs-1')] }));
seed('claims', JSON.stringify(claims()));
seed('claims with a list of audiences', JSON.stringify(claims({ aud: ['other', 'rthealth'] })));

console.log(`${Object.keys(good).length} good, ${bad.length} bad tokens`);
