/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Synthetic browsers. See synth.h.
 */
#include "synth.h"

#include "support.h"

#include "picture.h"
#include "rtp.h"

#define NTP_1970 INT64_C(2208988800)
#define PAYLOAD_BYTES 200
#define AGAIN_US 100000

struct synth {
	uint64_t seed;
	uint64_t order;
	struct synth_packet **heap;
	size_t n, size;
	struct synth_packet *given;
};

struct synth *synth_create(unsigned seed)
{
	struct synth *synth = calloc(1, sizeof(*synth));

	assert_non_null(synth);
	synth->seed = seed * 2654435761u + 88172645463325252ull;
	return synth;
}

void synth_free(struct synth *synth)
{
	for (size_t i = 0; i < synth->n; i++)
		free(synth->heap[i]);
	free(synth->given);
	free(synth->heap);
	free(synth);
}

double synth_random(struct synth *synth)
{
	synth->seed ^= synth->seed << 13;
	synth->seed ^= synth->seed >> 7;
	synth->seed ^= synth->seed << 17;
	return (double)(synth->seed >> 11) / 9007199254740992.0;
}

static bool before(const struct synth_packet *a, const struct synth_packet *b)
{
	if (a->time_us != b->time_us)
		return a->time_us < b->time_us;
	return a->order < b->order;
}

static void swap(struct synth *synth, size_t a, size_t b)
{
	struct synth_packet *packet = synth->heap[a];

	synth->heap[a] = synth->heap[b];
	synth->heap[b] = packet;
}

static void push(struct synth *synth, struct synth_packet *packet)
{
	size_t at = synth->n;

	if (synth->n == synth->size) {
		synth->size = synth->size ? 2 * synth->size : 256;
		synth->heap =
			realloc(synth->heap, synth->size * sizeof(packet));
		assert_non_null(synth->heap);
	}
	packet->order = synth->order++;
	synth->heap[synth->n++] = packet;
	for (; at && before(synth->heap[at], synth->heap[(at - 1) / 2]);
	     at = (at - 1) / 2)
		swap(synth, at, (at - 1) / 2);
}

static struct synth_packet *pop(struct synth *synth)
{
	struct synth_packet *packet = synth->heap[0];
	size_t at = 0;

	synth->heap[0] = synth->heap[--synth->n];
	for (;;) {
		size_t least = at;

		for (size_t i = 2 * at + 1; i <= 2 * at + 2; i++)
			if (i < synth->n &&
			    before(synth->heap[i], synth->heap[least]))
				least = i;
		if (least == at)
			return packet;
		swap(synth, at, least);
		at = least;
	}
}

const struct synth_packet *synth_next(struct synth *synth, int64_t now_us)
{
	free(synth->given);
	synth->given = NULL;
	if (synth->n && synth->heap[0]->time_us <= now_us)
		synth->given = pop(synth);
	return synth->given;
}

/* Sends bytes over the network of their person, or loses them. */
static void send(struct synth *synth, struct synth_stream *stream,
		 int64_t now_us, bool rtcp, const uint8_t *bytes, size_t len)
{
	const struct synth_net *net = &stream->person->net;
	double loss = rtcp ? net->report_loss : net->loss;
	struct synth_packet *packet;
	int64_t more_us = 0;

	stream->sent += !rtcp;
	if (synth_random(synth) < loss) {
		if (rtcp || synth_random(synth) >= net->again) {
			stream->lost += !rtcp;
			return;
		}
		more_us = (int64_t)(AGAIN_US * (1 + synth_random(synth)));
	}
	if (net->down && net->down(now_us))
		return;
	if (net->queue_us)
		more_us += net->queue_us(now_us);
	packet = calloc(1, sizeof(*packet));
	assert_non_null(packet);
	assert_true(len <= sizeof(packet->bytes));
	packet->time_us =
		now_us + net->delay_us + more_us +
		(int64_t)((double)net->jitter_us * synth_random(synth));
	packet->lane = stream->lane;
	packet->slot = stream->slot;
	packet->codec = stream->codec;
	packet->rtcp = rtcp;
	packet->len = len;
	memcpy(packet->bytes, bytes, len);
	push(synth, packet);
}

/* The sender's wall clock. */
static double wall_us(const struct synth_stream *stream, int64_t now_us)
{
	return (double)now_us * (1 + stream->person->ppm / 1e6) +
	       (double)stream->person->epoch_us;
}

static uint32_t rtp_time(const struct synth_stream *stream, int64_t now_us)
{
	double us =
		(wall_us(stream, now_us) - (double)stream->person->epoch_us) *
			(1 + stream->ppm / 1e6) -
		(double)stream->stood_us;

	return stream->rtp0 +
	       (uint32_t)(int64_t)(us * stream->clock_hz / 1e6 + 0.5);
}

