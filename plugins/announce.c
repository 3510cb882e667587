/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is said of a recording. See announce.h.
 */
#include "announce.h"

#include "event.h"

#define US_PER_S 1000000

/* ---- to browsers ---- */

static json_t *event_of(const struct rth_recording *recording,
			const char *state)
{
	return json_pack("{s:s, s:s, s:s}", "rthealth", "recording",
			 "recording", recording->id, "state", state);
}

/* Sends an event (taken) with further members (taken; NULL: no memory). */
static bool send_with(const struct rth_control *control,
		      struct rth_session *session, json_t *event, json_t *more)
{
	bool whole = event && more && json_object_update(event, more) == 0;

	json_decref(more);
	if (!whole) {
		json_decref(event);
		event = NULL;
	}
	rth_event_send(control, session, NULL, event);
	return whole;
}

static int64_t whole_seconds(int64_t us)
{
	return us > 0 ? (us + US_PER_S - 1) / US_PER_S : 0;
}

bool rth_announce_asked(const struct rth_control *control,
			const struct rth_room *room,
			struct rth_session *session)
{
	const struct rth_recording *recording = room->recording;
	const struct rth_consent_texts *texts = &control->conf->consent;
	int64_t left_us = recording->answer_by_us[session->who.role] -
			  control->host->now_us();
	bool agreed =
		rth_consent_agrees(rth_recording_consent(recording, session));

	return send_with(control, session, event_of(recording, "asked"),
			 json_pack("{s:s, s:I, s:o, s:b}", "version",
				   texts->version, "answer_s",
				   (json_int_t)whole_seconds(left_us), "texts",
				   rth_consent_offer(texts), "agreed", agreed));
}

static json_t *lost_members(const struct rth_recording *recording,
			    bool incomplete)
{
	const struct rth_tap_loss *loss = &recording->loss;

	return json_pack("{s:b, s:I}", "incomplete",
			 incomplete || loss->packets > 0, "lost_s",
			 (json_int_t)whole_seconds(loss->us));
}

/* Those seated whose pictures are not recorded. */
static json_t *voice_only(const struct rth_room *room)
{
	json_t *list = json_array();

	for (int role = 0; list && role < RTH_ROLES; role++) {
		const struct rth_session *session = room->seat[role];
		const struct rth_consent *consent =
			session ? rth_recording_consent(room->recording,
							session)
				: NULL;

		if (!consent || consent->answer != RTH_ANSWER_VOICE)
			continue;
		if (json_array_append_new(list,
					  json_string(session->participant))) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

bool rth_announce_state(const struct rth_control *control,
			const struct rth_room *room,
			struct rth_session *session,
			enum rth_recording_state state)
{
	const struct rth_recording *recording = room->recording;
	json_t *more = lost_members(recording, false);

	if (state == RTH_RECORDING_PAUSED)
		return send_with(control, session,
				 event_of(recording, "paused"), more);
	if (more && json_object_set_new(more, "voice_only", voice_only(room))) {
		json_decref(more);
		more = NULL;
	}
	return send_with(control, session, event_of(recording, "running"),
			 more);
}

bool rth_announce_all(const struct rth_control *control,
		      const struct rth_room *room,
		      enum rth_recording_state state)
{
	bool told = true;

	for (int role = 0; role < RTH_ROLES; role++) {
		struct rth_session *session = room->seat[role];

		if (session &&
		    !rth_announce_state(control, room, session, state))
			told = false;
	}
	return told;
}

void rth_announce_not(const struct rth_control *control,
		      const struct rth_room *room, enum rth_role role,
		      const char *state, const char *reason)
{
	if (room->seat[role])
		send_with(control, room->seat[role],
			  event_of(room->recording, state),
			  json_pack("{s:s*}", "reason", reason));
}

void rth_announce_finished(const struct rth_control *control,
			   const struct rth_room *room, const char *reason,
			   bool incomplete)
{
	for (int role = 0; role < RTH_ROLES; role++) {
		json_t *event;

		if (!room->seat[role])
			continue;
		event = event_of(room->recording, "finished");
		if (event)
			json_object_set_new(event, "reason",
					    json_string(reason));
		send_with(control, room->seat[role], event,
			  lost_members(room->recording, incomplete));
	}
}

/* ---- to event handlers ---- */

json_t *rth_announce_by(const struct rth_recording *recording, json_t *object)
{
	const struct rth_recording_by *by = &recording->by;

	if (!object || by->participant[0] == '\0')
		return object;
	if (json_object_set_new(object, "by",
				json_pack("{s:s, s:s, s:s}", "participant",
					  by->participant, "sub", by->sub,
					  "role", rth_role_name(by->role)))) {
		json_decref(object);
		return NULL;
	}
	return object;
}

void rth_announce_report(const struct rth_control *control,
			 const struct rth_recording *recording,
			 const char *state, json_t *more)
{
	json_t *event = json_pack("{s:s, s:s, s:s, s:s}", "event", "recording",
				  "room", recording->room, "recording",
				  recording->id, "state", state);

	if (event && more)
		json_object_update(event, more);
	json_decref(more);
	rth_event_tell(control, event);
}

json_t *rth_announce_consent(const struct rth_recording *recording,
			     const struct rth_consent *consent)
{
	const struct rth_consent_text *text = consent->text;

	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s*, s:s*, s:I}",
		"event", "consent", "room", recording->room, "recording",
		recording->id, "participant", consent->participant, "sub",
		consent->sub, "role", rth_role_name(consent->role), "answer",
		rth_answer_name(consent->answer), "text_version",
		consent->version, "text_sha256", text ? text->sha256 : NULL,
		"language", text ? text->language : NULL, "time_ms",
		(json_int_t)consent->answered_ms);
}

