/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames of a voice: what is read of plain Opus and of RED, what is written
 * again, how often, and what is left to ask for of a picture.
 */
#include "support.h"

#include "governor.h"
#include "holes.h"
#include "padding.h"
#include "rtp.h"
#include "voice.h"

#define OPUS 111
#define RED 63
#define SECOND INT64_C(1000000)

static size_t packet(uint8_t *buf, uint8_t pt, uint16_t seq, uint32_t ts,
		     const void *payload, size_t n)
{
	memset(buf, 0, RTH_RTP_HEAD_BYTES);
	buf[0] = 0x80;
	buf[1] = pt;
	rth_put16(buf + 2, seq);
	rth_put32(buf + 4, ts);
	buf[11] = 7;
	memcpy(buf + RTH_RTP_HEAD_BYTES, payload, n);
	return RTH_RTP_HEAD_BYTES + n;
}

static void each_packet_is_read_once(void **state)
{
	struct rth_voice_in in = {0};
	struct rth_voice_frame frames[RTH_VOICE_FRAMES];
	static const uint16_t seqs[] = {65534, 65535, 1, 0, 70, 69};
	uint8_t buf[64];

	(void)state;
	for (size_t i = 0; i < sizeof(seqs) / sizeof(seqs[0]); i++) {
		size_t len = packet(buf, OPUS, seqs[i], 960, "abc", 3);

		assert_int_equal(rth_voice_read(&in, OPUS, 0, buf, len, frames),
				 1);
		assert_int_equal(frames[0].seq, seqs[i]);
		assert_int_equal(frames[0].n, 3);
		assert_int_equal(rth_voice_read(&in, OPUS, 0, buf, len, frames),
				 0);
	}
	/* 69 came; 5 is too long ago to know */
	packet(buf, OPUS, 5, 960, "abc", 3);
	assert_int_equal(rth_voice_read(&in, OPUS, 0, buf, 15, frames), 0);
	packet(buf, OPUS - 1, 71, 960, "abc", 3);
	assert_int_equal(rth_voice_read(&in, OPUS, 0, buf, 15, frames), 0);
}

/* What is written as RED is what was kept, and it brings what was lost. */
static void red_brings_what_was_lost(void **state)
{
	struct rth_voice_in in = {0};
	struct rth_voice_out out = {0};
	struct rth_voice_frame frames[RTH_VOICE_FRAMES];
	struct rth_voice_frame frame = {.p = (const uint8_t *)"first", .n = 5};
	uint8_t payload[200], buf[240];
	size_t n, len;

	(void)state;
	len = packet(buf, OPUS, 10, 960, "first", 5);
	assert_int_equal(rth_voice_read(&in, OPUS, RED, buf, len, frames), 1);
	assert_int_equal(rth_voice_red(&out, 2, OPUS, 960, &frame, payload,
				       sizeof(payload)),
			 0);
	rth_voice_keep(&out, 960, &frame);
	frame = (struct rth_voice_frame){.p = (const uint8_t *)"two", .n = 3};
	rth_voice_keep(&out, 1920, &frame);
	rth_voice_keep(&out, 1000, &frame); /* older: not kept */
	frame = (struct rth_voice_frame){.p = (const uint8_t *)"now", .n = 3};
	n = rth_voice_red(&out, 2, OPUS, 2880, &frame, payload,
			  sizeof(payload));
	assert_int_equal(n, 4 + 4 + 1 + 5 + 3 + 3);
	len = packet(buf, RED, 12, 2880, payload, n);
	assert_int_equal(rth_voice_read(&in, OPUS, RED, buf, len, frames), 2);
	assert_int_equal(frames[0].seq, 11);
	assert_int_equal(frames[0].ts, 1920);
	assert_memory_equal(frames[0].p, "two", 3);
	assert_int_equal(frames[1].seq, 12);
	assert_memory_equal(frames[1].p, "now", 3);
	assert_int_equal(frames[1].n, 3);
	/* The lost one comes late: it is known. */
	len = packet(buf, OPUS, 11, 1920, "two", 3);
	assert_int_equal(rth_voice_read(&in, OPUS, RED, buf, len, frames), 0);
}

/* RED of two older frames, named by their numbers. */
static size_t red_packet(uint8_t *buf, uint16_t seq)
{
	uint8_t payload[] = {0x80 | OPUS, 1920 >> 6, 0, 1,
			     0x80 | OPUS, 960 >> 6,  0, 1,
			     OPUS,	  0,	     0, 0};

	for (int i = 0; i < 3; i++)
		payload[9 + i] = (uint8_t)(seq - 2 + i);
	return packet(buf, RED, seq, seq * 960u, payload, sizeof(payload));
}

