/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ring between a media thread and the feed thread, on one thread. */
#include "support.h"

#include <stdbool.h>

#include "../../common/feed_record.h"
#include "../../common/mem.h"
#include "../../plugins/tap.h"

#define SMALL 8192	       /* the least that there is */
#define EIGHTH (1024 - 8 - 16) /* a packet that takes an eighth of it */
#define STEPS 200000
#define WAITING_MAX 4096

static struct rth_tap *make(size_t bytes)
{
	struct rth_tap *tap = NULL;

	assert_int_equal(rth_tap_create(&tap, 1, bytes), RTH_OK);
	return tap;
}

static void put(struct rth_tap *tap, uint8_t byte, size_t len, int64_t now_us)
{
	uint8_t buf[RTH_FEED_PACKET_MAX + 1];

	assert_true(len <= sizeof(buf));
	memset(buf, byte, len);
	rth_tap_put(tap, RTH_FEED_RTP, 1, RTH_FEED_VP8, buf, len, now_us);
}

/* The oldest record is whole and is this one; takes it. */
static struct rth_feed_head expect(struct rth_tap *tap, uint8_t byte,
				   size_t len)
{
	const uint8_t *record = NULL;
	struct rth_feed_head head;
	size_t n = rth_tap_first(tap, &record);

	assert_int_equal(n, RTH_FEED_HEAD_BYTES + len);
	assert_int_equal(rth_feed_read(&head, record, n), RTH_OK);
	for (size_t i = RTH_FEED_HEAD_BYTES; i < n; i++)
		assert_int_equal(record[i], byte);
	rth_tap_drop(tap);
	return head;
}

static void expect_empty(struct rth_tap *tap)
{
	const uint8_t *record = NULL;

	assert_int_equal(rth_tap_first(tap, &record), 0);
}

static void a_record_says_whose_and_when(void **state)
{
	struct rth_tap *tap = make(SMALL);
	struct rth_feed_head head;

	(void)state;
	expect_empty(tap);
	put(tap, 7, 12, 123456789);
	head = expect(tap, 7, 12);
	assert_int_equal(head.kind, RTH_FEED_RTP);
	assert_int_equal(head.role, 1);
	assert_int_equal(head.slot, 1);
	assert_int_equal(head.codec, RTH_FEED_VP8);
	assert_int_equal(head.lost, 0);
	assert_int_equal(head.time_us, 123456789);
	expect_empty(tap);
	rth_tap_free(tap);
}

/* It stays where it is until it is dropped. */
static void the_first_may_be_asked_for_again(void **state)
{
	struct rth_tap *tap = make(SMALL);
	const uint8_t *one = NULL, *two = NULL;

	(void)state;
	put(tap, 1, 100, 0);
	put(tap, 2, 200, 0);
	assert_int_equal(rth_tap_first(tap, &one), 116);
	assert_int_equal(rth_tap_first(tap, &two), 116);
	assert_ptr_equal(one, two);
	expect(tap, 1, 100);
	expect(tap, 2, 200);
	rth_tap_free(tap);
}

static void it_takes_exactly_what_fits(void **state)
{
	struct rth_tap *tap = make(SMALL);

	(void)state;
	for (uint8_t i = 0; i < 8; i++)
		put(tap, i, EIGHTH, i);
	assert_int_equal(rth_tap_loss(tap).packets, 0);
	put(tap, 8, 12, 8);
	assert_int_equal(rth_tap_loss(tap).packets, 1);
	for (uint8_t i = 0; i < 8; i++)
		assert_int_equal(expect(tap, i, EIGHTH).lost, 0);
	expect_empty(tap);
	rth_tap_free(tap);
}

/* What is lost is told once, by the next record. */
static void what_is_lost_is_counted(void **state)
{
	struct rth_tap *tap = make(SMALL);

	(void)state;
	for (uint8_t i = 0; i < 8; i++)
		put(tap, i, EIGHTH, 1000);
	put(tap, 9, EIGHTH, 5000);
	put(tap, 9, EIGHTH, 6000);
	put(tap, 9, EIGHTH, 8000);
	assert_int_equal(rth_tap_loss(tap).packets, 3);
	assert_int_equal(rth_tap_loss(tap).us, 3000); /* so far */
	expect(tap, 0, EIGHTH);
	expect(tap, 1, EIGHTH);
	put(tap, 10, EIGHTH, 9000);
	put(tap, 11, EIGHTH, 9500);
	assert_int_equal(rth_tap_loss(tap).us, 4000); /* 5000 to 9000 */
	put(tap, 12, EIGHTH, 20000);
	assert_int_equal(rth_tap_loss(tap).packets, 4);
	for (uint8_t i = 2; i < 8; i++)
		expect(tap, i, EIGHTH);
	put(tap, 13, EIGHTH, 20500);
	assert_int_equal(rth_tap_loss(tap).us, 4500);
	assert_int_equal(expect(tap, 10, EIGHTH).lost, 3);
	assert_int_equal(expect(tap, 11, EIGHTH).lost, 0);
	assert_int_equal(expect(tap, 13, EIGHTH).lost, 1);
	expect_empty(tap);
	rth_tap_free(tap);
}

static void a_packet_too_long_is_lost(void **state)
{
	struct rth_tap *tap = make(SMALL);

	(void)state;
	put(tap, 1, RTH_FEED_PACKET_MAX + 1, 0);
	expect_empty(tap);
	assert_int_equal(rth_tap_loss(tap).packets, 1);
	put(tap, 2, RTH_FEED_PACKET_MAX, 0);
	assert_int_equal(expect(tap, 2, RTH_FEED_PACKET_MAX).lost, 1);
	rth_tap_free(tap);
}

