/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The signature algorithms (RFC 7518, RFC 8037) that a token may use. Private
 * to the jwt files.
 */
#ifndef RTH_JWT_ALG_H
#define RTH_JWT_ALG_H

#include <openssl/evp.h>

#include "jwt.h"

#define RTH_JWT_SIGNATURE_MAX_BYTES 1024 /* RSA of 8192 bits */
#define RTH_ES256_HALF_BYTES 32		 /* r, s, x and y of P-256 */

struct rth_jwt_alg_info {
	const char *name;
	enum rth_jwt_alg bit;
	const char *kty; /* of the keys that fit */
	/* Both are for an initialised verification of a key of that kty. */
	const EVP_MD *(*digest)(void); /* NULL: hashes by itself */
	int (*configure)(EVP_PKEY_CTX *ctx);
};

/** An algorithm by its exact name, or NULL. Any thread. */
const struct rth_jwt_alg_info *rth_jwt_alg_find(const char *name);

/** All algorithms that keys of this kty fit, as bits. Any thread. */
unsigned rth_jwt_algs_of_kty(const char *kty);

/**
 * Checks a signature. Any thread; the key may be in use by others.
 *
 * @param alg       fits the key
 * @param text      what was signed
 * @param signature as it is in the token; for ES256 r and s (RFC 7518 3.4)
 * @return RTH_JWT_OK, RTH_JWT_BAD_SIGNATURE or RTH_JWT_FAILED
 */
enum rth_jwt_reason rth_jwt_alg_verify(const struct rth_jwt_alg_info *alg,
				       EVP_PKEY *key, const char *text,
				       size_t text_len,
				       const unsigned char *signature,
				       size_t signature_len) RTH_CHECKED;

#endif
