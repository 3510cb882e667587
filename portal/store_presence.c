/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When the two people of a visit were in it at once: one row a visit, which
 * each event of its room brings up to date.
 */
#include <string.h>

#include "store_db.h"
#include "store_told.h"

struct there {
	const struct rth_db_backend *backend;
	char boot[RTH_ID_SIZE];
	char seat[2][RTH_TOLD_WORD_SIZE]; /* patient, clinician; "" is empty */
	int64_t since_ms;		  /* 0: they are not together */
	int64_t heard_ms;
	int64_t first_ms, last_ms, both_ms;
	int64_t alone_ms; /* since when the patient is; 0: is not */
};

/* It is there afterwards, and nobody else has it in a transaction. */
static enum rth_err take_row(struct rth_store *store,
			     const struct rth_presence *p)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(p->visit),
		RTH_DB_TEXT(p->boot),
		RTH_DB_INT(p->time_ms),
	};
	const struct rth_db_query query = {
		.sql = "INSERT INTO presence(visit_id, boot, clinician,"
		       " patient, since_ms, heard_ms, first_ms, last_ms,"
		       " both_ms) VALUES($1, $2, '', '', 0, $3, 0, 0, 0)"
		       " ON CONFLICT(visit_id) DO UPDATE SET"
		       " both_ms = presence.both_ms",
		.values = values,
		.values_n = 3,
	};

	return rth_store_run(store, &query);
}

static enum rth_err there_row(const struct rth_db_row *row, void *arg)
{
	struct there *t = arg;
	const struct rth_db_backend *b = t->backend;
	enum rth_err err = b->column_text(row, 0, t->boot, sizeof(t->boot));

	if (!err)
		err = b->column_text(row, 1, t->seat[0], sizeof(t->seat[0]));
	if (!err)
		err = b->column_text(row, 2, t->seat[1], sizeof(t->seat[1]));
	t->since_ms = b->column_int(row, 3);
	t->heard_ms = b->column_int(row, 4);
	t->first_ms = b->column_int(row, 5);
	t->last_ms = b->column_int(row, 6);
	t->both_ms = b->column_int(row, 7);
	t->alone_ms = b->column_int(row, 8);
	return err;
}

static enum rth_err read_there(struct rth_store *store, struct there *t,
			       const char *visit)
{
	const struct rth_db_value value = RTH_DB_TEXT(visit);
	const struct rth_db_query query = {
		.sql = "SELECT boot, patient, clinician, since_ms, heard_ms,"
		       " first_ms, last_ms, both_ms, alone_ms FROM presence"
		       " WHERE visit_id = $1",
		.values = &value,
		.values_n = 1,
		.row = there_row,
		.arg = t,
	};

	return rth_store_run_one(store, &query);
}

static enum rth_err write_there(struct rth_store *store, const struct there *t,
				const char *visit)
{
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(visit),	 RTH_DB_TEXT(t->boot),
		RTH_DB_TEXT(t->seat[0]), RTH_DB_TEXT(t->seat[1]),
		RTH_DB_INT(t->since_ms), RTH_DB_INT(t->heard_ms),
		RTH_DB_INT(t->first_ms), RTH_DB_INT(t->last_ms),
		RTH_DB_INT(t->both_ms),	 RTH_DB_INT(t->alone_ms),
	};
	const struct rth_db_query query = {
		.sql = "UPDATE presence SET boot = $2, patient = $3,"
		       " clinician = $4, since_ms = $5, heard_ms = $6,"
		       " first_ms = $7, last_ms = $8, both_ms = $9,"
		       " alone_ms = $10"
		       " WHERE visit_id = $1",
		.values = values,
		.values_n = 10,
	};

	return rth_store_run_one(store, &query);
}

static void part(struct there *t, int64_t at_ms)
{
	if (t->since_ms) {
		t->last_ms = at_ms > t->since_ms ? at_ms : t->since_ms;
		t->both_ms += t->last_ms - t->since_ms;
	}
	t->since_ms = 0;
}

static void meet(struct there *t, int64_t at_ms)
{
	if (!*t->seat[0] || !*t->seat[1] || t->since_ms)
		return;
	t->since_ms = at_ms;
	if (!t->first_ms)
		t->first_ms = at_ms;
}

static void empty(struct there *t, int64_t at_ms)
{
	part(t, at_ms);
	t->seat[0][0] = t->seat[1][0] = '\0';
}

static void note_alone(struct there *t, int64_t at_ms)
{
	if (!*t->seat[0] || *t->seat[1])
		t->alone_ms = 0;
	else if (!t->alone_ms)
		t->alone_ms = at_ms;
}

static void move(struct there *t, const struct rth_presence *p)
{
	char *seat = t->seat[p->clinician];

	note_alone(t, p->time_ms); /* something else may have emptied them */
	if (p->move == RTH_PRESENCE_JOINED) {
		seat[0] = '\0';
		strncat(seat, p->participant, RTH_TOLD_WORD_SIZE - 1);
	} else if (p->move == RTH_PRESENCE_LEFT &&
		   strcmp(seat, p->participant) == 0) {
		part(t, p->time_ms);
		seat[0] = '\0';
	} else if (p->move == RTH_PRESENCE_CLOSED) {
		empty(t, p->time_ms);
	}
	/* Also after a silence, which parts them. */
	meet(t, p->time_ms);
	note_alone(t, p->time_ms);
}

enum rth_err rth_store_presence(struct rth_store *store,
				const struct rth_presence *p)
{
	struct there t = {.backend = store->backend};
	enum rth_err err = take_row(store, p);

	if (!err)
		err = read_there(store, &t, p->visit);
	if (err)
		return err;
	/* Another start of the plugin knows nothing of those seats. */
	if (strcmp(t.boot, p->boot) != 0) {
		empty(&t, t.heard_ms);
		memcpy(t.boot, p->boot, sizeof(t.boot));
	}
	move(&t, p);
	if (p->time_ms > t.heard_ms)
		t.heard_ms = p->time_ms;
	return write_there(store, &t, p->visit);
}

enum rth_err rth_store_visit_forget(struct rth_store *store, const char *visit)
{
	const struct rth_db_value value = RTH_DB_TEXT(visit);
	static const char *const steps[] = {
		"DELETE FROM presence WHERE visit_id = $1",
		"DELETE FROM quality WHERE visit_id = $1",
	};
	enum rth_err err = 0;
	size_t i;

	for (i = 0; i < 2 && !err; i++) {
		const struct rth_db_query query = {
			.sql = steps[i],
			.values = &value,
			.values_n = 1,
		};

		err = rth_store_run(store, &query);
	}
	return err;
}
