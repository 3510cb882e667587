/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The life of a child. How it ends is said to the plugin, to the manifest and
 * to the log from one row of one table.
 */
#include "child.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "folder.h"
#include "log.h"
#include "mem.h"
#include "reader.h"
#include "recording.h"
#include "sandbox.h"

#define BYTES_PER_MB 1048576
#define TICK_MS 100
#define QUIET_US 200000 /* silence after which nothing is on its way */
#define FRESH_US 500000 /* as old as the newest may be in a live feed */
#define RECORDS_AT_ONCE 512
#define FULL_BYTES                                                  \
	BYTES_PER_MB  /* a disk with less is the reason of an error \
		       */
#define FLOOR_SHARE 8 /* of the reserve: what is kept to finish files with */

enum why {
	GOING_ON,
	SAID_END,
	CLOSED,	  /* the relay died, or took its question back */
	STOPPING, /* this recorder is asked to stop */
	TOO_LATE, /* nobody began */
	MALFORMED,
	DISK_FULL,
	DISK_FAILED,
	FAILED,
};

static const struct {
	const char *name;	/* in the manifest and the log */
	enum rth_ending ending; /* of what there is */
	bool failed;		/* the plugin is told so */
} reasons[] = {
	[SAID_END] = {"ended", RTH_ENDING_COMPLETE, false},
	[CLOSED] = {"relay-gone", RTH_ENDING_INTERRUPTED, false},
	[STOPPING] = {"recorder-stopping", RTH_ENDING_INTERRUPTED, false},
	[TOO_LATE] = {"too-late", RTH_ENDING_INTERRUPTED, false},
	[MALFORMED] = {"malformed", RTH_ENDING_INCOMPLETE, true},
	[DISK_FULL] = {"disk-full", RTH_ENDING_INCOMPLETE, true},
	[DISK_FAILED] = {"disk-failed", RTH_ENDING_INCOMPLETE, true},
	[FAILED] = {"failed", RTH_ENDING_INCOMPLETE, true},
};

struct life {
	const struct rth_child *child;
	struct rth_reader *reader;
	struct rth_recording *recording; /* NULL while waiting */
	struct rth_said_end end;	 /* what END said */
	int signals;
	bool stopping;
	bool read_any;	   /* in this round */
	int64_t heard_us;  /* when the last record was read */
	int64_t newest_us; /* the newest record's own time */
	int64_t synced_us, ticked_us;
	int64_t floor_bytes;
};

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* What an error of the recording means. */
static enum why why_of(const struct life *life, enum rth_err err)
{
	int64_t left;

	if (!err)
		return GOING_ON;
	if (err == RTH_ERR_FORMAT || err == RTH_ERR_LIMIT ||
	    err == RTH_ERR_DENIED)
		return MALFORMED;
	if (err != RTH_ERR_IO)
		return FAILED;
	left = life->recording ? rth_recording_free_bytes(life->recording)
			       : rth_folder_free_bytes(life->child->store);
	return left >= 0 && left < FULL_BYTES ? DISK_FULL : DISK_FAILED;
}

/* Records. */

static enum why begin(struct life *life)
{
	const struct rth_recording_conf conf = {
		.store = life->child->store,
		.keys = life->child->keys,
		.narrow = rth_sandbox_narrow,
	};
	const struct rth_reader *reader = life->reader;
	enum rth_err err =
		rth_recording_open(&life->recording, &conf, &reader->head,
				   (const char *)reader->body, reader->len);

	if (err)
		return why_of(life, err);
	life->synced_us = life->ticked_us = now_us();
	rth_log(RTH_LOG_INFO, "recording-begun", "s:s, s:i", "recording",
		rth_recording_id(life->recording), "part",
		(int)rth_recording_part(life->recording));
	return GOING_ON;
}

static enum why take_record(struct life *life)
{
	const struct rth_reader *reader = life->reader;
	bool is_begin = reader->head.kind == RTH_FEED_BEGIN;
	enum rth_err err;

	if (is_begin && !life->recording)
		return begin(life);
	if (is_begin || !life->recording)
		return MALFORMED;
	if (reader->head.time_us > life->newest_us)
		life->newest_us = reader->head.time_us;
	if (reader->head.kind != RTH_FEED_END)
		return why_of(life,
			      rth_recording_take(life->recording, &reader->head,
						 reader->body, reader->len));
	err = rth_said_end(&life->end, (const char *)reader->body, reader->len);
	return err ? MALFORMED : SAID_END;
}

/* Reads what is there, but not for longer than a round may take. */
static enum why read_feed(struct life *life)
{
	enum why why = GOING_ON;

	life->read_any = false;
	for (int i = 0; i < RECORDS_AT_ONCE && !why; i++) {
		enum rth_err err = rth_reader_next(life->reader);

		if (err == RTH_ERR_NOT_FOUND)
			return GOING_ON;
		if (err == RTH_ERR_UNAVAILABLE)
			return life->stopping ? STOPPING : CLOSED;
		life->read_any = true;
		why = err ? MALFORMED : take_record(life);
	}
	return why;
}

/* Time. */

static enum why sync_files(struct life *life)
{
	enum rth_err err = rth_recording_flush(life->recording);
	int64_t left;

	life->synced_us = now_us();
	if (err)
		return why_of(life, err);
	left = rth_recording_free_bytes(life->recording);
	return left >= 0 && left < life->floor_bytes ? DISK_FULL : GOING_ON;
}

