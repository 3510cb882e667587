/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a recording must be, rule by rule. A later rule is still looked at when
 * an earlier one fails, so that everything that is wrong is named at once.
 */
#include "recording_verify.h"

#include <stdio.h>
#include <string.h>

#include "recover_manifest.h"

static void tell(struct rth_verify *v, const char *file, const char *text)
{
	v->wrong++;
	v->tell(v->arg, file, text);
}

/* Is it the file that the manifest was written for? */
static void compare(struct rth_verify *v, const struct rth_listed *listed,
		    const struct rth_finding *found, bool part_finished)
{
	if (!listed->finished) {
		if (part_finished || found->complete)
			tell(v, listed->name,
			     "is not known as finished by the manifest");
		return;
	}
	if (!found->complete)
		tell(v, listed->name, "was not finished");
	else if (found->bytes != listed->bytes)
		tell(v, listed->name, "has another length than its manifest");
	else if (memcmp(found->digest, listed->digest, RTH_SEAL_DIGEST_BYTES) !=
		 0)
		tell(v, listed->name, "is another one than its manifest's");
}

static void check_listed(struct rth_verify *v,
			 const struct rth_recording_folder *recording,
			 const struct rth_loaded *loaded)
{
	const struct rth_recording_part *part = loaded->part;
	struct rth_finding found;
	size_t i;

	for (i = 0; i < part->files_n; i++) {
		rth_recording_check(&found, recording, part->files[i].name,
				    loaded->key);
		v->files++;
		v->bytes += found.bytes;
		if (found.err)
			tell(v, part->files[i].name, found.text);
		else
			compare(v, &part->files[i], &found, part->finished);
	}
}

/* What is in the folder and not in the manifest of its part. */
static void check_unlisted(struct rth_verify *v,
			   const struct rth_recording_folder *recording,
			   const struct rth_recording_part *part)
{
	size_t i;

	for (i = 0; i < recording->files_n; i++) {
		const struct rth_recording_file *file = &recording->files[i];

		if (file->part != part->part)
			continue;
		if (file->kind == RTH_RECORDING_LEFTOVER)
			tell(v, file->name, "is left over");
		else if (file->kind != RTH_RECORDING_MANIFEST &&
			 !rth_recording_part_find(part, file->name) &&
			 !rth_recover_manifest_empty(part->json, file->name))
			tell(v, file->name, "is not in the manifest");
	}
}

/* *partsp grows to what END said. */
static enum rth_err check_part(struct rth_verify *v,
			       const struct rth_recording_folder *recording,
			       unsigned number, unsigned *partsp)
{
	char name[RTH_MANIFEST_NAME_SIZE];
	struct rth_finding finding;
	struct rth_loaded loaded;
	const char *evidence;
	enum rth_err err = rth_recording_load(&loaded, recording, number,
					      v->pairs, &finding);

	rth_recording_part_name(name, number);
	v->files++;
	if (err) {
		tell(v, name, finding.text);
		return err == RTH_ERR_NOMEM ? err : 0;
	}
	v->bytes += finding.bytes;
	if (!loaded.complete)
		tell(v, name, "was not finished");
	if (!loaded.part->finished)
		tell(v, name, "was interrupted and is not recovered");
	evidence = rth_recording_part_evidence(loaded.part);
	if (evidence)
		tell(v, name, evidence);
	check_listed(v, recording, &loaded);
	check_unlisted(v, recording, loaded.part);
	if (loaded.part->parts > *partsp)
		*partsp = loaded.part->parts;
	rth_recording_unload(&loaded);
	return 0;
}

/* What was made of the recording: whole, and with the key of a part. */
static void check_made(struct rth_verify *v,
		       const struct rth_recording_folder *recording,
		       const char *name)
{
	struct rth_finding found = {.err = RTH_ERR_DENIED};
	char manifest[RTH_MANIFEST_NAME_SIZE];
	struct rth_seal_key *key;
	unsigned part;

	for (part = 1; part <= recording->parts && found.err == RTH_ERR_DENIED;
	     part++) {
		rth_recording_part_name(manifest, part);
		if (rth_recording_key(&key, recording, manifest, v->pairs.v,
				      v->pairs.n))
			continue;
		if (rth_recording_same_key(recording, name, key))
			rth_recording_check(&found, recording, name, key);
		rth_seal_key_free(key);
	}
	v->files++;
	v->bytes += found.bytes;
	if (found.err == RTH_ERR_DENIED)
		tell(v, name, "is sealed with none of the recording's keys");
	else if (found.err)
		tell(v, name, found.text);
	else if (!found.complete)
		tell(v, name, "was not finished");
}

static void check_foreign(struct rth_verify *v,
			  const struct rth_recording_folder *recording)
{
	size_t i;

	for (i = 0; i < recording->files_n; i++) {
		const struct rth_recording_file *file = &recording->files[i];

		if (file->kind == RTH_RECORDING_FOREIGN)
			tell(v, file->name, "does not belong here");
		else if (file->kind == RTH_RECORDING_CAPTIONS ||
			 file->kind == RTH_RECORDING_PREVIEW ||
			 file->kind == RTH_RECORDING_FILM)
			check_made(v, recording, file->name);
	}
}

enum rth_err rth_recording_verify(const struct rth_recording_folder *recording,
				  struct rth_verify *verify)
{
	unsigned parts = recording->parts, number;
	enum rth_err err = 0;

	/* Killed before anything was recorded: an empty folder. */
	if (!parts && recording->files_n)
		parts = 1;
	if (verify->parts > parts && verify->parts <= RTH_RECORDING_PARTS_MAX)
		parts = verify->parts;
	verify->wrong = 0;
	verify->files = 0;
	verify->bytes = 0;
	for (number = 1; number <= parts && !err; number++)
		err = check_part(verify, recording, number, &parts);
	check_foreign(verify, recording);
	return err;
}
