/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The verbs on seats. See seat.h.
 */
#include "seat.h"

#include <string.h>

#include "ask.h"
#include "command.h"
#include "door.h"
#include "echo.h"
#include "event.h"
#include "pair.h"
#include "recording.h"

static struct rth_session *other_of(const struct rth_session *session)
{
	return session->room ? rth_room_other(session->room, session) : NULL;
}

static void refuse(const struct rth_control *control,
		   const struct rth_command *command, const char *reason,
		   const char *code, const char *text)
{
	rth_control_log(control, RTH_LOG_WARN, "refused reason=%s", reason);
	rth_event_report(control, "refused", command->session,
			 json_pack("{s:s}", "reason", reason));
	rth_event_error(control, command->session, command->transaction,
			command->request, code, text);
}

void rth_seat_not_admitted(const struct rth_control *control,
			   const struct rth_command *command,
			   const char *reason)
{
	refuse(control, command, reason, "not-admitted",
	       "You cannot enter this visit.");
}

/* `line`: whose line it is that is thin, or NULL when it does not matter now */
static void tell_slow(const struct rth_control *control,
		      struct rth_session *session, const char *direction,
		      const struct rth_session *line)
{
	rth_event_send(control, session, NULL,
		       json_pack("{s:s, s:s, s:b, s:b}", "rthealth", "slow",
				 "direction", direction, "limited",
				 line && line->told_limited, "voice_only",
				 line && line->told_voice_only));
}

/* Frees the seat for somebody else and tells who stays. */
static void give_up_seat(struct rth_control *control,
			 struct rth_session *session, const char *reason)
{
	struct rth_room *room = session->room;
	struct rth_session *other = rth_room_other(room, session);

	rth_pair_break(room);
	rth_control_log(control, RTH_LOG_INFO,
			"left room=%s participant=%s reason=%s", room->id,
			session->participant, reason);
	rth_event_report(control, "left", session,
			 json_pack("{s:s}", "reason", reason));
	if (other)
		rth_event_send(control, other, NULL,
			       json_pack("{s:s, s:s, s:s}", "rthealth",
					 "participant-left", "participant",
					 session->participant, "reason",
					 reason));
	if (other && (session->told_limited || session->told_voice_only))
		tell_slow(control, other, "send", NULL);
	rth_room_unseat(room, session, control->host->now_us());
	rth_recording_left(control, room, session, reason);
	/* who takes over, or ends the room, tells them */
	if (session->who.role == RTH_ROLE_CLINICIAN &&
	    strcmp(reason, "replaced") != 0 && strcmp(reason, "ended") != 0)
		rth_door_clinician(control, room);
}

void rth_seat_leave(struct rth_control *control, struct rth_session *session,
		    const char *reason)
{
	rth_session_ref(session);
	if (session->room)
		give_up_seat(control, session, reason);
	else if (session->state == RTH_WAITING)
		rth_door_leave(control, session, reason);
	else if (session->state == RTH_CHECKING)
		rth_echo_leave(control, session);
	if (session->state != RTH_LEFT && rth_session_enter(session, RTH_LEFT))
		rth_control_log(control, RTH_LOG_ERROR, "bad-move");
	rth_session_unref(session);
}

/* The browser hears `event` (taken), loses its seat and its handle. */
static void dismiss(struct rth_control *control, struct rth_session *session,
		    const char *transaction, json_t *event, const char *reason)
{
	rth_session_ref(session);
	rth_seat_leave(control, session, reason);
	rth_event_send(control, session, transaction, event);
	control->host->close(session->port.handle);
	rth_session_unref(session);
}

void rth_seat_dismiss(struct rth_control *control, struct rth_session *session,
		      const char *reason)
{
	dismiss(control, session, NULL, json_pack("{s:s}", "rthealth", reason),
		reason);
}

void rth_seat_deny(struct rth_control *control, struct rth_session *session,
		   const char *reason)
{
	dismiss(control, session, NULL,
		json_pack("{s:s, s:s}", "rthealth", "denied", "reason", reason),
		"denied");
}

void rth_seat_close_room(struct rth_control *control, struct rth_room *room)
{
	rth_control_log(control, RTH_LOG_INFO, "room-closed room=%s", room->id);
	rth_recording_end(control, room, "left", NULL);
	rth_event_report_room(control, "room-closed", room);
	rth_visit_close(&control->visits, room->visit,
			control->host->time_ms() / 1000);
	rth_room_close(&control->rooms, room);
}

static json_t *ended_event(const char *reason)
{
	return json_pack("{s:s, s:s}", "rthealth", "ended", "reason", reason);
}

