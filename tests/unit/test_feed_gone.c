/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each moment at which the recorder can go or fail, and each answer that is
 * none.
 */
#include "told.h"

/* ---- the recorder goes ---- */

static void reconnect(struct told *told, size_t feed)
{
	fake_advance_us(RTH_FEED_RECONNECT_MS * INT64_C(1000));
	settle(told);
	assert_int_equal(fake_feeds(), feed + 1);
	fake_feed_answer(feed, RTH_FEED_READY, NULL);
	expect_news(told, RTH_FEED_NEWS_READY, NULL);
}

static void the_recorder_goes_and_comes_back(void **state)
{
	struct told *told = *state;

	run(told);
	tap(told, 0, 1);
	settle(told);
	fake_feed_hang_up(0);
	tap(told, 0, 2);
	say(told, RTH_FEED_NOTE, 1);
	expect_news(told, RTH_FEED_NEWS_GONE, NULL);
	assert_false(fake_feed_is_open(0));
	tap(told, 0, 3);
	expect_no_news(told);
	assert_int_equal(fake_feeds(), 1);
	reconnect(told, 1);
	settle(told);
	assert_int_equal(fake_feed_records(1), 0);
	say(told, RTH_FEED_BEGIN, 2);
	settle(told);
	assert_int_equal(fake_feed_records(0), 2);
	assert_int_equal(fake_feed_records(1), 4);
	assert_int_equal(fake_feed_record(1, 0)->head.kind, RTH_FEED_BEGIN);
	assert_int_equal(fake_feed_record(1, 1)->head.kind, RTH_FEED_NOTE);
	assert_int_equal(fake_feed_record(1, 2)->body[0], 2);
	assert_int_equal(fake_feed_record(1, 3)->body[0], 3);
	say(told, RTH_FEED_END, 3);
	settle(told);
	fake_feed_answer(1, RTH_FEED_DONE, NULL);
	expect_news(told, RTH_FEED_NEWS_DONE, NULL);
}

static void it_is_looked_for_until_it_is_there(void **state)
{
	struct told *told = *state;

	run(told);
	fake_recorder_away(true);
	fake_feed_hang_up(0);
	expect_news(told, RTH_FEED_NEWS_GONE, NULL);
	for (int i = 0; i < 20; i++) {
		fake_advance_us(RTH_FEED_RECONNECT_MS * INT64_C(1000));
		expect_no_news(told);
	}
	assert_int_equal(fake_feeds(), 1);
	fake_recorder_away(false);
	reconnect(told, 1);
}

/* A new one that does not answer, or goes at once, is no news. */
static void it_comes_back_but_not_for_long(void **state)
{
	struct told *told = *state;

	run(told);
	fake_feed_hang_up(0);
	expect_news(told, RTH_FEED_NEWS_GONE, NULL);
	fake_advance_us(RTH_FEED_RECONNECT_MS * INT64_C(1000));
	expect_no_news(told);
	fake_feed_hang_up(1);
	expect_no_news(told);
	fake_advance_us(RTH_FEED_RECONNECT_MS * INT64_C(1000));
	expect_no_news(told);
	assert_int_equal(fake_feeds(), 3);
	fake_advance_us(RTH_FEED_READY_MS * INT64_C(1000));
	expect_no_news(told);
	assert_false(fake_feed_is_open(2));
	reconnect(told, 3);
}

static void it_comes_back_and_refuses(void **state)
{
	struct told *told = *state;

	run(told);
	fake_feed_hang_up(0);
	expect_news(told, RTH_FEED_NEWS_GONE, NULL);
	fake_advance_us(RTH_FEED_RECONNECT_MS * INT64_C(1000));
	settle(told);
	fake_feed_answer(1, RTH_FEED_REFUSED, "disk-full");
	expect_news(told, RTH_FEED_NEWS_REFUSED, "disk-full");
	expect_no_news(told);
}

static void it_goes_while_everybody_is_asked(void **state)
{
	struct told *told = *state;

	open_link(told);
	fake_feed_answer(0, RTH_FEED_READY, NULL);
	expect_news(told, RTH_FEED_NEWS_READY, NULL);
	fake_feed_hang_up(0);
	expect_news(told, RTH_FEED_NEWS_GONE, NULL);
	reconnect(told, 1);
	say(told, RTH_FEED_BEGIN, 1);
	settle(told);
	assert_int_equal(fake_feed_records(1), 1);
}

/* A BEGIN that was never sent is not sent to the next recorder. */
static void it_goes_before_begin_is_sent(void **state)
{
	struct told *told = *state;

	open_link(told);
	fake_feed_answer(0, RTH_FEED_READY, NULL);
	expect_news(told, RTH_FEED_NEWS_READY, NULL);
	say(told, RTH_FEED_BEGIN, 1);
	fake_feed_hang_up(0);
	expect_news(told, RTH_FEED_NEWS_GONE, NULL);
	reconnect(told, 1);
	settle(told);
	assert_int_equal(fake_feed_records(1), 0);
	say(told, RTH_FEED_BEGIN, 2);
	settle(told);
	assert_int_equal(fake_feed_records(1), 1);
	assert_string_equal((char *)fake_feed_record(1, 0)->body, "{\"n\":2}");
}

