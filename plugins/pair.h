/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two routes of a room: made when both seats can send and receive, broken
 * before anything about them changes but what is recorded. The one of who
 * checks a line leads back. Control thread only.
 */
#ifndef RTH_PAIR_H
#define RTH_PAIR_H

#include "room.h"

/**
 * Publishes the routes between the two seats if both have answered media that
 * is up, in place of those that there are, so that no packet is lost; if not,
 * there are none afterwards. Pictures flow only where both have the same
 * codec.
 *
 * @return whether there are routes
 */
bool rth_pair_publish(const struct rth_room *room);

/** The same, and asks both senders for key frames. */
void rth_pair_make(const struct rth_room *room);

/** Takes both routes away; when it returns, nothing flows. */
void rth_pair_break(const struct rth_room *room);

/**
 * Publishes a route from a session back to itself, for its voice and camera, if
 * it has answered media that is up.
 */
void rth_pair_make_echo(struct rth_session *session);

/** Takes it away; when it returns, nothing comes back. */
void rth_pair_break_echo(struct rth_session *session);

#endif
