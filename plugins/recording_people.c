/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What people do to a recording: ask for it, answer, stop it, come and go.
 */
#include <string.h>

#include "announce.h"
#include "event.h"
#include "mem.h"
#include "recording_steps.h"

enum rth_err rth_recording_open(struct rth_control *control,
				struct rth_room *room)
{
	struct rth_recording *recording = rth_alloc(sizeof(*recording));
	enum rth_err err;

	if (!recording)
		return RTH_ERR_NOMEM;
	err = rth_id_make(recording->id);
	if (!err)
		err = rth_feed_open(control->feed, &recording->link);
	if (err) {
		rth_free(recording);
		return err;
	}
	memcpy(recording->room, room->id, RTH_ID_SIZE);
	room->recording = recording;
	rth_recording_enter(control, room, RTH_RECORDING_OPENING);
	return RTH_OK;
}

/* Without memory somebody is not asked, and so has not agreed in time. */
void rth_recording_ask(struct rth_control *control, struct rth_room *room,
		       struct rth_session *session)
{
	room->recording->answer_by_us[session->who.role] =
		control->host->now_us() +
		control->conf->answer_s * RTH_US_PER_S;
	rth_announce_asked(control, room, session);
}

/*
 * It runs, with another answer. A wider one holds once people and the recorder
 * have been told: to it, a picture that comes before this person's note is one
 * that nobody allowed.
 */
static void go_on(struct rth_control *control, struct rth_room *room)
{
	if (rth_recording_failed(
		    control, room,
		    rth_announce_all(control, room, RTH_RECORDING_RUNNING)
			    ? RTH_OK
			    : RTH_ERR_NOMEM))
		return;
	rth_recording_settle(room);
	rth_recording_want_keys(room, control->host->now_us(),
				RTH_KEY_FRAME_AGAIN_US);
}

/* What an answer changes; it is kept already, and what it forbids has ended. */
static void follow(struct rth_control *control, struct rth_session *session,
		   bool had_agreed)
{
	struct rth_room *room = session->room;
	struct rth_recording *recording = room->recording;
	bool agreed = rth_recording_agrees(recording, session);
	enum rth_err err = RTH_OK;

	if (recording->state == RTH_RECORDING_ASKED) {
		if (!agreed)
			rth_recording_decline(control, room);
		else if (rth_recording_all_agree(room))
			rth_recording_run(control, room);
		return;
	}
	if (agreed || had_agreed)
		err = rth_recording_note_consent(control, recording, session,
						 !had_agreed);
	/* END says it, too, and always finds room: a no is never a failure. */
	if (!agreed) {
		rth_recording_set_by(&recording->by, session);
		rth_recording_finish(control, room, "withdrawn", "withdrawn");
		return;
	}
	if (rth_recording_failed(control, room, err))
		return;
	if (recording->state == RTH_RECORDING_RUNNING)
		go_on(control, room);
	else if (rth_recording_all_agree(room))
		rth_recording_run(control, room);
}

struct rth_consent rth_recording_answered(const struct rth_control *control,
					  const struct rth_session *session,
					  const struct rth_consent_text *text,
					  enum rth_answer answer)
{
	struct rth_consent consent = {
		.issuer = session->who.issuer,
		.role = session->who.role,
		.answer = answer,
		.version = control->conf->consent.version,
		.text = text,
		.answered_ms = control->host->time_ms(),
	};

	memcpy(consent.sub, session->who.sub, sizeof(consent.sub));
	memcpy(consent.participant, session->participant, RTH_ID_SIZE);
	return consent;
}

enum rth_err rth_recording_answer(struct rth_control *control,
				  struct rth_session *session,
				  const struct rth_consent_text *text,
				  enum rth_answer answer)
{
	struct rth_room *room = session->room;
	struct rth_recording *recording = room->recording;
	struct rth_consent consent =
		rth_recording_answered(control, session, text, answer);
	json_t *evidence = rth_event_ready(
		control, rth_announce_consent(recording, &consent));
	bool had_agreed = rth_recording_agrees(recording, session);

