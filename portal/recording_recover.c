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
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include <sys/file.h>
#include <sys/stat.h>

#include "mem.h"
#include "recover_child.h"
#include "recover_manifest.h"

#define TEMPORARY_SIZE (RTH_RECORDING_NAME_SIZE + sizeof(RTH_RECORDING_NEW))
#define CHAT_MAX_BYTES (64 << 20)
#define CHILD_BASE_MS 60000 /* that a file may take, */
#define CHILD_MS_PER_MB 500 /* and more for a large one */
/* A sealed file without a block in its place: docs/store.md. */
#define ONLY_SLOTS_BYTES (RTH_SEAL_HEADER_BYTES + 2 * 16448)
#define LOCK_EVERY_MS 20
#define LOCK_MAX_MS 600000

/* One part being recovered. */
struct work {
	struct rth_recover *recover;
	const struct rth_recording_folder *folder;
	const struct rth_loaded *loaded;
	json_t *manifest;   /* the new one */
	enum rth_err first; /* what went wrong first */
};

static void tell(const struct rth_recover *r, const char *file,
		 const char *text)
{
	r->tell(r->arg, file, text);
}

static bool stopping(const struct rth_recover *r)
{
	return r->stopping && r->stopping(r->arg);
}

static void temporary_name(char out[TEMPORARY_SIZE], const char *name)
{
	snprintf(out, TEMPORARY_SIZE, "%s%s", name, RTH_RECORDING_NEW);
}

static enum rth_err make_temporary(int *fdp, int folder, const char *name)
{
	int fd;

	if (unlinkat(folder, name, 0) && errno != ENOENT)
		return RTH_ERR_IO;
	fd = openat(folder, name,
		    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return RTH_ERR_IO;
	*fdp = fd;
	return 0;
}

/* The copy, once it is found good, takes the place of what it was made of. */
static enum rth_err replace(const struct work *w, const char *temporary,
			    const char *name, struct rth_finding *made)
{
	rth_recording_check(made, w->folder, temporary, w->loaded->key);
	if (made->err)
		return made->err;
	if (!made->complete)
		return RTH_ERR_FORMAT;
	if (renameat(w->folder->fd, temporary, w->folder->fd, name) ||
	    fsync(w->folder->fd))
		return RTH_ERR_IO;
	return 0;
}

/* ---- Sealing what this process writes itself: chat and manifest ---- */

static enum rth_err seal_text(int fd, const struct rth_seal_key *key,
			      const char *text, size_t len)
{
	struct rth_seal *seal;
	enum rth_err err = rth_seal_create(&seal, fd, key);

	if (err) {
		close(fd);
		return err;
	}
	err = rth_seal_write(seal, 0, text, len);
	if (err) {
		rth_seal_close(seal);
		return err;
	}
	return rth_seal_finish(seal, NULL);
}

static enum rth_err write_sealed(const struct work *w, const char *name,
				 const char *text, size_t len,
				 struct rth_finding *made)
{
	char temporary[TEMPORARY_SIZE];
	int fd;
	enum rth_err err;

	temporary_name(temporary, name);
	err = make_temporary(&fd, w->folder->fd, temporary);
	if (!err)
		err = seal_text(fd, w->loaded->key, text, len);
	if (!err)
		err = replace(w, temporary, name, made);
	if (err)
		unlinkat(w->folder->fd, temporary, 0);
	return err;
}

/* ---- Files ---- */

/*
 * What nothing was ever in: no whole header, or no block that was flushed. A
 * file of which nothing opens though it has blocks is damaged instead.
 */
static bool is_empty(const struct work *w, const char *name,
		     struct rth_finding *found)
{
	struct stat st;

