/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which tables there are stands in the migrations, in an order in which each
 * comes after those that it refers to; which columns, in the database. Rows are
 * carried in bundles, in one transaction of the target inside one of the
 * source. Both begin with the lock on the audit's head, which every portal that
 * starts waits for.
 */
#include "store_copy.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "store_db.h"
#include "store_portal.h"

#define TABLES_MAX 64
#define COLUMNS_MAX 32
#define BUNDLE_VALUES 512 /* of one INSERT */
#define BUNDLE_ROWS 64
#define SQL_SIZE 16384
#define TEXT_FIRST_BYTES 65536
#define TEXT_MAX_BYTES 67108864
#define FETCH_ROWS "500"
#define TELL_ROWS 20000

#define HEAD_TABLE "audit_head"

/* What the two databases say in words of their own. */
static const struct dialect {
	const char *columns; /* of table $1: name, whether it is text */
	/* A result that is fetched piece by piece, where the client would hold
	   all of it else: before the question, and after it. */
	const char *cursor, *fetch, *close;
	/* What the trigger is made anew from, or NULL: it is switched. */
	const char *head_trigger;
	const char *head_free, *head_guard;
	/* Tables without statistics are slow until the server has looked at
	   them by itself; what is said before a table's name, or NULL. */
	const char *analyze;
	/* Who waits for the other database is not to be cut, or NULL. */
	const char *patient;
} dialects[] = {
	[RTH_DB_SQLITE] =
		{
			.columns =
				"SELECT name, CASE WHEN type = 'TEXT' THEN 1 "
				"ELSE 0"
				" END FROM pragma_table_info($1) ORDER BY cid",
			.head_trigger = "SELECT sql FROM sqlite_master WHERE"
					" type = 'trigger' AND"
					" name = 'audit_head_grows'",
			.head_free = "DROP TRIGGER audit_head_grows",
		},
	[RTH_DB_POSTGRESQL] =
		{
			.columns = "SELECT CAST(column_name AS TEXT),"
				   " CASE WHEN data_type = 'text' THEN 1 ELSE "
				   "0 END"
				   " FROM information_schema.columns WHERE"
				   " table_schema = current_schema() AND"
				   " table_name = $1 ORDER BY ordinal_position",
			.patient = "SET LOCAL statement_timeout = 0;"
				   " SET LOCAL "
				   "idle_in_transaction_session_timeout = 0",
			.cursor = "DECLARE carried NO SCROLL CURSOR FOR ",
			.fetch = "FETCH " FETCH_ROWS " FROM carried",
			.close = "CLOSE carried",
			.analyze = "ANALYZE",
			.head_free = "ALTER TABLE audit_head"
				     " DISABLE TRIGGER audit_head_grows",
			.head_guard = "ALTER TABLE audit_head"
				      " ENABLE ALWAYS TRIGGER audit_head_grows",
		},
};

static const struct dialect *dialect_of(const struct rth_store *store)
{
	return &dialects[store->backend->dialect];
}

/* ---- Which tables and columns ---- */

typedef char name_text[RTH_COPY_NAME_SIZE];

struct column {
	name_text name;
	bool is_text;
};

struct table {
	const struct rth_db_backend *backend;
	const char *name;
	struct column columns[COLUMNS_MAX];
	size_t columns_n;
};

/* The tables that a migration makes; each name ends before its "(". */
static enum rth_err find_tables(name_text names[TABLES_MAX], size_t *np)
{
	static const char make[] = "CREATE TABLE ";
	size_t i, n = 0;

	for (i = 0; i < rth_store_migrations_n; i++) {
		const char *at = rth_store_migrations[i].both;

		while (at && (at = strstr(at, make))) {
			size_t len = strcspn(at += strlen(make), "( ");

			if (n == TABLES_MAX || len >= sizeof(names[n]))
				return RTH_ERR_LIMIT;
			memcpy(names[n], at, len);
			names[n++][len] = '\0';
		}
	}
	*np = n;
	return 0;
}

static enum rth_err column_row(const struct rth_db_row *row, void *arg)
{
	struct table *t = arg;
	struct column *column = &t->columns[t->columns_n];

