/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The token bucket, on a clock of the test's own. */
#include "support.h"

#include "bucket.h"

static int take_all(struct rth_bucket *bucket, int64_t now_ms)
{
	int n = 0;

	while (n < 100 && rth_bucket_take(bucket, now_ms))
		n++;
	return n;
}

static void gives_its_burst_and_refills(void **state)
{
	struct rth_bucket bucket;

	(void)state;
	rth_bucket_init(&bucket, 3, 30000, 1000);
	assert_int_equal(take_all(&bucket, 1000), 3);
	assert_int_equal(take_all(&bucket, 30999), 0);
	assert_int_equal(take_all(&bucket, 31000), 1);
	assert_int_equal(take_all(&bucket, 60999), 0);
	assert_int_equal(take_all(&bucket, 91000), 2);
}

static void holds_no_more_than_its_burst(void **state)
{
	struct rth_bucket bucket;

	(void)state;
	rth_bucket_init(&bucket, 3, 30000, 0);
	assert_int_equal(take_all(&bucket, 86400000), 3);
	assert_int_equal(take_all(&bucket, 86400000 + 29999), 0);
	assert_int_equal(take_all(&bucket, 86400000 + 30000), 1);
}

static void keeps_the_rest_of_an_interval(void **state)
{
	struct rth_bucket bucket;

	(void)state;
	rth_bucket_init(&bucket, 2, 1000, 0);
	assert_int_equal(take_all(&bucket, 0), 2);
	assert_int_equal(take_all(&bucket, 1900), 1);
	assert_int_equal(take_all(&bucket, 2000), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_its_burst_and_refills),
		cmocka_unit_test(holds_no_more_than_its_burst),
		cmocka_unit_test(keeps_the_rest_of_an_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
