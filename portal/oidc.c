/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two ends of an OpenID Connect sign-in: sending the browser out, and
 * judging what it brings back.
 */
#include "oidc.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "log.h"
#include "mem.h"
#include "oidc_provider.h"
#include "oidc_redeem.h"
#include "oidc_url.h"
#include "portal.h"
#include "session.h"
#include "store.h"

#define ATTEMPT_S 600
#define COOKIE "signin"
#define STARTS_MAX 300 /* of one client within STARTS_WINDOW_S */
#define STARTS_WINDOW_S 600

struct rth_oidc {
	struct rth_work *net;
	struct rth_oidc_provider **providers;
	size_t n;
};

/* The errors of RFC 6749 4.1.2.1 and OpenID Connect Core 3.1.2.6 that are not
   a fault of the setup. */
static const struct {
	const char *error;
	enum rth_oidc_reason reason;
} provider_errors[] = {
	{"access_denied", RTH_OIDC_REFUSED},
	{"login_required", RTH_OIDC_REFUSED},
	{"consent_required", RTH_OIDC_REFUSED},
	{"interaction_required", RTH_OIDC_REFUSED},
	{"account_selection_required", RTH_OIDC_REFUSED},
	{"temporarily_unavailable", RTH_OIDC_DOWN},
	{"server_error", RTH_OIDC_DOWN},
};

/* Fetches a provider's description before somebody waits for it. */
static void warm(void *arg)
{
	struct rth_oidc_meta *m;

	if (!rth_oidc_provider_meta(&m, arg))
		rth_oidc_meta_unref(m);
}

/* When the queue is full, the first sign-in fetches. */
static void warm_all(const struct rth_oidc *o)
{
	size_t i;

	for (i = 0; i < o->n; i++)
		if (rth_work_add(o->net, warm, o->providers[i]))
			rth_log(RTH_LOG_DEBUG, "provider-not-warmed", NULL);
}

static enum rth_err add_providers(struct rth_oidc *o,
				  const struct rth_settings *settings)
{
	const struct rth_provider_conf *confs = settings->providers.v;
	enum rth_err err = RTH_OK;

	o->providers =
		rth_alloc(settings->providers.n * sizeof(o->providers[0]));
	if (!o->providers)
		return RTH_ERR_NOMEM;
	while (!err && o->n < settings->providers.n) {
		err = rth_oidc_provider_create(&o->providers[o->n],
					       &confs[o->n],
					       settings->public_url, o->net);
		if (!err)
			o->n++;
	}
	return err;
}

enum rth_err rth_oidc_create(struct rth_oidc **op,
			     const struct rth_settings *settings,
			     struct rth_work *net)
{
	struct rth_oidc *o = rth_alloc(sizeof(*o));
	enum rth_err err;

	if (!o)
		return RTH_ERR_NOMEM;
	o->net = net;
	err = add_providers(o, settings);
	if (err) {
		rth_oidc_free(o);
		return err;
	}
	warm_all(o);
	*op = o;
	return RTH_OK;
}

void rth_oidc_free(struct rth_oidc *o)
{
	size_t i;

	if (!o)
		return;
	for (i = 0; i < o->n; i++)
		rth_oidc_provider_free(o->providers[i]);
	rth_free(o->providers);
	rth_free(o);
}

static struct rth_oidc_provider *provider_of(const struct rth_exchange *x)
{
	const struct rth_oidc *o = rth_request_portal(x)->oidc;
	const char *id = rth_request_param(x, 0);
	size_t i;

	for (i = 0; i < o->n; i++)
		if (!strcmp(rth_oidc_provider_conf(o->providers[i])->id, id))
			return o->providers[i];
	return NULL;
}

/* Back to the page, which says what happened; no session. */
static void fail(struct rth_exchange *x, const struct rth_oidc_provider *p,
		 enum rth_oidc_reason reason)
{
	char location[64];

	rth_log(RTH_LOG_WARN, "sign-in-failed", "s:s, s:s", "provider",
		rth_oidc_provider_conf(p)->id, "reason",
		rth_oidc_reason_name(reason));
	snprintf(location, sizeof(location), "/?error=%s",
		 rth_oidc_reason_code(reason));
	rth_reply_redirect(x, location);
}

/* Whether this client may begin another one. */
static enum rth_oidc_reason allowance(const struct rth_exchange *x)
{
	const struct rth_portal *p = rth_request_portal(x);
	char hash[RTH_HASH_SIZE], key[RTH_HASH_SIZE + 16];
	enum rth_err err = rth_store_hash(hash, rth_request_address(x));

