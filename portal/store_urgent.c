/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Urgent calls, and who is on call. A call that is taken becomes a visit with
 * its id and room, in one transaction.
 */
#include <string.h>

#include "store_db.h"
#include "store_door.h"
#include "store_waiting.h"

struct number_into {
	const struct rth_db_backend *backend;
	int64_t n;
};

static enum rth_err number_row(const struct rth_db_row *row, void *arg)
{
	struct number_into *into = arg;

	into->n = into->backend->column_int(row, 0);
	return 0;
}

static enum rth_err ask_number(struct rth_store *store, int64_t *np,
			       const char *sql,
			       const struct rth_db_value *value)
{
	struct number_into into = {store->backend, 0};
	const struct rth_db_query query = {
		.sql = sql,
		.values = value,
		.values_n = 1,
		.row = number_row,
		.arg = &into,
	};
	enum rth_err err = rth_store_run_one(store, &query);

	if (!err)
		*np = into.n;
	return err;
}

/* ---- Who is on call ---- */

enum rth_err rth_store_duty_put(struct rth_store *store, const char *user_id,
				bool on, int64_t now_s)
{
	const struct rth_db_value values[] = {RTH_DB_TEXT(user_id),
					      RTH_DB_INT(now_s)};
	const struct rth_db_query query = {
		.sql = on ? "INSERT INTO duty(user_id, seen_s) VALUES($1, $2)"
			    " ON CONFLICT(user_id) DO UPDATE SET seen_s = $2"
			  : "DELETE FROM duty WHERE user_id = $1",
		.values = values,
		.values_n = on ? 2 : 1,
	};
	enum rth_err err = rth_store_run(store, &query);

	return err ? err : rth_store_live_touch(store);
}

enum rth_err rth_store_duty_get(struct rth_store *store, bool *onp,
				const char *user_id)
{
	const struct rth_db_value value = RTH_DB_TEXT(user_id);
	int64_t n;
	enum rth_err err = ask_number(store, &n,
				      "SELECT COUNT(*) FROM duty"
				      " WHERE user_id = $1",
				      &value);

	if (!err)
		*onp = n > 0;
	return err;
}

enum rth_err rth_store_duty_seen(struct rth_store *store, const char *user_id,
				 int64_t now_s)
{
	const struct rth_db_value values[] = {RTH_DB_TEXT(user_id),
					      RTH_DB_INT(now_s)};
	const struct rth_db_query query = {
		.sql = "UPDATE duty SET seen_s = $2 WHERE user_id = $1",
		.values = values,
		.values_n = 2,
	};

	return rth_store_run(store, &query);
}

enum rth_err rth_store_duty_count(struct rth_store *store, int64_t *np,
				  int64_t now_s)
{
	const struct rth_db_value value =
		RTH_DB_INT(now_s - RTH_DUTY_REACHED_S);

	return ask_number(store, np,
			  "SELECT COUNT(*) FROM duty WHERE seen_s > $1",
			  &value);
}

/* ---- Calls ---- */

enum rth_err rth_store_had_visit(struct rth_store *store, bool *hadp,
				 const char *patient_email)
{
	const struct rth_db_value value = RTH_DB_TEXT(patient_email);
	int64_t n;
	enum rth_err err =
		ask_number(store, &n,
			   "SELECT COUNT(*) FROM visits v"
			   " JOIN presence h ON h.visit_id = v.id"
			   " WHERE v.patient_email = $1 AND h.first_ms > 0",
			   &value);

	if (!err)
		*hadp = n > 0;
	return err;
}

/*
 * Of a visit v that was a call: its clinician is there, or has taken it after
 * $3 and gets in.
 */
#define ANSWERED                                            \
	"(v.made_s > $3 OR EXISTS(SELECT 1 FROM presence h" \
	" JOIN event_boots b ON b.boot = h.boot"            \
	" WHERE h.visit_id = v.id AND h.clinician <> '' AND b.ended = 0))"
