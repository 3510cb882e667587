/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One slot of a person: its packets go in, its frames come out, in order and
 * placed on the relay's clock. A sender that comes with another SSRC, payload
 * type or codec takes the place of the one before.
 */
#ifndef RTH_INTAKE_H
#define RTH_INTAKE_H

#include "frame.h"
#include "rtp.h"
#include "sender.h"

#define RTH_INTAKE_BYTES_MAX (16 << 20) /* of frames that wait, all in all */

struct rth_intake;

/* A frame that waits. */
struct rth_waiting {
	struct rth_waiting *next;
	int codec;
	bool key;
	bool placed;
	uint32_t rtp;
	int64_t time_us; /* when it was made, once placed */
	size_t len;
	uint8_t data[];
};

struct rth_intake_counts {
	uint64_t missing, late, malformed, undecodable;
};

/** Makes one. `sender` is borrowed. */
enum rth_err rth_intake_create(struct rth_intake **intakep,
			       struct rth_sender *sender) RTH_CHECKED;
void rth_intake_free(struct rth_intake *intake); /* NULL is allowed */

/**
 * Takes a packet.
 *
 * @param rtp    read from packet
 * @param packet borrowed
 * @param now_us when it came
 */
enum rth_err rth_intake_put(struct rth_intake *intake, int codec,
			    const struct rth_rtp *rtp, const uint8_t *packet,
			    size_t len, int64_t now_us) RTH_CHECKED;

/** Gives up what has been waited for long enough. */
enum rth_err rth_intake_tick(struct rth_intake *intake,
			     int64_t now_us) RTH_CHECKED;

/** Gives up all that is missing. */
enum rth_err rth_intake_drain(struct rth_intake *intake) RTH_CHECKED;

/**
 * Places what waits, as far as that can be done now. Until this is called
 * first, frames wait unplaced, so that more is known of the clocks.
 *
 * @param must place them all, as well as can be
 */
void rth_intake_place(struct rth_intake *intake, int64_t now_us, bool must);

/** The oldest frame; NULL if there is none. */
const struct rth_waiting *rth_intake_first(const struct rth_intake *intake);

/** Frees the oldest frame. */
void rth_intake_drop(struct rth_intake *intake);

/** What was lost on the way, of all senders so far. */
struct rth_intake_counts rth_intake_counts(const struct rth_intake *intake);

#endif
