/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recovery of a recording, part by part:
 *
 *   each file:  interrupted ─▶ NAME.recovering ─▶ checked ─▶ takes its NAME
 *   then:       manifest with an ending        ─▶ checked ─▶ takes its NAME
 *   then:       what nothing came out of, and leftovers, are taken away
 *
 * Each arrow is synced before the next one, and whatever was done before a kill
 * is done again: the manifest is the last to say that the part is finished, and
 * nothing is taken away before that.
 */
#include "recording_recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/stat.h>

#include "json_text.h"
#include "mem.h"
#include "recover_copy.h"
#include "recover_manifest.h"

/* A sealed file without a block in its place: docs/store.md. */
#define ONLY_SLOTS_BYTES (RTH_SEAL_HEADER_BYTES + 2 * 16448)
#define LOCK_EVERY_MS 20
#define LOCK_MAX_MS 600000

static void tell(const struct rth_recover *r, const char *file,
		 const char *text)
{
	r->tell(r->arg, file, text);
}

static bool stopping(const struct rth_recover *r)
{
	return r->stopping && r->stopping(r->arg);
}

/* Has a flush ever reached the disk? Then a slot has been written. */
static bool was_flushed(const struct rth_recover_work *w, const char *name)
{
	bool flushed = false;
	char bytes[4096];
	off_t at;
	int fd;

	if (rth_recording_folder_file(&fd, w->folder, name))
		return true; /* not known: nothing is given up */
	for (at = RTH_SEAL_HEADER_BYTES; at < ONLY_SLOTS_BYTES && !flushed;
	     at += (off_t)sizeof(bytes)) {
		ssize_t n = pread(fd, bytes, sizeof(bytes), at), i;

		flushed = n < 0;
		for (i = 0; i < n; i++)
			flushed = flushed ||
				  (bytes[i] && at + i < ONLY_SLOTS_BYTES);
	}
	close(fd);
	return flushed;
}

/*
 * What nothing was ever in: no whole header, or no block that was flushed. A
 * file of which nothing opens though it was flushed is damaged instead.
 */
static bool is_empty(const struct rth_recover_work *w, const char *name,
		     struct rth_finding *found)
{
	struct stat st;

