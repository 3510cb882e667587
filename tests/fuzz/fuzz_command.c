/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Feeds request bodies to their reader. Whatever it takes has a row and all
 * the row's fields; whatever it refuses is refused in words that fit JSON.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static const char *const names[] = {
	"join", "check",	 "media",   "state",	      "admit", "deny",
	"note", "ask-recording", "consent", "stop-recording", "leave", "end",
};

static bool is_name(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

/* What was read can be told again, and its numbers are in their bounds. */
static void check_told(const struct rth_command *command)
{
	json_t *check = rth_checkin_json(&command->check);
	json_t *condition =
		rth_condition_add(json_object(), &command->condition);

	if (!check || json_object_size(condition) != 3)
		abort();
	for (int i = 0; command->check.given && i < RTH_CHECKIN_NUMBERS; i++) {
		if (command->check.number[i] < -1 ||
		    command->check.number[i] > 1000000)
			abort();
	}
	json_decref(check);
	json_decref(condition);
}

static void check_taken(const struct rth_command *command)
{
	const char *request = command->request;

	if (!command->row || !request || !is_name(request))
		abort();
	if (strcmp(request, "join") == 0 &&
	    (!command->token || strlen(command->token) > 8192))
		abort();
	if (strcmp(request, "join") != 0 && command->token)
		abort();
	if (strcmp(request, "join") != 0 && command->check.given)
		abort();
	if (strcmp(request, "state") != 0 &&
	    (command->condition.troubles || command->condition.line))
		abort();
	if (strcmp(request, "deny") == 0 && !command->reason)
		abort();
	check_told(command);
	if (strcmp(request, "note") == 0 &&
	    (!command->text || strlen(command->text) > 1000))
		abort();
}

static void check_refused(const char *problem, size_t size)
{
	json_t *text;

	if (strnlen(problem, size) == size || *problem == '\0')
		abort();
	text = json_string(problem);
	if (!text)
		abort();
	json_decref(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rth_command command = {0};
	char problem[128] = "";

	command.body = json_loadb((const char *)data, size,
				  JSON_REJECT_DUPLICATES, NULL);
	if (!command.body)
		return 0;
	if (rth_command_read(&command, problem, sizeof(problem)))
		check_refused(problem, sizeof(problem));
	else
		check_taken(&command);
	json_decref(command.body);
	return 0;
}