/* Ends the room; the one who asked, if any, is answered. */
static void end_room(struct rth_control *control, struct rth_room *room,
		     const char *reason, const struct rth_command *asked)
{
	json_t *ended = json_pack("{s:s, s:s, s:o, s:s}", "event", "ended",
				  "room", room->id, "by",
				  rth_event_by(asked ? asked->session : NULL),
				  "reason", reason);

	rth_recording_end(control, room,
			  strcmp(reason, "stopping") == 0 ? reason : "ended",
			  asked ? asked->session : NULL);
	for (int role = 0; role < RTH_ROLES; role++) {
		struct rth_session *session = room->seat[role];

		if (session)
			dismiss(control, session,
				asked && asked->session == session
					? asked->transaction
					: NULL,
				ended_event(reason), "ended");
	}
	while (room->n_waiting > 0)
		dismiss(control, room->waiting[0], NULL, ended_event(reason),
			"ended");
	rth_visit_end(room->visit, control->host->time_ms() / 1000);
	rth_event_tell(control, ended);
	rth_seat_close_room(control, room);
}

void rth_seat_end_room(struct rth_control *control, struct rth_room *room,
		       const char *reason)
{
	end_room(control, room, reason, NULL);
}

static enum rth_err find_room(struct rth_control *control, const char *id,
			      struct rth_room **roomp)
{
	struct rth_room *room = rth_room_find(&control->rooms, id);
	int64_t now_s = control->host->time_ms() / 1000;
	struct rth_visit *visit;
	enum rth_err err;

	if (!room) {
		err = rth_visit_open(&control->visits, id, now_s, &visit);
		if (err)
			return err;
		err = rth_room_open(&control->rooms, id,
				    control->host->now_us(), &room);
		if (err) {
			rth_visit_close(&control->visits, visit, now_s);
			return err;
		}
		room->visit = visit;
		rth_control_log(control, RTH_LOG_INFO, "room-opened room=%s",
				id);
		rth_event_report_room(control, "room-opened", room);
	}
	*roomp = room;
	return RTH_OK;
}

static void welcome(struct rth_control *control, struct rth_session *session,
		    const char *transaction)
{
	struct rth_session *other = other_of(session);
	json_t *peers = json_array();
	json_t *news = rth_event_participant(session);

	if (other) {
		json_array_append_new(peers, rth_event_participant(other));
		if (news)
			json_object_set_new(news, "rthealth",
					    json_string("participant-joined"));
		rth_event_send(control, other, NULL, json_incref(news));
	}
	json_decref(news);
	rth_event_send(
		control, session, transaction,
		json_pack("{s:s, s:s, s:s, s:I, s:b, s:o}", "rthealth",
			  "joined", "participant", session->participant, "role",
			  rth_role_name(session->who.role), "seat_until",
			  (json_int_t)session->who.seat_until_s, "record",
			  rth_ask_allowed(control, session), "peers", peers));
	if (other && (other->told_limited || other->told_voice_only))
		tell_slow(control, session, "send", other);
	rth_recording_joined(control, session);
	if (session->who.role == RTH_ROLE_CLINICIAN)
		rth_door_clinician(control, session->room);
}

/* Says whether somebody need not knock: clinicians, and who is or was in. */
static bool may_sit(const struct rth_control *control,
		    const struct rth_room *room, const struct rth_admitted *who)
{
	const struct rth_session *holder = room->seat[who->role];

	if (who->role == RTH_ROLE_CLINICIAN)
		return true;
	if (holder)
		return rth_admitted_same(&holder->who, who);
	return rth_visit_knows(room->visit, who,
			       control->host->time_ms() / 1000);
}

/* The seat is free. Who sits in a patient's may come back to it. */
static enum rth_err sit(const struct rth_control *control,
			struct rth_session *session, struct rth_room *room)
{
	enum rth_err err;

	session->since_us = control->host->now_us();
	err = rth_session_enter(session, RTH_SEATED);
	if (err)
		return err;
	rth_room_seat(room, session);
	if (session->who.role == RTH_ROLE_PATIENT)
		rth_visit_admit(room->visit, &session->who,
				control->host->time_ms() / 1000);
	return RTH_OK;
}

/* Takes the seat of its role, also from an older life of the same person. */
static enum rth_err take_seat(struct rth_control *control,
			      struct rth_session *session,
			      const struct rth_admitted *who,
			      struct rth_room *room)
{
	struct rth_session *holder = room->seat[who->role];
	enum rth_err err;

	if (holder && !rth_admitted_same(&holder->who, who))
		return RTH_ERR_EXISTS;
	err = rth_id_make(session->participant);
	if (err)
		return err;
	session->who = *who;
	if (holder)
		rth_seat_dismiss(control, holder, "replaced");
	if (who->role == RTH_ROLE_PATIENT)
		rth_door_seated(control, room, who);
	return sit(control, session, room);
}

