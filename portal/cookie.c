/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Cookie header, read without repairing.
 */
#include "cookie.h"

#include <string.h>

/* RFC 9110 5.6.2 */
static int token_char(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9'))
		return 1;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

/* RFC 6265 4.1.1, and the space and comma that other programs' cookies on the
   same host may have. */
static int value_char(char c)
{
	return c >= 0x20 && c < 0x7f && c != ';';
}

static enum rth_err parse_pair(struct rth_cookie *cookie, const char *s,
			       size_t len)
{
	const char *eq = memchr(s, '=', len);
	size_t i;

	if (!eq || eq == s)
		return RTH_ERR_FORMAT;
	cookie->name = s;
	cookie->name_len = (size_t)(eq - s);
	cookie->value = eq + 1;
	cookie->value_len = len - cookie->name_len - 1;
	for (i = 0; i < cookie->name_len; i++)
		if (!token_char(cookie->name[i]))
			return RTH_ERR_FORMAT;
	for (i = 0; i < cookie->value_len; i++)
		if (!value_char(cookie->value[i]))
			return RTH_ERR_FORMAT;
	return 0;
}

enum rth_err rth_cookie_parse(struct rth_cookie cookies[RTH_COOKIE_MAX],
			      size_t *np, const char *header, size_t len)
{
	size_t from = 0, n = 0;

	while (from < len) {
		const char *semi = memchr(header + from, ';', len - from);
		size_t to = semi ? (size_t)(semi - header) : len;
		enum rth_err err;

		if (n == RTH_COOKIE_MAX)
			return RTH_ERR_LIMIT;
		err = parse_pair(&cookies[n], header + from, to - from);
		if (err)
			return err;
		n++;
		from = to;
		if (semi)
			from++;
		while (from < len && header[from] == ' ')
			from++;
	}
	*np = n;
	return 0;
}
