/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The verbs on recordings. See ask.h.
 */
#include "ask.h"

#include <string.h>

#include "command.h"
#include "event.h"
#include "recording.h"

static enum rth_done refuse(const struct rth_control *control,
			    const struct rth_command *command, const char *code,
			    const char *text)
{
	rth_event_error(control, command->session, command->transaction,
			command->request, code, text);
	return RTH_DONE;
}

static enum rth_done ok(const struct rth_control *control,
			const struct rth_command *command)
{
	rth_event_send(control, command->session, command->transaction,
		       json_pack("{s:s, s:s}", "rthealth", "ok", "request",
				 command->request));
	return RTH_DONE;
}

static enum rth_done busy(const struct rth_control *control,
			  const struct rth_command *command)
{
	return refuse(control, command, "busy",
		      "The server cannot do this now.");
}

bool rth_ask_allowed(const struct rth_control *control,
		     const struct rth_session *session)
{
	return control->feed && session->who.record &&
	       session->who.role == RTH_ROLE_CLINICIAN;
}

enum rth_done rth_ask_recording(struct rth_control *control,
				struct rth_command *command)
{
	struct rth_session *session = command->session;
	struct rth_room *room = session->room;

	if (!session->who.record)
		return refuse(control, command, "not-allowed",
			      "You may not ask for a recording.");
	if (!control->feed)
		return refuse(control, command, "no-recorder",
			      "Nothing can be recorded on this server.");
	if (room->recording)
		return refuse(control, command, "wrong-state",
			      "There is a recording already.");
	if (!rth_room_other(room, session))
		return refuse(control, command, "alone",
			      "There is nobody else to ask.");
	switch (rth_recording_open(control, room)) {
	case RTH_OK:
		return ok(control, command);
	case RTH_ERR_NOMEM:
	case RTH_ERR_CRYPTO:
		return busy(control, command);
	default:
		return refuse(control, command, "no-recorder",
			      "The recorder cannot be reached.");
	}
}

/* The one that is meant must be the room's, and people must know of it. */
static bool is_this(const struct rth_command *command)
{
	const struct rth_recording *recording =
		command->session->room->recording;

	return recording && recording->state != RTH_RECORDING_OPENING &&
	       strcmp(recording->id, command->recording) == 0;
}

static enum rth_done refuse_other(const struct rth_control *control,
				  const struct rth_command *command)
{
	return refuse(control, command, "bad-request",
		      "\"recording\" is not this visit's.");
}

enum rth_done rth_ask_consent(struct rth_control *control,
			      struct rth_command *command)
{
	const struct rth_consent_text *text =
		rth_consent_text(&control->conf->consent, command->language);
	enum rth_answer answer = rth_answer_find(command->answer);

	if (!is_this(command))
		return refuse_other(control, command);
	if (!text)
		return refuse(control, command, "bad-request",
			      "\"language\" was not offered.");
	/* Each answer is evidence that is kept; a no is always heard. */
	if (answer != RTH_ANSWER_NO &&
	    !rth_pace_allows(&command->session->request_pace,
			     control->host->now_us()))
		return refuse(control, command, "busy", "Too many requests.");
	if (rth_recording_answer(control, command->session, text, answer))
		return busy(control, command);
	return ok(control, command);
}

enum rth_done rth_ask_stop(struct rth_control *control,
			   struct rth_command *command)
{
	if (!is_this(command))
		return refuse_other(control, command);
	rth_recording_stop(control, command->session);
	return ok(control, command);
}
