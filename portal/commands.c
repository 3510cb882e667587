/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which word runs which command. */
#include "commands.h"

#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "recordings.h"

static const struct {
	const char *name;
	int (*run)(const struct rth_settings *settings, int argc, char **argv);
} commands[] = {
	{"keys", rth_keys_command},
	{"recording", rth_recordings_command},
};

int rth_commands_run(const struct rth_settings *settings, int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (argc && strcmp(argv[0], commands[i].name) == 0)
			return commands[i].run(settings, argc - 1, argv + 1);
	fputs("rthealth-portal: commands are: keys, recording\n", stderr);
	return 2;
}
