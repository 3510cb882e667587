/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows of requests. An address is in them as a hash that nobody can try
 * addresses out with.
 */
#include "audit.h"

#include <string.h>

#include "audit_head.h"
#include "json_text.h"
#include "log.h"
#include "mem.h"
#include "portal.h"
#include "session.h"

/* Without a key (a unit test) nothing is known of the client. */
static enum rth_err client_of(char hash[RTH_HASH_SIZE],
			      const struct rth_exchange *x)
{
	const struct rth_audit_key *key = rth_request_portal(x)->audit_key;
	const char *address = rth_request_address(x);

	hash[0] = '\0';
	if (!key || !address || !*address)
		return 0;
	return rth_audit_key_hash(hash, key, "client  ", address,
				  strlen(address));
}

enum rth_err rth_audit_change(const struct rth_exchange *x,
			      struct rth_audit *row, rth_store_change_fn change,
			      void *arg)
{
	const struct rth_portal *portal = rth_request_portal(x);
	const struct rth_session *session = rth_request_session(x);
	char client[RTH_HASH_SIZE];
	enum rth_err err = client_of(client, x);

	if (!row->subject && session)
		row->subject = session->user.id;
	if (!row->role && session)
		row->role = rth_role_name(session->role);
	if (!err) {
		row->client = *client ? client : NULL;
		err = change ? rth_store_audited(portal->store, row,
						 portal->now_s(), change, arg)
			     : rth_store_audit(portal->store, row,
					       portal->now_s());
		row->client = NULL;
	}
	/* That there is nothing to change any more is no fault. */
	if (err && !(change && err == RTH_ERR_NOT_FOUND))
		rth_log(RTH_LOG_ERROR, "audit-failed", "s:s, s:s", "action",
			row->action, "error", rth_err_name(err));
	return err;
}

enum rth_err rth_audit_request(const struct rth_exchange *x,
			       struct rth_audit *row)
{
	return rth_audit_change(x, row, NULL, NULL);
}

enum rth_err rth_audit_request_json(const struct rth_exchange *x,
				    struct rth_audit *row, json_t *data)
{
	char *text;
	enum rth_err err = rth_json_text(&text, NULL, data);

	json_decref(data);
	if (err)
		return err;
	row->data = text;
	err = rth_audit_request(x, row);
	row->data = NULL;
	rth_free(text);
	return err;
}
