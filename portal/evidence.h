/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the plugin tells of recordings: the states of one, and who agreed to
 * what. Becomes rows of the audit and the recording's own row.
 */
#ifndef RTH_EVIDENCE_H
#define RTH_EVIDENCE_H

#include <stdbool.h>

#include <jansson.h>

#include "portal.h"
#include "store.h"

/** Says whether an event of this name is for rth_evidence_take. */
bool rth_evidence_is(const char *event);

/* What goes with an event into the database. */
struct rth_evidence_with {
	const json_t *data; /* members for its row in the audit, or NULL */
	rth_store_change_fn change; /* done in its transaction, or NULL */
	void *arg;
};

/**
 * Keeps an event `recording` or `consent` (docs/protocol.md): all of it, or
 * nothing. Worker threads.
 *
 * @param data borrowed; only the members that are known are taken
 * @param with borrowed
 * @return 0; RTH_ERR_FORMAT when a member is missing or wrong, RTH_ERR_STATE
 *         when the recording is further already: nothing was written;
 *         else as the store
 */
enum rth_err
rth_evidence_take(const struct rth_portal *portal, const json_t *data,
		  const struct rth_evidence_with *with) RTH_CHECKED;

#endif
