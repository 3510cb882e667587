/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Export. Names come from the recording's folder, where only those of
 * docs/store.md are taken, so none leads out of the folder of the copies.
 */
#include "recording_export.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "mem.h"

#define OTHERS 077

static bool empty(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	bool is = dir != NULL;

	if (!dir) {
		if (copy >= 0)
			close(copy);
		return false;
	}
	while (is && (entry = readdir(dir)))
		is = strcmp(entry->d_name, ".") == 0 ||
		     strcmp(entry->d_name, "..") == 0;
	closedir(dir);
	return is;
}

/* Is an open folder somewhere below another one? Walks up from it. */
static bool is_below(int fd, const char *store)
{
	struct stat top, here, last = {.st_ino = 0};
	bool below = false;
	int at = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (stat(store, &top)) {
		if (at >= 0)
			close(at);
		return false;
	}
	while (at >= 0 && !below && fstat(at, &here) == 0) {
		int up;

		below = here.st_dev == top.st_dev && here.st_ino == top.st_ino;
		if (here.st_dev == last.st_dev && here.st_ino == last.st_ino)
			break; /* the root is above itself */
		last = here;
		up = openat(at, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = up;
	}
	if (at >= 0)
		close(at);
	return below;
}

enum rth_err rth_recording_export_to(int *fdp, const char *path,
				     const char *store, const char **wrong)
{
	enum rth_err err = RTH_ERR_IO;
	struct stat st;
	bool made;
	int fd;

	*wrong = "cannot be made or opened";
	made = mkdir(path, 0700) == 0;
	if (!made && errno != EEXIST)
		return err;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		goto out;
	if (st.st_mode & OTHERS) {
		*wrong = "is open to others: chmod 700";
		err = RTH_ERR_DENIED;
	} else if (is_below(fd, store)) {
		*wrong = "is in the folder of the recordings";
		err = RTH_ERR_DENIED;
	} else if (!empty(fd)) {
		*wrong = "is not empty";
		err = RTH_ERR_EXISTS;
	} else {
		err = 0;
	}
out:
	if (!err)
		*fdp = fd;
	else if (fd >= 0)
		close(fd);
	if (err && made)
		rmdir(path);
	return err;
}

static enum rth_err copy_to(int to,
			    const struct rth_recording_folder *recording,
			    const char *name, const struct rth_seal_key *key,
			    bool damaged, struct rth_finding *finding)
{
	int fd = openat(to, name,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);
	enum rth_err err;

	if (fd < 0) {
		memset(finding, 0, sizeof(*finding));
		finding->err = RTH_ERR_IO;
		snprintf(finding->text, sizeof(finding->text),
			 "cannot be written");
		return RTH_ERR_IO;
	}
	err = rth_recording_copy(fd, recording, name, key, damaged, finding);
	if (close(fd) && !err)
		err = RTH_ERR_IO;
	if (err)
		unlinkat(to, name, 0);
	return err;
}

/* Of a file that belongs to no part: that of any part which it was sealed with.
 */
static enum rth_err key_of_whole(struct rth_seal_key **keyp,
				 const struct rth_recording_folder *recording,
				 const struct rth_recording_file *file,
				 const struct rth_export *e)
{
	char manifest[RTH_MANIFEST_NAME_SIZE];
	struct rth_seal_key *key;
	unsigned part;

	for (part = 1; part <= recording->parts; part++) {
		rth_recording_part_name(manifest, part);
		if (rth_recording_key(&key, recording, manifest, e->pairs.v,
				      e->pairs.n))
			continue;
		if (rth_recording_same_key(recording, file->name, key)) {
			*keyp = key;
			return 0;
		}
		rth_seal_key_free(key);
	}
	return RTH_ERR_DENIED;
}

/*
 * The key of the file's part: a file that is sealed with another one was put
 * there by somebody else, who needs only a public key for that. Without a
 * manifest there is only the file's own.
 */
static enum rth_err key_of(struct rth_seal_key **keyp,
			   const struct rth_recording_folder *recording,
			   const struct rth_recording_file *file,
			   const struct rth_export *e)
{
	char manifest[RTH_MANIFEST_NAME_SIZE];
	enum rth_err err;

	if (!file->part)
		return key_of_whole(keyp, recording, file, e);
	rth_recording_part_name(manifest, file->part);
	err = rth_recording_key(keyp, recording, manifest, e->pairs.v,
				e->pairs.n);
	if (!err || !e->damaged || err == RTH_ERR_NOMEM)
		return err;
	err = rth_recording_key(keyp, recording, file->name, e->pairs.v,
				e->pairs.n);
	if (!err)
		e->tell(e->arg, file->name,
			"its manifest does not open: nothing proves that it "
			"belongs to this recording");
	return err;
}

static enum rth_err export_file(const struct rth_recording_folder *recording,
				int to, const struct rth_recording_file *file,
				struct rth_export *e)
{
	const char *name = file->name;
	struct rth_finding finding = {.err = 0};
	struct rth_seal_key *key;
	enum rth_err err = key_of(&key, recording, file, e);

	if (err) {
		e->tell(e->arg, name, "has no key that can be opened");
		return err;
	}
	err = copy_to(to, recording, name, key, e->damaged, &finding);
	rth_seal_key_free(key);
	if (finding.err)
		e->tell(e->arg, name, finding.text);
	if (err)
		return err;
	/* Killed before its first flush (docs/store.md, "empty"): no film. */
	if (file->kind == RTH_RECORDING_LANE && !finding.bytes)
		return unlinkat(to, name, 0) ? RTH_ERR_IO : 0;
	e->files++;
	e->bytes += finding.bytes;
	return 0;
}

static bool ends(enum rth_err err, const struct rth_export *e)
{
	return err &&
	       (!e->damaged || err == RTH_ERR_NOMEM || err == RTH_ERR_IO);
}

enum rth_err rth_recording_export(const struct rth_recording_folder *recording,
				  int to, struct rth_export *export)
{
	enum rth_err err = 0;
	size_t i;

	export->files = 0;
	export->bytes = 0;
	for (i = 0; i < recording->files_n; i++) {
		const struct rth_recording_file *file = &recording->files[i];

		/* A film is made of the others, and made again when wanted. */
		if (file->kind == RTH_RECORDING_LEFTOVER ||
		    file->kind == RTH_RECORDING_FOREIGN ||
		    file->kind == RTH_RECORDING_MAKING ||
		    file->kind == RTH_RECORDING_FILM)
			continue;
		err = export_file(recording, to, file, export);
		if (ends(err, export))
			return err;
	}
	return fsync(to) ? RTH_ERR_IO : 0;
}
