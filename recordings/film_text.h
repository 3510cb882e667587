/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing for a film's picture, drawn by libavfilter's drawtext. All of it is
 * drawn before media is looked at, since a font is a file. What is in a text is
 * never interpreted.
 */
#ifndef RTH_FILM_TEXT_H
#define RTH_FILM_TEXT_H

#include <stdint.h>

#include "err.h"

/* A line of writing: how much of each pixel it covers, 0 to 255. */
struct rth_film_text {
	int width, height;
	uint8_t *cover; /* width * height; NULL: nothing is drawn */
};

/**
 * Draws a line.
 *
 * @param text    filled in on success; rth_film_text_clear it. As wide as what
 *                was drawn, at most max_px; as high as any line of that size
 * @param s       UTF-8, one line; what is too wide is left out
 * @param size_px of the letters
 * @return 0, RTH_ERR_NOMEM, RTH_ERR_NOT_FOUND: no font; RTH_ERR_FORMAT
 */
enum rth_err rth_film_text_draw(struct rth_film_text *text, const char *s,
				int size_px, int max_px) RTH_CHECKED;
void rth_film_text_clear(struct rth_film_text *text);

/* Digits and what stands between them, all of one width. */
#define RTH_FILM_CLOCK "0123456789-: "
#define RTH_FILM_CLOCK_SIZE 20 /* "2026-11-23 13:04:59" */

struct rth_film_clock {
	struct rth_film_text glyphs[sizeof(RTH_FILM_CLOCK) - 1];
	int step; /* from one to the next, in pixels */
};

/**
 * Draws all characters of a clock.
 *
 * @param clock   zeroed; filled in on success; rth_film_clock_clear it
 * @param size_px of the digits
 * @return as rth_film_text_draw
 */
enum rth_err rth_film_clock_draw(struct rth_film_clock *clock,
				 int size_px) RTH_CHECKED;
void rth_film_clock_clear(struct rth_film_clock *clock);

/** The glyph of a character; NULL for one that the clock does not have. */
const struct rth_film_text *
rth_film_clock_glyph(const struct rth_film_clock *clock, char c);

/** What it shows at a moment (seconds since 1970), at that offset from UTC. */
void rth_film_clock_text(char out[RTH_FILM_CLOCK_SIZE], int64_t time_s,
			 int64_t utc_offset_s);

#endif