static void seated(struct rth_control *control, struct rth_session *session,
		   const char *transaction)
{
	rth_control_log(control, RTH_LOG_INFO,
			"joined room=%s participant=%s role=%s",
			session->room->id, session->participant,
			rth_role_name(session->who.role));
	rth_event_report(control, "joined", session, NULL);
	welcome(control, session, transaction);
}

/* Both were answered without the other's offer; where they differ somebody
   offers again, and hears if there is no codec for both. */
static void agree_on_codec(const struct rth_control *control,
			   struct rth_session *session)
{
	struct rth_session *other = other_of(session);
	enum rth_codec codec;

	if (!other || !session->answered || !other->answered ||
	    session->codec == other->codec)
		return;
	if (rth_sdp_common(&codec, control->conf->codecs,
			   control->conf->n_codecs, &session->offer,
			   &other->offer))
		codec = other->codec;
	if (session->codec != codec)
		rth_event_plain(control, session, NULL, "renegotiate");
	if (other->codec != codec)
		rth_event_plain(control, other, NULL, "renegotiate");
}

void rth_seat_admit(struct rth_control *control, struct rth_session *session,
		    struct rth_room *room)
{
	if (sit(control, session, room)) {
		rth_control_log(control, RTH_LOG_ERROR, "bad-move");
		return;
	}
	rth_pair_make(room);
	seated(control, session, NULL);
	agree_on_codec(control, session);
}

/* What a join that cannot be is answered with. */
static void refuse_join(const struct rth_control *control,
			const struct rth_command *command, enum rth_err err,
			bool knocks)
{
	if (err == RTH_ERR_EXISTS)
		refuse(control, command, "room-full", "room-full",
		       "This seat of the visit is taken.");
	else if (err == RTH_ERR_DENIED)
		refuse(control, command, "visit-ended", "visit-ended",
		       "This visit has ended.");
	else if (err == RTH_ERR_LIMIT && knocks)
		refuse(control, command, "door-full", "door-full",
		       "Too many people wait already.");
	else
		refuse(control, command, rth_err_name(err), "busy",
		       "The server cannot do this now.");
}

enum rth_done rth_seat_join(struct rth_control *control,
			    struct rth_command *command)
{
	struct rth_session *session = command->session;
	struct rth_admitted who = {0};
	const char *reason = NULL;
	struct rth_room *room = NULL;
	bool knocks = false;
	enum rth_err err;

	switch (rth_admission_check(control->admission, command->token,
				    control->host->time_ms() / 1000, &who,
				    &reason)) {
	case RTH_WAIT:
		return RTH_PARK;
	case RTH_REFUSE:
		rth_seat_not_admitted(control, command, reason);
		return RTH_DONE;
	case RTH_ADMIT:
		break;
	}
	err = find_room(control, who.room, &room);
	if (!err && !may_sit(control, room, &who)) {
		knocks = true;
		session->check = command->check;
		err = rth_door_knock(control, session, &who, room,
				     command->transaction);
	} else if (!err) {
		err = take_seat(control, session, &who, room);
		if (!err)
			seated(control, session, command->transaction);
	}
	if (err)
		refuse_join(control, command, err, knocks);
	return RTH_DONE;
}

/* The offer the other seat was answered with, if any. */
static const struct rth_sdp_offer *other_offer(const struct rth_session *other)
{
	return other && other->answered ? &other->offer : NULL;
}

static json_t *media_event(enum rth_codec codec)
{
	return json_pack("{s:s, s:s, s:s}", "rthealth", "media", "audio",
			 "opus", "video", rth_codec_name(codec));
}

enum rth_done rth_seat_negotiate(struct rth_control *control,
				 struct rth_command *command)
{
	struct rth_session *session = command->session;
	struct rth_session *other = other_of(session);
	const char *reason = "The message carries no offer.";
	char sdp[RTH_SDP_ANSWER_BYTES];
	struct rth_sdp_offer offer;
	enum rth_codec codec = RTH_CODEC_VP8;
	json_t *event;

