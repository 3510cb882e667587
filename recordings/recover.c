/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rthealth-recover: completes one interrupted file of a lane. The
 * portal starts it, for media from outside is not read where the clinic's
 * private keys are: it gets the key of one recording and two open files.
 *
 *     3  the recording key: 32 bytes, then the end
 *     4  the interrupted sealed file, to be read
 *     5  an empty file, to be read and written
 *     1  one line of JSON: what is in the new file
 *     2  why it failed
 *
 * Exit status: 0, 3 when there is nothing in it that plays, 1 when it failed.
 * The new file is sealed with the same key, finished and synced. It runs in
 * the recorder's sandbox, without any folder.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "remux.h"
#include "sandbox.h"

#define KEY_FD 3
#define SOURCE_FD 4
#define TARGET_FD 5
#define NOTHING_IN_IT 3
#define USAGE "usage: rthealth-recover, as docs/store.md says\n"

/* What is read, what is written, and with which key. */
struct work {
	struct rth_seal_key *key;
	struct rth_unseal *source;
	struct rth_seal *target;
	struct rth_segment_info info;
	uint64_t bytes; /* of the new plain file */
	uint8_t digest[RTH_SEAL_DIGEST_BYTES];
};

static void drop(struct work *w)
{
	rth_unseal_close(w->source);
	rth_seal_close(w->target);
	rth_seal_key_free(w->key);
}

static int failed(const char *what, enum rth_err err)
{
	fprintf(stderr, "rthealth-recover: %s: %s\n", what, rth_err_name(err));
	return EXIT_FAILURE;
}

/* One byte more is asked for, so that a longer key is seen. */
static enum rth_err read_key(uint8_t raw[RTH_SEAL_KEY_BYTES + 1])
{
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len <= RTH_SEAL_KEY_BYTES) {
		n = read(KEY_FD, raw + len, RTH_SEAL_KEY_BYTES + 1 - len);
		if (n > 0)
			len += (size_t)n;
	}
	close(KEY_FD);
	if (n < 0)
		return RTH_ERR_IO;
	return len == RTH_SEAL_KEY_BYTES ? RTH_OK : RTH_ERR_FORMAT;
}

static enum rth_err take_key(struct work *w)
{
	uint8_t raw[RTH_SEAL_KEY_BYTES + 1];
	enum rth_err err = read_key(raw);

	if (!err)
		err = rth_seal_key_given(&w->key, SOURCE_FD, raw);
	sodium_memzero(raw, sizeof(raw));
	return err;
}

static enum rth_err open_files(struct work *w)
{
	struct stat st;
	enum rth_err err;

	if (fstat(TARGET_FD, &st) || !S_ISREG(st.st_mode) || st.st_size)
		return RTH_ERR_EXISTS;
	err = rth_unseal_open(&w->source, SOURCE_FD, w->key);
	if (!err)
		err = rth_seal_create(&w->target, TARGET_FD, w->key);
	return err;
}

/* A block that does not open ends what can be saved. */
static enum rth_err read_source(void *arg, uint64_t offset, void *data,
				size_t len, size_t *gotp)
{
	enum rth_err err = rth_unseal_read(arg, offset, data, len, gotp, NULL);

	if (err != RTH_ERR_CRYPTO)
		return err;
	*gotp = 0;
	return RTH_OK;
}

static enum rth_err finish(struct work *w)
{
	struct rth_seal *target = w->target;

	w->target = NULL;
	w->bytes = rth_seal_length(target);
	return rth_seal_finish(target, w->digest);
}

static enum rth_err copy(struct work *w)
{
	const struct rth_remux_source source = {
		.read = read_source,
		.arg = w->source,
		.length = rth_unseal_length(w->source),
	};

	return rth_mux_remux(&source, w->target, &w->info);
}

static enum rth_err tell(const struct work *w)
{
	char hex[2 * RTH_SEAL_DIGEST_BYTES + 1];
	const struct rth_segment_info *i = &w->info;
	json_t *line;
	int rc = -1;

	sodium_bin2hex(hex, sizeof(hex), w->digest, sizeof(w->digest));
	line = json_pack("{s:s, s:s?, s:s?, s:i, s:i, s:I, s:I, s:I, s:I, s:s}",
			 "container", i->container, "audio", i->audio, "video",
			 i->video, "width", i->width, "height", i->height,
			 "duration_ms", (json_int_t)i->duration_ms, "bytes",
			 (json_int_t)w->bytes, "frames", (json_int_t)i->frames,
			 "key_frames", (json_int_t)i->key_frames, "digest",
			 hex);
	if (line)
		rc = json_dumpf(line, stdout, JSON_COMPACT);
	json_decref(line);
	if (rc || putchar('\n') == EOF || fflush(stdout))
		return RTH_ERR_IO;
	return RTH_OK;
}

static int recover(struct work *w)
{
	enum rth_err err = take_key(w);

	if (err)
		return failed("key", err);
	err = open_files(w);
	if (err)
		return failed("files", err);
	err = copy(w);
	if (err == RTH_ERR_FORMAT)
		return NOTHING_IN_IT;
	if (err)
		return failed("copying", err);
	err = finish(w);
	if (!err)
		err = tell(w);
	return err ? failed("finishing", err) : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct work w = {.info = {.container = ""}};
	enum rth_err err;
	int status;

	(void)argv;
	if (argc != 1) {
		fputs(USAGE, stderr);
		return 2;
	}
	tzset();
	json_object_seed(0);
	if (sodium_init() < 0)
		return failed("start", RTH_ERR_CRYPTO);
	err = rth_sandbox_enter(RTH_SANDBOX_NO_FOLDER);
	if (err)
		return failed("sandbox", err);
	status = recover(&w);
	drop(&w);
	_exit(status); /* what runs at exit may need what was given up */
}
