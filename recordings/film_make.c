/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making a film: for each picture what every lane shows, where it stands, and
 * what is written over it; as much voice as belongs to it. See film_make.h.
 */
#include "film_make.h"

#include <string.h>

#include "film_canvas.h"
#include "film_cues.h"
#include "film_out.h"
#include "film_picture.h"
#include "film_voice.h"
#include "mem.h"

#define NAME_PX 20
#define CARD_PX 32
#define CLOCK_PX 18
#define MARGIN 8
#define CARD_GREY 48
#define BLACK 16
#define TEXT_MAX_BYTES (16 << 20)
#define PEOPLES_VOICES (1u << RTH_FILM_CLINICIAN | 1u << RTH_FILM_PATIENT)

struct making {
	struct rth_film_work *work;
	const struct rth_film_job *job;
	const struct rth_film_writing *writing;
	struct rth_film_picture *pictures[RTH_FILM_LANES];
	struct rth_film_scaled scaled[RTH_FILM_LANES];
	AVFrame *canvas;
	struct rth_film_voice *voice;
	float *samples; /* room for one frame of the voice's encoder */
	struct rth_film_titles titles[RTH_FILM_TITLES_MAX];
	size_t n_titles;
	struct rth_film_out *out;
};

/* Writing. */

enum rth_err rth_film_writing_draw(struct rth_film_writing *w,
				   const struct rth_film_job *job)
{
	enum rth_err err = RTH_OK;

	for (int i = 0; i < RTH_FILM_PEOPLE && !err; i++) {
		const char *name = job->burn_in ? rth_film_job_name(job, i)
						: rth_film_role(i);

		err = rth_film_text_draw(&w->names[i], name, NAME_PX,
					 RTH_FILM_WIDTH / 2);
		if (!err)
			err = rth_film_text_draw(&w->cards[i], name, CARD_PX,
						 RTH_FILM_WIDTH);
	}
	if (!err)
		err = rth_film_clock_draw(&w->clock, CLOCK_PX);
	if (err)
		rth_film_writing_clear(w);
	return err;
}

void rth_film_writing_clear(struct rth_film_writing *w)
{
	for (int i = 0; i < RTH_FILM_PEOPLE; i++) {
		rth_film_text_clear(&w->names[i]);
		rth_film_text_clear(&w->cards[i]);
	}
	rth_film_clock_clear(&w->clock);
}

/* Beginning and end. */

static void end_making(struct making *m)
{
	rth_film_out_close(m->out);
	av_frame_free(&m->canvas);
	rth_film_voice_close(m->voice);
	for (int i = 0; i < RTH_FILM_LANES; i++) {
		rth_film_picture_close(m->pictures[i]);
		rth_film_scaled_clear(&m->scaled[i]);
	}
	for (size_t i = 0; i < m->n_titles; i++)
		rth_film_cues_clear(&m->titles[i].cues);
	rth_free(m->samples);
}

/* The track of a file's subtitles; all of the chat is in one. */
static struct rth_film_titles *titles_of(struct making *m,
					 const struct rth_film_input *input)
{
	static const char chat_title[] = "Chat";
	bool chat = input->lane == RTH_FILM_CHAT;
	struct rth_film_titles *titles = &m->titles[m->n_titles];

	for (size_t i = 0; chat && i < m->n_titles; i++)
		if (m->titles[i].title == chat_title)
			return &m->titles[i];
	if (m->n_titles == RTH_FILM_TITLES_MAX)
		return NULL;
	m->n_titles++;
	titles->title = chat ? chat_title : "Captions";
	titles->language = chat ? "" : input->language;
	return titles;
}

static enum rth_err read_titles(struct making *m, struct rth_film_file *file)
{
	struct rth_film_titles *titles = titles_of(m, file->input);
	char *text = NULL;
	size_t len = 0;
	enum rth_err err;

	if (!titles)
		return RTH_ERR_LIMIT;
	err = rth_film_file_text(file, TEXT_MAX_BYTES, &text, &len);
	if (err)
		return err;
	err = file->input->lane == RTH_FILM_CHAT
		      ? rth_film_cues_chat(&titles->cues, text, len, m->job)
		      : rth_film_cues_vtt(&titles->cues, text, len,
					  file->input->start_ms);
	rth_free(text);
	return err;
}

