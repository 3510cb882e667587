/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plays: one person looks at one recording, with a reason, in one session
 * (struct rth_play, store.h). A play is made after its row is in the audit; it
 * is good as long as its session lasts, its person has the right and the
 * recording is there.
 */
#ifndef RTH_PLAY_H
#define RTH_PLAY_H

#include "exchange.h"
#include "portal.h"
#include "store.h"

/**
 * Finds a play for the request's person. Worker threads only.
 *
 * @param play filled in on success
 * @param id   whatever somebody typed
 * @return 0; RTH_ERR_NOT_FOUND unless it exists, is of this session, and the
 *         right to play its recording is there now
 */
enum rth_err rth_play_find(struct rth_play *play, const struct rth_exchange *x,
			   const char *id) RTH_CHECKED;

/**
 * The same outside of its request: whether it is still good. Worker threads
 * only.
 *
 * @return 0; RTH_ERR_NOT_FOUND: no more; others: not known
 */
enum rth_err rth_play_still(const struct rth_portal *portal,
			    const char *id) RTH_CHECKED;

/* Handlers. */
void rth_play_handle_make(struct rth_exchange *x);
void rth_play_handle_get(struct rth_exchange *x);
void rth_play_handle_watched(struct rth_exchange *x);

#endif
