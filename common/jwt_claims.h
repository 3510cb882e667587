/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims against a policy (RFC 7519 4.1). Private to the jwt files. */
#ifndef RTH_JWT_CLAIMS_H
#define RTH_JWT_CLAIMS_H

#include "jwt.h"

/**
 * Reads the issuer. Any thread.
 *
 * @param issuerp receives it, owned by claims
 * @return RTH_JWT_OK, _MISSING_CLAIM or _MALFORMED
 */
enum rth_jwt_reason rth_jwt_claims_issuer(const char **issuerp,
					  const json_t *claims) RTH_CHECKED;

/**
 * Checks iss, sub, aud, exp, nbf and iat of a token whose signature is good.
 * Any thread.
 *
 * @param now_s seconds since 1970
 */
enum rth_jwt_reason rth_jwt_claims_check(const json_t *claims,
					 const struct rth_jwt_policy *policy,
					 int64_t now_s) RTH_CHECKED;

#endif
