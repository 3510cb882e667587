/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a forwarded packet costs in the plugin itself: a route between two
 * ports over a host that does nothing. Prints one line of JSON.
 *
 * Usage: bench_relay [PACKETS [off|tap|stalled]]
 *
 * tap: it is recorded, and the ring is emptied now and then, which is not
 * counted; stalled: nobody empties the ring.
 *
 * For instructions a packet:
 *   valgrind --tool=callgrind --toggle-collect=rth_relay_rtp \
 *       bench_relay 100000 tap
 * and divide by three times the number (audio, camera, screen).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "feed_record.h"
#include "relay.h"
#include "tap.h"

#define RING_BYTES (8 << 20)
#define PACKETS 4000000
#define PACKET_BYTES 1200
#define BATCH 64 /* packets at one reading of the clock */

static unsigned long relayed;

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static void relay_rtp(void *handle, void *packet)
{
	(void)handle;
	(void)packet;
	relayed++;
}

static void relay_bytes(void *handle, void *packet, int slot, uint8_t *buf,
			size_t len)
{
	(void)handle;
	(void)packet;
	(void)slot;
	(void)buf;
	(void)len;
	relayed++;
}

static void send_pli(void *handle, int slot)
{
	(void)handle;
	(void)slot;
}

static const struct rth_host host = {
	.now_us = now_us,
	.relay_rtp = relay_rtp,
	.relay_bytes = relay_bytes,
	.send_pli = send_pli,
};

static void fill(uint8_t *buf, uint8_t pt, uint8_t ssrc)
{
	memset(buf, 0, PACKET_BYTES);
	buf[0] = 0x80;
	buf[1] = pt;
	buf[11] = ssrc;
	buf[12] = 0x10; /* VP8, the start of a key frame */
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static struct rth_tap *drained; /* NULL: no ring, or nobody empties it */

static void drain(void)
{
	const uint8_t *record;

	while (drained && rth_tap_first(drained, &record) > 0)
		rth_tap_drop(drained);
}

/* Sends so many packets in a slot; gives nanoseconds a packet. */
static double run(struct rth_port *from, int slot, uint8_t pt, long packets)
{
	uint8_t buf[PACKET_BYTES];
	int64_t spent_ns = 0;

	fill(buf, pt, (uint8_t)(slot + 1));
	for (long i = 0; i < packets; i += BATCH) {
		int64_t begin_ns = now_ns();
		int64_t at_us = begin_ns / 1000;

		for (long n = i; n < i + BATCH && n < packets; n++) {
			buf[2] = (uint8_t)(n >> 8);
			buf[3] = (uint8_t)n;
			rth_relay_rtp(from, slot, buf, sizeof(buf), buf, at_us);
		}
		spent_ns += now_ns() - begin_ns;
		drain();
	}
	return (double)spent_ns / (double)packets;
}

int main(int argc, char *argv[])
{
	static struct rth_port from, to;
	struct rth_route route = {
		.peer = &to,
		.slot[RTH_SLOT_AUDIO] = {.pt_in = 111,
					 .pt_out = 109,
					 .clock_hz = 48000},
		.slot[RTH_SLOT_CAMERA] = {.pt_in = 96,
					  .pt_out = 120,
					  .clock_hz = 90000,
					  .is_key = rth_keyframe_vp8},
		.slot[RTH_SLOT_SCREEN] = {.pt_in = 96,
					  .pt_out = 120,
					  .clock_hz = 90000,
					  .is_key = rth_keyframe_vp8},
	};
	long packets = argc > 1 ? atol(argv[1]) : PACKETS;
	const char *mode = argc > 2 ? argv[2] : "off";
	struct rth_tap *tap = NULL;
	const uint8_t codecs[] = {RTH_FEED_OPUS, RTH_FEED_VP8, RTH_FEED_VP8};
	double ns[RTH_RTP_SLOTS];

	rth_port_init(&from, &host, NULL);
	rth_port_init(&to, &host, NULL);
	if (packets <= 0 || rth_port_renew_limit(&to))
		return 1;
	if (strcmp(mode, "off") != 0) {
		if (rth_tap_create(&tap, 0, RING_BYTES))
			return 1;
		route.tap = tap;
		memcpy(route.tap_codec, codecs, sizeof(codecs));
	}
	drained = strcmp(mode, "tap") == 0 ? tap : NULL;
	rth_route_publish(&from, &route);
	ns[0] = run(&from, RTH_SLOT_AUDIO, 111, packets);
	ns[1] = run(&from, RTH_SLOT_CAMERA, 96, packets);
	ns[2] = run(&from, RTH_SLOT_SCREEN, 96, packets);
	printf("{\"packets\":%lu,\"audio_ns\":%.1f,\"camera_ns\":%.1f,"
	       "\"screen_ns\":%.1f}\n",
	       relayed, ns[0], ns[1], ns[2]);
	rth_route_clear(&from);
	rth_port_clear(&to);
	rth_tap_free(tap);
	return relayed == 3 * (unsigned long)packets ? 0 : 1;
}
