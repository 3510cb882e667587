/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connection to PostgreSQL that is bounded in time: it is made when it is
 * needed, and given up when the server does not answer. Only for store_pg.c.
 */
#ifndef RTH_STORE_PG_LINK_H
#define RTH_STORE_PG_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "err.h"

#define RTH_PG_ANSWER_MS 15000 /* the server gives up before: 10 s */
#define RTH_PG_SCRUB_MS 600000 /* a large table is written anew */

/** Milliseconds of the steady clock. */
int64_t rth_pg_now_ms(void);

/* One thread at a time. */
struct rth_pg_link {
	char *url;
	PGconn *conn;	    /* NULL: none */
	int64_t not_before; /* no attempt before, in ms of the steady clock */
	bool gone;	    /* it has been told that the server is */
	bool kept_dead;	    /* a VACUUM had to leave something */
	bool ending;	    /* the server has said so of this connection */
};

/**
 * @param url postgresql://...; copied
 * @return 0; RTH_ERR_CONFIG: libpq cannot read it; RTH_ERR_NOMEM
 */
enum rth_err rth_pg_link_init(struct rth_pg_link *link,
			      const char *url) RTH_CHECKED;
void rth_pg_link_close(struct rth_pg_link *link);

/**
 * Connects if there is no connection that works.
 *
 * @return 0; RTH_ERR_UNAVAILABLE: the server cannot be reached, does not answer
 *         or cannot be written to; RTH_ERR_CONFIG: its encoding is not UTF-8
 */
enum rth_err rth_pg_ready(struct rth_pg_link *link) RTH_CHECKED;

/**
 * Runs one statement with values; never on a new connection.
 *
 * @param resultp for PQclear
 * @return 0; RTH_ERR_EXISTS: a constraint; RTH_ERR_UNAVAILABLE; RTH_ERR_FORMAT:
 *         a value is not UTF-8; RTH_ERR_TIMEOUT: a lock could not be had;
 *         RTH_ERR_NOMEM; RTH_ERR_IO: anything else
 */
enum rth_err rth_pg_ask(struct rth_pg_link *link, PGresult **resultp,
			const char *sql, int values_n, const Oid *types,
			const char *const *values) RTH_CHECKED;

/** Runs statements without values. Errors as above. */
enum rth_err rth_pg_tell(struct rth_pg_link *link, const char *sql,
			 int64_t max_ms) RTH_CHECKED;

/** Rolls back, whatever there is; where that fails the connection is gone. */
void rth_pg_undo(struct rth_pg_link *link);

#endif
