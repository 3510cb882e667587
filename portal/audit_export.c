/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exporting. Nothing is judged here: a row that was changed is exported as it
 * stands, and whoever verifies the export finds it.
 */
#include "audit_export.h"

#include <string.h>

#include "audit_chain.h"
#include "audit_fhir.h"
#include "audit_head.h"
#include "json_text.h"
#include "mem.h"

#define BATCH 500

struct export
{
	FILE *out;
	bool fhir;
	int64_t next_n, last_n;
	char prev[RTH_HASH_SIZE]; /* "": of the row before the first */
	size_t head_lines;	  /* of the file of heads, when it began */
	int64_t signed_n;	  /* that the last of them is of; 0: none */
};

static enum rth_err print(struct export *e, const json_t *json)
{
	char *text;
	enum rth_err err = rth_json_canonical(&text, NULL, json);

	if (err)
		return err;
	if (fputs(text, e->out) < 0 || fputc('\n', e->out) < 0)
		err = RTH_ERR_IO;
	rth_free(text);
	return err;
}

static enum rth_err print_as_asked(struct export *e, const json_t *line,
				   enum rth_err (*fhir)(json_t **resourcep,
							const json_t *object))
{
	json_t *resource;
	enum rth_err err;

	if (!e->fhir)
		return print(e, line);
	err = fhir(&resource, line);
	if (err)
		return err;
	err = print(e, resource);
	json_decref(resource);
	return err;
}

static enum rth_err print_row(const struct rth_audit_row *row, void *arg)
{
	struct export *e = arg;
	json_t *json;
	enum rth_err err;

	if (row->n > e->last_n)
		return 0;
	if (row->n != e->next_n)
		return RTH_ERR_STATE;
	err = rth_audit_row_json(&json, row, e->prev);
	if (err)
		return err == RTH_ERR_FORMAT ? RTH_ERR_STATE : err;
	if (json_object_set_new(json, "digest", json_string(row->digest)))
		err = RTH_ERR_NOMEM;
	if (!err)
		err = print_as_asked(e, json, rth_audit_fhir_row);
	json_decref(json);
	e->next_n++;
	memcpy(e->prev, row->digest, sizeof(e->prev));
	return err == RTH_ERR_FORMAT ? RTH_ERR_STATE : err;
}

static enum rth_err print_rows(struct export *e, struct rth_store *store)
{
	enum rth_err err = 0;
	int64_t before = 0;

	while (!err && e->next_n <= e->last_n && e->next_n != before) {
		before = e->next_n;
		err = rth_store_audit_rows(store, e->next_n, BATCH, print_row,
					   e);
	}
	return !err && e->next_n <= e->last_n ? RTH_ERR_STATE : err;
}

/* What is no head of ours proves nothing, and is left out. */
static enum rth_err print_head(const json_t *object, size_t line, void *arg)
{
	struct export *e = arg;
	enum rth_err err;

	if (line > e->head_lines || !object ||
	    !json_object_get(object, "signature"))
		return 0;
	err = print_as_asked(e, object, rth_audit_fhir_head);
	return err == RTH_ERR_FORMAT ? 0 : err;
}

static enum rth_err look_at_head(const json_t *object, size_t line, void *arg)
{
	struct export *e = arg;
	const json_t *n = json_object_get(object, "n");

	e->head_lines = line;
	if (json_object_get(object, "signature") && json_is_integer(n))
		e->signed_n = json_integer_value(n);
	return 0;
}

struct before {
	int64_t n;
	char digest[RTH_HASH_SIZE];
};

static enum rth_err keep(const struct rth_audit_row *row, void *arg)
{
	struct before *before = arg;

	if (row->n == before->n)
		memcpy(before->digest, row->digest, sizeof(before->digest));
	return 0;
}

static enum rth_err find_first(struct export *e, struct rth_store *store,
			       int64_t since_s)
{
	struct before before = {.n = 0, .digest = RTH_AUDIT_FIRST};
	char digest[RTH_HASH_SIZE];
	int64_t first = 1;
	enum rth_err err = rth_store_audit_head(store, &e->last_n, digest);

	if (!err && since_s)
		err = rth_store_audit_since(store, &first, since_s);
	if (!err && !first)
		first = e->last_n + 1;
	if (!err && first > 1) {
		before = (struct before){.n = first - 1};
		err = rth_store_audit_rows(store, before.n, 1, keep, &before);
	}
	if (!err && !*before.digest)
		err = RTH_ERR_STATE;
	if (err)
		return err;
	e->next_n = first;
	memcpy(e->prev, before.digest, sizeof(e->prev));
	return 0;
}

enum rth_err rth_audit_export(FILE *out, const struct rth_settings *settings,
			      struct rth_store *store, int64_t since_s,
			      bool fhir)
{
	struct export e = {.out = out, .fhir = fhir};
	enum rth_err err, heads;

	err = rth_audit_heads_each(settings, look_at_head, &e);
	if (!err)
		err = find_first(&e, store, since_s);
	/* What others append meanwhile is signed later. */
	if (e.signed_n && e.signed_n < e.last_n)
		e.last_n = e.signed_n;
	if (!err)
		err = print_rows(&e, store);
	heads = rth_audit_heads_each(settings, print_head, &e);
	if (!err)
		err = heads;
	if (fflush(out) && !err)
		err = RTH_ERR_IO;
	return err;
}
