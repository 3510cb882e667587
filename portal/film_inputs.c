/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inputs of films and previews, part after part.
 */
#include "film_inputs.h"

#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "recording_file.h"

#define NO_PART SIZE_MAX

void rth_film_inputs_close(struct rth_film_inputs *inputs)
{
	if (!inputs)
		return;
	while (inputs->fds_n)
		close(inputs->fds[--inputs->fds_n]);
	while (inputs->keys_n)
		rth_seal_key_free(inputs->keys[--inputs->keys_n]);
	rth_free(inputs->keys);
	json_decref(inputs->files);
	rth_recording_folder_close(inputs->folder);
	rth_free(inputs);
}

static void reach(struct rth_film_inputs *in, int64_t ms)
{
	if (ms > in->duration_ms)
		in->duration_ms = ms;
}

/* Opens a file; `entry` is taken, and gets its "fd" and "key". */
static enum rth_err add_file(struct rth_film_inputs *in, const char *name,
			     size_t key, json_t *entry)
{
	enum rth_err err = entry ? 0 : RTH_ERR_NOMEM;
	int fd = -1;

	if (!err && in->fds_n == RTH_FILM_INPUTS_MAX)
		err = RTH_ERR_LIMIT;
	if (!err)
		err = rth_recording_folder_file(&fd, in->folder, name);
	if (!err) {
		fd = rth_film_fd(fd);
		err = fd < 0 ? RTH_ERR_IO : 0;
	}
	if (!err &&
	    (json_object_set_new(entry, "fd",
				 json_integer(6 + (json_int_t)in->fds_n)) ||
	     json_object_set_new(entry, "key", json_integer((json_int_t)key)) ||
	     json_array_append(in->files, entry)))
		err = RTH_ERR_NOMEM;
	json_decref(entry);
	if (!err)
		in->fds[in->fds_n++] = fd;
	else if (fd >= 0)
		close(fd);
	/* A file that its manifest lists, and that is not there. */
	return err == RTH_ERR_NOT_FOUND ? RTH_ERR_FORMAT : err;
}

static const char *container_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && strcmp(dot, ".mp4") == 0 ? "mp4" : "webm";
}

static enum rth_err add_lane_file(struct rth_film_inputs *in, size_t key,
				  const char *lane,
				  const struct rth_listed *file)
{
	reach(in, file->start_ms + file->duration_ms);
	return add_file(in, file->name, key,
			json_pack("{s:s, s:s, s:I, s:I}", "lane", lane,
				  "container", container_of(file->name),
				  "start_ms", (json_int_t)file->start_ms,
				  "duration_ms",
				  (json_int_t)file->duration_ms));
}

static bool is_lane(const char *name)
{
	static const char *const lanes[] = {"clinician", "clinician-screen",
					    "patient", "patient-screen"};
	size_t i;

	for (i = 0; name && i < sizeof(lanes) / sizeof(lanes[0]); i++)
		if (strcmp(lanes[i], name) == 0)
			return true;
	return false;
}

/* The part's files are those of its lanes, in this order, then the chat. */
static enum rth_err add_files(struct rth_film_inputs *in, size_t key,
			      const struct rth_recording_part *part)
{
	const json_t *lanes = json_object_get(part->json, "lanes");
	const struct rth_listed *file = part->files;
	enum rth_err err = 0;
	size_t i, k;

	for (i = 0; i < json_array_size(lanes) && !err; i++) {
		const json_t *lane = json_array_get(lanes, i);
		const char *name =
			json_string_value(json_object_get(lane, "lane"));
		size_t n = json_array_size(json_object_get(lane, "segments"));

		for (k = 0; k < n && !err; k++, file++)
			if (is_lane(name))
				err = add_lane_file(in, key, name, file);
	}
	if (!err && part->files_n && part->files[part->files_n - 1].chat)
		err = add_file(
			in, part->files[part->files_n - 1].name, key,
			json_pack("{s:s, s:i}", "lane", "chat", "start_ms", 0));
	return err;
}

static enum rth_err add_part(struct rth_film_inputs *in, unsigned number,
			     struct rth_pairs pairs)
{
	struct rth_finding finding;
	struct rth_loaded loaded;
	const struct rth_recording_part *part;
	enum rth_err err = rth_recording_load(&loaded, in->folder, number,
					      pairs, &finding);

	if (err)
		return err == RTH_ERR_NOMEM ? err : RTH_ERR_FORMAT;
	part = loaded.part;
	in->begun_ms = part->begun_ms;
	reach(in, part->written_ms);
	if (part->finished)
		reach(in, part->start_ms + json_integer_value(json_object_get(
						   json_object_get(part->json,
								   "finished"),
						   "duration_ms")));
	in->keys[in->keys_n] = loaded.key;
	err = add_files(in, in->keys_n++, part);
	loaded.key = NULL; /* kept */
	rth_recording_unload(&loaded);
	return err;
}

/* ---- What belongs to no part ---- */

/* Which part's key a file is sealed with; NO_PART: none. */
static size_t part_of(const struct rth_film_inputs *in, const char *name)
{
	size_t i;

	for (i = 0; i < in->keys_n; i++)
		if (rth_recording_same_key(in->folder, name, in->keys[i]))
			return i;
	return NO_PART;
}

enum rth_err rth_film_inputs_key(struct rth_seal_key **keyp,
				 const struct rth_film_inputs *inputs,
				 const char *name)
{
	size_t part = part_of(inputs, name);

	if (part == NO_PART)
		return RTH_ERR_DENIED;
	*keyp = inputs->keys[part];
	return 0;
}

/* Captions that somebody else put there are passed over. */
static enum rth_err add_captions(struct rth_film_inputs *in)
{
	enum rth_err err = 0;
	size_t i;

	for (i = 0; i < in->folder->files_n && !err; i++) {
		const struct rth_recording_file *file = &in->folder->files[i];
		char language[RTH_LANGUAGE_SIZE];
		size_t part;

		if (file->kind != RTH_RECORDING_CAPTIONS)
			continue;
		part = part_of(in, file->name);
		if (part == NO_PART)
			continue;
		rth_recording_captions_language(language, file);
		err = add_file(in, file->name, part,
			       json_pack("{s:s, s:i, s:s}", "lane", "captions",
					 "start_ms", 0, "language", language));
	}
	return err;
}

/* ---- */

static enum rth_err open_all(struct rth_film_inputs *in, struct rth_pairs pairs)
{
	enum rth_err err = 0;
	unsigned number;

	if (rth_recording_folder_running(in->folder))
		return RTH_ERR_STATE;
	if (!in->folder->parts)
		return RTH_ERR_NOT_FOUND;
	in->files = json_array();
	in->keys = rth_alloc(in->folder->parts * sizeof(struct rth_seal_key *));
	if (!in->files || !in->keys)
		return RTH_ERR_NOMEM;
	for (number = 1; number <= in->folder->parts && !err; number++)
		err = add_part(in, number, pairs);
	return err ? err : add_captions(in);
}

enum rth_err rth_film_inputs_open(struct rth_film_inputs **inputsp,
				  const char *store, struct rth_pairs pairs,
				  const char *id)
{
	struct rth_film_inputs *in = rth_alloc(sizeof(*in));
	enum rth_err err;

	if (!in)
		return RTH_ERR_NOMEM;
	err = rth_recording_folder_open(&in->folder, store, id);
	if (!err)
		err = open_all(in, pairs);
	if (err)
		rth_film_inputs_close(in);
	else
		*inputsp = in;
	return err;
}
