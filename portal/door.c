/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Doors. A knock makes a visit of its own, so that people who wait at one door
 * have nothing in common.
 */
#include "door.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "live.h"
#include "log.h"
#include "portal.h"
#include "store_door.h"
#include "text.h"
#include "visit.h"

#define NAME_MIN 3
#define TITLE_CHARS 120
#define MINUTES_MIN 5
#define MINUTES_MAX 1440
#define KNOCKS_PER_HOUR 10 /* of one person at one door */
#define KNOCKS_ALL_PER_HOUR 30
#define CHANGES_PER_HOUR 120
#define LOOKS_PER_MINUTE 30

static json_t *door_json(const struct rth_portal *portal,
			 const struct rth_door *door)
{
	bool open = rth_store_door_is_open(door, portal->now_s());
	char link[512], until[RTH_TIME_SIZE] = "";

	if (open && door->until_s && rth_text_time(until, door->until_s))
		return NULL;
	snprintf(link, sizeof(link), "%s/d/%s", portal->settings.public_url,
		 door->name);
	return json_pack("{s:s, s:s, s:s, s:b, s:s?}", "name", door->name,
			 "title", door->title, "link", link, "open", open,
			 "open_until", *until ? until : NULL);
}

enum rth_err rth_door_json(json_t **jsonp, const struct rth_portal *portal,
			   const char *user_id)
{
	struct rth_door door;
	enum rth_err err = rth_store_door_of(portal->store, &door, user_id);
	json_t *json;

	if (err && err != RTH_ERR_NOT_FOUND)
		return err;
	json = err ? json_null() : door_json(portal, &door);
	if (!json)
		return RTH_ERR_NOMEM;
	*jsonp = json;
	return 0;
}

void rth_door_handle_own(struct rth_exchange *x)
{
	json_t *json;
	enum rth_err err = rth_door_json(&json, rth_request_portal(x),
					 rth_request_session(x)->user.id);

	if (err) {
		rth_reply_failed(x, err);
		return;
	}
	if (json_is_null(json))
		rth_reply_text(x, 200, "application/json", "null", 4);
	else
		rth_reply_json(x, 200, json_incref(json));
	json_decref(json);
}

/* ---- What a clinician writes ---- */

static bool name_good(const char *name)
{
	size_t len = name ? strlen(name) : 0;

	return len >= NAME_MIN && len < RTH_DOOR_SIZE &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len &&
	       name[0] != '-' && name[len - 1] != '-';
}

static bool read_name(struct rth_door *door, const json_t *value, int64_t now_s)
{
	const char *name = json_string_value(value);

	(void)now_s;
	if (!name_good(name))
		return false;
	snprintf(door->name, sizeof(door->name), "%s", name);
	return true;
}

static bool read_title(struct rth_door *door, const json_t *value,
		       int64_t now_s)
{
	(void)now_s;
	return json_is_string(value) &&
	       rth_text_clean(door->title, sizeof(door->title),
			      json_string_value(value), TITLE_CHARS) == 0 &&
	       *door->title;
}

static bool read_open(struct rth_door *door, const json_t *value, int64_t now_s)
{
	(void)now_s;
	door->open = json_is_true(value);
	return json_is_boolean(value);
}

/* null or absent: until it is closed. */
static bool read_minutes(struct rth_door *door, const json_t *value,
			 int64_t now_s)
{
	json_int_t minutes = json_integer_value(value);

	if (!value || json_is_null(value))
		return true;
	if (!json_is_integer(value) || minutes < MINUTES_MIN ||
	    minutes > MINUTES_MAX)
		return false;
	door->until_s = door->open ? now_s + minutes * 60 : 0;
	return true;
}

