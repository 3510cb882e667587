/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Joining. Nothing is handed out before the audit has the row.
 */
#include "join.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "log.h"
#include "mem.h"
#include "portal.h"
#include "signing.h"
#include "text.h"
#include "token.h"
#include "visit.h"

#define JOINS_PER_MINUTE 30
#define CHECKS_PER_MINUTE 20
#define CHECK_LIFE_S 300 /* of what anybody who signs in gets */

/* May this person ask for a recording? */
static bool may_record(const struct rth_settings *settings, bool clinician)
{
	return clinician && settings->recordings.folder &&
	       settings->recordings.allowed;
}

static enum rth_err sign_admission(char **tokenp, struct rth_portal *portal,
				   const struct rth_visit *visit,
				   const struct rth_session *session,
				   const char *jti)
{
	bool clinician = rth_visit_is_clinician(visit, session);
	const struct rth_admission admission = {
		.issuer = portal->settings.signing.issuer,
		.audience = portal->settings.janus.audience,
		.subject = session->user.id,
		.name = session->user.name,
		.jti = jti,
		.room = visit->room,
		.role = clinician ? "clinician" : "patient",
		.now_s = portal->now_s(),
		.seat_until_s =
			rth_visit_window(&portal->settings, visit).closes_s,
		.record = may_record(&portal->settings, clinician),
		.admitted = !clinician &&
			    strcmp(visit->admitted, session->user.id) == 0,
	};
	json_t *claims;
	enum rth_err err = rth_token_admission(&claims, &admission);

	if (err)
		return err;
	err = rth_signing_sign(tokenp, portal->signing, RTH_TOKEN_TYPE, claims,
			       admission.now_s);
	json_decref(claims);
	return err;
}

/* The answer's "janus". */
static json_t *janus_access(const struct rth_settings *settings,
			    int64_t until_s)
{
	char token[RTH_TOKEN_JANUS_SIZE];

	if (rth_token_janus(token, settings->janus.token_auth_secret, until_s))
		return NULL;
	return json_pack("{s:s, s:s}", "url", settings->janus.url, "token",
			 token);
}

static json_t *turn_urls(const struct rth_settings *settings)
{
	json_t *urls = json_array();
	size_t i;

	for (i = 0; i < settings->turn.urls.n; i++)
		if (json_array_append_new(
			    urls, json_string(settings->turn.urls.v[i]))) {
			json_decref(urls);
			return NULL;
		}
	return urls;
}

/* The answer's "ice_servers": empty where no relay is configured. */
static json_t *ice_servers(const struct rth_portal *portal, int64_t life_s)
{
	const struct rth_settings *settings = &portal->settings;
	char user[RTH_TOKEN_TURN_USER_SIZE];
	char password[RTH_TOKEN_TURN_PASS_SIZE];
	char id[RTH_ID_SIZE];

	if (settings->turn.urls.n == 0)
		return json_array();
	if (!settings->turn.secret)
		return json_pack("[{s:o}]", "urls", turn_urls(settings));
	if (rth_id_make(id) ||
	    rth_token_turn(user, password, settings->turn.secret, id,
			   portal->now_s() + life_s))
		return NULL;
	return json_pack("[{s:o, s:s, s:s}]", "urls", turn_urls(settings),
			 "username", user, "credential", password);
}

static json_t *answer(struct rth_portal *portal, const struct rth_visit *visit,
		      const struct rth_session *session, const char *token)
{
	const struct rth_settings *settings = &portal->settings;
	bool clinician = rth_visit_is_clinician(visit, session);
	int64_t until_s = rth_visit_window(settings, visit).closes_s;

	return json_pack("{s:s, s:o, s:o, s:s, s:o}", "admission_token", token,
			 "janus", janus_access(settings, until_s),
			 "ice_servers",
			 ice_servers(portal, settings->turn.ttl_s), "role",
			 clinician ? "clinician" : "patient", "visit",
			 rth_visit_json(settings, visit, session));
}

static void reply_too_early(struct rth_exchange *x, int64_t opens_s)
{
	char opens[RTH_TIME_SIZE];

	if (rth_text_time(opens, opens_s)) {
		rth_reply_failed(x, RTH_ERR_LIMIT);
		return;
	}
	rth_reply_json(x, 403,
		       json_pack("{s:{s:s, s:s, s:s}}", "error", "code",
				 "too-early", "message",
				 "It is too early to join this visit.", "opens",
				 opens));
}