static enum rth_err begin_titles(struct making *m)
{
	enum rth_err err = RTH_OK;

	for (size_t i = 0; i < m->job->n && !err; i++)
		if (m->work->files[i].input->lane >= RTH_FILM_LANES)
			err = read_titles(m, &m->work->files[i]);
	for (size_t i = 0; i < m->n_titles && !err; i++)
		err = rth_film_cues_settle(&m->titles[i].cues,
					   m->job->duration_ms);
	return err;
}

static enum rth_err begin_making(struct making *m, struct rth_seal *seal)
{
	enum rth_err err = begin_titles(m);

	for (int i = 0; i < RTH_FILM_LANES && !err; i++)
		err = rth_film_picture_open(&m->pictures[i], m->work->files,
					    m->job->n, (enum rth_film_lane)i);
	if (!err)
		err = rth_film_voice_open(&m->voice, m->work->files, m->job->n,
					  PEOPLES_VOICES);
	if (!err)
		err = rth_film_out_open(&m->out, seal, m->job->mp4, m->titles,
					m->n_titles);
	if (err)
		return err;
	m->samples =
		rth_alloc(rth_film_out_samples(m->out) * sizeof(m->samples[0]));
	m->canvas = rth_film_canvas(RTH_FILM_WIDTH, RTH_FILM_HEIGHT);
	return m->samples && m->canvas ? RTH_OK : RTH_ERR_NOMEM;
}

/* One picture. */

/* What all lanes show at one time. */
struct moment {
	int64_t time_us;
	const AVFrame *frames[RTH_FILM_LANES]; /* NULL: nothing */
	uint64_t serials[RTH_FILM_LANES];
	int screen; /* the lane that is the large one; 0: none */
};

static enum rth_err look(struct making *m, struct moment *now)
{
	enum rth_err err = RTH_OK;
	int64_t since_us = -1;

	now->screen = 0;
	for (int i = 0; i < RTH_FILM_LANES && !err; i++) {
		err = rth_film_picture_at(m->pictures[i], now->time_us,
					  &now->frames[i], &now->serials[i]);
		if (err || i < RTH_FILM_PEOPLE || !now->frames[i])
			continue;
		if (rth_film_picture_since_us(m->pictures[i]) > since_us) {
			since_us = rth_film_picture_since_us(m->pictures[i]);
			now->screen = i;
		}
	}
	return err;
}

/* A card with a name stands where there is no picture. */
static void put_card(const struct making *m, AVFrame *canvas, int person,
		     const struct rth_film_cell *cell)
{
	const struct rth_film_text *text = &m->writing->cards[person];

	if (text->width + 2 * MARGIN > cell->w)
		text = &m->writing->names[person];
	rth_film_fill(canvas, cell, CARD_GREY);
	rth_film_write(canvas, text,
		       cell->x + (text->width < cell->w
					  ? (cell->w - text->width) / 2
					  : MARGIN),
		       cell->y + (cell->h - text->height) / 2, cell);
}

static void put_name(const struct making *m, AVFrame *canvas, int person,
		     const struct rth_film_cell *at)
{
	const struct rth_film_text *text = &m->writing->names[person];
	struct rth_film_cell plate = *at;

	plate.w = text->width + 2 * MARGIN;
	plate.w = (plate.w < at->w ? plate.w : at->w) & ~1;
	plate.h = text->height & ~1;
	plate.y = (at->y + at->h - plate.h) & ~1;
	rth_film_darken(canvas, &plate);
	rth_film_write(canvas, text, plate.x + MARGIN, plate.y, &plate);
}

static enum rth_err put_lane(struct making *m, AVFrame *canvas,
			     const struct moment *now, int lane,
			     const struct rth_film_cell *cell)
{
	struct rth_film_cell at;
	bool card = !now->frames[lane];
	enum rth_err err = RTH_OK;

	if (!card)
		err = rth_film_scale(&m->scaled[lane], now->frames[lane],
				     now->serials[lane], cell, &at);
	/* A picture of a kind that nobody knows is none. */
	if (err == RTH_ERR_FORMAT) {
		card = true;
		err = RTH_OK;
	}
	if (err)
		return err;
	if (!card)
		rth_film_put(canvas, &m->scaled[lane], &at);
	else if (lane < RTH_FILM_PEOPLE)
		put_card(m, canvas, lane, cell);
	if (!card && m->job->burn_in && lane < RTH_FILM_PEOPLE)
		put_name(m, canvas, lane, &at);
	return RTH_OK;
}