static const struct {
	const char *name;
	bool (*read)(struct rth_door *door, const json_t *value, int64_t now_s);
	const char *message;
} fields[] = {
	{"name", read_name,
	 "Please give a name of 3 to 40 small letters, digits and dashes."},
	{"title", read_title, "Please give a title of up to 120 characters."},
	{"open", read_open, "Please say whether the door is open."},
	{"open_minutes", read_minutes,
	 "Please give a time of 5 minutes to 24 hours."},
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static void reply_bad(struct rth_exchange *x, const char *field,
		      const char *message)
{
	rth_reply_json(x, 400,
		       json_pack("{s:{s:s, s:s, s:s*}}", "error", "code",
				 "bad-request", "message", message, "field",
				 field));
}

/* All fields and no other; else the reply has been given. */
static bool read_door(struct rth_door *door, struct rth_exchange *x)
{
	const json_t *body = rth_request_body(x);
	size_t i, known = 0;

	memset(door, 0, sizeof(*door));
	for (i = 0; i < FIELDS; i++) {
		const json_t *value = json_object_get(body, fields[i].name);

		known += value != NULL;
		if (!fields[i].read(door, value,
				    rth_request_portal(x)->now_s())) {
			reply_bad(x, fields[i].name, fields[i].message);
			return false;
		}
	}
	if (json_object_size(body) != known) {
		reply_bad(x, NULL, "There is a field that is not known.");
		return false;
	}
	return true;
}

static enum rth_err write_door(struct rth_store *store, void *arg)
{
	return rth_store_door_put(store, arg);
}

/* Too many? Then the reply has been given, or an error is told. */
static bool limited_in(struct rth_exchange *x, const char *what,
		       const char *whom, int64_t max, int64_t seconds)
{
	const struct rth_portal *portal = rth_request_portal(x);
	char rate[96];
	enum rth_err err;

	snprintf(rate, sizeof(rate), "%s:%s", what, whom);
	err = rth_store_rate(portal->store, rate, max, seconds,
			     portal->now_s());
	if (err == RTH_ERR_LIMIT)
		rth_reply_error(x, 429, "too-many",
				"Too many tries. Please wait a while.");
	else if (err)
		rth_reply_failed(x, err);
	return err != 0;
}

static bool limited(struct rth_exchange *x, const char *what, const char *whom,
		    int64_t max)
{
	return limited_in(x, what, whom, max, 3600);
}

void rth_door_handle_put(struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	const struct rth_session *session = rth_request_session(x);
	struct rth_audit row = {.object = session->user.id};
	struct rth_door door;
	enum rth_err err;

	if (!read_door(&door, x) ||
	    limited(x, "door", session->user.id, CHANGES_PER_HOUR))
		return;
	memcpy(door.user_id, session->user.id, sizeof(door.user_id));
	door.seen_s = portal->now_s();
	row.action = door.open ? "door-opened" : "door-closed";
	err = rth_audit_change(x, &row, write_door, &door);
	if (err == RTH_ERR_EXISTS) {
		rth_reply_error(x, 409, "taken",
				"Somebody else's door has this name.");
		return;
	}
	if (err) {
		rth_reply_failed(x, err);
		return;
	}
	rth_live_wake(portal->live);
	rth_door_handle_own(x);
}

/* ---- Who comes to the door ---- */

/* Else the reply has been given. */
static bool find_door(struct rth_door *door, struct rth_exchange *x)
{
	const char *name = rth_request_param(x, 0);
	enum rth_err err = RTH_ERR_NOT_FOUND;

	if (name_good(name))
		err = rth_store_door_named(rth_request_portal(x)->store, door,
					   name);
	if (err == RTH_ERR_NOT_FOUND)
		rth_reply_not_found(x);
	else if (err)
		rth_reply_failed(x, err);
	return !err;
}

static bool is_own(const struct rth_door *door, const struct rth_exchange *x)
{
	return strcmp(door->user_id, rth_request_session(x)->user.id) == 0;
}

void rth_door_handle_get(struct rth_exchange *x)
{
	int64_t now_s = rth_request_portal(x)->now_s();
	struct rth_door door;

	/* Nor can all names be tried. */
	if (limited_in(x, "look", rth_request_session(x)->user.id,
		       LOOKS_PER_MINUTE, 60) ||
	    !find_door(&door, x))
		return;
	rth_reply_json(x, 200,
		       json_pack("{s:s, s:s, s:s, s:b, s:b}", "name", door.name,
				 "title", door.title, "clinician_name",
				 door.clinician_name, "open",
				 rth_store_door_is_open(&door, now_s), "own",
				 is_own(&door, x)));
}

struct knock {
	struct rth_visit visit;
	int64_t now_s;
};

static enum rth_err write_knock(struct rth_store *store, void *arg)
{
	const struct knock *knock = arg;

	return rth_store_knock(store, &knock->visit, knock->now_s);
}

/* A new visit, or RTH_ERR_EXISTS, RTH_ERR_STATE. */
static enum rth_err make_visit(struct rth_exchange *x,
			       const struct rth_door *door,
			       char id[RTH_ID_SIZE])
{
	const struct rth_portal *portal = rth_request_portal(x);
	const struct rth_session *session = rth_request_session(x);
	struct knock knock = {.now_s = portal->now_s()};
	struct rth_visit *v = &knock.visit;
	struct rth_audit row = {
		.action = "knocked",
		.object = door->user_id,
		.visit = v->id,
	};
	enum rth_err err;

	memcpy(v->title, door->title, sizeof(v->title));
	memcpy(v->clinician_id, door->user_id, sizeof(v->clinician_id));
	memcpy(v->patient_email, session->user.email, sizeof(v->patient_email));
	memcpy(v->door, door->name, sizeof(v->door));
	v->start_s = knock.now_s;
	v->minutes = portal->settings.door.minutes;
	err = rth_id_make(v->id);
	if (!err)
		err = rth_id_make(v->room);
	if (!err)
		err = rth_audit_change(x, &row, write_knock, &knock);
	if (!err)
		memcpy(id, v->id, RTH_ID_SIZE);
	return err;
}

static enum rth_err find_or_make(struct rth_exchange *x,
				 const struct rth_door *door, unsigned *statusp,
				 char id[RTH_ID_SIZE])
{
	const struct rth_portal *portal = rth_request_portal(x);
	const char *email = rth_request_session(x)->user.email;
	int64_t now_s = portal->now_s();
	bool open = rth_store_door_is_open(door, now_s);
	enum rth_err err;

	*statusp = 200;
	err = rth_store_knock_find(portal->store, id, door->user_id, email,
				   !open, now_s);
	if (err != RTH_ERR_NOT_FOUND)
		return err;
	if (!open)
		return RTH_ERR_STATE;
	*statusp = 201;
	err = make_visit(x, door, id);
	if (err != RTH_ERR_EXISTS)
		return err;
	/* Pressed twice: the first one has it. */
	*statusp = 200;
	return rth_store_knock_find(portal->store, id, door->user_id, email,
				    false, now_s);
}

void rth_door_handle_knock(struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	const struct rth_session *session = rth_request_session(x);
	char id[RTH_ID_SIZE], whom[2 * RTH_ID_SIZE];
	struct rth_visit visit;
	struct rth_door door;
	unsigned status;
	enum rth_err err;

	if (!find_door(&door, x))
		return;
	if (is_own(&door, x)) {
		rth_reply_error(x, 409, "own", "This is your own door.");
		return;
	}
	snprintf(whom, sizeof(whom), "%s %s", session->user.id, door.user_id);
	if (limited(x, "knock", whom, KNOCKS_PER_HOUR) ||
	    limited(x, "knocks", session->user.id, KNOCKS_ALL_PER_HOUR))
		return;
	err = find_or_make(x, &door, &status, id);
	if (err == RTH_ERR_STATE) {
		rth_reply_error(x, 409, "closed", "This door is closed.");
		return;
	}
	if (!err)
		err = rth_store_visit_get(portal->store, &visit, id,
					  &session->user);
	if (err)
		rth_reply_failed(x, err);
	else
		rth_visit_reply(x, status, &visit);
}
