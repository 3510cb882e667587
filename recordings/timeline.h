/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When a frame was made: from the RTP time of a stream to the relay's clock.
 *
 *   RTP time ──its own reports──▶ browser's clock ──sender.h──▶ relay's clock
 *
 * Until its first report a stream stands where its fastest packet came. After
 * a silence the RTP time may not have gone on (a microphone that was away), so
 * a stream that comes back elsewhere than expected is listened to for a moment
 * and, if it is not the network that is late, placed by its arrival until its
 * next report.
 *
 *   placed ──back after a silence, elsewhere──▶ unsure ──▶ placed
 */
#ifndef RTH_TIMELINE_H
#define RTH_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "sender.h"

#define RTH_TIMELINE_UNSURE_US 400000

struct rth_timeline;

/**
 * Makes one for a stream.
 *
 * @param sender   its person; borrowed
 * @param clock_hz of its RTP time
 */
enum rth_err rth_timeline_create(struct rth_timeline **timelinep,
				 struct rth_sender *sender, uint32_t ssrc,
				 uint32_t clock_hz) RTH_CHECKED;
void rth_timeline_free(struct rth_timeline *timeline); /* NULL is allowed */

/**
 * Notes a packet as it arrives.
 *
 * @param rtp     its RTP time
 * @param time_us when it came, relay's clock
 */
void rth_timeline_arrived(struct rth_timeline *timeline, uint32_t rtp,
			  int64_t time_us);

/**
 * Says whether frames can be placed now; if not, try again when more has come
 * or time has passed.
 */
bool rth_timeline_sure(struct rth_timeline *timeline, int64_t now_us);

/**
 * Places a frame, in their order. At least one packet has been noted.
 *
 * @return when it was made, relay's clock, microseconds
 */
int64_t rth_timeline_place(struct rth_timeline *timeline, uint32_t rtp);

#endif
