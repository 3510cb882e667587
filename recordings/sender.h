/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The clock of one person's browser, and where it stands on the relay's.
 *
 * Sender reports (RFC 3550 section 6.4.1) pair the browser's wall clock (NTP)
 * with the RTP time of each of its streams, so voice, camera and screen of one
 * person share one clock. Where that clock stands on the relay's is the least
 * (arrival - NTP) of the last minutes: the report that waited least on the
 * way. It may drift, slowly; it never jumps while media flows.
 */
#ifndef RTH_SENDER_H
#define RTH_SENDER_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct rth_sender;

/** Makes one for a person (a role). */
enum rth_err rth_sender_create(struct rth_sender **senderp) RTH_CHECKED;
void rth_sender_free(struct rth_sender *sender); /* NULL is allowed */

/**
 * Takes a compound RTCP packet of this person. Malformed parts are ignored.
 *
 * @param rtcp    borrowed; bytes from outside
 * @param time_us when it reached the relay, relay's clock
 */
void rth_sender_report(struct rth_sender *sender, const uint8_t *rtcp,
		       size_t len, int64_t time_us);

#endif
