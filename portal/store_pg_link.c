/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libpq without waiting in it: a socket that is polled until a deadline, while
 * connecting and for each answer. A server that is frozen is as one that is
 * gone.
 */
#include "store_pg_link.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "mem.h"

#define CONNECT_MS 5000

/*
 * The server's own bounds are below ours, so that it is the one to give up. A
 * commit is on the disk before it is answered; a portal that has stopped in a
 * transaction gives the others their turn.
 */
static const char set_up[] =
	"SET standard_conforming_strings = on;"
	"SET client_min_messages = error;"
	"SET statement_timeout = 10000;"
	"SET lock_timeout = 5000;"
	"SET idle_in_transaction_session_timeout = 30000;"
	"SET default_transaction_isolation = 'read committed';"
	"SELECT set_config('synchronous_commit', 'on', false)"
	" WHERE current_setting('synchronous_commit') <> 'remote_apply'";

/* ---- Time ---- */

int64_t rth_pg_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Says whether the socket was ready before the deadline. */
static bool wait_for(PGconn *conn, short events, int64_t deadline)
{
	struct pollfd fd = {.fd = PQsocket(conn), .events = events};
	int64_t left;
	int n = 0;

	if (fd.fd < 0)
		return false;
	while ((left = deadline - rth_pg_now_ms()) > 0 && n <= 0)
		n = poll(&fd, 1, (int)left); /* again when interrupted */
	return n > 0;
}

/* ---- Errors ---- */

static enum rth_err state_err(const char *state)
{
	static const struct {
		const char *prefix;
		enum rth_err err;
	} known[] = {
		{"23", RTH_ERR_EXISTS},		/* constraints */
		{"22021", RTH_ERR_FORMAT},	/* not UTF-8 */
		{"53200", RTH_ERR_NOMEM},	/* the server's */
		{"55P03", RTH_ERR_TIMEOUT},	/* a lock */
		{"08", RTH_ERR_UNAVAILABLE},	/* connection */
		{"25006", RTH_ERR_UNAVAILABLE}, /* read only: a standby */
		{"25P03", RTH_ERR_UNAVAILABLE}, /* idle in a transaction */
		{"40", RTH_ERR_UNAVAILABLE},	/* deadlock: try again */
		{"53", RTH_ERR_UNAVAILABLE},	/* disk full, connections */
		{"57", RTH_ERR_UNAVAILABLE},	/* shut down, cancelled */
	};
	size_t i;

	for (i = 0; state && i < sizeof(known) / sizeof(known[0]); i++)
		if (strncmp(state, known[i].prefix, strlen(known[i].prefix)) ==
		    0)
			return known[i].err;
	return RTH_ERR_IO;
}

static void drop(struct rth_pg_link *link)
{
	PQfinish(link->conn);
	link->conn = NULL;
	link->ending = false;
}

/* Once, until it is there again. */
static void tell_gone(struct rth_pg_link *link, const char *why)
{
	if (!link->gone)
		rth_log(RTH_LOG_ERROR, "database-gone", "s:s", "reason", why);
	link->gone = true;
}

static enum rth_err lost(struct rth_pg_link *link, const char *why)
{
	tell_gone(link, why);
	drop(link);
	return RTH_ERR_UNAVAILABLE;
}

static enum rth_err result_err(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	enum rth_err err = state_err(state);

	if (err == RTH_ERR_IO)
		rth_log(RTH_LOG_ERROR, "database-refused", "s:s", "state",
			state ? state : "none");
	return err;
}

/* ---- Answers ---- */

static bool flush(PGconn *conn, int64_t deadline)
{
	int left;

	while ((left = PQflush(conn)) > 0) {
		/* A server that writes first is read first. */
		if (!wait_for(conn, POLLIN | POLLOUT, deadline) ||
		    !PQconsumeInput(conn))
			return false;
	}
	return left == 0;
}

static bool answered(PGconn *conn, int64_t deadline)
{
	while (PQisBusy(conn))
		if (!wait_for(conn, POLLIN, deadline) || !PQconsumeInput(conn))
			return false;
	return true;
}

