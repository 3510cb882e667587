/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * base64url without padding (RFC 4648 section 5, RFC 7515 section 2).
 */
#ifndef RTH_BASE64_H
#define RTH_BASE64_H

#include <stddef.h>

#include "err.h"

/** Characters, without the NUL, that n bytes become. */
#define RTH_BASE64URL_LEN(n) (((n)*4 + 2) / 3)

/**
 * Encodes. Any thread.
 *
 * @param out      receives the characters and a NUL
 * @param out_size at least RTH_BASE64URL_LEN(len) + 1
 * @return 0 or RTH_ERR_LIMIT
 */
enum rth_err rth_base64url_encode(char *out, size_t out_size, const void *data,
				  size_t len) RTH_CHECKED;

/**
 * Decodes strictly: no padding, white space, other characters or non-zero
 * trailing bits. Any thread.
 *
 * @param out      receives the bytes
 * @param out_size its size
 * @param lenp     receives how many bytes
 * @return 0, RTH_ERR_FORMAT or RTH_ERR_LIMIT
 */
enum rth_err rth_base64url_decode(unsigned char *out, size_t out_size,
				  size_t *lenp, const char *s,
				  size_t s_len) RTH_CHECKED;

#endif
