/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the database knows of one person, and its end. The audit has ids only
 * and is not touched.
 */
#include "store.h"

#include <string.h>

#include "store_db.h"
#include "store_waiting.h"

struct user_into {
	const struct rth_db_backend *backend;
	struct rth_user *user;
};

static enum rth_err user_row(const struct rth_db_row *row, void *arg)
{
	const struct user_into *into = arg;
	const struct rth_db_backend *b = into->backend;
	struct rth_user *u = into->user;
	enum rth_err err = b->column_text(row, 0, u->id, sizeof(u->id));

	if (!err)
		err = b->column_text(row, 1, u->email, sizeof(u->email));
	if (!err)
		err = b->column_text(row, 2, u->name, sizeof(u->name));
	return err;
}

enum rth_err rth_store_person(struct rth_store *store, struct rth_user *user,
			      const char *email)
{
	struct user_into into = {store->backend, user};
	const struct rth_db_value value = RTH_DB_TEXT(email);
	const struct rth_db_query query = {
		.sql = "SELECT id, email, name FROM users WHERE email = $1",
		.values = &value,
		.values_n = 1,
		.row = user_row,
		.arg = &into,
	};

	return rth_store_run_one(store, &query);
}

/* ---- Visits ---- */

struct each_visit {
	const struct rth_db_backend *backend;
	enum rth_err (*call)(const struct rth_visit *visit, void *arg);
	void *arg;
};

static enum rth_err visit_row(const struct rth_db_row *row, void *arg)
{
	const struct each_visit *each = arg;
	const struct rth_db_backend *b = each->backend;
	struct rth_visit v;
	const struct {
		char *out;
		size_t size;
	} columns[] = {
		{v.id, sizeof(v.id)},
		{v.room, sizeof(v.room)},
		{v.title, sizeof(v.title)},
		{v.clinician_id, sizeof(v.clinician_id)},
		{v.clinician_name, sizeof(v.clinician_name)},
		{v.patient_email, sizeof(v.patient_email)},
	};
	enum rth_err err = 0;
	int i;

	memset(&v, 0, sizeof(v));
	for (i = 0; i < 6 && !err; i++)
		err = b->column_text(row, i, columns[i].out, columns[i].size);
	v.start_s = b->column_int(row, 6);
	v.minutes = b->column_int(row, 7);
	v.cancelled = b->column_int(row, 8) != 0;
	v.recorded = b->column_int(row, 9) != 0;
	if (!err)
		err = b->column_text(row, 10, v.kind, sizeof(v.kind));
	v.both_ms = b->column_int(row, 11);
	if (!err)
		err = b->column_text(row, 12, v.door, sizeof(v.door));
	v.urgent = b->column_int(row, 13) != 0;
	v.ended = b->column_int(row, 14) != 0;
	return err ? err : each->call(&v, each->arg);
}

enum rth_err rth_store_person_visits(
	struct rth_store *store, const struct rth_user *user,
	enum rth_err (*each)(const struct rth_visit *visit, void *arg),
	void *arg)
{
	struct each_visit calls = {store->backend, each, arg};
	const struct rth_db_value values[] = {RTH_DB_TEXT(user->id),
					      RTH_DB_TEXT(user->email)};
	const struct rth_db_query query = {
		.sql = "SELECT v.id, v.room, v.title, v.clinician_id, c.name,"
		       " v.patient_email, v.start_s, v.minutes, v.cancelled,"
		       " EXISTS(SELECT 1 FROM recordings r"
		       " WHERE r.visit_id = v.id AND r.begun_s > 0),"
		       " v.kind, COALESCE(h.both_ms, 0), v.door, v.urgent,"
		       " v.ended"
		       " FROM visits v JOIN users c ON c.id = v.clinician_id"
		       " LEFT JOIN presence h ON h.visit_id = v.id"
		       " WHERE v.clinician_id = $1 OR v.patient_email = $2"
		       " ORDER BY v.start_s, v.id",
		.values = values,
		.values_n = 2,
		.row = visit_row,
		.arg = &calls,
	};

	return rth_store_run(store, &query);
}

/* ---- Waiting ---- */

struct each_waiting {
	const struct rth_db_backend *backend;
	enum rth_err (*call)(const char *visit, int64_t since_ms,
			     const char *found, void *arg);
	void *arg;
};

static enum rth_err waiting_row(const struct rth_db_row *row, void *arg)
{
	const struct each_waiting *each = arg;
	const struct rth_db_backend *b = each->backend;
	char visit[RTH_ID_SIZE], found[RTH_FOUND_SIZE];
	enum rth_err err = b->column_text(row, 0, visit, sizeof(visit));

	if (!err)
		err = b->column_text(row, 2, found, sizeof(found));
	return err ? err
		   : each->call(visit, b->column_int(row, 1), found, each->arg);
}

enum rth_err rth_store_person_waiting(
	struct rth_store *store, const char *user_id,
	enum rth_err (*each)(const char *visit, int64_t since_ms,
			     const char *found, void *arg),
	void *arg)
{
	struct each_waiting calls = {store->backend, each, arg};
	const struct rth_db_value value = RTH_DB_TEXT(user_id);
	const struct rth_db_query query = {
		.sql = "SELECT visit_id, since_ms, found FROM waiting"
		       " WHERE sub = $1 ORDER BY since_ms, visit_id",
		.values = &value,
		.values_n = 1,
		.row = waiting_row,
		.arg = &calls,
	};

	return rth_store_run(store, &query);
}

/* ---- Recordings ---- */

