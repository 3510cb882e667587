/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows and their chain. Two rows that differ in anything have different
 * canonical texts: each text is there or absent, never empty.
 */
#include "audit_chain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "base64.h"
#include "json_strict.h"
#include "json_text.h"
#include "mem.h"
#include "text.h"

/* clang-format off */
#define MEMBER(m) {#m, offsetof(struct rth_audit_row, m), \
		   sizeof(((struct rth_audit_row *)0)->m)}
/* clang-format on */

const struct rth_audit_member rth_audit_members[RTH_AUDIT_MEMBERS] = {
	MEMBER(subject), MEMBER(role),	  MEMBER(action), MEMBER(object),
	MEMBER(visit),	 MEMBER(outcome), MEMBER(reason), MEMBER(client),
};

char *rth_audit_text(struct rth_audit_row *row, size_t n)
{
	return (char *)row + rth_audit_members[n].at;
}

static const char *text_of(const struct rth_audit_row *row, size_t n)
{
	return (const char *)row + rth_audit_members[n].at;
}

/* ---- Filling in ---- */

static enum rth_err copy(char *to, size_t size, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (len >= size)
		return RTH_ERR_LIMIT;
	if (len && !rth_text_plain(text))
		return RTH_ERR_FORMAT;
	memset(to, 0, size);
	if (len)
		memcpy(to, text, len);
	return 0;
}

static bool canonical(const json_t *json);

static bool members_canonical(const json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value)
	{
		if (!rth_text_plain(name) || !canonical(value))
			return false;
	}
	return true;
}

/*
 * Is there one way only to write it? Not of numbers with a fraction, and not
 * of control characters.
 */
static bool canonical(const json_t *json)
{
	size_t i;

	for (i = 0; i < json_array_size(json); i++)
		if (!canonical(json_array_get(json, i)))
			return false;
	if (json_is_object(json))
		return members_canonical(json);
	if (json_is_string(json))
		return rth_text_plain(json_string_value(json));
	return !json_is_real(json);
}

static enum rth_err read_data(json_t **datap, const char *text)
{
	json_t *data;
	enum rth_err err = rth_json_object_sure(&data, text, strlen(text));

	if (!err && !canonical(data)) {
		json_decref(data);
		return RTH_ERR_FORMAT;
	}
	if (!err)
		*datap = data;
	return err;
}

static enum rth_err set_data(struct rth_audit_row *row, const char *text)
{
	char *canonical = NULL;
	json_t *data;
	size_t len;
	enum rth_err err;

	row->data[0] = '\0';
	if (!text)
		return 0;
	if (strlen(text) >= sizeof(row->data))
		return RTH_ERR_LIMIT;
	err = read_data(&data, text);
	if (err)
		return err;
	err = rth_json_canonical(&canonical, &len, data);
	json_decref(data);
	if (!err && len >= sizeof(row->data))
		err = RTH_ERR_LIMIT;
	if (!err)
		memcpy(row->data, canonical, len + 1);
	rth_free(canonical);
	return err;
}

enum rth_err rth_audit_row_set(struct rth_audit_row *row,
			       const struct rth_audit *audit)
{
	const char *const texts[RTH_AUDIT_MEMBERS] = {
		audit->subject, audit->role,
		audit->action,	audit->object,
		audit->visit,	audit->outcome ? audit->outcome : "ok",
		audit->reason,	audit->client,
	};
	enum rth_err err = audit->action ? 0 : RTH_ERR_FORMAT;
	size_t i;

	row->malformed = false;
	for (i = 0; i < RTH_AUDIT_MEMBERS && !err; i++)
		err = copy(rth_audit_text(row, i), rth_audit_members[i].size,
			   texts[i]);
	return err ? err : set_data(row, audit->data);
}

/* ---- As JSON ---- */

static enum rth_err add_text(json_t *object, const char *name, const char *text)
{
	if (!*text)
		return 0;
	if (!rth_text_plain(text))
		return RTH_ERR_FORMAT;
	return json_object_set_new(object, name, json_string(text))
		       ? RTH_ERR_NOMEM
		       : 0;
}

/* What is not written as we write it has been written by somebody else. */
static enum rth_err add_data(json_t *object, const char *text)
{
	char *canonical = NULL;
	json_t *data;
	bool same;
	enum rth_err err;

	if (!*text)
		return 0;
	err = read_data(&data, text);
	if (err)
		return err;
	err = rth_json_canonical(&canonical, NULL, data);
	same = !err && strcmp(canonical, text) == 0;
	rth_free(canonical);
	if (!same) {
		json_decref(data);
		return err ? err : RTH_ERR_FORMAT;
	}
	return json_object_set_new(object, "data", data) ? RTH_ERR_NOMEM : 0;
}