/*
 * The control thread said the first BEGIN before it heard that the recorder
 * was gone and back again: it was sent, so the second gets a connection of its
 * own, and nobody is told.
 */
static void a_second_begin_gets_another_connection(void **state)
{
	struct told *told = *state;

	open_link(told);
	fake_feed_answer(0, RTH_FEED_READY, NULL);
	expect_news(told, RTH_FEED_NEWS_READY, NULL);
	fake_feed_hang_up(0);
	expect_news(told, RTH_FEED_NEWS_GONE, NULL);
	say(told, RTH_FEED_BEGIN, 1);
	reconnect(told, 1);
	settle(told);
	assert_int_equal(fake_feed_records(1), 1);
	say(told, RTH_FEED_BEGIN, 2);
	say(told, RTH_FEED_NOTE, 3);
	expect_no_news(told);
	assert_false(fake_feed_is_open(1));
	assert_int_equal(fake_feeds(), 3);
	tap(told, 0, 1);
	fake_feed_answer(2, RTH_FEED_READY, NULL);
	expect_no_news(told);
	assert_int_equal(fake_feed_records(1), 1);
	assert_int_equal(fake_feed_records(2), 3);
	assert_string_equal((char *)fake_feed_record(2, 0)->body, "{\"n\":2}");
}

static void the_other_connection_is_not_to_be_had(void **state)
{
	struct told *told = *state;

	run(told);
	fake_recorder_away(true);
	say(told, RTH_FEED_BEGIN, 2);
	expect_news(told, RTH_FEED_NEWS_GONE, NULL);
	fake_recorder_away(false);
	reconnect(told, 1);
	settle(told);
	assert_int_equal(fake_feed_records(1), 0);
	say(told, RTH_FEED_BEGIN, 3);
	say(told, RTH_FEED_BEGIN, 4);
	settle(told);
	assert_int_equal(fake_feed_records(1), 1);
	assert_string_equal((char *)fake_feed_record(1, 0)->body, "{\"n\":4}");
}

/* ---- the end ---- */

static void the_recorder_fails(void **state)
{
	struct told *told = *state;

	run(told);
	fake_feed_answer(0, RTH_FEED_FAILED, "disk-failed");
	fake_feed_hang_up(0);
	expect_news(told, RTH_FEED_NEWS_FAILED, "disk-failed");
	expect_no_news(told);
	assert_int_equal(
		rth_feed_say(told->link, RTH_FEED_NOTE, 0, 0, json_object()),
		RTH_ERR_STATE);
}

/* What it said before it closed is heard, also if we notice by sending. */
static void its_last_words_are_heard(void **state)
{
	struct told *told = *state;

	run(told);
	tap(told, 0, 1);
	fake_feed_answer(0, RTH_FEED_FAILED, "disk-full");
	fake_feed_hang_up(0);
	expect_news(told, RTH_FEED_NEWS_FAILED, "disk-full");
	expect_no_news(told);
}

static void fail_now(void *arg)
{
	(void)arg;
	fake_feed_answer(0, RTH_FEED_FAILED, "disk-full");
	fake_feed_hang_up(0);
}

static void its_last_words_come_while_we_send(void **state)
{
	struct told *told = *state;

	run(told);
	fake_feed_at_record(0, fail_now, NULL);
	tap(told, 0, 1);
	expect_news(told, RTH_FEED_NEWS_FAILED, "disk-full");
	expect_no_news(told);
	assert_int_equal(fake_feed_records(0), 1);
}

static void the_recorder_fails_at_the_end(void **state)
{
	struct told *told = *state;

	run(told);
	say(told, RTH_FEED_END, 1);
	leave(told);
	settle(told);
	fake_feed_answer(0, RTH_FEED_FAILED, "disk-failed");
	expect_news(told, RTH_FEED_NEWS_FAILED, "disk-failed");
	expect_no_news(told);
}

static void the_end_is_not_answered(void **state)
{
	struct told *told = *state;

	run(told);
	say(told, RTH_FEED_END, 1);
	leave(told);
	settle(told);
	fake_advance_us(RTH_FEED_DONE_MS * INT64_C(1000) - 1);
	expect_no_news(told);
	fake_advance_us(1);
	expect_news(told, RTH_FEED_NEWS_LOST, NULL);
	expect_no_news(told);
}

static void the_end_is_not_taken(void **state)
{
	struct told *told = *state;

	run(told);
	fake_feed_takes(0, 0);
	say(told, RTH_FEED_END, 1);
	leave(told);
	settle(told);
	fake_advance_us(RTH_FEED_DONE_MS * INT64_C(1000));
	expect_news(told, RTH_FEED_NEWS_LOST, NULL);
	expect_no_news(told);
}

