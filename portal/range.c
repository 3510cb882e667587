/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Range and If-Range. Numbers that do not fit are as large as can be: there are
 * no such bytes.
 */
#include "range.h"

#include <string.h>
#include <strings.h>

#define UNIT "bytes="
#define BLANKS " \t"

/* What one range-spec says (RFC 9110 14.1.1). */
struct spec {
	bool suffix; /* the last `last` bytes */
	uint64_t first, last;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* 1*DIGIT; stops behind it. */
static bool read_number(uint64_t *np, const char **sp)
{
	const char *s = *sp;
	uint64_t n = 0;

	for (; is_digit(*s); s++) {
		unsigned digit = (unsigned)(*s - '0');

		n = n > (UINT64_MAX - digit) / 10 ? UINT64_MAX : n * 10 + digit;
	}
	if (s == *sp)
		return false;
	*sp = s;
	*np = n;
	return true;
}

/* first "-" [last], or "-" length; stops behind it. */
static bool read_spec(struct spec *spec, const char **sp)
{
	spec->suffix = **sp == '-';
	spec->first = 0;
	if (!spec->suffix && !read_number(&spec->first, sp))
		return false;
	if (**sp != '-')
		return false;
	(*sp)++;
	if (!spec->suffix && !is_digit(**sp)) {
		spec->last = UINT64_MAX;
		return true;
	}
	return read_number(&spec->last, sp) && spec->last >= spec->first;
}

/* The bytes of it that are there; false: none are. */
static bool cut_spec(struct rth_range *range, const struct spec *spec,
		     uint64_t length)
{
	if (spec->suffix) {
		range->bytes = spec->last < length ? spec->last : length;
		range->first = length - range->bytes;
		return range->bytes > 0;
	}
	if (spec->first >= length)
		return false;
	range->first = spec->first;
	range->bytes = length - spec->first;
	if (spec->last - spec->first < range->bytes)
		range->bytes = spec->last - spec->first + 1;
	return true;
}

/* While a list is read. */
struct list {
	struct rth_ranges *ranges;
	uint64_t length;
	size_t specs;	/* also those of which nothing is there */
	uint64_t bytes; /* of all, RTH_RANGES_TIMES the length at most */
	bool over;	/* a limit is passed */
};

static void add(struct list *list, const struct spec *spec)
{
	struct rth_range range;

	if (++list->specs > RTH_RANGES_MAX)
		list->over = true;
	if (list->over || !cut_spec(&range, spec, list->length))
		return;
	list->over =
		range.bytes > RTH_RANGES_TIMES * list->length - list->bytes;
	if (list->over)
		return;
	list->bytes += range.bytes;
	list->ranges->v[list->ranges->n++] = range;
}

/* 1#range-spec; empty elements are taken (RFC 9110 5.6.1.2). */
static bool read_list(struct list *list, const char *s)
{
	struct spec spec;

	for (;;) {
		s += strspn(s, BLANKS ",");
		if (!*s)
			return list->specs > 0;
		if (!read_spec(&spec, &s))
			return false;
		add(list, &spec);
		s += strspn(s, BLANKS);
		if (*s && *s != ',')
			return false;
	}
}

void rth_ranges_read(struct rth_ranges *ranges, const char *text,
		     uint64_t length)
{
	struct list list = {.ranges = ranges, .length = length};

	memset(ranges, 0, sizeof(*ranges));
	ranges->kind = RTH_RANGES_WHOLE;
	if (!text || !length || length > UINT64_MAX / RTH_RANGES_TIMES ||
	    strncasecmp(text, UNIT, strlen(UNIT)) != 0 ||
	    !read_list(&list, text + strlen(UNIT))) {
		ranges->n = 0;
		return;
	}
	if (list.over)
		ranges->n = 0;
	ranges->kind = ranges->n ? RTH_RANGES_SOME : RTH_RANGES_NONE;
}

bool rth_range_if(const char *text, const char *etag)
{
	/* A weak one of theirs begins with W, so is never ours. */
	return etag && strcmp(text, etag) == 0;
}
