/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a live stream tells. See live_state.h.
 */
#include "live_state.h"

#include <jansson.h>

#include "door.h"
#include "json_text.h"
#include "store_door.h"
#include "store_waiting.h"
#include "text.h"

/* null where there is nothing. */
static json_t *word(const char *text)
{
	return *text ? json_string(text) : json_null();
}

static json_t *found_json(const char *found)
{
	json_t *json = *found ? json_loads(found, 0, NULL) : NULL;

	return json ? json : json_null();
}

struct people {
	json_t *list;
	json_int_t place;
};

static enum rth_err add_person(const struct rth_waits *w, void *arg)
{
	struct people *people = arg;
	bool waits = !w->inside && (w->own || !*w->taken_by);
	char since[RTH_TIME_SIZE];
	enum rth_err err = rth_text_time(since, w->since_ms / 1000);
	json_t *person;

	if (err)
		return err;
	people->place += waits;
	person = json_pack(
		"{s:s, s:o, s:s, s:o, s:o, s:s, s:o, s:b, s:b, s:o, s:o, s:o}",
		"visit", w->visit, "participant", word(w->participant), "title",
		*w->title ? w->title : RTH_URGENT_TITLE, "name", word(w->name),
		"email", word(w->email), "since", since, "door", word(w->door),
		"urgent", w->urgent, "inside", w->inside, "taken_by",
		word(w->taken_by), "check", found_json(w->found), "place",
		waits ? json_integer(people->place) : json_null());
	return json_array_append_new(people->list, person) ? RTH_ERR_NOMEM : 0;
}

/* @param json taken; NULL: there was no memory for it */
static enum rth_err to_text(char **textp, json_t *json)
{
	char *text = NULL;
	enum rth_err err =
		json ? rth_json_text(&text, NULL, json) : RTH_ERR_NOMEM;

	json_decref(json);
	if (!err)
		*textp = text;
	return err;
}

enum rth_err rth_live_door_text(char **textp, const struct rth_portal *portal,
				const char *user_id)
{
	struct people people = {json_array(), 0};
	json_t *door = NULL;
	bool on = false;
	enum rth_err err = rth_store_duty_get(portal->store, &on, user_id);

	if (!err)
		err = rth_store_waits_each(portal->store, user_id, on,
					   portal->now_s(), add_person,
					   &people);
	if (!err)
		err = rth_door_json(&door, portal, user_id);
	if (err) {
		json_decref(people.list);
		return err;
	}
	return to_text(textp,
		       json_pack("{s:o, s:o, s:b}", "people", people.list,
				 "door", door, "on_call", on));
}

static enum rth_err add_queued(const struct rth_queued *q, void *arg)
{
	json_t *list = arg;
	json_t *visit = json_pack(
		"{s:s, s:I, s:I, s:o, s:b, s:o, s:b}", "visit", q->visit,
		"place", (json_int_t)q->place, "of", (json_int_t)q->of, "door",
		word(q->door), "urgent", q->urgent, "taken_by",
		word(q->taken_by), "clinician_here", q->clinician_here);

	return json_array_append_new(list, visit) ? RTH_ERR_NOMEM : 0;
}

enum rth_err rth_live_queue_text(char **textp, const struct rth_portal *portal,
				 const char *user_id)
{
	json_t *list = json_array();
	enum rth_err err =
		rth_store_queued_each(portal->store, user_id, add_queued, list);

	if (err) {
		json_decref(list);
		return err;
	}
	return to_text(textp, json_pack("{s:o}", "visits", list));
}
