/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of a recording as plain bytes, by range, opened block by block
 * while they are sent: of a play, or to be kept.
 */
#ifndef RTH_MEDIA_H
#define RTH_MEDIA_H

#include "exchange.h"
#include "portal.h"
#include "streams.h"

struct rth_media;
struct rth_ranges;

#define RTH_SERVE(kind) (1U << (kind)) /* enum rth_recording_kind */

/* A file of a recording that is to be sent; everything is borrowed. */
struct rth_serve {
	const char *file;
	unsigned kinds;	    /* it must be one of: a mask of RTH_SERVE */
	bool attachment;    /* to be kept, not shown */
	const char *visit;  /* for the audit; NULL: not known */
	const char *digest; /* that its end record must have, as hex; or NULL */
	struct rth_stream_of of;
	char key[RTH_ID_SIZE]; /* of.play, of a download */
	/* Called before the first byte, when it is known what is asked for; its
	   error is the answer. Not of a HEAD. NULL is allowed. */
	enum rth_err (*before)(struct rth_exchange *x, void *arg,
			       const struct rth_ranges *ranges, uint64_t bytes);
	void *arg;
};

/** Sends it, by range, or says why not. Worker threads only. */
void rth_serve(struct rth_exchange *x, const struct rth_serve *what);

/**
 * Fills `of` in for a download by the request's person, who has just been found
 * to have `right`: while bytes are sent it is asked again and again.
 *
 * @param recording its id; borrowed for as long as `what` is used
 */
void rth_serve_session(struct rth_serve *what, const struct rth_exchange *x,
		       const char *recording, unsigned right);

/** The media type of a file's name; NULL: it is not sent. Any thread. */
const char *rth_media_type(const char *name);

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
