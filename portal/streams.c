/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers under way. Each is a place in an array that lasts as long as the
 * registry, so that its flag can be looked at by whoever holds the connection.
 * One lock guards who has which place; it is not held while a play is asked
 * for.
 */
#include "streams.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mem.h"
#include "store.h"

/* A copy of struct rth_stream_of; the session is "" where there is none. */
struct of {
	char play[RTH_ID_SIZE], user[RTH_ID_SIZE], recording[RTH_ID_SIZE];
	char session[RTH_HASH_SIZE];
	unsigned right;
};

struct rth_stream {
	struct rth_streams *streams;
	bool used;
	struct of of;
	atomic_bool cut;
	atomic_llong good_ms; /* monotonic: when it was found good */
};

struct rth_streams {
	struct rth_streams_conf conf;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool started, stopping;
	unsigned running;
	struct rth_stream *places; /* conf.max of them */
	struct of *asked;	   /* as many: the plays of one check */
};

static int64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Asking ---- */

static bool is_asked(const struct rth_streams *s, size_t n, const char *play)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(s->asked[i].play, play) == 0)
			return true;
	return false;
}

/* The plays that are under way, each once. */
static size_t collect(struct rth_streams *s)
{
	size_t i, n = 0;

	pthread_mutex_lock(&s->lock);
	for (i = 0; i < s->conf.max; i++)
		if (s->places[i].used && !is_asked(s, n, s->places[i].of.play))
			s->asked[n++] = s->places[i].of;
	pthread_mutex_unlock(&s->lock);
	return n;
}

static void tell(struct rth_streams *s, const char *play, bool good)
{
	size_t i;

	pthread_mutex_lock(&s->lock);
	for (i = 0; i < s->conf.max; i++) {
		struct rth_stream *place = &s->places[i];

		if (!place->used || strcmp(place->of.play, play) != 0)
			continue;
		if (good)
			atomic_store(&place->good_ms, monotonic_ms());
		else
			atomic_store(&place->cut, true);
	}
	pthread_mutex_unlock(&s->lock);
}

void rth_streams_check(struct rth_streams *streams)
{
	size_t i, n = collect(streams);

	for (i = 0; i < n; i++) {
		const struct of *asked = &streams->asked[i];
		const struct rth_stream_of of = {
			.play = asked->play,
			.user = asked->user,
			.recording = asked->recording,
			.session = *asked->session ? asked->session : NULL,
			.right = asked->right,
		};

		tell(streams, asked->play,
		     !streams->conf.still(streams->conf.arg, &of));
	}
}

static struct timespec in_ms(int64_t ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += ms % 1000 * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	return at;
}

