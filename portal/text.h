/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Short texts that people wrote, and times as the interface writes them.
 */
#ifndef RTH_TEXT_H
#define RTH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define RTH_TIME_SIZE 21 /* "2026-01-31T09:30:00Z" and NUL */

/**
 * Copies a text without control characters, line ends and marks that turn the
 * direction of writing, cut to a number of characters and trimmed of spaces.
 *
 * @param out       receives it, with a NUL
 * @param size      at least 4 * max_chars + 1
 * @param max_chars code points that are kept
 * @return 0, RTH_ERR_FORMAT when it is not UTF-8, RTH_ERR_LIMIT when `size` is
 *         too small
 */
enum rth_err rth_text_clean(char *out, size_t size, const char *text,
			    size_t max_chars) RTH_CHECKED;

/** Says whether a text is UTF-8 without control characters (of ASCII). */
bool rth_text_plain(const char *text);

/** How many code points a clean text has. */
size_t rth_text_chars(const char *text);

/** Writes seconds since 1970 as RFC 3339 in UTC. */
enum rth_err rth_text_time(char out[RTH_TIME_SIZE], int64_t time_s) RTH_CHECKED;

/**
 * Reads RFC 3339 in UTC ("2026-01-31T09:30:00Z", a fraction is dropped), years
 * 1970 to 9999.
 */
enum rth_err rth_text_read_time(int64_t *time_sp, const char *text) RTH_CHECKED;

#endif
