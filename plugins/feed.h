/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The feed thread: takes what is recorded to the recorder (docs/feed.md).
 *
 *   control thread ── say ──▶ list ─┐
 *   media threads ── tap.h ─▶ rings ┼─▶ feed thread ──▶ recorder's sockets
 *   control thread ◀── news ────────┘
 *
 * A link is one recording's way there. It is made while everybody is being
 * asked, so that a recorder that is away or has no room is known before; no
 * record but what `say` and the taps are given goes over it. A recorder that
 * goes away is connected to again: RTH_FEED_NEWS_READY comes a second time,
 * the rings keep what was tapped meanwhile, and nothing of it is sent before
 * the next BEGIN.
 *
 *     connecting ──▶ ready ──BEGIN──▶ running ──END──▶ ending ──▶ over
 *          ▲──────────── gone ───────────┘
 *
 * References: the control thread's, the feed thread's, and one for each piece
 * of news on its way.
 */
#ifndef RTH_FEED_H
#define RTH_FEED_H

#include <stdbool.h>

#include <jansson.h>

#include "feed_record.h"
#include "host.h"
#include "tap.h"

#define RTH_FEED_EVERY_MS 20	  /* how often the rings are looked at */
#define RTH_FEED_RECONNECT_MS 250 /* to a recorder that is gone */
#define RTH_FEED_READY_MS 2000	  /* until READY, or RTH_FEED_NEWS_REFUSED */
/* From END, and from the last record that the recorder took, to DONE, or it is
   LOST. */
#define RTH_FEED_DONE_MS 10000
#define RTH_FEED_LINKS_MAX 1024 /* at a time */

struct rth_feed;
struct rth_feed_link;

enum rth_feed_news {
	RTH_FEED_NEWS_READY,   /* BEGIN may be said, once for each READY */
	RTH_FEED_NEWS_REFUSED, /* `reason` is the recorder's, or "unavailable":
				  it did not answer; the link is over */
	RTH_FEED_NEWS_GONE,    /* the recorder is away; connecting again */
	RTH_FEED_NEWS_FAILED,  /* `reason`; the link is over */
	RTH_FEED_NEWS_DONE,    /* all is stored; the link is over */
	RTH_FEED_NEWS_LOST,    /* END could not be said or was not answered in
				  time: interrupted; the link is over */
};

struct rth_feed_conf {
	const char *socket; /* path; borrowed */
	size_t ring_bytes;  /* of a recording */
	/* Called on the feed thread, with no lock held; never after
	   rth_feed_free was called. `link` is borrowed during the call, take a
	   reference to keep it; `reason` is static, NULL where none is named.
	 */
	void (*news)(void *arg, struct rth_feed_link *link,
		     enum rth_feed_news news, const char *reason);
	void *arg;
};

/**
 * Makes it, without its thread. Startup. `host` and the strings of `conf` are
 * borrowed.
 */
enum rth_err rth_feed_create(struct rth_feed **feedp,
			     const struct rth_host *host,
			     const struct rth_feed_conf *conf) RTH_CHECKED;

/** Starts the thread. */
enum rth_err rth_feed_start(struct rth_feed *feed) RTH_CHECKED;

/**
 * One turn of the feed thread: waits until a recorder has answered or takes
 * more, or the time is over, then reads and writes what it can. For the thread
 * itself, and for tests that have none.
 *
 * @param wait_ms how long to wait at most; 0: not at all
 * @return whether anything happened: there may be more at once
 */
bool rth_feed_step(struct rth_feed *feed, int wait_ms);

/**
 * Stops the thread once each END has been answered, or RTH_FEED_READY_MS have
 * passed; then frees. Each link must have been left before. NULL is allowed.
 */
void rth_feed_free(struct rth_feed *feed);

/**
 * Connects for one recording. Control thread; does not wait.
 *
 * @param linkp receives a reference
 * @return 0: READY or REFUSED will follow; RTH_ERR_UNAVAILABLE: nobody
 *         listens; RTH_ERR_LIMIT: RTH_FEED_LINKS_MAX; RTH_ERR_NOMEM
 */
enum rth_err rth_feed_open(struct rth_feed *feed,
			   struct rth_feed_link **linkp) RTH_CHECKED;

/**
 * Puts a record of the control thread's into the list. Control thread.
 *
 * @param kind BEGIN, CHAT, NOTE or END
 * @param role, time_us as in docs/feed.md
 * @param body taken; NULL (no memory) gives RTH_ERR_NOMEM
 * @return 0; RTH_ERR_LIMIT: too long, or too much waits for the recorder;
 *         RTH_ERR_STATE: END was said before, or the link is over;
 *         RTH_ERR_FORMAT: not one of these kinds; RTH_ERR_NOMEM
 */
enum rth_err rth_feed_say(struct rth_feed_link *link, enum rth_feed_kind kind,
			  uint8_t role, int64_t time_us,
			  json_t *body) RTH_CHECKED;

/** The tap of a role; borrowed, as long as the link. Control thread. */
struct rth_tap *rth_feed_tap(struct rth_feed_link *link, uint8_t role);

/**
 * The control thread is finished with a link: no route has its taps any more.
 * If END was said the rest is sent and DONE or LOST is still told; else the
 * connection is closed at once. Gives up the control thread's reference.
 */
void rth_feed_leave(struct rth_feed_link *link);

/** Says whether the recorder has said DONE, when news is not told any more:
 * after rth_feed_free. */
bool rth_feed_stored(const struct rth_feed_link *link);

struct rth_feed_link *rth_feed_ref(struct rth_feed_link *link);
void rth_feed_unref(struct rth_feed_link *link);

#endif
