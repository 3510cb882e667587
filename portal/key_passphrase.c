/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passphrases, in locked memory from the first byte. */
#include "key_passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <sys/stat.h>

#include "key_file.h"
#include "seal_secret.h"

/* What ends a program must not leave a terminal that shows nothing. */
static const int endings[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP};
#define ENDINGS (sizeof(endings) / sizeof(endings[0]))

static volatile sig_atomic_t ended_by; /* one of these, or 0 */

static void note_ending(int signal_number)
{
	ended_by = signal_number;
}

/* How signals were before the question. */
struct signals {
	struct sigaction action[ENDINGS];
	sigset_t mask;
};

/* They come only while the question waits for a byte, so none is overlooked. */
static void catch_endings(struct signals *before)
{
	const struct sigaction ours = {.sa_handler = note_ending};
	sigset_t set;

	ended_by = 0;
	sigemptyset(&set);
	for (size_t i = 0; i < ENDINGS; i++)
		sigaddset(&set, endings[i]);
	sigprocmask(SIG_BLOCK, &set, &before->mask);
	for (size_t i = 0; i < ENDINGS; i++) {
		sigaction(endings[i], NULL, &before->action[i]);
		if (before->action[i].sa_handler != SIG_IGN)
			sigaction(endings[i], &ours, NULL);
	}
}

/* What came meanwhile happens now. */
static void release_endings(const struct signals *before)
{
	for (size_t i = 0; i < ENDINGS; i++)
		sigaction(endings[i], &before->action[i], NULL);
	sigprocmask(SIG_SETMASK, &before->mask, NULL);
	if (ended_by)
		raise(ended_by);
	ended_by = 0;
}

/* Is there a byte, or the end? False when the program is to end instead. */
static bool wait_for_byte(int fd, const struct signals *signals)
{
	struct pollfd ready = {fd, POLLIN, 0};

	while (signals && !ended_by &&
	       ppoll(&ready, 1, NULL, &signals->mask) <= 0)
		;
	return !ended_by;
}

/* Reads up to a newline or the end; the newline is not in it. */
static enum rth_err read_line(char *line, int fd, const struct signals *signals)
{
	size_t len = 0;

	while (len < RTH_KEY_PASSPHRASE_SIZE) {
		ssize_t n;

		if (!wait_for_byte(fd, signals))
			return RTH_ERR_IO;
		n = read(fd, line + len, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return RTH_ERR_IO;
		if (n == 0 || line[len] == '\n')
			break;
		if (line[len] == '\0')
			return RTH_ERR_FORMAT;
		len++;
	}
	if (len == RTH_KEY_PASSPHRASE_SIZE)
		return RTH_ERR_FORMAT;
	line[len] = '\0';
	return RTH_OK;
}

static enum rth_err take_line(char **passphrasep, int fd,
			      const struct signals *signals)
{
	char *line = rth_secret_alloc(RTH_KEY_PASSPHRASE_SIZE);
	enum rth_err err = line ? read_line(line, fd, signals) : RTH_ERR_NOMEM;

	if (err)
		rth_secret_free(line);
	else
		*passphrasep = line;
	return err;
}

static enum rth_err check_mode(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return RTH_ERR_IO;
	return S_ISREG(st.st_mode) && (st.st_mode & 077) ? RTH_ERR_DENIED
							 : RTH_OK;
}

enum rth_err rth_passphrase_read(char **passphrasep, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *line = NULL;
	enum rth_err err;

	if (fd < 0)
		return errno == ENOENT ? RTH_ERR_NOT_FOUND : RTH_ERR_IO;
	err = check_mode(fd);
	if (!err)
		err = take_line(&line, fd, NULL);
	close(fd);
	if (!err && !line[0]) {
		rth_secret_free(line);
		return RTH_ERR_FORMAT;
	}
	if (!err)
		*passphrasep = line;
	return err;
}

bool rth_passphrase_can_ask(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

enum rth_err rth_passphrase_ask(char **passphrasep, const char *question)
{
	struct signals before;
	struct termios shown, hidden;
	enum rth_err err;

	if (!rth_passphrase_can_ask() || tcgetattr(STDIN_FILENO, &shown))
		return RTH_ERR_UNAVAILABLE;
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	catch_endings(&before);
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)) {
		release_endings(&before);
		return RTH_ERR_UNAVAILABLE;
	}
	fprintf(stderr, "%s: ", question);
	err = take_line(passphrasep, STDIN_FILENO, &before);
	fputc('\n', stderr);
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown))
		fputs("The terminal may not show what is typed: stty echo\n",
		      stderr);
	release_endings(&before);
	return err;
}
