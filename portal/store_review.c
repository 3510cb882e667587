/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recordings with their visits and people, for those who look through them. The
 * question is put together from constant words; everything else is a value of a
 * $n. Whose recordings somebody may see is part of the question, so that pages
 * are full and counts tell nothing.
 */
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "store_reviewed.h"

#define SQL_BASE_BYTES 4096
#define SQL_ENTRY_BYTES 192 /* an address or domain of the scope */
#define VALUES_BASE 16
#define FEW_MAX 2000 /* visits */

static const char *const state_sql[] = {
	[RTH_REVIEW_ANY] = "",
	[RTH_REVIEW_RUNNING] = " AND r.state IN ('running', 'paused')",
	[RTH_REVIEW_FINISHED] = " AND r.state IN ('finished', 'stored')"
				" AND r.incomplete = 0",
	[RTH_REVIEW_INCOMPLETE] = " AND r.state IN ('finished', 'stored')"
				  " AND r.incomplete <> 0",
	[RTH_REVIEW_INTERRUPTED] = " AND r.state = 'interrupted'",
	[RTH_REVIEW_LOST] = " AND r.state = 'lost'",
};

static const struct {
	const char *key, *from, *after, *direction;
} sorts[] = {
	[RTH_SORT_BEGUN_DOWN] = {"r.begun_s", " <= ", " < ", " DESC"},
	[RTH_SORT_BEGUN_UP] = {"r.begun_s", " >= ", " > ", ""},
	[RTH_SORT_SECONDS_DOWN] = {RTH_REVIEWED_SECONDS, " <= ", " < ",
				   " DESC"},
	[RTH_SORT_SECONDS_UP] = {RTH_REVIEWED_SECONDS, " >= ", " > ", ""},
};

/* ---- The question ---- */

/* Both have room for everything that a query can ask. */
struct question {
	char *sql;
	size_t size, len;
	struct rth_db_value *values;
	size_t values_n;
};

static void add(struct question *q, const char *sql)
{
	if (q->len < q->size)
		q->len += (size_t)snprintf(q->sql + q->len, q->size - q->len,
					   "%s", sql);
}

/* A value with the words before and behind it. */
static void add_value(struct question *q, const char *before,
		      struct rth_db_value value, const char *behind)
{
	char number[24];

	q->values[q->values_n++] = value;
	snprintf(number, sizeof(number), "$%zu", q->values_n);
	add(q, before);
	add(q, number);
	add(q, behind);
}

/* A domain is what comes after the last '@', and has none itself. */
static void add_domain(struct question *q, const char *domain)
{
	char number[48];

	add_value(q, " OR substr(u.email, length(u.email) - length(",
		  RTH_DB_TEXT(domain), "))");
	snprintf(number, sizeof(number), " = '@' || lower($%zu)", q->values_n);
	add(q, number);
}

static void add_clinicians(struct question *q,
			   const struct rth_review_scope *scope)
{
	size_t i;

	add(q, "SELECT u.id FROM users u WHERE (1 = 0");
	for (i = 0; i < scope->emails_n; i++)
		add_value(q, " OR u.email = lower(",
			  RTH_DB_TEXT(scope->emails[i]), ")");
	for (i = 0; i < scope->domains_n; i++)
		add_domain(q, scope->domains[i]);
	add(q, ")");
}

/* There are many: each recording is looked at as it comes. */
static void add_many(struct question *q, const struct rth_review_scope *scope)
{
	add(q, " AND (v.clinician_id IN (");
	add_clinicians(q, scope);
	add(q, ")");
	if (scope->own_id) {
		add_value(q,
			  " OR v.clinician_id = ", RTH_DB_TEXT(scope->own_id),
			  "");
		add_value(q, " OR v.patient_email = ",
			  RTH_DB_TEXT(scope->own_email), "");
	}
	add(q, ")");
}

