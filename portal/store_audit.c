/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The audit in the database. Who appends takes the head first: where several
 * write at once, its row is the lock, and the numbers have no gap.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit_chain.h"
#include "mem.h"
#include "store.h"
#include "store_db.h"

/* ---- Reading ---- */

/*
 * Numbers as text: SQLite would round what somebody else has put there. A value
 * of another type reads the same, but no question for that text finds it: where
 * columns can hold any type, it differs from itself as a text.
 */
#define OTHER(column) " OR " column " <> CAST(" column " AS TEXT)"
#define COLUMNS                                                                \
	"CAST(a.n AS TEXT), CAST(a.time_ms AS TEXT), a.subject, a.role,"       \
	" a.action, a.object, a.visit, a.outcome, a.reason, a.client, a.data," \
	" a.digest, CASE WHEN '' IN (a.subject, a.role, a.action, a.object,"   \
	" a.visit, a.outcome, a.reason, a.client, a.data, a.digest) THEN 1"    \
	" WHEN a.time_ms <> CAST(a.time_ms AS BIGINT)" OTHER("a.subject")      \
		OTHER("a.role") OTHER("a.action") OTHER("a.object")            \
			OTHER("a.visit") OTHER("a.outcome") OTHER("a.reason")  \
				OTHER("a.client") OTHER("a.data")              \
					OTHER("a.digest") " THEN 1 ELSE 0 END"
#define COLUMN_TEXTS 2
#define COLUMN_DATA (COLUMN_TEXTS + RTH_AUDIT_MEMBERS)
#define COLUMN_DIGEST (COLUMN_DATA + 1)
#define COLUMN_EMPTY (COLUMN_DIGEST + 1)
#define COLUMN_NAME (COLUMN_EMPTY + 1)

struct reader {
	const struct rth_db_backend *backend;
	struct rth_audit_row *row; /* filled in, then given away */
	rth_store_audit_fn each;
	enum rth_err (*each_named)(const struct rth_audit_row *row,
				   const char *name, void *arg);
	void *arg;
};

static int64_t number_of(const struct reader *r, const struct rth_db_row *from,
			 int column)
{
	char text[32], *end;
	int64_t number;

	if (r->backend->column_text(from, column, text, sizeof(text)))
		text[0] = '\0';
	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno || !*text || *end)
		r->row->malformed = true;
	return number;
}

/* What does not fit is nothing of ours; the row is given to `each` anyway. */
static void text_of(const struct reader *r, const struct rth_db_row *from,
		    int column, char *out, size_t size)
{
	if (r->backend->column_text(from, column, out, size)) {
		out[0] = '\0';
		r->row->malformed = true;
	}
}

static void fill(const struct reader *r, const struct rth_db_row *from)
{
	struct rth_audit_row *row = r->row;
	int i;

	memset(row, 0, sizeof(*row));
	row->n = number_of(r, from, 0);
	row->time_ms = number_of(r, from, 1);
	for (i = 0; i < RTH_AUDIT_MEMBERS; i++)
		text_of(r, from, COLUMN_TEXTS + i,
			rth_audit_text(row, (size_t)i),
			rth_audit_members[i].size);
	text_of(r, from, COLUMN_DATA, row->data, sizeof(row->data));
	text_of(r, from, COLUMN_DIGEST, row->digest, sizeof(row->digest));
	if (r->backend->column_int(from, COLUMN_EMPTY))
		row->malformed = true;
}

static enum rth_err read_row(const struct rth_db_row *from, void *arg)
{
	const struct reader *r = arg;
	char name[RTH_NAME_SIZE];

	fill(r, from);
	if (r->each)
		return r->each(r->row, r->arg);
	if (r->backend->column_text(from, COLUMN_NAME, name, sizeof(name)))
		name[0] = '\0';
	return r->each_named(r->row, name, r->arg);
}

static enum rth_err read_rows(struct rth_store *store, struct reader *r,
			      struct rth_db_query *query)
{
	enum rth_err err;

	r->backend = store->backend;
	r->row = rth_alloc(sizeof(*r->row));
	if (!r->row)
		return RTH_ERR_NOMEM;
	query->row = read_row;
	query->arg = r;
	err = rth_store_run(store, query);
	rth_free(r->row);
	return err;
}

