/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an RTCP packet reports about a line (RFC 3550, 4585, 5104, 5506;
 * draft-holmer-rmcat-transport-wide-cc-extensions-01; draft-alvestrand-rmcat-
 * remb-03). Bytes from outside: a part that is malformed is passed over.
 */
#ifndef RTH_RTCP_H
#define RTH_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A feedback packet that tells of more packets than this is passed over. */
#define RTH_RTCP_MAX_STATUSES 2048

/* One packet's status in transport-wide feedback. */
struct rth_rtcp_status {
	uint16_t seq;
	bool received;
	int32_t delta; /* 250 us since the one received before, or since the
			  reference time */
};

/* Who is told; each is called on the reading thread and none may be NULL. */
struct rth_rtcp_reader {
	/* A report block; fraction_lost is of 256. */
	void (*report)(void *arg, uint32_t ssrc, uint8_t fraction_lost);
	void (*remb)(void *arg, uint64_t bits_per_s);
	/* A wish for a key frame: PLI (RFC 4585) or FIR (RFC 5104). */
	void (*key_frame)(void *arg);
	/* A feedback packet begins; reference_time is 24 bits of 64 ms. */
	void (*feedback)(void *arg, uint32_t reference_time);
	/* Each of its statuses, in order of their numbers. */
	void (*status)(void *arg, const struct rth_rtcp_status *status);
	/* It is over. */
	void (*feedback_end)(void *arg);
};

/** Reads a compound packet. Any thread; `rtcp` is borrowed. */
void rth_rtcp_read(const void *rtcp, size_t len,
		   const struct rth_rtcp_reader *reader, void *arg);

#endif
