/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Subtitles: what was written in the chat, and captions.
 */
#ifndef RTH_FILM_CUES_H
#define RTH_FILM_CUES_H

#include "film_job.h"

#define RTH_FILM_CUES_MAX 50000
#define RTH_FILM_CUE_MAX_BYTES 8000

struct rth_film_cue {
	int64_t start_ms, end_ms; /* from the origin */
	char *text;		  /* plain, lines parted by \n, none empty */
};

struct rth_film_cues {
	size_t n, size;
	struct rth_film_cue *v;
};

void rth_film_cues_clear(struct rth_film_cues *cues);

/**
 * Adds the lines of a chat (docs/store.md): "NAME: TEXT", each for 6 s. What is
 * not such a line is left out.
 *
 * @param text borrowed
 * @param job  has the names
 * @return 0, RTH_ERR_NOMEM; RTH_ERR_LIMIT: too many
 */
enum rth_err rth_film_cues_chat(struct rth_film_cues *cues, const char *text,
				size_t len,
				const struct rth_film_job *job) RTH_CHECKED;

/**
 * Adds the cues of a WebVTT file, without their settings and markup. What is
 * not one is left out.
 *
 * @param start_ms added to each time
 */
enum rth_err rth_film_cues_vtt(struct rth_film_cues *cues, const char *text,
			       size_t len, int64_t start_ms) RTH_CHECKED;

/**
 * Sorts, and makes that only one is there at a time: where one begins while
 * others last, it has their text before its own.
 *
 * @param until_ms none lasts longer
 */
enum rth_err rth_film_cues_settle(struct rth_film_cues *cues,
				  int64_t until_ms) RTH_CHECKED;

#endif
