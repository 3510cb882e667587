/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who may enter. See admission.h.
 */
#include "admission.h"

#include <stdio.h>
#include <string.h>

#include "jwt.h"
#include "keyset.h"
#include "mem.h"
#include "replay.h"

#define TOKEN_TYPE "at+jwt"
#define CLAIM_PATH_SIZE 256
#define JTI_BYTES_MAX 256

struct rth_admission {
	const struct rth_plugin_conf *conf;
	struct rth_keyset *keysets[RTH_ISSUERS_MAX]; /* as conf->issuers */
	struct rth_replay *replay;
};

static const char *const role_names[RTH_ROLES] = {
	[RTH_ROLE_CLINICIAN] = "clinician",
	[RTH_ROLE_PATIENT] = "patient",
};

const char *rth_role_name(enum rth_role role)
{
	return role < RTH_ROLES ? role_names[role] : "unknown";
}

bool rth_admitted_same(const struct rth_admitted *a,
		       const struct rth_admitted *b)
{
	return a->issuer == b->issuer && strcmp(a->sub, b->sub) == 0;
}

void rth_admission_free(struct rth_admission *admission)
{
	if (!admission)
		return;
	for (size_t i = 0; i < RTH_ISSUERS_MAX; i++) {
		if (admission->keysets[i])
			rth_keyset_free(admission->keysets[i]);
	}
	rth_replay_free(admission->replay);
	rth_free(admission);
}

static const struct rth_issuer_conf *issuer_at(const struct rth_admission *adm,
					       size_t i)
{
	return (const struct rth_issuer_conf *)adm->conf->issuers.v + i;
}

static const char *why_no_keys(enum rth_err err)
{
	switch (err) {
	case RTH_ERR_CONFIG:
		return "is neither an absolute path nor an https URL (http "
		       "only to this machine)";
	case RTH_ERR_IO:
	case RTH_ERR_NOT_FOUND:
		return "cannot be read";
	case RTH_ERR_FORMAT:
	case RTH_ERR_LIMIT:
		return "holds no set of keys that can be used";
	default:
		return rth_err_name(err);
	}
}

enum rth_err rth_admission_create(struct rth_admission **admissionp,
				  const struct rth_plugin_conf *conf,
				  void (*changed)(void *arg), void *arg,
				  void (*log)(void *arg, const char *line),
				  struct rth_conf_problem *problem)
{
	struct rth_admission *adm = rth_alloc(sizeof(*adm));
	enum rth_err err = RTH_ERR_NOMEM;

	if (!adm)
		goto out;
	adm->conf = conf;
	err = rth_replay_create(&adm->replay, RTH_REPLAY_MAX);
	for (size_t i = 0; !err && i < conf->issuers.n; i++) {
		struct rth_keyset_conf kc = {
			.source = issuer_at(adm, i)->jwks,
			.ca_file = issuer_at(adm, i)->ca_file,
			.changed = changed,
			.arg = arg,
			.log = log,
		};

		err = rth_keyset_create(&adm->keysets[i], &kc);
		if (err)
			snprintf(problem->text, sizeof(problem->text),
				 "issuers.jwks: \"%s\" %s", kc.source,
				 why_no_keys(err));
	}
out:
	if (err) {
		if (err == RTH_ERR_NOMEM)
			snprintf(problem->text, sizeof(problem->text),
				 "no memory");
		rth_admission_free(adm);
		return err;
	}
	*admissionp = adm;
	return RTH_OK;
}

/* Follows a dotted path into the claims; NULL when it leads nowhere. */
static const json_t *claim(const json_t *claims, const char *path)
{
	char part[CLAIM_PATH_SIZE];
	const char *dot;

	while (claims && (dot = strchr(path, '.'))) {
		size_t n = (size_t)(dot - path);

		if (n >= sizeof(part))
			return NULL;
		memcpy(part, path, n);
		part[n] = '\0';
		claims = json_object_get(claims, part);
		path = dot + 1;
	}
	return json_object_get(claims, path);
}

/* 1 to max_chars characters of UTF-8 (jansson has checked it), no controls. */
static bool copy_text(char *out, size_t size, size_t max_chars,
		      const json_t *value)
{
	const char *s = json_string_value(value);
	size_t chars = 0;

	if (!s || *s == '\0' || json_string_length(value) >= size)
		return false;
	for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
		if (*p < 0x20 || *p == 0x7f)
			return false;
		chars += (*p & 0xc0) != 0x80;
	}
	if (chars > max_chars)
		return false;
	memcpy(out, s, json_string_length(value) + 1);
	return true;
}

static const char *read_role(enum rth_role *rolep, const json_t *value)
{
	const char *name = json_string_value(value);

	for (int i = 0; name && i < RTH_ROLES; i++) {
		if (strcmp(name, role_names[i]) == 0) {
			*rolep = (enum rth_role)i;
			return NULL;
		}
	}
	return "unknown-role";
}