	if (t->columns_n == COLUMNS_MAX)
		return RTH_ERR_LIMIT;
	t->columns_n++;
	column->is_text = t->backend->column_int(row, 1) != 0;
	return t->backend->column_text(row, 0, column->name,
				       sizeof(column->name));
}

static enum rth_err find_columns(struct table *t, struct rth_store *store,
				 const char *name)
{
	const struct rth_db_value value = RTH_DB_TEXT(name);
	const struct rth_db_query query = {
		.sql = dialect_of(store)->columns,
		.values = &value,
		.values_n = 1,
		.row = column_row,
		.arg = t,
	};

	memset(t, 0, sizeof(*t));
	t->backend = store->backend;
	t->name = name;
	return rth_store_run(store, &query);
}

/* The columns of one are those of the other, in whatever order. */
static bool same_columns(const struct table *a, const struct table *b)
{
	size_t i, k;

	for (i = 0; i < a->columns_n; i++) {
		for (k = 0; k < b->columns_n; k++)
			if (!strcmp(a->columns[i].name, b->columns[k].name) &&
			    a->columns[i].is_text == b->columns[k].is_text)
				break;
		if (k == b->columns_n)
			return false;
	}
	return a->columns_n && a->columns_n == b->columns_n;
}

/* ---- Numbers ---- */

struct number {
	const struct rth_db_backend *backend;
	int64_t value;
};

static enum rth_err number_row(const struct rth_db_row *row, void *arg)
{
	struct number *number = arg;

	number->value = number->backend->column_int(row, 0);
	return 0;
}

static enum rth_err ask_number(struct rth_store *store, const char *sql,
			       int64_t *np)
{
	struct number number = {store->backend, 0};
	const struct rth_db_query query = {
		.sql = sql,
		.row = number_row,
		.arg = &number,
	};
	enum rth_err err = rth_store_run_one(store, &query);

	if (!err)
		*np = number.value;
	return err;
}

static enum rth_err count(struct rth_store *store, const char *table,
			  int64_t *np)
{
	char sql[RTH_COPY_NAME_SIZE + 32];

	/* Of the head's one row, how many rows it says. */
	if (strcmp(table, HEAD_TABLE) == 0)
		snprintf(sql, sizeof(sql), "SELECT n FROM %s", table);
	else
		snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM %s", table);
	return ask_number(store, sql, np);
}

/* ---- A bundle of rows on its way ---- */

struct text {
	char *buffer; /* for one value as it is read */
	size_t size;
};

struct bundle {
	struct rth_store_copy *copy;
	const struct table *table;
	struct rth_db_value values[BUNDLE_VALUES]; /* their texts are owned */
	struct rth_db_value sent[BUNDLE_VALUES];   /* those that are not NULL */
	size_t sent_n;
	size_t rows, rows_max;
	int64_t done_n, all_n;
	struct text text;
	char sql[SQL_SIZE];
};

static void empty(struct bundle *b)
{
	size_t i, n = b->rows * b->table->columns_n;

	for (i = 0; i < n; i++)
		rth_free((char *)b->values[i].text);
	memset(b->values, 0, sizeof(b->values));
	b->rows = 0;
}

struct sql {
	char *at;
	size_t left;
};

static void add(struct sql *sql, const char *text)
{
	size_t len = strlen(text);

	if (len >= sql->left) {
		sql->left = 0; /* told by finish */
		return;
	}
	memcpy(sql->at, text, len + 1);
	sql->at += len;
	sql->left -= len;
}

static void add_name(struct sql *sql, const char *before, const char *name)
{
	add(sql, before);
	add(sql, "\"");
	add(sql, name);
	add(sql, "\"");
}

/* NULL has no type of its own, so it is a word and no value. */
static void add_value(struct bundle *b, struct sql *sql,
		      const struct rth_db_value *value)
{
	char name[24];

	if (value->is_text && !value->text) {
		add(sql, "NULL");
		return;
	}
	b->sent[b->sent_n++] = *value;
	snprintf(name, sizeof(name), "$%zu", b->sent_n);
	add(sql, name);
}

static enum rth_err build_insert(struct bundle *b)
{
	const struct table *t = b->table;
	struct sql sql = {b->sql, sizeof(b->sql)};
	size_t i, k;

