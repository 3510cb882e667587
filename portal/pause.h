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
	void (*hold)(void *held, bool sleeps);
};

/** Before the first use. */
void rth_pause_init(struct rth_pause *pause);
/** After the last use: nobody sleeps. */
void rth_pause_destroy(struct rth_pause *pause);

/** Whoever sends: before it looks whether there is something. */
void rth_pause_look(struct rth_pause *pause);

/**
 * Whoever sends: there was nothing. Unless there is meanwhile, it sleeps.
 *
 * @param held what sleeps; borrowed until it wakes
 * @param hold puts it to sleep; and wakes it, once, from rth_pause_end on
 *             whichever thread. Called with the lock held; must not block
 */
void rth_pause_begin(struct rth_pause *pause, void *held,
		     void (*hold)(void *held, bool sleeps));

/** Whoever makes: there is more, or there never will be. Any thread. */
void rth_pause_end(struct rth_pause *pause);

#endif
