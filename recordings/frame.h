/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A frame of voice or picture, as it goes into a file; and bytes that grow, up
 * to the most that a frame may have.
 */
#ifndef RTH_FRAME_H
#define RTH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define RTH_FRAME_MAX (4 << 20) /* bytes */

struct rth_bytes {
	uint8_t *data;
	size_t len, size;
	size_t max; /* 0: RTH_FRAME_MAX */
};

/** Appends; RTH_ERR_LIMIT over the most, RTH_ERR_NOMEM. */
enum rth_err rth_bytes_add(struct rth_bytes *bytes, const void *data,
			   size_t len) RTH_CHECKED;

/** Frees what it holds; it is empty then. */
void rth_bytes_clear(struct rth_bytes *bytes);

struct rth_frame {
	const uint8_t *data; /* borrowed during a call */
	size_t len;
	uint32_t rtp; /* its RTP time */
	bool key;     /* can be decoded without another frame */
};

#endif
