/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Live streams. `lock` guards the list and what is in a stream; it is not held
 * while the database is asked. A stream has at most one text of each kind that
 * waits to be sent: a newer state takes an older one's place.
 *
 *   changed ─▶ step (thread) ─▶ next[kind] ─▶ sending ─▶ read (HTTP pool)
 *
 * The lock of a pause is taken with `lock` held, never the other way round.
 */
#include "live.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/queue.h>

#include "live_state.h"
#include "log.h"
#include "mem.h"
#include "pause.h"
#include "session.h"
#include "store_door.h"
#include "store_waiting.h"

#define POLL_MS 1000  /* what another portal has changed */
#define BEAT_MS 15000 /* a comment; and what only the clock has changed */
#define REST 2	      /* as long again it rests, so often */
#define KEPT 4	      /* one in so many is for clinicians: anybody signs in */

#define RETRY "retry: 2000\n\n"
#define BEAT ":\n\n"
#define REPLACED "event: replaced\ndata: {}\n\n"

enum kind { WORDS, DOOR, QUEUE, KINDS };

struct stream {
	LIST_ENTRY(stream) entry;
	struct rth_live *live;
	struct rth_pause pause;
	uint64_t number; /* in the order in which they came */
	char user[RTH_ID_SIZE];
	char session[RTH_HASH_SIZE];
	bool clinician;
	bool fresh;	   /* looked at since it began, and nothing failed */
	bool ending;	   /* after what is to be sent */
	char *told[KINDS]; /* the states that it knows, or NULL */
	char *next[KINDS]; /* to be sent, or NULL */
	char *sending;	   /* or NULL */
	size_t sent;	   /* bytes of it */
};

struct rth_live {
	struct rth_portal *portal;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool started, stopping;
	bool changed; /* somebody said so */
	bool unfresh; /* a stream has come */
	unsigned n;
	uint64_t number;
	LIST_HEAD(, stream) streams; /* newest first */
	/* Of the thread alone. */
	int64_t seen; /* rth_store_live_number */
	int64_t beat_ms, check_ms, rest_until_ms;
	bool again; /* all are to be looked at with the next step */
};

static void free_stream(struct stream *s)
{
	size_t i;

	for (i = 0; i < KINDS; i++) {
		rth_free(s->told[i]);
		rth_free(s->next[i]);
	}
	rth_free(s->sending);
	rth_pause_destroy(&s->pause);
	rth_free(s);
}

/* ---- What a stream is to send ---- */

static const char *const names[KINDS] = {
	[DOOR] = "door",
	[QUEUE] = "queue",
};

static char *make_event(enum kind kind, const char *text)
{
	size_t size = strlen(text) + 64;
	char *event = rth_alloc(size);

	if (event)
		snprintf(event, size, "event: %s\ndata: %s\n\n", names[kind],
			 text);
	return event;
}

/* Without memory it is told the next time. */
static void tell_state_locked(struct stream *s, enum kind kind,
			      const char *text)
{
	char *told, *event;

	if (!text || (s->told[kind] && strcmp(s->told[kind], text) == 0))
		return;
	told = rth_strdup(text);
	event = make_event(kind, text);
	if (!told || !event) {
		rth_free(told);
		rth_free(event);
		return;
	}
	rth_free(s->told[kind]);
	rth_free(s->next[kind]);
	s->told[kind] = told;
	s->next[kind] = event;
	rth_pause_end(&s->pause);
}

static void tell_words_locked(struct stream *s, const char *words)
{
	if (!s->next[WORDS])
		s->next[WORDS] = rth_strdup(words);
	rth_pause_end(&s->pause);
}

static void end_locked(struct stream *s)
{
	s->ending = true;
	rth_pause_end(&s->pause);
}

/* ---- Sending: threads of the HTTP pool ---- */

static void take_next_locked(struct stream *s)
{
	size_t i;

	for (i = 0; i < KINDS && !s->sending; i++) {
		s->sending = s->next[i];
		s->next[i] = NULL;
		s->sent = 0;
	}
}

static enum rth_err read_stream(void *arg, uint64_t offset, void *data,
				size_t len, size_t *gotp)
{
	struct stream *s = arg;
	enum rth_err err = 0;
	size_t n;

	(void)offset;
	pthread_mutex_lock(&s->live->lock);
	take_next_locked(s);
	*gotp = 0;
	if (s->sending) {
		n = strlen(s->sending + s->sent);
		if (n > len)
			n = len;
		memcpy(data, s->sending + s->sent, n);
		s->sent += n;
		*gotp = n;
		if (!s->sending[s->sent]) {
			rth_free(s->sending);
			s->sending = NULL;
		}
	} else if (s->ending) {
		err = RTH_ERR_STATE;
	}
	pthread_mutex_unlock(&s->live->lock);
	return err;
}