/* Never does a record end at the end and go on at the front. */
static void each_record_is_in_one_piece(void **state)
{
	struct rth_tap *tap = make(SMALL);

	(void)state;
	for (size_t len = 12; len <= RTH_FEED_PACKET_MAX; len++) {
		for (int i = 0; i < 7; i++) {
			put(tap, (uint8_t)len, len, 0);
			put(tap, (uint8_t)(len + 1), 13, 0);
			expect(tap, (uint8_t)len, len);
			expect(tap, (uint8_t)(len + 1), 13);
		}
	}
	assert_int_equal(rth_tap_loss(tap).packets, 0);
	rth_tap_free(tap);
}

/* While the reader keeps up, the rest of the ring is not touched. */
static void a_short_backlog_stays_at_the_front(void **state)
{
	struct rth_tap *tap = make(1 << 20);
	const uint8_t *record = NULL, *lowest = NULL, *highest = NULL;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		put(tap, 1, 1200, i);
		put(tap, 2, 1200, i);
		rth_tap_first(tap, &record);
		lowest = !lowest || record < lowest ? record : lowest;
		highest = record > highest ? record : highest;
		expect(tap, 1, 1200);
		expect(tap, 2, 1200);
	}
	assert_true(highest - lowest < 70000);
	assert_int_equal(rth_tap_loss(tap).packets, 0);
	rth_tap_free(tap);
}

/* A backlog of the whole ring fits behind a front that was reused. */
static void the_whole_ring_serves_a_backlog(void **state)
{
	struct rth_tap *tap = make(1 << 20);

	(void)state;
	for (int i = 0; i < 500; i++) {
		put(tap, 1, 1000, i);
		expect(tap, 1, 1000);
	}
	for (int i = 0; i < 1020; i++)
		put(tap, (uint8_t)i, EIGHTH, i);
	assert_int_equal(rth_tap_loss(tap).packets, 0);
	for (int i = 0; i < 1020; i++)
		expect(tap, (uint8_t)i, EIGHTH);
	expect_empty(tap);
	rth_tap_free(tap);
}

/* A list that does the same as the ring. */
struct model {
	struct {
		uint8_t byte;
		size_t len;
		uint32_t lost;
	} waiting[WAITING_MAX];
	size_t first, last;
	uint32_t lost;
	uint64_t all_lost;
};

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void model_put(struct model *m, struct rth_tap *tap, uint32_t *seed)
{
	size_t len = 12 + next(seed) % (RTH_FEED_PACKET_MAX - 11);
	uint8_t byte = (uint8_t)next(seed);
	uint64_t before = rth_tap_loss(tap).packets;
	size_t at = m->last % WAITING_MAX;

	put(tap, byte, len, 0);
	if (rth_tap_loss(tap).packets > before) {
		m->lost++;
		m->all_lost++;
		return;
	}
	m->waiting[at].byte = byte;
	m->waiting[at].len = len;
	m->waiting[at].lost = m->lost;
	m->last++;
	m->lost = 0;
	assert_true(m->last - m->first < WAITING_MAX);
}

static void model_take(struct model *m, struct rth_tap *tap)
{
	size_t at = m->first % WAITING_MAX;

	if (m->first == m->last) {
		expect_empty(tap);
		return;
	}
	assert_int_equal(
		expect(tap, m->waiting[at].byte, m->waiting[at].len).lost,
		m->waiting[at].lost);
	m->first++;
}

/* Puts and takes by chance, more of the one for a while, then of the other. */
static void does_as_a_list_does(void **state)
{
	static const size_t sizes[] = {SMALL, 65536, 1 << 18};
	uint32_t seed = 1;

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct rth_tap *tap = make(sizes[s]);
		struct model *m = calloc(1, sizeof(*m));
		unsigned puts = 50;

		assert_non_null(m);
		for (int i = 0; i < STEPS; i++) {
			if (i % 500 == 0)
				puts = next(&seed) % 100;
			if (next(&seed) % 100 < puts)
				model_put(m, tap, &seed);
			else
				model_take(m, tap);
		}
		assert_true(m->all_lost > 0);
		assert_true(m->first > STEPS / 10);
		while (m->first < m->last)
			model_take(m, tap);
		expect_empty(tap);
		assert_int_equal(rth_tap_loss(tap).packets, m->all_lost);
		free(m);
		rth_tap_free(tap);
	}
}

static void no_memory_is_an_error(void **state)
{
	struct rth_tap *tap = NULL;

	(void)state;
	for (unsigned long n = 1; n <= 2; n++) {
		rth_mem_fail_at(n);
		assert_int_equal(rth_tap_create(&tap, 0, SMALL), RTH_ERR_NOMEM);
		assert_null(tap);
	}
	rth_mem_fail_at(0);
	rth_tap_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_says_whose_and_when),
		cmocka_unit_test(the_first_may_be_asked_for_again),
		cmocka_unit_test(it_takes_exactly_what_fits),
		cmocka_unit_test(what_is_lost_is_counted),
		cmocka_unit_test(a_packet_too_long_is_lost),
		cmocka_unit_test(each_record_is_in_one_piece),
		cmocka_unit_test(a_short_backlog_stays_at_the_front),
		cmocka_unit_test(the_whole_ring_serves_a_backlog),
		cmocka_unit_test(does_as_a_list_does),
		cmocka_unit_test(no_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
