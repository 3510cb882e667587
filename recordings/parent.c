/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parent. Of two recorders with one socket the one that holds the lock
 * beside it (SOCKET.lock) serves; a socket that nobody serves any more is
 * replaced. The kernel gives up the lock with the process.
 */
#include "parent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "log.h"
#include "mem.h"
#include "reader.h"

#define BACKLOG 64
#define SOCKET_MASK 0117 /* mode 0660 */
#define NO_ACCEPT_MS 100

struct rth_parent {
	const struct rth_recorder_conf *conf;
	struct sockaddr_un address;
	int lock, listener, signals;
	bool stopping;
	size_t n;	  /* children */
	pid_t children[]; /* at most recordings_max */
};

static enum rth_err wrong(struct rth_conf_problem *problem, const char *path,
			  const char *reason, enum rth_err err)
{
	snprintf(problem->text, sizeof(problem->text), "%s: socket: %s", path,
		 reason);
	return err;
}

void rth_parent_free(struct rth_parent *parent)
{
	if (!parent)
		return;
	if (parent->signals >= 0)
		close(parent->signals);
	if (parent->listener >= 0)
		close(parent->listener);
	if (parent->lock >= 0)
		close(parent->lock);
	rth_free(parent);
}

/* The socket. */

static enum rth_err take_lock(struct rth_parent *parent, const char *path,
			      struct rth_conf_problem *problem)
{
	char name[sizeof(parent->address.sun_path) + 8];

	snprintf(name, sizeof(name), "%s.lock", parent->conf->socket);
	parent->lock =
		open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (parent->lock < 0)
		return wrong(problem, path, strerror(errno), RTH_ERR_IO);
	if (flock(parent->lock, LOCK_EX | LOCK_NB))
		return wrong(problem, path, "another recorder listens there",
			     RTH_ERR_EXISTS);
	return RTH_OK;
}

/* Only a socket is ever removed, and only under the lock. */
static bool remove_stale(const char *name)
{
	struct stat st;

	if (lstat(name, &st))
		return errno == ENOENT;
	return S_ISSOCK(st.st_mode) && unlink(name) == 0;
}

static bool bind_socket(struct rth_parent *parent)
{
	mode_t before = umask(SOCKET_MASK);
	int bound = bind(parent->listener, (struct sockaddr *)&parent->address,
			 sizeof(parent->address));

	umask(before);
	return bound == 0;
}

static enum rth_err listen_at(struct rth_parent *parent, const char *path,
			      struct rth_conf_problem *problem)
{
	const char *name = parent->conf->socket;

	if (!remove_stale(name))
		return wrong(problem, path, "something else is in its place",
			     RTH_ERR_EXISTS);
	parent->listener = socket(
		AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (parent->listener < 0 || !bind_socket(parent) ||
	    (parent->conf->socket_gid != (gid_t)-1 &&
	     chown(name, (uid_t)-1, parent->conf->socket_gid)) ||
	    listen(parent->listener, BACKLOG))
		return wrong(problem, path, strerror(errno), RTH_ERR_IO);
	return RTH_OK;
}

static enum rth_err open_signals(struct rth_parent *parent)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	parent->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return parent->signals < 0 ? RTH_ERR_IO : RTH_OK;
}

enum rth_err rth_parent_create(struct rth_parent **parentp,
			       const struct rth_recorder_conf *conf,
			       const char *path,
			       struct rth_conf_problem *problem)
{
	struct rth_parent *parent = rth_alloc(
		sizeof(*parent) + (size_t)conf->recordings_max * sizeof(pid_t));
	enum rth_err err;

	if (!parent)
		return wrong(problem, path, "out of memory", RTH_ERR_NOMEM);
	parent->conf = conf;
	parent->lock = parent->listener = parent->signals = -1;
	parent->address.sun_family = AF_UNIX;
	snprintf(parent->address.sun_path, sizeof(parent->address.sun_path),
		 "%s", conf->socket);
	err = take_lock(parent, path, problem);
	if (!err)
		err = listen_at(parent, path, problem);
	if (!err && open_signals(parent))
		err = wrong(problem, path, "no signals", RTH_ERR_IO);
	if (err)
		rth_parent_free(parent);
	else
		*parentp = parent;
	return err;
}

