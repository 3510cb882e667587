/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A piece of a text that is being read: taken apart from the front, never
 * copied, never NUL-terminated. Any thread.
 */
#ifndef RTH_PIECE_H
#define RTH_PIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct piece {
	const char *p;
	size_t n;
};

static inline bool is(struct piece s, const char *text)
{
	return s.n == strlen(text) && strncasecmp(s.p, text, s.n) == 0;
}

/* Takes what stands before the first `end`, and that, off the front of s. */
static inline struct piece take(struct piece *s, char end)
{
	const char *at = s->n ? memchr(s->p, end, s->n) : NULL;
	struct piece front = {s->p, at ? (size_t)(at - s->p) : s->n};
	size_t gone = front.n + (at ? 1 : 0);

	s->p += gone;
	s->n -= gone;
	return front;
}

static inline bool number(uint32_t *np, struct piece s, uint32_t max)
{
	uint64_t n = 0;

	if (s.n < 1 || s.n > 10)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	}
	if (n > max)
		return false;
	*np = (uint32_t)n;
	return true;
}

static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static inline bool hex24(uint32_t *np, struct piece s)
{
	uint32_t n = 0;

	if (s.n != 6)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int d = hex_digit(s.p[i]);

		if (d < 0)
			return false;
		n = n << 4 | (uint32_t)d;
	}
	*np = n;
	return true;
}

#endif