	b->sent_n = 0;
	add_name(&sql, "INSERT INTO ", t->name);
	for (i = 0; i < t->columns_n; i++)
		add_name(&sql, i ? ", " : "(", t->columns[i].name);
	for (i = 0; i < b->rows; i++) {
		add(&sql, i ? "), (" : ") VALUES(");
		for (k = 0; k < t->columns_n; k++) {
			add(&sql, k ? ", " : "");
			add_value(b, &sql, &b->values[i * t->columns_n + k]);
		}
	}
	add(&sql, ")");
	return sql.left ? 0 : RTH_ERR_LIMIT;
}

static enum rth_err send(struct bundle *b)
{
	struct rth_db_query query = {.sql = b->sql, .values = b->sent};
	int64_t before_n = b->done_n / TELL_ROWS;
	enum rth_err err;

	if (!b->rows)
		return 0;
	err = build_insert(b);
	query.values_n = b->sent_n;
	if (!err)
		err = rth_store_run_one(b->copy->to, &query);
	if (err)
		return err;
	b->done_n += (int64_t)b->rows;
	empty(b);
	if (b->done_n / TELL_ROWS != before_n && b->done_n < b->all_n)
		b->copy->told(b->copy->arg, b->table->name, b->done_n,
			      b->all_n);
	return 0;
}

/* ---- Reading ---- */

static enum rth_err grow(struct text *text)
{
	size_t size = text->size ? 2 * text->size : TEXT_FIRST_BYTES;

	if (size > TEXT_MAX_BYTES)
		return RTH_ERR_LIMIT;
	rth_free(text->buffer);
	text->buffer = rth_alloc(size);
	text->size = text->buffer ? size : 0;
	return text->buffer ? 0 : RTH_ERR_NOMEM;
}

static enum rth_err read_text(struct text *text,
			      const struct rth_db_backend *backend,
			      const struct rth_db_row *row, int column)
{
	enum rth_err err = RTH_ERR_LIMIT;

	while (err == RTH_ERR_LIMIT) {
		if (text->size)
			err = backend->column_text(row, column, text->buffer,
						   text->size);
		if (err == RTH_ERR_LIMIT && grow(text))
			return text->size ? err : RTH_ERR_NOMEM;
	}
	return err;
}

/* SQLite would round what somebody else has put there. */
static enum rth_err to_number(int64_t *np, const char *text)
{
	char *end;

	errno = 0;
	*np = strtoll(text, &end, 10);
	return errno || !*text || *end ? RTH_ERR_FORMAT : 0;
}

/* Columns come in pairs: whether it is NULL, and the value as a text. */
static enum rth_err take_value(struct bundle *b, struct rth_db_value *value,
			       const struct rth_db_row *row, size_t column)
{
	const struct rth_db_backend *backend = b->copy->from->backend;
	int at = 2 * (int)column;
	enum rth_err err;

	*value = RTH_DB_TEXT(NULL);
	if (backend->column_int(row, at))
		return 0;
	err = read_text(&b->text, backend, row, at + 1);
	if (err)
		return err;
	if (!b->table->columns[column].is_text) {
		*value = RTH_DB_INT(0);
		return to_number(&value->number, b->text.buffer);
	}
	value->text = rth_strdup(b->text.buffer);
	return value->text ? 0 : RTH_ERR_NOMEM;
}

static enum rth_err take_row(const struct rth_db_row *row, void *arg)
{
	struct bundle *b = arg;
	size_t i, n = b->table->columns_n;
	struct rth_db_value *values = &b->values[b->rows * n];
	enum rth_err err = 0;

	b->rows++;
	for (i = 0; i < n && !err; i++)
		err = take_value(b, &values[i], row, i);
	if (!err && b->rows == b->rows_max)
		err = send(b);
	return err;
}

/* In the order of the first column, which is a key's in each table. */
static enum rth_err build_select(struct bundle *b)
{
	const struct dialect *d = dialect_of(b->copy->from);
	const struct table *t = b->table;
	struct sql sql = {b->sql, sizeof(b->sql)};
	size_t i;

