/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The recording of a room. See recording.h.
 *
 * Where memory, the feed or the recorder fails, the recording ends: nothing is
 * recorded that somebody could not be told of or that no evidence is kept for.
 */
#include "recording.h"

#include <string.h>

#include "announce.h"
#include "mem.h"
#include "pair.h"
#include "recording_steps.h"

static const bool moves[RTH_RECORDING_STATES][RTH_RECORDING_STATES] = {
	[RTH_RECORDING_OFF] = {[RTH_RECORDING_OPENING] = true},
	[RTH_RECORDING_OPENING] =
		{[RTH_RECORDING_ASKED] = true, [RTH_RECORDING_OFF] = true},
	[RTH_RECORDING_ASKED] =
		{[RTH_RECORDING_RUNNING] = true, [RTH_RECORDING_OFF] = true},
	[RTH_RECORDING_RUNNING] =
		{[RTH_RECORDING_PAUSED] = true, [RTH_RECORDING_OFF] = true},
	[RTH_RECORDING_PAUSED] =
		{[RTH_RECORDING_RUNNING] = true, [RTH_RECORDING_OFF] = true},
};

static const char *const names[RTH_RECORDING_STATES] = {
	[RTH_RECORDING_OFF] = "off",	   [RTH_RECORDING_OPENING] = "opening",
	[RTH_RECORDING_ASKED] = "asked",   [RTH_RECORDING_RUNNING] = "running",
	[RTH_RECORDING_PAUSED] = "paused",
};

const char *rth_recording_state_name(const struct rth_recording *recording)
{
	return names[recording ? recording->state : RTH_RECORDING_OFF];
}

/* ---- consent ---- */

static size_t find_consent(const struct rth_recording *recording,
			   const struct rth_session *session)
{
	size_t i = 0;

	while (i < recording->n_consents &&
	       !rth_consent_is_of(&recording->consents[i], &session->who))
		i++;
	return i;
}

const struct rth_consent *
rth_recording_consent(const struct rth_recording *recording,
		      const struct rth_session *session)
{
	size_t i = find_consent(recording, session);

	return i < recording->n_consents ? &recording->consents[i] : NULL;
}

bool rth_recording_agrees(const struct rth_recording *recording,
			  const struct rth_session *session)
{
	return rth_consent_agrees(rth_recording_consent(recording, session));
}

bool rth_recording_all_agree(const struct rth_room *room)
{
	for (int role = 0; role < RTH_ROLES; role++) {
		if (!room->seat[role] ||
		    !rth_recording_agrees(room->recording, room->seat[role]))
			return false;
	}
	return true;
}

static bool is_seated(const struct rth_room *room,
		      const struct rth_consent *consent)
{
	const struct rth_session *session = room->seat[consent->role];

	return session && rth_consent_is_of(consent, &session->who);
}

/* When too many have come and gone, the first of them has to be asked again. */
static void forget_one(const struct rth_room *room)
{
	struct rth_recording *recording = room->recording;
	size_t i = 0;

	while (is_seated(room, &recording->consents[i]))
		i++;
	recording->n_consents--;
	memmove(&recording->consents[i], &recording->consents[i + 1],
		(recording->n_consents - i) * sizeof(recording->consents[0]));
}

void rth_recording_keep(const struct rth_room *room,
			const struct rth_session *session,
			const struct rth_consent *consent)
{
	struct rth_recording *recording = room->recording;
	size_t i = find_consent(recording, session);

	if (i == RTH_CONSENTS_MAX) {
		forget_one(room);
		i = recording->n_consents;
	}
	if (i == recording->n_consents)
		recording->n_consents++;
	recording->consents[i] = *consent;
}

/* ---- what is recorded ---- */

void rth_recording_settle(struct rth_room *room)
{
	const struct rth_recording *recording = room->recording;
	bool runs = recording->state == RTH_RECORDING_RUNNING &&
		    rth_recording_all_agree(room);
	bool changed = false;

	for (int role = 0; role < RTH_ROLES; role++) {
		struct rth_tapping *now = &room->tapping[role];
		struct rth_tapping next = {.tap = NULL};

		if (runs) {
			next.tap = rth_feed_tap(recording->link, (uint8_t)role);
			next.pictures = rth_recording_consent(recording,
							      room->seat[role])
						->answer == RTH_ANSWER_YES;
		}
		changed |=
			next.tap != now->tap || next.pictures != now->pictures;
		*now = next;
	}
	if (changed)
		rth_pair_publish(room);
}

void rth_recording_enter(struct rth_control *control, struct rth_room *room,
			 enum rth_recording_state next)
{
	struct rth_recording *recording = room->recording;

