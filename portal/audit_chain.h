/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A row of the audit and what chains it to the one before: docs/audit.md.
 * No database and no file in here. Any thread.
 */
#ifndef RTH_AUDIT_CHAIN_H
#define RTH_AUDIT_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "err.h"
#include "store.h"

#define RTH_AUDIT_WORD_SIZE 129 /* 128 bytes and NUL; so the others */
#define RTH_AUDIT_REASON_SIZE 1025
#define RTH_AUDIT_DATA_SIZE 16385

/* What stands in the place of the digest before row 1. */
#define RTH_AUDIT_FIRST "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* Texts are "" where they are absent. */
struct rth_audit_row {
	int64_t n; /* 1, 2, 3 ... */
	int64_t time_ms;
	char subject[RTH_AUDIT_WORD_SIZE];
	char role[RTH_AUDIT_WORD_SIZE];
	char action[RTH_AUDIT_WORD_SIZE];
	char object[RTH_AUDIT_WORD_SIZE];
	char visit[RTH_AUDIT_WORD_SIZE];
	char outcome[RTH_AUDIT_WORD_SIZE];
	char reason[RTH_AUDIT_REASON_SIZE];
	char client[RTH_AUDIT_WORD_SIZE];
	char data[RTH_AUDIT_DATA_SIZE]; /* a JSON object, canonical */
	char digest[RTH_HASH_SIZE];
	bool malformed; /* as it was read: no row of ours looks so */
};

/* The texts between time_ms and data, in this order. */
struct rth_audit_member {
	const char *name;
	size_t at, size; /* in the struct */
};
#define RTH_AUDIT_MEMBERS 8
extern const struct rth_audit_member rth_audit_members[RTH_AUDIT_MEMBERS];

/** The n-th of these texts. */
char *rth_audit_text(struct rth_audit_row *row, size_t n);

/**
 * Fills in what is to be written: n and time_ms are set by the caller, the
 * digest by rth_audit_row_seal. `data` becomes canonical.
 *
 * @return 0; RTH_ERR_LIMIT: too long; RTH_ERR_FORMAT: a text with control
 *         characters or not UTF-8, or data that is no JSON object, has a number
 *         with a fraction or a member twice; RTH_ERR_NOMEM
 */
enum rth_err rth_audit_row_set(struct rth_audit_row *row,
			       const struct rth_audit *audit) RTH_CHECKED;

/**
 * The row as JSON with "prev", without its digest.
 *
 * @return 0; RTH_ERR_FORMAT when no row of ours looks so; RTH_ERR_NOMEM
 */
enum rth_err rth_audit_row_json(json_t **jsonp, const struct rth_audit_row *row,
				const char *prev) RTH_CHECKED;

/** And back: `object` has also "digest". RTH_ERR_FORMAT, RTH_ERR_NOMEM. */
enum rth_err rth_audit_row_read(struct rth_audit_row *row,
				char prev[RTH_HASH_SIZE],
				const json_t *object) RTH_CHECKED;

/** The digest that the row should have. As rth_audit_row_json. */
enum rth_err rth_audit_row_digest(char digest[RTH_HASH_SIZE],
				  const struct rth_audit_row *row,
				  const char *prev) RTH_CHECKED;

/** SHA-256 of the canonical text of some JSON. RTH_ERR_NOMEM, _CRYPTO. */
enum rth_err rth_audit_json_digest(char digest[RTH_HASH_SIZE],
				   const json_t *json) RTH_CHECKED;

/* ---- Walking along the chain ---- */

struct rth_audit_walk {
	int64_t n; /* of the last row that was good; before the first: 0 */
	char digest[RTH_HASH_SIZE]; /* of it */
	char problem[160];	    /* "": none so far */
};

/** Begins after row n (0: before row 1), which has this digest. */
void rth_audit_walk_begin(struct rth_audit_walk *walk, int64_t n,
			  const char *digest);

/**
 * Takes the next row.
 *
 * @return 0; RTH_ERR_STATE: the chain is broken here, `problem` says how;
 *         RTH_ERR_NOMEM, RTH_ERR_CRYPTO
 */
enum rth_err rth_audit_walk_row(struct rth_audit_walk *walk,
				const struct rth_audit_row *row) RTH_CHECKED;

#endif
