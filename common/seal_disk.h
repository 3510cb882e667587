/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The disk as sealed files see it. A test replaces it to let the power go or
 * the disk fail at each call.
 */
#ifndef RTH_SEAL_DISK_H
#define RTH_SEAL_DISK_H

#include <stdint.h>

#include <sys/stat.h>
#include <sys/types.h>

#include "err.h"

struct rth_seal_disk {
	ssize_t (*pread)(int fd, void *data, size_t len, off_t at);
	ssize_t (*pwrite)(int fd, const void *data, size_t len, off_t at);
	int (*fdatasync)(int fd);
	int (*fstat)(int fd, struct stat *st);
	int (*close)(int fd);
	void (*pause)(void); /* half a millisecond, for somebody's write */
};

/** The real one. */
extern const struct rth_seal_disk rth_seal_disk;

/**
 * Reads until len or the end of the file.
 *
 * @param gotp how much; less than len only at the end
 * @return 0 or RTH_ERR_IO, with errno
 */
enum rth_err rth_disk_read(const struct rth_seal_disk *disk, int fd, void *data,
			   size_t len, uint64_t at, size_t *gotp) RTH_CHECKED;

/** Writes all of it; 0 or RTH_ERR_IO, with errno. */
enum rth_err rth_disk_write(const struct rth_seal_disk *disk, int fd,
			    const void *data, size_t len,
			    uint64_t at) RTH_CHECKED;

/**
 * Waits until all that was written is on the disk. A failure is final: the
 * kernel may have dropped what it could not write.
 */
enum rth_err rth_disk_sync(const struct rth_seal_disk *disk,
			   int fd) RTH_CHECKED;

#endif
