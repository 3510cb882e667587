/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The requests of holds and deletions. Each has its row in the audit, or it is
 * not done; what a person wrote as a reason of a hold is not in that row, since
 * it goes with the recording.
 */
#include "retention.h"

#include <string.h>

#include "audit.h"
#include "log.h"
#include "media.h"
#include "mem.h"
#include "review.h"
#include "rights.h"
#include "session.h"
#include "text.h"

#define WAIT_MS 1000 /* for a recovery in the same month */

static void reply_err(struct rth_exchange *x, enum rth_err err)
{
	switch (err) {
	case RTH_ERR_NOT_FOUND:
		rth_reply_not_found(x);
		break;
	case RTH_ERR_DENIED:
		rth_reply_error(x, 409, "held", "This recording is on hold.");
		break;
	case RTH_ERR_STATE:
		rth_reply_error(x, 409, "running",
				"This recording is still running.");
		break;
	case RTH_ERR_TIMEOUT:
		rth_reply_error(x, 503, "busy",
				"This recording is in use just now. Please try "
				"again in a minute.");
		break;
	default:
		rth_reply_failed(x, err);
	}
}

/* With a change both are done, or neither. */
static enum rth_err audit_change(const struct rth_exchange *x,
				 const struct rth_reviewed *of,
				 const char *action, const char *outcome,
				 rth_store_change_fn change, void *arg)
{
	struct rth_audit row = {
		.action = action,
		.object = of->row.id,
		.visit = *of->row.visit ? of->row.visit : NULL,
		.outcome = outcome,
	};

	return rth_audit_change(x, &row, change, arg);
}

static enum rth_err audit(const struct rth_exchange *x,
			  const struct rth_reviewed *of, const char *action,
			  const char *outcome)
{
	return audit_change(x, of, action, outcome, NULL, NULL);
}

/* What did not come about; of a database that has not answered nobody knows. */
static enum rth_err audit_failed(const struct rth_exchange *x,
				 const struct rth_reviewed *of,
				 const char *action, enum rth_err err)
{
	enum rth_err told =
		err == RTH_ERR_UNAVAILABLE
			? err
			: audit(x, of, action,
				err == RTH_ERR_NOT_FOUND ? "missing"
							 : "failed");

	return told ? told : err;
}

/* The recording as it is now. */
static void reply_recording(struct rth_exchange *x, const char *id)
{
	struct rth_reviewed of;
	enum rth_err err = rth_rights_find(&of, x, id, RTH_MAY_HOLD);

	if (err)
		reply_err(x, err);
	else
		rth_reply_json(x, 200,
			       rth_review_json(rth_request_portal(x), &of,
					       rth_request_session(x)));
}

/* ---- Holds ---- */

/* {"reason"} and nothing else; else the reply has been given. */
static bool read_reason(char reason[RTH_HOLD_REASON_SIZE],
			struct rth_exchange *x)
{
	const char *text = rth_request_string(x, "reason");

	if (text && json_object_size(rth_request_body(x)) == 1 &&
	    rth_text_chars(text) <= RTH_HOLD_REASON_CHARS &&
	    rth_text_clean(reason, RTH_HOLD_REASON_SIZE, text,
			   RTH_HOLD_REASON_CHARS) == 0 &&
	    *reason)
		return true;
	rth_reply_json(x, 400,
		       json_pack("{s:{s:s, s:s, s:s}}", "error", "code",
				 "bad-request", "message",
				 "Please say why it is kept, in up to 500 "
				 "characters.",
				 "field", "reason"));
	return false;
}

struct hold_change {
	const struct rth_exchange *x;
	const struct rth_reviewed *of;
	const char *reason;
};

static enum rth_err put_hold(struct rth_store *store, void *arg)
{
	const struct hold_change *c = arg;

	return rth_store_hold(store, c->of->row.id,
			      rth_request_session(c->x)->user.id, c->reason,
			      rth_request_portal(c->x)->now_s());
}

void rth_retention_handle_hold(struct rth_exchange *x)
{
	const char *id = rth_request_param(x, 0);
	char reason[RTH_HOLD_REASON_SIZE];
	struct rth_reviewed of;
	struct hold_change change = {x, &of, reason};
	enum rth_err err = rth_rights_find(&of, x, id, RTH_MAY_HOLD);

	if (err) {
		reply_err(x, err);
		return;
	}
	if (!read_reason(reason, x))
		return;
	err = audit_change(x, &of, RTH_AUDIT_HELD, NULL, put_hold, &change);
	if (err)
		err = audit_failed(x, &of, RTH_AUDIT_HELD, err);
	if (err)
		reply_err(x, err);
	else
		reply_recording(x, id);
}

static bool is_running(const struct rth_recording_row *row)
{
	return row->state == RTH_RECORDING_ASKED ||
	       row->state == RTH_RECORDING_RUNNING ||
	       row->state == RTH_RECORDING_PAUSED;
}

