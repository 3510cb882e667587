/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Edits of a manifest. What they say depends on the files only, not on when
 * they are made, so that doing it again gives the same.
 */
#include "recover_manifest.h"

#include <stdio.h>
#include <string.h>

#include "json_strict.h"

#define LANE_SIZE 32

/* "clinician-screen" of "1-clinician-screen-2.webm". */
static void lane_of(char lane[LANE_SIZE], const char *name)
{
	const char *from = strchr(name, '-') + 1;
	const char *to = strrchr(name, '-');

	snprintf(lane, LANE_SIZE, "%.*s", (int)(to - from), from);
}

static json_t *find_named(const json_t *array, const char *member,
			  const char *value)
{
	size_t i;

	for (i = 0; i < json_array_size(array); i++) {
		json_t *item = json_array_get(array, i);
		const char *text =
			json_string_value(json_object_get(item, member));

		if (text && strcmp(text, value) == 0)
			return item;
	}
	return NULL;
}

static json_t *append(json_t *array, json_t *item)
{
	return json_array_append_new(array, item) ? NULL : item;
}

/* The lane's entry, made where there is none. */
static json_t *lane_entry(json_t *manifest, const char *lane)
{
	json_t *lanes = json_object_get(manifest, "lanes");
	json_t *entry = find_named(lanes, "lane", lane);
	bool patient = strncmp(lane, "patient", 7) == 0;

	if (entry)
		return entry;
	return append(lanes,
		      json_pack("{s:s, s:s, s:[]}", "lane", lane, "role",
				patient ? "patient" : "clinician", "segments"));
}

static json_t *find_file(const json_t *manifest, const char *name)
{
	const json_t *lanes = json_object_get(manifest, "lanes");
	json_t *entry = NULL;
	size_t i;

	for (i = 0; i < json_array_size(lanes) && !entry; i++)
		entry = find_named(
			json_object_get(json_array_get(lanes, i), "segments"),
			"name", name);
	return entry;
}

/* The file's entry, made for one that began after the manifest was written. */
static json_t *file_entry(json_t *manifest, const char *name)
{
	const char *end = strrchr(name, '.') + 1;
	char lane[LANE_SIZE];
	json_t *segments, *entry = find_file(manifest, name);

	if (entry)
		return entry;
	lane_of(lane, name);
	segments = json_object_get(lane_entry(manifest, lane), "segments");
	return append(
		segments,
		json_pack("{s:s, s:s, s:n, s:n, s:i, s:i, s:O, s:i, s:i, s:i,"
			  " s:i}",
			  "name", name, "container", end, "audio", "video",
			  "width", 0, "height", 0, "start_ms",
			  json_object_get(manifest, "written_ms"),
			  "duration_ms", 0, "bytes", 0, "frames", 0,
			  "key_frames", 0));
}

static json_t *digest_json(const uint8_t digest[RTH_SEAL_DIGEST_BYTES])
{
	char text[2 * RTH_SEAL_DIGEST_BYTES + 1];
	size_t i;

	for (i = 0; i < RTH_SEAL_DIGEST_BYTES; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return json_string(text);
}

static enum rth_err set_finished(json_t *entry, const struct rth_recovered *f)
{
	if (json_object_set_new(entry, "finished", json_true()) ||
	    json_object_set_new(entry, "bytes",
				json_integer((json_int_t)f->bytes)) ||
	    json_object_set_new(entry, "digest", digest_json(f->digest)))
		return RTH_ERR_NOMEM;
	return 0;
}

static bool good(const char *name, const json_t *value)
{
	bool word = strcmp(name, "audio") == 0 || strcmp(name, "video") == 0;
	const char *text = json_string_value(value);
	size_t len = text ? strlen(text) : 0;

	if (word)
		return len && len <= 16 &&
		       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789") ==
			       len;
	return json_is_integer(value) && json_integer_value(value) >= 0 &&
	       json_integer_value(value) <= RTH_MANIFEST_NUMBER_MAX;
}

/* What the child found: believed only as far as it is well-formed. */
static enum rth_err set_answer(json_t *entry, const char *text)
{
	static const char *const members[] = {
		"audio",  "video",	"width",    "height",
		"frames", "key_frames", "start_ms", "duration_ms"};
	json_t *answer = NULL;
	enum rth_err err = rth_json_object(&answer, text, strlen(text));
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]) && !err; i++) {
		json_t *value = json_object_get(answer, members[i]);

		if (!value || json_is_null(value))
			continue;
		if (!good(members[i], value))
			err = RTH_ERR_FORMAT;
		else if (json_object_set(entry, members[i], value))
			err = RTH_ERR_NOMEM;
	}
	if (!err && !json_object_get(answer, "duration_ms"))
		err = RTH_ERR_FORMAT;
	json_decref(answer);
	return err;
}

