/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing to a file. See write.h.
 */
#include "write.h"

#include <errno.h>
#include <unistd.h>

enum rth_err rth_write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return RTH_ERR_IO;
		data += n;
		len -= (size_t)n;
	}
	return RTH_OK;
}
