/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A manifest member by member. The first one that is wrong is named; what this
 * program does not use is not looked at.
 */
#include "recording_part.h"

#include <stdio.h>
#include <string.h>

#include "json_strict.h"
#include "mem.h"

#define VERSION 1
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

struct reading {
	struct rth_recording_part *part;
	const char *wrong; /* the first member that is */
};

static enum rth_err wrong(struct reading *r, const char *what)
{
	if (!r->wrong)
		r->wrong = what;
	return RTH_ERR_FORMAT;
}

static enum rth_err read_time(struct reading *r, int64_t *out,
			      const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value) || n < -RTH_MANIFEST_NUMBER_MAX ||
	    n > RTH_MANIFEST_NUMBER_MAX)
		return wrong(r, name);
	*out = n;
	return 0;
}

static enum rth_err read_count(struct reading *r, int64_t *out,
			       const json_t *object, const char *name)
{
	enum rth_err err = read_time(r, out, object, name);

	return !err && *out < 0 ? wrong(r, name) : err;
}

static bool is_word(const char *text, size_t max)
{
	size_t len = text ? strlen(text) : 0;

	return len && len <= max && strspn(text, LETTERS DIGITS "-_.") == len;
}

static enum rth_err read_word(struct reading *r, char out[RTH_WORD_SIZE],
			      const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (!is_word(text, RTH_WORD_SIZE - 1))
		return wrong(r, name);
	snprintf(out, RTH_WORD_SIZE, "%s", text);
	return 0;
}

static enum rth_err read_bool(struct reading *r, bool *out,
			      const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_boolean(value))
		return wrong(r, name);
	*out = json_is_true(value);
	return 0;
}

static int hex(char c)
{
	const char *at = c ? strchr("0123456789abcdef", c) : NULL;

	return at ? (int)(at - "0123456789abcdef") : -1;
}

