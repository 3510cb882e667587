/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the claims of a verified ID token must say, and why a sign-in failed.
 * All pure: any thread.
 */
#ifndef RTH_OIDC_CLAIMS_H
#define RTH_OIDC_CLAIMS_H

#include <jansson.h>

#include "err.h"
#include "settings.h"
#include "store.h"

/* Why a sign-in failed; for the log, and folded to a code for the page. */
enum rth_oidc_reason {
	RTH_OIDC_OK = 0,
	RTH_OIDC_NO_ATTEMPT,	 /* state unknown, expired or used */
	RTH_OIDC_OTHER_BROWSER,	 /* the cookie is not the one given at start */
	RTH_OIDC_OTHER_PROVIDER, /* begun at another one (mix-up) */
	RTH_OIDC_TOO_MANY,
	RTH_OIDC_REFUSED,	 /* error=access_denied and the like */
	RTH_OIDC_PROVIDER_ERROR, /* another error= */
	RTH_OIDC_WRONG_ISS,	 /* RFC 9207 */
	RTH_OIDC_NO_CODE,
	RTH_OIDC_DOWN,
	RTH_OIDC_BAD_DISCOVERY,
	RTH_OIDC_BAD_ANSWER, /* of the token endpoint */
	RTH_OIDC_BAD_TOKEN,  /* the ID token; the log has its own reason */
	RTH_OIDC_WRONG_NONCE,
	RTH_OIDC_WRONG_PARTY, /* azp */
	RTH_OIDC_BAD_USERINFO,
	RTH_OIDC_NO_EMAIL,
	RTH_OIDC_UNVERIFIED,
	RTH_OIDC_FOREIGN_EMAIL,
	RTH_OIDC_FAILED, /* something of ours */
	RTH_OIDC_REASONS,
};

/** The name of a reason for logs, a static string. */
const char *rth_oidc_reason_name(enum rth_oidc_reason reason);

/** The code that the page gets (docs/portal-api.md), a static string. */
const char *rth_oidc_reason_code(enum rth_oidc_reason reason);

/**
 * Checks what rth_jwt_verify does not know of: `nonce`, and `azp`, which must
 * be there when `aud` names several parties (OpenID Connect Core 3.1.3.7).
 */
enum rth_oidc_reason rth_oidc_claims_bound(const json_t *claims,
					   const char *client_id,
					   const char *nonce);

/**
 * Adds what a userinfo answer says to the ID token's claims. It must be about
 * the same `sub`; its word on the e-mail replaces the token's (Core 5.3.2).
 */
enum rth_oidc_reason rth_oidc_claims_add(json_t *claims, json_t *userinfo);

/* A verified person; strings are borrowed from the claims. */
struct rth_oidc_person {
	const char *email;
	const char *name;	      /* or NULL */
	char groups[RTH_GROUPS_SIZE]; /* one a line */
};

/**
 * Reads the person. `email_verified` (or, where it is absent, Microsoft's
 * `xms_edov`) must be true, or the text "true" as some providers write it, and
 * the address one that this provider may vouch for.
 *
 * @param conf of the provider: its domains and groups_claim; borrowed
 */
enum rth_oidc_reason
rth_oidc_claims_person(struct rth_oidc_person *person, const json_t *claims,
		       const struct rth_provider_conf *conf);

#endif
