/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the plugin tells, as it arrives: one object or an array of objects, of
 * which those of our plugin are taken, in their order, each with its rows on
 * the disk before the answer. When one fails, there is no answer at all
 * (RTH_PROOF_JANUS): Janus takes any status for a success.
 */
#include "events.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "live.h"
#include "log.h"
#include "portal.h"
#include "store.h"
#include "told.h"

#define TYPE_PLUGIN 64 /* JANUS_EVENT_TYPE_PLUGIN */

/* "Basic base64(user:password)" (RFC 7617). */
static bool expected(char *out, size_t size, const struct rth_settings *s)
{
	char pair[512];
	int n = snprintf(pair, sizeof(pair), "%s:%s", s->janus.events_user,
			 s->janus.events_password);

	if (n < 0 || (size_t)n >= sizeof(pair) ||
	    size < 6 + ((size_t)n + 2) / 3 * 4 + 1)
		return false;
	memcpy(out, "Basic ", 6);
	EVP_EncodeBlock((unsigned char *)out + 6, (const unsigned char *)pair,
			n);
	OPENSSL_cleanse(pair, sizeof(pair));
	return true;
}

/* Hashes are compared, so that neither content nor length takes its time. */
static bool authorized(const struct rth_exchange *x)
{
	const struct rth_settings *s = &rth_request_portal(x)->settings;
	const char *given =
		rth_request_field(x, RTH_FIELD_HEADER, "Authorization");
	char want[768], want_hash[RTH_HASH_SIZE], given_hash[RTH_HASH_SIZE];
	bool good;

	if (!given || !s->janus.events_user || !expected(want, sizeof(want), s))
		return false;
	good = rth_store_hash(want_hash, want) == 0 &&
	       rth_store_hash(given_hash, given) == 0 &&
	       CRYPTO_memcmp(want_hash, given_hash, RTH_HASH_SIZE) == 0;
	OPENSSL_cleanse(want, sizeof(want));
	return good;
}

static enum rth_err take(const struct rth_portal *portal, const json_t *item)
{
	const json_t *event = json_object_get(item, "event");
	const char *plugin =
		json_string_value(json_object_get(event, "plugin"));

	if (json_integer_value(json_object_get(item, "type")) != TYPE_PLUGIN ||
	    !plugin || strcmp(plugin, "janus.plugin.rthealth") != 0)
		return 0;
	return rth_told_take(portal, json_object_get(event, "data"));
}

void rth_events_handle(struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	const json_t *body = rth_request_body(x);
	enum rth_err err = 0;
	size_t i;

	if (!authorized(x)) {
		rth_log(RTH_LOG_WARN, "events-refused", NULL);
		rth_reply_error(x, 401, "not-allowed", "Not allowed.");
		return;
	}
	if (!body || json_array_size(body) > RTH_EVENTS_MAX) {
		rth_reply_error(x, 400, "bad-request", "No events.");
		return;
	}
	if (json_is_object(body))
		err = take(portal, body);
	for (i = 0; i < json_array_size(body) && !err; i++)
		err = take(portal, json_array_get(body, i));
	rth_live_wake(portal->live);
	if (err)
		rth_reply_failed(x, err);
	else
		rth_reply_empty(x, 204);
}
