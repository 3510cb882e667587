/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One recording's way to the recorder, as the feed thread sees it. Between
 * feed.c, which has the thread and what the control thread calls, and
 * feed_link.c, which has the states.
 *
 *                  ┌────────────── gone ──────────────┐
 *                  ▼                                  │
 *   (open) ─▶ CONNECTING ─READY─▶ READY ─BEGIN─▶ RUNNING ─END─▶ ENDING ─▶ OVER
 *              ▲      │             │
 *              └─AWAY◀┴─── gone ────┘       (OVER also from every other state)
 */
#ifndef RTH_FEED_LINK_H
#define RTH_FEED_LINK_H

#include <pthread.h>
#include <stdatomic.h>

#include "feed.h"
#include "feed_said.h"

#define RTH_FEED_ROLES 2

enum rth_link_state {
	RTH_LINK_AWAY,	     /* no connection */
	RTH_LINK_CONNECTING, /* connected, READY is awaited */
	RTH_LINK_READY,	     /* BEGIN is awaited */
	RTH_LINK_RUNNING,
	RTH_LINK_ENDING, /* END was sent, DONE is awaited */
	RTH_LINK_OVER,
	RTH_LINK_STATES,
};

struct rth_feed_link {
	atomic_uint refs;
	const struct rth_host *host;	  /* never change */
	const struct rth_feed_conf *conf; /* the feed's */
	struct rth_tap *tap[RTH_FEED_ROLES];

	pthread_mutex_t lock; /* for what both threads touch: */
	struct rth_said_list said;
	int64_t end_us; /* when END was said; 0: it was not */
	bool over;
	atomic_bool left;   /* by the control thread; read without the lock */
	atomic_bool stored; /* DONE has come */

	/* Feed thread. */
	struct rth_feed_link *next;
	enum rth_link_state state;
	int fd;		  /* -1 when away or over */
	int64_t since_us; /* in this state */
	int64_t sent_us;  /* the last record */
	bool was_ready;	  /* once; from then on it is GONE, not REFUSED */
	bool quiet;	  /* a new connection for a second BEGIN: no news */
	bool blocked;	  /* the socket took no more */
	bool more;	  /* its share of this turn was not all */
	struct rth_said *saying; /* taken from the list, not sent yet */
};

/** Makes one with a connection and one reference. Control thread. */
enum rth_err rth_feed_link_create(struct rth_feed_link **linkp,
				  const struct rth_host *host,
				  const struct rth_feed_conf *conf) RTH_CHECKED;

/**
 * One turn: reads, writes its share, looks at the time. Feed thread.
 *
 * @param readable the socket has something, or has ended
 * @return whether anything happened
 */
bool rth_feed_link_turn(struct rth_feed_link *link, bool readable);

/** Ends it, telling nobody: the feed stops. Feed thread, or after it. */
void rth_feed_link_end(struct rth_feed_link *link);

#endif
