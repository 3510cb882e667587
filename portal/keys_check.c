/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keys check: whether everything that will be needed to open a recording is
 * there, and nothing lies where the recorder or others could take it.
 */
#include "keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "key_file.h"
#include "recording_file.h"
#include "recording_store.h"

#define DEPTH_MAX 6 /* recordings/yyyy/mm/id/file */

/* What has been found so far. */
struct check {
	const struct rth_settings *settings;
	struct rth_keys *keys; /* NULL: none is open */
	unsigned problems;
	unsigned recordings, unopened;
};

static void problem(struct check *c, const char *what, const char *why)
{
	c->problems++;
	fprintf(stderr, "PROBLEM  %s: %s\n", what, why);
}

static void check_private_folder(struct check *c)
{
	const char *path = c->settings->recordings.private_keys;
	struct stat st;

	if (stat(path, &st))
		problem(c, path, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		problem(c, path, "is no folder");
	else if (st.st_mode & 077)
		problem(c, path, "others can look into it: chmod 700");
	else if (st.st_uid != geteuid())
		problem(c, path,
			"is not this user's: run this as the portal's "
			"user");
}

/* Of links, too: settings compares the paths as they are written. */
static void check_apart(struct check *c, const char *other)
{
	const char *path = c->settings->recordings.private_keys;
	char a[PATH_MAX], b[PATH_MAX];
	size_t len;

	if (!realpath(path, a) || !realpath(other, b))
		return; /* what is not there is told elsewhere */
	len = strlen(b);
	if (strncmp(a, b, len) == 0 && (a[len] == '/' || !a[len]))
		problem(c, path, "is in the recorder's reach: move it");
}

static bool has_private(const struct check *c, const uint8_t *public)
{
	const struct rth_seal_pair *pairs;
	size_t n = 0;

	if (!c->keys)
		return false;
	pairs = rth_keys_pairs(c->keys, &n);
	for (size_t i = 0; i < n; i++)
		if (memcmp(pairs[i].public, public, RTH_SEAL_PUBLIC_BYTES) == 0)
			return true;
	return false;
}

static void check_public(struct check *c)
{
	const char *path = c->settings->recordings.public_keys;
	struct rth_clinic_keys keys;
	char line[256];
	size_t here = 0;

	if (rth_clinic_keys_read(&keys, path, line, sizeof(line))) {
		c->problems++;
		fprintf(stderr, "PROBLEM  %s\n", line);
		return;
	}
	for (size_t i = 0; i < keys.n; i++) {
		bool open = has_private(c, keys.public[i]);

		if (!rth_key_usable(keys.public[i]))
			problem(c, keys.name[i], "nothing can be sealed to it");
		printf("%-20s active, private key %s\n", keys.name[i],
		       open ? "here and open" : "elsewhere");
		here += open;
	}
	if (!here)
		problem(c, path,
			"none of these has its private key here: the "
			"portal cannot open new recordings");
	if (keys.n == 1)
		printf("Only one key: when it is lost, so are the recordings. "
		       "See keys add.\n");
}

static void check_reach(struct check *c, int dirfd, const char *name,
			const char *path, int depth);

/* A file or a folder in the recorder's reach, whatever it is called. */
static void check_entry(struct check *c, int dirfd, const char *name,
			const char *folder, int depth)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= PATH_MAX)
		problem(c, folder, "has names that are too long");
	else if (rth_clinic_key_is_private(dirfd, name))
		problem(c, path,
			"a private key in the recorder's reach: move it to "
			"recordings.private_keys, and rotate");
	else if (depth)
		check_reach(c, dirfd, name, path, depth - 1);
}

/*
 * What is no folder, a link in it or gone is passed by; what is one and cannot
 * be looked into may hold anything.
 */
static void check_reach(struct check *c, int dirfd, const char *name,
			const char *path, int depth)
{
	int link = dirfd == AT_FDCWD ? 0 : O_NOFOLLOW;
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | link);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		if (errno != ENOTDIR && errno != ELOOP && errno != ENOENT)
			problem(c, path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			check_entry(c, fd, entry->d_name, path, depth);
	closedir(dir);
}

