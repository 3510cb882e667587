/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far each boot of the plugin has come, and what the lines were like.
 */
#include "store_told.h"

#include <string.h>

#include "store_db.h"

/* ---- Boots ---- */

#define COLUMNS "SELECT boot, host, seq, heard_s, ended FROM event_boots"

struct boots_into {
	const struct rth_db_backend *backend;
	struct rth_boot_row *rows;
	size_t n, max;
};

static enum rth_err boot_row(const struct rth_db_row *row, void *arg)
{
	struct boots_into *into = arg;
	const struct rth_db_backend *b = into->backend;
	struct rth_boot_row *to = &into->rows[into->n];
	enum rth_err err;

	if (into->n == into->max)
		return RTH_ERR_LIMIT;
	err = b->column_text(row, 0, to->boot, sizeof(to->boot));
	if (!err)
		err = b->column_text(row, 1, to->host, sizeof(to->host));
	to->seq = b->column_int(row, 2);
	to->heard_s = b->column_int(row, 3);
	to->end = (enum rth_boot_end)b->column_int(row, 4);
	into->n++;
	return err;
}

enum rth_err rth_store_boot_get(struct rth_store *store,
				struct rth_boot_row *row, const char *boot)
{
	struct boots_into into = {store->backend, row, 0, 1};
	const struct rth_db_value value = RTH_DB_TEXT(boot);
	const struct rth_db_query query = {
		.sql = COLUMNS " WHERE boot = $1",
		.values = &value,
		.values_n = 1,
		.row = boot_row,
		.arg = &into,
	};

	return rth_store_run_one(store, &query);
}

enum rth_err rth_store_boots_running(struct rth_store *store,
				     struct rth_boot_row *rows, size_t max,
				     size_t *np, const char *host,
				     int64_t before_s)
{
	struct boots_into into = {store->backend, rows, 0, max};
	const struct rth_db_value values[] = {
		RTH_DB_INT(before_s),
		RTH_DB_INT((int64_t)max),
		RTH_DB_TEXT(host),
	};
	const struct rth_db_query query = {
		.sql = host ? COLUMNS " WHERE ended = 0 AND heard_s < $1"
				      " AND host = $3 ORDER BY boot LIMIT $2"
			    : COLUMNS " WHERE ended = 0 AND heard_s < $1"
				      " ORDER BY boot LIMIT $2",
		.values = values,
		.values_n = host ? 3 : 2,
		.row = boot_row,
		.arg = &into,
	};
	enum rth_err err = rth_store_run(store, &query);

	if (!err)
		*np = into.n;
	return err;
}

/* Whoever is faster has it: the others find another number there. */
enum rth_err rth_store_boot_advance(struct rth_store *store,
				    const struct rth_boot_row *row,
				    int64_t from_seq)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(row->boot), RTH_DB_TEXT(row->host),
		RTH_DB_INT(row->seq),	RTH_DB_INT(row->heard_s),
		RTH_DB_INT(row->end),	RTH_DB_INT(from_seq),
	};
	const struct rth_db_query query = {
		.sql = from_seq ? "UPDATE event_boots SET seq = $3,"
				  " heard_s = $4, ended = $5, host = CASE"
				  " WHEN $2 = '' THEN host ELSE $2 END"
				  " WHERE boot = $1 AND seq = $6"
				: "INSERT INTO event_boots(boot, host, seq,"
				  " heard_s, ended) VALUES($1, $2, $3, $4, $5)"
				  " ON CONFLICT(boot) DO NOTHING",
		.values = values,
		.values_n = from_seq ? 6 : 5,
	};

	return rth_store_run_one(store, &query);
}

