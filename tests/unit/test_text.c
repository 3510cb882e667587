/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "portal_support.h"

#include "text.h"

static void names_are_cleaned(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"Ann", "Ann"},
		{"  Ann  B ", "Ann  B"},
		{"A\nB\tC\x7f", "ABC"},
		{"\xc2\x85\xe2\x80\xaeX\xe2\x80\x8b\xef\xbb\xbf", "X"},
		{"<b>&\"'", "<b>&\"'"},
		{"\xc3\x84\xf0\x9f\x98\x80", "\xc3\x84\xf0\x9f\x98\x80"},
		{"12345678901", "1234567890"},
		{"", ""},
	};
	char out[41];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
			rth_text_clean(out, sizeof(out), rows[i].in, 10), 0);
		assert_string_equal(out, rows[i].out);
	}
	assert_int_equal(rth_text_chars("\xc3\x84\xf0\x9f\x98\x80x"), 3);
}

static void what_is_not_utf8_is_refused(void **state)
{
	static const char *const rows[] = {
		"\x80",
		"\xc0\xaf",
		"\xc3",
		"\xc3(",
		"\xe0\x80\x80",
		"\xed\xa0\x80",
		"\xf5\x80\x80\x80",
		"\xf4\x90\x80\x80",
		"\xff",
		"\xe2\x82",
	};
	char out[41];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(rth_text_clean(out, sizeof(out), rows[i], 10),
				 RTH_ERR_FORMAT);
	assert_int_equal(rth_text_clean(out, 3, "abc", 10), RTH_ERR_LIMIT);
}

static void times_go_both_ways(void **state)
{
	static const struct {
		const char *text;
		int64_t time_s;
	} rows[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2026-01-31T09:30:00Z", 1769851800},
		{"2028-02-29T23:59:59Z", 1835481599},
		{"9999-12-31T23:59:59Z", 253402300799},
	};
	char text[RTH_TIME_SIZE];
	int64_t time_s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(rth_text_read_time(&time_s, rows[i].text), 0);
		assert_int_equal(time_s, rows[i].time_s);
		assert_int_equal(rth_text_time(text, time_s), 0);
		assert_string_equal(text, rows[i].text);
	}
	assert_int_equal(
		rth_text_read_time(&time_s, "2026-01-31T09:30:00.123Z"), 0);
	assert_int_equal(time_s, 1769851800);
	assert_int_equal(rth_text_time(text, 253402300800), RTH_ERR_LIMIT);
}

static void other_times_are_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"2026-01-31",
		"2026-01-31T09:30:00",
		"2026-01-31T09:30:00+00:00",
		"2026-01-31t09:30:00z",
		"2026-02-29T00:00:00Z",
		"2026-04-31T00:00:00Z",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-01-00T00:00:00Z",
		"2026-01-31T24:00:00Z",
		"2026-01-31T00:60:00Z",
		"2026-01-31T00:00:60Z",
		"1969-12-31T23:59:59Z",
		"2026-01-31T09:30:00.Z",
		"2026-01-31T09:30:00.1234567890Z",
		"2026-01-31T09:30:00Zx",
		" 2026-01-31T09:30:00Z",
		"2026-+1-31T09:30:00Z",
	};
	int64_t time_s = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(rth_text_read_time(&time_s, rows[i]),
				 RTH_ERR_FORMAT);
	assert_int_equal(time_s, 7);
}

static void plain_text_has_no_control_characters(void **state)
{
	(void)state;
	assert_true(rth_text_plain(""));
	assert_true(rth_text_plain("a \xc3\xa9 \xf0\x9f\x99\x82 \"\\/"));
	assert_false(rth_text_plain("a\n"));
	assert_false(rth_text_plain("\x01"));
	assert_false(rth_text_plain("a\x7f"));
	assert_false(rth_text_plain("\xc3("));
	assert_false(rth_text_plain("\xed\xa0\x80"));
	assert_false(rth_text_plain("\xc3"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_cleaned),
		cmocka_unit_test(what_is_not_utf8_is_refused),
		cmocka_unit_test(times_go_both_ways),
		cmocka_unit_test(other_times_are_refused),
		cmocka_unit_test(plain_text_has_no_control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