/*
 * A file whose header was not yet on the disk when its recorder was killed, or
 * is not yet now, holds nothing. `recording verify` knows whether it should.
 */
static bool is_empty(const struct rth_recording_folder *recording,
		     const char *name)
{
	struct stat st;

	return !fstatat(recording->fd, name, &st, AT_SYMLINK_NOFOLLOW) &&
	       S_ISREG(st.st_mode) && st.st_size < RTH_SEAL_HEADER_BYTES;
}

static enum rth_err check_file(struct check *c,
			       const struct rth_recording_folder *recording,
			       const struct rth_recording_file *file)
{
	const struct rth_seal_pair *pairs;
	struct rth_seal_key *key;
	size_t n = 0;
	enum rth_err err;

	if (file->kind == RTH_RECORDING_FOREIGN ||
	    file->kind == RTH_RECORDING_LEFTOVER)
		return RTH_OK;
	if (!c->keys)
		return RTH_ERR_DENIED;
	pairs = rth_keys_pairs(c->keys, &n);
	err = rth_recording_key(&key, recording, file->name, pairs, n);
	if (!err)
		rth_seal_key_free(key);
	if (err == RTH_ERR_FORMAT && is_empty(recording, file->name))
		return RTH_OK;
	/* A manifest that its recorder has just replaced. */
	return err == RTH_ERR_NOT_FOUND ? RTH_OK : err;
}

/* One line a recording: its files have the same recipients. */
static void unopened(struct check *c, const char *id, const char *file,
		     enum rth_err err)
{
	char what[RTH_ID_SIZE + RTH_RECORDING_NAME_SIZE];

	c->unopened++;
	snprintf(what, sizeof(what), "%s/%s", id, file);
	problem(c, what,
		err == RTH_ERR_DENIED ? "none of the private keys here opens it"
		: err == RTH_ERR_FORMAT ? "damaged, or not sealed"
					: "cannot be read");
}

static enum rth_err check_recording(const char *id, void *arg)
{
	struct rth_recording_folder *recording;
	struct check *c = arg;
	enum rth_err err;

	c->recordings++;
	err = rth_recording_folder_open(&recording,
					c->settings->recordings.folder, id);
	if (err) {
		problem(c, id, "cannot be read");
		c->unopened++;
		return err == RTH_ERR_NOMEM ? err : RTH_OK;
	}
	for (size_t i = 0; i < recording->files_n && !err; i++) {
		err = check_file(c, recording, &recording->files[i]);
		if (err)
			unopened(c, id, recording->files[i].name, err);
	}
	rth_recording_folder_close(recording);
	return RTH_OK;
}

static void check_recordings(struct check *c)
{
	const char *folder = c->settings->recordings.folder;
	enum rth_err err = rth_recordings_each(folder, check_recording, c);

	if (err)
		problem(c, folder, "cannot be read");
	printf("%u recordings, %u of them opened by the private keys here\n",
	       c->recordings, c->recordings - c->unopened);
}

int rth_keys_check(const struct rth_settings *settings)
{
	struct check c = {.settings = settings};
	char line[RTH_KEYS_LINE_SIZE];

	if (!settings->recordings.folder) {
		problem(&c, "recordings.folder", "not in the configuration");
		return EXIT_FAILURE;
	}
	check_private_folder(&c);
	check_apart(&c, settings->recordings.public_keys);
	check_apart(&c, settings->recordings.folder);
	if (rth_keys_open(&c.keys, settings, true, line))
		c.keys = NULL;
	if (line[0]) {
		c.problems++;
		fprintf(stderr, "PROBLEM  %s\n", line);
	}
	check_public(&c);
	check_reach(&c, AT_FDCWD, settings->recordings.public_keys,
		    settings->recordings.public_keys, DEPTH_MAX);
	check_reach(&c, AT_FDCWD, settings->recordings.folder,
		    settings->recordings.folder, DEPTH_MAX);
	check_recordings(&c);
	rth_keys_free(c.keys);
	if (!c.problems)
		printf("All is well.\n");
	return c.problems ? EXIT_FAILURE : EXIT_SUCCESS;
}
