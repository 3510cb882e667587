/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a film's maker is asked for, and where it puts what; without media.
 */
#include "support.h"

#include <stdbool.h>

#include <jansson.h>

#include "film_job.h"
#include "film_layout.h"
#include "mem.h"

#define FILM                                                                  \
	"{\"mode\":\"film\",\"container\":\"mp4\",\"layout\":"                \
	"\"picture-in-picture\",\"burn_in\":true,\"begun_ms\":1790000000000," \
	"\"duration_ms\":1800250,\"utc_offset_s\":-3600,\"names\":{"          \
	"\"clinician\":\"Dr. Weber\",\"patient\":\"\"},\"files\":["           \
	"{\"fd\":6,\"key\":0,\"lane\":\"patient-screen\","                    \
	"\"container\":\"webm\",\"start_ms\":40,\"duration_ms\":1},"          \
	"{\"fd\":7,\"key\":2,\"lane\":\"captions\",\"start_ms\":0,"           \
	"\"language\":\"de-AT\"}]}"
#define PREVIEW                                                             \
	"{\"mode\":\"preview\",\"pictures\":8,\"width\":160,\"height\":90," \
	"\"step_ms\":500,\"duration_ms\":0,\"files\":["                     \
	"{\"fd\":6,\"key\":0,\"lane\":\"chat\",\"start_ms\":0}]}"

static void a_film(void **state)
{
	struct rth_film_job job;

	(void)state;
	assert_int_equal(rth_film_job_read(&job, FILM, strlen(FILM)), 0);
	assert_false(job.preview);
	assert_true(job.mp4 && job.burn_in);
	assert_int_equal(job.layout, RTH_FILM_PICTURE_IN_PICTURE);
	assert_int_equal(job.begun_ms, 1790000000000);
	assert_int_equal(job.duration_ms, 1800250);
	assert_int_equal(job.utc_offset_s, -3600);
	assert_string_equal(rth_film_job_name(&job, RTH_FILM_CLINICIAN),
			    "Dr. Weber");
	assert_string_equal(rth_film_job_name(&job, RTH_FILM_PATIENT),
			    "Patient");
	assert_int_equal(job.n, 2);
	assert_int_equal(job.keys, 3);
	assert_int_equal(job.files[0].lane, RTH_FILM_PATIENT_SCREEN);
	assert_false(job.files[0].mp4);
	assert_int_equal(job.files[0].start_ms, 40);
	assert_int_equal(job.files[1].lane, RTH_FILM_CAPTIONS);
	assert_string_equal(job.files[1].language, "de-AT");
	rth_film_job_clear(&job);
}

static void a_preview(void **state)
{
	struct rth_film_job job;

	(void)state;
	assert_int_equal(rth_film_job_read(&job, PREVIEW, strlen(PREVIEW)), 0);
	assert_true(job.preview);
	assert_int_equal(job.pictures, 8);
	assert_int_equal(job.width, 160);
	assert_int_equal(job.height, 90);
	assert_int_equal(job.step_ms, 500);
	rth_film_job_clear(&job);
}

/* Puts something else in the place of a part of a job. */
static enum rth_err with(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	struct rth_film_job job;
	char *other;
	enum rth_err err;

	assert_non_null(at);
	other = malloc(strlen(text) + strlen(to) + 1);
	assert_non_null(other);
	sprintf(other, "%.*s%s%s", (int)(at - text), text, to,
		at + strlen(from));
	err = rth_film_job_read(&job, other, strlen(other));
	free(other);
	if (!err)
		rth_film_job_clear(&job);
	return err;
}

