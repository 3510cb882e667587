/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store's films, and which recordings have a preview. Each move of a film
 * is one UPDATE that names the state it comes from, so that of two portals one
 * makes it.
 */
#include "store.h"

#include <string.h>

#include "store_db.h"

static const char *const states[] = {
	[RTH_FILM_WAITING] = "waiting",	    [RTH_FILM_RUNNING] = "running",
	[RTH_FILM_DONE] = "done",	    [RTH_FILM_FAILED] = "failed",
	[RTH_FILM_CANCELLED] = "cancelled",
};

#define STATES (sizeof(states) / sizeof(states[0]))
#define COLUMNS                                                          \
	"SELECT f.id, f.recording_id, f.user_id, f.reason, f.container," \
	" f.layout, f.error, f.digest, f.owner, f.state, f.burn_in,"     \
	" f.asked_s, f.ended_s, f.expires_s, f.permille, f.remaining_s," \
	" f.bytes, f.tries FROM films f"
#define TEXTS 9 /* then the state, then the numbers */

const char *rth_film_state_name(enum rth_film_state state)
{
	return states[state];
}

/* ---- Rows ---- */

struct film_into {
	const struct rth_db_backend *backend;
	struct rth_film *film;
	enum rth_err (*each)(const struct rth_film *film, void *arg);
	void *arg;
};

static enum rth_err read_state(struct rth_film *f,
			       const struct rth_db_backend *backend,
			       const struct rth_db_row *row)
{
	char name[RTH_FILM_WORD_SIZE];
	enum rth_err err = backend->column_text(row, TEXTS, name, sizeof(name));
	size_t i;

	for (i = 0; i < STATES && !err; i++)
		if (strcmp(states[i], name) == 0) {
			f->state = (enum rth_film_state)i;
			return 0;
		}
	return err ? err : RTH_ERR_FORMAT;
}

static enum rth_err film_row(const struct rth_db_row *row, void *arg)
{
	const struct film_into *into = arg;
	const struct rth_db_backend *backend = into->backend;
	struct rth_film *f = into->film;
	const struct {
		char *out;
		size_t size;
	} texts[TEXTS] = {
		{f->id, sizeof(f->id)},
		{f->recording, sizeof(f->recording)},
		{f->user, sizeof(f->user)},
		{f->reason, sizeof(f->reason)},
		{f->container, sizeof(f->container)},
		{f->layout, sizeof(f->layout)},
		{f->error, sizeof(f->error)},
		{f->digest, sizeof(f->digest)},
		{f->owner, sizeof(f->owner)},
	};
	int64_t *const numbers[] = {
		&f->asked_s,	 &f->ended_s, &f->expires_s, &f->permille,
		&f->remaining_s, &f->bytes,   &f->tries};
	enum rth_err err = read_state(f, backend, row);
	size_t i;

	for (i = 0; i < TEXTS && !err; i++)
		err = backend->column_text(row, (int)i, texts[i].out,
					   texts[i].size);
	f->not_before_s = 0;
	f->burn_in = backend->column_int(row, TEXTS + 1) != 0;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		*numbers[i] = backend->column_int(row, TEXTS + 2 + (int)i);
	return !err && into->each ? into->each(f, into->arg) : err;
}

enum rth_err rth_store_film_get(struct rth_store *store, struct rth_film *film,
				const char *id)
{
	struct film_into into = {store->backend, film, NULL, NULL};
	const struct rth_db_value value = RTH_DB_TEXT(id);
	const struct rth_db_query query = {
		.sql = COLUMNS " WHERE f.id = $1",
		.values = &value,
		.values_n = 1,
		.row = film_row,
		.arg = &into,
	};

	return rth_store_run_one(store, &query);
}

enum rth_err rth_store_film_each(
	struct rth_store *store, const char *recording,
	enum rth_err (*each)(const struct rth_film *film, void *arg), void *arg)
{
	struct rth_film film;
	struct film_into into = {store->backend, &film, each, arg};
	const struct rth_db_value value = RTH_DB_TEXT(recording);
	const struct rth_db_query query = {
		.sql = COLUMNS " WHERE f.recording_id = $1"
			       " ORDER BY f.asked_s DESC, f.id",
		.values = &value,
		.values_n = 1,
		.row = film_row,
		.arg = &into,
	};

