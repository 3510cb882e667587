/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The portal's signing keys. `keys` is ordered by the time from which each
 * signs; the signer is the last one whose time has come. `lock` guards it.
 */
#include "signing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "id.h"
#include "jwt.h"
#include "key_file.h"
#include "mem.h"
#include "write.h"

#define MAX_KEYS 8
#define PEM_MAX_BYTES 4096
#define NAME_SIZE 64
#define UNFINISHED ".new-" /* in front of the name of a file being written */

struct signing_key {
	struct rth_jwt_key *key;
	int64_t from_s;
};

struct rth_signing {
	pthread_mutex_t lock;
	int dir; /* an open folder: its path may change under us */
	int64_t rotate_s, lead_s, keep_s;
	struct signing_key keys[MAX_KEYS];
	size_t n;
};

static void name_of(char name[NAME_SIZE], int64_t from_s)
{
	snprintf(name, NAME_SIZE, "sign-%" PRId64 ".pem", from_s);
}

/* The time in a key file's name; false when it is another file. */
static bool time_of(const char *name, int64_t *from_s)
{
	char again[NAME_SIZE];
	char *end;

	if (strncmp(name, "sign-", 5) != 0)
		return false;
	*from_s = strtoll(name + 5, &end, 10);
	name_of(again, *from_s);
	return !strcmp(name, again);
}

/* Writes a file that must not exist, all the way to the disk. */
static enum rth_err write_new(int dir, const char *name, const char *data)
{
	enum rth_err err;
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			0600);

	if (fd < 0)
		return RTH_ERR_IO;
	err = rth_write_all(fd, data, strlen(data));
	if (!err && fsync(fd))
		err = RTH_ERR_IO;
	if (close(fd) && !err)
		err = RTH_ERR_IO;
	if (err)
		unlinkat(dir, name, 0);
	return err;
}

/* Writes, then names: a key file is complete or not there. */
static enum rth_err store(int dir, const char *name, const char *pem)
{
	char tmp[NAME_SIZE + sizeof(UNFINISHED)];
	enum rth_err err;

	snprintf(tmp, sizeof(tmp), UNFINISHED "%s", name);
	err = write_new(dir, tmp, pem);
	if (err)
		return err;
	if (renameat2(dir, tmp, dir, name, RENAME_NOREPLACE)) {
		err = errno == EEXIST ? RTH_ERR_EXISTS : RTH_ERR_IO;
		unlinkat(dir, tmp, 0);
		return err;
	}
	return fsync(dir) ? RTH_ERR_IO : RTH_OK;
}

static enum rth_err read_pem(char *pem, size_t *lenp, int fd)
{
	ssize_t n;
	enum rth_err err = rth_key_file_private(fd);

	if (err)
		return err;
	n = read(fd, pem, PEM_MAX_BYTES);
	if (n < 0)
		return RTH_ERR_IO;
	if (n == PEM_MAX_BYTES)
		return RTH_ERR_FORMAT;
	*lenp = (size_t)n;
	return RTH_OK;
}

static enum rth_err load(struct rth_jwt_key **keyp, int dir, const char *name)
{
	char pem[PEM_MAX_BYTES];
	size_t len = 0;
	enum rth_err err;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return RTH_ERR_IO;
	err = read_pem(pem, &len, fd);
	close(fd);
	if (!err)
		err = rth_jwt_key_from_pem(keyp, pem, len);
	OPENSSL_cleanse(pem, sizeof(pem));
	return err;
}

/* Keeps `keys` in order; takes the key. */
static enum rth_err insert_locked(struct rth_signing *s,
				  struct rth_jwt_key *key, int64_t from_s)
{
	size_t i = s->n;

	if (s->n == MAX_KEYS)
		return RTH_ERR_LIMIT;
	for (; i > 0 && s->keys[i - 1].from_s > from_s; i--)
		s->keys[i] = s->keys[i - 1];
	s->keys[i] = (struct signing_key){key, from_s};
	s->n++;
	return RTH_OK;
}

static enum rth_err write_key(int dir, const struct rth_jwt_key *key,
			      int64_t from_s)
{
	char name[NAME_SIZE];
	char *pem = NULL;
	enum rth_err err = rth_jwt_key_to_pem(key, &pem);

	if (err)
		return err;
	name_of(name, from_s);
	err = store(dir, name, pem);
	OPENSSL_cleanse(pem, strlen(pem));
	rth_free(pem);
	return err;
}

/* On the disk first: what has been published must survive a crash. */
static enum rth_err add_locked(struct rth_signing *s, int64_t from_s)
{
	struct rth_jwt_key *key = NULL;
	enum rth_err err;

	if (s->n == MAX_KEYS)
		return RTH_ERR_LIMIT;
	err = rth_jwt_key_make(&key);
	if (err)
		return err;
	err = write_key(s->dir, key, from_s);
	if (!err)
		err = insert_locked(s, key, from_s);
	if (err)
		rth_jwt_key_free(key);
	return err;
}

static enum rth_err read_entry(struct rth_signing *s, const char *name)
{
	struct rth_jwt_key *key = NULL;
	int64_t from_s;
	enum rth_err err;

	if (!strncmp(name, UNFINISHED, strlen(UNFINISHED)))
		return unlinkat(s->dir, name, 0) ? RTH_ERR_IO : RTH_OK;
	if (!time_of(name, &from_s))
		return RTH_OK;
	err = load(&key, s->dir, name);
	if (err)
		return err;
	err = insert_locked(s, key, from_s);
	if (err)
		rth_jwt_key_free(key);
	return err;
}

