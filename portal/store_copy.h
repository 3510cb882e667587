/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Carrying a whole database into another one that is empty: every table of the
 * schema, all of it or nothing. One thread.
 */
#ifndef RTH_STORE_COPY_H
#define RTH_STORE_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "store.h"

#define RTH_COPY_NAME_SIZE 64

struct rth_store_copy {
	struct rth_store *from, *to; /* borrowed */
	int64_t now_s;		     /* seconds since 1970 */
	/* How many rows of a table have been carried; the last call of a table
	   has done_n of all_n. */
	void (*told)(void *arg, const char *table, int64_t done_n,
		     int64_t all_n);
	/* Called once all is carried, before it is kept: an error undoes it.
	   May be NULL. It may read both. */
	enum rth_err (*check)(void *arg);
	void *arg;
	/* Found. */
	int64_t tables, rows; /* carried */
	bool is_unknown; /* with RTH_ERR_UNAVAILABLE: `to` has all or nothing */
	/* The table at which it ended, or ""; a static string in front of it
	   is not needed: the error says why. */
	char table[RTH_COPY_NAME_SIZE];
};

/**
 * Carries all rows. Nobody appends to the audit of either meanwhile: who starts
 * to serve waits until it is done.
 *
 * @return 0; RTH_ERR_EXISTS: `to` has rows in `table`; RTH_ERR_STATE: a portal
 *         serves on one of them, or was killed RTH_PORTAL_GONE_S ago or less;
 *         RTH_ERR_FORMAT: a value of `table` is not of its type;
 *         RTH_ERR_CONFIG: `table` is not the same in both; what `check`
 *         returned; RTH_ERR_IO, RTH_ERR_UNAVAILABLE, RTH_ERR_NOMEM. `to` is as
 *         it was then, but for is_unknown
 */
enum rth_err rth_store_copy(struct rth_store_copy *copy) RTH_CHECKED;

#endif