	/* A recording without evidence would be worse than none. */
	if (!evidence && answer != RTH_ANSWER_NO) {
		rth_event_tell_ready(control, NULL);
		if (recording->part > 0)
			rth_recording_failed(control, room, RTH_ERR_NOMEM);
		return RTH_ERR_NOMEM;
	}
	recording->answer_by_us[session->who.role] = 0;
	rth_recording_keep(room, session, &consent);
	if (answer != RTH_ANSWER_YES)
		rth_recording_settle(room);
	rth_event_tell_ready(control, evidence);
	follow(control, session, had_agreed);
	return RTH_OK;
}

void rth_recording_stop(struct rth_control *control,
			const struct rth_session *session)
{
	struct rth_room *room = session->room;

	rth_recording_set_by(&room->recording->by, session);
	rth_recording_over(control, room, "stopped", "stopped");
}

/* ---- people come and go ---- */

void rth_recording_end(struct rth_control *control, struct rth_room *room,
		       const char *reason, const struct rth_session *by)
{
	if (!room->recording)
		return;
	if (by)
		rth_recording_set_by(&room->recording->by, by);
	rth_recording_over(control, room, "ended", reason);
}

/* Somebody is back who has agreed. */
static void come_back(struct rth_control *control, struct rth_session *session)
{
	struct rth_room *room = session->room;
	struct rth_recording *recording = room->recording;

	struct rth_consent consent = *rth_recording_consent(recording, session);

	memcpy(consent.participant, session->participant, RTH_ID_SIZE);
	rth_recording_keep(room, session, &consent);
	if (rth_recording_failed(control, room,
				 rth_recording_note_consent(control, recording,
							    session, true)))
		return;
	if (rth_recording_all_agree(room))
		rth_recording_run(control, room);
	else
		rth_announce_state(control, room, session,
				   RTH_RECORDING_PAUSED);
}

void rth_recording_joined(struct rth_control *control,
			  struct rth_session *session)
{
	struct rth_room *room = session->room;

	if (!room->recording)
		return;
	if (rth_recording_agrees(room->recording, session))
		come_back(control, session);
	else
		rth_recording_ask(control, room, session);
}

/* What the clinician does ends it; what happens to a connection does not. */
static bool is_for_good(const struct rth_session *session, const char *reason)
{
	return session->who.role == RTH_ROLE_CLINICIAN &&
	       strcmp(reason, "lost") != 0 && strcmp(reason, "replaced") != 0;
}

/* If nobody comes back this person will have ended it. */
static void note_away(const struct rth_control *control,
		      struct rth_recording *recording,
		      const struct rth_session *session)
{
	recording->away_us = control->host->now_us();
	rth_recording_set_by(&recording->away, session);
}

void rth_recording_left(struct rth_control *control, struct rth_room *room,
			const struct rth_session *session, const char *reason)
{
	struct rth_recording *recording = room->recording;

	if (!recording)
		return;
	recording->answer_by_us[session->who.role] = 0;
	if (recording->part == 0) {
		rth_recording_decline(control, room);
		return;
	}
	rth_recording_settle(room);
	if (rth_recording_agrees(recording, session) &&
	    rth_recording_failed(control, room,
				 rth_announce_note_left(control, recording,
							session, reason)))
		return;
	if (is_for_good(session, reason)) {
		rth_recording_set_by(&recording->by, session);
		rth_recording_finish(control, room, "left", reason);
		return;
	}
	if (session->who.role == RTH_ROLE_CLINICIAN)
		note_away(control, recording, session);
	if (recording->state == RTH_RECORDING_RUNNING)
		rth_recording_pause(control, room);
}

static bool is_running(const struct rth_room *room)
{
	return room->recording &&
	       room->recording->state == RTH_RECORDING_RUNNING;
}

void rth_recording_devices(struct rth_control *control,
			   const struct rth_session *session)
{
	struct rth_room *room = session->room;

	if (is_running(room))
		rth_recording_failed(control, room,
				     rth_announce_note_state(control,
							     room->recording,
							     session));
}

void rth_recording_chat(struct rth_control *control,
			const struct rth_session *from, json_t *text,
			int64_t time_ms)
{
	struct rth_room *room = from->room;

	if (is_running(room))
		rth_recording_failed(control, room,
				     rth_announce_chat(control, room->recording,
						       from, text, time_ms));
}
