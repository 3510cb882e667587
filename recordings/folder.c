/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folders and files by descriptor: no path is ever followed from the root, no
 * link is followed, nothing that exists is opened for writing.
 */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define FOLDER_MODE 0700
#define FILE_MODE 0600
#define LOCK_EVERY_MS 20

enum rth_err rth_folder_sync(int folder)
{
	return fsync(folder) ? RTH_ERR_IO : RTH_OK;
}

/* Synced also when it was there: who made it may have died before that. */
static enum rth_err make_level(int *fdp, int above, const char *name)
{
	int fd;

	if (mkdirat(above, name, FOLDER_MODE) && errno != EEXIST)
		return RTH_ERR_IO;
	fd = openat(above, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return RTH_ERR_IO;
	if (rth_folder_sync(above)) {
		close(fd);
		return RTH_ERR_IO;
	}
	*fdp = fd;
	return RTH_OK;
}

enum rth_err rth_folder_make(int *folderp, int store, const char *id,
			     int64_t begun_ms)
{
	time_t begun = begun_ms / 1000;
	char year[16], month[8];
	int of_year = -1, of_month = -1;
	struct tm utc;
	enum rth_err err;

	if (!gmtime_r(&begun, &utc) ||
	    !strftime(year, sizeof(year), "%Y", &utc) ||
	    !strftime(month, sizeof(month), "%m", &utc))
		return RTH_ERR_IO;
	err = make_level(&of_year, store, year);
	if (!err)
		err = make_level(&of_month, of_year, month);
	if (!err)
		err = make_level(folderp, of_month, id);
	if (of_month >= 0)
		close(of_month);
	if (of_year >= 0)
		close(of_year);
	return err;
}

enum rth_err rth_folder_lock(int folder, int wait_ms)
{
	for (int waited = 0;; waited += LOCK_EVERY_MS) {
		if (flock(folder, LOCK_EX | LOCK_NB) == 0)
			return RTH_OK;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return RTH_ERR_IO;
		if (waited >= wait_ms)
			return RTH_ERR_TIMEOUT;
		poll(NULL, 0, LOCK_EVERY_MS);
	}
}

enum rth_err rth_folder_seal(struct rth_seal **sealp, int folder,
			     const char *name, const struct rth_seal_key *key)
{
	int fd = openat(folder, name,
			O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			FILE_MODE);
	enum rth_err err;

	if (fd < 0)
		return errno == EEXIST ? RTH_ERR_EXISTS : RTH_ERR_IO;
	err = rth_seal_create(sealp, fd, key);
	if (err)
		close(fd);
	return err;
}

bool rth_folder_has(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

enum rth_err rth_folder_rename(int folder, const char *from, const char *to)
{
	if (renameat(folder, from, folder, to))
		return RTH_ERR_IO;
	return rth_folder_sync(folder);
}

int64_t rth_folder_free_bytes(int folder)
{
	struct statvfs st;

	if (fstatvfs(folder, &st))
		return -1;
	return (int64_t)st.f_bavail * (int64_t)st.f_frsize;
}
