/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Feeds bodies of BEGIN, NOTE, CHAT and END to their readers; the first byte
 * says which. What is taken names ids only where ids belong, and a BEGIN that
 * is taken lets nothing of anybody be written that was not agreed to.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "consent.h"
#include "said.h"

static bool says(const json_t *person, const char *answer)
{
	const char *text = json_string_value(json_object_get(person, "answer"));

	return text && strcmp(text, answer) == 0;
}

/* Media of a role is let through only if one of that role said so. */
static void check_consent(const struct rth_said_begin *begin)
{
	struct rth_consent consent;
	bool yes[2] = {false, false};
	const json_t *person;
	size_t i;

	json_array_foreach(begin->people, i, person)
	{
		int role = rth_said_role(json_object_get(person, "role"));

		if (role < 0 ||
		    (!says(person, "yes") && !says(person, "voice")))
			abort();
		yes[role] |= says(person, "yes");
	}
	rth_consent_begin(&consent, begin->people, INT64_MIN);
	for (int role = 0; role < 2; role++) {
		if (!yes[role] &&
		    rth_consent_media(&consent, role, RTH_CONSENT_PICTURE, 1) !=
			    RTH_CONSENT_NEVER)
			abort();
		if (rth_consent_media(&consent, role, RTH_CONSENT_SOUND, 1) !=
		    RTH_CONSENT_WRITE)
			abort();
	}
}

static void try_begin(const char *text, size_t len)
{
	struct rth_said_begin begin = {0};

	if (rth_said_begin(&begin, text, len))
		return;
	if (!rth_id_valid(begin.recording) || !rth_id_valid(begin.room) ||
	    begin.part < 1 || begin.part > RTH_PARTS_MAX)
		abort();
	check_consent(&begin);
	rth_said_begin_clear(&begin);
}

static void try_note(const char *text, size_t len)
{
	struct rth_consent consent = {0};
	json_t *note = NULL;

	if (rth_said_note(&note, text, len))
		return;
	rth_consent_note(&consent, note, 1);
	json_decref(note);
}

static void try_chat(const char *text, size_t len)
{
	json_t *chat = NULL;

	if (rth_said_chat(&chat, text, len))
		return;
	if (!rth_id_valid(json_string_value(json_object_get(chat, "from"))))
		abort();
	json_decref(chat);
}

static void try_end(const char *text, size_t len)
{
	struct rth_said_end end;

	if (rth_said_end(&end, text, len))
		return;
	if (strspn(end.reason, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789-_.") !=
	    strlen(end.reason))
		abort();
	rth_said_end_clear(&end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(const char *, size_t) = {
		try_begin, try_note, try_chat, try_end};

	if (size > 0)
		tries[data[0] % 4]((const char *)data + 1, size - 1);
	return 0;
}
