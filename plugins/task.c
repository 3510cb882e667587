/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control thread's queue: a list under a mutex.
 */
#include "task.h"

#include <time.h>

enum rth_err rth_queue_init(struct rth_queue *queue)
{
	pthread_condattr_t attr;

	queue->first = NULL;
	queue->last = &queue->first;
	queue->stopped = false;
	if (pthread_mutex_init(&queue->lock, NULL))
		return RTH_ERR_NOMEM;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (pthread_cond_init(&queue->more, &attr)) {
		pthread_mutex_destroy(&queue->lock);
		return RTH_ERR_NOMEM;
	}
	return RTH_OK;
}

void rth_queue_clear(struct rth_queue *queue)
{
	pthread_cond_destroy(&queue->more);
	pthread_mutex_destroy(&queue->lock);
}

enum rth_err rth_queue_put(struct rth_queue *queue, struct rth_task *task)
{
	enum rth_err err = RTH_ERR_STATE;

	task->next = NULL;
	pthread_mutex_lock(&queue->lock);
	if (!queue->stopped) {
		*queue->last = task;
		queue->last = &task->next;
		pthread_cond_signal(&queue->more);
		err = RTH_OK;
	}
	pthread_mutex_unlock(&queue->lock);
	return err;
}

void rth_queue_stop(struct rth_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->stopped = true;
	pthread_cond_signal(&queue->more);
	pthread_mutex_unlock(&queue->lock);
}

static struct timespec deadline_in(int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

struct rth_task *rth_queue_take(struct rth_queue *queue, int wait_ms,
				bool *stoppedp)
{
	struct timespec deadline = deadline_in(wait_ms);
	struct rth_task *tasks;

	pthread_mutex_lock(&queue->lock);
	while (wait_ms > 0 && !queue->first && !queue->stopped) {
		if (pthread_cond_timedwait(&queue->more, &queue->lock,
					   &deadline))
			break;
	}
	tasks = queue->first;
	queue->first = NULL;
	queue->last = &queue->first;
	*stoppedp = queue->stopped;
	pthread_mutex_unlock(&queue->lock);
	return tasks;
}
