/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The steps that a recording can take, for the files of recording.h: what
 * people do (recording_people.c), and what time and the recorder do
 * (recording_news.c). Control thread only.
 */
#ifndef RTH_RECORDING_STEPS_H
#define RTH_RECORDING_STEPS_H

#include "recording.h"

#define RTH_US_PER_S INT64_C(1000000)
#define RTH_US_PER_MS INT64_C(1000)

/** Says whether this person has agreed in this recording. */
bool rth_recording_agrees(const struct rth_recording *recording,
			  const struct rth_session *session);

/** Says whether both seats are taken by people who have. */
bool rth_recording_all_agree(const struct rth_room *room);

/** Keeps an answer, instead of an older one of the same person. */
void rth_recording_keep(const struct rth_room *room,
			const struct rth_session *session,
			const struct rth_consent *consent);

/**
 * Sets what is recorded (room->tapping) by seats, answers and state: the one
 * place that does. The routes are published anew without a gap; when it
 * returns no packet is copied that should not be.
 */
void rth_recording_settle(struct rth_room *room);

/** Moves, by the table, and settles. A move that is not in it ends in off. */
void rth_recording_enter(struct rth_control *control, struct rth_room *room,
			 enum rth_recording_state next);

/**
 * Asks for key frames of the pictures that are recorded.
 *
 * @param again_us after this time they are asked for again: at a beginning
 *                 soon, since without one there is no picture, and a request or
 *                 its answer may be lost
 */
void rth_recording_want_keys(const struct rth_room *room, int64_t now_us,
			     int64_t again_us);

/** Who ends it (recording->by), before rth_recording_finish. */
void rth_recording_set_by(struct rth_recording_by *by,
			  const struct rth_session *session);

/* Each of these ends the room's recording, which is gone afterwards. */

/** Not everybody has agreed: nobody is told who, or why. Before BEGIN. */
void rth_recording_decline(struct rth_control *control, struct rth_room *room);

/** The recorder cannot. Before BEGIN. */
void rth_recording_refuse(struct rth_control *control, struct rth_room *room,
			  const char *reason);

/**
 * What was begun ends.
 *
 * @param reason for people, docs/protocol.md
 * @param end    for the recorder, docs/feed.md; NULL when it cannot be told
 */
void rth_recording_finish(struct rth_control *control, struct rth_room *room,
			  const char *reason, const char *end);

/** The one of the two that is right now. */
void rth_recording_over(struct rth_control *control, struct rth_room *room,
			const char *reason, const char *end);

/** Ends it, as failed, if there is an error; returns whether it did. */
bool rth_recording_failed(struct rth_control *control, struct rth_room *room,
			  enum rth_err err);

/* Each of these may end it, too, when it fails. */

/** Everybody agrees: people are told, BEGIN is said once, it runs. */
void rth_recording_run(struct rth_control *control, struct rth_room *room);

/** Somebody is not there. */
void rth_recording_pause(struct rth_control *control, struct rth_room *room);

/** Asks this person. */
void rth_recording_ask(struct rth_control *control, struct rth_room *room,
		       struct rth_session *session);

/** Says BEGIN of the next part, and what everybody sends. */
enum rth_err rth_recording_begin(struct rth_control *control,
				 struct rth_room *room) RTH_CHECKED;

/**
 * Says to the recorder that this person, who is seated, has agreed: whoever
 * had the seat before, this answer holds for it now.
 *
 * @param came was not there, or not in the recording, until now
 */
enum rth_err rth_recording_note_consent(const struct rth_control *control,
					const struct rth_recording *recording,
					const struct rth_session *session,
					bool came) RTH_CHECKED;

/** What could not be stored so far. */
struct rth_tap_loss rth_recording_loss(const struct rth_recording *recording);

/** Tells event handlers `stored` or `lost`. */
void rth_recording_report_stored(const struct rth_control *control,
				 const struct rth_recording *recording,
				 bool stored);

/** An answer of a session, at this moment. */
struct rth_consent rth_recording_answered(const struct rth_control *control,
					  const struct rth_session *session,
					  const struct rth_consent_text *text,
					  enum rth_answer answer);

#endif
