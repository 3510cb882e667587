/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A feed over the fake recorder, and what it told: for the tests of the feed.
 */
#ifndef RTH_TEST_TOLD_H
#define RTH_TEST_TOLD_H

#include "fake_host.h"
#include "fake_recorder.h"

#include "../../plugins/feed.h"

#define NEWS_MAX 32
#define RING_BYTES 65536

/* What the feed told, in order. */
struct told {
	struct rth_feed *feed;
	struct rth_feed_link *link;
	enum rth_feed_news news[NEWS_MAX];
	const char *reason[NEWS_MAX];
	size_t n, looked_at;
};

static inline void on_news(void *arg, struct rth_feed_link *link,
			   enum rth_feed_news news, const char *reason)
{
	struct told *told = arg;

	assert_non_null(link);
	assert_true(told->n < NEWS_MAX);
	told->news[told->n] = news;
	told->reason[told->n++] = reason;
}

static inline int setup(void **state)
{
	struct told *told = calloc(1, sizeof(*told));
	const struct rth_feed_conf conf = {
		.socket = "/run/recorder",
		.ring_bytes = RING_BYTES,
		.news = on_news,
		.arg = told,
	};

	fake_host_reset();
	assert_int_equal(rth_feed_create(&told->feed, &fake_host, &conf),
			 RTH_OK);
	*state = told;
	return 0;
}

static inline int teardown(void **state)
{
	struct told *told = *state;

	if (told->link)
		rth_feed_leave(told->link);
	rth_feed_free(told->feed);
	free(told);
	fake_host_reset();
	return 0;
}

static inline void settle(struct told *told)
{
	while (rth_feed_step(told->feed, 0))
		;
}

/* The next news, which was not looked at, is this. */
static inline void expect_news(struct told *told, enum rth_feed_news news,
			       const char *reason)
{
	settle(told);
	assert_true(told->looked_at < told->n);
	assert_int_equal(told->news[told->looked_at], news);
	if (reason)
		assert_string_equal(told->reason[told->looked_at], reason);
	else
		assert_null(told->reason[told->looked_at]);
	told->looked_at++;
}

static inline void expect_no_news(struct told *told)
{
	settle(told);
	assert_int_equal(told->looked_at, told->n);
}

static inline void open_link(struct told *told)
{
	assert_int_equal(rth_feed_open(told->feed, &told->link), RTH_OK);
}

static inline void say(struct told *told, enum rth_feed_kind kind, int n)
{
	assert_int_equal(rth_feed_say(told->link, kind, RTH_FEED_NOBODY,
				      fake_host.now_us(),
				      json_pack("{s:i}", "n", n)),
			 RTH_OK);
}

static inline void leave(struct told *told)
{
	rth_feed_leave(told->link);
	told->link = NULL;
}

static inline void tap(struct told *told, uint8_t role, uint8_t byte)
{
	uint8_t packet[100];

	memset(packet, byte, sizeof(packet));
	rth_tap_put(rth_feed_tap(told->link, role), RTH_FEED_RTP, 0,
		    RTH_FEED_OPUS, packet, sizeof(packet), fake_host.now_us());
	fake_advance_us(1);
}

/* Up to where media flows. */
static inline void run(struct told *told)
{
	open_link(told);
	fake_feed_answer(0, RTH_FEED_READY, NULL);
	expect_news(told, RTH_FEED_NEWS_READY, NULL);
	say(told, RTH_FEED_BEGIN, 1);
	settle(told);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
