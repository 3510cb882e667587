/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "portal_support.h"

#include "path.h"

static enum rth_err normalise(const char *target, size_t len)
{
	char path[RTH_PATH_SIZE];

	return rth_path_normalise(path, target, len);
}

static void good_targets_are_kept(void **state)
{
	static const char *const rows[][2] = {
		{"/", "/"},
		{"/?a=/../", "/"},
		{"/js/main.js", "/js/main.js"},
		{"/.well-known/jwks.json?", "/.well-known/jwks.json"},
		{"/a...b/..c/~d_e-f", "/a...b/..c/~d_e-f"},
	};
	char path[RTH_PATH_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(rth_path_normalise(path, rows[i][0],
						    strlen(rows[i][0])),
				 0);
		assert_string_equal(path, rows[i][1]);
	}
}

static void bad_targets_are_refused(void **state)
{
	static const char *const rows[] = {
		"",	     "a",    "*",     "?a",	"//",	"/a//b",
		"/a/",	     "/.",   "/..",   "/a/./b", "/../", "/a/..",
		"/a%2e",     "/%00", "/a\\b", "/a b",	"/a\n", "/\x7f",
		"/\xc3\xa4", "/a;b", "/a:b",  "/a#b",	"/a@b", "http://a/",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(normalise(rows[i], strlen(rows[i])),
				 RTH_ERR_FORMAT);
	assert_int_equal(normalise("/a\0b", 4), RTH_ERR_FORMAT);
}

static void the_longest_path_has_511_bytes(void **state)
{
	char target[RTH_PATH_SIZE + 1];

	(void)state;
	memset(target, 'a', sizeof(target));
	target[0] = '/';
	assert_int_equal(normalise(target, RTH_PATH_SIZE - 1), 0);
	assert_int_equal(normalise(target, RTH_PATH_SIZE), RTH_ERR_LIMIT);
}

static void values_are_decoded_once(void **state)
{
	static const struct {
		const char *in, *out;
		enum rth_err err;
	} rows[] = {
		{"a+b%20c", "a b c", 0},
		{"%2541", "%41", 0},
		{"", "", 0},
		{"%c3%A4", "\xc3\xa4", 0},
		{"%", NULL, RTH_ERR_FORMAT},
		{"%4", NULL, RTH_ERR_FORMAT},
		{"%4g", NULL, RTH_ERR_FORMAT},
		{"%00", NULL, RTH_ERR_FORMAT},
		{"%0a", NULL, RTH_ERR_FORMAT},
		{"a\tb", NULL, RTH_ERR_FORMAT},
		{"12345678", NULL, RTH_ERR_LIMIT},
	};
	char out[8];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(rth_path_decode_value(out, sizeof(out),
						       rows[i].in,
						       strlen(rows[i].in)),
				 rows[i].err);
		if (!rows[i].err)
			assert_string_equal(out, rows[i].out);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_targets_are_kept),
		cmocka_unit_test(bad_targets_are_refused),
		cmocka_unit_test(the_longest_path_has_511_bytes),
		cmocka_unit_test(values_are_decoded_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
