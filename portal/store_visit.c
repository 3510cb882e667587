/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store's visits. Every question names who asks; there is no way to read
 * somebody else's.
 */
#include "store.h"

#include <string.h>

#include "store_db.h"
#include "store_waiting.h"

#define LIST_MAX 500

#define COLUMNS                                                           \
	"v.id, v.room, v.title, v.clinician_id, c.name, v.patient_email," \
	" COALESCE(p.name, ''), v.start_s, v.minutes, v.cancelled,"       \
	" EXISTS(SELECT 1 FROM recordings r WHERE r.visit_id = v.id"      \
	" AND r.begun_s > 0), v.kind, COALESCE(h.first_ms, 0),"           \
	" COALESCE(CASE WHEN h.since_ms > 0 THEN h.heard_ms"              \
	" ELSE h.last_ms END, 0), COALESCE(h.both_ms + CASE"              \
	" WHEN h.since_ms > 0 AND h.heard_ms > h.since_ms"                \
	" THEN h.heard_ms - h.since_ms ELSE 0 END, 0),"                   \
	" v.door, v.urgent, v.ended, v.admitted"
#define TABLES                                                 \
	" FROM visits v JOIN users c ON c.id = v.clinician_id" \
	" LEFT JOIN users p ON p.email = v.patient_email"      \
	" LEFT JOIN presence h ON h.visit_id = v.id"

enum rth_err rth_store_visit_add(struct rth_store *store,
				 const struct rth_visit *visit, int64_t now_s)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(visit->id),
		RTH_DB_TEXT(visit->room),
		RTH_DB_TEXT(visit->title),
		RTH_DB_TEXT(visit->clinician_id),
		RTH_DB_TEXT(visit->patient_email),
		RTH_DB_INT(visit->start_s),
		RTH_DB_INT(visit->minutes),
		RTH_DB_INT(now_s),
		RTH_DB_TEXT(visit->kind),
		RTH_DB_TEXT(visit->door),
		RTH_DB_INT(visit->urgent),
	};
	const struct rth_db_query query = {
		.sql = "INSERT INTO visits(id, room, title, clinician_id,"
		       " patient_email, start_s, minutes, cancelled, made_s, "
		       "kind, door, urgent) VALUES($1, $2, $3, $4, $5, $6,"
		       " $7, 0, $8, $9, $10, $11)",
		.values = values,
		.values_n = 11,
	};

	return rth_store_run(store, &query);
}

static enum rth_err read_visit(const struct rth_db_backend *backend,
			       const struct rth_db_row *row,
			       struct rth_visit *v)
{
	const struct {
		char *out;
		size_t size;
	} columns[] = {
		{v->id, sizeof(v->id)},
		{v->room, sizeof(v->room)},
		{v->title, sizeof(v->title)},
		{v->clinician_id, sizeof(v->clinician_id)},
		{v->clinician_name, sizeof(v->clinician_name)},
		{v->patient_email, sizeof(v->patient_email)},
		{v->patient_name, sizeof(v->patient_name)},
	};
	enum rth_err err = 0;
	int i;

	for (i = 0; i < 7 && !err; i++)
		err = backend->column_text(row, i, columns[i].out,
					   columns[i].size);
	v->start_s = backend->column_int(row, 7);
	v->minutes = backend->column_int(row, 8);
	v->cancelled = backend->column_int(row, 9) != 0;
	v->recorded = backend->column_int(row, 10) != 0;
	if (!err)
		err = backend->column_text(row, 11, v->kind, sizeof(v->kind));
	v->first_ms = backend->column_int(row, 12);
	v->last_ms = backend->column_int(row, 13);
	v->both_ms = backend->column_int(row, 14);
	if (!err)
		err = backend->column_text(row, 15, v->door, sizeof(v->door));
	v->urgent = backend->column_int(row, 16) != 0;
	v->ended = backend->column_int(row, 17) != 0;
	if (!err)
		err = backend->column_text(row, 18, v->admitted,
					   sizeof(v->admitted));
	return err;
}

struct visit_into {
	const struct rth_db_backend *backend;
	struct rth_visit *visit;
};

static enum rth_err visit_row(const struct rth_db_row *row, void *arg)
{
	const struct visit_into *into = arg;

	return read_visit(into->backend, row, into->visit);
}

enum rth_err rth_store_visit_get(struct rth_store *store,
				 struct rth_visit *visit, const char *id,
				 const struct rth_user *viewer)
{
	struct visit_into into = {store->backend, visit};
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(id),
		RTH_DB_TEXT(viewer->id),
		RTH_DB_TEXT(viewer->email),
	};
	const struct rth_db_query query = {
		.sql = "SELECT " COLUMNS TABLES " WHERE v.id = $1"
		       " AND (v.clinician_id = $2 OR v.patient_email = $3)",
		.values = values,
		.values_n = 3,
		.row = visit_row,
		.arg = &into,
	};

	return rth_store_run_one(store, &query);
}