	if (!moves[recording->state][next]) {
		rth_control_log(control, RTH_LOG_ERROR,
				"recording-bad-move recording=%s from=%s to=%s",
				recording->id, names[recording->state],
				names[next]);
		next = RTH_RECORDING_OFF;
	}
	recording->state = next;
	recording->since_us = control->host->now_us();
	rth_recording_settle(room);
	rth_control_log(control, RTH_LOG_INFO,
			"recording-%s room=%s recording=%s", names[next],
			room->id, recording->id);
}

void rth_recording_want_keys(const struct rth_room *room, int64_t now_us,
			     int64_t again_us)
{
	room->recording->key_due_us = now_us + again_us;
	for (int role = 0; role < RTH_ROLES; role++) {
		struct rth_session *session = room->seat[role];

		if (!session->media || !room->tapping[role].pictures)
			continue;
		if (session->camera)
			rth_relay_want_key(&session->port, RTH_SLOT_CAMERA,
					   now_us);
		if (session->screen)
			rth_relay_want_key(&session->port, RTH_SLOT_SCREEN,
					   now_us);
	}
}

/* ---- the end ---- */

/* Nothing was recorded: the link is left without BEGIN. */
static void drop(struct rth_control *control, struct rth_room *room)
{
	struct rth_recording *recording = room->recording;

	rth_recording_enter(control, room, RTH_RECORDING_OFF);
	room->recording = NULL;
	rth_feed_leave(recording->link);
	rth_free(recording);
}

void rth_recording_decline(struct rth_control *control, struct rth_room *room)
{
	rth_announce_report(control, room->recording, "declined", NULL);
	for (int role = 0; role < RTH_ROLES; role++)
		rth_announce_not(control, room, role, "declined", NULL);
	drop(control, room);
}

void rth_recording_refuse(struct rth_control *control, struct rth_room *room,
			  const char *reason)
{
	rth_control_log(control, RTH_LOG_WARN,
			"recording-refused room=%s reason=%s", room->id,
			reason);
	rth_announce_report(control, room->recording, "refused",
			    json_pack("{s:s}", "reason", reason));
	rth_announce_not(control, room, RTH_ROLE_CLINICIAN, "refused", reason);
	if (room->recording->state == RTH_RECORDING_ASKED)
		rth_announce_not(control, room, RTH_ROLE_PATIENT, "declined",
				 NULL);
	drop(control, room);
}

/* Both rings were full at once more often than not: the longer one counts. */
struct rth_tap_loss rth_recording_loss(const struct rth_recording *recording)
{
	struct rth_tap_loss all = {0};

	for (int role = 0; role < RTH_ROLES; role++) {
		struct rth_tap_loss loss = rth_tap_loss(
			rth_feed_tap(recording->link, (uint8_t)role));

		all.packets += loss.packets;
		if (loss.us > all.us)
			all.us = loss.us;
	}
	return all;
}

void rth_recording_report_stored(const struct rth_control *control,
				 const struct rth_recording *recording,
				 bool stored)
{
	rth_control_log(control, stored ? RTH_LOG_INFO : RTH_LOG_WARN,
			"recording-%s recording=%s parts=%u",
			stored ? "stored" : "lost", recording->id,
			recording->part);
	rth_announce_report(control, recording, stored ? "stored" : "lost",
			    json_pack("{s:i}", "parts", (int)recording->part));
}

void rth_recording_set_by(struct rth_recording_by *by,
			  const struct rth_session *session)
{
	memcpy(by->participant, session->participant, RTH_ID_SIZE);
	memcpy(by->sub, session->who.sub, sizeof(by->sub));
	by->role = session->who.role;
}

/* END was said: the recording waits, without a room, for the last word. */
static void await_stored(struct rth_control *control,
			 struct rth_recording *recording)
{
	struct rth_feed_link *link = recording->link;

	recording->link = rth_feed_ref(link);
	rth_feed_leave(link);
	recording->next = control->being_stored;
	control->being_stored = recording;
}

