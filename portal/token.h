/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a join hands out: the admission token for the plugin, the transport
 * token for Janus, the credentials for a TURN server. All pure: the clock and
 * the random ids are arguments. Any thread.
 */
#ifndef RTH_TOKEN_H
#define RTH_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "err.h"

#define RTH_TOKEN_LIFE_S 300	 /* of an admission token, at most */
#define RTH_TOKEN_NAME_MAX 64	 /* characters, not bytes */
#define RTH_TOKEN_TYPE "at+jwt"	 /* RFC 9068 */
#define RTH_TOKEN_SECRET_MAX 256 /* bytes of a shared secret */
#define RTH_TOKEN_JANUS_SIZE 128 /* of a transport token with its NUL */
#define RTH_TOKEN_TURN_USER_SIZE 64
#define RTH_TOKEN_TURN_PASS_SIZE 32

/* All borrowed. `jti` is a fresh random id (rth_id_make) for each token. */
struct rth_admission {
	const char *issuer;
	const char *audience;
	const char *subject; /* the person, an id */
	const char *name;    /* shown to the other side; cut to 64 characters */
	const char *jti;
	const char *room;
	const char *role; /* "clinician" or "patient" */
	int64_t now_s;	  /* since 1970 */
	int64_t seat_until_s;
	bool record;
	bool admitted; /* was let in by the clinician before */
};

/**
 * The claims of docs/protocol.md, "Admission token", to be signed as
 * RTH_TOKEN_TYPE. They live RTH_TOKEN_LIFE_S, never longer than the seat.
 *
 * @param claimsp receives an object, json_decref it
 * @return 0, RTH_ERR_STATE when the seat is over, RTH_ERR_FORMAT when a text
 *         is missing, not UTF-8, or the role or room is none, RTH_ERR_NOMEM
 */
enum rth_err rth_token_admission(json_t **claimsp,
				 const struct rth_admission *a) RTH_CHECKED;

/**
 * The signed token that Janus demands with each request ("expiry,janus,
 * plugin:base64(HMAC-SHA1)", Janus's token_auth_secret). Janus looks at the
 * expiry at every request, so it must last as long as the seat.
 *
 * @return 0, RTH_ERR_FORMAT for an empty secret, RTH_ERR_LIMIT, RTH_ERR_CRYPTO
 */
enum rth_err rth_token_janus(char token[RTH_TOKEN_JANUS_SIZE],
			     const char *secret, int64_t expires_s) RTH_CHECKED;

/**
 * Credentials by coturn's shared-secret scheme (use-auth-secret): the user is
 * "expiry:id", the password base64(HMAC-SHA1(secret, user)).
 *
 * @param id a fresh random id, never a person's
 * @return as rth_token_janus
 */
enum rth_err rth_token_turn(char user[RTH_TOKEN_TURN_USER_SIZE],
			    char password[RTH_TOKEN_TURN_PASS_SIZE],
			    const char *secret, const char *id,
			    int64_t expires_s) RTH_CHECKED;

#endif
