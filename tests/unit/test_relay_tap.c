/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the packet path copies for the recorder, and what it never does. */
#include "fake_host.h"

#include <pthread.h>
#include <sched.h>

#include "../../common/feed_record.h"
#include "../../plugins/relay.h"
#include "../../plugins/tap.h"

#define PACKET 40
#define SR 52 /* a report with one block */
#define RING (1 << 20)
#define SWITCHES 300
#define OPUS_PT 111
#define VP8_PT 96

static const uint8_t all_codecs[] = {RTH_FEED_OPUS, RTH_FEED_VP8, RTH_FEED_VP8};

struct pair {
	struct rth_port a, b; /* a sends to b */
	struct rth_tap *tap;
	uint16_t seq;
};

static void publish(struct pair *p, struct rth_tap *tap, const uint8_t *codecs)
{
	struct rth_route r = {
		.peer = &p->b,
		.slot[RTH_SLOT_AUDIO] = {.pt_in = OPUS_PT,
					 .pt_out = 109,
					 .clock_hz = 48000},
		.slot[RTH_SLOT_CAMERA] = {.pt_in = VP8_PT,
					  .pt_out = 120,
					  .clock_hz = 90000,
					  .is_key = rth_keyframe_vp8},
		.slot[RTH_SLOT_SCREEN] = {.pt_in = VP8_PT,
					  .pt_out = 120,
					  .clock_hz = 90000,
					  .is_key = rth_keyframe_vp8},
		.tap = tap,
	};

	memcpy(r.tap_codec, codecs, sizeof(r.tap_codec));
	rth_route_publish(&p->a, &r);
}

static int setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));

	fake_host_reset();
	rth_port_init(&p->a, &fake_host, fake_handle_new());
	rth_port_init(&p->b, &fake_host, fake_handle_new());
	assert_int_equal(rth_port_renew_limit(&p->a), RTH_OK);
	assert_int_equal(rth_port_renew_limit(&p->b), RTH_OK);
	assert_int_equal(rth_tap_create(&p->tap, 1, RING), RTH_OK);
	publish(p, p->tap, all_codecs);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct pair *p = *state;

	rth_route_clear(&p->a);
	rth_port_clear(&p->a);
	rth_port_clear(&p->b);
	rth_tap_free(p->tap);
	free(p);
	fake_host_reset();
	return 0;
}

static void fill(struct pair *p, uint8_t *buf, int slot, uint8_t pt, bool key)
{
	p->seq++;
	memset(buf, 0x5a, PACKET);
	buf[0] = 0x80;
	buf[1] = pt;
	buf[2] = (uint8_t)(p->seq >> 8);
	buf[3] = (uint8_t)p->seq;
	buf[11] = (uint8_t)(slot + 1);
	buf[12] = 0x10;
	buf[13] = key ? 0 : 1;
}

/* Sends a packet; gives it as it was. */
static void send_pt(struct pair *p, uint8_t *buf, int slot, uint8_t pt,
		    bool key)
{
	struct fake_rtp packet = {slot, buf, PACKET};

	fill(p, buf, slot, pt, key);
	rth_relay_rtp(&p->a, slot, buf, PACKET, &packet, fake_host.now_us());
}

static void send(struct pair *p, uint8_t *buf, int slot, bool key)
{
	send_pt(p, buf, slot, slot == RTH_SLOT_AUDIO ? OPUS_PT : VP8_PT, key);
}

/* A sender report of a slot, told by its NTP time, with one block. */
static void report(struct pair *p, int slot, uint8_t ntp)
{
	uint8_t sr[SR] = {0x81, 200, 0, 12};

	sr[7] = (uint8_t)(slot + 1);
	sr[8] = ntp;
	rth_relay_rtcp(&p->a, slot, sr, sizeof(sr), fake_host.now_us());
}

