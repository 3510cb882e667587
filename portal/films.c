/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Films and previews in the background. The database is the queue: whoever
 * claims a film makes it (rth_store_film_claim), so that several portals may
 * look. `lock` guards the threads' sleep; all else is atomic, or is set before
 * they start.
 */
#include "films.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "film_make.h"
#include "keys.h"
#include "log.h"
#include "making.h"
#include "mem.h"
#include "preview.h"
#include "work.h"

#define THREADS_MAX 8
#define LOOK_EVERY_S 10	   /* for what another portal was asked for */
#define PREVIEWS 16	   /* looked at, at a time */
#define PUT_OFF 8	   /* of them, known */
#define PREVIEW_TRIES 3	   /* with a program that ends for no known reason */
#define LATER_S 600	   /* after a preview that could not be made now */
#define ROWS_KEPT_S 604800 /* of films without a file */

struct worker {
	struct rth_films *films;
	pthread_t thread;
	bool first;
	unsigned seen;	/* of `woken`: for cancelling */
	unsigned slept; /* of `woken`: when it last looked for more */
};

/* A preview that could not be made now keeps no other one waiting. */
struct put_off {
	char id[RTH_ID_SIZE];
	unsigned tries;
	time_t until_s; /* monotonic */
};

struct rth_films {
	struct rth_portal *portal;
	char owner[RTH_ID_SIZE];
	struct worker workers[THREADS_MAX];
	size_t workers_n;
	pthread_mutex_t lock;
	pthread_cond_t more;
	atomic_uint woken;
	atomic_bool stopping;
	atomic_uint asked; /* films that wait, as far as this portal knows */
	/* The first worker's alone: */
	time_t previews_from_s; /* monotonic */
	struct put_off put_off[PUT_OFF];
	size_t put_off_next; /* that is forgotten */
};

static time_t monotonic_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* ---- Films ---- */

static bool film_stopping(void *arg)
{
	const struct worker *w = arg;

	return atomic_load(&w->films->stopping);
}

static bool film_poked(void *arg)
{
	struct worker *w = arg;
	unsigned woken = atomic_load(&w->films->woken);
	bool poked = woken != w->seen;

	w->seen = woken;
	return poked;
}

static struct rth_pairs pairs_of(const struct rth_portal *portal)
{
	struct rth_pairs pairs = {NULL, 0};

	if (portal->keys)
		pairs.v = rth_keys_pairs(portal->keys, &pairs.n);
	return pairs;
}

/* Says whether there was one. */
static bool make_film(struct worker *w)
{
	struct rth_films *films = w->films;
	const struct rth_portal *portal = films->portal;
	const struct rth_film_maker maker = {
		.settings = &portal->settings,
		.store = portal->store,
		.pairs = pairs_of(portal),
		.now_s = portal->now_s,
		.stopping = film_stopping,
		.poked = film_poked,
		.arg = w,
	};
	int64_t now_s = portal->now_s();
	struct rth_film film;
	enum rth_err err =
		rth_store_film_claim(portal->store, &film, films->owner, now_s,
				     now_s + RTH_FILM_LEASE_S);

	if (err) {
		if (err != RTH_ERR_NOT_FOUND)
			rth_log(RTH_LOG_WARN, "film-not-claimed", "s:s",
				"error", rth_err_name(err));
		return false;
	}
	rth_film_make(&maker, &film);
	return true;
}

/* ---- Previews ---- */

/* A film that is asked for ends it. */
static bool preview_stopping(void *arg)
{
	struct worker *w = arg;

	return film_stopping(w) || atomic_load(&w->films->asked) > 0;
}

struct missing {
	char ids[PREVIEWS][RTH_ID_SIZE];
	size_t n;
};

static enum rth_err note_missing(const char *id, void *arg)
{
	struct missing *missing = arg;

	if (missing->n < PREVIEWS)
		memcpy(missing->ids[missing->n++], id, RTH_ID_SIZE);
	return 0;
}

static struct put_off *find_put_off(struct rth_films *films, const char *id)
{
	size_t i;

	for (i = 0; i < PUT_OFF; i++)
		if (strcmp(films->put_off[i].id, id) == 0)
			return &films->put_off[i];
	return NULL;
}

static bool is_put_off(struct rth_films *films, const char *id)
{
	const struct put_off *off = find_put_off(films, id);

	return off && monotonic_s() < off->until_s;
}

