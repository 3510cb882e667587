/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A call in one direction over a simulated line, in steps of a millisecond:
 *
 *   encoder -> pacer -> uplink -> gate, limit, host -> queue -> receiver
 *      ^                                                |          |
 *      +---------- REMB, key frame requests <-----------+-- RTCP --+
 *
 * Voice shares the queue. The host retransmits with transport-wide numbers
 * that the limit does not see. Everything is deterministic.
 */
#ifndef RTH_SIM_H
#define RTH_SIM_H

#include <stdint.h>

#include "limit.h"

#define SIM_SECONDS 120

/* What happened in one second. */
struct sim_second {
	unsigned frames;       /* decoded */
	unsigned concealed_ms; /* of the voice */
	unsigned sent_bps;     /* by the encoder, video */
	unsigned passed_bps;   /* through the gate, video */
	unsigned held;	       /* packets that the gate dropped */
	unsigned queue_ms;     /* longest */
	unsigned remb_bps;     /* last heard of */
	bool limited;
};

struct sim_conf {
	uint32_t video_bps; /* what the encoder would like */
	unsigned feedback_ms;
	int64_t delay_us;     /* receiver's line, one way */
	int64_t queue_us;     /* of the line, at its rate */
	int64_t clock_us;     /* receiver's clock minus ours */
	bool no_transport_cc; /* only receiver reports */
	bool rtx_numbers;     /* retransmissions take numbers of their own */
};

struct sim;

struct sim *sim_new(const struct sim_conf *conf);
void sim_free(struct sim *sim);

/** The line from now on; 0 bits/s is a dead one. */
void sim_line(struct sim *sim, uint32_t bps, unsigned loss_permille);

/** Lets whole seconds pass. */
void sim_run(struct sim *sim, unsigned seconds);

/** A second that has passed, counted from 0. */
const struct sim_second *sim_at(const struct sim *sim, unsigned second);

/** Prints the seconds, as TAP comments, when SIM_TRACE is set. */
void sim_trace(const struct sim *sim, const char *name);

/** Means and sums over [from, to). */
unsigned sim_least_frames(const struct sim *sim, unsigned from, unsigned to);
unsigned sim_frames(const struct sim *sim, unsigned from, unsigned to);
unsigned sim_concealed_ms(const struct sim *sim, unsigned from, unsigned to);
uint32_t sim_sent_bps(const struct sim *sim, unsigned from, unsigned to);

#endif
