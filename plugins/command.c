/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests. See command.h.
 */
#include "command.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "consent.h"
#include "door.h"
#include "echo.h"
#include "event.h"
#include "jwt.h"
#include "id.h"
#include "mem.h"
#include "seat.h"

#define FIELDS_MAX 6
#define ANY_ROLE (-1)
#define IN(state) (1u << (state))
#define NAME_SHOWN 32 /* of an unknown field, in the error's text */

enum field_type {
	FIELD_STRING, /* const char * */
	FIELD_BOOL,
	FIELD_CHOICE,	/* const char *, one of a closed set */
	FIELD_TROUBLES, /* unsigned */
	FIELD_CHECK,	/* struct rth_checkin */
};

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	size_t max_bytes;
	const char *const *choices; /* ending with NULL */
	bool optional;
};

struct rth_request {
	const char *name;
	unsigned states; /* in which it may be asked: IN(state), or several */
	int role;	 /* rth_role or ANY_ROLE */
	bool paced;
	enum rth_done (*verb)(struct rth_control *control,
			      struct rth_command *command);
	struct field fields[FIELDS_MAX];
};

#define FIELD(member) offsetof(struct rth_command, member)

static const struct rth_request requests[] = {
	{"join",
	 IN(RTH_NONE),
	 ANY_ROLE,
	 true,
	 rth_seat_join,
	 {{"token", FIELD_STRING, FIELD(token), RTH_JWT_MAX_BYTES, NULL, false},
	  {"check", FIELD_CHECK, FIELD(check), 0, NULL, true}}},
	{"check",
	 IN(RTH_NONE),
	 ANY_ROLE,
	 true,
	 rth_echo_check,
	 {{.name = NULL}}},
	{"media",
	 IN(RTH_WAITING) | IN(RTH_SEATED),
	 ANY_ROLE,
	 true,
	 rth_seat_negotiate,
	 {{.name = NULL}}},
	{"state",
	 IN(RTH_WAITING) | IN(RTH_SEATED),
	 ANY_ROLE,
	 true,
	 rth_seat_state,
	 {{"microphone", FIELD_BOOL, FIELD(microphone), 0, NULL, false},
	  {"camera", FIELD_BOOL, FIELD(camera), 0, NULL, false},
	  {"screen", FIELD_BOOL, FIELD(screen), 0, NULL, false},
	  {"troubles", FIELD_TROUBLES, FIELD(condition.troubles), 0, NULL,
	   true},
	  {"paused", FIELD_BOOL, FIELD(condition.paused), 0, NULL, true},
	  {"line", FIELD_CHOICE, FIELD(condition.line), 0, rth_lines, true}}},
	{"admit",
	 IN(RTH_SEATED),
	 RTH_ROLE_CLINICIAN,
	 true,
	 rth_door_admit,
	 {{"participant", FIELD_STRING, FIELD(participant), RTH_ID_LEN, NULL,
	   false}}},
	{"deny",
	 IN(RTH_SEATED),
	 RTH_ROLE_CLINICIAN,
	 true,
	 rth_door_deny,
	 {{"participant", FIELD_STRING, FIELD(participant), RTH_ID_LEN, NULL,
	   false},
	  {"reason", FIELD_CHOICE, FIELD(reason), 0, rth_deny_reasons, false}}},
	{"note",
	 IN(RTH_SEATED),
	 RTH_ROLE_CLINICIAN,
	 true,
	 rth_door_note,
	 {{"participant", FIELD_STRING, FIELD(participant), RTH_ID_LEN, NULL,
	   false},
	  {"text", FIELD_STRING, FIELD(text), RTH_NOTE_BYTES_MAX, NULL,
	   false}}},
	{"ask-recording",
	 IN(RTH_SEATED),
	 RTH_ROLE_CLINICIAN,
	 true,
	 rth_ask_recording,
	 {{.name = NULL}}},
	{"consent",
	 IN(RTH_SEATED),
	 ANY_ROLE,
	 false,
	 rth_ask_consent,
	 {{"recording", FIELD_STRING, FIELD(recording), RTH_ID_LEN, NULL,
	   false},
	  {"answer", FIELD_CHOICE, FIELD(answer), 0, rth_answer_names, false},
	  {"language", FIELD_STRING, FIELD(language), RTH_LANGUAGE_BYTES_MAX,
	   NULL, false}}},
	{"stop-recording",
	 IN(RTH_SEATED),
	 ANY_ROLE,
	 false,
	 rth_ask_stop,
	 {{"recording", FIELD_STRING, FIELD(recording), RTH_ID_LEN, NULL,
	   false}}},
	{"leave",
	 IN(RTH_WAITING) | IN(RTH_SEATED) | IN(RTH_CHECKING),
	 ANY_ROLE,
	 false,
	 rth_seat_leave_asked,
	 {{.name = NULL}}},
	{"end",
	 IN(RTH_SEATED),
	 RTH_ROLE_CLINICIAN,
	 false,
	 rth_seat_end_asked,
	 {{.name = NULL}}},
};

