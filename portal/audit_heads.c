/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file of signed heads: one JSON object a line, only ever appended to. A
 * line is whole or has no line end, and then the next writer cuts it off.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit_chain.h"
#include "audit_head.h"
#include "json_strict.h"
#include "json_text.h"
#include "mem.h"
#include "text.h"
#include "write.h"

#define LINE_MAX_BYTES 1024

static char *joined(const char *path, const char *end)
{
	size_t len = strlen(path), end_len = strlen(end);
	char *both = rth_alloc(len + end_len + 1);

	if (both) {
		memcpy(both, path, len);
		memcpy(both + len, end, end_len + 1);
	}
	return both;
}

/* Beside a database that is no file there is no place: beside the key then. */
char *rth_audit_heads_path(const struct rth_settings *settings)
{
	if (settings->audit.heads)
		return rth_strdup(settings->audit.heads);
	if (rth_store_on_server(settings->database))
		return joined(settings->key_dir, "/audit.heads");
	return joined(settings->database, ".heads");
}

/* ---- Reading ---- */

struct lines {
	char text[LINE_MAX_BYTES + 1];
	size_t len, line;
	off_t whole; /* bytes of the lines that have an end */
	enum rth_err (*each)(const json_t *object, size_t line, void *arg);
	void *arg;
};

static enum rth_err give_line(struct lines *l, size_t len)
{
	json_t *object = NULL;
	enum rth_err err = rth_json_object_sure(&object, l->text, len);

	if (err == RTH_ERR_NOMEM)
		return err;
	err = l->each ? l->each(object, l->line, l->arg) : 0;
	json_decref(object);
	return err;
}

/* A line that is too long is nothing of ours: its pieces are no objects. */
static enum rth_err give_lines(struct lines *l)
{
	enum rth_err err = 0;

	while (l->len && !err) {
		char *end = memchr(l->text, '\n', l->len);
		size_t used, len;

		if (!end && l->len < LINE_MAX_BYTES)
			break;
		len = end ? (size_t)(end - l->text) : l->len;
		used = end ? len + 1 : len;
		l->line++;
		l->whole += (off_t)used;
		err = give_line(l, len);
		l->len -= used;
		memmove(l->text, l->text + used, l->len);
	}
	return err;
}

static enum rth_err read_lines(struct lines *l, int fd)
{
	for (;;) {
		ssize_t n = read(fd, l->text + l->len, LINE_MAX_BYTES - l->len);
		enum rth_err err;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? RTH_ERR_IO : 0;
		l->len += (size_t)n;
		err = give_lines(l);
		if (err)
			return err;
	}
}

enum rth_err rth_audit_heads_each(const struct rth_settings *settings,
				  enum rth_err (*each)(const json_t *object,
						       size_t line, void *arg),
				  void *arg)
{
	struct lines l = {.each = each, .arg = arg};
	char *path = rth_audit_heads_path(settings);
	enum rth_err err;
	int fd;

	if (!path)
		return RTH_ERR_NOMEM;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	rth_free(path);
	if (fd < 0)
		return errno == ENOENT ? 0 : RTH_ERR_IO;
	err = read_lines(&l, fd);
	close(fd);
	return err;
}

/* ---- Writing ---- */

struct last {
	struct rth_audit_head head;
	bool known;
	json_t *object; /* the last one, whatever it is worth */
};

static enum rth_err keep_object(const json_t *object, size_t line, void *arg)
{
	struct last *last = arg;

	(void)line;
	if (object) {
		json_decref(last->object);
		last->object = json_incref((json_t *)object);
	}
	return 0;
}

/* What somebody has put behind the last good one does not hide it. */
static enum rth_err keep_good(const json_t *object, size_t line, void *arg)
{
	struct last *last = arg;
	struct rth_audit_head head;
	enum rth_err err =
		object ? rth_audit_head_read(&head, object) : RTH_ERR_FORMAT;

	(void)line;
	if (err == RTH_ERR_FORMAT || err == RTH_ERR_DENIED)
		return 0;
	if (err)
		return err;
	last->known = true;
	last->head = head;
	return keep_object(object, line, last);
}

static enum rth_err sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? rth_memdup0(path, (size_t)(slash - path) + 1)
			     : rth_strdup(".");
	enum rth_err err = RTH_ERR_IO;
	int fd;

	if (!folder)
		return RTH_ERR_NOMEM;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		err = fsync(fd) ? RTH_ERR_IO : 0;
		close(fd);
	}
	rth_free(folder);
	return err;
}