	if ((found->err && found->err != RTH_ERR_FORMAT) || found->bytes ||
	    fstatat(w->folder->fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return false;
	if (found->err)
		return st.st_size < RTH_SEAL_HEADER_BYTES;
	if (st.st_size <= ONLY_SLOTS_BYTES)
		return true;
	found->err = RTH_ERR_CRYPTO;
	snprintf(found->text, sizeof(found->text), "block 0 does not open");
	return false;
}

/* Up to the last whole line; NOT_FOUND: there is none. */
static enum rth_err recover_chat(struct work *w, const char *name)
{
	struct rth_recovered done = {.name = name};
	struct rth_finding found, made;
	char *text = NULL;
	size_t len = 0, i;
	enum rth_err err =
		rth_recording_read(&text, &len, w->folder, name, w->loaded->key,
				   CHAT_MAX_BYTES, &found);

	if (err)
		return err;
	while (len && text[len - 1] != '\n')
		len--;
	for (i = 0; i < len; i++)
		done.lines += text[i] == '\n';
	err = len ? write_sealed(w, name, text, len, &made) : RTH_ERR_NOT_FOUND;
	OPENSSL_cleanse(text, (size_t)found.bytes);
	rth_free(text);
	if (err)
		return err;
	done.bytes = made.bytes;
	memcpy(done.digest, made.digest, sizeof(done.digest));
	return rth_recover_manifest_file(w->manifest, &done);
}

static enum rth_err run_child(const struct work *w, const char *name, int to,
			      uint64_t bytes,
			      char answer[RTH_RECOVER_ANSWER_SIZE])
{
	struct rth_recover_run run = {
		.program = w->recover->program,
		.key = w->loaded->key,
		.to = to,
		.max_ms = CHILD_BASE_MS +
			  (int64_t)(bytes >> 20) * CHILD_MS_PER_MB,
		.stopping = w->recover->stopping,
		.arg = w->recover->arg,
	};
	enum rth_err err =
		rth_recording_folder_file(&run.from, w->folder, name);

	if (err)
		return err;
	err = rth_recover_run(&run, answer);
	close(run.from);
	if (!err && fsync(to))
		err = RTH_ERR_IO;
	return err;
}

static enum rth_err recover_lane(struct work *w, const char *name,
				 uint64_t bytes)
{
	char temporary[TEMPORARY_SIZE], answer[RTH_RECOVER_ANSWER_SIZE];
	struct rth_recovered done = {.name = name, .answer = answer};
	struct rth_finding made;
	int to;
	enum rth_err err;

	temporary_name(temporary, name);
	err = make_temporary(&to, w->folder->fd, temporary);
	if (err)
		return err;
	err = run_child(w, name, to, bytes, answer);
	close(to);
	if (!err)
		err = replace(w, temporary, name, &made);
	if (err) {
		unlinkat(w->folder->fd, temporary, 0);
		return err;
	}
	done.bytes = made.bytes;
	memcpy(done.digest, made.digest, sizeof(done.digest));
	return rth_recover_manifest_file(w->manifest, &done);
}

/* Is it finished, and the one that the manifest knows? */
static bool is_done(const struct work *w, const char *name,
		    const struct rth_finding *found)
{
	const struct rth_listed *listed =
		rth_recording_part_find(w->loaded->part, name);

	return listed && listed->finished && found->complete &&
	       memcmp(listed->digest, found->digest, sizeof(found->digest)) ==
		       0;
}

static enum rth_err recover_file(struct work *w,
				 const struct rth_recording_file *file)
{
	struct rth_finding found;
	enum rth_err err;

	rth_recording_check(&found, w->folder, file->name, w->loaded->key);
	if (!found.err && is_done(w, file->name, &found))
		return 0;
	if (is_empty(w, file->name, &found))
		return rth_recover_manifest_drop(w->manifest, file->name);
	if (found.err) {
		tell(w->recover, file->name, found.text);
		return found.err;
	}
	if (file->kind == RTH_RECORDING_CHAT)
		err = recover_chat(w, file->name);
	else
		err = recover_lane(w, file->name, found.bytes);
	if (err == RTH_ERR_NOT_FOUND) {
		tell(w->recover, file->name,
		     "holds nothing that can be played");
		return rth_recover_manifest_drop(w->manifest, file->name);
	}
	if (err && err != RTH_ERR_STATE)
		tell(w->recover, file->name, "cannot be recovered");
	return err;
}

static void recover_files(struct work *w)
{
	size_t i;

	for (i = 0; i < w->folder->files_n && !stopping(w->recover); i++) {
		const struct rth_recording_file *file = &w->folder->files[i];
		enum rth_err err;

		if (file->part != w->loaded->part->part ||
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
static void look_for_listed(struct work *w)
{
	const struct rth_recording_part *part = w->loaded->part;
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

static enum rth_err write_manifest(struct work *w, const char *name)
{
	struct rth_finding made;
	enum rth_err err = rth_recover_manifest_end(w->manifest);
	char *text = err ? NULL : json_dumps(w->manifest, JSON_COMPACT);

	if (!text)
		return RTH_ERR_NOMEM;
	err = write_sealed(w, name, text, strlen(text), &made);
	free(text);
	return err;
}

/* What is of no use to a finished part. */
static enum rth_err tidy(const struct rth_recording_folder *folder,
			 unsigned part, const json_t *manifest)
{
	bool removed = false;
	size_t i;

	for (i = 0; i < folder->files_n; i++) {
		const struct rth_recording_file *file = &folder->files[i];
		bool unused = file->kind == RTH_RECORDING_LEFTOVER ||
			      rth_recover_manifest_empty(manifest, file->name);

		if (file->part != part || !unused)
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
	struct work w = {r, folder, loaded, NULL, 0};

	w.manifest = json_deep_copy(loaded->part->json);
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
		w.first = tidy(folder, loaded->part->part, w.manifest);
	}
	json_decref(w.manifest);
	return w.first;
}

/* When a part ended, since 1970. */
static int64_t end_of(const struct rth_recording_part *part)
{
	int64_t last_ms = part->written_ms;
	size_t i;

	for (i = 0; i < part->files_n; i++) {
		int64_t end_ms =
			part->files[i].start_ms + part->files[i].duration_ms;

		if (end_ms > last_ms)
			last_ms = end_ms;
	}
	return part->begun_ms + last_ms;
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
	r->ended_ms = end_of(loaded.part);
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
