/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What several portals on one database know of each other: that they serve, and
 * with which keys they sign.
 */
#include "store_portal.h"

#include "store_db.h"

/* ---- Who serves ---- */

enum rth_err rth_store_portal_seen(struct rth_store *store, const char *portal,
				   int64_t now_s)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(portal),
		RTH_DB_INT(now_s),
	};
	const struct rth_db_query query = {
		.sql = "INSERT INTO portals(id, seen_s) VALUES($1, $2)"
		       " ON CONFLICT(id) DO UPDATE SET seen_s = $2",
		.values = values,
		.values_n = 2,
	};

	return rth_store_run(store, &query);
}

/* Its keys stay while tokens of them live. */
enum rth_err rth_store_portal_gone(struct rth_store *store, const char *portal)
{
	const struct rth_db_value value = RTH_DB_TEXT(portal);
	const struct rth_db_query query = {
		.sql = "DELETE FROM portals WHERE id = $1",
		.values = &value,
		.values_n = 1,
	};

	return rth_store_run(store, &query);
}

struct number {
	const struct rth_db_backend *backend;
	int64_t value;
};

static enum rth_err number_row(const struct rth_db_row *row, void *arg)
{
	struct number *number = arg;

	number->value = number->backend->column_int(row, 0);
	return 0;
}

enum rth_err rth_store_portals(struct rth_store *store, int64_t *np,
			       int64_t now_s)
{
	struct number number = {store->backend, 0};
	const struct rth_db_value since = RTH_DB_INT(now_s - RTH_PORTAL_GONE_S);
	const struct rth_db_query query = {
		.sql = "SELECT COUNT(*) FROM portals WHERE seen_s > $1",
		.values = &since,
		.values_n = 1,
		.row = number_row,
		.arg = &number,
	};
	enum rth_err err = rth_store_run_one(store, &query);

	if (!err)
		*np = number.value;
	return err;
}

/* ---- Public keys ---- */

enum rth_err rth_store_signing_put(struct rth_store *store, const char *kid,
				   const char *jwk, int64_t now_s)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(kid),
		RTH_DB_TEXT(jwk),
		RTH_DB_INT(now_s),
	};
	const struct rth_db_query query = {
		.sql = "INSERT INTO signing_keys(kid, jwk, seen_s)"
		       " VALUES($1, $2, $3) ON CONFLICT(kid) DO UPDATE"
		       " SET jwk = $2, seen_s = $3",
		.values = values,
		.values_n = 3,
	};

	return rth_store_run(store, &query);
}

struct each_key {
	const struct rth_db_backend *backend;
	enum rth_err (*each)(const char *jwk, void *arg);
	void *arg;
};

static enum rth_err key_row(const struct rth_db_row *row, void *arg)
{
	const struct each_key *e = arg;
	char jwk[RTH_JWK_SIZE];
	enum rth_err err = e->backend->column_text(row, 0, jwk, sizeof(jwk));

	return err ? err : e->each(jwk, e->arg);
}

enum rth_err rth_store_signing_each(struct rth_store *store, int64_t since_s,
				    enum rth_err (*each)(const char *jwk,
							 void *arg),
				    void *arg)
{
	struct each_key e = {store->backend, each, arg};
	const struct rth_db_value since = RTH_DB_INT(since_s);
	const struct rth_db_query query = {
		.sql = "SELECT jwk FROM signing_keys WHERE seen_s > $1"
		       " ORDER BY kid LIMIT 64",
		.values = &since,
		.values_n = 1,
		.row = key_row,
		.arg = &e,
	};

	return rth_store_run(store, &query);
}

/* ---- Those that did not say that they went ---- */

enum rth_err rth_store_portals_sweep(struct rth_store *store, int64_t now_s)
{
	const struct rth_db_value values[] = {
		RTH_DB_INT(now_s - RTH_PORTAL_GONE_S),
		RTH_DB_INT(now_s - RTH_SIGNING_KEPT_S),
	};
	static const char *const steps[] = {
		"DELETE FROM portals WHERE seen_s <= $1",
		"DELETE FROM signing_keys WHERE seen_s <= $1",
	};
	enum rth_err err = 0;
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]) && !err; i++) {
		const struct rth_db_query query = {
			.sql = steps[i],
			.values = &values[i],
			.values_n = 1,
		};

		err = rth_store_run(store, &query);
	}
	return err;
}
