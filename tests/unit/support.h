/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the unit tests of common/ share. The functions are static so that a
 * test program stays one file.
 */
#ifndef RTH_TEST_SUPPORT_H
#define RTH_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The folder of the sources, also when building out of tree. */
static inline const char *test_path(char *out, size_t size, const char *name)
{
	const char *srcdir = getenv("RTH_SRCDIR");

	snprintf(out, size, "%s/tests/unit/%s", srcdir ? srcdir : ".", name);
	return out;
}

/* Reads a whole file of the tests; free() it. */
static inline char *test_read(const char *name, size_t *lenp)
{
	char path[512];
	FILE *file = fopen(test_path(path, sizeof(path), name), "rb");
	char *text;
	long len;

	if (!file)
		fail_msg("%s cannot be read", path);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	len = ftell(file);
	assert_true(len >= 0);
	rewind(file);
	text = malloc((size_t)len + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)len, file), len);
	text[len] = '\0';
	fclose(file);
	*lenp = (size_t)len;
	return text;
}

#endif
