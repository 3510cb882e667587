/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The queue of the control thread: tasks put in by any thread, run one by one
 * in order.
 */
#ifndef RTH_TASK_H
#define RTH_TASK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct rth_control;

/* Embedded in what it works on. `run` owns it from the moment it is called. */
struct rth_task {
	struct rth_task *next;
	void (*run)(struct rth_control *control, struct rth_task *task);
};

struct rth_queue {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct rth_task *first, **last;
	bool stopped;
};

/** Prepares an empty queue. Startup. 0 or RTH_ERR_NOMEM. */
enum rth_err rth_queue_init(struct rth_queue *queue) RTH_CHECKED;
void rth_queue_clear(struct rth_queue *queue); /* it is empty */

/**
 * Adds a task. Any thread.
 *
 * @return 0, or RTH_ERR_STATE after rth_queue_stop: the task is still the
 *         caller's
 */
enum rth_err rth_queue_put(struct rth_queue *queue,
			   struct rth_task *task) RTH_CHECKED;

/** No more tasks are taken; those that are in are still given out. */
void rth_queue_stop(struct rth_queue *queue);

/**
 * Takes all tasks, in order, waiting for the first. Control thread.
 *
 * @param wait_ms how long to wait at most; 0: not at all
 * @param stoppedp receives whether the queue is stopped
 * @return a list, or NULL
 */
struct rth_task *rth_queue_take(struct rth_queue *queue, int wait_ms,
				bool *stoppedp);

#endif
