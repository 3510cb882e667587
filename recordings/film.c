/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rthealth-film: makes a film or a preview of a recording. The portal starts
 * it: media from outside is not read where the clinic's private keys are. It
 * gets the keys of one recording and open files: docs/store.md, "Films and
 * previews", has its descriptors, its job and its exit status.
 *
 * It reads the job and draws the writing first, then enters the sandbox, and
 * there opens keys, inputs and encoders.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "film_make.h"
#include "mem.h"
#include "sandbox.h"

#define JOB_FD 3
#define TARGET_FD 4
#define OUTLINE_FD 5
#define NICE 15
#define KEYS_MAX_BYTES (RTH_FILM_KEYS_MAX * RTH_SEAL_KEY_BYTES)
#define USAGE "usage: rthealth-film, as docs/store.md says\n"

/* Exit status. */
#define FAILED 1
#define WRONG_JOB 2
#define UNREADABLE 3
#define DISK_FULL 4
#define TOO_LONG 5

struct program {
	struct rth_film_job job;
	char *text; /* the job */
	size_t len;
	uint8_t raw[KEYS_MAX_BYTES + 1]; /* keys; locked memory */
	size_t raw_len;
	struct rth_seal_key *keys[RTH_FILM_KEYS_MAX]; /* NULL: not used */
	struct rth_film_file *files;
	struct rth_film_writing writing;
	struct rth_film_work work;
	int64_t told_s; /* when progress was told */
};

static struct program program;

static int failed(const char *what, enum rth_err err, int status)
{
	fprintf(stderr, "rthealth-film: %s: %s\n", what, rth_err_name(err));
	return status;
}

/* What an error of the making or of the film's file means to the portal. */
static int status_of(enum rth_err err, int error)
{
	switch (err) {
	case RTH_OK:
		return EXIT_SUCCESS;
	case RTH_ERR_FORMAT:
	case RTH_ERR_CRYPTO:
	case RTH_ERR_DENIED:
	case RTH_ERR_LIMIT:
		return UNREADABLE;
	case RTH_ERR_IO:
		return error == ENOSPC || error == EDQUOT ? DISK_FULL
		       : error == EFBIG			  ? TOO_LONG
							  : FAILED;
	default:
		return FAILED;
	}
}

/* What it was started with. */

/* None of it is a condition: the portal does most of it, too. */
static void step_back(void)
{
	const struct sched_param none = {0};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) ||
	    setpriority(PRIO_PROCESS, 0, NICE) ||
	    sched_setscheduler(0, SCHED_BATCH, &none))
		fputs("rthealth-film: priority: not as low as it should be\n",
		      stderr);
	if (getpgrp() != getpid() && setpgid(0, 0))
		fputs("rthealth-film: process group: not its own\n", stderr);
	signal(SIGXFSZ, SIG_IGN); /* a write then says EFBIG */
}

/* The pipe's other end closes with who started it, maybe before it could be
   asked for a signal. */
static bool is_left_alone(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO};

	return poll(&out, 1, 0) > 0 && out.revents & POLLERR;
}

/* Byte by byte: the keys behind it come into locked memory only. */
static enum rth_err read_line(void)
{
	ssize_t n;

	program.text = rth_alloc(RTH_FILM_JOB_MAX_BYTES);
	if (!program.text)
		return RTH_ERR_NOMEM;
	while (program.len < RTH_FILM_JOB_MAX_BYTES) {
		n = read(JOB_FD, program.text + program.len, 1);
		if (n < 0)
			return RTH_ERR_IO;
		if (n == 0)
			return RTH_ERR_FORMAT;
		if (program.text[program.len] == '\n')
			return RTH_OK;
		program.len++;
	}
	return RTH_ERR_FORMAT;
}

static enum rth_err read_keys(void)
{
	ssize_t n = 1;

	if (sodium_mlock(program.raw, sizeof(program.raw)))
		return RTH_ERR_CRYPTO;
	while (n > 0 && program.raw_len < sizeof(program.raw)) {
		n = read(JOB_FD, program.raw + program.raw_len,
			 sizeof(program.raw) - program.raw_len);
		if (n > 0)
			program.raw_len += (size_t)n;
	}
	if (n < 0)
		return RTH_ERR_IO;
	return program.raw_len % RTH_SEAL_KEY_BYTES ||
			       program.raw_len > KEYS_MAX_BYTES ||
			       program.raw_len / RTH_SEAL_KEY_BYTES <
				       program.job.keys
		       ? RTH_ERR_FORMAT
		       : RTH_OK;
}

static enum rth_err read_job(void)
{
	enum rth_err err = read_line();

	if (!err)
		err = rth_film_job_read(&program.job, program.text,
					program.len);
	if (!err)
		err = read_keys();
	close(JOB_FD);
	return err;
}

/* In the sandbox. */

static enum rth_err take_key(size_t key, int fd)
{
	return program.keys[key]
		       ? RTH_OK
		       : rth_seal_key_given(&program.keys[key], fd,
					    program.raw +
						    key * RTH_SEAL_KEY_BYTES);
}

static int by_start(const void *a, const void *b)
{
	const struct rth_film_file *x = a, *y = b;

	return (x->input->start_ms > y->input->start_ms) -
	       (x->input->start_ms < y->input->start_ms);
}

static enum rth_err take_inputs(void)
{
	const struct rth_film_job *job = &program.job;
	enum rth_err err = RTH_OK;

