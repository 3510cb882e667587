/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PostgreSQL under the store: one connection, one lock. What writes holds one
 * lock in the server, too, so that portals take turns as SQLite's writers do.
 *
 * A server that is gone or does not answer is RTH_ERR_UNAVAILABLE, within
 * ANSWER_MS at the latest, and the next call tries again. Nothing that the
 * server or libpq says is logged but the SQLSTATE: their words may hold values.
 */
#include "store_db.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libpq-fe.h>

#include "log.h"
#include "mem.h"
#include "store_pg_link.h"

#define VALUES_MAX 1024
#define NUMBER_SIZE 24
#define SCRUB_MS 5000
#define SCRUB_EVERY_MS 50

/* Object ids of the types that a value may have (pg_type.dat). */
#define TYPE_INT8 20
#define TYPE_TEXT 25

struct rth_db {
	struct rth_pg_link link;
	pthread_mutex_t lock; /* recursive: a transaction runs statements */
	bool in_transaction;
	bool spoilt; /* a statement of the transaction failed */
};

/* A row is a number in a result that is all here. */
struct rth_db_row {
	const PGresult *result;
	int n;
};

/* In the schema in which the tables are, so that two may share a database. */
#define TAKE_TURN                                                  \
	"BEGIN; SELECT pg_advisory_xact_lock(5395528," /* "RTH" */ \
	" hashtext(current_schema()))"

/* ---- Values ---- */

struct bound {
	const char **texts;
	Oid *types;
	char (*numbers)[NUMBER_SIZE];
};

static void bound_free(struct bound *b)
{
	rth_free(b->texts);
	rth_free(b->types);
	rth_free(b->numbers);
}

/* Texts are the query's own; the types are said, so that none is guessed. */
static enum rth_err bind_values(struct bound *b,
				const struct rth_db_query *query)
{
	size_t i, n = query->values_n + 1; /* an array of none is none */

	if (query->values_n > VALUES_MAX)
		return RTH_ERR_LIMIT;
	b->texts = rth_alloc(n * sizeof(*b->texts));
	b->types = rth_alloc(n * sizeof(*b->types));
	b->numbers = rth_alloc(n * sizeof(*b->numbers));
	if (!b->texts || !b->types || !b->numbers)
		return RTH_ERR_NOMEM;
	for (i = 0; i < query->values_n; i++) {
		const struct rth_db_value *v = &query->values[i];

		b->types[i] = v->is_text ? TYPE_TEXT : TYPE_INT8;
		b->texts[i] = v->is_text ? v->text : b->numbers[i];
		if (!v->is_text)
			snprintf(b->numbers[i], NUMBER_SIZE, "%lld",
				 (long long)v->number);
	}
	return 0;
}

/* ---- Statements ---- */

static enum rth_err give_rows(const PGresult *result,
			      const struct rth_db_query *query)
{
	struct rth_db_row row = {result, 0};
	enum rth_err err = 0;

	if (!query->row)
		return 0;
	for (; row.n < PQntuples(result) && !err; row.n++)
		err = query->row(&row, query->arg);
	return err;
}

static size_t rows_of(PGresult *result)
{
	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		return (size_t)PQntuples(result);
	return (size_t)strtoull(PQcmdTuples(result), NULL, 10);
}

/* Somebody else has had his turn for too long. */
static enum rth_err busy(enum rth_err err)
{
	return err == RTH_ERR_TIMEOUT ? RTH_ERR_UNAVAILABLE : err;
}

static enum rth_err run_here(struct rth_db *db,
			     const struct rth_db_query *query, size_t *rowsp)
{
	struct bound b = {NULL, NULL, NULL};
	PGresult *result = NULL;
	enum rth_err err = bind_values(&b, query);

	if (!err)
		err = rth_pg_ask(&db->link, &result, query->sql,
				 (int)query->values_n, b.types, b.texts);
	bound_free(&b);
	if (err)
		db->spoilt = true;
	err = err ? busy(err) : give_rows(result, query);
	if (!err)
		*rowsp = rows_of(result);
	PQclear(result);
	return err;
}

static enum rth_err script_here(struct rth_db *db, const char *sql)
{
	enum rth_err err = rth_pg_tell(&db->link, sql, RTH_PG_ANSWER_MS);

	if (err)
		db->spoilt = true;
	return busy(err);
}

/* ---- Transactions ---- */

static enum rth_err begin_locked(struct rth_db *db)
{
	enum rth_err err;

	if (db->in_transaction)
		return RTH_ERR_IO; /* as SQLite: there is none within another */
	err = rth_pg_ready(&db->link);
	if (!err)
		err = rth_pg_tell(&db->link, TAKE_TURN, RTH_PG_ANSWER_MS);
	if (err) {
		rth_pg_undo(&db->link);
		return busy(err);
	}
	db->in_transaction = true;
	db->spoilt = false;
	return 0;
}

