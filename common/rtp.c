/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sender reports in compound RTCP. See rtp.h.
 */
#include "rtp.h"

#define SENDER_REPORT 200
#define SENDER_REPORT_BYTES 28

bool rth_rtp_next_report(struct rth_rtp_report *report, const uint8_t *rtcp,
			 size_t len, size_t *atp)
{
	while (len >= 4 && *atp <= len - 4) {
		const uint8_t *p = rtcp + *atp;
		size_t n = ((size_t)rth_get16(p + 2) + 1) * 4;

		if (p[0] >> 6 != 2 || n > len - *atp)
			return false;
		*atp += n;
		if (p[1] != SENDER_REPORT || n < SENDER_REPORT_BYTES)
			continue;
		report->ssrc = rth_get32(p + 4);
		report->ntp =
			(uint64_t)rth_get32(p + 8) << 32 | rth_get32(p + 12);
		report->time = rth_get32(p + 16);
		return true;
	}
	return false;
}
