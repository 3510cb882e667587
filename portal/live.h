/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GET /api/live: pages that hear at once who waits (server-sent events). One
 * thread looks what has changed and makes the texts; threads of the HTTP pool
 * send them. What is told is what the database has, so that it does not matter
 * which portal was told of it.
 */
#ifndef RTH_LIVE_H
#define RTH_LIVE_H

#include "exchange.h"
#include "portal.h"

struct rth_live;

#define RTH_LIVE_PER_USER 4

/** @param portal borrowed until rth_live_free. Startup only. */
enum rth_err rth_live_create(struct rth_live **livep,
			     struct rth_portal *portal) RTH_CHECKED;

/** Starts the thread. RTH_ERR_IO. Startup only. */
enum rth_err rth_live_start(struct rth_live *live) RTH_CHECKED;

/** Something has changed: look now. Any thread. @param live NULL is allowed */
void rth_live_wake(struct rth_live *live);

/**
 * Looks what there is to do by now, and does it. For the thread, and for tests
 * that have none.
 *
 * @param now_ms monotonic
 */
void rth_live_step(struct rth_live *live, int64_t now_ms);

/** Ends every stream, and the thread; new ones are refused. NULL is allowed. */
void rth_live_stop(struct rth_live *live);

/** Frees; every stream has been closed. NULL is allowed. */
void rth_live_free(struct rth_live *live);

/** GET /api/live; RTH_ON_STORE. */
void rth_live_handle(struct rth_exchange *x);

#endif
