/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is kept from deletion, what is deleted, and what was: docs/retention.md.
 *
 * The states `deleting` and `deleted` of a recording are written here, by its
 * id alone; recordings.deleted_s, which keeps it from being shown, with the
 * first of them.
 */
#include "store.h"

#include <string.h>

#include "mem.h"
#include "store_db.h"

#define DAY_S 86400
#define CERTIFICATE_SIZE 4096

/* ---- Holds ---- */

struct hold_work {
	struct rth_store *store;
	struct rth_db_value values[5]; /* recording, by, now, reason, id */
	int64_t hold;
};

static enum rth_err hold_step(const struct hold_work *w, const char *sql,
			      size_t values_n)
{
	const struct rth_db_query query = {
		.sql = sql,
		.values = w->values,
		.values_n = values_n,
	};

	return rth_store_run(w->store, &query);
}

static enum rth_err mark_hold(const struct hold_work *w)
{
	const struct rth_db_value values[] = {w->values[0],
					      RTH_DB_INT(w->hold)};
	const struct rth_db_query query = {
		.sql = "UPDATE recordings SET hold = $2, delete_s = 0"
		       " WHERE id = $1 AND deleted_s = 0",
		.values = values,
		.values_n = 2,
	};

	return rth_store_run_one(w->store, &query);
}

static enum rth_err change_hold(const struct hold_work *w)
{
	enum rth_err err = mark_hold(w);

	if (!err)
		err = hold_step(w,
				"UPDATE holds SET released_by = $2,"
				" released_s = $3 WHERE recording_id = $1"
				" AND released_s = 0",
				3);
	if (!err && w->hold)
		err = hold_step(w,
				"INSERT INTO holds(recording_id, by_whom,"
				" since_s, reason, id, released_by, released_s)"
				" VALUES($1, $2, $3, $4, $5, '', 0)",
				5);
	return err;
}

enum rth_err rth_store_hold(struct rth_store *store, const char *recording,
			    const char *by, const char *reason, int64_t now_s)
{
	char id[RTH_ID_SIZE];
	struct hold_work w = {
		store,
		{RTH_DB_TEXT(recording), RTH_DB_TEXT(by), RTH_DB_INT(now_s),
		 RTH_DB_TEXT(reason), RTH_DB_TEXT(id)},
		1,
	};
	enum rth_err err = rth_id_make(id);

	return err ? err : change_hold(&w);
}

enum rth_err rth_store_release(struct rth_store *store, const char *recording,
			       const char *by, int64_t now_s)
{
	const struct hold_work w = {
		store,
		{RTH_DB_TEXT(recording), RTH_DB_TEXT(by), RTH_DB_INT(now_s)},
		0,
	};

	return change_hold(&w);
}

/* ---- Deletions ---- */

struct deletable {
	const struct rth_db_backend *backend;
	enum rth_recording_state state;
	int64_t begun_s;
	bool hold;
};

static enum rth_err deletable_row(const struct rth_db_row *row, void *arg)
{
	struct deletable *d = arg;
	char state[16];
	enum rth_err err =
		d->backend->column_text(row, 0, state, sizeof(state));

	if (!err && !rth_recording_state_of(&d->state, state))
		err = RTH_ERR_FORMAT;
	d->begun_s = d->backend->column_int(row, 1);
	d->hold = d->backend->column_int(row, 2) != 0;
	return err;
}

static enum rth_err read_deletable(struct deletable *d, struct rth_store *store,
				   const char *recording)
{
	const struct rth_db_value value = RTH_DB_TEXT(recording);
	const struct rth_db_query query = {
		.sql = "SELECT state, begun_s, hold FROM recordings"
		       " WHERE id = $1",
		.values = &value,
		.values_n = 1,
		.row = deletable_row,
		.arg = d,
	};

	d->backend = store->backend;
	return rth_store_run_one(store, &query);
}

