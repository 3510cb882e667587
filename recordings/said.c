/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bodies in JSON by tables: each member has a name and a test, a member that
 * is in no table is refused, and so is one that is missing.
 */
#include "said.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "json_strict.h"

#define MS_MAX 32503680000000	/* year 3000 */
#define US_MAX 1000000000000000 /* 31 years since the machine started */
#define SUB_MAX 128
#define NAME_MAX_BYTES 64
#define VERSION_MAX_BYTES 1024 /* as long as a string of a configuration */
#define TEXT_MAX_BYTES 4000

struct member {
	const char *name;
	bool (*ok)(const json_t *value);
	bool optional;
};

static bool is_id(const json_t *value)
{
	return rth_id_valid(json_string_value(value));
}

static bool is_string_of(const json_t *value, size_t max)
{
	size_t len = json_string_length(value);

	return json_is_string(value) && len >= 1 && len <= max;
}

static bool is_sub(const json_t *value)
{
	return is_string_of(value, SUB_MAX);
}

/* A version, a language: what can stand in a file name. */
static bool is_name(const json_t *value)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-_.";
	const char *text = json_string_value(value);

	return is_string_of(value, NAME_MAX_BYTES) &&
	       strspn(text, allowed) == strlen(text);
}

static bool is_version(const json_t *value)
{
	return is_string_of(value, VERSION_MAX_BYTES);
}

static bool is_reason(const json_t *value)
{
	return is_string_of(value, RTH_SAID_REASON_MAX) && is_name(value);
}

static bool is_sha256(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && strlen(text) == 64 &&
	       strspn(text, "0123456789abcdef") == 64;
}

static bool is_role(const json_t *value)
{
	return rth_said_role(value) >= 0;
}

static bool is_one(const json_t *value)
{
	return json_is_integer(value) && json_integer_value(value) == 1;
}

static bool is_within(const json_t *value, json_int_t min, json_int_t max)
{
	return json_is_integer(value) && json_integer_value(value) >= min &&
	       json_integer_value(value) <= max;
}

static bool is_part(const json_t *value)
{
	return is_within(value, 1, RTH_PARTS_MAX);
}

static bool is_us(const json_t *value)
{
	return is_within(value, 0, US_MAX);
}

static bool is_ms(const json_t *value)
{
	return is_within(value, 1, MS_MAX);
}

static bool is_text(const json_t *value)
{
	return is_string_of(value, TEXT_MAX_BYTES);
}

static bool is_switch(const json_t *value)
{
	return json_is_boolean(value);
}

static bool is_word(const json_t *value, const char *a, const char *b,
		    const char *c)
{
	const char *text = json_string_value(value);

	return text && (strcmp(text, a) == 0 || strcmp(text, b) == 0 ||
			(c && strcmp(text, c) == 0));
}

static bool is_agreement(const json_t *value)
{
	return is_word(value, "yes", "voice", NULL);
}

static bool is_answer(const json_t *value)
{
	return is_word(value, "yes", "voice", "no");
}

static bool is_array(const json_t *value)
{
	return json_is_array(value);
}

#define EVIDENCE(is_ok)                                                 \
	{.name = "role", .ok = is_role}, {"participant", is_id, false}, \
		{"sub", is_sub, false}, {"answer", is_ok, false},       \
		{"text_version", is_version, false},                    \
		{"text_sha256", is_sha256, false},                      \
		{"language", is_name, false},                           \
	{                                                               \
		"answered_ms", is_ms, false                             \
	}

static const struct member begin_members[] = {
	{"version", is_one, false},  {"recording", is_id, false},
	{"part", is_part, false},    {"room", is_id, false},
	{"origin_us", is_us, false}, {"begun_ms", is_ms, false},
	{"people", is_array, false}, {NULL, NULL, false},
};

static const struct member person_members[] = {
	EVIDENCE(is_agreement),
	{NULL, NULL, false},
};

static const struct member chat_members[] = {
	{"from", is_id, false}, {"role", is_role, false},
	{"time", is_ms, false}, {"text", is_text, false},
	{NULL, NULL, false},
};

static const struct member by_members[] = {
	{"participant", is_id, false},
	{"sub", is_sub, false},
	{"role", is_role, false},
	{NULL, NULL, false},
};

static bool fits(const json_t *object, const struct member *table);

static bool is_by(const json_t *value)
{
	return fits(value, by_members);
}

static const struct member end_members[] = {
	{"reason", is_reason, false},
	{"parts", is_part, false},
	{"by", is_by, true},
	{NULL, NULL, false},
};

static bool is_event(const json_t *value)
{
	return json_is_string(value);
}

static const struct member presence_members[] = {
	{"event", is_event, false}, {"participant", is_id, false},
	{"role", is_role, false},   {"reason", is_reason, true},
	{NULL, NULL, false},
};