	if ((found->err && found->err != RTH_ERR_FORMAT) || found->bytes ||
	    fstatat(w->folder->fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return false;
	if (found->err)
		return st.st_size < RTH_SEAL_HEADER_BYTES;
	if (st.st_size <= ONLY_SLOTS_BYTES || !was_flushed(w, name))
		return true;
	found->err = RTH_ERR_CRYPTO;
	snprintf(found->text, sizeof(found->text), "block 0 does not open");
	return false;
}

/*
 * A file that the manifest knows as finished is that one or it is damaged: cut,
 * emptied, or one of an earlier moment. To complete it would hide that.
 */
static enum rth_err check_finished(const struct rth_listed *listed,
				   struct rth_finding *found)
{
	if (found->err)
		return found->err;
	if (found->complete &&
	    memcmp(listed->digest, found->digest, sizeof(found->digest)) == 0)
		return 0;
	found->err = RTH_ERR_FORMAT;
	snprintf(found->text, sizeof(found->text),
		 "is another one than its manifest's");
	return found->err;
}

static enum rth_err recover_file(struct rth_recover_work *w,
				 const struct rth_recording_file *file)
{
	const struct rth_listed *listed =
		rth_recording_part_find(w->part, file->name);
	bool finished = listed && listed->finished;
	struct rth_finding found;
	enum rth_err err;

	rth_recording_check(&found, w->folder, file->name, w->key);
	if (finished && !check_finished(listed, &found))
		return 0;
	if (!finished && is_empty(w, file->name, &found))
		return rth_recover_manifest_drop(w->manifest, file->name);
	if (found.err) {
		tell(w->recover, file->name, found.text);
		return found.err;
	}
	if (file->kind == RTH_RECORDING_CHAT)
		err = rth_recover_chat(w, file->name);
	else
		err = rth_recover_lane(w, file->name, found.bytes);
	if (err == RTH_ERR_NOT_FOUND) {
		tell(w->recover, file->name,
		     "holds nothing that can be played");
		return rth_recover_manifest_drop(w->manifest, file->name);
	}
	if (err && err != RTH_ERR_STATE)
		tell(w->recover, file->name, "cannot be recovered");
	return err;
}

static void recover_files(struct rth_recover_work *w)
{
	size_t i;

	for (i = 0; i < w->folder->files_n && !stopping(w->recover); i++) {
		const struct rth_recording_file *file = &w->folder->files[i];
		enum rth_err err;

		if (file->part != w->part->part ||
		    (file->kind != RTH_RECORDING_LANE &&
		     file->kind != RTH_RECORDING_CHAT))
			continue;
		err = recover_file(w, file);
		if (err && !w->first)
			w->first = err;
	}
	if (!w->first && stopping(w->recover))
		w->first = RTH_ERR_STATE;
}

/* A file that the manifest lists must be there. */
static void look_for_listed(struct rth_recover_work *w)
{
	const struct rth_recording_part *part = w->part;
	size_t i;

	for (i = 0; i < part->files_n; i++)
		if (!rth_recording_folder_find(w->folder,
					       part->files[i].name)) {
			tell(w->recover, part->files[i].name, "is missing");
			if (!w->first)
				w->first = RTH_ERR_NOT_FOUND;
		}
}

/* ---- A part ---- */

static enum rth_err write_manifest(struct rth_recover_work *w, const char *name)
{
	struct rth_finding made;
	enum rth_err err = rth_recover_manifest_end(w->manifest);
	char *text = NULL;
	size_t len = 0;

	if (!err)
		err = rth_json_text(&text, &len, w->manifest);
	if (!err)
		err = rth_recover_write(w, name, text, len, &made);
	rth_free(text);
	return err;
}

/* A leftover, or a file that nothing came out of, and so small. */
static bool is_useless(const struct rth_recording_folder *folder,
		       const struct rth_recording_file *file,
		       const json_t *manifest)
{
	struct stat st;

	if (file->kind == RTH_RECORDING_LEFTOVER)
		return true;
	return rth_recover_manifest_empty(manifest, file->name) &&
	       fstatat(folder->fd, file->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_size <= ONLY_SLOTS_BYTES;
}

static enum rth_err tidy(const struct rth_recording_folder *folder,
			 unsigned part, const json_t *manifest)
{
	bool removed = false;
	size_t i;

	for (i = 0; i < folder->files_n; i++) {
		const struct rth_recording_file *file = &folder->files[i];

		if (file->part != part || !is_useless(folder, file, manifest))
			continue;
		if (unlinkat(folder->fd, file->name, 0) && errno != ENOENT)
			return RTH_ERR_IO;
		removed = true;
	}
	return removed && fsync(folder->fd) ? RTH_ERR_IO : 0;
}

static enum rth_err complete_part(struct rth_recover *r,
				  const struct rth_recording_folder *folder,
				  const struct rth_loaded *loaded,
				  const char *name)
{
	struct rth_recover_work w = {
		.recover = r,
		.folder = folder,
		.part = loaded->part,
		.key = loaded->key,
		.manifest = json_deep_copy(loaded->part->json),
	};

	if (!w.manifest)
		return RTH_ERR_NOMEM;
	look_for_listed(&w);
	recover_files(&w);
	if (!w.first) {
		w.first = write_manifest(&w, name);
		if (w.first)
			tell(r, name, "cannot be written");
	}
	if (!w.first) {
		r->recovered++;
		r->ended_ms = loaded->part->begun_ms +
			      rth_recover_manifest_last_ms(w.manifest);
		w.first = tidy(folder, loaded->part->part, w.manifest);
	}
	json_decref(w.manifest);
	return w.first;
}

/* A manifest comes before any media: without one there was none. */
static bool has_media(const struct rth_recording_folder *folder, unsigned part)
{
	size_t i;

	for (i = 0; i < folder->files_n; i++)
		if (folder->files[i].part == part &&
		    folder->files[i].kind != RTH_RECORDING_LEFTOVER)
			return true;
	return false;
}

static enum rth_err recover_part(struct rth_recover *r,
				 const struct rth_recording_folder *folder,
				 unsigned number)
{
	char name[RTH_MANIFEST_NAME_SIZE];
	struct rth_finding finding;
	struct rth_loaded loaded;
	enum rth_err err =
		rth_recording_load(&loaded, folder, number, r->pairs, &finding);

	rth_recording_part_name(name, number);
	if (err == RTH_ERR_NOT_FOUND && !has_media(folder, number))
		return tidy(folder, number, NULL);
	if (err) {
		tell(r, name, finding.text);
		return err;
	}
	r->parts = number;
	memcpy(r->room, loaded.part->room, sizeof(r->room));
	r->begun_ms = loaded.part->begun_ms;
	r->ended_ms = loaded.part->begun_ms +
		      rth_recover_manifest_last_ms(loaded.part->json);
	if (!loaded.part->finished ||
	    strcmp(loaded.part->how, "interrupted") == 0)
		r->interrupted = true;
	if (!loaded.part->finished)
		err = complete_part(r, folder, &loaded, name);
	else
		err = tidy(folder, number, loaded.part->json);
	rth_recording_unload(&loaded);
	return err;
}

/* ---- A recording ---- */

/* The month's folder is locked: no recorder ever locks that. */
static enum rth_err lock(int *fdp, const struct rth_recover *r,
			 const struct rth_recording_folder *folder)
{
	const struct timespec pause = {0, LOCK_EVERY_MS * 1000000L};
	int fd = openat(folder->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int waited_ms;

	if (fd < 0)
		return RTH_ERR_IO;
	for (waited_ms = 0; flock(fd, LOCK_EX | LOCK_NB);
	     waited_ms += LOCK_EVERY_MS) {
		if (stopping(r) || waited_ms > LOCK_MAX_MS) {
			close(fd);
			return RTH_ERR_STATE;
		}
		nanosleep(&pause, NULL);
	}
	*fdp = fd;
	return 0;
}

static enum rth_err recover_locked(struct rth_recover *r, const char *id)
{
	struct rth_recording_folder *folder;
	enum rth_err err = rth_recording_folder_open(&folder, r->folder, id);
	unsigned number;

	if (err)
		return err;
	if (rth_recording_folder_running(folder))
		err = RTH_ERR_STATE;
	for (number = 1; number <= folder->parts && err != RTH_ERR_STATE;
	     number++) {
		enum rth_err one = recover_part(r, folder, number);

		if (one && (!err || one == RTH_ERR_STATE))
			err = one;
	}
	rth_recording_folder_close(folder);
	return err;
}

enum rth_err rth_recording_recover(struct rth_recover *recover, const char *id)
{
	struct rth_recording_folder *folder;
	int locked;
	enum rth_err err =
		rth_recording_folder_open(&folder, recover->folder, id);

	recover->parts = 0;
	recover->recovered = 0;
	recover->interrupted = false;
	recover->room[0] = '\0';
	recover->begun_ms = 0;
	recover->ended_ms = 0;
	if (err)
		return err;
	err = lock(&locked, recover, folder);
	rth_recording_folder_close(folder);
	if (err)
		return err;
	err = recover_locked(recover, id);
	close(locked);
	return err;
}
