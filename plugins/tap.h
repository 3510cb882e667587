/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a person's packets are copied while a recording runs: a ring of bytes
 * with one writer and one reader.
 *
 *   media thread of the person ──put──▶ ring ──take──▶ feed thread
 *
 * The writer is the one media thread that has a route with this tap; the
 * control thread changes the tap of a route only while no media thread can
 * see it (relay.h), so there is never a second writer. Neither side waits for
 * the other: a full ring drops what comes and counts it.
 */
#ifndef RTH_TAP_H
#define RTH_TAP_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct rth_tap;

/**
 * Makes a tap. Control thread.
 *
 * @param role  as in docs/feed.md
 * @param bytes size of the ring, rounded up to a power of two
 */
enum rth_err rth_tap_create(struct rth_tap **tapp, uint8_t role,
			    size_t bytes) RTH_CHECKED;

/** Frees it; no route has it and the feed thread is done. NULL is allowed. */
void rth_tap_free(struct rth_tap *tap);

/**
 * Copies a packet into the ring. The writing media thread: a bounded copy and
 * two atomic operations; never waits.
 *
 * @param kind  RTH_FEED_RTP or RTH_FEED_RTCP
 * @param codec enum rth_feed_codec
 * @param buf   borrowed; longer than RTH_FEED_PACKET_MAX counts as dropped
 */
void rth_tap_put(struct rth_tap *tap, uint8_t kind, uint8_t slot, uint8_t codec,
		 const uint8_t *buf, size_t len, int64_t now_us);

/**
 * The oldest record, head and body in one piece as the socket wants it; it
 * stays until rth_tap_drop. Feed thread.
 *
 * @return its length in bytes, or 0 when there is none
 */
size_t rth_tap_first(struct rth_tap *tap, const uint8_t **recordp);
void rth_tap_drop(struct rth_tap *tap);

/* What was dropped since the tap was made. Any thread. */
struct rth_tap_loss {
	uint64_t packets;
	int64_t us; /* for how long the ring was full, all times together */
};
struct rth_tap_loss rth_tap_loss(const struct rth_tap *tap);

#endif
