/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The HTTP server: the only file that knows libmicrohttpd is http.c.
 *
 * Handlers are written against exchange.h and stand in the table of route.h.
 */
#ifndef RTH_HTTP_H
#define RTH_HTTP_H

#include "exchange.h"
#include "portal.h"
#include "route.h"

struct rth_http;

/**
 * Starts a server with its own threads.
 *
 * @param portal borrowed until rth_http_stop
 * @param listen address and port; borrowed
 * @param routes the table it serves; borrowed, static
 * @return 0 or RTH_ERR_IO (errno says why: the port is taken ...)
 */
enum rth_err rth_http_start(struct rth_http **httpp, struct rth_portal *portal,
			    const struct rth_listen_conf *listen,
			    const struct rth_route *routes) RTH_CHECKED;

/** Takes no new connections, lets running requests finish. */
void rth_http_quiesce(struct rth_http *http);

/**
 * How many requests have been admitted and are not answered yet; a body that is
 * read while it is sent (rth_reply_body) is not waited for.
 */
unsigned rth_http_running(struct rth_http *http);

/**
 * Tells the log how much has been refused since the last time, when any was.
 *
 * @param listener what the log calls this server; borrowed
 */
void rth_http_tell(struct rth_http *http, const char *listener);

/** Closes everything and frees; NULL is allowed. The workers have stopped. */
void rth_http_stop(struct rth_http *http);

#endif