	return rth_store_run(store, &query);
}

/* ---- Moves ---- */

static enum rth_err change(struct rth_store *store, const char *sql,
			   const struct rth_db_value *values, size_t n)
{
	const struct rth_db_query query = {
		.sql = sql,
		.values = values,
		.values_n = n,
	};

	return rth_store_run_one(store, &query);
}

/* However many there are. */
static enum rth_err change_all(struct rth_store *store, const char *sql,
			       const struct rth_db_value *values, size_t n)
{
	const struct rth_db_query query = {
		.sql = sql,
		.values = values,
		.values_n = n,
	};

	return rth_store_run(store, &query);
}

struct adding {
	const struct rth_store *store;
	int64_t n;
};

static enum rth_err count_row(const struct rth_db_row *row, void *arg)
{
	struct adding *a = arg;

	a->n = a->store->backend->column_int(row, 0);
	return 0;
}

enum rth_err rth_store_film_add(struct rth_store *store,
				const struct rth_film *f, int64_t max)
{
	struct adding a = {store, 0};
	const struct rth_db_value user = RTH_DB_TEXT(f->user);
	const struct rth_db_query count = {
		.sql = "SELECT COUNT(*) FROM films WHERE user_id = $1"
		       " AND state IN ('waiting', 'running')",
		.values = &user,
		.values_n = 1,
		.row = count_row,
		.arg = &a,
	};
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(f->id),	   RTH_DB_TEXT(f->recording),
		RTH_DB_TEXT(f->user),	   RTH_DB_TEXT(f->reason),
		RTH_DB_TEXT(f->container), RTH_DB_TEXT(f->layout),
		RTH_DB_INT(f->burn_in),	   RTH_DB_INT(f->asked_s),
	};
	enum rth_err err = rth_store_run(store, &count);

	if (!err && a.n >= max)
		return RTH_ERR_LIMIT;
	return err ? err
		   : change(store,
			    "INSERT INTO films(id, recording_id, user_id,"
			    " reason, container, layout, burn_in, state,"
			    " error, asked_s, ended_s, expires_s, permille,"
			    " remaining_s, bytes, digest, owner, lease_s,"
			    " tries) SELECT $1, r.id, $3, $4, $5, $6, $7,"
			    " 'waiting', '', $8, 0, 0, 0, -1, 0, '', '', 0, 0"
			    " FROM recordings r WHERE r.id = $2"
			    " AND r.deleted_s = 0 AND r.state <> 'deleting'",
			    values, 8);
}

enum rth_err rth_store_film_claim(struct rth_store *store,
				  struct rth_film *film, const char *owner,
				  int64_t now_s, int64_t lease_s)
{
	struct rth_film found;
	struct film_into into = {store->backend, &found, NULL, NULL};
	const struct rth_db_value now = RTH_DB_INT(now_s);
	const struct rth_db_query next = {
		.sql = COLUMNS " WHERE f.lease_s < $1 AND"
			       " f.state IN ('waiting', 'running')"
			       " ORDER BY f.asked_s, f.id LIMIT 1",
		.values = &now,
		.values_n = 1,
		.row = film_row,
		.arg = &into,
	};
	enum rth_err err = rth_store_run_one(store, &next);

	if (!err) {
		const struct rth_db_value values[] = {
			RTH_DB_TEXT(found.id), RTH_DB_TEXT(owner),
			RTH_DB_INT(lease_s), RTH_DB_INT(now_s)};

		err = change(store,
			     "UPDATE films SET state = 'running', owner = $2,"
			     " lease_s = $3, tries = tries + 1, permille = 0,"
			     " remaining_s = -1 WHERE id = $1 AND"
			     " lease_s < $4 AND"
			     " state IN ('waiting', 'running')",
			     values, 4);
	}
	return err ? err : rth_store_film_get(store, film, found.id);
}