/* Children. */

static int live_as_child(struct rth_parent *parent, int feed,
			 const struct rth_clinic_keys *keys, int store)
{
	const struct rth_child child = {
		.feed = feed,
		.store = store,
		.conf = parent->conf,
		.keys = keys,
	};
	int status;

	rth_parent_free(parent);
	status = rth_child_run(&child);
	close(feed);
	return status;
}

static void refuse(int feed)
{
	rth_log(RTH_LOG_WARN, "recording-refused", "s:s", "reason", "busy");
	rth_reader_say(feed, RTH_FEED_REFUSED, "busy");
}

/* RTH_ERR_STATE in the child, when its life is over. */
static enum rth_err accept_one(struct rth_parent *parent,
			       const struct rth_clinic_keys *keys, int store,
			       int *statusp)
{
	int feed = accept4(parent->listener, NULL, NULL,
			   SOCK_CLOEXEC | SOCK_NONBLOCK);
	pid_t pid = -1;

	if (feed < 0) {
		/* Without descriptors or memory the caller stays in line. */
		if (errno != EAGAIN)
			poll(NULL, 0, NO_ACCEPT_MS);
		return RTH_OK;
	}
	if (parent->n < (size_t)parent->conf->recordings_max)
		pid = fork();
	if (pid == 0) {
		*statusp = live_as_child(parent, feed, keys, store);
		return RTH_ERR_STATE;
	}
	if (pid < 0)
		refuse(feed);
	else
		parent->children[parent->n++] = pid;
	close(feed);
	return RTH_OK;
}

static void forget(struct rth_parent *parent, pid_t pid)
{
	for (size_t i = 0; i < parent->n; i++)
		if (parent->children[i] == pid) {
			parent->children[i] = parent->children[--parent->n];
			return;
		}
}

static void reap(struct rth_parent *parent)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		forget(parent, pid);
		if (WIFSIGNALED(status))
			rth_log(RTH_LOG_ERROR, "child-killed", "s:i, s:b, s:i",
				"signal", WTERMSIG(status), "by_sandbox",
				WTERMSIG(status) == SIGSYS, "left",
				(int)parent->n);
		else if (WEXITSTATUS(status))
			rth_log(RTH_LOG_ERROR, "child-failed", "s:i, s:i",
				"status", WEXITSTATUS(status), "left",
				(int)parent->n);
	}
}

static void stop(struct rth_parent *parent)
{
	if (parent->stopping)
		return;
	parent->stopping = true;
	rth_log(RTH_LOG_INFO, "stopping", "s:i", "recordings", (int)parent->n);
	close(parent->listener);
	parent->listener = -1;
	unlink(parent->conf->socket);
	for (size_t i = 0; i < parent->n; i++)
		kill(parent->children[i], SIGTERM);
}

static void take_signals(struct rth_parent *parent)
{
	struct signalfd_siginfo info;

	while (read(parent->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			stop(parent);
	reap(parent);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

enum rth_err rth_parent_serve(struct rth_parent *parent,
			      const struct rth_clinic_keys *keys, int store,
			      int *statusp)
{
	int64_t stop_ms = INT64_MAX;
	enum rth_err err = RTH_OK;

	while (!err &&
	       (!parent->stopping || (parent->n && now_ms() < stop_ms))) {
		struct pollfd fds[2] = {
			{.fd = parent->signals, .events = POLLIN},
			{.fd = parent->listener, .events = POLLIN},
		};

		poll(fds, 2, parent->stopping ? 200 : -1);
		if (fds[0].revents)
			take_signals(parent);
		if (parent->stopping && stop_ms == INT64_MAX)
			stop_ms = now_ms() + RTH_STOP_MS;
		if (!parent->stopping && fds[1].revents)
			err = accept_one(parent, keys, store, statusp);
	}
	if (!err)
		rth_log(RTH_LOG_INFO, "stopped", "s:i", "left", (int)parent->n);
	return err;
}
