/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pause of a body that has nothing to send just now: whoever sends sleeps
 * until whoever makes says that there is more. Between the two it cannot be
 * lost that there is.
 */
#ifndef RTH_PAUSE_H
#define RTH_PAUSE_H

#include <pthread.h>
#include <stdbool.h>

struct rth_pause {
	pthread_mutex_t lock;
	bool more;  /* since rth_pause_look */
	void *held; /* who sleeps, or NULL */
	void (*resume)(void *held);
};

void rth_pause_init(struct rth_pause *pause);
void rth_pause_destroy(struct rth_pause *pause);

/** Whoever sends: before it looks whether there is something. */
void rth_pause_look(struct rth_pause *pause);

/**
 * Whoever sends: there was nothing. Unless there is meanwhile, it sleeps.
 *
 * @param held    what sleeps; borrowed until it is resumed
 * @param suspend called with the lock held; must not block
 * @param resume  called once with the lock held, by rth_pause_end, from
 *                whichever thread
 */
void rth_pause_begin(struct rth_pause *pause, void *held,
		     void (*suspend)(void *held), void (*resume)(void *held));

/** Whoever makes: there is more, or there never will be. Any thread. */
void rth_pause_end(struct rth_pause *pause);

#endif