static void close_stream(void *arg)
{
	struct stream *s = arg;
	struct rth_live *live = s->live;

	pthread_mutex_lock(&live->lock);
	LIST_REMOVE(s, entry);
	live->n--;
	pthread_mutex_unlock(&live->lock);
	free_stream(s);
}

/* ---- Looking: the thread ---- */

/* A stream, while the lock is not held. */
struct listener {
	uint64_t number;
	char user[RTH_ID_SIZE];
	char session[RTH_HASH_SIZE];
	bool clinician;
	bool fresh;
};

struct listeners {
	struct listener *v;
	size_t n;
};

static int by_user(const void *a, const void *b)
{
	const struct listener *x = a, *y = b;

	return strcmp(x->user, y->user);
}

static enum rth_err collect(struct rth_live *live, struct listeners *l)
{
	struct stream *s;
	enum rth_err err = 0;

	memset(l, 0, sizeof(*l));
	pthread_mutex_lock(&live->lock);
	if (live->n) {
		l->v = rth_alloc(live->n * sizeof(*l->v));
		err = l->v ? 0 : RTH_ERR_NOMEM;
	}
	if (l->v)
		LIST_FOREACH(s, &live->streams, entry)
		{
			struct listener *to = &l->v[l->n++];

			to->number = s->number;
			memcpy(to->user, s->user, sizeof(to->user));
			memcpy(to->session, s->session, sizeof(to->session));
			to->clinician = s->clinician;
			to->fresh = s->fresh;
		}
	pthread_mutex_unlock(&live->lock);
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_user);
	return err;
}

static void tell_user(struct rth_live *live, const char *user, const char *door,
		      const char *queue)
{
	struct stream *s;

	pthread_mutex_lock(&live->lock);
	LIST_FOREACH(s, &live->streams, entry)
	{
		if (strcmp(s->user, user) != 0)
			continue;
		if (s->clinician)
			tell_state_locked(s, DOOR, door);
		tell_state_locked(s, QUEUE, queue);
		/* One that has come since may need what was not asked for. */
		s->fresh = door || !s->clinician;
	}
	pthread_mutex_unlock(&live->lock);
}

/* Looked at again with the next step. */
static void spoil_user(struct rth_live *live, const char *user)
{
	struct stream *s;

	pthread_mutex_lock(&live->lock);
	LIST_FOREACH(s, &live->streams, entry)
	if (strcmp(s->user, user) == 0)
		s->fresh = false;
	pthread_mutex_unlock(&live->lock);
}

static enum rth_err look_at_user(struct rth_live *live,
				 const struct listener *of)
{
	char *door = NULL, *queue = NULL;
	enum rth_err err = rth_live_queue_text(&queue, live->portal, of->user);

	if (!err && of->clinician)
		err = rth_live_door_text(&door, live->portal, of->user);
	if (!err)
		tell_user(live, of->user, door, queue);
	else
		spoil_user(live, of->user);
	rth_free(door);
	rth_free(queue);
	return err;
}

static void keep_first(enum rth_err *firstp, enum rth_err err)
{
	if (!*firstp)
		*firstp = err;
}

/* All streams of the user of the one at `*ip`, as one; `*ip` is after them. */
static struct listener next_user(const struct listeners *l, size_t *ip)
{
	struct listener of = l->v[(*ip)++];

	for (; *ip < l->n && strcmp(l->v[*ip].user, of.user) == 0; ++*ip) {
		of.clinician |= l->v[*ip].clinician;
		of.fresh &= l->v[*ip].fresh;
	}
	return of;
}

/* All, or those that nobody has looked at yet. One user's failure is not the
   others'. */
static enum rth_err look(struct rth_live *live, bool all)
{
	struct listeners l;
	enum rth_err err = collect(live, &l);
	size_t i = 0;

	live->again = err != 0;
	while (i < l.n) {
		const struct listener of = next_user(&l, &i);

		if (all || !of.fresh)
			keep_first(&err, look_at_user(live, &of));
	}
	rth_free(l.v);
	return err;
}

static void end_stream(struct rth_live *live, uint64_t number)
{
	struct stream *s;

	pthread_mutex_lock(&live->lock);
	LIST_FOREACH(s, &live->streams, entry)
	if (s->number == number)
		end_locked(s);
	pthread_mutex_unlock(&live->lock);
}

/* Whose session is over hears no more. */
static enum rth_err check_sessions(struct rth_live *live)
{
	struct rth_session *session = rth_alloc(sizeof(*session));
	struct listeners l = {NULL, 0};
	enum rth_err err = session ? collect(live, &l) : RTH_ERR_NOMEM;
	size_t i;

