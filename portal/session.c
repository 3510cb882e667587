/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is signed in.
 */
#include "session.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "audit.h"
#include "base64.h"
#include "log.h"
#include "mailcode.h"
#include "mem.h"
#include "portal.h"
#include "rights.h"
#include "store_door.h"
#include "text.h"
#include "urgent.h"

#define COOKIE_NAME "rth"
#define COOKIE_BYTES 32
#define COOKIE_SIZE 44	/* as base64url, with NUL */
#define SEEN_EVERY_S 60 /* so that reading does not write each time */
#define NAME_CHARS 64

/* The cookie is the key: who does not have it cannot make the token. */
static enum rth_err make_csrf(char csrf[RTH_HASH_SIZE], const char *cookie)
{
	static const unsigned char label[] = "rthealth csrf";
	unsigned char mac[32];
	unsigned len = sizeof(mac);

	if (!HMAC(EVP_sha256(), cookie, (int)strlen(cookie), label,
		  sizeof(label) - 1, mac, &len))
		return RTH_ERR_CRYPTO;
	return rth_base64url_encode(csrf, RTH_HASH_SIZE, mac, len);
}

static enum rth_err make_cookie(char cookie[COOKIE_SIZE])
{
	unsigned char secret[COOKIE_BYTES];
	enum rth_err err;

	if (RAND_bytes(secret, sizeof(secret)) != 1)
		return RTH_ERR_CRYPTO;
	err = rth_base64url_encode(cookie, COOKIE_SIZE, secret, sizeof(secret));
	OPENSSL_cleanse(secret, sizeof(secret));
	return err;
}

static enum rth_err clean_identity(char email[RTH_EMAIL_SIZE],
				   char name[RTH_NAME_SIZE],
				   const struct rth_identity *who)
{
	enum rth_err err = rth_mailcode_address(email, who->email);

	if (err)
		return RTH_ERR_FORMAT;
	if (who->name &&
	    rth_text_clean(name, RTH_NAME_SIZE, who->name, NAME_CHARS) != 0)
		name[0] = '\0';
	return 0;
}

/* A row about a way of signing in; `row` is filled in but for its data. */
static enum rth_err audit_method(const struct rth_exchange *x,
				 struct rth_audit *row, const char *method)
{
	return rth_audit_request_json(x, row,
				      json_pack("{s:s}", "method", method));
}

void rth_session_refused(const struct rth_exchange *x, const char *method,
			 const char *reason)
{
	struct rth_audit row = {
		.action = "sign-in-refused",
		.outcome = "refused",
		.reason = reason,
	};

	/* A refusal stands whether or not it could be recorded. */
	(void)audit_method(x, &row, method);
}

static enum rth_err audit_signed_in(const struct rth_exchange *x,
				    const struct rth_session_row *session,
				    const char *method)
{
	const struct rth_settings *s = &rth_request_portal(x)->settings;
	struct rth_audit row = {
		.subject = session->user.id,
		.role = rth_role_name(
			rth_role_of(s, session->user.email, session->groups)),
		.action = "signed-in",
	};

	return audit_method(x, &row, method);
}

/* Somebody without a name is called by the front of the address. */
static enum rth_err find_user(struct rth_portal *portal, struct rth_user *user,
			      const struct rth_identity *who)
{
	char email[RTH_EMAIL_SIZE], name[RTH_NAME_SIZE] = "";
	int64_t now_s = portal->now_s();
	enum rth_err err = clean_identity(email, name, who);

	if (!err)
		err = rth_store_user(portal->store, user, email,
				     *name ? name : NULL, now_s);
	if (err || *user->name)
		return err;
	email[strcspn(email, "@")] = '\0';
	err = rth_text_clean(name, sizeof(name), email, NAME_CHARS);
	return err ? err
		   : rth_store_user(portal->store, user, user->email, name,
				    now_s);
}

/* A clinician's door is open for as long as there is a clinician. */
static enum rth_err note_seen(struct rth_portal *portal,
			      const struct rth_session_row *row, int64_t now_s)
{
	enum rth_role role =
		rth_role_of(&portal->settings, row->user.email, row->groups);
	enum rth_err err =
		rth_store_session_seen(portal->store, row->hash, now_s);

	if (!err && (role == RTH_ROLE_CLINICIAN || role == RTH_ROLE_ADMIN))
		err = rth_store_door_seen(portal->store, row->user.id, now_s);
	return err;
}

