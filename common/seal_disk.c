/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole reads and writes, over signals and short counts. */
#include "seal_disk.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NS 500000

static void pause_a_moment(void)
{
	const struct timespec moment = {0, PAUSE_NS};

	nanosleep(&moment, NULL);
}

const struct rth_seal_disk rth_seal_disk = {
	.pread = pread,
	.pwrite = pwrite,
	.fdatasync = fdatasync,
	.fstat = fstat,
	.close = close,
	.pause = pause_a_moment,
};

enum rth_err rth_disk_read(const struct rth_seal_disk *disk, int fd, void *data,
			   size_t len, uint64_t at, size_t *gotp)
{
	uint8_t *to = data;
	size_t got = 0;

	while (got < len) {
		ssize_t n =
			disk->pread(fd, to + got, len - got, (off_t)(at + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return RTH_ERR_IO;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	*gotp = got;
	return RTH_OK;
}

enum rth_err rth_disk_write(const struct rth_seal_disk *disk, int fd,
			    const void *data, size_t len, uint64_t at)
{
	const uint8_t *from = data;
	size_t put = 0;

	while (put < len) {
		ssize_t n = disk->pwrite(fd, from + put, len - put,
					 (off_t)(at + put));

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return RTH_ERR_IO;
		put += (size_t)n;
	}
	return RTH_OK;
}

enum rth_err rth_disk_sync(const struct rth_seal_disk *disk, int fd)
{
	int failed;

	do
		failed = disk->fdatasync(fd);
	while (failed && errno == EINTR);
	return failed ? RTH_ERR_IO : RTH_OK;
}
