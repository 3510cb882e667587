/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An issuer's current keys: a JWK set from a file or a URL, cached, fetched
 * again when a token names a key that is not in it.
 *
 * A thread of its own fetches (libcurl), so that no caller ever waits. Fetches
 * are paid for from a token bucket (burst 3, one more every 30 s), so that
 * forged key ids cannot make it hammer the issuer, and a kid that a fetch did
 * not bring is not fetched for again within 10 s. When the issuer cannot be
 * reached or answers nonsense, the old set stays, and it is tried again after
 * 30 s. A fetch ends after 5 s or 64 KiB.
 */
#ifndef RTH_KEYSET_H
#define RTH_KEYSET_H

#include "err.h"
#include "jwt.h"

struct rth_keyset;

struct rth_keyset_conf {
	const char *source;  /* absolute file path, or an https:// URL;
				http:// only for loopback addresses */
	const char *ca_file; /* more trusted certificates, or NULL */
	int64_t max_age_s;   /* fetched again when older; 0: 3600 */
	/* Called on the fetch thread after each try, whether or not it worked;
	   must not call back into this keyset except rth_keyset_current. */
	void (*changed)(void *arg);
	void *arg;
	/* One line for the log: what failed; ids and reasons only. */
	void (*log)(void *arg, const char *line);
};

/**
 * Makes a keyset and starts its first fetch. A file is read at once, and a
 * missing or damaged one is an error; an unreachable URL is not. Startup only;
 * curl_global_init has been called.
 *
 * @param conf borrowed during the call
 * @return 0, RTH_ERR_CONFIG, RTH_ERR_IO, RTH_ERR_FORMAT or RTH_ERR_NOMEM
 */
enum rth_err rth_keyset_create(struct rth_keyset **ksp,
			       const struct rth_keyset_conf *conf) RTH_CHECKED;

/** Stops the thread and frees; returns within 100 ms, also during a fetch. */
void rth_keyset_free(struct rth_keyset *ks);

/** The newest set, a reference, or NULL when there never was one. Any thread.
 */
struct rth_jwks *rth_keyset_current(struct rth_keyset *ks);

enum rth_keyset_state {
	RTH_KEYSET_HAS,	     /* the current set holds this kid */
	RTH_KEYSET_FETCHING, /* a fetch is under way: ask again after `changed`
			      */
	RTH_KEYSET_LACKS,    /* not there, and no fetch may be made now */
};

/**
 * Asks for a key id, starting a fetch where that is allowed. Any thread; never
 * waits for the network.
 *
 * @param kid the token's key id; "" is satisfied by any set
 */
enum rth_keyset_state rth_keyset_want(struct rth_keyset *ks, const char *kid);

#endif
