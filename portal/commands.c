/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which word runs which command. */
#include "commands.h"

#include <stdio.h>
#include <string.h>

#include "audit_command.h"
#include "keys.h"
#include "migrate.h"
#include "person.h"
#include "recordings.h"
#include "retention.h"

static const struct {
	const char *name;
	int (*run)(const struct rth_settings *settings, int argc, char **argv);
} commands[] = {
	{"audit", rth_audit_command},
	{"keys", rth_keys_command},
	{"migrate", rth_migrate_command},
	{"person", rth_person_command},
	{"recording", rth_recordings_command},
	{"retention", rth_retention_command},
};

int rth_commands_run(const struct rth_settings *settings, int argc, char **argv)
{
	const size_t n = sizeof(commands) / sizeof(commands[0]);

	for (size_t i = 0; i < n; i++)
		if (argc && strcmp(argv[0], commands[i].name) == 0)
			return commands[i].run(settings, argc - 1, argv + 1);
	fputs("rthealth-portal: commands are:", stderr);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, " %s", commands[i].name);
	fputs("\n", stderr);
	return 2;
}
