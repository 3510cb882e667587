/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What may be written. A `no` of one closes both, as in the plugin.
 */
#include "consent.h"

#include <string.h>

#include "said.h"

static bool says(const json_t *object, const char *member, const char *word)
{
	return strcmp(json_string_value(json_object_get(object, member)),
		      word) == 0;
}

static json_int_t answered_ms(const json_t *person)
{
	return json_integer_value(json_object_get(person, "answered_ms"));
}

static bool goes_on(const struct rth_consent_gaps *gaps)
{
	return gaps->n && gaps->v[gaps->n - 1].to_us == INT64_MAX;
}

static void begin_gap(struct rth_consent_gaps *gaps, int64_t time_us)
{
	if (goes_on(gaps))
		return;
	if (gaps->n == RTH_CONSENT_GAPS) {
		gaps->n--;
		gaps->v[1].from_us = gaps->v[0].from_us;
		memmove(gaps->v, gaps->v + 1, gaps->n * sizeof(gaps->v[0]));
	}
	gaps->v[gaps->n].from_us = time_us;
	gaps->v[gaps->n++].to_us = INT64_MAX;
}

static void end_gap(struct rth_consent_gaps *gaps, int64_t time_us)
{
	if (goes_on(gaps))
		gaps->v[gaps->n - 1].to_us = time_us;
}

static void take_answer(struct rth_consent_gaps answers[RTH_CONSENT_MEDIA],
			const json_t *person, int64_t time_us)
{
	if (says(person, "answer", "no"))
		begin_gap(&answers[RTH_CONSENT_SOUND], time_us);
	else
		end_gap(&answers[RTH_CONSENT_SOUND], time_us);
	if (says(person, "answer", "yes"))
		end_gap(&answers[RTH_CONSENT_PICTURE], time_us);
	else
		begin_gap(&answers[RTH_CONSENT_PICTURE], time_us);
}

void rth_consent_begin(struct rth_consent *consent, const json_t *people,
		       int64_t part_us)
{
	const json_t *newest[2] = {NULL, NULL};
	const json_t *person;
	size_t i;

	*consent = (struct rth_consent){.part_us = part_us};
	json_array_foreach(people, i, person)
	{
		int role = rth_said_role(json_object_get(person, "role"));

		if (!newest[role] ||
		    answered_ms(person) >= answered_ms(newest[role]))
			newest[role] = person;
	}
	for (int role = 0; role < 2; role++)
		if (newest[role])
			take_answer(consent->answers[role], newest[role],
				    INT64_MIN);
}

void rth_consent_note(struct rth_consent *consent, const json_t *note,
		      int64_t time_us)
{
	int role = rth_said_role(json_object_get(note, "role"));

	if (says(note, "event", "consent"))
		take_answer(consent->answers[role], note, time_us);
	else if (says(note, "event", "paused"))
		begin_gap(&consent->pauses, time_us);
	else if (says(note, "event", "running"))
		end_gap(&consent->pauses, time_us);
}

/* In which gap a time is; -1: in none. */
static int find_gap(const struct rth_consent_gaps *gaps, int64_t time_us)
{
	for (unsigned i = 0; i < gaps->n; i++)
		if (time_us > gaps->v[i].from_us && time_us < gaps->v[i].to_us)
			return (int)i;
	return -1;
}

static enum rth_consent_word word_of(const struct rth_consent *consent,
				     int role, enum rth_consent_medium medium,
				     int64_t time_us)
{
	const struct rth_consent_gaps *gaps = &consent->answers[role][medium];
	int i = find_gap(gaps, time_us);
	int64_t from_us;

	if (i < 0)
		return RTH_CONSENT_WRITE;
	from_us = gaps->v[i].from_us;
	if (gaps->v[i].to_us != INT64_MAX ||
	    time_us <= consent->part_us + RTH_CONSENT_GRACE_US ||
	    (from_us >= 0 && time_us - from_us <= RTH_CONSENT_GRACE_US))
		return RTH_CONSENT_DROP;
	return RTH_CONSENT_NEVER;
}

enum rth_consent_word rth_consent_media(const struct rth_consent *consent,
					int role,
					enum rth_consent_medium medium,
					int64_t time_us)
{
	enum rth_consent_word word = word_of(consent, role, medium, time_us);

	for (int i = 0; i < 2; i++) {
		enum rth_consent_word other =
			word_of(consent, i, RTH_CONSENT_SOUND, time_us);

		if (other > word)
			word = other;
	}
	if (word == RTH_CONSENT_WRITE &&
	    find_gap(&consent->pauses, time_us) >= 0)
		word = RTH_CONSENT_DROP;
	return word;
}
