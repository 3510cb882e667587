/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Manifests become one timeline, part after part. What they say was written by
 * a program that reads what strangers send, so each value is looked at.
 */
#include "play_timeline.h"

#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "recording_load.h"

#define NOTES_MAX 10000
#define SIZE_MAX_PX 16384
/* What was flushed by now is what was sent so long ago, at most. */
#define BEHIND_MS 3000

static const struct {
	const char *lane, *role;
} lane_table[] = {
	{"clinician", "clinician"},
	{"clinician-screen", "clinician"},
	{"patient", "patient"},
	{"patient-screen", "patient"},
};

#define LANES (sizeof(lane_table) / sizeof(lane_table[0]))

struct timeline {
	const char *play;
	int64_t now_ms; /* from the origin, less BEHIND_MS; when it runs */
	bool running;
	json_t *segments[LANES], *chat, *notes, *captions;
	int64_t duration_ms;
	int64_t lost_at_ms; /* -1: nowhere */
	bool interrupted, incomplete;
};

static void timeline_clear(struct timeline *t)
{
	size_t i;

	for (i = 0; i < LANES; i++)
		json_decref(t->segments[i]);
	json_decref(t->chat);
	json_decref(t->notes);
	json_decref(t->captions);
}

static enum rth_err timeline_init(struct timeline *t, const char *play)
{
	bool good;
	size_t i;

	memset(t, 0, sizeof(*t));
	t->play = play;
	t->lost_at_ms = -1;
	t->chat = json_array();
	t->notes = json_array();
	t->captions = json_array();
	good = t->chat && t->notes && t->captions;
	for (i = 0; i < LANES; i++) {
		t->segments[i] = json_array();
		good = good && t->segments[i];
	}
	if (good)
		return 0;
	timeline_clear(t);
	return RTH_ERR_NOMEM;
}

static enum rth_err append(json_t *list, json_t *value)
{
	return json_array_append_new(list, value) ? RTH_ERR_NOMEM : 0;
}

static void reach(struct timeline *t, int64_t ms)
{
	if (ms > t->duration_ms)
		t->duration_ms = ms;
}

static void source(char src[128], const struct timeline *t, const char *name)
{
	snprintf(src, 128, "/api/plays/%s/%s", t->play, name);
}

static json_int_t pixels(const json_t *segment, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(segment, name));

	return n < 0 || n > SIZE_MAX_PX ? 0 : n;
}

/* ---- Lanes ---- */

static const char *container_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && strcmp(dot, ".mp4") == 0 ? "mp4" : "webm";
}

/* How long a file that grows may be by now: its manifest is older. */
static int64_t length_of(const struct timeline *t,
			 const struct rth_listed *file)
{
	int64_t by_now = t->now_ms - file->start_ms;

	if (file->finished || !t->running || by_now < file->duration_ms)
		return file->duration_ms;
	return by_now;
}

static enum rth_err add_segment(struct timeline *t, size_t lane,
				const json_t *segment,
				const struct rth_listed *file)
{
	int64_t length_ms = length_of(t, file);
	char src[128];

	source(src, t, file->name);
	reach(t, file->start_ms + length_ms);
	return append(
		t->segments[lane],
		json_pack("{s:s, s:s, s:I, s:I, s:b, s:b, s:I, s:I, s:b}",
			  "src", src, "container", container_of(file->name),
			  "start_ms", (json_int_t)file->start_ms, "duration_ms",
			  (json_int_t)length_ms, "audio",
			  json_is_string(json_object_get(segment, "audio")),
			  "video", file->picture, "width",
			  pixels(segment, "width"), "height",
			  pixels(segment, "height"), "finished",
			  file->finished));
}

static bool find_lane(size_t *lanep, const json_t *lane)
{
	const char *name = json_string_value(json_object_get(lane, "lane"));
	size_t i;

	for (i = 0; name && i < LANES; i++)
		if (strcmp(lane_table[i].lane, name) == 0) {
			*lanep = i;
			return true;
		}
	return false;
}

/* The part's files are those of its lanes, in this order. */
static enum rth_err add_lanes(struct timeline *t,
			      const struct rth_recording_part *part)
{
	const json_t *lanes = json_object_get(part->json, "lanes");
	const struct rth_listed *file = part->files;
	enum rth_err err = 0;
	size_t i, k, lane;

	for (i = 0; i < json_array_size(lanes) && !err; i++) {
		const json_t *entry = json_array_get(lanes, i);
		const json_t *segments = json_object_get(entry, "segments");
		bool known = find_lane(&lane, entry);

		for (k = 0; k < json_array_size(segments) && !err; k++, file++)
			if (known)
				err = add_segment(t, lane,
						  json_array_get(segments, k),
						  file);
	}
	return err;
}

