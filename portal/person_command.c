/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command `person`. It prints ids and counts; an address comes from who
 * runs it, and is not repeated.
 */
#include "person.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit_head.h"
#include "keys.h"
#include "mailcode.h"
#include "recording_export.h"
#include "retention.h"

#define DRY "--dry-run"
#define USAGE                                                              \
	"usage: rthealth-portal --config FILE person COMMAND\n"            \
	"  export EMAIL DIR           all about a person, to an empty "    \
	"folder\n"                                                         \
	"  erase EMAIL [--dry-run]    deletes recordings that are not on " \
	"hold, then the\n"                                                 \
	"                             name; with --dry-run only says what\n"

enum { GOOD, WRONG, UNKNOWN };

static int complain(const char *what, enum rth_err err)
{
	fprintf(stderr, "rthealth-portal: %s: %s\n", what,
		err == RTH_ERR_NOT_FOUND ? "nobody of that address"
					 : rth_err_name(err));
	return WRONG;
}

static void print_one(void *arg, const char *recording, const char *what)
{
	(void)arg;
	printf("%s %s\n", recording, what);
}

static int export_to(struct rth_person *person, const char *email,
		     const char *path)
{
	const char *store = person->settings->recordings.folder, *wrong;
	enum rth_err err;
	int to;

	if (rth_recording_export_to(&to, path, store, &wrong)) {
		fprintf(stderr, "%s %s\n", path, wrong);
		return WRONG;
	}
	err = rth_person_export(person, email, to);
	close(to);
	printf("%u visits, %u recordings exported, %u not\n", person->visits,
	       person->recordings, person->failed);
	if (err)
		return complain("export", err);
	fputs("These copies are NOT sealed: whoever can read this folder can "
	      "see and hear the visits.\n",
	      stderr);
	return person->failed ? WRONG : GOOD;
}

static int run_export(struct rth_person *person, int argc, char **argv,
		      const char *email)
{
	char problem[RTH_KEYS_LINE_SIZE];
	struct rth_keys *keys;
	enum rth_err err;
	int status;

	if (argc != 2)
		return UNKNOWN;
	err = rth_keys_open(&keys, person->settings, true, problem);
	if (*problem)
		fprintf(stderr, "rthealth-portal: %s\n", problem);
	if (err)
		return WRONG;
	person->pairs.v = rth_keys_pairs(keys, &person->pairs.n);
	status = export_to(person, email, argv[1]);
	rth_keys_free(keys);
	return status;
}

static int run_erase(struct rth_person *person, int argc, char **argv,
		     const char *email)
{
	struct rth_audit_key *key;
	enum rth_err err;

	if (argc > 2 || (argc == 2 && strcmp(argv[1], DRY) != 0))
		return UNKNOWN;
	person->dry = argc == 2;
	err = rth_audit_key_open(&key, person->settings);
	if (err)
		return complain("audit key", err);
	person->key = key;
	err = rth_person_erase(person, email);
	rth_audit_key_free(key);
	if (err)
		return complain("erase", err);
	printf("%u visits, %u recordings %s, %u on hold, %u failed; %s\n",
	       person->visits, person->recordings,
	       person->dry ? "would be deleted" : "deleted", person->held,
	       person->failed,
	       person->dry	? "nothing was changed"
	       : person->erased ? "the name is gone"
				: "the name is kept with what is left");
	return person->failed ? WRONG : GOOD;
}

/* ---- */

static const struct {
	const char *name;
	int (*run)(struct rth_person *person, int argc, char **argv,
		   const char *email);
} commands[] = {
	{"export", run_export},
	{"erase", run_erase},
};

static int run_command(struct rth_person *person, int argc, char **argv)
{
	char email[RTH_EMAIL_SIZE];
	enum rth_err err;
	size_t i = 0;
	int status;

	while (i < 2 && (argc < 2 || strcmp(argv[0], commands[i].name) != 0))
		i++;
	if (i == 2)
		return UNKNOWN;
	if (!person->settings->recordings.folder) {
		fputs("rthealth-portal: recordings.folder is not configured\n",
		      stderr);
		return WRONG;
	}
	if (rth_mailcode_address(email, argv[1])) {
		fputs("rthealth-portal: that is no e-mail address\n", stderr);
		return WRONG;
	}
	err = rth_store_open(&person->store, person->settings->database);
	if (err)
		return complain("database", err);
	status = commands[i].run(person, argc - 1, argv + 1, email);
	rth_store_close(person->store);
	return status;
}

int rth_person_command(const struct rth_settings *settings, int argc,
		       char **argv)
{
	char by[RTH_BY_SIZE];
	struct rth_person person = {
		.settings = settings,
		.now_s = time(NULL),
		.by = by,
		.tell = print_one,
	};
	int status;

	snprintf(by, sizeof(by), "uid-%ju", (uintmax_t)getuid());
	status = run_command(&person, argc, argv);
	if (status == UNKNOWN)
		fputs(USAGE, stderr);
	return status;
}
