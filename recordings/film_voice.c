/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mixing voices. See film_voice.h.
 *
 * A file's frames follow each other without a gap as long as their times say so
 * within a tolerance: containers round times to milliseconds, and a voice that
 * is moved by that each 20 ms crackles.
 */
#include "film_voice.h"

#include <math.h>
#include <string.h>

#include "mem.h"

#define TOLERANCE (RTH_FILM_RATE_HZ * 30 / 1000) /* samples */
#define FRAME_MAX 5760				 /* Opus: 120 ms */
#define LOUD 0.8f /* from here on it is limited softly */

/* The voice of one file. */
struct part {
	struct rth_film_file *file;
	struct rth_film_track *track; /* NULL: not begun, or over */
	bool over, begun;
	float samples[FRAME_MAX];
	size_t len, used; /* of samples */
	int64_t at;	  /* where samples[used] stands, in samples */
};

struct rth_film_voice {
	int64_t at; /* where it is read on, in samples */
	bool heard;
	size_t n;
	struct part parts[];
};

void rth_film_voice_close(struct rth_film_voice *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->n; i++)
		rth_film_track_close(v->parts[i].track);
	rth_free(v);
}

enum rth_err rth_film_voice_open(struct rth_film_voice **voicep,
				 struct rth_film_file *files, size_t n,
				 unsigned wanted)
{
	struct rth_film_voice *v =
		rth_alloc(sizeof(*v) + n * sizeof(v->parts[0]));

	if (!v)
		return RTH_ERR_NOMEM;
	for (size_t i = 0; i < n; i++)
		if (wanted & (1u << files[i].input->lane))
			v->parts[v->n++].file = &files[i];
	*voicep = v;
	return RTH_OK;
}

bool rth_film_voice_heard(const struct rth_film_voice *v)
{
	return v->heard;
}

static void end_part(struct part *p)
{
	rth_film_track_close(p->track);
	p->track = NULL;
	p->over = true;
}

static void take(struct part *p, const AVFrame *frame, int64_t time_us)
{
	int64_t at = av_rescale(time_us, RTH_FILM_RATE_HZ, 1000000);
	int64_t off = at - p->at;
	const float *left = (const float *)frame->extended_data[0];
	const float *right = left;
	size_t n = (size_t)frame->nb_samples;

	if (frame->ch_layout.nb_channels > 1)
		right = (const float *)frame->extended_data[1];
	if (!p->begun || off > TOLERANCE || off < -TOLERANCE)
		p->at = at;
	p->begun = true;
	p->len = n < FRAME_MAX ? n : FRAME_MAX;
	p->used = 0;
	for (size_t i = 0; i < p->len; i++)
		p->samples[i] = (left[i] + right[i]) / 2;
}

/* The next frame; `over` at the end. */
static enum rth_err refill(struct part *p)
{
	while (!p->over && p->used == p->len) {
		AVFrame *frame;
		int64_t time_us;
		enum rth_err err =
			rth_film_track_next(p->track, &frame, &time_us);

		if (err)
			return err;
		if (!frame)
			end_part(p);
		else if (frame->format == AV_SAMPLE_FMT_FLTP &&
			 frame->sample_rate == RTH_FILM_RATE_HZ)
			take(p, frame, time_us);
	}
	return RTH_OK;
}

static enum rth_err begin_part(struct part *p, int64_t until)
{
	int64_t start = p->file->input->start_ms * (RTH_FILM_RATE_HZ / 1000);

	if (p->over || p->track || start >= until)
		return RTH_OK;
	return rth_film_track_open(&p->track, p->file, RTH_FILM_VOICE);
}

/* Goes over n samples from p->at on; adds those from `from` on to out. */
static void add(struct part *p, float *out, int64_t from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		float sample = p->samples[p->used + i];

		if (p->at + (int64_t)i >= from && isfinite(sample))
			out[p->at + (int64_t)i - from] += sample;
	}
	p->used += n;
	p->at += (int64_t)n;
}

static enum rth_err mix(struct rth_film_voice *v, struct part *p, float *out,
			int64_t until)
{
	enum rth_err err = begin_part(p, until);

	while (!err && p->track) {
		size_t n;

		err = refill(p);
		if (err || p->over || p->at >= until)
			break;
		n = p->len - p->used;
		if ((int64_t)n > until - p->at)
			n = (size_t)(until - p->at);
		add(p, out, v->at, n);
		v->heard = true;
	}
	return err;
}

/* Two that speak at once may be louder than there is room for. */
static float limited(float x)
{
	float loud = fabsf(x) - LOUD;

	if (loud <= 0)
		return x;
	return copysignf(LOUD + (1 - LOUD) * tanhf(loud / (1 - LOUD)), x);
}

enum rth_err rth_film_voice_read(struct rth_film_voice *v, float *out, size_t n)
{
	int64_t until = v->at + (int64_t)n;
	enum rth_err err = RTH_OK;

	memset(out, 0, n * sizeof(*out));
	for (size_t i = 0; i < v->n && !err; i++)
		err = mix(v, &v->parts[i], out, until);
	for (size_t i = 0; i < n; i++)
		out[i] = limited(out[i]);
	v->at = until;
	return err;
}
