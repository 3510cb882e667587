/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The door of a room: who waits there, and the clinician's verbs on them.
 * Control thread only.
 *
 * The room knows who waits (room->waiting). A waiting session knows no room,
 * so that nothing which looks for its peer, its route, its chat or its
 * recording finds one: what it may do and hear is in here and nowhere else.
 */
#ifndef RTH_DOOR_H
#define RTH_DOOR_H

#include "seat.h"

#define RTH_NOTE_BYTES_MAX 1000

/* Why somebody may be denied, ending with NULL. */
extern const char *const rth_deny_reasons[];

/** `admit`: gives a waiting person the patient's seat. */
enum rth_done rth_door_admit(struct rth_control *control,
			     struct rth_command *command);
/** `deny`: sends a waiting person away with a reason. */
enum rth_done rth_door_deny(struct rth_control *control,
			    struct rth_command *command);
/** `note`: a few words to a waiting person, who cannot answer. */
enum rth_done rth_door_note(struct rth_control *control,
			    struct rth_command *command);

/** Who waits at a room's door and is this participant, or NULL; borrowed. */
struct rth_session *rth_door_find(const struct rth_room *room,
				  const char *participant);

/**
 * Sends somebody who waits away.
 *
 * @param reason one of rth_deny_reasons
 * @param by     the clinician; NULL: through the admin API
 */
void rth_door_send_away(struct rth_control *control,
			struct rth_session *session, struct rth_room *room,
			const char *reason, const struct rth_session *by);

/** Tells somebody who waits a few words. */
void rth_door_tell(const struct rth_control *control,
		   struct rth_session *session, const char *text);

/**
 * Lets a session wait, in the place of an older life of the same person if
 * there is one; it is answered, and the others are told. Its `check` is that
 * older one's if it has none itself.
 *
 * @return 0; RTH_ERR_LIMIT: too many wait; RTH_ERR_CRYPTO
 */
enum rth_err rth_door_knock(struct rth_control *control,
			    struct rth_session *session,
			    const struct rth_admitted *who,
			    struct rth_room *room,
			    const char *transaction) RTH_CHECKED;

/** Who takes a seat waits no more: an older life of the same person that does
 * hears `replaced`. */
void rth_door_seated(struct rth_control *control, struct rth_room *room,
		     const struct rth_admitted *who);

/** A waiting session goes, to wherever: the others move up. */
void rth_door_leave(struct rth_control *control, struct rth_session *session,
		    const char *reason);

/** The clinician has come or gone: who waits is told, and the clinician of
 * them.
 */
void rth_door_clinician(const struct rth_control *control,
			const struct rth_room *room);

/** Waiting ends in time. */
void rth_door_tick(struct rth_control *control, struct rth_room *room,
		   int64_t now_us);

#endif
