/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store's users and their sessions.
 */
#include "store.h"

#include "store_db.h"

struct user_into {
	const struct rth_db_backend *backend;
	struct rth_user *user;
};

static enum rth_err read_user(const struct rth_db_backend *backend,
			      const struct rth_db_row *row, int column,
			      struct rth_user *user)
{
	enum rth_err err =
		backend->column_text(row, column, user->id, sizeof(user->id));

	if (!err)
		err = backend->column_text(row, column + 1, user->email,
					   sizeof(user->email));
	if (!err)
		err = backend->column_text(row, column + 2, user->name,
					   sizeof(user->name));
	return err;
}

static enum rth_err user_row(const struct rth_db_row *row, void *arg)
{
	const struct user_into *into = arg;

	return read_user(into->backend, row, 0, into->user);
}

enum rth_err rth_store_user(struct rth_store *store, struct rth_user *user,
			    const char *email, const char *name, int64_t now_s)
{
	struct user_into into = {store->backend, user};
	char id[RTH_ID_SIZE];
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(id),
		RTH_DB_TEXT(email),
		RTH_DB_TEXT(name),
		RTH_DB_INT(now_s),
	};
	/* A new user without a name has none until he gives one. */
	const struct rth_db_query query = {
		.sql = "INSERT INTO users(id, email, name, made_s)"
		       " VALUES($1, $2, COALESCE($3, ''), $4)"
		       " ON CONFLICT(email) DO UPDATE"
		       " SET name = COALESCE($3, users.name)"
		       " RETURNING id, email, name",
		.values = values,
		.values_n = 4,
		.row = user_row,
		.arg = &into,
	};
	enum rth_err err = rth_id_make(id);

	return err ? err : rth_store_run_one(store, &query);
}

enum rth_err rth_store_session_add(struct rth_store *store,
				   const struct rth_session_row *row)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(row->hash),	  RTH_DB_TEXT(row->user.id),
		RTH_DB_TEXT(row->groups), RTH_DB_INT(row->created_s),
		RTH_DB_INT(row->seen_s),
	};
	const struct rth_db_query query = {
		.sql = "INSERT INTO sessions(hash, user_id, groups, created_s,"
		       " seen_s) VALUES($1, $2, $3, $4, $5)",
		.values = values,
		.values_n = 5,
	};

	return rth_store_run(store, &query);
}

struct session_into {
	const struct rth_db_backend *backend;
	struct rth_session_row *row;
};

static enum rth_err session_row(const struct rth_db_row *row, void *arg)
{
	const struct session_into *into = arg;
	const struct rth_db_backend *backend = into->backend;
	struct rth_session_row *out = into->row;
	enum rth_err err =
		backend->column_text(row, 0, out->hash, sizeof(out->hash));

	if (!err)
		err = backend->column_text(row, 1, out->groups,
					   sizeof(out->groups));
	out->created_s = backend->column_int(row, 2);
	out->seen_s = backend->column_int(row, 3);
	return err ? err : read_user(backend, row, 4, &out->user);
}

enum rth_err rth_store_session_get(struct rth_store *store,
				   struct rth_session_row *row,
				   const char *hash)
{
	struct session_into into = {store->backend, row};
	const struct rth_db_value value = RTH_DB_TEXT(hash);
	const struct rth_db_query query = {
		.sql = "SELECT s.hash, s.groups, s.created_s, s.seen_s,"
		       " u.id, u.email, u.name FROM sessions s"
		       " JOIN users u ON u.id = s.user_id WHERE s.hash = $1",
		.values = &value,
		.values_n = 1,
		.row = session_row,
		.arg = &into,
	};

	return rth_store_run_one(store, &query);
}

enum rth_err rth_store_session_seen(struct rth_store *store, const char *hash,
				    int64_t now_s)
{
	const struct rth_db_value values[] = {
		RTH_DB_INT(now_s),
		RTH_DB_TEXT(hash),
	};
	const struct rth_db_query query = {
		.sql = "UPDATE sessions SET seen_s = $1 WHERE hash = $2",
		.values = values,
		.values_n = 2,
	};

	return rth_store_run(store, &query);
}

enum rth_err rth_store_session_end(struct rth_store *store, const char *hash)
{
	const struct rth_db_value value = RTH_DB_TEXT(hash);
	const struct rth_db_query query = {
		.sql = "DELETE FROM sessions WHERE hash = $1",
		.values = &value,
		.values_n = 1,
	};

	return rth_store_run(store, &query);
}

enum rth_err rth_store_session_end_all(struct rth_store *store,
				       const char *user_id)
{
	const struct rth_db_value value = RTH_DB_TEXT(user_id);
	const struct rth_db_query query = {
		.sql = "DELETE FROM sessions WHERE user_id = $1",
		.values = &value,
		.values_n = 1,
	};

	return rth_store_run(store, &query);
}
