/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asks another server for a JSON object (libcurl): https only, except from
 * this machine; no redirects, no cookies, bounded in time and size.
 */
#ifndef RTH_FETCH_H
#define RTH_FETCH_H

#include <stdbool.h>

#include <jansson.h>

#include "err.h"
#include "work.h"

#define RTH_FETCH_TIMEOUT_MS 5000
#define RTH_FETCH_MAX_BYTES 65536
#define RTH_FETCH_MAX_URL_BYTES 1024

/* All borrowed; NULL where there is none. */
struct rth_fetch {
	const char *url;
	const char *form; /* what is posted; NULL: GET */
	/* HTTP basic authentication; form-encoded first (RFC 6749 2.3.1), since
	   a client's id and secret may hold a colon. */
	const char *user, *password;
	const char *bearer;	     /* an access token (RFC 6750) */
	const char *ca_file;	     /* more trusted certificates */
	const struct rth_work *work; /* gives up when it stops */
};

/**
 * Says whether a URL may be asked or shown to a browser: https, or http with
 * the host localhost, 127.0.0.1 or [::1]; no user, no fragment. Any thread.
 */
bool rth_fetch_allows(const char *url);

/**
 * Asks, and waits for the answer. Worker threads only.
 *
 * @param valuep receives the object of a 200 answer, json_decref it
 * @return 0; RTH_ERR_UNAVAILABLE: not reached, too slow, or a 5xx;
 *         RTH_ERR_DENIED: another status, a redirect too; RTH_ERR_LIMIT: the
 *         answer is too large; RTH_ERR_FORMAT: it is no JSON object, or the
 *         URL is not allowed; RTH_ERR_NOMEM
 */
enum rth_err rth_fetch_json(json_t **valuep,
			    const struct rth_fetch *f) RTH_CHECKED;

/**
 * Appends "name=value", percent-encoded, to a form or a query. Any thread.
 *
 * @param buf  a string in a buffer of `size` bytes
 * @param sep  what joins it to what is there: '&' or '?', or 0 for nothing
 * @return 0, RTH_ERR_LIMIT (buf is unchanged) or RTH_ERR_NOMEM
 */
enum rth_err rth_fetch_append(char *buf, size_t size, char sep,
			      const char *name, const char *value) RTH_CHECKED;

#endif
