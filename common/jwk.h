/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One public key of a JWK set (RFC 7517, 7518, 8037). Private to the jwt files.
 */
#ifndef RTH_JWK_H
#define RTH_JWK_H

#include <jansson.h>
#include <openssl/evp.h>

#include "err.h"

#define RTH_JWT_KID_SIZE 128

struct rth_jwk {
	char kid[RTH_JWT_KID_SIZE]; /* "" when it has none */
	unsigned algs;		    /* that it may verify, never 0 */
	EVP_PKEY *key;		    /* owned */
};

/**
 * Reads one key. Any thread.
 *
 * @param jwk  filled on success; give it to rth_jwk_clear
 * @param json borrowed
 * @return 0, or RTH_ERR_FORMAT when it is damaged or not one that verifies
 *         tokens here
 */
enum rth_err rth_jwk_read(struct rth_jwk *jwk, const json_t *json) RTH_CHECKED;

void rth_jwk_clear(struct rth_jwk *jwk);

#endif
