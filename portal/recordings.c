/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands about recordings. What they print is ids, file names and counts;
 * what they do is in the audit under the number of the system user.
 */
#include "recordings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "keys.h"
#include "mem.h"
#include "recording_captions.h"
#include "recording_export.h"
#include "recording_store.h"
#include "recording_verify.h"
#include "recovery.h"
#include "store.h"
#include "text.h"

#define DAMAGED "--damaged"
#define ALL "--all"
#define LANGUAGE "--language"
#define USAGE                                                               \
	"usage: rthealth-portal --config FILE recording COMMAND\n"          \
	"  list                       what there is\n"                      \
	"  verify ID|--all            whether every byte is as it was "     \
	"written\n"                                                         \
	"  export ID DIR [--damaged]  plain copies to an empty folder; of " \
	"a damaged one\n"                                                   \
	"                             only with --damaged\n"                \
	"  recover [ID]               completes what was interrupted\n"     \
	"  captions ID FILE [--language en]\n"                              \
	"                             seals a WebVTT file into it\n"        \
	"  certificate ID             of its deletion\n"

enum { GOOD, WRONG, UNKNOWN };

struct command {
	const struct rth_settings *settings;
	struct rth_keys *keys;
	struct rth_pairs pairs;
	struct rth_store *store;
	int argc; /* words behind the command */
	char **argv;
	const char *id;	   /* of the recording that is at hand */
	bool wrong;	   /* something is wrong with one of them */
	size_t recordings; /* how many were looked at */
};

static enum rth_err complain(enum rth_err err, const char *what)
{
	if (err)
		fprintf(stderr, "rthealth-portal: %s: %s\n", what,
			rth_err_name(err));
	return err;
}

/* The folder of a recording; it has been told why it does not open. */
static enum rth_err open_folder(struct rth_recording_folder **folderp,
				const struct command *c, const char *id)
{
	enum rth_err err = rth_recording_folder_open(
		folderp, c->settings->recordings.folder, id);

	if (err == RTH_ERR_NOT_FOUND)
		fprintf(stderr, "rthealth-portal: %s: no such recording\n", id);
	else
		complain(err, id);
	return err;
}

static void tell(void *arg, const char *file, const char *text)
{
	const struct command *c = arg;

	fprintf(stderr, "%s %s: %s\n", c->id, file, text);
}

static enum rth_err open_keys(struct command *c)
{
	char problem[RTH_KEYS_LINE_SIZE];
	enum rth_err err = rth_keys_open(&c->keys, c->settings, true, problem);

	if (*problem)
		fprintf(stderr, "rthealth-portal: %s\n", problem);
	if (!err)
		c->pairs.v = rth_keys_pairs(c->keys, &c->pairs.n);
	return err;
}

/* A row of the audit: who, by the system's number, did what to which. */
static enum rth_err audit(const struct command *c, const char *action,
			  const char *data)
{
	struct rth_recording_row row = {.visit = ""};
	char subject[32];
	enum rth_err err = rth_store_recording_get(c->store, &row, c->id);
	const struct rth_audit line = {
		.subject = subject,
		.action = action,
		.visit = *row.visit ? row.visit : NULL,
		.object = c->id,
		.data = data,
	};

	if (err && err != RTH_ERR_NOT_FOUND)
		return err;
	snprintf(subject, sizeof(subject), "uid-%ju", (uintmax_t)getuid());
	return rth_store_audit(c->store, &line, time(NULL));
}

/* ---- list ---- */

struct sums {
	unsigned parts;
	size_t lanes;
	int64_t begun_ms, last_ms;
	bool unread, unfinished, interrupted, incomplete;
};

static void add_part(struct sums *s, const struct rth_recording_part *part)
{
	size_t i;

	s->begun_ms = part->begun_ms;
	if (!part->finished)
		s->unfinished = true;
	else if (strcmp(part->how, "interrupted") == 0)
		s->interrupted = true;
	else if (strcmp(part->how, "complete") != 0)
		s->incomplete = true;
	for (i = 0; i < part->files_n; i++) {
		const struct rth_listed *file = &part->files[i];
		int64_t end_ms = file->start_ms + file->duration_ms;

		s->lanes += !file->chat;
		if (end_ms > s->last_ms)
			s->last_ms = end_ms;
	}
}

