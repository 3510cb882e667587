/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pause of a body. See pause.h.
 */
#include "pause.h"

#include <stddef.h>

void rth_pause_init(struct rth_pause *pause)
{
	pthread_mutex_init(&pause->lock, NULL);
	pause->more = false;
	pause->held = NULL;
	pause->hold = NULL;
}

void rth_pause_destroy(struct rth_pause *pause)
{
	pthread_mutex_destroy(&pause->lock);
}

void rth_pause_look(struct rth_pause *pause)
{
	pthread_mutex_lock(&pause->lock);
	pause->more = false;
	pthread_mutex_unlock(&pause->lock);
}

void rth_pause_begin(struct rth_pause *pause, void *held,
		     void (*hold)(void *held, bool sleeps))
{
	pthread_mutex_lock(&pause->lock);
	if (!pause->more) {
		hold(held, true);
		pause->held = held;
		pause->hold = hold;
	}
	pthread_mutex_unlock(&pause->lock);
}

void rth_pause_end(struct rth_pause *pause)
{
	pthread_mutex_lock(&pause->lock);
	pause->more = true;
	if (pause->held)
		pause->hold(pause->held, false);
	pause->held = NULL;
	pthread_mutex_unlock(&pause->lock);
}
