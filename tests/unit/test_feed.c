/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The feed with a recorder that answers when the test says so: what is sent
 * and when, what may be said, and how it stops.
 */
#include "told.h"

#include "../../common/mem.h"

static void a_recording_from_begin_to_done(void **state)
{
	struct told *told = *state;

	run(told);
	tap(told, 0, 1);
	tap(told, 1, 2);
	tap(told, 0, 3);
	say(told, RTH_FEED_END, 2);
	leave(told);
	settle(told);
	assert_int_equal(fake_feed_records(0), 5);
	assert_int_equal(fake_feed_record(0, 0)->head.kind, RTH_FEED_BEGIN);
	assert_int_equal(fake_feed_record(0, 1)->body[0], 1);
	assert_int_equal(fake_feed_record(0, 2)->body[0], 2);
	assert_int_equal(fake_feed_record(0, 3)->body[0], 3);
	assert_int_equal(fake_feed_record(0, 4)->head.kind, RTH_FEED_END);
	assert_true(fake_feed_is_open(0));
	fake_feed_answer(0, RTH_FEED_DONE, NULL);
	expect_news(told, RTH_FEED_NEWS_DONE, NULL);
	assert_false(fake_feed_is_open(0));
	expect_no_news(told);
}

/* ---- before anything is recorded ---- */

static void nobody_listens(void **state)
{
	struct told *told = *state;

	fake_recorder_away(true);
	assert_int_equal(rth_feed_open(told->feed, &told->link),
			 RTH_ERR_UNAVAILABLE);
	assert_null(told->link);
	expect_no_news(told);
}

static void the_recorder_refuses(void **state)
{
	struct told *told = *state;

	open_link(told);
	expect_no_news(told);
	fake_feed_answer(0, RTH_FEED_REFUSED, "disk-full");
	fake_feed_hang_up(0);
	expect_news(told, RTH_FEED_NEWS_REFUSED, "disk-full");
	expect_no_news(told);
	assert_false(fake_feed_is_open(0));
	assert_int_equal(fake_feed_records(0), 0);
}

static void a_reason_that_is_not_known_is_failed(void **state)
{
	struct told *told = *state;

	open_link(told);
	fake_feed_answer(0, RTH_FEED_REFUSED, "<b>because</b>");
	expect_news(told, RTH_FEED_NEWS_REFUSED, "failed");
	expect_no_news(told);
}

static void the_recorder_does_not_answer(void **state)
{
	struct told *told = *state;

	open_link(told);
	fake_advance_us(RTH_FEED_READY_MS * INT64_C(1000) - 1);
	expect_no_news(told);
	fake_advance_us(1);
	expect_news(told, RTH_FEED_NEWS_REFUSED, "unavailable");
	expect_no_news(told);
	assert_false(fake_feed_is_open(0));
}

static void the_recorder_goes_before_it_is_ready(void **state)
{
	struct told *told = *state;

	open_link(told);
	fake_feed_hang_up(0);
	expect_news(told, RTH_FEED_NEWS_REFUSED, "unavailable");
	expect_no_news(told);
	assert_int_equal(fake_feeds(), 1);
}

/* Not one byte goes to the recorder before BEGIN, whatever waits. */
static void nothing_is_sent_before_begin(void **state)
{
	struct told *told = *state;

	open_link(told);
	say(told, RTH_FEED_NOTE, 1);
	tap(told, 0, 1);
	settle(told);
	fake_feed_answer(0, RTH_FEED_READY, NULL);
	expect_news(told, RTH_FEED_NEWS_READY, NULL);
	fake_advance_us(60000000);
	settle(told);
	assert_int_equal(fake_feed_records(0), 0);
	say(told, RTH_FEED_BEGIN, 2);
	settle(told);
	assert_int_equal(fake_feed_records(0), 3);
	assert_int_equal(fake_feed_record(0, 0)->head.kind, RTH_FEED_BEGIN);
	assert_int_equal(fake_feed_record(0, 1)->head.kind, RTH_FEED_NOTE);
	assert_int_equal(fake_feed_record(0, 2)->head.kind, RTH_FEED_RTP);
	expect_no_news(told);
}

/* Somebody said no. */
static void left_before_begin(void **state)
{
	struct told *told = *state;

	open_link(told);
	fake_feed_answer(0, RTH_FEED_READY, NULL);
	expect_news(told, RTH_FEED_NEWS_READY, NULL);
	tap(told, 0, 1);
	leave(told);
	settle(told);
	assert_false(fake_feed_is_open(0));
	assert_int_equal(fake_feed_records(0), 0);
	expect_no_news(told);
}

