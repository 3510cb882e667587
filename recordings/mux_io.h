/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the muxer share: libavformat's output into a seal.
 */
#ifndef RTH_MUX_IO_H
#define RTH_MUX_IO_H

#include <libavformat/avformat.h>

#include "mux_index.h"
#include "seal.h"

/* libavformat's view of a seal. The first error stays. */
struct rth_mux_io {
	struct rth_seal *seal; /* borrowed */
	int64_t at;
	enum rth_err err;
	int error;		    /* errno of RTH_ERR_IO */
	struct rth_mux_index *head; /* takes what is written; NULL: nobody */
	AVIOContext *av;
};

/** Makes it ready for writing. */
enum rth_err rth_mux_io_open(struct rth_mux_io *io,
			     struct rth_seal *seal) RTH_CHECKED;
void rth_mux_io_close(struct rth_mux_io *io);

/**
 * What became of a call of libavformat: its result, and the output's.
 * RTH_ERR_FORMAT: it did not like what it was given; nothing was written.
 */
enum rth_err rth_mux_io_result(const struct rth_mux_io *io,
			       int result) RTH_CHECKED;

#endif
