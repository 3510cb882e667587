/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The door. See door.h.
 */
#include "door.h"

#include <string.h>

#include "command.h"
#include "event.h"

#define US_PER_MS INT64_C(1000)
#define US_PER_S INT64_C(1000000)

const char *const rth_deny_reasons[] = {
	"not-now", "wrong-time", "wrong-visit", "not-known", "other", NULL,
};

static struct rth_session *clinician_of(const struct rth_room *room)
{
	return room->seat[RTH_ROLE_CLINICIAN];
}

/* ---- what is told ---- */

/* What somebody who waits may know: no id and no name of anybody else. */
static json_t *place_event(const struct rth_room *room, size_t i)
{
	return json_pack("{s:s, s:I, s:I, s:b}", "rthealth", "waiting", "place",
			 (json_int_t)i + 1, "waiting",
			 (json_int_t)room->n_waiting, "clinician",
			 clinician_of(room) != NULL);
}

static json_t *describe(const struct rth_session *session, int64_t now_us)
{
	return json_pack(
		"{s:s, s:s, s:I, s:b, s:o}", "participant",
		session->participant, "name", session->who.name, "waited_ms",
		(json_int_t)((now_us - session->waits_since_us) / US_PER_MS),
		"media", session->media, "check",
		rth_checkin_json(&session->check));
}

static void tell_list(const struct rth_control *control,
		      const struct rth_room *room)
{
	int64_t now_us = control->host->now_us();
	json_t *people;

	if (!clinician_of(room))
		return;
	people = json_array();
	for (size_t i = 0; i < room->n_waiting; i++)
		json_array_append_new(people,
				      describe(room->waiting[i], now_us));
	rth_event_send(control, clinician_of(room), NULL,
		       json_pack("{s:s, s:o}", "rthealth", "waiting", "people",
				 people));
}

static void tell(const struct rth_control *control, const struct rth_room *room)
{
	for (size_t i = 0; i < room->n_waiting; i++)
		rth_event_send(control, room->waiting[i], NULL,
			       place_event(room, i));
	tell_list(control, room);
}

void rth_door_clinician(const struct rth_control *control,
			const struct rth_room *room)
{
	if (room->n_waiting > 0)
		tell(control, room);
}

/* The answer to a join: the place, and what the session is from now on. */
static void answer(const struct rth_control *control,
		   const struct rth_room *room, struct rth_session *session,
		   size_t i, const char *transaction)
{
	json_t *event = place_event(room, i);

	if (event)
		json_object_update_new(
			event,
			json_pack("{s:s, s:s, s:I, s:I}", "participant",
				  session->participant, "role",
				  rth_role_name(session->who.role),
				  "seat_until",
				  (json_int_t)session->who.seat_until_s,
				  "wait_s", (json_int_t)control->conf->wait_s));
	rth_event_send(control, session, transaction, event);
}

/* ---- coming and going ---- */

/* Somebody who waits already and is the same person; n_waiting: nobody. */
static size_t older_life(const struct rth_room *room,
			 const struct rth_admitted *who)
{
	size_t i = 0;

	while (i < room->n_waiting &&
	       !rth_admitted_same(&room->waiting[i]->who, who))
		i++;
	return i;
}

enum rth_err rth_door_knock(struct rth_control *control,
			    struct rth_session *session,
			    const struct rth_admitted *who,
			    struct rth_room *room, const char *transaction)
{
	size_t i = older_life(room, who);
	int64_t since_us = control->host->now_us();
	enum rth_err err;

	if (i == room->n_waiting &&
	    room->n_waiting >= (size_t)control->conf->waiting_max)
		return RTH_ERR_LIMIT;
	err = rth_id_make(session->participant);
	if (err)
		return err;
	if (i < room->n_waiting)
		since_us = room->waiting[i]->waits_since_us;
	if (i < room->n_waiting && !session->check.given)
		session->check = room->waiting[i]->check;
	session->who = *who;
	session->waits_since_us = since_us;
	err = rth_session_enter(session, RTH_WAITING);
	if (err)
		return err;
	if (i < room->n_waiting)
		rth_seat_dismiss(control, room->waiting[i], "replaced");
	rth_room_wait(room, session, i);
	rth_control_log(control, RTH_LOG_INFO, "waiting room=%s participant=%s",
			room->id, session->participant);
	rth_event_report(
		control, "waiting", session,
		json_pack("{s:o}", "check", rth_checkin_json(&session->check)));
	answer(control, room, session, i, transaction);
	for (size_t k = 0; k < room->n_waiting; k++) {
		if (k != i)
			rth_event_send(control, room->waiting[k], NULL,
				       place_event(room, k));
	}
	tell_list(control, room);
	return RTH_OK;
}

