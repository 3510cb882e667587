/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heads of feed records, byte for byte as docs/feed.md has them. */
#include "support.h"

#include "../../common/feed_record.h"

#define NOBODY RTH_FEED_NOBODY
#define NO_SLOT RTH_FEED_NO_SLOT

/* A record of exactly this length, so that an overrun is seen. */
static enum rth_err read_record(const struct rth_feed_head *head, size_t body,
				struct rth_feed_head *readp)
{
	uint8_t *record = calloc(1, RTH_FEED_HEAD_BYTES + body);
	enum rth_err err;

	assert_non_null(record);
	rth_feed_write(record, head);
	err = rth_feed_read(readp, record, RTH_FEED_HEAD_BYTES + body);
	free(record);
	return err;
}

static void the_bytes_are_those_of_the_page(void **state)
{
	static const uint8_t wanted[] = {2,    1,    2,	   5,	 0x04, 0x03,
					 0x02, 0x01, 0x18, 0x17, 0x16, 0x15,
					 0x14, 0x13, 0x12, 0x11};
	const struct rth_feed_head head = {
		RTH_FEED_RTP, 1,	  2,
		RTH_FEED_AV1, 0x01020304, INT64_C(0x1112131415161718)};
	uint8_t out[RTH_FEED_HEAD_BYTES];

	(void)state;
	assert_int_equal(RTH_FEED_HEAD_BYTES, 16);
	rth_feed_write(out, &head);
	assert_memory_equal(out, wanted, sizeof(wanted));
}

static void what_is_written_is_read(void **state)
{
	const struct rth_feed_head head = {
		RTH_FEED_RTP, 0, 0, RTH_FEED_OPUS, UINT32_MAX, INT64_MAX};
	struct rth_feed_head read = {0};

	(void)state;
	assert_int_equal(read_record(&head, 12, &read), RTH_OK);
	assert_int_equal(read.kind, head.kind);
	assert_int_equal(read.role, head.role);
	assert_int_equal(read.slot, head.slot);
	assert_int_equal(read.codec, head.codec);
	assert_int_equal(read.lost, head.lost);
	assert_int_equal(read.time_us, head.time_us);
}

/* The last length that is allowed, and one byte more or fewer. */
static void each_kind_has_its_bounds(void **state)
{
	static const struct {
		uint8_t kind;
		size_t least, most;
	} kinds[] = {
		{RTH_FEED_BEGIN, 2, 32768}, {RTH_FEED_RTP, 12, 2048},
		{RTH_FEED_RTCP, 8, 2048},   {RTH_FEED_CHAT, 2, 8192},
		{RTH_FEED_NOTE, 2, 32768},  {RTH_FEED_END, 2, 1024},
		{RTH_FEED_READY, 0, 0},	    {RTH_FEED_REFUSED, 2, 1024},
		{RTH_FEED_DONE, 0, 0},	    {RTH_FEED_FAILED, 2, 1024},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct rth_feed_head head = {kinds[i].kind, 1, 1,
						   RTH_FEED_VP8,  0, 0};
		struct rth_feed_head read = {0};

		assert_int_equal(read_record(&head, kinds[i].least, &read),
				 RTH_OK);
		assert_int_equal(read_record(&head, kinds[i].most, &read),
				 RTH_OK);
		assert_int_equal(read_record(&head, kinds[i].most + 1, &read),
				 RTH_ERR_LIMIT);
		if (kinds[i].least > 0)
			assert_int_equal(
				read_record(&head, kinds[i].least - 1, &read),
				RTH_ERR_FORMAT);
	}
}

static void other_kinds_are_refused(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 256; kind++) {
		const struct rth_feed_head head = {(uint8_t)kind, 0, 0,
						   RTH_FEED_OPUS, 0, 0};
		struct rth_feed_head read = {0};
		bool known =
			(kind >= RTH_FEED_BEGIN && kind <= RTH_FEED_END) ||
			(kind >= RTH_FEED_READY && kind <= RTH_FEED_FAILED);
		size_t body = kind == RTH_FEED_READY || kind == RTH_FEED_DONE
				      ? 0
				      : 20;

		assert_int_equal(read_record(&head, body, &read),
				 known ? RTH_OK : RTH_ERR_FORMAT);
	}
}

static void other_heads_are_refused(void **state)
{
	static const struct rth_feed_head bad[] = {
		{RTH_FEED_NOTE, 2, 0, 0, 0, 0},
		{RTH_FEED_NOTE, 254, 0, 0, 0, 0},
		{RTH_FEED_NOTE, 0, 3, 0, 0, 0},
		{RTH_FEED_NOTE, 0, 254, 0, 0, 0},
		{RTH_FEED_NOTE, 0, 0, RTH_FEED_CODECS, 0, 0},
		{RTH_FEED_NOTE, 0, 0, 0, 0, -1},
		{RTH_FEED_RTP, NOBODY, 0, RTH_FEED_OPUS, 0, 0},
		{RTH_FEED_RTP, 0, NO_SLOT, RTH_FEED_VP8, 0, 0},
		{RTH_FEED_RTP, 0, 0, RTH_FEED_NO_CODEC, 0, 0},
		{RTH_FEED_RTP, 0, 0, RTH_FEED_VP8, 0, 0},
		{RTH_FEED_RTP, 0, 1, RTH_FEED_OPUS, 0, 0},
		{RTH_FEED_RTP, 0, 2, RTH_FEED_NO_CODEC, 0, 0},
	};
	struct rth_feed_head read = {.kind = 99};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(read_record(&bad[i], 20, &read),
				 RTH_ERR_FORMAT);
	assert_int_equal(read.kind, 99);
}

static void a_cut_head_is_refused(void **state)
{
	struct rth_feed_head read = {0};

	(void)state;
	for (size_t len = 0; len < RTH_FEED_HEAD_BYTES; len++) {
		uint8_t *record = calloc(1, len ? len : 1);

		assert_non_null(record);
		if (len > 0)
			record[0] = RTH_FEED_DONE;
		assert_int_equal(rth_feed_read(&read, record, len),
				 RTH_ERR_FORMAT);
		free(record);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bytes_are_those_of_the_page),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(each_kind_has_its_bounds),
		cmocka_unit_test(other_kinds_are_refused),
		cmocka_unit_test(other_heads_are_refused),
		cmocka_unit_test(a_cut_head_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