static void left_while_connecting(void **state)
{
	struct told *told = *state;

	open_link(told);
	leave(told);
	fake_feed_answer(0, RTH_FEED_READY, NULL);
	expect_no_news(told);
	assert_false(fake_feed_is_open(0));
}

/* ---- running ---- */

/* What is still in the ring stays there. */
static void left_without_end(void **state)
{
	struct told *told = *state;

	run(told);
	fake_feed_takes(0, 1);
	tap(told, 0, 1);
	tap(told, 0, 2);
	say(told, RTH_FEED_NOTE, 1);
	settle(told);
	assert_int_equal(fake_feed_records(0), 2);
	leave(told);
	fake_feed_takes(0, -1);
	settle(told);
	assert_int_equal(fake_feed_records(0), 2);
	assert_false(fake_feed_is_open(0));
	expect_no_news(told);
}

static void leave_now(void *arg)
{
	leave(arg);
}

/* The control thread leaves while the ring is being emptied. */
static void left_without_end_in_the_middle(void **state)
{
	struct told *told = *state;

	run(told);
	for (uint8_t i = 0; i < 50; i++)
		tap(told, 0, i);
	fake_feed_at_record(0, leave_now, told);
	settle(told);
	assert_int_equal(fake_feed_records(0), 2);
	assert_false(fake_feed_is_open(0));
	expect_no_news(told);
}

static void what_is_said_goes_before_media_and_end_behind(void **state)
{
	struct told *told = *state;

	run(told);
	fake_feed_takes(0, 0);
	tap(told, 0, 1);
	tap(told, 1, 2);
	say(told, RTH_FEED_CHAT, 1);
	say(told, RTH_FEED_NOTE, 2);
	say(told, RTH_FEED_END, 3);
	settle(told);
	assert_int_equal(fake_feed_records(0), 1);
	fake_feed_takes(0, -1);
	settle(told);
	assert_int_equal(fake_feed_records(0), 6);
	assert_int_equal(fake_feed_record(0, 1)->head.kind, RTH_FEED_CHAT);
	assert_int_equal(fake_feed_record(0, 2)->head.kind, RTH_FEED_NOTE);
	assert_int_equal(fake_feed_record(0, 3)->head.role, 0);
	assert_int_equal(fake_feed_record(0, 4)->head.role, 1);
	assert_int_equal(fake_feed_record(0, 5)->head.kind, RTH_FEED_END);
}

static void what_is_said_arrives_as_it_was_said(void **state)
{
	struct told *told = *state;
	const struct fake_record *note;
	json_t *body;

	run(told);
	assert_int_equal(rth_feed_say(told->link, RTH_FEED_NOTE, 1, 123456,
				      json_pack("{s:s}", "event", "joined")),
			 RTH_OK);
	settle(told);
	note = fake_feed_find(0, RTH_FEED_NOTE, 0);
	assert_non_null(note);
	assert_int_equal(note->head.role, 1);
	assert_int_equal(note->head.slot, RTH_FEED_NO_SLOT);
	assert_int_equal(note->head.codec, 0);
	assert_int_equal(note->head.time_us, 123456);
	body = json_loadb((const char *)note->body, note->len, 0, NULL);
	assert_string_equal(fake_text(body, "event"), "joined");
	json_decref(body);
}

/* It stays in the ring, is counted when it is full, and is told then. */
static void a_stalled_recorder_loses_packets_and_says_how_many(void **state)
{
	struct told *told = *state;
	struct rth_tap *ring;
	size_t sent, n = 0;

	run(told);
	ring = rth_feed_tap(told->link, 0);
	fake_feed_takes(0, 0);
	while (rth_tap_loss(ring).packets < 10) {
		tap(told, 0, 1);
		settle(told);
		n++;
	}
	assert_int_equal(fake_feed_records(0), 1);
	fake_feed_takes(0, -1);
	settle(told);
	sent = fake_feed_records(0) - 1;
	assert_int_equal(sent, n - 10);
	tap(told, 0, 2);
	settle(told);
	assert_int_equal(fake_feed_record(0, sent + 1)->head.lost, 10);
	assert_int_equal(rth_tap_loss(ring).packets, 10);
	expect_no_news(told);
}