enum rth_err rth_store_boot_gone(struct rth_store *store,
				 const struct rth_boot_row *row)
{
	const struct rth_db_value values[] = {RTH_DB_TEXT(row->boot),
					      RTH_DB_INT(row->seq)};
	const struct rth_db_query gone = {
		.sql = "UPDATE event_boots SET ended = 2"
		       " WHERE boot = $1 AND seq = $2 AND ended = 0",
		.values = values,
		.values_n = 2,
	};
	const struct rth_db_query apart = {
		.sql = "UPDATE presence SET both_ms = both_ms + CASE"
		       " WHEN heard_ms > since_ms THEN heard_ms - since_ms"
		       " ELSE 0 END, last_ms = heard_ms, since_ms = 0"
		       " WHERE boot = $1 AND since_ms > 0",
		.values = values,
		.values_n = 1,
	};
	enum rth_err err = rth_store_run_one(store, &gone);

	return err ? err : rth_store_run(store, &apart);
}

struct change {
	struct rth_store *store;
	rth_store_change_fn change;
	void *arg;
};

static enum rth_err change_locked(void *arg)
{
	const struct change *c = arg;

	return c->change(c->store, c->arg);
}

enum rth_err rth_store_change(struct rth_store *store,
			      rth_store_change_fn change, void *arg)
{
	struct change c = {store, change, arg};

	return store->backend->transaction(store->db, change_locked, &c);
}

/* ---- Lines ---- */

static const char *role_of(bool clinician)
{
	return clinician ? "clinician" : "patient";
}

enum rth_err rth_store_quality_add(struct rth_store *store, const char *visit,
				   bool clinician, const struct rth_quality *q)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(visit),	      RTH_DB_TEXT(role_of(clinician)),
		RTH_DB_INT(q->time_s),	      RTH_DB_INT(q->loss_permille),
		RTH_DB_INT(q->round_trip_ms), RTH_DB_INT(q->received_kbps),
		RTH_DB_INT(q->sent_kbps),     RTH_DB_INT(q->limited),
	};
	const struct rth_db_query query = {
		.sql = "INSERT INTO quality(visit_id, role, time_s,"
		       " loss_permille, round_trip_ms, received_kbps,"
		       " sent_kbps, limited)"
		       " VALUES($1, $2, $3, $4, $5, $6, $7, $8)"
		       " ON CONFLICT(visit_id, role, time_s) DO NOTHING",
		.values = values,
		.values_n = 8,
	};

	return rth_store_run(store, &query);
}

struct each_quality {
	const struct rth_db_backend *backend;
	enum rth_err (*call)(bool clinician, const struct rth_quality *quality,
			     void *arg);
	void *arg;
};

static enum rth_err quality_row(const struct rth_db_row *row, void *arg)
{
	const struct each_quality *each = arg;
	const struct rth_db_backend *b = each->backend;
	const struct rth_quality quality = {
		.time_s = b->column_int(row, 1),
		.loss_permille = b->column_int(row, 2),
		.round_trip_ms = b->column_int(row, 3),
		.received_kbps = b->column_int(row, 4),
		.sent_kbps = b->column_int(row, 5),
		.limited = b->column_int(row, 6) != 0,
	};
	char role[16];
	enum rth_err err = b->column_text(row, 0, role, sizeof(role));

	return err ? err
		   : each->call(strcmp(role, "clinician") == 0, &quality,
				each->arg);
}

enum rth_err rth_store_quality_each(
	struct rth_store *store, const char *visit,
	enum rth_err (*call)(bool clinician, const struct rth_quality *quality,
			     void *arg),
	void *arg)
{
	struct each_quality each = {store->backend, call, arg};
	const struct rth_db_value value = RTH_DB_TEXT(visit);
	const struct rth_db_query query = {
		.sql = "SELECT role, time_s, loss_permille, round_trip_ms,"
		       " received_kbps, sent_kbps, limited FROM quality"
		       " WHERE visit_id = $1 ORDER BY role, time_s",
		.values = &value,
		.values_n = 1,
		.row = quality_row,
		.arg = &each,
	};

	return rth_store_run(store, &query);
}

enum rth_err rth_store_told_sweep(struct rth_store *store, int64_t before_s)
{
	const struct rth_db_value value = RTH_DB_INT(before_s);
	static const char *const steps[] = {
		"DELETE FROM quality WHERE time_s < $1",
		"DELETE FROM event_boots WHERE ended <> 0 AND heard_s < $1",
	};
	enum rth_err err = 0;
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
