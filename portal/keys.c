/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening the clinic's private keys. */
#include "keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "key_file.h"
#include "key_passphrase.h"
#include "mem.h"
#include "seal_secret.h"

#define SUFFIX ".key"
#define FILE_SIZE (RTH_CLINIC_KEY_NAME_MAX + sizeof(SUFFIX))
#define TRIES 3 /* of somebody who types a passphrase */

struct rth_keys {
	size_t n;
	struct rth_seal_pair pair[RTH_KEYS_MAX];
	struct rth_key_halves *halves; /* RTH_KEYS_MAX, in locked memory */
};

/* While they are opened. */
struct opening {
	const struct rth_settings *settings;
	struct rth_keys *keys;
	int dirfd;
	bool may_ask;
	char *passphrase; /* the one that came last, or NULL */
	enum rth_err first;
	char *problem;
};

void rth_keys_free(struct rth_keys *keys)
{
	if (!keys)
		return;
	rth_secret_free(keys->halves);
	rth_free(keys);
}

const struct rth_seal_pair *rth_keys_pairs(const struct rth_keys *keys,
					   size_t *np)
{
	*np = keys->n;
	return keys->pair;
}

const char *rth_keys_why(enum rth_err err)
{
	switch (err) {
	case RTH_ERR_DENIED:
		return "others can read it, or it is not this user's: chmod "
		       "600, and run this as the portal's user";
	case RTH_ERR_FORMAT:
		return "damaged: take it from a backup";
	case RTH_ERR_STATE:
		return "has a passphrase: recordings.passphrase_file, or run "
		       "this on a terminal";
	case RTH_ERR_CRYPTO:
		return "the passphrase is not the right one";
	case RTH_ERR_NOMEM:
		return "not enough memory that can be locked: see ulimit -l";
	case RTH_ERR_NOT_FOUND:
		return "is not there";
	default:
		return "cannot be read";
	}
}

/* The key's name in `name`; false when it is another file. */
static bool name_of(char name[RTH_CLINIC_KEY_NAME_MAX + 1], const char *file,
		    const char *suffix)
{
	size_t len = strlen(file), end = strlen(suffix);

	if (len <= end || len - end > RTH_CLINIC_KEY_NAME_MAX ||
	    strcmp(file + len - end, suffix) != 0)
		return false;
	memcpy(name, file, len - end);
	name[len - end] = '\0';
	return rth_clinic_key_name_valid(name);
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static enum rth_err list(char (*names)[RTH_CLINIC_KEY_NAME_MAX + 1], size_t *np,
			 DIR *dir, const char *suffix)
{
	const struct dirent *entry;
	size_t n = 0;

	for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0) {
		char name[RTH_CLINIC_KEY_NAME_MAX + 1];

		if (!name_of(name, entry->d_name, suffix))
			continue;
		if (n == RTH_KEYS_MAX)
			return RTH_ERR_LIMIT;
		memcpy(names[n++], name, sizeof(name));
	}
	if (errno)
		return RTH_ERR_IO;
	qsort(names, n, sizeof(names[0]), compare);
	*np = n;
	return RTH_OK;
}

enum rth_err rth_keys_names(char (**namesp)[RTH_CLINIC_KEY_NAME_MAX + 1],
			    size_t *np, int dirfd, const char *suffix)
{
	char(*names)[RTH_CLINIC_KEY_NAME_MAX + 1];
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	enum rth_err err;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return RTH_ERR_IO;
	}
	names = rth_alloc(RTH_KEYS_MAX * sizeof(*names));
	err = names ? list(names, np, dir, suffix) : RTH_ERR_NOMEM;
	closedir(dir);
	if (err)
		rth_free(names);
	else
		*namesp = names;
	return err;
}

/* The first thing that is wrong is told. */
static void tell(struct opening *o, enum rth_err err, const char *what,
		 const char *why)
{
	if (o->first)
		return;
	o->first = err;
	snprintf(o->problem, RTH_KEYS_LINE_SIZE, "%s: %s", what, why);
}

static enum rth_err ask(struct opening *o, struct rth_key_halves *key,
			const char *name, const char *file, enum rth_err err)
{
	char question[RTH_CLINIC_KEY_NAME_MAX + 32];

	snprintf(question, sizeof(question), "Passphrase of %s", name);
	for (int i = 0;
	     i < TRIES && (err == RTH_ERR_STATE || err == RTH_ERR_CRYPTO);
	     i++) {
		rth_secret_free(o->passphrase);
		o->passphrase = NULL;
		if (rth_passphrase_ask(&o->passphrase, question))
			return err;
		err = rth_key_file_read(key, o->dirfd, file, o->passphrase);
	}
	return err;
}

