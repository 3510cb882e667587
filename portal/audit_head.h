/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The audit's own key, and the signed heads that are written outside the
 * database: docs/audit.md. The key lies in `key_dir` as audit.key, mode 0600.
 */
#ifndef RTH_AUDIT_HEAD_H
#define RTH_AUDIT_HEAD_H

#include <stdint.h>

#include <jansson.h>

#include "err.h"
#include "settings.h"
#include "store.h"

#define RTH_AUDIT_KEY_TEXT_SIZE 44 /* a public key as base64url, with NUL */

struct rth_audit_key;

/**
 * Opens the key, making it when there is none. Startup.
 *
 * @param settings `key_dir`, which is there
 * @return 0; RTH_ERR_DENIED: others may read it, or it is not ours;
 *         RTH_ERR_FORMAT: damaged; RTH_ERR_IO, RTH_ERR_NOMEM
 */
enum rth_err
rth_audit_key_open(struct rth_audit_key **keyp,
		   const struct rth_settings *settings) RTH_CHECKED;
void rth_audit_key_free(struct rth_audit_key *key); /* NULL is allowed */

/** The public half of the key that is there. RTH_ERR_NOT_FOUND. */
enum rth_err
rth_audit_key_look(char public[RTH_AUDIT_KEY_TEXT_SIZE],
		   const struct rth_settings *settings) RTH_CHECKED;

/** The public half. */
const char *rth_audit_key_public(const struct rth_audit_key *key);

/**
 * A hash that nobody can make or try out without the key: of a client's
 * address, of a configuration with its secrets. Any thread.
 *
 * @param purpose 8 characters: the same text has another hash for another one
 */
enum rth_err rth_audit_key_hash(char hash[RTH_HASH_SIZE],
				const struct rth_audit_key *key,
				const char *purpose, const void *data,
				size_t len) RTH_CHECKED;

/**
 * Signs an object: adds "key", our public one, and "signature", which is over
 * the canonical text of the object with "key". It has no such members yet, and
 * is no head: it has "version". Any thread.
 */
enum rth_err rth_audit_key_sign(json_t *object,
				const struct rth_audit_key *key) RTH_CHECKED;

/* What a line of the file of heads says. */
struct rth_audit_head {
	int64_t n; /* rows by then */
	char digest[RTH_HASH_SIZE];
	char time[21]; /* RFC 3339 */
	char key[RTH_AUDIT_KEY_TEXT_SIZE];
	/* The digest (rth_audit_json_digest) of the line before; "": none. */
	char before[RTH_HASH_SIZE];
};

/** Signs. @param jsonp receives the line's object */
enum rth_err rth_audit_head_sign(json_t **jsonp,
				 const struct rth_audit_head *head,
				 const struct rth_audit_key *key) RTH_CHECKED;

/**
 * Reads a line and verifies the signature by the key that it names: whether
 * that one is ours is the caller's question.
 *
 * @return 0, RTH_ERR_FORMAT, RTH_ERR_DENIED: the signature is wrong,
 *         RTH_ERR_NOMEM
 */
enum rth_err rth_audit_head_read(struct rth_audit_head *head,
				 const json_t *object) RTH_CHECKED;

/** The path of the file of heads; rth_free it, or NULL: no memory. */
char *rth_audit_heads_path(const struct rth_settings *settings) RTH_CHECKED;

/**
 * Signs the chain's head and appends it to the file, synced, unless the last
 * line says the same. Startup and main's ticks.
 *
 * @return 0; RTH_ERR_STATE: done, but the chain no longer holds what was signed
 *         last; RTH_ERR_IO, RTH_ERR_NOMEM, RTH_ERR_CRYPTO: not done
 */
enum rth_err rth_audit_heads_write(const struct rth_settings *settings,
				   struct rth_store *store,
				   const struct rth_audit_key *key,
				   int64_t now_s) RTH_CHECKED;

/**
 * Calls back for each line of the file; a last one without its line end, of a
 * power failure, is left out. No file: no call.
 *
 * @param each `object` is NULL where a line is no JSON object
 */
enum rth_err rth_audit_heads_each(const struct rth_settings *settings,
				  enum rth_err (*each)(const json_t *object,
						       size_t line, void *arg),
				  void *arg) RTH_CHECKED;

#endif
