/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cache of an issuer's keys and the thread that fills it.
 *
 * Callers only look and ask; the thread alone reads files and the network, and
 * never with the lock held.
 */
#include "keyset.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bucket.h"
#include "keyset_fetch.h"
#include "mem.h"

#define BUCKET_BURST 3
#define BUCKET_REFILL_MS 30000
#define RETRY_MS 30000 /* after a fetch that failed */
#define REASK_MS 10000 /* the same kid makes no second fetch before */
#define MAX_AGE_DEFAULT_S 3600
#define KID_SIZE sizeof(((struct rth_jwt_hint *)0)->kid)

struct rth_keyset {
	/* Set once. */
	char *source;
	char *ca_file;
	int64_t max_age_ms;
	void (*changed)(void *arg);
	void (*log)(void *arg, const char *line);
	void *arg;
	pthread_t thread;
	bool started;

	atomic_bool stop;

	pthread_mutex_t lock;
	pthread_cond_t wake;
	/* Under the lock: */
	struct rth_jwks *current;
	struct rth_bucket bucket;
	bool wanted;	      /* a fetch is paid for and has not begun */
	bool fetching;	      /* it has begun */
	int64_t due_ms;	      /* when to fetch without being asked */
	char asked[KID_SIZE]; /* the kid that the last fetch was for */
	int64_t asked_until_ms;
};

static int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_file(const struct rth_keyset *ks)
{
	return ks->source[0] == '/';
}

static void say(const struct rth_keyset *ks, const char *why, enum rth_err err)
{
	char line[192];

	if (!ks->log || err == RTH_ERR_STATE)
		return;
	snprintf(line, sizeof(line), "keys not fetched: %s (%s)", why,
		 rth_err_name(err));
	ks->log(ks->arg, line);
}

/* Getting a set. On the fetch thread; a file's first time also at startup. */

static enum rth_err read_open_file(int fd, char *out, size_t size, size_t *lenp)
{
	struct stat st;
	size_t len = 0;
	ssize_t n;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return RTH_ERR_IO;
	do {
		n = read(fd, out + len, size - len);
		if (n < 0)
			return RTH_ERR_IO;
		len += (size_t)n;
	} while (n && len < size);
	*lenp = len;
	return RTH_OK;
}

static enum rth_err read_file(const char *path, char **bodyp, size_t *lenp,
			      const char **why)
{
	/* Without O_NONBLOCK a FIFO in its place would hold the thread. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	/* One byte more than allowed, so that the parser sees too much. */
	char *body = rth_alloc(RTH_JWKS_MAX_BYTES + 1);
	enum rth_err err = RTH_ERR_NOMEM;

	*why = "the file cannot be read";
	if (fd < 0)
		err = RTH_ERR_IO;
	else if (body)
		err = read_open_file(fd, body, RTH_JWKS_MAX_BYTES + 1, lenp);
	if (fd >= 0)
		close(fd);
	if (err)
		rth_free(body);
	else
		*bodyp = body;
	return err;
}

static enum rth_err read_source(const struct rth_keyset *ks, char **bodyp,
				size_t *lenp, const char **why)
{
	struct rth_keyset_fetch what = {
		.url = ks->source,
		.ca_file = ks->ca_file,
		.max_bytes = RTH_JWKS_MAX_BYTES,
		.stop = &ks->stop,
	};

	if (is_file(ks))
		return read_file(ks->source, bodyp, lenp, why);
	return rth_keyset_fetch_get(&what, bodyp, lenp, why);
}

static enum rth_err get_set(const struct rth_keyset *ks,
			    struct rth_jwks **jwksp)
{
	const char *why;
	char *body;
	size_t len;
	enum rth_err err = read_source(ks, &body, &len, &why);

	if (!err) {
		why = "not a set of usable keys";
		err = rth_jwks_parse(jwksp, body, len);
		rth_free(body);
	}
	if (err)
		say(ks, why, err);
	return err;
}

/* The thread. */

static void wait_until_locked(struct rth_keyset *ks, int64_t until_ms)
{
	struct timespec until = {
		.tv_sec = until_ms / 1000,
		.tv_nsec = until_ms % 1000 * 1000000,
	};

	pthread_cond_timedwait(&ks->wake, &ks->lock, &until);
}

/* Waits for work; says false when there is none left to be done. */
static bool next_fetch_locked(struct rth_keyset *ks)
{
	while (!atomic_load(&ks->stop)) {
		int64_t now_ms = clock_ms();

		if (ks->wanted)
			return true;
		if (now_ms < ks->due_ms)
			wait_until_locked(ks, ks->due_ms);
		else if (rth_bucket_take(&ks->bucket, now_ms))
			return true;
		else
			ks->due_ms = now_ms + BUCKET_REFILL_MS;
	}
	return false;
}

static void finish_locked(struct rth_keyset *ks, struct rth_jwks *made,
			  bool was_wanted)
{
	int64_t now_ms = clock_ms();

	ks->fetching = false;
	ks->asked_until_ms = was_wanted ? now_ms + REASK_MS : 0;
	ks->due_ms = now_ms + (made ? ks->max_age_ms : RETRY_MS);
	if (made) {
		rth_jwks_unref(ks->current);
		ks->current = made;
	}
}