/* After a beginning only what is newer than all that came before. */
static void what_was_before_stays_unread(void **state)
{
	struct rth_voice_in in = {0};
	struct rth_voice_frame frames[RTH_VOICE_FRAMES];
	uint8_t buf[64];
	size_t len = red_packet(buf, 100);

	(void)state;
	assert_int_equal(rth_voice_read(&in, OPUS, RED, buf, len, frames), 1);
	/* 101 and 102 were lost, 103 begins */
	rth_voice_begin(&in);
	len = red_packet(buf, 103);
	assert_int_equal(rth_voice_read(&in, OPUS, RED, buf, len, frames), 1);
	assert_int_equal(frames[0].p[0], 103);
	len = packet(buf, OPUS, 102, 0, "late", 4);
	assert_int_equal(rth_voice_read(&in, OPUS, RED, buf, len, frames), 0);
	/* what is lost from here on is brought again */
	len = red_packet(buf, 105);
	assert_int_equal(rth_voice_read(&in, OPUS, RED, buf, len, frames), 2);
	/* up to 200 nobody listens, and a late one does not begin */
	red_packet(buf, 200);
	rth_voice_pass(&in, buf);
	red_packet(buf, 190);
	rth_voice_pass(&in, buf);
	len = red_packet(buf, 199);
	assert_int_equal(rth_voice_read(&in, OPUS, RED, buf, len, frames), 0);
	len = red_packet(buf, 201);
	assert_int_equal(rth_voice_read(&in, OPUS, RED, buf, len, frames), 1);
	assert_int_equal(frames[0].p[0], 201);
}

/* A sender's time jumps back: what was kept is of no use any more. */
static void a_time_that_jumps_back_is_kept_anew(void **state)
{
	struct rth_voice_out out = {0};
	struct rth_voice_frame frame = {.p = (const uint8_t *)"x", .n = 1};

	(void)state;
	rth_voice_keep(&out, 100960, &frame);
	rth_voice_keep(&out, 101920, &frame);
	rth_voice_keep(&out, 101920 - 47999, &frame);
	assert_int_equal(rth_voice_kept(&out, 1).ts, 101920);
	rth_voice_keep(&out, 101920 - 48000, &frame);
	assert_int_equal(rth_voice_kept(&out, 1).ts, 101920 - 48000);
	assert_int_equal(rth_voice_kept(&out, 1).n, 1);
	assert_int_equal(rth_voice_kept(&out, 2).n, 0);
	assert_int_equal(rth_voice_kept(&out, 3).n, 0);
}

/* No cut of a packet is read past its end; most are no packet at all. */
static void red_is_whole_or_nothing(void **state)
{
	struct rth_voice_out out = {0};
	struct rth_voice_frame frames[RTH_VOICE_FRAMES];
	struct rth_voice_frame frame = {.p = (const uint8_t *)"abcde", .n = 5};
	uint8_t payload[100], buf[140];
	size_t n;

	(void)state;
	rth_voice_keep(&out, 960, &frame);
	n = rth_voice_red(&out, 1, OPUS, 1920, &frame, payload,
			  sizeof(payload));
	for (size_t cut = 0; cut < n; cut++) {
		struct rth_voice_in in = {0};
		size_t len = packet(buf, RED, 12, 1920, payload, cut);
		uint8_t *exact = malloc(len);

		memcpy(exact, buf, len);
		/* The frame at the end has no length of its own. */
		assert_int_equal(
			rth_voice_read(&in, OPUS, RED, exact, len, frames),
			cut > n - 5 ? 1 : 0);
		free(exact);
	}
	assert_int_equal(rth_voice_red(&out, 1, OPUS, 1920 + 0x4000, &frame,
				       payload, sizeof(payload)),
			 0);
	assert_int_equal(
		rth_voice_red(&out, 1, OPUS, 1920, &frame, payload, n - 1), 0);
}

