/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Visits.
 */
#include "visit.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "janus_admin.h"
#include "live.h"
#include "log.h"
#include "mailcode.h"
#include "portal.h"
#include "store_door.h"
#include "store_told.h"
#include "text.h"

#define DAY_S 86400
#define TITLE_CHARS 120
#define MINUTES_MIN 5
#define PAST_MAX_S DAY_S
#define FUTURE_MAX_S (731 * (int64_t)DAY_S)
#define MAKE_PER_HOUR 120

struct rth_window rth_visit_window(const struct rth_settings *settings,
				   const struct rth_visit *visit)
{
	return (struct rth_window){
		visit->start_s - settings->visit.before_s,
		visit->start_s + visit->minutes * 60 + settings->visit.after_s,
	};
}

bool rth_visit_is_clinician(const struct rth_visit *visit,
			    const struct rth_session *session)
{
	return strcmp(visit->clinician_id, session->user.id) == 0;
}

static bool is_staff(const struct rth_session *session)
{
	return session->role == RTH_ROLE_CLINICIAN ||
	       session->role == RTH_ROLE_ADMIN;
}

enum rth_err rth_visit_find(struct rth_visit *visit,
			    const struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	const struct rth_session *session = rth_request_session(x);
	const char *id = rth_request_param(x, 0);
	enum rth_err err;

	if (!rth_id_valid(id))
		return RTH_ERR_NOT_FOUND;
	err = rth_store_visit_get(portal->store, visit, id, &session->user);
	if (err == RTH_ERR_NOT_FOUND)
		err = rth_store_call_get(portal->store, visit, id,
					 session->user.email, portal->now_s());
	if (!err && rth_visit_is_clinician(visit, session) &&
	    !is_staff(session))
		return RTH_ERR_NOT_FOUND;
	return err;
}

/* null: never. What is kept in ms is told in seconds. */
static json_t *happened_json(const struct rth_visit *visit)
{
	char first[RTH_TIME_SIZE], last[RTH_TIME_SIZE];

	if (!visit->first_ms)
		return json_null();
	if (rth_text_time(first, visit->first_ms / 1000) ||
	    rth_text_time(last, visit->last_ms / 1000))
		return NULL;
	return json_pack("{s:s, s:s, s:I}", "first", first, "last", last,
			 "seconds", (json_int_t)(visit->both_ms / 1000));
}

json_t *rth_visit_json(const struct rth_settings *settings,
		       const struct rth_visit *visit,
		       const struct rth_session *viewer)
{
	struct rth_window window = rth_visit_window(settings, visit);
	bool clinician = rth_visit_is_clinician(visit, viewer);
	char start[RTH_TIME_SIZE], opens[RTH_TIME_SIZE], closes[RTH_TIME_SIZE];
	char link[512];
	json_t *happened;

	if (rth_text_time(start, visit->start_s) ||
	    rth_text_time(opens, window.opens_s) ||
	    rth_text_time(closes, window.closes_s))
		return NULL;
	happened = happened_json(visit);
	if (!happened)
		return NULL;
	snprintf(link, sizeof(link), "%s/visit/%s", settings->public_url,
		 visit->id);
	return json_pack(
		"{s:s, s:s, s:s, s:I, s:s*, s:s?, s:s?, s:s, s:s, s:s, s:s,"
		" s:s, s:b, s:s?, s:o, s:b, s:s?, s:b}",
		"id", visit->id, "title", visit->title, "start", start,
		"minutes", (json_int_t)visit->minutes, "patient_email",
		clinician ? visit->patient_email : NULL, "patient_name",
		*visit->patient_name ? visit->patient_name : NULL,
		"clinician_name",
		*visit->clinician_id ? visit->clinician_name : NULL, "role",
		clinician ? "clinician" : "patient", "status",
		visit->cancelled ? "cancelled" : "scheduled", "opens", opens,
		"closes", closes, "link", link, "recorded", visit->recorded,
		"kind", *visit->kind ? visit->kind : NULL, "happened", happened,
		"ended", visit->ended, "door",
		*visit->door ? visit->door : NULL, "urgent", visit->urgent);
}

