/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The target of a request, taken apart strictly.
 */
#include "path.h"

#include <string.h>

static int unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

/* A segment runs from after one '/' to before the next. */
static int segment_good(const char *s, size_t len)
{
	size_t i;

	if (len == 0 || (len == 1 && s[0] == '.') ||
	    (len == 2 && s[0] == '.' && s[1] == '.'))
		return 0;
	for (i = 0; i < len; i++)
		if (!unreserved(s[i]))
			return 0;
	return 1;
}

enum rth_err rth_path_normalise(char path[RTH_PATH_SIZE], const char *target,
				size_t len)
{
	const char *query = memchr(target, '?', len);
	size_t path_len = query ? (size_t)(query - target) : len;
	size_t from = 1, to;

	if (path_len == 0 || target[0] != '/')
		return RTH_ERR_FORMAT;
	if (path_len >= RTH_PATH_SIZE)
		return RTH_ERR_LIMIT;
	while (path_len > 1) {
		const char *slash = memchr(target + from, '/', path_len - from);

		to = slash ? (size_t)(slash - target) : path_len;
		if (!segment_good(target + from, to - from))
			return RTH_ERR_FORMAT;
		if (!slash)
			break;
		from = to + 1;
	}
	memcpy(path, target, path_len);
	path[path_len] = '\0';
	return 0;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum rth_err rth_path_decode_value(char *out, size_t size, const char *value,
				   size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		int c = (unsigned char)value[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			if (len - i < 3 || hex(value[i + 1]) < 0 ||
			    hex(value[i + 2]) < 0)
				return RTH_ERR_FORMAT;
			c = hex(value[i + 1]) * 16 + hex(value[i + 2]);
			i += 2;
		}
		if (c < 0x20 || c == 0x7f)
			return RTH_ERR_FORMAT;
		if (n + 1 >= size)
			return RTH_ERR_LIMIT;
		out[n++] = (char)c;
	}
	if (n >= size)
		return RTH_ERR_LIMIT;
	out[n] = '\0';
	return 0;
}
