/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking up a key for a token. Private to the jwt files. */
#ifndef RTH_JWKS_H
#define RTH_JWKS_H

#include "jwk.h"
#include "jwt.h"

/**
 * The one key that fits. Any thread.
 *
 * @param kid the token's, or NULL when it has none: then every key fits
 * @param alg one rth_jwt_alg
 * @return owned by the set, or NULL when no key fits, or more than one: which
 *         of them is meant is not guessed
 */
const struct rth_jwk *rth_jwks_find(const struct rth_jwks *jwks,
				    const char *kid, enum rth_jwt_alg alg);

#endif
