/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where in a film's picture each lane stands. All numbers are pixels and even,
 * since colours have half the resolution.
 */
#ifndef RTH_FILM_LAYOUT_H
#define RTH_FILM_LAYOUT_H

#include "film_job.h"

#define RTH_FILM_WIDTH 1280
#define RTH_FILM_HEIGHT 720
#define RTH_FILM_CELLS 3
#define RTH_FILM_SCREEN RTH_FILM_PEOPLE /* the third cell */

struct rth_film_cell {
	int x, y, w, h; /* w 0: not there */
};

/**
 * Says where the people (by lane) and a screen are.
 *
 * @param screen somebody shows one
 */
void rth_film_cells(struct rth_film_cell cells[RTH_FILM_CELLS],
		    enum rth_film_layout layout, bool screen);

/** The largest part of a cell, in its middle, that has a picture's shape. */
struct rth_film_cell rth_film_fit(const struct rth_film_cell *cell, int width,
				  int height);

#endif
