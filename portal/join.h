/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * POST /api/visits/<id>/join: what a browser needs to enter the room. POST
 * /api/check: what it needs to measure its line before.
 */
#ifndef RTH_JOIN_H
#define RTH_JOIN_H

#include "exchange.h"

/* Handler, RTH_ON_STORE. */
void rth_join_handle(struct rth_exchange *x);
void rth_join_handle_check(struct rth_exchange *x);

#endif
