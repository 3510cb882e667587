/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Admin messages. See admin.h.
 */
#include "admin.h"

#include <string.h>

#include "door.h"
#include "id.h"
#include "recording.h"

/* A question to the control thread, on the stack of the one who waits. */
struct question {
	struct rth_task task;
	const json_t *message;
	json_t *answer;
	bool done;
	pthread_mutex_t lock;
	pthread_cond_t answered;
};

static json_t *problem(const char *code, const char *text)
{
	return json_pack("{s:s, s:s}", "error", code, "text", text);
}

/* Any thread; the session waits, or is or was seated; since when, it says. */
static json_t *describe(const struct rth_session *session, int64_t since_us)
{
	int64_t age_us = session->port.host->now_us() - since_us;

	return json_pack(
		"{s:s, s:s, s:I, s:b, s:I, s:I, s:I}", "participant",
		session->participant, "role", rth_role_name(session->who.role),
		"age_s", (json_int_t)age_us / 1000000, "media",
		atomic_load(&session->media_up), "packets_in",
		(json_int_t)atomic_load(&session->port.packets_in),
		"packets_out",
		(json_int_t)atomic_load(&session->port.packets_out),
		"packets_dropped",
		(json_int_t)atomic_load(&session->port.packets_dropped));
}

static json_t *describe_room(const struct rth_room *room, int64_t now_us)
{
	json_t *seats = json_array();
	json_t *waiting = json_array();

	for (int role = 0; role < RTH_ROLES; role++) {
		const struct rth_session *session = room->seat[role];

		if (session)
			json_array_append_new(
				seats, describe(session, session->since_us));
	}
	for (size_t i = 0; i < room->n_waiting; i++)
		json_array_append_new(
			waiting, describe(room->waiting[i],
					  room->waiting[i]->waits_since_us));
	return json_pack("{s:s, s:I, s:s, s:o, s:o}", "room", room->id, "age_s",
			 (json_int_t)(now_us - room->opened_us) / 1000000,
			 "recording", rth_recording_state_name(room->recording),
			 "seats", seats, "waiting", waiting);
}

static json_t *list(struct rth_control *control, const json_t *message)
{
	json_t *rooms = json_array();
	int64_t now_us = control->host->now_us();

	(void)message;
	for (struct rth_room *room = control->rooms.first; room;
	     room = room->next)
		json_array_append_new(rooms, describe_room(room, now_us));
	return json_pack("{s:I, s:o}", "checks",
			 (json_int_t)control->n_checking, "rooms", rooms);
}

static const char *text_of(const json_t *message, const char *name)
{
	return json_string_value(json_object_get(message, name));
}

static struct rth_room *room_of(const struct rth_control *control,
				const json_t *message)
{
	const char *id = text_of(message, "room");

	return id ? rth_room_find(&control->rooms, id) : NULL;
}

/* Nobody is there now, and who comes with an older token shall not get in. */
static json_t *end_closed(struct rth_control *control, const char *id)
{
	int64_t now_s = control->host->time_ms() / 1000;
	struct rth_visit *visit;
	enum rth_err err;

	if (!id || !rth_id_valid(id))
		return problem("not-found", "There is no such room.");
	err = rth_visit_open(&control->visits, id, now_s, &visit);
	if (err && err != RTH_ERR_DENIED)
		return problem("busy", "There is no memory.");
	if (!err) {
		rth_visit_end(visit, now_s);
		rth_visit_close(&control->visits, visit, now_s);
	}
	return json_pack("{s:b}", "ended", true);
}

static json_t *end(struct rth_control *control, const json_t *message)
{
	struct rth_room *room = room_of(control, message);

	if (!room)
		return end_closed(control, text_of(message, "room"));
	rth_seat_end_room(control, room, "admin");
	return json_pack("{s:b}", "ended", true);
}

static bool is_meant(const struct rth_session *session, const char *participant,
		     const char *sub)
{
	return session && ((participant &&
			    strcmp(participant, session->participant) == 0) ||
			   (sub && strcmp(sub, session->who.sub) == 0));
}

/* In a seat or at the door; NULL: nobody is meant. */
static struct rth_session *find_meant(const struct rth_room *room,
				      const json_t *message)
{
	const char *participant = text_of(message, "participant");
	const char *sub = text_of(message, "sub");

	for (int role = 0; role < RTH_ROLES; role++) {
		if (is_meant(room->seat[role], participant, sub))
			return room->seat[role];
	}
	for (size_t i = 0; i < room->n_waiting; i++) {
		if (is_meant(room->waiting[i], participant, sub))
			return room->waiting[i];
	}
	return NULL;
}