void rth_visit_reply(struct rth_exchange *x, unsigned status,
		     const struct rth_visit *visit)
{
	rth_reply_json(x, status,
		       rth_visit_json(&rth_request_portal(x)->settings, visit,
				      rth_request_session(x)));
}

/* A visit that is not there and one that is not yours look the same. */
static void reply_err(struct rth_exchange *x, enum rth_err err)
{
	if (err == RTH_ERR_NOT_FOUND)
		rth_reply_not_found(x);
	else
		rth_reply_failed(x, err);
}

/* A visit as it is to be written, with its row in the audit. */
struct writing {
	const struct rth_visit *visit;
	const char *old_room; /* NULL: a new visit */
	int64_t now_s;
};

static enum rth_err write_visit(struct rth_store *store, void *arg)
{
	const struct writing *w = arg;

	enum rth_err err;

	if (!w->old_room)
		return rth_store_visit_add(store, w->visit, w->now_s);
	err = rth_store_visit_update(store, w->visit, w->old_room);
	/* What happened with another patient is not this one's to see. */
	if (!err && strcmp(w->visit->room, w->old_room) != 0)
		err = rth_store_visit_forget(store, w->visit->id);
	return err;
}

static enum rth_err write_with_row(struct rth_exchange *x, const char *action,
				   const struct rth_visit *visit,
				   const char *old_room)
{
	struct rth_audit row = {.action = action, .visit = visit->id};
	struct writing w = {visit, old_room, rth_request_portal(x)->now_s()};
	enum rth_err err = rth_audit_change(x, &row, write_visit, &w);

	if (!err)
		rth_log(RTH_LOG_INFO, action, "s:s, s:s", "user",
			rth_request_session(x)->user.id, "visit", visit->id);
	return err;
}

/* ---- What a clinician writes ---- */

struct fields {
	char title[RTH_TITLE_SIZE];
	char patient_email[RTH_EMAIL_SIZE];
	int64_t start_s;
	int64_t minutes;
	char kind[RTH_KIND_SIZE];
	const char *old_kind; /* which may stay, offered or not; or NULL */
};

static bool read_title(struct fields *f, const json_t *value,
		       struct rth_exchange *x)
{
	(void)x;
	return json_is_string(value) &&
	       rth_text_clean(f->title, sizeof(f->title),
			      json_string_value(value), TITLE_CHARS) == 0 &&
	       *f->title;
}

/* Nobody is both people of a visit. */
static bool read_email(struct fields *f, const json_t *value,
		       struct rth_exchange *x)
{
	return json_is_string(value) &&
	       rth_mailcode_address(f->patient_email,
				    json_string_value(value)) == 0 &&
	       strcmp(f->patient_email, rth_request_session(x)->user.email) !=
		       0;
}

static bool read_start(struct fields *f, const json_t *value,
		       struct rth_exchange *x)
{
	int64_t now_s = rth_request_portal(x)->now_s();

	return json_is_string(value) &&
	       rth_text_read_time(&f->start_s, json_string_value(value)) == 0 &&
	       f->start_s > now_s - PAST_MAX_S &&
	       f->start_s < now_s + FUTURE_MAX_S;
}

static bool read_minutes(struct fields *f, const json_t *value,
			 struct rth_exchange *x)
{
	f->minutes = json_integer_value(value);
	return json_is_integer(value) && f->minutes >= MINUTES_MIN &&
	       f->minutes <= rth_request_portal(x)->settings.visit.max_minutes;
}

/* One of the clinic's; null or absent: none. */
static bool read_kind(struct fields *f, const json_t *value,
		      struct rth_exchange *x)
{
	const struct rth_conf_strings *kinds =
		&rth_request_portal(x)->settings.visit.kinds;
	const char *kind = json_string_value(value);
	size_t i;

	if (!kind)
		return !value || json_is_null(value);
	for (i = 0; i < kinds->n && strcmp(kinds->v[i], kind) != 0; i++)
		;
	if (i == kinds->n && (!f->old_kind || strcmp(f->old_kind, kind) != 0))
		return false;
	strncat(f->kind, kind, sizeof(f->kind) - 1);
	return true;
}