static bool good(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

/* The last result of all, or the first error. */
static enum rth_err collect(struct rth_pg_link *link, PGresult **resultp,
			    int64_t max_ms)
{
	const int64_t deadline = rth_pg_now_ms() + max_ms;
	PGresult *result, *last = NULL;
	enum rth_err err = 0;

	if (!flush(link->conn, deadline))
		return lost(link, "no answer");
	for (;;) {
		if (!answered(link->conn, deadline)) {
			PQclear(last);
			return lost(link, "no answer");
		}
		result = PQgetResult(link->conn);
		if (!result)
			break;
		if (!err && !good(result))
			err = result_err(result);
		PQclear(last);
		last = result;
	}
	if (PQstatus(link->conn) == CONNECTION_BAD) {
		PQclear(last);
		return lost(link, "connection lost");
	}
	if (err || !resultp)
		PQclear(last);
	else
		*resultp = last;
	return err;
}

enum rth_err rth_pg_ask(struct rth_pg_link *link, PGresult **resultp,
			const char *sql, int values_n, const Oid *types,
			const char *const *values)
{
	if (rth_mem_refuse())
		return RTH_ERR_NOMEM;
	if (!link->conn)
		return RTH_ERR_UNAVAILABLE;
	if (!PQsendQueryParams(link->conn, sql, values_n, types, values, NULL,
			       NULL, 0))
		return lost(link, "connection lost");
	return collect(link, resultp, RTH_PG_ANSWER_MS);
}

enum rth_err rth_pg_tell(struct rth_pg_link *link, const char *sql,
			 int64_t max_ms)
{
	if (!link->conn)
		return RTH_ERR_UNAVAILABLE;
	if (!PQsendQuery(link->conn, sql))
		return lost(link, "connection lost");
	return collect(link, NULL, max_ms);
}

void rth_pg_undo(struct rth_pg_link *link)
{
	if (link->conn && PQtransactionStatus(link->conn) != PQTRANS_IDLE &&
	    rth_pg_tell(link, "ROLLBACK", RTH_PG_ANSWER_MS) && link->conn)
		drop(link);
}

/* ---- Connecting ---- */

/* "... detail: 3 dead row versions cannot be removed yet." */
static void hear(void *arg, const PGresult *notice)
{
	struct rth_pg_link *link = arg;
	const char *detail = PQresultErrorField(notice, PG_DIAG_MESSAGE_DETAIL);
	const char *severity =
		PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (severity && strcmp(severity, "FATAL") == 0)
		link->ending = true;
	if (detail && strtod(detail, NULL) > 0)
		link->kept_dead = true;
}

static bool connected(PGconn *conn, int64_t deadline)
{
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;

	while (status != PGRES_POLLING_OK) {
		if (status == PGRES_POLLING_FAILED ||
		    !wait_for(conn,
			      status == PGRES_POLLING_READING ? POLLIN
							      : POLLOUT,
			      deadline))
			return false;
		status = PQconnectPoll(conn);
	}
	return true;
}

/* What the URL says comes after ours, but for the encoding. */
static PGconn *start(const char *url)
{
	static const char *const names[] = {
		"fallback_application_name", "tcp_user_timeout",
		"keepalives_idle",	     "keepalives_interval",
		"keepalives_count",	     "dbname",
		"client_encoding",	     NULL};
	const char *const values[] = {
		"rthealth-portal", "10000", "10", "3", "3", url, "UTF8", NULL};

	return PQconnectStartParams(names, values, 1);
}

static enum rth_err begin_session(struct rth_pg_link *link)
{
	const char *encoding;
	enum rth_err err;

	if (PQsetnonblocking(link->conn, 1))
		return lost(link, "connection lost");
	encoding = PQparameterStatus(link->conn, "server_encoding");
	if (!encoding || strcmp(encoding, "UTF8") != 0) {
		rth_log(RTH_LOG_ERROR, "database-encoding", NULL);
		drop(link);
		return RTH_ERR_CONFIG;
	}
	err = rth_pg_tell(link, set_up, RTH_PG_ANSWER_MS);
	if (err)
		drop(link);
	return err;
}

static enum rth_err connect_now(struct rth_pg_link *link)
{
	const int64_t began = rth_pg_now_ms();
	enum rth_err err;

	link->conn = start(link->url);
	if (!link->conn)
		return RTH_ERR_NOMEM;
	PQsetNoticeReceiver(link->conn, hear, link);
	if (PQstatus(link->conn) != CONNECTION_BAD &&
	    connected(link->conn, began + CONNECT_MS))
		err = begin_session(link);
	else
		err = lost(link, "no connection");
	/* Who waited for an attempt meanwhile does not make another. */
	if (err)
		link->not_before = rth_pg_now_ms() + (rth_pg_now_ms() - began);
	return err;
}

/* One that the server has closed can be read: its last words, and its end. */
static bool lives(struct rth_pg_link *link)
{
	return PQconsumeInput(link->conn) && !PQisBusy(link->conn) &&
	       !link->ending && PQstatus(link->conn) == CONNECTION_OK;
}

enum rth_err rth_pg_ready(struct rth_pg_link *link)
{
	enum rth_err err;

	if (link->conn && !lives(link))
		drop(link);
	if (link->conn)
		return 0;
	if (rth_pg_now_ms() < link->not_before)
		return RTH_ERR_UNAVAILABLE;
	err = connect_now(link);
	if (!err && link->gone) {
		rth_log(RTH_LOG_INFO, "database-back", NULL);
		link->gone = false;
	}
	return err;
}

/* ---- Making and closing ---- */

enum rth_err rth_pg_link_init(struct rth_pg_link *link, const char *url)
{
	PQconninfoOption *options = PQconninfoParse(url, NULL);

	memset(link, 0, sizeof(*link));
	if (!options)
		return RTH_ERR_CONFIG;
	PQconninfoFree(options);
	link->url = rth_strdup(url);
	return link->url ? 0 : RTH_ERR_NOMEM;
}

void rth_pg_link_close(struct rth_pg_link *link)
{
	drop(link);
	rth_free(link->url);
	link->url = NULL;
}
