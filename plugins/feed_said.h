/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the control thread has to say to a recorder and was not sent yet: a
 * bounded list of whole records. The lock is its user's (feed.c).
 */
#ifndef RTH_FEED_SAID_H
#define RTH_FEED_SAID_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "feed_record.h"

/* Records that wait, without BEGIN and END: these always find room. */
#define RTH_FEED_SAID_MAX_BYTES (256 * 1024)

struct rth_said {
	struct rth_said *next;
	enum rth_feed_kind kind;
	size_t len;
	uint8_t record[]; /* as the socket wants it */
};

/* All zero is an empty list. */
struct rth_said_list {
	struct rth_said *first, *last;
	size_t bytes;
};

/**
 * Makes a record.
 *
 * @param body borrowed
 * @return 0, RTH_ERR_LIMIT: longer than its kind may be, RTH_ERR_FORMAT: not
 *         of a kind with a body, RTH_ERR_NOMEM
 */
enum rth_err rth_said_create(struct rth_said **saidp,
			     const struct rth_feed_head *head,
			     const json_t *body) RTH_CHECKED;

/**
 * Adds a record at the end; a BEGIN comes first, in place of one that waits.
 *
 * @param said taken on success
 * @return 0 or RTH_ERR_LIMIT
 */
enum rth_err rth_said_put(struct rth_said_list *list,
			  struct rth_said *said) RTH_CHECKED;

/** Takes the first, to be freed with rth_free; NULL when there is none. */
struct rth_said *rth_said_take(struct rth_said_list *list);

/** Puts back what rth_said_take gave. */
void rth_said_put_back(struct rth_said_list *list, struct rth_said *said);

void rth_said_clear(struct rth_said_list *list);

#endif
