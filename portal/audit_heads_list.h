/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signed heads in the order of their rows, to be compared with the rows as
 * these come. One thread.
 */
#ifndef RTH_AUDIT_HEADS_LIST_H
#define RTH_AUDIT_HEADS_LIST_H

#include <stddef.h>

#include "audit_chain.h"
#include "audit_head.h"

struct rth_audit_heads_list {
	struct rth_audit_head *v;
	size_t n, room;
	size_t next; /* the first that has not been compared */
};

void rth_audit_heads_list_free(struct rth_audit_heads_list *list);

/** Adds one; RTH_ERR_LIMIT when there are a million. */
enum rth_err
rth_audit_heads_list_add(struct rth_audit_heads_list *list,
			 const struct rth_audit_head *head) RTH_CHECKED;

/** Sorts by row; to be called once, after the last one was added. */
void rth_audit_heads_list_sort(struct rth_audit_heads_list *list);

/** Passes over those of rows before n. */
void rth_audit_heads_list_skip(struct rth_audit_heads_list *list, int64_t n);

/**
 * The next one that is of row n or before it, or NULL.
 */
const struct rth_audit_head *
rth_audit_heads_list_take(struct rth_audit_heads_list *list, int64_t n);

#endif
