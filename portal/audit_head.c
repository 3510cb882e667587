/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The audit's key (Ed25519), the hashes that are made with it, and heads
 * signed by it.
 */
#include "audit_head.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <sodium.h>

#include "base64.h"
#include "json_text.h"
#include "key_file.h"
#include "mem.h"
#include "seal_secret.h"
#include "text.h"

#define KEY_FILE "audit.key"
#define KEY_WORD "rthealth-audit-key-1 "
#define SEED_CHARS 43
#define LINE_SIZE (sizeof(KEY_WORD) + SEED_CHARS + 1)
#define SIGNATURE_SIZE 87 /* base64url of 64 bytes, and NUL */
#define HASHES 1	  /* the subkey from which those of hashes come */

struct rth_audit_key {
	unsigned char seed[crypto_sign_SEEDBYTES];
	unsigned char secret[crypto_sign_SECRETKEYBYTES];
	char public[RTH_AUDIT_KEY_TEXT_SIZE];
	char line[LINE_SIZE + 1]; /* of the file, while it is read */
};

void rth_audit_key_free(struct rth_audit_key *key)
{
	rth_secret_free(key);
}

const char *rth_audit_key_public(const struct rth_audit_key *key)
{
	return key->public;
}

/* ---- The file ---- */

static enum rth_err derive(struct rth_audit_key *key)
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES];

	if (crypto_sign_seed_keypair(public, key->secret, key->seed))
		return RTH_ERR_CRYPTO;
	return rth_base64url_encode(key->public, sizeof(key->public), public,
				    sizeof(public));
}

static enum rth_err make(struct rth_audit_key *key, int dirfd)
{
	char *at = key->line + sizeof(KEY_WORD) - 1;
	enum rth_err err;

	randombytes_buf(key->seed, sizeof(key->seed));
	memcpy(key->line, KEY_WORD, sizeof(KEY_WORD));
	err = rth_base64url_encode(at, SEED_CHARS + 1, key->seed,
				   sizeof(key->seed));
	if (err)
		return err;
	memcpy(at + SEED_CHARS, "\n", 2);
	return rth_key_file_put(dirfd, KEY_FILE, key->line, 0600);
}

static enum rth_err read_line(struct rth_audit_key *key, int fd)
{
	ssize_t n;
	enum rth_err err = rth_key_file_private(fd);

	if (err)
		return err;
	n = read(fd, key->line, LINE_SIZE);
	if (n < 0)
		return RTH_ERR_IO;
	key->line[n] = '\0';
	return (size_t)n == LINE_SIZE - 1 ? 0 : RTH_ERR_FORMAT;
}

static enum rth_err load(struct rth_audit_key *key, int dirfd)
{
	const char *at = key->line + sizeof(KEY_WORD) - 1;
	enum rth_err err;
	size_t len;
	int fd = openat(dirfd, KEY_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? RTH_ERR_NOT_FOUND : RTH_ERR_IO;
	err = read_line(key, fd);
	close(fd);
	if (err)
		return err;
	if (strncmp(key->line, KEY_WORD, sizeof(KEY_WORD) - 1) != 0 ||
	    at[SEED_CHARS] != '\n')
		return RTH_ERR_FORMAT;
	err = rth_base64url_decode(key->seed, sizeof(key->seed), &len, at,
				   SEED_CHARS);
	return err || len != sizeof(key->seed) ? RTH_ERR_FORMAT : 0;
}

/*
 * One at a time: two that start together would each write the same unfinished
 * file. What is used is what lies there in the end. Closing dirfd unlocks.
 */
static enum rth_err load_or_make(struct rth_audit_key *key, int dirfd)
{
	enum rth_err err;