	for (i = 0; i < l.n; i++) {
		enum rth_err e =
			rth_session_find(session, live->portal, l.v[i].session);

		if (e == RTH_ERR_NOT_FOUND)
			end_stream(live, l.v[i].number);
		else
			keep_first(&err, e);
	}
	rth_free(l.v);
	rth_free(session);
	return err;
}

/* Who listens can be reached, when on call. */
static enum rth_err note_duty(struct rth_live *live)
{
	int64_t now_s = live->portal->now_s();
	struct listeners l;
	enum rth_err err = collect(live, &l);
	const char *last = "";
	size_t i;

	for (i = 0; i < l.n; i++) {
		if (!l.v[i].clinician || strcmp(last, l.v[i].user) == 0)
			continue;
		keep_first(&err, rth_store_duty_seen(live->portal->store,
						     l.v[i].user, now_s));
		last = l.v[i].user;
	}
	rth_free(l.v);
	return err;
}

static void beat(struct rth_live *live)
{
	struct stream *s;

	pthread_mutex_lock(&live->lock);
	LIST_FOREACH(s, &live->streams, entry)
	tell_words_locked(s, BEAT);
	pthread_mutex_unlock(&live->lock);
}

static enum rth_err do_step(struct rth_live *live, int64_t now_ms, bool changed)
{
	int64_t check_ms = live->portal->settings.limits.stream_check_s * 1000;
	bool beats = now_ms >= live->beat_ms;
	int64_t n = 0;
	enum rth_err err = rth_store_live_number(live->portal->store, &n);

	changed |= beats || live->again || n != live->seen;
	live->again = changed;
	if (beats) {
		live->beat_ms = now_ms + BEAT_MS;
		beat(live);
	}
	if (err)
		return err;
	live->seen = n;
	if (now_ms >= live->check_ms) {
		live->check_ms = now_ms + check_ms;
		keep_first(&err, check_sessions(live));
	}
	if (beats)
		keep_first(&err, note_duty(live));
	keep_first(&err, look(live, changed));
	return err;
}

static int64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void rth_live_step(struct rth_live *live, int64_t now_ms)
{
	bool changed, nobody;
	enum rth_err err;

	pthread_mutex_lock(&live->lock);
	changed = live->changed;
	nobody = live->n == 0;
	live->changed = live->unfresh = false;
	pthread_mutex_unlock(&live->lock);
	if (nobody)
		return;
	err = do_step(live, now_ms, changed);
	if (err)
		rth_log(RTH_LOG_WARN, "live-not-looked", "s:s", "error",
			rth_err_name(err));
}

static struct timespec at_ms(int64_t ms)
{
	return (struct timespec){ms / 1000, ms % 1000 * 1000000};
}

/* Waits for a change, a poll at most; after much work for as long again. */
static void wait_locked(struct rth_live *live, int64_t took_ms)
{
	int64_t now_ms = monotonic_ms();
	struct timespec rest = at_ms(now_ms + REST * took_ms);
	struct timespec until = at_ms(now_ms + POLL_MS);

	while (took_ms && !live->stopping &&
	       !pthread_cond_timedwait(&live->wake, &live->lock, &rest))
		;
	while (!live->stopping && !live->changed && !live->unfresh)
		if (pthread_cond_timedwait(&live->wake, &live->lock, &until))
			break;
}

static void *run(void *arg)
{
	struct rth_live *live = arg;
	int64_t began_ms = 0, took_ms = 0;

	pthread_mutex_lock(&live->lock);
	for (;;) {
		wait_locked(live, took_ms);
		if (live->stopping)
			break;
		pthread_mutex_unlock(&live->lock);
		began_ms = monotonic_ms();
		rth_live_step(live, began_ms);
		took_ms = monotonic_ms() - began_ms;
		pthread_mutex_lock(&live->lock);
	}
	pthread_mutex_unlock(&live->lock);
	return NULL;
}

void rth_live_wake(struct rth_live *live)
{
	if (!live)
		return;
	pthread_mutex_lock(&live->lock);
	live->changed = true;
	pthread_cond_signal(&live->wake);
	pthread_mutex_unlock(&live->lock);
}

/* ---- Beginning ---- */

static unsigned count_others_locked(const struct rth_live *live)
{
	const struct stream *s;
	unsigned n = 0;

	LIST_FOREACH(s, &live->streams, entry)
	n += !s->clinician;
	return n;
}

