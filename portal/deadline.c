/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sockets that are shut down when they are late or cut. One lock guards the
 * list and the deadlines in it; a socket in the list is open, so what is shut
 * down is never another one with its number.
 */
#include "deadline.h"

#include <pthread.h>
#include <time.h>

#include <sys/queue.h>
#include <sys/socket.h>

#include "mem.h"

struct rth_deadline {
	LIST_ENTRY(rth_deadline) entry;
	int fd;
	int64_t due_s;		/* monotonic */
	const atomic_bool *cut; /* or NULL */
	bool late;		/* and counted */
};

struct rth_deadlines {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool stopping;
	unsigned late; /* that nobody has asked for yet */
	LIST_HEAD(, rth_deadline) list;
};

static int64_t monotonic_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* What waits to be sent is given up when the socket is closed. */
static void cut(int fd)
{
	const struct linger none = {1, 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	shutdown(fd, SHUT_RDWR);
}

static void shut_late(struct rth_deadlines *set, struct rth_deadline *d)
{
	set->late += !d->late;
	d->late = true;
	shutdown(d->fd, SHUT_RDWR);
}

static void shut_late_locked(struct rth_deadlines *set)
{
	int64_t now_s = monotonic_s();
	struct rth_deadline *d;

	for (d = LIST_FIRST(&set->list); d; d = LIST_NEXT(d, entry)) {
		if (d->cut && atomic_load(d->cut))
			cut(d->fd);
		else if (d->due_s < now_s)
			shut_late(set, d);
	}
}

static void *watch(void *arg)
{
	struct rth_deadlines *set = arg;
	struct timespec until;

	pthread_mutex_lock(&set->lock);
	while (!set->stopping) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		pthread_cond_timedwait(&set->wake, &set->lock, &until);
		shut_late_locked(set);
	}
	pthread_mutex_unlock(&set->lock);
	return NULL;
}

enum rth_err rth_deadlines_create(struct rth_deadlines **setp)
{
	struct rth_deadlines *set = rth_alloc(sizeof(*set));

	if (!set)
		return RTH_ERR_NOMEM;
	LIST_INIT(&set->list);
	pthread_mutex_init(&set->lock, NULL);
	pthread_cond_init(&set->wake, NULL);
	if (pthread_create(&set->thread, NULL, watch, set)) {
		rth_free(set);
		return RTH_ERR_IO;
	}
	*setp = set;
	return 0;
}

void rth_deadlines_free(struct rth_deadlines *set)
{
	if (!set)
		return;
	pthread_mutex_lock(&set->lock);
	set->stopping = true;
	pthread_cond_signal(&set->wake);
	pthread_mutex_unlock(&set->lock);
	pthread_join(set->thread, NULL);
	pthread_cond_destroy(&set->wake);
	pthread_mutex_destroy(&set->lock);
	rth_free(set);
}

struct rth_deadline *rth_deadline_add(struct rth_deadlines *set, int fd,
				      int64_t in_s)
{
	struct rth_deadline *d = rth_alloc(sizeof(*d));

	if (!d)
		return NULL;
	d->fd = fd;
	d->due_s = monotonic_s() + in_s;
	pthread_mutex_lock(&set->lock);
	LIST_INSERT_HEAD(&set->list, d, entry);
	pthread_mutex_unlock(&set->lock);
	return d;
}

void rth_deadline_set(struct rth_deadlines *set, struct rth_deadline *deadline,
		      int64_t in_s)
{
	pthread_mutex_lock(&set->lock);
	deadline->due_s = monotonic_s() + in_s;
	pthread_mutex_unlock(&set->lock);
}

void rth_deadline_watch(struct rth_deadlines *set,
			struct rth_deadline *deadline, const atomic_bool *flag)
{
	pthread_mutex_lock(&set->lock);
	deadline->cut = flag;
	pthread_mutex_unlock(&set->lock);
}

unsigned rth_deadlines_late(struct rth_deadlines *set)
{
	unsigned late;

	pthread_mutex_lock(&set->lock);
	late = set->late;
	set->late = 0;
	pthread_mutex_unlock(&set->lock);
	return late;
}

void rth_deadline_remove(struct rth_deadlines *set,
			 struct rth_deadline *deadline)
{
	pthread_mutex_lock(&set->lock);
	LIST_REMOVE(deadline, entry);
	pthread_mutex_unlock(&set->lock);
	rth_free(deadline);
}
