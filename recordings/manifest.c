/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The manifest as JSON and as a file. A failed allocation anywhere in the
 * building makes the whole NULL: jansson's functions take NULL as an error.
 */
#include "manifest.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "json_text.h"
#include "mem.h"

#define VERSION 1
#define HEX_DIGEST_SIZE (2 * RTH_SEAL_DIGEST_BYTES + 1)

struct rth_manifest {
	struct rth_said_begin begin;
	int64_t start_ms; /* of this part, from the origin */
	json_t *notes;
	uint64_t notes_left_out;
};

static const char *const endings[] = {
	[RTH_ENDING_COMPLETE] = "complete",
	[RTH_ENDING_INCOMPLETE] = "incomplete",
	[RTH_ENDING_INTERRUPTED] = "interrupted",
};

enum rth_err rth_manifest_create(struct rth_manifest **manifestp,
				 const struct rth_said_begin *begin,
				 int64_t begun_us)
{
	struct rth_manifest *m = rth_alloc(sizeof(*m));

	if (!m)
		return RTH_ERR_NOMEM;
	m->begin = *begin;
	json_incref(m->begin.people);
	m->start_ms = (begun_us - begin->origin_us) / 1000;
	m->notes = json_array();
	if (!m->notes) {
		rth_manifest_free(m);
		return RTH_ERR_NOMEM;
	}
	*manifestp = m;
	return RTH_OK;
}

void rth_manifest_free(struct rth_manifest *manifest)
{
	if (!manifest)
		return;
	rth_said_begin_clear(&manifest->begin);
	json_decref(manifest->notes);
	rth_free(manifest);
}

void rth_manifest_name(char name[RTH_MANIFEST_NAME_MAX + 1], unsigned part)
{
	snprintf(name, RTH_MANIFEST_NAME_MAX + 1, "%u-manifest.json", part);
}

enum rth_err rth_manifest_note(struct rth_manifest *manifest, json_t *note,
			       int64_t at_ms)
{
	const char *event = json_string_value(json_object_get(note, "event"));
	bool full = json_array_size(manifest->notes) >= RTH_MANIFEST_NOTES_MAX;

	if (full && strcmp(event, "consent") != 0) {
		manifest->notes_left_out++;
		return RTH_OK;
	}
	if (json_object_set_new(note, "time_ms", json_integer(at_ms)) ||
	    json_array_append(manifest->notes, note))
		return RTH_ERR_NOMEM;
	return RTH_OK;
}

