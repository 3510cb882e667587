/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Allocation, its failing in tests, and the names of errors. */
#include "support.h"

#include "mem.h"

static void gives_zeroed_memory(void **state)
{
	static const unsigned char zeros[4096];
	unsigned char *p = rth_alloc(sizeof(zeros));
	void *empty = rth_alloc(0);

	(void)state;
	assert_non_null(p);
	assert_memory_equal(p, zeros, sizeof(zeros));
	assert_non_null(empty);
	rth_free(empty);
	rth_free(p);
	rth_free(NULL);
}

static void copies(void **state)
{
	char *s = rth_strdup("visit"), *m = rth_memdup0("a\0b", 3);
	char *empty = rth_memdup0(NULL, 0);

	(void)state;
	assert_string_equal(s, "visit");
	assert_memory_equal(m, "a\0b\0", 4);
	assert_string_equal(empty, "");
	assert_null(rth_strdup(NULL));
	assert_null(rth_memdup0("", SIZE_MAX));
	rth_free(empty);
	rth_free(s);
	rth_free(m);
}

static void fails_where_it_is_told(void **state)
{
	void *p[3];
	char *s;

	(void)state;
	rth_mem_fail_at(2);
	for (size_t i = 0; i < 3; i++)
		p[i] = rth_alloc(1);
	assert_non_null(p[0]);
	assert_null(p[1]);
	assert_non_null(p[2]);
	assert_int_equal(rth_mem_count(), 3);
	rth_mem_fail_at(1);
	assert_null(rth_strdup("visit"));
	rth_mem_fail_at(0);
	assert_int_equal(rth_mem_count(), 0);
	s = rth_strdup("visit");
	assert_non_null(s);
	rth_free(s);
	rth_free(p[0]);
	rth_free(p[2]);
}

static void names_every_error(void **state)
{
	(void)state;
	for (int i = 0; i < RTH_ERR_COUNT; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(rth_err_name(i),
						rth_err_name(k));
	assert_string_equal(rth_err_name(RTH_ERR_NOT_FOUND), "not-found");
	assert_string_equal(rth_err_name(RTH_ERR_COUNT), "unknown");
	assert_string_equal(rth_err_name(-1), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_zeroed_memory),
		cmocka_unit_test(copies),
		cmocka_unit_test(fails_where_it_is_told),
		cmocka_unit_test(names_every_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
