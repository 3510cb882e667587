/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heads of RTP and sender reports, well-formed and not. */
#include "support.h"

#include "rtp.h"

static void head(void **state)
{
	static const uint8_t packet[] = {
		0xb1, 0xe0, 0x12, 0x34, 1, 2, 3, 4, 5, 6, 7, 8, /* head */
		9,    9,    9,	  9,				/* a source */
		0xbe, 0xde, 0,	  1,	1, 1, 1, 1,		/* extension */
		'a',  'b',  'c',  0,	0, 3,			/* padded */
	};
	struct rth_rtp rtp;

	(void)state;
	assert_true(rth_rtp_read(&rtp, packet, sizeof(packet)));
	assert_int_equal(rtp.type, 0x60);
	assert_true(rtp.marker);
	assert_int_equal(rtp.seq, 0x1234);
	assert_int_equal(rtp.time, 0x01020304);
	assert_int_equal(rtp.ssrc, 0x05060708);
	assert_int_equal(rtp.len, 3);
	assert_memory_equal(rtp.payload, "abc", 3);
	/* Each shorter one lacks a byte of the head, or ends with no padding
	   that fits. */
	for (size_t len = 0; len < 24; len++)
		assert_false(rth_rtp_read(&rtp, packet, len));
}

static void malformed(void **state)
{
	uint8_t packet[16] = {0x80};
	struct rth_rtp rtp;

	(void)state;
	assert_true(rth_rtp_read(&rtp, packet, 12));
	assert_int_equal(rtp.len, 0);
	packet[0] = 0x40; /* version 1 */
	assert_false(rth_rtp_read(&rtp, packet, sizeof(packet)));
	packet[0] = 0xa0; /* padding of 0, of more than there is */
	assert_false(rth_rtp_read(&rtp, packet, sizeof(packet)));
	packet[15] = 5;
	assert_false(rth_rtp_read(&rtp, packet, sizeof(packet)));
	packet[15] = 4;
	assert_true(rth_rtp_read(&rtp, packet, sizeof(packet)));
	assert_int_equal(rtp.len, 0);
	packet[0] = 0x8f; /* 15 sources */
	assert_false(rth_rtp_read(&rtp, packet, sizeof(packet)));
	packet[0] = 0x90; /* an extension longer than the packet */
	packet[14] = 0xff;
	assert_false(rth_rtp_read(&rtp, packet, sizeof(packet)));
}

static void reports(void **state)
{
	uint8_t rtcp[28 + 8 + 28] = {0x80, 200, 0, 6, 0, 0, 0, 1};
	struct rth_rtp_report report;
	size_t at = 0;

	(void)state;
	rth_put32(rtcp + 8, 0x83aa7e80);
	rth_put32(rtcp + 12, 0x80000000);
	rth_put32(rtcp + 16, 777);
	memcpy(rtcp + 28, "\x81\xca\x00\x01\x00\x00\x00\x01", 8);
	memcpy(rtcp + 36, rtcp, 28);
	rtcp[36 + 7] = 2;
	assert_true(rth_rtp_next_report(&report, rtcp, sizeof(rtcp), &at));
	assert_int_equal(report.ssrc, 1);
	assert_int_equal(report.ntp >> 32, 0x83aa7e80);
	assert_int_equal(report.time, 777);
	assert_true(rth_rtp_next_report(&report, rtcp, sizeof(rtcp), &at));
	assert_int_equal(report.ssrc, 2);
	assert_false(rth_rtp_next_report(&report, rtcp, sizeof(rtcp), &at));
	for (size_t len = 0; len < 28; len++) {
		at = 0;
		assert_false(rth_rtp_next_report(&report, rtcp, len, &at));
	}
	rtcp[3] = 5; /* too short for what it says it is */
	at = 0;
	assert_false(rth_rtp_next_report(&report, rtcp, 24, &at));
	at = SIZE_MAX;
	assert_false(rth_rtp_next_report(&report, rtcp, 28, &at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(head),
		cmocka_unit_test(malformed),
		cmocka_unit_test(reports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
