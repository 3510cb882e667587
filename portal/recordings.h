/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rthealth-portal recording COMMAND: looks after the recordings of the clinic.
 */
#ifndef RTH_RECORDINGS_H
#define RTH_RECORDINGS_H

#include "settings.h"

/**
 * Runs `recording list | verify | export | recover`: prints to stdout, what is
 * wrong to stderr. Startup, one thread; sodium_init has been called.
 *
 * @param settings borrowed
 * @param argv     argc words after "recording"
 * @return the exit status: 0 when all is well, 1 when something is wrong with
 *         a recording, 2 when the command is not understood
 */
int rth_recordings_command(const struct rth_settings *settings, int argc,
			   char **argv);

#endif
