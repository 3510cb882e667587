/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The end of a recording's files, in this order, each step synced:
 *
 *   locked ─▶ every header overwritten ─▶ every name gone ─▶ folder gone
 *
 * All of it may be done again from the start: a header that is overwritten is
 * overwritten again, a name that is gone is not met any more.
 */
#include "erase.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/stat.h>

#include "id.h"
#include "mem.h"
#include "recording_store.h"
#include "seal.h"
#include "seal_disk.h"

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define LOCK_EVERY_MS 20
#define LOOK_MS 200 /* somebody looks whether it runs, with a lock */
#define LEVELS 4    /* yyyy, mm, ID, and what does not belong there */

struct rth_erase {
	int month;  /* locked: a recovery locks it, too */
	int folder; /* locked: a recorder does */
	char id[RTH_ID_SIZE];
};

static enum rth_err lock(int fd, int how, int wait_ms, enum rth_err busy)
{
	const struct timespec pause = {0, LOCK_EVERY_MS * 1000000L};
	int waited_ms;

	for (waited_ms = 0; flock(fd, how | LOCK_NB);
	     waited_ms += LOCK_EVERY_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return RTH_ERR_IO;
		if (waited_ms >= wait_ms)
			return busy;
		nanosleep(&pause, NULL);
	}
	return 0;
}

enum rth_err rth_erase_turn(int *fdp, const char *folder, bool alone,
			    int wait_ms)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum rth_err err;

	if (fd < 0)
		return RTH_ERR_IO;
	err = lock(fd, alone ? LOCK_EX : LOCK_SH, wait_ms, RTH_ERR_TIMEOUT);
	if (err)
		close(fd);
	else
		*fdp = fd;
	return err;
}

static enum rth_err each_name(int folder,
			      enum rth_err (*each)(int folder, const char *name,
						   void *arg),
			      void *arg);

/* Whoever makes a file holds its lock, a child of theirs as well. */
static enum rth_err look_for_maker(int folder, const char *name, void *arg)
{
	size_t len = strlen(name), end = strlen(RTH_RECORDING_MAKES);
	enum rth_err err = 0;
	int fd;

	(void)arg;
	if (len < end || strcmp(name + len - end, RTH_RECORDING_MAKES) != 0)
		return 0;
	fd = openat(folder, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP ? 0 : RTH_ERR_IO;
	if (flock(fd, LOCK_EX | LOCK_NB))
		err = RTH_ERR_TIMEOUT;
	close(fd);
	return err;
}

/* With the month locked nobody begins; who has begun has been told to end. */
static enum rth_err wait_for_makers(const struct rth_erase *e, int wait_ms)
{
	const struct timespec pause = {0, LOCK_EVERY_MS * 1000000L};
	enum rth_err err;
	int waited_ms;

	for (waited_ms = 0; (err = each_name(e->folder, look_for_maker,
					     NULL)) == RTH_ERR_TIMEOUT &&
			    waited_ms < wait_ms;
	     waited_ms += LOCK_EVERY_MS)
		nanosleep(&pause, NULL);
	return err;
}

/* Another deletion may have been here until the month was locked. */
static enum rth_err open_locked(struct rth_erase *e, int wait_ms, int makers_ms)
{
	enum rth_err err = lock(e->month, LOCK_EX, wait_ms, RTH_ERR_TIMEOUT);

	if (err)
		return err;
	e->folder = openat(e->month, e->id, FOLDER_FLAGS);
	if (e->folder < 0)
		return errno == ENOENT ? RTH_ERR_NOT_FOUND : RTH_ERR_IO;
	err = lock(e->folder, LOCK_EX, LOOK_MS, RTH_ERR_STATE);
	if (!err)
		err = wait_for_makers(e, makers_ms);
	return err;
}

enum rth_err rth_erase_open(struct rth_erase **erasep, const char *folder,
			    const char *id, int wait_ms, int makers_ms)
{
	struct rth_erase *e;
	enum rth_err err;
	int month;

	err = rth_recording_month_open(&month, folder, id);
	if (err)
		return err;
	e = rth_alloc(sizeof(*e));
	if (!e) {
		close(month);
		return RTH_ERR_NOMEM;
	}
	e->month = month;
	e->folder = -1;
	memcpy(e->id, id, sizeof(e->id));
	err = open_locked(e, wait_ms, makers_ms);
	if (err)
		rth_erase_close(e);
	else
		*erasep = e;
	return err;
}

void rth_erase_close(struct rth_erase *erase)
{
	if (!erase)
		return;
	if (erase->folder >= 0)
		close(erase->folder);
	close(erase->month);
	rth_free(erase);
}

/* ---- Every name in a folder ---- */

/*
 * Calls back for each; an error of `each` is kept while the others are still
 * called, since a key that can be destroyed is.
 */
static enum rth_err each_name(int folder,
			      enum rth_err (*each)(int folder, const char *name,
						   void *arg),
			      void *arg)
{
	int copy = openat(folder, ".", FOLDER_FLAGS);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	enum rth_err first = 0;

	if (!dir) {
		if (copy >= 0)
			close(copy);
		return RTH_ERR_IO;
	}
	for (;;) {
		const struct dirent *entry;
		enum rth_err err = 0;

		errno = 0;
		entry = readdir(dir);
		if (!entry) {
			if (errno && !first)
				first = RTH_ERR_IO;
			break;
		}
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			err = each(folder, entry->d_name, arg);
		if (err && !first)
			first = err;
	}
	closedir(dir);
	return first;
}

static enum rth_err count_one(int folder, const char *name, void *arg)
{
	struct rth_erase_count *count = arg;
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : RTH_ERR_IO;
	count->files++;
	count->bytes += st.st_size;
	return 0;
}

enum rth_err rth_erase_count(const struct rth_erase *erase,
			     struct rth_erase_count *count)
{
	*count = (struct rth_erase_count){0, 0};
	return each_name(erase->folder, count_one, count);
}

/* ---- Keys ---- */

/* The boxes with the key, and whose they were. A file is not made longer; one
   that is shorter has no whole header. */
enum rth_err rth_erase_header(int fd)
{
	static const uint8_t nothing[RTH_SEAL_HEADER_BYTES];
	size_t len = sizeof(nothing);
	struct stat st;
	enum rth_err err;

