/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The child's descriptors: 0 nothing, 1 its answers, 2 our log, 3 job and keys,
 * 4 and 5 what it makes, from 6 on its inputs; no other.
 */
#include "film_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <jansson.h>

#define NICE 15
#define SANITIZERS 4
#define LOOK_EVERY_MS 100
#define JOB_FD 3
#define OUT_FD 4
#define IN_FD 6
#define FIRST_FREE_FD (IN_FD + RTH_FILM_INPUTS_MAX + 2)
#define PIPE_BYTES (1 << 20) /* a job is at most so long */

/* The child's exit statuses (docs/store.md). */
static const struct {
	int status;
	enum rth_err err;
} statuses[] = {
	{0, 0},
	{3, RTH_ERR_FORMAT},
	{4, RTH_ERR_LIMIT},
	{5, RTH_ERR_TIMEOUT},
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int rth_film_fd(int fd)
{
	int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);

	if (fd >= 0)
		close(fd);
	return high;
}

static void close_one(int *fdp)
{
	if (*fdp >= 0)
		close(*fdp);
	*fdp = -1;
}

static enum rth_err make_pipe(int fds[2])
{
	int low[2];

	fds[0] = fds[1] = -1;
	if (pipe2(low, O_CLOEXEC))
		return RTH_ERR_IO;
	fds[0] = rth_film_fd(low[0]);
	fds[1] = rth_film_fd(low[1]);
	if (fds[0] >= 0 && fds[1] >= 0)
		return 0;
	close_one(&fds[0]);
	close_one(&fds[1]);
	return RTH_ERR_IO;
}

/* ---- Starting it ---- */

/* Signals as in a program that was just started, and a group of its own. */
static int set_attr(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigemptyset(&all);
	sigaddset(&all, SIGPIPE);
	return posix_spawnattr_setsigmask(attr, &none) ||
	       posix_spawnattr_setsigdefault(attr, &all) ||
	       posix_spawnattr_setpgroup(attr, 0) ||
	       posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETPGROUP);
}

/* All sources are above all places, so that no move overwrites another. */
static int set_files(posix_spawn_file_actions_t *files,
		     const struct rth_film_run *run, int answer, int job,
		     const int outs[2])
{
	int rc = posix_spawn_file_actions_addopen(files, 0, "/dev/null",
						  O_RDONLY, 0);
	size_t i;

	if (!rc)
		rc = posix_spawn_file_actions_adddup2(files, answer, 1);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(files, job, JOB_FD);
	for (i = 0; i < 2 && !rc; i++)
		rc = outs[i] >= 0 ? posix_spawn_file_actions_adddup2(
					    files, outs[i], OUT_FD + (int)i)
				  : posix_spawn_file_actions_addclose(
					    files, OUT_FD + (int)i);
	for (i = 0; i < run->ins_n && !rc; i++)
		rc = posix_spawn_file_actions_adddup2(files, run->ins[i],
						      IN_FD + (int)i);
	return rc ? rc
		  : posix_spawn_file_actions_addclosefrom_np(
			    files, IN_FD + (int)run->ins_n);
}

/* Nothing of our environment but how a sanitizer's build is to behave. */
static void keep_environment(char *env[SANITIZERS + 1])
{
	static const char *const names[SANITIZERS] = {
		"ASAN_OPTIONS=", "LSAN_OPTIONS=", "UBSAN_OPTIONS=",
		"TSAN_OPTIONS="};
	size_t i, n = 0;
	char **at;

	for (at = environ; at && *at && n < SANITIZERS; at++)
		for (i = 0; i < SANITIZERS && n < SANITIZERS; i++)
			if (strncmp(*at, names[i], strlen(names[i])) == 0)
				env[n++] = *at;
	env[n] = NULL;
}

static enum rth_err spawn(pid_t *pidp, const struct rth_film_run *run,
			  int answer, int job, const int outs[2])
{
	char name[] = "rthealth-film";
	char *const argv[] = {name, NULL};
	char *env[SANITIZERS + 1];
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int rc = -1;

	keep_environment(env);
	if (posix_spawn_file_actions_init(&files))
		return RTH_ERR_NOMEM;
	if (posix_spawnattr_init(&attr)) {
		posix_spawn_file_actions_destroy(&files);
		return RTH_ERR_NOMEM;
	}
	if (!set_files(&files, run, answer, job, outs) && !set_attr(&attr))
		rc = posix_spawn(pidp, run->program, &files, &attr, argv, env);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return rc ? RTH_ERR_IO : 0;
}

/* Job and keys are in the pipe before anybody reads, and so nobody waits. */
static enum rth_err send_job(int fd, const struct rth_film_run *run)
{
	size_t len = strlen(run->job), i;

	fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES); /* what is refused is noticed */
	if (fcntl(fd, F_SETFL, O_NONBLOCK) ||
	    write(fd, run->job, len) != (ssize_t)len || write(fd, "\n", 1) != 1)
		return RTH_ERR_IO;
	for (i = 0; i < run->keys_n; i++)
		if (write(fd, rth_seal_key_raw(run->keys[i]),
			  RTH_SEAL_KEY_BYTES) != RTH_SEAL_KEY_BYTES)
			return RTH_ERR_IO;
	return 0;
}