/* With a fifth of one person the oldest ends. RTH_ERR_LIMIT: too many. */
static enum rth_err add_locked(struct rth_live *live, struct stream *s)
{
	unsigned max = (unsigned)live->portal->settings.limits.live;
	struct stream *other, *oldest = NULL;
	unsigned n = 0;

	if (live->stopping || live->n >= max)
		return RTH_ERR_LIMIT;
	if (!s->clinician && count_others_locked(live) >= max - max / KEPT)
		return RTH_ERR_LIMIT;
	LIST_FOREACH(other, &live->streams, entry)
	if (!other->ending && strcmp(other->user, s->user) == 0) {
		oldest = other;
		n++;
	}
	if (n >= RTH_LIVE_PER_USER) {
		rth_free(oldest->next[WORDS]);
		oldest->next[WORDS] = NULL;
		tell_words_locked(oldest, REPLACED);
		end_locked(oldest);
	}
	s->number = ++live->number;
	LIST_INSERT_HEAD(&live->streams, s, entry);
	live->n++;
	live->unfresh = true;
	pthread_cond_signal(&live->wake);
	return 0;
}

static enum rth_err make_stream(struct stream **sp, struct rth_exchange *x)
{
	struct rth_portal *portal = rth_request_portal(x);
	const struct rth_session *session = rth_request_session(x);
	struct stream *s = rth_alloc(sizeof(*s));
	char *door = NULL, *queue = NULL;
	enum rth_err err;

	if (!s)
		return RTH_ERR_NOMEM;
	s->live = portal->live;
	rth_pause_init(&s->pause);
	memcpy(s->user, session->user.id, sizeof(s->user));
	memcpy(s->session, session->hash, sizeof(s->session));
	s->clinician = session->role == RTH_ROLE_CLINICIAN ||
		       session->role == RTH_ROLE_ADMIN;
	s->next[WORDS] = rth_strdup(RETRY);
	err = s->next[WORDS] ? 0 : RTH_ERR_NOMEM;
	if (!err)
		err = rth_live_queue_text(&queue, portal, s->user);
	if (!err && s->clinician)
		err = rth_live_door_text(&door, portal, s->user);
	if (!err && s->clinician)
		err = rth_store_duty_seen(portal->store, s->user,
					  portal->now_s());
	tell_state_locked(s, DOOR, door);
	tell_state_locked(s, QUEUE, queue);
	rth_free(door);
	rth_free(queue);
	if (err)
		free_stream(s);
	else
		*sp = s;
	return err;
}

void rth_live_handle(struct rth_exchange *x)
{
	struct rth_live *live = rth_request_portal(x)->live;
	struct rth_body body = {
		.type = "text/event-stream",
		.read = read_stream,
		.close = close_stream,
	};
	struct stream *s;
	enum rth_err err = make_stream(&s, x);

	if (err) {
		rth_reply_failed(x, err);
		return;
	}
	pthread_mutex_lock(&live->lock);
	err = add_locked(live, s);
	pthread_mutex_unlock(&live->lock);
	if (err) {
		free_stream(s);
		rth_reply_header(x, "Retry-After", "10");
		rth_reply_error(x, 503, "busy",
				"Too many pages listen. Please try again.");
		return;
	}
	body.arg = s;
	body.pause = &s->pause;
	rth_reply_header(x, "X-Accel-Buffering", "no");
	rth_reply_body(x, 200, &body);
}

/* ---- Start and stop ---- */

enum rth_err rth_live_create(struct rth_live **livep, struct rth_portal *portal)
{
	struct rth_live *live = rth_alloc(sizeof(*live));
	pthread_condattr_t attr;

	if (!live)
		return RTH_ERR_NOMEM;
	live->portal = portal;
	LIST_INIT(&live->streams);
	pthread_mutex_init(&live->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&live->wake, &attr);
	pthread_condattr_destroy(&attr);
	*livep = live;
	return 0;
}

enum rth_err rth_live_start(struct rth_live *live)
{
	live->started = pthread_create(&live->thread, NULL, run, live) == 0;
	return live->started ? 0 : RTH_ERR_IO;
}

void rth_live_stop(struct rth_live *live)
{
	struct stream *s;

	if (!live)
		return;
	pthread_mutex_lock(&live->lock);
	live->stopping = true;
	pthread_cond_signal(&live->wake);
	LIST_FOREACH(s, &live->streams, entry)
	end_locked(s);
	pthread_mutex_unlock(&live->lock);
	if (live->started)
		pthread_join(live->thread, NULL);
	live->started = false;
}

void rth_live_free(struct rth_live *live)
{
	if (!live)
		return;
	rth_live_stop(live);
	pthread_cond_destroy(&live->wake);
	pthread_mutex_destroy(&live->lock);
	rth_free(live);
}