/* A refusal stands whether or not it could be recorded. */
static void record_refusal(const struct rth_exchange *x, const char *visit,
			   const char *reason)
{
	struct rth_audit row = {
		.action = "join-refused",
		.visit = visit,
		.outcome = "refused",
		.reason = reason,
	};

	if (rth_audit_request(x, &row))
		return; /* it has been logged */
}

/* Is the window open? Else the reply has been given. */
static bool open_now(struct rth_exchange *x, const struct rth_visit *visit)
{
	const struct rth_portal *portal = rth_request_portal(x);
	struct rth_window window = rth_visit_window(&portal->settings, visit);
	int64_t now_s = portal->now_s();

	if (visit->cancelled || visit->ended || now_s >= window.closes_s) {
		record_refusal(x, visit->id, "ended");
		rth_reply_error(x, 403, "ended", "This visit is over.");
		return false;
	}
	if (now_s < window.opens_s) {
		record_refusal(x, visit->id, "too-early");
		reply_too_early(x, window.opens_s);
		return false;
	}
	return true;
}

/* A row that cannot be written means that nobody is let in. */
static enum rth_err record(struct rth_exchange *x,
			   const struct rth_visit *visit, const char *jti)
{
	struct rth_audit row = {
		.action = "join-granted",
		.object = jti,
		.visit = visit->id,
	};

	rth_log(RTH_LOG_INFO, "join-granted", "s:s, s:s", "user",
		rth_request_session(x)->user.id, "visit", visit->id);
	return rth_audit_request(x, &row);
}

static enum rth_err grant(struct rth_exchange *x, const struct rth_visit *visit)
{
	struct rth_portal *portal = rth_request_portal(x);
	const struct rth_session *session = rth_request_session(x);
	char jti[RTH_ID_SIZE], *token = NULL;
	enum rth_err err = rth_id_make(jti);

	if (!err)
		err = sign_admission(&token, portal, visit, session, jti);
	if (!err)
		err = record(x, visit, jti);
	if (!err)
		rth_reply_json(x, 200, answer(portal, visit, session, token));
	rth_free(token);
	return err;
}

/* For the network test before a visit: it opens no room. */
void rth_join_handle_check(struct rth_exchange *x)
{
	struct rth_portal *portal = rth_request_portal(x);
	const struct rth_session *session = rth_request_session(x);
	struct rth_audit row = {.action = "check-granted"};
	int64_t until_s = portal->now_s() + CHECK_LIFE_S;
	char rate[64];
	enum rth_err err;

	snprintf(rate, sizeof(rate), "check:%s", session->user.id);
	err = rth_store_rate(portal->store, rate, CHECKS_PER_MINUTE, 60,
			     portal->now_s());
	if (err == RTH_ERR_LIMIT) {
		rth_reply_error(x, 429, "too-many",
				"Too many tries. Please wait a minute.");
		return;
	}
	if (!err)
		err = rth_audit_request(x, &row);
	if (err)
		rth_reply_failed(x, err);
	else
		rth_reply_json(
			x, 200,
			json_pack("{s:o, s:o}", "janus",
				  janus_access(&portal->settings, until_s),
				  "ice_servers",
				  ice_servers(portal, CHECK_LIFE_S)));
}

void rth_join_handle(struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	struct rth_visit visit;
	char rate[64];
	enum rth_err err;

	snprintf(rate, sizeof(rate), "join:%s",
		 rth_request_session(x)->user.id);
	err = rth_store_rate(portal->store, rate, JOINS_PER_MINUTE, 60,
			     portal->now_s());
	if (err == RTH_ERR_LIMIT) {
		rth_reply_error(x, 429, "too-many",
				"Too many tries. Please wait a minute.");
		return;
	}
	if (!err)
		err = rth_visit_find(&visit, x);
	if (err == RTH_ERR_NOT_FOUND) {
		record_refusal(x,
			       rth_id_valid(rth_request_param(x, 0))
				       ? rth_request_param(x, 0)
				       : NULL,
			       "not-found");
		rth_reply_not_found(x);
		return;
	}
	if (!err && !open_now(x, &visit))
		return;
	if (!err)
		err = grant(x, &visit);
	if (err)
		rth_reply_failed(x, err);
}
