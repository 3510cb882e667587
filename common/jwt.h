/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signed JWTs (RFC 7515, 7517, 7518, 7519, 8037, 8725) on OpenSSL and jansson:
 * the smallest verifier that serves admission tokens and OpenID ID tokens, and
 * a signer. Asymmetric algorithms only. Nothing here keeps state: any thread.
 *
 * json_object_seed() must have been called before threads start.
 */
#ifndef RTH_JWT_H
#define RTH_JWT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "err.h"

#define RTH_JWT_MAX_BYTES 8192 /* a whole token */
#define RTH_JWKS_MAX_BYTES 65536
#define RTH_JWKS_MAX_KEYS 32

/* Algorithms, as bits of a set. */
enum rth_jwt_alg {
	RTH_JWT_ES256 = 1,
	RTH_JWT_RS256 = 2,
	RTH_JWT_PS256 = 4,
	RTH_JWT_EDDSA = 8, /* Ed25519 */
	RTH_JWT_ALL = 15,
};

/* Why a token was refused; 0 is accepted. For logs and events only. */
enum rth_jwt_reason {
	RTH_JWT_OK = 0,
	RTH_JWT_MALFORMED,  /* not three parts of base64url JSON objects,
			       duplicate members, wrong types */
	RTH_JWT_TOO_LONG,   /* the token, or its iss, sub or kid */
	RTH_JWT_BAD_TYPE,   /* typ is another one */
	RTH_JWT_BAD_ALG,    /* none, HMAC, unknown or not allowed here */
	RTH_JWT_BAD_HEADER, /* crit, jku, jwk, x5u, x5c, b64, zip */
	RTH_JWT_UNKNOWN_ISSUER,
	RTH_JWT_UNKNOWN_KEY, /* no key, or several, of that kid and algorithm */
	RTH_JWT_BAD_SIGNATURE,
	RTH_JWT_WRONG_AUDIENCE,
	RTH_JWT_EXPIRED,
	RTH_JWT_NOT_YET_VALID, /* nbf or iat in the future */
	RTH_JWT_LIFE_TOO_LONG,
	RTH_JWT_MISSING_CLAIM, /* exp, iat, iss, aud or sub missing */
	RTH_JWT_FAILED,	       /* no memory, library failure: refused too */
	RTH_JWT_REASONS,
};

/** The name of a reason ("wrong-audience"), a static string. */
const char *rth_jwt_reason_name(enum rth_jwt_reason reason);

/* A set of public keys. Reference counted, immutable. */
struct rth_jwks;

/**
 * Reads a JWK set (RFC 7517). Keys of unknown kty, crv, use or alg, symmetric
 * keys, RSA under 2048 or over 8192 bits and damaged keys are left out; a set
 * without a usable key is an error.
 *
 * @return 0, RTH_ERR_FORMAT, RTH_ERR_LIMIT or RTH_ERR_NOMEM
 */
enum rth_err rth_jwks_parse(struct rth_jwks **jwksp, const char *json,
			    size_t len) RTH_CHECKED;
struct rth_jwks *rth_jwks_ref(struct rth_jwks *jwks);
void rth_jwks_unref(struct rth_jwks *jwks); /* NULL is allowed */

/** Says whether a key with this kid is in the set. */
bool rth_jwks_has(const struct rth_jwks *jwks, const char *kid);

/* What may be read of a token before it is verified, to find the issuer. */
struct rth_jwt_hint {
	char issuer[512];
	char kid[128]; /* "" when there is none */
};

/**
 * Reads issuer and key id without believing them.
 *
 * @return RTH_JWT_OK, _MALFORMED, _TOO_LONG, _BAD_ALG, _BAD_HEADER,
 *         _BAD_SIGNATURE (longer than any), _MISSING_CLAIM (iss) or _FAILED
 */
enum rth_jwt_reason rth_jwt_peek(struct rth_jwt_hint *hint, const char *token,
				 size_t len) RTH_CHECKED;

struct rth_jwt_policy {
	const char *issuer;   /* compared byte for byte */
	const char *audience; /* is, or is in, `aud` */
	unsigned algs;	      /* a set of rth_jwt_alg */
	const char *typ;      /* "at+jwt": that and nothing else (an
				 "application/" in front and case are ignored,
				 RFC 7515 4.1.9); NULL: absent or "JWT" */
	int64_t leeway_s;     /* clock difference that is forgiven */
	int64_t max_life_s;   /* exp - iat; 0: any */
};

/**
 * Verifies a token: shape, header, signature, iss, aud, sub, exp, nbf, iat.
 *
 * Exactly one key of the set must fit the token's kid (when it has one) and
 * algorithm. Times are whole seconds.
 *
 * @param claimsp receives the claims (json_decref them) on RTH_JWT_OK only
 * @param now_s   seconds since 1970
 */
enum rth_jwt_reason rth_jwt_verify(json_t **claimsp, const char *token,
				   size_t len, const struct rth_jwks *jwks,
				   const struct rth_jwt_policy *policy,
				   int64_t now_s) RTH_CHECKED;

/* A private ES256 key. */
struct rth_jwt_key;

/** Makes a new P-256 key. */
enum rth_err rth_jwt_key_make(struct rth_jwt_key **keyp) RTH_CHECKED;

/** Reads a PEM private key (PKCS#8, P-256, without passphrase). */
enum rth_err rth_jwt_key_from_pem(struct rth_jwt_key **keyp, const char *pem,
				  size_t len) RTH_CHECKED;

/** Writes PKCS#8 PEM; *pemp is for rth_free after being wiped. */
enum rth_err rth_jwt_key_to_pem(const struct rth_jwt_key *key,
				char **pemp) RTH_CHECKED;
void rth_jwt_key_free(struct rth_jwt_key *key);

/** The kid: the RFC 7638 thumbprint, owned by the key. */
const char *rth_jwt_key_id(const struct rth_jwt_key *key);

/** The public half as a JWK object with kid, use and alg; json_decref it. */
json_t *rth_jwt_key_public(const struct rth_jwt_key *key) RTH_CHECKED;

/**
 * Signs claims with ES256.
 *
 * @param typ    "at+jwt" or "JWT"
 * @param claims borrowed
 * @param tokenp receives the token, for rth_free
 * @return 0, RTH_ERR_LIMIT (over RTH_JWT_MAX_BYTES), RTH_ERR_FORMAT (claims
 *         that are no JSON), RTH_ERR_NOMEM or RTH_ERR_CRYPTO
 */
enum rth_err rth_jwt_sign(char **tokenp, const struct rth_jwt_key *key,
			  const char *typ, const json_t *claims) RTH_CHECKED;

#endif
