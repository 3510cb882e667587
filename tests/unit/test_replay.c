/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Used tokens are remembered exactly as long as they could be used. */
#include "support.h"

#include "../../common/mem.h"
#include "../../plugins/replay.h"

static int setup(void **state)
{
	struct rth_replay *replay = NULL;

	assert_int_equal(rth_replay_create(&replay, 100), RTH_OK);
	*state = replay;
	return 0;
}

static int teardown(void **state)
{
	rth_replay_free(*state);
	rth_mem_fail_at(0);
	return 0;
}

static void a_token_is_used_once(void **state)
{
	assert_int_equal(rth_replay_use(*state, "i", "t", 10, 0), RTH_OK);
	assert_int_equal(rth_replay_use(*state, "i", "t", 10, 1),
			 RTH_ERR_EXISTS);
	assert_int_equal(rth_replay_use(*state, "i", "t", 10, 10),
			 RTH_ERR_EXISTS);
	/* by then the token itself has expired */
	assert_int_equal(rth_replay_use(*state, "i", "t", 20, 11), RTH_OK);
}

static void issuers_do_not_mix(void **state)
{
	assert_int_equal(rth_replay_use(*state, "i", "t", 10, 0), RTH_OK);
	assert_int_equal(rth_replay_use(*state, "j", "t", 10, 0), RTH_OK);
	assert_int_equal(rth_replay_use(*state, "it", "", 10, 0), RTH_OK);
	assert_int_equal(rth_replay_use(*state, "i", "t", 10, 0),
			 RTH_ERR_EXISTS);
}

static enum rth_err use_number(void *replay, int n, int64_t expires_s,
			       int64_t now_s)
{
	char jti[16];

	snprintf(jti, sizeof(jti), "%d", n);
	return rth_replay_use(replay, "i", jti, expires_s, now_s);
}

static void a_full_memory_admits_nobody(void **state)
{
	for (int i = 0; i < 100; i++)
		assert_int_equal(use_number(*state, i, 10 + i, 0), RTH_OK);
	assert_int_equal(use_number(*state, 100, 500, 0), RTH_ERR_LIMIT);
	assert_int_equal(use_number(*state, 7, 500, 0), RTH_ERR_EXISTS);
	/* one has expired: there is room for one */
	assert_int_equal(use_number(*state, 101, 500, 11), RTH_OK);
	assert_int_equal(use_number(*state, 102, 500, 11), RTH_ERR_LIMIT);
}

static void without_memory_nobody_is_admitted(void **state)
{
	rth_mem_fail_at(1);
	assert_int_equal(rth_replay_use(*state, "i", "t", 10, 0),
			 RTH_ERR_NOMEM);
	assert_int_equal(rth_replay_use(*state, "i", "t", 10, 0), RTH_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(a_token_is_used_once),
		TEST(issuers_do_not_mix),
		TEST(a_full_memory_admits_nobody),
		TEST(without_memory_nobody_is_admitted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
