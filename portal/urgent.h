/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Urgent calls: patients who need somebody now, clinicians who are on call,
 * and the one who answers.
 */
#ifndef RTH_URGENT_H
#define RTH_URGENT_H

#include <jansson.h>

#include "exchange.h"
#include "session.h"

/**
 * What GET /api/session says of it: JSON. Worker threads only.
 *
 * @param jsonp receives a new reference
 */
enum rth_err rth_urgent_json(json_t **jsonp, const struct rth_portal *portal,
			     const struct rth_session *session) RTH_CHECKED;

/* Handlers, RTH_ON_STORE. */
void rth_urgent_handle_call(struct rth_exchange *x);
void rth_urgent_handle_take(struct rth_exchange *x);
void rth_urgent_handle_duty(struct rth_exchange *x);

#endif