void synth_rtp(struct synth *synth, struct synth_stream *stream,
	       int64_t made_us, const void *payload, size_t len, bool marker)
{
	uint8_t packet[1500];

	assert_true(len + RTH_RTP_HEAD_BYTES <= sizeof(packet));
	packet[0] = 0x80;
	packet[1] = (uint8_t)(stream->type | (marker ? 0x80 : 0));
	rth_put16(packet + 2, stream->seq++);
	rth_put32(packet + 4, rtp_time(stream, made_us));
	rth_put32(packet + 8, stream->ssrc);
	memcpy(packet + RTH_RTP_HEAD_BYTES, payload, len);
	send(synth, stream, made_us + stream->lag_us, false, packet,
	     len + RTH_RTP_HEAD_BYTES);
}

/* RFC 6716 section 3.2.5: code 3, one frame, padding. */
void synth_opus(struct synth *synth, struct synth_stream *stream,
		int64_t made_us)
{
	uint8_t frame[5 + SYNTH_TRUTH_BYTES] = {0xfb, 0x41, SYNTH_TRUTH_BYTES,
						0xff, 0xfe};

	memcpy(frame + 5, &made_us, SYNTH_TRUTH_BYTES);
	synth_rtp(synth, stream, made_us, frame, sizeof(frame), false);
}

void synth_vp8(struct synth *synth, struct synth_stream *stream,
	       int64_t made_us, const uint8_t *frame, size_t len)
{
	uint8_t whole[8192];
	size_t at = 0;

	assert_true(len + SYNTH_TRUTH_BYTES <= sizeof(whole));
	memcpy(whole, frame, len);
	memcpy(whole + len, &made_us, SYNTH_TRUTH_BYTES);
	len += SYNTH_TRUTH_BYTES;
	stream->picture_id = (stream->picture_id + 1) & 0x7fff;
	while (at < len) {
		size_t n = len - at < PAYLOAD_BYTES ? len - at : PAYLOAD_BYTES;
		uint8_t payload[4 + PAYLOAD_BYTES] = {at ? 0x80 : 0x90, 0x80};

		rth_put16(payload + 2, stream->picture_id | 0x8000);
		memcpy(payload + 4, whole + at, n);
		at += n;
		synth_rtp(synth, stream, made_us, payload, n + 4, at == len);
	}
}

/* RFC 6184 section 5.8. */
static void send_fu(struct synth *synth, struct synth_stream *stream,
		    int64_t made_us, const uint8_t *nal, size_t len, bool last)
{
	for (size_t at = 1; at < len;) {
		size_t n = len - at < PAYLOAD_BYTES ? len - at : PAYLOAD_BYTES;
		uint8_t payload[2 + PAYLOAD_BYTES];

		payload[0] = (nal[0] & 0xe0) | 28;
		payload[1] = (uint8_t)((nal[0] & 31) | (at == 1 ? 0x80 : 0) |
				       (at + n == len ? 0x40 : 0));
		memcpy(payload + 2, nal + at, n);
		at += n;
		synth_rtp(synth, stream, made_us, payload, n + 2,
			  last && at == len);
	}
}

void synth_h264(struct synth *synth, struct synth_stream *stream,
		int64_t made_us, const uint8_t *frame, size_t len)
{
	uint8_t stap[512] = {24};
	size_t n, at = 0, used = 1;
	const uint8_t *nal;

	while ((nal = rth_picture_nal(frame, len, &at, &n))) {
		unsigned type = nal[0] & 31;

		if (type == 9)
			continue;
		if (type == 7 || type == 8) {
			assert_true(used + 2 + n <= sizeof(stap));
			rth_put16(stap + used, (uint16_t)n);
			memcpy(stap + used + 2, nal, n);
			used += 2 + n;
			continue;
		}
		if (used > 1)
			synth_rtp(synth, stream, made_us, stap, used, false);
		used = 1;
		if (n > PAYLOAD_BYTES)
			send_fu(synth, stream, made_us, nal, n, at == len);
		else
			synth_rtp(synth, stream, made_us, nal, n, at == len);
	}
}

void synth_vp9(struct synth *synth, struct synth_stream *stream,
	       int64_t made_us, const uint8_t *frame, size_t len, bool key,
	       bool flexible)
{
	stream->picture_id = (stream->picture_id + 1) & 0x7fff;
	for (size_t at = 0; at < len;) {
		size_t n = len - at < PAYLOAD_BYTES ? len - at : PAYLOAD_BYTES;
		uint8_t p[32 + PAYLOAD_BYTES];
		size_t used = 3;

		/* I, L; P, F, B, E, V */
		p[0] = (uint8_t)(0xa0 | (key ? 0 : 0x40) |
				 (flexible ? 0x10 : 0) | (at ? 0 : 8) |
				 (at + n == len ? 4 : 0) |
				 (key && !at ? 2 : 0));
		rth_put16(p + 1, stream->picture_id | 0x8000);
		p[used++] = 0; /* layers */
		if (!flexible)
			p[used++] = (uint8_t)stream->picture_id;
		else if (!key)
			p[used++] = 1 << 1;
		if (key && !at) {
			static const uint8_t structure[] = {0x18, 0, 64,   0,
							    48,	  1, 0x04, 1};

			memcpy(p + used, structure, sizeof(structure));
			used += sizeof(structure);
		}
		memcpy(p + used, frame + at, n);
		at += n;
		synth_rtp(synth, stream, made_us, p, used + n, at == len);
	}
}

