/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Verifying. The first row that is wrong is named and ends it: what stands
 * behind a break proves nothing.
 *
 *     signed heads ──sorted──▶ ┐
 *     rows, in their order ──▶ walk ──▶ the table of the head
 */
#include "audit_verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "audit_chain.h"
#include "audit_fhir.h"
#include "audit_heads_list.h"
#include "json_strict.h"
#include "mem.h"

#define BATCH 500
#define LINE_MAX_BYTES 262144

struct run {
	struct rth_audit_verify *v;
	struct rth_audit_walk walk;
	struct rth_audit_heads_list heads;
	char before[RTH_HASH_SIZE]; /* digest of the last head that was read */
	bool unread;		    /* and it could not be read */
	bool begun;
	bool away; /* of an export: the database is not there */
};

static void RTH_PRINTF(2, 3)
	tell(struct rth_audit_verify *v, const char *fmt, ...)
{
	char text[256];
	va_list args;

	v->wrong = true;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	v->tell(v->arg, text);
}

/* ---- Heads ---- */

static bool is_known(const struct rth_audit_verify *v, const char *key)
{
	size_t i;

	for (i = 0; i < v->keys_n; i++)
		if (strcmp(v->keys[i], key) == 0)
			return true;
	return false;
}

/* Heads are chained as rows are, so that none goes without a trace. */
static enum rth_err follow(struct run *r, const json_t *object,
			   const struct rth_audit_head *head, size_t line)
{
	if (!r->unread && strcmp(head->before, r->before) != 0)
		tell(r->v,
		     "line %zu of the signed heads does not follow from the "
		     "one before: some are missing or were moved",
		     line);
	r->unread = false;
	return rth_audit_json_digest(r->before, object);
}

static enum rth_err take_good_head(struct run *r, const json_t *object,
				   const struct rth_audit_head *head,
				   size_t line)
{
	enum rth_err err = follow(r, object, head, line);

	if (err)
		return err;
	if (is_known(r->v, head->key))
		return rth_audit_heads_list_add(&r->heads, head);
	tell(r->v, "line %zu of the signed heads: signed by another key, %s",
	     line, head->key);
	return 0;
}

static enum rth_err take_head(const json_t *object, size_t line, void *arg)
{
	struct run *r = arg;
	struct rth_audit_head head;
	enum rth_err err =
		object ? rth_audit_head_read(&head, object) : RTH_ERR_FORMAT;

	if (err == RTH_ERR_FORMAT)
		tell(r->v, "line %zu of the signed heads is malformed", line);
	else if (err == RTH_ERR_DENIED)
		tell(r->v, "line %zu of the signed heads: wrong signature",
		     line);
	else
		return err ? err : take_good_head(r, object, &head, line);
	r->unread = true;
	return 0;
}

/* All heads up to the row that was walked last. */
static enum rth_err compare_heads(struct run *r)
{
	const struct rth_audit_head *head;

	while ((head = rth_audit_heads_list_take(&r->heads, r->walk.n))) {
		if (strcmp(head->digest, r->walk.digest) != 0) {
			tell(r->v,
			     "row %" PRId64 " is not the one that was signed "
			     "at %s: after row %" PRId64 " the chain was made "
			     "anew",
			     head->n, head->time, r->v->signed_n);
			return RTH_ERR_STATE;
		}
		r->v->heads++;
		r->v->signed_n = head->n;
	}
	return 0;
}

/* What was signed and is not there: the first missing row is the next one. */
static void look_for_tail(struct run *r)
{
	const struct rth_audit_head *last =
		r->heads.n ? &r->heads.v[r->heads.n - 1] : NULL;

	if (last && last->n > r->walk.n)
		tell(r->v,
		     "row %" PRId64 " is missing: row %" PRId64 " was signed "
		     "at %s",
		     r->walk.n + 1, last->n, last->time);
	else if (!r->heads.n)
		tell(r->v, "no signed head proves any row");
	else if (!r->walk.n)
		tell(r->v, "there is no row: the start of a portal is one");
	else if (r->away && r->walk.n > r->v->signed_n)
		/* Nothing else says that they are ours. */
		tell(r->v,
		     "row %" PRId64 " is signed by nobody: the last signed "
		     "head is of row %" PRId64,
		     r->v->signed_n + 1, r->v->signed_n);
}

/* ---- Rows ---- */