static struct rth_feed_head next(struct pair *p, const uint8_t **bodyp,
				 size_t *lenp)
{
	struct rth_feed_head head;
	const uint8_t *record = NULL;
	size_t len = rth_tap_first(p->tap, &record);

	assert_true(len > 0);
	assert_int_equal(rth_feed_read(&head, record, len), RTH_OK);
	*bodyp = record + RTH_FEED_HEAD_BYTES;
	*lenp = len - RTH_FEED_HEAD_BYTES;
	rth_tap_drop(p->tap);
	return head;
}

static void expect_nothing(struct pair *p)
{
	const uint8_t *record = NULL;

	assert_int_equal(rth_tap_first(p->tap, &record), 0);
}

static void expect_packet(struct pair *p, int slot, const uint8_t *buf)
{
	const uint8_t *body = NULL;
	size_t len = 0;
	struct rth_feed_head head = next(p, &body, &len);

	assert_int_equal(head.kind, RTH_FEED_RTP);
	assert_int_equal(head.role, 1);
	assert_int_equal(head.slot, slot);
	assert_int_equal(head.codec, all_codecs[slot]);
	assert_int_equal(head.time_us, fake_host.now_us());
	assert_int_equal(len, PACKET);
	assert_memory_equal(body, buf, PACKET);
}

static void expect_report(struct pair *p, int slot, uint8_t ntp, int64_t at_us)
{
	const uint8_t *body = NULL;
	size_t len = 0;
	struct rth_feed_head head = next(p, &body, &len);

	assert_int_equal(head.kind, RTH_FEED_RTCP);
	assert_int_equal(head.slot, slot);
	assert_int_equal(head.time_us, at_us);
	assert_int_equal(len, 28);
	assert_int_equal(body[0], 0x80);
	assert_int_equal(body[1], 200);
	assert_int_equal(body[3], 6);
	assert_int_equal(body[7], slot + 1);
	assert_int_equal(body[8], ntp);
}

/* Also the header is the sender's: nothing in it is the receiver's yet. */
static void packets_are_copied_as_they_came(void **state)
{
	struct pair *p = *state;
	uint8_t buf[PACKET];

	for (int slot = 0; slot < RTH_RTP_SLOTS; slot++) {
		send(p, buf, slot, true);
		expect_packet(p, slot, buf);
	}
	assert_int_equal(fake.n_packets, 3);
	assert_int_equal(fake.packets[1].bytes[1], 120);
	expect_nothing(p);
}

/* The receiver gets no picture before a key frame; the recorder has them. */
static void what_the_receiver_misses_is_recorded(void **state)
{
	struct pair *p = *state;
	uint8_t buf[PACKET];

	send(p, buf, RTH_SLOT_CAMERA, false);
	assert_int_equal(fake.n_packets, 0);
	expect_packet(p, RTH_SLOT_CAMERA, buf);
}

/* A late packet of the voice with that number. */
static void send_late(struct pair *p, uint8_t *buf, uint16_t seq)
{
	uint16_t newest = p->seq;

	p->seq = (uint16_t)(seq - 1);
	send(p, buf, RTH_SLOT_AUDIO, false);
	p->seq = newest;
}

/* Said before the last yes, or while nobody was there: it is nobody's. */
static void what_was_said_before_is_not_recorded(void **state)
{
	struct pair *p = *state;
	uint8_t buf[PACKET];
	size_t n;

	publish(p, NULL, all_codecs);
	send(p, buf, RTH_SLOT_AUDIO, false);
	p->seq++; /* is on its way, when all have agreed */
	publish(p, p->tap, all_codecs);
	send(p, buf, RTH_SLOT_AUDIO, false);
	expect_packet(p, RTH_SLOT_AUDIO, buf);
	n = fake.n_packets;
	send_late(p, buf, (uint16_t)(p->seq - 1));
	expect_nothing(p);
	assert_int_equal(fake.n_packets, n);
	rth_route_clear(&p->a);
	p->seq++;
	send(p, buf, RTH_SLOT_AUDIO, false);
	publish(p, p->tap, all_codecs);
	send_late(p, buf, (uint16_t)(p->seq - 1));
	expect_nothing(p);
	assert_int_equal(fake.n_packets, n);
	send(p, buf, RTH_SLOT_AUDIO, false);
	expect_packet(p, RTH_SLOT_AUDIO, buf);
}