/* ---- Watching it ---- */

struct watch {
	const struct rth_film_run *run;
	int64_t until_ms;
	char *answer;			 /* the last line but progress */
	char line[RTH_FILM_ANSWER_SIZE]; /* that is coming */
	size_t len;
};

/* May the child go on? */
static enum rth_err look(const struct watch *w)
{
	if (w->run->stopping && w->run->stopping(w->run->arg))
		return RTH_ERR_STATE;
	return now_ms() > w->until_ms ? RTH_ERR_TIMEOUT : 0;
}

static void take_line(struct watch *w)
{
	json_t *json = json_loadb(w->line, w->len, 0, NULL);
	const json_t *done = json_object_get(json, "done_ms");

	if (!done) {
		memcpy(w->answer, w->line, w->len);
		w->answer[w->len] = '\0';
	} else if (json_is_integer(done) && w->run->progress) {
		w->run->progress(w->run->arg, json_integer_value(done));
	}
	json_decref(json);
	w->len = 0;
}

static enum rth_err take_bytes(struct watch *w, const char *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (bytes[i] == '\n')
			take_line(w);
		else if (w->len == sizeof(w->line) - 1)
			return RTH_ERR_DENIED;
		else
			w->line[w->len++] = bytes[i];
	}
	return 0;
}

/* Reads until the child closes its end. */
static enum rth_err read_lines(struct watch *w, int fd)
{
	enum rth_err err;
	char bytes[512];

	while (!(err = look(w))) {
		struct pollfd ready = {fd, POLLIN, 0};
		ssize_t n;

		if (poll(&ready, 1, LOOK_EVERY_MS) <= 0)
			continue;
		n = read(fd, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return RTH_ERR_IO;
		if (n == 0)
			return 0;
		err = take_bytes(w, bytes, (size_t)n);
		if (err)
			return err;
	}
	return err;
}

/* One that has answered may still be there: it reads what strangers sent. */
static enum rth_err wait_for_end(const struct watch *w, pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ended = {fd, POLLIN, 0};
	enum rth_err err = fd < 0 ? RTH_ERR_IO : 0;

	while (!err && poll(&ended, 1, LOOK_EVERY_MS) <= 0)
		err = look(w);
	if (fd >= 0)
		close(fd);
	return err;
}

static enum rth_err status_of(pid_t pid)
{
	int status = -1;
	size_t i;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (WIFEXITED(status) &&
		    WEXITSTATUS(status) == statuses[i].status)
			return statuses[i].err;
	return RTH_ERR_DENIED;
}

/* Its answers and its end; it is killed where that takes too long. */
static enum rth_err attend(const struct rth_film_run *run, pid_t pid, int fd,
			   char *answer)
{
	struct watch w = {.run = run,
			  .until_ms = now_ms() + run->max_ms,
			  .answer = answer};
	enum rth_err err = read_lines(&w, fd), status;

	if (!err)
		err = wait_for_end(&w, pid);
	if (err) {
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
	}
	status = status_of(pid);
	return err ? err : status;
}

/* ---- */

/* A visit goes first, but a film gets on also while there are visits; it does
   so itself, too. */
static void lower_priority(pid_t pid)
{
	const struct sched_param param = {.sched_priority = 0};

	sched_setscheduler(pid, SCHED_BATCH, &param);
	setpriority(PRIO_PROCESS, (id_t)pid, NICE);
}

static enum rth_err start_and_attend(const struct rth_film_run *run,
				     int answers[2], int job[2],
				     const int outs[2], char *answer)
{
	enum rth_err err = send_job(job[1], run);
	pid_t pid = -1;

	close_one(&job[1]);
	if (!err)
		err = spawn(&pid, run, answers[1], job[0], outs);
	close_one(&job[0]);
	close_one(&answers[1]);
	if (err)
		return err;
	lower_priority(pid);
	return attend(run, pid, answers[0], answer);
}

enum rth_err rth_film_run(const struct rth_film_run *run,
			  char answer[RTH_FILM_ANSWER_SIZE])
{
	int answers[2] = {-1, -1}, job[2] = {-1, -1}, outs[2] = {-1, -1};
	enum rth_err err = make_pipe(answers);
	int i;

	answer[0] = '\0';
	if (!err)
		err = make_pipe(job);
	for (i = 0; i < 2 && !err; i++) {
		if (run->outs[i] < 0)
			continue;
		outs[i] = fcntl(run->outs[i], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
		err = outs[i] < 0 ? RTH_ERR_IO : 0;
	}
	if (!err)
		err = start_and_attend(run, answers, job, outs, answer);
	for (i = 0; i < 2; i++) {
		close_one(&answers[i]);
		close_one(&job[i]);
		close_one(&outs[i]);
	}
	return err;
}
