/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The verbs on recordings: who may ask for one, answer and stop it. Control
 * thread only. See command.c for the table of requests.
 */
#ifndef RTH_ASK_H
#define RTH_ASK_H

#include "seat.h"

/** Says whether a person may ask for a recording on this server. */
bool rth_ask_allowed(const struct rth_control *control,
		     const struct rth_session *session);

/** `ask-recording`: connects to the recorder; then everybody is asked. */
enum rth_done rth_ask_recording(struct rth_control *control,
				struct rth_command *command);
/** `consent`: one person's answer. */
enum rth_done rth_ask_consent(struct rth_control *control,
			      struct rth_command *command);
/** `stop-recording`: it stops for both. */
enum rth_done rth_ask_stop(struct rth_control *control,
			   struct rth_command *command);

#endif
