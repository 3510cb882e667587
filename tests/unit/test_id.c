/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids. */
#include "support.h"

#include "id.h"

#define MANY 1000

static void makes_different_valid_ids(void **state)
{
	static char ids[MANY][RTH_ID_SIZE];

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(rth_id_make(ids[i]), RTH_OK);
		assert_int_equal(strlen(ids[i]), RTH_ID_LEN);
		assert_true(rth_id_valid(ids[i]));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(ids[i], ids[k]);
	}
}

static const char *const wrong[] = {
	NULL,
	"",
	"AAAAAAAAAAAAAAAAAAAAA",
	"AAAAAAAAAAAAAAAAAAAAAAA",
	"AAAAAAAAAAAAAAAAAAAAA=",
	"AAAAAAAAAAAAAAAAAAAAA/",
	"../../../../etc/passwd",
	"AAAAAAAAAA AAAAAAAAAAA",
	"AAAAAAAAAAAAAAAAAAAAA\xc3",
};

static void refuses_other_texts(void **state)
{
	(void)state;
	assert_true(rth_id_valid("AAAAAAAAAAAAAAAAAAAAAA"));
	assert_true(rth_id_valid("AZaz09-_AAAAAAAAAAAAAA"));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(rth_id_valid(wrong[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_different_valid_ids),
		cmocka_unit_test(refuses_other_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