#define UNFINISHED                                                   \
	"v.patient_email = $1 AND v.urgent <> 0 AND v.cancelled = 0" \
	" AND v.ended = 0 AND v.start_s + v.minutes * 60 > $2"

/* One that was answered, and where nobody is any more, is no help. */
static enum rth_err end_unanswered(struct rth_store *store,
				   const char *patient_email, int64_t now_s)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(patient_email),
		RTH_DB_INT(now_s),
		RTH_DB_INT(now_s - RTH_CALL_FRESH_S),
	};
	const struct rth_db_query query = {
		.sql = "UPDATE visits SET ended = 1 WHERE id IN (SELECT v.id"
		       " FROM visits v WHERE " UNFINISHED " AND NOT " ANSWERED
		       ")",
		.values = values,
		.values_n = 3,
	};

	return rth_store_run(store, &query);
}

/* The same patient's call whose time is over goes first. */
enum rth_err rth_store_call_add(struct rth_store *store,
				const struct rth_visit *visit, int64_t now_s)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(visit->patient_email),
		RTH_DB_INT(now_s),
		RTH_DB_TEXT(visit->id),
		RTH_DB_TEXT(visit->room),
		RTH_DB_INT(visit->minutes),
	};
	const struct rth_db_query old = {
		.sql = "DELETE FROM calls WHERE patient_email = $1"
		       " AND made_s + minutes * 60 <= $2",
		.values = values,
		.values_n = 2,
	};
	const struct rth_db_query query = {
		.sql = "INSERT INTO calls(patient_email, made_s, id, room,"
		       " minutes, waited) VALUES($1, $2, $3, $4, $5, 0)"
		       " ON CONFLICT(patient_email) DO NOTHING",
		.values = values,
		.values_n = 5,
	};
	enum rth_err err = rth_store_run(store, &old);

	if (!err)
		err = rth_store_run_one(store, &query);
	if (err == RTH_ERR_NOT_FOUND)
		return RTH_ERR_EXISTS;
	if (!err)
		err = end_unanswered(store, visit->patient_email, now_s);
	return err ? err : rth_store_live_touch(store);
}

struct call_into {
	const struct rth_db_backend *backend;
	struct rth_visit *visit;
};

static enum rth_err call_row(const struct rth_db_row *row, void *arg)
{
	const struct call_into *into = arg;
	const struct rth_db_backend *b = into->backend;
	struct rth_visit *v = into->visit;
	enum rth_err err;

	memset(v, 0, sizeof(*v));
	v->urgent = true;
	strcpy(v->title, RTH_URGENT_TITLE);
	err = b->column_text(row, 0, v->id, sizeof(v->id));
	if (!err)
		err = b->column_text(row, 1, v->room, sizeof(v->room));
	if (!err)
		err = b->column_text(row, 2, v->patient_email,
				     sizeof(v->patient_email));
	if (!err)
		err = b->column_text(row, 3, v->patient_name,
				     sizeof(v->patient_name));
	v->start_s = b->column_int(row, 4);
	v->minutes = b->column_int(row, 5);
	return err;
}

enum rth_err rth_store_call_get(struct rth_store *store,
				struct rth_visit *visit, const char *id,
				const char *patient_email, int64_t now_s)
{
	struct call_into into = {store->backend, visit};
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(id ? id : ""),
		RTH_DB_TEXT(patient_email ? patient_email : ""),
		RTH_DB_INT(now_s),
	};
	const struct rth_db_query query = {
		.sql = "SELECT c.id, c.room, c.patient_email,"
		       " COALESCE(p.name, ''), c.made_s, c.minutes"
		       " FROM calls c LEFT JOIN users p"
		       " ON p.email = c.patient_email"
		       " WHERE ($1 = '' OR c.id = $1)"
		       " AND ($2 = '' OR c.patient_email = $2)"
		       " AND c.made_s + c.minutes * 60 > $3 LIMIT 1",
		.values = values,
		.values_n = 3,
		.row = call_row,
		.arg = &into,
	};

	return rth_store_run_one(store, &query);
}