/*
 * It is to be deleted again when the rules say so, and the list tells: of one
 * that runs once it has ended (rth_retention_tick).
 */
static enum rth_err end_hold(struct rth_store *store, void *arg)
{
	const struct hold_change *c = arg;
	const struct rth_portal *portal = rth_request_portal(c->x);
	const struct rth_reviewed *of = c->of;
	int64_t ended_s = of->row.ended_s > of->row.begun_s ? of->row.ended_s
							    : of->row.begun_s;
	enum rth_err err = rth_store_release(store, of->row.id,
					     rth_request_session(c->x)->user.id,
					     portal->now_s());

	if (err || is_running(&of->row))
		return err;
	return rth_store_kept_until(
		store, of->row.id,
		rth_retention_until(&portal->settings, of->clinician_email,
				    of->kind, ended_s, NULL));
}

static enum rth_err release(const struct rth_exchange *x,
			    const struct rth_reviewed *of)
{
	struct hold_change change = {x, of, NULL};
	enum rth_err err = audit_change(x, of, RTH_AUDIT_RELEASED, NULL,
					end_hold, &change);

	return err ? audit_failed(x, of, RTH_AUDIT_RELEASED, err) : 0;
}

void rth_retention_handle_release(struct rth_exchange *x)
{
	const char *id = rth_request_param(x, 0);
	struct rth_reviewed of;
	enum rth_err err = rth_rights_find(&of, x, id, RTH_MAY_HOLD);

	if (!err && of.hold)
		err = release(x, &of);
	if (err)
		reply_err(x, err);
	else
		reply_recording(x, id);
}

/* ---- Deletion ---- */

static enum rth_err audit_deletion(void *arg,
				   const struct rth_deletion *deletion,
				   const char *action)
{
	struct rth_audit row = {
		.action = action,
		.object = deletion->recording,
		.visit = *deletion->visit ? deletion->visit : NULL,
		.reason = deletion->rule,
	};

	return rth_audit_request(arg, &row);
}

static void cut_streams(void *arg, const char *recording)
{
	rth_media_cut(rth_request_portal(arg)->media, recording);
}

static void reply_certificate(struct rth_exchange *x, const char *id)
{
	char *text;
	enum rth_err err =
		rth_store_certificate(&text, rth_request_portal(x)->store, id);

	if (err) {
		rth_reply_failed(x, err);
		return;
	}
	rth_reply_json(
		x, 200,
		json_pack("{s:o}", "certificate", json_loads(text, 0, NULL)));
	rth_free(text);
}

static const char *outcome_of(enum rth_err err)
{
	switch (err) {
	case RTH_ERR_DENIED:
		return "held";
	case RTH_ERR_STATE:
		return "running";
	case RTH_ERR_TIMEOUT:
		return "busy";
	case RTH_ERR_NOT_FOUND:
		return "missing";
	default:
		return "failed";
	}
}

/* Why it was not deleted is told, and kept. What was begun is completed. */
static void refuse(struct rth_exchange *x, const struct rth_reviewed *of,
		   enum rth_err err)
{
	struct rth_portal *portal = rth_request_portal(x);
	enum rth_err told = audit(x, of, RTH_AUDIT_DELETED, outcome_of(err));
	struct rth_deletion begun;

	if (!rth_store_deletion_get(portal->store, &begun, of->row.id)) {
		rth_retention_start(portal);
		rth_reply_error(x, 503, "busy",
				"The deletion has begun and goes on by "
				"itself.");
	} else if (told) {
		rth_reply_failed(x, told);
	} else if (err == RTH_ERR_NOT_FOUND) {
		rth_reply_error(x, 409, "missing",
				"The files of this recording are missing.");
	} else {
		reply_err(x, err);
	}
}

void rth_retention_handle_delete(struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	const struct rth_deleting deleting = {
		.settings = &portal->settings,
		.store = portal->store,
		.key = portal->audit_key,
		.now_s = portal->now_s(),
		.wait_ms = WAIT_MS,
		.audit = audit_deletion,
		.cut = cut_streams,
		.arg = x,
	};
	struct rth_deletion deletion = {.rule = RTH_RULE_BY_HAND};
	struct rth_reviewed of;
	enum rth_err err = rth_rights_find(&of, x, rth_request_param(x, 0),
					   RTH_MAY_DELETE);

	if (err) {
		reply_err(x, err);
		return;
	}
	memcpy(deletion.recording, of.row.id, sizeof(deletion.recording));
	memcpy(deletion.visit, of.row.visit, sizeof(deletion.visit));
	memcpy(deletion.by, rth_request_session(x)->user.id, RTH_ID_SIZE);
	err = rth_delete_recording(&deleting, &deletion);
	if (err && err != RTH_ERR_EXISTS)
		refuse(x, &of, err);
	else
		reply_certificate(x, of.row.id);
}
