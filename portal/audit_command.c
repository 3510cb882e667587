/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands about the audit. What is wrong goes to standard error, the first
 * row that is wrong first.
 */
#include "audit_command.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit_export.h"
#include "audit_verify.h"
#include "mem.h"
#include "text.h"

#define USAGE                                                                \
	"usage: rthealth-portal --config FILE audit COMMAND\n"               \
	"  verify [--since TIME] [--key PUBLIC ...] [--file EXPORT]\n"       \
	"                       whether any row was changed, removed, "      \
	"inserted or moved\n"                                                \
	"  export [--since TIME] [--fhir]\n"                                 \
	"                       the rows and the signed heads, to standard " \
	"output\n"                                                           \
	"  key                  the public key that heads are signed with: " \
	"keep it elsewhere\n"                                                \
	"TIME is as 2026-01-31T09:30:00Z.\n"

enum { GOOD, WRONG, UNKNOWN };

struct command {
	const struct rth_settings *settings;
	struct rth_store *store;
	struct rth_audit_verify v;
	const char *file;
	bool fhir;
	char own_key[RTH_AUDIT_KEY_TEXT_SIZE];
};

static enum rth_err complain(enum rth_err err, const char *what)
{
	if (err)
		fprintf(stderr, "rthealth-portal: %s: %s\n", what,
			rth_err_name(err));
	return err;
}

static void tell(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "%s\n", text);
}

static enum rth_err open_store(struct command *c)
{
	const char *where = c->settings->database;
	enum rth_err err = rth_store_look(where);

	/* rth_store_open would make one. */
	if (err == RTH_ERR_NOT_FOUND) {
		fprintf(stderr, "rthealth-portal: %s: there is no database\n",
			rth_store_name(where));
		return err;
	}
	if (!err)
		err = rth_store_open(&c->store, where);
	return complain(err, "database");
}

/* ---- verify ---- */

/* Without --key: the one in key_dir, whoever has put it there. */
static enum rth_err find_key(struct command *c)
{
	enum rth_err err;

	if (c->v.keys_n)
		return 0;
	err = rth_audit_key_look(c->own_key, c->settings);
	if (complain(err, "audit.key in key_dir")) {
		fputs("Give the public key with --key.\n", stderr);
		return err;
	}
	c->v.keys[c->v.keys_n++] = c->own_key;
	return 0;
}

static int run_verify(struct command *c)
{
	const char *what = c->file ? c->file : "audit";
	enum rth_err err = find_key(c);

	if (!err && !c->file)
		err = open_store(c);
	if (err)
		return WRONG;
	c->v.tell = tell;
	err = c->file ? rth_audit_verify_file(&c->v, c->file)
		      : rth_audit_verify_store(&c->v, c->settings, c->store);
	if (complain(err, what))
		return WRONG;
	if (c->v.wrong) {
		fputs("The audit is NOT good.\n", stderr);
		return WRONG;
	}
	if (c->v.first_n)
		printf("rows %" PRId64 " to %" PRId64 " are good; ",
		       c->v.first_n, c->v.last_n);
	else
		fputs("no row is of that time or later; ", stdout);
	printf("%zu signed heads, the last of row %" PRId64 "\n", c->v.heads,
	       c->v.signed_n);
	return GOOD;
}

/* ---- export ---- */

static enum rth_err append(const struct command *c, const char *action,
			   const char *data)
{
	char subject[32];
	const struct rth_audit row = {
		.subject = subject,
		.action = action,
		.data = data,
	};

	snprintf(subject, sizeof(subject), "uid-%ju", (uintmax_t)getuid());
	return rth_store_audit(c->store, &row, time(NULL));
}

/*
 * The portal would find at its next signing that the chain lost what was
 * signed; after a head of ours it does not, so this command records it.
 */
