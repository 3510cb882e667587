/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a live stream tells: whole states as JSON texts.
 */
#ifndef RTH_LIVE_STATE_H
#define RTH_LIVE_STATE_H

#include "portal.h"

/**
 * Who waits for a clinician: the data of `event: door`. Worker threads only.
 *
 * @param textp receives a text for rth_free
 */
enum rth_err rth_live_door_text(char **textp, const struct rth_portal *portal,
				const char *user_id) RTH_CHECKED;

/** Where somebody waits: the data of `event: queue`. The same. */
enum rth_err rth_live_queue_text(char **textp, const struct rth_portal *portal,
				 const char *user_id) RTH_CHECKED;

#endif
