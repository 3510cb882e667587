/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Order, holes, what came too late, and what counts from elsewhere. */
#include "support.h"

#include "mem.h"
#include "reorder.h"

#define MS INT64_C(1000)

struct seen {
	size_t n;
	int number[20000];
	uint64_t missing;
	enum rth_err err; /* to be returned */
};

static enum rth_err deliver(void *arg, const uint8_t *packet, size_t len,
			    int64_t time_us, uint64_t missing)
{
	struct seen *seen = arg;

	assert_int_equal(len, sizeof(int));
	assert_true(time_us >= 0);
	memcpy(&seen->number[seen->n++], packet, len);
	seen->missing += missing;
	return seen->err;
}

static struct rth_reorder *make(struct seen *seen)
{
	struct rth_reorder *r;

	memset(seen, 0, sizeof(*seen));
	assert_int_equal(rth_reorder_create(&r, deliver, seen), 0);
	return r;
}

static enum rth_err put(struct rth_reorder *r, int number, int64_t time_us)
{
	return rth_reorder_put(r, (uint16_t)number, (const uint8_t *)&number,
			       sizeof(number), time_us);
}

static void expect(const struct seen *seen, size_t n, const int *numbers)
{
	assert_int_equal(seen->n, n);
	assert_memory_equal(seen->number, numbers, n * sizeof(int));
}

static void wraps(void **state)
{
	static const int order[] = {65533, 65532, 65534, 65536, 65535, 65537};
	static const int sorted[] = {65532, 65533, 65534, 65535, 65536, 65537};
	struct seen seen;
	struct rth_reorder *r = make(&seen);

	(void)state;
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(put(r, order[i], 0), 0);
	/* The start waits a moment for what may come before it. */
	assert_int_equal(seen.n, 0);
	assert_int_equal(rth_reorder_tick(r, 60 * MS), 0);
	expect(&seen, 6, sorted);
	assert_int_equal(rth_reorder_counts(r).missing, 0);
	assert_int_equal(rth_reorder_counts(r).late, 0);
	rth_reorder_free(r);
}

static void holes(void **state)
{
	static const int all[] = {1, 2, 3, 5, 6, 9, 10};
	struct seen seen;
	struct rth_reorder *r = make(&seen);

	(void)state;
	for (int i = 1; i <= 3; i++)
		assert_int_equal(put(r, i, 0), 0);
	assert_int_equal(put(r, 5, 100 * MS), 0);
	assert_int_equal(put(r, 9, 200 * MS), 0);
	assert_int_equal(put(r, 6, 300 * MS), 0);
	assert_int_equal(rth_reorder_tick(r, 699 * MS), 0);
	assert_int_equal(seen.n, 3);
	assert_int_equal(rth_reorder_tick(r, 700 * MS), 0);
	expect(&seen, 5, all);
	assert_int_equal(rth_reorder_tick(r, 799 * MS), 0);
	assert_int_equal(seen.n, 5);
	/* The next packet lets time pass, too. */
	assert_int_equal(put(r, 10, 800 * MS), 0);
	expect(&seen, 7, all);
	assert_int_equal(seen.missing, 3);
	/* Twice, and after its turn. */
	assert_int_equal(put(r, 10, 800 * MS), 0);
	assert_int_equal(put(r, 7, 800 * MS), 0);
	assert_int_equal(seen.n, 7);
	assert_int_equal(rth_reorder_counts(r).missing, 3);
	assert_int_equal(rth_reorder_counts(r).late, 2);
	rth_reorder_free(r);
}

static void elsewhere(void **state)
{
	static const int all[] = {1, 2, 4, 30000, 30001};
	struct seen seen;
	struct rth_reorder *r = make(&seen);

	(void)state;
	assert_int_equal(put(r, 1, 0), 0);
	assert_int_equal(put(r, 2, 70 * MS), 0);
	assert_int_equal(put(r, 4, 70 * MS), 0);
	assert_int_equal(put(r, 30001, 80 * MS), 0);
	assert_int_equal(put(r, 30000, 90 * MS), 0);
	assert_int_equal(rth_reorder_drain(r), 0);
	expect(&seen, 5, all);
	/* The frame behind the break knows that there is one. */
	assert_true(seen.missing >= 2);
	assert_int_equal(rth_reorder_counts(r).missing, 1);
	rth_reorder_free(r);
}

/* However far it jumps and whatever is lost, nothing comes out of order. */
static void far(void **state)
{
	struct seen seen;
	struct rth_reorder *r = make(&seen);
	int number = 0;
	unsigned seed = 1;

	(void)state;
	for (int i = 0; i < 9000; i++) {
		seed = seed * 1103515245u + 12345u;
		number += seed >> 16 & 0xff ? 1 : 3000;
		if (seed >> 24 & 7)
			assert_int_equal(put(r, number, i * MS), 0);
	}
	assert_int_equal(rth_reorder_drain(r), 0);
	assert_true(seen.n > 7000);
	for (size_t i = 1; i < seen.n; i++)
		assert_true(seen.number[i] > seen.number[i - 1]);
	rth_reorder_free(r);
}

static void errors(void **state)
{
	struct seen seen;
	struct rth_reorder *r = make(&seen);

	(void)state;
	rth_mem_fail_at(1);
	assert_int_equal(put(r, 1, 0), RTH_ERR_NOMEM);
	rth_mem_fail_at(0);
	assert_int_equal(put(r, 1, 0), 0);
	assert_int_equal(put(r, 3, 0), 0);
	seen.err = RTH_ERR_IO;
	assert_int_equal(rth_reorder_drain(r), RTH_ERR_IO);
	rth_reorder_free(r);
	rth_mem_fail_at(1);
	assert_int_equal(rth_reorder_create(&r, deliver, &seen), RTH_ERR_NOMEM);
	rth_mem_fail_at(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wraps),     cmocka_unit_test(holes),
		cmocka_unit_test(elsewhere), cmocka_unit_test(far),
		cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
