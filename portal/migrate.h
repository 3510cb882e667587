/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command that carries everything into another database: docs/database.md.
 */
#ifndef RTH_MIGRATE_H
#define RTH_MIGRATE_H

#include "settings.h"

/**
 * Runs "migrate ..."; the words after it.
 *
 * @param settings for the audit's keys and signed heads; its `database` is not
 *                 used
 * @return the program's status: 0, 1: nothing was carried, 2: usage
 */
int rth_migrate_command(const struct rth_settings *settings, int argc,
			char **argv);

#endif
