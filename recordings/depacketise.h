/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the packets of one stream, in order, to frames. Opus, VP8 and H264 go
 * through libavformat's own depacketisers, VP9 and AV1 through payload.h.
 *
 * After a hole no picture is handed out before the next key frame: what could
 * not be decoded rightly is not kept. H264 frames are Annex B.
 */
#ifndef RTH_DEPACKETISE_H
#define RTH_DEPACKETISE_H

#include "frame.h"
#include "rtp.h"

struct rth_depacketise;

/** Receives each frame; an error is handed on. */
typedef enum rth_err rth_frame_fn(void *arg, const struct rth_frame *frame);

/**
 * Makes one for a stream.
 *
 * @param codec   enum rth_feed_codec
 * @param deliver borrowed, with arg
 * @return 0, RTH_ERR_NOMEM, RTH_ERR_FORMAT for another codec
 */
enum rth_err rth_depacketise_create(struct rth_depacketise **dp, int codec,
				    rth_frame_fn *deliver,
				    void *arg) RTH_CHECKED;
void rth_depacketise_free(struct rth_depacketise *d); /* NULL is allowed */

/**
 * Takes the next packet. What is malformed is dropped and counted.
 *
 * @param rtp  borrowed
 * @param hole packets before it are missing
 * @return 0, RTH_ERR_NOMEM, or what deliver returned
 */
enum rth_err rth_depacketise_put(struct rth_depacketise *d,
				 const struct rth_rtp *rtp,
				 bool hole) RTH_CHECKED;

/* Frames that were dropped. */
struct rth_depacketise_counts {
	uint64_t malformed;
	uint64_t undecodable; /* after a loss, or before a key frame */
};
struct rth_depacketise_counts
rth_depacketise_counts(const struct rth_depacketise *d);

#endif
