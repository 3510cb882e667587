/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The worker pool: a bounded ring of jobs, some threads that take from it.
 *
 * `lock` guards head, count and the threads' sleep; `stopping` is atomic so
 * that a job may ask without the lock from inside libcurl.
 */
#include "work.h"

#include <pthread.h>
#include <stdatomic.h>

#include "mem.h"

struct job {
	void (*run)(void *arg);
	void *arg;
};

/* jobs[(head + i) % max_jobs] for i < count are waiting. */
struct rth_work {
	pthread_mutex_t lock;
	pthread_cond_t more;
	pthread_t threads[RTH_WORK_MAX_THREADS];
	unsigned thread_count;
	struct job *jobs;
	unsigned max_jobs, head, count, running;
	atomic_bool stopping;
};

/* The next job; false when there will be none. */
static bool take(struct rth_work *w, struct job *job)
{
	bool got = false;

	pthread_mutex_lock(&w->lock);
	while (!w->count && !atomic_load(&w->stopping))
		pthread_cond_wait(&w->more, &w->lock);
	if (w->count) {
		*job = w->jobs[w->head];
		w->head = (w->head + 1) % w->max_jobs;
		w->count--;
		w->running++;
		got = true;
	}
	pthread_mutex_unlock(&w->lock);
	return got;
}

static void *thread_main(void *arg)
{
	struct rth_work *w = arg;
	struct job job;

	while (take(w, &job)) {
		job.run(job.arg);
		pthread_mutex_lock(&w->lock);
		w->running--;
		pthread_mutex_unlock(&w->lock);
	}
	return NULL;
}

enum rth_err rth_work_create(struct rth_work **wp, unsigned threads,
			     unsigned max_jobs)
{
	struct rth_work *w;
	unsigned i;

	if (!threads || threads > RTH_WORK_MAX_THREADS || !max_jobs)
		return RTH_ERR_LIMIT;
	w = rth_alloc(sizeof(*w));
	if (!w)
		return RTH_ERR_NOMEM;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	w->max_jobs = max_jobs;
	w->jobs = rth_alloc(max_jobs * sizeof(*w->jobs));
	if (!w->jobs) {
		rth_work_free(w);
		return RTH_ERR_NOMEM;
	}
	for (i = 0; i < threads; i++) {
		if (pthread_create(&w->threads[i], NULL, thread_main, w)) {
			rth_work_free(w);
			return RTH_ERR_IO;
		}
		w->thread_count++;
	}
	*wp = w;
	return RTH_OK;
}

enum rth_err rth_work_add(struct rth_work *w, void (*run)(void *arg), void *arg)
{
	enum rth_err err = RTH_OK;

	pthread_mutex_lock(&w->lock);
	if (atomic_load(&w->stopping)) {
		err = RTH_ERR_STATE;
	} else if (w->count == w->max_jobs) {
		err = RTH_ERR_LIMIT;
	} else {
		w->jobs[(w->head + w->count) % w->max_jobs] =
			(struct job){run, arg};
		w->count++;
		pthread_cond_signal(&w->more);
	}
	pthread_mutex_unlock(&w->lock);
	return err;
}

bool rth_work_busy(struct rth_work *w)
{
	bool busy;

	pthread_mutex_lock(&w->lock);
	busy = w->count || w->running;
	pthread_mutex_unlock(&w->lock);
	return busy;
}

bool rth_work_stopping(const struct rth_work *w)
{
	return atomic_load(&w->stopping);
}

void rth_work_stop(struct rth_work *w)
{
	pthread_mutex_lock(&w->lock);
	atomic_store(&w->stopping, true);
	pthread_cond_broadcast(&w->more);
	pthread_mutex_unlock(&w->lock);
}

void rth_work_join(struct rth_work *w)
{
	if (!w)
		return;
	rth_work_stop(w);
	while (w->thread_count)
		pthread_join(w->threads[--w->thread_count], NULL);
}

void rth_work_free(struct rth_work *w)
{
	if (!w)
		return;
	rth_work_join(w);
	pthread_cond_destroy(&w->more);
	pthread_mutex_destroy(&w->lock);
	rth_free(w->jobs);
	rth_free(w);
}