/* One recorder that takes nothing is no reason for another to wait. */
static void links_do_not_wait_for_each_other(void **state)
{
	struct told *told = *state;
	struct rth_feed_link *first;

	run(told);
	first = told->link;
	fake_feed_takes(0, 0);
	tap(told, 0, 1);
	open_link(told);
	fake_feed_answer(1, RTH_FEED_READY, NULL);
	expect_news(told, RTH_FEED_NEWS_READY, NULL);
	say(told, RTH_FEED_BEGIN, 1);
	for (int i = 0; i < 300; i++) {
		tap(told, 1, 2);
		settle(told);
	}
	assert_int_equal(fake_feed_records(0), 1);
	assert_int_equal(fake_feed_records(1), 301);
	rth_feed_leave(first);
	settle(told);
	assert_false(fake_feed_is_open(0));
	assert_true(fake_feed_is_open(1));
}

/* ---- what may be said ---- */

static enum rth_err say_text(struct told *told, enum rth_feed_kind kind,
			     size_t len)
{
	char *text = calloc(1, len + 1);
	enum rth_err err;

	assert_non_null(text);
	memset(text, 'a', len);
	err = rth_feed_say(told->link, kind, 0, 0,
			   json_pack("{s:s}", "t", text));
	free(text);
	return err;
}

static void what_is_too_long_is_refused(void **state)
{
	struct told *told = *state;

	open_link(told);
	assert_int_equal(say_text(told, RTH_FEED_CHAT, 8192 - 8), RTH_OK);
	assert_int_equal(say_text(told, RTH_FEED_CHAT, 8192 - 7),
			 RTH_ERR_LIMIT);
	assert_int_equal(say_text(told, RTH_FEED_NOTE, 32768 - 8), RTH_OK);
	assert_int_equal(say_text(told, RTH_FEED_NOTE, 32768 - 7),
			 RTH_ERR_LIMIT);
	assert_int_equal(say_text(told, RTH_FEED_NOTE, 1000000), RTH_ERR_LIMIT);
	assert_int_equal(say_text(told, RTH_FEED_END, 1024 - 7), RTH_ERR_LIMIT);
}

/* A recorder that does not read costs a bounded amount of memory. */
static void the_list_is_bounded(void **state)
{
	struct told *told = *state;
	enum rth_err err = RTH_OK;
	size_t n = 0;

	run(told);
	fake_feed_takes(0, 0);
	while (!err && n < 1000) {
		err = say_text(told, RTH_FEED_CHAT, 4000);
		settle(told);
		n += !err;
	}
	assert_int_equal(err, RTH_ERR_LIMIT);
	assert_in_range(n * 4000, 200000, 300000);
	say(told, RTH_FEED_END, 1);
	fake_feed_takes(0, -1);
	settle(told);
	assert_int_equal(fake_feed_records(0), n + 2);
}

static void what_must_not_be_said(void **state)
{
	static const enum rth_feed_kind others[] = {
		RTH_FEED_RTP,	  RTH_FEED_RTCP, RTH_FEED_READY,
		RTH_FEED_REFUSED, RTH_FEED_DONE, RTH_FEED_FAILED};
	struct told *told = *state;

	open_link(told);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(rth_feed_say(told->link, others[i], 0, 0,
					      json_object()),
				 RTH_ERR_FORMAT);
	assert_int_equal(
		rth_feed_say(told->link, RTH_FEED_NOTE, 9, 0, json_object()),
		RTH_ERR_FORMAT);
	assert_int_equal(rth_feed_say(told->link, RTH_FEED_NOTE, 0, 0, NULL),
			 RTH_ERR_NOMEM);
	say(told, RTH_FEED_BEGIN, 0);
	say(told, RTH_FEED_END, 1);
	assert_int_equal(
		rth_feed_say(told->link, RTH_FEED_NOTE, 0, 0, json_object()),
		RTH_ERR_STATE);
	assert_int_equal(
		rth_feed_say(told->link, RTH_FEED_END, 0, 0, json_object()),
		RTH_ERR_STATE);
	assert_null(rth_feed_tap(told->link, 2));
}

