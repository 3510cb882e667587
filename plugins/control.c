/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control thread. See control.h.
 */
#include "control.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "command.h"
#include "door.h"
#include "echo.h"
#include "event.h"
#include "feed.h"
#include "mem.h"
#include "quality.h"
#include "recording.h"
#include "seat.h"

#define IDLE_WAIT_MS 1000

void rth_control_log(const struct rth_control *control,
		     enum rth_log_level level, const char *fmt, ...)
{
	char line[RTH_LOG_LINE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	control->host->log(level, line);
}

static void run_keys_changed(struct rth_control *control, struct rth_task *task)
{
	rth_free(task);
	rth_command_retry(control);
}

/* Key fetching thread. Without memory the parked joins wait for the tick. */
static void keys_changed(void *arg)
{
	struct rth_control *control = arg;
	struct rth_task *task = rth_alloc(sizeof(*task));

	if (!task)
		return;
	task->run = run_keys_changed;
	if (rth_queue_put(&control->queue, task))
		rth_free(task);
}

static void admission_log(void *arg, const char *line)
{
	struct rth_control *control = arg;

	control->host->log(RTH_LOG_WARN, line);
}

static enum rth_err create_feed(struct rth_control *control,
				struct rth_conf_problem *problem)
{
	const struct rth_feed_conf conf = {
		.socket = control->conf->recorder_socket,
		.ring_bytes = (size_t)control->conf->ring_bytes,
		.news = rth_recording_news,
		.arg = control,
	};
	enum rth_err err =
		rth_feed_create(&control->feed, control->host, &conf);

	if (err)
		snprintf(problem->text, sizeof(problem->text),
			 "recording.socket: \"%s\" cannot be used: %s",
			 conf.socket, rth_err_name(err));
	return err;
}

enum rth_err rth_control_create(struct rth_control **controlp,
				const struct rth_host *host,
				const struct rth_plugin_conf *conf,
				struct rth_conf_problem *problem)
{
	struct rth_control *control = rth_alloc(sizeof(*control));
	enum rth_err err;

	if (!control)
		return RTH_ERR_NOMEM;
	control->host = host;
	control->conf = conf;
	control->rooms.max = (size_t)conf->rooms_max;
	control->ticked_us = host->now_us();
	err = rth_boot_create(&control->boot);
	if (!err)
		err = rth_queue_init(&control->queue);
	if (err) {
		rth_free(control->boot);
		rth_free(control);
		return err;
	}
	err = rth_admission_create(&control->admission, conf, keys_changed,
				   control, admission_log, problem);
	if (!err && conf->recorder_socket)
		err = create_feed(control, problem);
	if (err) {
		rth_admission_free(control->admission);
		rth_queue_clear(&control->queue);
		rth_free(control->boot);
		rth_free(control);
		return err;
	}
	*controlp = control;
	return RTH_OK;
}

static void *control_main(void *arg)
{
	while (rth_control_step(arg, IDLE_WAIT_MS))
		;
	return NULL;
}

enum rth_err rth_control_start(struct rth_control *control)
{
	if (control->feed) {
		enum rth_err err = rth_feed_start(control->feed);

		if (err)
			return err;
	}
	rth_event_started(control);
	if (pthread_create(&control->thread, NULL, control_main, control))
		return RTH_ERR_NOMEM;
	control->started = true;
	return RTH_OK;
}

/* Takes the news of a session's host: media came or went, handle gone. */
static void run_news(struct rth_control *control, struct rth_task *task)
{
	struct rth_session *session =
		(struct rth_session *)((char *)task -
				       offsetof(struct rth_session, news));
	unsigned changes;

	atomic_store(&session->news_queued, false);
	changes = atomic_load(&session->media_changes);
	if (atomic_load(&session->gone)) {
		rth_seat_leave(control, session, "lost");
	} else if (changes != session->media_changes_seen) {
		session->media_changes_seen = changes;
		rth_seat_media(control, session,
			       atomic_load(&session->media_up));
	}
	rth_session_unref(session);
}

static void post_news(struct rth_control *control, struct rth_session *session)
{
	if (atomic_exchange(&session->news_queued, true))
		return;
	session->news.run = run_news;
	rth_session_ref(session);
	if (rth_queue_put(&control->queue, &session->news)) {
		atomic_store(&session->news_queued, false);
		rth_session_unref(session);
	}
}

void rth_control_media(struct rth_control *control, struct rth_session *session,
		       bool up)
{
	atomic_store(&session->media_up, up);
	atomic_fetch_add(&session->media_changes, 1);
	post_news(control, session);
}

void rth_control_gone(struct rth_control *control, struct rth_session *session)
{
	atomic_store(&session->gone, true);
	post_news(control, session);
	rth_session_unref(session);
}

static void tick_session(struct rth_control *control,
			 struct rth_session *session, int64_t now_s)
{
	bool limited = atomic_load_explicit(&session->port.limited,
					    memory_order_relaxed);

