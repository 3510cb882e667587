/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which bytes a request asks for: the headers Range and If-Range (RFC
 * 9110 14.2, 13.1.5). Any thread.
 */
#ifndef RTH_RANGE_H
#define RTH_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTH_RANGES_MAX 16
/* Of what is there, all ranges together may be so many times as long. */
#define RTH_RANGES_TIMES 2

struct rth_range {
	uint64_t first;
	uint64_t bytes; /* at least 1 */
};

enum rth_ranges_kind {
	RTH_RANGES_WHOLE, /* no range, or one that is ignored: 200 */
	RTH_RANGES_SOME,  /* 206 */
	RTH_RANGES_NONE,  /* nothing of it is there, or too much: 416 */
};

struct rth_ranges {
	enum rth_ranges_kind kind;
	size_t n; /* 1 to RTH_RANGES_MAX, of RTH_RANGES_SOME only */
	struct rth_range v[RTH_RANGES_MAX]; /* as asked, all within */
};

/**
 * Reads a Range.
 *
 * @param text   the header's value, or NULL; of an unknown unit or malformed it
 *               is ignored
 * @param length of what there is, in bytes; of nothing, it is ignored
 */
void rth_ranges_read(struct rth_ranges *ranges, const char *text,
		     uint64_t length);

/**
 * Says whether an If-Range holds, so that the Range is to be looked at: strong
 * comparison with an entity tag; a date never holds, as we give none.
 *
 * @param text the header's value
 * @param etag ours, with its quotes; NULL: what is there has none
 */
bool rth_range_if(const char *text, const char *etag);

#endif
