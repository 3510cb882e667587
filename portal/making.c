/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that are being made. To begin and to end one the month is locked, as a
 * recovery and a deletion lock it: while they do, nothing new appears.
 */
#include "making.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "erase.h"

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define LOCK_EVERY_MS 20
#define LOCK_MAX_MS 3000 /* where nobody can be asked */

static void making_name(char name[RTH_RECORDING_NAME_SIZE],
			const struct rth_making *m)
{
	snprintf(name, RTH_RECORDING_NAME_SIZE, "%.*s" RTH_RECORDING_MAKES,
		 (int)(RTH_RECORDING_NAME_SIZE - sizeof(RTH_RECORDING_MAKES)),
		 m->name);
}

static void close_all(struct rth_making *m)
{
	int *const fds[] = {&m->fd, &m->folder, &m->month};
	size_t i;

	for (i = 0; i < 3; i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

/* What has been made may have taken hours: it is given up only when it is not
   wanted any more. */
static enum rth_err lock_month(const struct rth_making *m,
			       bool (*stopping)(void *arg), void *arg)
{
	const struct timespec pause = {0, LOCK_EVERY_MS * 1000000L};
	int waited_ms;

	for (waited_ms = 0; flock(m->month, LOCK_EX | LOCK_NB);
	     waited_ms += LOCK_EVERY_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return RTH_ERR_IO;
		if (stopping ? stopping(arg) : waited_ms >= LOCK_MAX_MS)
			return RTH_ERR_STATE;
		nanosleep(&pause, NULL);
	}
	return 0;
}

static void unlock_month(const struct rth_making *m)
{
	flock(m->month, LOCK_UN);
}

/* Is the folder that is open still the one with this name? */
static enum rth_err still_there(const struct rth_making *m)
{
	struct stat open_one, named;

	if (fstat(m->folder, &open_one))
		return RTH_ERR_IO;
	if (fstatat(m->month, m->id, &named, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? RTH_ERR_NOT_FOUND : RTH_ERR_IO;
	return open_one.st_ino == named.st_ino &&
			       open_one.st_dev == named.st_dev
		       ? 0
		       : RTH_ERR_NOT_FOUND;
}

/* What somebody who was killed left is taken over. */
static enum rth_err open_locked(struct rth_making *m)
{
	char name[RTH_RECORDING_NAME_SIZE];
	struct stat st;

	making_name(name, m);
	m->fd = openat(m->folder, name,
		       O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		       0600);
	if (m->fd < 0)
		return RTH_ERR_IO;
	if (flock(m->fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? RTH_ERR_STATE : RTH_ERR_IO;
	if (fstat(m->fd, &st) || !S_ISREG(st.st_mode))
		return RTH_ERR_IO;
	if (st.st_nlink == 0)
		return RTH_ERR_STATE; /* just taken away */
	return ftruncate(m->fd, 0) || fsync(m->folder) ? RTH_ERR_IO : 0;
}

enum rth_err rth_making_begin(struct rth_making *making,
			      const struct rth_recording_folder *folder,
			      const char *name)
{
	struct rth_making m = {.fd = -1};
	enum rth_err err;

	memcpy(m.id, folder->id, sizeof(m.id));
	snprintf(m.name, sizeof(m.name), "%s", name);
	m.folder = openat(folder->fd, ".", FOLDER_FLAGS);
	m.month = openat(folder->fd, "..", FOLDER_FLAGS);
	if (m.folder < 0 || m.month < 0) {
		/* A folder that was removed has nothing above it. */
		err = errno == ENOENT ? RTH_ERR_NOT_FOUND : RTH_ERR_IO;
		close_all(&m);
		return err;
	}
	err = lock_month(&m, NULL, NULL);
	if (!err) {
		err = still_there(&m);
		if (!err)
			err = open_locked(&m);
		unlock_month(&m);
	}
	if (err)
		close_all(&m);
	else
		*making = m;
	return err;
}

bool rth_making_has_room(int folder, int64_t reserve_mb)
{
	struct statvfs st;

	return fstatvfs(folder, &st) == 0 &&
	       (uint64_t)st.f_bavail * st.f_frsize >> 20 >=
		       (uint64_t)reserve_mb;
}

bool rth_making_disturbs(const struct rth_making *making)
{
	if (flock(making->month, LOCK_SH | LOCK_NB))
		return true;
	unlock_month(making);
	return false;
}

/* The key goes first: what is unlinked lies on the disk for a while. */
static void destroy_key(int fd)
{
	if (rth_erase_header(fd))
		return; /* it is the recording's key, and goes with it */
}

void rth_making_cancel(struct rth_making *making)
{
	char name[RTH_RECORDING_NAME_SIZE];

	if (making->fd < 0)
		return;
	making_name(name, making);
	destroy_key(making->fd);
	unlinkat(making->folder, name, 0);
	close_all(making);
}

/* One that had the name loses its key, too. */
static enum rth_err take_name(const struct rth_making *m)
{
	char name[RTH_RECORDING_NAME_SIZE];
	enum rth_err err = still_there(m);
	int old;

	making_name(name, m);
	if (err)
		return err;
	old = openat(m->folder, m->name,
		     O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fsync(m->fd) || renameat(m->folder, name, m->folder, m->name) ||
	    fsync(m->folder))
		err = RTH_ERR_IO;
	if (old >= 0) {
		if (!err)
			destroy_key(old);
		close(old);
	}
	return err;
}

enum rth_err rth_making_end(struct rth_making *making,
			    bool (*stopping)(void *arg), void *arg)
{
	enum rth_err err = lock_month(making, stopping, arg);

	if (!err) {
		err = take_name(making);
		unlock_month(making);
	}
	if (err)
		rth_making_cancel(making);
	else
		close_all(making);
	return err;
}

enum rth_err rth_making_remove(const struct rth_recording_folder *folder,
			       const char *name)
{
	int fd = openat(folder->fd, name,
			O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd >= 0) {
		destroy_key(fd);
		close(fd);
	}
	if (unlinkat(folder->fd, name, 0) && errno != ENOENT)
		return RTH_ERR_IO;
	return fsync(folder->fd) ? RTH_ERR_IO : 0;
}

/* One that nobody makes; the lock is held until its name is gone. */
static enum rth_err sweep_one(const struct rth_recording_folder *folder,
			      const char *name)
{
	int fd = openat(folder->fd, name,
			O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	enum rth_err err = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : RTH_ERR_IO;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		destroy_key(fd);
		if (unlinkat(folder->fd, name, 0) && errno != ENOENT)
			err = RTH_ERR_IO;
	}
	close(fd);
	return err;
}

enum rth_err rth_making_sweep(const struct rth_recording_folder *folder)
{
	enum rth_err err = 0;
	size_t i;

	for (i = 0; i < folder->files_n && !err; i++)
		if (folder->files[i].kind == RTH_RECORDING_MAKING)
			err = sweep_one(folder, folder->files[i].name);
	return err;
}
