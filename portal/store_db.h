/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The thin layer under the store: one database, statements with bound $n
 * parameters, transactions. A backend (store_sqlite.c) is one table of these
 * functions; the SQL above it is what SQLite and PostgreSQL share.
 */
#ifndef RTH_STORE_DB_H
#define RTH_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "store_schema.h"

struct rth_db;

/* The value of a $n; `text` of NULL and is_text is SQL's NULL. Borrowed. */
struct rth_db_value {
	bool is_text;
	const char *text;
	int64_t number;
};

#define RTH_DB_TEXT(s) ((struct rth_db_value){true, (s), 0})
#define RTH_DB_INT(n) ((struct rth_db_value){false, NULL, (n)})

/* One row of a result, valid during the call that it is given to. */
struct rth_db_row;

struct rth_db_query {
	const char *sql; /* one statement */
	const struct rth_db_value *values;
	size_t values_n;
	/* Called for each row, with the database locked; may be NULL. An error
	   stops and is returned. */
	enum rth_err (*row)(const struct rth_db_row *row, void *arg);
	void *arg;
};

struct rth_db_backend {
	const char *name;
	enum rth_db_dialect dialect;
	/* Asks for the name of one of the triggers that keep the audit as it is
	   which is not there as it was made; no row: all are. */
	const char *audit_unguarded;
	/* Is there one? RTH_ERR_NOT_FOUND, or why that is not known. */
	enum rth_err (*look)(const char *where);
	enum rth_err (*open)(struct rth_db **dbp, const char *where);
	void (*close)(struct rth_db *db);
	/* Any thread. *rowsp receives how many rows came or were changed. */
	enum rth_err (*run)(struct rth_db *db, const struct rth_db_query *query,
			    size_t *rowsp);
	/* Several statements as one string, without values. */
	enum rth_err (*script)(struct rth_db *db, const char *sql);
	/* `work` runs with the database locked; its error rolls back. */
	enum rth_err (*transaction)(struct rth_db *db,
				    enum rth_err (*work)(void *arg), void *arg);
	/* Nothing that was deleted is left in the backend's own files when it
	   returns 0; RTH_ERR_STATE: somebody reads, try again. */
	enum rth_err (*scrub)(struct rth_db *db);
	int64_t (*column_int)(const struct rth_db_row *row, int column);
	/* Copies; RTH_ERR_LIMIT when it does not fit, RTH_ERR_FORMAT when a NUL
	   is in it. NULL becomes "". */
	enum rth_err (*column_text)(const struct rth_db_row *row, int column,
				    char *out, size_t size);
};

extern const struct rth_db_backend rth_store_sqlite;
extern const struct rth_db_backend rth_store_pg;

struct rth_store {
	const struct rth_db_backend *backend;
	struct rth_db *db;
};

/** Runs a statement that must touch a row; else RTH_ERR_NOT_FOUND. */
enum rth_err rth_store_run_one(struct rth_store *store,
			       const struct rth_db_query *query) RTH_CHECKED;

struct rth_recording_row;

/** Reads columns 0 to 10 as the questions for recordings name them. */
enum rth_err rth_store_read_recording(struct rth_recording_row *recording,
				      const struct rth_db_backend *backend,
				      const struct rth_db_row *row) RTH_CHECKED;

/** Runs a statement, however many rows it touches. */
enum rth_err rth_store_run(struct rth_store *store,
			   const struct rth_db_query *query) RTH_CHECKED;

/**
 * Runs a question whose first column is an id, and calls back for each.
 *
 * @param query its `row` and `arg` are set here
 * @param call  must not call the store; an error stops and is returned
 */
enum rth_err rth_store_each_id(struct rth_store *store,
			       struct rth_db_query *query,
			       enum rth_err (*call)(const char *id, void *arg),
			       void *arg) RTH_CHECKED;

#endif