static void begin(struct run *r, int64_t n, const char *digest)
{
	rth_audit_walk_begin(&r->walk, n, digest);
	rth_audit_heads_list_sort(&r->heads);
	rth_audit_heads_list_skip(&r->heads, n);
	r->v->signed_n = n;
	r->begun = true;
}

static enum rth_err take_row(const struct rth_audit_row *row, void *arg)
{
	struct run *r = arg;
	enum rth_err err = rth_audit_walk_row(&r->walk, row);

	if (err == RTH_ERR_STATE)
		tell(r->v, "%s", r->walk.problem);
	if (err)
		return err;
	if (!r->v->first_n)
		r->v->first_n = row->n;
	r->v->last_n = row->n;
	return compare_heads(r);
}

/* ---- The database ---- */

/* In pieces: the store is locked for each. */
static enum rth_err walk_store(struct run *r, struct rth_store *store)
{
	int64_t before, from = r->walk.n ? r->walk.n + 1 : INT64_MIN;
	enum rth_err err;

	do {
		before = r->walk.n;
		err = rth_store_audit_rows(store, from, BATCH, take_row, r);
		from = r->walk.n + 1;
	} while (!err && r->walk.n > before);
	return err;
}

static void compare_with_head(struct run *r, int64_t n, const char *digest)
{
	if (n > r->walk.n)
		tell(r->v,
		     "row %" PRId64 " is missing: the head counts %" PRId64,
		     r->walk.n + 1, n);
	else if (n < r->walk.n)
		tell(r->v,
		     "row %" PRId64 " does not belong here: the head counts "
		     "%" PRId64,
		     n + 1, n);
	else if (strcmp(digest, r->walk.digest) != 0)
		tell(r->v, "row %" PRId64 " is not the one that the head has",
		     n);
}

/*
 * Rows and head are written in one transaction, but read in two. What the head
 * counted before the walk must be there; what the walk has found must be
 * counted after it.
 */
static enum rth_err walk_to_head(struct run *r, struct rth_store *store)
{
	char digest[RTH_HASH_SIZE];
	int64_t n = 0;
	enum rth_err err = rth_store_audit_head(store, &n, digest);

	while (!err) {
		err = walk_store(r, store);
		if (err || r->walk.n < n)
			break;
		err = rth_store_audit_head(store, &n, digest);
		if (n <= r->walk.n)
			break;
	}
	if (err == RTH_ERR_NOT_FOUND) {
		tell(r->v, "the table of the head is empty");
		return RTH_ERR_STATE;
	}
	if (!err)
		compare_with_head(r, n, digest);
	return err;
}

struct previous {
	int64_t n;
	char digest[RTH_HASH_SIZE];
};

static enum rth_err keep_previous(const struct rth_audit_row *row, void *arg)
{
	struct previous *p = arg;

	if (row->n == p->n)
		memcpy(p->digest, row->digest, sizeof(p->digest));
	return 0;
}

/* The digest of the row before the first one is taken as it stands. */
static enum rth_err begin_since(struct run *r, struct rth_store *store)
{
	struct previous p = {.n = 0, .digest = RTH_AUDIT_FIRST};
	char digest[RTH_HASH_SIZE];
	enum rth_err err = 0;
	int64_t first = 0;

	if (r->v->since_s)
		err = rth_store_audit_since(store, &first, r->v->since_s);
	if (!err && r->v->since_s && !first) {
		err = rth_store_audit_head(store, &first, digest);
		first++;
	}
	if (!err && first > 1) {
		p = (struct previous){.n = first - 1};
		err = rth_store_audit_rows(store, p.n, 1, keep_previous, &p);
	}
	if (err == RTH_ERR_NOT_FOUND) {
		tell(r->v, "the table of the head is empty");
		return RTH_ERR_STATE;
	}
	if (!err && !*p.digest) {
		tell(r->v, "row %" PRId64 " is missing", p.n);
		return RTH_ERR_STATE;
	}
	if (!err)
		begin(r, p.n, p.digest);
	return err;
}

static enum rth_err finish(struct run *r, enum rth_err err)
{
	if (!err)
		look_for_tail(r);
	rth_audit_heads_list_free(&r->heads);
	return err == RTH_ERR_STATE ? 0 : err; /* told */
}

/* Last: what was done without it is told first. */
static enum rth_err look_for_guards(struct run *r, struct rth_store *store)
{
	char name[RTH_NAME_SIZE];
	enum rth_err err = rth_store_audit_unguarded(store, name);

