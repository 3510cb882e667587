/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GET /api/audit: rows newest first, page by page. Names are looked up here and
 * stand in no row. Who looks is a row, too.
 */
#include "audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit_chain.h"
#include "portal.h"
#include "rights.h"
#include "text.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX 200

/* ---- What is asked for ---- */

/*
 * What is asked for stands in a row that is never changed: no names and no
 * addresses, only what ids and codes are made of.
 */
static bool read_word(void *out, const char *text, const char *also)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-_";
	size_t len = strlen(text), i;

	for (i = 0; i < len; i++)
		if (!strchr(letters, text[i]) && !strchr(also, text[i]))
			return false;
	*(const char **)out = text;
	return len && len < RTH_AUDIT_WORD_SIZE;
}

static bool read_subject(void *out, const char *text)
{
	return read_word(out, text, "");
}

/* Also the pattern of a path. */
static bool read_object(void *out, const char *text)
{
	return read_word(out, text, "/:.*");
}

/* "plugin:consent" */
static bool read_action(void *out, const char *text)
{
	return read_word(out, text, ":");
}

static bool read_time(void *out, const char *text)
{
	return rth_text_read_time(out, text) == 0;
}

static bool read_number(void *out, const char *text)
{
	int64_t *number = out;
	char *end;

	errno = 0;
	*number = strtoll(text, &end, 10);
	return !errno && *text >= '1' && *text <= '9' && !*end;
}

static const struct {
	const char *name;
	size_t at;
	bool (*read)(void *out, const char *text);
} table[] = {
	{"subject", offsetof(struct rth_audit_filter, subject), read_subject},
	{"object", offsetof(struct rth_audit_filter, object), read_object},
	{"action", offsetof(struct rth_audit_filter, action), read_action},
	{"from", offsetof(struct rth_audit_filter, from_s), read_time},
	{"to", offsetof(struct rth_audit_filter, to_s), read_time},
	{"limit", offsetof(struct rth_audit_filter, limit), read_number},
	{"cursor", offsetof(struct rth_audit_filter, below_n), read_number},
};

#define FIELDS (sizeof(table) / sizeof(table[0]))

/* NULL, or the name of the one that is wrong. */
static const char *read_filter(struct rth_audit_filter *filter,
			       const struct rth_exchange *x)
{
	size_t i;

	memset(filter, 0, sizeof(*filter));
	filter->limit = LIMIT_DEFAULT;
	for (i = 0; i < FIELDS; i++) {
		const char *name = table[i].name;
		const char *text = rth_request_field(x, RTH_FIELD_QUERY, name);

		if (rth_request_count(x, RTH_FIELD_QUERY, name) > 1 ||
		    (text &&
		     !table[i].read((char *)filter + table[i].at, text)))
			return name;
	}
	return filter->limit > LIMIT_MAX ? "limit" : NULL;
}

/* ---- What is answered ---- */

struct page {
	json_t *rows;
	int64_t limit;
	int64_t last_n;
	size_t n;
};

/* What somebody has spoilt is shown as far as it can be. */
static json_t *text_or_null(const char *text)
{
	if (!*text)
		return json_null();
	return json_string(rth_text_plain(text) ? text : "?");
}

static json_t *subject_json(const struct rth_audit_row *row, const char *name)
{
	if (!*row->subject)
		return json_null();
	return json_pack("{s:o, s:o}", "id", text_or_null(row->subject), "name",
			 text_or_null(name));
}

static json_t *data_json(const struct rth_audit_row *row)
{
	json_t *data = *row->data ? json_loads(row->data, 0, NULL) : NULL;

	return data ? data : json_null();
}

static enum rth_err add_row(const struct rth_audit_row *row, const char *name,
			    void *arg)
{
	struct page *page = arg;
	char time[RTH_TIME_SIZE];
	json_t *value;

	if (page->n++ == (size_t)page->limit)
		return 0;
	page->last_n = row->n;
	if (rth_text_time(time, row->time_ms / 1000))
		memcpy(time, "1970-01-01T00:00:00Z", sizeof(time));
	value = json_pack(
		"{s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "n",
		(json_int_t)row->n, "time", time, "subject",
		subject_json(row, name), "role", text_or_null(row->role),
		"action", text_or_null(row->action), "object",
		text_or_null(row->object), "visit", text_or_null(row->visit),
		"outcome", text_or_null(row->outcome), "reason",
		text_or_null(row->reason), "client", text_or_null(row->client),
		"data", data_json(row));
	return json_array_append_new(page->rows, value) ? RTH_ERR_NOMEM : 0;
}

static json_t *next_json(const struct page *page)
{
	char cursor[24];

	if (page->n <= (size_t)page->limit)
		return json_null();
	snprintf(cursor, sizeof(cursor), "%" PRId64, page->last_n);
	return json_string(cursor);
}

static enum rth_err audit_look(const struct rth_exchange *x,
			       const struct rth_audit_filter *f)
{
	json_t *data = json_pack(
		"{s:s*, s:s*, s:s*, s:I, s:I, s:I, s:I}", "subject", f->subject,
		"object", f->object, "action", f->action, "from_s",
		(json_int_t)f->from_s, "to_s", (json_int_t)f->to_s, "below",
		(json_int_t)f->below_n, "limit", (json_int_t)f->limit);
	struct rth_audit row = {.action = "audit-listed"};

	return rth_audit_request_json(x, &row, data);
}

static void reply_page(struct rth_exchange *x, struct rth_audit_filter *filter)
{
	struct page page = {.rows = json_array(), .limit = filter->limit};
	enum rth_err err;

	filter->limit++; /* one more tells whether there is a next page */
	err = rth_store_audit_list(rth_request_portal(x)->store, filter,
				   add_row, &page);
	filter->limit--;
	if (!err)
		err = audit_look(x, filter);
	if (err) {
		json_decref(page.rows);
		rth_reply_failed(x, err);
		return;
	}
	rth_reply_json(x, 200,
		       json_pack("{s:o, s:o}", "rows", page.rows, "next",
				 next_json(&page)));
}

void rth_audit_handle_list(struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	struct rth_audit_filter filter;
	const char *wrong;

	if (!(rth_rights(portal, rth_request_session(x), NULL) &
	      RTH_MAY_ADMINISTER)) {
		rth_reply_not_found(x);
		return;
	}
	wrong = read_filter(&filter, x);
	if (wrong)
		rth_reply_json(x, 400,
			       json_pack("{s:{s:s, s:s, s:s}}", "error", "code",
					 "bad-request", "message",
					 "This cannot be asked for.", "field",
					 wrong));
	else
		reply_page(x, &filter);
}
