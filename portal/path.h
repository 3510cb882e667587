/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The target of a request, taken apart strictly. Pure: no allocation, any
 * thread.
 */
#ifndef RTH_PATH_H
#define RTH_PATH_H

#include <stddef.h>

#include "err.h"

#define RTH_PATH_SIZE 512

/**
 * Takes the path out of an origin-form target ("/a/b?query", RFC 9112 3.2.1).
 *
 * Nothing is repaired: a path with an empty, "." or ".." segment, a percent
 * sign, a backslash, or anything but the unreserved characters of RFC 3986 and
 * "/" is refused, since no path of ours needs it.
 *
 * @param path   receives the path, with a NUL
 * @param target as it came
 * @param len    its length
 * @return 0, RTH_ERR_FORMAT or RTH_ERR_LIMIT
 */
enum rth_err rth_path_normalise(char path[RTH_PATH_SIZE], const char *target,
				size_t len) RTH_CHECKED;

/**
 * Decodes one value of a query ("%41+b" becomes "A b"); NUL and other control
 * characters are refused.
 *
 * @param out  receives the text, with a NUL
 * @param size its size
 */
enum rth_err rth_path_decode_value(char *out, size_t size, const char *value,
				   size_t len) RTH_CHECKED;

#endif
