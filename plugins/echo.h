/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The check of a line: a browser by itself, which hears what it sends. It has
 * no room, no name and no peer: its port's route leads back to its own port.
 * Control thread only.
 */
#ifndef RTH_ECHO_H
#define RTH_ECHO_H

#include "seat.h"

/** `check`: answers the offer; from then on what is sent comes back. */
enum rth_done rth_echo_check(struct rth_control *control,
			     struct rth_command *command);

/** Its PeerConnection came up or went down. */
void rth_echo_media(struct rth_control *control, struct rth_session *session,
		    bool up);

/** It is over: nothing comes back any more. */
void rth_echo_leave(struct rth_control *control, struct rth_session *session);

/** Checks end in time. */
void rth_echo_tick(struct rth_control *control, int64_t now_us);

/** All end. */
void rth_echo_end(struct rth_control *control);

#endif
