/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What pages that listen are told of who waits: a clinician's people, a
 * patient's places.
 */
#include "store_db.h"
#include "store_waiting.h"

#define PEOPLE_MAX 200
#define QUEUED_MAX 20
#define TAKEN_SHOWN_S 60      /* an urgent call that somebody else has taken */
#define UNREACHED_SHOWN_S 120 /* one whose page has not come to wait yet */

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

enum rth_err rth_store_live_number(struct rth_store *store, int64_t *np)
{
	struct number_into into = {store->backend, 0};
	const struct rth_db_query query = {
		.sql = "SELECT COALESCE(MAX(n), 0) FROM live",
		.row = number_row,
		.arg = &into,
	};
	enum rth_err err = rth_store_run_one(store, &query);

	if (!err)
		*np = into.n;
	return err;
}

/* ---- A clinician's people ---- */

struct each_waits {
	const struct rth_db_backend *backend;
	enum rth_err (*call)(const struct rth_waits *waits, void *arg);
	void *arg;
};

static enum rth_err waits_row(const struct rth_db_row *row, void *arg)
{
	const struct each_waits *each = arg;
	const struct rth_db_backend *b = each->backend;
	struct rth_waits w;
	const struct {
		char *out;
		size_t size;
	} columns[] = {
		{w.visit, sizeof(w.visit)},
		{w.participant, sizeof(w.participant)},
		{w.title, sizeof(w.title)},
		{w.name, sizeof(w.name)},
		{w.door, sizeof(w.door)},
		{w.taken_by, sizeof(w.taken_by)},
		{w.found, sizeof(w.found)},
	};
	enum rth_err err = b->column_text(row, 10, w.email, sizeof(w.email));
	int i;

	for (i = 0; i < 7 && !err; i++)
		err = b->column_text(row, i, columns[i].out, columns[i].size);
	w.since_ms = b->column_int(row, 7);
	w.urgent = b->column_int(row, 8) != 0;
	w.own = b->column_int(row, 9) != 0;
	w.inside = b->column_int(row, 11) != 0;
	return err ? err : each->call(&w, each->arg);
}

/* Of a start of the plugin that is silent nobody knows who waits. */
#define HERE                                      \
	"WITH here AS (SELECT a.* FROM waiting a" \
	" JOIN event_boots b ON b.boot = a.boot WHERE b.ended = 0) "

/* Those who wait in visits of $1, or are in alone; calls, where $2 is not 0;
   and such as others have taken just now. */
static const char people[] = HERE
	"SELECT v.id AS visit, w.participant AS participant, v.title AS title,"
	" COALESCE(p.name, '') AS name, v.door AS door,"
	" CASE WHEN v.urgent <> 0 THEN k.name ELSE '' END AS taken_by,"
	" w.found AS found, w.since_ms AS since_ms, v.urgent AS urgent,"
	" 1 AS own, v.patient_email AS email, 0 AS inside"
	" FROM here w JOIN visits v ON v.id = w.visit_id"
	" JOIN users k ON k.id = v.clinician_id"
	" LEFT JOIN users p ON p.email = v.patient_email"
	" WHERE v.clinician_id = $1 AND v.cancelled = 0 AND v.ended = 0"
	" UNION ALL SELECT v.id, '', v.title, COALESCE(p.name, ''), v.door,"
	" CASE WHEN v.urgent <> 0 THEN k.name ELSE '' END, '', h.alone_ms,"
	" v.urgent, 1, v.patient_email, 1 FROM presence h"
	" JOIN event_boots b ON b.boot = h.boot AND b.ended = 0"
	" JOIN visits v ON v.id = h.visit_id"
	" JOIN users k ON k.id = v.clinician_id"
	" LEFT JOIN users p ON p.email = v.patient_email"
	" WHERE v.clinician_id = $1 AND v.cancelled = 0 AND v.ended = 0"
	" AND h.patient <> '' AND h.clinician = '' AND NOT EXISTS(SELECT 1"
	" FROM here w WHERE w.visit_id = v.id)"
	" UNION ALL SELECT c.id, COALESCE(w.participant, ''), '',"
	" COALESCE(p.name, ''), '', '', COALESCE(w.found, ''),"
	" COALESCE(w.since_ms, c.made_s * 1000), 1, 0, c.patient_email, 0"
	" FROM calls c LEFT JOIN here w ON w.visit_id = c.id"
	" LEFT JOIN users p ON p.email = c.patient_email"
	" WHERE $2 <> 0 AND (w.visit_id IS NOT NULL OR (c.waited = 0"
	" AND c.made_s > $3)) AND c.made_s + c.minutes * 60 > $4"
	" AND c.patient_email <> (SELECT email FROM users WHERE id = $1)"
	" UNION ALL SELECT v.id, '', '', COALESCE(p.name, ''), '', k.name, '',"
	" v.start_s * 1000, 1, 0, '', 0 FROM visits v"
	" JOIN users k ON k.id = v.clinician_id"
	" LEFT JOIN users p ON p.email = v.patient_email"
	" WHERE $2 <> 0 AND v.urgent <> 0 AND v.made_s > $5"
	" AND v.clinician_id <> $1"
	" ORDER BY 9 DESC, 8, 1 LIMIT $6";

