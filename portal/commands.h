/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands of rthealth-portal beside serving: `keys ...`, `recording ...`.
 */
#ifndef RTH_COMMANDS_H
#define RTH_COMMANDS_H

#include "settings.h"

/**
 * Runs the command that argv begins with. One thread; sodium_init and
 * rth_settings_read come before.
 *
 * @return the exit status; 2 when it is not understood
 */
int rth_commands_run(const struct rth_settings *settings, int argc,
		     char **argv);

#endif
