/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A token taken apart (RFC 7515 section 7.1), not yet believed. Private to the
 * jwt files.
 */
#ifndef RTH_JWT_TOKEN_H
#define RTH_JWT_TOKEN_H

#include "jwt_alg.h"

struct rth_jwt_token {
	json_t *header; /* owned */
	json_t *claims; /* owned */
	const struct rth_jwt_alg_info *alg;
	const char *kid;	 /* in header, or NULL */
	const char *typ;	 /* in header, or NULL */
	const char *signed_text; /* in the token */
	size_t signed_len;
	unsigned char signature[RTH_JWT_SIGNATURE_MAX_BYTES];
	size_t signature_len;
};

/**
 * Takes a token apart and refuses what no token for RTHealth may be. Any
 * thread.
 *
 * @param token filled in; give it to rth_jwt_token_clear in any case
 * @param text  borrowed until then
 * @return RTH_JWT_OK, _MALFORMED, _TOO_LONG, _BAD_ALG, _BAD_HEADER,
 *         _BAD_SIGNATURE (longer than any) or _FAILED
 */
enum rth_jwt_reason rth_jwt_token_read(struct rth_jwt_token *token,
				       const char *text,
				       size_t len) RTH_CHECKED;

void rth_jwt_token_clear(struct rth_jwt_token *token);

#endif
