/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A film's file: encoders of its picture and its voice, tracks of subtitles,
 * and the container, into a seal.
 */
#ifndef RTH_FILM_OUT_H
#define RTH_FILM_OUT_H

#include <libavutil/frame.h>

#include "film_cues.h"
#include "seal.h"

#define RTH_FILM_FPS 25
#define RTH_FILM_TITLES_MAX 32 /* tracks of subtitles */

/* A track of subtitles. */
struct rth_film_titles {
	const char *title;    /* what it is */
	const char *language; /* a tag; "": not known */
	struct rth_film_cues cues;
};

struct rth_film_out;

/**
 * Begins a film. Starts the picture encoder's threads.
 *
 * @param seal   borrowed: a new file; it is not finished
 * @param titles n, borrowed, for the film's life; settled
 * @return 0, RTH_ERR_NOMEM, RTH_ERR_UNAVAILABLE: an encoder is missing;
 *         RTH_ERR_IO
 */
enum rth_err rth_film_out_open(struct rth_film_out **outp,
			       struct rth_seal *seal, bool mp4,
			       const struct rth_film_titles *titles,
			       size_t n) RTH_CHECKED;
void rth_film_out_close(struct rth_film_out *out);

/** How many samples the encoder of the voice takes at once. */
size_t rth_film_out_samples(const struct rth_film_out *out);

/** Adds the next picture, RTH_FILM_WIDTH x RTH_FILM_HEIGHT; its time is set. */
enum rth_err rth_film_out_picture(struct rth_film_out *out,
				  AVFrame *picture) RTH_CHECKED;

/** Adds the next rth_film_out_samples of voice. */
enum rth_err rth_film_out_voice(struct rth_film_out *out,
				const float *samples) RTH_CHECKED;

/** Adds the subtitles that begin before a time. */
enum rth_err rth_film_out_titles(struct rth_film_out *out,
				 int64_t until_ms) RTH_CHECKED;

/** Completes the file, without finishing the seal. Then only close. */
enum rth_err rth_film_out_finish(struct rth_film_out *out) RTH_CHECKED;

/** errno of the write that failed; 0: none did. */
int rth_film_out_errno(const struct rth_film_out *out);

#endif