static const struct member consent_members[] = {
	{"event", is_event, false},
	EVIDENCE(is_answer),
	{NULL, NULL, false},
};

static const struct member pause_members[] = {
	{"event", is_event, false},
	{"reason", is_reason, true},
	{NULL, NULL, false},
};

static const struct member state_members[] = {
	{"event", is_event, false},   {"participant", is_id, false},
	{"role", is_role, true},      {"microphone", is_switch, false},
	{"camera", is_switch, false}, {"screen", is_switch, false},
	{NULL, NULL, false},
};

static const struct {
	const char *event;
	const struct member *members;
} notes[] = {
	{"joined", presence_members}, {"left", presence_members},
	{"consent", consent_members}, {"paused", pause_members},
	{"running", pause_members},   {"state", state_members},
};

/* Each member of the table once, and nothing else. */
static bool fits(const json_t *object, const struct member *table)
{
	size_t n = 0;

	if (!json_is_object(object))
		return false;
	for (; table->name; table++) {
		const json_t *value = json_object_get(object, table->name);

		if (!value && table->optional)
			continue;
		if (!value || !table->ok(value))
			return false;
		n++;
	}
	return n == json_object_size(object);
}

static enum rth_err read_object(json_t **objectp, const struct member *table,
				const char *text, size_t len)
{
	json_t *object = NULL;
	enum rth_err err = rth_json_object(&object, text, len);

	if (err)
		return err;
	if (!fits(object, table)) {
		json_decref(object);
		return RTH_ERR_FORMAT;
	}
	*objectp = object;
	return RTH_OK;
}

int rth_said_role(const json_t *role)
{
	const char *name = json_string_value(role);

	if (name && strcmp(name, "clinician") == 0)
		return 0;
	return name && strcmp(name, "patient") == 0 ? 1 : -1;
}

static bool all_agreed(const json_t *people)
{
	bool there[2] = {false, false};
	const json_t *person;
	size_t i;

	if (json_array_size(people) > RTH_SAID_PEOPLE_MAX)
		return false;
	json_array_foreach(people, i, person)
	{
		if (!fits(person, person_members))
			return false;
		there[rth_said_role(json_object_get(person, "role"))] = true;
	}
	return there[0] && there[1];
}

static json_int_t number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static void copy_string(char *out, size_t size, const json_t *object,
			const char *name)
{
	snprintf(out, size, "%s",
		 json_string_value(json_object_get(object, name)));
}

enum rth_err rth_said_begin(struct rth_said_begin *begin, const char *text,
			    size_t len)
{
	json_t *object = NULL;
	enum rth_err err = read_object(&object, begin_members, text, len);

	if (err)
		return err;
	if (!all_agreed(json_object_get(object, "people"))) {
		json_decref(object);
		return RTH_ERR_FORMAT;
	}
	copy_string(begin->recording, sizeof(begin->recording), object,
		    "recording");
	copy_string(begin->room, sizeof(begin->room), object, "room");
	begin->part = (unsigned)number_of(object, "part");
	begin->origin_us = number_of(object, "origin_us");
	begin->begun_ms = number_of(object, "begun_ms");
	begin->people = json_incref(json_object_get(object, "people"));
	json_decref(object);
	return RTH_OK;
}

void rth_said_begin_clear(struct rth_said_begin *begin)
{
	json_decref(begin->people);
	*begin = (struct rth_said_begin){0};
}

static bool is_known_note(const json_t *note)
{
	const char *event = json_string_value(json_object_get(note, "event"));

	for (size_t i = 0; event && i < sizeof(notes) / sizeof(notes[0]); i++)
		if (strcmp(event, notes[i].event) == 0)
			return fits(note, notes[i].members);
	return false;
}

enum rth_err rth_said_note(json_t **notep, const char *text, size_t len)
{
	json_t *note = NULL;
	enum rth_err err = rth_json_object(&note, text, len);

	if (err)
		return err;
	if (!is_known_note(note)) {
		json_decref(note);
		return RTH_ERR_FORMAT;
	}
	*notep = note;
	return RTH_OK;
}

enum rth_err rth_said_chat(json_t **chatp, const char *text, size_t len)
{
	return read_object(chatp, chat_members, text, len);
}

enum rth_err rth_said_end(struct rth_said_end *end, const char *text,
			  size_t len)
{
	json_t *object = NULL;
	enum rth_err err = read_object(&object, end_members, text, len);

	if (err)
		return err;
	copy_string(end->reason, sizeof(end->reason), object, "reason");
	end->parts = (unsigned)number_of(object, "parts");
	end->by = json_incref(json_object_get(object, "by"));
	json_decref(object);
	return RTH_OK;
}

void rth_said_end_clear(struct rth_said_end *end)
{
	json_decref(end->by);
	*end = (struct rth_said_end){0};
}