static struct sums sum_up(const struct command *c,
			  const struct rth_recording_folder *folder)
{
	struct sums s = {.parts = folder->parts};
	struct rth_finding finding;
	struct rth_loaded loaded;
	unsigned part;

	for (part = 1; part <= folder->parts; part++) {
		if (rth_recording_load(&loaded, folder, part, c->pairs,
				       &finding)) {
			s.unread = true;
			continue;
		}
		add_part(&s, loaded.part);
		rth_recording_unload(&loaded);
	}
	return s;
}

static const char *state_of(const struct sums *s, bool running)
{
	if (running)
		return "running";
	if (!s->parts)
		return "empty"; /* killed before anything was recorded */
	if (s->unread)
		return "unreadable";
	if (s->unfinished)
		return "unrecovered";
	if (s->interrupted)
		return "interrupted";
	return s->incomplete ? "incomplete" : "finished";
}

static enum rth_err list_one(const char *id, void *arg)
{
	struct command *c = arg;
	struct rth_recording_folder *folder;
	char begun[RTH_TIME_SIZE] = "-";
	struct sums s;
	enum rth_err err = open_folder(&folder, c, id);

	if (err) {
		c->wrong = true;
		return err == RTH_ERR_NOMEM ? err : 0;
	}
	s = sum_up(c, folder);
	if (s.begun_ms && rth_text_time(begun, s.begun_ms / 1000))
		strcpy(begun, "-");
	printf("%-22s  %-20s  %-11s  %5u  %5zu  %7" PRId64 "\n", id, begun,
	       state_of(&s, rth_recording_folder_running(folder)), s.parts,
	       s.lanes, (s.last_ms + 500) / 1000);
	rth_recording_folder_close(folder);
	return 0;
}

static int run_list(struct command *c)
{
	enum rth_err err = open_keys(c);

	if (err)
		return WRONG;
	printf("%-22s  %-20s  %-11s  %5s  %5s  %7s\n", "RECORDING", "BEGUN",
	       "STATE", "PARTS", "LANES", "SECONDS");
	err = rth_recordings_each(c->settings->recordings.folder, list_one, c);
	complain(err, c->settings->recordings.folder);
	return err || c->wrong ? WRONG : GOOD;
}

/* ---- verify ---- */

/* How many parts the plugin spoke of. */
static unsigned parts_told(const struct command *c, const char *id)
{
	struct rth_recording_row row;

	if (rth_store_recording_get(c->store, &row, id) || row.parts < 0 ||
	    row.parts > RTH_RECORDING_PARTS_MAX)
		return 0;
	return (unsigned)row.parts;
}

static enum rth_err verify_folder(struct command *c,
				  const struct rth_recording_folder *folder,
				  struct rth_verify *v)
{
	*v = (struct rth_verify){
		.tell = tell,
		.arg = c,
		.pairs = c->pairs,
		.parts = parts_told(c, folder->id),
	};
	return rth_recording_verify(folder, v);
}

static enum rth_err verify_one(const char *id, void *arg)
{
	struct command *c = arg;
	struct rth_recording_folder *folder;
	struct rth_verify v;
	char data[96];
	enum rth_err err;

	c->id = id;
	c->recordings++;
	err = open_folder(&folder, c, id);
	if (err) {
		c->wrong = true; /* the others are still looked at */
		return err == RTH_ERR_NOMEM ? err : 0;
	}
	if (rth_recording_folder_running(folder)) {
		printf("%s running, not verified\n", id);
		rth_recording_folder_close(folder);
		return 0;
	}
	err = verify_folder(c, folder, &v);
	rth_recording_folder_close(folder);
	if (err)
		return complain(err, id);
	snprintf(data, sizeof(data), "{\"wrong\":%zu,\"files\":%zu}", v.wrong,
		 v.files);
	printf("%s %s, %zu files, %" PRIu64 " bytes\n", id,
	       v.wrong ? "DAMAGED" : "good", v.files, v.bytes);
	c->wrong = c->wrong || v.wrong;
	return complain(audit(c, "recording-verified", data), "audit");
}