enum rth_err rth_audit_row_json(json_t **jsonp, const struct rth_audit_row *row,
				const char *prev)
{
	json_t *object;
	enum rth_err err = 0;
	size_t i;

	if (row->malformed || !*row->action)
		return RTH_ERR_FORMAT;
	object = json_pack("{s:I, s:I, s:s}", "n", (json_int_t)row->n,
			   "time_ms", (json_int_t)row->time_ms, "prev", prev);
	if (!object)
		return RTH_ERR_NOMEM;
	for (i = 0; i < RTH_AUDIT_MEMBERS && !err; i++)
		err = add_text(object, rth_audit_members[i].name,
			       text_of(row, i));
	if (!err)
		err = add_data(object, row->data);
	if (err)
		json_decref(object);
	else
		*jsonp = object;
	return err;
}

/* A member that is absent, or a text that fits and is not empty. */
static enum rth_err read_text(char *to, size_t size, size_t *seen,
			      const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	const char *text = json_string_value(value);

	to[0] = '\0';
	if (!value)
		return 0;
	(*seen)++;
	if (!text || !*text || strlen(text) >= size)
		return RTH_ERR_FORMAT;
	return copy(to, size, text);
}

static enum rth_err read_data_member(struct rth_audit_row *row, size_t *seen,
				     const json_t *object)
{
	const json_t *data = json_object_get(object, "data");
	char *text = NULL;
	size_t len;
	enum rth_err err;

	row->data[0] = '\0';
	if (!data)
		return 0;
	(*seen)++;
	if (!json_is_object(data) || !canonical(data))
		return RTH_ERR_FORMAT;
	err = rth_json_canonical(&text, &len, data);
	if (!err && len >= sizeof(row->data))
		err = RTH_ERR_FORMAT;
	if (!err)
		memcpy(row->data, text, len + 1);
	rth_free(text);
	return err;
}

enum rth_err rth_audit_row_read(struct rth_audit_row *row,
				char prev[RTH_HASH_SIZE], const json_t *object)
{
	const json_t *n = json_object_get(object, "n");
	const json_t *time_ms = json_object_get(object, "time_ms");
	size_t i, seen = 2;
	enum rth_err err = 0;

	if (!json_is_integer(n) || json_integer_value(n) < 1 ||
	    !json_is_integer(time_ms))
		return RTH_ERR_FORMAT;
	row->n = json_integer_value(n);
	row->time_ms = json_integer_value(time_ms);
	row->malformed = false;
	for (i = 0; i < RTH_AUDIT_MEMBERS && !err; i++)
		err = read_text(rth_audit_text(row, i),
				rth_audit_members[i].size, &seen, object,
				rth_audit_members[i].name);
	if (!err)
		err = read_text(row->digest, sizeof(row->digest), &seen, object,
				"digest");
	if (!err)
		err = read_text(prev, RTH_HASH_SIZE, &seen, object, "prev");
	if (!err)
		err = read_data_member(row, &seen, object);
	if (!err && (json_object_size(object) != seen || !*row->digest ||
		     !*prev || !*row->action))
		err = RTH_ERR_FORMAT;
	return err;
}

enum rth_err rth_audit_json_digest(char digest[RTH_HASH_SIZE],
				   const json_t *json)
{
	unsigned char sum[32];
	char *text;
	size_t len;
	enum rth_err err = rth_json_canonical(&text, &len, json);

	if (err)
		return err;
	if (EVP_Digest(text, len, sum, NULL, EVP_sha256(), NULL) != 1)
		err = RTH_ERR_CRYPTO;
	else
		err = rth_base64url_encode(digest, RTH_HASH_SIZE, sum,
					   sizeof(sum));
	rth_free(text);
	return err;
}

enum rth_err rth_audit_row_digest(char digest[RTH_HASH_SIZE],
				  const struct rth_audit_row *row,
				  const char *prev)
{
	json_t *json;
	enum rth_err err = rth_audit_row_json(&json, row, prev);

	if (err)
		return err;
	err = rth_audit_json_digest(digest, json);
	json_decref(json);
	return err;
}

/* ---- Walking ---- */

void rth_audit_walk_begin(struct rth_audit_walk *walk, int64_t n,
			  const char *digest)
{
	memset(walk, 0, sizeof(*walk));
	walk->n = n;
	snprintf(walk->digest, sizeof(walk->digest), "%s", digest);
}

static enum rth_err broken(struct rth_audit_walk *walk, int64_t n,
			   const char *how)
{
	snprintf(walk->problem, sizeof(walk->problem), "row %" PRId64 " %s", n,
		 how);
	return RTH_ERR_STATE;
}

enum rth_err rth_audit_walk_row(struct rth_audit_walk *walk,
				const struct rth_audit_row *row)
{
	char digest[RTH_HASH_SIZE];
	enum rth_err err;

	if (row->n > walk->n + 1)
		return broken(walk, walk->n + 1, "is missing");
	if (row->n <= walk->n)
		return broken(walk, row->n, "does not belong here");
	err = rth_audit_row_digest(digest, row, walk->digest);
	if (err == RTH_ERR_FORMAT)
		return broken(walk, row->n, "is malformed: it was changed");
	if (err)
		return err;
	if (strcmp(digest, row->digest) != 0)
		return broken(walk, row->n,
			      "does not follow from the one before: it was "
			      "changed, or stands in another's place");
	walk->n = row->n;
	memcpy(walk->digest, digest, sizeof(walk->digest));
	return 0;
}
