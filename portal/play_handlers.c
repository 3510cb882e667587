/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plays over HTTP. Nothing of a recording is told before its row is in the
 * audit; a person's own words for a reason stay out of it.
 */
#include "play.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "play_timeline.h"
#include "reason.h"
#include "review.h"
#include "rights.h"
#include "session.h"

#define RANGES_MAX 64
#define ROUNDED_MS 1000 /* a player may end so much later */
#define PLAYS_PER_MINUTE 60
#define WATCHED_PER_MINUTE 240

static void reply_err(struct rth_exchange *x, enum rth_err err)
{
	if (err == RTH_ERR_NOT_FOUND)
		rth_reply_not_found(x);
	else if (err == RTH_ERR_LIMIT)
		rth_reply_error(x, 429, "too-many",
				"Too many requests in one minute.");
	else if (err == RTH_ERR_NOMEM) /* no key can be locked, too */
		rth_reply_error(x, 503, "busy",
				"Too much is going on. Please try again.");
	else
		rth_reply_failed(x, err);
}

static enum rth_err rate(const struct rth_exchange *x, const char *what,
			 int64_t max)
{
	const struct rth_portal *portal = rth_request_portal(x);
	char key[64];

	snprintf(key, sizeof(key), "%s:%s", what,
		 rth_request_session(x)->user.id);
	return rth_store_rate(portal->store, key, max, 60, portal->now_s());
}

/* ---- Making one ---- */

/* Nothing but {"reason": a string}, or nothing at all. */
static enum rth_err read_reason(char reason[RTH_REASON_SIZE],
				const struct rth_exchange *x)
{
	const json_t *body = rth_request_body(x);
	size_t members = json_object_get(body, "reason") ? 1 : 0;

	if (body &&
	    (!json_is_object(body) || json_object_size(body) != members))
		return RTH_ERR_FORMAT;
	return rth_reason_read(reason, x);
}

static enum rth_err audit_play(const struct rth_exchange *x,
			       const struct rth_play *play,
			       const struct rth_reviewed *of,
			       const char *outcome)
{
	const struct rth_settings *s = &rth_request_portal(x)->settings;
	struct rth_audit row = {
		.action = "play",
		.object = of->row.id,
		.visit = *of->row.visit ? of->row.visit : NULL,
		.outcome = outcome,
		.reason = rth_reason_code(s, play->reason),
	};

	return rth_audit_request_json(x, &row,
				      json_pack("{s:s}", "play", play->id));
}

static enum rth_err fill_play(struct rth_play *play,
			      const struct rth_exchange *x,
			      const struct rth_reviewed *of)
{
	const struct rth_session *session = rth_request_session(x);

	memcpy(play->recording, of->row.id, sizeof(play->recording));
	memcpy(play->user, session->user.id, sizeof(play->user));
	memcpy(play->session, session->hash, sizeof(play->session));
	play->begun_s = rth_request_portal(x)->now_s();
	return rth_id_make(play->id);
}

/* Puts the play's own members to those of its timeline, which is taken. */
static void reply_play(struct rth_exchange *x, unsigned status,
		       const struct rth_play *play,
		       const struct rth_reviewed *of, json_t *timeline)
{
	json_t *recording = rth_review_json(rth_request_portal(x), of,
					    rth_request_session(x));

	/* Both take their value, also when they fail. */
	if (json_object_set_new(timeline, "recording", recording) ||
	    json_object_set_new(timeline, "id", json_string(play->id))) {
		json_decref(timeline);
		timeline = NULL;
	}
	rth_reply_json(x, status, timeline);
}

static void reply_unreadable(struct rth_exchange *x, const char *what)
{
	rth_reply_json(x, 409,
		       json_pack("{s:{s:s, s:s, s:s}}", "error", "code",
				 "unreadable", "message",
				 "This recording cannot be read.", "what",
				 what));
}

static void make(struct rth_exchange *x, struct rth_play *play,
		 const struct rth_reviewed *of)
{
	const struct rth_portal *portal = rth_request_portal(x);
	char what[RTH_UNREADABLE_SIZE];
	json_t *timeline = NULL;
	enum rth_err unreadable = rth_play_timeline(&timeline, portal,
						    of->row.id, play->id, what);
	enum rth_err err = unreadable == RTH_ERR_NOMEM ? unreadable : 0;

	if (!err)
		err = audit_play(x, play, of, unreadable ? "unreadable" : NULL);
	if (!err && unreadable) {
		reply_unreadable(x, what);
		return;
	}
	if (!err)
		err = rth_store_play_add(portal->store, play);
	/* Its session or its recording has just gone. */
	if (err == RTH_ERR_EXISTS)
		err = RTH_ERR_NOT_FOUND;
	if (err) {
		json_decref(timeline);
		reply_err(x, err);
		return;
	}
	reply_play(x, 201, play, of, timeline);
}

void rth_play_handle_make(struct rth_exchange *x)
{
	struct rth_play play = {.begun_s = 0};
	struct rth_reviewed of;
	enum rth_err err =
		rth_rights_find(&of, x, rth_request_param(x, 0), RTH_MAY_PLAY);

	if (!err && read_reason(play.reason, x)) {
		rth_reply_bad_field(
			x, "reason",
			"Please give a reason of up to 200 characters.");
		return;
	}
	if (!err)
		err = rate(x, "play", PLAYS_PER_MINUTE);
	if (!err)
		err = fill_play(&play, x, &of);
	if (err)
		reply_err(x, err);
	else
		make(x, &play, &of);
}

