/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of recordings, and what is told of one (docs/portal-api.md,
 * "Review").
 */
#ifndef RTH_REVIEW_H
#define RTH_REVIEW_H

#include <jansson.h>

#include "exchange.h"
#include "portal.h"
#include "session.h"
#include "store.h"

/**
 * A recording as JSON, with the rights of who looks. Any thread.
 *
 * @return NULL without memory
 */
json_t *rth_review_json(const struct rth_portal *portal,
			const struct rth_reviewed *reviewed,
			const struct rth_session *viewer);

/** The state of a name of the interface; false when there is none. */
bool rth_review_state_named(enum rth_review_state *statep, const char *name);

/* Handlers. */
void rth_review_handle_list(struct rth_exchange *x);
void rth_review_handle_get(struct rth_exchange *x);

#endif
