/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is read of RTCP, and that malformed parts are passed over. */
#include "support.h"

#include "rtcp.h"

#define SEEN 64

struct seen {
	unsigned reports, fraction_lost;
	unsigned rembs;
	uint64_t remb_bps;
	unsigned key_frames;
	unsigned feedbacks, ends;
	uint32_t reference;
	unsigned n;
	struct rth_rtcp_status status[SEEN];
};

static void on_report(void *arg, uint32_t ssrc, uint8_t fraction_lost)
{
	struct seen *seen = arg;

	assert_int_equal(ssrc, 0x11223344);
	seen->reports++;
	seen->fraction_lost = fraction_lost;
}

static void on_remb(void *arg, uint64_t bits_per_s)
{
	struct seen *seen = arg;

	seen->rembs++;
	seen->remb_bps = bits_per_s;
}

static void on_key_frame(void *arg)
{
	struct seen *seen = arg;

	seen->key_frames++;
}

static void on_feedback(void *arg, uint32_t reference)
{
	struct seen *seen = arg;

	seen->feedbacks++;
	seen->reference = reference;
}

static void on_status(void *arg, const struct rth_rtcp_status *status)
{
	struct seen *seen = arg;

	if (seen->n < SEEN)
		seen->status[seen->n] = *status;
	seen->n++;
}

static void on_end(void *arg)
{
	struct seen *seen = arg;

	seen->ends++;
}

static struct seen read_bytes(const uint8_t *bytes, size_t len)
{
	static const struct rth_rtcp_reader reader = {
		.report = on_report,
		.remb = on_remb,
		.key_frame = on_key_frame,
		.feedback = on_feedback,
		.status = on_status,
		.feedback_end = on_end,
	};
	struct seen seen = {0};
	uint8_t *copy = malloc(len ? len : 1); /* an overrun is seen */

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	rth_rtcp_read(copy, len, &reader, &seen);
	free(copy);
	assert_int_equal(seen.feedbacks, seen.ends);
	return seen;
}

#define RR                                                                   \
	0x81, 201, 0, 7, 0, 0, 0, 1, 0x11, 0x22, 0x33, 0x44, 64, 0, 0, 5, 0, \
		0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0
#define REMB                                                            \
	0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 1, \
		(3 << 2) | 1, 0x86, 0xa0, 0, 0, 0, 7

/* Base 65534, 5 packets, reference 0x123456: got, lost, got, got late, lost. */
#define FEEDBACK                                                               \
	0x8f, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xfe, 0, 5, 0x12, 0x34, \
		0x56, 0, 0xd1, 0x80, 4, 8, 0xff, 0xfc, 0, 0

