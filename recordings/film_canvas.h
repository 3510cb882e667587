/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A picture that is put together of others, scaled, and of writing.
 */
#ifndef RTH_FILM_CANVAS_H
#define RTH_FILM_CANVAS_H

#include <libavutil/frame.h>

#include "film_layout.h"
#include "film_text.h"

/* A picture in the size in which it is shown, kept for the next time. */
struct rth_film_scaled {
	struct SwsContext *scaler;
	AVFrame *frame; /* NULL: nothing yet */
	uint64_t serial;
};

void rth_film_scaled_clear(struct rth_film_scaled *scaled);

/**
 * Scales a picture to fit into a cell, unless that was done.
 *
 * @param frame  borrowed; of any size and kind
 * @param serial another one for another picture
 * @param fitp   receives the part of the cell that it has
 * @return 0, RTH_ERR_NOMEM; RTH_ERR_FORMAT: of a kind that cannot be scaled
 */
enum rth_err rth_film_scale(struct rth_film_scaled *scaled,
			    const AVFrame *frame, uint64_t serial,
			    const struct rth_film_cell *cell,
			    struct rth_film_cell *fitp) RTH_CHECKED;

/** Makes a black picture (yuv420p) that can be drawn on; NULL: no memory. */
AVFrame *rth_film_canvas(int width, int height) RTH_CHECKED;

/** Fills a part of it with a level of grey (16 black to 235 white). */
void rth_film_fill(AVFrame *canvas, const struct rth_film_cell *at,
		   uint8_t grey);

/** Puts a scaled picture there; it has that size. */
void rth_film_put(AVFrame *canvas, const struct rth_film_scaled *scaled,
		  const struct rth_film_cell *at);

/** Darkens a part of it, so that white writing can be read. */
void rth_film_darken(AVFrame *canvas, const struct rth_film_cell *at);

/**
 * Writes in white.
 *
 * @param x, y its upper left corner
 * @param in   nothing is drawn outside
 */
void rth_film_write(AVFrame *canvas, const struct rth_film_text *text, int x,
		    int y, const struct rth_film_cell *in);

/** Makes the levels of one those of a JPEG: 0 to 255. Then only encode it. */
void rth_film_full_range(AVFrame *canvas);

#endif