static enum rth_err add_chat(struct timeline *t,
			     const struct rth_recording_part *part)
{
	char src[128];

	if (!part->files_n || !part->files[part->files_n - 1].chat)
		return 0;
	source(src, t, part->files[part->files_n - 1].name);
	return append(t->chat, json_string(src));
}

/* Those of all languages; they are of no part. */
static enum rth_err add_captions(struct timeline *t,
				 const struct rth_recording_folder *folder)
{
	enum rth_err err = 0;
	size_t i;

	for (i = 0; i < folder->files_n && !err; i++) {
		const struct rth_recording_file *file = &folder->files[i];
		char language[RTH_LANGUAGE_SIZE], src[128];

		if (file->kind != RTH_RECORDING_CAPTIONS)
			continue;
		source(src, t, file->name);
		rth_recording_captions_language(language, file);
		err = append(t->captions, json_pack("{s:s, s:s}", "src", src,
						    "language", language));
	}
	return err;
}

/* ---- Notes ---- */

/* Whose account it was and which text they read is evidence, not for play. */
static const char *const note_members[] = {
	"event",  "time_ms",	"role",	  "participant", "reason",
	"answer", "microphone", "camera", "screen",
};

/* NULL for a note that is not about one of the people. */
static json_t *role_of(const json_t *note, const json_t *people)
{
	const char *who =
		json_string_value(json_object_get(note, "participant"));
	size_t i;

	for (i = 0; who && i < json_array_size(people); i++) {
		const json_t *person = json_array_get(people, i);
		const char *is = json_string_value(
			json_object_get(person, "participant"));
		json_t *role = json_object_get(person, "role");

		if (is && strcmp(is, who) == 0 && json_is_string(role))
			return role;
	}
	return NULL;
}

static json_t *copy_note(const json_t *note, const json_t *people)
{
	json_t *role = role_of(note, people);
	json_t *copy = json_object();
	size_t i;

	/* Its own word on that, if it has one, is copied over this. */
	if (role && json_object_set(copy, "role", role)) {
		json_decref(copy);
		return NULL;
	}

	for (i = 0; i < sizeof(note_members) / sizeof(note_members[0]); i++) {
		json_t *value = json_object_get(note, note_members[i]);

		if (!value || json_is_object(value) || json_is_array(value))
			continue;
		if (json_object_set(copy, note_members[i], value)) {
			json_decref(copy);
			return NULL;
		}
	}
	return copy;
}

static enum rth_err add_notes(struct timeline *t,
			      const struct rth_recording_part *part)
{
	const json_t *notes = json_object_get(part->json, "notes");
	const json_t *people = json_object_get(part->json, "people");
	enum rth_err err = 0;
	size_t i;

	for (i = 0; i < json_array_size(notes) && !err; i++) {
		const json_t *note = json_array_get(notes, i);

		if (json_array_size(t->notes) < NOTES_MAX &&
		    json_is_string(json_object_get(note, "event")) &&
		    json_is_integer(json_object_get(note, "time_ms")))
			err = append(t->notes, copy_note(note, people));
	}
	return err;
}

/* ---- How it ended ---- */

static void add_ending(struct timeline *t,
		       const struct rth_recording_part *part, bool last)
{
	const json_t *ending = json_object_get(part->json, "finished");
	const json_t *lost = json_object_get(ending, "lost_at_ms");
	int64_t at_ms = part->written_ms;

	if (part->finished) {
		/* What the ending calls its duration is the part's. */
		int64_t duration_ms = json_integer_value(
			json_object_get(ending, "duration_ms"));

		reach(t, part->start_ms + duration_ms);
		if (json_is_integer(lost))
			at_ms = json_integer_value(lost);
	}
	reach(t, part->written_ms);
	if (part->finished ? strcmp(part->how, "interrupted") == 0
			   : !(last && t->running)) {
		t->interrupted = true;
		if (t->lost_at_ms < 0)
			t->lost_at_ms = at_ms < 0 ? 0 : at_ms;
	} else if (part->finished && strcmp(part->how, "complete") != 0) {
		t->incomplete = true;
	}
}

