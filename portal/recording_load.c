/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Key, then bytes, then JSON.
 */
#include "recording_load.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "mem.h"

static void find(struct rth_finding *finding, enum rth_err err,
		 const char *text)
{
	memset(finding, 0, sizeof(*finding));
	finding->err = err;
	snprintf(finding->text, sizeof(finding->text), "%s", text);
}

static enum rth_err open_key(struct rth_loaded *loaded,
			     const struct rth_recording_folder *recording,
			     const char *name, struct rth_pairs pairs,
			     struct rth_finding *finding)
{
	enum rth_err err = rth_recording_key(&loaded->key, recording, name,
					     pairs.v, pairs.n);

	if (err == RTH_ERR_DENIED)
		find(finding, err, "is sealed to none of the private keys");
	else if (err == RTH_ERR_NOT_FOUND)
		find(finding, err, "is missing");
	else if (err == RTH_ERR_FORMAT)
		find(finding, err,
		     "is no sealed file, or its header is damaged");
	else if (err)
		find(finding, err, "cannot be read");
	return err;
}

enum rth_err rth_recording_load(struct rth_loaded *loaded,
				const struct rth_recording_folder *recording,
				unsigned part, struct rth_pairs pairs,
				struct rth_finding *finding)
{
	char name[RTH_MANIFEST_NAME_SIZE], *text = NULL;
	struct rth_loaded l = {NULL, NULL, false};
	const char *wrong = "";
	size_t len = 0;
	enum rth_err err;

	rth_recording_part_name(name, part);
	err = open_key(&l, recording, name, pairs, finding);
	if (err)
		return err;
	err = rth_recording_read(&text, &len, recording, name, l.key,
				 RTH_MANIFEST_MAX_BYTES, finding);
	if (!err) {
		l.complete = finding->complete;
		err = rth_recording_part_read(&l.part, text, len, recording->id,
					      part, &wrong);
		OPENSSL_cleanse(text, len);
		rth_free(text);
		if (err) {
			find(finding, err, "");
			snprintf(finding->text, sizeof(finding->text),
				 "its \"%s\" is wrong", wrong);
		}
	}
	if (err)
		rth_recording_unload(&l);
	else
		*loaded = l;
	return err;
}

void rth_recording_unload(struct rth_loaded *loaded)
{
	rth_seal_key_free(loaded->key);
	rth_recording_part_free(loaded->part);
	loaded->key = NULL;
	loaded->part = NULL;
}
