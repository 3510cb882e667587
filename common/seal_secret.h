/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory for keys and for what was recorded: not in core dumps, between guard
 * pages, wiped when it is freed (libsodium's sodium_malloc).
 */
#ifndef RTH_SEAL_SECRET_H
#define RTH_SEAL_SECRET_H

#include <stddef.h>

#include "err.h"

/**
 * Memory for keys: locked, so that it is never swapped. Any thread.
 *
 * @return memory for rth_secret_free, or NULL, also when it cannot be locked
 *         (RLIMIT_MEMLOCK)
 */
void *rth_secret_alloc(size_t size_bytes) RTH_CHECKED;

/**
 * Memory for plain blocks: locked where RLIMIT_MEMLOCK allows it. Frames lie in
 * ordinary memory before they come here; who wants all of it locked calls
 * mlockall. Any thread.
 */
void *rth_secret_buffer(size_t size_bytes) RTH_CHECKED;

/** Wipes and frees; NULL is allowed. Any thread. */
void rth_secret_free(void *p);

#endif
