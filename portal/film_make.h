/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One film made, from the moment that it has been claimed to the one that it
 * is done, failed, cancelled or waits again:
 *
 *   inputs opened ─▶ film-ID.mp4.making ─▶ rthealth-film ─▶ checked ─▶ takes
 *     its name ─▶ its row and the audit's
 */
#ifndef RTH_FILM_MAKE_H
#define RTH_FILM_MAKE_H

#include "recording_load.h"
#include "settings.h"
#include "store.h"

/* Unheard of so long, a portal is taken for dead. */
#define RTH_FILM_LEASE_S 20

struct rth_film_maker {
	const struct rth_settings *settings;
	struct rth_store *store;
	struct rth_pairs pairs; /* n of 0: no key is open */
	int64_t (*now_s)(void);
	bool (*stopping)(void *arg); /* the portal is */
	/* Says whether somebody has cancelled one since it was asked last. */
	bool (*poked)(void *arg);
	void *arg;
};

/** The name of a film's file. Any thread. */
void rth_film_file_name(char name[RTH_RECORDING_NAME_SIZE],
			const struct rth_film *film);

/**
 * Makes a film that has been claimed; how it ended is in the database, and in
 * the log. May take hours. The thread lasts as long as the program.
 *
 * @param film its state is that in the end
 */
void rth_film_make(const struct rth_film_maker *maker, struct rth_film *film);

/**
 * Cancels the films of a recording that is deleted, each with its row in the
 * audit; who makes one hears of it within a second.
 */
enum rth_err rth_films_cancel(struct rth_store *store, const char *recording,
			      int64_t now_s) RTH_CHECKED;

/**
 * Takes a film's file away; also one that is not there.
 *
 * @param store the folder of all recordings
 */
enum rth_err rth_film_unmake(const char *store,
			     const struct rth_film *film) RTH_CHECKED;

#endif
