/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of a play: lanes and chat of a recording as plain bytes, by range,
 * opened block by block while they are sent.
 */
#ifndef RTH_MEDIA_H
#define RTH_MEDIA_H

#include "exchange.h"
#include "portal.h"

struct rth_media;

/**
 * Starts what looks again and again whether those who play still may
 * (streams.h). Startup only.
 *
 * @param portal borrowed until rth_media_free; its settings, store, work and
 *               keys are used
 * @return 0, RTH_ERR_NOMEM, RTH_ERR_IO
 */
enum rth_err rth_media_create(struct rth_media **mediap,
			      struct rth_portal *portal) RTH_CHECKED;

/** Ends it; NULL is allowed. Every answer has ended. */
void rth_media_free(struct rth_media *media);

/**
 * Ends the answers under way that are of a recording. Any thread.
 *
 * @param media NULL: there are none
 */
void rth_media_cut(struct rth_media *media, const char *recording);

/** GET /api/plays/:play/:file; worker threads only. */
void rth_media_handle(struct rth_exchange *x);

#endif
