/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libavformat's output into a seal. See mux_io.h.
 */
#include "mux_io.h"

#include <errno.h>

#define BUFFER_BYTES 32768

static int write_bytes(void *arg, uint8_t *buf, int size)
{
	struct rth_mux_io *io = arg;

	if (!io->err) {
		io->err = rth_seal_write(io->seal, (uint64_t)io->at, buf,
					 (size_t)size);
		io->error = io->err ? errno : 0;
	}
	if (!io->err && io->head)
		io->err = rth_mux_index_head(io->head, buf, (size_t)size);
	if (io->err)
		return AVERROR(EIO);
	io->at += size;
	return size;
}

static int64_t seek(void *arg, int64_t offset, int whence)
{
	struct rth_mux_io *io = arg;
	int64_t length = (int64_t)rth_seal_length(io->seal);

	whence &= ~AVSEEK_FORCE;
	if (whence == AVSEEK_SIZE)
		return length;
	if (whence == SEEK_CUR)
		offset += io->at;
	else if (whence == SEEK_END)
		offset += length;
	if (offset < 0 || offset > length)
		return AVERROR(EINVAL);
	io->at = offset;
	return offset;
}

enum rth_err rth_mux_io_open(struct rth_mux_io *io, struct rth_seal *seal)
{
	uint8_t *buf = av_malloc(BUFFER_BYTES);

	if (!buf)
		return RTH_ERR_NOMEM;
	*io = (struct rth_mux_io){.seal = seal};
	io->av = avio_alloc_context(buf, BUFFER_BYTES, 1, io, NULL, write_bytes,
				    seek);
	if (!io->av) {
		av_free(buf);
		return RTH_ERR_NOMEM;
	}
	return RTH_OK;
}

void rth_mux_io_close(struct rth_mux_io *io)
{
	if (io->av)
		av_freep(&io->av->buffer);
	avio_context_free(&io->av);
}

enum rth_err rth_mux_io_result(const struct rth_mux_io *io, int result)
{
	if (io->err)
		return io->err;
	if (result == AVERROR(ENOMEM))
		return RTH_ERR_NOMEM;
	if (io->av->error < 0)
		return RTH_ERR_IO;
	return result < 0 ? RTH_ERR_FORMAT : RTH_OK;
}
