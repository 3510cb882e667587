/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drawing text. See film_text.h.
 *
 * One graph for each text: a black picture, drawtext in white, grey levels out.
 * The text is set as an option, past libavfilter's parser, and with
 * expansion=none: neither `%{}` nor `\` nor `:` mean anything in it.
 */
#include "film_text.h"

#include <string.h>
#include <time.h>

#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavutil/opt.h>

#include "mem.h"

#ifndef RTH_FILM_FONT
#define RTH_FILM_FONT "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
#endif
#define LINE 3 / 2 /* times the letters' size: the height of a line */
#define LEFT 2	   /* pixels before the text, and behind it */
#define BLACK 16
#define WHITE 235

void rth_film_text_clear(struct rth_film_text *text)
{
	rth_free(text->cover);
	text->cover = NULL;
	text->width = text->height = 0;
}

static enum rth_err av_err(int r)
{
	return r == AVERROR(ENOMEM) ? RTH_ERR_NOMEM : RTH_ERR_FORMAT;
}

struct graph {
	AVFilterGraph *all;
	AVFilterContext *last, *sink;
};

/* Adds a filter behind the last one; options are NAME, VALUE, ..., NULL. */
static enum rth_err add(struct graph *g, const char *filter,
			const char *const *options)
{
	AVFilterContext *f = avfilter_graph_alloc_filter(
		g->all, avfilter_get_by_name(filter), filter);
	int r = f ? 0 : AVERROR(ENOMEM);

	for (; r >= 0 && options && *options; options += 2)
		r = av_opt_set(f, options[0], options[1],
			       AV_OPT_SEARCH_CHILDREN);
	if (r >= 0)
		r = avfilter_init_dict(f, NULL);
	if (r >= 0 && g->last)
		r = avfilter_link(g->last, 0, f, 0);
	g->last = f;
	return r < 0 ? av_err(r) : RTH_OK;
}

static enum rth_err build(struct graph *g, const char *s, int size_px,
			  int max_px)
{
	char size[32], letters[16], y[48];
	const char *const canvas[] = {"color", "black", "size", size, NULL};
	const char *const text[] = {
		"fontfile",
		RTH_FILM_FONT,
		"text",
		s,
		"expansion",
		"none",
		"fontcolor",
		"white",
		"fontsize",
		letters,
		"x",
		"2",
		"y",
		y,
		"fix_bounds",
		"0",
		"ft_load_flags",
		"default",
		NULL,
	};
	enum rth_err err;
	int r;

	snprintf(size, sizeof(size), "%dx%d", max_px, size_px * LINE);
	snprintf(letters, sizeof(letters), "%d", size_px);
	snprintf(y, sizeof(y), "%d-ascent", size_px * 11 / 10);
	g->all->nb_threads = 1;
	err = add(g, "color", canvas);
	if (!err && add(g, "drawtext", text))
		err = RTH_ERR_NOT_FOUND;
	if (!err)
		err = add(g, "format",
			  (const char *[]){"pix_fmts", "gray", NULL});
	if (!err)
		err = add(g, "buffersink", NULL);
	if (err)
		return err;
	g->sink = g->last;
	r = avfilter_graph_config(g->all, NULL);
	return r < 0 ? av_err(r) : RTH_OK;
}

/* Grey levels are those of television: 16 black, 235 white. */
static uint8_t cover_of(uint8_t grey)
{
	int cover = (grey - BLACK) * 255 / (WHITE - BLACK);

	return (uint8_t)(cover < 0 ? 0 : cover > 255 ? 255 : cover);
}

/* How far to the right anything was drawn. */
static int drawn_width(const AVFrame *frame)
{
	int width = 0;

	for (int y = 0; y < frame->height; y++)
		for (int x = width; x < frame->width; x++)
			if (cover_of(
				    frame->data[0][y * frame->linesize[0] + x]))
				width = x + 1;
	return width;
}

static enum rth_err copy(struct rth_film_text *text, const AVFrame *frame)
{
	int width = drawn_width(frame) + LEFT;

	width = width < frame->width ? width : frame->width;
	text->cover = rth_alloc((size_t)width * (size_t)frame->height);
	if (!text->cover)
		return RTH_ERR_NOMEM;
	text->width = width;
	text->height = frame->height;
	for (int y = 0; y < frame->height; y++)
		for (int x = 0; x < width; x++)
			text->cover[y * width + x] = cover_of(
				frame->data[0][y * frame->linesize[0] + x]);
	return RTH_OK;
}

enum rth_err rth_film_text_draw(struct rth_film_text *text, const char *s,
				int size_px, int max_px)
{
	struct graph g = {.all = avfilter_graph_alloc()};
	AVFrame *frame = av_frame_alloc();
	enum rth_err err = g.all && frame ? RTH_OK : RTH_ERR_NOMEM;
	int r = 0;

	if (!err)
		err = build(&g, s, size_px, max_px);
	if (!err)
		r = av_buffersink_get_frame(g.sink, frame);
	if (!err)
		err = r < 0 ? av_err(r) : copy(text, frame);
	av_frame_free(&frame);
	avfilter_graph_free(&g.all);
	return err;
}

/* The clock. */

#define GLYPHS (sizeof(RTH_FILM_CLOCK) - 1)

enum rth_err rth_film_clock_draw(struct rth_film_clock *clock, int size_px)
{
	static const char characters[] = RTH_FILM_CLOCK;
	enum rth_err err = RTH_OK;

	clock->step = 0;
	for (size_t i = 0; i < GLYPHS && !err; i++) {
		const char s[2] = {characters[i], '\0'};
		struct rth_film_text *glyph = &clock->glyphs[i];

		err = rth_film_text_draw(glyph, s, size_px, 2 * size_px);
		if (!err && glyph->width - LEFT > clock->step)
			clock->step = glyph->width - LEFT;
	}
	if (err)
		rth_film_clock_clear(clock);
	return err;
}

void rth_film_clock_clear(struct rth_film_clock *clock)
{
	for (size_t i = 0; i < GLYPHS; i++)
		rth_film_text_clear(&clock->glyphs[i]);
}

const struct rth_film_text *
rth_film_clock_glyph(const struct rth_film_clock *clock, char c)
{
	static const char all[] = RTH_FILM_CLOCK;
	const char *at = c ? strchr(all, c) : NULL;

	return at ? &clock->glyphs[at - all] : NULL;
}

void rth_film_clock_text(char out[RTH_FILM_CLOCK_SIZE], int64_t time_s,
			 int64_t utc_offset_s)
{
	time_t t = (time_t)(time_s + utc_offset_s);
	struct tm tm;

	out[0] = '\0';
	if (gmtime_r(&t, &tm))
		strftime(out, RTH_FILM_CLOCK_SIZE, "%Y-%m-%d %H:%M:%S", &tm);
}
