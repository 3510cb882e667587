/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The threads that make films, `films.at_once` of them, one film after the
 * other in the order in which they were asked for. When no film and no recovery
 * is waiting, the first one makes previews, newest recording first.
 */
#ifndef RTH_FILMS_H
#define RTH_FILMS_H

#include "portal.h"

struct rth_films;

/**
 * Starts the threads, the first of which takes away what was left by a portal
 * that was killed. Startup only.
 *
 * @param portal borrowed until rth_films_free; its settings, store, keys and
 *               work_recovery are used
 * @return 0, RTH_ERR_NOMEM, RTH_ERR_IO
 */
enum rth_err rth_films_create(struct rth_films **filmsp,
			      struct rth_portal *portal) RTH_CHECKED;

/** There may be something to make, or to end: looks at once. Any thread; NULL
   is allowed. */
void rth_films_wake(struct rth_films *films);

/** The same, and it is a film: a preview ends for it. */
void rth_films_asked(struct rth_films *films);

/** Tells what is being made to end; it waits for the next start. Any thread;
    does not wait; NULL is allowed. */
void rth_films_stop(struct rth_films *films);

/** Stops, waits for the threads, frees; NULL is allowed. */
void rth_films_free(struct rth_films *films);

/** Takes away the files of films that have expired, and old rows. Waits for
    disk and database. */
void rth_films_tick(const struct rth_portal *portal);

#endif