/* What has not been told to have ended within a day was never told. */
static bool runs(const struct deletable *d, int64_t now_s)
{
	return (d->state == RTH_RECORDING_ASKED ||
		d->state == RTH_RECORDING_RUNNING ||
		d->state == RTH_RECORDING_PAUSED) &&
	       (d->begun_s == 0 || now_s < d->begun_s + DAY_S);
}

static enum rth_err may_delete(struct deletable *d, struct rth_store *store,
			       const char *recording, int64_t now_s)
{
	enum rth_err err = read_deletable(d, store, recording);

	if (err)
		return err;
	if (d->state == RTH_RECORDING_DELETED)
		return RTH_ERR_EXISTS;
	if (d->state == RTH_RECORDING_DELETING)
		return 0;
	if (d->hold)
		return RTH_ERR_DENIED;
	return runs(d, now_s) ? RTH_ERR_STATE : 0;
}

enum rth_err rth_store_deletion_may(struct rth_store *store,
				    const char *recording, int64_t now_s)
{
	struct deletable d;

	return may_delete(&d, store, recording, now_s);
}

struct deletion_into {
	const struct rth_db_backend *backend;
	struct rth_deletion *deletion;
};

static enum rth_err deletion_row(const struct rth_db_row *row, void *arg)
{
	const struct deletion_into *into = arg;
	const struct rth_db_backend *b = into->backend;
	struct rth_deletion *d = into->deletion;
	enum rth_err err =
		b->column_text(row, 0, d->recording, sizeof(d->recording));

	if (!err)
		err = b->column_text(row, 1, d->visit, sizeof(d->visit));
	if (!err)
		err = b->column_text(row, 2, d->by, sizeof(d->by));
	if (!err)
		err = b->column_text(row, 3, d->rule, sizeof(d->rule));
	d->begun_s = b->column_int(row, 4);
	d->done_s = b->column_int(row, 5);
	d->files = b->column_int(row, 6);
	d->bytes = b->column_int(row, 7);
	return err;
}

enum rth_err rth_store_deletion_get(struct rth_store *store,
				    struct rth_deletion *deletion,
				    const char *recording)
{
	struct rth_deletion found;
	struct deletion_into into = {store->backend, &found};
	const struct rth_db_value value = RTH_DB_TEXT(recording);
	const struct rth_db_query query = {
		.sql = "SELECT d.recording_id, r.visit_id, d.by_whom, d.rule,"
		       " d.begun_s, d.done_s, d.files, d.bytes"
		       " FROM deletions d JOIN recordings r"
		       " ON r.id = d.recording_id WHERE d.recording_id = $1",
		.values = &value,
		.values_n = 1,
		.row = deletion_row,
		.arg = &into,
	};
	enum rth_err err = rth_store_run_one(store, &query);

	if (!err)
		*deletion = found;
	return err;
}

struct begin_work {
	struct rth_store *store;
	struct rth_deletion *deletion;
};

static enum rth_err mark_deleting(struct rth_store *store,
				  const struct rth_deletion *d)
{
	const struct rth_db_value values[] = {RTH_DB_TEXT(d->recording),
					      RTH_DB_INT(d->begun_s)};
	const struct rth_db_query query = {
		.sql = "UPDATE recordings SET state = 'deleting', rank = 6,"
		       " deleted_s = $2 WHERE id = $1",
		.values = values,
		.values_n = 2,
	};

	return rth_store_run_one(store, &query);
}

static enum rth_err add_deletion(struct rth_store *store,
				 const struct rth_deletion *d)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(d->recording), RTH_DB_TEXT(d->by),
		RTH_DB_TEXT(d->rule),	   RTH_DB_INT(d->begun_s),
		RTH_DB_INT(d->files),	   RTH_DB_INT(d->bytes),
	};
	const struct rth_db_query query = {
		.sql = "INSERT INTO deletions(recording_id, by_whom, rule,"
		       " begun_s, done_s, files, bytes, certificate)"
		       " VALUES($1, $2, $3, $4, 0, $5, $6, '')",
		.values = values,
		.values_n = 6,
	};

	return rth_store_run(store, &query);
}

