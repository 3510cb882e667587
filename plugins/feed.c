/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The feed thread, and what the control thread asks of it. See feed.h; what
 * happens on one link is in feed_link.c.
 *
 * New links go through `fresh`, under the lock; `links` is the feed thread's
 * own, and holds a reference to each. No lock is held while a recorder is
 * written to or news is told.
 */
#include "feed.h"

#include "feed_link.h"
#include "mem.h"

struct rth_feed {
	const struct rth_host *host;
	struct rth_feed_conf conf; /* as asked for */
	struct rth_feed_conf ours; /* with our news before */
	pthread_t thread;
	bool started;

	pthread_mutex_t lock;
	pthread_cond_t more; /* a fresh link, or stopping */
	struct rth_feed_link *fresh;
	unsigned count; /* of fresh and links */
	atomic_bool stopping;

	/* Feed thread. */
	struct rth_feed_link *links;
	struct pollfd polls[RTH_FEED_LINKS_MAX];
};

static void on_news(void *arg, struct rth_feed_link *link,
		    enum rth_feed_news news, const char *reason)
{
	const struct rth_feed *feed = arg;

	if (!atomic_load(&feed->stopping))
		feed->conf.news(feed->conf.arg, link, news, reason);
}

enum rth_err rth_feed_create(struct rth_feed **feedp,
			     const struct rth_host *host,
			     const struct rth_feed_conf *conf)
{
	struct rth_feed *feed = rth_alloc(sizeof(*feed));

	if (!feed)
		return RTH_ERR_NOMEM;
	feed->host = host;
	feed->conf = *conf;
	feed->ours = *conf;
	feed->ours.news = on_news;
	feed->ours.arg = feed;
	if (pthread_mutex_init(&feed->lock, NULL))
		goto fail;
	if (pthread_cond_init(&feed->more, NULL)) {
		pthread_mutex_destroy(&feed->lock);
		goto fail;
	}
	*feedp = feed;
	return RTH_OK;
fail:
	rth_free(feed);
	return RTH_ERR_NOMEM;
}

/* ---- the feed thread ---- */

static void take_fresh(struct rth_feed *feed)
{
	pthread_mutex_lock(&feed->lock);
	while (feed->fresh) {
		struct rth_feed_link *link = feed->fresh;

		feed->fresh = link->next;
		link->next = feed->links;
		feed->links = link;
	}
	pthread_mutex_unlock(&feed->lock);
}

/* Gives up the links that are over. */
static void drop_over(struct rth_feed *feed)
{
	struct rth_feed_link **at = &feed->links;

	while (*at) {
		struct rth_feed_link *link = *at;

		if (link->state != RTH_LINK_OVER) {
			at = &link->next;
			continue;
		}
		*at = link->next;
		rth_feed_unref(link);
		pthread_mutex_lock(&feed->lock);
		feed->count--;
		pthread_mutex_unlock(&feed->lock);
	}
}

/* Waits for the sockets, which are in the order of the links. */
static void wait_for(struct rth_feed *feed, int wait_ms)
{
	size_t n = 0;

	for (const struct rth_feed_link *link = feed->links; link;
	     link = link->next) {
		feed->polls[n++] = (struct pollfd){
			.fd = link->fd,
			.events =
				(short)(POLLIN | (link->blocked ? POLLOUT : 0)),
		};
		if (link->more)
			wait_ms = 0;
	}
	feed->host->feed_wait(feed->polls, n, wait_ms);
}

bool rth_feed_step(struct rth_feed *feed, int wait_ms)
{
	bool busy = false;
	size_t n = 0;

	take_fresh(feed);
	wait_for(feed, wait_ms);
	for (struct rth_feed_link *link = feed->links; link; link = link->next)
		busy |= rth_feed_link_turn(link, feed->polls[n++].revents != 0);
	drop_over(feed);
	return busy;
}

/* Sleeps while there is no link; false when it is time to stop. */
static bool goes_on(struct rth_feed *feed, int64_t *stop_usp)
{
	bool stopping, any;

	pthread_mutex_lock(&feed->lock);
	while (feed->count == 0 && !feed->stopping)
		pthread_cond_wait(&feed->more, &feed->lock);
	any = feed->count > 0;
	stopping = feed->stopping;
	pthread_mutex_unlock(&feed->lock);
	if (!stopping)
		return true;
	if (*stop_usp == 0)
		*stop_usp = feed->host->now_us() +
			    RTH_FEED_READY_MS * INT64_C(1000);
	return any && feed->host->now_us() < *stop_usp;
}