	program.files = rth_alloc(job->n * sizeof(program.files[0]));
	if (!program.files)
		err = RTH_ERR_NOMEM;
	for (size_t i = 0; i < job->n && !err; i++) {
		struct rth_film_file *file = &program.files[i];

		file->input = &job->files[i];
		err = take_key(file->input->key, file->input->fd);
		file->key = program.keys[file->input->key];
	}
	sodium_munlock(program.raw, sizeof(program.raw));
	if (!err)
		qsort(program.files, job->n, sizeof(program.files[0]),
		      by_start);
	return err;
}

/* The key of the first part that has an input. */
static const struct rth_seal_key *first_key(void)
{
	size_t i = 0;

	while (!program.keys[i])
		i++;
	return program.keys[i];
}

static bool is_new(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && !st.st_size;
}

static enum rth_err say(json_t *line)
{
	int rc = line ? json_dumpf(line, stdout, JSON_COMPACT) : -1;

	json_decref(line);
	return rc || putchar('\n') == EOF || fflush(stdout) ? RTH_ERR_STATE
							    : RTH_OK;
}

static enum rth_err tell_progress(void *arg, int64_t done_ms)
{
	struct timespec now;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec == program.told_s)
		return RTH_OK;
	program.told_s = now.tv_sec;
	return say(json_pack("{s:I}", "done_ms", (json_int_t)done_ms));
}

/* One sealed file that was made. */
struct made {
	uint64_t bytes;
	char digest[2 * RTH_SEAL_DIGEST_BYTES + 1];
};

typedef enum rth_err (*make_fn)(struct rth_film_work *, struct rth_seal *);

static enum rth_err make_file(struct made *made, int fd, make_fn make)
{
	struct rth_film_work *work = &program.work;
	uint8_t digest[RTH_SEAL_DIGEST_BYTES];
	struct rth_seal *seal = NULL;
	enum rth_err err = is_new(fd) ? RTH_OK : RTH_ERR_EXISTS;

	if (err)
		return err;
	err = rth_seal_create(&seal, fd, first_key());
	if (err) {
		work->error = errno;
		return err;
	}
	err = make(work, seal);
	if (err) {
		rth_seal_close(seal);
		return err;
	}
	made->bytes = rth_seal_length(seal);
	err = rth_seal_finish(seal, digest);
	if (err)
		work->error = errno;
	sodium_bin2hex(made->digest, sizeof(made->digest), digest,
		       sizeof(digest));
	return err;
}

static enum rth_err make_preview(void)
{
	struct made strip, outline;
	enum rth_err err = make_file(&strip, TARGET_FD, rth_film_strip);

	if (!err)
		err = make_file(&outline, OUTLINE_FD, rth_film_outline);
	if (err)
		return err;
	return say(json_pack("{s:I, s:s, s:I, s:s}", "bytes",
			     (json_int_t)strip.bytes, "digest", strip.digest,
			     "outline_bytes", (json_int_t)outline.bytes,
			     "outline_digest", outline.digest));
}

static enum rth_err make_film(void)
{
	struct made film;
	enum rth_err err = make_file(&film, TARGET_FD, rth_film_make);

	if (err)
		return err;
	return say(json_pack("{s:I, s:I, s:s}", "duration_ms",
			     (json_int_t)program.job.duration_ms, "bytes",
			     (json_int_t)film.bytes, "digest", film.digest));
}

/* All of it. */

static int make_it(void)
{
	enum rth_err err = take_inputs();

	if (err)
		return failed("inputs", err, status_of(err, 0));
	program.work = (struct rth_film_work){
		.job = &program.job,
		.files = program.files,
		.writing = &program.writing,
		.progress = tell_progress,
	};
	err = program.job.preview ? make_preview() : make_film();
	if (err == RTH_ERR_EXISTS)
		return failed("target", err, WRONG_JOB);
	return err ? failed("making", err, status_of(err, program.work.error))
		   : EXIT_SUCCESS;
}

static int prepare(void)
{
	enum rth_err err = read_job();

	if (err == RTH_ERR_LIMIT)
		return failed("job", err, TOO_LONG);
	if (err)
		return failed("job", err, WRONG_JOB);
	if (!program.job.preview)
		err = rth_film_writing_draw(&program.writing, &program.job);
	if (err)
		return failed("writing", err, FAILED);
	err = rth_sandbox_enter_films();
	return err ? failed("sandbox", err, FAILED) : EXIT_SUCCESS;
}

static void drop(void)
{
	for (size_t i = 0; program.files && i < program.job.n; i++)
		rth_film_file_close(&program.files[i]);
	for (size_t i = 0; i < RTH_FILM_KEYS_MAX; i++)
		rth_seal_key_free(program.keys[i]);
	sodium_memzero(program.raw, sizeof(program.raw));
	rth_free(program.text);
	rth_free(program.files);
	rth_film_writing_clear(&program.writing);
	rth_film_job_clear(&program.job);
}

int main(int argc, char **argv)
{
	int status;

	(void)argv;
	if (argc != 1) {
		fputs(USAGE, stderr);
		return WRONG_JOB;
	}
	if (rth_sandbox_doors())
		return failed("start", RTH_ERR_IO, FAILED);
	step_back();
	if (is_left_alone())
		return failed("start", RTH_ERR_UNAVAILABLE, FAILED);
	tzset();
	json_object_seed(0);
	if (sodium_init() < 0)
		return failed("start", RTH_ERR_CRYPTO, FAILED);
	rth_film_quiet();
	status = prepare();
	if (!status)
		status = make_it();
	drop();
	_exit(status); /* what runs at exit may need what was given up */
}
