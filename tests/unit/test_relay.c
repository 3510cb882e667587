/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The packet path: what is rewritten, what is held back, what is asked for. */
#include "fake_visit.h"

#include "../../plugins/relay.h"

#define HEADER 12
#define PACKET 40

/* Two ports with the route from a to b; the reverse one when `both`. */
struct pair {
	struct fake_handle *ha, *hb;
	struct rth_port a, b;
	uint16_t seq;
	uint32_t ssrc, ts;
};

static void route(struct rth_port *from, struct rth_port *to, uint8_t in,
		  uint8_t out)
{
	struct rth_route r = {
		.peer = to,
		.slot[RTH_SLOT_AUDIO] = {.pt_in = 111,
					 .pt_out = 109,
					 .clock_hz = 48000},
		.slot[RTH_SLOT_CAMERA] = {.pt_in = in,
					  .pt_out = out,
					  .clock_hz = 90000,
					  .is_key = rth_keyframe_vp8},
		.slot[RTH_SLOT_SCREEN] = {.pt_in = in,
					  .pt_out = out,
					  .clock_hz = 90000,
					  .is_key = rth_keyframe_vp8},
	};

	rth_route_publish(from, &r);
}

static int setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));

	fake_host_reset();
	p->ha = fake_handle_new();
	p->hb = fake_handle_new();
	rth_port_init(&p->a, &fake_host, p->ha);
	rth_port_init(&p->b, &fake_host, p->hb);
	assert_int_equal(rth_port_renew_limit(&p->a), RTH_OK);
	assert_int_equal(rth_port_renew_limit(&p->b), RTH_OK);
	route(&p->a, &p->b, 96, 120);
	route(&p->b, &p->a, 120, 96);
	p->seq = 1000;
	p->ssrc = 0x11223344;
	p->ts = 5000;
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct pair *p = *state;

	rth_route_clear(&p->a);
	rth_route_clear(&p->b);
	rth_port_clear(&p->a);
	rth_port_clear(&p->b);
	free(p);
	fake_host_reset();
	return 0;
}

