/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The portal's own ES256 keys: made, kept, published, rotated.
 *
 *     published ──lead_s──▶ signs ──(successor signs)──▶ only verifies
 *                                                    ──keep_s──▶ removed
 *
 * A key is in the JWK set `lead_s` before its first signature, so that every
 * verifier's cache has it by then, and stays there `keep_s` after its last
 * one, so that no token outlives its key. All of that is in a key file's name:
 * "sign-<seconds since 1970 from which it signs>.pem".
 */
#ifndef RTH_SIGNING_H
#define RTH_SIGNING_H

#include <stdint.h>

#include <jansson.h>

#include "err.h"

struct rth_signing;

struct rth_signing_conf {
	const char *dir;  /* of the key files; made with mode 0700 if missing */
	int64_t rotate_s; /* a key signs this long */
	int64_t lead_s;	  /* at least the life of a cached JWK set */
	int64_t keep_s;	  /* at least the life of a token, leeway included */
};

/**
 * Reads the keys, or makes the first one, which signs at once. Startup only.
 *
 * @param conf  borrowed during the call
 * @param now_s seconds since 1970, as everywhere here
 * @return 0; RTH_ERR_DENIED when others may read a key or write the folder;
 *         RTH_ERR_FORMAT when a key file is damaged; RTH_ERR_CONFIG when the
 *         times make no sense; RTH_ERR_IO, RTH_ERR_CRYPTO or RTH_ERR_NOMEM
 */
enum rth_err rth_signing_create(struct rth_signing **sp,
				const struct rth_signing_conf *conf,
				int64_t now_s) RTH_CHECKED;
void rth_signing_free(struct rth_signing *s); /* NULL is allowed */

/**
 * Does what is due: publishes the next key, removes dead ones. Call it about
 * once a minute. Any thread; writes a small file when a key is made.
 *
 * @return 0 or what failed; the keys at hand go on
 */
enum rth_err rth_signing_tick(struct rth_signing *s, int64_t now_s) RTH_CHECKED;

/**
 * Publishes a new key now, which signs from lead_s on (SIGHUP). Any thread.
 *
 * @return 0, RTH_ERR_EXISTS when a next key is already published, or as tick
 */
enum rth_err rth_signing_rotate(struct rth_signing *s,
				int64_t now_s) RTH_CHECKED;

/**
 * Signs with the key whose time it is. Any thread.
 *
 * @param tokenp receives the token, for rth_free
 * @param typ    "at+jwt" or "JWT"
 * @param claims borrowed
 */
enum rth_err rth_signing_sign(char **tokenp, struct rth_signing *s,
			      const char *typ, const json_t *claims,
			      int64_t now_s) RTH_CHECKED;

/**
 * The JWK set to publish (RFC 7517). Any thread.
 *
 * @param setp receives {"keys":[...]}, json_decref it
 */
enum rth_err rth_signing_jwks(json_t **setp, struct rth_signing *s) RTH_CHECKED;

#endif
