/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The texts of an OpenID Connect code flow: where to look for a provider, where
 * to send the browser, what to post. All pure: any thread.
 */
#ifndef RTH_OIDC_URL_H
#define RTH_OIDC_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

#define RTH_OIDC_SECRET_SIZE 44 /* 256 bits as base64url and the NUL */
#define RTH_OIDC_URL_SIZE 4096
#define RTH_OIDC_FORM_SIZE 12288
#define RTH_OIDC_NEXT_MAX_BYTES 512

/** A random state, nonce, PKCE verifier or cookie. */
enum rth_err rth_oidc_secret(char secret[RTH_OIDC_SECRET_SIZE]) RTH_CHECKED;

/** The S256 challenge of a PKCE verifier (RFC 7636 4.2). */
enum rth_err rth_oidc_challenge(char challenge[RTH_OIDC_SECRET_SIZE],
				const char *verifier) RTH_CHECKED;

/**
 * Says whether a sign-in may end there: a path of this site and nothing that a
 * browser could take for another one.
 */
bool rth_oidc_next_allowed(const char *next);

/** The issuer's discovery document (OpenID Connect Discovery 4). */
enum rth_err rth_oidc_discovery_url(char *url, size_t size,
				    const char *issuer) RTH_CHECKED;

/** Where the provider sends the browser back to; registered there exactly so.
 */
enum rth_err rth_oidc_redirect_uri(char *uri, size_t size,
				   const char *public_url,
				   const char *provider) RTH_CHECKED;

/* All borrowed. */
struct rth_oidc_request {
	const char *endpoint; /* may have a query already */
	const char *client_id;
	const char *redirect_uri;
	const char *scope;
	const char *state;
	const char *nonce;
	const char *verifier;
};

/** Where to send the browser. RTH_ERR_LIMIT when that gets too long. */
enum rth_err
rth_oidc_authorize_url(char url[RTH_OIDC_URL_SIZE],
		       const struct rth_oidc_request *request) RTH_CHECKED;

/* All borrowed; NULL where it does not go into the form. */
struct rth_oidc_redemption {
	const char *code;
	const char *redirect_uri;
	const char *verifier;
	const char *client_id;
	const char *client_secret;
};

/** What to post to the token endpoint. RTH_ERR_LIMIT as above. */
enum rth_err
rth_oidc_token_form(char form[RTH_OIDC_FORM_SIZE],
		    const struct rth_oidc_redemption *r) RTH_CHECKED;

#endif
