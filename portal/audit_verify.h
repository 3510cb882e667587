/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Proving the audit: the rows of the database, or those of an export, against
 * their chain and the signed heads. One thread.
 */
#ifndef RTH_AUDIT_VERIFY_H
#define RTH_AUDIT_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit_head.h"
#include "err.h"
#include "settings.h"
#include "store.h"

#define RTH_AUDIT_KEYS_MAX 8

struct rth_audit_verify {
	/* Given: the public keys that signed heads may be of, and from when on
	   (0: all). */
	const char *keys[RTH_AUDIT_KEYS_MAX];
	size_t keys_n;
	int64_t since_s;
	/* Told: each thing that is wrong, that of the first row first. */
	void (*tell)(void *arg, const char *text);
	void *arg;
	/* Found. */
	bool wrong;
	int64_t first_n, last_n; /* the rows that were looked at; 0: none */
	size_t heads;		 /* signed ones that agree */
	int64_t signed_n;	 /* the last row that a signature covers */
};

/**
 * Verifies the database. What is appended meanwhile is verified, too.
 *
 * @return 0, whatever is wrong; RTH_ERR_NOMEM, RTH_ERR_IO, RTH_ERR_LIMIT:
 *         it could not be finished
 */
enum rth_err rth_audit_verify_store(struct rth_audit_verify *v,
				    const struct rth_settings *settings,
				    struct rth_store *store) RTH_CHECKED;

/** Verifies an export, of either form. RTH_ERR_NOT_FOUND: no such file. */
enum rth_err rth_audit_verify_file(struct rth_audit_verify *v,
				   const char *path) RTH_CHECKED;

#endif
