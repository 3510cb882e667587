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

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A wider answer holds at once: media under it came after it was given. */
static void take_answer(int64_t until_us[RTH_CONSENT_MEDIA],
			const json_t *person, int64_t time_us)
{
	bool no = says(person, "answer", "no");
	bool yes = says(person, "answer", "yes");

	until_us[RTH_CONSENT_SOUND] =
		no ? earlier(until_us[RTH_CONSENT_SOUND], time_us) : INT64_MAX;
	until_us[RTH_CONSENT_PICTURE] =
		yes ? INT64_MAX
		    : earlier(until_us[RTH_CONSENT_PICTURE], time_us);
}

void rth_consent_begin(struct rth_consent *consent, const json_t *people,
		       int64_t part_us)
{
	json_int_t newest[2] = {-1, -1};
	const json_t *person;
	size_t i;

	*consent = (struct rth_consent){.part_us = part_us};
	json_array_foreach(people, i, person)
	{
		int role = rth_said_role(json_object_get(person, "role"));
		json_int_t ms = json_integer_value(
			json_object_get(person, "answered_ms"));

		if (ms < newest[role])
			continue;
		newest[role] = ms;
		take_answer(consent->until_us[role], person, INT64_MIN);
	}
}

void rth_consent_note(struct rth_consent *consent, const json_t *note,
		      int64_t time_us)
{
	int role = rth_said_role(json_object_get(note, "role"));
	bool paused = says(note, "event", "paused");

	if (says(note, "event", "consent"))
		take_answer(consent->until_us[role], note, time_us);
	if (!paused && !says(note, "event", "running"))
		return;
	consent->paused = paused;
	consent->changed_us = time_us;
}

static enum rth_consent_word word_after(const struct rth_consent *consent,
					int64_t until_us, int64_t time_us)
{
	if (time_us <= until_us)
		return RTH_CONSENT_WRITE;
	if (time_us <= consent->part_us)
		return RTH_CONSENT_DROP;
	if (until_us >= 0 && time_us - until_us <= RTH_CONSENT_GRACE_US)
		return RTH_CONSENT_DROP;
	return RTH_CONSENT_NEVER;
}

enum rth_consent_word rth_consent_media(const struct rth_consent *consent,
					int role,
					enum rth_consent_medium medium,
					int64_t time_us)
{
	const int64_t(*until_us)[RTH_CONSENT_MEDIA] = consent->until_us;
	int64_t until = until_us[role][medium];

	until = earlier(until, until_us[0][RTH_CONSENT_SOUND]);
	until = earlier(until, until_us[1][RTH_CONSENT_SOUND]);
	if (time_us <= until && consent->paused &&
	    time_us > consent->changed_us)
		return RTH_CONSENT_DROP;
	return word_after(consent, until, time_us);
}