static const struct {
	const char *name;
	bool (*read)(struct fields *f, const json_t *value,
		     struct rth_exchange *x);
	const char *message;
} table[] = {
	{"title", read_title, "Please give a title of up to 120 characters."},
	{"patient_email", read_email,
	 "Please give the patient's e-mail address (not your own)."},
	{"start", read_start,
	 "Please give a start from yesterday to two years from now."},
	{"minutes", read_minutes, "Please give a length in whole minutes."},
	{"kind", read_kind, "Please choose one of the kinds of visits."},
};

#define FIELDS (sizeof(table) / sizeof(table[0]))

static void reply_bad(struct rth_exchange *x, const char *field,
		      const char *message)
{
	rth_reply_json(x, 400,
		       json_pack("{s:{s:s, s:s, s:s*}}", "error", "code",
				 "bad-request", "message", message, "field",
				 field));
}

/* All fields, the kind if there is one, and no other; else the reply has been
   given. */
static bool read_fields(struct fields *f, struct rth_exchange *x,
			const char *old_kind)
{
	const json_t *body = rth_request_body(x);
	size_t i;

	memset(f, 0, sizeof(*f));
	f->old_kind = old_kind;
	for (i = 0; i < FIELDS; i++)
		if (!table[i].read(f, json_object_get(body, table[i].name),
				   x)) {
			reply_bad(x, table[i].name, table[i].message);
			return false;
		}
	if (json_object_size(body) + (json_object_get(body, "kind") ? 0 : 1) !=
	    FIELDS) {
		reply_bad(x, NULL, "There is a field that is not known.");
		return false;
	}
	return true;
}

static void take_fields(struct rth_visit *visit, const struct fields *f)
{
	memcpy(visit->title, f->title, sizeof(visit->title));
	memcpy(visit->patient_email, f->patient_email,
	       sizeof(visit->patient_email));
	memcpy(visit->kind, f->kind, sizeof(visit->kind));
	visit->start_s = f->start_s;
	visit->minutes = f->minutes;
}

/* ---- Handlers ---- */

struct listing {
	const struct rth_settings *settings;
	const struct rth_session *viewer;
	json_t *visits;
};

static enum rth_err list_one(const struct rth_visit *visit, void *arg)
{
	const struct listing *l = arg;
	json_t *value;

	if (rth_visit_is_clinician(visit, l->viewer) && !is_staff(l->viewer))
		return 0;
	value = rth_visit_json(l->settings, visit, l->viewer);
	return json_array_append_new(l->visits, value) ? RTH_ERR_NOMEM : 0;
}

/* An urgent call that nobody has taken yet is a visit to who called. */
static enum rth_err list_call(const struct rth_portal *portal,
			      struct listing *l)
{
	struct rth_visit call;
	enum rth_err err =
		rth_store_call_get(portal->store, &call, NULL,
				   l->viewer->user.email, portal->now_s());

	if (err == RTH_ERR_NOT_FOUND)
		return 0;
	return err ? err : list_one(&call, l);
}

void rth_visit_handle_list(struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	struct listing l = {&portal->settings, rth_request_session(x),
			    json_array()};
	int64_t since_s = portal->now_s() -
			  portal->settings.visit.keep_days * (int64_t)DAY_S;
	enum rth_err err =
		rth_store_visit_each(portal->store, &l.viewer->user, since_s,
				     portal->now_s(), list_one, &l);

	if (!err)
		err = list_call(portal, &l);

	if (err) {
		json_decref(l.visits);
		rth_reply_failed(x, err);
		return;
	}
	rth_reply_json(x, 200, json_pack("{s:o}", "visits", l.visits));
}

