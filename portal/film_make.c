/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making one film. While it is made the database is told every second how far
 * it is, and tells whether it is still wanted.
 */
#include "film_make.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "film_inputs.h"
#include "json_text.h"
#include "log.h"
#include "making.h"
#include "mem.h"

#define BEAT_MS 1000
#define TELL_AFTER_MS 3000 /* before, nobody can say how long it takes */
#define MAX_MS INT64_C(172800000)
#define BASE_MS 600000 /* that one may take, */
#define MS_PER_MS 50   /* and more for a long one */
#define HOUR_S 3600

struct work {
	const struct rth_film_maker *maker;
	struct rth_film *film;
	struct rth_reviewed of;
	struct rth_film_inputs *inputs;
	struct rth_making making;
	struct rth_film_beat beat;
	int64_t begun_ms, beat_ms; /* monotonic */
	int64_t duration_ms;
	bool unwanted; /* cancelled, or another portal's */
	bool full;     /* recordings that run need the rest of the disk */
};

static int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void rth_film_file_name(char name[RTH_RECORDING_NAME_SIZE],
			const struct rth_film *film)
{
	snprintf(name, RTH_RECORDING_NAME_SIZE, "film-%.22s.%.4s", film->id,
		 strcmp(film->container, "mp4") == 0 ? "mp4" : "webm");
}

enum rth_err rth_film_unmake(const char *store, const struct rth_film *film)
{
	struct rth_recording_folder *folder;
	char name[RTH_RECORDING_NAME_SIZE];
	enum rth_err err =
		rth_recording_folder_open(&folder, store, film->recording);

	if (err)
		return err == RTH_ERR_NOT_FOUND ? 0 : err;
	rth_film_file_name(name, film);
	err = rth_making_remove(folder, name);
	rth_recording_folder_close(folder);
	return err;
}

/* ---- All of a recording ---- */

struct unfinished {
	struct rth_film films[8];
	size_t n;
};

static enum rth_err note_unfinished(const struct rth_film *film, void *arg)
{
	struct unfinished *u = arg;

	if (u->n < sizeof(u->films) / sizeof(u->films[0]) &&
	    (film->state == RTH_FILM_WAITING ||
	     film->state == RTH_FILM_RUNNING))
		u->films[u->n++] = *film;
	return 0;
}

static enum rth_err put_cancelled(struct rth_store *store, void *arg)
{
	const struct rth_film *film = arg;

	return rth_store_film_cancel(store, film->id, film->ended_s);
}

static enum rth_err cancel_one(struct rth_store *store, struct rth_film *film,
			       int64_t now_s)
{
	char data[64];
	const struct rth_audit row = {
		.action = "film-cancelled",
		.object = film->recording,
		.reason = "deletion",
		.data = data,
	};
	enum rth_err err;

	film->ended_s = now_s;
	snprintf(data, sizeof(data), "{\"film\":\"%s\"}", film->id);
	err = rth_store_audited(store, &row, now_s, put_cancelled, film);
	return err == RTH_ERR_NOT_FOUND ? 0 : err; /* it has just ended */
}

enum rth_err rth_films_cancel(struct rth_store *store, const char *recording,
			      int64_t now_s)
{
	struct unfinished u;
	enum rth_err err;
	size_t i;

	do {
		u.n = 0;
		err = rth_store_film_each(store, recording, note_unfinished,
					  &u);
		for (i = 0; i < u.n && !err; i++)
			err = cancel_one(store, &u.films[i], now_s);
	} while (!err && u.n);
	return err;
}

/* ---- While it is made ---- */

static void told(void *arg, int64_t done_ms)
{
	struct work *w = arg;
	int64_t all = w->inputs->duration_ms;
	int64_t past_ms = monotonic_ms() - w->begun_ms;

	if (done_ms <= 0 || all <= 0)
		return;
	if (done_ms > all)
		done_ms = all;
	w->beat.permille = done_ms * 1000 / all;
	if (past_ms >= TELL_AFTER_MS)
		w->beat.remaining_s =
			past_ms * (all - done_ms) / done_ms / 1000;
}

/* A database that is gone is waited for as long as the film is ours. */
static bool beat(struct work *w)
{
	int64_t now_s = w->maker->now_s();
	struct rth_film_beat next = w->beat;
	enum rth_err err;

	next.lease_s = now_s + RTH_FILM_LEASE_S;
	err = rth_store_film_beat(w->maker->store, w->film, &next);
	if (!err)
		w->beat.lease_s = next.lease_s;
	else if (err == RTH_ERR_NOT_FOUND)
		w->unwanted = true;
	return err != RTH_ERR_NOT_FOUND && (!err || now_s <= w->beat.lease_s);
}