	if (flock(dirfd, LOCK_EX))
		return RTH_ERR_IO;
	err = load(key, dirfd);
	if (err != RTH_ERR_NOT_FOUND)
		return err;
	err = make(key, dirfd);
	return err && err != RTH_ERR_EXISTS ? err : load(key, dirfd);
}

static enum rth_err open_key(struct rth_audit_key **keyp,
			     const struct rth_settings *settings, bool may_make)
{
	struct rth_audit_key *key = rth_secret_alloc(sizeof(*key));
	enum rth_err err;
	int dirfd;

	if (!key)
		return RTH_ERR_NOMEM;
	dirfd = open(settings->key_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		err = RTH_ERR_IO;
	else
		err = may_make ? load_or_make(key, dirfd) : load(key, dirfd);
	if (dirfd >= 0)
		close(dirfd);
	if (!err)
		err = derive(key);
	if (err)
		rth_audit_key_free(key);
	else
		*keyp = key;
	return err;
}

enum rth_err rth_audit_key_open(struct rth_audit_key **keyp,
				const struct rth_settings *settings)
{
	return open_key(keyp, settings, true);
}

enum rth_err rth_audit_key_look(char public[RTH_AUDIT_KEY_TEXT_SIZE],
				const struct rth_settings *settings)
{
	struct rth_audit_key *key;
	enum rth_err err = open_key(&key, settings, false);

	if (err)
		return err;
	memcpy(public, key->public, RTH_AUDIT_KEY_TEXT_SIZE);
	rth_audit_key_free(key);
	return 0;
}

enum rth_err rth_audit_key_hash(char hash[RTH_HASH_SIZE],
				const struct rth_audit_key *key,
				const char *purpose, const void *data,
				size_t len)
{
	unsigned char subkey[crypto_auth_hmacsha256_KEYBYTES];
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	char context[crypto_kdf_CONTEXTBYTES] = {0};
	enum rth_err err;

	memcpy(context, purpose, strnlen(purpose, sizeof(context)));
	if (crypto_kdf_derive_from_key(subkey, sizeof(subkey), HASHES, context,
				       key->seed))
		return RTH_ERR_CRYPTO;
	crypto_auth_hmacsha256(mac, data, len, subkey);
	err = rth_base64url_encode(hash, RTH_HASH_SIZE, mac, sizeof(mac));
	sodium_memzero(subkey, sizeof(subkey));
	return err;
}

/* ---- Heads ---- */

static enum rth_err head_json(json_t **jsonp, const struct rth_audit_head *head)
{
	json_t *json =
		json_pack("{s:I, s:s, s:s, s:s, s:s}", "n", (json_int_t)head->n,
			  "digest", head->digest, "time", head->time, "key",
			  head->key, "before", head->before);

	if (!json)
		return RTH_ERR_NOMEM;
	*jsonp = json;
	return 0;
}

static enum rth_err sign(char text[SIGNATURE_SIZE], const json_t *json,
			 const struct rth_audit_key *key)
{
	unsigned char signature[crypto_sign_BYTES];
	char *message;
	size_t len;
	enum rth_err err = rth_json_canonical(&message, &len, json);

	if (err)
		return err;
	if (crypto_sign_detached(signature, NULL,
				 (const unsigned char *)message, len,
				 key->secret))
		err = RTH_ERR_CRYPTO;
	else
		err = rth_base64url_encode(text, SIGNATURE_SIZE, signature,
					   sizeof(signature));
	rth_free(message);
	return err;
}

enum rth_err rth_audit_key_sign(json_t *object, const struct rth_audit_key *key)
{
	char signature[SIGNATURE_SIZE];
	enum rth_err err;

	if (json_object_set_new(object, "key", json_string(key->public)))
		return RTH_ERR_NOMEM;
	err = sign(signature, object, key);
	if (!err &&
	    json_object_set_new(object, "signature", json_string(signature)))
		err = RTH_ERR_NOMEM;
	return err;
}

enum rth_err rth_audit_head_sign(json_t **jsonp,
				 const struct rth_audit_head *head,
				 const struct rth_audit_key *key)
{
	struct rth_audit_head signed_head = *head;
	char signature[SIGNATURE_SIZE];
	json_t *json;
	enum rth_err err;

	memcpy(signed_head.key, key->public, sizeof(signed_head.key));
	err = head_json(&json, &signed_head);
	if (err)
		return err;
	err = sign(signature, json, key);
	if (!err &&
	    json_object_set_new(json, "signature", json_string(signature)))
		err = RTH_ERR_NOMEM;
	if (err)
		json_decref(json);
	else
		*jsonp = json;
	return err;
}

static enum rth_err take(char *out, size_t size, const json_t *object,
			 const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (!text || strlen(text) != size - 1)
		return RTH_ERR_FORMAT;
	memcpy(out, text, size);
	return 0;
}

static enum rth_err check(const struct rth_audit_head *head,
			  const char *signature_text)
{
	unsigned char public[crypto_sign_PUBLICKEYBYTES];
	unsigned char signature[crypto_sign_BYTES];
	char *message = NULL;
	json_t *json;
	size_t len;
	enum rth_err err;

	if (rth_base64url_decode(public, sizeof(public), &len, head->key,
				 strlen(head->key)) ||
	    len != sizeof(public) ||
	    rth_base64url_decode(signature, sizeof(signature), &len,
				 signature_text, strlen(signature_text)) ||
	    len != sizeof(signature))
		return RTH_ERR_FORMAT;
	err = head_json(&json, head);
	if (err)
		return err;
	err = rth_json_canonical(&message, &len, json);
	json_decref(json);
	if (!err && crypto_sign_verify_detached(signature,
						(const unsigned char *)message,
						len, public))
		err = RTH_ERR_DENIED;
	rth_free(message);
	return err;
}

static bool is_first(const json_t *object)
{
	const char *before =
		json_string_value(json_object_get(object, "before"));

	return before && !*before;
}

enum rth_err rth_audit_head_read(struct rth_audit_head *head,
				 const json_t *object)
{
	const json_t *n = json_object_get(object, "n");
	char signature[SIGNATURE_SIZE];
	int64_t time_s;
	enum rth_err err;

	if (!json_is_integer(n) || json_integer_value(n) < 0 ||
	    json_object_size(object) != 6)
		return RTH_ERR_FORMAT;
	memset(head, 0, sizeof(*head));
	head->n = json_integer_value(n);
	err = take(head->digest, sizeof(head->digest), object, "digest");
	if (!err)
		err = take(head->time, sizeof(head->time), object, "time");
	if (!err)
		err = rth_text_read_time(&time_s, head->time);
	if (!err)
		err = take(head->key, sizeof(head->key), object, "key");
	if (!err && !is_first(object))
		err = take(head->before, sizeof(head->before), object,
			   "before");
	if (!err)
		err = take(signature, sizeof(signature), object, "signature");
	return err ? err : check(head, signature);
}
