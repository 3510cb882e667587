/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of requests: method, path, needed right, place, handler.
 */
#ifndef RTH_ROUTE_H
#define RTH_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "exchange.h"

/* What somebody must be to get to a handler. */
enum rth_right {
	RTH_ANYONE,    /* a session is there if the cookie is good */
	RTH_SIGNED_IN, /* else 401 `sign-in` */
	RTH_CLINICIAN, /* else 403 `not-allowed` */
};

/* Which thread runs a handler. */
enum rth_place {
	RTH_ON_POOL,  /* the HTTP pool: must not block; no session, no store */
	RTH_ON_STORE, /* a worker that may wait for the database */
	RTH_ON_NET,   /* a worker that may wait for a network (curl) */
};

/* What a state-changing request proves besides its cookie. */
enum rth_proof {
	RTH_PROOF_NONE,	  /* GET */
	RTH_PROOF_ORIGIN, /* sign-in: no session yet, the Origin is checked */
	RTH_PROOF_CSRF,	  /* Origin and X-RTH-CSRF */
	/* Janus's, by HTTP authentication. It takes any answer for a success:
	   instead of 401, or a status from 500 on, the connection is closed.
	   What is malformed is answered: it would be told for ever. */
	RTH_PROOF_JANUS,
};

struct rth_route {
	enum rth_method method;
	const char *pattern; /* "/api/visits/:id"; a last "*" is the rest */
	enum rth_right right;
	enum rth_place place;
	enum rth_proof proof;
	size_t body_max; /* bytes; 0: RTH_REQUEST_MAX_BODY_BYTES */
	bool any_host;	 /* not only under public_url's name */
	void (*handle)(struct rth_exchange *x);
};

enum rth_route_match {
	RTH_ROUTE_FOUND,
	RTH_ROUTE_NO_PATH,   /* 404 */
	RTH_ROUTE_NO_METHOD, /* 405 */
};

/**
 * Finds the row for a method and a normalised path, and its parameters.
 *
 * @param params receives start and length of each parameter within `path`
 */
struct rth_route_param {
	const char *start;
	size_t len;
};
enum rth_route_match
rth_route_find(const struct rth_route **routep,
	       struct rth_route_param params[RTH_REQUEST_MAX_PARAMS],
	       const struct rth_route *table, enum rth_method method,
	       const char *path);

/**
 * Loads the session, checks the row's right and CSRF token, and calls the
 * handler: after this there is a reply. On the thread that the row names.
 */
void rth_route_run(const struct rth_route *route, struct rth_exchange *x);

/** The tables, each ending with a pattern of NULL. */
extern const struct rth_route rth_routes_public[];
extern const struct rth_route rth_routes_private[];

#endif
