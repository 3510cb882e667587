/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the plugin tells through Janus's event handlers (sampleevh), written to
 * the audit.
 */
#ifndef RTH_EVENTS_H
#define RTH_EVENTS_H

#include "exchange.h"

/* One body holds so many bytes and events at most. */
#define RTH_EVENTS_MAX_BYTES 262144
#define RTH_EVENTS_MAX 1000

/* Handler, RTH_ON_STORE, on the private listener: POST /janus-events. */
void rth_events_handle(struct rth_exchange *x);

#endif
