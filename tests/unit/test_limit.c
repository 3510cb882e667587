/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The limit in simulated calls: 766 kbit/s of video with a voice beside it,
 * over lines that become thin, lossy or dead, and good again.
 */
#include "support.h"

#include <pthread.h>

#include "mem.h"
#include "sim.h"

#define GOOD_BPS 100000000
#define VIDEO_BPS 766000
#define START 10 /* seconds of a good line first */
#define SECOND INT64_C(1000000)

static const struct sim_conf usual = {
	.video_bps = VIDEO_BPS,
	.feedback_ms = 100,
	.delay_us = 5000,
	.queue_us = 400000,
};

static struct sim *begin(const struct sim_conf *conf)
{
	struct sim *sim = sim_new(conf);

	sim_run(sim, START);
	return sim;
}

static void end(struct sim *sim, const char *name)
{
	sim_trace(sim, name);
	sim_free(sim);
}

static void leaves_a_good_line_alone(void **state)
{
	struct sim *sim = begin(&usual);

	(void)state;
	sim_run(sim, 50);
	for (unsigned i = 0; i < START + 50; i++) {
		assert_int_equal(sim_at(sim, i)->remb_bps, 0);
		assert_int_equal(sim_at(sim, i)->held, 0);
		assert_false(sim_at(sim, i)->limited);
	}
	end(sim, "good");
}

/* What is promised for a line that is cut to 300 kbit/s for a while. */
static void check_thin_line(struct sim *sim)
{
	unsigned from = START, restored = 0;

	sim_line(sim, 300000, 0);
	sim_run(sim, 40);
	assert_true(sim_least_frames(sim, from + 2, from + 20) > 0);
	assert_true(sim_frames(sim, from + 10, from + 20) >= 20);
	/* 3 % of 20 s */
	assert_true(sim_concealed_ms(sim, from, from + 20) < 600);
	assert_true(sim_at(sim, from + 2)->limited);
	/* It stays near what the line carries, 240 kbit/s beside the voice. */
	for (unsigned i = from + 6; i + 5 <= from + 40; i++)
		assert_in_range(sim_sent_bps(sim, i, i + 5), 150000, 270000);
	sim_line(sim, GOOD_BPS, 0);
	sim_run(sim, 20);
	for (unsigned i = from + 40; i < from + 60 && !restored; i++)
		if (sim_at(sim, i)->sent_bps > VIDEO_BPS * 9 / 10)
			restored = i - from - 40 + 1;
	assert_in_range(restored, 1, 15);
	assert_false(sim_at(sim, from + 59)->limited);
}

static void fits_a_thin_line(void **state)
{
	struct sim *sim = begin(&usual);

	(void)state;
	check_thin_line(sim);
	end(sim, "thin");
}

