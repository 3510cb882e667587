/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Subtitles of films: from the chat, from WebVTT, one at a time; and writing
 * that is drawn, in which nothing means anything.
 */
#include "support.h"

#include <stdbool.h>

#include <jansson.h>

#include "film_cues.h"
#include "film_text.h"
#include "mem.h"

static const struct rth_film_job job = {.names = {"Dr. Weber", ""}};

static void expect(const struct rth_film_cues *cues, size_t i, int64_t start,
		   int64_t end, const char *text)
{
	assert_true(i < cues->n);
	assert_int_equal(cues->v[i].start_ms, start);
	assert_int_equal(cues->v[i].end_ms, end);
	assert_string_equal(cues->v[i].text, text);
}

static void the_chat(void **state)
{
	static const char text[] =
		"{\"at_ms\":100,\"role\":\"clinician\",\"text\":\"Hello\"}\n"
		"{\"at_ms\":-1,\"role\":\"clinician\",\"text\":\"before\"}\n"
		"{\"at_ms\":\"1\",\"role\":\"clinician\",\"text\":\"text\"}\n"
		"{\"at_ms\":1,\"text\":\"nobody\"}\n"
		"[]\n\n{\n"
		"{\"at_ms\":200,\"role\":\"patient\",\"text\":"
		"\"a\\nDr. Weber: b\\r\\n\\n\\u0007c\\n\"}\r\n"
		"{\"at_ms\":300,\"role\":\"patient\",\"text\":\"no newline\"}";
	struct rth_film_cues cues = {0};

	(void)state;
	assert_int_equal(rth_film_cues_chat(&cues, text, strlen(text), &job),
			 0);
	assert_int_equal(cues.n, 3);
	expect(&cues, 0, 100, 6100, "Dr. Weber: Hello");
	expect(&cues, 1, 200, 6200, "Patient: a Dr. Weber: b  c");
	expect(&cues, 2, 300, 6300, "Patient: no newline");
	rth_film_cues_clear(&cues);
}

static void long_lines_are_cut_at_a_character(void **state)
{
	char *text = malloc(40000);
	struct rth_film_cues cues = {0};

	(void)state;
	assert_non_null(text);
	strcpy(text, "{\"at_ms\":0,\"role\":\"patient\",\"text\":\"x");
	for (int i = 0; i < 3000; i++)
		strcat(text, "\xe2\x82\xac");
	strcat(text, "\"}\n");
	assert_int_equal(rth_film_cues_chat(&cues, text, strlen(text), &job),
			 0);
	assert_int_equal(cues.n, 1);
	/* 1 + 1333 * 3 = 4000 */
	assert_int_equal(strlen(cues.v[0].text), strlen("Patient: ") + 4000);
	assert_int_equal((unsigned char)cues.v[0].text[9 + 3999], 0xac);
	rth_film_cues_clear(&cues);
	free(text);
}

static void webvtt(void **state)
{
	static const char text[] =
		"\xef\xbb\xbfWEBVTT - a title\r\n\r\n"
		"NOTE 00:00:00.000 -> no\n\n"
		"STYLE\n::cue { color: red }\n\n"
		"first\n00:01.000 --> 00:04.000 line:0 align:left\n"
		"<v Somebody>Good <i>morning</i> &amp; &lt;b&gt;\n"
		"second line\n\n"
		"01:00:00.500\t-->\t01:00:01.000\nlate\n\n"
		"00:05.000 --> 00:05.000\nno time\n\n"
		"00:99999.000 --> 00:00.000\nno times\n\n"
		"00:06.000 --> 00:07.000\n\n"
		"00:08.000 --> 00:09.000\n< not closed";
	struct rth_film_cues cues = {0};

	(void)state;
	assert_int_equal(rth_film_cues_vtt(&cues, text, strlen(text), 10), 0);
	assert_int_equal(cues.n, 3);
	expect(&cues, 0, 1010, 4010, "Good morning & <b>\nsecond line");
	expect(&cues, 1, 3600510, 3601010, "late");
	expect(&cues, 2, 8010, 9010, "< not closed");
	rth_film_cues_clear(&cues);
}

static void only_one_at_a_time(void **state)
{
	static const char text[] = "00:02.000 --> 00:03.000\nb\n\n"
				   "00:01.000 --> 00:04.000\na\n\n"
				   "00:03.500 --> 00:09.000\nc\n\n"
				   "00:03.500 --> 00:09.000\nd\n\n"
				   "00:11.000 --> 00:12.000\nnever\n\n";
	struct rth_film_cues cues = {0};

	(void)state;
	assert_int_equal(rth_film_cues_vtt(&cues, text, strlen(text), 0), 0);
	assert_int_equal(rth_film_cues_settle(&cues, 8000), 0);
	assert_true(cues.n >= 3);
	expect(&cues, 0, 1000, 2000, "a");
	expect(&cues, 1, 2000, 3000, "a\nb");
	for (size_t i = 0; i < cues.n; i++) {
		assert_true(cues.v[i].end_ms > cues.v[i].start_ms);
		assert_true(cues.v[i].end_ms <= 8000);
		if (i)
			assert_true(cues.v[i].start_ms >= cues.v[i - 1].end_ms);
	}
	/* Those that begin together are there together. */
	assert_int_equal(cues.v[cues.n - 1].start_ms, 3500);
	assert_non_null(strchr(cues.v[cues.n - 1].text, 'c'));
	assert_non_null(strchr(cues.v[cues.n - 1].text, 'd'));
	rth_film_cues_clear(&cues);
}