static void what_was_not_agreed_on_is_not_recorded(void **state)
{
	struct pair *p = *state;
	uint8_t buf[PACKET];

	send_pt(p, buf, RTH_SLOT_AUDIO, VP8_PT, false);
	send_pt(p, buf, RTH_SLOT_CAMERA, 97, true);
	rth_relay_rtp(&p->a, RTH_SLOT_AUDIO, buf, 11, NULL, 0);
	rth_relay_rtp(&p->a, RTH_SLOT_DATA, buf, PACKET, NULL, 0);
	expect_nothing(p);
}

static void of_voice_alone_no_picture_is_recorded(void **state)
{
	static const uint8_t voice[] = {RTH_FEED_OPUS, 0, 0};
	struct pair *p = *state;
	uint8_t buf[PACKET];

	publish(p, p->tap, voice);
	for (int i = 0; i < 100; i++) {
		send(p, buf, RTH_SLOT_CAMERA, i % 2);
		send(p, buf, RTH_SLOT_SCREEN, i % 2);
		report(p, RTH_SLOT_CAMERA, 1);
		report(p, RTH_SLOT_SCREEN, 1);
	}
	assert_true(fake.n_packets > 100);
	expect_nothing(p);
	send(p, buf, RTH_SLOT_AUDIO, false);
	expect_packet(p, RTH_SLOT_AUDIO, buf);
	expect_nothing(p);
}

static void without_a_tap_nothing_is_recorded(void **state)
{
	struct pair *p = *state;
	uint8_t buf[PACKET];

	publish(p, NULL, all_codecs);
	send(p, buf, RTH_SLOT_AUDIO, false);
	send(p, buf, RTH_SLOT_CAMERA, true);
	report(p, RTH_SLOT_AUDIO, 1);
	assert_int_equal(fake.n_packets, 2);
	expect_nothing(p);
	rth_route_clear(&p->a);
	send(p, buf, RTH_SLOT_AUDIO, false);
	assert_int_equal(fake.n_packets, 2);
	expect_nothing(p);
}

static void reports_go_without_their_blocks(void **state)
{
	struct pair *p = *state;
	uint8_t buf[PACKET];

	send(p, buf, RTH_SLOT_AUDIO, false);
	expect_packet(p, RTH_SLOT_AUDIO, buf);
	report(p, RTH_SLOT_CAMERA, 7);
	expect_report(p, RTH_SLOT_CAMERA, 7, fake_host.now_us());
	expect_nothing(p);
}

static void other_rtcp_is_not_recorded(void **state)
{
	static const uint8_t rr[32] = {0x81, 201, 0, 7};
	static const uint8_t cut[27] = {0x80, 200, 0, 6};
	static const uint8_t version[28] = {0x40, 200, 0, 6};
	struct pair *p = *state;
	uint8_t buf[PACKET];

	rth_relay_rtcp(&p->a, 0, rr, sizeof(rr), 1);
	rth_relay_rtcp(&p->a, 0, cut, sizeof(cut), 1);
	rth_relay_rtcp(&p->a, 0, version, sizeof(version), 1);
	send(p, buf, RTH_SLOT_AUDIO, false);
	expect_packet(p, RTH_SLOT_AUDIO, buf);
	expect_nothing(p);
}