/* Says whether it is to be tried later. */
static bool put_off(struct rth_films *films, const char *id, enum rth_err err)
{
	struct put_off *off;

	if (err == RTH_ERR_LIMIT) { /* the disk's: no other one either */
		films->previews_from_s = monotonic_s() + LATER_S;
		return true;
	}
	if (err != RTH_ERR_IO && err != RTH_ERR_NOMEM && err != RTH_ERR_DENIED)
		return false;
	off = find_put_off(films, id);
	if (!off) {
		off = &films->put_off[films->put_off_next++ % PUT_OFF];
		*off = (struct put_off){.tries = 0};
		memcpy(off->id, id, sizeof(off->id));
	}
	off->until_s = monotonic_s() + LATER_S;
	return ++off->tries < PREVIEW_TRIES || err != RTH_ERR_DENIED;
}

/* Says whether it is settled: made, or never to be. */
static bool make_one_preview(struct worker *w, const char *id)
{
	const struct rth_portal *portal = w->films->portal;
	const struct rth_preview preview = {
		.settings = &portal->settings,
		.pairs = pairs_of(portal),
		.stopping = preview_stopping,
		.arg = w,
	};
	enum rth_err err = rth_preview_make(&preview, id);

	if (err == RTH_ERR_STATE)
		return false;
	rth_log(err ? RTH_LOG_WARN : RTH_LOG_INFO, "preview", "s:s, s:s",
		"recording", id, "error", rth_err_name(err));
	if (!put_off(w->films, id, err))
		err = rth_store_preview_set(portal->store, id,
					    err ? RTH_PREVIEW_FAILED
						: RTH_PREVIEW_MADE);
	return !err;
}

static bool may_preview(const struct worker *w)
{
	const struct rth_portal *portal = w->films->portal;

	return w->first && portal->settings.films.previews && portal->keys &&
	       monotonic_s() >= w->films->previews_from_s &&
	       !(portal->work_recovery && rth_work_busy(portal->work_recovery));
}

/* Says whether one was settled: there may be another one. */
static bool make_preview(struct worker *w)
{
	struct missing missing = {.n = 0};
	size_t i;

	if (!may_preview(w) ||
	    rth_store_preview_missing(w->films->portal->store, PREVIEWS,
				      note_missing, &missing))
		return false;
	for (i = 0; i < missing.n && !preview_stopping(w) && may_preview(w);
	     i++)
		if (!is_put_off(w->films, missing.ids[i]) &&
		    make_one_preview(w, missing.ids[i]))
			return true;
	return false;
}

/* ---- What was left ---- */

/* A film that no row tells of, or one that has expired. */
static bool is_orphan(const struct rth_portal *portal, const char *name)
{
	char id[RTH_ID_SIZE];
	struct rth_film film;
	enum rth_err err;

	snprintf(id, sizeof(id), "%.22s", name + strlen("film-"));
	err = rth_store_film_get(portal->store, &film, id);
	if (err)
		return err == RTH_ERR_NOT_FOUND;
	return film.state == RTH_FILM_FAILED ||
	       film.state == RTH_FILM_CANCELLED ||
	       (film.state == RTH_FILM_DONE &&
		(!film.bytes || film.expires_s <= portal->now_s()));
}

static enum rth_err sweep_one(const char *id, void *arg)
{
	const struct worker *w = arg;
	const struct rth_portal *portal = w->films->portal;
	struct rth_recording_folder *folder;
	enum rth_err err;
	size_t i;

	if (film_stopping(arg))
		return RTH_ERR_STATE;
	if (rth_recording_folder_open(&folder,
				      portal->settings.recordings.folder, id))
		return 0;
	err = rth_making_sweep(folder);
	for (i = 0; i < folder->files_n && !err; i++) {
		const struct rth_recording_file *file = &folder->files[i];

		if (file->kind == RTH_RECORDING_FILM &&
		    is_orphan(portal, file->name))
			err = rth_making_remove(folder, file->name);
	}
	rth_recording_folder_close(folder);
	if (err)
		rth_log(RTH_LOG_WARN, "films-left", "s:s, s:s", "recording", id,
			"error", rth_err_name(err));
	return 0;
}

static void sweep(struct worker *w)
{
	const char *store = w->films->portal->settings.recordings.folder;
	enum rth_err err = rth_recordings_each(store, sweep_one, w);

	if (err && err != RTH_ERR_STATE)
		rth_log(RTH_LOG_WARN, "films-left", "s:s", "error",
			rth_err_name(err));
}

struct expired {
	char ids[64][RTH_ID_SIZE];
	size_t n;
};

static enum rth_err note_expired(const char *id, void *arg)
{
	struct expired *expired = arg;