static void fits_other_thin_lines(void **state)
{
	static const struct sim_conf confs[] = {
		{VIDEO_BPS, 50, 5000, 400000, 0, false, false},
		{VIDEO_BPS, 100, 5000, 100000, 0, false, false},
		{VIDEO_BPS, 50, 5000, 1000000, 0, false, false},
		{VIDEO_BPS, 70, 60000, 400000, 0, false, false},
		{VIDEO_BPS, 100, 5000, 400000, 0, false, true},
		{VIDEO_BPS, 50, 30000, 400000, 0, false, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(confs) / sizeof(confs[0]); i++) {
		struct sim *sim = begin(&confs[i]);

		check_thin_line(sim);
		end(sim, "other thin");
	}
}

/* The receiver's 24-bit clock wraps while the line is thin. */
static void lives_through_a_clock_wrap(void **state)
{
	struct sim_conf conf = usual;
	struct sim *sim;

	(void)state;
	conf.clock_us = (INT64_C(1) << 24) * 64000 - 1000000000 - 15000000;
	sim = begin(&conf);
	check_thin_line(sim);
	end(sim, "clock wrap");
}

/* 65,536 packets and more. */
static void lives_through_a_number_wrap(void **state)
{
	struct sim_conf conf = usual;
	struct sim *sim;

	(void)state;
	conf.video_bps = 6000000;
	sim = begin(&conf);
	sim_run(sim, 95);
	for (unsigned i = 0; i < START + 95; i++)
		assert_int_equal(sim_at(sim, i)->remb_bps, 0);
	sim_line(sim, 1000000, 0);
	sim_run(sim, 14);
	assert_in_range(sim_sent_bps(sim, START + 100, START + 109), 500000,
			950000);
	assert_true(sim_frames(sim, START + 100, START + 109) >= 25);
	end(sim, "number wrap");
}

/* Loss of the radio, not of a queue: the rate must not collapse. */
static void bears_random_loss(void **state)
{
	static const struct {
		unsigned permille;
		unsigned least_percent; /* of the rate, always */
		unsigned last_percent;	/* in the end */
	} losses[] = {{50, 90, 95}, {100, 50, 90}, {300, 45, 80}};

	(void)state;
	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		for (int numbers = 0; numbers < 2; numbers++) {
			struct sim_conf conf = usual;
			struct sim *sim;

			conf.rtx_numbers = numbers;
			sim = begin(&conf);
			sim_line(sim, GOOD_BPS, losses[i].permille);
			sim_run(sim, 60);
			for (unsigned s = START; s < START + 57; s++)
				assert_true(sim_sent_bps(sim, s, s + 3) >
					    VIDEO_BPS / 100 *
						    losses[i].least_percent);
			assert_true(sim_sent_bps(sim, START + 50, START + 60) >
				    VIDEO_BPS / 100 * losses[i].last_percent);
			end(sim, "random loss");
		}
	}
}

static void bears_loss_on_a_thin_line(void **state)
{
	struct sim *sim = begin(&usual);

	(void)state;
	sim_line(sim, 300000, 50);
	sim_run(sim, 40);
	assert_true(sim_least_frames(sim, START + 2, START + 40) > 0);
	assert_in_range(sim_sent_bps(sim, START + 10, START + 40), 130000,
			260000);
	end(sim, "thin and lossy");
}

/* Nothing gets through for 5 s; afterwards the picture is soon back. */
static void survives_a_dead_line(void **state)
{
	struct sim *sim = begin(&usual);

	(void)state;
	sim_line(sim, 0, 0);
	sim_run(sim, 5);
	/* Into a dead line goes little. */
	assert_true(sim_at(sim, START + 3)->passed_bps < 50000);
	sim_line(sim, GOOD_BPS, 0);
	sim_run(sim, 20);
	assert_true(sim_frames(sim, START + 7, START + 20) >= 25);
	assert_true(sim_sent_bps(sim, START + 15, START + 20) >
		    VIDEO_BPS * 9 / 10);
	end(sim, "dead");
}

/* With 100 kbit/s and a voice of 60 there is no room for a picture. */
static void keeps_the_voice_when_only_that_fits(void **state)
{
	struct sim *sim = begin(&usual);

	(void)state;
	sim_line(sim, 100000, 0);
	sim_run(sim, 40);
	assert_true(sim_concealed_ms(sim, START + 10, START + 40) < 900);
	sim_line(sim, GOOD_BPS, 0);
	sim_run(sim, 30);
	assert_true(sim_sent_bps(sim, START + 65, START + 70) >
		    VIDEO_BPS * 9 / 10);
	end(sim, "voice only");
}

/* Without transport-wide feedback loss is all there is to go by. */
static void limits_by_receiver_reports(void **state)
{
	struct sim_conf conf = usual;
	struct sim *sim;

	(void)state;
	conf.no_transport_cc = true;
	conf.queue_us = 100000;
	sim = begin(&conf);
	sim_line(sim, 300000, 0);
	sim_run(sim, 40);
	assert_true(sim_sent_bps(sim, START + 15, START + 40) < 320000);
	sim_line(sim, GOOD_BPS, 0);
	sim_run(sim, 30);
	assert_true(sim_sent_bps(sim, START + 65, START + 70) >
		    VIDEO_BPS * 9 / 10);
	end(sim, "receiver reports");
}

