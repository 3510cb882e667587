/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The picture of a lane. See film_picture.h.
 */
#include "film_picture.h"

#include "mem.h"

#define HOLD_US INT64_C(4000000) /* of a camera that sends nothing new */
#define HOLD_SCREEN_US INT64_C(10000000) /* it may stand still */
#define HOLD_AFTER_END_US INT64_C(1000000)

struct rth_film_picture {
	int64_t hold_us;
	struct rth_film_track *track; /* NULL: between two files */
	AVFrame *now, *next;
	bool has_now, has_next;
	int64_t now_us, next_us, since_us;
	uint64_t serial;
	size_t at, n; /* the file that is read, or comes next */
	struct rth_film_file *files[];
};

void rth_film_picture_close(struct rth_film_picture *p)
{
	if (!p)
		return;
	rth_film_track_close(p->track);
	av_frame_free(&p->now);
	av_frame_free(&p->next);
	rth_free(p);
}

enum rth_err rth_film_picture_open(struct rth_film_picture **picturep,
				   struct rth_film_file *files, size_t n,
				   enum rth_film_lane lane)
{
	struct rth_film_picture *p =
		rth_alloc(sizeof(*p) + n * sizeof(struct rth_film_file *));

	if (!p)
		return RTH_ERR_NOMEM;
	p->hold_us = lane < RTH_FILM_PEOPLE ? HOLD_US : HOLD_SCREEN_US;
	for (size_t i = 0; i < n; i++)
		if (files[i].input->lane == lane)
			p->files[p->n++] = &files[i];
	p->now = av_frame_alloc();
	p->next = av_frame_alloc();
	if (!p->now || !p->next) {
		rth_film_picture_close(p);
		return RTH_ERR_NOMEM;
	}
	*picturep = p;
	return RTH_OK;
}

/* Begins the next file when it is its turn. */
static enum rth_err begin(struct rth_film_picture *p, int64_t time_us)
{
	if (p->track || p->at == p->n ||
	    p->files[p->at]->input->start_ms * 1000 > time_us)
		return RTH_OK;
	return rth_film_track_open(&p->track, p->files[p->at],
				   RTH_FILM_PICTURE);
}

/* Looks one picture ahead. */
static enum rth_err look(struct rth_film_picture *p)
{
	AVFrame *frame;
	enum rth_err err = rth_film_track_next(p->track, &frame, &p->next_us);

	if (err)
		return err;
	if (frame) {
		av_frame_move_ref(p->next, frame);
		p->has_next = true;
		return RTH_OK;
	}
	rth_film_track_close(p->track);
	p->track = NULL;
	p->at++;
	return RTH_OK;
}

static bool is_shown(const struct rth_film_picture *p, int64_t time_us)
{
	int64_t hold_us = p->hold_us;

	if (!p->track && !p->has_next)
		hold_us = HOLD_AFTER_END_US;
	return p->has_now && time_us - p->now_us <= hold_us;
}

static void turn(struct rth_film_picture *p)
{
	if (!is_shown(p, p->next_us))
		p->since_us = p->next_us;
	av_frame_unref(p->now);
	av_frame_move_ref(p->now, p->next);
	p->now_us = p->next_us;
	p->has_now = true;
	p->has_next = false;
	p->serial++;
}

enum rth_err rth_film_picture_at(struct rth_film_picture *p, int64_t time_us,
				 const AVFrame **framep, uint64_t *serialp)
{
	for (;;) {
		enum rth_err err = p->has_next ? RTH_OK : begin(p, time_us);

		if (!err && !p->has_next && p->track)
			err = look(p);
		else if (!err && p->has_next && p->next_us <= time_us)
			turn(p);
		else if (!err)
			break;
		if (err)
			return err;
	}
	*framep = is_shown(p, time_us) ? p->now : NULL;
	*serialp = p->serial;
	return RTH_OK;
}

int64_t rth_film_picture_since_us(const struct rth_film_picture *p)
{
	return p->since_us;
}