enum rth_err rth_session_sign_in(struct rth_exchange *x,
				 const struct rth_identity *who)
{
	struct rth_portal *portal = rth_request_portal(x);
	const struct rth_session *old = rth_request_session(x);
	struct rth_session_row row;
	char cookie[COOKIE_SIZE];
	enum rth_err err;

	memset(&row, 0, sizeof(row));
	if (who->groups && strlen(who->groups) >= sizeof(row.groups))
		return RTH_ERR_LIMIT;
	snprintf(row.groups, sizeof(row.groups), "%s",
		 who->groups ? who->groups : "");
	row.created_s = row.seen_s = portal->now_s();
	err = find_user(portal, &row.user, who);
	if (!err)
		err = make_cookie(cookie);
	if (!err)
		err = rth_store_hash(row.hash, cookie);
	if (!err && old)
		err = rth_store_session_end(portal->store, old->hash);
	/* Nobody gets in without a row. */
	if (!err)
		err = audit_signed_in(x, &row, who->method);
	if (!err)
		err = rth_store_session_add(portal->store, &row);
	if (!err)
		err = note_seen(portal, &row, row.seen_s);
	if (err)
		return err;
	rth_reply_cookie(x, COOKIE_NAME, cookie,
			 portal->settings.session.absolute_s);
	OPENSSL_cleanse(cookie, sizeof(cookie));
	rth_log(RTH_LOG_INFO, "signed-in", "s:s, s:s", "user", row.user.id,
		"method", who->method);
	return 0;
}

static bool alive(const struct rth_settings *settings,
		  const struct rth_session_row *row, int64_t now_s)
{
	return now_s < row->seen_s + settings->session.idle_s &&
	       now_s < row->created_s + settings->session.absolute_s;
}

static void fill(struct rth_session *session, const struct rth_portal *portal,
		 const struct rth_session_row *row)
{
	memset(session, 0, sizeof(*session));
	session->user = row->user;
	session->role =
		rth_role_of(&portal->settings, row->user.email, row->groups);
	memcpy(session->groups, row->groups, sizeof(session->groups));
	memcpy(session->hash, row->hash, sizeof(session->hash));
}

enum rth_err rth_session_find(struct rth_session *session,
			      const struct rth_portal *portal, const char *hash)
{
	struct rth_session_row row;
	enum rth_err err = rth_store_session_get(portal->store, &row, hash);

	if (err)
		return err;
	if (!alive(&portal->settings, &row, portal->now_s()))
		return RTH_ERR_NOT_FOUND;
	fill(session, portal, &row);
	return 0;
}

static enum rth_err take_session(struct rth_exchange *x, const char *cookie,
				 const struct rth_session_row *row)
{
	struct rth_portal *portal = rth_request_portal(x);
	struct rth_session *session = rth_alloc(sizeof(*session));
	int64_t now_s = portal->now_s();
	enum rth_err err;

	if (!session)
		return RTH_ERR_NOMEM;
	fill(session, portal, row);
	err = make_csrf(session->csrf, cookie);
	if (!err && now_s >= row->seen_s + SEEN_EVERY_S)
		err = note_seen(portal, row, now_s);
	if (err)
		rth_free(session);
	else
		rth_exchange_set_session(x, session);
	return err;
}

enum rth_err rth_session_load(struct rth_exchange *x)
{
	struct rth_portal *portal = rth_request_portal(x);
	const char *cookie = rth_request_cookie(x, COOKIE_NAME);
	struct rth_session_row row;
	char hash[RTH_HASH_SIZE];
	enum rth_err err;

	if (!cookie || strlen(cookie) != COOKIE_SIZE - 1)
		return 0;
	err = rth_store_hash(hash, cookie);
	if (!err)
		err = rth_store_session_get(portal->store, &row, hash);
	if (err)
		return err == RTH_ERR_NOT_FOUND ? 0 : err;
	if (!alive(&portal->settings, &row, portal->now_s()))
		return rth_store_session_end(portal->store, hash);
	return take_session(x, cookie, &row);
}