struct each_recording {
	const struct rth_db_backend *backend;
	enum rth_err (*call)(const char *recording, bool hold, void *arg);
	void *arg;
};

static enum rth_err recording_row(const struct rth_db_row *row, void *arg)
{
	const struct each_recording *each = arg;
	char id[RTH_ID_SIZE];
	enum rth_err err = each->backend->column_text(row, 0, id, sizeof(id));

	return err ? err
		   : each->call(id, each->backend->column_int(row, 1) != 0,
				each->arg);
}

enum rth_err rth_store_person_recordings(
	struct rth_store *store, const char *email,
	enum rth_err (*each)(const char *recording, bool hold, void *arg),
	void *arg)
{
	struct each_recording calls = {store->backend, each, arg};
	const struct rth_db_value value = RTH_DB_TEXT(email);
	const struct rth_db_query query = {
		.sql = "SELECT r.id, r.hold FROM recordings r"
		       " JOIN visits v ON v.id = r.visit_id"
		       " WHERE v.patient_email = $1 AND r.begun_s > 0"
		       " AND r.state <> 'deleted' ORDER BY r.begun_s, r.id",
		.values = &value,
		.values_n = 1,
		.row = recording_row,
		.arg = &calls,
	};

	return rth_store_run(store, &query);
}

/* ---- The end ---- */

struct erase_work {
	struct rth_store *store;
	struct rth_db_value values[3]; /* address, now, user's id */
	int64_t left;
};

static enum rth_err left_row(const struct rth_db_row *row, void *arg)
{
	struct erase_work *w = arg;

	w->left += w->store->backend->column_int(row, 0);
	return 0;
}

static enum rth_err erase_step(struct erase_work *w, const char *sql,
			       size_t first, size_t n)
{
	const struct rth_db_query query = {
		.sql = sql,
		.values = &w->values[first],
		.values_n = n,
		.row = left_row,
		.arg = w,
	};

	return rth_store_run(w->store, &query);
}

/*
 * A visit without its person keeps its id, its clinician, its time. What is
 * still recorded of one belongs to somebody, so that one keeps the name.
 */
static enum rth_err erase_visits(struct erase_work *w)
{
	enum rth_err err = erase_step(
		w,
		"DELETE FROM quality WHERE visit_id IN (SELECT v.id"
		" FROM visits v WHERE v.patient_email = $1 AND NOT EXISTS("
		" SELECT 1 FROM recordings r WHERE r.visit_id = v.id"
		" AND r.begun_s > 0 AND r.state <> 'deleted'))",
		0, 1);

	if (err)
		return err;
	err = erase_step(
		w,
		"UPDATE visits SET title = '', patient_email = '',"
		" cancelled = CASE WHEN start_s > $2 THEN 1 ELSE cancelled END"
		" WHERE patient_email = $1 AND NOT EXISTS("
		" SELECT 1 FROM recordings r WHERE r.visit_id = visits.id"
		" AND r.begun_s > 0 AND r.state <> 'deleted')",
		0, 2);

	if (err)
		return err;
	err = erase_step(w,
			 "SELECT COUNT(*) FROM visits WHERE patient_email = $1",
			 0, 1);
	if (err)
		return err;
	/* By whose address rules say who may see them, and how long. */
	return erase_step(w,
			  "SELECT COUNT(*) FROM visits v WHERE"
			  " v.clinician_id = $1 AND EXISTS(SELECT 1"
			  " FROM recordings r WHERE r.visit_id = v.id"
			  " AND r.state <> 'deleted')",
			  2, 1);
}

/* Where they wait or called, and, of a clinician, their own door. */
static enum rth_err erase_doors(struct erase_work *w)
{
	static const struct {
		const char *sql;
		size_t first;
	} steps[] = {
		{"DELETE FROM calls WHERE patient_email = $1", 0},
		{"DELETE FROM waiting WHERE sub = $1", 2},
		{"DELETE FROM duty WHERE user_id = $1", 2},
		{"DELETE FROM doors WHERE user_id = $1", 2},
		{"UPDATE visits SET door = 'erased', title = ''"
		 " WHERE clinician_id = $1"
		 " AND door <> ''",
		 2},
	};
	enum rth_err err = 0;
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]) && !err; i++)
		err = erase_step(w, steps[i].sql, steps[i].first, 1);
	return err;
}

static enum rth_err erase(void *arg)
{
	struct erase_work *w = arg;
	enum rth_err err = erase_visits(w);

	if (!err)
		err = erase_step(w, "DELETE FROM codes WHERE email = $1", 0, 1);
	if (!err)
		err = erase_step(w, "DELETE FROM sessions WHERE user_id = $1",
				 2, 1);
	if (!err)
		err = erase_step(w, "DELETE FROM plays WHERE user_id = $1", 2,
				 1);
	if (!err)
		err = erase_step(w,
				 "UPDATE films SET reason = ''"
				 " WHERE user_id = $1",
				 2, 1);
	if (!err)
		err = erase_doors(w);
	if (!err && !w->left)
		err = erase_step(w,
				 "UPDATE users SET name = '',"
				 " email = 'erased-' || id WHERE id = $1",
				 2, 1);
	return err;
}

enum rth_err rth_store_person_erase(struct rth_store *store,
				    const struct rth_user *user, int64_t now_s,
				    int64_t *leftp)
{
	struct erase_work w = {
		.store = store,
		.values = {RTH_DB_TEXT(user->email), RTH_DB_INT(now_s),
			   RTH_DB_TEXT(user->id)},
	};
	enum rth_err err = store->backend->transaction(store->db, erase, &w);

	if (!err)
		*leftp = w.left;
	return err;
}
