/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Captions: read from a file of somebody's, sealed with the key of part 1.
 */
#include "recording_captions.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include <jansson.h>

#include "making.h"
#include "mem.h"
#include "recording_file.h"

/* "WEBVTT" and then nothing, a blank or a line's end, maybe behind a byte order
   mark (WebVTT, 6.1). */
static bool is_webvtt(const char *text, size_t len)
{
	static const char mark[] = "\xef\xbb\xbf", word[] = "WEBVTT";

	if (len >= 3 && memcmp(text, mark, 3) == 0) {
		text += 3;
		len -= 3;
	}
	return len >= 6 && memcmp(text, word, 6) == 0 &&
	       (len == 6 || strchr(" \t\r\n", text[6]));
}

static bool is_utf8(const char *text, size_t len)
{
	json_t *json = json_stringn(text, len);

	json_decref(json);
	return json != NULL;
}

static enum rth_err read_all(char **textp, size_t *lenp, int fd)
{
	struct stat st;
	size_t len = 0;
	char *text;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return RTH_ERR_IO;
	if (st.st_size > RTH_CAPTIONS_MAX_BYTES)
		return RTH_ERR_LIMIT;
	text = rth_alloc((size_t)st.st_size + 1);
	if (!text)
		return RTH_ERR_NOMEM;
	while (len < (size_t)st.st_size) {
		ssize_t n = read(fd, text + len, (size_t)st.st_size - len);

		if (n <= 0) {
			rth_free(text);
			return RTH_ERR_IO;
		}
		len += (size_t)n;
	}
	*textp = text;
	*lenp = len;
	return 0;
}

enum rth_err rth_captions_read(char **textp, size_t *lenp, const char *path,
			       const char **wrong)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text = NULL;
	size_t len = 0;
	enum rth_err err = fd < 0 ? RTH_ERR_IO : read_all(&text, &len, fd);

	if (fd >= 0)
		close(fd);
	if (!err && (!is_webvtt(text, len) || memchr(text, 0, len) ||
		     !is_utf8(text, len)))
		err = RTH_ERR_FORMAT;
	if (err) {
		rth_free(text);
		*wrong = err == RTH_ERR_FORMAT	? "is no WebVTT in UTF-8"
			 : err == RTH_ERR_LIMIT ? "is larger than 4 MiB"
						: "cannot be read";
		return err;
	}
	*textp = text;
	*lenp = len;
	return 0;
}

static enum rth_err write_sealed(int fd, const struct rth_seal_key *key,
				 const char *text, size_t len)
{
	struct rth_seal *seal;
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	enum rth_err err =
		own < 0 ? RTH_ERR_IO : rth_seal_create(&seal, own, key);

	if (err) {
		if (own >= 0)
			close(own);
		return err;
	}
	err = rth_seal_write(seal, 0, text, len);
	if (err)
		rth_seal_close(seal);
	else
		err = rth_seal_finish(seal, NULL);
	return err;
}

/* No film could hold more of them. */
static bool are_too_many(const struct rth_recording_folder *folder,
			 const char *name)
{
	size_t i, n = 0;

	for (i = 0; i < folder->files_n; i++)
		n += folder->files[i].kind == RTH_RECORDING_CAPTIONS &&
		     strcmp(folder->files[i].name, name) != 0;
	return n >= RTH_CAPTIONS_MAX;
}

enum rth_err rth_captions_seal(const struct rth_recording_folder *folder,
			       struct rth_pairs pairs, const char *language,
			       const char *text, size_t len)
{
	char name[RTH_RECORDING_NAME_SIZE], manifest[RTH_MANIFEST_NAME_SIZE];
	struct rth_seal_key *key = NULL;
	struct rth_making making;
	enum rth_err err;

	if (rth_recording_folder_running(folder))
		return RTH_ERR_STATE;
	snprintf(name, sizeof(name), "captions-%s.vtt", language);
	if (are_too_many(folder, name))
		return RTH_ERR_EXISTS;
	rth_recording_part_name(manifest, 1);
	err = rth_recording_key(&key, folder, manifest, pairs.v, pairs.n);
	if (err)
		return err;
	err = rth_making_begin(&making, folder, name);
	if (!err) {
		err = write_sealed(making.fd, key, text, len);
		if (err)
			rth_making_cancel(&making);
		else
			err = rth_making_end(&making, NULL, NULL);
	}
	rth_seal_key_free(key);
	return err;
}
