/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Discovery documents and keys of a provider, cached.
 *
 * `lock` guards meta, fetching and the two times. No lock is held while the
 * network is asked, nor while a description is freed (that joins a thread).
 */
#include "oidc_provider.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "fetch.h"
#include "keyset.h"
#include "log.h"
#include "mem.h"
#include "oidc_url.h"

#define KEEP_S 3600
/* After a failure, so that a dead provider holds nobody up; longer when there
   is an old description to go on with. */
#define PAUSE_S 2
#define PAUSE_OLD_S 60
#define KEYS_WAIT_MS 5000
#define KEYS_STEP_MS 20

struct rth_oidc_meta {
	atomic_uint refs;
	const struct rth_work *work;
	json_t *doc;
	struct rth_keyset *keys;
};

struct rth_oidc_provider {
	const struct rth_provider_conf *conf;
	const struct rth_work *work;
	char redirect_uri[RTH_FETCH_MAX_URL_BYTES];
	pthread_mutex_t lock;
	pthread_cond_t done; /* `fetching` became false */
	bool fetching;
	struct rth_oidc_meta *meta;  /* NULL until the first success */
	enum rth_oidc_reason failed; /* how the last fetch ended */
	int64_t next_s;		     /* when to fetch again, monotonic */
};

static int64_t monotonic_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void keys_log(void *arg, const char *line)
{
	const struct rth_provider_conf *conf = arg;

	rth_log(RTH_LOG_WARN, "provider-keys", "s:s, s:s", "provider", conf->id,
		"detail", line);
}

static void keys_changed(void *arg)
{
	(void)arg;
}

static const char *text(const json_t *doc, const char *name)
{
	return json_string_value(json_object_get(doc, name));
}

static bool is_https(const char *url)
{
	return !strncmp(url, "https:", 6);
}

/* A provider elsewhere must not send us to this machine's own servers. */
static bool endpoint_sound(const char *url, const char *issuer)
{
	return rth_fetch_allows(url) && (is_https(url) || !is_https(issuer));
}

static bool sound(const json_t *doc, const struct rth_provider_conf *conf)
{
	const char *issuer = text(doc, "issuer");
	const char *userinfo = text(doc, "userinfo_endpoint");

	return issuer && !strcmp(issuer, conf->issuer) &&
	       endpoint_sound(text(doc, "authorization_endpoint"), issuer) &&
	       endpoint_sound(text(doc, "token_endpoint"), issuer) &&
	       endpoint_sound(text(doc, "jwks_uri"), issuer) &&
	       (!userinfo || endpoint_sound(userinfo, issuer));
}

/* Takes the document on success only. */
static enum rth_oidc_reason meta_create(struct rth_oidc_meta **mp,
					const struct rth_oidc_provider *p,
					json_t *doc)
{
	const struct rth_keyset_conf keys = {
		.source = text(doc, "jwks_uri"),
		.ca_file = p->conf->ca_file,
		.changed = keys_changed,
		.log = keys_log,
		.arg = (void *)p->conf,
	};
	struct rth_oidc_meta *m = rth_alloc(sizeof(*m));

	if (!m)
		return RTH_OIDC_FAILED;
	if (rth_keyset_create(&m->keys, &keys)) {
		rth_free(m);
		return RTH_OIDC_FAILED;
	}
	atomic_init(&m->refs, 1);
	m->work = p->work;
	m->doc = doc;
	*mp = m;
	return RTH_OIDC_OK;
}

static struct rth_oidc_meta *meta_ref(struct rth_oidc_meta *m)
{
	atomic_fetch_add(&m->refs, 1);
	return m;
}

void rth_oidc_meta_unref(struct rth_oidc_meta *m)
{
	if (!m || atomic_fetch_sub(&m->refs, 1) != 1)
		return;
	rth_keyset_free(m->keys);
	json_decref(m->doc);
	rth_free(m);
}

static enum rth_oidc_reason fetch_document(json_t **docp,
					   const struct rth_oidc_provider *p)
{
	char url[RTH_FETCH_MAX_URL_BYTES];
	const struct rth_fetch f = {
		.url = url,
		.ca_file = p->conf->ca_file,
		.work = p->work,
	};
	enum rth_err err =
		rth_oidc_discovery_url(url, sizeof(url), p->conf->issuer);

	if (!err)
		err = rth_fetch_json(docp, &f);
	if (err == RTH_ERR_UNAVAILABLE)
		return RTH_OIDC_DOWN;
	if (err)
		return RTH_OIDC_BAD_DISCOVERY;
	if (sound(*docp, p->conf))
		return RTH_OIDC_OK;
	json_decref(*docp);
	return RTH_OIDC_BAD_DISCOVERY;
}

/* A new description, or `old` again when nothing changed (keeping its keys). */
static enum rth_oidc_reason fetch_meta(struct rth_oidc_meta **mp,
				       const struct rth_oidc_provider *p,
				       struct rth_oidc_meta *old)
{
	json_t *doc = NULL;
	enum rth_oidc_reason reason = fetch_document(&doc, p);