static enum rth_err begin(void *arg)
{
	const struct begin_work *w = arg;
	struct deletable state;
	enum rth_err err = may_delete(&state, w->store, w->deletion->recording,
				      w->deletion->begun_s);

	if (!err && state.state != RTH_RECORDING_DELETING) {
		err = mark_deleting(w->store, w->deletion);
		if (!err)
			err = add_deletion(w->store, w->deletion);
	}
	if (!err)
		err = rth_store_deletion_get(w->store, w->deletion,
					     w->deletion->recording);
	return err;
}

enum rth_err rth_store_deletion_begin(struct rth_store *store,
				      struct rth_deletion *deletion)
{
	struct begin_work w = {store, deletion};

	return store->backend->transaction(store->db, begin, &w);
}

/* Statements with the same values, each with the first so many of them. */
struct step {
	const char *sql;
	size_t values_n;
};

struct steps {
	struct rth_store *store;
	const struct rth_db_value *values;
	struct step step[3]; /* the rest is NULL */
};

static enum rth_err run_steps(void *arg)
{
	const struct steps *steps = arg;
	enum rth_err err = 0;
	size_t i;

	for (i = 0; i < 3 && steps->step[i].sql && !err; i++) {
		const struct rth_db_query query = {
			.sql = steps->step[i].sql,
			.values = steps->values,
			.values_n = steps->step[i].values_n,
		};

		err = rth_store_run(steps->store, &query);
	}
	return err;
}

enum rth_err rth_store_deletion_words(struct rth_store *store,
				      const char *recording)
{
	const struct rth_db_value value = RTH_DB_TEXT(recording);
	struct steps steps = {
		store,
		&value,
		{{"DELETE FROM plays WHERE recording_id = $1", 1},
		 {"DELETE FROM films WHERE recording_id = $1", 1},
		 {"UPDATE holds SET reason = '' WHERE recording_id = $1", 1}},
	};

	return store->backend->transaction(store->db, run_steps, &steps);
}

enum rth_err rth_store_deletion_end(struct rth_store *store,
				    const struct rth_deletion *deletion,
				    const char *certificate)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(deletion->recording),
		RTH_DB_INT(deletion->done_s),
		RTH_DB_TEXT(certificate),
	};
	struct steps steps = {
		store,
		values,
		{{"UPDATE recordings SET state = 'deleted', rank = 7,"
		  " parts = 0, reason = '', incomplete = 0, lost_ms = 0,"
		  " lost_packets = 0, hold = 0, delete_s = 0, deleted_s = $2"
		  " WHERE id = $1",
		  2},
		 {"UPDATE deletions SET done_s = $2, certificate = $3"
		  " WHERE recording_id = $1 AND done_s = 0",
		  3},
		 {"DELETE FROM plays WHERE recording_id = $1", 1}},
	};

	return store->backend->transaction(store->db, run_steps, &steps);
}

/* ---- What there is ---- */

struct text_into {
	const struct rth_db_backend *backend;
	char text[CERTIFICATE_SIZE];
};

static enum rth_err text_row(const struct rth_db_row *row, void *arg)
{
	struct text_into *into = arg;

	return into->backend->column_text(row, 0, into->text,
					  sizeof(into->text));
}

enum rth_err rth_store_certificate(char **certificatep, struct rth_store *store,
				   const char *recording)
{
	struct text_into into = {.backend = store->backend};
	const struct rth_db_value value = RTH_DB_TEXT(recording);
	const struct rth_db_query query = {
		.sql = "SELECT certificate FROM deletions"
		       " WHERE recording_id = $1 AND done_s > 0",
		.values = &value,
		.values_n = 1,
		.row = text_row,
		.arg = &into,
	};
	enum rth_err err = rth_store_run_one(store, &query);
	char *copy;

	if (err)
		return err;
	copy = rth_strdup(into.text);
	if (!copy)
		return RTH_ERR_NOMEM;
	*certificatep = copy;
	return 0;
}