enum rth_err rth_store_waits_each(
	struct rth_store *store, const char *clinician_id, bool on_call,
	int64_t now_s,
	enum rth_err (*call)(const struct rth_waits *waits, void *arg),
	void *arg)
{
	struct each_waits each = {store->backend, call, arg};
	const struct rth_db_value values[] = {
		RTH_DB_TEXT(clinician_id),
		RTH_DB_INT(on_call),
		RTH_DB_INT(now_s - UNREACHED_SHOWN_S),
		RTH_DB_INT(now_s),
		RTH_DB_INT(now_s - TAKEN_SHOWN_S),
		RTH_DB_INT(PEOPLE_MAX),
	};
	const struct rth_db_query query = {
		.sql = people,
		.values = values,
		.values_n = 6,
		.row = waits_row,
		.arg = &each,
	};

	return rth_store_run(store, &query);
}

/* ---- A patient's places ---- */

struct each_queued {
	const struct rth_db_backend *backend;
	enum rth_err (*call)(const struct rth_queued *queued, void *arg);
	void *arg;
};

static enum rth_err queued_row(const struct rth_db_row *row, void *arg)
{
	const struct each_queued *each = arg;
	const struct rth_db_backend *b = each->backend;
	struct rth_queued q;
	enum rth_err err = b->column_text(row, 0, q.visit, sizeof(q.visit));

	if (!err)
		err = b->column_text(row, 1, q.door, sizeof(q.door));
	if (!err)
		err = b->column_text(row, 2, q.taken_by, sizeof(q.taken_by));
	q.urgent = b->column_int(row, 3) != 0;
	q.place = b->column_int(row, 4);
	q.of = b->column_int(row, 5);
	q.clinician_here = b->column_int(row, 6) != 0;
	return err ? err : each->call(&q, each->arg);
}

/* As a clinician sees them: urgent ones first, then by the time waited. */
static const char places[] =
	HERE "SELECT v.id, v.door,"
	     " CASE WHEN v.urgent <> 0 THEN k.name ELSE '' END, v.urgent,"
	     " (SELECT COUNT(*) FROM here o JOIN visits u ON u.id = o.visit_id"
	     " WHERE u.clinician_id = v.clinician_id AND u.cancelled = 0"
	     " AND u.ended = 0 AND (u.urgent > v.urgent OR (u.urgent = v.urgent"
	     " AND (o.since_ms < w.since_ms OR (o.since_ms = w.since_ms"
	     " AND o.visit_id <= w.visit_id))))),"
	     " (SELECT COUNT(*) FROM here o JOIN visits u ON u.id = o.visit_id"
	     " WHERE u.clinician_id = v.clinician_id AND u.cancelled = 0"
	     " AND u.ended = 0),"
	     " CASE WHEN EXISTS(SELECT 1 FROM presence h"
	     " JOIN event_boots b ON b.boot = h.boot WHERE h.visit_id = v.id"
	     " AND h.clinician <> '' AND b.ended = 0) THEN 1 ELSE 0 END"
	     " FROM here w JOIN visits v ON v.id = w.visit_id"
	     " JOIN users k ON k.id = v.clinician_id"
	     " WHERE w.sub = $1 AND v.cancelled = 0 AND v.ended = 0"
	     " AND v.patient_email = (SELECT email FROM users WHERE id = $1)"
	     " UNION ALL SELECT c.id, '', '', 1,"
	     " (SELECT COUNT(*) FROM here o JOIN calls u ON u.id = o.visit_id"
	     " WHERE o.since_ms < w.since_ms OR (o.since_ms = w.since_ms"
	     " AND o.visit_id <= w.visit_id)),"
	     " (SELECT COUNT(*) FROM here o JOIN calls u ON u.id = o.visit_id),"
	     " 0 FROM here w JOIN calls c ON c.id = w.visit_id WHERE w.sub = $1"
	     " ORDER BY 1 LIMIT $2";

enum rth_err rth_store_queued_each(
	struct rth_store *store, const char *user_id,
	enum rth_err (*call)(const struct rth_queued *queued, void *arg),
	void *arg)
{
	struct each_queued each = {store->backend, call, arg};
	const struct rth_db_value values[] = {RTH_DB_TEXT(user_id),
					      RTH_DB_INT(QUEUED_MAX)};
	const struct rth_db_query query = {
		.sql = places,
		.values = values,
		.values_n = 2,
		.row = queued_row,
		.arg = &each,
	};

	return rth_store_run(store, &query);
}