static void more_loss_needs_more(void **state)
{
	struct rth_voice_need need = {0};
	int64_t now = 100 * SECOND;

	(void)state;
	assert_int_equal(rth_voice_need(&need, now, 0, false), 0);
	assert_int_equal(rth_voice_need(&need, now, RTH_LOSS_ONE / 30, false),
			 1);
	assert_int_equal(rth_voice_need(&need, now, RTH_LOSS_ONE / 10, false),
			 2);
	assert_int_equal(rth_voice_need(&need, now, RTH_LOSS_ONE / 3, false),
			 3);
	/* for a while, but not into a queue */
	assert_int_equal(rth_voice_need(&need, now + 5 * SECOND, 0, false), 3);
	assert_int_equal(rth_voice_need(&need, now + 6 * SECOND, 0, true), 0);
	assert_int_equal(rth_voice_need(&need, now + 20 * SECOND, 0, false), 0);
}

/* What is lost, while nothing but its own copies fill a line. */
static unsigned report(struct rth_voice_need *need, int64_t *now_us,
		       uint32_t loss)
{
	*now_us += 2 * SECOND;
	return rth_voice_need_told(need, *now_us, loss, false);
}

static void what_is_sent_again_does_not_fill_the_line(void **state)
{
	struct rth_voice_need need = {0};
	int64_t now = 100 * SECOND;
	unsigned again = 0, since = 0;

	(void)state;
	/* a burst of the radio, then a third is lost while it is sent again */
	again = report(&need, &now, RTH_LOSS_ONE / 4);
	assert_int_equal(again, 3);
	for (int i = 0; i < 10 && again; i++)
		again = report(&need, &now, RTH_LOSS_ONE / 3);
	assert_int_equal(again, 0);
	assert_int_equal(rth_voice_need(&need, now + SECOND, 0, false), 0);
	for (int i = 0; i < 12; i++)
		assert_int_equal(report(&need, &now, 0), 0);
	/* not even for another burst, but later */
	assert_int_equal(report(&need, &now, RTH_LOSS_ONE / 4), 0);
	while (!report(&need, &now, RTH_LOSS_ONE / 4))
		assert_true(++since < 20);
}

static void what_helps_is_sent_again_and_again(void **state)
{
	struct rth_voice_need need = {0};
	int64_t now = 100 * SECOND;
	unsigned without = 0;

	(void)state;
	for (int i = 0; i < 300; i++)
		if (!report(&need, &now, RTH_LOSS_ONE * 3 / 10))
			without++;
	/* six trials in ten minutes, and all the rest is protected */
	assert_in_range(without, 2, 12);
	assert_int_equal(report(&need, &now, RTH_LOSS_ONE * 3 / 10), 3);
}

static void a_hole_is_asked_for_once(void **state)
{
	struct rth_holes holes = {0};
	int64_t arrived[4] = {1, -1, -1, 4}, again[1] = {9};
	int64_t now = 100 * SECOND;

	(void)state;
	rth_holes_note(&holes, 10, arrived, 4, 9, now);
	rth_holes_note(&holes, 11, again, 1, 13, now);
	assert_false(rth_holes_due(&holes, now + RTH_HOLE_US));
	assert_true(rth_holes_due(&holes, now + RTH_HOLE_US + 1));
	assert_false(rth_holes_due(&holes, now + RTH_HOLE_US + 2));
	/* what came again is no hole, nor what was known before */
	rth_holes_note(&holes, 14, arrived, 4, 13, now);
	rth_holes_note(&holes, 15, again, 1, 17, now);
	rth_holes_note(&holes, 16, again, 1, 17, now);
	rth_holes_note(&holes, 14, arrived, 4, 17, now);
	assert_false(rth_holes_due(&holes, now + 10 * SECOND));
}

static void padding_keeps_its_rate(void **state)
{
	struct rth_padding padding = {0};
	size_t bytes = 0, n;

	(void)state;
	for (int64_t us = SECOND; us < 11 * SECOND; us += 20000) {
		while ((n = rth_padding_due(&padding, us, 100000)) > 0) {
			assert_in_range(n, RTH_PADDING_LEAST, RTH_PADDING_MOST);
			bytes += n + RTH_PADDING_AROUND;
		}
	}
	assert_in_range(bytes * 8 / 10, 98000, 102000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_packet_is_read_once),
		cmocka_unit_test(red_brings_what_was_lost),
		cmocka_unit_test(what_was_before_stays_unread),
		cmocka_unit_test(a_time_that_jumps_back_is_kept_anew),
		cmocka_unit_test(red_is_whole_or_nothing),
		cmocka_unit_test(more_loss_needs_more),
		cmocka_unit_test(what_is_sent_again_does_not_fill_the_line),
		cmocka_unit_test(what_helps_is_sent_again_and_again),
		cmocka_unit_test(a_hole_is_asked_for_once),
		cmocka_unit_test(padding_keeps_its_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