static void wrong_ones_are_refused(void **state)
{
	static const char *const wrong[][3] = {
		{FILM, "\"film\"", "\"movie\""},
		{FILM, "\"mp4\"", "\"avi\""},
		{FILM, "\"mp4\"", "4"},
		{FILM, "picture-in-picture", "picture"},
		{FILM, "true", "1"},
		{FILM, "1790000000000", "-1"},
		{FILM, "1800250", "-1"},
		{FILM, "1800250", "1e3"},
		{FILM, "-3600", "86401"},
		{FILM, "\"fd\":6", "\"fd\":5"},
		{FILM, "\"fd\":6", "\"fd\":7"},
		{FILM, "\"fd\":6", "\"fd\":99999999999"},
		{FILM, "\"key\":2", "\"key\":-1"},
		{FILM, "\"key\":2", "\"key\":1000"},
		{FILM, "patient-screen", "nobody"},
		{FILM, "\"webm\"", "\"mkv\""},
		{FILM, ":40", ":-40"},
		{PREVIEW, ":8", ":0"},
		{PREVIEW, ":8", ":33"},
		{PREVIEW, ":160", ":15"},
		{PREVIEW, ":90", ":641"},
		{PREVIEW, ":500", ":49"},
		{PREVIEW,
		 "{\"fd\":6,\"key\":0,\"lane\":\"chat\","
		 "\"start_ms\":0}",
		 ""},
		{PREVIEW, "}]}", "}]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (with(wrong[i][0], wrong[i][1], wrong[i][2]) !=
		    RTH_ERR_FORMAT)
			fail_msg("%s was taken", wrong[i][2]);
	assert_int_equal(with(FILM, "1800250", "86400001"), RTH_ERR_LIMIT);
	assert_int_equal(with(FILM, "1800250", "86400000"), 0);
	/* What is not known is passed over. */
	assert_int_equal(with(FILM, "{\"mode\"", "{\"x\":[],\"mode\""), 0);
}

static void names_are_one_line_of_whole_characters(void **state)
{
	struct rth_film_job job;
	char text[2048], name[600];
	const char *is;

	/* Character 86 ends at byte 258; with 'a' 85 of them end at 256. */
	strcpy(name, *state ? "a" : "");
	for (int i = 0; i < 150; i++)
		strcat(name, "\xe2\x82\xac"); /* three bytes */
	snprintf(text, sizeof(text),
		 "{\"mode\":\"film\",\"container\":\"webm\",\"layout\":"
		 "\"side-by-side\",\"burn_in\":false,\"begun_ms\":0,"
		 "\"duration_ms\":1,\"utc_offset_s\":0,\"names\":{"
		 "\"clinician\":\"a\\n\\u001b[2J\\u007fb\",\"patient\":\"%s\"},"
		 "\"files\":[{\"fd\":6,\"key\":0,\"lane\":\"chat\","
		 "\"start_ms\":0}]}",
		 name);
	assert_int_equal(rth_film_job_read(&job, text, strlen(text)), 0);
	assert_string_equal(job.names[0], "a  [2J b");
	is = job.names[1];
	assert_int_equal(strlen(is), *state ? 256 : 255);
	assert_memory_equal(is, name, strlen(is));
	rth_film_job_clear(&job);
}

static void *refusing(size_t n)
{
	return rth_alloc(n);
}

static void without_memory_nothing_leaks(void **state)
{
	struct rth_film_job job;
	enum rth_err err = RTH_ERR_NOMEM;

	(void)state;
	json_set_alloc_funcs(refusing, rth_free);
	for (unsigned long n = 1; err; n++) {
		rth_mem_fail_at(n);
		err = rth_film_job_read(&job, FILM, strlen(FILM));
		rth_mem_fail_at(0);
		if (err && err != RTH_ERR_NOMEM && err != RTH_ERR_FORMAT)
			fail_msg("allocation %lu: %s", n, rth_err_name(err));
		assert_true(n < 10000);
	}
	rth_film_job_clear(&job);
	json_set_alloc_funcs(malloc, free);
}

/* Layouts. */

static bool apart(const struct rth_film_cell *a, const struct rth_film_cell *b)
{
	return a->x + a->w <= b->x || b->x + b->w <= a->x ||
	       a->y + a->h <= b->y || b->y + b->h <= a->y;
}

static void cells_are_in_the_picture(void **state)
{
	struct rth_film_cell cells[RTH_FILM_CELLS];

	(void)state;
	for (int layout = 0; layout < 2; layout++)
		for (int screen = 0; screen < 2; screen++) {
			rth_film_cells(cells, (enum rth_film_layout)layout,
				       screen);
			assert_true((cells[RTH_FILM_SCREEN].w > 0) == screen);
			for (int i = 0; i < RTH_FILM_CELLS; i++) {
				const struct rth_film_cell *c = &cells[i];

				assert_false((c->x | c->y | c->w | c->h) & 1);
				assert_in_range(c->x + c->w, 0, RTH_FILM_WIDTH);
				assert_in_range(c->y + c->h, 0,
						RTH_FILM_HEIGHT);
			}
			if (layout == RTH_FILM_SIDE_BY_SIDE || screen)
				assert_true(apart(&cells[0], &cells[1]));
		}
}

static void pictures_keep_their_shape(void **state)
{
	static const struct {
		int width, height;
		struct rth_film_cell fit;
	} is[] = {
		{1280, 720, {0, 180, 640, 360}}, {640, 480, {0, 120, 640, 480}},
		{360, 640, {118, 0, 404, 720}},	 {4096, 2, {0, 358, 640, 2}},
		{1, 4096, {318, 0, 2, 720}},	 {0, 0, {0, 0, 640, 720}},
	};
	const struct rth_film_cell cell = {0, 0, 640, 720};

	(void)state;
	for (size_t i = 0; i < sizeof(is) / sizeof(is[0]); i++) {
		struct rth_film_cell fit =
			rth_film_fit(&cell, is[i].width, is[i].height);

		assert_memory_equal(&fit, &is[i].fit, sizeof(fit));
	}
}

int main(void)
{
	static char one[] = "one byte more";
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_film),
		cmocka_unit_test(a_preview),
		cmocka_unit_test(wrong_ones_are_refused),
		{"names", names_are_one_line_of_whole_characters, NULL, NULL,
		 NULL},
		{"a longer name", names_are_one_line_of_whole_characters, NULL,
		 NULL, one},
		cmocka_unit_test(without_memory_nothing_leaks),
		cmocka_unit_test(cells_are_in_the_picture),
		cmocka_unit_test(pictures_keep_their_shape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
