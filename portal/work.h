/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small pool of threads for jobs that wait for the network (libcurl), so
 * that no HTTP thread ever does.
 */
#ifndef RTH_WORK_H
#define RTH_WORK_H

#include <stdbool.h>

#include "err.h"

#define RTH_WORK_MAX_THREADS 16

struct rth_work;

/**
 * Starts the threads. Startup only.
 *
 * @param threads  1 to RTH_WORK_MAX_THREADS
 * @param max_jobs how many jobs may wait; one more is refused
 * @return 0, RTH_ERR_LIMIT, RTH_ERR_NOMEM or RTH_ERR_IO
 */
enum rth_err rth_work_create(struct rth_work **wp, unsigned threads,
			     unsigned max_jobs) RTH_CHECKED;

/**
 * Lets a thread of the pool call run(arg) once. Any thread, a job too.
 *
 * @param arg taken by the job on success, still the caller's on an error
 * @return 0, RTH_ERR_LIMIT when the queue is full, RTH_ERR_STATE when the pool
 *         is stopping
 */
enum rth_err rth_work_add(struct rth_work *w, void (*run)(void *arg),
			  void *arg) RTH_CHECKED;

/**
 * Says whether the pool is stopping: a job that waits gives up then. Any
 * thread.
 */
bool rth_work_stopping(const struct rth_work *w);

/** Says whether a job waits or runs. Any thread. */
bool rth_work_busy(struct rth_work *w);

/**
 * Refuses new jobs and tells running ones to give up; every job that was
 * accepted still runs. Any thread; does not wait.
 */
void rth_work_stop(struct rth_work *w);

/**
 * Stops and waits for all jobs; NULL is allowed. Until rth_work_free, adding
 * another one is refused as RTH_ERR_STATE. One thread, not from a job.
 */
void rth_work_join(struct rth_work *w);

/** Stops, waits for all jobs and frees; NULL is allowed. Not from a job. */
void rth_work_free(struct rth_work *w);

#endif