static json_t *digest_json(const uint8_t digest[RTH_SEAL_DIGEST_BYTES],
			   bool finished)
{
	char hex[HEX_DIGEST_SIZE];

	if (!finished)
		return json_null();
	for (size_t i = 0; i < RTH_SEAL_DIGEST_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	return json_string(hex);
}

static json_t *segment_json(const struct rth_segment_info *s)
{
	return json_pack(
		"{s:s, s:s, s:s?, s:s?, s:i, s:i, s:I, s:I, s:I, s:I,"
		" s:I, s:b, s:o}",
		"name", s->name, "container", s->container, "audio", s->audio,
		"video", s->video, "width", s->width, "height", s->height,
		"start_ms", (json_int_t)s->start_ms, "duration_ms",
		(json_int_t)s->duration_ms, "bytes", (json_int_t)s->bytes,
		"frames", (json_int_t)s->frames, "key_frames",
		(json_int_t)s->key_frames, "finished", s->finished, "digest",
		digest_json(s->digest, s->finished));
}

static json_t *segments_json(const struct rth_lane *lane)
{
	json_t *segments = json_array();
	struct rth_segment_info info;

	for (size_t i = 0; segments; i++) {
		if (rth_lane_segment(lane, i, &info))
			break;
		if (json_array_append_new(segments, segment_json(&info))) {
			json_decref(segments);
			segments = NULL;
		}
	}
	return segments;
}

static json_t *lane_json(const struct rth_manifest_lane *l)
{
	const struct rth_lane_counts counts = rth_lane_counts(l->lane);

	return json_pack("{s:s, s:s, s:{s:I, s:I, s:I, s:I, s:I}, s:o}", "lane",
			 l->name, "role", l->role, "counts", "packets",
			 (json_int_t)counts.packets, "missing",
			 (json_int_t)counts.missing, "late",
			 (json_int_t)counts.late, "malformed",
			 (json_int_t)counts.malformed, "undecodable",
			 (json_int_t)counts.undecodable, "segments",
			 segments_json(l->lane));
}

static json_t *lanes_json(const struct rth_manifest_now *now)
{
	json_t *lanes = json_array();

	for (size_t i = 0; lanes && i < now->n_lanes; i++) {
		if (json_array_append_new(lanes, lane_json(&now->lanes[i]))) {
			json_decref(lanes);
			lanes = NULL;
		}
	}
	return lanes;
}

static json_t *chat_json(const struct rth_chat_log *chat)
{
	struct rth_chat_info info;

	if (!rth_chat_log_info(chat, &info))
		return json_null();
	return json_pack("{s:s, s:I, s:I, s:b, s:o}", "name", info.name,
			 "lines", (json_int_t)info.lines, "bytes",
			 (json_int_t)info.bytes, "finished", info.finished,
			 "digest", digest_json(info.digest, info.finished));
}

static json_t *loss_json(const struct rth_manifest_loss *loss)
{
	return json_pack("{s:I, s:I}", "lost", (json_int_t)loss->lost,
			 "refused", (json_int_t)loss->refused);
}

static json_t *ending_json(const struct rth_manifest *m,
			   const struct rth_manifest_now *now)
{
	json_t *ending;

	if (now->ending == RTH_ENDING_NONE)
		return json_null();
	ending = json_pack("{s:s, s:s, s:O*, s:I}", "how", endings[now->ending],
			   "reason", now->reason, "by", now->by, "duration_ms",
			   (json_int_t)(now->at_ms - m->start_ms));
	if (ending && now->parts &&
	    json_object_set_new(ending, "parts", json_integer(now->parts))) {
		json_decref(ending);
		ending = NULL;
	}
	return ending;
}

/* Absent is what does not hold: "finished" of one that goes on. */
static bool drop_nulls(json_t *manifest)
{
	static const char *const maybe[] = {"chat", "failed", "finished"};

	for (size_t i = 0; i < sizeof(maybe) / sizeof(maybe[0]); i++)
		if (json_is_null(json_object_get(manifest, maybe[i])) &&
		    json_object_del(manifest, maybe[i]))
			return false;
	return true;
}

json_t *rth_manifest_json(const struct rth_manifest *m,
			  const struct rth_manifest_now *now)
{
	json_t *json = json_pack(
		"{s:i, s:s, s:s, s:i, s:I, s:I, s:I, s:O, s:O, s:I, s:o,"
		" s:o, s:{s:o, s:o}, s:s?, s:o}",
		"version", VERSION, "recording", m->begin.recording, "room",
		m->begin.room, "part", (int)m->begin.part, "begun_ms",
		(json_int_t)m->begin.begun_ms, "start_ms",
		(json_int_t)m->start_ms, "written_ms", (json_int_t)now->at_ms,
		"people", m->begin.people, "notes", m->notes, "notes_left_out",
		(json_int_t)m->notes_left_out, "lanes", lanes_json(now), "chat",
		chat_json(now->chat), "loss", "clinician",
		loss_json(&now->loss[0]), "patient", loss_json(&now->loss[1]),
		"failed", now->failed, "finished", ending_json(m, now));

	if (json && !drop_nulls(json)) {
		json_decref(json);
		json = NULL;
	}
	return json;
}

static enum rth_err write_text(const char *text, int folder, const char *name,
			       const struct rth_seal_key *key)
{
	struct rth_seal *seal = NULL;
	enum rth_err err = rth_folder_seal(&seal, folder, name, key);

	if (err)
		return err;
	err = rth_seal_write(seal, 0, text, strlen(text));
	if (err) {
		rth_seal_close(seal);
		return err;
	}
	return rth_seal_finish(seal, NULL);
}

/* What an earlier try left, say on a full disk, is in nobody's way. */
static enum rth_err replace(const char *text, int folder, unsigned part,
			    const struct rth_seal_key *key)
{
	char name[RTH_MANIFEST_NAME_MAX + 1];
	char other[RTH_MANIFEST_NAME_MAX + 5];
	enum rth_err err;

	rth_manifest_name(name, part);
	snprintf(other, sizeof(other), "%s.new", name);
	unlinkat(folder, other, 0);
	err = write_text(text, folder, other, key);
	if (!err)
		err = rth_folder_rename(folder, other, name);
	return err;
}

enum rth_err rth_manifest_write(const struct rth_manifest *manifest,
				const struct rth_manifest_now *now, int folder,
				const struct rth_seal_key *key)
{
	json_t *json = rth_manifest_json(manifest, now);
	char *text = NULL;
	enum rth_err err = rth_json_text(&text, NULL, json);

	json_decref(json);
	if (!err)
		err = replace(text, folder, manifest->begin.part, key);
	rth_free(text);
	return err;
}
