/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of what is to be said. See feed_said.h.
 */
#include "feed_said.h"

#include "mem.h"

#define FLAGS (JSON_COMPACT | JSON_ENCODE_ANY)

enum rth_err rth_said_create(struct rth_said **saidp,
			     const struct rth_feed_head *head,
			     const json_t *body)
{
	struct rth_feed_head read;
	struct rth_said *said;
	size_t n = json_dumpb(body, NULL, 0, FLAGS);
	enum rth_err err;

	if (n == 0)
		return RTH_ERR_FORMAT;
	if (n > RTH_FEED_BODY_MAX)
		return RTH_ERR_LIMIT;
	said = rth_alloc(sizeof(*said) + RTH_FEED_HEAD_BYTES + n);
	if (!said)
		return RTH_ERR_NOMEM;
	said->kind = head->kind;
	said->len = RTH_FEED_HEAD_BYTES + n;
	rth_feed_write(said->record, head);
	/* Short of what it needs: no memory for its own. */
	if (json_dumpb(body, (char *)said->record + RTH_FEED_HEAD_BYTES, n,
		       FLAGS) != n)
		err = RTH_ERR_NOMEM;
	else
		err = rth_feed_read(&read, said->record, said->len);
	if (err)
		rth_free(said);
	else
		*saidp = said;
	return err;
}

static void put_first(struct rth_said_list *list, struct rth_said *said)
{
	said->next = list->first;
	list->first = said;
	if (!list->last)
		list->last = said;
	list->bytes += said->len;
}

enum rth_err rth_said_put(struct rth_said_list *list, struct rth_said *said)
{
	if (said->kind == RTH_FEED_BEGIN) {
		if (list->first && list->first->kind == RTH_FEED_BEGIN)
			rth_free(rth_said_take(list));
		put_first(list, said);
		return RTH_OK;
	}
	if (said->kind != RTH_FEED_END &&
	    list->bytes + said->len > RTH_FEED_SAID_MAX_BYTES)
		return RTH_ERR_LIMIT;
	said->next = NULL;
	if (list->last)
		list->last->next = said;
	else
		list->first = said;
	list->last = said;
	list->bytes += said->len;
	return RTH_OK;
}

struct rth_said *rth_said_take(struct rth_said_list *list)
{
	struct rth_said *said = list->first;

	if (!said)
		return NULL;
	list->first = said->next;
	if (!list->first)
		list->last = NULL;
	list->bytes -= said->len;
	return said;
}

void rth_said_put_back(struct rth_said_list *list, struct rth_said *said)
{
	put_first(list, said);
}

void rth_said_clear(struct rth_said_list *list)
{
	while (list->first)
		rth_free(rth_said_take(list));
}
