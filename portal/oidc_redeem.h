/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Turns the code that came back from a provider into a verified person.
 */
#ifndef RTH_OIDC_REDEEM_H
#define RTH_OIDC_REDEEM_H

#include <stdint.h>

#include <jansson.h>

#include "oidc_claims.h"
#include "oidc_provider.h"

/**
 * Redeems the code, verifies the ID token, and asks userinfo when the token
 * lacks the e-mail. Worker threads only: waits for the network.
 *
 * @param claimsp receives the claims to read the person from; json_decref it
 * @param attempt what was kept when the browser was sent out; borrowed
 * @param code    from the provider's answer; borrowed
 * @param now_s   seconds since 1970
 */
enum rth_oidc_reason rth_oidc_redeem(json_t **claimsp,
				     struct rth_oidc_provider *p,
				     struct rth_oidc_meta *m,
				     const struct rth_attempt *attempt,
				     const char *code, int64_t now_s);

#endif
