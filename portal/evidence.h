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

/** Says whether an event of this name is for rth_evidence_take. */
bool rth_evidence_is(const char *event);

/**
 * Keeps an event `recording` or `consent` (docs/protocol.md). Worker threads.
 *
 * @param data borrowed; only the members that are known are taken
 * @return 0; RTH_ERR_FORMAT when a member is missing or wrong, RTH_ERR_STATE
 *         when the recording is further already: nothing was written;
 *         else as the store
 */
enum rth_err rth_evidence_take(const struct rth_portal *portal,
			       const json_t *data) RTH_CHECKED;

#endif
