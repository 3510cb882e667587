/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Feeds bytes to the reader of the Cookie header.
 *
 * What is taken lies within the header, in order, with names that are tokens
 * and values without semicolon or control character.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cookie.h"

static void expect(int holds)
{
	if (!holds)
		abort();
}

static void check(const struct rth_cookie *cookie, const char *from,
		  const char *end)
{
	size_t i;

	expect(cookie->name >= from && cookie->name_len > 0);
	expect(cookie->value == cookie->name + cookie->name_len + 1);
	expect(cookie->value + cookie->value_len <= end);
	for (i = 0; i < cookie->name_len; i++)
		expect(!memchr("=; \t\",\\()<>@:/[]?{}", cookie->name[i], 20) &&
		       (unsigned char)cookie->name[i] > 0x20 &&
		       (unsigned char)cookie->name[i] < 0x7f);
	for (i = 0; i < cookie->value_len; i++)
		expect((unsigned char)cookie->value[i] >= 0x20 &&
		       cookie->value[i] != ';' && cookie->value[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rth_cookie cookies[RTH_COOKIE_MAX];
	char *text = malloc(size ? size : 1);
	const char *from = text;
	size_t i, n = 0;

	expect(text != NULL);
	memcpy(text, data, size);
	if (rth_cookie_parse(cookies, &n, text, size) == 0) {
		expect(n <= RTH_COOKIE_MAX);
		for (i = 0; i < n; i++) {
			check(&cookies[i], from, text + size);
			from = cookies[i].value + cookies[i].value_len;
		}
	}
	free(text);
	return 0;
}