	if (fstat(fd, &st))
		return RTH_ERR_IO;
	if (S_ISDIR(st.st_mode))
		return RTH_ERR_EXISTS;
	if (!S_ISREG(st.st_mode))
		return 0; /* no key in it */
	if ((uint64_t)st.st_size < len)
		len = (size_t)st.st_size;
	err = rth_disk_write(&rth_seal_disk, fd, nothing, len, 0);
	return err ? err : rth_disk_sync(&rth_seal_disk, fd);
}

static enum rth_err destroy_key(int folder, const char *name, void *arg)
{
	int fd = openat(folder, name,
			O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	enum rth_err err;

	(void)arg;
	if (fd < 0) {
		/* A link or a socket is only a name. */
		if (errno == ELOOP || errno == ENXIO || errno == ENOENT)
			return 0;
		return errno == EISDIR ? RTH_ERR_EXISTS : RTH_ERR_IO;
	}
	err = rth_erase_header(fd);
	close(fd);
	return err;
}

/* ---- Names ---- */

static enum rth_err unlink_one(int folder, const char *name, void *arg)
{
	bool *anyp = arg;

	if (unlinkat(folder, name, 0) && errno != ENOENT)
		return RTH_ERR_IO;
	*anyp = true;
	return 0;
}

/* Reading a folder that changes may pass over names: once more, until none. */
static enum rth_err unlink_all(int folder)
{
	enum rth_err err;
	bool any;

	do {
		any = false;
		err = each_name(folder, unlink_one, &any);
	} while (!err && any);
	if (!err && fsync(folder))
		err = RTH_ERR_IO;
	return err;
}

enum rth_err rth_erase_files(struct rth_erase *erase)
{
	enum rth_err err = each_name(erase->folder, destroy_key, NULL);

	if (!err)
		err = unlink_all(erase->folder);
	if (!err && unlinkat(erase->month, erase->id, AT_REMOVEDIR) &&
	    errno != ENOENT)
		err = RTH_ERR_IO;
	if (!err && fsync(erase->month))
		err = RTH_ERR_IO;
	return err;
}

/* ---- Is it so? ---- */

struct look {
	const char *id;
	unsigned level;
};

static enum rth_err look_at(int folder, const char *name, void *arg);

static enum rth_err look_below(int folder, const char *name,
			       const struct look *above)
{
	struct look look = {above->id, above->level + 1};
	int fd = openat(folder, name, FOLDER_FLAGS);
	enum rth_err err;

	if (fd < 0) {
		/* No folder, gone, or somebody else's, as lost+found is. */
		if (errno == ENOTDIR || errno == ELOOP || errno == ENOENT)
			return 0;
		return errno == EACCES && strspn(name, "0123456789") == 0
			       ? 0
			       : RTH_ERR_IO;
	}
	err = each_name(fd, look_at, &look);
	close(fd);
	return err;
}

/* No file in another recording's folder is named by this id. */
static enum rth_err look_at(int folder, const char *name, void *arg)
{
	const struct look *look = arg;

	if (strstr(name, look->id))
		return RTH_ERR_EXISTS;
	if (look->level == LEVELS || rth_id_valid(name))
		return 0;
	return look_below(folder, name, look);
}

enum rth_err rth_erase_remains(const char *folder, const char *id)
{
	struct look look = {id, 1};
	int root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum rth_err err;

	if (root < 0)
		return RTH_ERR_IO;
	err = each_name(root, look_at, &look);
	close(root);
	return err;
}