/* Locked: another portal may write the same file. */
static enum rth_err open_file(int *fdp, const struct rth_settings *settings)
{
	char *path = rth_audit_heads_path(settings);
	enum rth_err err;
	int fd;

	if (!path)
		return RTH_ERR_NOMEM;
	fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	err = fd < 0 ? RTH_ERR_IO : sync_folder(path);
	rth_free(path);
	if (!err && flock(fd, LOCK_EX))
		err = RTH_ERR_IO;
	if (!err)
		*fdp = fd;
	else if (fd >= 0)
		close(fd);
	return err;
}

static enum rth_err append(int fd, const struct rth_audit_head *head,
			   const struct rth_audit_key *key)
{
	char *text = NULL;
	json_t *json;
	size_t len;
	enum rth_err err = rth_audit_head_sign(&json, head, key);

	if (err)
		return err;
	err = rth_json_canonical(&text, &len, json);
	json_decref(json);
	if (err)
		return err;
	text[len] = '\n'; /* in the place of its NUL: one write */
	err = rth_write_all(fd, text, len + 1);
	if (!err && fsync(fd))
		err = RTH_ERR_IO;
	rth_free(text);
	return err;
}

struct agree {
	const struct rth_audit_head *head;
	bool agrees;
};

static enum rth_err compare(const struct rth_audit_row *row, void *arg)
{
	struct agree *a = arg;

	a->agrees = row->n == a->head->n &&
		    strcmp(row->digest, a->head->digest) == 0;
	return 0;
}

/* Does the chain still hold what was signed last? */
static enum rth_err still_there(struct rth_store *store,
				const struct rth_audit_head *head)
{
	struct agree a = {head, head->n == 0};
	enum rth_err err = rth_store_audit_rows(store, head->n, 1, compare, &a);

	return err || a.agrees ? err : RTH_ERR_STATE;
}

/* The torn end of the file is cut off. */
static enum rth_err read_last(struct last *last, int fd,
			      enum rth_err (*each)(const json_t *object,
						   size_t line, void *arg))
{
	struct lines l = {.each = each, .arg = last};
	enum rth_err err;

	if (lseek(fd, 0, SEEK_SET))
		return RTH_ERR_IO;
	err = read_lines(&l, fd);
	if (!err && ftruncate(fd, l.whole))
		err = RTH_ERR_IO;
	return err;
}

/*
 * A signature takes long to verify, and there is a line for each hour of
 * years: where the last one is good, none of the others is looked at.
 */
static enum rth_err find_last(struct last *last, char before[RTH_HASH_SIZE],
			      int fd)
{
	enum rth_err err = read_last(last, fd, keep_object);
	json_t *newest = last->object;

	last->object = NULL;
	if (!err && newest)
		err = keep_good(newest, 0, last);
	json_decref(newest);
	if (!err && !last->known)
		err = read_last(last, fd, keep_good);
	if (!err && last->known)
		err = rth_audit_json_digest(before, last->object);
	json_decref(last->object);
	last->object = NULL;
	return err;
}

static enum rth_err write_head(int fd, struct rth_store *store,
			       const struct rth_audit_key *key, int64_t now_s)
{
	struct rth_audit_head head;
	struct last last = {.known = false};
	enum rth_err err, gone = 0;

	memset(&head, 0, sizeof(head));
	err = find_last(&last, head.before, fd);
	if (!err)
		err = rth_text_time(head.time, now_s);
	if (!err)
		err = rth_store_audit_head(store, &head.n, head.digest);
	if (err)
		return err;
	if (last.known)
		gone = still_there(store, &last.head);
	if (gone && gone != RTH_ERR_STATE)
		return gone;
	if (!last.known || last.head.n != head.n ||
	    strcmp(last.head.digest, head.digest) != 0)
		err = append(fd, &head, key);
	return err ? err : gone;
}

enum rth_err rth_audit_heads_write(const struct rth_settings *settings,
				   struct rth_store *store,
				   const struct rth_audit_key *key,
				   int64_t now_s)
{
	int fd;
	enum rth_err err = open_file(&fd, settings);

	if (err)
		return err;
	err = write_head(fd, store, key, now_s);
	if (close(fd) && !err)
		err = RTH_ERR_IO;
	return err;
}