enum rth_err rth_store_deletion_each(struct rth_store *store, bool done,
				     enum rth_err (*each)(const char *recording,
							  void *arg),
				     void *arg)
{
	const struct rth_db_value value = RTH_DB_INT(done);
	struct rth_db_query query = {
		.sql = "SELECT recording_id FROM deletions"
		       " WHERE CASE WHEN done_s > 0 THEN 1 ELSE 0 END = $1"
		       " ORDER BY begun_s, recording_id",
		.values = &value,
		.values_n = 1,
	};

	return rth_store_each_id(store, &query, each, arg);
}

struct each_kept {
	const struct rth_db_backend *backend;
	enum rth_err (*call)(const struct rth_kept *kept, void *arg);
	void *arg;
};

static enum rth_err kept_row(const struct rth_db_row *row, void *arg)
{
	const struct each_kept *each = arg;
	const struct rth_db_backend *b = each->backend;
	struct rth_kept k;
	enum rth_err err =
		b->column_text(row, 0, k.recording, sizeof(k.recording));

	if (!err)
		err = b->column_text(row, 1, k.clinician_email,
				     sizeof(k.clinician_email));
	if (!err)
		err = b->column_text(row, 6, k.kind, sizeof(k.kind));
	k.ended_s = b->column_int(row, 2);
	k.delete_s = b->column_int(row, 3);
	k.hold = b->column_int(row, 4) != 0;
	k.running = b->column_int(row, 5) != 0;
	return err ? err : each->call(&k, each->arg);
}

enum rth_err rth_store_kept_each(struct rth_store *store, int64_t since_s,
				 enum rth_err (*each)(const struct rth_kept *k,
						      void *arg),
				 void *arg)
{
	struct each_kept calls = {store->backend, each, arg};
	const struct rth_db_value value = RTH_DB_INT(since_s);
	const struct rth_db_query query = {
		.sql = "SELECT r.id, COALESCE(u.email, ''),"
		       " CASE WHEN r.ended_s > r.begun_s THEN r.ended_s"
		       " ELSE r.begun_s END, r.delete_s, r.hold,"
		       " CASE WHEN r.state IN ('asked', 'running', 'paused')"
		       " THEN 1 ELSE 0 END, COALESCE(v.kind, '')"
		       " FROM recordings r"
		       " LEFT JOIN visits v ON v.id = r.visit_id"
		       " LEFT JOIN users u ON u.id = v.clinician_id"
		       " WHERE r.begun_s > $1 AND r.deleted_s = 0"
		       " ORDER BY r.begun_s, r.id",
		.values = &value,
		.values_n = 1,
		.row = kept_row,
		.arg = &calls,
	};

	return rth_store_run(store, &query);
}

enum rth_err rth_store_kept_until(struct rth_store *store,
				  const char *recording, int64_t delete_s)
{
	const struct rth_db_value values[] = {RTH_DB_TEXT(recording),
					      RTH_DB_INT(delete_s)};
	const struct rth_db_query query = {
		.sql = "UPDATE recordings SET delete_s = $2 WHERE id = $1"
		       " AND deleted_s = 0 AND (hold = 0 OR $2 = 0)",
		.values = values,
		.values_n = 2,
	};

	return rth_store_run_one(store, &query);
}

struct dates_work {
	struct rth_store *store;
	const struct rth_kept_date *dates;
	size_t n;
};

static enum rth_err set_dates(void *arg)
{
	const struct dates_work *w = arg;
	enum rth_err err = 0;
	size_t i;

	for (i = 0; i < w->n && !err; i++) {
		err = rth_store_kept_until(w->store, w->dates[i].recording,
					   w->dates[i].delete_s);
		if (err == RTH_ERR_NOT_FOUND)
			err = 0; /* held or deleted meanwhile */
	}
	return err;
}

enum rth_err rth_store_kept_dates(struct rth_store *store,
				  const struct rth_kept_date *dates, size_t n)
{
	struct dates_work w = {store, dates, n};

	return store->backend->transaction(store->db, set_dates, &w);
}

enum rth_err rth_store_scrub(struct rth_store *store)
{
	return store->backend->scrub(store->db);
}
