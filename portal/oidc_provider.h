/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An OpenID provider as it describes itself (OpenID Connect Discovery): its
 * endpoints and keys, fetched when needed and kept for an hour.
 */
#ifndef RTH_OIDC_PROVIDER_H
#define RTH_OIDC_PROVIDER_H

#include <stdbool.h>

#include "jwt.h"
#include "oidc_claims.h"
#include "settings.h"
#include "work.h"

struct rth_oidc_provider;

/**
 * @param conf       borrowed until the provider is freed
 * @param public_url of the portal; borrowed during the call
 * @param work       the pool its callers run on; borrowed
 * @return 0, RTH_ERR_CONFIG when the issuer is no allowed URL, RTH_ERR_NOMEM
 */
enum rth_err rth_oidc_provider_create(struct rth_oidc_provider **pp,
				      const struct rth_provider_conf *conf,
				      const char *public_url,
				      const struct rth_work *work) RTH_CHECKED;
void rth_oidc_provider_free(struct rth_oidc_provider *p);

/** Its part of the configuration, borrowed. Any thread. */
const struct rth_provider_conf *
rth_oidc_provider_conf(const struct rth_oidc_provider *p);

/** The pool that it was made with, borrowed. Any thread. */
const struct rth_work *
rth_oidc_provider_work(const struct rth_oidc_provider *p);

/** Where it sends the browser back to, borrowed. Any thread. */
const char *rth_oidc_provider_redirect_uri(const struct rth_oidc_provider *p);

/* What a provider says of itself. Immutable, reference counted. */
struct rth_oidc_meta;

/**
 * The provider's description. Worker threads only: may wait for the network.
 *
 * @param metap receives a reference, rth_oidc_meta_unref it
 * @return RTH_OIDC_OK, _DOWN, _BAD_DISCOVERY or _FAILED
 */
enum rth_oidc_reason rth_oidc_provider_meta(struct rth_oidc_meta **metap,
					    struct rth_oidc_provider *p);
void rth_oidc_meta_unref(struct rth_oidc_meta *m); /* NULL is allowed */

/** The authorization endpoint, borrowed from the description. */
const char *rth_oidc_meta_authorize(const struct rth_oidc_meta *m);

/** The token endpoint, borrowed from the description. */
const char *rth_oidc_meta_token(const struct rth_oidc_meta *m);

/** The userinfo endpoint, borrowed from the description; NULL without one. */
const char *rth_oidc_meta_userinfo(const struct rth_oidc_meta *m);

/** Whether it wants the client's secret in the form, not in a header. */
bool rth_oidc_meta_wants_post(const struct rth_oidc_meta *m);

/** Whether it promises `iss` in each answer (RFC 9207). */
bool rth_oidc_meta_promises_iss(const struct rth_oidc_meta *m);

/**
 * The provider's keys, fetched again if this one is not among them. Worker
 * threads only: waits for at most five seconds.
 *
 * @param kid of the token; "" for none
 * @return a reference, or NULL when there are none at all
 */
struct rth_jwks *rth_oidc_meta_keys(struct rth_oidc_meta *m, const char *kid);

#endif
