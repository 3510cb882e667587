/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Feeds bytes to the portal's reader of manifests.
 *
 * What is taken has files with names of its part, each once. Brought to an
 * ending as a recovery does, it is taken again, and everything is finished.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "recording_part.h"
#include "recover_manifest.h"

#define ID "abcdefghijklmnopqrstuv"
#define ANSWER "{\"duration_ms\":5,\"video\":\"vp8\"}"

static void expect(int holds)
{
	if (!holds)
		abort();
}

static void check(const struct rth_recording_part *part)
{
	struct rth_recording_file named;
	size_t i;

	(void)rth_recording_part_evidence(part);
	expect(part->files_n <= RTH_RECORDING_FILES_MAX);
	for (i = 0; i < part->files_n; i++) {
		const struct rth_listed *file = &part->files[i];

		rth_recording_file_of(&named, file->name);
		expect(named.part == 1);
		expect(named.kind ==
		       (file->chat ? RTH_RECORDING_CHAT : RTH_RECORDING_LANE));
		expect(rth_recording_part_find(part, file->name) == file);
	}
}

/* Every second file that is not finished held something. */
static void finish(json_t *manifest, const struct rth_recording_part *part)
{
	size_t i;

	for (i = 0; i < part->files_n; i++) {
		struct rth_recovered file = {.name = part->files[i].name,
					     .bytes = 7};

		if (part->files[i].finished)
			continue;
		if (!part->files[i].chat)
			file.answer = ANSWER;
		if (i % 2)
			expect(!rth_recover_manifest_drop(manifest, file.name));
		else
			expect(!rth_recover_manifest_file(manifest, &file));
	}
	expect(!rth_recover_manifest_end(manifest));
}

static void recover(const struct rth_recording_part *part)
{
	json_t *manifest = json_deep_copy(part->json);
	struct rth_recording_part *again;
	const char *wrong;
	char *text;
	size_t i;

	finish(manifest, part);
	text = json_dumps(manifest, JSON_COMPACT);
	expect(!rth_recording_part_read(&again, text, strlen(text), ID, 1,
					&wrong));
	expect(again->finished);
	for (i = 0; i < again->files_n; i++)
		expect(again->files[i].finished);
	rth_recording_part_free(again);
	free(text);
	json_decref(manifest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rth_recording_part *part;
	const char *wrong = NULL;
	char *text = malloc(size ? size : 1);
	enum rth_err err;

	expect(text != NULL);
	memcpy(text, data, size);
	err = rth_recording_part_read(&part, text, size, ID, 1, &wrong);
	free(text);
	if (err == RTH_ERR_FORMAT)
		expect(wrong != NULL);
	if (err)
		return 0;
	check(part);
	if (!part->finished)
		recover(part);
	rth_recording_part_free(part);
	return 0;
}