static void *run(void *arg)
{
	struct rth_keyset *ks = arg;

	pthread_mutex_lock(&ks->lock);
	while (next_fetch_locked(ks)) {
		struct rth_jwks *made = NULL;
		bool was_wanted = ks->wanted;

		ks->wanted = false;
		ks->fetching = true;
		pthread_mutex_unlock(&ks->lock);
		if (get_set(ks, &made))
			made = NULL;
		pthread_mutex_lock(&ks->lock);
		finish_locked(ks, made, was_wanted);
		pthread_mutex_unlock(&ks->lock);
		if (ks->changed && !atomic_load(&ks->stop))
			ks->changed(ks->arg);
		pthread_mutex_lock(&ks->lock);
	}
	pthread_mutex_unlock(&ks->lock);
	return NULL;
}

/* Signals are the program's: none is for this thread. */
static enum rth_err start(struct rth_keyset *ks)
{
	sigset_t all, before;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&ks->thread, NULL, run, ks);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	ks->started = !failed;
	return failed ? RTH_ERR_NOMEM : RTH_OK;
}

static void init_lock(struct rth_keyset *ks)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&ks->wake, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&ks->lock, NULL);
}

static enum rth_err fill(struct rth_keyset *ks,
			 const struct rth_keyset_conf *conf)
{
	ks->max_age_ms =
		(conf->max_age_s ? conf->max_age_s : MAX_AGE_DEFAULT_S) * 1000;
	ks->changed = conf->changed;
	ks->arg = conf->arg;
	ks->source = rth_strdup(conf->source);
	ks->ca_file = rth_strdup(conf->ca_file);
	if (!ks->source || (conf->ca_file && !ks->ca_file))
		return RTH_ERR_NOMEM;
	rth_bucket_init(&ks->bucket, BUCKET_BURST, BUCKET_REFILL_MS,
			clock_ms());
	if (!is_file(ks))
		return RTH_OK;
	ks->due_ms = clock_ms() + ks->max_age_ms;
	return get_set(ks, &ks->current);
}

enum rth_err rth_keyset_create(struct rth_keyset **ksp,
			       const struct rth_keyset_conf *conf)
{
	struct rth_keyset *ks;
	enum rth_err err;

	if (conf->source[0] != '/' && !rth_keyset_fetch_allowed(conf->source))
		return RTH_ERR_CONFIG;
	ks = rth_alloc(sizeof(*ks));
	if (!ks)
		return RTH_ERR_NOMEM;
	atomic_init(&ks->stop, false);
	init_lock(ks);
	err = fill(ks, conf);
	/* What is wrong with a file at start is the caller's to tell. */
	ks->log = conf->log;
	if (!err)
		err = start(ks);
	if (err)
		rth_keyset_free(ks);
	else
		*ksp = ks;
	return err;
}

void rth_keyset_free(struct rth_keyset *ks)
{
	if (!ks)
		return;
	atomic_store(&ks->stop, true);
	if (ks->started) {
		pthread_mutex_lock(&ks->lock);
		pthread_cond_signal(&ks->wake);
		pthread_mutex_unlock(&ks->lock);
		pthread_join(ks->thread, NULL);
	}
	pthread_cond_destroy(&ks->wake);
	pthread_mutex_destroy(&ks->lock);
	rth_jwks_unref(ks->current);
	rth_free(ks->ca_file);
	rth_free(ks->source);
	rth_free(ks);
}

struct rth_jwks *rth_keyset_current(struct rth_keyset *ks)
{
	struct rth_jwks *jwks = NULL;

	pthread_mutex_lock(&ks->lock);
	if (ks->current)
		jwks = rth_jwks_ref(ks->current);
	pthread_mutex_unlock(&ks->lock);
	return jwks;
}

static bool holds_locked(const struct rth_keyset *ks, const char *kid)
{
	return ks->current && (!*kid || rth_jwks_has(ks->current, kid));
}

/* The last fetch was for this very kid, and did not bring it. */
static bool answered_locked(const struct rth_keyset *ks, const char *kid,
			    int64_t now_ms)
{
	return now_ms < ks->asked_until_ms && strcmp(ks->asked, kid) == 0;
}

enum rth_keyset_state rth_keyset_want(struct rth_keyset *ks, const char *kid)
{
	enum rth_keyset_state state = RTH_KEYSET_FETCHING;
	int64_t now_ms = clock_ms();

	pthread_mutex_lock(&ks->lock);
	if (holds_locked(ks, kid)) {
		state = RTH_KEYSET_HAS;
	} else if (strlen(kid) >= KID_SIZE || atomic_load(&ks->stop)) {
		state = RTH_KEYSET_LACKS;
	} else if (!ks->wanted && !ks->fetching) {
		if (answered_locked(ks, kid, now_ms) ||
		    !rth_bucket_take(&ks->bucket, now_ms)) {
			state = RTH_KEYSET_LACKS;
		} else {
			strcpy(ks->asked, kid);
			ks->wanted = true;
			pthread_cond_signal(&ks->wake);
		}
	}
	pthread_mutex_unlock(&ks->lock);
	return state;
}
