/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rooms and their seats. See room.h.
 */
#include "room.h"

#include <string.h>

#include "mem.h"

struct rth_room *rth_room_find(const struct rth_rooms *rooms, const char *id)
{
	struct rth_room *room = rooms->first;

	while (room && strcmp(room->id, id) != 0)
		room = room->next;
	return room;
}

enum rth_err rth_room_open(struct rth_rooms *rooms, const char *id,
			   int64_t now_us, struct rth_room **roomp)
{
	struct rth_room *room;

	if (rooms->n >= rooms->max)
		return RTH_ERR_LIMIT;
	room = rth_alloc(sizeof(*room));
	if (!room)
		return RTH_ERR_NOMEM;
	memcpy(room->id, id, RTH_ID_SIZE);
	room->opened_us = now_us;
	room->empty_since_us = now_us;
	room->next = rooms->first;
	rooms->first = room;
	rooms->n++;
	*roomp = room;
	return RTH_OK;
}

void rth_room_close(struct rth_rooms *rooms, struct rth_room *room)
{
	struct rth_room **at = &rooms->first;

	while (*at != room)
		at = &(*at)->next;
	*at = room->next;
	rooms->n--;
	rth_free(room);
}

void rth_room_seat(struct rth_room *room, struct rth_session *session)
{
	room->seat[session->who.role] = rth_session_ref(session);
	session->room = room;
}

void rth_room_unseat(struct rth_room *room, struct rth_session *session,
		     int64_t now_us)
{
	room->seat[session->who.role] = NULL;
	room->empty_since_us = now_us;
	session->room = NULL;
	rth_session_unref(session);
}

struct rth_session *rth_room_other(const struct rth_room *room,
				   const struct rth_session *session)
{
	return room->seat[session->who.role == RTH_ROLE_CLINICIAN
				  ? RTH_ROLE_PATIENT
				  : RTH_ROLE_CLINICIAN];
}

void rth_room_wait(struct rth_room *room, struct rth_session *session,
		   size_t at)
{
	memmove(&room->waiting[at + 1], &room->waiting[at],
		(room->n_waiting - at) * sizeof(room->waiting[0]));
	room->waiting[at] = rth_session_ref(session);
	room->n_waiting++;
}

void rth_room_unwait(struct rth_room *room, struct rth_session *session,
		     int64_t now_us)
{
	size_t at = 0;

	while (room->waiting[at] != session)
		at++;
	room->n_waiting--;
	memmove(&room->waiting[at], &room->waiting[at + 1],
		(room->n_waiting - at) * sizeof(room->waiting[0]));
	room->empty_since_us = now_us;
	rth_session_unref(session);
}

bool rth_room_empty(const struct rth_room *room)
{
	return room->n_waiting == 0 && !room->seat[RTH_ROLE_CLINICIAN] &&
	       !room->seat[RTH_ROLE_PATIENT];
}
