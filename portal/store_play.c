/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store's plays. The database takes them away with their session, their
 * person or their recording.
 */
#include "store.h"

#include "store_db.h"

enum rth_err rth_store_play_add(struct rth_store *store,
				const struct rth_play *play)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(play->id),	   RTH_DB_TEXT(play->recording),
		RTH_DB_TEXT(play->user),   RTH_DB_TEXT(play->session),
		RTH_DB_TEXT(play->reason), RTH_DB_INT(play->begun_s),
	};
	const struct rth_db_query query = {
		.sql = "INSERT INTO plays(id, recording_id, user_id, session,"
		       " reason, begun_s) SELECT $1, r.id, $3, $4, $5, $6"
		       " FROM recordings r WHERE r.id = $2"
		       " AND r.deleted_s = 0",
		.values = values,
		.values_n = 6,
	};

	return rth_store_run_one(store, &query);
}

struct play_into {
	const struct rth_db_backend *backend;
	struct rth_play *play;
};

static enum rth_err play_row(const struct rth_db_row *row, void *arg)
{
	const struct play_into *into = arg;
	struct rth_play *p = into->play;
	const struct {
		char *out;
		size_t size;
	} columns[] = {
		{p->id, sizeof(p->id)},
		{p->recording, sizeof(p->recording)},
		{p->user, sizeof(p->user)},
		{p->session, sizeof(p->session)},
		{p->reason, sizeof(p->reason)},
	};
	enum rth_err err = 0;
	int i;

	for (i = 0; i < 5 && !err; i++)
		err = into->backend->column_text(row, i, columns[i].out,
						 columns[i].size);
	p->begun_s = into->backend->column_int(row, 5);
	return err;
}

enum rth_err rth_store_play_get(struct rth_store *store, struct rth_play *play,
				const char *id)
{
	struct play_into into = {store->backend, play};
	const struct rth_db_value value = RTH_DB_TEXT(id);
	const struct rth_db_query query = {
		.sql = "SELECT id, recording_id, user_id, session, reason,"
		       " begun_s FROM plays WHERE id = $1",
		.values = &value,
		.values_n = 1,
		.row = play_row,
		.arg = &into,
	};

	return rth_store_run_one(store, &query);
}