	if (err)
		return RTH_OIDC_FAILED;
	snprintf(key, sizeof(key), "oidc:%s", hash);
	err = rth_store_rate(p->store, key, STARTS_MAX, STARTS_WINDOW_S,
			     p->now_s());
	if (err == RTH_ERR_LIMIT)
		return RTH_OIDC_TOO_MANY;
	return err ? RTH_OIDC_FAILED : RTH_OIDC_OK;
}

/* The browser's cookie: the one that it has, so that two tabs can sign in at
   the same time, or a new one. */
static enum rth_err browser_secret(const struct rth_exchange *x,
				   char secret[RTH_OIDC_SECRET_SIZE])
{
	const char *known = rth_request_cookie(x, COOKIE);

	if (!known || strlen(known) != RTH_OIDC_SECRET_SIZE - 1)
		return rth_oidc_secret(secret);
	memcpy(secret, known, RTH_OIDC_SECRET_SIZE);
	return RTH_OK;
}

struct departure {
	char state[RTH_OIDC_SECRET_SIZE];
	char browser[RTH_OIDC_SECRET_SIZE];
	struct rth_attempt attempt;
};

static enum rth_err make_departure(struct departure *d,
				   const struct rth_exchange *x,
				   const char *provider)
{
	const char *next = rth_request_field(x, RTH_FIELD_QUERY, "next");
	struct rth_attempt *a = &d->attempt;
	enum rth_err err = browser_secret(x, d->browser);

	if (!err)
		err = rth_oidc_secret(d->state);
	if (!err)
		err = rth_oidc_secret(a->nonce);
	if (!err)
		err = rth_oidc_secret(a->verifier);
	if (!err)
		err = rth_store_hash(a->state_hash, d->state);
	if (!err)
		err = rth_store_hash(a->browser_hash, d->browser);
	if (err)
		return err;
	snprintf(a->provider, sizeof(a->provider), "%s", provider);
	snprintf(a->next, sizeof(a->next), "%s",
		 next && rth_oidc_next_allowed(next) ? next : "/");
	a->expires_s = rth_request_portal(x)->now_s() + ATTEMPT_S;
	return RTH_OK;
}

static enum rth_err send_out(struct rth_exchange *x,
			     const struct rth_oidc_provider *p,
			     const struct rth_oidc_meta *m,
			     const struct departure *d)
{
	const struct rth_provider_conf *conf = rth_oidc_provider_conf(p);
	const struct rth_portal *portal = rth_request_portal(x);
	const struct rth_oidc_request request = {
		.endpoint = rth_oidc_meta_authorize(m),
		.client_id = conf->client_id,
		.redirect_uri = rth_oidc_provider_redirect_uri(p),
		.scope = conf->scope,
		.state = d->state,
		.nonce = d->attempt.nonce,
		.verifier = d->attempt.verifier,
	};
	char url[RTH_OIDC_URL_SIZE];
	enum rth_err err = rth_oidc_authorize_url(url, &request);

	if (!err)
		err = rth_store_attempt_add(portal->store, &d->attempt,
					    portal->now_s());
	if (err)
		return err;
	rth_reply_cookie(x, COOKIE, d->browser, ATTEMPT_S);
	rth_reply_redirect(x, url);
	return RTH_OK;
}

static enum rth_oidc_reason start(struct rth_exchange *x,
				  struct rth_oidc_provider *p)
{
	struct rth_oidc_meta *m = NULL;
	struct departure d = {0};
	enum rth_oidc_reason reason = allowance(x);
	enum rth_err err;

	if (!reason)
		reason = rth_oidc_provider_meta(&m, p);
	if (reason)
		return reason;
	err = make_departure(&d, x, rth_oidc_provider_conf(p)->id);
	if (!err)
		err = send_out(x, p, m, &d);
	rth_oidc_meta_unref(m);
	OPENSSL_cleanse(&d, sizeof(d));
	return err ? RTH_OIDC_FAILED : RTH_OIDC_OK;
}

void rth_oidc_handle_start(struct rth_exchange *x)
{
	struct rth_oidc_provider *p = provider_of(x);
	enum rth_oidc_reason reason;

	if (!p) {
		rth_reply_not_found(x);
		return;
	}
	reason = start(x, p);
	if (reason)
		fail(x, p, reason);
}