/* REMB of 2^exponent times mantissa, from a receiver that sends such. */
static struct rth_limit_advice hear_remb(struct rth_limit *limit, int64_t at_us,
					 unsigned exponent, unsigned mantissa)
{
	uint8_t b[] = {0x8f, 206, 0,   5,   0, 0, 0, 1, 0, 0, 0, 0,
		       'R',  'E', 'M', 'B', 1, 0, 0, 0, 0, 0, 0, 7};

	b[17] = (uint8_t)(exponent << 2 | mantissa >> 16);
	b[18] = (uint8_t)(mantissa >> 8);
	b[19] = (uint8_t)mantissa;
	return rth_limit_feedback(limit, at_us, b, sizeof(b));
}

static void hands_on_a_remb(void **state)
{
	struct rth_limit *limit;
	struct rth_limit_advice advice;
	int64_t us = 1000000;

	(void)state;
	assert_int_equal(rth_limit_create(&limit, us), 0);
	advice = hear_remb(limit, us, 1, 100000);
	assert_true(advice.send_remb);
	assert_int_equal(advice.remb_bps, 200000);
	/* The same again is no news, a second later it is repeated. */
	assert_false(hear_remb(limit, us + 100000, 1, 100001).send_remb);
	assert_true(hear_remb(limit, us + 1100000, 1, 100000).send_remb);
	assert_true(hear_remb(limit, us + 1200000, 1, 120000).send_remb);
	/* Under the floor nothing is asked, and over the top is open. */
	advice = hear_remb(limit, us + 1300000, 0, 1);
	assert_int_equal(advice.remb_bps, RTH_LIMIT_FLOOR_BPS);
	advice = hear_remb(limit, us + 1400000, 63, 262143);
	assert_true(advice.send_remb);
	assert_int_equal(advice.remb_bps, RTH_LIMIT_OPEN_BPS);
	rth_limit_free(limit);
}

/* Transport-wide feedback: packet `seq` has arrived at `at_ms`. */
static struct rth_limit_advice hear(struct rth_limit *limit, int64_t now_us,
				    unsigned seq, unsigned at_ms)
{
	uint8_t b[] = {0x8f, 205, 0, 5, 0, 0, 0, 1, 0,	  0, 0, 2,
		       0,    0,	  0, 1, 0, 0, 0, 0, 0x20, 1, 0, 0};

	b[13] = (uint8_t)seq;
	b[18] = (uint8_t)(at_ms / 64);
	b[22] = (uint8_t)(at_ms % 64 * 4);
	return rth_limit_feedback(limit, now_us, b, sizeof(b));
}

/* A receiver report: so much of 256 is lost. */
static struct rth_limit_advice hear_loss(struct rth_limit *limit,
					 int64_t now_us, uint8_t lost)
{
	uint8_t b[32] = {0x81, 201, 0, 7, 0, 0, 0, 1, 0, 0, 0, 9, lost};

	return rth_limit_feedback(limit, now_us, b, sizeof(b));
}

/* Small packets each 50 ms; from the 20th on they wait for `late_ms`. */
static int64_t send_late(struct rth_limit *limit, unsigned n, unsigned late_ms)
{
	int64_t us = SECOND;

	for (unsigned i = 1; i <= n; i++, us += 50000) {
		rth_limit_sent(limit, us, 50);
		if (hear(limit, us, i, 1000 + i * 50 + (i < 20 ? 0 : late_ms))
			    .voice_only)
			break;
	}
	return us;
}