static void *feed_main(void *arg)
{
	struct rth_feed *feed = arg;
	int64_t stop_us = 0;

	while (goes_on(feed, &stop_us))
		rth_feed_step(feed, RTH_FEED_EVERY_MS);
	return NULL;
}

/* ---- start and stop ---- */

enum rth_err rth_feed_start(struct rth_feed *feed)
{
	if (pthread_create(&feed->thread, NULL, feed_main, feed))
		return RTH_ERR_NOMEM;
	feed->started = true;
	return RTH_OK;
}

void rth_feed_free(struct rth_feed *feed)
{
	if (!feed)
		return;
	pthread_mutex_lock(&feed->lock);
	atomic_store(&feed->stopping, true);
	pthread_cond_signal(&feed->more);
	pthread_mutex_unlock(&feed->lock);
	if (feed->started)
		pthread_join(feed->thread, NULL);
	rth_feed_step(feed, 0);
	for (struct rth_feed_link *link = feed->links; link; link = link->next)
		rth_feed_link_end(link);
	drop_over(feed);
	pthread_cond_destroy(&feed->more);
	pthread_mutex_destroy(&feed->lock);
	rth_free(feed);
}

/* ---- the control thread ---- */

/* Counts one more link, if there may be. */
static bool reserve(struct rth_feed *feed)
{
	bool may;

	pthread_mutex_lock(&feed->lock);
	may = feed->count < RTH_FEED_LINKS_MAX;
	feed->count += may;
	pthread_mutex_unlock(&feed->lock);
	return may;
}

enum rth_err rth_feed_open(struct rth_feed *feed, struct rth_feed_link **linkp)
{
	struct rth_feed_link *link = NULL;
	enum rth_err err;

	if (!reserve(feed))
		return RTH_ERR_LIMIT;
	err = rth_feed_link_create(&link, feed->host, &feed->ours);
	pthread_mutex_lock(&feed->lock);
	if (err) {
		feed->count--;
	} else {
		*linkp = rth_feed_ref(link);
		link->next = feed->fresh;
		feed->fresh = link;
		pthread_cond_signal(&feed->more);
	}
	pthread_mutex_unlock(&feed->lock);
	return err;
}

static enum rth_err put_said(struct rth_feed_link *link, struct rth_said *said,
			     int64_t now_us)
{
	enum rth_err err = RTH_ERR_STATE;

	pthread_mutex_lock(&link->lock);
	if (!link->over && !link->end_us)
		err = rth_said_put(&link->said, said);
	if (!err && said->kind == RTH_FEED_END)
		link->end_us = now_us;
	pthread_mutex_unlock(&link->lock);
	return err;
}

enum rth_err rth_feed_say(struct rth_feed_link *link, enum rth_feed_kind kind,
			  uint8_t role, int64_t time_us, json_t *body)
{
	const struct rth_feed_head head = {
		.kind = (uint8_t)kind,
		.role = role,
		.slot = RTH_FEED_NO_SLOT,
		.time_us = time_us,
	};
	struct rth_said *said = NULL;
	enum rth_err err = body ? RTH_ERR_FORMAT : RTH_ERR_NOMEM;

	if (body && (kind == RTH_FEED_BEGIN || kind == RTH_FEED_CHAT ||
		     kind == RTH_FEED_NOTE || kind == RTH_FEED_END))
		err = rth_said_create(&said, &head, body);
	json_decref(body);
	if (err)
		return err;
	err = put_said(link, said, link->host->now_us());
	if (err)
		rth_free(said);
	return err;
}

struct rth_tap *rth_feed_tap(struct rth_feed_link *link, uint8_t role)
{
	return role < RTH_FEED_ROLES ? link->tap[role] : NULL;
}

bool rth_feed_stored(const struct rth_feed_link *link)
{
	return atomic_load(&link->stored);
}

void rth_feed_leave(struct rth_feed_link *link)
{
	atomic_store(&link->left, true);
	rth_feed_unref(link);
}
