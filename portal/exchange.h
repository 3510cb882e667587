/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One HTTP request and its reply, as handlers see them. No HTTP library here:
 * http.c fills the request in and sends the reply, and a unit test can do the
 * same.
 *
 * An exchange belongs to one thread at a time. A handler gets it, gives exactly
 * one reply with a rth_reply_ function and returns; it may block when its route
 * says RTH_ON_STORE or RTH_ON_NET, since it then runs on a worker thread
 * (work.h) while http.c has suspended the connection. A handler that returns
 * without a reply, or whose reply could not be made for lack of memory, makes
 * the client see 500.
 */
#ifndef RTH_EXCHANGE_H
#define RTH_EXCHANGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "err.h"

/* Limits of a request; one byte over is refused. */
#define RTH_REQUEST_MAX_BODY_BYTES 16384
#define RTH_REQUEST_MAX_URL_BYTES 2048
#define RTH_REQUEST_MAX_HEADER_BYTES 16384
#define RTH_REQUEST_MAX_FIELDS 64 /* header lines, arguments, cookies */
#define RTH_REQUEST_MAX_PARAMS 2  /* ids in a path */

enum rth_method {
	RTH_GET = 1, /* also HEAD */
	RTH_POST = 2,
	RTH_PUT = 4,
	RTH_DELETE = 8,
};

/* Where a request's values come from. */
enum rth_field_kind {
	RTH_FIELD_HEADER, /* names compared without regard to case */
	RTH_FIELD_QUERY,
	RTH_FIELD_COOKIE,
};

struct rth_exchange;
struct rth_pause;
struct rth_portal;
struct rth_session;

/* ---- The request: everything returned is borrowed, never kept. ---- */

/** The method; HEAD is RTH_GET. */
enum rth_method rth_request_method(const struct rth_exchange *x);

/** Says whether it is a HEAD: the reply's body is not read then. */
bool rth_request_is_head(const struct rth_exchange *x);

/** The normalised path, starting with '/', without the query. */
const char *rth_request_path(const struct rth_exchange *x);

/** The n-th parameter of the route's pattern ("/auth/start/:provider"), or "".
 */
const char *rth_request_param(const struct rth_exchange *x, size_t n);

/** A header, query argument or cookie; NULL when absent or given twice. */
const char *rth_request_field(const struct rth_exchange *x,
			      enum rth_field_kind kind, const char *name);

/** The last field of this name, of however many; NULL when absent. */
const char *rth_request_last(const struct rth_exchange *x,
			     enum rth_field_kind kind, const char *name);

/** How many fields of this name there are. */
size_t rth_request_count(const struct rth_exchange *x, enum rth_field_kind kind,
			 const char *name);

/** The body, a JSON object or array, or NULL. */
const json_t *rth_request_body(const struct rth_exchange *x);

/** A string of the body; NULL when it is absent or not a string. */
const char *rth_request_string(const struct rth_exchange *x, const char *name);

/**
 * The client's address as text, of IPv6 its network ("2001:db8::" for a /64);
 * for rate limits only, never for a log.
 */
const char *rth_request_address(const struct rth_exchange *x);

/** Who is signed in, or NULL. Known in handlers that do not run RTH_ON_POOL. */
const struct rth_session *rth_request_session(const struct rth_exchange *x);

/** The program's context. */
struct rth_portal *rth_request_portal(const struct rth_exchange *x);

/* ---- The reply ---- */

/** Replies with JSON. @param value taken; NULL makes it a 500. */
void rth_reply_json(struct rth_exchange *x, unsigned status, json_t *value);

/** Replies with bytes. @param type a static string; @param data copied. */
void rth_reply_text(struct rth_exchange *x, unsigned status, const char *type,
		    const char *data, size_t bytes);

/** Replies without a body (204, 304). */
void rth_reply_empty(struct rth_exchange *x, unsigned status);

/** Replies 303 to a path of ours or an absolute URL. @param location copied. */
void rth_reply_redirect(struct rth_exchange *x, const char *location);

/**
 * Replies {"error":{"code","message"}}.
 *
 * @param code    one of docs/portal-api.md
 * @param message plain words for the page
 */
void rth_reply_error(struct rth_exchange *x, unsigned status, const char *code,
		     const char *message);

/** 404 `not-found`, the same for everything that somebody may not know of. */
void rth_reply_not_found(struct rth_exchange *x);

