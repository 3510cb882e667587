/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clinic's keys as files, as far as the recorder knows them. */
#include "clinic_key.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base64.h"

#define PUBLIC_WORD "rthealth-public-key-1 "
#define PRIVATE_WORD "rthealth-private-key-1"
#define SUFFIX ".pub"
#define TEXT_BYTES RTH_BASE64URL_LEN(RTH_SEAL_PUBLIC_BYTES)
#define LINE_MAX 256 /* of a file with a public key */

bool rth_clinic_key_name_valid(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= RTH_CLINIC_KEY_NAME_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len &&
	       name[0] != '-';
}

enum rth_err rth_clinic_key_parse(uint8_t public[RTH_SEAL_PUBLIC_BYTES],
				  const char *text, size_t len)
{
	const size_t word = sizeof(PUBLIC_WORD) - 1;
	uint8_t bytes[RTH_SEAL_PUBLIC_BYTES];
	size_t got;

	if (len && text[len - 1] == '\n')
		len--;
	if (len != word + TEXT_BYTES || memcmp(text, PUBLIC_WORD, word) != 0 ||
	    rth_base64url_decode(bytes, sizeof(bytes), &got, text + word,
				 TEXT_BYTES) ||
	    got != sizeof(bytes))
		return RTH_ERR_FORMAT;
	memcpy(public, bytes, sizeof(bytes));
	return RTH_OK;
}

void rth_clinic_key_format(char line[RTH_CLINIC_KEY_LINE_SIZE],
			   const uint8_t public[RTH_SEAL_PUBLIC_BYTES])
{
	char text[TEXT_BYTES + 1];

	if (rth_base64url_encode(text, sizeof(text), public,
				 RTH_SEAL_PUBLIC_BYTES))
		text[0] = '\0';
	snprintf(line, RTH_CLINIC_KEY_LINE_SIZE, PUBLIC_WORD "%s\n", text);
}

/* Reads at most `size` bytes; a pipe or a folder is refused. */
static enum rth_err read_start(char *text, size_t size, size_t *lenp, int dirfd,
			       const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return errno == ENOENT ? RTH_ERR_NOT_FOUND : RTH_ERR_IO;
	while (len < size && n > 0) {
		n = read(fd, text + len, size - len);
		if (n > 0)
			len += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	close(fd);
	if (n < 0)
		return RTH_ERR_IO;
	*lenp = len;
	return RTH_OK;
}

enum rth_err rth_clinic_key_read(uint8_t public[RTH_SEAL_PUBLIC_BYTES],
				 int dirfd, const char *name)
{
	char text[LINE_MAX];
	size_t len;
	enum rth_err err = read_start(text, sizeof(text), &len, dirfd, name);

	return err ? err : rth_clinic_key_parse(public, text, len);
}

bool rth_clinic_key_is_private(int dirfd, const char *name)
{
	char text[sizeof(PRIVATE_WORD) - 1];
	size_t len;

	return !read_start(text, sizeof(text), &len, dirfd, name) &&
	       len == sizeof(text) && memcmp(text, PRIVATE_WORD, len) == 0;
}

static bool is_public(const char *file)
{
	size_t len = strlen(file);

	return len > strlen(SUFFIX) && file[0] != '.' &&
	       strcmp(file + len - strlen(SUFFIX), SUFFIX) == 0;
}

static enum rth_err say(char *problem, size_t size, enum rth_err err,
			const char *folder, const char *name, const char *what)
{
	snprintf(problem, size, "%s%s%s: %s", folder, name ? "/" : "",
		 name ? name : "", what);
	return err;
}

/* Puts one key where it belongs by its name. */
static void insert(struct rth_clinic_keys *keys, const char *name,
		   const uint8_t public[RTH_SEAL_PUBLIC_BYTES])
{
	size_t i = keys->n++;

	for (; i > 0 && strcmp(keys->name[i - 1], name) > 0; i--) {
		memcpy(keys->name[i], keys->name[i - 1], sizeof(keys->name[i]));
		memcpy(keys->public[i], keys -> public[i - 1],
		       RTH_SEAL_PUBLIC_BYTES);
	}
	snprintf(keys->name[i], sizeof(keys->name[i]), "%s", name);
	memcpy(keys->public[i], public, RTH_SEAL_PUBLIC_BYTES);
}

static enum rth_err take(struct rth_clinic_keys *keys, int dirfd,
			 const char *file, const char **whatp)
{
	uint8_t public[RTH_SEAL_PUBLIC_BYTES];
	char name[RTH_CLINIC_KEY_NAME_MAX + 1];
	size_t len = strlen(file) - strlen(SUFFIX);
	enum rth_err err;

	*whatp = "more keys than a recording can be sealed to (16)";
	if (keys->n == RTH_SEAL_RECIPIENTS_MAX)
		return RTH_ERR_LIMIT;
	*whatp = "a key's name is 1 to 64 of a-z, 0-9 and -";
	if (len > RTH_CLINIC_KEY_NAME_MAX)
		return RTH_ERR_FORMAT;
	memcpy(name, file, len);
	name[len] = '\0';
	if (!rth_clinic_key_name_valid(name))
		return RTH_ERR_FORMAT;
	err = rth_clinic_key_read(public, dirfd, file);
	*whatp = err == RTH_ERR_FORMAT ? "not a public key of RTHealth"
				       : "cannot be read";
	if (!err)
		insert(keys, name, public);
	return err;
}

static enum rth_err take_all(struct rth_clinic_keys *keys, const char *folder,
			     DIR *dir, char *problem, size_t size)
{
	const struct dirent *entry;
	const char *what;
	enum rth_err err;

	for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0) {
		if (!is_public(entry->d_name))
			continue;
		err = take(keys, dirfd(dir), entry->d_name, &what);
		if (err)
			return say(problem, size, err, folder, entry->d_name,
				   what);
	}
	if (errno)
		return say(problem, size, RTH_ERR_IO, folder, NULL,
			   strerror(errno));
	if (!keys->n)
		return say(problem, size, RTH_ERR_NOT_FOUND, folder, NULL,
			   "no public key (NAME.pub): run rthealth-portal "
			   "keys init");
	return RTH_OK;
}

enum rth_err rth_clinic_keys_read(struct rth_clinic_keys *keys,
				  const char *folder, char *problem,
				  size_t problem_size)
{
	struct rth_clinic_keys all = {.n = 0};
	DIR *dir = opendir(folder);
	enum rth_err err;

	if (!dir)
		return say(problem, problem_size,
			   errno == ENOENT ? RTH_ERR_NOT_FOUND : RTH_ERR_IO,
			   folder, NULL, strerror(errno));
	err = take_all(&all, folder, dir, problem, problem_size);
	closedir(dir);
	if (!err)
		*keys = all;
	return err;
}
