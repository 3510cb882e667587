/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing to a file all that there is.
 */
#ifndef RTH_WRITE_H
#define RTH_WRITE_H

#include <stddef.h>

#include "err.h"

/**
 * Writes everything, whatever interrupts it. May wait for the disk: no HTTP
 * thread.
 *
 * @param fd   open for writing; borrowed
 * @param data len bytes; borrowed
 * @return 0 or RTH_ERR_IO, and then some of it may have been written
 */
enum rth_err rth_write_all(int fd, const char *data, size_t len) RTH_CHECKED;

#endif