/* To COMMIT after a failure the server answers with a rollback, as if well. */
static enum rth_err end_locked(struct rth_db *db, enum rth_err err)
{
	if (!err && db->spoilt)
		err = RTH_ERR_IO;
	if (!err)
		err = rth_pg_tell(&db->link, "COMMIT", RTH_PG_ANSWER_MS);
	if (err)
		rth_pg_undo(&db->link);
	db->in_transaction = false;
	return err;
}

static enum rth_err db_transaction(struct rth_db *db,
				   enum rth_err (*work)(void *arg), void *arg)
{
	enum rth_err err;

	pthread_mutex_lock(&db->lock);
	err = begin_locked(db);
	if (!err)
		err = end_locked(db, work(arg));
	pthread_mutex_unlock(&db->lock);
	return err;
}

/* What may write takes its turn, although it is one statement. */
static bool only_reads(const char *sql)
{
	return strncmp(sql, "SELECT", 6) == 0;
}

static enum rth_err db_run(struct rth_db *db, const struct rth_db_query *query,
			   size_t *rowsp)
{
	bool alone;
	enum rth_err err = 0;

	pthread_mutex_lock(&db->lock);
	alone = !db->in_transaction && !only_reads(query->sql);
	if (alone)
		err = begin_locked(db);
	else if (!db->in_transaction)
		err = rth_pg_ready(&db->link);
	if (!err) {
		err = run_here(db, query, rowsp);
		if (alone)
			err = end_locked(db, err);
	}
	pthread_mutex_unlock(&db->lock);
	return err;
}

static enum rth_err db_script(struct rth_db *db, const char *sql)
{
	bool alone;
	enum rth_err err = 0;

	pthread_mutex_lock(&db->lock);
	alone = !db->in_transaction;
	if (alone)
		err = begin_locked(db);
	if (!err) {
		err = script_here(db, sql);
		if (alone)
			err = end_locked(db, err);
	}
	pthread_mutex_unlock(&db->lock);
	return err;
}

/* ---- Columns ---- */

static int64_t db_column_int(const struct rth_db_row *row, int column)
{
	const char *text = PQgetvalue(row->result, row->n, column);

	if (*text == 't') /* what EXISTS says */
		return 1;
	return strtoll(text, NULL, 10);
}

static enum rth_err db_column_text(const struct rth_db_row *row, int column,
				   char *out, size_t size)
{
	size_t len = (size_t)PQgetlength(row->result, row->n, column);

	if (len >= size)
		return RTH_ERR_LIMIT;
	memcpy(out, PQgetvalue(row->result, row->n, column), len);
	out[len] = '\0';
	return 0;
}

/* ---- Scrubbing ---- */

/*
 * Every table in which people's words or addresses stand or stood is written
 * anew, into another file; the one before is emptied at once. Of what is not
 * there yet nothing is done.
 */
#define SCRUBBED                                                              \
	" FROM pg_class"                                                      \
	" WHERE relnamespace = current_schema()::regnamespace"                \
	" AND relkind = 'r' AND relname IN ('users', 'sessions', 'attempts'," \
	" 'codes', 'rates', 'visits', 'recordings', 'plays', 'holds',"        \
	" 'deletions', 'films')"

static const char scrub_tables[] =
	"SELECT 'VACUUM (FULL, VERBOSE) ' || quote_ident(relname)" SCRUBBED
	" ORDER BY relname";

/* VACUUM passes over tables of others with a mere warning. */
static enum rth_err check_owner(struct rth_pg_link *link)
{
	PGresult *result = NULL;
	enum rth_err err = rth_pg_ask(link, &result,
				      "SELECT 1" SCRUBBED
				      " AND NOT pg_has_role(relowner, 'USAGE')",
				      0, NULL, NULL);

	if (!err && PQntuples(result)) {
		rth_log(RTH_LOG_ERROR, "database-owner", NULL);
		err = RTH_ERR_CONFIG;
	}
	PQclear(result);
	return err;
}

static enum rth_err scrub_all(struct rth_pg_link *link, const PGresult *tables)
{
	enum rth_err err = 0;
	int i;

	for (i = 0; i < PQntuples(tables) && !err; i++)
		err = rth_pg_tell(link, PQgetvalue(tables, i, 0),
				  RTH_PG_SCRUB_MS);
	if (!err && link->kept_dead)
		err = RTH_ERR_STATE;
	return err == RTH_ERR_TIMEOUT ? RTH_ERR_STATE : err;
}

static enum rth_err scrub_once(struct rth_pg_link *link)
{
	PGresult *tables = NULL;
	enum rth_err err;

