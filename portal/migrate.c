/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Carries a database into an empty one, proves the audit there by the heads
 * that were signed before, and only then keeps it. What is told goes to
 * standard error, what was done to standard output.
 */
#include "migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit_head.h"
#include "audit_verify.h"
#include "mem.h"
#include "store_copy.h"
#include "store_portal.h"
#include "write.h"

#define USAGE                                                                 \
	"usage: rthealth-portal --config FILE migrate --from DATABASE --to "  \
	"DATABASE\n"                                                          \
	"                       [--key PUBLIC ...] [--as-it-is]\n"            \
	"Carries everything into a database in which there is nothing. A "    \
	"DATABASE is what\n"                                                  \
	"`database` in the configuration can be. No portal serves on either " \
	"of them.\n"                                                          \
	"  --key       as of audit verify\n"                                  \
	"  --as-it-is  also when the audit is not good\n"

#define COPY_BYTES 65536
#define FINDINGS_MAX 100

enum { GOOD, FAILED, UNKNOWN };

/* What the audit of one database was found to be. */
struct finding {
	struct rth_audit_verify v;
	char *texts[FINDINGS_MAX]; /* rth_free them */
	size_t texts_n;
	bool loud;
};

struct command {
	const char *from, *to;
	struct rth_settings from_settings, to_settings; /* shallow */
	struct rth_store_copy copy;
	const char *keys[RTH_AUDIT_KEYS_MAX];
	size_t keys_n;
	bool as_it_is;
	char own_key[RTH_AUDIT_KEY_TEXT_SIZE];
	struct finding *before, *after;
	char *new_heads; /* a file that was made */
};

static enum rth_err complain(enum rth_err err, const char *what)
{
	if (err)
		fprintf(stderr, "rthealth-portal: %s: %s\n", what,
			rth_err_name(err));
	return err;
}

/* ---- The audit ---- */

static void note(void *arg, const char *text)
{
	struct finding *f = arg;

	if (f->loud)
		fprintf(stderr, "%s\n", text);
	if (f->texts_n < FINDINGS_MAX)
		f->texts[f->texts_n++] = rth_strdup(text);
}

static void free_finding(struct finding *f)
{
	size_t i;

	for (i = 0; f && i < f->texts_n; i++)
		rth_free(f->texts[i]);
	rth_free(f);
}

static enum rth_err verify(const struct command *c, struct finding **fp,
			   struct rth_store *store, bool loud)
{
	struct finding *f = rth_alloc(sizeof(*f));
	enum rth_err err;

	if (!f)
		return RTH_ERR_NOMEM;
	memcpy(f->v.keys, c->keys, sizeof(c->keys));
	f->v.keys_n = c->keys_n;
	f->v.tell = note;
	f->v.arg = f;
	f->loud = loud;
	err = rth_audit_verify_store(&f->v, &c->from_settings, store);
	if (err)
		free_finding(f);
	else
		*fp = f;
	return err;
}

