/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The portal's own rows.
 */
#include "audit_self.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit_chain.h"
#include "audit_head.h"
#include "base64.h"
#include "clinic_key.h"
#include "json_text.h"
#include "log.h"
#include "mem.h"
#include "signing.h"
#include "store.h"

#define HEAD_TICKS 60 /* minutes */
#define CONFIG_MAX_BYTES 262144

static enum rth_err add_row(struct rth_portal *p, const char *action,
			    const char *object, const json_t *data)
{
	struct rth_audit row = {
		.subject = "portal",
		.action = action,
		.object = object,
	};
	char *text = NULL;
	enum rth_err err = data ? rth_json_text(&text, NULL, data) : 0;

	row.data = text;
	if (!err)
		err = rth_store_audit(p->store, &row, p->now_s());
	if (err)
		rth_log(RTH_LOG_ERROR, "audit-failed", "s:s, s:s", "action",
			action, "error", rth_err_name(err));
	rth_free(text);
	return err;
}

/* ---- What it runs with ---- */

/* Secrets may stand in it: nobody can try them out on this hash. */
static json_t *configuration(const struct rth_portal *p, const char *path)
{
	char *text = rth_alloc(CONFIG_MAX_BYTES), hash[RTH_HASH_SIZE];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = text && fd >= 0 ? read(fd, text, CONFIG_MAX_BYTES) : -1;
	json_t *value = NULL;

	if (n >= 0 && !rth_audit_key_hash(hash, p->audit_key, "config  ", text,
					  (size_t)n))
		value = json_string(hash);
	if (n > 0)
		memset(text, 0, (size_t)n);
	if (fd >= 0)
		close(fd);
	rth_free(text);
	return value;
}

static json_t *signing_keys(const struct rth_portal *p)
{
	json_t *set, *ids = json_array();
	size_t i;

	if (rth_signing_jwks(&set, p->signing)) {
		json_decref(ids);
		return NULL;
	}
	for (i = 0; i < json_array_size(json_object_get(set, "keys")); i++) {
		const json_t *key =
			json_array_get(json_object_get(set, "keys"), i);

		if (json_array_append(ids, json_object_get(key, "kid"))) {
			json_decref(ids);
			ids = NULL;
			break;
		}
	}
	json_decref(set);
	return ids;
}

/* What new recordings are sealed to: the public keys by their names. */
static json_t *recording_keys(const struct rth_portal *p)
{
	const char *folder = p->settings.recordings.public_keys;
	char problem[256], text[RTH_HASH_SIZE];
	struct rth_clinic_keys keys;
	json_t *found = json_object();
	size_t i;

	if (!folder ||
	    rth_clinic_keys_read(&keys, folder, problem, sizeof(problem)))
		return found;
	for (i = 0; i < keys.n; i++)
		if (rth_base64url_encode(text, sizeof(text), keys.public[i],
					 sizeof(keys.public[i])) ||
		    json_object_set_new(found, keys.name[i],
					json_string(text))) {
			json_decref(found);
			return NULL;
		}
	return found;
}

static enum rth_err keep_n(const struct rth_audit_row *row, const char *name,
			   void *arg)
{
	(void)name;
	*(int64_t *)arg = row->n;
	return 0;
}

/* Others may serve on the same database: by its key each is known again. */
static const char *own_name(const struct rth_portal *p)
{
	return rth_audit_key_public(p->audit_key);
}

/* How it ended the last time: after a kill, events may be missing. */
static enum rth_err find_end(const char **endp, const struct rth_portal *p)
{
	struct rth_store *store = p->store;
	struct rth_audit_filter filter = {
		.subject = "portal",
		.object = own_name(p),
		.action = "portal-started",
		.limit = 1,
	};
	int64_t started = 0, stopped = 0;
	enum rth_err err =
		rth_store_audit_list(store, &filter, keep_n, &started);

	filter.action = "portal-stopped";
	if (!err)
		err = rth_store_audit_list(store, &filter, keep_n, &stopped);
	if (!err)
		*endp = !started	    ? "nothing"
			: stopped > started ? "stop"
					    : "kill";
	return err;
}

/* ---- Heads ---- */

/* A chain that lost what was signed is told once, as a row, and signed on. */
static enum rth_err sign_head(struct rth_portal *p)
{
	enum rth_err err = rth_audit_heads_write(&p->settings, p->store,
						 p->audit_key, p->now_s());

	if (!err)
		return 0;
	rth_log(RTH_LOG_ERROR,
		err == RTH_ERR_STATE ? "audit-broken" : "audit-head-failed",
		"s:s", "error", rth_err_name(err));
	if (err != RTH_ERR_STATE)
		return err;
	return add_row(p, "audit-broken", NULL, NULL);
}

/* ---- */

static enum rth_err add_start(struct rth_portal *p, const char *config)
{
	const char *after;
	enum rth_err err = find_end(&after, p);
	json_t *data;

	if (err)
		return err;
	data = json_pack("{s:s, s:o, s:s, s:o, s:o}", "after", after,
			 "configuration", configuration(p, config), "audit_key",
			 rth_audit_key_public(p->audit_key), "signing_keys",
			 signing_keys(p), "recording_keys", recording_keys(p));
	err = data ? add_row(p, "portal-started", own_name(p), data)
		   : RTH_ERR_NOMEM;
	json_decref(data);
	return err;
}

enum rth_err rth_audit_self_start(struct rth_portal *p, const char *config)
{
	enum rth_err err = rth_audit_key_open(&p->audit_key, &p->settings);

	if (!err)
		err = add_start(p, config);
	if (!err)
		err = sign_head(p);
	return err;
}

json_t *rth_audit_self_keys(const struct rth_portal *p)
{
	return signing_keys(p);
}

void rth_audit_self_keys_since(struct rth_portal *p, json_t *before)
{
	json_t *now = signing_keys(p), *data = NULL;

	if (now && !json_equal(now, before))
		data = json_pack("{s:O}", "signing_keys", now);
	if (data)
		(void)add_row(p, "key-signing-changed", NULL, data);
	json_decref(data);
	json_decref(now);
	json_decref(before);
}

void rth_audit_self_tick(struct rth_portal *p, unsigned ticks)
{
	if (ticks % HEAD_TICKS == 0)
		(void)sign_head(p);
}

void rth_audit_self_stop(struct rth_portal *p)
{
	if (!p->audit_key)
		return;
	(void)add_row(p, "portal-stopped", own_name(p), NULL);
	(void)sign_head(p);
	rth_audit_key_free(p->audit_key);
	p->audit_key = NULL;
}