/* There are few: their visits are looked up. */
static void add_few(struct question *q, const struct rth_review_scope *scope)
{
	add(q, " AND r.visit_id IN (SELECT id FROM visits"
	       " WHERE clinician_id IN (");
	add_clinicians(q, scope);
	add(q, ")");
	if (scope->own_id) {
		add_value(q,
			  " UNION ALL SELECT id FROM visits"
			  " WHERE clinician_id = ",
			  RTH_DB_TEXT(scope->own_id), "");
		add_value(q,
			  " UNION ALL SELECT id FROM visits"
			  " WHERE patient_email = ",
			  RTH_DB_TEXT(scope->own_email), "");
	}
	add(q, ")");
}

static void add_scope(struct question *q, const struct rth_review_scope *scope,
		      bool many)
{
	if (scope->all)
		return;
	if (many)
		add_many(q, scope);
	else
		add_few(q, scope);
}

/* Of most of the recordings, or of few: as with a scope. */
static void add_clinician(struct question *q, const char *id, bool many)
{
	/* COALESCE keeps their index from being taken, and all of them sorted.
	 */
	if (many)
		add_value(q, " AND COALESCE(v.clinician_id, '') = ",
			  RTH_DB_TEXT(id), "");
	else
		add_value(q,
			  " AND r.visit_id IN (SELECT id FROM visits"
			  " WHERE clinician_id = ",
			  RTH_DB_TEXT(id), ")");
}

static void add_filters(struct question *q,
			const struct rth_review_query *query)
{
	if (query->from_s)
		add_value(q, " AND r.begun_s >= ", RTH_DB_INT(query->from_s),
			  "");
	if (query->to_s)
		add_value(q, " AND r.begun_s < ", RTH_DB_INT(query->to_s), "");
	if (query->patient_id)
		add_value(q,
			  " AND r.visit_id IN (SELECT id FROM visits"
			  " WHERE patient_email ="
			  " (SELECT email FROM users WHERE id = ",
			  RTH_DB_TEXT(query->patient_id), "))");
	add(q, state_sql[query->state]);
	if (query->hold)
		add(q, " AND r.hold <> 0");
	if (query->min_seconds >= 0)
		add_value(q, " AND " RTH_REVIEWED_SECONDS " >= ",
			  RTH_DB_INT(query->min_seconds), "");
	if (query->max_seconds >= 0)
		add_value(q,
			  " AND r.ended_s > 0 AND " RTH_REVIEWED_SECONDS " <= ",
			  RTH_DB_INT(query->max_seconds), "");
}

static void add_page(struct question *q, const struct rth_review_query *query)
{
	const char *key = sorts[query->sort].key;
	const char *direction = sorts[query->sort].direction;

	if (query->after_id) {
		/* An index over an expression is searched by this one only. */
		add(q, " AND ");
		add(q, key);
		add_value(q, sorts[query->sort].from,
			  RTH_DB_INT(query->after_key), " AND (");
		add(q, key);
		add(q, ", r.id)");
		add(q, sorts[query->sort].after);
		add_value(q, "(", RTH_DB_INT(query->after_key), ", ");
		add_value(q, "", RTH_DB_TEXT(query->after_id), ")");
	}
	add(q, " ORDER BY ");
	add(q, key);
	add(q, direction);
	add(q, ", r.id");
	add(q, direction);
	add_value(q, " LIMIT ", RTH_DB_INT(query->limit), "");
}

static void question_free(struct question *q)
{
	rth_free(q->sql);
	rth_free(q->values);
}

static enum rth_err question_init(struct question *q,
				  const struct rth_review_scope *scope)
{
	size_t entries = scope->emails_n + scope->domains_n;

	memset(q, 0, sizeof(*q));
	q->size = SQL_BASE_BYTES + entries * SQL_ENTRY_BYTES;
	q->sql = rth_alloc(q->size);
	q->values = rth_alloc((VALUES_BASE + entries) * sizeof(*q->values));
	if (q->sql && q->values)
		return 0;
	question_free(q);
	return RTH_ERR_NOMEM;
}

struct count_into {
	const struct rth_db_backend *backend;
	int64_t n;
};

static enum rth_err count_row(const struct rth_db_row *row, void *arg)
{
	struct count_into *into = arg;

	into->n = into->backend->column_int(row, 0);
	return 0;
}

