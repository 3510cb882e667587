/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sign-in by OpenID Connect (authorization code flow with PKCE, state and
 * nonce; OpenID Connect Core 1.0, RFC 7636, RFC 9207) at the providers of the
 * configuration.
 *
 *     /auth/start/<provider>  ──303──▶ the provider ──303──▶
 *     /auth/callback/<provider> ──▶ session, 303 to `next`
 *
 * A callback that proves nothing ends at /?error=CODE without a session:
 *
 *     sign-in-failed    what came back was wrong
 *     sign-in-expired   too late, used before, or begun in another browser
 *     sign-in-refused   the person or the provider said no
 *     email-unverified  the provider does not vouch for an e-mail address
 *     provider-down     it cannot be reached or does not answer
 */
#ifndef RTH_OIDC_H
#define RTH_OIDC_H

#include "err.h"
#include "exchange.h"
#include "settings.h"
#include "work.h"

struct rth_oidc;

/**
 * Prepares the configured providers and fetches their discovery documents in
 * the background. Startup only; curl_global_init has been called.
 *
 * @param settings borrowed until rth_oidc_free
 * @param net      the pool that runs the handlers, borrowed; it must be gone
 *                 (rth_work_free) before rth_oidc_free
 * @return 0, RTH_ERR_CONFIG when an issuer is no https URL, RTH_ERR_NOMEM
 */
enum rth_err rth_oidc_create(struct rth_oidc **op,
			     const struct rth_settings *settings,
			     struct rth_work *net) RTH_CHECKED;
void rth_oidc_free(struct rth_oidc *o); /* NULL is allowed */

/* Handlers, RTH_ON_NET: GET /auth/start/:provider, /auth/callback/:provider. */
void rth_oidc_handle_start(struct rth_exchange *x);
void rth_oidc_handle_callback(struct rth_exchange *x);

#endif
