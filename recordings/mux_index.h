/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The index of an MP4, written when it ends. While it is being written the
 * file is fragmented, so that it can be read up to its last flush; but not
 * every browser can seek in that, nor tell how long it is. At the end one
 * `moov` is appended that knows every frame, and what was written before is
 * covered by one `mdat`: 16 bytes are changed, whatever the length.
 *
 *   ftyp moov moof mdat moof mdat ...           while it is written
 *   ftyp [mdat                      ] moov      at the end
 *
 * ISO/IEC 14496-12. No libav in here.
 */
#ifndef RTH_MUX_INDEX_H
#define RTH_MUX_INDEX_H

#include "frame.h"
#include "mux.h"

struct rth_mux_index;

/** Makes one. `voice`, `picture`: which tracks there are, in this order. */
enum rth_err rth_mux_index_create(struct rth_mux_index **indexp, bool voice,
				  bool picture) RTH_CHECKED;
void rth_mux_index_free(struct rth_mux_index *index); /* NULL is allowed */

/** Takes bytes of the file's head (ftyp, moov), as they are written. */
enum rth_err rth_mux_index_head(struct rth_mux_index *index, const void *data,
				size_t len) RTH_CHECKED;

/** Notes a frame that went to the muxer; its time in ticks. */
enum rth_err rth_mux_index_frame(struct rth_mux_index *index,
				 enum rth_track track, size_t len, int64_t time,
				 bool key) RTH_CHECKED;

/**
 * A fragment was written: the frames since the last one, voice first.
 *
 * @param end where it ends in the file, which is where its frames end
 */
enum rth_err rth_mux_index_fragment(struct rth_mux_index *index,
				    uint64_t end) RTH_CHECKED;

/**
 * Makes the index.
 *
 * @param moov  filled in; what is to be appended
 * @param end   where that will stand
 * @param cover what is to be written at *atp afterwards
 */
enum rth_err rth_mux_index_finish(const struct rth_mux_index *index,
				  struct rth_bytes *moov, uint64_t end,
				  uint8_t cover[16], uint64_t *atp) RTH_CHECKED;

#endif