static const char *how(const struct timeline *t)
{
	if (t->interrupted)
		return "interrupted";
	if (t->incomplete)
		return "incomplete";
	return t->running ? NULL : "complete";
}

/* ---- All of it ---- */

static enum rth_err add_part(struct timeline *t,
			     const struct rth_recording_part *part, bool last)
{
	enum rth_err err;

	if (last && part->finished)
		t->running = false; /* its lock is about to go */
	err = add_lanes(t, part);
	if (!err)
		err = add_chat(t, part);
	if (!err)
		err = add_notes(t, part);
	if (!err)
		add_ending(t, part, last);
	return err;
}

static void wrong(char what[RTH_UNREADABLE_SIZE], unsigned part,
		  const char *text)
{
	char name[RTH_MANIFEST_NAME_SIZE];

	rth_recording_part_name(name, part);
	snprintf(what, RTH_UNREADABLE_SIZE, "%s %s", name, text);
}

static enum rth_err read_parts(struct timeline *t,
			       const struct rth_recording_folder *folder,
			       const struct rth_portal *portal,
			       char what[RTH_UNREADABLE_SIZE])
{
	struct rth_pairs pairs = {NULL, 0};
	struct rth_finding finding = {0, "", false, 0, {0}};
	enum rth_err err = 0;
	unsigned i;

	pairs.v = rth_keys_pairs(portal->keys, &pairs.n);
	for (i = 1; i <= folder->parts && !err; i++) {
		struct rth_loaded loaded;

		err = rth_recording_load(&loaded, folder, i, pairs, &finding);
		if (err) {
			wrong(what, i, finding.text);
			break;
		}
		t->now_ms = portal->now_s() * 1000 - loaded.part->begun_ms -
			    BEHIND_MS;
		err = add_part(t, loaded.part, i == folder->parts);
		rth_recording_unload(&loaded);
	}
	return err;
}

static json_t *lanes_json(const struct timeline *t)
{
	json_t *lanes = json_array();
	size_t i;

	for (i = 0; i < LANES; i++)
		if (append(lanes, json_pack("{s:s, s:s, s:O}", "lane",
					    lane_table[i].lane, "role",
					    lane_table[i].role, "segments",
					    t->segments[i]))) {
			json_decref(lanes);
			return NULL;
		}
	return lanes;
}

static json_t *timeline_json(const struct timeline *t)
{
	return json_pack("{s:I, s:b, s:s?, s:o, s:o, s:O, s:O, s:O}",
			 "duration_ms", (json_int_t)t->duration_ms, "running",
			 t->running, "how", how(t), "lost_at_ms",
			 t->lost_at_ms < 0 ? json_null()
					   : json_integer(t->lost_at_ms),
			 "lanes", lanes_json(t), "chat", t->chat, "notes",
			 t->notes, "captions", t->captions);
}

static void say(char what[RTH_UNREADABLE_SIZE], const char *text)
{
	snprintf(what, RTH_UNREADABLE_SIZE, "%s", text);
}

enum rth_err rth_play_timeline(json_t **timelinep,
			       const struct rth_portal *portal, const char *id,
			       const char *play, char what[RTH_UNREADABLE_SIZE])
{
	struct rth_recording_folder *folder = NULL;
	struct timeline t;
	enum rth_err err;

	say(what, "its folder cannot be read");
	if (!portal->keys || !portal->settings.recordings.folder) {
		say(what, "no private key is open");
		return RTH_ERR_STATE;
	}
	err = rth_recording_folder_open(&folder,
					portal->settings.recordings.folder, id);
	if (err == RTH_ERR_NOT_FOUND)
		say(what, "its folder is missing");
	if (err)
		return err;
	err = timeline_init(&t, play);
	if (err)
		goto out;
	t.running = rth_recording_folder_running(folder);
	if (folder->parts) {
		err = read_parts(&t, folder, portal, what);
		if (!err)
			err = add_captions(&t, folder);
	} else {
		say(what, "its folder is empty");
		err = RTH_ERR_NOT_FOUND;
	}
	if (!err) {
		json_t *json = timeline_json(&t);

		if (json)
			*timelinep = json;
		else
			err = RTH_ERR_NOMEM;
	}
	timeline_clear(&t);
out:
	rth_recording_folder_close(folder);
	return err;
}
