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

struct migration {
	struct rth_store *store;
	int64_t number;
};

static enum rth_err migrate_one(void *arg)
{
	const struct migration *m = arg;
	const struct rth_db_value values[] = {
		RTH_DB_INT(m->number),
		RTH_DB_INT((int64_t)time(NULL)),
	};
	const struct rth_db_query query = {
		.sql = "INSERT INTO migrations(number, applied_s)"
		       " VALUES($1, $2)",
		.values = values,
		.values_n = 2,
	};
	const struct rth_migration *migration =
		&rth_store_migrations[m->number - 1];
	const struct rth_db_backend *backend = m->store->backend;
	const char *own = migration->own[backend->dialect];
	enum rth_err err = backend->script(m->store->db, migration->both);

	if (!err && own)
		err = backend->script(m->store->db, own);
	return err ? err : rth_store_run(m->store, &query);
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

static enum rth_err migrate(struct rth_store *store)
{
	struct version v = {store->backend, 0};
	const struct rth_db_query query = {
		.sql = "SELECT COALESCE(MAX(number), 0) FROM migrations",
		.row = version_row,
		.arg = &v,
	};
	enum rth_err err = store->backend->script(
		store->db, "CREATE TABLE IF NOT EXISTS migrations("
			   "  number INTEGER PRIMARY KEY,"
			   "  applied_s INTEGER NOT NULL)");
	const int64_t known = (int64_t)rth_store_migrations_n;

	if (!err)
		err = rth_store_run(store, &query);
	if (!err && v.number > known)
		return RTH_ERR_STATE; /* made by a newer portal */
	while (!err && v.number < known) {
		struct migration m = {store, ++v.number};

		err = store->backend->transaction(store->db, migrate_one, &m);
	}
	return err;
}

enum rth_err rth_store_open(struct rth_store **storep, const char *path)
{
	struct rth_store *store = rth_alloc(sizeof(*store));
	enum rth_err err;

	if (!store)
		return RTH_ERR_NOMEM;
	store->backend = &rth_store_sqlite;
	err = store->backend->open(&store->db, path);
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
