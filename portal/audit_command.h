/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command `audit verify | export | key`.
 */
#ifndef RTH_AUDIT_COMMAND_H
#define RTH_AUDIT_COMMAND_H

#include "settings.h"

/**
 * Runs it. One thread.
 *
 * @param argv argc words after "audit"
 * @return the exit status: 0; 1 when something is wrong; 2 when the command is
 *         not understood
 */
int rth_audit_command(const struct rth_settings *settings, int argc,
		      char **argv);

#endif