/* Somebody between two connections comes back only by knocking. */
static json_t *remove_absent(struct rth_control *control, const json_t *message)
{
	const char *id = text_of(message, "room");
	const char *sub = text_of(message, "sub");
	struct rth_visit *visit =
		id ? rth_visit_find(&control->visits, id) : NULL;

	if (!visit || !sub ||
	    !rth_visit_remove_sub(visit, sub, control->host->time_ms() / 1000))
		return problem("not-found", "There is no such participant.");
	return json_pack("{s:b}", "removed", true);
}

/* Named wholly: "remove" is a function of the C library. */
static json_t *remove_participant(struct rth_control *control,
				  const json_t *message)
{
	struct rth_room *room = room_of(control, message);
	struct rth_session *session = room ? find_meant(room, message) : NULL;

	if (!session)
		return remove_absent(control, message);
	rth_visit_remove(room->visit, &session->who,
			 control->host->time_ms() / 1000);
	rth_seat_dismiss(control, session, "removed");
	return json_pack("{s:b}", "removed", true);
}

/* Who waits and is meant; NULL: nobody. */
static struct rth_session *find_waiting(const struct rth_room *room,
					const json_t *message)
{
	const char *participant = text_of(message, "participant");

	return room && participant ? rth_door_find(room, participant) : NULL;
}

static json_t *note(struct rth_control *control, const json_t *message)
{
	struct rth_session *session =
		find_waiting(room_of(control, message), message);
	const json_t *text = json_object_get(message, "text");

	if (json_string_length(text) < 1 ||
	    json_string_length(text) > RTH_NOTE_BYTES_MAX)
		return problem("bad-request", "\"text\" has a wrong length.");
	if (!session)
		return problem("not-found", "There is no such participant.");
	rth_door_tell(control, session, json_string_value(text));
	return json_pack("{s:b}", "noted", true);
}

static json_t *deny(struct rth_control *control, const json_t *message)
{
	struct rth_room *room = room_of(control, message);
	struct rth_session *session = find_waiting(room, message);
	const char *reason =
		rth_word_of(rth_deny_reasons, text_of(message, "reason"));

	if (!reason)
		return problem("bad-request",
			       "\"reason\" is not one of those.");
	if (!session)
		return problem("not-found", "There is no such participant.");
	rth_door_send_away(control, session, room, reason, NULL);
	return json_pack("{s:b}", "denied", true);
}

static const struct {
	const char *name;
	json_t *(*verb)(struct rth_control *control, const json_t *message);
	const char *fields[3];
} messages[] = {
	{"list", list, {NULL}},
	{"end", end, {"room"}},
	{"remove", remove_participant, {"room", "participant", "sub"}},
	{"note", note, {"room", "participant", "text"}},
	{"deny", deny, {"room", "participant", "reason"}},
};

static bool fields_known(const json_t *message, const char *const fields[3])
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)message, name, value)
	{
		bool known = strcmp(name, "request") == 0;

		for (int i = 0; i < 3; i++)
			known |= fields[i] && strcmp(name, fields[i]) == 0;
		if (!known || !json_is_string(value))
			return false;
	}
	return true;
}

static json_t *answer(struct rth_control *control, const json_t *message)
{
	const char *request = text_of(message, "request");

	for (size_t i = 0;
	     request && i < sizeof(messages) / sizeof(messages[0]); i++) {
		if (strcmp(messages[i].name, request) != 0)
			continue;
		if (!fields_known(message, messages[i].fields))
			return problem("bad-request",
				       "A field is unknown or not a string.");
		return messages[i].verb(control, message);
	}
	return problem("bad-request", "There is no such request.");
}

static void run_question(struct rth_control *control, struct rth_task *task)
{
	struct question *q = (struct question *)task;
	json_t *found = answer(control, q->message);

	pthread_mutex_lock(&q->lock);
	q->answer = found;
	q->done = true;
	pthread_cond_signal(&q->answered);
	pthread_mutex_unlock(&q->lock);
}

json_t *rth_admin_message(struct rth_control *control, const json_t *message)
{
	struct question q = {
		.task.run = run_question,
		.message = message,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.answered = PTHREAD_COND_INITIALIZER,
	};

	if (rth_queue_put(&control->queue, &q.task))
		return problem("busy", "The server is stopping.");
	pthread_mutex_lock(&q.lock);
	while (!q.done)
		pthread_cond_wait(&q.answered, &q.lock);
	pthread_mutex_unlock(&q.lock);
	return q.answer;
}

json_t *rth_admin_session(const struct rth_session *session)
{
	enum rth_state state = session->state;
	json_t *found = NULL;

	if (state == RTH_SEATED)
		found = describe(session, session->since_us);
	else if (state == RTH_WAITING)
		found = describe(session, session->waits_since_us);
	else
		found = json_object();
	if (found)
		json_object_set_new(found, "state",
				    json_string(rth_state_name(state)));
	return found;
}