static enum rth_err write_head(const struct command *c,
			       const struct rth_audit_key *key)
{
	enum rth_err err, added;

	err = rth_audit_heads_write(c->settings, c->store, key, time(NULL));
	if (err != RTH_ERR_STATE)
		return err;
	fputs("The audit is NOT good: it does not hold the row that was signed "
	      "last. Somebody changed it, or brought an older database back.\n",
	      stderr);
	added = append(c, "audit-broken", NULL);
	if (!added)
		added = rth_audit_heads_write(c->settings, c->store, key,
					      time(NULL));
	return added ? added : err;
}

/* So that a signature covers the last row. */
static enum rth_err sign_head(const struct command *c)
{
	struct rth_audit_key *key;
	char public[RTH_AUDIT_KEY_TEXT_SIZE];
	enum rth_err err = rth_audit_key_look(public, c->settings);

	if (!err)
		err = rth_audit_key_open(&key, c->settings);
	if (!err) {
		err = write_head(c, key);
		rth_audit_key_free(key);
	}
	if (err && err != RTH_ERR_STATE) {
		complain(err, "signed head");
		fputs("The newest rows could not be signed, and are left out "
		      "where older ones are signed.\n",
		      stderr);
	}
	return err;
}

static int run_export(struct command *c)
{
	enum rth_err err, signing;

	if (open_store(c) || complain(append(c, "audit-exported",
					     c->fhir ? "{\"form\":\"fhir\"}"
						     : "{\"form\":\"lines\"}"),
				      "audit"))
		return WRONG;
	signing = sign_head(c);
	err = rth_audit_export(stdout, c->settings, c->store, c->v.since_s,
			       c->fhir);
	if (err == RTH_ERR_STATE)
		fputs("The export ends where a row is missing or malformed: "
		      "see audit verify.\n",
		      stderr);
	else
		complain(err, "export");
	return err || signing ? WRONG : GOOD;
}

/* ---- key ---- */

static int run_key(struct command *c)
{
	enum rth_err err = rth_audit_key_look(c->own_key, c->settings);

	if (complain(err, "audit.key in key_dir"))
		return WRONG;
	printf("%s\n", c->own_key);
	return GOOD;
}

/* ---- */

static const struct {
	const char *name;
	const char *options; /* their letters below */
	int (*run)(struct command *c);
} commands[] = {
	{"verify", "skf", run_verify},
	{"export", "sj", run_export},
	{"key", "", run_key},
};

static bool take_option(struct command *c, int option)
{
	if (option == 's')
		return rth_text_read_time(&c->v.since_s, optarg) == 0;
	if (option == 'k' && c->v.keys_n < RTH_AUDIT_KEYS_MAX)
		c->v.keys[c->v.keys_n++] = optarg;
	else if (option == 'f')
		c->file = optarg;
	else if (option == 'j')
		c->fhir = true;
	else
		return false;
	return true;
}

static bool read_options(struct command *c, const char *allowed, int argc,
			 char **argv)
{
	static const struct option longs[] = {
		{"since", required_argument, NULL, 's'},
		{"key", required_argument, NULL, 'k'},
		{"file", required_argument, NULL, 'f'},
		{"fhir", no_argument, NULL, 'j'},
		{NULL, 0, NULL, 0},
	};
	int option;

	optind = 0; /* start anew */
	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (!strchr(allowed, option) || !take_option(c, option))
			return false;
	/* An export begins where it begins. */
	return optind == argc && !(c->file && c->v.since_s);
}

int rth_audit_command(const struct rth_settings *settings, int argc,
		      char **argv)
{
	struct command c = {.settings = settings};
	int status = UNKNOWN;
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]) && argc; i++)
		if (strcmp(argv[0], commands[i].name) == 0 &&
		    read_options(&c, commands[i].options, argc, argv))
			status = commands[i].run(&c);
	rth_store_close(c.store);
	if (status == UNKNOWN)
		fputs(USAGE, stderr);
	return status;
}