/* The store without its folder cannot tell: the database can. */
static enum rth_err look_for(const char *id, void *arg)
{
	struct rth_recording_folder *folder;
	struct command *c = arg;
	enum rth_err err = rth_recording_folder_open(
		&folder, c->settings->recordings.folder, id);

	if (err == RTH_ERR_NOT_FOUND) {
		c->wrong = true;
		printf("%s MISSING, the database knows it\n", id);
	} else if (!err) {
		rth_recording_folder_close(folder);
	}
	return err == RTH_ERR_NOMEM ? err : 0;
}

static enum rth_err verify_all(struct command *c)
{
	const char *folder = c->settings->recordings.folder;
	enum rth_err err =
		complain(rth_recordings_each(folder, verify_one, c), folder);

	return err ? err
		   : complain(rth_store_recording_begun(c->store, look_for, c),
			      "database");
}

static int run_verify(struct command *c)
{
	enum rth_err err = open_keys(c);

	if (err)
		return WRONG;
	if (strcmp(c->argv[0], ALL) == 0)
		err = verify_all(c);
	else
		err = verify_one(c->argv[0], c);
	return err || c->wrong ? WRONG : GOOD;
}

/* ---- export ---- */

/* Is it in a state to be exported? What is wrong with it is told anyway. */
static bool exportable(struct command *c,
		       const struct rth_recording_folder *folder, bool damaged)
{
	struct rth_verify v;

	if (rth_recording_folder_running(folder)) {
		fprintf(stderr, "%s is being recorded\n", folder->id);
		return false;
	}
	if (complain(verify_folder(c, folder, &v), folder->id))
		return false;
	if (v.wrong && damaged)
		return true;
	if (v.wrong)
		fprintf(stderr,
			"%s is damaged; " DAMAGED
			" exports what there is of it\n",
			folder->id);
	return !v.wrong;
}

static enum rth_err export_to(struct command *c,
			      const struct rth_recording_folder *folder, int to,
			      bool damaged)
{
	struct rth_export e = {
		.pairs = c->pairs,
		.damaged = damaged,
		.tell = tell,
		.arg = c,
	};
	enum rth_err err =
		complain(audit(c, "recording-exported", NULL), "audit");

	if (!err)
		err = complain(rth_recording_export(folder, to, &e), "export");
	printf("%s %zu files, %" PRIu64 " bytes\n", folder->id, e.files,
	       e.bytes);
	fputs("These copies are NOT sealed: whoever can read this folder can "
	      "see and hear the visit.\n",
	      stderr);
	return err;
}

static int run_export(struct command *c)
{
	const char *store = c->settings->recordings.folder, *wrong;
	bool damaged = c->argc == 3 && strcmp(c->argv[2], DAMAGED) == 0;
	struct rth_recording_folder *folder;
	int to, status = WRONG;

	if (c->argc == 3 && !damaged)
		return UNKNOWN;
	c->id = c->argv[0];
	if (open_keys(c) || open_folder(&folder, c, c->id))
		return WRONG;
	if (exportable(c, folder, damaged)) {
		if (rth_recording_export_to(&to, c->argv[1], store, &wrong)) {
			fprintf(stderr, "%s %s\n", c->argv[1], wrong);
		} else {
			if (!export_to(c, folder, to, damaged))
				status = GOOD;
			close(to);
		}
	}
	rth_recording_folder_close(folder);
	return status;
}

/* ---- recover ---- */

static enum rth_err recover_one(const char *id, void *arg)
{
	struct command *c = arg;
	struct rth_recovery recovery = {
		.settings = c->settings,
		.store = c->store,
		.pairs = c->pairs,
		.tell = tell,
		.arg = c,
	};
	enum rth_err err;

	c->id = id;
	snprintf(recovery.subject, sizeof(recovery.subject), "uid-%ju",
		 (uintmax_t)getuid());
	err = rth_recovery_one(&recovery, id);
	if (err == RTH_ERR_STATE) {
		printf("%s running\n", id);
		return 0;
	}
	if (err)
		c->wrong = true;
	printf("%s %s, %u parts recovered\n", id,
	       err ? "NOT RECOVERED" : "finished", recovery.recovered);
	return err == RTH_ERR_NOMEM ? err : 0;
}

