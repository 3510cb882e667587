/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Feeds a receiver's RTCP to a limit while packets are sent to that receiver.
 *
 * Each packet in the input: a byte for the time that passes (x 4 ms), one for
 * the packets sent meanwhile, two for the length, and the bytes. Whatever
 * arrives, the advice stays within its bounds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "limit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void send_packets(struct rth_limit *limit, int64_t now_us, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (rth_limit_gate(limit, now_us) == RTH_LIMIT_DROP)
			continue;
		rth_limit_sent(limit, now_us, 500 + i);
	}
}

static void check(const struct rth_limit_advice *advice)
{
	if (advice->remb_bps < RTH_LIMIT_FLOOR_BPS ||
	    advice->remb_bps > RTH_LIMIT_OPEN_BPS)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t now_us = 1000000;
	struct rth_limit *limit;

	if (rth_limit_create(&limit, now_us))
		return 0;
	while (size >= 4) {
		size_t len = (size_t)data[2] << 8 | data[3];
		struct rth_limit_advice advice;
		uint8_t *rtcp;

		now_us += data[0] * INT64_C(4000);
		send_packets(limit, now_us, data[1]);
		data += 4;
		size -= 4;
		len = len > size ? size : len;
		rtcp = malloc(len ? len : 1);
		if (!rtcp)
			break;
		memcpy(rtcp, data, len);
		advice = rth_limit_feedback(limit, now_us, rtcp, len);
		check(&advice);
		free(rtcp);
		data += len;
		size -= len;
	}
	rth_limit_free(limit);
	return 0;
}
