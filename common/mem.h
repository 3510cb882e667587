/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Allocation that a test can make fail. All code of RTHealth allocates here.
 */
#ifndef RTH_MEM_H
#define RTH_MEM_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/**
 * Allocates zeroed memory. Any thread.
 *
 * @param size_bytes how much; 0 is allowed
 * @return memory to give to rth_free, or NULL
 */
void *rth_alloc(size_t size_bytes) RTH_CHECKED;

/**
 * Copies a string. Any thread.
 *
 * @param s borrowed; NULL gives NULL
 * @return memory to give to rth_free, or NULL
 */
char *rth_strdup(const char *s) RTH_CHECKED;

/** Copies len bytes and adds a NUL. Any thread. */
char *rth_memdup0(const void *data, size_t len) RTH_CHECKED;

/** Frees what the above gave; NULL is allowed. Any thread. */
void rth_free(void *p);

/**
 * For tests: lets the n-th allocation from now fail (1 is the next), once;
 * 0 switches it off. Not for threads that allocate at the same time.
 */
void rth_mem_fail_at(unsigned long n);

/**
 * For another library's allocator: counts as one allocation and says whether a
 * test wants it to fail. Any thread.
 */
bool rth_mem_refuse(void) RTH_CHECKED;

/** For tests: how many allocations have been made since rth_mem_fail_at. */
unsigned long rth_mem_count(void);

#endif