	if (!err && *name)
		tell(r->v,
		     "the database no longer refuses to change the audit: its "
		     "trigger %.40s is missing or another",
		     name);
	return err;
}

enum rth_err rth_audit_verify_store(struct rth_audit_verify *v,
				    const struct rth_settings *settings,
				    struct rth_store *store)
{
	struct run r = {.v = v};
	enum rth_err err = rth_audit_heads_each(settings, take_head, &r);

	if (!err)
		err = begin_since(&r, store);
	if (!err)
		err = compare_heads(&r);
	if (!err)
		err = walk_to_head(&r, store);
	err = finish(&r, err);
	return err ? err : look_for_guards(&r, store);
}

/* ---- An export ---- */

struct file {
	struct run *run;
	struct rth_audit_row *row;
	char *line;
	size_t number;
	bool heads; /* it is read for them, and for rows the second time */
};

static enum rth_err take_exported(struct file *f, const json_t *object)
{
	char prev[RTH_HASH_SIZE];
	struct run *r = f->run;
	enum rth_err err = rth_audit_row_read(f->row, prev, object);

	if (err == RTH_ERR_FORMAT) {
		tell(r->v,
		     "line %zu is no row: after row %" PRId64 " it was "
		     "changed",
		     f->number, r->walk.n);
		return RTH_ERR_STATE;
	}
	if (err)
		return err;
	if (!r->begun)
		begin(r, f->row->n - 1,
		      f->row->n == 1 ? RTH_AUDIT_FIRST : prev);
	if (f->row->n == r->walk.n + 1 && strcmp(prev, r->walk.digest) != 0) {
		tell(r->v,
		     "row %" PRId64 " does not follow from the one "
		     "before: it was changed",
		     f->row->n);
		return RTH_ERR_STATE;
	}
	return take_row(f->row, r);
}

/* In FHIR each line is a resource that holds the row or the head. */
static enum rth_err take_object(struct file *f, const json_t *object)
{
	if (json_object_get(object, "signature"))
		return f->heads ? take_head(object, f->number, f->run) : 0;
	return f->heads ? 0 : take_exported(f, object);
}

static enum rth_err take_line(struct file *f, size_t len)
{
	json_t *object = NULL, *held = NULL;
	enum rth_err err = RTH_ERR_FORMAT;

	/* Also where a NUL, or the end of the buffer, hides the rest. */
	if (len && f->line[len - 1] == '\n')
		err = rth_json_object_sure(&object, f->line, len - 1);

	if (!err && json_object_get(object, "resourceType")) {
		err = rth_audit_fhir_held(&held, object);
		json_decref(object);
		object = held;
	}
	if (err == RTH_ERR_FORMAT) {
		tell(f->run->v, "line %zu is malformed: it was changed",
		     f->number);
		return RTH_ERR_STATE;
	}
	if (err)
		return err;
	err = take_object(f, object);
	json_decref(object);
	return err;
}

static enum rth_err read_file(struct file *f, FILE *in)
{
	enum rth_err err = 0;

	f->number = 0;
	rewind(in);
	while (!err && fgets(f->line, LINE_MAX_BYTES, in)) {
		f->number++;
		err = take_line(f, strlen(f->line));
	}
	return err || !ferror(in) ? err : RTH_ERR_IO;
}

static enum rth_err read_twice(struct file *f, FILE *in)
{
	enum rth_err err;

	f->heads = true;
	err = read_file(f, in);
	if (err)
		return err;
	f->heads = false;
	err = read_file(f, in);
	if (!err && !f->run->begun)
		begin(f->run, 0, RTH_AUDIT_FIRST);
	return err ? err : compare_heads(f->run);
}

enum rth_err rth_audit_verify_file(struct rth_audit_verify *v, const char *path)
{
	struct run r = {.v = v, .away = true};
	struct file f = {.run = &r};
	enum rth_err err = RTH_ERR_NOMEM;
	FILE *in = fopen(path, "re");

	if (!in)
		return errno == ENOENT ? RTH_ERR_NOT_FOUND : RTH_ERR_IO;
	f.row = rth_alloc(sizeof(*f.row));
	f.line = rth_alloc(LINE_MAX_BYTES);
	if (f.row && f.line)
		err = read_twice(&f, in);
	rth_free(f.line);
	rth_free(f.row);
	fclose(in);
	return finish(&r, err);
}
