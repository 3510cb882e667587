/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A disk in memory that remembers what was written in which order, can fail at
 * any call, and can show what is left when the power goes at any moment: all
 * that was written before the last completed sync, and of what came later any
 * part. Functions are static so that a test program stays one file.
 */
#ifndef RTH_TEST_SEAL_SIM_H
#define RTH_TEST_SEAL_SIM_H

#include "seal_support.h"

#include <errno.h>

#define SIM_BYTES (4096 + 24 * RTH_RECORD_MAX)
#define SIM_OPS 4096
#define SIM_SECTOR 512

struct sim_op {
	bool sync;
	uint64_t at;
	size_t len;
	uint8_t *data;
};

struct sim {
	uint8_t *bytes; /* SIM_BYTES; what a program reads now */
	size_t size;
	struct sim_op op[SIM_OPS];
	size_t n;
	/* Failing: at the call with this number (from 1), in this way. */
	unsigned long calls, fail_at;
	int error;     /* errno; 0: a short count */
	bool for_good; /* every call from there on */
	unsigned closed;
};

static struct sim sim;

static inline void sim_reset(void)
{
	uint8_t *bytes = sim.bytes;

	for (size_t i = 0; i < sim.n; i++)
		free(sim.op[i].data);
	memset(&sim, 0, sizeof(sim));
	sim.bytes = bytes ? bytes : malloc(SIM_BYTES);
	assert_non_null(sim.bytes);
	memset(sim.bytes, 0, SIM_BYTES);
}

static inline void sim_free(void)
{
	sim_reset();
	free(sim.bytes);
	sim.bytes = NULL;
}

static inline bool sim_fails(void)
{
	sim.calls++;
	return sim.fail_at && (sim.calls == sim.fail_at ||
			       (sim.for_good && sim.calls > sim.fail_at));
}

static inline ssize_t sim_pread(int fd, void *data, size_t len, off_t at)
{
	size_t from = (size_t)at < sim.size ? (size_t)at : sim.size;

	(void)fd;
	if (sim_fails()) {
		errno = sim.error;
		if (sim.error)
			return -1;
		len = len > 1 ? len / 2 : len;
	}
	if (len > sim.size - from)
		len = sim.size - from;
	memcpy(data, sim.bytes + from, len);
	return (ssize_t)len;
}

static inline ssize_t sim_pwrite(int fd, const void *data, size_t len, off_t at)
{
	struct sim_op *op = &sim.op[sim.n];

	(void)fd;
	assert_true((size_t)at + len <= SIM_BYTES && sim.n < SIM_OPS);
	if (sim_fails()) {
		errno = sim.error;
		if (sim.error)
			return -1;
		len = len > 1 ? len / 2 : len;
	}
	op->at = (uint64_t)at;
	op->len = len;
	op->data = malloc(len + 1);
	assert_non_null(op->data);
	memcpy(op->data, data, len);
	sim.n++;
	memcpy(sim.bytes + at, data, len);
	if ((size_t)at + len > sim.size)
		sim.size = (size_t)at + len;
	return (ssize_t)len;
}

static inline int sim_fdatasync(int fd)
{
	(void)fd;
	assert_true(sim.n < SIM_OPS);
	if (sim_fails() && sim.error) {
		errno = sim.error;
		return -1;
	}
	sim.op[sim.n].sync = true;
	sim.n++;
	return 0;
}

static inline int sim_fstat(int fd, struct stat *st)
{
	(void)fd;
	memset(st, 0, sizeof(*st));
	st->st_size = (off_t)sim.size;
	return 0;
}

static inline int sim_close(int fd)
{
	(void)fd;
	sim.closed++;
	if (sim_fails() && sim.error) {
		errno = sim.error;
		return -1;
	}
	return 0;
}

static inline void sim_pause(void)
{
}

static const struct rth_seal_disk sim_disk = {
	.pread = sim_pread,
	.pwrite = sim_pwrite,
	.fdatasync = sim_fdatasync,
	.fstat = sim_fstat,
	.close = sim_close,
	.pause = sim_pause,
};

static inline size_t sim_last_sync(size_t before)
{
	size_t durable = 0;

	for (size_t i = 0; i < before; i++)
		if (sim.op[i].sync)
			durable = i + 1;
	return durable;
}

static inline void sim_apply(uint8_t *image, size_t *size,
			     const struct sim_op *op, size_t from, size_t to)
{
	if (to <= from)
		return;
	memcpy(image + op->at + from, op->data + from, to - from);
	if (op->at + to > *size)
		*size = op->at + to;
}

#endif
