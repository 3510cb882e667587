/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Payloads of VP9 and AV1, whole, cut at each byte, and malformed. */
#include "support.h"

#include "feed_record.h"
#include "mem.h"
#include "mux.h"
#include "payload.h"
#include "picture.h"

#define BYTES(...) \
	(const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__})

/* A copy of exactly its size, so that a sanitizer sees an overrun. */
static enum rth_err vp9(struct rth_bytes *frame, const uint8_t *p, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);
	enum rth_err err;

	assert_non_null(exact);
	memcpy(exact, p, len);
	err = rth_payload_vp9(frame, exact, len, frame->len == 0);
	free(exact);
	return err;
}

static void vp9_descriptors(void **state)
{
	/* Long id, layers, structure with a size and two pictures. */
	static const uint8_t all[] = {0xaa, 0x81, 0x02, 0, 9,	 0x18, 1, 0,  1,
				      0,    2,	  0x04, 1, 0x08, 1,    2, 'x'};
	struct rth_bytes frame = {0};

	(void)state;
	assert_int_equal(vp9(&frame, BYTES(0x08, 'a')), 0);
	assert_int_equal(vp9(&frame, BYTES(0x84, 5, 'b')), 0);
	/* Flexible, inter, two references. */
	assert_int_equal(vp9(&frame, BYTES(0xd0, 5, 3, 2, 'c')), 0);
	assert_int_equal(frame.len, 3);
	assert_memory_equal(frame.data, "abc", 3);
	frame.len = 0;
	assert_int_equal(vp9(&frame, all, sizeof(all)), 0);
	assert_int_equal(frame.len, 1);
	frame.len = 0;
	for (size_t len = 0; len < sizeof(all); len++)
		assert_int_equal(vp9(&frame, all, len), RTH_ERR_FORMAT);
	/* Its beginning is missing; four references. */
	assert_int_equal(vp9(&frame, BYTES(0x04, 'a')), RTH_ERR_FORMAT);
	assert_int_equal(vp9(&frame, BYTES(0x58, 3, 3, 3, 2, 'c')),
			 RTH_ERR_FORMAT);
	rth_bytes_clear(&frame);
}

static enum rth_err av1(struct rth_bytes *frame, struct rth_payload_av1 *s,
			bool first, const uint8_t *p, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);
	enum rth_err err;

	assert_non_null(exact);
	memcpy(exact, p, len);
	err = rth_payload_av1(frame, s, exact, len, first);
	free(exact);
	return err;
}

static void av1_elements(void **state)
{
	static const uint8_t want[] = {0x0a, 2,	  'h', 'd', 0x32,
				       4,    'f', 'r', 'a', 'm'};
	struct rth_payload_av1 s = {0};
	struct rth_bytes frame = {0};

	(void)state;
	/* Delimiter and header with sizes, then a frame cut into three. */
	assert_int_equal(
		av1(&frame, &s, true,
		    BYTES(0x70, 1, 0x10, 3, 0x08, 'h', 'd', 0x30, 'f')),
		0);
	assert_int_equal(av1(&frame, &s, false, BYTES(0xd0, 'r', 'a')), 0);
	assert_int_equal(av1(&frame, &s, false, BYTES(0x90, 'm')), 0);
	assert_int_equal(frame.len, sizeof(want));
	assert_memory_equal(frame.data, want, sizeof(want));
	frame.len = 0;
	/* The same header with its own size, all elements with sizes. */
	assert_int_equal(
		av1(&frame, &s, true, BYTES(0x00, 4, 0x0a, 2, 'h', 'd')), 0);
	assert_int_equal(frame.len, 4);
	assert_memory_equal(frame.data, want, 4);
	rth_bytes_clear(&frame);
	rth_bytes_clear(&s.obu);
}