static int run_recover(struct command *c)
{
	struct rth_recording_folder *folder = NULL;
	enum rth_err err = open_keys(c);

	if (err || (c->argc && open_folder(&folder, c, c->argv[0])))
		return WRONG;
	rth_recording_folder_close(folder);
	if (c->argc)
		err = recover_one(c->argv[0], c);
	else
		err = complain(
			rth_recordings_each(c->settings->recordings.folder,
					    recover_one, c),
			c->settings->recordings.folder);
	return err || c->wrong ? WRONG : GOOD;
}

/* ---- captions ---- */

static int seal_captions(struct command *c,
			 const struct rth_recording_folder *folder,
			 const char *language)
{
	const char *wrong = "";
	char data[64], *text;
	size_t len;
	enum rth_err err;

	if (rth_captions_read(&text, &len, c->argv[1], &wrong)) {
		fprintf(stderr, "%s %s\n", c->argv[1], wrong);
		return WRONG;
	}
	snprintf(data, sizeof(data), "{\"language\":\"%s\",\"bytes\":%zu}",
		 language, len);
	err = complain(audit(c, "captions-sealed", data), "audit");
	if (!err)
		err = rth_captions_seal(folder, c->pairs, language, text, len);
	if (err == RTH_ERR_EXISTS)
		fprintf(stderr, "%s has captions in %d languages already\n",
			c->id, RTH_CAPTIONS_MAX);
	else if (err)
		complain(err, c->id);
	rth_free(text);
	if (err)
		return WRONG;
	printf("%s captions-%s.vtt, %zu bytes\n", c->id, language, len);
	return GOOD;
}

static int run_captions(struct command *c)
{
	const char *language = c->argc == 4 ? c->argv[3] : "en";
	struct rth_recording_folder *folder;
	int status;

	if (c->argc == 3 ||
	    (c->argc == 4 && strcmp(c->argv[2], LANGUAGE) != 0) ||
	    !rth_recording_language(language))
		return UNKNOWN;
	c->id = c->argv[0];
	if (open_keys(c) || open_folder(&folder, c, c->id))
		return WRONG;
	status = seal_captions(c, folder, language);
	rth_recording_folder_close(folder);
	return status;
}

/* ---- certificate ---- */

static int run_certificate(struct command *c)
{
	char *text;
	enum rth_err err = rth_store_certificate(&text, c->store, c->argv[0]);

	if (err == RTH_ERR_NOT_FOUND)
		fprintf(stderr, "%s has not been deleted\n", c->argv[0]);
	else
		complain(err, "database");
	if (err)
		return WRONG;
	puts(text);
	rth_free(text);
	return GOOD;
}

/* ---- */

static const struct {
	const char *name;
	int min, max; /* words behind it */
	int (*run)(struct command *c);
} commands[] = {
	{"list", 0, 0, run_list},
	{"verify", 1, 1, run_verify},
	{"export", 2, 3, run_export},
	{"recover", 0, 1, run_recover},
	{"captions", 2, 4, run_captions},
	{"certificate", 1, 1, run_certificate},
};

static int run(struct command *c, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) != 0 ||
		    c->argc < commands[i].min || c->argc > commands[i].max)
			continue;
		if (!c->settings->recordings.folder) {
			fputs("rthealth-portal: recordings.folder is not "
			      "configured\n",
			      stderr);
			return WRONG;
		}
		if (complain(rth_store_open(&c->store, c->settings->database),
			     "database"))
			return WRONG;
		return commands[i].run(c);
	}
	return UNKNOWN;
}

int rth_recordings_command(const struct rth_settings *settings, int argc,
			   char **argv)
{
	struct command c = {
		.settings = settings,
		.argc = argc - 1,
		.argv = argv + 1,
	};
	int status = argc > 0 ? run(&c, argv[0]) : UNKNOWN;

	rth_keys_free(c.keys);
	rth_store_close(c.store);
	if (status == UNKNOWN)
		fputs(USAGE, stderr);
	return status;
}