static bool same_text(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool same(const struct finding *a, const struct finding *b)
{
	size_t i;

	if (a->v.wrong != b->v.wrong || a->v.first_n != b->v.first_n ||
	    a->v.last_n != b->v.last_n || a->v.heads != b->v.heads ||
	    a->v.signed_n != b->v.signed_n || a->texts_n != b->texts_n)
		return false;
	for (i = 0; i < a->texts_n; i++)
		if (!same_text(a->texts[i], b->texts[i]))
			return false;
	return true;
}

/* An audit in which there is no row is of a database never used. */
static enum rth_err verify_before(struct command *c)
{
	char digest[RTH_HASH_SIZE];
	int64_t n = 0;
	enum rth_err err = rth_store_audit_head(c->copy.from, &n, digest);

	if (!err)
		err = verify(c, &c->before, c->copy.from, n > 0);
	if (complain(err, "audit"))
		return err;
	if (!n || !c->before->v.wrong || c->as_it_is)
		return 0;
	fputs("The audit is NOT good; nothing was carried. With --as-it-is "
	      "it is carried as it is.\n",
	      stderr);
	return RTH_ERR_STATE;
}

/* ---- The file of signed heads ---- */

static enum rth_err copy_bytes(int from, int to)
{
	char *bytes = rth_alloc(COPY_BYTES);
	enum rth_err err = bytes ? 0 : RTH_ERR_NOMEM;
	ssize_t n = 0;

	while (!err && (n = read(from, bytes, COPY_BYTES)) > 0)
		err = rth_write_all(to, bytes, (size_t)n);
	if (!err && (n < 0 || fsync(to)))
		err = RTH_ERR_IO;
	rth_free(bytes);
	return err;
}

/* `fd` is of the heads as they are; the path is where the portal that uses the
   new database looks for them. */
static enum rth_err put_heads(int fd, const char *path)
{
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum rth_err err;

	if (to < 0)
		return errno == EEXIST ? RTH_ERR_EXISTS : RTH_ERR_IO;
	err = copy_bytes(fd, to);
	if (close(to) && !err)
		err = RTH_ERR_IO;
	if (err)
		unlink(path);
	return err;
}

/* What is there already may be the same: of an attempt that was killed. */
static enum rth_err same_file(int fd, const char *path)
{
	char ours[512], theirs[512];
	int other = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n, m = 0;

	if (other < 0 || lseek(fd, 0, SEEK_SET) != 0) {
		if (other >= 0)
			close(other);
		return RTH_ERR_IO;
	}
	do {
		n = read(fd, ours, sizeof(ours));
		m = read(other, theirs, sizeof(theirs));
	} while (n > 0 && n == m && !memcmp(ours, theirs, (size_t)n));
	close(other);
	return n == 0 && m == 0 ? 0 : RTH_ERR_EXISTS;
}

static enum rth_err carry_heads(struct command *c)
{
	char *from = rth_audit_heads_path(&c->from_settings);
	char *to = rth_audit_heads_path(&c->to_settings);
	enum rth_err err = from && to ? 0 : RTH_ERR_NOMEM;
	bool made = false;
	int fd = -1;

	if (!err && strcmp(from, to) != 0) {
		fd = open(from, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			err = errno == ENOENT ? 0 : RTH_ERR_IO;
		else
			err = put_heads(fd, to);
		made = fd >= 0 && !err;
		if (err == RTH_ERR_EXISTS)
			err = same_file(fd, to);
		complain(err, to);
	}
	if (fd >= 0)
		close(fd);
	if (made) {
		c->new_heads = to;
		to = NULL;
	}
	rth_free(from);
	rth_free(to);
	return err;
}

/* ---- Carrying ---- */

static void told(void *arg, const char *table, int64_t done_n, int64_t all_n)
{
	(void)arg;
	fprintf(stderr, "%s: %" PRId64 " of %" PRId64 "\n", table, done_n,
		all_n);
}

static enum rth_err check(void *arg)
{
	struct command *c = arg;
	enum rth_err err = complain(verify(c, &c->after, c->copy.to, false),
				    "audit, carried");

	if (err)
		return err;
	if (!same(c->before, c->after)) {
		fputs("rthealth-portal: the audit is not the same in the other "
		      "database\n",
		      stderr);
		return RTH_ERR_FORMAT;
	}
	return carry_heads(c);
}

static void explain(const struct rth_store_copy *copy, enum rth_err err)
{
	const char *table = *copy->table ? copy->table : "database";

	if (err == RTH_ERR_EXISTS && *copy->table)
		fprintf(stderr,
			"rthealth-portal: there is something in `%s` of the "
			"other database\n",
			table);
	else if (err == RTH_ERR_STATE)
		fprintf(stderr,
			"rthealth-portal: a portal serves on one of the "
			"databases, or was killed less than %d seconds ago: "
			"stop it, or wait\n",
			RTH_PORTAL_GONE_S);
	else
		complain(err, table);
	fputs(copy->is_unknown
		      ? "Either everything was carried or nothing: the other "
			"database was lost\nbefore it said. Try again: when "
			"there is something in it, everything was.\n"
		      : "Nothing was carried.\n",
	      stderr);
}

static void conclude(const struct command *c)
{
	printf("%" PRId64 " tables, %" PRId64 " rows\n", c->copy.tables,
	       c->copy.rows);
	if (c->after->v.first_n)
		printf("audit: rows %" PRId64 " to %" PRId64
		       "; %zu signed heads, the last of row %" PRId64 "\n",
		       c->after->v.first_n, c->after->v.last_n,
		       c->after->v.heads, c->after->v.signed_n);
	if (c->new_heads)
		printf("signed heads: %s\n", c->new_heads);
}

static int carry(struct command *c)
{
	enum rth_err err = verify_before(c);

	if (err)
		return FAILED;
	c->copy.now_s = time(NULL);
	c->copy.told = told;
	c->copy.check = check;
	c->copy.arg = c;
	err = rth_store_copy(&c->copy);
	if (err) {
		if (c->new_heads && !c->copy.is_unknown)
			unlink(c->new_heads);
		explain(&c->copy, err);
		return FAILED;
	}
	conclude(c);
	return GOOD;
}

/* ---- The command ---- */

/* rth_store_open would make one. */
static enum rth_err open_from(struct command *c)
{
	enum rth_err err = rth_store_look(c->from);

	if (err == RTH_ERR_NOT_FOUND)
		fputs("rthealth-portal: --from: there is no database\n",
		      stderr);
	else if (!err)
		err = rth_store_open(&c->copy.from, c->from);
	if (err != RTH_ERR_NOT_FOUND)
		complain(err, "--from");
	return err;
}

/* Without --key: the one in key_dir, whoever has put it there. */
static void find_key(struct command *c)
{
	if (!c->keys_n && !rth_audit_key_look(c->own_key, &c->from_settings))
		c->keys[c->keys_n++] = c->own_key;
}

static bool take_option(struct command *c, int option)
{
	if (option == 'f')
		c->from = optarg;
	else if (option == 't')
		c->to = optarg;
	else if (option == 'k' && c->keys_n < RTH_AUDIT_KEYS_MAX)
		c->keys[c->keys_n++] = optarg;
	else if (option == 'a')
		c->as_it_is = true;
	else
		return false;
	return true;
}

static bool read_options(struct command *c, int argc, char **argv)
{
	static const struct option longs[] = {
		{"from", required_argument, NULL, 'f'},
		{"to", required_argument, NULL, 't'},
		{"key", required_argument, NULL, 'k'},
		{"as-it-is", no_argument, NULL, 'a'},
		{NULL, 0, NULL, 0},
	};
	int option;

	optind = 0; /* start anew */
	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (!take_option(c, option))
			return false;
	return optind == argc && c->from && c->to;
}

static int run(struct command *c, const struct rth_settings *settings)
{
	c->from_settings = *settings;
	c->from_settings.database = (char *)c->from;
	c->to_settings = *settings;
	c->to_settings.database = (char *)c->to;
	find_key(c);
	if (strcmp(c->from, c->to) == 0) {
		fputs("rthealth-portal: --from and --to are the same\n",
		      stderr);
		return FAILED;
	}
	if (open_from(c) ||
	    complain(rth_store_open(&c->copy.to, c->to), "--to"))
		return FAILED;
	return carry(c);
}

int rth_migrate_command(const struct rth_settings *settings, int argc,
			char **argv)
{
	/* getopt begins behind the first word. */
	char *word = "migrate", **words;
	struct command c = {.from = NULL};
	int status = UNKNOWN;

	words = rth_alloc(((size_t)argc + 2) * sizeof(*words));
	if (!words)
		return FAILED;
	words[0] = word;
	memcpy(words + 1, argv, (size_t)argc * sizeof(*words));
	if (read_options(&c, argc + 1, words))
		status = run(&c, settings);
	else
		fputs(USAGE, stderr);
	rth_free(words);
	rth_store_close(c.copy.to);
	rth_store_close(c.copy.from);
	free_finding(c.before);
	free_finding(c.after);
	rth_free(c.new_heads);
	return status;
}