static bool has_room(struct work *w)
{
	w->full = !rth_making_has_room(w->inputs->folder->fd,
				       w->maker->settings->films.reserve_mb);
	return !w->full;
}

static bool stopping(void *arg)
{
	struct work *w = arg;
	int64_t now_ms = monotonic_ms();

	if (w->unwanted || w->maker->stopping(w->maker->arg))
		return true;
	if (!w->maker->poked(w->maker->arg) && now_ms - w->beat_ms < BEAT_MS)
		return false;
	w->beat_ms = now_ms;
	return !has_room(w) || !beat(w);
}

/* ---- The job ---- */

static json_int_t utc_offset_s(int64_t begun_ms)
{
	time_t begun_s = (time_t)(begun_ms / 1000);
	struct tm local;

	return localtime_r(&begun_s, &local) ? local.tm_gmtoff : 0;
}

static enum rth_err job_of(char **jobp, const struct work *w)
{
	const struct rth_film *film = w->film;
	json_t *json = json_pack(
		"{s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:{s:s, s:s}, s:O}",
		"mode", "film", "container", film->container, "layout",
		film->layout, "burn_in", film->burn_in, "begun_ms",
		(json_int_t)w->inputs->begun_ms, "duration_ms",
		(json_int_t)w->inputs->duration_ms, "utc_offset_s",
		utc_offset_s(w->inputs->begun_ms), "names", "clinician",
		w->of.clinician_name, "patient", w->of.patient_name, "files",
		w->inputs->files);
	enum rth_err err = rth_json_text(jobp, NULL, json);

	json_decref(json);
	return err;
}

static int64_t max_ms(int64_t duration_ms)
{
	return duration_ms > (MAX_MS - BASE_MS) / MS_PER_MS
		       ? MAX_MS
		       : BASE_MS + duration_ms * MS_PER_MS;
}

static enum rth_err run(struct work *w, char answer[RTH_FILM_ANSWER_SIZE])
{
	struct rth_film_run run = {
		.program = w->maker->settings->films.program,
		.keys = w->inputs->keys,
		.keys_n = w->inputs->keys_n,
		.outs = {w->making.fd, -1},
		.ins = w->inputs->fds,
		.ins_n = w->inputs->fds_n,
		.max_ms = max_ms(w->inputs->duration_ms),
		.stopping = stopping,
		.progress = told,
		.arg = w,
	};
	char *job;
	enum rth_err err = job_of(&job, w);

	if (err)
		return err;
	w->begun_ms = w->beat_ms = monotonic_ms();
	run.job = job;
	err = rth_film_run(&run, answer);
	rth_free(job);
	return err;
}

/* ---- What came of it ---- */

