/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One file of a lane: a sealed file with a container in it.
 */
#ifndef RTH_SEGMENT_H
#define RTH_SEGMENT_H

#include "lane.h"
#include "mux.h"

struct rth_segment;

/**
 * Makes the file, exclusively, mode 0600, and syncs the folder.
 *
 * @param number   of the segment, from 1
 * @param voice    it has a voice track
 * @param picture  borrowed; codec 0: it has none
 * @param start_us its time 0, relay's clock
 * @return 0; RTH_ERR_FORMAT: no container takes the picture, there is no file;
 *         else the disk or memory failed
 */
enum rth_err rth_segment_create(struct rth_segment **segmentp,
				const struct rth_lane_conf *conf,
				unsigned number, bool voice,
				const struct rth_mux_picture *picture,
				int64_t start_us) RTH_CHECKED;

/** Frees; an unfinished file stays as it is. NULL is allowed. */
void rth_segment_free(struct rth_segment *segment);

/**
 * Adds a frame; frame->time_us is on the relay's clock. One that the container
 * does not take is left out.
 */
enum rth_err rth_segment_write(struct rth_segment *segment,
			       const struct rth_mux_frame *frame) RTH_CHECKED;

/** All so far is on the disk when it returns 0. */
enum rth_err rth_segment_flush(struct rth_segment *segment) RTH_CHECKED;

/** Completes the file. Then only info and free. */
enum rth_err rth_segment_finish(struct rth_segment *segment) RTH_CHECKED;

/** What the manifest says of it; so far, if it is open. */
void rth_segment_info(const struct rth_segment *segment,
		      struct rth_segment_info *info);

#endif
