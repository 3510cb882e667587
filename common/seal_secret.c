/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Locked memory. libsodium's allocator does not say when locking fails. */
#include "seal_secret.h"

#include <sodium.h>

#include "mem.h"

void *rth_secret_buffer(size_t size_bytes)
{
	void *p;

	if (rth_mem_refuse())
		return NULL;
	p = sodium_malloc(size_bytes);
	if (p)
		sodium_memzero(p, size_bytes);
	return p;
}

void *rth_secret_alloc(size_t size_bytes)
{
	void *p = rth_secret_buffer(size_bytes);

	if (p && sodium_mlock(p, size_bytes)) {
		sodium_free(p);
		return NULL;
	}
	return p;
}

void rth_secret_free(void *p)
{
	sodium_free(p);
}
