/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "portal_support.h"

#include <sys/socket.h>
#include <sys/time.h>

#include "deadline.h"

/* Is the other end told within this time? */
static bool ends_within(int fd, int ms)
{
	const struct timeval wait = {ms / 1000, ms % 1000 * 1000};
	char byte;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return recv(fd, &byte, 1, 0) == 0;
}

static void who_is_late_is_shut_down(void **state)
{
	struct rth_deadlines *set;
	struct rth_deadline *late, *good;
	int a[2], b[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
	assert_int_equal(rth_deadlines_create(&set), 0);
	late = rth_deadline_add(set, a[0], 600);
	good = rth_deadline_add(set, b[0], 600);
	assert_true(late && good);
	rth_deadline_set(set, late, 0);
	assert_true(ends_within(a[1], 60000));
	assert_false(ends_within(b[1], 100));
	/* However often it is shut down. */
	assert_int_equal(rth_deadlines_late(set), 1);
	assert_int_equal(rth_deadlines_late(set), 0);
	rth_deadline_remove(set, late);
	rth_deadline_remove(set, good);
	rth_deadlines_free(set);
	close(a[0]), close(a[1]), close(b[0]), close(b[1]);
}

static void who_is_cut_is_shut_down(void **state)
{
	static atomic_bool cut, spare;
	struct rth_deadlines *set;
	struct rth_deadline *one, *other;
	int a[2], b[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
	assert_int_equal(rth_deadlines_create(&set), 0);
	one = rth_deadline_add(set, a[0], 600);
	other = rth_deadline_add(set, b[0], 600);
	assert_true(one && other);
	rth_deadline_watch(set, one, &cut);
	rth_deadline_watch(set, other, &spare);
	rth_deadline_watch(set, other, NULL);
	atomic_store(&spare, true);
	atomic_store(&cut, true);
	assert_true(ends_within(a[1], 60000));
	assert_false(ends_within(b[1], 100));
	assert_int_equal(rth_deadlines_late(set), 0);
	rth_deadline_remove(set, one);
	rth_deadline_remove(set, other);
	rth_deadlines_free(set);
	close(a[0]), close(a[1]), close(b[0]), close(b[1]);
}

static void no_memory_is_an_error(void **state)
{
	struct rth_deadlines *set;

	(void)state;
	rth_mem_fail_at(1);
	assert_int_equal(rth_deadlines_create(&set), RTH_ERR_NOMEM);
	rth_mem_fail_at(0);
	assert_int_equal(rth_deadlines_create(&set), 0);
	rth_mem_fail_at(1);
	assert_null(rth_deadline_add(set, 0, 1));
	rth_mem_fail_at(0);
	rth_deadlines_free(set);
	rth_deadlines_free(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_late_is_shut_down),
		cmocka_unit_test(who_is_cut_is_shut_down),
		cmocka_unit_test(no_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
