/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Putting pictures together. See film_canvas.h.
 */
#include "film_canvas.h"

#include <string.h>

#include <libswscale/swscale.h>

#define BLACK 16
#define WHITE 235
#define NO_COLOUR 128

void rth_film_scaled_clear(struct rth_film_scaled *scaled)
{
	sws_freeContext(scaled->scaler);
	scaled->scaler = NULL;
	av_frame_free(&scaled->frame);
}

/* A frame of that size to scale into. */
static enum rth_err prepare(struct rth_film_scaled *scaled, int width,
			    int height)
{
	if (scaled->frame && scaled->frame->width == width &&
	    scaled->frame->height == height)
		return RTH_OK;
	av_frame_free(&scaled->frame);
	scaled->frame = rth_film_canvas(width, height);
	return scaled->frame ? RTH_OK : RTH_ERR_NOMEM;
}

enum rth_err rth_film_scale(struct rth_film_scaled *scaled,
			    const AVFrame *frame, uint64_t serial,
			    const struct rth_film_cell *cell,
			    struct rth_film_cell *fitp)
{
	struct rth_film_cell fit =
		rth_film_fit(cell, frame->width, frame->height);
	enum rth_err err;

	if (scaled->frame && scaled->serial == serial &&
	    scaled->frame->width == fit.w && scaled->frame->height == fit.h) {
		*fitp = fit;
		return RTH_OK;
	}
	err = prepare(scaled, fit.w, fit.h);
	if (err)
		return err;
	scaled->serial = 0;
	scaled->scaler = sws_getCachedContext(
		scaled->scaler, frame->width, frame->height,
		(enum AVPixelFormat)frame->format, fit.w, fit.h,
		AV_PIX_FMT_YUV420P, SWS_BILINEAR, NULL, NULL, NULL);
	if (!scaled->scaler ||
	    sws_scale(scaled->scaler, (const uint8_t *const *)frame->data,
		      frame->linesize, 0, frame->height, scaled->frame->data,
		      scaled->frame->linesize) != fit.h)
		return RTH_ERR_FORMAT;
	scaled->serial = serial;
	*fitp = fit;
	return RTH_OK;
}

AVFrame *rth_film_canvas(int width, int height)
{
	const struct rth_film_cell all = {0, 0, width, height};
	AVFrame *frame = av_frame_alloc();

	if (!frame)
		return NULL;
	frame->format = AV_PIX_FMT_YUV420P;
	frame->width = width;
	frame->height = height;
	if (av_frame_get_buffer(frame, 0) < 0)
		av_frame_free(&frame);
	else
		rth_film_fill(frame, &all, BLACK);
	return frame;
}

void rth_film_fill(AVFrame *canvas, const struct rth_film_cell *at,
		   uint8_t grey)
{
	for (int plane = 0; plane < 3; plane++) {
		int half = plane ? 2 : 1, step = canvas->linesize[plane];
		uint8_t *row = canvas->data[plane] + at->y / half * step +
			       at->x / half;

		for (int y = 0; y < (at->h + half - 1) / half; y++)
			memset(row + y * step, plane ? NO_COLOUR : grey,
			       (size_t)((at->w + half - 1) / half));
	}
}

void rth_film_put(AVFrame *canvas, const struct rth_film_scaled *scaled,
		  const struct rth_film_cell *at)
{
	for (int plane = 0; plane < 3; plane++) {
		int half = plane ? 2 : 1, step = canvas->linesize[plane];
		int from_step = scaled->frame->linesize[plane];
		const uint8_t *from = scaled->frame->data[plane];
		uint8_t *row = canvas->data[plane] + at->y / half * step +
			       at->x / half;

		for (int y = 0; y < at->h / half; y++)
			memcpy(row + y * step, from + y * from_step,
			       (size_t)(at->w / half));
	}
}

void rth_film_darken(AVFrame *canvas, const struct rth_film_cell *at)
{
	for (int plane = 0; plane < 3; plane++) {
		int half = plane ? 2 : 1, step = canvas->linesize[plane];
		int dark = plane ? NO_COLOUR : BLACK;
		uint8_t *row = canvas->data[plane] + at->y / half * step +
			       at->x / half;

		for (int y = 0; y < at->h / half; y++, row += step)
			for (int x = 0; x < at->w / half; x++)
				row[x] = (uint8_t)((row[x] + 2 * dark) / 3);
	}
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

void rth_film_write(AVFrame *canvas, const struct rth_film_text *text, int x,
		    int y, const struct rth_film_cell *in)
{
	int step = canvas->linesize[0];
	int left = x < in->x ? in->x - x : 0, top = y < in->y ? in->y - y : 0;
	int right = least(text->width, in->x + in->w - x);
	int bottom = least(text->height, in->y + in->h - y);

	for (int v = top; v < bottom; v++)
		for (int u = left; u < right; u++) {
			int cover = text->cover[v * text->width + u];
			uint8_t *p = &canvas->data[0][(y + v) * step + x + u];

			*p = (uint8_t)((*p * (255 - cover) + WHITE * cover) /
				       255);
		}
}

static uint8_t spread(int level, int zero, int range)
{
	int out = zero == BLACK ? (level - BLACK) * 255 / range
				: NO_COLOUR + (level - zero) * 255 / range;

	return (uint8_t)(out < 0 ? 0 : out > 255 ? 255 : out);
}

void rth_film_full_range(AVFrame *canvas)
{
	for (int plane = 0; plane < 3; plane++) {
		int half = plane ? 2 : 1;
		int w = (canvas->width + half - 1) / half;
		int h = (canvas->height + half - 1) / half;

		for (int y = 0; y < h; y++) {
			uint8_t *row = canvas->data[plane] +
				       y * canvas->linesize[plane];

			for (int x = 0; x < w; x++)
				row[x] = spread(row[x],
						plane ? NO_COLOUR : BLACK,
						plane ? 224 : WHITE - BLACK);
		}
	}
	canvas->format = AV_PIX_FMT_YUVJ420P;
}