	bool voice_only = atomic_load_explicit(&session->port.voice_only,
					       memory_order_relaxed);

	if (now_s >= session->who.seat_until_s) {
		rth_seat_dismiss(control, session, "expired");
		return;
	}
	if (limited != session->told_limited ||
	    voice_only != session->told_voice_only)
		rth_seat_limited(control, session, limited, voice_only);
	rth_quality_tick(control, session, control->host->now_us());
}

/* Looks at what time does: seats end, empty rooms go, waiting ends. */
static void tick(struct rth_control *control, int64_t now_us)
{
	int64_t now_s = control->host->time_ms() / 1000;
	struct rth_room *next;

	rth_command_retry(control);
	for (struct rth_room *room = control->rooms.first; room; room = next) {
		next = room->next;
		for (int role = 0; role < RTH_ROLES; role++) {
			if (room->seat[role])
				tick_session(control, room->seat[role], now_s);
		}
		rth_door_tick(control, room, now_us);
		rth_recording_tick(control, room, now_us);
		if (rth_room_empty(room) &&
		    now_us - room->empty_since_us >=
			    control->conf->linger_s * 1000000)
			rth_seat_close_room(control, room);
	}
	rth_echo_tick(control, now_us);
	rth_visits_sweep(&control->visits, now_s);
	rth_recording_tick_news(control);
	rth_event_tick(control, now_us);
}

static void run_all(struct rth_control *control, struct rth_task *tasks)
{
	while (tasks) {
		struct rth_task *task = tasks;

		tasks = task->next;
		task->run(control, task);
	}
}

bool rth_control_step(struct rth_control *control, int wait_ms)
{
	bool stopped = false;
	bool busy = control->rooms.first || control->checking ||
		    control->parked || control->being_stored;
	int most_ms = RTH_TICK_US / 1000;
	struct rth_task *tasks = rth_queue_take(
		&control->queue, busy && wait_ms > most_ms ? most_ms : wait_ms,
		&stopped);
	int64_t now_us = control->host->now_us();

	run_all(control, tasks);
	if (now_us - control->ticked_us >= RTH_TICK_US) {
		control->ticked_us = now_us;
		tick(control, now_us);
	}
	return !stopped;
}

void rth_control_free(struct rth_control *control)
{
	if (!control)
		return;
	rth_queue_stop(&control->queue);
	if (control->started)
		pthread_join(control->thread, NULL);
	while (rth_control_step(control, 0))
		;
	while (control->rooms.first)
		rth_seat_end_room(control, control->rooms.first, "stopping");
	rth_echo_end(control);
	rth_visits_clear(&control->visits);
	rth_command_drop_parked(control);
	rth_feed_free(control->feed);
	rth_recording_last_words(control);
	rth_event_stopping(control);
	rth_admission_free(control->admission);
	rth_queue_clear(&control->queue);
	rth_free(control->boot);
	rth_free(control);
}
