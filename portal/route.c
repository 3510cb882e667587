/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding a row of the table, and the checks before its handler.
 */
#include "route.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "guard.h"
#include "portal.h"
#include "session.h"
#include "store.h"

#define REFUSALS_PER_HOUR 60 /* rows of one person */

/* Does the path fit the pattern? Both start with '/'. */
static bool fits(const char *pattern, const char *path,
		 struct rth_route_param params[RTH_REQUEST_MAX_PARAMS])
{
	size_t n = 0;

	memset(params, 0, sizeof(*params) * RTH_REQUEST_MAX_PARAMS);
	for (;;) {
		size_t len = strcspn(pattern + 1, "/");
		size_t path_len = strcspn(path + 1, "/");

		if (len == 1 && pattern[1] == '*')
			return path_len > 0;
		if (pattern[1] == ':' && n < RTH_REQUEST_MAX_PARAMS) {
			if (path_len == 0)
				return false;
			params[n].start = path + 1;
			params[n++].len = path_len;
		} else if (len != path_len ||
			   memcmp(pattern + 1, path + 1, len) != 0) {
			return false;
		}
		pattern += 1 + len;
		path += 1 + path_len;
		if (!*pattern || !*path)
			return *pattern == *path;
	}
}

enum rth_route_match
rth_route_find(const struct rth_route **routep,
	       struct rth_route_param params[RTH_REQUEST_MAX_PARAMS],
	       const struct rth_route *table, enum rth_method method,
	       const char *path)
{
	enum rth_route_match match = RTH_ROUTE_NO_PATH;

	for (; table->pattern; table++) {
		if (!fits(table->pattern, path, params))
			continue;
		if (table->method == method) {
			*routep = table;
			return RTH_ROUTE_FOUND;
		}
		match = RTH_ROUTE_NO_METHOD;
	}
	return match;
}

/*
 * Somebody who is signed in asked for what is not for them. Those of one person
 * are counted, so that nobody fills the audit.
 */
static void record_refusal(const struct rth_route *route,
			   const struct rth_exchange *x, const char *reason)
{
	const struct rth_portal *portal = rth_request_portal(x);
	struct rth_audit row = {
		.action = "request-refused",
		.object = route->pattern,
		.outcome = "refused",
		.reason = reason,
	};
	char rate[64];

	snprintf(rate, sizeof(rate), "refused:%s",
		 rth_request_session(x)->user.id);
	if (rth_store_rate(portal->store, rate, REFUSALS_PER_HOUR, 3600,
			   portal->now_s()) ||
	    rth_audit_request(x, &row))
		return; /* the refusal stands */
}

/* Who may do this; the answer is the reply. */
static bool allowed(const struct rth_route *route, struct rth_exchange *x)
{
	const struct rth_session *session = rth_request_session(x);

	if (route->right == RTH_ANYONE)
		return true;
	if (!session) {
		rth_reply_error(x, 401, "sign-in", "Please sign in first.");
		return false;
	}
	if (route->right == RTH_CLINICIAN &&
	    session->role != RTH_ROLE_CLINICIAN &&
	    session->role != RTH_ROLE_ADMIN) {
		record_refusal(route, x, "not-allowed");
		rth_reply_error(x, 403, "not-allowed",
				"This is for clinicians.");
		return false;
	}
	return true;
}

/*
 * Was it a recording or a play that is not for them, or is not there? Ids
 * cannot be guessed: who asks for many has them from somewhere.
 */
static bool was_looked_for(const struct rth_route *route,
			   struct rth_exchange *x)
{
	const char *id = rth_request_param(x, 0);

	return (strncmp(route->pattern, "/api/recordings/", 16) == 0 ||
		strncmp(route->pattern, "/api/plays/", 11) == 0) &&
	       rth_exchange_reply(x)->status == 404 && rth_request_session(x) &&
	       id && rth_id_valid(id);
}

void rth_route_run(const struct rth_route *route, struct rth_exchange *x)
{
	if (route->place != RTH_ON_POOL) {
		enum rth_err err = rth_session_load(x);

		if (err) {
			rth_reply_failed(x, err);
			return;
		}
	}
	if (!allowed(route, x))
		return;
	if (route->proof == RTH_PROOF_CSRF && !rth_session_csrf_right(x)) {
		if (rth_request_session(x))
			record_refusal(route, x, "wrong-csrf");
		rth_reply_error(x, 403, "wrong-csrf",
				"Please reload the page and try again.");
		return;
	}
	route->handle(x);
	if (was_looked_for(route, x))
		record_refusal(route, x, "not-found");
}
