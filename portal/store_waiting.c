/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who waits, who was let in, and which visits have ended: what the plugin told.
 */
#include "store_waiting.h"

#include "store_db.h"

enum rth_err rth_store_live_touch(struct rth_store *store)
{
	const struct rth_db_query query = {
		.sql = "INSERT INTO live(one, n) VALUES(1, 1)"
		       " ON CONFLICT(one) DO UPDATE SET n = live.n + 1",
	};

	return rth_store_run(store, &query);
}

static enum rth_err change(struct rth_store *store, const char *sql,
			   const struct rth_db_value *values, size_t n)
{
	const struct rth_db_query query = {
		.sql = sql,
		.values = values,
		.values_n = n,
	};
	enum rth_err err = rth_store_run(store, &query);

	return err ? err : rth_store_live_touch(store);
}

enum rth_err rth_store_waiting_put(struct rth_store *store,
				   const struct rth_waiting *w)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(w->visit),	     RTH_DB_TEXT(w->sub),
		RTH_DB_TEXT(w->participant), RTH_DB_TEXT(w->boot),
		RTH_DB_INT(w->since_ms),     RTH_DB_TEXT(w->found),
	};
	enum rth_err err = change(
		store,
		"INSERT INTO waiting(visit_id, sub, participant, boot,"
		" since_ms, found) VALUES($1, $2, $3, $4, $5, $6)"
		" ON CONFLICT(visit_id, sub) DO UPDATE SET participant = $3,"
		" boot = $4, since_ms = CASE WHEN waiting.boot = $4"
		" AND waiting.since_ms < $5 THEN waiting.since_ms ELSE $5 END,"
		" found = CASE WHEN $6 = '' THEN waiting.found ELSE $6 END",
		values, 6);

	if (!err)
		err = change(store, "UPDATE calls SET waited = 1 WHERE id = $1",
			     values, 1);
	return err;
}

enum rth_err rth_store_waiting_over(struct rth_store *store, const char *visit,
				    const char *participant)
{
	const struct rth_db_value values[] = {RTH_DB_TEXT(visit),
					      RTH_DB_TEXT(participant)};

	return change(store,
		      "DELETE FROM waiting WHERE visit_id = $1"
		      " AND participant = $2",
		      values, 2);
}

enum rth_err rth_store_waiting_gone(struct rth_store *store, const char *visit,
				    const char *sub)
{
	const struct rth_db_value values[] = {RTH_DB_TEXT(visit),
					      RTH_DB_TEXT(sub)};

	return change(store,
		      "DELETE FROM waiting WHERE visit_id = $1 AND sub = $2",
		      values, 2);
}

enum rth_err rth_store_waiting_none(struct rth_store *store, const char *visit)
{
	const struct rth_db_value value = RTH_DB_TEXT(visit);

	return change(store, "DELETE FROM waiting WHERE visit_id = $1", &value,
		      1);
}

enum rth_err rth_store_waiting_boot(struct rth_store *store, const char *boot)
{
	const struct rth_db_value value = RTH_DB_TEXT(boot);

	return change(store, "DELETE FROM waiting WHERE boot = $1", &value, 1);
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

enum rth_err rth_store_waiting_in(struct rth_store *store,
				  char participant[RTH_TOLD_WORD_SIZE],
				  const char *visit)
{
	struct text_into into = {store->backend, participant,
				 RTH_TOLD_WORD_SIZE};
	const struct rth_db_value value = RTH_DB_TEXT(visit);
	const struct rth_db_query query = {
		.sql = "SELECT participant FROM waiting WHERE visit_id = $1"
		       " ORDER BY since_ms DESC, sub LIMIT 1",
		.values = &value,
		.values_n = 1,
		.row = text_row,
		.arg = &into,
	};

	return rth_store_run_one(store, &query);
}

enum rth_err rth_store_admitted(struct rth_store *store, const char *visit,
				const char *user_id)
{
	const struct rth_db_value values[] = {RTH_DB_TEXT(visit),
					      RTH_DB_TEXT(user_id)};

	return change(store, "UPDATE visits SET admitted = $2 WHERE id = $1",
		      values, 2);
}

enum rth_err rth_store_sent_away(struct rth_store *store, const char *visit,
				 const char *user_id)
{
	const struct rth_db_value values[] = {RTH_DB_TEXT(visit),
					      RTH_DB_TEXT(user_id)};

	return change(store,
		      "UPDATE visits SET admitted = '' WHERE id = $1"
		      " AND admitted = $2",
		      values, 2);
}

enum rth_err rth_store_admitted_boot(struct rth_store *store, const char *boot,
				     bool all)
{
	const struct rth_db_value values[] = {RTH_DB_TEXT(boot),
					      RTH_DB_INT(all)};

	return change(store,
		      "UPDATE visits SET admitted = '' WHERE admitted <> ''"
		      " AND ($2 <> 0 OR id IN (SELECT visit_id FROM presence"
		      " WHERE boot = $1))",
		      values, 2);
}

enum rth_err rth_store_knock_ended(struct rth_store *store, const char *visit)
{
	const struct rth_db_value value = RTH_DB_TEXT(visit);

	return change(store,
		      "UPDATE visits SET ended = 1 WHERE id = $1"
		      " AND door <> ''",
		      &value, 1);
}

enum rth_err rth_store_visit_ended(struct rth_store *store, const char *visit)
{
	const struct rth_db_value value = RTH_DB_TEXT(visit);

	return change(store, "UPDATE visits SET ended = 1 WHERE id = $1",
		      &value, 1);
}

enum rth_err rth_store_waiting_sweep(struct rth_store *store, int64_t before_s)
{
	const struct rth_db_value value = RTH_DB_INT(before_s);
	static const char *const steps[] = {
		"DELETE FROM waiting WHERE visit_id IN (SELECT id FROM calls"
		" WHERE made_s + minutes * 60 < $1)",
		"DELETE FROM calls WHERE made_s + minutes * 60 < $1",
	};
	/* Of starts of the plugin that are forgotten: they only were silent. */
	const struct rth_db_query lost = {
		.sql = "DELETE FROM waiting WHERE boot NOT IN"
		       " (SELECT boot FROM event_boots)",
	};
	enum rth_err err = rth_store_run(store, &lost);
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]) && !err; i++) {
		const struct rth_db_query query = {
			.sql = steps[i],
			.values = &value,
			.values_n = 1,
		};

		err = rth_store_run(store, &query);
	}
	return err;
}
