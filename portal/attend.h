/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a clinician says to who waits, from wherever the clinician is: a note,
 * or that this person is not let in. The plugin tells it.
 */
#ifndef RTH_ATTEND_H
#define RTH_ATTEND_H

#include "exchange.h"

/* Handlers, RTH_ON_NET. */
void rth_attend_handle_note(struct rth_exchange *x);
void rth_attend_handle_decline(struct rth_exchange *x);

#endif
