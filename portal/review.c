/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is told of one recording.
 */
#include "review.h"

#include <string.h>

#include "rights.h"
#include "text.h"

static const char *const states[] = {
	[RTH_REVIEW_ANY] = "",
	[RTH_REVIEW_RUNNING] = "running",
	[RTH_REVIEW_FINISHED] = "finished",
	[RTH_REVIEW_INCOMPLETE] = "incomplete",
	[RTH_REVIEW_INTERRUPTED] = "interrupted",
	[RTH_REVIEW_LOST] = "lost",
};

#define STATES (sizeof(states) / sizeof(states[0]))

bool rth_review_state_named(enum rth_review_state *statep, const char *name)
{
	size_t i;

	for (i = RTH_REVIEW_RUNNING; i < STATES; i++)
		if (strcmp(states[i], name) == 0) {
			*statep = (enum rth_review_state)i;
			return true;
		}
	return false;
}

static json_t *or_null(bool is, const char *id, const char *key,
		       const char *value)
{
	return is ? json_pack("{s:s, s:s}", "id", id, key, value) : json_null();
}

static json_t *time_or_null(int64_t time_s)
{
	char text[RTH_TIME_SIZE];

	if (!time_s || rth_text_time(text, time_s))
		return json_null();
	return json_string(text);
}

static json_t *patient_json(const struct rth_reviewed *of)
{
	if (!*of->patient_email)
		return json_null();
	return json_pack("{s:s?, s:s?}", "id",
			 *of->patient_id ? of->patient_id : NULL, "name",
			 *of->patient_name ? of->patient_name : NULL);
}

json_t *rth_review_json(const struct rth_portal *portal,
			const struct rth_reviewed *of,
			const struct rth_session *viewer)
{
	const struct rth_recording_row *row = &of->row;
	bool visit = *row->visit;

	return json_pack(
		"{s:s, s:o, s:o, s:s, s:s?, s:I, s:b, s:o, s:o, s:o, s:o, s:o, "
		"s:b}",
		"id", row->id, "begun", time_or_null(row->begun_s), "seconds",
		row->ended_s ? json_integer(row->ended_s - row->begun_s)
			     : json_null(),
		"state", states[rth_review_state_of(row)], "reason",
		*row->reason ? row->reason : NULL, "lost_ms",
		(json_int_t)row->lost_ms, "hold", of->hold, "delete_on",
		time_or_null(of->delete_s), "visit",
		or_null(visit, row->visit, "title", of->title), "clinician",
		or_null(visit, of->clinician_id, "name", of->clinician_name),
		"patient", patient_json(of), "rights",
		rth_rights_json(rth_rights(portal, viewer, of)), "preview",
		of->preview);
}

static json_t *reasons_json(const struct rth_settings *s)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < s->review.reasons.n; i++)
		if (json_array_append_new(
			    list, json_string(s->review.reasons.v[i]))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

void rth_review_handle_get(struct rth_exchange *x)
{
	const struct rth_portal *portal = rth_request_portal(x);
	const struct rth_settings *s = &portal->settings;
	struct rth_reviewed of;
	json_t *json, *reasons;
	enum rth_err err =
		rth_rights_find(&of, x, rth_request_param(x, 0), RTH_MAY_LIST);

	if (err == RTH_ERR_NOT_FOUND) {
		rth_reply_not_found(x);
		return;
	}
	if (err) {
		rth_reply_failed(x, err);
		return;
	}
	json = rth_review_json(portal, &of, rth_request_session(x));
	reasons = s->review.reason_need == RTH_REASON_NONE ? json_array()
							   : reasons_json(s);
	/* Both take their value, also when they fail. */
	if (json_object_set_new(json, "reasons", reasons) ||
	    json_object_set_new(json, "reason_needed",
				json_boolean(s->review.reason_need ==
					     RTH_REASON_REQUIRED))) {
		json_decref(json);
		json = NULL;
	}
	rth_reply_json(x, 200, json);
}
