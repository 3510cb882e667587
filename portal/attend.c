/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a clinician says to who waits. The words of a note go to the plugin and
 * nowhere else.
 */
#include "attend.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "audit.h"
#include "janus_admin.h"
#include "portal.h"
#include "store_waiting.h"
#include "visit.h"

#define NOTE_MAX_BYTES 1000
#define PER_MINUTE 60

static void reply_away(struct rth_exchange *x)
{
	rth_reply_error(x, 503, "busy",
			"The media server does not answer. Please try again.");
}

/* Whom to tell; else the reply has been given. */
static bool find(struct rth_visit *visit, char participant[RTH_TOLD_WORD_SIZE],
		 struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	char rate[64];
	enum rth_err err;

	snprintf(rate, sizeof(rate), "attend:%s",
		 rth_request_session(x)->user.id);
	err = rth_store_rate(portal->store, rate, PER_MINUTE, 60,
			     portal->now_s());
	if (err == RTH_ERR_LIMIT) {
		rth_reply_error(x, 429, "too-many",
				"Too many tries. Please wait a minute.");
		return false;
	}
	if (!err)
		err = rth_visit_find_own(visit, x);
	if (!err)
		err = rth_store_waiting_in(portal->store, participant,
					   visit->id);
	if (err == RTH_ERR_NOT_FOUND)
		rth_reply_not_found(x);
	else if (err)
		rth_reply_failed(x, err);
	else if (!portal->settings.janus.admin_url)
		reply_away(x);
	else
		return true;
	return false;
}

/* The row before says what was wanted. What came of it stands either way. */
static void audit_failed(struct rth_exchange *x, const struct rth_audit *row,
			 enum rth_err err)
{
	struct rth_audit failed = *row;

	failed.outcome = "failed";
	failed.reason = rth_err_name(err);
	if (rth_audit_request(x, &failed))
		return; /* it has been logged */
}

/* @param request taken */
static void tell(struct rth_exchange *x, struct rth_audit *row, json_t *request)
{
	enum rth_err err = rth_audit_request(x, row);

	if (err) {
		json_decref(request);
		rth_reply_failed(x, err);
		return;
	}
	err = rth_janus_admin_ask(rth_request_portal(x), request);
	if (err)
		audit_failed(x, row, err);
	if (err == RTH_ERR_NOT_FOUND)
		rth_reply_not_found(x);
	else if (err == RTH_ERR_UNAVAILABLE || err == RTH_ERR_DENIED)
		reply_away(x);
	else if (err)
		rth_reply_failed(x, err);
	else
		rth_reply_empty(x, 204);
}

void rth_attend_handle_note(struct rth_exchange *x)
{
	const char *text = rth_request_string(x, "text");
	char participant[RTH_TOLD_WORD_SIZE];
	struct rth_visit visit;
	struct rth_audit row = {
		.action = "noted",
		.object = participant,
		.visit = visit.id,
	};

	if (!text || !*text || strlen(text) > NOTE_MAX_BYTES ||
	    json_object_size(rth_request_body(x)) != 1) {
		rth_reply_error(x, 400, "bad-request",
				"Please write up to 1000 characters.");
		return;
	}
	if (find(&visit, participant, x))
		tell(x, &row,
		     json_pack("{s:s, s:s, s:s, s:s}", "request", "note",
			       "room", visit.room, "participant", participant,
			       "text", text));
}

static bool is_reason(const char *reason)
{
	static const char *const reasons[] = {
		"not-now", "wrong-time", "wrong-visit", "not-known", "other"};
	size_t i;

	for (i = 0; reason && i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i], reason) == 0)
			return true;
	return false;
}

void rth_attend_handle_decline(struct rth_exchange *x)
{
	const char *reason = rth_request_string(x, "reason");
	char participant[RTH_TOLD_WORD_SIZE];
	struct rth_visit visit;
	struct rth_audit row = {
		.action = "declined",
		.object = participant,
		.visit = visit.id,
		.reason = reason,
	};

	if (!is_reason(reason) || json_object_size(rth_request_body(x)) != 1) {
		rth_reply_error(x, 400, "bad-request",
				"Please choose one of the reasons.");
		return;
	}
	if (find(&visit, participant, x))
		tell(x, &row,
		     json_pack("{s:s, s:s, s:s, s:s}", "request", "deny",
			       "room", visit.room, "participant", participant,
			       "reason", reason));
}