#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

static void command_free(struct rth_command *command)
{
	atomic_fetch_sub(&command->session->tasks, 1);
	rth_session_unref(command->session);
	rth_free(command->transaction);
	rth_free(command->sdp);
	json_decref(command->body);
	rth_free(command);
}

static const struct field *find_field(const struct rth_request *row,
				      const char *name)
{
	for (int i = 0; i < FIELDS_MAX && row->fields[i].name; i++) {
		if (strcmp(row->fields[i].name, name) == 0)
			return &row->fields[i];
	}
	return NULL;
}

/* How much of a name is shown: whole characters of UTF-8. */
static int shown(const char *name)
{
	size_t n = strnlen(name, NAME_SHOWN);

	while (n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80)
		n--;
	return (int)n;
}

static enum rth_err wrong(char *problem, size_t size, const struct field *field,
			  const char *what)
{
	snprintf(problem, size, "\"%s\" %s.", field->name, what);
	return RTH_ERR_FORMAT;
}

static enum rth_err read_string(const char **member, const struct field *field,
				const json_t *value, char *problem,
				size_t problem_size)
{
	const char *text = json_string_value(value);

	if (!text)
		return wrong(problem, problem_size, field, "must be a string");
	if (field->choices) {
		text = rth_word_of(field->choices, text);
		if (!text)
			return wrong(problem, problem_size, field,
				     "is not one of those");
	} else if (json_string_length(value) > field->max_bytes) {
		return wrong(problem, problem_size, field, "is too long");
	}
	*member = text;
	return RTH_OK;
}

static enum rth_err read_field(struct rth_command *command,
			       const struct field *field, char *problem,
			       size_t problem_size)
{
	const json_t *value = json_object_get(command->body, field->name);
	void *member = (char *)command + field->offset;

	if (!value && field->optional)
		return RTH_OK;
	switch (field->type) {
	case FIELD_BOOL:
		if (!json_is_boolean(value))
			return wrong(problem, problem_size, field,
				     "must be a boolean");
		*(bool *)member = json_is_true(value);
		return RTH_OK;
	case FIELD_TROUBLES:
		return rth_troubles_read(member, value, problem, problem_size);
	case FIELD_CHECK:
		return rth_checkin_read(member, value, problem, problem_size);
	case FIELD_STRING:
	case FIELD_CHOICE:
		break;
	}
	return read_string(member, field, value, problem, problem_size);
}

static enum rth_err find_request(struct rth_command *command, char *problem,
				 size_t problem_size)
{
	const char *name =
		json_string_value(json_object_get(command->body, "request"));

	for (size_t i = 0; name && i < REQUESTS; i++) {
		if (strcmp(requests[i].name, name) == 0)
			command->row = &requests[i];
	}
	if (!command->row) {
		snprintf(problem, problem_size,
			 name ? "There is no such request."
			      : "\"request\" must be a string.");
		return RTH_ERR_FORMAT;
	}
	command->request = command->row->name;
	return RTH_OK;
}

