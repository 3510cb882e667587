/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One careful HTTP GET for a keyset: a small document from a server that may be
 * slow, broken or hostile. No redirects, no compression, no cookies. Private to
 * the keyset.
 */
#ifndef RTH_KEYSET_FETCH_H
#define RTH_KEYSET_FETCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/* To connect, and for the whole of it. */
#define RTH_KEYSET_FETCH_TIMEOUT_MS 5000

struct rth_keyset_fetch {
	const char *url;	 /* one that rth_keyset_fetch_allowed allows */
	const char *ca_file;	 /* more trusted certificates, or NULL */
	size_t max_bytes;	 /* of the body, checked while it arrives */
	const atomic_bool *stop; /* gives up within 50 ms once it is true */
};

/**
 * Says whether a URL may be fetched: https, or http to a loopback address, and
 * no user or password in it. Any thread.
 */
bool rth_keyset_fetch_allowed(const char *url);

/**
 * Gets a document; waits for it. Any thread; curl_global_init has been called.
 *
 * @param what  borrowed during the call
 * @param bodyp receives the body with a NUL behind it, for rth_free
 * @param lenp  receives its length
 * @param why   receives what went wrong, a static string, on an error
 * @return 0; RTH_ERR_CONFIG (not allowed), RTH_ERR_LIMIT, RTH_ERR_TIMEOUT,
 *         RTH_ERR_STATE (stopped), RTH_ERR_NOMEM, or RTH_ERR_UNAVAILABLE: not
 *         reached, not trusted, or a status other than 200
 */
enum rth_err rth_keyset_fetch_get(const struct rth_keyset_fetch *what,
				  char **bodyp, size_t *lenp,
				  const char **why) RTH_CHECKED;

#endif