static void many_links_come_and_go(void **state)
{
	struct told *told = *state;
	struct rth_feed_link *links[FAKE_FEEDS_MAX];

	for (size_t i = 0; i < FAKE_FEEDS_MAX; i++)
		assert_int_equal(rth_feed_open(told->feed, &links[i]), RTH_OK);
	for (size_t i = 0; i < FAKE_FEEDS_MAX; i++) {
		fake_feed_answer(i, RTH_FEED_READY, NULL);
		rth_feed_leave(links[i]);
	}
	settle(told);
	for (size_t i = 0; i < FAKE_FEEDS_MAX; i++)
		assert_false(fake_feed_is_open(i));
	expect_no_news(told);
}

/* ---- memory and threads ---- */

static void no_memory_is_told(void **state)
{
	struct told *told = *state;
	struct rth_feed *feed = NULL;
	const struct rth_feed_conf conf = {.socket = "/run/recorder",
					   .ring_bytes = RING_BYTES,
					   .news = on_news,
					   .arg = told};
	unsigned long n;

	rth_mem_fail_at(1);
	assert_int_equal(rth_feed_create(&feed, &fake_host, &conf),
			 RTH_ERR_NOMEM);
	for (n = 1;; n++) {
		rth_mem_fail_at(n);
		if (rth_feed_open(told->feed, &told->link) == RTH_OK)
			break;
		assert_null(told->link);
	}
	assert_int_equal(n, 6);
	rth_mem_fail_at(1);
	assert_int_equal(
		rth_feed_say(told->link, RTH_FEED_BEGIN, 0, 0, json_object()),
		RTH_ERR_NOMEM);
	rth_mem_fail_at(0);
	say(told, RTH_FEED_BEGIN, 1);
	expect_no_news(told);
}

/* Stopping sends what was said, and waits for an answer, but not for ever. */
static void stopping_takes_the_end_along(void **state)
{
	struct told *told = *state;

	run(told);
	assert_int_equal(rth_feed_start(told->feed), RTH_OK);
	tap(told, 0, 1);
	say(told, RTH_FEED_END, 1);
	leave(told);
	rth_feed_free(told->feed);
	told->feed = NULL;
	assert_int_equal(fake_feed_records(0), 3);
	assert_non_null(fake_feed_find(0, RTH_FEED_END, 0));
	assert_false(fake_feed_is_open(0));
	assert_int_equal(told->n, told->looked_at);
}

static void stopping_does_not_wait_for_what_has_no_end(void **state)
{
	struct told *told = *state;
	int64_t begin_us = fake_host.now_us();

	run(told);
	assert_int_equal(rth_feed_start(told->feed), RTH_OK);
	leave(told);
	rth_feed_free(told->feed);
	told->feed = NULL;
	assert_true(fake_host.now_us() - begin_us <
		    RTH_FEED_READY_MS * INT64_C(1000));
	assert_false(fake_feed_is_open(0));
}

/* Whoever frees the feed does not hear of it any more. */
static void stopping_tells_nothing(void **state)
{
	struct told *told = *state;

	run(told);
	say(told, RTH_FEED_END, 1);
	leave(told);
	settle(told);
	fake_feed_answer(0, RTH_FEED_DONE, NULL);
	rth_feed_free(told->feed);
	told->feed = NULL;
	assert_false(fake_feed_is_open(0));
	assert_int_equal(told->n, told->looked_at);
}

static void a_feed_that_was_not_used_stops(void **state)
{
	struct told *told = *state;

	assert_int_equal(rth_feed_start(told->feed), RTH_OK);
	rth_feed_free(told->feed);
	told->feed = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_recording_from_begin_to_done),
		TEST(nobody_listens),
		TEST(the_recorder_refuses),
		TEST(a_reason_that_is_not_known_is_failed),
		TEST(the_recorder_does_not_answer),
		TEST(the_recorder_goes_before_it_is_ready),
		TEST(nothing_is_sent_before_begin),
		TEST(left_before_begin),
		TEST(left_while_connecting),
		TEST(left_without_end),
		TEST(left_without_end_in_the_middle),
		TEST(what_is_said_goes_before_media_and_end_behind),
		TEST(what_is_said_arrives_as_it_was_said),
		TEST(a_stalled_recorder_loses_packets_and_says_how_many),
		TEST(links_do_not_wait_for_each_other),
		TEST(what_is_too_long_is_refused),
		TEST(the_list_is_bounded),
		TEST(what_must_not_be_said),
		TEST(many_links_come_and_go),
		TEST(no_memory_is_told),
		TEST(stopping_takes_the_end_along),
		TEST(stopping_does_not_wait_for_what_has_no_end),
		TEST(stopping_tells_nothing),
		TEST(a_feed_that_was_not_used_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
