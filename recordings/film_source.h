/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sealed file of a lane as a film reads it: its voice or its picture,
 * decoded. Both may be read at once, each at its own place.
 */
#ifndef RTH_FILM_SOURCE_H
#define RTH_FILM_SOURCE_H

#include <libavutil/frame.h>

#include "film_job.h"
#include "seal.h"

/** Keeps libav from writing to the log, which would tell of what is in media.
 */
void rth_film_quiet(void);

/* A sealed input. It is opened when it is needed, and once. */
struct rth_film_file {
	const struct rth_film_input *input; /* borrowed */
	struct rth_seal_key *key;	    /* borrowed */
	struct rth_unseal *unseal;	    /* NULL: not opened yet */
	enum rth_err err; /* the first of opening or reading it */
};

/**
 * Opens it unless it is open.
 *
 * @return 0, RTH_ERR_CRYPTO, RTH_ERR_DENIED, RTH_ERR_IO: damaged, another
 *         key's, or not to be read; the file keeps that
 */
enum rth_err rth_film_file_open(struct rth_film_file *file) RTH_CHECKED;
void rth_film_file_close(struct rth_film_file *file);

/**
 * Reads all of a small file.
 *
 * @param textp receives it, with a NUL behind it; rth_free it
 * @return also RTH_ERR_LIMIT: longer than max
 */
enum rth_err rth_film_file_text(struct rth_film_file *file, size_t max,
				char **textp, size_t *lenp) RTH_CHECKED;

enum rth_film_kind { RTH_FILM_VOICE, RTH_FILM_PICTURE };

struct rth_film_track; /* one decoded stream of a file */

/**
 * Begins to read one. What is in the file cannot make it fail: a stream that
 * is not there or that cannot be decoded has no frames.
 *
 * @param file borrowed for the track's life
 * @return 0, RTH_ERR_NOMEM; RTH_ERR_FORMAT: not a file of its kind; as open
 */
enum rth_err rth_film_track_open(struct rth_film_track **trackp,
				 struct rth_film_file *file,
				 enum rth_film_kind kind) RTH_CHECKED;
void rth_film_track_close(struct rth_film_track *track);

/**
 * Decodes the next frame. Frames whose time is not known are left out.
 *
 * @param framep  receives the track's own frame, valid until the next call;
 *                NULL at the end
 * @param time_usp when it is shown or heard, in microseconds from the origin
 * @return 0; what reading the file returned
 */
enum rth_err rth_film_track_next(struct rth_film_track *track, AVFrame **framep,
				 int64_t *time_usp) RTH_CHECKED;

/** Goes to the key frame before a time; stays where it is if it cannot. */
void rth_film_track_seek(struct rth_film_track *track, int64_t time_us);

#endif
