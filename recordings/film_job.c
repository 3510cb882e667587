/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading the job of rthealth-film. See film_job.h.
 */
#include "film_job.h"

#include <limits.h>
#include <string.h>

#include <jansson.h>

#include "json_strict.h"
#include "mem.h"

#define OFFSET_MAX_S (24 * 3600)
#define BEGUN_MAX_MS (INT64_C(253402300799) * 1000) /* the year 9999 */

static const char *const lane_names[] = {
	[RTH_FILM_CLINICIAN] = "clinician",
	[RTH_FILM_PATIENT] = "patient",
	[RTH_FILM_CLINICIAN_SCREEN] = "clinician-screen",
	[RTH_FILM_PATIENT_SCREEN] = "patient-screen",
	[RTH_FILM_CHAT] = "chat",
	[RTH_FILM_CAPTIONS] = "captions",
};

#define LANE_NAMES (sizeof(lane_names) / sizeof(lane_names[0]))

/* Which of two words it is; -1: neither. */
static int one_of(const json_t *object, const char *name, const char *first,
		  const char *second)
{
	const char *s = json_string_value(json_object_get(object, name));

	if (!s)
		return -1;
	return strcmp(s, first) == 0 ? 0 : strcmp(s, second) == 0 ? 1 : -1;
}

/* An integer that is there and lies between two others. */
static bool number(const json_t *object, const char *name, int64_t min,
		   int64_t max, int64_t *valuep)
{
	const json_t *v = json_object_get(object, name);
	json_int_t value = json_integer_value(v);

	if (!json_is_integer(v) || value < min || value > max)
		return false;
	*valuep = value;
	return true;
}

static bool small(const json_t *object, const char *name, int min, int max,
		  int *valuep)
{
	int64_t value;

	if (!number(object, name, min, max, &value))
		return false;
	*valuep = (int)value;
	return true;
}

/* Control characters and newlines would be drawn, or begin a second line. */
static void copy_name(char *out, size_t size, const char *s)
{
	size_t n = 0;

	for (; *s && n + 1 < size; s++)
		out[n++] = (unsigned char)*s < ' ' || *s == 0x7f ? ' ' : *s;
	while (n && *s && ((unsigned char)*s & 0xc0) == 0x80 &&
	       ((unsigned char)out[n - 1] & 0x80)) {
		n--;
		s--;
	}
	out[n] = '\0';
}

static bool is_language(const char *s)
{
	return s && strlen(s) < RTH_FILM_LANGUAGE_SIZE &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz"
			 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == strlen(s);
}

static bool read_lane(struct rth_film_input *in, const json_t *file)
{
	const char *s = json_string_value(json_object_get(file, "lane"));
	size_t i = 0;

	while (s && i < LANE_NAMES && strcmp(s, lane_names[i]) != 0)
		i++;
	if (!s || i == LANE_NAMES)
		return false;
	in->lane = (enum rth_film_lane)i;
	return true;
}

static enum rth_err read_file(struct rth_film_input *in, const json_t *file)
{
	const json_t *language = json_object_get(file, "language");
	int container, key;

	if (!small(file, "fd", RTH_FILM_FIRST_FD, INT_MAX, &in->fd) ||
	    !small(file, "key", 0, RTH_FILM_KEYS_MAX - 1, &key) ||
	    !number(file, "start_ms", 0, RTH_FILM_MAX_MS, &in->start_ms) ||
	    !read_lane(in, file))
		return RTH_ERR_FORMAT;
	in->key = (size_t)key;
	container = one_of(file, "container", "webm", "mp4");
	if (in->lane < RTH_FILM_LANES && container < 0)
		return RTH_ERR_FORMAT;
	in->mp4 = container == 1;
	if (is_language(json_string_value(language)))
		strcpy(in->language, json_string_value(language));
	return RTH_OK;
}

static enum rth_err read_files(struct rth_film_job *job, const json_t *files)
{
	size_t n = json_array_size(files);
	enum rth_err err = RTH_OK;

	if (!json_is_array(files) || !n || n > RTH_FILM_FILES_MAX)
		return RTH_ERR_FORMAT;
	job->files = rth_alloc(n * sizeof(job->files[0]));
	if (!job->files)
		return RTH_ERR_NOMEM;
	for (; job->n < n && !err; job->n++) {
		struct rth_film_input *in = &job->files[job->n];

		err = read_file(in, json_array_get(files, job->n));
		for (size_t i = 0; i < job->n && !err; i++)
			if (job->files[i].fd == in->fd)
				err = RTH_ERR_FORMAT;
		if (!err && in->key >= job->keys)
			job->keys = in->key + 1;
	}
	return err;
}

static enum rth_err read_preview(struct rth_film_job *job, const json_t *all)
{
	if (!small(all, "pictures", 1, RTH_FILM_PICTURES_MAX, &job->pictures) ||
	    !small(all, "width", 16, 640, &job->width) ||
	    !small(all, "height", 16, 640, &job->height) ||
	    !number(all, "step_ms", 50, 60000, &job->step_ms))
		return RTH_ERR_FORMAT;
	return RTH_OK;
}

static enum rth_err read_film(struct rth_film_job *job, const json_t *all)
{
	const json_t *names = json_object_get(all, "names");
	int mp4 = one_of(all, "container", "webm", "mp4");
	int layout =
		one_of(all, "layout", "side-by-side", "picture-in-picture");

	if (mp4 < 0 || layout < 0 ||
	    !json_is_boolean(json_object_get(all, "burn_in")) ||
	    !number(all, "begun_ms", 0, BEGUN_MAX_MS, &job->begun_ms) ||
	    !number(all, "utc_offset_s", -OFFSET_MAX_S, OFFSET_MAX_S,
		    &job->utc_offset_s))
		return RTH_ERR_FORMAT;
	job->mp4 = mp4;
	job->layout = (enum rth_film_layout)layout;
	job->burn_in = json_is_true(json_object_get(all, "burn_in"));
	for (int i = 0; i < RTH_FILM_PEOPLE; i++) {
		const char *name = json_string_value(
			json_object_get(names, lane_names[i]));

		copy_name(job->names[i], sizeof(job->names[i]),
			  name ? name : "");
	}
	return RTH_OK;
}

static enum rth_err read_all(struct rth_film_job *job, const json_t *all)
{
	int mode = one_of(all, "mode", "film", "preview");
	enum rth_err err;

	if (mode < 0 ||
	    !number(all, "duration_ms", 0, INT64_MAX, &job->duration_ms))
		return RTH_ERR_FORMAT;
	if (job->duration_ms > RTH_FILM_MAX_MS)
		return RTH_ERR_LIMIT;
	job->preview = mode == 1;
	err = job->preview ? read_preview(job, all) : read_film(job, all);
	return err ? err : read_files(job, json_object_get(all, "files"));
}

enum rth_err rth_film_job_read(struct rth_film_job *job, const char *text,
			       size_t len)
{
	struct rth_film_job all = {0};
	json_t *object = NULL;
	enum rth_err err = rth_json_object(&object, text, len);

	if (!err)
		err = read_all(&all, object);
	json_decref(object);
	if (err)
		rth_film_job_clear(&all);
	else
		*job = all;
	return err;
}

void rth_film_job_clear(struct rth_film_job *job)
{
	rth_free(job->files);
	job->files = NULL;
	job->n = 0;
}

const char *rth_film_role(int person)
{
	return person == RTH_FILM_CLINICIAN ? "Clinician" : "Patient";
}

const char *rth_film_job_name(const struct rth_film_job *job, int person)
{
	return job->names[person][0] ? job->names[person]
				     : rth_film_role(person);
}
