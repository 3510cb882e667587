/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims. A claim of a wrong type is a malformed token, never a missing claim:
 * what an issuer meant by exp "tomorrow" is not guessed.
 */
#include "jwt_claims.h"

#include <string.h>

#define SUBJECT_MAX_BYTES 255	  /* OpenID Connect Core 2 */
#define TIME_MAX_S 253402300799LL /* the last second of 9999 */

static enum rth_jwt_reason claim_text(const char **textp, const json_t *claims,
				      const char *name)
{
	const json_t *claim = json_object_get(claims, name);

	if (!claim)
		return RTH_JWT_MISSING_CLAIM;
	if (!json_string_length(claim))
		return RTH_JWT_MALFORMED;
	*textp = json_string_value(claim);
	return RTH_JWT_OK;
}

/* Whole seconds; the bound also keeps every sum below from overflowing. */
static enum rth_jwt_reason claim_time(int64_t *timep, const json_t *claims,
				      const char *name)
{
	const json_t *claim = json_object_get(claims, name);
	int64_t value;

	if (!claim)
		return RTH_JWT_MISSING_CLAIM;
	if (!json_is_integer(claim))
		return RTH_JWT_MALFORMED;
	value = json_integer_value(claim);
	if (value < 0 || value > TIME_MAX_S)
		return RTH_JWT_MALFORMED;
	*timep = value;
	return RTH_JWT_OK;
}

enum rth_jwt_reason rth_jwt_claims_issuer(const char **issuerp,
					  const json_t *claims)
{
	return claim_text(issuerp, claims, "iss");
}

static enum rth_jwt_reason check_issuer(const json_t *claims,
					const struct rth_jwt_policy *policy)
{
	const char *issuer;
	enum rth_jwt_reason reason = rth_jwt_claims_issuer(&issuer, claims);

	if (!reason && strcmp(issuer, policy->issuer) != 0)
		return RTH_JWT_UNKNOWN_ISSUER;
	return reason;
}

static enum rth_jwt_reason check_subject(const json_t *claims)
{
	const char *subject;
	enum rth_jwt_reason reason = claim_text(&subject, claims, "sub");

	if (!reason && strlen(subject) > SUBJECT_MAX_BYTES)
		return RTH_JWT_TOO_LONG;
	return reason;
}

/* One string or a list of strings (RFC 7519 4.1.3). */
static enum rth_jwt_reason check_audience(const json_t *claims,
					  const char *wanted)
{
	const json_t *aud = json_object_get(claims, "aud");
	const json_t *entry = aud;
	enum rth_jwt_reason reason = RTH_JWT_WRONG_AUDIENCE;
	size_t n = json_is_array(aud) ? json_array_size(aud) : 1;

	if (!aud)
		return RTH_JWT_MISSING_CLAIM;
	for (size_t i = 0; i < n; i++) {
		if (json_is_array(aud))
			entry = json_array_get(aud, i);
		if (!json_is_string(entry))
			return RTH_JWT_MALFORMED;
		if (strcmp(json_string_value(entry), wanted) == 0)
			reason = RTH_JWT_OK;
	}
	return reason;
}

static enum rth_jwt_reason check_times(const json_t *claims,
				       const struct rth_jwt_policy *policy,
				       int64_t now_s)
{
	int64_t exp_s, iat_s, nbf_s = 0;
	enum rth_jwt_reason reason = claim_time(&exp_s, claims, "exp");

	if (!reason)
		reason = claim_time(&iat_s, claims, "iat");
	if (!reason && json_object_get(claims, "nbf"))
		reason = claim_time(&nbf_s, claims, "nbf");
	if (reason)
		return reason;
	if (now_s >= exp_s + policy->leeway_s)
		return RTH_JWT_EXPIRED;
	if (now_s + policy->leeway_s < nbf_s ||
	    now_s + policy->leeway_s < iat_s)
		return RTH_JWT_NOT_YET_VALID;
	if (policy->max_life_s && exp_s - iat_s > policy->max_life_s)
		return RTH_JWT_LIFE_TOO_LONG;
	return RTH_JWT_OK;
}

enum rth_jwt_reason rth_jwt_claims_check(const json_t *claims,
					 const struct rth_jwt_policy *policy,
					 int64_t now_s)
{
	enum rth_jwt_reason reason = check_issuer(claims, policy);

	if (!reason)
		reason = check_audience(claims, policy->audience);
	if (!reason)
		reason = check_subject(claims);
	if (!reason)
		reason = check_times(claims, policy, now_s);
	return reason;
}
