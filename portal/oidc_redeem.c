/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Token endpoint, ID token, userinfo.
 */
#include "oidc_redeem.h"

#include <string.h>

#include <openssl/crypto.h>

#include "fetch.h"
#include "log.h"
#include "mem.h"
#include "oidc_url.h"

#define LEEWAY_S 60
#define ACCESS_TOKEN_MAX_BYTES 8192

/* Everything that one redemption is made of, borrowed. */
struct redemption {
	struct rth_oidc_provider *p;
	struct rth_oidc_meta *m;
	const struct rth_provider_conf *conf;
	const struct rth_attempt *attempt;
	const char *code;
	int64_t now_s;
};

static enum rth_oidc_reason reason_of(enum rth_err err,
				      enum rth_oidc_reason wrong)
{
	if (!err)
		return RTH_OIDC_OK;
	return err == RTH_ERR_UNAVAILABLE ? RTH_OIDC_DOWN : wrong;
}

static enum rth_err ask_token(json_t **answerp, const struct redemption *r)
{
	const char *secret = r->conf->client_secret;
	bool basic = secret && !rth_oidc_meta_wants_post(r->m);
	const struct rth_oidc_redemption what = {
		.code = r->code,
		.redirect_uri = rth_oidc_provider_redirect_uri(r->p),
		.verifier = r->attempt->verifier,
		.client_id = basic ? NULL : r->conf->client_id,
		.client_secret = basic ? NULL : secret,
	};
	struct rth_fetch f = {
		.url = rth_oidc_meta_token(r->m),
		.user = basic ? r->conf->client_id : NULL,
		.password = basic ? secret : NULL,
		.ca_file = r->conf->ca_file,
		.work = rth_oidc_provider_work(r->p),
	};
	char *form = rth_alloc(RTH_OIDC_FORM_SIZE);
	enum rth_err err;

	if (!form)
		return RTH_ERR_NOMEM;
	f.form = form;
	err = rth_oidc_token_form(form, &what);
	if (!err)
		err = rth_fetch_json(answerp, &f);
	OPENSSL_cleanse(form, RTH_OIDC_FORM_SIZE);
	rth_free(form);
	return err;
}

static enum rth_oidc_reason refuse(const struct redemption *r,
				   enum rth_jwt_reason why)
{
	rth_log(RTH_LOG_WARN, "id-token-refused", "s:s, s:s", "provider",
		r->conf->id, "reason", rth_jwt_reason_name(why));
	return RTH_OIDC_BAD_TOKEN;
}

static enum rth_oidc_reason verify(json_t **claimsp, const struct redemption *r,
				   const char *token)
{
	const struct rth_jwt_policy policy = {
		.issuer = r->conf->issuer,
		.audience = r->conf->client_id,
		.algs = RTH_JWT_ALL,
		.leeway_s = LEEWAY_S,
	};
	size_t len = strlen(token);
	struct rth_jwt_hint hint;
	struct rth_jwks *keys;
	enum rth_jwt_reason why = rth_jwt_peek(&hint, token, len);

	if (why)
		return refuse(r, why);
	if (strcmp(hint.issuer, r->conf->issuer) != 0)
		return refuse(r, RTH_JWT_UNKNOWN_ISSUER);
	keys = rth_oidc_meta_keys(r->m, hint.kid);
	if (!keys)
		return RTH_OIDC_DOWN;
	why = rth_jwt_verify(claimsp, token, len, keys, &policy, r->now_s);
	rth_jwks_unref(keys);
	return why ? refuse(r, why) : RTH_OIDC_OK;
}

static enum rth_oidc_reason
read_token(json_t **claimsp, const struct redemption *r, const json_t *answer)
{
	const char *token =
		json_string_value(json_object_get(answer, "id_token"));
	enum rth_oidc_reason reason;

	if (!token)
		return RTH_OIDC_BAD_ANSWER;
	reason = verify(claimsp, r, token);
	if (reason)
		return reason;
	reason = rth_oidc_claims_bound(*claimsp, r->conf->client_id,
				       r->attempt->nonce);
	if (reason)
		json_decref(*claimsp);
	return reason;
}

/* RFC 6750 2.1: nothing that could end the header. */
static bool bearer_sound(const char *s)
{
	if (!s || !*s || strlen(s) > ACCESS_TOKEN_MAX_BYTES)
		return false;
	for (; *s; s++)
		if (*s <= 0x20 || *s > 0x7e)
			return false;
	return true;
}

static enum rth_oidc_reason
ask_userinfo(json_t *claims, const struct redemption *r, const json_t *answer)
{
	const char *bearer =
		json_string_value(json_object_get(answer, "access_token"));
	const struct rth_fetch f = {
		.url = rth_oidc_meta_userinfo(r->m),
		.bearer = bearer,
		.ca_file = r->conf->ca_file,
		.work = rth_oidc_provider_work(r->p),
	};
	json_t *userinfo = NULL;
	enum rth_oidc_reason reason;

	if (!f.url)
		return RTH_OIDC_NO_EMAIL;
	if (!bearer_sound(bearer))
		return RTH_OIDC_BAD_ANSWER;
	reason =
		reason_of(rth_fetch_json(&userinfo, &f), RTH_OIDC_BAD_USERINFO);
	if (!reason)
		reason = rth_oidc_claims_add(claims, userinfo);
	json_decref(userinfo);
	return reason;
}

enum rth_oidc_reason rth_oidc_redeem(json_t **claimsp,
				     struct rth_oidc_provider *p,
				     struct rth_oidc_meta *m,
				     const struct rth_attempt *attempt,
				     const char *code, int64_t now_s)
{
	const struct redemption r = {
		.p = p,
		.m = m,
		.conf = rth_oidc_provider_conf(p),
		.attempt = attempt,
		.code = code,
		.now_s = now_s,
	};
	json_t *answer = NULL, *claims = NULL;
	enum rth_oidc_reason reason =
		reason_of(ask_token(&answer, &r), RTH_OIDC_BAD_ANSWER);

	if (reason)
		return reason;
	reason = read_token(&claims, &r, answer);
	if (!reason && !json_object_get(claims, "email")) {
		reason = ask_userinfo(claims, &r, answer);
		if (reason)
			json_decref(claims);
	}
	json_decref(answer);
	if (!reason)
		*claimsp = claims;
	return reason;
}