enum rth_err rth_command_read(struct rth_command *command, char *problem,
			      size_t problem_size)
{
	enum rth_err err = find_request(command, problem, problem_size);
	const struct rth_request *row = command->row;
	const char *name;
	json_t *value;

	if (err)
		return err;
	json_object_foreach(command->body, name, value)
	{
		if (strcmp(name, "request") != 0 && !find_field(row, name)) {
			snprintf(problem, problem_size,
				 "\"%.*s\" is not a field of \"%s\".",
				 shown(name), name, row->name);
			return RTH_ERR_FORMAT;
		}
	}
	for (int i = 0; i < FIELDS_MAX && row->fields[i].name; i++) {
		err = read_field(command, &row->fields[i], problem,
				 problem_size);
		if (err)
			return err;
	}
	return RTH_OK;
}

static void complain(struct rth_control *control,
		     const struct rth_command *command, const char *code,
		     const char *text)
{
	rth_event_error(control, command->session, command->transaction,
			command->request, code, text);
}

/* In order: of two joins of one person the later one takes over. */
static void park(struct rth_control *control, struct rth_command *command)
{
	int64_t now_us = control->host->now_us();
	struct rth_task **last = &control->parked;

	if (command->parked_until_us == 0)
		command->parked_until_us = now_us + RTH_PARKED_US;
	if (now_us >= command->parked_until_us ||
	    control->n_parked >= RTH_PARKED_MAX) {
		rth_seat_not_admitted(control, command, "keys-late");
		command_free(command);
		return;
	}
	while (*last)
		last = &(*last)->next;
	command->task.next = NULL;
	*last = &command->task;
	control->n_parked++;
}

/* Runs a verb if state and role allow it; the command is freed or parked. */
static void perform(struct rth_control *control, struct rth_command *command)
{
	const struct rth_session *session = command->session;
	const struct rth_request *row = command->row;

	if (atomic_load(&session->gone)) {
		command_free(command);
		return;
	}
	if (!(row->states & IN(session->state))) {
		complain(control, command, "wrong-state",
			 session->state == RTH_NONE
				 ? "Join first."
				 : "This cannot be asked now.");
	} else if (row->role != ANY_ROLE &&
		   row->role != (int)session->who.role) {
		complain(control, command, "wrong-role",
			 "Only the clinician can do this.");
	} else if (row->verb(control, command) == RTH_PARK) {
		park(control, command);
		return;
	}
	command_free(command);
}

static void run_command(struct rth_control *control, struct rth_task *task)
{
	struct rth_command *command = (struct rth_command *)task;
	char problem[128];

	if (rth_command_read(command, problem, sizeof(problem))) {
		complain(control, command, "bad-request", problem);
		command_free(command);
		return;
	}
	if (command->row->paced &&
	    !rth_pace_allows(&command->session->request_pace,
			     control->host->now_us())) {
		complain(control, command, "busy", "Too many requests.");
		command_free(command);
		return;
	}
	perform(control, command);
}

enum rth_err rth_command_post(struct rth_control *control,
			      struct rth_session *session,
			      const char *transaction, json_t *body,
			      const char *offer)
{
	struct rth_command *command = rth_alloc(sizeof(*command));
	enum rth_err err = RTH_ERR_NOMEM;

	if (!command) {
		json_decref(body);
		return err;
	}
	command->session = rth_session_ref(session);
	command->body = body;
	command->task.run = run_command;
	if (atomic_fetch_add(&session->tasks, 1) >= RTH_SESSION_TASKS_MAX) {
		err = RTH_ERR_LIMIT;
		goto out;
	}
	command->transaction = rth_strdup(transaction);
	command->sdp = rth_strdup(offer);
	if ((transaction && !command->transaction) || (offer && !command->sdp))
		goto out;
	err = rth_queue_put(&control->queue, &command->task);
out:
	if (err)
		command_free(command);
	return err;
}

void rth_command_retry(struct rth_control *control)
{
	struct rth_task *task = control->parked;

	control->parked = NULL;
	control->n_parked = 0;
	while (task) {
		struct rth_task *next = task->next;

		perform(control, (struct rth_command *)task);
		task = next;
	}
}

void rth_command_drop_parked(struct rth_control *control)
{
	while (control->parked) {
		struct rth_task *task = control->parked;

		control->parked = task->next;
		command_free((struct rth_command *)task);
	}
	control->n_parked = 0;
}