static void too_many(void **state)
{
	static const char line[] =
		"{\"at_ms\":0,\"role\":\"patient\",\"text\":\"x\"}\n";
	size_t len = strlen(line), n = RTH_FILM_CUES_MAX * 2;
	char *text = malloc(len * n + 1);
	struct rth_film_cues cues = {0};

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * len, line, len);
	assert_int_equal(rth_film_cues_chat(&cues, text, len * n, &job),
			 RTH_ERR_LIMIT);
	rth_film_cues_clear(&cues);
	free(text);
}

static void without_memory_nothing_leaks(void **state)
{
	static const char chat[] =
		"{\"at_ms\":0,\"role\":\"patient\",\"text\":\"x\"}\n"
		"{\"at_ms\":9,\"role\":\"patient\",\"text\":\"y\"}\n";
	static const char vtt[] = "00:02.000 --> 00:03.000\nb\n\n";
	enum rth_err err = RTH_ERR_NOMEM;

	(void)state;
	json_set_alloc_funcs(rth_alloc, rth_free);
	for (unsigned long n = 1; err; n++) {
		struct rth_film_cues cues = {0};

		rth_mem_fail_at(n);
		err = rth_film_cues_chat(&cues, chat, strlen(chat), &job);
		if (!err)
			err = rth_film_cues_vtt(&cues, vtt, strlen(vtt), 0);
		if (!err)
			err = rth_film_cues_settle(&cues, 10000);
		if (rth_mem_count() < n)
			err = RTH_OK;
		else if (!err) /* jansson did without: a line is left out */
			err = RTH_ERR_NOMEM;
		rth_mem_fail_at(0);
		rth_film_cues_clear(&cues);
		assert_true(n < 10000);
	}
	json_set_alloc_funcs(malloc, free);
}

/* Drawing. */

static size_t covered(const struct rth_film_text *text)
{
	size_t n = 0;

	for (int i = 0; i < text->width * text->height; i++)
		n += text->cover[i] > 127;
	return n;
}

/* Each is drawn as it is: what is interpreted would be shorter or fail. */
static void nothing_in_a_text_means_anything(void **state)
{
	static const char *const texts[] = {
		"%{pts}",
		"%{localtime}",
		"a:b=c,d;e[f]",
		"'quoted' \"\\",
		"\\\\n\\:",
		"%",
		"text=x:y=0",
		"/etc/passwd",
		"<b>&amp;",
		"\xd9\x85\xd8\xb1\xd9\x8a\xd8\xb6",
		"\xf0\x9f\x98\x80",
		"%{expr:1/0}",
		"textfile=/etc/passwd",
		"{}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct rth_film_text text = {0}, longer = {0};
		char twice[128];

		snprintf(twice, sizeof(twice), "%sHHH", texts[i]);
		assert_int_equal(rth_film_text_draw(&text, texts[i], 20, 600),
				 0);
		assert_int_equal(rth_film_text_draw(&longer, twice, 20, 600),
				 0);
		assert_int_equal(text.height, 30);
		assert_true(covered(&text) > 0);
		assert_true(longer.width >= text.width + 30);
		rth_film_text_clear(&text);
		rth_film_text_clear(&longer);
	}
}

static void what_is_too_wide_is_left_out(void **state)
{
	struct rth_film_text text = {0};
	char name[257];

	(void)state;
	memset(name, 'W', sizeof(name));
	name[256] = '\0';
	assert_int_equal(rth_film_text_draw(&text, name, 20, 320), 0);
	assert_int_equal(text.width, 320);
	rth_film_text_clear(&text);
	assert_int_equal(rth_film_text_draw(&text, "", 20, 320), 0);
	assert_int_equal(covered(&text), 0);
	rth_film_text_clear(&text);
}

static void the_clock(void **state)
{
	struct rth_film_clock clock = {0};
	char s[RTH_FILM_CLOCK_SIZE];

	(void)state;
	rth_film_clock_text(s, 1790000000, 0);
	assert_string_equal(s, "2026-09-21 14:13:20");
	rth_film_clock_text(s, 1790000000, -3600);
	assert_string_equal(s, "2026-09-21 13:13:20");
	assert_int_equal(rth_film_clock_draw(&clock, 18), 0);
	assert_in_range(clock.step, 8, 18);
	for (const char *c = "0123456789-:"; *c; c++)
		assert_true(covered(rth_film_clock_glyph(&clock, *c)) > 0);
	assert_int_equal(covered(rth_film_clock_glyph(&clock, ' ')), 0);
	assert_null(rth_film_clock_glyph(&clock, 'x'));
	rth_film_clock_clear(&clock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_chat),
		cmocka_unit_test(long_lines_are_cut_at_a_character),
		cmocka_unit_test(webvtt),
		cmocka_unit_test(only_one_at_a_time),
		cmocka_unit_test(too_many),
		cmocka_unit_test(without_memory_nothing_leaks),
		cmocka_unit_test(nothing_in_a_text_means_anything),
		cmocka_unit_test(what_is_too_wide_is_left_out),
		cmocka_unit_test(the_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
