/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control thread: the one that owns rooms, seats and admission, and so
 * needs no locks for them. Everybody else gives it tasks.
 *
 *     host's API threads ──┐
 *     host's media threads ┼─ tasks ─▶ control thread ─▶ routes, events
 *     key fetching threads ┘
 */
#ifndef RTH_CONTROL_H
#define RTH_CONTROL_H

#include <pthread.h>

#include "admission.h"
#include "conf.h"
#include "host.h"
#include "room.h"
#include "session.h"
#include "task.h"

#define RTH_TICK_US 500000    /* how often time is looked at */
#define RTH_PARKED_MAX 64     /* joins that wait for keys */
#define RTH_PARKED_US 6000000 /* and for how long */
#define RTH_LOG_LINE_MAX 256

struct rth_boot;
struct rth_feed;

struct rth_control {
	const struct rth_host *host;
	const struct rth_plugin_conf *conf;
	struct rth_admission *admission;
	struct rth_boot *boot; /* event.h */
	struct rth_queue queue;
	struct rth_rooms rooms;
	struct rth_visits visits;
	struct rth_session *checking; /* references; see echo.h */
	size_t n_checking;
	struct rth_task *parked; /* see command.c */
	size_t n_parked;
	int64_t ticked_us;
	struct rth_feed *feed; /* NULL: no recorder is configured */
	struct rth_recording *being_stored; /* see recording.h */
	atomic_bool news_lost; /* of the feed, for want of memory */
	bool started;
	pthread_t thread;
};

/**
 * Makes it, without its thread. Startup.
 *
 * @param host, conf borrowed for its life
 * @param problem    receives one line when a key file is wrong
 */
enum rth_err rth_control_create(struct rth_control **controlp,
				const struct rth_host *host,
				const struct rth_plugin_conf *conf,
				struct rth_conf_problem *problem) RTH_CHECKED;

/** Starts the thread. */
enum rth_err rth_control_start(struct rth_control *control) RTH_CHECKED;

/**
 * Ends every room, stops the thread, frees. After it nothing is relayed and
 * no task is taken; sessions that the host still has stay valid.
 */
void rth_control_free(struct rth_control *control);

/**
 * One turn of the thread: waits for tasks at most wait_ms, runs them, looks
 * at the clock. For the thread, and for tests without one.
 *
 * @return false when it was the last turn
 */
bool rth_control_step(struct rth_control *control, int wait_ms);

/** A session's PeerConnection came up or went down. Any thread. */
void rth_control_media(struct rth_control *control, struct rth_session *session,
		       bool up);

/**
 * The host's handle is gone: takes its reference. Its media thread, or after
 * it has ended.
 */
void rth_control_gone(struct rth_control *control, struct rth_session *session);

/** One line for the log: ids and counts only. Not on the media path. */
void rth_control_log(const struct rth_control *control,
		     enum rth_log_level level, const char *fmt, ...)
	RTH_PRINTF(3, 4);

#endif
