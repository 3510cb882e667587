/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an event changes at a door. See told_door.h.
 */
#include "told_door.h"

#include <string.h>

#include "json_text.h"
#include "mem.h"
#include "store_waiting.h"

/* ---- A check-in ---- */

/* docs/protocol.md, `join`: words, or numbers up to `max`. */
static const struct {
	const char *name;
	const char *words; /* one after the other, or NULL */
	int64_t max;
} members[] = {
	{"microphone", "ok silent off none", 0},
	{"camera", "ok black off none", 0},
	{"speaker", "ok no skipped", 0},
	{"path", "udp tcp turn-udp turn-tcp none", 0},
	{"round_trip_ms", NULL, 60000},
	{"loss_permille", NULL, 1000},
	{"up_kbps", NULL, 1000000},
	{"down_kbps", NULL, 1000000},
};

static bool is_word(const char *words, const char *word)
{
	size_t len = word ? strlen(word) : 0;
	const char *at = words;

	for (; len && at; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (strncmp(at, word, len) == 0 && (at[len] == ' ' || !at[len]))
			return strchr(word, ' ') == NULL;
	}
	return false;
}

static bool is_good(size_t i, const json_t *value)
{
	json_int_t n = json_integer_value(value);

	if (members[i].words)
		return is_word(members[i].words, json_string_value(value));
	return json_is_integer(value) && n >= 0 && n <= members[i].max;
}

enum rth_err rth_told_found(char **textp, const json_t *check)
{
	json_t *found;
	char *text;
	enum rth_err err = 0;
	size_t i;

	*textp = NULL;
	if (!json_is_object(check))
		return 0;
	found = json_object();
	for (i = 0; i < sizeof(members) / sizeof(members[0]) && !err; i++) {
		json_t *value = json_object_get(check, members[i].name);

		if (!is_good(i, value))
			err = json_object_set_new(found, members[i].name,
						  json_null())
				      ? RTH_ERR_NOMEM
				      : 0;
		else if (json_object_set(found, members[i].name, value))
			err = RTH_ERR_NOMEM;
	}
	if (!err)
		err = rth_json_text(&text, NULL, found);
	json_decref(found);
	if (!err)
		*textp = text;
	return err;
}

/* ---- Events ---- */

static enum rth_err waits(struct rth_store *store,
			  const struct rth_told_door *t)
{
	char *found;
	enum rth_err err;

	if (!t->participant || !t->sub)
		return 0;
	err = rth_told_found(&found, json_object_get(t->data, "check"));
	if (!err) {
		const struct rth_waiting w = {
			.visit = t->visit,
			.sub = t->sub,
			.participant = t->participant,
			.boot = t->boot,
			.since_ms = t->time_ms,
			.found = found ? found : "",
		};

		err = rth_store_waiting_put(store, &w);
	}
	rth_free(found);
	return err;
}

/* Who is replaced waits on, or is in, elsewhere: that is told next. */
static enum rth_err waits_no_more(struct rth_store *store,
				  const struct rth_told_door *t)
{
	if (!t->participant || (t->reason && !strcmp(t->reason, "replaced")))
		return 0;
	return rth_store_waiting_over(store, t->visit, t->participant);
}

static enum rth_err is_in(struct rth_store *store,
			  const struct rth_told_door *t)
{
	return t->sub ? rth_store_waiting_gone(store, t->visit, t->sub) : 0;
}

static enum rth_err admitted(struct rth_store *store,
			     const struct rth_told_door *t)
{
	enum rth_err err = is_in(store, t);

	if (!err && t->sub && rth_id_valid(t->sub))
		err = rth_store_admitted(store, t->visit, t->sub);
	return err;
}

/* Who came to the wrong door has to knock again, which is limited. */
static bool not_ours(const char *reason)
{
	return !strcmp(reason, "not-known") || !strcmp(reason, "wrong-visit");
}

static enum rth_err denied(struct rth_store *store,
			   const struct rth_told_door *t)
{
	enum rth_err err = is_in(store, t);

	if (!err && t->sub)
		err = rth_store_sent_away(store, t->visit, t->sub);
	if (!err && t->reason && not_ours(t->reason))
		err = rth_store_knock_ended(store, t->visit);
	return err;
}

static enum rth_err left(struct rth_store *store, const struct rth_told_door *t)
{
	if (t->sub && t->role && t->reason && !strcmp(t->role, "patient") &&
	    !strcmp(t->reason, "removed"))
		return rth_store_sent_away(store, t->visit, t->sub);
	return rth_store_live_touch(store);
}

/* That Janus stops is not the end of a visit. */
static enum rth_err ended(struct rth_store *store,
			  const struct rth_told_door *t)
{
	if (!t->reason ||
	    (strcmp(t->reason, "clinician") && strcmp(t->reason, "admin")))
		return 0;
	return rth_store_visit_ended(store, t->visit);
}

static enum rth_err closed(struct rth_store *store,
			   const struct rth_told_door *t)
{
	return rth_store_waiting_none(store, t->visit);
}

static const struct {
	const char *event;
	enum rth_err (*note)(struct rth_store *store,
			     const struct rth_told_door *t);
} events[] = {
	{"waiting", waits}, {"waiting-over", waits_no_more}, {"joined", is_in},
	{"left", left},	    {"admitted", admitted},	     {"denied", denied},
	{"ended", ended},   {"room-closed", closed},
};

enum rth_err rth_told_door(struct rth_store *store,
			   const struct rth_told_door *told)
{
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (strcmp(events[i].event, told->event) == 0)
			return events[i].note(store, told);
	return 0;
}