	if (reason)
		return reason;
	if (old && json_equal(old->doc, doc)) {
		json_decref(doc);
		*mp = meta_ref(old);
		return RTH_OIDC_OK;
	}
	reason = meta_create(mp, p, doc);
	if (reason)
		json_decref(doc);
	return reason;
}

/* Fetches with the lock given up meanwhile; only one thread at a time. */
static void refresh_locked(struct rth_oidc_provider *p)
{
	struct rth_oidc_meta *fresh = NULL, *old = p->meta;
	enum rth_oidc_reason reason;

	p->fetching = true;
	pthread_mutex_unlock(&p->lock);
	reason = fetch_meta(&fresh, p, old);
	if (reason)
		rth_log(RTH_LOG_WARN, "provider-failed", "s:s, s:s", "provider",
			p->conf->id, "reason", rth_oidc_reason_name(reason));
	pthread_mutex_lock(&p->lock);
	p->failed = reason;
	p->next_s = monotonic_s() + (!reason ? KEEP_S
				     : old   ? PAUSE_OLD_S
					     : PAUSE_S);
	if (!reason)
		p->meta = fresh;
	p->fetching = false;
	pthread_cond_broadcast(&p->done);
	if (!reason && old) {
		pthread_mutex_unlock(&p->lock);
		rth_oidc_meta_unref(old);
		pthread_mutex_lock(&p->lock);
	}
}

enum rth_oidc_reason rth_oidc_provider_meta(struct rth_oidc_meta **metap,
					    struct rth_oidc_provider *p)
{
	enum rth_oidc_reason reason = RTH_OIDC_OK;

	pthread_mutex_lock(&p->lock);
	while (p->fetching && !p->meta)
		pthread_cond_wait(&p->done, &p->lock);
	if (!p->fetching && monotonic_s() >= p->next_s)
		refresh_locked(p);
	if (p->meta)
		*metap = meta_ref(p->meta);
	else
		reason = p->failed ? p->failed : RTH_OIDC_DOWN;
	pthread_mutex_unlock(&p->lock);
	return reason;
}

enum rth_err rth_oidc_provider_create(struct rth_oidc_provider **pp,
				      const struct rth_provider_conf *conf,
				      const char *public_url,
				      const struct rth_work *work)
{
	struct rth_oidc_provider *p;

	if (!rth_fetch_allows(conf->issuer))
		return RTH_ERR_CONFIG;
	p = rth_alloc(sizeof(*p));
	if (!p)
		return RTH_ERR_NOMEM;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->done, NULL);
	p->conf = conf;
	p->work = work;
	if (rth_oidc_redirect_uri(p->redirect_uri, sizeof(p->redirect_uri),
				  public_url, conf->id)) {
		rth_oidc_provider_free(p);
		return RTH_ERR_CONFIG;
	}
	*pp = p;
	return RTH_OK;
}

void rth_oidc_provider_free(struct rth_oidc_provider *p)
{
	if (!p)
		return;
	rth_oidc_meta_unref(p->meta);
	pthread_cond_destroy(&p->done);
	pthread_mutex_destroy(&p->lock);
	rth_free(p);
}

const struct rth_provider_conf *
rth_oidc_provider_conf(const struct rth_oidc_provider *p)
{
	return p->conf;
}

const struct rth_work *rth_oidc_provider_work(const struct rth_oidc_provider *p)
{
	return p->work;
}

const char *rth_oidc_provider_redirect_uri(const struct rth_oidc_provider *p)
{
	return p->redirect_uri;
}

const char *rth_oidc_meta_authorize(const struct rth_oidc_meta *m)
{
	return text(m->doc, "authorization_endpoint");
}

const char *rth_oidc_meta_token(const struct rth_oidc_meta *m)
{
	return text(m->doc, "token_endpoint");
}

const char *rth_oidc_meta_userinfo(const struct rth_oidc_meta *m)
{
	return text(m->doc, "userinfo_endpoint");
}

static bool lists(const json_t *list, const char *value)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
	{
		if (json_is_string(item) &&
		    !strcmp(json_string_value(item), value))
			return true;
	}
	return false;
}

bool rth_oidc_meta_wants_post(const struct rth_oidc_meta *m)
{
	const json_t *methods = json_object_get(
		m->doc, "token_endpoint_auth_methods_supported");

	return lists(methods, "client_secret_post") &&
	       !lists(methods, "client_secret_basic");
}

bool rth_oidc_meta_promises_iss(const struct rth_oidc_meta *m)
{
	return json_is_true(json_object_get(
		m->doc, "authorization_response_iss_parameter_supported"));
}

static void sleep_ms(long ms)
{
	const struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

struct rth_jwks *rth_oidc_meta_keys(struct rth_oidc_meta *m, const char *kid)
{
	int waited_ms = 0;

	while (rth_keyset_want(m->keys, kid) == RTH_KEYSET_FETCHING &&
	       waited_ms < KEYS_WAIT_MS && !rth_work_stopping(m->work)) {
		sleep_ms(KEYS_STEP_MS);
		waited_ms += KEYS_STEP_MS;
	}
	return rth_keyset_current(m->keys);
}
