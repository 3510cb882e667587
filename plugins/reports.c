/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keeps sender reports. See reports.h.
 */
#include "reports.h"

#include <string.h>

#include "feed_record.h"

#define PT_SR 200
#define VERSION 0x80 /* and neither padding nor blocks */
#define WORDS (RTH_REPORT_BYTES / 4 - 1)

bool rth_reports_keep(struct rth_reports *reports, int slot,
		      const uint8_t *rtcp, size_t len, int64_t now_us)
{
	struct rth_report *report = &reports->slot[slot];

	if (len < RTH_REPORT_BYTES || rtcp[0] >> 6 != 2 || rtcp[1] != PT_SR)
		return false;
	memcpy(report->bytes, rtcp, RTH_REPORT_BYTES);
	report->bytes[0] = VERSION;
	report->bytes[2] = 0;
	report->bytes[3] = WORDS;
	report->at_us = now_us;
	return true;
}

void rth_reports_tap(const struct rth_reports *reports, int slot,
		     struct rth_tap *tap, uint8_t codec)
{
	const struct rth_report *report = &reports->slot[slot];

	if (report->at_us && codec != RTH_FEED_NO_CODEC)
		rth_tap_put(tap, RTH_FEED_RTCP, (uint8_t)slot, codec,
			    report->bytes, RTH_REPORT_BYTES, report->at_us);
}