/* What is told of the room from now on finds no visit, or one that is over. */
static enum rth_err leave_room(struct rth_store *store, const char *id)
{
	const struct rth_db_value value = RTH_DB_TEXT(id);
	const struct rth_db_query seats = {
		.sql = "UPDATE presence SET both_ms = both_ms + CASE"
		       " WHEN since_ms > 0 AND heard_ms > since_ms"
		       " THEN heard_ms - since_ms ELSE 0 END,"
		       " last_ms = CASE WHEN since_ms > 0 THEN heard_ms"
		       " ELSE last_ms END, since_ms = 0,"
		       " clinician = '', patient = '' WHERE visit_id = $1",
		.values = &value,
		.values_n = 1,
	};
	enum rth_err err = rth_store_waiting_none(store, id);

	return err ? err : rth_store_run(store, &seats);
}

enum rth_err rth_store_visit_update(struct rth_store *store,
				    const struct rth_visit *visit,
				    const char *old_room)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(visit->id),	      RTH_DB_TEXT(visit->clinician_id),
		RTH_DB_TEXT(visit->title),    RTH_DB_TEXT(visit->patient_email),
		RTH_DB_INT(visit->start_s),   RTH_DB_INT(visit->minutes),
		RTH_DB_INT(visit->cancelled), RTH_DB_TEXT(visit->room),
		RTH_DB_TEXT(old_room),	      RTH_DB_TEXT(visit->kind),
	};
	const struct rth_db_query change = {
		.sql = "UPDATE visits SET title = $3, patient_email = $4,"
		       " start_s = $5, minutes = $6, cancelled = $7, room = $8,"
		       " kind = $10, admitted = CASE WHEN room = $8"
		       " AND $7 = 0 THEN admitted ELSE '' END"
		       " WHERE id = $1 AND clinician_id = $2"
		       " AND cancelled = 0 AND room = $9"
		       " AND (patient_email = $4 OR NOT EXISTS(SELECT 1"
		       " FROM recordings r WHERE r.visit_id = visits.id"
		       " AND r.state NOT IN ('declined', 'refused',"
		       " 'deleted')))",
		.values = values,
		.values_n = 10,
	};
	enum rth_err err = rth_store_run_one(store, &change);

	if (err)
		return err;
	if (visit->cancelled || strcmp(visit->room, old_room) != 0)
		err = leave_room(store, visit->id);
	return err ? err : rth_store_live_touch(store);
}

struct each {
	const struct rth_db_backend *backend;
	enum rth_err (*call)(const struct rth_visit *visit, void *arg);
	void *arg;
};

static enum rth_err each_row(const struct rth_db_row *row, void *arg)
{
	const struct each *each = arg;
	struct rth_visit visit;
	enum rth_err err = read_visit(each->backend, row, &visit);

	return err ? err : each->call(&visit, each->arg);
}

enum rth_err rth_store_visit_each(
	struct rth_store *store, const struct rth_user *viewer, int64_t since_s,
	int64_t now_s,
	enum rth_err (*call)(const struct rth_visit *visit, void *arg),
	void *arg)
{
	struct each each = {store->backend, call, arg};
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(viewer->id), RTH_DB_TEXT(viewer->email),
		RTH_DB_INT(since_s),	 RTH_DB_INT(LIST_MAX),
		RTH_DB_INT(now_s),
	};
	const struct rth_db_query query = {
		.sql = "SELECT " COLUMNS TABLES
		       " WHERE (v.clinician_id = $1 OR v.patient_email = $2)"
		       " AND v.start_s + v.minutes * 60 > $3"
		       " AND ((v.door = '' AND v.urgent = 0)"
		       " OR v.admitted <> '' OR h.first_ms > 0"
		       " OR (v.start_s + v.minutes * 60 > $5"
		       " AND v.cancelled = 0 AND v.ended = 0))"
		       " ORDER BY v.start_s, v.id LIMIT $4",
		.values = values,
		.values_n = 5,
		.row = each_row,
		.arg = &each,
	};

	return rth_store_run(store, &query);
}

struct text_into {
	const struct rth_db_backend *backend;
	char *out;
	size_t size;
};

static enum rth_err text_row(const struct rth_db_row *row, void *arg)
{
	const struct text_into *into = arg;

	return into->backend->column_text(row, 0, into->out, into->size);
}

enum rth_err rth_store_visit_of_room(struct rth_store *store,
				     char visit_id[RTH_ID_SIZE],
				     const char *room)
{
	struct text_into into = {store->backend, visit_id, RTH_ID_SIZE};
	const struct rth_db_value value = RTH_DB_TEXT(room);
	const struct rth_db_query query = {
		.sql = "SELECT id FROM visits WHERE room = $1",
		.values = &value,
		.values_n = 1,
		.row = text_row,
		.arg = &into,
	};

	return rth_store_run_one(store, &query);
}