/* Reads the claims that a seat needs; returns the reason to refuse, or NULL. */
static const char *read_claims(struct rth_admitted *who, const json_t *claims,
			       const struct rth_issuer_conf *issuer,
			       int64_t now_s)
{
	const json_t *room = claim(claims, issuer->claim_room);
	const json_t *until = claim(claims, issuer->claim_seat_until);
	const json_t *record = claim(claims, issuer->claim_record);
	const json_t *admitted = claim(claims, issuer->claim_admitted);

	if (!json_is_string(room) || !rth_id_valid(json_string_value(room)))
		return "wrong-room";
	memcpy(who->room, json_string_value(room), RTH_ID_SIZE);
	if (!copy_text(who->sub, sizeof(who->sub), RTH_SUB_BYTES_MAX,
		       json_object_get(claims, "sub")))
		return "bad-subject";
	if (!copy_text(who->name, sizeof(who->name), RTH_NAME_CHARS_MAX,
		       claim(claims, issuer->claim_name)))
		return "bad-name";
	if (!json_is_integer(until))
		return "bad-seat-end";
	who->seat_until_s = json_integer_value(until);
	if (who->seat_until_s <= now_s)
		return "seat-over";
	if (who->seat_until_s > now_s + RTH_SEAT_LIFE_S)
		return "bad-seat-end";
	if (record && !json_is_boolean(record))
		return "bad-record-claim";
	who->record = json_is_true(record);
	if (admitted && !json_is_boolean(admitted))
		return "bad-admitted-claim";
	who->admitted = json_is_true(admitted);
	return read_role(&who->role, claim(claims, issuer->claim_role));
}

static const char *use_once(struct rth_admission *adm, const json_t *claims,
			    int64_t now_s)
{
	const json_t *jti = json_object_get(claims, "jti");
	const char *id = json_string_value(jti);
	int64_t exp_s = json_integer_value(json_object_get(claims, "exp"));
	const char *issuer = json_string_value(json_object_get(claims, "iss"));

	if (!id || *id == '\0' || json_string_length(jti) > JTI_BYTES_MAX)
		return "bad-token-id";
	switch (rth_replay_use(adm->replay, issuer, id,
			       exp_s + adm->conf->leeway_s, now_s)) {
	case RTH_OK:
		return NULL;
	case RTH_ERR_EXISTS:
		return "replayed";
	case RTH_ERR_LIMIT:
		return "too-many-tokens";
	default:
		return "failed";
	}
}

/* The verified token's claims become a seat, or there is a reason why not. */
static const char *admit(struct rth_admission *adm, const json_t *claims,
			 const struct rth_issuer_conf *issuer, int64_t now_s,
			 struct rth_admitted *who)
{
	const char *reason = read_claims(who, claims, issuer, now_s);

	return reason ? reason : use_once(adm, claims, now_s);
}

static enum rth_verdict check_with(struct rth_admission *adm, size_t i,
				   const char *token, int64_t now_s,
				   struct rth_admitted *who,
				   const char **reasonp)
{
	const struct rth_issuer_conf *issuer = issuer_at(adm, i);
	const struct rth_jwt_policy policy = {
		.issuer = issuer->issuer,
		.audience = issuer->audience,
		.algs = issuer->algs,
		.typ = TOKEN_TYPE,
		.leeway_s = adm->conf->leeway_s,
		.max_life_s = RTH_TOKEN_LIFE_S,
	};
	struct rth_jwks *jwks = rth_keyset_current(adm->keysets[i]);
	struct rth_admitted found = {.issuer = i};
	enum rth_jwt_reason reason;
	json_t *claims = NULL;

	if (!jwks) {
		*reasonp = "no-keys";
		return RTH_REFUSE;
	}
	reason = rth_jwt_verify(&claims, token, strlen(token), jwks, &policy,
				now_s);
	rth_jwks_unref(jwks);
	if (reason) {
		*reasonp = rth_jwt_reason_name(reason);
		return RTH_REFUSE;
	}
	*reasonp = admit(adm, claims, issuer, now_s, &found);
	json_decref(claims);
	if (*reasonp)
		return RTH_REFUSE;
	*who = found;
	return RTH_ADMIT;
}

enum rth_verdict rth_admission_check(struct rth_admission *adm,
				     const char *token, int64_t now_s,
				     struct rth_admitted *who,
				     const char **reasonp)
{
	struct rth_jwt_hint hint;
	enum rth_jwt_reason reason = rth_jwt_peek(&hint, token, strlen(token));

	if (reason) {
		*reasonp = rth_jwt_reason_name(reason);
		return RTH_REFUSE;
	}
	for (size_t i = 0; i < adm->conf->issuers.n; i++) {
		if (strcmp(hint.issuer, issuer_at(adm, i)->issuer) != 0)
			continue;
		if (rth_keyset_want(adm->keysets[i], hint.kid) ==
		    RTH_KEYSET_FETCHING)
			return RTH_WAIT;
		return check_with(adm, i, token, now_s, who, reasonp);
	}
	*reasonp = rth_jwt_reason_name(RTH_JWT_UNKNOWN_ISSUER);
	return RTH_REFUSE;
}
