/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packets of a voice, plain or as RED, and what is written of them again.
 *
 * Each packet in the input: two bytes for the length, and the bytes. Each frame
 * lies within its packet, no number comes twice in a row of packets, and what
 * is written as RED is read as it was.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rtp.h"
#include "voice.h"

#define OPUS 111
#define RED 63

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(int right)
{
	if (!right)
		abort();
}

/* What is written of a frame comes back as the last one that is read. */
static void write_and_read(const struct rth_voice_out *out, unsigned again,
			   const struct rth_voice_frame *frame)
{
	uint8_t packet[RTH_RTP_HEAD_BYTES + RTH_VOICE_PACKET_BYTES] = {
		0x80, RED, [11] = 1};
	struct rth_voice_frame frames[RTH_VOICE_FRAMES];
	struct rth_voice_in in = {.ssrc = 0};
	size_t n = rth_voice_red(out, again, OPUS, frame->ts, frame,
				 packet + RTH_RTP_HEAD_BYTES,
				 RTH_VOICE_PACKET_BYTES);
	unsigned found;

	expect(n <= RTH_VOICE_PACKET_BYTES);
	if (!n)
		return;
	rth_put32(packet + 4, frame->ts);
	found = rth_voice_read(&in, OPUS, RED, packet, RTH_RTP_HEAD_BYTES + n,
			       frames);
	expect(found >= 1 && found <= RTH_VOICE_FRAMES);
	expect(frames[found - 1].ts == frame->ts);
	expect(frames[found - 1].n == frame->n);
	expect(!memcmp(frames[found - 1].p, frame->p, frame->n));
}

static void take(struct rth_voice_in *in, struct rth_voice_out *out,
		 const uint8_t *packet, size_t len)
{
	struct rth_voice_frame frames[RTH_VOICE_FRAMES];
	unsigned n = rth_voice_read(in, OPUS, RED, packet, len, frames);

	expect(n <= RTH_VOICE_FRAMES);
	for (unsigned i = 0; i < n; i++) {
		expect(frames[i].n > 0 && frames[i].p > packet &&
		       frames[i].p + frames[i].n <= packet + len);
		expect(!i || (int16_t)(frames[i].seq - frames[i - 1].seq) > 0);
		write_and_read(out, RTH_VOICE_AGAIN, &frames[i]);
		rth_voice_keep(out, frames[i].ts, &frames[i]);
	}
	/* What has come is known. */
	expect(rth_voice_read(in, OPUS, RED, packet, len, frames) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rth_voice_in in = {.ssrc = 0};
	struct rth_voice_out out = {.newest = 0};

	while (size >= 2) {
		size_t len = (size_t)data[0] << 8 | data[1];
		uint8_t *packet;

		data += 2;
		size -= 2;
		len = len > size ? size : len;
		packet = malloc(len ? len : 1);
		if (!packet)
			break;
		memcpy(packet, data, len);
		take(&in, &out, packet, len);
		free(packet);
		data += len;
		size -= len;
	}
	return 0;
}
