/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clock of a stream: reports, silences, steps, and what hostile ones do. */
#include "support.h"

#include "rtp.h"
#include "timeline.h"

#define S INT64_C(1000000)
#define MS INT64_C(1000)
#define HZ 48000
#define SSRC 7
#define PICTURE 8
#define PICTURE_HZ 90000
#define WAY (30 * MS) /* what the network takes */
#define NTP_1970 INT64_C(2208988800)

struct clocks {
	struct rth_sender *sender;
	struct rth_timeline *timeline;
	int64_t stood_us;
};

static void begin(struct clocks *c)
{
	memset(c, 0, sizeof(*c));
	assert_int_equal(rth_sender_create(&c->sender), 0);
	assert_int_equal(rth_timeline_create(&c->timeline, c->sender, SSRC, HZ),
			 0);
}

static void end(struct clocks *c)
{
	rth_timeline_free(c->timeline);
	rth_sender_free(c->sender);
}

static uint32_t rtp_at(const struct clocks *c, int64_t t)
{
	return (uint32_t)((t - c->stood_us) * HZ / S + 4000000000);
}

/* The browser's clock is 500 s and step_us before the relay's. */
static void report_of(struct clocks *c, uint32_t ssrc, uint32_t rtp, int64_t t,
		      int64_t step_us, int64_t way_us)
{
	uint8_t sr[28] = {0x80, 200, 0, 6};
	int64_t ntp = t + 500 * S + step_us;

	rth_put32(sr + 4, ssrc);
	rth_put32(sr + 8, (uint32_t)(ntp / S + NTP_1970));
	rth_put32(sr + 12, (uint32_t)((ntp % S) * 4294967296 / S));
	rth_put32(sr + 16, rtp);
	rth_sender_report(c->sender, sr, sizeof(sr), t + way_us);
}

static void report(struct clocks *c, int64_t t, int64_t step_us, int64_t way_us)
{
	report_of(c, SSRC, rtp_at(c, t), t, step_us, way_us);
}

static int64_t packet(struct clocks *c, int64_t t, int64_t way_us)
{
	rth_timeline_arrived(c->timeline, rtp_at(c, t), t + way_us);
	if (!rth_timeline_sure(c->timeline, t + way_us))
		return -1;
	return rth_timeline_place(c->timeline, rtp_at(c, t)) - t - WAY;
}

/* Talks; returns by how much the last frame was placed wrongly. */
static int64_t talk(struct clocks *c, int64_t from, int64_t to, int64_t step_us)
{
	int64_t error = 0;

	for (int64_t t = from; t < to; t += 20 * MS) {
		if (t % (5 * S) == 0)
			report(c, t, step_us, WAY);
		error = packet(c, t, WAY);
	}
	return error;
}

static void plain(void **state)
{
	struct clocks c;

	(void)state;
	begin(&c);
	for (int64_t t = 100 * S; t < 200 * S; t += 10 * S)
		assert_in_range(talk(&c, t, t + 10 * S, 0) + 50, 0, 100);
	end(&c);
}

/* A report that was on its way for long moves nothing. */
static void late_reports(void **state)
{
	struct clocks c;

	(void)state;
	begin(&c);
	(void)packet(&c, 100 * S, WAY);
	report(&c, 100 * S, 0, WAY + 180 * MS);
	assert_in_range(talk(&c, 100 * S + 20 * MS, 104 * S, 0) + MS, 0,
			2 * MS);
	for (int64_t t = 104 * S; t < 130 * S; t += S) {
		report(&c, t, 0, WAY + 2 * S);
		assert_in_range(packet(&c, t, WAY) + MS, 0, 2 * MS);
	}
	end(&c);
}

/* RTP time stood still for 20 s: seen at once, kept by the next report. */
static void stood_still(void **state)
{
	struct clocks c;

	(void)state;
	begin(&c);
	(void)talk(&c, 100 * S, 130 * S, 0);
	c.stood_us = 20 * S;
	assert_int_equal(packet(&c, 150 * S, WAY), -1);
	assert_in_range(talk(&c, 150 * S + 20 * MS, 152 * S, 0) + MS, 0,
			2 * MS);
	assert_in_range(talk(&c, 152 * S, 180 * S, 0) + MS, 0, 2 * MS);
	end(&c);
}

