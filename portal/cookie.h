/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Cookie header (RFC 6265 4.2), read without repairing. Pure: no
 * allocation, any thread.
 */
#ifndef RTH_COOKIE_H
#define RTH_COOKIE_H

#include <stddef.h>

#include "err.h"

#define RTH_COOKIE_MAX 16

struct rth_cookie {
	const char *name;
	size_t name_len;
	const char *value;
	size_t value_len;
};

/**
 * Takes "a=b; c=d" apart.
 *
 * @param cookies receives views into `header`
 * @param np      receives how many
 * @return 0; RTH_ERR_FORMAT: a name that is no token, or a value with other
 *         than cookie octets; RTH_ERR_LIMIT: more than RTH_COOKIE_MAX
 */
enum rth_err rth_cookie_parse(struct rth_cookie cookies[RTH_COOKIE_MAX],
			      size_t *np, const char *header,
			      size_t len) RTH_CHECKED;

#endif
