/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Urgent calls. A call is a visit without a clinician, in a table of its own;
 * whoever takes it makes the visit.
 */
#include "urgent.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "live.h"
#include "portal.h"
#include "store_door.h"
#include "visit.h"

#define CALLS_PER_HOUR 6       /* new ones */
#define REQUESTS_PER_MINUTE 30 /* whatever comes of them */

/* May this patient call? */
static enum rth_err find_allowed(bool *allowedp,
				 const struct rth_portal *portal,
				 const struct rth_session *session)
{
	*allowedp = false;
	if (!portal->settings.urgent.enabled)
		return 0;
	return rth_store_had_visit(portal->store, allowedp,
				   session->user.email);
}

enum rth_err rth_urgent_json(json_t **jsonp, const struct rth_portal *portal,
			     const struct rth_session *session)
{
	int64_t n = 0;
	bool allowed;
	enum rth_err err = find_allowed(&allowed, portal, session);

	if (!err && allowed)
		err = rth_store_duty_count(portal->store, &n, portal->now_s());
	if (err)
		return err;
	*jsonp = json_pack("{s:b, s:I, s:s?}", "allowed", allowed, "on_call",
			   (json_int_t)n, "emergency_number",
			   portal->settings.clinic.emergency_number);
	return *jsonp ? 0 : RTH_ERR_NOMEM;
}

/* ---- Duty ---- */

struct duty {
	const char *user_id;
	bool on;
	int64_t now_s;
};

static enum rth_err write_duty(struct rth_store *store, void *arg)
{
	const struct duty *duty = arg;

	return rth_store_duty_put(store, duty->user_id, duty->on, duty->now_s);
}

void rth_urgent_handle_duty(struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	const json_t *on = json_object_get(rth_request_body(x), "on_call");
	struct duty duty = {rth_request_session(x)->user.id, json_is_true(on),
			    portal->now_s()};
	struct rth_audit row = {.action =
					duty.on ? "duty-begun" : "duty-ended"};
	enum rth_err err;

	if (!json_is_boolean(on) ||
	    json_object_size(rth_request_body(x)) != 1) {
		rth_reply_error(x, 400, "bad-request",
				"Please say whether you are on call.");
		return;
	}
	err = rth_audit_change(x, &row, write_duty, &duty);
	if (err) {
		rth_reply_failed(x, err);
		return;
	}
	rth_live_wake(portal->live);
	rth_reply_json(x, 200, json_pack("{s:b}", "on_call", duty.on));
}

/* ---- Calling ---- */

struct calling {
	struct rth_visit visit;
	int64_t now_s;
};

static enum rth_err write_call(struct rth_store *store, void *arg)
{
	const struct calling *c = arg;

	return rth_store_call_add(store, &c->visit, c->now_s);
}

static enum rth_err make_call(struct rth_exchange *x, struct calling *c)
{
	const struct rth_portal *portal = rth_request_portal(x);
	const struct rth_user *user = &rth_request_session(x)->user;
	struct rth_visit *v = &c->visit;
	struct rth_audit row = {.action = "urgent-called", .visit = v->id};
	enum rth_err err;

	memset(v, 0, sizeof(*v));
	v->urgent = true;
	strcpy(v->title, RTH_URGENT_TITLE);
	v->start_s = c->now_s;
	v->minutes = portal->settings.door.minutes;
	memcpy(v->patient_email, user->email, sizeof(v->patient_email));
	err = rth_id_make(v->id);
	if (!err)
		err = rth_id_make(v->room);
	return err ? err : rth_audit_change(x, &row, write_call, c);
}

/* Whoever gets no help here is told where else there is some. */
static void reply_no_help(struct rth_exchange *x, unsigned status,
			  const char *code, const char *message)
{
	const struct rth_settings *s = &rth_request_portal(x)->settings;

	rth_reply_json(x, status,
		       json_pack("{s:{s:s, s:s, s:s?}}", "error", "code", code,
				 "message", message, "emergency_number",
				 s->clinic.emergency_number));
}

/* Else the reply has been given. */
static bool is_within(struct rth_exchange *x, const char *what, int64_t max,
		      int64_t window_s)
{
	const struct rth_portal *portal = rth_request_portal(x);
	char rate[64];
	enum rth_err err;

	snprintf(rate, sizeof(rate), "%s:%s", what,
		 rth_request_session(x)->user.id);
	err = rth_store_rate(portal->store, rate, max, window_s,
			     portal->now_s());
	if (err == RTH_ERR_LIMIT)
		reply_no_help(x, 429, "too-many",
			      "Too many calls. Please wait a while.");
	else if (err)
		rth_reply_failed(x, err);
	return !err;
}

/* One where somebody is, or will be; else RTH_ERR_NOT_FOUND. */
static enum rth_err find_answered(struct rth_exchange *x,
				  struct rth_visit *visit)
{
	const struct rth_portal *portal = rth_request_portal(x);
	const struct rth_user *user = &rth_request_session(x)->user;
	char id[RTH_ID_SIZE];
	enum rth_err err = rth_store_call_answered(
		portal->store, id, user->email, portal->now_s());

	return err ? err : rth_store_visit_get(portal->store, visit, id, user);
}

