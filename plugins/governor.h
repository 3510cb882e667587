/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control law of a limit: from what is known of a receiver's line to the
 * bit rate that a sender may have and the moments when video waits. Arithmetic
 * only: no clock, no thread, no memory of its own.
 *
 * In short (after draft-ietf-rmcat-gcc-02, with what a relay needs besides):
 * a growing queue cuts the rate to 85 % of what gets through; a deep one also
 * holds video back until it has drained, since the voice stands in the same
 * queue; loss without a queue cuts gently, and when the cut does not lessen
 * the loss it is the radio's, and the cut is taken back; otherwise the rate
 * grows, slowly near where the line was last full, fast elsewhere. Where not
 * even the least video has room beside the voice it pauses, and now and then
 * the line is probed with a growing trickle of padding until it has.
 */
#ifndef RTH_GOVERNOR_H
#define RTH_GOVERNOR_H

#include <stdbool.h>
#include <stdint.h>

#define RTH_GOVERNOR_FLOOR_BPS 60000u
#define RTH_LOSS_ONE 1024 /* loss is told in 1/1024 */

/* What is known of the line now; rates are of video. */
struct rth_line {
	int64_t now_us;
	uint32_t sent_bps;   /* given to the host lately */
	uint32_t acked_bps;  /* arrived lately */
	uint32_t loss;	     /* lately, of RTH_LOSS_ONE; 0 when too few */
	int32_t queue_us;    /* what the newest packet waited in queues */
	int32_t standing_us; /* the least that any lately waited */
	int32_t lasting_us;  /* the lesser of the last two queue_us */
	int32_t rising_us;   /* how queue_us has grown in 100 to 200 ms */
	int32_t rtt_us;	     /* from giving a packet to hearing of it */
	int32_t drain_us;    /* until what is on its way has arrived */
	bool blind;	     /* queues cannot be seen, only loss */
};

/* Zeroed is a governor without a limit. */
struct rth_governor {
	uint32_t target_bps; /* 0: no limit */
	uint32_t full_bps;   /* what got through when the line was last full */
	uint32_t before_bps; /* what was sent before the limit */
	int64_t updated_us;
	int64_t decreased_us;
	int64_t trouble_us;  /* last sign of a full line */
	int64_t roomy_us;    /* since when the sender wants less than allowed */
	int64_t restored_us; /* since when the old rate is back */
	int64_t hold_from_us, hold_until_us, hold_least_us;
	/* No video at all, for the voice's sake. */
	bool paused;
	uint32_t probe_bps; /* of padding, from probe_from_us on; 0: none */
	int64_t probe_from_us;
	int64_t probe_wait_us;	 /* after one that has filled the line */
	int64_t probe_enough_us; /* since when it is enough */
	int64_t resumed_us;
	/* Loss without a queue: does a lower rate help? */
	uint32_t radio_loss; /* what has shown to be no work of ours */
	uint32_t trial_loss, trial_bps;
	unsigned trial_cuts; /* 0: no trial */
	bool limited;	     /* the other side gets less than it could */
};

/** Moves on to what is known now. `line` is borrowed. */
void rth_governor_update(struct rth_governor *governor,
			 const struct rth_line *line);

/**
 * While it is paused: ends the pause when nothing was sent since `quiet_us`,
 * for as long as no probe needs. If the line is still full it pauses again,
 * for longer.
 */
void rth_governor_unprobed(struct rth_governor *governor, int64_t now_us,
			   int64_t quiet_us);

/** After a time without any report: begins again at half the rate. */
void rth_governor_restart(struct rth_governor *governor, int64_t now_us,
			  uint32_t sent_bps);

#endif
