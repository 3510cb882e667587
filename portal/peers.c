/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who else serves on our database, and the set of all public keys. `lock`
 * guards `known` and `look_s`.
 */
#include "peers.h"

#include <pthread.h>
#include <string.h>

#include <jansson.h>

#include "exchange.h"
#include "id.h"
#include "json_strict.h"
#include "json_text.h"
#include "log.h"
#include "mem.h"
#include "signing.h"
#include "store_portal.h"

struct rth_peers {
	struct rth_portal *portal;
	char id[RTH_ID_SIZE]; /* of this start */
	pthread_mutex_t lock;
	json_t *known;	/* an array: what the database had last */
	int64_t look_s; /* when it had that */
};

/* ---- Saying ---- */

static enum rth_err publish_key(const struct rth_peers *peers,
				const json_t *key)
{
	const char *kid = json_string_value(json_object_get(key, "kid"));
	struct rth_portal *p = peers->portal;
	char *text = NULL;
	enum rth_err err =
		kid ? rth_json_text(&text, NULL, key) : RTH_ERR_FORMAT;

	if (!err)
		err = rth_store_signing_put(p->store, kid, text, p->now_s());
	rth_free(text);
	return err;
}

static enum rth_err publish(const struct rth_peers *peers)
{
	const struct rth_portal *p = peers->portal;
	json_t *set;
	size_t i;
	enum rth_err err =
		rth_store_portal_seen(p->store, peers->id, p->now_s());

	if (!err)
		err = rth_signing_jwks(&set, p->signing);
	if (err)
		return err;
	for (i = 0; i < json_array_size(json_object_get(set, "keys")) && !err;
	     i++)
		err = publish_key(
			peers, json_array_get(json_object_get(set, "keys"), i));
	json_decref(set);
	return err;
}

void rth_peers_tick(struct rth_peers *peers)
{
	const struct rth_portal *p = peers->portal;
	enum rth_err err = publish(peers);

	if (!err)
		err = rth_store_portals_sweep(p->store, p->now_s());
	if (err)
		rth_log(RTH_LOG_ERROR, "keys-not-published", "s:s", "error",
			rth_err_name(err));
}

enum rth_err rth_peers_create(struct rth_peers **peersp,
			      struct rth_portal *portal)
{
	struct rth_peers *peers = rth_alloc(sizeof(*peers));
	enum rth_err err;

	if (!peers)
		return RTH_ERR_NOMEM;
	peers->portal = portal;
	pthread_mutex_init(&peers->lock, NULL);
	err = rth_id_make(peers->id);
	if (!err)
		err = publish(peers);
	if (err)
		rth_peers_free(peers);
	else
		*peersp = peers;
	return err;
}

void rth_peers_free(struct rth_peers *peers)
{
	enum rth_err err;

	if (!peers)
		return;
	err = rth_store_portal_gone(peers->portal->store, peers->id);
	if (err)
		rth_log(RTH_LOG_WARN, "end-not-told", "s:s", "error",
			rth_err_name(err));
	json_decref(peers->known);
	pthread_mutex_destroy(&peers->lock);
	rth_free(peers);
}

/* ---- The set of all ---- */

static bool has(const json_t *keys, const char *kid)
{
	size_t i;

	for (i = 0; i < json_array_size(keys); i++) {
		const char *there = json_string_value(
			json_object_get(json_array_get(keys, i), "kid"));

		if (there && strcmp(there, kid) == 0)
			return true;
	}
	return false;
}

/* What is no public key of ours is left out: none of it reaches anybody. */
static enum rth_err read_key(const char *jwk, void *arg)
{
	static const char *const members[] = {"kty", "use", "alg", "kid",
					      "crv", "x",   "y"};
	json_t *keys = arg, *read = NULL, *key = json_object();
	enum rth_err err = rth_json_object_sure(&read, jwk, strlen(jwk));
	size_t i;

	if (!key || err == RTH_ERR_NOMEM)
		err = RTH_ERR_NOMEM;
	else
		err = 0;
	for (i = 0; i < sizeof(members) / sizeof(members[0]) && !err; i++) {
		json_t *value = json_object_get(read, members[i]);

		if (json_is_string(value) &&
		    json_object_set(key, members[i], value))
			err = RTH_ERR_NOMEM;
	}
	if (!err && json_object_get(key, "kid") && json_array_append(keys, key))
		err = RTH_ERR_NOMEM;
	json_decref(key);
	json_decref(read);
	return err;
}

/* Replaces what is known; without an answer, that stays for as long as tokens
   signed with it. */
static void look(struct rth_peers *peers)
{
	const struct rth_portal *p = peers->portal;
	const int64_t now_s = p->now_s();
	json_t *now = json_array(), *old = now;
	enum rth_err err = now ? rth_store_signing_each(
					 p->store, now_s - RTH_SIGNING_KEPT_S,
					 read_key, now)
			       : RTH_ERR_NOMEM;

	pthread_mutex_lock(&peers->lock);
	if (!err) {
		old = peers->known;
		peers->known = now;
		peers->look_s = now_s;
	} else if (now_s - peers->look_s >= RTH_SIGNING_KEPT_S) {
		json_array_clear(peers->known);
	}
	pthread_mutex_unlock(&peers->lock);
	json_decref(old);
}

static enum rth_err add_known(struct rth_peers *peers, json_t *keys)
{
	enum rth_err err = 0;
	size_t i;

	pthread_mutex_lock(&peers->lock);
	for (i = 0; i < json_array_size(peers->known) && !err; i++) {
		json_t *key = json_array_get(peers->known, i);
		const char *kid =
			json_string_value(json_object_get(key, "kid"));
		json_t *copy = has(keys, kid) ? NULL : json_deep_copy(key);

		if (copy && json_array_append_new(keys, copy))
			err = RTH_ERR_NOMEM;
	}
	pthread_mutex_unlock(&peers->lock);
	return err;
}

void rth_peers_handle_keys(struct rth_exchange *x)
{
	const struct rth_portal *p = rth_request_portal(x);
	json_t *set;
	enum rth_err err = rth_signing_jwks(&set, p->signing);

	if (!err && p->peers) {
		look(p->peers);
		err = add_known(p->peers, json_object_get(set, "keys"));
		if (err)
			json_decref(set);
	}
	if (err) {
		rth_reply_failed(x, err);
		return;
	}
	rth_reply_header(x, "Cache-Control", "public, max-age=300");
	rth_reply_json(x, 200, set);
}