static void open_one(struct opening *o, const char *name)
{
	struct rth_keys *keys = o->keys;
	struct rth_key_halves *key = &keys->halves[keys->n];
	struct rth_seal_pair *pair = &keys->pair[keys->n];
	char file[FILE_SIZE], path[RTH_KEYS_LINE_SIZE / 2];
	enum rth_err err;

	snprintf(file, sizeof(file), "%s" SUFFIX, name);
	err = rth_key_file_read(key, o->dirfd, file, o->passphrase);
	if (o->may_ask && rth_passphrase_can_ask())
		err = ask(o, key, name, file, err);
	if (err) {
		snprintf(path, sizeof(path), "%.150s/%s",
			 o->settings->recordings.private_keys, file);
		tell(o, err, path, rth_keys_why(err));
		return;
	}
	memcpy(pair->public, key->public, sizeof(pair->public));
	pair->secret = key->secret;
	keys->n++;
}

static void read_passphrase(struct opening *o)
{
	const char *path = o->settings->recordings.passphrase_file;
	enum rth_err err;

	if (!path)
		return;
	err = rth_passphrase_read(&o->passphrase, path);
	if (err)
		tell(o, err, path,
		     err == RTH_ERR_FORMAT ? "no passphrase in its first line"
					   : rth_keys_why(err));
}

static enum rth_err open_all(struct opening *o)
{
	char(*names)[RTH_CLINIC_KEY_NAME_MAX + 1];
	size_t n;
	enum rth_err err = rth_keys_names(&names, &n, o->dirfd, SUFFIX);

	if (err) {
		tell(o, err, o->settings->recordings.private_keys,
		     err == RTH_ERR_LIMIT ? "more than 64 private keys"
					  : rth_keys_why(err));
		return err;
	}
	read_passphrase(o);
	for (size_t i = 0; i < n; i++)
		open_one(o, names[i]);
	rth_free(names);
	if (!n)
		tell(o, RTH_ERR_NOT_FOUND, o->settings->recordings.private_keys,
		     "no private key (NAME.key): run rthealth-portal keys "
		     "init");
	return o->keys->n ? RTH_OK : o->first;
}

static enum rth_err allocate(struct rth_keys **keysp)
{
	struct rth_keys *keys = rth_alloc(sizeof(*keys));

	if (!keys)
		return RTH_ERR_NOMEM;
	keys->halves = rth_secret_alloc(RTH_KEYS_MAX * sizeof(*keys->halves));
	if (!keys->halves) {
		rth_free(keys);
		return RTH_ERR_NOMEM;
	}
	*keysp = keys;
	return RTH_OK;
}

/* Nobody else may look into it, or put a key there. */
static enum rth_err check_folder(int dirfd)
{
	struct stat st;

	if (fstat(dirfd, &st))
		return RTH_ERR_IO;
	return (st.st_mode & 077) || st.st_uid != geteuid() ? RTH_ERR_DENIED
							    : RTH_OK;
}

enum rth_err rth_keys_open(struct rth_keys **keysp,
			   const struct rth_settings *settings, bool may_ask,
			   char problem[RTH_KEYS_LINE_SIZE])
{
	const char *folder = settings->recordings.private_keys;
	struct opening o = {.settings = settings,
			    .may_ask = may_ask,
			    .problem = problem,
			    .dirfd = -1};
	enum rth_err err;

	problem[0] = '\0';
	if (!folder) {
		tell(&o, RTH_ERR_CONFIG, "recordings.private_keys",
		     "not configured");
		return RTH_ERR_CONFIG;
	}
	o.dirfd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o.dirfd < 0) {
		err = errno == ENOENT ? RTH_ERR_NOT_FOUND : RTH_ERR_IO;
		tell(&o, err, folder, strerror(errno));
		return err;
	}
	err = check_folder(o.dirfd);
	if (err)
		tell(&o, err, folder,
		     err == RTH_ERR_DENIED
			     ? "others can look into it, or it is not this "
			       "user's: chmod 700, and run this as the "
			       "portal's user"
			     : rth_keys_why(err));
	if (!err && (err = allocate(&o.keys)))
		tell(&o, err, folder, rth_keys_why(err));
	if (!err)
		err = open_all(&o);
	close(o.dirfd);
	rth_secret_free(o.passphrase);
	if (err)
		rth_keys_free(o.keys);
	else
		*keysp = o.keys;
	return err;
}
