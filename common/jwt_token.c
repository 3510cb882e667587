/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Taking a token apart. Nothing in it chooses how it is read: header members
 * that would bring a key, an extension or another encoding refuse the token.
 */
#include "jwt_token.h"

#include <string.h>

#include "base64.h"
#include "json_strict.h"
#include "jwk.h"

#define PARTS 3
#define PART_MAX_BYTES (RTH_JWT_MAX_BYTES / 4 * 3)

struct part {
	const char *text;
	size_t len;
};

/* RFC 7515 4.1.2-4.1.11, RFC 7516 4.1.3, RFC 7797 section 3. */
static const char *const refused_members[] = {
	"crit", "jku", "jwk", "x5u", "x5c", "b64", "zip",
};

/* Exactly two dots: five parts are an encrypted token. */
static enum rth_jwt_reason split(struct part parts[PARTS], const char *text,
				 size_t len)
{
	const char *end = text + len;

	for (int i = 0; i < PARTS; i++) {
		const char *dot = memchr(text, '.', (size_t)(end - text));

		if ((i < PARTS - 1) != (dot != NULL))
			return RTH_JWT_MALFORMED;
		parts[i].text = text;
		parts[i].len = (size_t)((dot ? dot : end) - text);
		if (dot)
			text = dot + 1;
	}
	return RTH_JWT_OK;
}

static enum rth_jwt_reason read_object(json_t **objectp,
				       const struct part *part)
{
	unsigned char bytes[PART_MAX_BYTES];
	size_t len;
	enum rth_err err;

	if (rth_base64url_decode(bytes, sizeof(bytes), &len, part->text,
				 part->len))
		return RTH_JWT_MALFORMED;
	err = rth_json_object(objectp, (char *)bytes, len);
	if (err)
		return err == RTH_ERR_NOMEM ? RTH_JWT_FAILED
					    : RTH_JWT_MALFORMED;
	return RTH_JWT_OK;
}

/* A member that may be missing, but must be a string and not empty. */
static enum rth_jwt_reason optional_text(const char **textp,
					 const json_t *header, const char *name)
{
	const json_t *member = json_object_get(header, name);

	if (!member)
		return RTH_JWT_OK;
	if (!json_string_length(member))
		return RTH_JWT_MALFORMED;
	*textp = json_string_value(member);
	return RTH_JWT_OK;
}

static enum rth_jwt_reason read_alg(struct rth_jwt_token *token)
{
	const json_t *alg = json_object_get(token->header, "alg");

	if (alg && !json_is_string(alg))
		return RTH_JWT_MALFORMED;
	if (alg)
		token->alg = rth_jwt_alg_find(json_string_value(alg));
	return token->alg ? RTH_JWT_OK : RTH_JWT_BAD_ALG;
}

static enum rth_jwt_reason read_header(struct rth_jwt_token *token)
{
	enum rth_jwt_reason reason = read_alg(token);

	if (reason)
		return reason;
	for (size_t i = 0;
	     i < sizeof(refused_members) / sizeof(refused_members[0]); i++)
		if (json_object_get(token->header, refused_members[i]))
			return RTH_JWT_BAD_HEADER;
	reason = optional_text(&token->typ, token->header, "typ");
	if (!reason)
		reason = optional_text(&token->kid, token->header, "kid");
	if (!reason && token->kid && strlen(token->kid) >= RTH_JWT_KID_SIZE)
		return RTH_JWT_TOO_LONG;
	return reason;
}

static enum rth_jwt_reason read_signature(struct rth_jwt_token *token,
					  const struct part *part)
{
	switch (rth_base64url_decode(token->signature, sizeof(token->signature),
				     &token->signature_len, part->text,
				     part->len)) {
	case RTH_OK:
		return RTH_JWT_OK;
	case RTH_ERR_LIMIT:
		return RTH_JWT_BAD_SIGNATURE;
	default:
		return RTH_JWT_MALFORMED;
	}
}

enum rth_jwt_reason rth_jwt_token_read(struct rth_jwt_token *token,
				       const char *text, size_t len)
{
	struct part parts[PARTS];
	enum rth_jwt_reason reason;

	*token = (struct rth_jwt_token){.signed_text = text};
	if (len > RTH_JWT_MAX_BYTES)
		return RTH_JWT_TOO_LONG;
	reason = split(parts, text, len);
	if (reason)
		return reason;
	token->signed_len = (size_t)(parts[2].text - 1 - text);
	reason = read_object(&token->header, &parts[0]);
	if (!reason)
		reason = read_header(token);
	if (!reason)
		reason = read_object(&token->claims, &parts[1]);
	if (!reason)
		reason = read_signature(token, &parts[2]);
	return reason;
}

void rth_jwt_token_clear(struct rth_jwt_token *token)
{
	json_decref(token->header);
	json_decref(token->claims);
	token->header = NULL;
	token->claims = NULL;
}