/* An OBU of at most 127 bytes without a size is enough for these clips' heads;
   longer ones are last in their packet. Returns its place behind its size. */
static size_t obu(const uint8_t *p, size_t len, size_t *headp, size_t *np)
{
	size_t head = p[0] & 4 ? 2 : 1, size = 0, n = 0;

	do {
		assert_true(head + n < len);
		size |= (size_t)(p[head + n] & 0x7f) << 7 * n;
	} while (p[head + n++] & 0x80);
	assert_true(head + n + size <= len);
	*headp = head;
	*np = size;
	return head + n;
}

void synth_av1(struct synth *synth, struct synth_stream *stream,
	       int64_t made_us, const uint8_t *frame, size_t len)
{
	uint8_t p[1 + PAYLOAD_BYTES] = {0x10};
	size_t used = 1;
	bool begun = false; /* the packet begins with the rest of an OBU */

	for (size_t at = 0; at < len;) {
		size_t head, n, from = obu(frame + at, len - at, &head, &n);
		uint8_t whole[8192];
		bool last = at + from + n == len;

		memcpy(whole, frame + at, head);
		whole[0] &= (uint8_t)~2u;
		memcpy(whole + head, frame + at + from, n);
		n += head;
		at += from + n - head;
		if ((whole[0] >> 3 & 15) == 2)
			continue;
		if (!last) {
			/* With its size; what follows shares the packet. */
			assert_true(n < 128 && used == 1);
			p[used++] = (uint8_t)n;
			memcpy(p + used, whole, n);
			used += n;
			p[0] = 0x20;
			continue;
		}
		for (size_t k = 0; k < n;) {
			size_t room = sizeof(p) - used;
			size_t m = n - k < room ? n - k : room;

			p[0] |= (begun ? 0x80 : 0) | (k + m < n ? 0x40 : 0);
			memcpy(p + used, whole + k, m);
			k += m;
			synth_rtp(synth, stream, made_us, p, used + m, k == n);
			used = 1;
			p[0] = 0x10;
			begun = true;
		}
	}
}

void synth_report(struct synth *synth, struct synth_stream *stream,
		  int64_t now_us)
{
	uint8_t report[28] = {0x80, 200, 0, 6};
	double us = wall_us(stream, now_us);
	int64_t whole = (int64_t)us / 1000000;
	double part = us / 1e6 - (double)whole;

	rth_put32(report + 4, stream->ssrc);
	rth_put32(report + 8, (uint32_t)(whole + NTP_1970));
	rth_put32(report + 12, (uint32_t)(part * 4294967295.0));
	rth_put32(report + 16, rtp_time(stream, now_us - stream->told_us));
	send(synth, stream, now_us, true, report, sizeof(report));
}

int64_t synth_truth(const uint8_t *data, size_t len)
{
	int64_t made_us;

	assert_true(len >= SYNTH_TRUTH_BYTES);
	memcpy(&made_us, data + len - SYNTH_TRUTH_BYTES, SYNTH_TRUTH_BYTES);
	return made_us;
}

static void read_ivf(struct synth_clip *clip, size_t len)
{
	for (size_t at = 32; at + 12 <= len && clip->n < 64; clip->n++) {
		const uint8_t *p = clip->bytes + at;
		size_t n =
			(size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16;

		assert_true(at + 12 + n <= len);
		clip->frame[clip->n].data = p + 12;
		clip->frame[clip->n].len = n;
		at += 12 + n;
	}
}

static void read_annexb(struct synth_clip *clip, size_t len)
{
	static const uint8_t aud[] = {0, 0, 0, 1, 9};

	for (size_t at = 0; at < len && clip->n < 64; clip->n++) {
		const uint8_t *p = clip->bytes + at;
		const uint8_t *end =
			memmem(p + 1, len - at - 1, aud, sizeof(aud));

		clip->frame[clip->n].data = p;
		clip->frame[clip->n].len = end ? (size_t)(end - p) : len - at;
		at += clip->frame[clip->n].len;
	}
}

void synth_clip_read(struct synth_clip *clip, const char *name)
{
	size_t len;

	memset(clip, 0, sizeof(*clip));
	clip->bytes = (uint8_t *)test_read(name, &len);
	if (!memcmp(clip->bytes, "DKIF", 4))
		read_ivf(clip, len);
	else
		read_annexb(clip, len);
	assert_true(clip->n > 1);
}

void synth_clip_free(struct synth_clip *clip)
{
	free(clip->bytes);
}
