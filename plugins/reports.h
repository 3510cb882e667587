/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The last sender report of each slot (RFC 3550 section 6.4.1): what places a
 * voice and a picture on one clock. Browsers send one every few seconds only,
 * so a recording that begins is given the last ones at once.
 *
 * Belongs to a port's media thread, and nobody else touches it.
 */
#ifndef RTH_REPORTS_H
#define RTH_REPORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slot.h"
#include "tap.h"

#define RTH_REPORT_BYTES 28 /* head, SSRC and what the sender says */

struct rth_report {
	uint8_t bytes[RTH_REPORT_BYTES]; /* an RTCP packet without blocks */
	int64_t at_us;			 /* when it came; 0: none did */
};

struct rth_reports {
	struct rth_report slot[RTH_RTP_SLOTS];
};

/**
 * Keeps the report with which a compound packet begins.
 *
 * @param rtcp bytes from outside
 * @return whether it begins with one
 */
bool rth_reports_keep(struct rth_reports *reports, int slot,
		      const uint8_t *rtcp, size_t len, int64_t now_us);

/**
 * Puts what is kept of a slot into a tap, with the time at which it came.
 *
 * @param codec of the slot; nothing is put if it is RTH_FEED_NO_CODEC
 */
void rth_reports_tap(const struct rth_reports *reports, int slot,
		     struct rth_tap *tap, uint8_t codec);

#endif
