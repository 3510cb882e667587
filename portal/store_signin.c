/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store's sign-ins under way: attempts, codes and rate limits.
 */
#include "store.h"

#include <string.h>

#include <openssl/crypto.h>

#include "store_db.h"

#define ATTEMPTS_MAX 10000

enum rth_err rth_store_attempt_add(struct rth_store *store,
				   const struct rth_attempt *attempt,
				   int64_t now_s)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(attempt->state_hash),
		RTH_DB_TEXT(attempt->browser_hash),
		RTH_DB_TEXT(attempt->provider),
		RTH_DB_TEXT(attempt->nonce),
		RTH_DB_TEXT(attempt->verifier),
		RTH_DB_TEXT(attempt->next),
		RTH_DB_INT(attempt->expires_s),
		RTH_DB_INT(now_s),
		RTH_DB_INT(ATTEMPTS_MAX),
	};
	const struct rth_db_query query = {
		.sql = "INSERT INTO attempts(state_hash, browser_hash,"
		       " provider, nonce, verifier, next, expires_s)"
		       " SELECT $1, $2, $3, $4, $5, $6, $7"
		       " WHERE (SELECT COUNT(*) FROM attempts"
		       "        WHERE expires_s > $8) < $9"
		       " RETURNING expires_s",
		.values = values,
		.values_n = 9,
	};
	enum rth_err err = rth_store_run_one(store, &query);

	return err == RTH_ERR_NOT_FOUND ? RTH_ERR_LIMIT : err;
}

struct attempt_into {
	const struct rth_db_backend *backend;
	struct rth_attempt *attempt;
};

static enum rth_err attempt_row(const struct rth_db_row *row, void *arg)
{
	const struct attempt_into *into = arg;
	struct rth_attempt *a = into->attempt;
	const struct {
		char *out;
		size_t size;
	} columns[] = {
		{a->state_hash, sizeof(a->state_hash)},
		{a->browser_hash, sizeof(a->browser_hash)},
		{a->provider, sizeof(a->provider)},
		{a->nonce, sizeof(a->nonce)},
		{a->verifier, sizeof(a->verifier)},
		{a->next, sizeof(a->next)},
	};
	enum rth_err err = 0;
	int i;

	for (i = 0; i < 6 && !err; i++)
		err = into->backend->column_text(row, i, columns[i].out,
						 columns[i].size);
	a->expires_s = into->backend->column_int(row, 6);
	return err;
}

enum rth_err rth_store_attempt_take(struct rth_store *store,
				    struct rth_attempt *attempt,
				    const char *state_hash, int64_t now_s)
{
	struct attempt_into into = {store->backend, attempt};
	const struct rth_db_value value = RTH_DB_TEXT(state_hash);
	const struct rth_db_query query = {
		.sql = "DELETE FROM attempts WHERE state_hash = $1"
		       " RETURNING state_hash, browser_hash, provider, nonce,"
		       " verifier, next, expires_s",
		.values = &value,
		.values_n = 1,
		.row = attempt_row,
		.arg = &into,
	};
	enum rth_err err = rth_store_run_one(store, &query);

	if (!err && attempt->expires_s <= now_s)
		return RTH_ERR_NOT_FOUND;
	return err;
}

enum rth_err rth_store_code_set(struct rth_store *store, const char *email,
				const char *code_hash, int64_t expires_s,
				int64_t tries)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(email),
		RTH_DB_TEXT(code_hash),
		RTH_DB_INT(expires_s),
		RTH_DB_INT(tries),
	};
	const struct rth_db_query query = {
		.sql = "INSERT INTO codes(email, code_hash, expires_s, tries)"
		       " VALUES($1, $2, $3, $4) ON CONFLICT(email) DO UPDATE"
		       " SET code_hash = $2, expires_s = $3, tries = $4",
		.values = values,
		.values_n = 4,
	};

	return rth_store_run(store, &query);
}

struct code_try {
	struct rth_store *store;
	const char *email;
	const char *given;
	int64_t now_s;
	char hash[RTH_HASH_SIZE];
	int64_t tries;
	enum rth_err answer;
};

static enum rth_err code_row(const struct rth_db_row *row, void *arg)
{
	struct code_try *t = arg;
	const struct rth_db_backend *backend = t->store->backend;

	t->tries = backend->column_int(row, 1);
	return backend->column_text(row, 0, t->hash, sizeof(t->hash));
}

static enum rth_err code_spend(struct code_try *t, const char *sql)
{
	const struct rth_db_value value = RTH_DB_TEXT(t->email);
	const struct rth_db_query query = {
		.sql = sql,
		.values = &value,
		.values_n = 1,
	};

	return rth_store_run(t->store, &query);
}

/* The refusals are answers, not errors: what they changed must be kept. */
static enum rth_err code_try_work(void *arg)
{
	struct code_try *t = arg;
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(t->email),
		RTH_DB_INT(t->now_s),
	};
	const struct rth_db_query query = {
		.sql = "SELECT code_hash, tries FROM codes"
		       " WHERE email = $1 AND expires_s > $2",
		.values = values,
		.values_n = 2,
		.row = code_row,
		.arg = t,
	};
	enum rth_err err = rth_store_run_one(t->store, &query);

	t->answer = 0;
	if (err == RTH_ERR_NOT_FOUND) {
		t->answer = RTH_ERR_NOT_FOUND;
		return 0;
	}
	if (err)
		return err;
	if (t->tries <= 0) {
		t->answer = RTH_ERR_LIMIT;
		return 0;
	}
	if (strlen(t->given) == strlen(t->hash) &&
	    CRYPTO_memcmp(t->given, t->hash, strlen(t->hash)) == 0)
		return code_spend(t, "DELETE FROM codes WHERE email = $1");
	t->answer = RTH_ERR_DENIED;
	return code_spend(t, "UPDATE codes SET tries = tries - 1"
			     " WHERE email = $1");
}

enum rth_err rth_store_code_try(struct rth_store *store, const char *email,
				const char *code_hash, int64_t now_s)
{
	struct code_try t = {
		.store = store,
		.email = email,
		.given = code_hash,
		.now_s = now_s,
	};
	enum rth_err err =
		store->backend->transaction(store->db, code_try_work, &t);

	return err ? err : t.answer;
}

struct rate_into {
	const struct rth_db_backend *backend;
	int64_t n;
};

static enum rth_err rate_row(const struct rth_db_row *row, void *arg)
{
	struct rate_into *into = arg;

	into->n = into->backend->column_int(row, 0);
	return 0;
}

enum rth_err rth_store_rate(struct rth_store *store, const char *key,
			    int64_t max, int64_t window_s, int64_t now_s)
{
	struct rate_into into = {store->backend, 0};
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(key),
		RTH_DB_INT(now_s + window_s),
		RTH_DB_INT(now_s),
	};
	const struct rth_db_query query = {
		.sql = "INSERT INTO rates(key, until_s, n) VALUES($1, $2, 1)"
		       " ON CONFLICT(key) DO UPDATE SET"
		       " n = CASE WHEN rates.until_s <= $3 THEN 1"
		       "  ELSE rates.n + 1 END,"
		       " until_s = CASE WHEN rates.until_s <= $3 THEN $2"
		       "  ELSE rates.until_s END"
		       " RETURNING n",
		.values = values,
		.values_n = 3,
		.row = rate_row,
		.arg = &into,
	};
	enum rth_err err = rth_store_run_one(store, &query);

	if (!err && into.n > max)
		return RTH_ERR_LIMIT;
	return err;
}