/* One that nobody has taken yet is called again; else RTH_ERR_NOT_FOUND. */
static enum rth_err call_again(struct rth_exchange *x, struct calling *c)
{
	struct rth_store *store = rth_request_portal(x)->store;
	const char *email = rth_request_session(x)->user.email;
	enum rth_err err =
		rth_store_call_get(store, &c->visit, NULL, email, c->now_s);

	return err ? err : rth_store_call_again(store, c->visit.id, c->now_s);
}

/* Else the reply has been given. */
static bool may_call(struct rth_exchange *x)
{
	bool allowed;
	enum rth_err err = find_allowed(&allowed, rth_request_portal(x),
					rth_request_session(x));

	if (err)
		rth_reply_failed(x, err);
	else if (!allowed)
		rth_reply_error(x, 403, "not-allowed",
				"This is for patients of the clinic.");
	return !err && allowed &&
	       is_within(x, "urgent-asked", REQUESTS_PER_MINUTE, 60);
}

static void reply_call(struct rth_exchange *x, unsigned status,
		       enum rth_err err, const struct calling *c)
{
	if (err) {
		rth_reply_failed(x, err);
		return;
	}
	rth_live_wake(rth_request_portal(x)->live);
	rth_visit_reply(x, status, &c->visit);
}

static void call_anew(struct rth_exchange *x, struct calling *c)
{
	const char *email = rth_request_session(x)->user.email;
	unsigned status = 201;
	enum rth_err err;

	if (!is_within(x, "urgent", CALLS_PER_HOUR, 3600))
		return;
	err = make_call(x, c);
	if (err == RTH_ERR_EXISTS) { /* pressed twice */
		status = 200;
		err = rth_store_call_get(rth_request_portal(x)->store,
					 &c->visit, NULL, email, c->now_s);
	}
	reply_call(x, status, err, c);
}

/* Only a new call is charged: whoever needs somebody presses again. */
void rth_urgent_handle_call(struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	struct calling c = {.now_s = portal->now_s()};
	int64_t n = 1;
	enum rth_err err;

	if (!may_call(x))
		return;
	err = find_answered(x, &c.visit);
	if (err == RTH_ERR_NOT_FOUND) {
		err = rth_store_duty_count(portal->store, &n, c.now_s);
		if (!err && n)
			err = call_again(x, &c);
	}
	if (!err && !n)
		reply_no_help(x, 409, "nobody-on-call",
			      "Nobody can answer just now.");
	else if (err == RTH_ERR_NOT_FOUND)
		call_anew(x, &c);
	else
		reply_call(x, 200, err, &c);
}

/* ---- Answering ---- */

static enum rth_err write_take(struct rth_store *store, void *arg)
{
	const struct calling *c = arg;

	return rth_store_call_take(store, &c->visit, c->now_s);
}

/* It is there no more: it is this clinician's, somebody's, or was none. */
static void reply_gone(struct rth_exchange *x, const char *id)
{
	const struct rth_portal *portal = rth_request_portal(x);
	const struct rth_user *user = &rth_request_session(x)->user;
	char by[RTH_ID_SIZE], name[RTH_NAME_SIZE];
	struct rth_visit visit;
	enum rth_err err = rth_store_call_taken_by(portal->store, by, name, id);

	if (!err && strcmp(by, user->id) == 0)
		err = rth_store_visit_get(portal->store, &visit, id, user);
	if (err == RTH_ERR_NOT_FOUND)
		rth_reply_not_found(x);
	else if (err)
		rth_reply_failed(x, err);
	else if (strcmp(by, user->id) == 0)
		rth_visit_reply(x, 200, &visit);
	else
		rth_reply_json(x, 409,
			       json_pack("{s:{s:s, s:s, s:s}}", "error", "code",
					 "taken", "message",
					 "Somebody else has answered.", "by",
					 name));
}

static enum rth_err take(struct rth_exchange *x, const char *id)
{
	const struct rth_portal *portal = rth_request_portal(x);
	const struct rth_user *user = &rth_request_session(x)->user;
	struct calling c = {.now_s = portal->now_s()};
	struct rth_audit row = {.action = "urgent-taken", .visit = id};
	enum rth_err err = rth_id_valid(id)
				   ? rth_store_call_get(portal->store, &c.visit,
							id, NULL, c.now_s)
				   : RTH_ERR_NOT_FOUND;

	/* Nobody is both people of a visit. */
	if (!err && strcmp(c.visit.patient_email, user->email) == 0)
		err = RTH_ERR_NOT_FOUND;
	if (err)
		return err;
	memcpy(c.visit.clinician_id, user->id, sizeof(user->id));
	return rth_audit_change(x, &row, write_take, &c);
}

void rth_urgent_handle_take(struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	const struct rth_user *user = &rth_request_session(x)->user;
	const char *id = rth_request_param(x, 0);
	struct rth_visit visit;
	bool on = false;
	enum rth_err err = rth_store_duty_get(portal->store, &on, user->id);

	if (!err && !on) {
		rth_reply_error(x, 403, "not-allowed", "You are not on call.");
		return;
	}
	if (!err)
		err = take(x, id);
	if (err == RTH_ERR_NOT_FOUND) {
		reply_gone(x, id);
		return;
	}
	if (!err)
		err = rth_store_visit_get(portal->store, &visit, id, user);
	if (err) {
		rth_reply_failed(x, err);
		return;
	}
	rth_live_wake(portal->live);
	rth_visit_reply(x, 200, &visit);
}