static void put_clock(const struct making *m, AVFrame *canvas, int64_t time_us)
{
	const struct rth_film_clock *clock = &m->writing->clock;
	char s[RTH_FILM_CLOCK_SIZE];
	struct rth_film_cell plate = {0, 0, 2 * MARGIN, 0};

	rth_film_clock_text(s, (m->job->begun_ms + time_us / 1000) / 1000,
			    m->job->utc_offset_s);
	plate.h = clock->glyphs[0].height & ~1;
	plate.w = ((int)strlen(s) * clock->step + 2 * MARGIN) & ~1;
	rth_film_darken(canvas, &plate);
	for (int i = 0; s[i]; i++)
		rth_film_write(canvas, rth_film_clock_glyph(clock, s[i]),
			       MARGIN + i * clock->step, 0, &plate);
}

static enum rth_err compose(struct making *m, AVFrame *canvas,
			    const struct moment *now)
{
	struct rth_film_cell cells[RTH_FILM_CELLS];
	enum rth_err err = RTH_OK;

	rth_film_cells(cells, m->job->layout, now->screen != 0);
	if (now->screen)
		err = put_lane(m, canvas, now, now->screen,
			       &cells[RTH_FILM_SCREEN]);
	/* The patient first: the clinician may stand over that picture. */
	if (!err)
		err = put_lane(m, canvas, now, RTH_FILM_PATIENT,
			       &cells[RTH_FILM_PATIENT]);
	if (!err)
		err = put_lane(m, canvas, now, RTH_FILM_CLINICIAN,
			       &cells[RTH_FILM_CLINICIAN]);
	if (!err && m->job->burn_in)
		put_clock(m, canvas, now->time_us);
	return err;
}

static enum rth_err make_picture(struct making *m, int64_t time_us)
{
	const struct rth_film_cell all = {0, 0, RTH_FILM_WIDTH,
					  RTH_FILM_HEIGHT};
	struct moment now = {.time_us = time_us};
	enum rth_err err = look(m, &now);

	if (err)
		return err;
	/* The encoder may have kept the one before. */
	if (av_frame_make_writable(m->canvas) < 0)
		return RTH_ERR_NOMEM;
	rth_film_fill(m->canvas, &all, BLACK);
	err = compose(m, m->canvas, &now);
	return err ? err : rth_film_out_picture(m->out, m->canvas);
}

/* All of it. */

static enum rth_err make_voice(struct making *m, int64_t until_us,
			       int64_t *samplesp)
{
	size_t n = rth_film_out_samples(m->out);
	enum rth_err err = RTH_OK;

	while (!err && *samplesp * 1000000 < until_us * RTH_FILM_RATE_HZ) {
		err = rth_film_voice_read(m->voice, m->samples, n);
		if (!err)
			err = rth_film_out_voice(m->out, m->samples);
		*samplesp += (int64_t)n;
	}
	return err;
}

static enum rth_err make_all(struct making *m)
{
	const int64_t step_us = 1000000 / RTH_FILM_FPS;
	int64_t end_us = m->job->duration_ms * 1000, samples = 0;
	enum rth_err err = RTH_OK;

	for (int64_t t = 0; t < end_us && !err; t += step_us) {
		int64_t until_us = t + step_us < end_us ? t + step_us : end_us;

		err = rth_film_out_titles(m->out, until_us / 1000);
		if (!err)
			err = make_picture(m, t);
		if (!err)
			err = make_voice(m, until_us, &samples);
		if (!err)
			err = m->work->progress(m->work->arg, until_us / 1000);
	}
	return err ? err : rth_film_out_finish(m->out);
}

enum rth_err rth_film_make(struct rth_film_work *work, struct rth_seal *seal)
{
	struct making m = {
		.work = work, .job = work->job, .writing = work->writing};
	enum rth_err err = begin_making(&m, seal);

	if (!err)
		err = make_all(&m);
	if (m.out)
		work->error = rth_film_out_errno(m.out);
	end_making(&m);
	return err;
}