static void hex_of(char hex[RTH_FILM_DIGEST_SIZE], const uint8_t *bytes)
{
	size_t i;

	for (i = 0; i < RTH_SEAL_DIGEST_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

/* Is what lies there finished, and what the answer says? */
static enum rth_err check(struct work *w, const char *answer)
{
	json_t *json = json_loads(answer, 0, NULL);
	const char *digest = json_string_value(json_object_get(json, "digest"));
	struct rth_film *film = w->film;
	struct rth_unseal *unseal = NULL;
	int fd = fcntl(w->making.fd, F_DUPFD_CLOEXEC, 3);
	enum rth_err err = fd < 0 ? RTH_ERR_IO : 0;

	if (!err) {
		err = rth_unseal_open(&unseal, fd, w->inputs->keys[0]);
		if (err)
			close(fd);
	}
	if (!err && rth_unseal_complete(unseal)) {
		hex_of(film->digest, rth_unseal_digest(unseal));
		film->bytes = (int64_t)rth_unseal_length(unseal);
	}
	rth_unseal_close(unseal);
	if (err || film->bytes <= 0 || !digest ||
	    strcmp(digest, film->digest) != 0 ||
	    json_integer_value(json_object_get(json, "bytes")) != film->bytes)
		err = RTH_ERR_DENIED;
	json_decref(json);
	return err;
}

static enum rth_err make_file(struct work *w)
{
	char answer[RTH_FILM_ANSWER_SIZE], name[RTH_RECORDING_NAME_SIZE];
	enum rth_err err;

	if (!has_room(w))
		return RTH_ERR_LIMIT;
	rth_film_file_name(name, w->film);
	err = rth_making_begin(&w->making, w->inputs->folder, name);
	if (err)
		return err;
	err = run(w, answer);
	if (!err)
		err = check(w, answer);
	if (err)
		rth_making_cancel(&w->making);
	else
		err = rth_making_end(&w->making, stopping, w);
	return err == RTH_ERR_STATE && w->full ? RTH_ERR_LIMIT : err;
}

static enum rth_err make(struct work *w)
{
	const struct rth_film_maker *maker = w->maker;
	enum rth_err err;

	if (w->film->tries > RTH_FILM_TRIES)
		return RTH_ERR_DENIED;
	if (!maker->pairs.n || !maker->settings->recordings.folder)
		return RTH_ERR_FORMAT; /* nothing can be read */
	err = rth_store_reviewed_get(maker->store, &w->of, w->film->recording);
	if (!err)
		err = rth_film_inputs_open(&w->inputs,
					   maker->settings->recordings.folder,
					   maker->pairs, w->film->recording);
	if (err)
		return err == RTH_ERR_LIMIT ? RTH_ERR_TIMEOUT : err;
	w->duration_ms = w->inputs->duration_ms;
	err = make_file(w);
	rth_film_inputs_close(w->inputs);
	return err;
}

/* ---- Its end ---- */

static const char *error_of(enum rth_err err)
{
	switch (err) {
	case RTH_ERR_FORMAT:
	case RTH_ERR_NOT_FOUND:
	case RTH_ERR_CRYPTO:
		return "unreadable";
	case RTH_ERR_LIMIT:
		return "disk-full";
	case RTH_ERR_TIMEOUT:
		return "too-long";
	default:
		return "failed";
	}
}

static enum rth_err put_end(struct rth_store *store, void *arg)
{
	return rth_store_film_end(store, arg);
}

/* How it ended and its row in the audit are there together. */
static enum rth_err end(const struct work *w)
{
	const struct rth_film *film = w->film;
	bool done = film->state == RTH_FILM_DONE;
	char data[128];
	const struct rth_audit row = {
		.action = done ? "film-made" : "film-failed",
		.object = film->recording,
		.visit = *w->of.row.visit ? w->of.row.visit : NULL,
		.outcome = done ? NULL : "failed",
		.reason = done ? NULL : film->error,
		.data = data,
	};

	if (film->state == RTH_FILM_WAITING)
		return rth_store_film_end(w->maker->store, film);
	snprintf(data, sizeof(data),
		 "{\"film\":\"%s\",\"bytes\":%" PRId64
		 ",\"duration_ms\":%" PRId64 "}",
		 film->id, film->bytes, w->duration_ms);
	return rth_store_audited(w->maker->store, &row, film->ended_s, put_end,
				 w->film);
}

static void fill_end(struct work *w, enum rth_err err)
{
	struct rth_film *film = w->film;

	film->permille = err ? w->beat.permille : 1000;
	if (err == RTH_ERR_STATE) { /* stopping, or others go first */
		film->state = RTH_FILM_WAITING;
		film->permille = 0;
		film->tries--;
		if (!w->maker->stopping(w->maker->arg))
			film->not_before_s =
				w->maker->now_s() + RTH_FILM_LEASE_S;
		return;
	}
	film->ended_s = w->maker->now_s();
	film->state = err ? RTH_FILM_FAILED : RTH_FILM_DONE;
	if (err) {
		film->bytes = 0;
		film->digest[0] = '\0';
		snprintf(film->error, sizeof(film->error), "%s", error_of(err));
	} else {
		film->expires_s = film->ended_s +
				  w->maker->settings->films.keep_hours * HOUR_S;
	}
}

static void say(const struct work *w, enum rth_err err)
{
	rth_log(err && err != RTH_ERR_STATE ? RTH_LOG_WARN : RTH_LOG_INFO,
		"film", "s:s, s:s, s:s, s:s, s:I", "film", w->film->id,
		"recording", w->film->recording, "state",
		rth_film_state_name(w->film->state), "error", rth_err_name(err),
		"ms", (json_int_t)(monotonic_ms() - w->begun_ms));
}

void rth_film_make(const struct rth_film_maker *maker, struct rth_film *film)
{
	struct work w = {.maker = maker, .film = film};
	enum rth_err err, told_err = 0;

	w.begun_ms = monotonic_ms();
	w.beat.remaining_s = -1;
	w.beat.lease_s = maker->now_s() + RTH_FILM_LEASE_S;
	err = make(&w);
	if (w.unwanted) {
		film->state = RTH_FILM_CANCELLED;
	} else {
		fill_end(&w, err);
		told_err = end(&w);
		if (told_err == RTH_ERR_NOT_FOUND)
			film->state = RTH_FILM_CANCELLED;
	}
	/* Nobody knows of what was made after all; an end that could not be
	   told may be there, or it is made again in its place. */
	if (!err && film->state == RTH_FILM_CANCELLED &&
	    rth_film_unmake(maker->settings->recordings.folder, film))
		rth_log(RTH_LOG_ERROR, "film-left", "s:s", "film", film->id);
	say(&w, err ? err : told_err);
}