/* A long backlog may take longer, as long as it goes on. */
static void the_end_takes_its_time(void **state)
{
	struct told *told = *state;

	run(told);
	fake_feed_takes(0, 0);
	for (uint8_t i = 0; i < 20; i++)
		tap(told, 0, i);
	say(told, RTH_FEED_END, 1);
	leave(told);
	for (int i = 0; i < 21; i++) {
		fake_advance_us(RTH_FEED_DONE_MS * INT64_C(1000) - 1000);
		fake_feed_takes(0, 1);
		expect_no_news(told);
	}
	assert_int_equal(fake_feed_records(0), 22);
	fake_feed_answer(0, RTH_FEED_DONE, NULL);
	expect_news(told, RTH_FEED_NEWS_DONE, NULL);
}

static void the_recorder_goes_at_the_end(void **state)
{
	struct told *told = *state;

	run(told);
	say(told, RTH_FEED_END, 1);
	leave(told);
	settle(told);
	fake_feed_hang_up(0);
	expect_news(told, RTH_FEED_NEWS_LOST, NULL);
	expect_no_news(told);
	assert_int_equal(fake_feeds(), 1);
}

static void the_end_comes_while_the_recorder_is_away(void **state)
{
	struct told *told = *state;

	run(told);
	fake_feed_hang_up(0);
	expect_news(told, RTH_FEED_NEWS_GONE, NULL);
	say(told, RTH_FEED_END, 1);
	leave(told);
	expect_news(told, RTH_FEED_NEWS_LOST, NULL);
	expect_no_news(told);
}

static void begin_and_end_at_once(void **state)
{
	struct told *told = *state;

	open_link(told);
	fake_feed_answer(0, RTH_FEED_READY, NULL);
	expect_news(told, RTH_FEED_NEWS_READY, NULL);
	say(told, RTH_FEED_BEGIN, 1);
	say(told, RTH_FEED_END, 2);
	leave(told);
	settle(told);
	assert_int_equal(fake_feed_records(0), 2);
	fake_feed_answer(0, RTH_FEED_DONE, NULL);
	expect_news(told, RTH_FEED_NEWS_DONE, NULL);
}

/* ---- answers that are none ---- */

static void an_answer_out_of_turn_ends_the_link(void **state)
{
	static const enum rth_feed_kind kinds[] = {
		RTH_FEED_READY, RTH_FEED_DONE, RTH_FEED_REFUSED};
	struct told *told = *state;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		open_link(told);
		fake_feed_answer(i, RTH_FEED_READY, NULL);
		expect_news(told, RTH_FEED_NEWS_READY, NULL);
		say(told, RTH_FEED_BEGIN, 1);
		settle(told);
		fake_feed_answer(i, kinds[i],
				 kinds[i] == RTH_FEED_REFUSED ? "busy" : NULL);
		expect_news(told, RTH_FEED_NEWS_FAILED, "failed");
		assert_false(fake_feed_is_open(i));
		leave(told);
	}
	expect_no_news(told);
}

static void an_answer_that_is_malformed_ends_the_link(void **state)
{
	static const struct {
		uint8_t bytes[32];
		size_t len;
	} bad[] = {
		{{RTH_FEED_READY}, 15},
		{{RTH_FEED_READY}, 17},
		{{99}, 16},
		{{RTH_FEED_NOTE, 0, 0, 0, [16] = '{', '}'}, 18},
		{{RTH_FEED_READY, 7}, 16},
		{{0}, 1},
	};
	uint8_t longest[1100] = {RTH_FEED_REFUSED, 255, 255};
	struct told *told = *state;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		open_link(told);
		fake_feed_answer_bytes(i, bad[i].bytes, bad[i].len);
		expect_news(told, RTH_FEED_NEWS_FAILED, "failed");
		leave(told);
	}
	open_link(told);
	fake_feed_answer_bytes(i, longest, sizeof(longest));
	expect_news(told, RTH_FEED_NEWS_FAILED, "failed");
	expect_no_news(told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_recorder_goes_and_comes_back),
		TEST(it_is_looked_for_until_it_is_there),
		TEST(it_comes_back_but_not_for_long),
		TEST(it_comes_back_and_refuses),
		TEST(it_goes_while_everybody_is_asked),
		TEST(it_goes_before_begin_is_sent),
		TEST(a_second_begin_gets_another_connection),
		TEST(the_other_connection_is_not_to_be_had),
		TEST(the_recorder_fails),
		TEST(its_last_words_are_heard),
		TEST(its_last_words_come_while_we_send),
		TEST(the_recorder_fails_at_the_end),
		TEST(the_end_is_not_answered),
		TEST(the_end_is_not_taken),
		TEST(the_end_takes_its_time),
		TEST(the_recorder_goes_at_the_end),
		TEST(the_end_comes_while_the_recorder_is_away),
		TEST(begin_and_end_at_once),
		TEST(an_answer_out_of_turn_ends_the_link),
		TEST(an_answer_that_is_malformed_ends_the_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
