/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What may be sent to a receiver, decided from what its network reports.
 *
 * The host does not tell a sender how the receiver's line is. So the relay
 * keeps one rth_limit per receiving seat (made when its PeerConnection comes
 * up), notes each video packet that goes to it, reads the receiver's RTCP
 * (transport-wide feedback, receiver reports, REMB) and gets told the bit rate
 * to ask of the sender and when to hold video back so that the voice, which
 * shares the line, survives.
 *
 *   sender's media thread               receiver's media thread
 *     rth_limit_gate  -> relay or drop    rth_limit_feedback -> advice
 *     rth_limit_sent  -> noted            the advice's REMB goes to the sender
 *
 * The two threads share atomics only. Nothing allocates after creation. Times
 * are microseconds of one monotonic clock.
 */
#ifndef RTH_LIMIT_H
#define RTH_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "losses.h"

/* The REMB that takes a limit away: more than any camera makes. */
#define RTH_LIMIT_OPEN_BPS 20000000u
#define RTH_LIMIT_FLOOR_BPS 60000u

struct rth_limit;

/** Makes one. `now_us` must not be before any later one. */
enum rth_err rth_limit_create(struct rth_limit **limitp,
			      int64_t now_us) RTH_CHECKED;

/** Frees it; both threads are done with it. NULL is allowed. */
void rth_limit_free(struct rth_limit *limit);

enum rth_limit_pass {
	RTH_LIMIT_PASS,	    /* relay it */
	RTH_LIMIT_DROP,	    /* do not relay it */
	RTH_LIMIT_PASS_ASK, /* relay it and ask the sender for a key frame */
};

/**
 * Asks whether a video packet may go to the receiver now. Sender's media
 * thread, before each video packet; a few instructions.
 *
 * PASS_ASK comes once after each time of dropping.
 */
enum rth_limit_pass rth_limit_gate(struct rth_limit *limit,
				   int64_t now_us) RTH_CHECKED;

/**
 * Notes a video packet (camera or screen: the host numbers them together)
 * that was given to the host for this receiver. Sender's media thread, in the
 * order in which they are given; a few instructions.
 *
 * @param bytes the RTP packet's length
 */
void rth_limit_sent(struct rth_limit *limit, int64_t now_us, size_t bytes);

struct rth_limit_advice {
	uint32_t remb_bps; /* what the sender may send now */
	bool send_remb;	   /* tell the sender so */
	bool hold_video;   /* rth_limit_gate drops now; for counters */
	bool limited;	   /* the line is thin: for the `slow` event; stays
			      for a while, so that it does not flicker */
	bool voice_only;   /* there is room for the voice alone: for the
			      `slow` event, too */
	bool wants_key;	   /* this packet asked for a key frame */
	bool has_hole;	   /* a picture needs one; see holes.h */
};

/**
 * Reads a compound RTCP packet from the receiver, of any of its media.
 * Receiver's media thread. Malformed parts are ignored.
 *
 * @param rtcp borrowed; bytes from outside
 */
struct rth_limit_advice rth_limit_feedback(struct rth_limit *limit,
					   int64_t now_us, const void *rtcp,
					   size_t len);

/**
 * How long it takes now until a packet that is sent is heard of, queues
 * included; 0 when unknown. Any thread. Key frames asked for more often than
 * they can arrive only fill the queue: wait this long on top of the pause.
 */
int64_t rth_limit_round_trip_us(struct rth_limit *limit);

/**
 * While video pauses for the voice's sake: how long a padding to send now, to
 * hear whether there is room again. It is a video packet: rth_limit_sent is
 * told of it. Sender's media thread; ask again until it is 0.
 *
 * @return 1 to 255 bytes, or 0
 */
size_t rth_limit_probe(struct rth_limit *limit, int64_t now_us);

/** How often its receiver needs each frame of a voice again; see voice.h. */
unsigned rth_limit_voice_again(struct rth_limit *limit);

/** What its receiver has reported to be lost; lives as long as it. */
struct rth_losses *rth_limit_losses(struct rth_limit *limit);

/**
 * Bits of video a second that were given to the host lately: in the window, or
 * since the oldest packet that is noted. Any thread; reads up to 2048
 * numbers.
 */
uint32_t rth_limit_sent_bps(struct rth_limit *limit, int64_t now_us,
			    int64_t window_us);

#endif
