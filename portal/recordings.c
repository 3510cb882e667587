/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands about recordings.
 */
#include "recordings.h"

#include <stdio.h>

#define USAGE                                                   \
	"usage: rthealth-portal --config FILE recording list\n" \
	"       rthealth-portal --config FILE recording verify ID|--all\n"

int rth_recordings_command(const struct rth_settings *settings, int argc,
			   char **argv)
{
	(void)settings;
	(void)argc;
	(void)argv;
	fputs(USAGE, stderr);
	return 2;
}
