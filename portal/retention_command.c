/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command `retention`: what is due, and its deletion. It prints ids, dates
 * and counts; what it does is in the audit under the number of the system user.
 */
#include "retention.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit_head.h"
#include "text.h"

#define DRY "--dry-run"
#define NOW "--now"
#define USAGE                                                           \
	"usage: rthealth-portal --config FILE retention COMMAND\n"      \
	"  run [--dry-run [--now TIME]]  deletes what is due; with "    \
	"--dry-run only says\n"                                         \
	"                                what is, at TIME "             \
	"(2026-01-31T09:30:00Z)\n"                                      \
	"  list                          when each recording is to be " \
	"deleted\n"

enum { GOOD, WRONG, UNKNOWN };

static int complain(const char *what, enum rth_err err)
{
	fprintf(stderr, "rthealth-portal: %s: %s\n", what, rth_err_name(err));
	return WRONG;
}

/* ---- run ---- */

static void print_one(void *arg, const char *recording, const char *what)
{
	(void)arg;
	printf("%s %s\n", recording, what);
}

static void print_counts(const struct rth_retention_run *run)
{
	printf("%u due, %u deleted, %u missing, %u running, %u failed\n",
	       run->due, run->deleted, run->missing, run->running, run->failed);
}

static int run_with(struct rth_retention_run *run, const char *by)
{
	struct rth_audit_key *key = NULL;
	enum rth_err err = 0;

	if (!run->dry)
		err = rth_audit_key_open(&key, run->settings);
	if (err)
		return complain("audit key", err);
	run->key = key;
	run->by = by;
	err = rth_retention_run(run);
	rth_audit_key_free(key);
	print_counts(run);
	if (err)
		return complain("retention", err);
	return run->failed || run->missing ? WRONG : GOOD;
}

static bool read_words(struct rth_retention_run *run, int argc, char **argv)
{
	run->now_s = time(NULL);
	run->dry = argc > 0;
	if (argc > 0 && strcmp(argv[0], DRY) != 0)
		return false;
	if (argc < 2)
		return true;
	return argc == 3 && strcmp(argv[1], NOW) == 0 &&
	       rth_text_read_time(&run->now_s, argv[2]) == 0;
}

static int run_run(const struct rth_settings *settings, struct rth_store *store,
		   int argc, char **argv)
{
	struct rth_retention_run run = {
		.settings = settings,
		.store = store,
		.tell = print_one,
	};
	char by[RTH_BY_SIZE];

	if (!read_words(&run, argc, argv))
		return UNKNOWN;
	snprintf(by, sizeof(by), "uid-%ju", (uintmax_t)getuid());
	return run_with(&run, by);
}

/* ---- list ---- */

struct listing {
	const struct rth_settings *settings;
};

static enum rth_err list_one(const struct rth_kept *kept, void *arg)
{
	const struct listing *l = arg;
	int64_t until_s =
		rth_retention_until(l->settings, kept->clinician_email,
				    kept->kind, kept->ended_s, NULL);
	char ended[RTH_TIME_SIZE], until[RTH_TIME_SIZE] = "-";
	enum rth_err err = rth_text_time(ended, kept->ended_s);

	if (!err && until_s && !kept->hold && !kept->running)
		err = rth_text_time(until, until_s);
	printf("%-22s  %-20s  %-20s  %s\n", kept->recording, ended, until,
	       kept->hold      ? "hold"
	       : kept->running ? "running"
			       : "");
	return err;
}

static int run_list(const struct rth_settings *settings,
		    struct rth_store *store, int argc, char **argv)
{
	struct listing listing = {settings};
	enum rth_err err;

	(void)argv;
	if (argc)
		return UNKNOWN;
	printf("%-22s  %-20s  %-20s\n", "RECORDING", "ENDED", "DELETE ON");
	err = rth_store_kept_each(store, 0, list_one, &listing);
	return err ? complain("database", err) : GOOD;
}

/* ---- */

static const struct {
	const char *name;
	int (*run)(const struct rth_settings *settings, struct rth_store *store,
		   int argc, char **argv);
} commands[] = {
	{"run", run_run},
	{"list", run_list},
};

static int run_command(const struct rth_settings *settings, int argc,
		       char **argv)
{
	struct rth_store *store;
	enum rth_err err;
	size_t i = 0;
	int status;

	while (i < 2 && (argc < 1 || strcmp(argv[0], commands[i].name) != 0))
		i++;
	if (i == 2)
		return UNKNOWN;
	if (!settings->recordings.folder) {
		fputs("rthealth-portal: recordings.folder is not configured\n",
		      stderr);
		return WRONG;
	}
	err = rth_store_open(&store, settings->database);
	if (err)
		return complain("database", err);
	status = commands[i].run(settings, store, argc - 1, argv + 1);
	rth_store_close(store);
	return status;
}

int rth_retention_command(const struct rth_settings *settings, int argc,
			  char **argv)
{
	int status = run_command(settings, argc, argv);

	if (status == UNKNOWN)
		fputs(USAGE, stderr);
	return status;
}
