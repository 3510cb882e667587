/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base64url without padding; decoding accepts exactly what encoding makes. */
#include "base64.h"

#include <stdint.h>

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

enum rth_err rth_base64url_encode(char *out, size_t out_size, const void *data,
				  size_t len)
{
	const unsigned char *in = data;
	uint32_t bits = 0;
	unsigned n_bits = 0;

	if (len > SIZE_MAX / 4 - 2 || out_size <= RTH_BASE64URL_LEN(len))
		return RTH_ERR_LIMIT;
	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | in[i];
		for (n_bits += 8; n_bits >= 6; n_bits -= 6)
			*out++ = alphabet[bits >> (n_bits - 6) & 63];
	}
	if (n_bits)
		*out++ = alphabet[bits << (6 - n_bits) & 63];
	*out = '\0';
	return RTH_OK;
}

enum rth_err rth_base64url_decode(unsigned char *out, size_t out_size,
				  size_t *lenp, const char *s, size_t s_len)
{
	size_t len = s_len / 4 * 3 + s_len % 4 * 3 / 4;
	uint32_t bits = 0;
	unsigned n_bits = 0;

	if (s_len % 4 == 1)
		return RTH_ERR_FORMAT;
	if (len > out_size)
		return RTH_ERR_LIMIT;
	for (size_t i = 0; i < s_len; i++) {
		int value = value_of(s[i]);

		if (value < 0)
			return RTH_ERR_FORMAT;
		bits = bits << 6 | (uint32_t)value;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			*out++ = (unsigned char)(bits >> n_bits);
		}
	}
	if (bits & ((1u << n_bits) - 1))
		return RTH_ERR_FORMAT;
	*lenp = len;
	return RTH_OK;
}
