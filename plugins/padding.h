/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When to send how much padding to fill a line at some bit rate. One thread at
 * a time.
 */
#ifndef RTH_PADDING_H
#define RTH_PADDING_H

#include <stddef.h>
#include <stdint.h>

#define RTH_PADDING_AROUND 80u /* bytes of heads around a packet's own */
#define RTH_PADDING_LEAST 20u
#define RTH_PADDING_MOST 255u /* what its last byte can tell */
#define RTH_PADDING_US 60000  /* no more is made up for */

/* Zeroed is one that has sent nothing. */
struct rth_padding {
	int64_t asked_us;
	uint32_t bits; /* that may be sent */
};

/** Bytes of padding to send now, as one packet; 0: none. */
static inline size_t rth_padding_due(struct rth_padding *padding,
				     int64_t now_us, uint32_t bps)
{
	int64_t past_us = now_us - padding->asked_us;
	uint32_t bytes;

	if (past_us > RTH_PADDING_US)
		past_us = RTH_PADDING_US;
	padding->asked_us = now_us;
	padding->bits +=
		(uint32_t)((uint64_t)bps * (uint64_t)past_us / 1000000);
	bytes = padding->bits / 8;
	if (bytes < RTH_PADDING_AROUND + RTH_PADDING_LEAST)
		return 0;
	bytes -= RTH_PADDING_AROUND;
	if (bytes > RTH_PADDING_MOST)
		bytes = RTH_PADDING_MOST;
	padding->bits -= (bytes + RTH_PADDING_AROUND) * 8;
	return bytes;
}

#endif