enum rth_err rth_store_audit_rows(struct rth_store *store, int64_t from_n,
				  int64_t max, rth_store_audit_fn each,
				  void *arg)
{
	const struct rth_db_value values[] = {RTH_DB_INT(max),
					      RTH_DB_INT(from_n)};
	/* From the very first on: also what has no number at all. */
	struct rth_db_query query = {
		.sql = from_n == INT64_MIN
			       ? "SELECT " COLUMNS " FROM audit a"
				 " ORDER BY a.n LIMIT $1"
			       : "SELECT " COLUMNS " FROM audit a"
				 " WHERE a.n >= $2 ORDER BY a.n LIMIT $1",
		.values = values,
		.values_n = from_n == INT64_MIN ? 1 : 2,
	};
	struct reader r = {.each = each, .arg = arg};

	return read_rows(store, &r, &query);
}

/* ---- The list ---- */

#define CONDITIONS 6
#define SQL_SIZE 3072

struct statement {
	char sql[SQL_SIZE];
	size_t len;
	struct rth_db_value values[CONDITIONS + 1];
	size_t values_n;
};

static void add(struct statement *s, const char *condition,
		struct rth_db_value value)
{
	int n;

	s->values[s->values_n++] = value;
	n = snprintf(s->sql + s->len, sizeof(s->sql) - s->len, "%s $%zu",
		     condition, s->values_n);
	s->len += n > 0 ? (size_t)n : 0; /* constants: there is room */
}

/* Only what is asked for, so that an index can be taken. */
static void build(struct statement *s, const struct rth_audit_filter *f)
{
	const struct {
		bool asked;
		const char *condition;
		struct rth_db_value value;
	} conditions[CONDITIONS] = {
		{f->subject, " AND a.subject =", RTH_DB_TEXT(f->subject)},
		{f->object, " AND a.object =", RTH_DB_TEXT(f->object)},
		{f->action, " AND a.action =", RTH_DB_TEXT(f->action)},
		/* "+": by this index the whole span would have to be sorted. */
		{f->from_s, " AND +a.time_ms >=", RTH_DB_INT(f->from_s * 1000)},
		{f->to_s, " AND +a.time_ms <", RTH_DB_INT(f->to_s * 1000)},
		{f->below_n, " AND a.n <", RTH_DB_INT(f->below_n)},
	};
	size_t i;

	memset(s, 0, sizeof(*s));
	s->len = (size_t)snprintf(s->sql, sizeof(s->sql),
				  "SELECT " COLUMNS ", u.name FROM audit a"
				  " LEFT JOIN users u ON u.id = a.subject"
				  " WHERE 1 = 1");
	for (i = 0; i < CONDITIONS; i++)
		if (conditions[i].asked)
			add(s, conditions[i].condition, conditions[i].value);
	add(s, " ORDER BY a.n DESC LIMIT", RTH_DB_INT(f->limit));
}

enum rth_err
rth_store_audit_list(struct rth_store *store,
		     const struct rth_audit_filter *filter,
		     enum rth_err (*each)(const struct rth_audit_row *row,
					  const char *name, void *arg),
		     void *arg)
{
	struct reader r = {.each_named = each, .arg = arg};
	struct rth_db_query query;
	struct statement s;

	build(&s, filter);
	query = (struct rth_db_query){
		.sql = s.sql,
		.values = s.values,
		.values_n = s.values_n,
	};
	return read_rows(store, &r, &query);
}

/* ---- One number ---- */

struct head {
	const struct rth_db_backend *backend;
	int64_t n;
	char digest[RTH_HASH_SIZE];
};

static enum rth_err head_row(const struct rth_db_row *row, void *arg)
{
	struct head *head = arg;

	head->n = head->backend->column_int(row, 0);
	return head->backend->column_text(row, 1, head->digest,
					  sizeof(head->digest));
}

static enum rth_err read_head(struct rth_store *store, struct head *head)
{
	const struct rth_db_query query = {
		.sql = "SELECT n, digest FROM audit_head WHERE one = 1",
		.row = head_row,
		.arg = head,
	};

	head->backend = store->backend;
	return rth_store_run_one(store, &query);
}

enum rth_err rth_store_audit_head(struct rth_store *store, int64_t *np,
				  char digest[RTH_HASH_SIZE])
{
	struct head head;
	enum rth_err err = read_head(store, &head);

	if (err)
		return err;
	*np = head.n;
	memcpy(digest, head.digest, RTH_HASH_SIZE);
	return 0;
}

enum rth_err rth_store_audit_since(struct rth_store *store, int64_t *np,
				   int64_t since_s)
{
	struct head first = {.backend = store->backend, .n = 0};
	const struct rth_db_value since = RTH_DB_INT(since_s * 1000);
	const struct rth_db_query query = {
		.sql = "SELECT COALESCE(MIN(n), 0), '' FROM audit"
		       " WHERE time_ms >= $1",
		.values = &since,
		.values_n = 1,
		.row = head_row,
		.arg = &first,
	};
	enum rth_err err = rth_store_run_one(store, &query);

	if (!err)
		*np = first.n;
	return err;
}

