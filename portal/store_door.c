/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Doors, and the visits that knocks make.
 */
#include "store_door.h"

#include <string.h>

#include "store_db.h"
#include "store_waiting.h"

bool rth_store_door_is_open(const struct rth_door *door, int64_t now_s)
{
	return door->open && (!door->until_s || now_s < door->until_s) &&
	       now_s < door->seen_s + RTH_DOOR_SEEN_S;
}

#define COLUMNS                                                         \
	"SELECT d.user_id, u.name, d.name, d.title, d.open, d.until_s," \
	" d.seen_s FROM"                                                \
	" doors d JOIN users u ON u.id = d.user_id"

struct door_into {
	const struct rth_db_backend *backend;
	struct rth_door *door;
};

static enum rth_err door_row(const struct rth_db_row *row, void *arg)
{
	const struct door_into *into = arg;
	const struct rth_db_backend *b = into->backend;
	struct rth_door *d = into->door;
	enum rth_err err =
		b->column_text(row, 0, d->user_id, sizeof(d->user_id));

	if (!err)
		err = b->column_text(row, 1, d->clinician_name,
				     sizeof(d->clinician_name));
	if (!err)
		err = b->column_text(row, 2, d->name, sizeof(d->name));
	if (!err)
		err = b->column_text(row, 3, d->title, sizeof(d->title));
	d->open = b->column_int(row, 4) != 0;
	d->until_s = b->column_int(row, 5);
	d->seen_s = b->column_int(row, 6);
	return err;
}

static enum rth_err find_door(struct rth_store *store, struct rth_door *door,
			      const char *sql, const char *key)
{
	struct door_into into = {store->backend, door};
	const struct rth_db_value value = RTH_DB_TEXT(key);
	const struct rth_db_query query = {
		.sql = sql,
		.values = &value,
		.values_n = 1,
		.row = door_row,
		.arg = &into,
	};

	return rth_store_run_one(store, &query);
}

enum rth_err rth_store_door_of(struct rth_store *store, struct rth_door *door,
			       const char *user_id)
{
	return find_door(store, door, COLUMNS " WHERE d.user_id = $1", user_id);
}

enum rth_err rth_store_door_named(struct rth_store *store,
				  struct rth_door *door, const char *name)
{
	return find_door(store, door, COLUMNS " WHERE d.name = $1", name);
}

/* Whose owner is no clinician any more keeps no name for ever. */
static enum rth_err free_name(struct rth_store *store,
			      const struct rth_door *door)
{
	const struct rth_db_value value = RTH_DB_TEXT(door->name);
	const struct rth_db_query query = {
		.sql = "DELETE FROM doors WHERE name = $1",
		.values = &value,
		.values_n = 1,
	};
	struct rth_door other;
	enum rth_err err = rth_store_door_named(store, &other, door->name);

	if (err)
		return err == RTH_ERR_NOT_FOUND ? 0 : err;
	if (strcmp(other.user_id, door->user_id) == 0)
		return 0;
	if (door->seen_s < other.seen_s + RTH_DOOR_KEPT_S)
		return RTH_ERR_EXISTS;
	return rth_store_run(store, &query);
}

/* In PostgreSQL a name that two put at once fails the second's transaction,
   which is then told as what it is by the question before it the next time. */
enum rth_err rth_store_door_put(struct rth_store *store,
				const struct rth_door *door)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(door->user_id), RTH_DB_TEXT(door->name),
		RTH_DB_TEXT(door->title),   RTH_DB_INT(door->open),
		RTH_DB_INT(door->until_s),  RTH_DB_INT(door->seen_s),
	};
	const struct rth_db_query query = {
		.sql = "INSERT INTO doors(user_id, name, title, open, until_s,"
		       " knocks, seen_s) VALUES($1, $2, $3, $4, $5, 0, $6)"
		       " ON CONFLICT(user_id) DO UPDATE SET name = $2,"
		       " title = $3, open = $4, until_s = $5, seen_s = $6",
		.values = values,
		.values_n = 6,
	};
	enum rth_err err = free_name(store, door);

	if (!err)
		err = rth_store_run(store, &query);
	return err ? err : rth_store_live_touch(store);
}

enum rth_err rth_store_door_seen(struct rth_store *store, const char *user_id,
				 int64_t now_s)
{
	const struct rth_db_value values[] = {RTH_DB_TEXT(user_id),
					      RTH_DB_INT(now_s)};
	const struct rth_db_query query = {
		.sql = "UPDATE doors SET seen_s = $2 WHERE user_id = $1"
		       " AND seen_s < $2",
		.values = values,
		.values_n = 2,
	};

	return rth_store_run(store, &query);
}

/* ---- Knocks ---- */

struct id_into {
	const struct rth_db_backend *backend;
	char *id;
};

static enum rth_err id_row(const struct rth_db_row *row, void *arg)
{
	const struct id_into *into = arg;

	return into->backend->column_text(row, 0, into->id, RTH_ID_SIZE);
}

enum rth_err rth_store_knock_find(struct rth_store *store, char id[RTH_ID_SIZE],
				  const char *clinician_id,
				  const char *patient_email, bool inside,
				  int64_t now_s)
{
	struct id_into into = {store->backend, id};
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(clinician_id),
		RTH_DB_TEXT(patient_email),
		RTH_DB_INT(inside),
		RTH_DB_INT(now_s),
	};
	const struct rth_db_query query = {
		.sql = "SELECT id FROM visits v WHERE clinician_id = $1"
		       " AND patient_email = $2 AND door <> ''"
		       " AND cancelled = 0 AND ended = 0"
		       " AND start_s + minutes * 60 > $4"
		       " AND ($3 = 0 OR admitted <> '' OR EXISTS(SELECT 1"
		       " FROM waiting w WHERE w.visit_id = v.id))"
		       " ORDER BY start_s DESC, id LIMIT 1",
		.values = values,
		.values_n = 4,
		.row = id_row,
		.arg = &into,
	};

	return rth_store_run_one(store, &query);
}

/* The row of the door keeps two knocks apart. */
static enum rth_err lock_open_door(struct rth_store *store,
				   const struct rth_visit *visit, int64_t now_s)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(visit->clinician_id),
		RTH_DB_TEXT(visit->door),
		RTH_DB_INT(now_s),
		RTH_DB_INT(now_s - RTH_DOOR_SEEN_S),
	};
	const struct rth_db_query query = {
		.sql = "UPDATE doors SET knocks = knocks + 1"
		       " WHERE user_id = $1 AND name = $2 AND open <> 0"
		       " AND (until_s = 0 OR until_s > $3) AND seen_s > $4",
		.values = values,
		.values_n = 4,
	};
	enum rth_err err = rth_store_run_one(store, &query);

	return err == RTH_ERR_NOT_FOUND ? RTH_ERR_STATE : err;
}

enum rth_err rth_store_knock(struct rth_store *store,
			     const struct rth_visit *visit, int64_t now_s)
{
	char id[RTH_ID_SIZE];
	enum rth_err err = lock_open_door(store, visit, now_s);

	if (err)
		return err;
	err = rth_store_knock_find(store, id, visit->clinician_id,
				   visit->patient_email, false, now_s);
	if (!err)
		return RTH_ERR_EXISTS;
	if (err != RTH_ERR_NOT_FOUND)
		return err;
	return rth_store_visit_add(store, visit, now_s);
}