/*
 * A voice loses 200 ms of samples, as in Firefox on a busy machine: it is seen
 * between two reports, and the picture stays where it is.
 */
static void samples_lost(void **state)
{
	struct rth_timeline *picture = NULL;
	struct clocks c;
	int64_t place;

	(void)state;
	begin(&c);
	assert_int_equal(
		rth_timeline_create(&picture, c.sender, PICTURE, PICTURE_HZ),
		0);
	for (int64_t t = 100 * S; t < 130 * S; t += 20 * MS) {
		int64_t voice = talk(&c, t, t + 20 * MS, 0);
		uint32_t rtp = (uint32_t)(t * PICTURE_HZ / S);

		if (t % S == 0)
			report_of(&c, PICTURE, rtp, t, 0, WAY);
		rth_timeline_arrived(picture, rtp, t + WAY);
		place = rth_timeline_place(picture, rtp) - t - WAY;
		assert_in_range(place + MS, 0, 2 * MS);
		if (t == 111 * S)
			c.stood_us = 200 * MS;
		if (t < 111 * S || t > 114 * S)
			assert_in_range(voice + 40 * MS, 0, 41 * MS);
	}
	rth_timeline_free(picture);
	end(&c);
}

/* The browser's clock is set by three seconds while all goes on. */
static void clock_is_set(void **state)
{
	static const int64_t steps[] = {3 * S, -3 * S};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct clocks c;
		int64_t t;

		begin(&c);
		(void)talk(&c, 100 * S, 130 * S, 0);
		for (t = 130 * S; t < 330 * S; t += 10 * S)
			assert_in_range(talk(&c, t, t + 10 * S, steps[i]) +
						5 * MS,
					0, 10 * MS);
		end(&c);
	}
}

/* While media flows, what is placed never goes back, whatever is reported. */
static void never_back(void **state)
{
	struct clocks c;
	int64_t last = 0;
	unsigned seed = 5;

	(void)state;
	begin(&c);
	for (int64_t t = 100 * S; t < 400 * S; t += 20 * MS) {
		int64_t at;

		seed = seed * 1103515245u + 12345u;
		if (t % S == 0)
			report(&c, t, (int64_t)(seed >> 8) * 100 - 500 * S,
			       WAY);
		at = packet(&c, t, WAY + (seed >> 20 & 127) * MS) + t;
		assert_true(at > last);
		last = at;
	}
	end(&c);
}

/* Numbers that jump as far as they can: nothing overflows. */
static void hostile(void **state)
{
	struct clocks c;
	unsigned seed = 9;

	(void)state;
	begin(&c);
	for (int64_t i = 0; i < 200000; i++) {
		seed = seed * 1103515245u + 12345u;
		rth_timeline_arrived(c.timeline,
				     (uint32_t)(i * 0x7fffffff) + (seed >> 28),
				     i * 500 * MS);
		if (i % 7 == 0)
			report(&c, (int64_t)(seed >> 8) * S, seed, i * S);
		if (rth_timeline_sure(c.timeline, i * 500 * MS))
			(void)rth_timeline_place(c.timeline, seed);
	}
	end(&c);
}

/* The least of the last three minutes, not of ever. */
static void least(void **state)
{
	struct rth_least l;

	(void)state;
	rth_least_clear(&l);
	rth_least_add(&l, 100, 0);
	rth_least_add(&l, 200, 100 * S);
	assert_int_equal(l.value, 100);
	rth_least_add(&l, 300, 175 * S);
	assert_int_equal(l.value, 100);
	rth_least_add(&l, 300, 185 * S);
	assert_int_equal(l.value, 200);
	rth_least_add(&l, 300, 1000 * S);
	assert_int_equal(l.value, 300);
	rth_least_add(&l, 50, 1001 * S);
	assert_int_equal(l.value, 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),       cmocka_unit_test(late_reports),
		cmocka_unit_test(stood_still), cmocka_unit_test(clock_is_set),
		cmocka_unit_test(never_back),  cmocka_unit_test(hostile),
		cmocka_unit_test(least),       cmocka_unit_test(samples_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