enum rth_err rth_store_call_again(struct rth_store *store, const char *id,
				  int64_t now_s)
{
	const struct rth_db_value values[] = {RTH_DB_TEXT(id),
					      RTH_DB_INT(now_s)};
	const struct rth_db_query query = {
		.sql = "UPDATE calls SET made_s = $2, waited = 0"
		       " WHERE id = $1 AND NOT EXISTS(SELECT 1"
		       " FROM waiting w WHERE w.visit_id = $1)",
		.values = values,
		.values_n = 2,
	};
	enum rth_err err = rth_store_run(store, &query);

	return err ? err : rth_store_live_touch(store);
}

struct text_into {
	const struct rth_db_backend *backend;
	char *first, *second;
	size_t first_size, second_size; /* 0: it is not asked for */
};

static enum rth_err text_row(const struct rth_db_row *row, void *arg)
{
	const struct text_into *into = arg;
	enum rth_err err = into->backend->column_text(row, 0, into->first,
						      into->first_size);

	if (!err && into->second_size)
		err = into->backend->column_text(row, 1, into->second,
						 into->second_size);
	return err;
}

enum rth_err rth_store_call_of_room(struct rth_store *store,
				    char id[RTH_ID_SIZE], const char *room)
{
	struct text_into into = {store->backend, id, NULL, RTH_ID_SIZE, 0};
	const struct rth_db_value value = RTH_DB_TEXT(room);
	const struct rth_db_query query = {
		.sql = "SELECT id FROM calls WHERE room = $1",
		.values = &value,
		.values_n = 1,
		.row = text_row,
		.arg = &into,
	};

	return rth_store_run_one(store, &query);
}

enum rth_err rth_store_call_take(struct rth_store *store,
				 const struct rth_visit *visit, int64_t now_s)
{
	const struct rth_db_value value = RTH_DB_TEXT(visit->id);
	const struct rth_db_query query = {
		.sql = "DELETE FROM calls WHERE id = $1",
		.values = &value,
		.values_n = 1,
	};
	enum rth_err err = rth_store_run_one(store, &query);

	if (!err)
		err = rth_store_visit_add(store, visit, now_s);
	return err ? err : rth_store_live_touch(store);
}

enum rth_err rth_store_call_taken_by(struct rth_store *store,
				     char user_id[RTH_ID_SIZE],
				     char name[RTH_NAME_SIZE], const char *id)
{
	struct text_into into = {store->backend, user_id, name, RTH_ID_SIZE,
				 RTH_NAME_SIZE};
	const struct rth_db_value value = RTH_DB_TEXT(id);
	const struct rth_db_query query = {
		.sql = "SELECT c.id, c.name FROM visits v"
		       " JOIN users c ON c.id = v.clinician_id"
		       " WHERE v.id = $1 AND v.urgent <> 0",
		.values = &value,
		.values_n = 1,
		.row = text_row,
		.arg = &into,
	};

	return rth_store_run_one(store, &query);
}

enum rth_err rth_store_call_answered(struct rth_store *store,
				     char id[RTH_ID_SIZE],
				     const char *patient_email, int64_t now_s)
{
	struct text_into into = {store->backend, id, NULL, RTH_ID_SIZE, 0};
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(patient_email),
		RTH_DB_INT(now_s),
		RTH_DB_INT(now_s - RTH_CALL_FRESH_S),
	};
	const struct rth_db_query query = {
		.sql = "SELECT v.id FROM visits v WHERE " UNFINISHED
		       " AND " ANSWERED " ORDER BY v.start_s DESC, v.id"
		       " LIMIT 1",
		.values = values,
		.values_n = 3,
		.row = text_row,
		.arg = &into,
	};

	return rth_store_run_one(store, &query);
}
