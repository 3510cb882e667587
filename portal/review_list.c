/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GET /api/recordings: the question in the address, page by page. A cursor is
 * the place of the last recording of a page: "SORT.KEY.ID". It says nothing
 * that the page did not say; whose recordings are listed is not in it.
 */
#include "review.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "id.h"
#include "rights.h"
#include "text.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX 200
#define SECONDS_MAX 100000000
#define NUMBER_MAX_DIGITS 15
#define CURSOR_SIZE 64
#define AUDIT_EVERY_S 60

/* ---- What is asked ---- */

struct listing {
	struct rth_exchange *x;
	struct rth_rights_scope scope;
	struct rth_review_query query;
	char after[RTH_ID_SIZE];
	json_t *recordings;
	int64_t n; /* how many came, one more than fit means another page */
	char next[CURSOR_SIZE];
};

/* Digits alone, at most `max`. */
static bool read_number(int64_t *np, const char *text, int64_t max)
{
	size_t len = strlen(text);
	int64_t n;

	if (!len || len > NUMBER_MAX_DIGITS ||
	    strspn(text, "0123456789") != len)
		return false;
	n = strtoll(text, NULL, 10);
	if (n > max)
		return false;
	*np = n;
	return true;
}

/* Nothing began at 0, which asks for nothing: from then on is always. */
static bool read_from(struct listing *l, const char *text)
{
	return rth_text_read_time(&l->query.from_s, text) == 0;
}

static bool read_to(struct listing *l, const char *text)
{
	if (rth_text_read_time(&l->query.to_s, text))
		return false;
	if (l->query.to_s == 0)
		l->query.to_s = 1;
	return true;
}

static bool read_clinician(struct listing *l, const char *text)
{
	l->query.clinician_id = text;
	return rth_id_valid(text);
}

static bool read_patient(struct listing *l, const char *text)
{
	l->query.patient_id = text;
	return rth_id_valid(text);
}

static bool read_state(struct listing *l, const char *text)
{
	return rth_review_state_named(&l->query.state, text);
}

static bool read_hold(struct listing *l, const char *text)
{
	l->query.hold = true;
	return strcmp(text, "true") == 0;
}

static bool read_min(struct listing *l, const char *text)
{
	return read_number(&l->query.min_seconds, text, SECONDS_MAX);
}

static bool read_max(struct listing *l, const char *text)
{
	return read_number(&l->query.max_seconds, text, SECONDS_MAX);
}

static bool read_sort(struct listing *l, const char *text)
{
	static const char *const names[] = {
		[RTH_SORT_BEGUN_DOWN] = "-begun",
		[RTH_SORT_BEGUN_UP] = "begun",
		[RTH_SORT_SECONDS_DOWN] = "-seconds",
		[RTH_SORT_SECONDS_UP] = "seconds",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], text) == 0) {
			l->query.sort = (enum rth_review_sort)i;
			return true;
		}
	return false;
}

static bool read_limit(struct listing *l, const char *text)
{
	return read_number(&l->query.limit, text, LIMIT_MAX) &&
	       l->query.limit > 0;
}

/* Read after the order, which it must be of. */
static bool read_cursor(struct listing *l, const char *text)
{
	char number[NUMBER_MAX_DIGITS + 2] = "";
	const char *dot = strchr(text, '.');
	const char *end = dot ? strchr(dot + 1, '.') : NULL;
	size_t len = end ? (size_t)(end - dot - 1) : 0;

	if (!end || dot - text != 1 || *text != '0' + (char)l->query.sort ||
	    len >= sizeof(number) || !rth_id_valid(end + 1))
		return false;
	memcpy(number, dot + 1, len);
	if (strcmp(number, "-1") == 0)
		l->query.after_key = -1;
	else if (!read_number(&l->query.after_key, number, INT64_MAX))
		return false;
	memcpy(l->after, end + 1, sizeof(l->after));
	l->query.after_id = l->after;
	return true;
}

