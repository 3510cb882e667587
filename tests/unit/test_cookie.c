/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "portal_support.h"

#include "cookie.h"

static enum rth_err parse(const char *header, struct rth_cookie *cookies,
			  size_t *np)
{
	return rth_cookie_parse(cookies, np, header, strlen(header));
}

static void pairs_are_found(void **state)
{
	struct rth_cookie c[RTH_COOKIE_MAX];
	size_t n = 9;

	(void)state;
	assert_int_equal(parse("", c, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(parse("__Host-rth=abc; b=;c=d=e, \"f\"", c, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(c[0].name_len, 10);
	assert_memory_equal(c[0].value, "abc", 3);
	assert_int_equal(c[0].value_len, 3);
	assert_int_equal(c[1].value_len, 0);
	assert_int_equal(c[2].value_len, 8);
	assert_memory_equal(c[2].value, "d=e, \"f\"", 8);
}

static void what_is_no_pair_is_refused(void **state)
{
	static const char *const rows[] = {
		"a",	 "=b",	  ";",	    "a=b;;c=d", " a=b",	  "a b=c",
		"a\t=b", "a=b\n", "a=\x7f", "\xc3=a",	"a=b; c", "(=a",
	};
	struct rth_cookie c[RTH_COOKIE_MAX];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(parse(rows[i], c, &n), RTH_ERR_FORMAT);
	assert_int_equal(rth_cookie_parse(c, &n, "a=b\0", 4), RTH_ERR_FORMAT);
}

static void sixteen_are_taken(void **state)
{
	struct rth_cookie c[RTH_COOKIE_MAX];
	char header[17 * 4 + 1] = "";
	size_t i, n;

	(void)state;
	for (i = 0; i < RTH_COOKIE_MAX; i++)
		strcat(header, "a=b;");
	assert_int_equal(parse(header, c, &n), 0);
	assert_int_equal(n, RTH_COOKIE_MAX);
	strcat(header, "a=b;");
	assert_int_equal(parse(header, c, &n), RTH_ERR_LIMIT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_found),
		cmocka_unit_test(what_is_no_pair_is_refused),
		cmocka_unit_test(sixteen_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
