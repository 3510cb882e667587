/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The verbs on seats: everything that changes who sits where and whose
 * packets may flow. Control thread only. Who waits for a seat: door.h.
 *
 * A request's verb answers its transaction with one event; see command.c for
 * the table of requests.
 */
#ifndef RTH_SEAT_H
#define RTH_SEAT_H

#include "control.h"

struct rth_command;

enum rth_done {
	RTH_DONE,
	RTH_PARK, /* not yet: run the verb again later */
};

/** `join`: checks the token and takes the seat, or knocks; parks while keys are
 * fetched. */
enum rth_done rth_seat_join(struct rth_control *control,
			    struct rth_command *command);
/** `media`: answers the offer with the room's codec. */
enum rth_done rth_seat_negotiate(struct rth_control *control,
				 struct rth_command *command);
/** `state`: what this person sends now, told to the other seat. */
enum rth_done rth_seat_state(struct rth_control *control,
			     struct rth_command *command);
/** `leave`: gives up the seat and closes the handle. */
enum rth_done rth_seat_leave_asked(struct rth_control *control,
				   struct rth_command *command);
/** `end`: ends the room for both. */
enum rth_done rth_seat_end_asked(struct rth_control *control,
				 struct rth_command *command);

/**
 * Refuses a join: one outward answer, the reason in log and event only.
 *
 * @param reason a static text, see docs/protocol.md
 */
void rth_seat_not_admitted(const struct rth_control *control,
			   const struct rth_command *command,
			   const char *reason);

/** A waiting session, which its room has let go, takes the patient's seat. */
void rth_seat_admit(struct rth_control *control, struct rth_session *session,
		    struct rth_room *room);

/** A waiting session is sent away with a reason. */
void rth_seat_deny(struct rth_control *control, struct rth_session *session,
		   const char *reason);

/** The session's PeerConnection came up or went down. */
void rth_seat_media(struct rth_control *control, struct rth_session *session,
		    bool up);

/** The seat, or the place at the door, is given up without a word to the
 * browser; neither: nothing. */
void rth_seat_leave(struct rth_control *control, struct rth_session *session,
		    const char *reason);

/** The browser is told `reason` as an event, loses its seat, or its place at
 * the door, and is closed. */
void rth_seat_dismiss(struct rth_control *control, struct rth_session *session,
		      const char *reason);

/** Tells both seats that the line to this session is thin, or good again. */
void rth_seat_limited(struct rth_control *control, struct rth_session *session,
		      bool limited, bool voice_only);

/** The visit is over for both and for all who wait; the room is gone, and
 * nobody comes in again. */
void rth_seat_end_room(struct rth_control *control, struct rth_room *room,
		       const char *reason);

/** Frees an empty room. */
void rth_seat_close_room(struct rth_control *control, struct rth_room *room);

#endif