	if (!command->sdp || rth_sdp_read(&offer, command->sdp, &reason)) {
		rth_event_error(control, session, command->transaction,
				command->request, "bad-sdp", reason);
		return RTH_DONE;
	}
	if (rth_sdp_common(&codec, control->conf->codecs,
			   control->conf->n_codecs, &offer,
			   other_offer(other)) ||
	    rth_sdp_answer(sdp, sizeof(sdp), &offer, codec)) {
		rth_event_error(control, session, command->transaction,
				command->request, "no-common-codec",
				"These two browsers have no video codec in "
				"common that this server allows.");
		return RTH_DONE;
	}
	event = media_event(codec);
	if (!event) {
		rth_control_log(control, RTH_LOG_ERROR, "event-lost no memory");
		return RTH_DONE;
	}
	if (session->room)
		rth_pair_break(session->room);
	session->offer = offer;
	session->codec = codec;
	session->answered = true;
	control->host->push(session->port.handle, command->transaction, event,
			    sdp);
	json_decref(event);
	if (other && other->answered && other->codec != codec)
		rth_event_plain(control, other, NULL, "renegotiate");
	if (session->room)
		rth_pair_make(session->room);
	return RTH_DONE;
}

void rth_seat_media(struct rth_control *control, struct rth_session *session,
		    bool up)
{
	struct rth_session *other;

	if (session->state == RTH_CHECKING)
		rth_echo_media(control, session, up);
	if (session->state != RTH_WAITING && session->state != RTH_SEATED)
		return;
	if (session->room)
		rth_pair_break(session->room);
	session->media = up;
	session->quality_us = 0;
	if (up && rth_port_renew_limit(&session->port)) {
		rth_control_log(control, RTH_LOG_ERROR, "no-memory room=%s",
				session->who.room);
		rth_seat_dismiss(control, session, "removed");
		return;
	}
	rth_control_log(control, RTH_LOG_INFO,
			"media-%s room=%s participant=%s", up ? "up" : "down",
			session->who.room, session->participant);
	rth_event_report(control, up ? "media-up" : "media-down", session,
			 NULL);
	other = other_of(session);
	if (other)
		rth_event_send(control, other, NULL,
			       json_pack("{s:s, s:s, s:b}", "rthealth",
					 "peer-media", "participant",
					 session->participant, "up", up));
	if (session->room)
		rth_pair_make(session->room);
}

/* What was switched on just now is asked for a picture at once. */
static void want_new_pictures(struct rth_session *session, bool camera,
			      bool screen)
{
	int64_t now_us = session->port.host->now_us();

	if (camera && !session->camera)
		rth_relay_want_key(&session->port, RTH_SLOT_CAMERA, now_us);
	if (screen && !session->screen)
		rth_relay_want_key(&session->port, RTH_SLOT_SCREEN, now_us);
}

static json_t *state_event(const struct rth_session *session)
{
	return rth_condition_add(
		json_pack("{s:s, s:s, s:b, s:b, s:b}", "rthealth", "state",
			  "participant", session->participant, "microphone",
			  session->microphone, "camera", session->camera,
			  "screen", session->screen),
		&session->condition);
}

/* Who has not heard everything, for want of a line, can tell by this. */
static json_t *state_answer(const struct rth_session *session,
			    const struct rth_session *other)
{
	const struct rth_recording *recording =
		session->room ? session->room->recording : NULL;

	return json_pack(
		"{s:s, s:s, s:s?, s:s?}", "rthealth", "ok", "request", "state",
		"peer", other ? other->participant : NULL, "recording",
		recording ? rth_recording_state_name(recording) : NULL);
}

enum rth_done rth_seat_state(struct rth_control *control,
			     struct rth_command *command)
{
	struct rth_session *session = command->session;
	struct rth_session *other = other_of(session);

	if (session->room)
		want_new_pictures(session, command->camera, command->screen);
	session->microphone = command->microphone;
	session->camera = command->camera;
	session->screen = command->screen;
	session->condition = command->condition;
	if (other)
		rth_event_send(control, other, NULL, state_event(session));
	if (session->room)
		rth_recording_devices(control, session);
	rth_event_send(control, session, command->transaction,
		       state_answer(session, other));
	return RTH_DONE;
}

enum rth_done rth_seat_leave_asked(struct rth_control *control,
				   struct rth_command *command)
{
	dismiss(control, command->session, command->transaction,
		json_pack("{s:s}", "rthealth", "left"), "left");
	return RTH_DONE;
}

enum rth_done rth_seat_end_asked(struct rth_control *control,
				 struct rth_command *command)
{
	end_room(control, command->session->room, "clinician", command);
	return RTH_DONE;
}

void rth_seat_limited(struct rth_control *control, struct rth_session *session,
		      bool limited, bool voice_only)
{
	struct rth_session *other = other_of(session);

	if (limited != session->told_limited)
		rth_event_report(control, "limited", session,
				 json_pack("{s:b}", "limited", limited));
	session->told_limited = limited;
	session->told_voice_only = voice_only;
	tell_slow(control, session, "receive", session);
	if (other)
		tell_slow(control, other, "send", session);
}