	link->kept_dead = false;
	err = check_owner(link);
	if (!err)
		err = rth_pg_ask(link, &tables, scrub_tables, 0, NULL, NULL);
	if (!err)
		err = scrub_all(link, tables);
	PQclear(tables);
	return err;
}

static enum rth_err scrub_until(struct rth_pg_link *link, int64_t deadline)
{
	const struct timespec pause = {0, SCRUB_EVERY_MS * 1000000L};
	enum rth_err err;

	while ((err = scrub_once(link)) == RTH_ERR_STATE &&
	       rth_pg_now_ms() < deadline)
		nanosleep(&pause, NULL);
	return err;
}

/* On a connection of its own: nobody waits with the lock. */
static enum rth_err db_scrub(struct rth_db *db)
{
	const int64_t deadline = rth_pg_now_ms() + SCRUB_MS;
	struct rth_pg_link link;
	enum rth_err err = rth_pg_link_init(&link, db->link.url);

	if (!err)
		err = rth_pg_ready(&link);
	if (!err)
		err = rth_pg_tell(&link,
				  "SET lock_timeout = 100;"
				  " SET statement_timeout = 0",
				  RTH_PG_ANSWER_MS);
	if (!err)
		err = scrub_until(&link, deadline);
	rth_pg_link_close(&link);
	return err;
}

/* ---- Opening ---- */

static void db_close(struct rth_db *db)
{
	if (!db)
		return;
	rth_pg_link_close(&db->link);
	pthread_mutex_destroy(&db->lock);
	rth_free(db);
}

static void lock_init(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(lock, &attr);
	pthread_mutexattr_destroy(&attr);
}

static enum rth_err db_open(struct rth_db **dbp, const char *where)
{
	struct rth_db *db = rth_alloc(sizeof(*db));
	enum rth_err err;

	if (!db)
		return RTH_ERR_NOMEM;
	lock_init(&db->lock);
	err = rth_pg_link_init(&db->link, where);
	if (!err)
		err = rth_pg_ready(&db->link);
	if (!err)
		err = check_owner(&db->link);
	if (err)
		db_close(db);
	else
		*dbp = db;
	return err;
}

static enum rth_err db_look(const char *where)
{
	struct rth_pg_link link;
	PGresult *result = NULL;
	enum rth_err err = rth_pg_link_init(&link, where);

	if (!err)
		err = rth_pg_ready(&link);
	if (!err)
		err = rth_pg_ask(&link, &result,
				 "SELECT 1 WHERE to_regclass('migrations')"
				 " IS NOT NULL",
				 0, NULL, NULL);
	if (!err && PQntuples(result) == 0)
		err = RTH_ERR_NOT_FOUND;
	PQclear(result);
	rth_pg_link_close(&link);
	return err;
}

/*
 * One that is switched off, or that does nothing, may have the name: its words,
 * those of what it calls, and that nobody gets past it are compared.
 */
static const char audit_unguarded[] =
	"SELECT made.name FROM ("
	"  SELECT 'audit_keeps_rows' AS name, 'audit' AS kept,"
	"    '%BEFORE DELETE OR TRUNCATE ON % FOR EACH STATEMENT EXECUTE%'"
	"    AS words"
	"  UNION ALL SELECT 'audit_keeps_values', 'audit',"
	"    '%BEFORE UPDATE ON % FOR EACH STATEMENT EXECUTE%'"
	"  UNION ALL SELECT 'audit_head_stays', 'audit_head',"
	"    '%BEFORE DELETE OR TRUNCATE ON % FOR EACH STATEMENT EXECUTE%'"
	"  UNION ALL SELECT 'audit_head_grows', 'audit_head',"
	"    '%BEFORE UPDATE ON % FOR EACH ROW WHEN (new.n < old.n OR"
	" new.n > (old.n + 1)) EXECUTE%') made"
	" WHERE NOT EXISTS (SELECT 1 FROM pg_trigger t"
	"  JOIN pg_proc p ON p.oid = t.tgfoid WHERE"
	"  t.tgrelid = to_regclass(made.kept) AND t.tgname = made.name"
	"  AND t.tgenabled = 'A'"
	"  AND pg_get_triggerdef(t.oid, true) LIKE made.words"
	"  AND p.prosrc LIKE 'BEGIN RAISE EXCEPTION%')"
	" LIMIT 1";

const struct rth_db_backend rth_store_pg = {
	.name = "postgresql",
	.dialect = RTH_DB_POSTGRESQL,
	.audit_unguarded = audit_unguarded,
	.look = db_look,
	.open = db_open,
	.close = db_close,
	.run = db_run,
	.script = db_script,
	.transaction = db_transaction,
	.scrub = db_scrub,
	.column_int = db_column_int,
	.column_text = db_column_text,
};
