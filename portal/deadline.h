/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sockets that are shut down when they are late, or when they are to be cut, by
 * a thread of its own. The HTTP library's timeout only sees silence; this one
 * sees who drips.
 */
#ifndef RTH_DEADLINE_H
#define RTH_DEADLINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct rth_deadlines; /* the set */
struct rth_deadline;  /* one socket in it */

/** Starts the thread. RTH_ERR_NOMEM, RTH_ERR_IO. */
enum rth_err rth_deadlines_create(struct rth_deadlines **setp) RTH_CHECKED;

/** Stops the thread and frees; NULL is allowed. The set is empty by then. */
void rth_deadlines_free(struct rth_deadlines *set);

/**
 * Adds a socket. Any thread.
 *
 * @param fd   borrowed until rth_deadline_remove; must not be closed before
 * @param in_s seconds from now
 * @return NULL when there is no memory
 */
struct rth_deadline *rth_deadline_add(struct rth_deadlines *set, int fd,
				      int64_t in_s) RTH_CHECKED;

/** Gives a socket another deadline. Any thread. */
void rth_deadline_set(struct rth_deadlines *set, struct rth_deadline *deadline,
		      int64_t in_s);

/**
 * Shuts a socket down within two seconds once a flag is true; what has not been
 * sent by then never is. Any thread.
 *
 * @param cut borrowed until the next call for this socket or its removal; NULL:
 *            none
 */
void rth_deadline_watch(struct rth_deadlines *set,
			struct rth_deadline *deadline, const atomic_bool *cut);

/** How many sockets have been shut down for being late since it was last asked.
    Any thread. */
unsigned rth_deadlines_late(struct rth_deadlines *set);

/** Takes a socket out and frees the deadline. Any thread. */
void rth_deadline_remove(struct rth_deadlines *set,
			 struct rth_deadline *deadline);

#endif