void rth_door_seated(struct rth_control *control, struct rth_room *room,
		     const struct rth_admitted *who)
{
	size_t i = older_life(room, who);

	if (i == room->n_waiting)
		return;
	rth_seat_dismiss(control, room->waiting[i], "replaced");
	tell(control, room);
}

void rth_door_leave(struct rth_control *control, struct rth_session *session,
		    const char *reason)
{
	struct rth_room *room =
		rth_room_find(&control->rooms, session->who.room);

	rth_control_log(control, RTH_LOG_INFO,
			"waiting-over room=%s participant=%s reason=%s",
			room->id, session->participant, reason);
	rth_event_report(control, "waiting-over", session,
			 json_pack("{s:s}", "reason", reason));
	rth_room_unwait(room, session, control->host->now_us());
	/* whoever comes instead is told of by rth_door_knock */
	if (strcmp(reason, "replaced") != 0 && strcmp(reason, "ended") != 0)
		tell(control, room);
}

void rth_door_tick(struct rth_control *control, struct rth_room *room,
		   int64_t now_us)
{
	int64_t now_s = control->host->time_ms() / 1000;
	size_t i = 0;

	while (i < room->n_waiting) {
		struct rth_session *session = room->waiting[i];

		if (now_s >= session->who.seat_until_s ||
		    now_us - session->waits_since_us >=
			    control->conf->wait_s * US_PER_S)
			rth_seat_dismiss(control, session, "expired");
		else
			i++;
	}
}

/* ---- verbs ---- */

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

struct rth_session *rth_door_find(const struct rth_room *room,
				  const char *participant)
{
	for (size_t i = 0; i < room->n_waiting; i++) {
		if (strcmp(room->waiting[i]->participant, participant) == 0)
			return room->waiting[i];
	}
	return NULL;
}

/* Who is meant, at this clinician's own door; NULL: nobody. */
static struct rth_session *meant(const struct rth_command *command)
{
	return rth_door_find(command->session->room, command->participant);
}

static enum rth_done not_waiting(const struct rth_control *control,
				 const struct rth_command *command)
{
	return refuse(control, command, "not-waiting",
		      "This person does not wait here.");
}

static void report_by(const struct rth_control *control, const char *name,
		      const struct rth_session *session, const char *reason,
		      const struct rth_session *by)
{
	rth_event_report(control, name, session,
			 json_pack("{s:s*, s:o}", "reason", reason, "by",
				   rth_event_by(by)));
}

void rth_door_send_away(struct rth_control *control,
			struct rth_session *session, struct rth_room *room,
			const char *reason, const struct rth_session *by)
{
	report_by(control, "denied", session, reason, by);
	rth_visit_remove(room->visit, &session->who,
			 control->host->time_ms() / 1000);
	rth_seat_deny(control, session, reason);
}

void rth_door_tell(const struct rth_control *control,
		   struct rth_session *session, const char *text)
{
	rth_event_send(
		control, session, NULL,
		json_pack("{s:s, s:s}", "rthealth", "note", "text", text));
}

enum rth_done rth_door_admit(struct rth_control *control,
			     struct rth_command *command)
{
	struct rth_room *room = command->session->room;
	struct rth_session *session = meant(command);

	if (!session)
		return not_waiting(control, command);
	if (room->seat[RTH_ROLE_PATIENT])
		return refuse(control, command, "room-full",
			      "Somebody else is in the visit.");
	rth_control_log(control, RTH_LOG_INFO,
			"admitted room=%s participant=%s", room->id,
			session->participant);
	report_by(control, "admitted", session, NULL, command->session);
	rth_session_ref(session);
	rth_room_unwait(room, session, control->host->now_us());
	rth_seat_admit(control, session, room);
	rth_session_unref(session);
	tell(control, room);
	return ok(control, command);
}

enum rth_done rth_door_deny(struct rth_control *control,
			    struct rth_command *command)
{
	struct rth_session *session = meant(command);

	if (!session)
		return not_waiting(control, command);
	rth_door_send_away(control, session, command->session->room,
			   command->reason, command->session);
	return ok(control, command);
}

enum rth_done rth_door_note(struct rth_control *control,
			    struct rth_command *command)
{
	struct rth_session *session = meant(command);

	if (command->text[0] == '\0')
		return refuse(control, command, "bad-request",
			      "\"text\" is empty.");
	if (!session)
		return not_waiting(control, command);
	rth_door_tell(control, session, command->text);
	return ok(control, command);
}
