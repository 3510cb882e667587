/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of a play: lanes and chat of a recording as plain bytes, by range,
 * opened block by block while they are sent.
 */
#ifndef RTH_MEDIA_H
#define RTH_MEDIA_H

#include "exchange.h"
#include "portal.h"

/**
 * Makes portal->streams (streams.h) as its settings say. Startup only.
 *
 * @param portal borrowed for as long as portal->streams is there
 */
enum rth_err rth_media_open(struct rth_portal *portal) RTH_CHECKED;

/** GET /api/plays/:play/:file; worker threads only. */
void rth_media_handle(struct rth_exchange *x);

#endif