static void av1_malformed(void **state)
{
	static const struct {
		uint8_t bytes[8];
		size_t len;
	} cases[] = {
		{{0x10}, 1},	      /* no element */
		{{0x90, 1}, 2},	      /* goes on from nothing */
		{{0x00, 5, 0x08}, 3}, /* longer than the packet */
		{{0x00, 0}, 2},	      /* an empty element */
		{{0x00, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 1}, 8},
		{{0x10, 0x88, 1}, 3},	 /* forbidden bit */
		{{0x10, 0x0c}, 2},	 /* no extension byte */
		{{0x10, 0x0a, 9, 1}, 4}, /* own size too long */
	};
	struct rth_payload_av1 s = {0};
	struct rth_bytes frame = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			av1(&frame, &s, true, cases[i].bytes, cases[i].len),
			RTH_ERR_FORMAT);
	/* What was begun is not gone on with. */
	assert_int_equal(av1(&frame, &s, true, BYTES(0x50, 0x30, 'f')), 0);
	assert_int_equal(av1(&frame, &s, false, BYTES(0x10, 0x30, 'f')),
			 RTH_ERR_FORMAT);
	rth_bytes_clear(&frame);
	rth_bytes_clear(&s.obu);
}

static void limits(void **state)
{
	struct rth_bytes bytes = {0};
	static uint8_t block[65536];
	size_t n = 0;

	(void)state;
	while (!rth_bytes_add(&bytes, block, sizeof(block)))
		n++;
	assert_int_equal(n, RTH_FRAME_MAX / sizeof(block));
	assert_int_equal(rth_bytes_add(&bytes, block, 1), RTH_ERR_LIMIT);
	rth_bytes_clear(&bytes);
	rth_mem_fail_at(1);
	assert_int_equal(rth_bytes_add(&bytes, block, 1), RTH_ERR_NOMEM);
	rth_mem_fail_at(0);
}

static void pictures(void **state)
{
	static const uint8_t vp8[] = {0x10, 2,	  0, 0x9d, 1,
				      0x2a, 0x40, 1, 0xf0, 0};
	static const uint8_t vp9[] = {0x82, 0x49, 0x83, 0x42, 0x20,
				      0x13, 0xf0, 0x0e, 0xf0};
	static const uint8_t h264[] = {0, 0,	0, 1, 0x67, 1, 0,    0,
				       1, 0x68, 2, 0, 0,    1, 0x65, 3};
	int width, height;

	(void)state;
	assert_true(rth_picture_key(RTH_FEED_VP8, vp8, sizeof(vp8)));
	assert_true(rth_picture_size(RTH_FEED_VP8, vp8, sizeof(vp8), &width,
				     &height));
	assert_int_equal(width, 320);
	assert_int_equal(height, 240);
	assert_true(rth_picture_key(RTH_FEED_VP9, vp9, sizeof(vp9)));
	assert_true(rth_picture_size(RTH_FEED_VP9, vp9, sizeof(vp9), &width,
				     &height));
	assert_int_equal(width, 320);
	assert_int_equal(height, 240);
	assert_false(rth_picture_size(RTH_FEED_H264, h264, sizeof(h264), &width,
				      &height));
	assert_true(rth_picture_key(RTH_FEED_H264, h264, sizeof(h264)));
	/* Without its beginning, which are the parameter sets. */
	assert_false(
		rth_picture_key(RTH_FEED_H264, h264 + 6, sizeof(h264) - 6));
	for (size_t len = 0; len < sizeof(vp8); len++)
		assert_false(rth_picture_key(RTH_FEED_VP8, vp8, len));
}

static void opus_lengths(void **state)
{
	static const struct {
		uint8_t toc[2];
		int64_t us;
	} cases[] = {
		{{0x00}, 10000},     {{0x18}, 60000}, {{0x68}, 20000},
		{{0xf8}, 20000},     {{0xe0}, 2500},  {{0xf9}, 40000},
		{{0xfb, 6}, 120000}, {{0xfb, 7}, 0},  {{0xfb, 0}, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(rth_mux_opus_us(cases[i].toc, 2), cases[i].us);
	assert_int_equal(rth_mux_opus_us(cases[0].toc, 0), 0);
	assert_int_equal(rth_mux_opus_us(cases[6].toc, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vp9_descriptors),
		cmocka_unit_test(av1_elements),
		cmocka_unit_test(av1_malformed),
		cmocka_unit_test(limits),
		cmocka_unit_test(pictures),
		cmocka_unit_test(opus_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
