/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Copies that take the place of what they were made of: written under another
 * name, checked whole, synced, renamed.
 */
#include "recover_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "erase.h"
#include "mem.h"
#include "recover_child.h"
#include "recover_manifest.h"

#define TEMPORARY_SIZE (RTH_RECORDING_NAME_SIZE + sizeof(RTH_RECORDING_NEW))
#define CHAT_MAX_BYTES (64 << 20)
#define CHILD_BASE_MS 60000 /* that a file may take, */
#define CHILD_MS_PER_MB 500 /* and more for a large one */

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

/* The copy, once it is found good, takes the place of what it was made of,
   whose header is overwritten: a deletion would not meet it any more. */
static enum rth_err replace(const struct rth_recover_work *w,
			    const char *temporary, const char *name,
			    struct rth_finding *made)
{
	enum rth_err err = 0;
	int old;

	rth_recording_check(made, w->folder, temporary, w->key);
	if (made->err)
		return made->err;
	if (!made->complete)
		return RTH_ERR_FORMAT;
	old = openat(w->folder->fd, name,
		     O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (renameat(w->folder->fd, temporary, w->folder->fd, name) ||
	    fsync(w->folder->fd))
		err = RTH_ERR_IO;
	if (old >= 0) {
		if (!err)
			err = rth_erase_header(old);
		close(old);
	}
	return err;
}

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

enum rth_err rth_recover_write(const struct rth_recover_work *w,
			       const char *name, const char *text, size_t len,
			       struct rth_finding *made)
{
	char temporary[TEMPORARY_SIZE];
	int fd;
	enum rth_err err;

	temporary_name(temporary, name);
	err = make_temporary(&fd, w->folder->fd, temporary);
	if (!err)
		err = seal_text(fd, w->key, text, len);
	if (!err)
		err = replace(w, temporary, name, made);
	if (err)
		unlinkat(w->folder->fd, temporary, 0);
	return err;
}

enum rth_err rth_recover_chat(struct rth_recover_work *w, const char *name)
{
	struct rth_recovered done = {.name = name};
	struct rth_finding found, made;
	char *text = NULL;
	size_t len = 0, i;
	enum rth_err err = rth_recording_read(&text, &len, w->folder, name,
					      w->key, CHAT_MAX_BYTES, &found);

	if (err)
		return err;
	while (len && text[len - 1] != '\n')
		len--;
	for (i = 0; i < len; i++)
		done.lines += text[i] == '\n';
	err = len ? rth_recover_write(w, name, text, len, &made)
		  : RTH_ERR_NOT_FOUND;
	OPENSSL_cleanse(text, (size_t)found.bytes);
	rth_free(text);
	if (err)
		return err;
	done.bytes = made.bytes;
	memcpy(done.digest, made.digest, sizeof(done.digest));
	return rth_recover_manifest_file(w->manifest, &done);
}

static enum rth_err run_child(const struct rth_recover_work *w,
			      const char *name, int to, uint64_t bytes,
			      char answer[RTH_RECOVER_ANSWER_SIZE])
{
	struct rth_recover_run run = {
		.program = w->recover->program,
		.key = w->key,
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

enum rth_err rth_recover_lane(struct rth_recover_work *w, const char *name,
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