/* Have clinicians so many visits that looking them up takes long? */
static enum rth_err are_many(bool *manyp, struct rth_store *store,
			     const struct rth_review_scope *scope)
{
	struct count_into into = {store->backend, 0};
	struct question q;
	struct rth_db_query query = {.row = count_row, .arg = &into};
	enum rth_err err = question_init(&q, scope);

	if (err)
		return err;
	add(&q, "SELECT COUNT(*) FROM (SELECT 1 FROM visits"
		" WHERE clinician_id IN (");
	add_clinicians(&q, scope);
	add(&q, ")");
	if (scope->own_id)
		add_value(&q, " OR clinician_id = ", RTH_DB_TEXT(scope->own_id),
			  "");
	add_value(&q, " LIMIT ", RTH_DB_INT(FEW_MAX), ") few");
	query.sql = q.sql;
	query.values = q.values;
	query.values_n = q.values_n;
	err = rth_store_run(store, &query);
	question_free(&q);
	*manyp = into.n >= FEW_MAX;
	return err;
}

static enum rth_err ask(struct question *q, struct rth_store *store,
			const struct rth_review_query *query)
{
	const struct rth_review_scope of = {.own_id = query->clinician_id};
	bool scope_many = false, clinician_many = false;
	enum rth_err err = 0;

	if (!query->scope.all)
		err = are_many(&scope_many, store, &query->scope);
	if (!err && query->clinician_id)
		err = are_many(&clinician_many, store, &of);
	if (!err)
		err = question_init(q, &query->scope);
	if (err)
		return err;
	add(q, "SELECT " RTH_REVIEWED_COLUMNS RTH_REVIEWED_TABLES
		       RTH_REVIEWED_IS_THERE);
	add_scope(q, &query->scope, scope_many);
	if (query->clinician_id)
		add_clinician(q, query->clinician_id, clinician_many);
	add_filters(q, query);
	add_page(q, query);
	if (q->len < q->size)
		return 0;
	question_free(q);
	return RTH_ERR_LIMIT;
}

struct each {
	const struct rth_db_backend *backend;
	enum rth_err (*call)(const struct rth_reviewed *reviewed, void *arg);
	void *arg;
};

static enum rth_err each_row(const struct rth_db_row *row, void *arg)
{
	const struct each *each = arg;
	struct rth_reviewed reviewed;
	enum rth_err err =
		rth_store_read_reviewed(&reviewed, each->backend, row);

	return err ? err : each->call(&reviewed, each->arg);
}

enum rth_err rth_store_review_each(
	struct rth_store *store, const struct rth_review_query *query,
	enum rth_err (*call)(const struct rth_reviewed *reviewed, void *arg),
	void *arg)
{
	struct each each = {store->backend, call, arg};
	struct question q;
	enum rth_err err = ask(&q, store, query);

	if (!err) {
		const struct rth_db_query asked = {
			.sql = q.sql,
			.values = q.values,
			.values_n = q.values_n,
			.row = each_row,
			.arg = &each,
		};

		err = rth_store_run(store, &asked);
		question_free(&q);
	}
	return err;
}

enum rth_err rth_store_review_told(struct rth_store *store, bool *toldp,
				   const char *subject, int64_t since_s,
				   int64_t until_s)
{
	struct count_into into = {store->backend, 0};
	const struct rth_db_value values[] = {
		RTH_DB_INT(since_s * 1000),
		RTH_DB_INT(until_s * 1000),
		RTH_DB_TEXT(subject),
	};
	const struct rth_db_query query = {
		.sql = "SELECT COUNT(*) FROM (SELECT subject, action FROM audit"
		       " WHERE time_ms >= $1 AND time_ms < $2"
		       " ORDER BY time_ms LIMIT 1000) late"
		       " WHERE late.subject = $3 AND late.action = 'list'",
		.values = values,
		.values_n = 3,
		.row = count_row,
		.arg = &into,
	};
	enum rth_err err = rth_store_run(store, &query);

	if (!err)
		*toldp = into.n > 0;
	return err;
}
