/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sealed files, each error in words that name the block.
 */
#include "recording_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "write.h"

#define BLOCK RTH_SEAL_BLOCK_BYTES

static void find(struct rth_finding *f, enum rth_err err, const char *text)
{
	f->err = err;
	snprintf(f->text, sizeof(f->text), "%s", text);
}

static void find_block(struct rth_finding *f, enum rth_err err, uint64_t block)
{
	f->err = err;
	if (err == RTH_ERR_CRYPTO)
		snprintf(f->text, sizeof(f->text),
			 "block %" PRIu64 " does not open", block);
	else if (err == RTH_ERR_FORMAT)
		find(f, err, "its blocks are not those of its end record");
	else
		find(f, err, "cannot be read");
}

static void find_open(struct rth_finding *f, enum rth_err err)
{
	static const struct {
		enum rth_err err;
		const char *text;
	} texts[] = {
		{RTH_ERR_NOT_FOUND, "is missing"},
		{RTH_ERR_FORMAT, "is no sealed file, or its header is damaged"},
		{RTH_ERR_DENIED, "is sealed with another recording's key"},
		{RTH_ERR_LIMIT, "is cut"},
		{RTH_ERR_CRYPTO, "its end does not open"},
		{RTH_ERR_NOMEM, "out of memory"},
	};
	size_t i;

	find(f, err, "cannot be read");
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].err == err)
			find(f, err, texts[i].text);
}

enum rth_err rth_recording_key(struct rth_seal_key **keyp,
			       const struct rth_recording_folder *recording,
			       const char *name,
			       const struct rth_seal_pair *pairs,
			       size_t pairs_n)
{
	int fd;
	enum rth_err err = rth_recording_folder_file(&fd, recording, name);

	if (err)
		return err;
	err = rth_seal_key_open(keyp, fd, pairs, pairs_n);
	close(fd);
	return err;
}

static enum rth_err open_file(struct rth_unseal **unsealp,
			      const struct rth_recording_folder *recording,
			      const char *name, const struct rth_seal_key *key,
			      struct rth_finding *finding)
{
	int fd;
	enum rth_err err;

	memset(finding, 0, sizeof(*finding));
	err = rth_recording_folder_file(&fd, recording, name);
	if (!err) {
		err = rth_unseal_open(unsealp, fd, key);
		if (err)
			close(fd);
	}
	if (err) {
		find_open(finding, err);
		return err;
	}
	finding->complete = rth_unseal_complete(*unsealp);
	finding->bytes = rth_unseal_length(*unsealp);
	if (finding->complete)
		memcpy(finding->digest, rth_unseal_digest(*unsealp),
		       RTH_SEAL_DIGEST_BYTES);
	return 0;
}

/* The bare key opens a header that was made with it, and no other. */
bool rth_recording_same_key(const struct rth_recording_folder *recording,
			    const char *name, const struct rth_seal_key *key)
{
	struct rth_seal_key *same = NULL;
	enum rth_err err;
	int fd;

	if (rth_recording_folder_file(&fd, recording, name))
		return false;
	err = rth_seal_key_given(&same, fd, rth_seal_key_raw(key));
	close(fd);
	rth_seal_key_free(same);
	return !err;
}

void rth_recording_check(struct rth_finding *finding,
			 const struct rth_recording_folder *recording,
			 const char *name, const struct rth_seal_key *key)
{
	struct rth_unseal *unseal;
	uint64_t block = 0;
	enum rth_err err;

	if (open_file(&unseal, recording, name, key, finding))
		return;
	err = rth_unseal_verify(unseal, &block);
	if (err)
		find_block(finding, err, block);
	rth_unseal_close(unseal);
}

enum rth_err rth_recording_read(char **textp, size_t *lenp,
				const struct rth_recording_folder *recording,
				const char *name,
				const struct rth_seal_key *key,
				size_t max_bytes, struct rth_finding *finding)
{
	struct rth_unseal *unseal;
	uint64_t block = 0;
	char *text = NULL;
	size_t got = 0;
	enum rth_err err = open_file(&unseal, recording, name, key, finding);

	if (err)
		return err;
	if (finding->bytes > max_bytes) {
		err = RTH_ERR_LIMIT;
		find(finding, err, "is too long");
		goto out;
	}
	err = rth_unseal_verify(unseal, &block);
	if (!err) {
		text = rth_alloc((size_t)finding->bytes + 1);
		err = text ? rth_unseal_read(unseal, 0, text,
					     (size_t)finding->bytes, &got,
					     &block)
			   : RTH_ERR_NOMEM;
	}
	if (err)
		find_block(finding, err, block);
out:
	rth_unseal_close(unseal);
	if (err) {
		rth_free(text);
	} else {
		*textp = text;
		*lenp = got;
	}
	return err;
}

/* One block; zeros in its place when it is damaged and that is wanted. */
static enum rth_err copy_block(int out, struct rth_unseal *unseal, uint64_t at,
			       char *data, bool damaged,
			       struct rth_finding *finding)
{
	uint64_t left = rth_unseal_length(unseal) - at, block = at / BLOCK;
	size_t len = left < BLOCK ? (size_t)left : BLOCK, got = 0;
	enum rth_err err = rth_unseal_read(unseal, at, data, len, &got, &block);

	if (err && !finding->err)
		find_block(finding, err, block);
	if (err && !(damaged && err == RTH_ERR_CRYPTO))
		return err;
	if (err)
		memset(data, 0, len);
	return rth_write_all(out, data, len);
}

enum rth_err rth_recording_copy(int out,
				const struct rth_recording_folder *recording,
				const char *name,
				const struct rth_seal_key *key, bool damaged,
				struct rth_finding *finding)
{
	struct rth_unseal *unseal;
	char *data;
	uint64_t at;
	enum rth_err err = open_file(&unseal, recording, name, key, finding);

	if (err)
		return err;
	data = rth_alloc(BLOCK);
	err = data ? 0 : RTH_ERR_NOMEM;
	for (at = 0; at < finding->bytes && !err; at += BLOCK)
		err = copy_block(out, unseal, at, data, damaged, finding);
	if (!err && fsync(out))
		err = RTH_ERR_IO;
	if (err && !finding->err)
		find(finding, err, "cannot be written");
	rth_free(data);
	rth_unseal_close(unseal);
	return err;
}