static const struct {
	const char *name;
	bool (*read)(struct listing *l, const char *text);
} fields[] = {
	{"from", read_from},	       {"to", read_to},
	{"clinician", read_clinician}, {"patient", read_patient},
	{"state", read_state},	       {"hold", read_hold},
	{"min_seconds", read_min},     {"max_seconds", read_max},
	{"sort", read_sort},	       {"limit", read_limit},
	{"cursor", read_cursor},
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* NULL, or the name of the first that is wrong. */
static const char *read_fields(struct listing *l)
{
	size_t i;

	l->query.limit = LIMIT_DEFAULT;
	l->query.min_seconds = l->query.max_seconds = -1;
	for (i = 0; i < FIELDS; i++) {
		const char *name = fields[i].name;
		const char *text =
			rth_request_field(l->x, RTH_FIELD_QUERY, name);

		if (rth_request_count(l->x, RTH_FIELD_QUERY, name) == 0)
			continue;
		if (!text || !fields[i].read(l, text))
			return name;
	}
	return NULL;
}

/* ---- The audit ---- */

/* What was asked for, as it was: ids, times, codes. */
static json_t *asked(const struct rth_exchange *x)
{
	json_t *data = json_object();
	size_t i;

	for (i = 0; i < FIELDS && data; i++) {
		const char *name = fields[i].name;
		const char *text = rth_request_field(x, RTH_FIELD_QUERY, name);

		if (text &&
		    json_object_set_new(data, name, json_string(text))) {
			json_decref(data);
			return NULL;
		}
	}
	return data;
}

/* One row a minute and person, before anything is shown. */
static enum rth_err audit(const struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	struct rth_audit row = {.action = "list"};
	int64_t now_s = portal->now_s();
	bool told = false;
	enum rth_err err = rth_store_review_told(
		portal->store, &told, rth_request_session(x)->user.id,
		now_s - AUDIT_EVERY_S + 1, now_s + 1);

	if (err || told)
		return err;
	return rth_audit_request_json(x, &row, asked(x));
}

/* ---- The answer ---- */

static enum rth_err take(const struct rth_reviewed *of, void *arg)
{
	struct listing *l = arg;
	json_t *json;

	if (++l->n == l->query.limit) /* it was asked for one more */
		return 0;
	snprintf(l->next, sizeof(l->next), "%d.%" PRId64 ".%s",
		 (int)l->query.sort, rth_store_review_key(l->query.sort, of),
		 of->row.id);
	json = rth_review_json(rth_request_portal(l->x), of,
			       rth_request_session(l->x));
	return json_array_append_new(l->recordings, json) ? RTH_ERR_NOMEM : 0;
}

static void answer(struct listing *l)
{
	const struct rth_portal *portal = rth_request_portal(l->x);
	enum rth_err err = audit(l->x);

	l->query.limit++;
	l->query.scope = l->scope.scope;
	l->recordings = json_array();
	if (!err && !l->recordings)
		err = RTH_ERR_NOMEM;
	if (!err)
		err = rth_store_review_each(portal->store, &l->query, take, l);
	if (err) {
		json_decref(l->recordings);
		rth_reply_failed(l->x, err);
		return;
	}
	rth_reply_json(l->x, 200,
		       json_pack("{s:o, s:s?}", "recordings", l->recordings,
				 "next",
				 l->n == l->query.limit ? l->next : NULL));
}

void rth_review_handle_list(struct rth_exchange *x)
{
	struct listing l = {.x = x};
	const char *wrong;
	enum rth_err err =
		rth_rights_scope(&l.scope, rth_request_portal(x),
				 rth_request_session(x), RTH_MAY_LIST);

	if (err == RTH_ERR_NOT_FOUND) {
		rth_reply_not_found(x);
		return;
	}
	if (err) {
		rth_reply_failed(x, err);
		return;
	}
	wrong = read_fields(&l);
	if (wrong)
		rth_reply_json(x, 400,
			       json_pack("{s:{s:s, s:s, s:s}}", "error", "code",
					 "bad-request", "message",
					 "This filter is not understood.",
					 "field", wrong));
	else
		answer(&l);
	rth_rights_scope_free(&l.scope);
}