/* Takes the attempt that `state` names: once, in the browser that began it. */
static enum rth_oidc_reason take_attempt(struct rth_exchange *x,
					 struct rth_attempt *attempt,
					 const char *provider)
{
	const struct rth_portal *p = rth_request_portal(x);
	const char *state = rth_request_field(x, RTH_FIELD_QUERY, "state");
	const char *browser = rth_request_cookie(x, COOKIE);
	char hash[RTH_HASH_SIZE];
	enum rth_err err;

	if (!state)
		return RTH_OIDC_NO_ATTEMPT;
	err = rth_store_hash(hash, state);
	if (!err)
		err = rth_store_attempt_take(p->store, attempt, hash,
					     p->now_s());
	if (err == RTH_ERR_NOT_FOUND)
		return RTH_OIDC_NO_ATTEMPT;
	if (err || rth_store_hash(hash, browser ? browser : ""))
		return RTH_OIDC_FAILED;
	if (CRYPTO_memcmp(hash, attempt->browser_hash, sizeof(hash)) != 0)
		return RTH_OIDC_OTHER_BROWSER;
	if (strcmp(attempt->provider, provider) != 0)
		return RTH_OIDC_OTHER_PROVIDER;
	return RTH_OIDC_OK;
}

static enum rth_oidc_reason reason_of_error(const char *error)
{
	size_t i;

	for (i = 0; i < sizeof(provider_errors) / sizeof(provider_errors[0]);
	     i++)
		if (!strcmp(error, provider_errors[i].error))
			return provider_errors[i].reason;
	return RTH_OIDC_PROVIDER_ERROR;
}

/* What the answer says before its code is looked at. */
static enum rth_oidc_reason read_answer(const struct rth_exchange *x,
					const struct rth_oidc_provider *p,
					const struct rth_oidc_meta *m)
{
	const char *iss = rth_request_field(x, RTH_FIELD_QUERY, "iss");
	const char *error = rth_request_field(x, RTH_FIELD_QUERY, "error");

	if (iss ? strcmp(iss, rth_oidc_provider_conf(p)->issuer) != 0
		: rth_oidc_meta_promises_iss(m))
		return RTH_OIDC_WRONG_ISS;
	if (error)
		return reason_of_error(error);
	if (!rth_request_field(x, RTH_FIELD_QUERY, "code"))
		return RTH_OIDC_NO_CODE;
	return RTH_OIDC_OK;
}

static enum rth_oidc_reason sign_in(struct rth_exchange *x,
				    const struct rth_provider_conf *conf,
				    const json_t *claims)
{
	struct rth_oidc_person person;
	char method[RTH_ID_SIZE + 64];
	struct rth_identity who = {.method = method};
	enum rth_oidc_reason reason =
		rth_oidc_claims_person(&person, claims, conf);

	if (reason)
		return reason;
	snprintf(method, sizeof(method), "oidc:%s", conf->id);
	who.email = person.email;
	who.name = person.name;
	who.groups = person.groups[0] ? person.groups : NULL;
	switch (rth_session_sign_in(x, &who)) {
	case RTH_OK:
		return RTH_OIDC_OK;
	case RTH_ERR_FORMAT:
		return RTH_OIDC_NO_EMAIL;
	default:
		return RTH_OIDC_FAILED;
	}
}

static enum rth_oidc_reason finish(struct rth_exchange *x,
				   struct rth_oidc_provider *p,
				   const struct rth_attempt *attempt)
{
	struct rth_oidc_meta *m = NULL;
	json_t *claims = NULL;
	enum rth_oidc_reason reason = rth_oidc_provider_meta(&m, p);

	if (!reason)
		reason = read_answer(x, p, m);
	if (!reason)
		reason = rth_oidc_redeem(
			&claims, p, m, attempt,
			rth_request_field(x, RTH_FIELD_QUERY, "code"),
			rth_request_portal(x)->now_s());
	if (!reason)
		reason = sign_in(x, rth_oidc_provider_conf(p), claims);
	json_decref(claims);
	rth_oidc_meta_unref(m);
	return reason;
}

/* Only what took an attempt: how many there are of these is limited. */
static void audit_refusal(struct rth_exchange *x,
			  const struct rth_oidc_provider *p,
			  enum rth_oidc_reason reason)
{
	char method[RTH_ID_SIZE + 64];

	if (reason == RTH_OIDC_NO_ATTEMPT)
		return;
	snprintf(method, sizeof(method), "oidc:%s",
		 rth_oidc_provider_conf(p)->id);
	rth_session_refused(x, method, rth_oidc_reason_name(reason));
}

void rth_oidc_handle_callback(struct rth_exchange *x)
{
	struct rth_oidc_provider *p = provider_of(x);
	struct rth_attempt attempt = {0};
	enum rth_oidc_reason reason;

	if (!p) {
		rth_reply_not_found(x);
		return;
	}
	reason = take_attempt(x, &attempt, rth_oidc_provider_conf(p)->id);
	if (!reason)
		reason = finish(x, p, &attempt);
	if (reason) {
		audit_refusal(x, p, reason);
		fail(x, p, reason);
	} else {
		rth_reply_cookie(x, COOKIE, "", 0);
		rth_reply_redirect(x, attempt.next);
	}
	OPENSSL_cleanse(&attempt, sizeof(attempt));
}