/* 64 hex digits where the file is finished, else null. */
static enum rth_err read_digest(struct reading *r, struct rth_listed *file,
				const json_t *object)
{
	const char *text = json_string_value(json_object_get(object, "digest"));
	size_t i;

	if (!file->finished)
		return 0;
	if (!text || strlen(text) != 2 * RTH_SEAL_DIGEST_BYTES)
		return wrong(r, "digest");
	for (i = 0; i < RTH_SEAL_DIGEST_BYTES; i++) {
		int high = hex(text[2 * i]), low = hex(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return wrong(r, "digest");
		file->digest[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

/* A name that is of this part and this kind, and was not listed before. */
static enum rth_err read_name(struct reading *r, struct rth_listed *file,
			      const json_t *object)
{
	const char *text = json_string_value(json_object_get(object, "name"));
	struct rth_recording_file named;

	if (!text || strlen(text) >= sizeof(file->name))
		return wrong(r, "name");
	rth_recording_file_of(&named, text);
	if (named.part != r->part->part ||
	    named.kind !=
		    (file->chat ? RTH_RECORDING_CHAT : RTH_RECORDING_LANE) ||
	    rth_recording_part_find(r->part, text))
		return wrong(r, "name");
	memcpy(file->name, named.name, sizeof(file->name));
	return 0;
}

static enum rth_err read_file(struct reading *r, const json_t *object,
			      bool chat)
{
	struct rth_recording_part *part = r->part;
	struct rth_listed file = {.chat = chat};
	int64_t bytes = 0;
	enum rth_err err = read_name(r, &file, object);

	if (!err)
		err = read_bool(r, &file.finished, object, "finished");
	if (!err)
		err = read_digest(r, &file, object);
	if (!err)
		err = read_count(r, &bytes, object, "bytes");
	if (!err && !chat)
		err = read_time(r, &file.start_ms, object, "start_ms");
	if (!err && !chat)
		err = read_count(r, &file.duration_ms, object, "duration_ms");
	if (err)
		return err;
	file.bytes = (uint64_t)bytes;
	file.picture = json_is_string(json_object_get(object, "video"));
	file.patient = strstr(file.name, "-patient-") != NULL;
	part->files[part->files_n++] = file;
	return 0;
}

static size_t count_files(const json_t *lanes)
{
	size_t n = 1, i; /* the chat */

	for (i = 0; i < json_array_size(lanes); i++)
		n += json_array_size(
			json_object_get(json_array_get(lanes, i), "segments"));
	return n;
}

static enum rth_err read_lane(struct reading *r, const json_t *lane)
{
	const json_t *segments = json_object_get(lane, "segments");
	enum rth_err err = json_is_array(segments) ? 0 : wrong(r, "segments");
	size_t i;

	for (i = 0; i < json_array_size(segments) && !err; i++)
		err = read_file(r, json_array_get(segments, i), false);
	return err;
}

static enum rth_err read_files(struct reading *r, const json_t *json)
{
	const json_t *lanes = json_object_get(json, "lanes");
	const json_t *chat = json_object_get(json, "chat");
	size_t n = count_files(lanes), i;
	enum rth_err err = json_is_array(lanes) ? 0 : wrong(r, "lanes");

	if (n > RTH_RECORDING_FILES_MAX)
		return RTH_ERR_LIMIT;
	r->part->files = rth_alloc(n * sizeof(*r->part->files));
	if (!r->part->files)
		return RTH_ERR_NOMEM;
	for (i = 0; i < json_array_size(lanes) && !err; i++)
		err = read_lane(r, json_array_get(lanes, i));
	if (!err && chat)
		err = read_file(r, chat, true);
	return err;
}

static enum rth_err read_ending(struct reading *r, const json_t *json)
{
	struct rth_recording_part *part = r->part;
	const json_t *ending = json_object_get(json, "finished");
	int64_t duration_ms = 0, parts = 0;
	enum rth_err err;

	if (!ending)
		return 0;
	if (!json_is_object(ending))
		return wrong(r, "finished");
	part->finished = true;
	err = read_word(r, part->how, ending, "how");
	if (!err)
		err = read_word(r, part->reason, ending, "reason");
	if (!err)
		err = read_count(r, &duration_ms, ending, "duration_ms");
	if (!err && json_object_get(ending, "parts"))
		err = read_count(r, &parts, ending, "parts");
	if (!err && parts > RTH_RECORDING_PARTS_MAX)
		err = wrong(r, "parts");
	part->parts = (unsigned)parts;
	return err;
}

static enum rth_err read_head(struct reading *r, const json_t *json,
			      const char *id)
{
	struct rth_recording_part *part = r->part;
	const char *recording =
		json_string_value(json_object_get(json, "recording"));
	const char *room = json_string_value(json_object_get(json, "room"));
	const json_t *version = json_object_get(json, "version");
	const json_t *number = json_object_get(json, "part");
	const json_t *empty = json_object_get(json, "empty");
	enum rth_err err;

	if (json_integer_value(version) != VERSION)
		return wrong(r, "version");
	if (!recording || strcmp(recording, id) != 0)
		return wrong(r, "recording");
	if (json_integer_value(number) != (json_int_t)part->part)
		return wrong(r, "part");
	if (!rth_id_valid(room))
		return wrong(r, "room");
	memcpy(part->room, room, sizeof(part->room));
	err = read_count(r, &part->begun_ms, json, "begun_ms");
	if (!err)
		err = read_time(r, &part->start_ms, json, "start_ms");
	if (!err)
		err = read_time(r, &part->written_ms, json, "written_ms");
	if (!err && !json_is_array(json_object_get(json, "people")))
		err = wrong(r, "people");
	if (!err && !json_is_array(json_object_get(json, "notes")))
		err = wrong(r, "notes");
	if (!err && empty && !json_is_array(empty))
		err = wrong(r, "empty");
	return err;
}

enum rth_err rth_recording_part_read(struct rth_recording_part **partp,
				     const char *text, size_t len,
				     const char *id, unsigned number,
				     const char **wrongp)
{
	struct rth_recording_part *part = rth_alloc(sizeof(*part));
	struct reading r = {part, NULL};
	enum rth_err err;

	if (!part)
		return RTH_ERR_NOMEM;
	part->part = number;
	err = rth_json_object(&part->json, text, len);
	if (!err)
		err = read_head(&r, part->json, id);
	if (!err)
		err = read_files(&r, part->json);
	if (!err)
		err = read_ending(&r, part->json);
	if (err == RTH_ERR_FORMAT)
		*wrongp = r.wrong ? r.wrong : "JSON";
	if (err)
		rth_recording_part_free(part);
	else
		*partp = part;
	return err;
}

void rth_recording_part_free(struct rth_recording_part *part)
{
	if (!part)
		return;
	json_decref(part->json);
	rth_free(part->files);
	rth_free(part);
}

const struct rth_listed *
rth_recording_part_find(const struct rth_recording_part *part, const char *name)
{
	size_t i;

	for (i = 0; i < part->files_n; i++)
		if (strcmp(part->files[i].name, name) == 0)
			return &part->files[i];
	return NULL;
}

void rth_recording_part_name(char name[RTH_MANIFEST_NAME_SIZE], unsigned part)
{
	snprintf(name, RTH_MANIFEST_NAME_SIZE, "%u-manifest.json", part);
}

/* ---- Evidence ---- */

static bool text_is(const json_t *object, const char *name, const char *text)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value && strcmp(value, text) == 0;
}

/* An answer with all that belongs to it. */
static bool is_evidence(const json_t *answer)
{
	const char *sha256 =
		json_string_value(json_object_get(answer, "text_sha256"));
	static const char *const texts[] = {"participant", "sub",
					    "text_version", "language"};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!json_string_length(json_object_get(answer, texts[i])))
			return false;
	return sha256 && strlen(sha256) == 64 &&
	       json_integer_value(json_object_get(answer, "answered_ms")) > 0;
}

/* How a role has agreed in a list of answers or notes. */
struct agreed {
	bool any, pictures, whole;
};

static void add_answers(struct agreed *agreed, const json_t *list,
			const char *role, bool notes)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		const json_t *answer = json_array_get(list, i);
		bool yes = text_is(answer, "answer", "yes");

		if (!text_is(answer, "role", role) ||
		    (notes && !text_is(answer, "event", "consent")) ||
		    (!yes && !text_is(answer, "answer", "voice")))
			continue;
		agreed->any = true;
		agreed->pictures = agreed->pictures || yes;
		agreed->whole = agreed->whole && is_evidence(answer);
	}
}

static struct agreed agreed_of(const struct rth_recording_part *part,
			       const char *role)
{
	struct agreed agreed = {false, false, true};

	add_answers(&agreed, json_object_get(part->json, "people"), role,
		    false);
	add_answers(&agreed, json_object_get(part->json, "notes"), role, true);
	return agreed;
}

static bool has_picture(const struct rth_recording_part *part, bool patient)
{
	size_t i;

	for (i = 0; i < part->files_n; i++)
		if (part->files[i].picture && part->files[i].patient == patient)
			return true;
	return false;
}

const char *rth_recording_part_evidence(const struct rth_recording_part *part)
{
	const struct agreed clinician = agreed_of(part, "clinician");
	const struct agreed patient = agreed_of(part, "patient");

	if (!clinician.any)
		return "the clinician has not agreed";
	if (!patient.any)
		return "the patient has not agreed";
	if (!clinician.whole || !patient.whole)
		return "an answer lacks its text, its time or who gave it";
	if (!clinician.pictures && has_picture(part, false))
		return "there is a picture of a clinician who agreed to voice";
	if (!patient.pictures && has_picture(part, true))
		return "there is a picture of a patient who agreed to voice";
	return NULL;
}
