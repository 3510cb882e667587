/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The three things a join hands out.
 */
#include "token.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "id.h"

#define PLUGIN "janus.plugin.rthealth"
#define SHA1_BYTES 20
#define SHA1_BASE64_SIZE 29 /* 28 characters and the NUL */

/* Bytes of the first max characters of valid UTF-8. */
static size_t utf8_prefix(const char *s, size_t max)
{
	size_t i, n = 0;

	for (i = 0; s[i]; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80 && n++ == max)
			break;
	return i;
}

static bool role_known(const char *role)
{
	return !strcmp(role, "clinician") || !strcmp(role, "patient");
}

static bool complete(const struct rth_admission *a)
{
	return a->issuer && a->audience && a->subject && a->name && a->jti &&
	       a->room && a->role && rth_id_valid(a->room) &&
	       role_known(a->role);
}

enum rth_err rth_token_admission(json_t **claimsp,
				 const struct rth_admission *a)
{
	int64_t exp_s = a->now_s + RTH_TOKEN_LIFE_S;
	json_error_t why;
	json_t *claims;

	if (!complete(a))
		return RTH_ERR_FORMAT;
	if (a->seat_until_s <= a->now_s)
		return RTH_ERR_STATE;
	if (exp_s > a->seat_until_s)
		exp_s = a->seat_until_s;
	claims = json_pack_ex(&why, 0,
			      "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s%,"
			      " s:{s:s, s:s, s:I, s:b, s:b}}",
			      "iss", a->issuer, "aud", a->audience, "sub",
			      a->subject, "jti", a->jti, "iat",
			      (json_int_t)a->now_s, "nbf", (json_int_t)a->now_s,
			      "exp", (json_int_t)exp_s, "name", a->name,
			      utf8_prefix(a->name, RTH_TOKEN_NAME_MAX), "rth",
			      "room", a->room, "role", a->role, "seat_until",
			      (json_int_t)a->seat_until_s, "record",
			      (int)a->record, "admitted", (int)a->admitted);
	if (!claims)
		return json_error_code(&why) == json_error_out_of_memory
			       ? RTH_ERR_NOMEM
			       : RTH_ERR_FORMAT;
	*claimsp = claims;
	return RTH_OK;
}

/* base64, the padded kind (RFC 4648 section 4), of HMAC-SHA1. */
static enum rth_err sign(char out[SHA1_BASE64_SIZE], const char *secret,
			 const char *text)
{
	unsigned char mac[SHA1_BYTES];
	unsigned len = 0;
	size_t n = secret ? strlen(secret) : 0;

	if (!n)
		return RTH_ERR_FORMAT;
	if (n > RTH_TOKEN_SECRET_MAX)
		return RTH_ERR_LIMIT;
	if (!HMAC(EVP_sha1(), secret, (int)n, (const unsigned char *)text,
		  strlen(text), mac, &len) ||
	    len != SHA1_BYTES)
		return RTH_ERR_CRYPTO;
	EVP_EncodeBlock((unsigned char *)out, mac, SHA1_BYTES);
	return RTH_OK;
}

enum rth_err rth_token_janus(char token[RTH_TOKEN_JANUS_SIZE],
			     const char *secret, int64_t expires_s)
{
	char data[RTH_TOKEN_JANUS_SIZE - SHA1_BASE64_SIZE];
	char mac[SHA1_BASE64_SIZE];
	enum rth_err err;

	snprintf(data, sizeof(data), "%" PRId64 ",janus,%s", expires_s, PLUGIN);
	err = sign(mac, secret, data);
	if (err)
		return err;
	snprintf(token, RTH_TOKEN_JANUS_SIZE, "%s:%s", data, mac);
	return RTH_OK;
}

enum rth_err rth_token_turn(char user[RTH_TOKEN_TURN_USER_SIZE],
			    char password[RTH_TOKEN_TURN_PASS_SIZE],
			    const char *secret, const char *id,
			    int64_t expires_s)
{
	char mac[SHA1_BASE64_SIZE];
	char name[RTH_TOKEN_TURN_USER_SIZE];
	enum rth_err err;
	int n;

	n = snprintf(name, sizeof(name), "%" PRId64 ":%s", expires_s, id);
	if (n >= (int)sizeof(name))
		return RTH_ERR_LIMIT;
	err = sign(mac, secret, name);
	if (err)
		return err;
	memcpy(user, name, sizeof(name));
	memcpy(password, mac, sizeof(mac));
	return RTH_OK;
}
