/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signed heads, sorted.
 */
#include "audit_heads_list.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define ROOM_FIRST 64
#define ROOM_MAX 1000000 /* one an hour: of a century */

void rth_audit_heads_list_free(struct rth_audit_heads_list *list)
{
	rth_free(list->v);
	memset(list, 0, sizeof(*list));
}

static enum rth_err grow(struct rth_audit_heads_list *list)
{
	size_t room = list->room ? list->room * 2 : ROOM_FIRST;
	struct rth_audit_head *v;

	if (list->room >= ROOM_MAX)
		return RTH_ERR_LIMIT;
	v = rth_alloc(room * sizeof(*v));
	if (!v)
		return RTH_ERR_NOMEM;
	if (list->n)
		memcpy(v, list->v, list->n * sizeof(*v));
	rth_free(list->v);
	list->v = v;
	list->room = room;
	return 0;
}

enum rth_err rth_audit_heads_list_add(struct rth_audit_heads_list *list,
				      const struct rth_audit_head *head)
{
	enum rth_err err = list->n == list->room ? grow(list) : 0;

	if (!err)
		list->v[list->n++] = *head;
	return err;
}

static int compare(const void *a, const void *b)
{
	int64_t first = ((const struct rth_audit_head *)a)->n;
	int64_t second = ((const struct rth_audit_head *)b)->n;

	return first < second ? -1 : first > second;
}

void rth_audit_heads_list_sort(struct rth_audit_heads_list *list)
{
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), compare);
}

void rth_audit_heads_list_skip(struct rth_audit_heads_list *list, int64_t n)
{
	while (list->next < list->n && list->v[list->next].n < n)
		list->next++;
}

const struct rth_audit_head *
rth_audit_heads_list_take(struct rth_audit_heads_list *list, int64_t n)
{
	if (list->next == list->n || list->v[list->next].n > n)
		return NULL;
	return &list->v[list->next++];
}