static enum why pass_time(struct life *life)
{
	int64_t now = now_us();
	bool quiet, live;
	enum rth_err err = RTH_OK;

	if (life->read_any)
		life->heard_us = now;
	if (!life->recording)
		return now - life->heard_us > RTH_BEGIN_WAIT_MS * INT64_C(1000)
			       ? TOO_LATE
			       : GOING_ON;
	if (now - life->ticked_us >= TICK_MS * 1000) {
		life->ticked_us = now;
		quiet = now - life->heard_us > QUIET_US;
		live = now - life->newest_us < FRESH_US;
		err = rth_recording_tick(life->recording, now, quiet || live);
	}
	if (err)
		return why_of(life, err);
	if (now - life->synced_us >= life->child->conf->sync_ms * 1000)
		return sync_files(life);
	return GOING_ON;
}

/* The plugin can send nothing more; what it has sent is still taken. */
static void stop_feed(struct life *life)
{
	struct signalfd_siginfo info;

	if (read(life->signals, &info, sizeof(info)) != sizeof(info))
		return;
	life->stopping = true;
	shutdown(life->child->feed, SHUT_RD);
}

static enum why live(struct life *life)
{
	struct pollfd fds[2] = {
		{.fd = life->child->feed, .events = POLLIN},
		{.fd = life->signals, .events = POLLIN},
	};
	enum why why = GOING_ON;

	life->heard_us = now_us();
	while (!why) {
		poll(fds, 2, life->recording ? TICK_MS : 1000);
		if (fds[1].revents)
			stop_feed(life);
		why = read_feed(life);
		if (!why)
			why = pass_time(life);
	}
	return why;
}

/* The end. */

static void log_end(const struct life *life, const char *reason,
		    enum rth_err err)
{
	const struct rth_recording_sums sums =
		rth_recording_sum(life->recording);

	rth_log(err ? RTH_LOG_ERROR : RTH_LOG_INFO,
		err ? "recording-unfinished" : "recording-finished",
		"s:s, s:i, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
		"s:I",
		"recording", rth_recording_id(life->recording), "part",
		(int)rth_recording_part(life->recording), "reason", reason,
		"error", rth_err_name(err), "duration_ms",
		(json_int_t)sums.duration_ms, "bytes", (json_int_t)sums.bytes,
		"packets", (json_int_t)sums.packets, "missing",
		(json_int_t)sums.missing, "late", (json_int_t)sums.late,
		"malformed", (json_int_t)sums.malformed, "undecodable",
		(json_int_t)sums.undecodable, "lost", (json_int_t)sums.lost,
		"refused", (json_int_t)sums.refused);
}

static enum rth_err finish(struct life *life, enum why why)
{
	struct rth_recording_end end = {
		.ending = reasons[why].ending,
		.reason = reasons[why].name,
		.failed = reasons[why].failed ? reasons[why].name : NULL,
	};
	enum rth_err err;

	if (why == SAID_END) {
		end.reason = life->end.reason;
		end.parts = life->end.parts;
		end.by = life->end.by;
		end.at_us = life->reader->head.time_us;
	}
	err = rth_recording_finish(life->recording, &end);
	log_end(life, end.reason, err);
	return err;
}

static int over(struct life *life, enum why why)
{
	int feed = life->child->feed;
	enum rth_err err = RTH_OK;

	if (reasons[why].failed)
		rth_log(RTH_LOG_WARN, "recording-failed", "s:s, s:i", "reason",
			reasons[why].name, "kind",
			(int)life->reader->head.kind);
	if (life->recording)
		err = finish(life, why);
	if (err && why == SAID_END)
		why = why_of(life, err);
	if (reasons[why].failed)
		rth_reader_say(feed, RTH_FEED_FAILED, reasons[why].name);
	else if (why == SAID_END)
		rth_reader_say(feed, RTH_FEED_DONE, NULL);
	rth_recording_free(life->recording);
	rth_said_end_clear(&life->end);
	return err ? 1 : 0;
}

/* The beginning. */

static enum rth_err set_up(struct life *life)
{
	const struct rth_child *child = life->child;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	life->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (life->signals < 0)
		return RTH_ERR_IO;
	life->floor_bytes =
		child->conf->reserve_mb * BYTES_PER_MB / FLOOR_SHARE;
	return rth_sandbox_enter(child->store);
}

static const char *refusal(const struct rth_child *child)
{
	int64_t left = rth_folder_free_bytes(child->store);

	if (left < 0)
		return "failed";
	return left < child->conf->reserve_mb * BYTES_PER_MB ? "disk-full"
							     : NULL;
}

int rth_child_run(const struct rth_child *child)
{
	struct rth_reader *reader = rth_alloc(sizeof(*reader));
	struct life life = {.child = child, .reader = reader};
	const char *no = NULL;
	int status = 1;

	if (!reader || set_up(&life))
		no = "failed";
	if (!no)
		no = refusal(child);
	if (no) {
		rth_log(RTH_LOG_WARN, "recording-refused", "s:s", "reason", no);
		rth_reader_say(child->feed, RTH_FEED_REFUSED, no);
	} else {
		reader->fd = child->feed;
		rth_reader_say(child->feed, RTH_FEED_READY, NULL);
		status = over(&life, live(&life));
	}
	rth_free(reader);
	return status;
}