void rth_recording_finish(struct rth_control *control, struct rth_room *room,
			  const char *reason, const char *end)
{
	struct rth_recording *recording = room->recording;
	bool ended;

	rth_recording_enter(control, room, RTH_RECORDING_OFF);
	recording->loss = rth_recording_loss(recording);
	ended = end && rth_announce_end(control, recording, end) == RTH_OK;
	rth_control_log(control, ended ? RTH_LOG_INFO : RTH_LOG_WARN,
			"recording-finished recording=%s reason=%s "
			"lost_packets=%llu lost_ms=%lld",
			recording->id, reason,
			(unsigned long long)recording->loss.packets,
			(long long)(recording->loss.us / RTH_US_PER_MS));
	rth_announce_finished(control, room, reason, !ended);
	rth_announce_report(
		control, recording, "finished",
		rth_announce_by(recording,
				json_pack("{s:s, s:b, s:I, s:I}", "reason",
					  reason, "incomplete",
					  !ended || recording->loss.packets > 0,
					  "lost_packets",
					  (json_int_t)recording->loss.packets,
					  "lost_ms",
					  (json_int_t)(recording->loss.us /
						       RTH_US_PER_MS))));
	room->recording = NULL;
	if (ended) {
		await_stored(control, recording);
		return;
	}
	rth_feed_leave(recording->link);
	rth_recording_report_stored(control, recording, false);
	rth_free(recording);
}

bool rth_recording_failed(struct rth_control *control, struct rth_room *room,
			  enum rth_err err)
{
	if (!err)
		return false;
	rth_control_log(control, RTH_LOG_ERROR,
			"recording-failed recording=%s error=%s",
			room->recording->id, rth_err_name(err));
	if (room->recording->part == 0)
		rth_recording_refuse(control, room, "failed");
	else
		rth_recording_finish(control, room, "failed", NULL);
	return true;
}

void rth_recording_over(struct rth_control *control, struct rth_room *room,
			const char *reason, const char *end)
{
	if (room->recording->part == 0)
		rth_recording_decline(control, room);
	else
		rth_recording_finish(control, room, reason, end);
}

/* ---- running and paused ---- */

enum rth_err rth_recording_note_consent(const struct rth_control *control,
					const struct rth_recording *recording,
					const struct rth_session *session,
					bool came)
{
	enum rth_err err = RTH_OK;

	if (came)
		err = rth_announce_note_joined(control, recording, session);
	if (!err)
		err = rth_announce_note(
			control, recording, (uint8_t)session->who.role,
			"consent",
			rth_consent_evidence(
				rth_recording_consent(recording, session)));
	return err;
}

/* Of a later part BEGIN also names those who came and went. */
static enum rth_err say_who_is_seated(const struct rth_control *control,
				      const struct rth_recording *recording,
				      const struct rth_session *session)
{
	enum rth_err err = RTH_OK;

	if (recording->part > 1)
		err = rth_recording_note_consent(control, recording, session,
						 false);
	if (!err)
		err = rth_announce_note_state(control, recording, session);
	return err;
}

enum rth_err rth_recording_begin(struct rth_control *control,
				 struct rth_room *room)
{
	enum rth_err err;

	room->recording->part++;
	err = rth_announce_begin(control, room->recording);
	if (err)
		room->recording->part--;
	for (int role = 0; !err && role < RTH_ROLES; role++) {
		if (room->seat[role] &&
		    rth_recording_agrees(room->recording, room->seat[role]))
			err = say_who_is_seated(control, room->recording,
						room->seat[role]);
	}
	if (!err && room->recording->state == RTH_RECORDING_PAUSED)
		err = rth_announce_note(control, room->recording,
					RTH_FEED_NOBODY, "paused",
					json_object());
	return err;
}

/* People are told before anything of theirs is taken. */
void rth_recording_run(struct rth_control *control, struct rth_room *room)
{
	struct rth_recording *recording = room->recording;
	enum rth_err err = RTH_OK;

	if (!rth_announce_all(control, room, RTH_RECORDING_RUNNING))
		err = RTH_ERR_NOMEM;
	else if (recording->part > 0)
		err = rth_announce_note(control, recording, RTH_FEED_NOBODY,
					"running", json_object());
	if (!err && recording->part == 0) {
		recording->origin_us = control->host->now_us();
		recording->begun_ms = control->host->time_ms();
		err = rth_recording_begin(control, room);
	}
	if (rth_recording_failed(control, room, err))
		return;
	rth_recording_enter(control, room, RTH_RECORDING_RUNNING);
	rth_announce_report(control, recording, "running", NULL);
	rth_recording_want_keys(room, control->host->now_us(),
				RTH_KEY_FRAME_AGAIN_US);
}

void rth_recording_pause(struct rth_control *control, struct rth_room *room)
{
	struct rth_recording *recording = room->recording;

	rth_recording_enter(control, room, RTH_RECORDING_PAUSED);
	rth_announce_all(control, room, RTH_RECORDING_PAUSED);
	rth_announce_report(control, recording, "paused", NULL);
	rth_recording_failed(control, room,
			     rth_announce_note(control, recording,
					       RTH_FEED_NOBODY, "paused",
					       json_object()));
}
