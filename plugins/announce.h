/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is said of a recording: to the browsers (docs/protocol.md), to event
 * handlers, and to the recorder (docs/feed.md). Control thread only.
 */
#ifndef RTH_ANNOUNCE_H
#define RTH_ANNOUNCE_H

#include "recording.h"

/* To browsers. False: without memory somebody could not be told, which
   matters where it begins to record. */

/** `asked`, with the seconds left until answer_by_us of the session's role. */
bool rth_announce_asked(const struct rth_control *control,
			const struct rth_room *room,
			struct rth_session *session);

/** `running` or `paused` to one person. */
bool rth_announce_state(const struct rth_control *control,
			const struct rth_room *room,
			struct rth_session *session,
			enum rth_recording_state state);

/** The same to everybody who is seated. */
bool rth_announce_all(const struct rth_control *control,
		      const struct rth_room *room,
		      enum rth_recording_state state);

/** `declined` or `refused` (with a reason) to one seat; empty: nothing. */
void rth_announce_not(const struct rth_control *control,
		      const struct rth_room *room, enum rth_role role,
		      const char *state, const char *reason);

/** `finished` to everybody who is seated. */
void rth_announce_finished(const struct rth_control *control,
			   const struct rth_room *room, const char *reason,
			   bool incomplete);

/* To event handlers. */

/** Adds to an object (taken) who ends it, if somebody does; NULL without
 * memory. For event handlers and the recorder. */
json_t *rth_announce_by(const struct rth_recording *recording,
			json_t *object) RTH_CHECKED;

/** A `recording` event; `more` is taken, NULL for none. */
void rth_announce_report(const struct rth_control *control,
			 const struct rth_recording *recording,
			 const char *state, json_t *more);

/** A `consent` event, not sent yet; NULL without memory. */
json_t *rth_announce_consent(const struct rth_recording *recording,
			     const struct rth_consent *consent) RTH_CHECKED;

/* To the recorder; errors are those of rth_feed_say. */

/** BEGIN of the part that the recording is at. */
enum rth_err
rth_announce_begin(const struct rth_control *control,
		   const struct rth_recording *recording) RTH_CHECKED;

/** A NOTE; `more` is taken, further members, NULL without memory. */
enum rth_err rth_announce_note(const struct rth_control *control,
			       const struct rth_recording *recording,
			       uint8_t role, const char *event,
			       json_t *more) RTH_CHECKED;

/** The notes `joined`, `left` (with a reason) and `state` of a person. */
enum rth_err
rth_announce_note_joined(const struct rth_control *control,
			 const struct rth_recording *recording,
			 const struct rth_session *session) RTH_CHECKED;
enum rth_err rth_announce_note_left(const struct rth_control *control,
				    const struct rth_recording *recording,
				    const struct rth_session *session,
				    const char *reason) RTH_CHECKED;
enum rth_err
rth_announce_note_state(const struct rth_control *control,
			const struct rth_recording *recording,
			const struct rth_session *session) RTH_CHECKED;

/** CHAT; `text` is borrowed. */
enum rth_err rth_announce_chat(const struct rth_control *control,
			       const struct rth_recording *recording,
			       const struct rth_session *from, json_t *text,
			       int64_t time_ms) RTH_CHECKED;

/** END, with who ends it. */
enum rth_err rth_announce_end(const struct rth_control *control,
			      const struct rth_recording *recording,
			      const char *reason) RTH_CHECKED;

#endif