	add(&sql, d->cursor ? d->cursor : "");
	for (i = 0; i < t->columns_n; i++) {
		const char *name = t->columns[i].name;

		add_name(&sql, i ? ", CASE WHEN " : "SELECT CASE WHEN ", name);
		add_name(&sql, " IS NULL THEN 1 ELSE 0 END, CAST(", name);
		add(&sql, " AS TEXT)");
	}
	add_name(&sql, " FROM ", t->name);
	add_name(&sql, " ORDER BY ", t->columns[0].name);
	return sql.left ? 0 : RTH_ERR_LIMIT;
}

/* The bundle's text is used for the INSERTs while rows come. */
static enum rth_err read_rows(struct bundle *b)
{
	struct rth_store *from = b->copy->from;
	const struct dialect *d = dialect_of(from);
	struct rth_db_query query = {.row = take_row, .arg = b};
	enum rth_err err = build_select(b);
	char *sql;
	size_t rows;

	if (err)
		return err;
	sql = rth_strdup(b->sql);
	if (!sql)
		return RTH_ERR_NOMEM;
	query.sql = sql;
	if (!d->cursor) {
		err = from->backend->run(from->db, &query, &rows);
	} else {
		err = from->backend->script(from->db, sql);
		query.sql = d->fetch;
		for (rows = 1; !err && rows;)
			err = from->backend->run(from->db, &query, &rows);
		if (!err)
			err = from->backend->script(from->db, d->close);
	}
	rth_free(sql);
	return err;
}

static enum rth_err carry_rows(struct rth_store_copy *copy,
			       const struct table *table, int64_t all_n)
{
	struct bundle *b = rth_alloc(sizeof(*b));
	enum rth_err err;

	if (!b)
		return RTH_ERR_NOMEM;
	b->copy = copy;
	b->table = table;
	b->all_n = all_n;
	b->rows_max = BUNDLE_VALUES / table->columns_n;
	if (b->rows_max > BUNDLE_ROWS)
		b->rows_max = BUNDLE_ROWS;
	err = read_rows(b);
	if (!err)
		err = send(b);
	empty(b);
	rth_free(b->text.buffer);
	rth_free(b);
	return err;
}

/* ---- The head of the audit ---- */

struct word {
	const struct rth_db_backend *backend;
	char text[1024];
};

static enum rth_err word_row(const struct rth_db_row *row, void *arg)
{
	struct word *word = arg;

	return word->backend->column_text(row, 0, word->text,
					  sizeof(word->text));
}

static enum rth_err put_head(struct rth_store_copy *copy)
{
	char digest[RTH_HASH_SIZE];
	struct rth_db_value values[2];
	const struct rth_db_query query = {
		.sql = "UPDATE audit_head SET n = $1, digest = $2",
		.values = values,
		.values_n = 2,
	};
	int64_t n = 0;
	enum rth_err err = rth_store_audit_head(copy->from, &n, digest);

	if (err)
		return err;
	values[0] = RTH_DB_INT(n);
	values[1] = RTH_DB_TEXT(digest);
	return rth_store_run_one(copy->to, &query);
}

/*
 * The one trigger that lets the head only grow by one is away for this
 * statement, inside the transaction: nobody else ever sees it so.
 */
static enum rth_err carry_head(struct rth_store_copy *copy)
{
	const struct dialect *d = dialect_of(copy->to);
	const struct rth_db_backend *backend = copy->to->backend;
	struct word trigger = {.backend = backend};
	const struct rth_db_query query = {
		.sql = d->head_trigger,
		.row = word_row,
		.arg = &trigger,
	};
	enum rth_err err = 0;

	if (d->head_trigger)
		err = rth_store_run_one(copy->to, &query);
	if (!err)
		err = backend->script(copy->to->db, d->head_free);
	if (!err)
		err = put_head(copy);
	if (!err)
		err = backend->script(copy->to->db, d->head_guard
							    ? d->head_guard
							    : trigger.text);
	return err;
}

/* ---- All of it ---- */

static enum rth_err analyze(const struct rth_store_copy *copy)
{
	const char *word = dialect_of(copy->to)->analyze;
	char sql[RTH_COPY_NAME_SIZE + 16];

	if (!word)
		return 0;
	snprintf(sql, sizeof(sql), "%s %s", word, copy->table);
	return copy->to->backend->script(copy->to->db, sql);
}