/** 500 `failed`, or 503 `busy` for RTH_ERR_UNAVAILABLE: the database is gone;
    and a log line with the error's name. */
void rth_reply_failed(struct rth_exchange *x, enum rth_err err);

/** Replies with a file. @param fd taken; @param type a static string. */
void rth_reply_file(struct rth_exchange *x, int fd, uint64_t size_bytes,
		    const char *type);

/*
 * A body that is read while the client takes it, by threads of the HTTP pool,
 * one at a time: what a client does not take is not read.
 */
struct rth_body {
	uint64_t bytes;
	const char *type; /* lasts until `close` */
	/* Reads up to len bytes at a place, at least one; an error cuts the
	   connection, so that nobody takes what came for the whole. */
	enum rth_err (*read)(void *arg, uint64_t offset, void *data, size_t len,
			     size_t *gotp);
	void (*close)(void *arg); /* called once; NULL is allowed */
	void *arg;
	/* NULL, or: the connection is cut within two seconds once this is
	   true. Outlives the connection. */
	const atomic_bool *cut;
	/* NULL, or: `bytes` counts for nothing, and there is more as long as
	   `read` returns 0. When it gives nothing the connection sleeps until
	   rth_pause_end. Lasts until `close`. */
	struct rth_pause *pause;
};

/**
 * Replies with such a body. Of a HEAD it is closed unread.
 *
 * @param body copied; its arg is taken
 */
void rth_reply_body(struct rth_exchange *x, unsigned status,
		    const struct rth_body *body);

/**
 * Adds a header to the reply, before or after the reply itself.
 *
 * @param name  a static string
 * @param value copied; one with a control character makes the reply a 500
 */
void rth_reply_header(struct rth_exchange *x, const char *name,
		      const char *value);

/**
 * Adds a cookie: HttpOnly, Secure, SameSite=Lax, Path=/.
 *
 * @param name      without the "__Host-" in front, which is added here (see
 *                  rth_request_cookie)
 * @param value     of base64url characters; "" removes the cookie
 * @param max_age_s how long the browser keeps it; 0 until it is closed
 */
void rth_reply_cookie(struct rth_exchange *x, const char *name,
		      const char *value, int64_t max_age_s);

/** The cookie that rth_reply_cookie set under this name, or NULL. */
const char *rth_request_cookie(const struct rth_exchange *x, const char *name);

/* ---- For http.c and unit tests ---- */

/**
 * Makes an exchange.
 *
 * @param portal borrowed, for rth_request_portal
 * @param method one
 * @param path   normalised (path.h); copied
 */
enum rth_err rth_exchange_create(struct rth_exchange **xp,
				 struct rth_portal *portal,
				 enum rth_method method,
				 const char *path) RTH_CHECKED;
void rth_exchange_free(struct rth_exchange *x); /* NULL is allowed */

/** Makes it a HEAD. */
void rth_exchange_set_head(struct rth_exchange *x);

/** Adds a field; name and value are copied. RTH_ERR_LIMIT, RTH_ERR_NOMEM. */
enum rth_err rth_exchange_add(struct rth_exchange *x, enum rth_field_kind kind,
			      const char *name, const char *value) RTH_CHECKED;

/** Sets the n-th parameter of the path; copied. */
enum rth_err rth_exchange_set_param(struct rth_exchange *x, size_t n,
				    const char *value, size_t len) RTH_CHECKED;

/** Parses the body: one JSON object or array, no member twice in an object. */
enum rth_err rth_exchange_set_body(struct rth_exchange *x, const char *text,
				   size_t len) RTH_CHECKED;

/** Sets the client's address; copied. */
void rth_exchange_set_address(struct rth_exchange *x, const char *address);

/** Sets who is signed in. @param session taken, freed with the exchange. */
void rth_exchange_set_session(struct rth_exchange *x,
			      struct rth_session *session);

struct rth_reply_header {
	const char *name; /* static */
	char *value;
};

struct rth_reply {
	unsigned status; /* 0: none given yet */
	const char *type;
	char *body; /* or NULL */
	size_t body_bytes;
	int fd; /* -1, or the file that is the body */
	uint64_t file_bytes;
	struct rth_body stream; /* with `read`: is the body */
	struct rth_reply_header headers[20];
	size_t headers_n;
	bool failed; /* something did not fit: send 500 */
};

/** The reply so far, borrowed. */
struct rth_reply *rth_exchange_reply(struct rth_exchange *x);

#endif