static void fill(uint8_t *buf, uint8_t pt, uint16_t seq, uint32_t ts,
		 uint32_t ssrc, bool key)
{
	memset(buf, 0x5a, PACKET);
	buf[0] = 0x80;
	buf[1] = pt;
	for (int i = 0; i < 2; i++)
		buf[2 + i] = (uint8_t)(seq >> (8 - 8 * i));
	for (int i = 0; i < 4; i++) {
		buf[4 + i] = (uint8_t)(ts >> (24 - 8 * i));
		buf[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
	}
	buf[12] = 0x10;
	buf[13] = key ? 0 : 1;
}

/* Sends a packet with these numbers; says whether it was relayed. */
static bool send_as(struct pair *p, int slot, uint16_t seq, uint32_t ts,
		    bool key)
{
	uint8_t buf[PACKET], before[PACKET];
	struct fake_rtp packet = {slot, buf, sizeof(buf)};
	size_t n = fake.n_packets;

	fill(buf, slot == RTH_SLOT_AUDIO ? 111 : 96, seq, ts, p->ssrc, key);
	buf[1] |= 0x80;
	memcpy(before, buf, sizeof(buf));
	rth_relay_rtp(&p->a, slot, buf, sizeof(buf), &packet,
		      fake_host.now_us());
	assert_memory_equal(buf, before, sizeof(buf));
	return fake.n_packets > n;
}

static bool send(struct pair *p, int slot, bool key)
{
	p->seq++;
	p->ts += 960;
	return send_as(p, slot, p->seq, p->ts, key);
}

static const struct fake_packet *last(void)
{
	return &fake.packets[fake.n_packets - 1];
}

static uint16_t last_seq(void)
{
	return (uint16_t)(last()->bytes[2] << 8 | last()->bytes[3]);
}

static uint32_t last_ts(void)
{
	const uint8_t *b = last()->bytes + 4;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	       (uint32_t)b[2] << 8 | b[3];
}

static void only_the_payload_type_changes(void **state)
{
	struct pair *p = *state;
	uint8_t expected[PACKET];

	for (int slot = 0; slot < RTH_RTP_SLOTS; slot++) {
		assert_true(send(p, slot, true));
		fill(expected, slot ? 120 : 109, p->seq, p->ts, p->ssrc, true);
		expected[1] |= 0x80;
		assert_int_equal(last()->slot, slot);
		assert_ptr_equal(last()->handle, p->hb);
		assert_memory_equal(last()->bytes, expected, PACKET);
	}
	assert_int_equal(atomic_load(&p->a.packets_in), 3);
	assert_int_equal(atomic_load(&p->b.packets_out), 3);
}

static void both_ways_have_their_own_payload_types(void **state)
{
	struct pair *p = *state;
	uint8_t buf[PACKET];
	struct fake_rtp packet = {RTH_SLOT_CAMERA, buf, sizeof(buf)};

	fill(buf, 120, 1, 1, 7, true);
	rth_relay_rtp(&p->b, RTH_SLOT_CAMERA, buf, sizeof(buf), &packet,
		      fake_host.now_us());
	assert_int_equal(fake.n_packets, 1);
	assert_ptr_equal(last()->handle, p->ha);
	assert_int_equal(last()->bytes[1], 96);
	/* and the other's own is not taken */
	fill(buf, 96, 2, 2, 7, true);
	rth_relay_rtp(&p->b, RTH_SLOT_CAMERA, buf, sizeof(buf), &packet,
		      fake_host.now_us());
	assert_int_equal(fake.n_packets, 1);
	assert_int_equal(atomic_load(&p->b.packets_dropped), 1);
}

static void without_a_route_nothing_flows(void **state)
{
	struct pair *p = *state;

	assert_true(send(p, RTH_SLOT_AUDIO, false));
	rth_route_clear(&p->a);
	assert_false(send(p, RTH_SLOT_AUDIO, false));
	assert_int_equal(atomic_load(&p->a.packets_in), 2);
}

static void odd_packets_go_nowhere(void **state)
{
	struct pair *p = *state;
	uint8_t buf[PACKET];
	struct fake_rtp packet = {0, buf, 0};

	fill(buf, 111, 1, 1, 7, true);
	for (size_t len = 0; len < HEADER; len++)
		rth_relay_rtp(&p->a, 0, buf, len, &packet, fake_host.now_us());
	rth_relay_rtp(&p->a, -1, buf, PACKET, &packet, fake_host.now_us());
	rth_relay_rtp(&p->a, RTH_SLOT_DATA, buf, PACKET, &packet,
		      fake_host.now_us());
	rth_relay_rtcp(&p->a, -1, buf, PACKET, fake_host.now_us());
	rth_relay_rtcp(&p->a, RTH_SLOT_DATA, buf, PACKET, fake_host.now_us());
	assert_int_equal(fake.n_packets, 0);
	assert_int_equal(atomic_load(&p->a.packets_in), 0);
}

/* Header extensions and CSRCs that reach past the end are no key frames. */
static void a_header_longer_than_the_packet_is_no_key_frame(void **state)
{
	struct pair *p = *state;
	static const uint8_t firsts[] = {0x90, 0x8f, 0x9f};

	for (size_t i = 0; i < sizeof(firsts); i++) {
		for (size_t len = HEADER; len <= PACKET; len++) {
			uint8_t *buf = malloc(len);
			uint8_t full[PACKET];
			struct fake_rtp packet = {1, buf, len};

			fill(full, 96, 1, 1, 7, true);
			full[0] = firsts[i];
			memcpy(buf, full, len);
			rth_relay_rtp(&p->a, 1, buf, len, &packet,
				      fake_host.now_us());
			free(buf);
		}
	}
	assert_int_equal(fake.n_packets, 0);
}

static void a_picture_starts_with_a_key_frame(void **state)
{
	struct pair *p = *state;

	assert_false(send(p, RTH_SLOT_CAMERA, false));
	assert_int_equal(fake.n_plis, 1);
	assert_ptr_equal(fake.plis[0].handle, p->ha);
	assert_int_equal(fake.plis[0].slot, RTH_SLOT_CAMERA);
	assert_false(send(p, RTH_SLOT_CAMERA, false));
	assert_true(send(p, RTH_SLOT_CAMERA, true));
	assert_true(send(p, RTH_SLOT_CAMERA, false));
	/* the other picture waits for its own */
	assert_false(send(p, RTH_SLOT_SCREEN, false));
	assert_true(send(p, RTH_SLOT_AUDIO, false));
}

/* While none comes, it is asked for again each second. */
static void a_missing_key_frame_is_asked_for_again(void **state)
{
	struct pair *p = *state;

	for (int ms = 0; ms < 3500; ms += 10) {
		assert_false(send(p, RTH_SLOT_CAMERA, false));
		fake_advance_us(10000);
	}
	assert_int_equal(fake.n_plis, 4);
}

static void numbers_go_on_with_another_sender(void **state)
{
	struct pair *p = *state;
	uint16_t seq;
	uint32_t ts;

	assert_true(send(p, RTH_SLOT_AUDIO, false));
	seq = last_seq();
	ts = last_ts();
	p->ssrc++;
	p->seq = 60000;
	p->ts = 0x80000000;
	fake_advance_us(20000);
	assert_true(send(p, RTH_SLOT_AUDIO, false));
	assert_int_equal(last_seq(), (uint16_t)(seq + 1));
	assert_int_equal(last_ts(), ts + 960);
	assert_true(send(p, RTH_SLOT_AUDIO, false));
	assert_int_equal(last_seq(), (uint16_t)(seq + 2));
	assert_int_equal(last_ts(), ts + 2 * 960);
}

static void another_sender_at_once_is_still_later(void **state)
{
	struct pair *p = *state;
	uint32_t ts;

	assert_true(send(p, RTH_SLOT_AUDIO, false));
	ts = last_ts();
	p->ssrc++;
	p->ts = 1;
	assert_true(send(p, RTH_SLOT_AUDIO, false));
	assert_int_equal(last_ts(), ts + 1);
}

/* Over both wraps, with another sender and without. */
static void numbers_wrap_around(void **state)
{
	struct pair *p = *state;
	uint16_t seq;

	p->seq = 65530;
	p->ts = UINT32_MAX - 3000;
	assert_true(send(p, RTH_SLOT_AUDIO, false));
	for (int i = 0; i < 200; i++) {
		uint32_t ts = last_ts();

		seq = last_seq();
		if (i == 100) {
			p->ssrc++;
			p->seq = 65534;
			fake_advance_us(20000);
		}
		assert_true(send(p, RTH_SLOT_AUDIO, false));
		assert_int_equal(last_seq(), (uint16_t)(seq + 1));
		assert_int_equal(last_ts(), (uint32_t)(ts + 960));
	}
}

static void packets_of_a_former_life_are_dropped(void **state)
{
	struct pair *p = *state;

	p->seq = 2;
	assert_true(send(p, RTH_SLOT_CAMERA, true));
	assert_false(send_as(p, RTH_SLOT_CAMERA, 2, 0, true));
	assert_false(send_as(p, RTH_SLOT_CAMERA, 65535, 0, false));
	assert_true(send_as(p, RTH_SLOT_CAMERA, 5, p->ts, false));
	assert_int_equal(last_seq(), 5);
	/* reordered, and resent */
	assert_true(send_as(p, RTH_SLOT_CAMERA, 4, p->ts, false));
	assert_int_equal(last_seq(), 4);
	assert_true(send_as(p, RTH_SLOT_CAMERA, 3, p->ts, true));
	/* a late packet is not where the next sender goes on from */
	p->ssrc++;
	assert_true(send_as(p, RTH_SLOT_CAMERA, 900, 0, true));
	assert_int_equal(last_seq(), 6);
}

static void a_stream_survives_its_route(void **state)
{
	struct pair *p = *state;
	uint16_t seq;

	assert_true(send(p, RTH_SLOT_CAMERA, true));
	seq = last_seq();
	rth_route_clear(&p->a);
	route(&p->a, &p->b, 96, 122);
	assert_true(send(p, RTH_SLOT_CAMERA, false));
	assert_int_equal(last_seq(), (uint16_t)(seq + 1));
	assert_int_equal(last()->bytes[1] & 0x7f, 122);
}

static void rtcp(struct pair *p, int slot, uint8_t type, uint8_t format)
{
	uint8_t buf[12 + 12 + 8] = {0x80,
				    201,
				    0,
				    1,
				    0,
				    0,
				    0,
				    1, /* empty receiver report */
				    (uint8_t)(0x80 | format),
				    type,
				    0,
				    2};

	rth_relay_rtcp(&p->b, slot, buf, 20, fake_host.now_us());
}

/* However many wishes there are, one PLI in its time, and none is lost. */
static void wishes_are_paced(void **state)
{
	struct pair *p = *state;
	int64_t last_us = 0;

	assert_true(send(p, RTH_SLOT_CAMERA, true));
	assert_true(send(p, RTH_SLOT_SCREEN, true));
	for (int64_t us = 0; us < 5 * RTH_KEY_FRAME_EVERY_US; us += 5000) {
		rtcp(p, RTH_SLOT_CAMERA, 206, us % 10000 ? 1 : 4);
		assert_true(send(p, RTH_SLOT_CAMERA, false));
		fake_advance_us(5000);
	}
	assert_int_equal(fake.n_plis, 5);
	for (size_t i = 0; i < fake.n_plis; i++) {
		assert_int_equal(fake.plis[i].slot, RTH_SLOT_CAMERA);
		assert_ptr_equal(fake.plis[i].handle, p->ha);
		assert_true(fake.plis[i].at_us - last_us >=
			    RTH_KEY_FRAME_EVERY_US);
		last_us = fake.plis[i].at_us;
	}
}

static void an_early_wish_is_kept(void **state)
{
	struct pair *p = *state;

	assert_true(send(p, RTH_SLOT_CAMERA, true));
	rtcp(p, RTH_SLOT_CAMERA, 206, 1);
	fake_advance_us(100000);
	rtcp(p, RTH_SLOT_CAMERA, 206, 1);
	assert_int_equal(fake.n_plis, 1);
	fake_advance_us(100000);
	send(p, RTH_SLOT_CAMERA, false);
	assert_int_equal(fake.n_plis, 1);
	fake_advance_us(RTH_KEY_FRAME_EVERY_US - 200000);
	send(p, RTH_SLOT_CAMERA, false);
	assert_int_equal(fake.n_plis, 2);
	fake_advance_us(500000);
	send(p, RTH_SLOT_CAMERA, false);
	assert_int_equal(fake.n_plis, 2);
}

static void other_rtcp_wishes_nothing(void **state)
{
	struct pair *p = *state;
	uint8_t longer[] = {0x81, 206, 0, 200, 0, 0, 0, 1, 0, 0, 0, 2};
	uint8_t shorter[] = {0x81, 206, 0, 1, 0, 0, 0, 1};

	rtcp(p, RTH_SLOT_CAMERA, 205, 1); /* NACK */
	rtcp(p, RTH_SLOT_CAMERA, 206, 15);
	rtcp(p, RTH_SLOT_AUDIO, 206, 1);
	rth_relay_rtcp(&p->b, 1, longer, sizeof(longer), fake_host.now_us());
	rth_relay_rtcp(&p->b, 1, shorter, sizeof(shorter), fake_host.now_us());
	rth_relay_rtcp(&p->b, 1, shorter, 3, fake_host.now_us());
	rth_relay_rtcp(&p->b, 1, shorter, 0, fake_host.now_us());
	assert_int_equal(fake.n_plis, 0);
	rth_route_clear(&p->b);
	rtcp(p, RTH_SLOT_CAMERA, 206, 1);
	assert_int_equal(fake.n_plis, 0);
}

/* A receiver that can take 100 kbit/s: its sender hears so. */
static void the_receivers_limit_reaches_the_sender(void **state)
{
	struct pair *p = *state;
	uint8_t remb[] = {0x80, 201, 0, 1,   0,	   0,	 0, 1, 0x8f, 206, 0,
			  5,	0,   0, 0,   1,	   0,	 0, 0, 0,    'R', 'E',
			  'M',	'B', 1, 0x0, 0x00, 0x00, 0, 0, 0,    2};
	uint32_t bps = 100000; /* mantissa 50000, exponent 1 */

	remb[25] = 1 << 2;
	remb[26] = (uint8_t)(bps / 2 >> 8);
	remb[27] = (uint8_t)(bps / 2);
	assert_true(send(p, RTH_SLOT_CAMERA, true));
	rth_relay_rtcp(&p->b, RTH_SLOT_CAMERA, remb, sizeof(remb),
		       fake_host.now_us());
	assert_int_equal(fake.n_rembs, 1);
	assert_ptr_equal(fake.rembs[0].handle, p->ha);
	assert_int_equal(fake.rembs[0].bps, bps);
}

/* Transport-wide feedback: packet number `seq` has arrived. */
static void feedback(struct pair *p, uint8_t seq, uint8_t reference)
{
	uint8_t buf[] = {0x8f, 205, 0, 5, 0, 0, 0,	   1, 0,    0, 0, 2,
			 0,    seq, 0, 1, 0, 0, reference, 0, 0x20, 1, 4, 0};

	rth_relay_rtcp(&p->b, RTH_SLOT_CAMERA, buf, sizeof(buf),
		       fake_host.now_us());
}

/* What was asked for has to travel to the receiver before it is missed. */
static void a_long_line_is_given_its_time(void **state)
{
	struct pair *p = *state;

	assert_true(send(p, RTH_SLOT_CAMERA, true));
	fake_advance_us(100000);
	feedback(p, 1, 1);
	for (int ms = 0; ms < 1000; ms += 10) {
		rtcp(p, RTH_SLOT_CAMERA, 206, 1);
		fake_advance_us(10000);
	}
	assert_int_equal(fake.n_plis, 3);
	assert_int_equal(fake.plis[1].at_us - fake.plis[0].at_us,
			 RTH_KEY_FRAME_EVERY_US + 100000);
}

/* A report of something long past is no reason to ask without a pause. */
static void an_old_report_hurries_nothing(void **state)
{
	struct pair *p = *state;

	assert_true(send(p, RTH_SLOT_CAMERA, true));
	fake_advance_us(INT64_C(2400) * 1000000);
	feedback(p, 1, 1);
	fake.n_plis = 0;
	for (int ms = 0; ms < 1000; ms += 10) {
		rtcp(p, RTH_SLOT_CAMERA, 206, 1);
		fake_advance_us(10000);
	}
	assert_in_range(fake.n_plis, 1, 4);
}

/*
 * A receiver that says nothing for a while gets a packet now and then, so that
 * it has something to report; when it does, the picture comes back.
 */
static void a_picture_comes_back_after_silence(void **state)
{
	struct pair *p = *state;
	size_t n;

	assert_true(send(p, RTH_SLOT_CAMERA, true));
	fake_advance_us(20000);
	feedback(p, 1, 1);
	for (int ms = 0; ms < 3000; ms += 20) {
		send(p, RTH_SLOT_CAMERA, false);
		fake_advance_us(20000);
	}
	n = fake.n_packets;
	for (int ms = 0; ms < 2000; ms += 20) {
		send(p, RTH_SLOT_CAMERA, false);
		fake_advance_us(20000);
	}
	assert_in_range(fake.n_packets - n, 4, 20);
	n = fake.n_packets;
	feedback(p, (uint8_t)n, 80);
	fake_advance_us(1000000);
	fake.n_plis = 0;
	assert_false(send(p, RTH_SLOT_CAMERA, false));
	assert_int_equal(fake.n_plis, 2);
	n = last_seq();
	assert_true(send(p, RTH_SLOT_CAMERA, true));
	assert_int_equal(last_seq(), (uint16_t)(n + 1));
	assert_true(send(p, RTH_SLOT_CAMERA, false));
}

/*
 * Sends packets 1, 2 and 6 to 40 of a picture, 20 ms apart, and at last those
 * of 3 to 5 that came late.
 */
static void send_with_a_hole(struct pair *p, int late)
{
	for (uint16_t seq = 1; seq <= 40; seq++) {
		if (seq < 3 || seq > 5)
			assert_true(send_as(p, RTH_SLOT_CAMERA, seq,
					    90u * 20 * seq, seq == 1));
		for (int i = 0; seq == 10 && i < late; i++)
			assert_true(
				send_as(p, RTH_SLOT_CAMERA, (uint16_t)(3 + i),
					90u * 20 * (3u + (unsigned)i), false));
		fake_advance_us(20000);
	}
}

static void a_hole_that_stays_asks_for_a_key_frame(void **state)
{
	struct pair *p = *state;

	send_with_a_hole(p, 2);
	assert_int_equal(fake.n_plis, 1);
	assert_int_equal(fake.plis[0].slot, RTH_SLOT_CAMERA);
	assert_ptr_equal(fake.plis[0].handle, p->ha);
}

static void a_hole_that_is_filled_asks_for_nothing(void **state)
{
	send_with_a_hole(*state, 3);
	assert_int_equal(fake.n_plis, 0);
}

/* To a browser without RED goes again what is near, and nothing else. */
static void what_is_long_past_is_not_sent_again(void **state)
{
	struct pair *p = *state;
	uint8_t rr[] = {0x81, 201, 0, 7, 0, 0, 0, 1, 0, 0, 0, 9, 80, 0, 0, 0,
			0,    0,   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0, 0, 0};
	size_t n;

	rth_relay_rtcp(&p->b, RTH_SLOT_AUDIO, rr, sizeof(rr),
		       fake_host.now_us());
	for (int i = 0; i < 4; i++)
		assert_true(send(p, RTH_SLOT_AUDIO, false));
	n = fake.n_packets;
	assert_true(send(p, RTH_SLOT_AUDIO, false));
	assert_int_equal(fake.n_packets, n + 4);
	p->ts += 48000;
	assert_true(send(p, RTH_SLOT_AUDIO, false));
	assert_int_equal(fake.n_packets, n + 5);
	p->ts -= 10 * 48000;
	assert_true(send(p, RTH_SLOT_AUDIO, false));
	assert_int_equal(fake.n_packets, n + 6);
	assert_true(send(p, RTH_SLOT_AUDIO, false));
	assert_int_equal(fake.n_packets, n + 8);
}

/* 40 bytes each 50 ms, and after a second they wait for half a second. */
static void pause_the_picture(struct pair *p)
{
	for (int i = 0; i < 60 && !atomic_load(&p->b.voice_only); i++) {
		(void)send(p, RTH_SLOT_CAMERA, i == 0);
		feedback(p, (uint8_t)(i + 1),
			 (uint8_t)((i * 50 + (i < 20 ? 0 : 500)) / 64));
		fake_advance_us(50000);
	}
	assert_true(atomic_load(&p->b.voice_only));
}

/* Speaks for three seconds; how many packets come in the camera's slot. */
static size_t count_padding(struct pair *p)
{
	size_t n = 0, from = fake.n_packets;

	for (int i = 0; i < 150; i++) {
		(void)send(p, RTH_SLOT_AUDIO, false);
		fake_advance_us(20000);
	}
	for (size_t i = from; i < fake.n_packets; i++)
		n += fake.packets[i].slot == RTH_SLOT_CAMERA;
	return n;
}

static void without_a_codec_there_is_no_padding(void **state)
{
	struct pair *p = *state;

	pause_the_picture(p);
	assert_true(count_padding(p) > 0);
	route(&p->a, &p->b, RTH_PT_OFF, 0);
	assert_int_equal(count_padding(p), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(only_the_payload_type_changes),
		TEST(both_ways_have_their_own_payload_types),
		TEST(without_a_route_nothing_flows),
		TEST(odd_packets_go_nowhere),
		TEST(a_header_longer_than_the_packet_is_no_key_frame),
		TEST(a_picture_starts_with_a_key_frame),
		TEST(a_missing_key_frame_is_asked_for_again),
		TEST(numbers_go_on_with_another_sender),
		TEST(another_sender_at_once_is_still_later),
		TEST(numbers_wrap_around),
		TEST(packets_of_a_former_life_are_dropped),
		TEST(a_stream_survives_its_route),
		TEST(wishes_are_paced),
		TEST(an_early_wish_is_kept),
		TEST(other_rtcp_wishes_nothing),
		TEST(the_receivers_limit_reaches_the_sender),
		TEST(a_long_line_is_given_its_time),
		TEST(an_old_report_hurries_nothing),
		TEST(a_picture_comes_back_after_silence),
		TEST(a_hole_that_stays_asks_for_a_key_frame),
		TEST(a_hole_that_is_filled_asks_for_nothing),
		TEST(what_is_long_past_is_not_sent_again),
		TEST(without_a_codec_there_is_no_padding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
