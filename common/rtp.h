/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a packet of RTP and a sender report say (RFC 3550), read from bytes
 * that came from outside. Inline, without allocation: also for media threads.
 */
#ifndef RTH_RTP_H
#define RTH_RTP_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RTH_RTP_HEAD_BYTES 12
#define RTH_RTP_CLOCK_VOICE 48000
#define RTH_RTP_CLOCK_PICTURE 90000

/* Big-endian numbers, at any address. */
static inline uint16_t rth_get16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return be16toh(v);
}

static inline uint32_t rth_get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static inline void rth_put16(uint8_t *p, uint16_t v)
{
	v = htobe16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void rth_put32(uint8_t *p, uint32_t v)
{
	v = htobe32(v);
	memcpy(p, &v, sizeof(v));
}

/* One packet. `payload` points into it; padding is not counted. */
struct rth_rtp {
	const uint8_t *payload;
	size_t len; /* bytes of payload; 0 is a packet of padding alone */
	uint32_t time;
	uint32_t ssrc;
	uint16_t seq;
	uint8_t type; /* payload type */
	bool marker;
};

/**
 * Reads the head of an RTP packet: RFC 3550 section 5.1. Any thread.
 *
 * @param rtp filled in on success; borrows buf
 * @return false if it is malformed
 */
static inline bool rth_rtp_read(struct rth_rtp *rtp, const uint8_t *buf,
				size_t len)
{
	size_t at = RTH_RTP_HEAD_BYTES;
	size_t pad = 0;

	if (len < RTH_RTP_HEAD_BYTES || buf[0] >> 6 != 2)
		return false;
	at += 4u * (buf[0] & 15);
	if (buf[0] & 0x10) {
		if (len < at + 4)
			return false;
		at += 4 + 4u * rth_get16(buf + at + 2);
	}
	if (buf[0] & 0x20) {
		pad = buf[len - 1];
		if (pad == 0)
			return false;
	}
	if (len < at + pad)
		return false;
	rtp->payload = buf + at;
	rtp->len = len - at - pad;
	rtp->time = rth_get32(buf + 4);
	rtp->ssrc = rth_get32(buf + 8);
	rtp->seq = rth_get16(buf + 2);
	rtp->type = buf[1] & 0x7f;
	rtp->marker = buf[1] >> 7;
	return true;
}

/* A sender report: RFC 3550 section 6.4.1. */
struct rth_rtp_report {
	uint64_t ntp; /* seconds since 1900, with 32 bits of fraction */
	uint32_t time;
	uint32_t ssrc;
};

/**
 * Finds the next sender report in a compound RTCP packet. Any thread.
 *
 * @param atp where to go on, in bytes; 0 at first
 * @return false if there is no other; malformed parts end it
 */
bool rth_rtp_next_report(struct rth_rtp_report *report, const uint8_t *rtcp,
			 size_t len, size_t *atp);

#endif
