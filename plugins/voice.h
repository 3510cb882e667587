/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What keeps a voice whole on a line that loses packets: each frame of Opus
 * goes to the receiver again with those after it. To a browser that knows RED
 * (RFC 2198) in the same packet, to another as a packet of its own with a newer
 * number and the old time: every jitter buffer orders by time and throws away
 * what it has.
 *
 * The way to the server is judged for itself: a sender may use RED there or
 * not, and what it brings again is used when the first one did not come.
 *
 * Bytes from outside. No allocation, no clock; the sender's media thread only,
 * but for rth_voice_need, which is the receiver's.
 */
#ifndef RTH_VOICE_H
#define RTH_VOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTH_VOICE_AGAIN 3		       /* how often at most */
#define RTH_VOICE_FRAMES (RTH_VOICE_AGAIN + 1) /* that a packet may hold */
#define RTH_VOICE_FRAME_BYTES 480	       /* longer ones go once only */
#define RTH_VOICE_PACKET_BYTES 1200
#define RTH_VOICE_BACK_MAX 0x3fff /* ticks: what is older is not sent again */

/* One frame of Opus; `p` points into the packet that brought it. */
struct rth_voice_frame {
	uint32_t ts;
	uint16_t seq;
	bool marker;
	const uint8_t *p;
	size_t n;
};

/* What came from a sender. Zeroed is nothing yet. */
struct rth_voice_in {
	uint32_t ssrc;
	uint16_t newest;
	uint64_t seen; /* bit i: newest - i has come */
	bool begun;    /* else the next packet begins; `ssrc` may be known */
};

/* What a receiver was sent lately. Zeroed is nothing yet. */
struct rth_voice_out {
	struct {
		uint32_t ts;
		uint16_t n; /* 0: none */
		uint8_t bytes[RTH_VOICE_FRAME_BYTES];
	} kept[RTH_VOICE_AGAIN]; /* the newest first is at `newest` */
	unsigned newest;
	uint8_t packet[RTH_VOICE_PACKET_BYTES];
};

/**
 * What was spoken before now is nobody's any more: of packets that come from
 * here on only frames count that are newer than all before.
 */
void rth_voice_begin(struct rth_voice_in *in);

/**
 * Notes a packet that goes nowhere, so that it and those before it stay unread.
 *
 * @param buf an RTP packet of at least a header
 */
void rth_voice_pass(struct rth_voice_in *in, const uint8_t *buf);

/**
 * The frames of a packet that have not come before, the oldest first.
 *
 * @param opus   payload type of Opus
 * @param red    payload type of RED; 0: none
 * @param buf    an RTP packet of at least a header
 * @param frames receives at most RTH_VOICE_FRAMES
 * @return how many; 0 when it is of another type, malformed or known
 */
unsigned rth_voice_read(struct rth_voice_in *in, uint8_t opus, uint8_t red,
			const uint8_t *buf, size_t len,
			struct rth_voice_frame *frames);

/**
 * Writes the payload of RED: what was kept, and the frame at its end.
 *
 * @param again how many of the kept ones
 * @param opus  the receiver's payload type of Opus
 * @param ts    the frame's time as the receiver gets it
 * @return bytes written; 0 when nothing was kept that goes with it
 */
size_t rth_voice_red(const struct rth_voice_out *out, unsigned again,
		     uint8_t opus, uint32_t ts,
		     const struct rth_voice_frame *frame, uint8_t *payload,
		     size_t size);

/**
 * Keeps a frame for later packets; older ones than the newest are not, but one
 * that is a second older and more is of another time: the rest is forgotten.
 */
void rth_voice_keep(struct rth_voice_out *out, uint32_t ts,
		    const struct rth_voice_frame *frame);

/** The kept frame that was sent `back` frames before the next one; n 0: none.
 */
struct rth_voice_frame rth_voice_kept(const struct rth_voice_out *out,
				      unsigned back);

/* How often a receiver needs each frame again. Zeroed is once only. */
struct rth_voice_need {
	uint32_t loss; /* the worst for a while, of RTH_LOSS_ONE */
	int64_t lost_us;
	int64_t full_us; /* when the line was full last; 0: never */
	/* Is it what is sent again that is too much? rth_voice_need_told */
	unsigned reports; /* of much loss, or of the trial */
	bool trial;	  /* nothing is sent again now */
	uint32_t with;	  /* what was lost before it */
	int64_t trial_us; /* no other one before */
	int64_t wait_us;  /* and then for so long */
};

/**
 * Judges by what was lost just now.
 *
 * @param loss of RTH_LOSS_ONE, of whatever is the worst
 * @param full the line is full: what is sent again only lengthens the queue
 * @return 0 to RTH_VOICE_AGAIN
 */
unsigned rth_voice_need(struct rth_voice_need *need, int64_t now_us,
			uint32_t loss, bool full);

/**
 * The same from a receiver report, where no picture shows whether the line is
 * full. Much loss that stays is either the radio's, and what is sent again
 * helps, or is made by just that: so it is left out for two reports. If then
 * less than half is lost, the line counts as full for half a minute.
 */
unsigned rth_voice_need_told(struct rth_voice_need *need, int64_t now_us,
			     uint32_t loss, bool full);

#endif
