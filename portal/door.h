/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Doors: the standing addresses of clinicians, and who knocks there.
 */
#ifndef RTH_DOOR_H
#define RTH_DOOR_H

#include <jansson.h>

#include "exchange.h"
#include "session.h"

/**
 * A clinician's own door as docs/portal-api.md has it: JSON, or its null when
 * there is none. Worker threads only.
 *
 * @param jsonp receives a new reference
 */
enum rth_err rth_door_json(json_t **jsonp, const struct rth_portal *portal,
			   const char *user_id) RTH_CHECKED;

/* Handlers, RTH_ON_STORE. */
void rth_door_handle_own(struct rth_exchange *x);
void rth_door_handle_put(struct rth_exchange *x);
void rth_door_handle_get(struct rth_exchange *x);
void rth_door_handle_knock(struct rth_exchange *x);

#endif
