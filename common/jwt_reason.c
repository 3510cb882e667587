/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of the reasons for refusing a token. */
#include "jwt.h"

static const char *const names[RTH_JWT_REASONS] = {
	[RTH_JWT_OK] = "ok",
	[RTH_JWT_MALFORMED] = "malformed",
	[RTH_JWT_TOO_LONG] = "too-long",
	[RTH_JWT_BAD_TYPE] = "bad-type",
	[RTH_JWT_BAD_ALG] = "bad-alg",
	[RTH_JWT_BAD_HEADER] = "bad-header",
	[RTH_JWT_UNKNOWN_ISSUER] = "unknown-issuer",
	[RTH_JWT_UNKNOWN_KEY] = "unknown-key",
	[RTH_JWT_BAD_SIGNATURE] = "bad-signature",
	[RTH_JWT_WRONG_AUDIENCE] = "wrong-audience",
	[RTH_JWT_EXPIRED] = "expired",
	[RTH_JWT_NOT_YET_VALID] = "not-yet-valid",
	[RTH_JWT_LIFE_TOO_LONG] = "life-too-long",
	[RTH_JWT_MISSING_CLAIM] = "missing-claim",
	[RTH_JWT_FAILED] = "failed",
};

const char *rth_jwt_reason_name(enum rth_jwt_reason reason)
{
	if ((unsigned)reason >= RTH_JWT_REASONS)
		return "unknown";
	return names[reason];
}
