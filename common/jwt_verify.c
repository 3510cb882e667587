/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Verifying a token: header, key and signature first, claims only after that.
 */
#include "jwt.h"

#include <string.h>
#include <strings.h>

#include "jwks.h"
#include "jwt_claims.h"
#include "jwt_token.h"

/* Media types are compared without case and without "application/". */
static bool same_type(const char *typ, const char *wanted)
{
	static const char prefix[] = "application/";
	size_t n = sizeof(prefix) - 1;

	if (strncasecmp(typ, prefix, n) == 0)
		typ += n;
	return strcasecmp(typ, wanted) == 0;
}

static bool type_fits(const char *typ, const char *wanted)
{
	if (!wanted)
		return !typ || same_type(typ, "JWT");
	return typ && same_type(typ, wanted);
}

static enum rth_jwt_reason check_signature(const struct rth_jwt_token *token,
					   const struct rth_jwks *jwks)
{
	const struct rth_jwk *jwk =
		rth_jwks_find(jwks, token->kid, token->alg->bit);

	if (!jwk)
		return RTH_JWT_UNKNOWN_KEY;
	return rth_jwt_alg_verify(token->alg, jwk->key, token->signed_text,
				  token->signed_len, token->signature,
				  token->signature_len);
}

static enum rth_jwt_reason check(const struct rth_jwt_token *token,
				 const struct rth_jwks *jwks,
				 const struct rth_jwt_policy *policy,
				 int64_t now_s)
{
	enum rth_jwt_reason reason;

	if (!(policy->algs & token->alg->bit))
		return RTH_JWT_BAD_ALG;
	if (!type_fits(token->typ, policy->typ))
		return RTH_JWT_BAD_TYPE;
	reason = check_signature(token, jwks);
	if (reason)
		return reason;
	return rth_jwt_claims_check(token->claims, policy, now_s);
}

enum rth_jwt_reason rth_jwt_verify(json_t **claimsp, const char *text,
				   size_t len, const struct rth_jwks *jwks,
				   const struct rth_jwt_policy *policy,
				   int64_t now_s)
{
	struct rth_jwt_token token;
	enum rth_jwt_reason reason = rth_jwt_token_read(&token, text, len);

	if (!reason)
		reason = check(&token, jwks, policy, now_s);
	if (!reason)
		*claimsp = json_incref(token.claims);
	rth_jwt_token_clear(&token);
	return reason;
}

static enum rth_jwt_reason fill_hint(struct rth_jwt_hint *hint,
				     const struct rth_jwt_token *token)
{
	const char *issuer;
	enum rth_jwt_reason reason =
		rth_jwt_claims_issuer(&issuer, token->claims);

	if (reason)
		return reason;
	if (strlen(issuer) >= sizeof(hint->issuer))
		return RTH_JWT_TOO_LONG;
	*hint = (struct rth_jwt_hint){0};
	strcpy(hint->issuer, issuer);
	if (token->kid)
		strcpy(hint->kid, token->kid);
	return RTH_JWT_OK;
}

enum rth_jwt_reason rth_jwt_peek(struct rth_jwt_hint *hint, const char *text,
				 size_t len)
{
	struct rth_jwt_token token;
	enum rth_jwt_reason reason = rth_jwt_token_read(&token, text, len);

	if (!reason)
		reason = fill_hint(hint, &token);
	rth_jwt_token_clear(&token);
	return reason;
}