/* ---- to the recorder ---- */

static json_t *people(const struct rth_recording *recording)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < recording->n_consents; i++) {
		const struct rth_consent *consent = &recording->consents[i];

		if (!rth_consent_agrees(consent))
			continue;
		if (json_array_append_new(list,
					  rth_consent_evidence(consent))) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

enum rth_err rth_announce_begin(const struct rth_control *control,
				const struct rth_recording *recording)
{
	return rth_feed_say(
		recording->link, RTH_FEED_BEGIN, RTH_FEED_NOBODY,
		control->host->now_us(),
		json_pack("{s:i, s:s, s:i, s:s, s:I, s:I, s:o}", "version", 1,
			  "recording", recording->id, "part",
			  (int)recording->part, "room", recording->room,
			  "origin_us", (json_int_t)recording->origin_us,
			  "begun_ms", (json_int_t)recording->begun_ms, "people",
			  people(recording)));
}

enum rth_err rth_announce_note(const struct rth_control *control,
			       const struct rth_recording *recording,
			       uint8_t role, const char *event, json_t *more)
{
	if (more && json_object_set_new(more, "event", json_string(event))) {
		json_decref(more);
		more = NULL;
	}
	return rth_feed_say(recording->link, RTH_FEED_NOTE, role,
			    control->host->now_us(), more);
}

enum rth_err rth_announce_note_joined(const struct rth_control *control,
				      const struct rth_recording *recording,
				      const struct rth_session *session)
{
	return rth_announce_note(
		control, recording, (uint8_t)session->who.role, "joined",
		json_pack("{s:s, s:s}", "participant", session->participant,
			  "role", rth_role_name(session->who.role)));
}

enum rth_err rth_announce_note_left(const struct rth_control *control,
				    const struct rth_recording *recording,
				    const struct rth_session *session,
				    const char *reason)
{
	return rth_announce_note(
		control, recording, (uint8_t)session->who.role, "left",
		json_pack("{s:s, s:s, s:s}", "participant",
			  session->participant, "role",
			  rth_role_name(session->who.role), "reason", reason));
}

enum rth_err rth_announce_note_state(const struct rth_control *control,
				     const struct rth_recording *recording,
				     const struct rth_session *session)
{
	return rth_announce_note(
		control, recording, (uint8_t)session->who.role, "state",
		json_pack("{s:s, s:b, s:b, s:b}", "participant",
			  session->participant, "microphone",
			  session->microphone, "camera", session->camera,
			  "screen", session->screen));
}

enum rth_err rth_announce_chat(const struct rth_control *control,
			       const struct rth_recording *recording,
			       const struct rth_session *from, json_t *text,
			       int64_t time_ms)
{
	return rth_feed_say(recording->link, RTH_FEED_CHAT,
			    (uint8_t)from->who.role, control->host->now_us(),
			    json_pack("{s:s, s:s, s:I, s:O}", "from",
				      from->participant, "role",
				      rth_role_name(from->who.role), "time",
				      (json_int_t)time_ms, "text", text));
}

enum rth_err rth_announce_end(const struct rth_control *control,
			      const struct rth_recording *recording,
			      const char *reason)
{
	return rth_feed_say(
		recording->link, RTH_FEED_END, RTH_FEED_NOBODY,
		control->host->now_us(),
		rth_announce_by(recording,
				json_pack("{s:s, s:i}", "reason", reason,
					  "parts", (int)recording->part)));
}
