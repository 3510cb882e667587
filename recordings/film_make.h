/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two things that rthealth-film makes. Each has a part that reads files of
 * this machine (fonts), before the sandbox, and one that reads media, in it.
 */
#ifndef RTH_FILM_MAKE_H
#define RTH_FILM_MAKE_H

#include "film_source.h"
#include "film_text.h"

/* What is written into a film's picture. */
struct rth_film_writing {
	struct rth_film_text names[RTH_FILM_PEOPLE];
	struct rth_film_text cards[RTH_FILM_PEOPLE];
	struct rth_film_clock clock;
};

/* One making. */
struct rth_film_work {
	const struct rth_film_job *job;
	struct rth_film_file *files;		/* job->n, by their start */
	const struct rth_film_writing *writing; /* of a film */
	/* Tells that so much is done; an error ends the work. */
	enum rth_err (*progress)(void *arg, int64_t done_ms);
	void *arg;
	int error; /* errno of a write that failed; 0: none did */
};

/** Draws all that a film needs. Before the sandbox. */
enum rth_err rth_film_writing_draw(struct rth_film_writing *writing,
				   const struct rth_film_job *job) RTH_CHECKED;
void rth_film_writing_clear(struct rth_film_writing *writing);

/**
 * Makes a film.
 *
 * @param seal borrowed: a new file; it is not finished
 * @return 0; RTH_ERR_CRYPTO, RTH_ERR_DENIED, RTH_ERR_FORMAT: an input is
 *         damaged; RTH_ERR_NOMEM; RTH_ERR_IO, with work->error
 */
enum rth_err rth_film_make(struct rth_film_work *work,
			   struct rth_seal *seal) RTH_CHECKED;

/** Makes the strip and the outline of a preview; the same errors. */
enum rth_err rth_film_strip(struct rth_film_work *work,
			    struct rth_seal *seal) RTH_CHECKED;
enum rth_err rth_film_outline(struct rth_film_work *work,
			      struct rth_seal *seal) RTH_CHECKED;

#endif
