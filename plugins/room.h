/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rooms: two seats each, one for a clinician and one for a patient, and those
 * who wait at the door. Control thread only.
 */
#ifndef RTH_ROOM_H
#define RTH_ROOM_H

#include "session.h"
#include "visits.h"

#define RTH_WAITING_MAX 32 /* at one door */

struct rth_recording;
struct rth_tap;

/* What of the person in a seat is recorded now. */
struct rth_tapping {
	struct rth_tap *tap; /* borrowed; NULL: nothing */
	bool pictures;	     /* else the voice only */
};

struct rth_room {
	struct rth_room *next;
	char id[RTH_ID_SIZE];
	struct rth_session *seat[RTH_ROLES]; /* references, by role */
	/* References, in order of arrival; none of these knows the room. */
	struct rth_session *waiting[RTH_WAITING_MAX];
	size_t n_waiting;
	struct rth_visit *visit; /* borrowed: it is open */
	int64_t opened_us;
	int64_t empty_since_us;		 /* meaningful while nobody is there */
	struct rth_recording *recording; /* recording.h; NULL: none */
	struct rth_tapping tapping[RTH_ROLES]; /* for pair.c, by role */
};

struct rth_rooms {
	struct rth_room *first;
	size_t n, max;
};

/** Finds a room, or NULL; borrowed. */
struct rth_room *rth_room_find(const struct rth_rooms *rooms, const char *id);

/**
 * Opens a room.
 *
 * @return 0, RTH_ERR_LIMIT when there are too many, or RTH_ERR_NOMEM
 */
enum rth_err rth_room_open(struct rth_rooms *rooms, const char *id,
			   int64_t now_us, struct rth_room **roomp) RTH_CHECKED;

/** Frees a room that is empty. */
void rth_room_close(struct rth_rooms *rooms, struct rth_room *room);

/** Gives the seat of its role, which is empty, to a session. */
void rth_room_seat(struct rth_room *room, struct rth_session *session);

/** Takes the seat back; the room's reference to the session is given up. */
void rth_room_unseat(struct rth_room *room, struct rth_session *session,
		     int64_t now_us);

/** The session in the other seat, or NULL; borrowed. */
struct rth_session *rth_room_other(const struct rth_room *room,
				   const struct rth_session *session);

/**
 * Puts a session among those who wait.
 *
 * @param at in this place, n_waiting at most; others move back
 */
void rth_room_wait(struct rth_room *room, struct rth_session *session,
		   size_t at);

/** Takes it from there; the room's reference to it is given up. */
void rth_room_unwait(struct rth_room *room, struct rth_session *session,
		     int64_t now_us);

/** Says whether nobody has a seat or waits. */
bool rth_room_empty(const struct rth_room *room);

#endif
