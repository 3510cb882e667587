/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads RTCP. Every length is checked against what is left before a byte is
 * read; transport-wide feedback is walked once to see that it is whole, and
 * only then told.
 */
#include <string.h>

#include "rtcp.h"

#define HEADER_BYTES 4
#define BLOCK_BYTES 24
#define FEEDBACK_BYTES 20 /* up to the first chunk */
#define FEEDBACK_MIN 12	  /* of any kind */

enum {
	PT_SR = 200,
	PT_RR = 201,
	PT_RTPFB = 205,
	PT_PSFB = 206,
	FMT_PLI = 1,
	FMT_FIR = 4,
	FMT_TRANSPORT_CC = 15,
	FMT_APPLICATION = 15,
};

/* One packet of the compound. */
struct packet {
	const uint8_t *p;
	size_t n; /* without padding */
	unsigned count;
	unsigned type;
};

/* Walks the status chunks of transport-wide feedback. */
struct chunks {
	const uint8_t *at, *end;
	unsigned left; /* statuses still to come */
	unsigned in_chunk;
	unsigned chunk;
};

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* Vector chunks hold 14 symbols of one bit or 7 of two. */
static unsigned vector_symbols(unsigned chunk)
{
	return chunk & 0x4000 ? 7 : 14;
}

static bool next_chunk(struct chunks *c)
{
	if (c->end - c->at < 2)
		return false;
	c->chunk = get16(c->at);
	c->at += 2;
	c->in_chunk = c->chunk & 0x8000 ? vector_symbols(c->chunk)
					: c->chunk & 0x1fff;
	return c->in_chunk > 0;
}

/* The next symbol, 0..3, or -1 when the chunks end too early. */
static int next_symbol(struct chunks *c)
{
	unsigned chunk;

	if (c->in_chunk == 0 && !next_chunk(c))
		return -1;
	c->in_chunk--;
	c->left--;
	chunk = c->chunk;
	if (!(chunk & 0x8000))
		return (int)(chunk >> 13 & 3);
	if (chunk & 0x4000)
		return (int)(chunk >> (2 * c->in_chunk) & 3);
	return (int)(chunk >> c->in_chunk & 1);
}

/* Bytes of arrival time that a symbol brings: 1 small, 2 large or negative. */
static unsigned delta_bytes(int symbol)
{
	return symbol == 1 || symbol == 2 ? (unsigned)symbol : 0;
}

static int32_t read_delta(const uint8_t *p, int symbol)
{
	return symbol == 1 ? p[0] : (int16_t)get16(p);
}

/* Where the arrival times begin; NULL when the feedback is not whole. */
static const uint8_t *find_deltas(struct chunks c)
{
	size_t bytes = 0;

	while (c.left > 0) {
		int symbol = next_symbol(&c);

		if (symbol < 0)
			return NULL;
		bytes += delta_bytes(symbol);
	}
	return (size_t)(c.end - c.at) < bytes ? NULL : c.at;
}

static void read_transport_cc(const struct packet *packet,
			      const struct rth_rtcp_reader *reader, void *arg)
{
	struct chunks c = {packet->p + FEEDBACK_BYTES, packet->p + packet->n, 0,
			   0, 0};
	const uint8_t *delta;
	struct rth_rtcp_status status;

	if (packet->n < FEEDBACK_BYTES)
		return;
	status.seq = (uint16_t)get16(packet->p + 12);
	c.left = get16(packet->p + 14);
	if (c.left == 0 || c.left > RTH_RTCP_MAX_STATUSES)
		return;
	delta = find_deltas(c);
	if (!delta)
		return;
	reader->feedback(arg, get32(packet->p + 16) >> 8);
	while (c.left > 0) {
		int symbol = next_symbol(&c);
		unsigned bytes = delta_bytes(symbol);

		status.received = bytes > 0;
		status.delta = bytes ? read_delta(delta, symbol) : 0;
		delta += bytes;
		reader->status(arg, &status);
		status.seq++;
	}
	reader->feedback_end(arg);
}

static void read_remb(const struct packet *packet,
		      const struct rth_rtcp_reader *reader, void *arg)
{
	unsigned exponent;
	uint64_t mantissa;

	if (packet->n < 20 || memcmp(packet->p + 12, "REMB", 4) != 0)
		return;
	exponent = packet->p[17] >> 2;
	mantissa = (uint64_t)(packet->p[17] & 3) << 16 | get16(packet->p + 18);
	reader->remb(arg, exponent > 40 ? UINT64_MAX : mantissa << exponent);
}

static void read_blocks(const struct packet *packet, size_t at,
			const struct rth_rtcp_reader *reader, void *arg)
{
	for (unsigned i = 0; i < packet->count; i++, at += BLOCK_BYTES) {
		if (packet->n < at + BLOCK_BYTES)
			return;
		reader->report(arg, get32(packet->p + at), packet->p[at + 4]);
	}
}

static void read_packet(const struct packet *packet,
			const struct rth_rtcp_reader *reader, void *arg)
{
	if (packet->type == PT_SR)
		read_blocks(packet, 28, reader, arg);
	else if (packet->type == PT_RR)
		read_blocks(packet, 8, reader, arg);
	else if (packet->type == PT_RTPFB && packet->count == FMT_TRANSPORT_CC)
		read_transport_cc(packet, reader, arg);
	else if (packet->type == PT_PSFB && packet->count == FMT_APPLICATION)
		read_remb(packet, reader, arg);
	else if (packet->type == PT_PSFB && packet->n >= FEEDBACK_MIN &&
		 (packet->count == FMT_PLI || packet->count == FMT_FIR))
		reader->key_frame(arg);
}

/* Takes padding off; false when there is more of it than packet. */
static bool strip_padding(struct packet *packet)
{
	size_t padding;

	if (!(packet->p[0] & 0x20))
		return true;
	padding = packet->p[packet->n - 1];
	if (padding == 0 || padding > packet->n - HEADER_BYTES)
		return false;
	packet->n -= padding;
	return true;
}

void rth_rtcp_read(const void *rtcp, size_t len,
		   const struct rth_rtcp_reader *reader, void *arg)
{
	const uint8_t *p = rtcp;

	while (len >= HEADER_BYTES && p[0] >> 6 == 2) {
		size_t n = ((size_t)get16(p + 2) + 1) * 4;
		struct packet packet = {p, n, p[0] & 0x1f, p[1]};

		if (n > len)
			return;
		if (strip_padding(&packet))
			read_packet(&packet, reader, arg);
		p += n;
		len -= n;
	}
}
