/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a request must be before any handler sees it, and the headers that
 * every reply carries.
 */
#ifndef RTH_GUARD_H
#define RTH_GUARD_H

#include "exchange.h"
#include "route.h"

/* A refusal; status 0 is none. Static strings. */
struct rth_refusal {
	unsigned status;
	const char *code;
	const char *message;
};

/** Reads a method; HEAD is RTH_GET. False: it is none that is served. */
bool rth_guard_method(enum rth_method *methodp, const char *text) RTH_CHECKED;

/** RTH_ERR_FORMAT unless the name is a token and the value plain text (RFC 9110
    5.1, 5.5). */
enum rth_err rth_guard_line(const char *name, const char *value) RTH_CHECKED;

/**
 * Checks the framing and the limits of a request's headers, which the HTTP
 * library reads leniently (RFC 9112 6.1, 6.3, 3.2, 5.2), and takes cookies and
 * query apart into the exchange.
 *
 * @param x      with all header lines added
 * @param target as it came, with the query
 */
struct rth_refusal rth_guard_request(struct rth_exchange *x,
				     const char *target);

/**
 * Checks type and length of the body.
 *
 * @param max_bytes one byte more is 413
 * @param bytesp    receives the Content-Length, on success only
 */
struct rth_refusal rth_guard_body(const struct rth_exchange *x,
				  size_t max_bytes, size_t *bytesp);

/** Checks that the request is for public_url's host (421 if not). */
struct rth_refusal rth_guard_host(const struct rth_exchange *x);

/**
 * Checks where a state-changing request comes from: `Origin` is public_url, or
 * without one `Sec-Fetch-Site` is same-origin.
 */
struct rth_refusal rth_guard_origin(const struct rth_exchange *x);

/** Adds the security headers to a reply, and no-store if it says nothing. */
void rth_guard_reply(struct rth_exchange *x);

/** Gives a refusal as the reply. */
void rth_guard_refuse(struct rth_exchange *x, struct rth_refusal refusal);

#endif