	if (expired->n < sizeof(expired->ids) / sizeof(expired->ids[0]))
		memcpy(expired->ids[expired->n++], id, RTH_ID_SIZE);
	return 0;
}

static enum rth_err put_expired(struct rth_store *store, void *arg)
{
	const struct rth_film *film = arg;

	return rth_store_film_expire(store, film->id);
}

/* Of two portals one says it: the other finds that it has been said. */
static enum rth_err expire_one(const struct rth_portal *portal, const char *id)
{
	char data[64];
	struct rth_audit row = {
		.action = "film-deleted", .reason = "expired", .data = data};
	struct rth_film film;
	enum rth_err err = rth_store_film_get(portal->store, &film, id);

	if (err)
		return err;
	row.object = film.recording;
	snprintf(data, sizeof(data), "{\"film\":\"%s\"}", film.id);
	err = rth_film_unmake(portal->settings.recordings.folder, &film);
	if (!err)
		err = rth_store_audited(portal->store, &row, portal->now_s(),
					put_expired, &film);
	return err == RTH_ERR_NOT_FOUND ? 0 : err;
}

void rth_films_tick(const struct rth_portal *portal)
{
	struct expired expired = {.n = 0};
	int64_t now_s = portal->now_s();
	enum rth_err err;
	size_t i;

	if (!portal->settings.recordings.folder)
		return;
	err = rth_store_film_expired(portal->store, now_s, note_expired,
				     &expired);
	for (i = 0; i < expired.n; i++) {
		enum rth_err one = expire_one(portal, expired.ids[i]);

		if (one && !err)
			err = one;
	}
	if (!err)
		err = rth_store_film_sweep(portal->store, now_s - ROWS_KEPT_S);
	if (err)
		rth_log(RTH_LOG_ERROR, "films-failed", "s:s", "error",
			rth_err_name(err));
}

/* ---- Threads ---- */

static void wait_for_more(const struct worker *w)
{
	struct rth_films *films = w->films;
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LOOK_EVERY_S;
	pthread_mutex_lock(&films->lock);
	while (!atomic_load(&films->stopping) &&
	       w->slept == atomic_load(&films->woken) &&
	       pthread_cond_timedwait(&films->more, &films->lock, &until) == 0)
		;
	pthread_mutex_unlock(&films->lock);
}

static void *run(void *arg)
{
	struct worker *w = arg;
	struct rth_films *films = w->films;

	if (w->first)
		sweep(w);
	while (!atomic_load(&films->stopping)) {
		w->slept = atomic_load(&films->woken);
		atomic_store(&films->asked, 0);
		if (make_film(w) || make_preview(w))
			continue;
		wait_for_more(w);
	}
	return NULL;
}

enum rth_err rth_films_create(struct rth_films **filmsp,
			      struct rth_portal *portal)
{
	struct rth_films *films = rth_alloc(sizeof(*films));
	int64_t n = portal->settings.films.at_once, i;
	pthread_condattr_t attr;
	enum rth_err err;

	if (!films)
		return RTH_ERR_NOMEM;
	films->portal = portal;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&films->more, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&films->lock, NULL);
	err = rth_id_make(films->owner);
	for (i = 0; i < n && i < THREADS_MAX && !err; i++) {
		struct worker *w = &films->workers[i];

		w->films = films;
		w->first = i == 0;
		if (pthread_create(&w->thread, NULL, run, w))
			err = RTH_ERR_IO;
		else
			films->workers_n++;
	}
	if (err)
		rth_films_free(films);
	else
		*filmsp = films;
	return err;
}

static void wake(struct rth_films *films)
{
	pthread_mutex_lock(&films->lock);
	atomic_fetch_add(&films->woken, 1);
	pthread_cond_broadcast(&films->more);
	pthread_mutex_unlock(&films->lock);
}

void rth_films_wake(struct rth_films *films)
{
	if (films)
		wake(films);
}

void rth_films_asked(struct rth_films *films)
{
	if (!films)
		return;
	atomic_store(&films->asked, 1);
	wake(films);
}

void rth_films_stop(struct rth_films *films)
{
	if (!films)
		return;
	atomic_store(&films->stopping, true);
	wake(films);
}

void rth_films_free(struct rth_films *films)
{
	if (!films)
		return;
	rth_films_stop(films);
	while (films->workers_n)
		pthread_join(films->workers[--films->workers_n].thread, NULL);
	pthread_mutex_destroy(&films->lock);
	pthread_cond_destroy(&films->more);
	rth_free(films);
}