bool rth_session_csrf_right(const struct rth_exchange *x)
{
	const struct rth_session *session = rth_request_session(x);
	const char *given =
		rth_request_field(x, RTH_FIELD_HEADER, "X-RTH-CSRF");

	return session && given && strlen(given) == strlen(session->csrf) &&
	       CRYPTO_memcmp(given, session->csrf, strlen(given)) == 0;
}

static json_t *providers(const struct rth_settings *settings)
{
	const struct rth_provider_conf *p = settings->providers.v;
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < settings->providers.n; i++)
		if (json_array_append_new(list,
					  json_pack("{s:s, s:s}", "id", p[i].id,
						    "name", p[i].name))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* For who makes visits; NULL for others, and without memory. */
static json_t *visit_kinds(const struct rth_settings *settings,
			   const struct rth_session *session)
{
	const struct rth_conf_strings *kinds = &settings->visit.kinds;
	json_t *list;
	size_t i;

	if (session->role != RTH_ROLE_CLINICIAN &&
	    session->role != RTH_ROLE_ADMIN)
		return NULL;
	list = json_array();
	for (i = 0; i < kinds->n && list; i++)
		if (json_array_append_new(list, json_string(kinds->v[i]))) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

static json_t *clinic(const struct rth_settings *settings)
{
	return json_pack("{s:s, s:b, s:s?}", "name", settings->clinic_name,
			 "logo", settings->clinic.logo != NULL,
			 "emergency_number", settings->clinic.emergency_number);
}

void rth_session_handle_get(struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	const struct rth_settings *settings = &portal->settings;
	const struct rth_session *s = rth_request_session(x);
	json_t *answer, *urgent = NULL;
	bool on_call = false;
	enum rth_err err = s ? rth_urgent_json(&urgent, portal, s) : 0;

	if (!err && s)
		err = rth_store_duty_get(portal->store, &on_call, s->user.id);
	if (err) {
		json_decref(urgent);
		rth_reply_failed(x, err);
		return;
	}

	if (s)
		answer =
			json_pack("{s:b, s:{s:s, s:s, s:s, s:s, s:o, s:b}, s:s,"
				  " s:o, s:o*, s:o}",
				  "signed_in", 1, "user", "id", s->user.id,
				  "name", s->user.name, "email", s->user.email,
				  "role", rth_role_name(s->role), "rights",
				  rth_rights_json(rth_rights(portal, s, NULL)),
				  "on_call", on_call, "csrf", s->csrf, "clinic",
				  clinic(settings), "visit_kinds",
				  visit_kinds(settings, s), "urgent", urgent);
	else
		answer = json_pack("{s:b, s:o, s:b, s:b, s:o}", "signed_in", 0,
				   "providers", providers(settings),
				   "email_code", rth_mailcode_offered(settings),
				   "trial", settings->trial, "clinic",
				   clinic(settings));
	rth_reply_json(x, 200, answer);
}

static enum rth_err audit_signed_out(const struct rth_exchange *x,
				     const char *action)
{
	struct rth_audit row = {.action = action};

	return rth_audit_request(x, &row);
}

static void sign_out(struct rth_exchange *x, enum rth_err err,
		     const char *action)
{
	if (err) {
		rth_reply_failed(x, err);
		return;
	}
	/* The session is over whether or not that could be recorded. */
	(void)audit_signed_out(x, action);
	rth_reply_cookie(x, COOKIE_NAME, "", 0);
	rth_reply_empty(x, 204);
}

void rth_session_handle_sign_out(struct rth_exchange *x)
{
	const struct rth_session *session = rth_request_session(x);

	sign_out(x,
		 rth_store_session_end(rth_request_portal(x)->store,
				       session->hash),
		 "signed-out");
}

void rth_session_handle_sign_out_everywhere(struct rth_exchange *x)
{
	const struct rth_session *session = rth_request_session(x);

	sign_out(x,
		 rth_store_session_end_all(rth_request_portal(x)->store,
					   session->user.id),
		 "signed-out-everywhere");
}