/* The last ones come first, with the time at which they came. */
static void a_recording_begins_with_the_last_reports(void **state)
{
	struct pair *p = *state;
	uint8_t buf[PACKET];
	int64_t at_us;

	publish(p, NULL, all_codecs);
	report(p, RTH_SLOT_AUDIO, 1);
	report(p, RTH_SLOT_CAMERA, 2);
	fake_advance_us(1000000);
	report(p, RTH_SLOT_AUDIO, 3);
	at_us = fake_host.now_us();
	fake_advance_us(1000000);
	publish(p, p->tap, all_codecs);
	send(p, buf, RTH_SLOT_AUDIO, false);
	expect_report(p, RTH_SLOT_AUDIO, 3, at_us);
	expect_report(p, RTH_SLOT_CAMERA, 2, at_us - 1000000);
	expect_packet(p, RTH_SLOT_AUDIO, buf);
	send(p, buf, RTH_SLOT_AUDIO, false);
	expect_packet(p, RTH_SLOT_AUDIO, buf);
	expect_nothing(p);
}

/* Again after a pause, though tap and port are the same. */
static void each_route_begins_with_them(void **state)
{
	struct pair *p = *state;
	uint8_t buf[PACKET];
	int64_t at_us = fake_host.now_us();

	report(p, RTH_SLOT_AUDIO, 9);
	for (int i = 0; i < 3; i++) {
		send(p, buf, RTH_SLOT_AUDIO, false);
		expect_report(p, RTH_SLOT_AUDIO, 9, at_us);
		expect_packet(p, RTH_SLOT_AUDIO, buf);
		fake_advance_us(1000000);
		rth_route_clear(&p->a);
		publish(p, p->tap, all_codecs);
	}
	expect_nothing(p);
}

/* ---- with a media thread ---- */

struct sender {
	struct pair *pair;
	atomic_bool stop;
	atomic_ulong sent;
};

static void *media_main(void *arg)
{
	struct sender *s = arg;
	uint8_t buf[PACKET];

	while (!atomic_load(&s->stop)) {
		send(s->pair, buf, RTH_SLOT_AUDIO, false);
		report(s->pair, RTH_SLOT_AUDIO, 1);
		atomic_fetch_add(&s->sent, 1);
	}
	return NULL;
}

static void empty(struct pair *p)
{
	const uint8_t *record = NULL;

	while (rth_tap_first(p->tap, &record) > 0)
		rth_tap_drop(p->tap);
}

/* Until the media thread has sent some more. */
static void let_send(struct sender *s)
{
	unsigned long until = atomic_load(&s->sent) + 3;

	while (atomic_load(&s->sent) < until)
		sched_yield();
}

/*
 * Once a route without the tap is published (or the route is gone), not one
 * packet more comes into the ring, however fast they are sent.
 */
static void nothing_comes_after_the_tap_is_taken_away(void **state)
{
	struct pair *p = *state;
	struct sender s = {.pair = p};
	unsigned long recorded = 0;
	pthread_t thread;

	fake.silent = true;
	assert_int_equal(pthread_create(&thread, NULL, media_main, &s), 0);
	for (int i = 0; i < SWITCHES; i++) {
		const uint8_t *record = NULL;

		publish(p, p->tap, all_codecs);
		let_send(&s);
		if (i % 2)
			rth_route_clear(&p->a);
		else
			publish(p, NULL, all_codecs);
		recorded += rth_tap_first(p->tap, &record) > 0;
		empty(p);
		let_send(&s);
		expect_nothing(p);
	}
	atomic_store(&s.stop, true);
	pthread_join(thread, NULL);
	assert_int_equal(recorded, SWITCHES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(packets_are_copied_as_they_came),
		TEST(what_the_receiver_misses_is_recorded),
		TEST(what_was_said_before_is_not_recorded),
		TEST(what_was_not_agreed_on_is_not_recorded),
		TEST(of_voice_alone_no_picture_is_recorded),
		TEST(without_a_tap_nothing_is_recorded),
		TEST(reports_go_without_their_blocks),
		TEST(other_rtcp_is_not_recorded),
		TEST(a_recording_begins_with_the_last_reports),
		TEST(each_route_begins_with_them),
		TEST(nothing_comes_after_the_tap_is_taken_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
