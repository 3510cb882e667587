/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Layouts. See film_layout.h.
 */
#include "film_layout.h"

#include <string.h>

#define W RTH_FILM_WIDTH
#define H RTH_FILM_HEIGHT
#define MARGIN 16
#define SMALL_W 320 /* a person over the other one */
#define SMALL_H 180
#define TINY_W 256 /* both over a screen */
#define TINY_H 144
#define COLUMN 320 /* both beside a screen */

/* Clinician, patient, screen. The last ones stand over the others. */
static const struct rth_film_cell layouts[2][2][RTH_FILM_CELLS] = {
	[RTH_FILM_SIDE_BY_SIDE] =
		{
			{{0, 0, W / 2, H}, {W / 2, 0, W / 2, H}, {0, 0, 0, 0}},
			{{W - COLUMN, 0, COLUMN, H / 2},
			 {W - COLUMN, H / 2, COLUMN, H / 2},
			 {0, 0, W - COLUMN, H}},
		},
	[RTH_FILM_PICTURE_IN_PICTURE] =
		{
			{{W - SMALL_W - MARGIN, H - SMALL_H - MARGIN, SMALL_W,
			  SMALL_H},
			 {0, 0, W, H},
			 {0, 0, 0, 0}},
			{{W - 2 * (TINY_W + MARGIN), H - TINY_H - MARGIN,
			  TINY_W, TINY_H},
			 {W - TINY_W - MARGIN, H - TINY_H - MARGIN, TINY_W,
			  TINY_H},
			 {0, 0, W, H}},
		},
};

void rth_film_cells(struct rth_film_cell cells[RTH_FILM_CELLS],
		    enum rth_film_layout layout, bool screen)
{
	memcpy(cells, layouts[layout][screen], sizeof(layouts[0][0]));
}

/* Even, at least 2, at most `max`. */
static int even(int64_t n, int max)
{
	n &= ~INT64_C(1);
	return n < 2 ? 2 : n > max ? max : (int)n;
}

struct rth_film_cell rth_film_fit(const struct rth_film_cell *cell, int width,
				  int height)
{
	struct rth_film_cell fit = *cell;

	fit.w &= ~1;
	fit.h &= ~1;
	if (width <= 0 || height <= 0)
		return fit;
	if ((int64_t)width * cell->h > (int64_t)height * cell->w)
		fit.h = even((int64_t)cell->w * height / width, cell->h);
	else
		fit.w = even((int64_t)cell->h * width / height, cell->w);
	fit.x += (cell->w - fit.w) / 2 & ~1;
	fit.y += (cell->h - fit.h) / 2 & ~1;
	return fit;
}
