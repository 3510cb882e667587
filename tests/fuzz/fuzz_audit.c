/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Verifies an export that somebody made up, or made out of a real one. Nobody
 * here has the private half of the key, so of rows that are called good some
 * have been signed by it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sodium.h>

#include "audit_verify.h"

/* Of the exports in the corpus. */
#define KEY "wmZf9Vnwd7J4_aMWffb5Xp_7oy66xQP4z_fDTkJs5aY"

static void expect(int holds)
{
	if (!holds)
		abort();
}

static void hear(void *arg, const char *text)
{
	(void)text;
	++*(size_t *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t told = 0;
	struct rth_audit_verify v = {
		.keys = {KEY},
		.keys_n = 1,
		.tell = hear,
		.arg = &told,
	};
	int fd = memfd_create("export", MFD_CLOEXEC);
	char path[64];
	enum rth_err err;

	expect(sodium_init() >= 0);
	expect(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = rth_audit_verify_file(&v, path);
	close(fd);
	expect(!err || err == RTH_ERR_NOMEM);
	expect(v.wrong == (told > 0));
	if (!err && !v.wrong)
		expect(v.heads > 0 && v.first_n > 0 && v.first_n <= v.last_n &&
		       v.signed_n == v.last_n);
	return 0;
}