static enum rth_err set_chat(json_t *manifest, const struct rth_recovered *f)
{
	json_t *chat = json_object_get(manifest, "chat");

	if (!chat) {
		chat = json_pack("{s:s}", "name", f->name);
		if (json_object_set_new(manifest, "chat", chat))
			return RTH_ERR_NOMEM;
	}
	if (json_object_set_new(chat, "lines", json_integer(f->lines)))
		return RTH_ERR_NOMEM;
	return set_finished(chat, f);
}

enum rth_err rth_recover_manifest_file(json_t *manifest,
				       const struct rth_recovered *file)
{
	json_t *entry;
	enum rth_err err;

	if (!file->answer)
		return set_chat(manifest, file);
	entry = file_entry(manifest, file->name);
	if (!entry)
		return RTH_ERR_NOMEM;
	err = set_answer(entry, file->answer);
	return err ? err : set_finished(entry, file);
}

static enum rth_err remove_entry(json_t *manifest, const char *name)
{
	json_t *lanes = json_object_get(manifest, "lanes");
	json_t *chat = json_object_get(manifest, "chat");
	size_t i, k;

	if (strcmp(name + strcspn(name, "-"), "-chat.jsonl") == 0)
		return chat && json_object_del(manifest, "chat") ? RTH_ERR_NOMEM
								 : 0;
	for (i = 0; i < json_array_size(lanes); i++) {
		json_t *segments =
			json_object_get(json_array_get(lanes, i), "segments");

		for (k = json_array_size(segments); k-- > 0;)
			if (json_array_get(segments, k) ==
			    find_named(segments, "name", name))
				(void)json_array_remove(segments, k);
	}
	return 0;
}

enum rth_err rth_recover_manifest_drop(json_t *manifest, const char *name)
{
	json_t *empty = json_object_get(manifest, "empty");

	if (!empty) {
		empty = json_array();
		if (json_object_set_new(manifest, "empty", empty))
			return RTH_ERR_NOMEM;
	}
	if (json_array_append_new(empty, json_string(name)))
		return RTH_ERR_NOMEM;
	return remove_entry(manifest, name);
}

static int64_t member(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

int64_t rth_recover_manifest_last_ms(const json_t *manifest)
{
	const json_t *lanes = json_object_get(manifest, "lanes");
	int64_t last = member(manifest, "written_ms");
	size_t i, k;

	for (i = 0; i < json_array_size(lanes); i++) {
		const json_t *segments =
			json_object_get(json_array_get(lanes, i), "segments");

		for (k = 0; k < json_array_size(segments); k++) {
			const json_t *s = json_array_get(segments, k);
			int64_t end = member(s, "start_ms") +
				      member(s, "duration_ms");

			if (end > last)
				last = end;
		}
	}
	return last;
}

/* To what a reader takes. */
static int64_t clamp(int64_t ms)
{
	if (ms < 0)
		return 0;
	return ms > RTH_MANIFEST_NUMBER_MAX ? RTH_MANIFEST_NUMBER_MAX : ms;
}

enum rth_err rth_recover_manifest_end(json_t *manifest)
{
	int64_t last = rth_recover_manifest_last_ms(manifest);
	int64_t duration = clamp(last - member(manifest, "start_ms"));
	json_t *ending =
		json_pack("{s:s, s:s, s:I, s:I}", "how", "interrupted",
			  "reason", "recorder-gone", "duration_ms",
			  (json_int_t)duration, "lost_at_ms", (json_int_t)last);

	return json_object_set_new(manifest, "finished", ending) ? RTH_ERR_NOMEM
								 : 0;
}

bool rth_recover_manifest_empty(const json_t *manifest, const char *name)
{
	const json_t *empty = json_object_get(manifest, "empty");
	size_t i;

	for (i = 0; i < json_array_size(empty); i++) {
		const char *text = json_string_value(json_array_get(empty, i));

		if (text && strcmp(text, name) == 0)
			return true;
	}
	return false;
}