static enum rth_err carry_table(struct rth_store_copy *copy)
{
	struct table *tables = rth_alloc(2 * sizeof(*tables));
	const char *name = copy->table;
	int64_t all_n = 0, carried_n = 0;
	enum rth_err err;

	if (!tables)
		return RTH_ERR_NOMEM;
	err = find_columns(&tables[0], copy->from, name);
	if (!err)
		err = find_columns(&tables[1], copy->to, name);
	if (!err && !same_columns(&tables[0], &tables[1]))
		err = RTH_ERR_CONFIG;
	if (!err)
		err = count(copy->from, name, &all_n);
	if (!err)
		err = strcmp(name, HEAD_TABLE) == 0
			      ? carry_head(copy)
			      : carry_rows(copy, &tables[0], all_n);
	if (!err)
		err = count(copy->to, name, &carried_n);
	if (!err && carried_n != all_n)
		err = RTH_ERR_IO;
	if (!err)
		err = analyze(copy);
	rth_free(tables);
	if (err)
		return err;
	copy->tables++;
	if (strcmp(name, HEAD_TABLE) != 0) {
		copy->rows += all_n;
		copy->told(copy->arg, name, all_n, all_n);
	}
	return 0;
}

/* Nobody's row can be added to the audit until the transaction ends. */
static enum rth_err lock(struct rth_store *store)
{
	const struct rth_db_query query = {
		.sql = "UPDATE audit_head SET n = n",
	};

	const char *patient = dialect_of(store)->patient;
	enum rth_err err = rth_store_run_one(store, &query);

	if (!err && patient)
		err = store->backend->script(store->db, patient);
	return err;
}

static enum rth_err check_idle(const struct rth_store_copy *copy,
			       struct rth_store *store)
{
	int64_t n = 0;
	enum rth_err err = rth_store_portals(store, &n, copy->now_s);

	return err ? err : n ? RTH_ERR_STATE : 0;
}

/* Calls `each` with the name of each table in copy->table. */
static enum rth_err each_table(struct rth_store_copy *copy,
			       enum rth_err (*each)(struct rth_store_copy *))
{
	name_text *names = rth_alloc(TABLES_MAX * sizeof(*names));
	size_t i, n = 0;
	enum rth_err err;

	if (!names)
		return RTH_ERR_NOMEM;
	err = find_tables(names, &n);
	for (i = 0; i < n && !err; i++) {
		memcpy(copy->table, names[i], sizeof(copy->table));
		err = each(copy);
	}
	if (!err)
		copy->table[0] = '\0';
	rth_free(names);
	return err;
}

static enum rth_err check_empty(struct rth_store_copy *copy)
{
	int64_t n = 0;
	enum rth_err err = count(copy->to, copy->table, &n);

	return err ? err : n ? RTH_ERR_EXISTS : 0;
}

/* What is done within the two transactions, and how far they have come. */
struct carrying {
	struct rth_store_copy *copy;
	bool checked, committed;
};

static enum rth_err carry_all(void *arg)
{
	struct carrying *c = arg;
	struct rth_store_copy *copy = c->copy;
	enum rth_err err = lock(copy->to);

	if (!err)
		err = check_idle(copy, copy->to);
	if (!err)
		err = each_table(copy, check_empty);
	if (!err)
		err = each_table(copy, carry_table);
	if (!err && copy->check)
		err = copy->check(copy->arg);
	c->checked = !err;
	return err;
}

static enum rth_err from_locked(void *arg)
{
	struct carrying *c = arg;
	struct rth_store_copy *copy = c->copy;
	enum rth_err err = lock(copy->from);

	if (!err)
		err = check_idle(copy, copy->from);
	if (!err)
		err = copy->to->backend->transaction(copy->to->db, carry_all,
						     c);
	c->committed = !err;
	return err;
}

enum rth_err rth_store_copy(struct rth_store_copy *copy)
{
	struct carrying c = {.copy = copy};
	enum rth_err err;

	copy->tables = 0;
	copy->rows = 0;
	copy->table[0] = '\0';
	err = copy->from->backend->transaction(copy->from->db, from_locked, &c);
	copy->is_unknown =
		c.checked && !c.committed && err == RTH_ERR_UNAVAILABLE;
	/* How the source's ends does not matter any more: it was only read. */
	return c.committed ? 0 : err;
}