static void *run(void *arg)
{
	struct rth_streams *s = arg;
	struct timespec until = in_ms(s->conf.check_ms);

	pthread_mutex_lock(&s->lock);
	while (!s->stopping) {
		if (!pthread_cond_timedwait(&s->wake, &s->lock, &until))
			continue;
		pthread_mutex_unlock(&s->lock);
		rth_streams_check(s);
		until = in_ms(s->conf.check_ms);
		pthread_mutex_lock(&s->lock);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* ---- One answer ---- */

enum rth_err rth_stream_key(char key[RTH_ID_SIZE], const char *session,
			    const char *recording, unsigned right)
{
	char text[RTH_HASH_SIZE + RTH_ID_SIZE + 16], hash[RTH_HASH_SIZE];
	enum rth_err err;

	snprintf(text, sizeof(text), "%s %s %u", session, recording, right);
	err = rth_store_hash(hash, text);
	if (!err)
		snprintf(key, RTH_ID_SIZE, "%.22s", hash);
	return err;
}

static void take(struct rth_stream *place, const struct rth_stream_of *of)
{
	place->used = true;
	snprintf(place->of.play, RTH_ID_SIZE, "%s", of->play);
	snprintf(place->of.user, RTH_ID_SIZE, "%s", of->user);
	snprintf(place->of.recording, RTH_ID_SIZE, "%s", of->recording);
	snprintf(place->of.session, RTH_HASH_SIZE, "%s",
		 of->session ? of->session : "");
	place->of.right = of->right;
}

enum rth_err rth_stream_begin(struct rth_stream **streamp,
			      struct rth_streams *streams,
			      const struct rth_stream_of *of)
{
	struct rth_stream *place = NULL;
	unsigned of_play = 0, of_user = 0;
	enum rth_err err = RTH_ERR_STATE;
	size_t i;

	pthread_mutex_lock(&streams->lock);
	for (i = 0; i < streams->conf.max; i++) {
		struct rth_stream *other = &streams->places[i];

		if (!other->used) {
			place = other;
			continue;
		}
		of_play += strcmp(other->of.play, of->play) == 0;
		of_user += strcmp(other->of.user, of->user) == 0;
	}
	if (of_play >= streams->conf.max_play ||
	    of_user >= streams->conf.max_user) {
		err = RTH_ERR_LIMIT;
	} else if (place) {
		take(place, of);
		atomic_store(&place->cut, false);
		atomic_store(&place->good_ms, monotonic_ms());
		streams->running++;
		*streamp = place;
		err = 0;
	}
	pthread_mutex_unlock(&streams->lock);
	return err;
}

void rth_streams_cut(struct rth_streams *streams, const char *recording)
{
	size_t i;

	pthread_mutex_lock(&streams->lock);
	for (i = 0; i < streams->conf.max; i++) {
		struct rth_stream *place = &streams->places[i];

		if (place->used && strcmp(place->of.recording, recording) == 0)
			atomic_store(&place->cut, true);
	}
	pthread_mutex_unlock(&streams->lock);
}

const atomic_bool *rth_stream_cut(const struct rth_stream *stream)
{
	return &stream->cut;
}

bool rth_stream_good(const struct rth_stream *stream)
{
	return !atomic_load(&stream->cut) &&
	       monotonic_ms() - atomic_load(&stream->good_ms) <=
		       2 * stream->streams->conf.check_ms;
}

void rth_stream_end(struct rth_stream *stream)
{
	if (!stream)
		return;
	pthread_mutex_lock(&stream->streams->lock);
	stream->used = false;
	stream->streams->running--;
	pthread_mutex_unlock(&stream->streams->lock);
}

unsigned rth_streams_running(struct rth_streams *streams)
{
	unsigned n;

	pthread_mutex_lock(&streams->lock);
	n = streams->running;
	pthread_mutex_unlock(&streams->lock);
	return n;
}

/* ---- The registry ---- */

static enum rth_err start(struct rth_streams *s)
{
	pthread_condattr_t attr;
	size_t i;

	s->places = rth_alloc(s->conf.max * sizeof(*s->places));
	s->asked = rth_alloc(s->conf.max * sizeof(*s->asked));
	if (!s->places || !s->asked)
		return RTH_ERR_NOMEM;
	for (i = 0; i < s->conf.max; i++)
		s->places[i].streams = s;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&s->lock, NULL);
	s->started = pthread_create(&s->thread, NULL, run, s) == 0;
	if (s->started)
		return 0;
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	return RTH_ERR_IO;
}

enum rth_err rth_streams_create(struct rth_streams **streamsp,
				const struct rth_streams_conf *conf)
{
	struct rth_streams *s;
	enum rth_err err;

	if (conf->max < 1 || conf->max > RTH_STREAMS_MAX)
		return RTH_ERR_LIMIT;
	s = rth_alloc(sizeof(*s));
	if (!s)
		return RTH_ERR_NOMEM;
	s->conf = *conf;
	err = start(s);
	if (err)
		rth_streams_free(s);
	else
		*streamsp = s;
	return err;
}

void rth_streams_free(struct rth_streams *streams)
{
	if (!streams)
		return;
	if (streams->started) {
		pthread_mutex_lock(&streams->lock);
		streams->stopping = true;
		pthread_cond_signal(&streams->wake);
		pthread_mutex_unlock(&streams->lock);
		pthread_join(streams->thread, NULL);
		pthread_cond_destroy(&streams->wake);
		pthread_mutex_destroy(&streams->lock);
	}
	rth_free(streams->places);
	rth_free(streams->asked);
	rth_free(streams);
}