/* ---- One that was made ---- */

static enum rth_err find(struct rth_play *play, struct rth_reviewed *of,
			 const struct rth_exchange *x)
{
	enum rth_err err = rth_play_find(play, x, rth_request_param(x, 0));

	return err ? err
		   : rth_rights_find(of, x, play->recording, RTH_MAY_PLAY);
}

void rth_play_handle_get(struct rth_exchange *x)
{
	char what[RTH_UNREADABLE_SIZE];
	struct rth_reviewed of;
	struct rth_play play;
	json_t *timeline = NULL;
	enum rth_err err = find(&play, &of, x);

	if (err) {
		reply_err(x, err);
		return;
	}
	err = rth_play_timeline(&timeline, rth_request_portal(x), of.row.id,
				play.id, what);
	if (err == RTH_ERR_NOMEM)
		reply_err(x, err);
	else if (err)
		reply_unreadable(x, what);
	else
		reply_play(x, 200, &play, &of, timeline);
}

/* ---- What was watched ---- */

/* Puts [from, to) to those before, of which none begins later. */
static enum rth_err merge(json_t *merged, json_int_t from, json_int_t to)
{
	json_t *last = json_array_get(merged, json_array_size(merged) - 1);
	json_int_t end = json_integer_value(json_array_get(last, 1));

	if (!last || from > end)
		return json_array_append_new(merged,
					     json_pack("[I, I]", from, to))
			       ? RTH_ERR_NOMEM
			       : 0;
	if (from < json_integer_value(json_array_get(last, 0)))
		return RTH_ERR_FORMAT;
	if (to > end && json_array_set_new(last, 1, json_integer(to)))
		return RTH_ERR_NOMEM;
	return 0;
}

static enum rth_err add_range(json_t *merged, const json_t *range,
			      int64_t duration_ms)
{
	const json_t *first = json_array_get(range, 0);
	const json_t *second = json_array_get(range, 1);
	json_int_t from = json_integer_value(first);
	json_int_t to = json_integer_value(second);

	if (json_array_size(range) != 2 || !json_is_integer(first) ||
	    !json_is_integer(second) || from < 0 || to <= from ||
	    from >= duration_ms || to > duration_ms + ROUNDED_MS)
		return RTH_ERR_FORMAT;
	return merge(merged, from, to < duration_ms ? to : duration_ms);
}

/* Ranges in the order of their beginnings, without overlaps in the end. */
static enum rth_err read_ranges(json_t **mergedp, const json_t *list,
				int64_t duration_ms)
{
	json_t *merged = json_array();
	size_t n = json_array_size(list), i;
	enum rth_err err = merged ? 0 : RTH_ERR_NOMEM;

	if (n == 0 || n > RANGES_MAX)
		err = RTH_ERR_FORMAT;
	for (i = 0; i < n && !err; i++)
		err = add_range(merged, json_array_get(list, i), duration_ms);
	if (err)
		json_decref(merged);
	else
		*mergedp = merged;
	return err;
}

/* As the player was told it, or longer when it runs. */
static enum rth_err duration_of(int64_t *duration_msp,
				const struct rth_exchange *x,
				const struct rth_play *play)
{
	char what[RTH_UNREADABLE_SIZE];
	json_t *timeline = NULL;
	enum rth_err err = rth_play_timeline(&timeline, rth_request_portal(x),
					     play->recording, play->id, what);

	if (err)
		return err == RTH_ERR_NOT_FOUND ? RTH_ERR_IO : err;
	*duration_msp =
		json_integer_value(json_object_get(timeline, "duration_ms"));
	json_decref(timeline);
	return 0;
}

static enum rth_err audit_watched(const struct rth_exchange *x,
				  const struct rth_play *play,
				  const struct rth_reviewed *of, json_t *ranges)
{
	struct rth_audit row = {
		.action = "watched",
		.object = of->row.id,
		.visit = *of->row.visit ? of->row.visit : NULL,
	};

	return rth_audit_request_json(
		x, &row,
		json_pack("{s:s, s:o}", "play", play->id, "ranges_ms", ranges));
}

void rth_play_handle_watched(struct rth_exchange *x)
{
	const json_t *body = rth_request_body(x);
	struct rth_reviewed of;
	struct rth_play play;
	int64_t duration_ms = 0;
	json_t *ranges = NULL;
	enum rth_err err = find(&play, &of, x);

	if (!err)
		err = rate(x, "watched", WATCHED_PER_MINUTE);
	if (!err)
		err = duration_of(&duration_ms, x, &play);
	if (err) {
		reply_err(x, err);
		return;
	}
	err = json_object_size(body) == 1
		      ? read_ranges(&ranges, json_object_get(body, "ranges_ms"),
				    duration_ms)
		      : RTH_ERR_FORMAT;
	if (err == RTH_ERR_FORMAT) {
		rth_reply_bad_field(
			x, "ranges_ms",
			"Please give 1 to 64 ranges within the recording.");
		return;
	}
	if (!err)
		err = audit_watched(x, &play, &of, ranges);
	if (err)
		reply_err(x, err);
	else
		rth_reply_empty(x, 204);
}
