/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Completing a lane's file that was interrupted: what can be read of it is
 * copied, frame by frame, into a new file that gets its index and duration.
 */
#ifndef RTH_REMUX_H
#define RTH_REMUX_H

#include "lane.h"

struct rth_remux_source {
	/**
	 * Reads, as rth_unseal_read does.
	 *
	 * @param gotp receives how much: less than len only at the end
	 */
	enum rth_err (*read)(void *arg, uint64_t offset, void *data, size_t len,
			     size_t *gotp);
	void *arg;
	uint64_t length; /* bytes */
};

/**
 * Copies. A broken end is left out; nothing is held in memory but a frame.
 *
 * @param seal borrowed: a new file; it is not finished
 * @param info container, codecs, size, duration, bytes and frames are filled
 *             in, as far as is known also if it fails; the rest is not touched
 * @return 0; RTH_ERR_FORMAT: there is not one frame in it; RTH_ERR_NOMEM;
 *         what the seal or the source's read returned
 */
enum rth_err rth_mux_remux(const struct rth_remux_source *source,
			   struct rth_seal *seal,
			   struct rth_segment_info *info) RTH_CHECKED;

#endif
