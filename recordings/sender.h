/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The clock of one person's browser, and where it stands on the relay's.
 *
 * Sender reports (RFC 3550 section 6.4.1) pair the browser's wall clock (NTP)
 * with the RTP time of each of its streams, so voice, camera and screen of one
 * person share one clock. Where that clock stands on the relay's is the least
 * (arrival - NTP) of the last minutes: what waited least on the way. It may
 * drift, slowly; it never jumps while media flows.
 *
 * The lanes of a person share this; timeline.h uses the second half of it to
 * place each stream.
 */
#ifndef RTH_SENDER_H
#define RTH_SENDER_H

#include <stdbool.h>
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

/* For timeline.c: what is known of one stream. */

/* A report; serial is 0 as long as there is none. */
struct rth_sender_sr {
	uint64_t serial;
	int64_t ntp_us;	 /* browser's clock */
	int64_t time_us; /* when it came, relay's clock */
	uint32_t rtp;
};

/** The last report of a stream. */
struct rth_sender_sr rth_sender_last(const struct rth_sender *sender,
				     uint32_t ssrc);

/* The least of something over a sliding window, in slices of time. */
#define RTH_LEAST_SLICES 18
#define RTH_LEAST_SLICE_US 10000000

struct rth_least {
	int64_t slice[RTH_LEAST_SLICES]; /* number of each slice */
	int64_t least[RTH_LEAST_SLICES];
	int64_t value; /* of all slices within the window */
	int64_t newest;
	bool known;
};

/** Forgets all values. */
void rth_least_clear(struct rth_least *least);

/** Takes a value of now; those of RTH_LEAST_SLICES slices ago are gone. */
void rth_least_add(struct rth_least *least, int64_t value, int64_t now_us);

/* The least of something at present: half a second, and the one before. */
struct rth_present {
	int64_t least[2];
	int64_t slice; /* number of the newer half second */
	bool known;
};

/** Takes a value of now. */
void rth_present_add(struct rth_present *present, int64_t value,
		     int64_t now_us);

/** The least of what came last; 0 if nothing ever came. */
int64_t rth_present_least(const struct rth_present *present);

/** Takes (relay's time - browser's time) of something that came. */
void rth_sender_offset_add(struct rth_sender *sender, int64_t offset_us,
			   int64_t now_us);

/** Forgets it: the browser's clock is another one. */
void rth_sender_offset_clear(struct rth_sender *sender);

/** Where the browser's clock stands; false if nothing is known. */
bool rth_sender_offset(const struct rth_sender *sender, int64_t *offset_us);

/** The browser's clock was set: its reports count from step_us earlier. */
void rth_sender_step(struct rth_sender *sender, int64_t step_us);

/** Notes how long a stream's packet was on the way beyond the least. */
void rth_sender_delay_add(struct rth_sender *sender, uint32_t ssrc,
			  int64_t delay_us, int64_t now_us);

/**
 * How long the other streams' packets are on the way at present.
 *
 * @return false if none of them was heard in the last second
 */
bool rth_sender_delay(const struct rth_sender *sender, uint32_t ssrc,
		      int64_t now_us, int64_t *delay_us);

#endif