enum rth_err rth_store_film_beat(struct rth_store *store,
				 const struct rth_film *film,
				 const struct rth_film_beat *beat)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(film->id),	       RTH_DB_TEXT(film->owner),
		RTH_DB_INT(beat->lease_s),     RTH_DB_INT(beat->permille),
		RTH_DB_INT(beat->remaining_s),
	};

	return change(store,
		      "UPDATE films SET lease_s = $3, permille = $4,"
		      " remaining_s = $5 WHERE id = $1 AND owner = $2"
		      " AND state = 'running'",
		      values, 5);
}

enum rth_err rth_store_film_end(struct rth_store *store,
				const struct rth_film *film)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(film->id),
		RTH_DB_TEXT(film->owner),
		RTH_DB_TEXT(states[film->state]),
		RTH_DB_TEXT(film->error),
		RTH_DB_INT(film->ended_s),
		RTH_DB_INT(film->expires_s),
		RTH_DB_INT(film->bytes),
		RTH_DB_TEXT(film->digest),
		RTH_DB_INT(film->permille),
		RTH_DB_INT(film->tries),
		RTH_DB_INT(film->not_before_s),
	};

	return change(store,
		      "UPDATE films SET state = $3, error = $4, ended_s = $5,"
		      " expires_s = $6, bytes = $7, digest = $8,"
		      " permille = $9, tries = $10, lease_s = $11,"
		      " remaining_s = -1"
		      " WHERE id = $1 AND owner = $2 AND state = 'running'",
		      values, 11);
}

enum rth_err rth_store_film_cancel(struct rth_store *store, const char *id,
				   int64_t now_s)
{
	const struct rth_db_value values[] = {RTH_DB_TEXT(id),
					      RTH_DB_INT(now_s)};

	return change(store,
		      "UPDATE films SET state = 'cancelled', ended_s = $2,"
		      " remaining_s = -1"
		      " WHERE id = $1 AND state IN ('waiting', 'running')",
		      values, 2);
}

enum rth_err rth_store_film_expire(struct rth_store *store, const char *id)
{
	const struct rth_db_value value = RTH_DB_TEXT(id);

	return change(store,
		      "UPDATE films SET bytes = 0, digest = ''"
		      " WHERE id = $1 AND state = 'done' AND bytes > 0",
		      &value, 1);
}

enum rth_err rth_store_film_remove(struct rth_store *store, const char *id)
{
	const struct rth_db_value value = RTH_DB_TEXT(id);

	return change(store, "DELETE FROM films WHERE id = $1", &value, 1);
}

enum rth_err rth_store_film_expired(struct rth_store *store, int64_t now_s,
				    enum rth_err (*each)(const char *id,
							 void *arg),
				    void *arg)
{
	const struct rth_db_value value = RTH_DB_INT(now_s);
	struct rth_db_query query = {
		.sql = "SELECT id FROM films WHERE state = 'done'"
		       " AND bytes > 0 AND expires_s <= $1",
		.values = &value,
		.values_n = 1,
	};

	return rth_store_each_id(store, &query, each, arg);
}

enum rth_err rth_store_film_sweep(struct rth_store *store, int64_t before_s)
{
	const struct rth_db_value value = RTH_DB_INT(before_s);

	return change_all(store,
			  "DELETE FROM films WHERE ended_s > 0"
			  " AND ended_s < $1 AND bytes = 0",
			  &value, 1);
}

/* ---- Previews ---- */

enum rth_err rth_store_preview_set(struct rth_store *store,
				   const char *recording,
				   enum rth_preview_state state)
{
	const struct rth_db_value values[] = {RTH_DB_TEXT(recording),
					      RTH_DB_INT(state)};

	return change(store, "UPDATE recordings SET preview = $2 WHERE id = $1",
		      values, 2);
}

enum rth_err rth_store_preview_missing(struct rth_store *store, int64_t max,
				       enum rth_err (*each)(const char *id,
							    void *arg),
				       void *arg)
{
	const struct rth_db_value value = RTH_DB_INT(max);
	struct rth_db_query query = {
		.sql = "SELECT id FROM recordings WHERE preview = 0"
		       " AND begun_s > 0 AND deleted_s = 0"
		       " AND state IN ('stored', 'interrupted')"
		       " ORDER BY begun_s DESC, id DESC LIMIT $1",
		.values = &value,
		.values_n = 1,
	};

	return rth_store_each_id(store, &query, each, arg);
}