struct unguarded {
	const struct rth_db_backend *backend;
	char name[RTH_NAME_SIZE];
};

static enum rth_err unguarded_row(const struct rth_db_row *row, void *arg)
{
	struct unguarded *u = arg;

	return u->backend->column_text(row, 0, u->name, sizeof(u->name));
}

enum rth_err rth_store_audit_unguarded(struct rth_store *store,
				       char name[RTH_NAME_SIZE])
{
	struct unguarded u = {.backend = store->backend};
	const struct rth_db_query query = {
		.sql = store->backend->audit_unguarded,
		.row = unguarded_row,
		.arg = &u,
	};
	enum rth_err err = rth_store_run(store, &query);

	if (!err)
		memcpy(name, u.name, RTH_NAME_SIZE);
	return err;
}

/* ---- Appending ---- */

struct append {
	struct rth_store *store;
	const struct rth_audit *audit;
	int64_t now_s;
	rth_store_change_fn change; /* or NULL */
	void *arg;
	struct rth_audit_row *row;
};

/* A clock of ours has seconds; the system's adds what is below them. */
static int64_t ms_of(int64_t now_s)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) || now.tv_sec != now_s)
		return now_s * 1000;
	return now_s * 1000 + now.tv_nsec / 1000000;
}

static enum rth_err take_head(struct rth_store *store, struct head *head)
{
	const struct rth_db_query lock = {
		.sql = "UPDATE audit_head SET n = n + 1 WHERE one = 1",
	};
	enum rth_err err = rth_store_run_one(store, &lock);

	return err ? err : read_head(store, head);
}

static enum rth_err insert(struct rth_store *store,
			   const struct rth_audit_row *row)
{
	struct rth_db_value values[COLUMN_DIGEST + 1];
	const struct rth_db_query query = {
		.sql = "INSERT INTO audit(n, time_ms, subject, role, action,"
		       " object, visit, outcome, reason, client, data, digest)"
		       " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,"
		       " $12)",
		.values = values,
		.values_n = COLUMN_DIGEST + 1,
	};
	size_t i;

	values[0] = RTH_DB_INT(row->n);
	values[1] = RTH_DB_INT(row->time_ms);
	for (i = 0; i < RTH_AUDIT_MEMBERS; i++) {
		const char *text = (const char *)row + rth_audit_members[i].at;

		values[COLUMN_TEXTS + i] = RTH_DB_TEXT(*text ? text : NULL);
	}
	values[COLUMN_DATA] = RTH_DB_TEXT(*row->data ? row->data : NULL);
	values[COLUMN_DIGEST] = RTH_DB_TEXT(row->digest);
	return rth_store_run_one(store, &query);
}

static enum rth_err put_head(struct rth_store *store, const char *digest)
{
	const struct rth_db_value value = RTH_DB_TEXT(digest);
	const struct rth_db_query query = {
		.sql = "UPDATE audit_head SET digest = $1 WHERE one = 1",
		.values = &value,
		.values_n = 1,
	};

	return rth_store_run_one(store, &query);
}

static enum rth_err append_locked(void *arg)
{
	const struct append *a = arg;
	struct head head;
	enum rth_err err = a->change ? a->change(a->store, a->arg) : 0;

	if (err)
		return err;
	err = take_head(a->store, &head);
	if (err)
		return a->change && err == RTH_ERR_NOT_FOUND ? RTH_ERR_STATE
							     : err;
	a->row->n = head.n;
	a->row->time_ms = ms_of(a->now_s);
	err = rth_audit_row_digest(a->row->digest, a->row, head.digest);
	if (!err)
		err = insert(a->store, a->row);
	if (!err)
		err = put_head(a->store, a->row->digest);
	return err;
}

static enum rth_err append(struct append *a)
{
	enum rth_err err;

	a->row = rth_alloc(sizeof(*a->row));
	if (!a->row)
		return RTH_ERR_NOMEM;
	err = rth_audit_row_set(a->row, a->audit);
	if (!err)
		err = a->store->backend->transaction(a->store->db,
						     append_locked, a);
	rth_free(a->row);
	return err;
}

enum rth_err rth_store_audit(struct rth_store *store,
			     const struct rth_audit *audit, int64_t now_s)
{
	struct append a = {store, audit, now_s, NULL, NULL, NULL};

	return append(&a);
}

enum rth_err rth_store_audited(struct rth_store *store,
			       const struct rth_audit *audit, int64_t now_s,
			       rth_store_change_fn change, void *arg)
{
	struct append a = {store, audit, now_s, change, arg, NULL};

	return append(&a);
}
