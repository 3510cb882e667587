/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store's opening, migrations and sweeping.
 */
#include "store.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "base64.h"
#include "mem.h"
#include "store_db.h"

enum rth_err rth_store_run(struct rth_store *store,
			   const struct rth_db_query *query)
{
	size_t rows;

	return store->backend->run(store->db, query, &rows);
}

enum rth_err rth_store_run_one(struct rth_store *store,
			       const struct rth_db_query *query)
{
	size_t rows = 0;
	enum rth_err err = store->backend->run(store->db, query, &rows);

	if (!err && rows == 0)
		return RTH_ERR_NOT_FOUND;
	return err;
}

struct each_id {
	const struct rth_db_backend *backend;
	enum rth_err (*call)(const char *id, void *arg);
	void *arg;
};

static enum rth_err id_row(const struct rth_db_row *row, void *arg)
{
	const struct each_id *each = arg;
	char id[RTH_ID_SIZE];
	enum rth_err err = each->backend->column_text(row, 0, id, sizeof(id));

	return err ? err : each->call(id, each->arg);
}

enum rth_err rth_store_each_id(struct rth_store *store,
			       struct rth_db_query *query,
			       enum rth_err (*call)(const char *id, void *arg),
			       void *arg)
{
	struct each_id each = {store->backend, call, arg};

	query->row = id_row;
	query->arg = &each;
	return rth_store_run(store, query);
}

struct version {
	const struct rth_db_backend *backend;
	int64_t number;
};

static enum rth_err version_row(const struct rth_db_row *row, void *arg)
{
	struct version *v = arg;

	v->number = v->backend->column_int(row, 0);
	return 0;
}

static enum rth_err read_version(struct rth_store *store, int64_t *numberp)
{
	struct version v = {store->backend, 0};
	const struct rth_db_query query = {
		.sql = "SELECT COALESCE(MAX(number), 0) FROM migrations",
		.row = version_row,
		.arg = &v,
	};
	enum rth_err err = rth_store_run(store, &query);

	if (!err)
		*numberp = v.number;
	return err;
}

static enum rth_err note_migration(struct rth_store *store, int64_t number)
{
	const struct rth_db_value values[] = {
		RTH_DB_INT(number),
		RTH_DB_INT((int64_t)time(NULL)),
	};
	const struct rth_db_query query = {
		.sql = "INSERT INTO migrations(number, applied_s)"
		       " VALUES($1, $2)",
		.values = values,
		.values_n = 2,
	};

	return rth_store_run(store, &query);
}

static enum rth_err run_migration(struct rth_store *store, int64_t number)
{
	const struct rth_migration *m = &rth_store_migrations[number - 1];
	const struct rth_db_backend *backend = store->backend;
	const char *const scripts[] = {
		m->both,
		m->own[backend->dialect],
		rth_store_settle[backend->dialect],
	};
	enum rth_err err = 0;
	size_t i;

	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]) && !err; i++)
		if (scripts[i])
			err = backend->script(store->db, scripts[i]);
	return err ? err : note_migration(store, number);
}

/* Another portal that starts just now may have been faster. */
static enum rth_err migrate_one(void *arg)
{
	struct rth_store *store = arg;
	int64_t number;
	enum rth_err err = read_version(store, &number);

	if (err || number >= (int64_t)rth_store_migrations_n)
		return err;
	return run_migration(store, number + 1);
}

static enum rth_err migrate(struct rth_store *store)
{
	const int64_t known = (int64_t)rth_store_migrations_n;
	int64_t number = 0;
	enum rth_err err = store->backend->script(
		store->db, "CREATE TABLE IF NOT EXISTS migrations("
			   "  number INTEGER PRIMARY KEY,"
			   "  applied_s BIGINT NOT NULL)");

	if (!err)
		err = read_version(store, &number);
	while (!err && number < known) {
		err = store->backend->transaction(store->db, migrate_one,
						  store);
		if (!err)
			err = read_version(store, &number);
	}
	if (!err && number > known)
		err = RTH_ERR_STATE; /* made by a newer portal */
	return err;
}

static const struct rth_db_backend *backend_of(const char *where)
{
	return rth_store_on_server(where) ? &rth_store_pg : &rth_store_sqlite;
}

bool rth_store_on_server(const char *where)
{
	return strncmp(where, "postgresql://", 13) == 0 ||
	       strncmp(where, "postgres://", 11) == 0;
}

const char *rth_store_name(const char *where)
{
	return rth_store_on_server(where) ? "PostgreSQL" : where;
}

enum rth_err rth_store_look(const char *where)
{
	return backend_of(where)->look(where);
}

enum rth_err rth_store_open(struct rth_store **storep, const char *where)
{
	struct rth_store *store = rth_alloc(sizeof(*store));
	enum rth_err err;

	if (!store)
		return RTH_ERR_NOMEM;
	store->backend = backend_of(where);
	err = store->backend->open(&store->db, where);
	if (!err)
		err = migrate(store);
	if (err)
		rth_store_close(store);
	else
		*storep = store;
	return err;
}

void rth_store_close(struct rth_store *store)
{
	if (!store)
		return;
	store->backend->close(store->db);
	rth_free(store);
}

enum rth_err rth_store_ping(struct rth_store *store)
{
	const struct rth_db_query query = {
		.sql = "SELECT number FROM migrations LIMIT 1",
	};

	return rth_store_run_one(store, &query);
}

enum rth_err rth_store_hash(char hash[RTH_HASH_SIZE], const char *text)
{
	unsigned char digest[32];

	if (EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL) !=
	    1)
		return RTH_ERR_CRYPTO;
	return rth_base64url_encode(hash, RTH_HASH_SIZE, digest,
				    sizeof(digest));
}

enum rth_err rth_store_sweep(struct rth_store *store, int64_t now_s,
			     int64_t session_idle_s, int64_t session_absolute_s)
{
	const struct rth_db_value values[] = {
		RTH_DB_INT(now_s),
		RTH_DB_INT(now_s - session_idle_s),
		RTH_DB_INT(now_s - session_absolute_s),
	};
	static const struct {
		const char *sql;
		size_t first, n;
	} steps[] = {
		{"DELETE FROM attempts WHERE expires_s <= $1", 0, 1},
		{"DELETE FROM codes WHERE expires_s <= $1", 0, 1},
		{"DELETE FROM rates WHERE until_s <= $1", 0, 1},
		{"DELETE FROM sessions WHERE seen_s <= $1 OR created_s <= $2",
		 1, 2},
	};
	enum rth_err err = 0;
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]) && !err; i++) {
		const struct rth_db_query query = {
			.sql = steps[i].sql,
			.values = &values[steps[i].first],
			.values_n = steps[i].n,
		};

		err = rth_store_run(store, &query);
	}
	return err;
}
