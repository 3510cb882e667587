/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a page has found out about its person. See checkin.h.
 */
#include "checkin.h"

#include <stdio.h>
#include <string.h>

#define CHOICES_MAX 6
#define NAME_SHOWN 32

static const struct {
	const char *name;
	const char *choices[CHOICES_MAX]; /* ending with NULL */
} words[RTH_CHECKIN_WORDS] = {
	{"microphone", {"ok", "silent", "off", "none", NULL}},
	{"camera", {"ok", "black", "off", "none", NULL}},
	{"speaker", {"ok", "no", "skipped", NULL}},
	{"path", {"udp", "tcp", "turn-udp", "turn-tcp", "none", NULL}},
};

static const struct {
	const char *name;
	int max;
} numbers[RTH_CHECKIN_NUMBERS] = {
	{"round_trip_ms", 60000},
	{"loss_permille", 1000},
	{"up_kbps", 1000000},
	{"down_kbps", 1000000},
};

const char *const rth_troubles[] = {
	"microphone-silent",
	"camera-black",
	"output-muted",
	NULL,
};

const char *const rth_lines[] = {"good", "fair", "poor", NULL};

const char *rth_word_of(const char *const *set, const char *word)
{
	while (*set && (!word || strcmp(*set, word) != 0))
		set++;
	return *set;
}

static enum rth_err wrong(char *problem, size_t size, const char *field,
			  const char *name)
{
	snprintf(problem, size, "\"%s\" has a wrong \"%s\".", field, name);
	return RTH_ERR_FORMAT;
}

/* Finds the member's place and its value there; false: it has none. */
static bool read_member(struct rth_checkin *check, const char *name,
			const json_t *value)
{
	for (int i = 0; i < RTH_CHECKIN_WORDS; i++) {
		if (strcmp(words[i].name, name) != 0)
			continue;
		check->word[i] =
			rth_word_of(words[i].choices, json_string_value(value));
		return check->word[i] || json_is_null(value);
	}
	for (int i = 0; i < RTH_CHECKIN_NUMBERS; i++) {
		json_int_t n = json_integer_value(value);

		if (strcmp(numbers[i].name, name) != 0)
			continue;
		if (json_is_integer(value) && n >= 0 && n <= numbers[i].max)
			check->number[i] = (int)n;
		return check->number[i] >= 0 || json_is_null(value);
	}
	return false;
}

enum rth_err rth_checkin_read(struct rth_checkin *check, const json_t *value,
			      char *problem, size_t problem_size)
{
	struct rth_checkin found = {.number = {-1, -1, -1, -1}};
	const char *name;
	json_t *member;

	if (value && !json_is_null(value)) {
		if (!json_is_object(value))
			return wrong(problem, problem_size, "check", "type");
		found.given = true;
	}
	json_object_foreach((json_t *)value, name, member)
	{
		if (read_member(&found, name, member))
			continue;
		/* what is known of no member may be any text */
		if (strlen(name) > NAME_SHOWN ||
		    name[strspn(name, "abcdefghijklmnopqrstuvwxyz_")])
			name = "member";
		return wrong(problem, problem_size, "check", name);
	}
	*check = found;
	return RTH_OK;
}

json_t *rth_checkin_json(const struct rth_checkin *check)
{
	json_t *told;
	int err = 0;

	if (!check->given)
		return json_null();
	told = json_object();
	for (int i = 0; i < RTH_CHECKIN_WORDS; i++)
		err |= json_object_set_new(told, words[i].name,
					   check->word[i]
						   ? json_string(check->word[i])
						   : json_null());
	for (int i = 0; i < RTH_CHECKIN_NUMBERS; i++)
		err |= json_object_set_new(
			told, numbers[i].name,
			check->number[i] >= 0 ? json_integer(check->number[i])
					      : json_null());
	if (!err)
		return told;
	json_decref(told);
	return NULL;
}

enum rth_err rth_troubles_read(unsigned *troublesp, const json_t *value,
			       char *problem, size_t problem_size)
{
	unsigned found = 0;

	if (!json_is_array(value))
		return wrong(problem, problem_size, "troubles", "type");
	for (size_t i = 0; i < json_array_size(value); i++) {
		const char *word = json_string_value(json_array_get(value, i));
		unsigned bit = 1;

		for (int k = 0; rth_troubles[k]; k++, bit <<= 1) {
			if (word && strcmp(rth_troubles[k], word) == 0)
				break;
		}
		if (!rth_word_of(rth_troubles, word) || (found & bit))
			return wrong(problem, problem_size, "troubles", "word");
		found |= bit;
	}
	*troublesp = found;
	return RTH_OK;
}

static json_t *troubles_json(unsigned troubles)
{
	json_t *list = json_array();

	for (int k = 0; list && rth_troubles[k]; k++) {
		if (!(troubles & (1u << k)))
			continue;
		if (json_array_append_new(list, json_string(rth_troubles[k]))) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

json_t *rth_condition_add(json_t *event, const struct rth_condition *condition)
{
	json_t *more = json_pack("{s:o, s:b, s:s?}", "troubles",
				 troubles_json(condition->troubles), "paused",
				 condition->paused, "line", condition->line);
	bool whole = event && more && json_object_update(event, more) == 0;

	json_decref(more);
	if (whole)
		return event;
	json_decref(event);
	return NULL;
}
