/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The child's descriptors: 0 nothing, 1 its answer, 2 our log, 3 the recording
 * key, 4 the interrupted file, 5 the new one; no other.
 */
#include "recover_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define NICE 15
#define SANITIZERS 3
#define LOOK_EVERY_MS 100
#define NOTHING_TO_PLAY 3 /* the child's exit status */
#define FIRST_FREE_FD 10  /* ours are moved above what the child gets */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void close_pair(int fds[2])
{
	int i;

	for (i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* A pipe whose ends are not among those that the child gets. */
static enum rth_err make_pipe(int fds[2])
{
	int low[2], i;

	fds[0] = fds[1] = -1;
	if (pipe2(low, O_CLOEXEC))
		return RTH_ERR_IO;
	for (i = 0; i < 2; i++)
		fds[i] = fcntl(low[i], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
	close_pair(low);
	if (fds[0] >= 0 && fds[1] >= 0)
		return 0;
	close_pair(fds);
	return RTH_ERR_IO;
}

/* Signals as in a program that was just started. */
static int set_signals(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigemptyset(&all);
	sigaddset(&all, SIGPIPE);
	return posix_spawnattr_setsigmask(attr, &none) ||
	       posix_spawnattr_setsigdefault(attr, &all) ||
	       posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
}

/* `fds` are moved up first, so that no move overwrites another one's source. */
static int set_files(posix_spawn_file_actions_t *files, const int fds[4])
{
	static const int places[] = {1, 3, 4, 5};
	int i, rc = posix_spawn_file_actions_addopen(files, 0, "/dev/null",
						     O_RDONLY, 0);

	for (i = 0; i < 4 && !rc; i++)
		rc = posix_spawn_file_actions_adddup2(files, fds[i], places[i]);
	return rc ? rc : posix_spawn_file_actions_addclosefrom_np(files, 6);
}

/*
 * Nothing of our environment but how a sanitizer's build is to behave: some do
 * not run in the child's sandbox.
 */
static void keep_environment(char *env[SANITIZERS + 1])
{
	static const char *const names[SANITIZERS] = {
		"ASAN_OPTIONS=", "LSAN_OPTIONS=", "UBSAN_OPTIONS="};
	size_t i, n = 0;
	char **at;

	for (at = environ; at && *at && n < SANITIZERS; at++)
		for (i = 0; i < SANITIZERS && n < SANITIZERS; i++)
			if (strncmp(*at, names[i], strlen(names[i])) == 0)
				env[n++] = *at;
	env[n] = NULL;
}

static enum rth_err spawn(pid_t *pidp, const struct rth_recover_run *run,
			  int answer, int key)
{
	char name[] = "rthealth-recover";
	char *const argv[] = {name, NULL};
	char *env[SANITIZERS + 1];
	int fds[4] = {answer, key, -1, -1}, rc = -1;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;

	keep_environment(env);
	if (posix_spawn_file_actions_init(&files))
		return RTH_ERR_NOMEM;
	if (posix_spawnattr_init(&attr)) {
		posix_spawn_file_actions_destroy(&files);
		return RTH_ERR_NOMEM;
	}
	fds[2] = fcntl(run->from, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
	fds[3] = fcntl(run->to, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
	if (fds[2] >= 0 && fds[3] >= 0 && !set_files(&files, fds) &&
	    !set_signals(&attr))
		rc = posix_spawn(pidp, run->program, &files, &attr, argv, env);
	close_pair(fds + 2);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return rc ? RTH_ERR_IO : 0;
}

/* A pipe holds 32 bytes without anybody reading; SIGPIPE is ignored. */
static enum rth_err send_key(int fd, const struct rth_seal_key *key)
{
	return write(fd, rth_seal_key_raw(key), RTH_SEAL_KEY_BYTES) ==
			       RTH_SEAL_KEY_BYTES
		       ? 0
		       : RTH_ERR_IO;
}

/* May the child go on? */
static enum rth_err look(const struct rth_recover_run *run, int64_t until_ms)
{
	if (run->stopping && run->stopping(run->arg))
		return RTH_ERR_STATE;
	return now_ms() > until_ms ? RTH_ERR_TIMEOUT : 0;
}

/* Reads until the child closes its end. */
static enum rth_err read_answer(int fd, const struct rth_recover_run *run,
				int64_t until_ms, char *answer)
{
	enum rth_err err;
	size_t len = 0;

	while (!(err = look(run, until_ms))) {
		struct pollfd ready = {fd, POLLIN, 0};
		ssize_t n;

		if (poll(&ready, 1, LOOK_EVERY_MS) <= 0)
			continue;
		n = read(fd, answer + len, RTH_RECOVER_ANSWER_SIZE - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return RTH_ERR_IO;
		len += (size_t)n;
		answer[len] = '\0';
		if (n == 0)
			return 0;
		if (len == RTH_RECOVER_ANSWER_SIZE - 1)
			return RTH_ERR_FORMAT;
	}
	return err;
}

/* One that has answered may still be there: it reads what strangers sent. */
static enum rth_err wait_for_end(pid_t pid, const struct rth_recover_run *run,
				 int64_t until_ms)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ended = {fd, POLLIN, 0};
	enum rth_err err = fd < 0 ? RTH_ERR_IO : 0;

	while (!err && poll(&ended, 1, LOOK_EVERY_MS) <= 0)
		err = look(run, until_ms);
	if (fd >= 0)
		close(fd);
	return err;
}

static enum rth_err status_of(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOTHING_TO_PLAY)
		return RTH_ERR_NOT_FOUND;
	return RTH_ERR_FORMAT;
}

/* Its answer and its end; it is killed where that takes too long. */
static enum rth_err attend(pid_t pid, int fd, const struct rth_recover_run *run,
			   char *answer)
{
	int64_t until_ms = now_ms() + run->max_ms;
	enum rth_err err = read_answer(fd, run, until_ms, answer), status;

	if (!err)
		err = wait_for_end(pid, run, until_ms);
	if (err)
		kill(pid, SIGKILL);
	status = status_of(pid);
	return err ? err : status;
}

enum rth_err rth_recover_run(const struct rth_recover_run *run,
			     char answer[RTH_RECOVER_ANSWER_SIZE])
{
	int out[2], key[2];
	enum rth_err err = make_pipe(out);
	pid_t pid = -1;

	answer[0] = '\0';
	if (err)
		return err;
	err = make_pipe(key);
	if (err) {
		close_pair(out);
		return err;
	}
	err = send_key(key[1], run->key);
	close(key[1]);
	key[1] = -1;
	if (!err)
		err = spawn(&pid, run, out[1], key[0]);
	close(key[0]);
	close(out[1]);
	if (!err) {
		setpriority(PRIO_PROCESS, (id_t)pid, NICE);
		err = attend(pid, out[0], run, answer);
	}
	close(out[0]);
	return err;
}
