/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the store knows of recordings: that there are some, of which visit, how
 * they ended. Their keys and files are elsewhere.
 *
 *   asked ─▶ running ◀─▶ paused ─▶ finished ─▶ stored | lost ─▶ interrupted
 *     └────▶ declined | refused        whichever ─▶ deleting ─▶ deleted
 *
 * Events may come late, twice or not at all, so a state may be jumped over;
 * it never goes back.
 */
#include "store.h"

#include <string.h>

#include "store_db.h"

static const struct {
	const char *name;
	int rank;
} states[] = {
	[RTH_RECORDING_ASKED] = {"asked", 1},
	[RTH_RECORDING_RUNNING] = {"running", 2},
	[RTH_RECORDING_PAUSED] = {"paused", 2},
	[RTH_RECORDING_DECLINED] = {"declined", 3},
	[RTH_RECORDING_REFUSED] = {"refused", 3},
	[RTH_RECORDING_FINISHED] = {"finished", 3},
	[RTH_RECORDING_STORED] = {"stored", 4},
	[RTH_RECORDING_LOST] = {"lost", 4},
	[RTH_RECORDING_INTERRUPTED] = {"interrupted", 5},
	[RTH_RECORDING_DELETING] = {"deleting", 6},
	[RTH_RECORDING_DELETED] = {"deleted", 7},
};

#define STATES (sizeof(states) / sizeof(states[0]))

const char *rth_recording_state_name(enum rth_recording_state state)
{
	return states[state].name;
}

bool rth_recording_state_of(enum rth_recording_state *statep, const char *name)
{
	size_t i;

	for (i = 0; i < STATES; i++)
		if (strcmp(states[i].name, name) == 0) {
			*statep = (enum rth_recording_state)i;
			return true;
		}
	return false;
}

/*
 * In the words that SQLite and PostgreSQL share. The first time and the largest
 * count stay.
 */
/* clang-format off */
#define FIRST(c) \
	c " = CASE WHEN recordings." c " = 0 THEN excluded." c \
	" ELSE recordings." c " END, "
#define LARGER(c) \
	c " = CASE WHEN excluded." c " > recordings." c " THEN excluded." c \
	" ELSE recordings." c " END, "

static const char put_sql[] =
	"INSERT INTO recordings(id, visit_id, room, state, rank, begun_s,"
	" ended_s, parts, reason, incomplete, lost_ms, lost_packets)"
	" VALUES($1, (SELECT v.id FROM visits v WHERE v.room = $2), $2, $3,"
	" $4, $5, $6, $7, $8, $9, $10, $11)"
	" ON CONFLICT(id) DO UPDATE SET "
	FIRST("begun_s") FIRST("ended_s") LARGER("parts")
	LARGER("incomplete") LARGER("lost_ms") LARGER("lost_packets")
	"reason = CASE WHEN excluded.reason <> '' THEN excluded.reason"
	" ELSE recordings.reason END,"
	" state = excluded.state, rank = excluded.rank"
	" WHERE recordings.room = excluded.room"
	" AND recordings.rank <= excluded.rank";
/* clang-format on */

enum rth_err rth_store_recording_put(struct rth_store *store,
				     const struct rth_recording_row *row)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(row->id),
		RTH_DB_TEXT(row->room),
		RTH_DB_TEXT(states[row->state].name),
		RTH_DB_INT(states[row->state].rank),
		RTH_DB_INT(row->begun_s),
		RTH_DB_INT(row->ended_s),
		RTH_DB_INT(row->parts),
		RTH_DB_TEXT(row->reason),
		RTH_DB_INT(row->incomplete),
		RTH_DB_INT(row->lost_ms),
		RTH_DB_INT(row->lost_packets),
	};
	const struct rth_db_query query = {
		.sql = put_sql,
		.values = values,
		.values_n = 11,
	};
	enum rth_err err = rth_store_run_one(store, &query);

	return err == RTH_ERR_NOT_FOUND ? RTH_ERR_STATE : err;
}

enum rth_err rth_store_read_recording(struct rth_recording_row *row,
				      const struct rth_db_backend *b,
				      const struct rth_db_row *from)
{
	char state[16];
	enum rth_err err = b->column_text(from, 0, row->id, sizeof(row->id));

	if (!err)
		err = b->column_text(from, 1, row->room, sizeof(row->room));
	if (!err)
		err = b->column_text(from, 2, row->visit, sizeof(row->visit));
	if (!err)
		err = b->column_text(from, 3, state, sizeof(state));
	if (!err)
		err = b->column_text(from, 4, row->reason, sizeof(row->reason));
	if (!err && !rth_recording_state_of(&row->state, state))
		err = RTH_ERR_FORMAT;
	row->begun_s = b->column_int(from, 5);
	row->ended_s = b->column_int(from, 6);
	row->parts = b->column_int(from, 7);
	row->incomplete = b->column_int(from, 8) != 0;
	row->lost_ms = b->column_int(from, 9);
	row->lost_packets = b->column_int(from, 10);
	return err;
}

struct recording_into {
	const struct rth_db_backend *backend;
	struct rth_recording_row *row;
};

static enum rth_err recording_row(const struct rth_db_row *from, void *arg)
{
	const struct recording_into *into = arg;

	return rth_store_read_recording(into->row, into->backend, from);
}

enum rth_err rth_store_recording_get(struct rth_store *store,
				     struct rth_recording_row *row,
				     const char *id)
{
	struct recording_into into = {store->backend, row};
	const struct rth_db_value value = RTH_DB_TEXT(id);
	const struct rth_db_query query = {
		.sql = "SELECT id, room, visit_id, state, reason, begun_s,"
		       " ended_s, parts, incomplete, lost_ms, lost_packets"
		       " FROM recordings WHERE id = $1",
		.values = &value,
		.values_n = 1,
		.row = recording_row,
		.arg = &into,
	};

	return rth_store_run_one(store, &query);
}

enum rth_err rth_store_recording_begun(struct rth_store *store,
				       enum rth_err (*call)(const char *id,
							    void *arg),
				       void *arg)
{
	struct rth_db_query query = {
		.sql = "SELECT id FROM recordings WHERE begun_s > 0"
		       " AND state NOT IN ('deleting', 'deleted')"
		       " ORDER BY begun_s, id",
	};

	return rth_store_each_id(store, &query, call, arg);
}

enum rth_err rth_store_recording_lost(struct rth_store *store, int64_t since_s,
				      enum rth_err (*call)(const char *id,
							   void *arg),
				      void *arg)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(states[RTH_RECORDING_LOST].name),
		RTH_DB_INT(since_s),
		RTH_DB_INT(RTH_RECORDING_LOST_MAX),
	};
	struct rth_db_query query = {
		.sql = "SELECT id FROM recordings WHERE state = $1"
		       " AND ended_s > $2 ORDER BY ended_s, id LIMIT $3",
		.values = values,
		.values_n = 3,
	};

	return rth_store_each_id(store, &query, call, arg);
}
