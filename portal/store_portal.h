/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store's part about the portals that share a database: docs/database.md.
 * Threads and errors as in store.h.
 */
#ifndef RTH_STORE_PORTAL_H
#define RTH_STORE_PORTAL_H

#include "store.h"

#define RTH_PORTAL_GONE_S 180  /* not heard of for so long: it is not there */
#define RTH_SIGNING_KEPT_S 900 /* longer than a token and the leeway */
#define RTH_JWK_SIZE 1024

/** A portal serves; told about once a minute. @param portal a random id */
enum rth_err rth_store_portal_seen(struct rth_store *store, const char *portal,
				   int64_t now_s) RTH_CHECKED;
/** It ends. */
enum rth_err rth_store_portal_gone(struct rth_store *store,
				   const char *portal) RTH_CHECKED;
/** How many serve, or were killed within RTH_PORTAL_GONE_S. */
enum rth_err rth_store_portals(struct rth_store *store, int64_t *np,
			       int64_t now_s) RTH_CHECKED;
/** Publishes a public signing key, or says that it is still in use. */
enum rth_err rth_store_signing_put(struct rth_store *store, const char *kid,
				   const char *jwk, int64_t now_s) RTH_CHECKED;
/** Calls back for each that was in use after `since_s`, at most 64; `each` must
    not call the store. */
enum rth_err rth_store_signing_each(struct rth_store *store, int64_t since_s,
				    enum rth_err (*each)(const char *jwk,
							 void *arg),
				    void *arg) RTH_CHECKED;
/** Removes what portals have left that are not there any more. */
enum rth_err rth_store_portals_sweep(struct rth_store *store,
				     int64_t now_s) RTH_CHECKED;

#endif