static enum rth_err read_all(struct rth_signing *s)
{
	struct dirent *entry;
	enum rth_err err = RTH_OK;
	int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return RTH_ERR_IO;
	}
	while (!err && (entry = readdir(dir)))
		err = read_entry(s, entry->d_name);
	closedir(dir);
	return err;
}

static enum rth_err open_dir(int *dirp, const char *path)
{
	struct stat st;
	int dir;

	if (mkdir(path, 0700) && errno != EEXIST)
		return RTH_ERR_IO;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return RTH_ERR_IO;
	if (fstat(dir, &st) || (st.st_mode & 022) || st.st_uid != geteuid()) {
		close(dir);
		return RTH_ERR_DENIED;
	}
	*dirp = dir;
	return RTH_OK;
}

/* The signer's index. A clock that was set back finds the oldest key. */
static size_t signer_locked(const struct rth_signing *s, int64_t now_s)
{
	size_t i = s->n - 1;

	while (i > 0 && s->keys[i].from_s > now_s)
		i--;
	return i;
}

static enum rth_err remove_oldest_locked(struct rth_signing *s)
{
	char name[NAME_SIZE];

	name_of(name, s->keys[0].from_s);
	if (unlinkat(s->dir, name, 0) && errno != ENOENT)
		return RTH_ERR_IO;
	rth_jwt_key_free(s->keys[0].key);
	s->n--;
	memmove(s->keys, s->keys + 1, s->n * sizeof(s->keys[0]));
	return fsync(s->dir) ? RTH_ERR_IO : RTH_OK;
}

static enum rth_err tick_locked(struct rth_signing *s, int64_t now_s)
{
	const struct signing_key *last;
	enum rth_err err = RTH_OK;

	while (!err && s->n > 1 && s->keys[1].from_s + s->keep_s <= now_s)
		err = remove_oldest_locked(s);
	if (err)
		return err;
	last = &s->keys[s->n - 1];
	if (last->from_s + s->rotate_s - s->lead_s <= now_s)
		err = add_locked(s, now_s + s->lead_s);
	return err;
}

static bool sensible(const struct rth_signing_conf *conf)
{
	return conf->dir && conf->lead_s > 0 && conf->keep_s > 0 &&
	       conf->rotate_s > conf->lead_s && conf->rotate_s > conf->keep_s;
}

enum rth_err rth_signing_create(struct rth_signing **sp,
				const struct rth_signing_conf *conf,
				int64_t now_s)
{
	struct rth_signing *s;
	enum rth_err err;

	if (!sensible(conf))
		return RTH_ERR_CONFIG;
	s = rth_alloc(sizeof(*s));
	if (!s)
		return RTH_ERR_NOMEM;
	pthread_mutex_init(&s->lock, NULL);
	s->dir = -1;
	s->rotate_s = conf->rotate_s;
	s->lead_s = conf->lead_s;
	s->keep_s = conf->keep_s;
	err = open_dir(&s->dir, conf->dir);
	if (!err)
		err = read_all(s);
	if (!err)
		err = s->n ? tick_locked(s, now_s) : add_locked(s, now_s);
	if (err) {
		rth_signing_free(s);
		return err;
	}
	*sp = s;
	return RTH_OK;
}

void rth_signing_free(struct rth_signing *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->n; i++)
		rth_jwt_key_free(s->keys[i].key);
	if (s->dir >= 0)
		close(s->dir);
	pthread_mutex_destroy(&s->lock);
	rth_free(s);
}

enum rth_err rth_signing_tick(struct rth_signing *s, int64_t now_s)
{
	enum rth_err err;

	pthread_mutex_lock(&s->lock);
	err = tick_locked(s, now_s);
	pthread_mutex_unlock(&s->lock);
	return err;
}

enum rth_err rth_signing_rotate(struct rth_signing *s, int64_t now_s)
{
	enum rth_err err;

	pthread_mutex_lock(&s->lock);
	if (s->keys[s->n - 1].from_s > now_s)
		err = RTH_ERR_EXISTS;
	else
		err = add_locked(s, now_s + s->lead_s);
	pthread_mutex_unlock(&s->lock);
	return err;
}

enum rth_err rth_signing_sign(char **tokenp, struct rth_signing *s,
			      const char *typ, const json_t *claims,
			      int64_t now_s)
{
	enum rth_err err;

	pthread_mutex_lock(&s->lock);
	err = rth_jwt_sign(tokenp, s->keys[signer_locked(s, now_s)].key, typ,
			   claims);
	pthread_mutex_unlock(&s->lock);
	return err;
}

static json_t *list_locked(const struct rth_signing *s)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; list && i < s->n; i++)
		if (json_array_append_new(list,
					  rth_jwt_key_public(s->keys[i].key))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

enum rth_err rth_signing_jwks(json_t **setp, struct rth_signing *s)
{
	json_t *list, *set;

	pthread_mutex_lock(&s->lock);
	list = list_locked(s);
	pthread_mutex_unlock(&s->lock);
	set = json_pack("{s:o}", "keys", list);
	if (!set)
		return RTH_ERR_NOMEM;
	*setp = set;
	return RTH_OK;
}