/* The last picture met a queue. It tells nothing of the voice an hour later. */
static void an_old_queue_is_forgotten(void **state)
{
	struct rth_limit *limit;
	int64_t us;

	(void)state;
	assert_int_equal(rth_limit_create(&limit, 0), 0);
	us = send_late(limit, 20, 120);
	hear_loss(limit, us, 80);
	assert_int_equal(rth_limit_voice_again(limit), 0);
	for (int i = 0; i < 20; i++) {
		us += SECOND;
		hear_loss(limit, us, i < 10 ? 0 : 80);
		if (rth_limit_voice_again(limit))
			break;
	}
	assert_int_equal(rth_limit_voice_again(limit), 3);
	rth_limit_free(limit);
}

/* Its sender has no microphone, and so sends no probe. */
static void a_pause_without_probes_ends(void **state)
{
	struct rth_limit *limit;
	unsigned seconds = 0;
	int64_t us;

	(void)state;
	assert_int_equal(rth_limit_create(&limit, 0), 0);
	us = send_late(limit, 60, 500);
	assert_true(hear_loss(limit, us, 0).voice_only);
	assert_int_equal(rth_limit_gate(limit, us), RTH_LIMIT_DROP);
	while (hear_loss(limit, us, 0).voice_only) {
		assert_true(++seconds < 60);
		us += SECOND;
	}
	assert_in_range(seconds, 12, 16);
	assert_int_equal(rth_limit_gate(limit, us), RTH_LIMIT_PASS_ASK);
	rth_limit_free(limit);
}

static void tells_of_no_memory(void **state)
{
	struct rth_limit *limit = NULL;

	(void)state;
	rth_mem_fail_at(1);
	assert_int_equal(rth_limit_create(&limit, 0), RTH_ERR_NOMEM);
	rth_mem_fail_at(0);
	assert_null(limit);
	rth_limit_free(NULL);
}

#define THREAD_PACKETS 20000

static void *send_packets(void *arg)
{
	struct rth_limit *limit = arg;
	unsigned passed = 0;

	for (int64_t i = 1; i <= THREAD_PACKETS; i++) {
		if (rth_limit_gate(limit, i * 1000) != RTH_LIMIT_DROP)
			passed++;
		rth_limit_sent(limit, i * 1000, 1000);
	}
	return passed ? limit : NULL;
}

/* Both threads at once; a thread sanitizer has something to look at. */
static void serves_two_threads(void **state)
{
	uint8_t b[] = {0x8f, 205, 0, 5, 0, 0, 0, 1, 0,	  0, 0, 2,
		       0,    0,	  0, 2, 0, 0, 1, 0, 0x20, 2, 4, 4};
	struct rth_limit *limit;
	pthread_t thread;
	void *passed;

	(void)state;
	assert_int_equal(rth_limit_create(&limit, 0), 0);
	assert_int_equal(pthread_create(&thread, NULL, send_packets, limit), 0);
	for (unsigned i = 1; i < THREAD_PACKETS / 2; i++) {
		b[12] = (uint8_t)(i * 2 >> 8);
		b[13] = (uint8_t)(i * 2);
		b[18] = (uint8_t)(i / 32);
		rth_limit_feedback(limit, i * INT64_C(2000), b, sizeof(b));
	}
	assert_int_equal(pthread_join(thread, &passed), 0);
	assert_ptr_equal(passed, limit);
	rth_limit_free(limit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_a_good_line_alone),
		cmocka_unit_test(fits_a_thin_line),
		cmocka_unit_test(fits_other_thin_lines),
		cmocka_unit_test(lives_through_a_clock_wrap),
		cmocka_unit_test(lives_through_a_number_wrap),
		cmocka_unit_test(bears_random_loss),
		cmocka_unit_test(bears_loss_on_a_thin_line),
		cmocka_unit_test(survives_a_dead_line),
		cmocka_unit_test(keeps_the_voice_when_only_that_fits),
		cmocka_unit_test(limits_by_receiver_reports),
		cmocka_unit_test(hands_on_a_remb),
		cmocka_unit_test(an_old_queue_is_forgotten),
		cmocka_unit_test(a_pause_without_probes_ends),
		cmocka_unit_test(tells_of_no_memory),
		cmocka_unit_test(serves_two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
