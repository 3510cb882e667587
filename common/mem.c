/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Allocation, with a counter that lets a test make one of them fail. */
#include "mem.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static atomic_ulong made;
static atomic_ulong fail_at;

bool rth_mem_refuse(void)
{
	unsigned long n = atomic_fetch_add(&made, 1) + 1;

	return n == atomic_load(&fail_at);
}

void *rth_alloc(size_t size_bytes)
{
	if (rth_mem_refuse())
		return NULL;
	return calloc(1, size_bytes ? size_bytes : 1);
}

char *rth_strdup(const char *s)
{
	if (!s)
		return NULL;
	return rth_memdup0(s, strlen(s));
}

char *rth_memdup0(const void *data, size_t len)
{
	char *copy;

	if (len == SIZE_MAX)
		return NULL;
	copy = rth_alloc(len + 1);
	if (copy && len)
		memcpy(copy, data, len);
	return copy;
}

void rth_free(void *p)
{
	free(p);
}

void rth_mem_fail_at(unsigned long n)
{
	atomic_store(&made, 0);
	atomic_store(&fail_at, n);
}

unsigned long rth_mem_count(void)
{
	return atomic_load(&made);
}