static void reads_reports(void **state)
{
	static const uint8_t bytes[] = {RR};
	struct seen seen = read_bytes(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(seen.reports, 1);
	assert_int_equal(seen.fraction_lost, 64);
}

static void reads_remb(void **state)
{
	static const uint8_t bytes[] = {RR, REMB};
	struct seen seen = read_bytes(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(seen.reports, 1);
	assert_int_equal(seen.rembs, 1);
	assert_int_equal(seen.remb_bps, 100000 << 3);
}

/* PLI and FIR, also behind others; one that is too short is none. */
static void reads_wishes_for_a_key_frame(void **state)
{
	static const uint8_t bytes[] = {
		RR,  0x81, 206, 0, 2, 0,    0,	 0, 1, 0, 0, 0, 2, 0x84,
		206, 0,	   4,	0, 0, 0,    1,	 0, 0, 0, 0, 0, 0, 0,
		2,   7,	   0,	0, 0, 0x81, 206, 0, 1, 0, 0, 0, 1, 0x82,
		206, 0,	   2,	0, 0, 0,    1,	 0, 0, 0, 2};
	struct seen seen = read_bytes(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(seen.reports, 1);
	assert_int_equal(seen.key_frames, 2);
	assert_int_equal(seen.rembs, 0);
}

/* Symbols of two bits: 01 00 01 10 00; the number wraps. */
static void reads_transport_cc(void **state)
{
	static const uint8_t bytes[] = {FEEDBACK};
	static const struct rth_rtcp_status wanted[] = {
		{65534, true, 4}, {65535, false, 0}, {0, true, 8},
		{1, true, -4},	  {2, false, 0},
	};
	struct seen seen = read_bytes(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(seen.feedbacks, 1);
	assert_int_equal(seen.reference, 0x123456);
	assert_int_equal(seen.n, 5);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(seen.status[i].seq, wanted[i].seq);
		assert_int_equal(seen.status[i].received, wanted[i].received);
		assert_int_equal(seen.status[i].delta, wanted[i].delta);
	}
}

/* A run of 20 received and a vector of 14 with one bit each. */
static void reads_runs_and_bits(void **state)
{
	static const uint8_t bytes[] = {
		0x8f, 205, 0, 11, 0, 0, 0, 1, 0, 0, 0, 2,
		0,    10,  0, 24, 0, 0, 1, 0, /* 24 statuses */
		0x20, 20,		      /* 20 times 01 */
		0xa8, 0,		      /* 1 0 1 0 0... */
		1,    1,   1, 1,  1, 1, 1, 1, 1, 1, 1, 1,
		1,    1,   1, 1,  1, 1, 1, 1, 2, 3, 0, 0,
	};
	struct seen seen = read_bytes(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(seen.n, 24);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(seen.status[i].delta, 1);
	assert_true(seen.status[20].received);
	assert_int_equal(seen.status[20].delta, 2);
	assert_false(seen.status[21].received);
	assert_true(seen.status[22].received);
	assert_int_equal(seen.status[22].delta, 3);
	assert_false(seen.status[23].received);
}

static void passes_over_what_is_cut(void **state)
{
	static const uint8_t bytes[] = {RR, REMB, FEEDBACK};

	(void)state;
	for (size_t len = 0; len < sizeof(bytes); len++) {
		struct seen seen = read_bytes(bytes, len);

		assert_int_equal(seen.reports, len >= 32);
		assert_int_equal(seen.rembs, len >= 56);
		assert_int_equal(seen.feedbacks, 0);
	}
	assert_int_equal(read_bytes(bytes, sizeof(bytes)).feedbacks, 1);
}

/* Each is one byte of FEEDBACK changed so that it is whole no more. */
static void passes_over_what_is_not_whole(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} changes[] = {
		{0, 0x4f},  /* version 1 */
		{0, 0x8e},  /* another format */
		{0, 0xaf},  /* padding of 0 bytes */
		{1, 204},   /* another type */
		{3, 5},	    /* a word shorter: arrival times are missing */
		{3, 7},	    /* longer than the packet */
		{14, 0xff}, /* 65285 statuses */
		{14, 0x08}, /* 2053: over the limit */
		{15, 0},    /* none */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		uint8_t bytes[] = {FEEDBACK};

		bytes[changes[i].at] = changes[i].value;
		assert_int_equal(read_bytes(bytes, sizeof(bytes)).feedbacks, 0);
	}
}

static void reads_runs_of_loss(void **state)
{
	uint8_t bytes[] = {FEEDBACK};
	struct seen seen;

	(void)state;
	bytes[20] = 0; /* a run of 384 lost, of which 5 are meant */
	seen = read_bytes(bytes, sizeof(bytes));
	assert_int_equal(seen.n, 5);
	for (unsigned i = 0; i < 5; i++)
		assert_false(seen.status[i].received);
	bytes[21] = 0; /* a run of none */
	assert_int_equal(read_bytes(bytes, sizeof(bytes)).feedbacks, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_reports),
		cmocka_unit_test(reads_remb),
		cmocka_unit_test(reads_wishes_for_a_key_frame),
		cmocka_unit_test(reads_transport_cc),
		cmocka_unit_test(reads_runs_and_bits),
		cmocka_unit_test(passes_over_what_is_cut),
		cmocka_unit_test(passes_over_what_is_not_whole),
		cmocka_unit_test(reads_runs_of_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