void rth_visit_handle_make(struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	const struct rth_session *session = rth_request_session(x);
	struct rth_visit visit;
	struct fields f;
	char rate[64];
	enum rth_err err;

	if (!read_fields(&f, x, NULL))
		return;
	snprintf(rate, sizeof(rate), "visit-made:%s", session->user.id);
	err = rth_store_rate(portal->store, rate, MAKE_PER_HOUR, 3600,
			     portal->now_s());
	if (err == RTH_ERR_LIMIT) {
		rth_reply_error(x, 429, "too-many",
				"Too many visits in one hour.");
		return;
	}
	memset(&visit, 0, sizeof(visit));
	take_fields(&visit, &f);
	memcpy(visit.clinician_id, session->user.id, sizeof(session->user.id));
	if (!err)
		err = rth_id_make(visit.id);
	if (!err)
		err = rth_id_make(visit.room);
	if (!err)
		err = write_with_row(x, "visit-made", &visit, NULL);
	/* Read again: the names come from the store. */
	if (!err)
		err = rth_store_visit_get(portal->store, &visit, visit.id,
					  &session->user);
	if (err)
		rth_reply_failed(x, err);
	else
		rth_visit_reply(x, 201, &visit);
}

void rth_visit_handle_get(struct rth_exchange *x)
{
	struct rth_visit visit;
	enum rth_err err = rth_visit_find(&visit, x);

	if (err)
		reply_err(x, err);
	else
		rth_visit_reply(x, 200, &visit);
}

enum rth_err rth_visit_find_own(struct rth_visit *visit,
				const struct rth_exchange *x)
{
	enum rth_err err = rth_visit_find(visit, x);

	if (!err && !rth_visit_is_clinician(visit, rth_request_session(x)))
		return RTH_ERR_NOT_FOUND;
	return err;
}

/* Another window of its clinician was faster. */
static void reply_meanwhile(struct rth_exchange *x)
{
	rth_reply_error(x, 503, "busy",
			"This visit has just been changed. Please look at it "
			"and try again.");
}

void rth_visit_handle_change(struct rth_exchange *x)
{
	struct rth_portal *portal = rth_request_portal(x);
	struct rth_visit visit;
	char old_room[RTH_ID_SIZE];
	struct fields f;
	bool other;
	enum rth_err err = rth_visit_find_own(&visit, x);

	if (err) {
		reply_err(x, err);
		return;
	}
	if (visit.cancelled) {
		rth_reply_error(x, 409, "cancelled",
				"This visit has been cancelled.");
		return;
	}
	if (visit.ended) {
		rth_reply_error(x, 409, "ended",
				"This visit has ended. Please make another.");
		return;
	}
	if (!read_fields(&f, x, visit.kind))
		return;
	/* Another patient gets another room: the first one may hold a seat. */
	other = strcmp(f.patient_email, visit.patient_email) != 0;
	if (other && visit.recorded) {
		rth_reply_error(x, 409, "recorded",
				"This visit has a recording: it stays its "
				"patient's. Please make another visit.");
		return;
	}
	memcpy(old_room, visit.room, sizeof(old_room));
	take_fields(&visit, &f);
	if (other)
		err = rth_id_make(visit.room);
	if (!err)
		err = write_with_row(x, "visit-changed", &visit, old_room);
	if (err == RTH_ERR_NOT_FOUND) {
		reply_meanwhile(x);
		return;
	}
	if (!err)
		rth_live_wake(portal->live);
	if (!err && other)
		rth_janus_admin_end_room(portal, old_room);
	if (!err)
		err = rth_store_visit_get(portal->store, &visit, visit.id,
					  &rth_request_session(x)->user);
	if (err)
		rth_reply_failed(x, err);
	else
		rth_visit_reply(x, 200, &visit);
}

void rth_visit_handle_cancel(struct rth_exchange *x)
{
	struct rth_portal *portal = rth_request_portal(x);
	struct rth_visit visit;
	enum rth_err err = rth_visit_find_own(&visit, x);

	if (err) {
		reply_err(x, err);
		return;
	}
	if (!visit.cancelled) {
		visit.cancelled = true;
		err = write_with_row(x, "visit-cancelled", &visit, visit.room);
	}
	if (err == RTH_ERR_NOT_FOUND) {
		reply_meanwhile(x);
		return;
	}
	rth_live_wake(portal->live);
	/* Also when it could not be written: nobody stays in the room. */
	rth_janus_admin_end_room(portal, visit.room);
	if (err)
		rth_reply_failed(x, err);
	else
		rth_reply_empty(x, 204);
}
